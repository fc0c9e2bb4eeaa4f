/* evaluate_classes.c - a model of four classes beside baselines; see evaluate_classes.h */
#include "mpi/evaluate/evaluate_classes.h"

#include <math.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"
#include "solvers/base/alloc.h"
#include "solvers/stats/baselines.h"
#include "solvers/stats/class_baselines.h"

enum { POPULARITY = 1, ROLE, CORRELATION, MISSING, VALUES = 2 * DN_CLASS_SCORERS * DN_TARGETS };

const char *const dn_class_scorer_names[DN_CLASS_SCORERS] = {"model", "popularity", "role", "correlation",
                                                             "missing"};

const char *dn_target_name(int target)
{
    return target == DN_MICRO ? "micro" : target == DN_MACRO ? "macro" : dn_class_name(DN_CLASSES, target);
}

/* The scores of all rows. */
typedef struct scores {
    double *of[DN_CLASS_SCORERS];    /* [rows, DN_CLASSES]  [0] NULL without a model */
    double *clean[DN_CLASS_SCORERS]; /* in clean views in their place; NULL: the same */
} scores;

/* Rows of one view. */
typedef struct table {
    int64_t n;
    int64_t *a, *b; /* [n] */
    uint8_t *label; /* [n] */
    double *score;  /* [n, DN_CLASSES]  of one scorer at a time */
} table;

/* What a view needs while it is measured. */
typedef struct bench {
    const dn_class_input *in;
    const scores *s;
    int first; /* scorer: 1 without a model */
    table evaluated, validation;
    dn_class_order order[DN_CLASS_SCORERS]; /* of the evaluated rows */
    dn_resample resample;
    double *weight; /* [evaluated.n] */
    double *value;  /* [replicates, VALUES]  [scorer][AUROC or AP][target] */
    double *column; /* [replicates] */
} bench;

/* ---- scores ---- */

static void scores_destroy(scores *s)
{
    for (int k = 0; k < DN_CLASS_SCORERS; k++) {
        dn_free(s->of[k]);
        dn_free(s->clean[k]);
    }
}

static dn_status popularity(const dn_class_input *in, bool clean, bool both_orders, double *odds,
                            double **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_eval_rows *r = in->rows;
    const dn_pairs *p = in->pairs;
    int64_t n = r->n_training[clean];
    double share[DN_CLASSES];

    DN_NEW(*out, (size_t)r->n * DN_CLASSES);
    dn_class_shares(p->label, in->training, n, share);
    dn_class_popularity_fit(p->gene_a, p->gene_b, p->label, in->training, n, r->entities[0], share,
                            both_orders, odds);
    for (int64_t i = 0; i < r->n; i++)
        dn_class_popularity(odds, share, both_orders, r->a[i], r->b[i], *out + i * DN_CLASSES);
out:
    return st;
}

/* Share of the values of a training pair that are there, in the mean; 0 without training pairs. */
static double usual_share(const dn_class_input *in)
{
    int64_t n = in->rows->n_training[0];
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += 1 + dn_missing_score(in->values[in->pairs->gene_a[in->training[i]]],
                                    in->values[in->pairs->gene_b[in->training[i]]], in->samples);
    return n > 0 ? sum / (double)n : 0;
}

