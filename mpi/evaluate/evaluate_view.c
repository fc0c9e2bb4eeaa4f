/* evaluate_view.c - one view of the evaluated rows; see evaluate_view.h */
#include "mpi/evaluate/evaluate_view.h"

#include <math.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"
#include "solvers/base/alloc.h"

/* What a view needs while it is measured. */
typedef struct bench {
    int first, end; /* scorers: first is 1 without a model */
    dn_view_table evaluated, validation;
    dn_order order[DN_SCORERS_MAX]; /* of the evaluated rows */
    dn_resample resample;
    double *weight; /* [evaluated.n] */
    double *value;  /* [replicates, 2 * end]  AUROC and average precision of each scorer */
    double *column; /* [replicates] */
} bench;

bool dn_view_holds(const dn_eval_rows *rows, const dn_view *view, int64_t i)
{
    return (!view->clean || rows->clean == NULL || rows->clean[i] != 0) &&
           (view->klass == 0 || view->klass == rows->klass[i]);
}

static void count(const dn_eval_rows *rows, const dn_view *view, dn_view_report *r)
{
    *r = (dn_view_report){
        .name = view->name, .training_rows = rows->n_training[view->clean], .best_baseline = -1};
    for (int64_t i = 0; i < rows->n; i++) {
        if (!dn_view_holds(rows, view, i))
            continue;
        if (i < rows->n_validation) {
            r->validation_rows++;
            r->validation_positives += rows->label[i];
        } else {
            r->rows++;
            r->positives += rows->label[i];
        }
    }
}

static bool enough(int64_t rows, int64_t positives)
{
    return positives >= DN_VIEW_LEAST && rows - positives >= DN_VIEW_LEAST;
}

static dn_source source_of(const dn_view_report *all, const dn_view_report *r)
{
    if (enough(r->validation_rows, r->validation_positives))
        return DN_FROM_VIEW;
    if (all->validation_positives > 0 && all->validation_positives < all->validation_rows)
        return r == all ? DN_FROM_VIEW : DN_FROM_ALL;
    return DN_FROM_NOWHERE;
}

/* A view that holds exactly the rows of an earlier, wider one has its numbers. */
static const dn_view_report *twin(const dn_view *views, const dn_view_report *report, int v)
{
    for (int u = 0; u < v; u++)
        if (views[u].clean <= views[v].clean && (views[u].klass == 0 || views[u].klass == views[v].klass) &&
            report[u].measured && report[u].rows == report[v].rows &&
            report[u].validation_rows == report[v].validation_rows &&
            report[u].training_rows == report[v].training_rows)
            return &report[u];
    return NULL;
}

void dn_view_table_destroy(dn_view_table *t)
{
    dn_free(t->a);
    dn_free(t->b);
    dn_free(t->label);
    for (int k = 0; k < DN_SCORERS_MAX; k++)
        dn_free(t->score[k]);
    *t = (dn_view_table){.n = 0};
}

/* The scores that view `measured` goes by; NULL: there is no such scorer. */
static const double *scores(const dn_eval_rows *rows, const dn_view *measured, int k)
{
    return measured->clean && rows->clean_score[k] != NULL ? rows->clean_score[k] : rows->score[k];
}

dn_status dn_view_table_fill(const dn_eval_rows *rows, const dn_view *members, const dn_view *measured,
                             int64_t begin, int64_t end, dn_view_table *t, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = 0;

    for (int64_t i = begin; i < end; i++)
        n += dn_view_holds(rows, members, i);
    DN_NEW(t->a, (size_t)n);
    DN_NEW(t->b, (size_t)n);
    DN_NEW(t->label, (size_t)n);
    for (int k = rows->model ? 0 : 1; k < rows->kind->scorers; k++)
        DN_NEW(t->score[k], (size_t)n);
    for (int64_t i = begin; i < end; i++) {
        if (!dn_view_holds(rows, members, i))
            continue;
        t->a[t->n] = rows->a[i];
        t->b[t->n] = rows->b[i];
        t->label[t->n] = rows->label[i];
        for (int k = rows->model ? 0 : 1; k < rows->kind->scorers; k++)
            t->score[k][t->n] = scores(rows, measured, k)[i];
        t->positives += rows->label[i];
        t->n++;
    }
out:
    return st;
}

