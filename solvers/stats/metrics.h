/* metrics.h - how good are scores of rows that carry a label 0 or 1
 *
 * Contents: dn_order (AUROC and average precision for any weights), decisions at a threshold, probabilities
 *
 * A measure that is not defined is NaN (a class without weight, no rows). All functions are local.
 */
#ifndef DN_STATS_METRICS_H
#define DN_STATS_METRICS_H

#include <stdint.h>
#include "solvers/base/error.h"

/* ---- ranking: the scores are sorted once, then any weight vector costs O(n) ---- */

typedef struct dn_order {
    int64_t n;
    int64_t *row;   /* [n]  rows by falling score, equal scores by row */
    uint8_t *label; /* [n]  labels in that order */
    uint8_t *last;  /* [n]  1: the last row of a group of equal scores */
    double *score;  /* [n]  scores in that order */
} dn_order;

/*   score [n]  larger means class 1 is more likely; finite
 *   label [n]  0 or 1
 * Time O(n log n). Fails: DN_EDATA a score is not finite or a label is neither 0 nor 1 (names the row);
 * DN_ENOMEM */
DN_MUST_CHECK dn_status dn_order_create(const double *score, const uint8_t *label, int64_t n, dn_order *out,
                                        dn_error *err);

/* The same from single precision. */
DN_MUST_CHECK dn_status dn_order_create_f32(const float *score, const uint8_t *label, int64_t n,
                                            dn_order *out, dn_error *err);

void dn_order_destroy(dn_order *order);

/*   opt_weight [n]  weight of every row, in the order the rows had in create; NULL: 1 each; weight >= 0
 *   out_auroc       sum over pairs (positive i, negative j) of w_i w_j ([s_i > s_j] + [s_i = s_j] / 2)
 * divided by the sum of w_i w_j: ties count by midrank (Mann & Whitney, 1947) out_ap          average
 * precision, sum over the distinct scores, falling, of (rise of recall) * precision there: no interpolation
 * (the definition of scikit-learn); equal scores enter together Both NaN when a class has no weight. Integer
 * weights give bits that depend on nothing else. */
void dn_order_rank(const dn_order *order, const double *opt_weight, double *out_auroc, double *out_ap);

/* ---- decisions: class 1 when score >= threshold ---- */

typedef struct dn_class_scores {
    double precision; /* 0 when the class was never predicted */
    double recall;    /* 0 when the class has no rows */
    double f1;        /* 2 tp / (2 tp + fp + fn), 0 when that is 0 / 0 */
    int64_t support;  /* rows of the class */
} dn_class_scores;

typedef struct dn_decisions {
    double threshold;
    int64_t right;            /* rows decided as labelled */
    double accuracy;          /* right / n */
    dn_class_scores of[2];    /* class 0, class 1 */
    dn_class_scores macro;    /* plain means over the classes; support: n */
    dn_class_scores weighted; /* means weighted by support */
    double mcc;               /* Matthews, BBA 1975; 0 when a row or column of the table is empty */
} dn_decisions;

void dn_decide(const double *score, const uint8_t *label, int64_t n, double threshold, dn_decisions *out);

/* The threshold, among the scores themselves, that gives the largest macro F1; of several the highest. n >=
 * 1, otherwise NaN. */
double dn_best_threshold(const dn_order *order);

/* ---- probabilities in [0, 1] ---- */

enum { DN_ECE_BINS = 10 };

/* Mean of (p - label)^2 (Brier, 1950). */
double dn_brier(const double *p, const uint8_t *label, int64_t n);

/* Expected calibration error: sum over DN_ECE_BINS bins of equal width (the last one closed) of
 * |sum of p - number of positives| / n, binary form (p against the share of class 1). */
double dn_calibration_error(const double *p, const uint8_t *label, int64_t n);

#endif