static dn_status scores_make(const dn_class_input *in, scores *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_eval_rows *r = in->rows;
    double *odds = NULL; /* [genes, 2, DN_CLASSES] */
    double share[DN_CLASSES], usual = usual_share(in), v;
    size_t n = (size_t)r->n * DN_CLASSES;

    DN_NEW(odds, (size_t)r->entities[0] * 2 * DN_CLASSES);
    for (int both = 0; both <= 1; both++) {
        DN_TRY(popularity(in, false, both, odds, &s->of[POPULARITY + both], err));
        DN_TRY(popularity(in, true, both, odds, &s->clean[POPULARITY + both], err));
    }
    dn_class_shares(in->pairs->label, in->training, r->n_training[0], share);
    DN_NEW(s->of[CORRELATION], n);
    DN_NEW(s->of[MISSING], n);
    for (int64_t i = 0; i < r->n; i++) {
        dn_class_spread(0.5 * (1 + r->score[1 + DN_CORRELATION][i]), share,
                        s->of[CORRELATION] + i * DN_CLASSES);
        v = 1 + r->score[1 + DN_MISSING][i];
        dn_class_spread(v + usual > 0 ? v / (v + usual) : 0.5, share, s->of[MISSING] + i * DN_CLASSES);
    }
    if (in->opt_probability != NULL)
        DN_NEW(s->of[DN_MODEL], n);
    for (size_t i = 0; in->opt_probability != NULL && i < n; i++)
        s->of[DN_MODEL][i] = (double)in->opt_probability[i];
out:
    dn_free(odds);
    return st;
}

/* ---- the rows of a view ---- */

static void count(const dn_class_input *in, const dn_view *view, dn_class_view *v)
{
    const dn_eval_rows *r = in->rows;

    *v =
        (dn_class_view){.name = view->name, .training_rows = r->n_training[view->clean], .best_baseline = -1};
    for (int64_t i = 0; i < r->n; i++) {
        if (!dn_view_holds(r, view, i))
            continue;
        if (i < r->n_validation) {
            v->validation_rows++;
            v->validation_of[r->label[i]]++;
        } else {
            v->rows++;
            v->of[r->label[i]]++;
        }
    }
}

/* Has every class that occurs among `all` rows enough of them here? */
static bool enough(const int64_t of[DN_CLASSES], const int64_t all[DN_CLASSES])
{
    for (int c = 0; c < DN_CLASSES; c++)
        if (all[c] > 0 && of[c] < DN_VIEW_LEAST)
            return false;
    return true;
}

/* An earlier, wider view with exactly these rows. */
static const dn_class_view *twin(const dn_view *views, const dn_class_view *v, int k)
{
    for (int u = 0; u < k; u++)
        if (views[u].clean <= views[k].clean && (views[u].klass == 0 || views[u].klass == views[k].klass) &&
            v[u].measured && v[u].rows == v[k].rows && v[u].validation_rows == v[k].validation_rows &&
            v[u].training_rows == v[k].training_rows)
            return &v[u];
    return NULL;
}

static void table_destroy(table *t)
{
    dn_free(t->a);
    dn_free(t->b);
    dn_free(t->label);
    dn_free(t->score);
}

static dn_status table_fill(const dn_eval_rows *r, const dn_view *view, int64_t begin, int64_t end, table *t,
                            dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = 0;

    for (int64_t i = begin; i < end; i++)
        n += dn_view_holds(r, view, i);
    DN_NEW(t->a, (size_t)n);
    DN_NEW(t->b, (size_t)n);
    DN_NEW(t->label, (size_t)n);
    DN_NEW(t->score, (size_t)n * DN_CLASSES);
    for (int64_t i = begin; i < end; i++) {
        if (!dn_view_holds(r, view, i))
            continue;
        t->a[t->n] = r->a[i];
        t->b[t->n] = r->b[i];
        t->label[t->n++] = r->label[i];
    }
out:
    return st;
}

/* The scores of scorer k into the table that holds the members' rows of [begin, end), as view `measured` goes
 * by them. */
static void take_scores(const bench *b, int k, const dn_view *members, const dn_view *measured, int64_t begin,
                        int64_t end, table *t)
{
    const double *from = measured->clean && b->s->clean[k] != NULL ? b->s->clean[k] : b->s->of[k];
    int64_t at = 0;

    for (int64_t i = begin; i < end; i++)
        if (dn_view_holds(b->in->rows, members, i))
            memcpy(t->score + DN_CLASSES * at++, from + DN_CLASSES * i, DN_CLASSES * sizeof *from);
}

/* ---- one view ---- */

