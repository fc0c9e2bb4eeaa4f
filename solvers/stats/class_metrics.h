/* class_metrics.h - how good are probabilities of several classes
 *
 * Every class c is measured one against the rest by the scores of column c (dn_order of metrics.h).
 * Micro-averaged: all n * classes decisions "row i is of class c" are pooled, each with its own score, and
 * ranked once, so that scores must be comparable between classes. Macro mean: the plain mean over the classes
 * that occur among the rows. A measure that is not defined is NaN. All functions are local.
 */
#ifndef DN_STATS_CLASS_METRICS_H
#define DN_STATS_CLASS_METRICS_H

#include "solvers/base/error.h"
#include "solvers/stats/metrics.h"

enum {
    DN_METRIC_CLASSES_MAX = 4,
    DN_METRIC_TARGETS_MAX = DN_METRIC_CLASSES_MAX + 2 /* the classes, then micro, then macro */
};

typedef struct dn_class_order {
    int classes;
    int64_t n;
    dn_order of[DN_METRIC_CLASSES_MAX]; /* [n] each */
    dn_order micro;                     /* [n * classes] */
    int64_t rows[DN_METRIC_CLASSES_MAX];
    double *weight; /* [n * classes]  scratch */
} dn_class_order;

/*   score [n, classes]  finite;  label [n]  0 <= label < classes;  2 <= classes <= DN_METRIC_CLASSES_MAX
 * Time O(n log n). Fails: DN_EDATA a score is not finite or a label out of range; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_class_order_create(const double *score, const uint8_t *label, int64_t n,
                                              int classes, dn_class_order *out, dn_error *err);
void dn_class_order_destroy(dn_class_order *o);

/* AUROC and average precision of targets 0 .. classes - 1 (the classes), classes (micro), classes + 1
 * (macro).
 *
 *   opt_weight [n]  of the rows; NULL: 1 each
 * The macro mean is NaN where a class that has rows has no weight: it would be a mean over other classes. */
void dn_class_order_rank(dn_class_order *o, const double *opt_weight, double out_auroc[DN_METRIC_TARGETS_MAX],
                         double out_ap[DN_METRIC_TARGETS_MAX]);

/* Every row decided for the class with the largest score, the lowest of equals. */
typedef struct dn_confusion {
    int classes;
    int64_t table[DN_METRIC_CLASSES_MAX][DN_METRIC_CLASSES_MAX]; /* [label][decided] */
    int64_t right;
    double accuracy; /* right / n */
    dn_class_scores of[DN_METRIC_CLASSES_MAX];
    double macro_f1; /* over the classes that occur */
} dn_confusion;

void dn_confusion_make(const double *score, const uint8_t *label, int64_t n, int classes, dn_confusion *out);

#endif
