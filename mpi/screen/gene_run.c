/* gene_run.c - a screen over pairs of genes from files; see gene_run.h */
#include "mpi/screen/gene_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/evaluate/evaluate.h"
#include "mpi/screen/screen_source.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/id_list.h"

/* ---- who is screened ---- */

/* mark [genes]: 1 in the file. Rank 0. */
static dn_status mark_listed(const dn_gene_wish *w, dn_gene_run *r, uint8_t *mark, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_strings *id = &r->model.genes.id;
    dn_id_list list = {.line = NULL};
    dn_names *names = NULL;
    size_t len;
    int64_t at;

    DN_TRY(dn_id_list_read(w->genes, &list, err));
    DN_TRY(dn_names_create(&names, err));
    for (int64_t i = 0; i < id->n; i++) {
        const char *text = dn_strings_at(id, i, &len);
        DN_TRY(dn_names_add(names, text, len, i, &at, err));
    }
    for (int64_t i = 0; i < list.id.n; i++) {
        const char *text = dn_strings_at(&list.id, i, &len);

        if ((at = dn_names_find(names, text, len)) < 0)
            DN_FAIL(DN_EDATA, "%s:%lld: gene '%.*s' is not in %s", w->genes, (long long)list.line[i],
                    len < 100 ? (int)len : 100, text, w->dataset);
        r->repeats += mark[at];
        r->asked += !mark[at];
        mark[at] = 1;
    }
out:
    dn_id_list_destroy(&list);
    dn_names_destroy(&names);
    return st;
}

static bool has_no_values(const dn_gene_run *r, int64_t g)
{
    return r->model.genes.values[g] == 0;
}

static dn_status find_one(const dn_gene_wish *w, dn_gene_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_genes *genes = &r->model.genes;
    size_t len, want = strlen(w->one);

    for (int64_t i = 0; i < genes->n && r->one < 0; i++) {
        const char *text = dn_strings_at(&genes->id, i, &len);

        if (len == want && memcmp(text, w->one, len) == 0)
            r->one = i;
    }
    if (r->one < 0)
        DN_FAIL(DN_EDATA, "%s: no gene '%s'", w->dataset, w->one);
    if (!w->all_genes && (genes->decoy[r->one] || has_no_values(r, r->one)))
        DN_FAIL(DN_EUSAGE, "gene '%s' %s: --all-genes screens it nevertheless", w->one,
                genes->decoy[r->one] ? "is a decoy" : "has no expression value");
out:
    return st;
}

/* mark [genes]: 1 asked for. The same on every rank. */
static dn_status choose_local(const dn_gene_wish *w, dn_gene_run *r, const uint8_t *mark, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_genes *genes = &r->model.genes;

    if (w->one != NULL)
        DN_TRY(find_one(w, r, err));
    DN_NEW(r->gene, (size_t)genes->n + 1);
    for (int64_t i = 0; i < genes->n; i++) {
        bool left_out = !w->all_genes && (genes->decoy[i] || has_no_values(r, i));

        if (w->genes != NULL && !mark[i])
            continue;
        r->decoys += left_out && genes->decoy[i];
        r->empty += left_out && !genes->decoy[i];
        if (!left_out && i != r->one)
            r->gene[r->n_genes++] = i;
    }
    if (r->n_genes < (r->one < 0 ? 2 : 1))
        DN_FAIL(DN_EDATA, "%s: no pair to screen: %lld genes, beside %lld decoys and %lld without values",
                w->genes != NULL ? w->genes : w->dataset, (long long)r->n_genes, (long long)r->decoys,
                (long long)r->empty);
out:
    return st;
}