static void bench_destroy(bench *b)
{
    table_destroy(&b->evaluated);
    table_destroy(&b->validation);
    for (int k = 0; k < DN_CLASS_SCORERS; k++)
        dn_class_order_destroy(&b->order[k]);
    dn_resample_destroy(&b->resample);
    dn_free(b->weight);
    dn_free(b->value);
    dn_free(b->column);
}

static dn_status measure_scorer(bench *b, int k, const dn_view *view, const dn_view *from, dn_class_view *v,
                                dn_error *err)
{
    dn_status st = DN_OK;
    const dn_eval_rows *r = b->in->rows;
    table *e = &b->evaluated, *w = &b->validation;
    dn_class_order validation = {.n = 0};
    double auroc[DN_METRIC_TARGETS_MAX], ap[DN_METRIC_TARGETS_MAX];

    take_scores(b, k, view, view, r->n_validation, r->n, e);
    DN_TRY(dn_class_order_create(e->score, e->label, e->n, DN_CLASSES, &b->order[k], err));
    dn_class_order_rank(&b->order[k], NULL, auroc, ap);
    for (int t = 0; t < DN_TARGETS; t++)
        v->scorer[k][t] = (dn_class_figure){.auroc = auroc[t], .ap = ap[t]};
    if (k == DN_MODEL)
        dn_confusion_make(e->score, e->label, e->n, DN_CLASSES, &v->confusion);
    take_scores(b, k, from, view, 0, r->n_validation, w);
    DN_TRY(dn_class_order_create(w->score, w->label, w->n, DN_CLASSES, &validation, err));
    dn_class_order_rank(&validation, NULL, auroc, ap);
    v->validation_auroc[k] = auroc[DN_MACRO];
out:
    dn_class_order_destroy(&validation);
    return st;
}

static dn_status measure_local(bench *b, const dn_view *view, const dn_view *from, int64_t replicates,
                               dn_class_view *v, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_eval_rows *r = b->in->rows;
    double best = -1;

    DN_TRY(table_fill(r, view, r->n_validation, r->n, &b->evaluated, err));
    DN_TRY(table_fill(r, from, 0, r->n_validation, &b->validation, err));
    for (int k = b->first; k < DN_CLASS_SCORERS; k++)
        DN_TRY(measure_scorer(b, k, view, from, v, err));
    for (int k = 1; k < DN_CLASS_SCORERS; k++)
        if (v->validation_auroc[k] > best) {
            best = v->validation_auroc[k];
            v->best_baseline = k - 1;
        }
    DN_TRY(dn_resample_create(b->evaluated.a, b->evaluated.b, b->evaluated.n, r->entities[0], &b->resample,
                              err));
    v->genes = b->resample.drawn[0];
    DN_NEW(b->weight, (size_t)b->evaluated.n);
    DN_NEW(b->value, (size_t)replicates * VALUES);
    DN_NEW(b->column, (size_t)replicates);
out:
    return st;
}

static int place(int scorer, int ap, int target)
{
    return (2 * scorer + ap) * DN_TARGETS + target;
}

/* This rank's replicates. */
static void replicate_local(const dn_comm *comm, int64_t replicates, uint64_t seed, bench *b)
{
    dn_range mine = dn_block(replicates, comm->rank, comm->size);

    for (int64_t i = mine.begin; i < mine.end; i++) {
        double *value = b->value + i * VALUES;
        dn_resample_draw(&b->resample, seed, (uint64_t)i, b->weight);
        for (int k = b->first; k < DN_CLASS_SCORERS; k++)
            dn_class_order_rank(&b->order[k], b->weight, value + place(k, 0, 0), value + place(k, 1, 0));
    }
}

/* Interval of column `plus` of the replicates, minus column `minus` when that is not negative. */
static dn_interval interval(const bench *b, int64_t replicates, int plus, int minus)
{
    for (int64_t i = 0; i < replicates; i++) {
        const double *value = b->value + i * VALUES;
        b->column[i] = value[plus] - (minus >= 0 ? value[minus] : 0);
    }
    return dn_percentile_interval(b->column, replicates);
}

