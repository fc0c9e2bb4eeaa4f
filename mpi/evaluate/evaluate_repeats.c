/* evaluate_repeats.c - the mean over several models; see evaluate_repeats.h */
#include "mpi/evaluate/evaluate_repeats.h"

#include <math.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"
#include "solvers/base/alloc.h"

/* What the replicates need. */
typedef struct bench {
    const dn_view *view;
    int64_t least; /* rows of either class that a model needs to count */
    int64_t models;
    int first, end;    /* scorers: first is 1 without a model */
    int64_t *begin;    /* [models + 1]  first row of each among the rows of all */
    int64_t *a, *b;    /* [begin[models]] */
    dn_order *order;   /* [models, end]  of the evaluated rows */
    dn_resample draws; /* of the rows of all models */
    double *weight;    /* [begin[models]] */
    double *value;     /* [replicates, 2 * end]  means over the models of AUROC and average precision */
    double *column;    /* [replicates] */
} bench;

dn_status dn_repeats_create(int64_t n, dn_repeats *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_repeats){.n = n, .best_baseline = -1};
    DN_NEW(out->each, (size_t)n);
out:
    return st;
}

void dn_repeats_destroy(dn_repeats *r)
{
    dn_free(r->each);
    *r = (dn_repeats){.n = 0, .best_baseline = -1};
}

static void bench_destroy(bench *b)
{
    for (int64_t i = 0; b->order != NULL && i < b->models * b->end; i++)
        dn_order_destroy(&b->order[i]);
    dn_free(b->order);
    dn_free(b->begin);
    dn_free(b->a);
    dn_free(b->b);
    dn_resample_destroy(&b->draws);
    dn_free(b->weight);
    dn_free(b->value);
    dn_free(b->column);
}

/* ---- each model by itself ---- */

static bool enough(int64_t rows, int64_t positives, int64_t least)
{
    return positives >= least && rows - positives >= least;
}

/* AUROC on the validation rows; NaN where scores are missing. */
static dn_status measure_validation(const dn_view_table *t, int k, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_order order = {.n = 0};
    double ignored;

    *out = (double)NAN;
    if (t->n == 0 || isnan(t->score[k][0]))
        goto out;
    DN_TRY(dn_order_create(t->score[k], t->label, t->n, &order, err));
    dn_order_rank(&order, NULL, out, &ignored);
out:
    dn_order_destroy(&order);
    return st;
}

/* The evaluated rows of a model: its figures, and its rows behind those of the models before it. */
static dn_status measure_model(const dn_eval_rows *rows, bench *b, int64_t m, dn_repeat *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_view_table t = {.n = 0};
    int64_t at = b->begin[m];

    DN_TRY(dn_view_table_fill(rows, b->view, b->view, rows->n_validation, rows->n, &t, err));
    out->rows = t.n;
    out->positives = t.positives;
    out->counted = enough(t.n, t.positives, b->least);
    for (int k = b->first; k < b->end; k++) {
        dn_order *order = &b->order[m * b->end + k];

        DN_TRY(dn_order_create(t.score[k], t.label, t.n, order, err));
        dn_order_rank(order, NULL, &out->auroc[k], &out->ap[k]);
    }
    for (int64_t i = 0; i < t.n; i++, at++) {
        b->a[at] = t.a[i];
        b->b[at] = t.b[i];
    }
    b->begin[m + 1] = at;
out:
    dn_view_table_destroy(&t);
    return st;
}

/* Do the validation rows that the view holds suffice, for every model that counts? */
static dn_source find_source(const dn_eval_rows *const *rows, const bench *b, const dn_repeats *r)
{
    if (b->view == rows[0]->kind->view)
        return DN_FROM_VIEW;
    for (int64_t m = 0; m < r->n; m++) {
        int64_t n = 0, positives = 0;

        for (int64_t i = 0; i < rows[m]->n_validation; i++)
            if (dn_view_holds(rows[m], b->view, i)) {
                n++;
                positives += rows[m]->label[i];
            }
        if (r->each[m].counted && !enough(n, positives, b->least))
            return DN_FROM_ALL;
    }
    return DN_FROM_VIEW;
}

