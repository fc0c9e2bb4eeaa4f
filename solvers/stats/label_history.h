/* label_history.h - what a drug-target pair's label would be guessed from past labels alone
 *
 * No chemistry, no sequence: how often this drug activated other targets, and how often this target was
 * activated by other drugs. A model that does not beat it has learnt nothing else. All functions are local.
 */
#ifndef DN_STATS_LABEL_HISTORY_H
#define DN_STATS_LABEL_HISTORY_H

#include <stdint.h>

typedef enum dn_history {
    DN_HISTORY_TARGET,
    DN_HISTORY_DRUG,
    DN_HISTORY_BOTH, /* sum of the two */
    DN_HISTORIES
} dn_history;

/* p below: the share of positives, smoothed. */
double dn_history_share(int64_t positives, int64_t n);

/* odds below, from counts or weights of both classes; 0 where there are none. */
double dn_history_odds(double positives, double negatives, double p);

/* Smoothed log-odds of the training labels of every drug and every target,
 *
 *     odds[e] = log((positives + k p) / (negatives + k (1 - p))) - log(p / (1 - p)),     k = 2,
 *
 * p the share of positives among all training rows, smoothed by one of each class: a side without a
 * training row has 0, that of a guess without knowledge, and few rows pull towards it.
 *
 *   rows [n]            training rows of drug, target, label
 *   out_drug [drugs], out_target [targets]
 *   scratch [2 * (drugs > targets ? drugs : targets)] */
void dn_history_fit(const int64_t *drug, const int64_t *target, const uint8_t *label, const int64_t *rows,
                    int64_t n, int64_t drugs, int64_t targets, double *out_drug, double *out_target,
                    int64_t *scratch);

/* Score of a pair from the two, larger means activation is more likely. */
double dn_history_score(dn_history h, double drug_odds, double target_odds);

#endif