static void intervals(const bench *b, int64_t replicates, dn_class_view *v)
{
    for (int k = b->first; k < DN_CLASS_SCORERS; k++)
        for (int t = 0; t < DN_TARGETS; t++) {
            dn_class_figure *f = &v->scorer[k][t], *model = &v->scorer[DN_MODEL][t], *d;

            f->auroc_ci = interval(b, replicates, place(k, 0, t), -1);
            f->ap_ci = interval(b, replicates, place(k, 1, t), -1);
            if (k == DN_MODEL || b->first != DN_MODEL)
                continue;
            d = &v->difference[k - 1][t];
            d->auroc = model->auroc - f->auroc;
            d->ap = model->ap - f->ap;
            d->auroc_ci = interval(b, replicates, place(DN_MODEL, 0, t), place(k, 0, t));
            d->ap_ci = interval(b, replicates, place(DN_MODEL, 1, t), place(k, 1, t));
        }
}

/* View k into v[k]; v[0 .. k) are filled. Collective. */
static dn_status measure(const dn_comm *comm, const dn_class_input *in, const scores *s, int k,
                         int64_t replicates, uint64_t seed, dn_class_view *v, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_view *views = in->rows->kind->view, *from;
    bench b = {.in = in, .s = s, .first = s->of[DN_MODEL] != NULL ? DN_MODEL : 1};
    const dn_class_view *same;

    count(in, &views[k], &v[k]);
    if (k > 0 && (v[k].rows == 0 || !enough(v[k].of, v[0].of)))
        goto out;
    same = twin(views, v, k);
    if (same != NULL) {
        v[k] = *same;
        v[k].name = views[k].name;
        goto out;
    }
    v[k].measured = true;
    from = enough(v[k].validation_of, v[0].validation_of) ? &views[k] : &views[0];
    DN_PASS(measure_local(&b, &views[k], from, replicates, &v[k], err));
    DN_AGREE(comm);
    replicate_local(comm, replicates, seed, &b);
    dn_gather_blocks(comm, b.value, replicates, VALUES * (int64_t)sizeof *b.value);
    intervals(&b, replicates, &v[k]);
out:
    bench_destroy(&b);
    return st;
}

/* ---- the whole ---- */

static dn_status copy_scores(const dn_class_input *in, const scores *s, dn_class_evaluation *e, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t first = in->rows->n_validation, n = in->rows->n - first;

    for (int k = 0; k < DN_CLASS_SCORERS; k++) {
        if (s->of[k] == NULL)
            continue;
        DN_NEW(e->score[k], (size_t)n * DN_CLASSES);
        memcpy(e->score[k], s->of[k] + first * DN_CLASSES, (size_t)n * DN_CLASSES * sizeof *e->score[k]);
    }
out:
    return st;
}

static dn_status prepare(const dn_class_input *in, scores *s, dn_class_evaluation *e, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(scores_make(in, s, err));
    DN_NEW(e->view, (size_t)in->rows->kind->views);
    DN_TRY(copy_scores(in, s, e, err));
    e->views = in->rows->kind->views;
out:
    return st;
}

dn_status dn_evaluate_classes(const dn_comm *comm, const dn_class_input *input, int64_t replicates,
                              uint64_t seed, dn_class_evaluation *out, dn_error *err)
{
    dn_status st = DN_OK;
    scores s = {.of = {NULL}};

    *out = (dn_class_evaluation){.views = 0};
    DN_PASS(prepare(input, &s, out, err));
    DN_AGREE(comm);
    for (int k = 0; k < out->views; k++)
        DN_TRY(measure(comm, input, &s, k, replicates, seed, out->view, err));
out:
    scores_destroy(&s);
    if (st != DN_OK)
        dn_class_evaluation_destroy(out);
    return st;
}

void dn_class_evaluation_destroy(dn_class_evaluation *e)
{
    dn_free(e->view);
    for (int k = 0; k < DN_CLASS_SCORERS; k++)
        dn_free(e->score[k]);
    *e = (dn_class_evaluation){.views = 0};
}