static dn_status validate_models(const dn_eval_rows *const *rows, const bench *b, dn_repeats *r,
                                 dn_error *err)
{
    dn_status st = DN_OK;
    dn_view_table t = {.n = 0};

    r->source = find_source(rows, b, r);
    for (int64_t m = 0; m < r->n; m++) {
        dn_view_table_destroy(&t);
        DN_TRY(dn_view_table_fill(rows[m], r->source == DN_FROM_VIEW ? b->view : rows[m]->kind->view, b->view,
                                  0, rows[m]->n_validation, &t, err));
        for (int k = b->first; k < b->end; k++)
            DN_TRY(measure_validation(&t, k, &r->each[m].validation_auroc[k], err));
    }
out:
    dn_view_table_destroy(&t);
    return st;
}

/* ---- means ---- */

typedef double reading(const dn_repeat *m, int k);

static double auroc_of(const dn_repeat *m, int k)
{
    return m->auroc[k];
}
static double ap_of(const dn_repeat *m, int k)
{
    return m->ap[k];
}
static double auroc_difference(const dn_repeat *m, int k)
{
    return m->auroc[DN_MODEL] - m->auroc[k];
}
static double ap_difference(const dn_repeat *m, int k)
{
    return m->ap[DN_MODEL] - m->ap[k];
}
static double validation_of(const dn_repeat *m, int k)
{
    return m->validation_auroc[k];
}

/* Mean and standard deviation over the models that count. */
static void mean(const dn_repeats *r, reading *what, int k, double *out, double *opt_sd)
{
    double sum = 0, squares = 0;

    for (int64_t m = 0; m < r->n; m++)
        sum += r->each[m].counted ? what(&r->each[m], k) : 0;
    *out = r->counted > 0 ? sum / (double)r->counted : (double)NAN;
    if (opt_sd == NULL)
        return;
    for (int64_t m = 0; m < r->n; m++) {
        double off = r->each[m].counted ? what(&r->each[m], k) - *out : 0;
        squares += off * off;
    }
    *opt_sd = r->counted > 1 ? sqrt(squares / (double)(r->counted - 1)) : (double)NAN;
}

static void take_means(const bench *b, dn_repeats *r)
{
    double best = -1;

    for (int k = b->first; k < b->end; k++) {
        dn_mean_report *s = &r->scorer[k];

        *s = (dn_mean_report){.beaten = DN_UNDECIDED};
        mean(r, auroc_of, k, &s->auroc, &s->auroc_sd);
        mean(r, ap_of, k, &s->ap, &s->ap_sd);
        mean(r, validation_of, k, &s->validation_auroc, NULL);
        if (k > DN_MODEL && s->validation_auroc > best) {
            best = s->validation_auroc;
            r->best_baseline = k - 1;
        }
    }
    for (int k = 1; r->model && k < b->end; k++) {
        dn_mean_report *d = &r->difference[k - 1];

        *d = (dn_mean_report){.validation_auroc = (double)NAN, .beaten = DN_UNDECIDED};
        mean(r, auroc_difference, k, &d->auroc, &d->auroc_sd);
        mean(r, ap_difference, k, &d->ap, &d->ap_sd);
        for (int64_t m = 0; m < r->n; m++)
            d->above += r->each[m].counted && auroc_difference(&r->each[m], k) > 0;
    }
}

static int64_t count_splits(const dn_repeats *r)
{
    int64_t splits = 0;

    for (int64_t m = 0; m < r->n; m++) {
        bool seen = false;
        for (int64_t i = 0; i < m; i++)
            seen |= strcmp(r->each[i].split, r->each[m].split) == 0;
        splits += !seen;
    }
    return splits;
}

/* ---- all of it, but for the replicates ---- */

static dn_status room_local(const dn_eval_rows *const *rows, int64_t replicates, bench *b, dn_error *err)
{
    dn_status st = DN_OK;
    size_t all = 0;

    for (int64_t m = 0; m < b->models; m++)
        all += (size_t)(rows[m]->n - rows[m]->n_validation);
    DN_NEW(b->begin, (size_t)b->models + 1);
    DN_NEW(b->a, all);
    DN_NEW(b->b, all);
    DN_NEW(b->order, (size_t)b->models * (size_t)b->end);
    DN_NEW(b->value, (size_t)replicates * 2 * (size_t)b->end);
    DN_NEW(b->column, (size_t)replicates);
out:
    return st;
}

static dn_status prepare_draws(const dn_eval_rows *rows, bench *b, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = b->begin[b->models];

    DN_NEW(b->weight, (size_t)n);
    if (rows->kind->sides == 2)
        DN_TRY(dn_resample_create_sides(b->a, b->b, n, rows->entities[0], rows->entities[1], &b->draws, err));
    else
        DN_TRY(dn_resample_create(b->a, b->b, n, rows->entities[0], &b->draws, err));
out:
    return st;
}

