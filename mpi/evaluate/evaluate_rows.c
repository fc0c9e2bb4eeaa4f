/* evaluate_rows.c - rows of several folds behind one another; see evaluate_rows.h */
#include "mpi/evaluate/evaluate_rows.h"

#include <string.h>
#include "solvers/base/alloc.h"

/* Rows [begin, end) behind those of to. */
static void append_rows(const dn_eval_rows *from, int64_t begin, int64_t end, dn_eval_rows *to)
{
    for (int64_t i = begin; i < end; i++, to->n++) {
        to->a[to->n] = from->a[i];
        to->b[to->n] = from->b[i];
        to->label[to->n] = from->label[i];
        to->klass[to->n] = from->klass[i];
        if (to->clean != NULL)
            to->clean[to->n] = from->clean[i];
        for (int k = 0; k < DN_SCORERS_MAX; k++) {
            if (to->score[k] != NULL)
                to->score[k][to->n] = from->score[k][i];
            if (to->clean_score[k] != NULL)
                to->clean_score[k][to->n] = from->clean_score[k][i];
        }
    }
}

dn_status dn_eval_rows_pool(const dn_eval_rows *const *rows, int64_t folds, dn_eval_rows *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_eval_rows *one = rows[0];
    size_t n = 0;

    *out = (dn_eval_rows){.kind = one->kind, .model = one->model};
    memcpy(out->entities, one->entities, sizeof out->entities);
    for (int64_t f = 0; f < folds; f++)
        n += (size_t)rows[f]->n;
    DN_NEW(out->a, n);
    DN_NEW(out->b, n);
    DN_NEW(out->label, n);
    DN_NEW(out->klass, n);
    if (one->clean != NULL)
        DN_NEW(out->clean, n);
    for (int k = 0; k < DN_SCORERS_MAX; k++) {
        if (one->score[k] != NULL)
            DN_NEW(out->score[k], n);
        if (one->clean_score[k] != NULL)
            DN_NEW(out->clean_score[k], n);
    }
    for (int64_t f = 0; f < folds; f++) {
        append_rows(rows[f], 0, rows[f]->n_validation, out);
        out->n_training[0] += rows[f]->n_training[0];
        out->n_training[1] += rows[f]->n_training[1];
    }
    out->n_validation = out->n;
    for (int64_t f = 0; f < folds; f++)
        append_rows(rows[f], rows[f]->n_validation, rows[f]->n, out);
out:
    return st;
}

void dn_eval_rows_destroy(dn_eval_rows *rows)
{
    dn_free(rows->a);
    dn_free(rows->b);
    dn_free(rows->label);
    dn_free(rows->klass);
    dn_free(rows->clean);
    for (int k = 0; k < DN_SCORERS_MAX; k++) {
        dn_free(rows->score[k]);
        dn_free(rows->clean_score[k]);
    }
    *rows = (dn_eval_rows){.n = 0};
}
