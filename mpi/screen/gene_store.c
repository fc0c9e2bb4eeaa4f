/* gene_store.c - screen.h5 of a screen over pairs of genes; see gene_run.h */
#include "mpi/screen/gene_run.h"
#include "mpi/screen/screen_run.h"
#include "mpi/screen/screen_table.h"

static dn_status write_figures(dn_h5 *h, const dn_gene_wish *w, const dn_gene_run *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_h5_set_int(h, "/screen", "genes", r->n_genes, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "decoys_left_out", r->decoys, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "without_values_left_out", r->empty, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "threshold", w->threshold, err));
    DN_TRY(dn_h5_set_text(h, "/screen", "precision",
                          w->narrow && !r->result.single ? "bf16, then f32" : "f32", err));
    DN_TRY(dn_h5_set_int(h, "/screen", "candidates", r->result.candidates, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "logit_difference", r->result.difference, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "logit_margin", r->result.margin, err));
out:
    return st;
}

dn_status dn_gene_run_store(const dn_comm *comm, const char *path, const char *command, const char *config,
                            const dn_gene_wish *w, const dn_gene_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const int64_t dims[] = {r->result.n, 4};
    const dn_screen_story story = {
        .n = r->result.n,
        .hit = r->result.hit,
        .side = {{"gene_a", &r->model.genes.id, r->rows}, {"gene_b", &r->model.genes.id, r->rows}},
        .calibration = &r->calibration,
        .prevalence = w->prevalence,
        .pairs = r->result.pairs,
        .known = r->result.known,
        .scored = r->result.scored};
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_create(comm, path, DN_SCREEN_SCHEMA, command, config, true, &h, err));
    DN_TRY(dn_screen_table_write(h, &story, err));
    if (r->result.of != NULL)
        DN_TRY(dn_h5_write_all(h, "/screen/classes", 2, dims, r->result.of, err));
    DN_TRY(write_figures(h, w, r, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}