static void bench_destroy(bench *b)
{
    dn_view_table_destroy(&b->evaluated);
    dn_view_table_destroy(&b->validation);
    for (int k = 0; k < DN_SCORERS_MAX; k++)
        dn_order_destroy(&b->order[k]);
    dn_resample_destroy(&b->resample);
    dn_free(b->weight);
    dn_free(b->value);
    dn_free(b->column);
}

static dn_status bench_create(const dn_eval_rows *rows, int v, dn_source source, int64_t replicates, bench *b,
                              dn_error *err)
{
    dn_status st = DN_OK;
    const dn_view *view = &rows->kind->view[v], *from = source == DN_FROM_VIEW ? view : rows->kind->view;
    const dn_view_table *e = &b->evaluated;

    DN_TRY(dn_view_table_fill(rows, view, view, rows->n_validation, rows->n, &b->evaluated, err));
    DN_TRY(dn_view_table_fill(rows, from, view, 0, rows->n_validation, &b->validation, err));
    for (int k = b->first; k < b->end; k++)
        DN_TRY(dn_order_create(e->score[k], e->label, e->n, &b->order[k], err));
    if (rows->kind->sides == 2)
        DN_TRY(dn_resample_create_sides(e->a, e->b, e->n, rows->entities[0], rows->entities[1], &b->resample,
                                        err));
    else
        DN_TRY(dn_resample_create(e->a, e->b, e->n, rows->entities[0], &b->resample, err));
    DN_NEW(b->weight, (size_t)e->n);
    DN_NEW(b->value, (size_t)replicates * 2 * (size_t)b->end);
    DN_NEW(b->column, (size_t)replicates);
out:
    return st;
}

/* score [n] to what Platt scaling works on. */
static void platt_input(int k, double *score, int64_t n)
{
    if (k == DN_MODEL)
        for (int64_t i = 0; i < n; i++)
            score[i] = dn_logit(score[i]);
}

/* Fits on the validation rows and measures calibrated probabilities. Spoils the scores of scorer k in the
 * bench. */
static dn_status calibrate(bench *b, int k, dn_scorer_report *s, dn_error *err)
{
    dn_status st = DN_OK;
    dn_view_table *e = &b->evaluated, *w = &b->validation;

    platt_input(k, w->score[k], w->n);
    platt_input(k, e->score[k], e->n);
    DN_TRY(dn_platt_fit(w->score[k], w->label, w->n, &s->platt, err));
    for (int64_t i = 0; i < e->n; i++)
        e->score[k][i] = dn_platt_apply(&s->platt, e->score[k][i]);
    s->calibrated_brier = dn_brier(e->score[k], e->label, e->n);
    s->calibrated_ece = dn_calibration_error(e->score[k], e->label, e->n);
out:
    return st;
}

/* Has the scorer scores of the validation rows, which have all or none? */
static bool scores_validation(const dn_view_table *w, int k)
{
    return w->n > 0 && !isnan(w->score[k][0]);
}

static dn_status measure_scorer(bench *b, int k, dn_source source, dn_scorer_report *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_view_table *e = &b->evaluated, *w = &b->validation;
    dn_order validation = {.n = 0};
    double threshold = 0.5, ignored;
    bool tuned = source != DN_FROM_NOWHERE && scores_validation(w, k);

    *s = (dn_scorer_report){.brier = (double)NAN,
                            .ece = (double)NAN,
                            .validation_auroc = (double)NAN,
                            .calibrated_brier = (double)NAN,
                            .calibrated_ece = (double)NAN,
                            .decided = k == DN_MODEL || tuned};
    dn_order_rank(&b->order[k], NULL, &s->auroc, &s->ap);
    if (k == DN_MODEL) {
        s->brier = dn_brier(e->score[k], e->label, e->n);
        s->ece = dn_calibration_error(e->score[k], e->label, e->n);
    }
    if (tuned) {
        DN_TRY(dn_order_create(w->score[k], w->label, w->n, &validation, err));
        dn_order_rank(&validation, NULL, &s->validation_auroc, &ignored);
        threshold = dn_best_threshold(&validation);
    }
    if (s->decided)
        dn_decide(e->score[k], e->label, e->n, threshold, &s->decisions);
    if (tuned)
        DN_TRY(calibrate(b, k, s, err));
out:
    dn_order_destroy(&validation);
    return st;
}