static dn_status measure_local(const dn_eval_rows *const *rows, int64_t replicates, bench *b, dn_repeats *r,
                               dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(room_local(rows, replicates, b, err));
    r->counted = 0;
    for (int64_t m = 0; m < b->models; m++) {
        DN_TRY(measure_model(rows[m], b, m, &r->each[m], err));
        r->counted += r->each[m].counted;
    }
    DN_TRY(validate_models(rows, b, r, err));
    DN_TRY(prepare_draws(rows[0], b, err));
    memcpy(r->drawn, b->draws.drawn, sizeof r->drawn);
    r->splits = count_splits(r);
    take_means(b, r);
out:
    return st;
}

/* ---- intervals ---- */

/* One replicate: each model with its part of the common weights. NaN passes from a model to the mean. */
static void replicate(const dn_repeats *r, bench *b, double *value)
{
    for (int64_t m = 0; m < b->models; m++)
        for (int k = b->first; r->each[m].counted && k < b->end; k++) {
            double auroc, ap;

            dn_order_rank(&b->order[m * b->end + k], b->weight + b->begin[m], &auroc, &ap);
            value[2 * k] += auroc / (double)r->counted;
            value[2 * k + 1] += ap / (double)r->counted;
        }
}

static void replicate_local(const dn_comm *comm, const dn_repeats *r, int64_t replicates, uint64_t seed,
                            bench *b)
{
    dn_range mine = dn_block(replicates, comm->rank, comm->size);

    for (int64_t i = mine.begin; i < mine.end; i++) {
        dn_resample_draw(&b->draws, seed, (uint64_t)i, b->weight);
        replicate(r, b, b->value + i * 2 * b->end);
    }
}

/* Interval of column `plus` of the replicates, minus column `minus` when that is not negative. */
static dn_interval interval(const bench *b, int64_t replicates, int plus, int minus)
{
    for (int64_t i = 0; i < replicates; i++) {
        const double *value = b->value + i * 2 * b->end;
        b->column[i] = value[plus] - (minus >= 0 ? value[minus] : 0);
    }
    return dn_percentile_interval(b->column, replicates);
}

static void take_intervals(const bench *b, int64_t replicates, dn_repeats *r)
{
    for (int k = b->first; k < b->end; k++) {
        r->scorer[k].auroc_ci = interval(b, replicates, 2 * k, -1);
        r->scorer[k].ap_ci = interval(b, replicates, 2 * k + 1, -1);
    }
    for (int k = 1; r->model && k < b->end; k++) {
        dn_mean_report *d = &r->difference[k - 1];

        d->auroc_ci = interval(b, replicates, 0, 2 * k);
        d->ap_ci = interval(b, replicates, 1, 2 * k + 1);
        d->beaten = d->auroc_ci.lo > 0 ? DN_BEATEN : d->auroc_ci.hi < 0 ? DN_NOT_BEATEN : DN_UNDECIDED;
    }
}

dn_status dn_repeats_measure_view(const dn_comm *comm, dn_repeats *r, const dn_eval_rows *const *rows, int v,
                                  int64_t replicates, uint64_t seed, dn_error *err)
{
    dn_status st = DN_OK;
    bench b = {.view = &rows[0]->kind->view[v],
               .least = v == 0 ? 1 : DN_VIEW_LEAST,
               .models = r->n,
               .first = rows[0]->model ? DN_MODEL : 1,
               .end = rows[0]->kind->scorers};

    r->kind = rows[0]->kind;
    r->view = b.view;
    r->model = rows[0]->model;
    r->best_baseline = -1;
    DN_PASS(measure_local(rows, replicates, &b, r, err));
    DN_AGREE(comm);
    if (r->counted == 0)
        replicates = 0;
    replicate_local(comm, r, replicates, seed, &b);
    dn_gather_blocks(comm, b.value, replicates, 2 * b.end * (int64_t)sizeof *b.value);
    take_intervals(&b, replicates, r);
out:
    bench_destroy(&b);
    return st;
}

dn_status dn_repeats_measure(const dn_comm *comm, dn_repeats *r, const dn_eval_rows *const *rows,
                             int64_t replicates, uint64_t seed, dn_error *err)
{
    return dn_repeats_measure_view(comm, r, rows, 0, replicates, seed, err);
}
