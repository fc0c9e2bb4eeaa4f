/* evaluate_folds.c - several folds together; see evaluate_folds.h */
#include "mpi/evaluate/evaluate_folds.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/evaluate/evaluate_rows.h"
#include "mpi/io/origin.h"
#include "solvers/base/alloc.h"

/* ---- which folds ---- */

int64_t dn_folds_asked(const dn_evaluate_options *o)
{
    return o->models != NULL ? o->n_models : o->pool;
}

/* Split and fold of every model. Collective. */
static dn_status name_models(const dn_comm *comm, const dn_evaluate_options *o, dn_repeats *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_model_record record;

    for (int f = 0; f < r->n; f++) {
        dn_repeat *m = &r->each[f];
        bool known = false;

        DN_TRY(dn_model_read_record(comm, o->models[f], &record, err));
        snprintf(m->split, sizeof m->split, "%s", record.split);
        m->fold = record.fold;
        for (int i = 0; i < f; i++) {
            if (strcmp(m->split, r->each[i].split) != 0)
                continue;
            known = true;
            if (m->fold == r->each[i].fold)
                DN_FAIL(DN_EUSAGE, "%s and %s are both of fold %lld of split '%s': a fold counts once",
                        o->models[i], o->models[f], (long long)m->fold, m->split);
        }
        r->splits += !known;
    }
out:
    return st;
}

dn_status dn_folds_name(const dn_comm *comm, const dn_evaluate_options *o, dn_repeats *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PASS(dn_repeats_create(dn_folds_asked(o), out, err));
    DN_AGREE(comm);
    if (o->models != NULL) {
        DN_TRY(name_models(comm, o, out, err));
    } else {
        out->splits = 1;
        for (int64_t f = 0; f < out->n; f++) {
            snprintf(out->each[f].split, sizeof out->each[f].split, "%s", o->split);
            out->each[f].fold = f;
        }
    }
out:
    return st;
}

/* ---- pairs of genes ---- */

static dn_status make_room(const dn_repeats *names, dn_evaluation **out_fold, const dn_eval_rows ***out_rows,
                           dn_gene_folds *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out_fold, (size_t)names->n);
    DN_NEW(*out_rows, (size_t)names->n);
    for (int v = 0; v < DN_VIEWS; v++) {
        DN_TRY(dn_repeats_create(names->n, &out->mean[v], err));
        memcpy(out->mean[v].each, names->each, (size_t)names->n * sizeof *names->each);
    }
    out->folds = names->n;
    out->splits = names->splits;
out:
    return st;
}

/* Each fold by itself, without intervals. Collective. */
static dn_status evaluate_each(const dn_comm *comm, const dn_evaluate_options *o, int64_t folds,
                               dn_evaluation *fold, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t f = 0; f < folds; f++) {
        dn_evaluate_options one = *o;

        one.models = NULL;
        one.model = o->models != NULL ? o->models[f] : NULL;
        one.fold = o->models != NULL ? -1 : f;
        one.pool = 0;
        one.replicates = 0; /* intervals are those of all */
        DN_TRY(dn_evaluate(comm, &one, &fold[f], err));
        if (fold[f].classes.views > 0)
            DN_FAIL(DN_EUSAGE,
                    "pairs of four classes are evaluated one fold at a time, not several together");
        if (strcmp(fold[f].source, fold[0].source) != 0)
            DN_FAIL(DN_EUSAGE, "%s is of pair set '%s', but %s of '%s'", o->models[f], fold[f].source,
                    o->models[0], fold[0].source);
        if (fold[f].trained != fold[0].trained)
            DN_FAIL(DN_EUSAGE, "%s learnt against %s negatives, but %s against %s", o->models[f],
                    dn_origin_names[fold[f].trained], o->models[0], dn_origin_names[fold[0].trained]);
    }
out:
    return st;
}

/* What several folds have in common, and sums over them. The ids of the genes move to *out. */
static void sum_up(dn_evaluation *fold, int64_t folds, dn_evaluation *out)
{
    out->model = fold[0].model;
    out->model.fold = -1;
    memcpy(out->part, fold[0].part, sizeof out->part);
    memcpy(out->pairs, fold[0].pairs, sizeof out->pairs);
    memcpy(out->source, fold[0].source, sizeof out->source);
    out->trained = fold[0].trained;
    for (int64_t f = 1; f < folds; f++) /* rows drawn for each split */
        if (strcmp(fold[f].pairs, out->pairs) != 0)
            memcpy(out->pairs, out->source, sizeof out->pairs);
    out->flat_genes = fold[0].flat_genes;
    out->left_out.two_labels = fold[0].left_out.two_labels;
    for (int64_t f = 0; f < folds; f++) {
        out->left_out.between_parts += fold[f].left_out.between_parts;
        out->also_in_validation += fold[f].also_in_validation;
    }
    out->gene_id = fold[0].gene_id;
    fold[0].gene_id = (dn_strings){.n = 0};
}

/* The rows of all folds as if they were one's. Collective. */
static dn_status pool(const dn_comm *comm, const dn_eval_rows *const *rows, int64_t folds,
                      const dn_evaluate_options *o, dn_evaluation *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PASS(dn_eval_rows_pool(rows, folds, &out->all, err));
    DN_AGREE(comm);
    for (int v = 0; v < DN_VIEWS; v++)
        DN_TRY(dn_view_measure(comm, &out->all, v, o->replicates, o->seed, out->view, err));
    dn_evaluation_view_rows(out);
out:
    return st;
}

dn_status dn_evaluate_folds(const dn_comm *comm, const dn_evaluate_options *o, dn_gene_folds *out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    dn_repeats names = {.n = 0};
    dn_evaluation *fold = NULL;       /* [names.n] */
    const dn_eval_rows **rows = NULL; /* [names.n]  of these */

    *out = (dn_gene_folds){.folds = 0};
    if (o->pairs != NULL)
        DN_FAIL(DN_EUSAGE, "a pair set is evaluated with one model at a time, not with several");
    DN_TRY(dn_folds_name(comm, o, &names, err));
    DN_PASS(make_room(&names, &fold, &rows, out, err));
    DN_AGREE(comm);
    DN_TRY(evaluate_each(comm, o, names.n, fold, err));
    for (int64_t f = 0; f < names.n; f++)
        rows[f] = &fold[f].all;
    for (int v = 0; v < DN_VIEWS; v++)
        DN_TRY(dn_repeats_measure_view(comm, &out->mean[v], rows, v, o->replicates, o->seed, err));
    sum_up(fold, names.n, &out->pooled);
    if (names.splits == 1)
        DN_TRY(pool(comm, rows, names.n, o, &out->pooled, err));
out:
    for (int64_t f = 0; fold != NULL && f < names.n; f++)
        dn_evaluation_destroy(&fold[f]);
    dn_free(fold);
    dn_free(rows);
    dn_repeats_destroy(&names);
    if (st != DN_OK)
        dn_gene_folds_destroy(out);
    return st;
}

void dn_gene_folds_destroy(dn_gene_folds *g)
{
    for (int v = 0; v < DN_VIEWS; v++)
        dn_repeats_destroy(&g->mean[v]);
    dn_evaluation_destroy(&g->pooled);
    *g = (dn_gene_folds){.folds = 0};
}