static dn_status measure_local(const dn_eval_rows *rows, int v, int64_t replicates, bench *b,
                               dn_view_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    double best = -1;

    DN_TRY(bench_create(rows, v, r->source, replicates, b, err));
    memcpy(r->drawn, b->resample.drawn, sizeof r->drawn);
    for (int k = b->first; k < b->end; k++)
        DN_TRY(measure_scorer(b, k, r->source, &r->scorer[k], err));
    for (int k = 1; k < b->end; k++)
        if (r->scorer[k].validation_auroc > best) {
            best = r->scorer[k].validation_auroc;
            r->best_baseline = k - 1;
        }
out:
    return st;
}

/* This rank's replicates. */
static void replicate_local(const dn_comm *comm, int64_t replicates, uint64_t seed, bench *b)
{
    dn_range mine = dn_block(replicates, comm->rank, comm->size);

    for (int64_t i = mine.begin; i < mine.end; i++) {
        double *value = b->value + i * 2 * b->end;
        dn_resample_draw(&b->resample, seed, (uint64_t)i, b->weight);
        for (int k = b->first; k < b->end; k++)
            dn_order_rank(&b->order[k], b->weight, &value[2 * k], &value[2 * k + 1]);
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

static dn_verdict verdict(const dn_interval *i)
{
    return i->lo > 0 ? DN_BEATEN : i->hi < 0 ? DN_NOT_BEATEN : DN_UNDECIDED;
}

static void intervals(const bench *b, int64_t replicates, dn_view_report *r)
{
    for (int k = b->first; k < b->end; k++) {
        r->scorer[k].auroc_ci = interval(b, replicates, 2 * k, -1);
        r->scorer[k].ap_ci = interval(b, replicates, 2 * k + 1, -1);
    }
    for (int k = 1; b->first == DN_MODEL && k < b->end; k++) {
        dn_difference *d = &r->difference[k - 1];
        d->auroc = r->scorer[DN_MODEL].auroc - r->scorer[k].auroc;
        d->ap = r->scorer[DN_MODEL].ap - r->scorer[k].ap;
        d->auroc_ci = interval(b, replicates, 0, 2 * k);
        d->ap_ci = interval(b, replicates, 1, 2 * k + 1);
        d->beaten = verdict(&d->auroc_ci);
    }
}

dn_status dn_view_measure(const dn_comm *comm, const dn_eval_rows *rows, int v, int64_t replicates,
                          uint64_t seed, dn_view_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_view *views = rows->kind->view;
    bench b = {.first = rows->model ? DN_MODEL : 1, .end = rows->kind->scorers};
    dn_view_report *r = &report[v];
    const dn_view_report *same;

    count(rows, &views[v], r);
    if (v > 0 && !enough(r->rows, r->positives))
        goto out;
    same = twin(views, report, v);
    if (same != NULL) {
        *r = *same;
        r->name = views[v].name;
        goto out;
    }
    r->measured = true;
    r->source = source_of(report, r);
    DN_PASS(measure_local(rows, v, replicates, &b, r, err));
    DN_AGREE(comm);
    replicate_local(comm, replicates, seed, &b);
    dn_gather_blocks(comm, b.value, replicates, 2 * b.end * (int64_t)sizeof *b.value);
    intervals(&b, replicates, r);
out:
    bench_destroy(&b);
    return st;
}
