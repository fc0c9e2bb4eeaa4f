/* calibrate.h - from scores to probabilities: Platt scaling
 *
 *     p = 1 / (1 + exp(-(slope * score + offset)))
 *
 * Maximum likelihood with Platt's smoothed targets, (N1 + 1) / (N1 + 2) for the N1 positives and 1 / (N0 + 2)
 * for the N0 negatives, so that separable classes and a single class have a finite answer. Newton's method
 * with step halving.
 *
 * Source: Platt, Advances in Large Margin Classifiers, 1999; Lin, Lin & Weng, Machine Learning 68 (2007),
 * doi:10.1007/s10994-007-5018-6, algorithm 1. All functions are local.
 */
#ifndef DN_STATS_CALIBRATE_H
#define DN_STATS_CALIBRATE_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_platt {
    double slope; /* per unit of score; negative when larger scores go with class 0 */
    double offset;
    int iterations; /* Newton steps taken */
    bool converged; /* the gradient per row fell below 1e-8 */
} dn_platt;

/*   score [n]  finite
 *   label [n]  0 or 1
 * Not to converge is an answer, not an error. Equal scores give slope 0. Fails: DN_EDATA n < 1 or a score
 * that is not finite (names the row) */
DN_MUST_CHECK dn_status dn_platt_fit(const double *score, const uint8_t *label, int64_t n, dn_platt *out,
                                     dn_error *err);

double dn_platt_apply(const dn_platt *platt, double score);

/* A probability that holds where a share `from` is positive, where a share `to` is: the odds times
 * (to / (1 - to)) / (from / (1 - from)), by Bayes' rule if the classes look the same in both places.
 * 0 < from, to < 1; 0 stays 0 and 1 stays 1. */
double dn_prior_shift(double p, double from, double to);

/* log(p / (1 - p)), p first brought into [1e-7, 1 - 1e-7]: the score of a probability. */
double dn_logit(double p);

#endif
