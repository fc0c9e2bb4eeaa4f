/* class_metrics.c - how good are probabilities of several classes; see class_metrics.h */
#include "solvers/stats/class_metrics.h"

#include <math.h>
#include <stddef.h>
#include "solvers/base/alloc.h"

/* The decisions about classes [from, to): score and is [n * (to - from)], by row. */
static void decisions(const double *score, const uint8_t *label, int64_t n, int classes, int from, int to,
                      double *out_score, uint8_t *out_is)
{
    int64_t at = 0;

    for (int64_t i = 0; i < n; i++)
        for (int c = from; c < to; c++, at++) {
            out_score[at] = score[i * classes + c];
            out_is[at] = label[i] == c;
        }
}

dn_status dn_class_order_create(const double *score, const uint8_t *label, int64_t n, int classes,
                                dn_class_order *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_class_order o = {.classes = classes, .n = n};
    double *column = NULL; /* [n * classes] */
    uint8_t *is = NULL;    /* [n * classes] */
    size_t all = (size_t)n * (size_t)classes;

    for (int64_t i = 0; i < n; i++) {
        if (label[i] >= classes)
            DN_FAIL(DN_EDATA, "label %d of row %lld: there are %d classes", label[i], (long long)i, classes);
        o.rows[label[i]]++;
    }
    DN_NEW(column, all);
    DN_NEW(is, all);
    DN_NEW(o.weight, all);
    for (int c = 0; c < classes; c++) {
        decisions(score, label, n, classes, c, c + 1, column, is);
        DN_TRY(dn_order_create(column, is, n, &o.of[c], err));
    }
    decisions(score, label, n, classes, 0, classes, column, is);
    DN_TRY(dn_order_create(column, is, n * classes, &o.micro, err));
    *out = o;
    o = (dn_class_order){.n = 0};
out:
    dn_free(column);
    dn_free(is);
    dn_class_order_destroy(&o);
    return st;
}

void dn_class_order_destroy(dn_class_order *o)
{
    for (int c = 0; c < DN_METRIC_CLASSES_MAX; c++)
        dn_order_destroy(&o->of[c]);
    dn_order_destroy(&o->micro);
    dn_free(o->weight);
    *o = (dn_class_order){.n = 0};
}

void dn_class_order_rank(dn_class_order *o, const double *opt_weight, double out_auroc[DN_METRIC_TARGETS_MAX],
                         double out_ap[DN_METRIC_TARGETS_MAX])
{
    double auroc = 0, ap = 0;
    int micro = o->classes, macro = o->classes + 1, occur = 0;

    for (int c = 0; c < o->classes; c++) {
        dn_order_rank(&o->of[c], opt_weight, &out_auroc[c], &out_ap[c]);
        if (o->rows[c] == 0)
            continue;
        auroc += out_auroc[c];
        ap += out_ap[c];
        occur++;
    }
    for (int64_t i = 0; opt_weight != NULL && i < o->n; i++)
        for (int c = 0; c < o->classes; c++)
            o->weight[i * o->classes + c] = opt_weight[i];
    dn_order_rank(&o->micro, opt_weight != NULL ? o->weight : NULL, &out_auroc[micro], &out_ap[micro]);
    out_auroc[macro] = occur > 0 ? auroc / occur : (double)NAN;
    out_ap[macro] = occur > 0 ? ap / occur : (double)NAN;
}

static dn_class_scores score_class(const dn_confusion *t, int c)
{
    dn_class_scores s = {0};
    int64_t decided = 0, hit = t->table[c][c];

    for (int k = 0; k < t->classes; k++) {
        decided += t->table[k][c];
        s.support += t->table[c][k];
    }
    s.precision = decided > 0 ? (double)hit / (double)decided : 0;
    s.recall = s.support > 0 ? (double)hit / (double)s.support : 0;
    s.f1 = decided + s.support > 0 ? 2 * (double)hit / (double)(decided + s.support) : 0;
    return s;
}

void dn_confusion_make(const double *score, const uint8_t *label, int64_t n, int classes, dn_confusion *out)
{
    int occur = 0;

    *out = (dn_confusion){.classes = classes};
    for (int64_t i = 0; i < n; i++) {
        int best = 0;

        for (int c = 1; c < classes; c++)
            if (score[i * classes + c] > score[i * classes + best])
                best = c;
        out->table[label[i]][best]++;
        out->right += best == label[i];
    }
    out->accuracy = n > 0 ? (double)out->right / (double)n : (double)NAN;
    for (int c = 0; c < classes; c++) {
        out->of[c] = score_class(out, c);
        out->macro_f1 += out->of[c].f1; /* 0 of a class that does not occur: no row of it can be hit */
        occur += out->of[c].support > 0;
    }
    out->macro_f1 = occur > 0 ? out->macro_f1 / occur : (double)NAN;
}
