/* metrics.c - how good are scores of rows that carry a label 0 or 1; see metrics.h */
#include "solvers/stats/metrics.h"

#include <math.h>
#include <stdlib.h>
#include "solvers/base/alloc.h"

/* ---- ranking ---- */

typedef struct entry {
    double score;
    int64_t row;
} entry;

static int falling(const void *a, const void *b)
{
    const entry *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Sorts `sorted` [n] and moves the result into *out. */
static dn_status order_entries(entry *sorted, const uint8_t *label, int64_t n, dn_order *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_order o = {.n = n};

    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(sorted[i].score))
            DN_FAIL(DN_EDATA, "the score of row %lld is %g, not a finite number", (long long)i,
                    sorted[i].score);
        if (label[i] > 1)
            DN_FAIL(DN_EDATA, "the label of row %lld is %d, neither 0 nor 1", (long long)i, label[i]);
    }
    DN_NEW(o.row, (size_t)n);
    DN_NEW(o.label, (size_t)n);
    DN_NEW(o.last, (size_t)n);
    DN_NEW(o.score, (size_t)n);
    if (n > 0)
        qsort(sorted, (size_t)n, sizeof *sorted, falling);
    for (int64_t i = 0; i < n; i++) {
        o.row[i] = sorted[i].row;
        o.label[i] = label[sorted[i].row];
        o.score[i] = sorted[i].score;
        o.last[i] = i + 1 == n || sorted[i + 1].score != sorted[i].score;
    }
    *out = o;
    o = (dn_order){.n = 0};
out:
    dn_order_destroy(&o);
    return st;
}

dn_status dn_order_create(const double *score, const uint8_t *label, int64_t n, dn_order *out, dn_error *err)
{
    dn_status st = DN_OK;
    entry *sorted = NULL; /* [n] */

    DN_NEW(sorted, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        sorted[i] = (entry){.score = score[i], .row = i};
    DN_TRY(order_entries(sorted, label, n, out, err));
out:
    dn_free(sorted);
    return st;
}

dn_status dn_order_create_f32(const float *score, const uint8_t *label, int64_t n, dn_order *out,
                              dn_error *err)
{
    dn_status st = DN_OK;
    entry *sorted = NULL; /* [n] */

    DN_NEW(sorted, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        sorted[i] = (entry){.score = (double)score[i], .row = i};
    DN_TRY(order_entries(sorted, label, n, out, err));
out:
    dn_free(sorted);
    return st;
}

void dn_order_destroy(dn_order *order)
{
    if (order == NULL)
        return;
    dn_free(order->row);
    dn_free(order->label);
    dn_free(order->last);
    dn_free(order->score);
    *order = (dn_order){.n = 0};
}

void dn_order_rank(const dn_order *order, const double *opt_weight, double *out_auroc, double *out_ap)
{
    double weight[2] = {0, 0}; /* negatives and positives of all groups above the running one */
    double group[2] = {0, 0};  /* of the running group of equal scores */
    double area = 0, ap = 0;

    for (int64_t i = 0; i < order->n; i++) {
        group[order->label[i]] += opt_weight != NULL ? opt_weight[order->row[i]] : 1.0;
        if (!order->last[i])
            continue;
        area += group[0] * (weight[1] + 0.5 * group[1]);
        weight[0] += group[0];
        weight[1] += group[1];
        if (group[1] > 0)
            ap += group[1] * (weight[1] / (weight[0] + weight[1]));
        group[0] = group[1] = 0;
    }
    if (weight[0] > 0 && weight[1] > 0) {
        *out_auroc = area / weight[0] / weight[1];
        *out_ap = ap / weight[1];
    } else {
        *out_auroc = *out_ap = (double)NAN;
    }
}

/* ---- decisions ---- */

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static dn_class_scores class_scores(int64_t tp, int64_t fp, int64_t fn)
{
    return (dn_class_scores){
        .precision = ratio((double)tp, (double)(tp + fp)),
        .recall = ratio((double)tp, (double)(tp + fn)),
        .f1 = ratio(2.0 * (double)tp, (double)(2 * tp + fp + fn)),
        .support = tp + fn,
    };
}

static dn_class_scores mean_scores(const dn_class_scores *of, double w0, double w1, int64_t n)
{
    return (dn_class_scores){
        .precision = w0 * of[0].precision + w1 * of[1].precision,
        .recall = w0 * of[0].recall + w1 * of[1].recall,
        .f1 = w0 * of[0].f1 + w1 * of[1].f1,
        .support = n,
    };
}

void dn_decide(const double *score, const uint8_t *label, int64_t n, double threshold, dn_decisions *out)
{
    int64_t c[2][2] = {{0, 0}, {0, 0}}; /* [label][decision] */
    double tn, fp, fn, tp;

    for (int64_t i = 0; i < n; i++)
        c[label[i]][score[i] >= threshold]++;
    tn = (double)c[0][0];
    fp = (double)c[0][1];
    fn = (double)c[1][0];
    tp = (double)c[1][1];
    *out = (dn_decisions){.threshold = threshold, .right = c[0][0] + c[1][1]};
    out->accuracy = n > 0 ? (tp + tn) / (double)n : (double)NAN;
    out->of[0] = class_scores(c[0][0], c[1][0], c[0][1]);
    out->of[1] = class_scores(c[1][1], c[0][1], c[1][0]);
    out->macro = mean_scores(out->of, 0.5, 0.5, n);
    out->weighted = mean_scores(out->of, ratio(tn + fp, (double)n), ratio(tp + fn, (double)n), n);
    out->mcc = ratio(tp * tn - fp * fn, sqrt(tp + fp) * sqrt(tp + fn) * sqrt(tn + fp) * sqrt(tn + fn));
}

double dn_best_threshold(const dn_order *order)
{
    int64_t all[2] = {0, 0}, above[2] = {0, 0};
    double best = -1, threshold = (double)NAN;

    for (int64_t i = 0; i < order->n; i++)
        all[order->label[i]]++;
    for (int64_t i = 0; i < order->n; i++) {
        double macro;

        above[order->label[i]]++;
        if (!order->last[i])
            continue;
        macro = 0.5 * class_scores(above[1], above[0], all[1] - above[1]).f1 +
                0.5 * class_scores(all[0] - above[0], all[1] - above[1], above[0]).f1;
        if (macro > best) {
            best = macro;
            threshold = order->score[i];
        }
    }
    return threshold;
}

/* ---- probabilities ---- */

double dn_brier(const double *p, const uint8_t *label, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += (p[i] - label[i]) * (p[i] - label[i]);
    return n > 0 ? sum / (double)n : (double)NAN;
}

double dn_calibration_error(const double *p, const uint8_t *label, int64_t n)
{
    double excess[DN_ECE_BINS] = {0}, sum = 0;

    for (int64_t i = 0; i < n; i++) {
        int bin = (int)(p[i] * DN_ECE_BINS);
        excess[bin < 0 ? 0 : bin >= DN_ECE_BINS ? DN_ECE_BINS - 1 : bin] += p[i] - label[i];
    }
    for (int b = 0; b < DN_ECE_BINS; b++)
        sum += fabs(excess[b]);
    return n > 0 ? sum / (double)n : (double)NAN;
}
