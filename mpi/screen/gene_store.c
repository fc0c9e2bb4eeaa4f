/* gene_store.c - screen.h5 of a screen over pairs of genes; see gene_run.h */
#include "mpi/core/agree.h"
#include "mpi/screen/gene_run.h"
#include "solvers/base/alloc.h"

/* The hits as columns. */
typedef struct columns {
    dn_strings a, b;
    float *score;
    double *probability, *shifted;
    int8_t *known;
    int64_t *a_rows, *b_rows;
} columns;

static void columns_destroy(columns *c)
{
    dn_strings_destroy(&c->a);
    dn_strings_destroy(&c->b);
    dn_free(c->score);
    dn_free(c->probability);
    dn_free(c->shifted);
    dn_free(c->known);
    dn_free(c->a_rows);
    dn_free(c->b_rows);
}

static dn_status add_id(const dn_strings *id, int64_t i, dn_strings *out, dn_error *err)
{
    size_t len;
    const char *text = dn_strings_at(id, i, &len);

    return dn_strings_add(out, text, len, err);
}

static dn_status fill(const dn_gene_run *r, double prevalence, columns *c, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)r->result.n + 1;

    DN_NEW(c->score, n);
    DN_NEW(c->probability, n);
    DN_NEW(c->shifted, n);
    DN_NEW(c->known, n);
    DN_NEW(c->a_rows, n);
    DN_NEW(c->b_rows, n);
    for (int64_t i = 0; i < r->result.n; i++) {
        const dn_screened *hit = &r->result.hit[i];

        DN_TRY(add_id(&r->model.genes.id, hit->a, &c->a, err));
        DN_TRY(add_id(&r->model.genes.id, hit->b, &c->b, err));
        c->score[i] = hit->score;
        c->probability[i] = dn_screen_calibrated(&r->calibration, (double)hit->score);
        c->shifted[i] = dn_screen_at_prevalence(&r->calibration, (double)hit->score, prevalence);
        c->known[i] = hit->known;
        c->a_rows[i] = r->rows[hit->a];
        c->b_rows[i] = r->rows[hit->b];
    }
out:
    return st;
}

/* Collective. */
static dn_status write_columns(dn_h5 *h, const columns *c, const dn_gene_screen_result *r, dn_error *err)
{
    dn_status st = DN_OK;
    const int64_t dims[] = {r->n, 4};
    const struct {
        const char *path;
        const void *data;
    } all[] = {{"/screen/score", c->score},
               {"/screen/probability", c->probability},
               {"/screen/probability_at_prevalence", c->shifted},
               {"/screen/known", c->known},
               {"/screen/gene_a_rows", c->a_rows},
               {"/screen/gene_b_rows", c->b_rows}};

    DN_TRY(dn_h5_write_strings(h, "/screen/gene_a_id", &c->a, err));
    DN_TRY(dn_h5_write_strings(h, "/screen/gene_b_id", &c->b, err));
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        DN_TRY(dn_h5_write_all(h, all[i].path, 1, dims, all[i].data, err));
    if (r->of != NULL)
        DN_TRY(dn_h5_write_all(h, "/screen/classes", 2, dims, r->of, err));
out:
    return st;
}

static dn_status write_figures(dn_h5 *h, const dn_gene_wish *w, const dn_gene_run *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_h5_set_int(h, "/screen", "genes", r->n_genes, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "decoys_left_out", r->decoys, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "without_values_left_out", r->empty, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "pairs", r->result.pairs, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "known", r->result.known, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "scored", r->result.scored, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "threshold", w->threshold, err));
    DN_TRY(dn_h5_set_text(h, "/screen", "precision",
                          w->narrow && !r->result.single ? "bf16, then f32" : "f32", err));
    DN_TRY(dn_h5_set_int(h, "/screen", "candidates", r->result.candidates, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "logit_difference", r->result.difference, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "logit_margin", r->result.margin, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "calibrated", r->calibration.done, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "slope", r->calibration.platt.slope, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "offset", r->calibration.platt.offset, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "validation_rows", r->calibration.rows, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "validation_positives", r->calibration.positives, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "prevalence", w->prevalence, err));
out:
    return st;
}

dn_status dn_gene_run_store(const dn_comm *comm, const char *path, const char *command, const char *config,
                            const dn_gene_wish *w, const dn_gene_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    columns c = {.score = NULL};
    dn_h5 *h = NULL;

    DN_PASS(fill(r, w->prevalence, &c, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_create(comm, path, "dragnet.screen", command, config, true, &h, err));
    DN_TRY(write_columns(h, &c, &r->result, err));
    DN_TRY(write_figures(h, w, r, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    columns_destroy(&c);
    return st;
}