/* Collective: rank 0 reads the file. */
static dn_status choose(const dn_comm *comm, const dn_gene_wish *w, dn_gene_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = r->model.genes.n, counts[2];
    uint8_t *mark = dn_calloc((size_t)n + 1, 1);

    if (mark == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld genes", (long long)n);
    DN_AGREE(comm);
    r->asked = w->genes == NULL ? n : 0;
    if (w->genes != NULL && comm->rank == 0)
        DN_PASS(mark_listed(w, r, mark, err));
    DN_AGREE(comm);
    counts[0] = r->asked;
    counts[1] = r->repeats;
    MPI_Bcast(counts, 2, MPI_INT64_T, 0, comm->mpi);
    MPI_Bcast(mark, (int)n, MPI_BYTE, 0, comm->mpi);
    r->asked = counts[0];
    r->repeats = counts[1];
    DN_PASS(choose_local(w, r, mark, err));
    DN_AGREE(comm);
out:
    dn_free(mark);
    return st;
}

static void make_digest(dn_gene_run *r)
{
    const dn_gene_model *m = &r->model;
    uint64_t h = DN_SCREEN_MIX;
    char all[17];

    dn_training_hash(&m->genes, &m->pairs, NULL, all);
    h = dn_screen_mix(h, all, sizeof all);
    h = dn_screen_mix(h, m->profiles.hash, strlen(m->profiles.hash));
    h = dn_screen_mix(h, m->split.part, (size_t)m->split.n);
    h = dn_screen_mix(h, m->w, (size_t)m->gener.model.n_weights * sizeof *m->w);
    h = dn_screen_mix(h, m->running, (size_t)m->gener.model.n_moments * sizeof *m->running);
    h = dn_screen_mix(h, r->gene, (size_t)r->n_genes * sizeof *r->gene);
    h = dn_screen_mix(h, &r->one, sizeof r->one);
    snprintf(r->digest, sizeof r->digest, "%016llx", (unsigned long long)h);
}

dn_status dn_gene_run_open(const dn_comm *comm, const dn_gene_wish *w, dn_gene_run *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_files files = {.dataset = w->dataset, .model = w->model};

    *out = (dn_gene_run){.one = -1, .held = {.best_baseline = -1}};
    if (!isnan(w->prevalence) && !(w->prevalence > 0 && w->prevalence < 1))
        DN_FAIL(DN_EUSAGE, "prevalence %g: wanted a share between 0 and 1", w->prevalence);
    DN_TRY(dn_gene_model_load(comm, &files, &out->model, err));
    if (!isnan(w->prevalence) && out->model.record.options.classes > 2)
        DN_FAIL(DN_EUSAGE, "%s: a model of four classes is not calibrated: no prevalence", w->model);
    DN_TRY(choose(comm, w, out, err));
    make_digest(out);
out:
    if (st != DN_OK)
        dn_gene_run_destroy(out);
    return st;
}

void dn_gene_run_destroy(dn_gene_run *r)
{
    dn_gene_model_destroy(&r->model);
    dn_gene_screen_result_destroy(&r->result);
    dn_free(r->gene);
    dn_free(r->rows);
    *r = (dn_gene_run){.one = -1};
}

/* ---- rows with labels ---- */

static dn_status hold_against(const dn_gene_run *r, const dn_evaluation *e, dn_screen_held *out,
                              dn_error *err)
{
    dn_status st = DN_OK;
    const dn_strings *id = &r->model.genes.id;
    uint8_t *gene = NULL; /* [genes]  1: screened */

    DN_NEW(gene, (size_t)id->n + 1);
    for (int64_t i = 0; i < r->n_genes; i++)
        gene[r->gene[i]] = 1;
    DN_TRY(dn_screen_hold(&e->all, &(dn_screen_sides){.screened = {gene, gene}, .id = {id, id}},
                          e->view[0].measured ? e->view[0].best_baseline : -1, out, err));
out:
    dn_free(gene);
    return st;
}

/* Calibration and precision; a split without test rows has no precision, one without either has neither; with
 * one gene against others test rows of other pairs would say nothing of it. Collective. */
static dn_status learn_from_known(const dn_comm *comm, const dn_gene_wish *w, dn_gene_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_evaluation e = {.n = 0};
    bool test = dn_screen_has_part(&r->model.split, DN_TEST);
    const dn_evaluate_options o = {.dataset = w->dataset,
                                   .model = w->model,
                                   .fold = -1,
                                   .folded = true,
                                   .part = test ? DN_TEST : DN_VALIDATION,
                                   .seed = 1};

    if (r->model.record.options.classes > 2 || (!test && !dn_screen_has_part(&r->model.split, DN_VALIDATION)))
        goto out;
    DN_TRY(dn_evaluate(comm, &o, &e, err));
    DN_PASS(dn_screen_calibrate(&e.all, &r->calibration, err));
    if (test && r->one < 0)
        DN_PASS(hold_against(r, &e, &r->held, err));
    DN_AGREE(comm);
out:
    dn_evaluation_destroy(&e);
    return st;
}

static dn_status count_rows(dn_gene_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_pairs *p = &r->model.pairs;

    DN_NEW(r->rows, (size_t)r->model.genes.n + 1);
    for (int64_t i = 0; i < p->n; i++)
        if (r->model.split.part[i] == DN_TRAIN) {
            r->rows[p->gene_a[i]]++;
            r->rows[p->gene_b[i]]++;
        }
out:
    return st;
}

dn_status dn_gene_run_compute(const dn_comm *comm, const dn_gene_wish *w, dn_gene_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_model *m = &r->model;
    const dn_gene_screen_input in = {
        .gener = &m->gener, .w = m->w, .running = m->running, .id = &m->genes.id, .known = &m->pairs};
    const dn_gene_screen_options o = {.gene = r->gene,
                                      .n_genes = r->n_genes,
                                      .one = r->one,
                                      .keep = w->keep,
                                      .threshold = w->threshold,
                                      .include_known = w->include_known,
                                      .narrow = w->narrow,
                                      .opt_hooks = w->opt_hooks,
                                      .opt_saving = w->opt_saving};

    DN_PASS(count_rows(r, err));
    DN_AGREE(comm);
    DN_TRY(learn_from_known(comm, w, r, err));
    DN_TRY(dn_screen_calibration_check(comm, &r->calibration, w->prevalence, w->dataset, m->record.split,
                                       w->model, err));
    DN_TRY(dn_gene_screen(comm, &in, &o, &r->result, err));
out:
    return st;
}
