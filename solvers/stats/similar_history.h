/* similar_history.h - what a drug-target pair's label would be guessed from labels of pairs like it
 *
 * The label history of label_history.h, every training row counted not as one but by its weight: the square
 * of the likeness of its drug to this drug, the square of the likeness of its target to this target, so that
 * the few that are near outweigh the many that are far. With W1 and W0 the weights of the positive and the
 * negative rows, k and p as there,
 *
 *     odds = log((W1 + k p) / (W0 + k (1 - p))) - log(p / (1 - p))
 *
 *     nearest_drug     rows of the same target, weighted by their drugs
 *     nearest_target   rows of the same drug, weighted by their targets
 *     nearest          the sum of these two
 *     nearest_pair     all rows, weighted by the product
 *
 * Where all likenesses are 1, nearest_drug, nearest_target and nearest are the label histories of the target,
 * of the drug and of both. The first three are 0 for what no training row has; the last one also speaks of
 * pairs whose drug and target are both new. All functions are local.
 */
#ifndef DN_STATS_SIMILAR_HISTORY_H
#define DN_STATS_SIMILAR_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

typedef enum dn_similar {
    DN_SIMILAR_DRUG,           /* "nearest_drug" */
    DN_SIMILAR_TARGET,         /* "nearest_target" */
    DN_SIMILAR_BOTH,           /* "nearest" */
    DN_SIMILAR_PAIR,           /* "nearest_pair" */
    DN_SIMILAR_TARGET_HISTORY, /* of label_history.h */
    DN_SIMILAR_DRUG_HISTORY,
    DN_SIMILAR_TARGET_ROWS, /* log(1 + training rows of the target) */
    DN_SIMILAR_DRUG_ROWS,
    DN_SIMILARS
} dn_similar;

/* A training row must not see its own label when a model learns from these scores. It is scored as if it were
 * held out in the way of the split: rows of its drug, of its target, or of either are not looked at. Where a
 * split keeps clusters whole, a test drug has no relative in training, and rows of its whole cluster are not
 * looked at. */
typedef enum dn_hidden { DN_HIDE_ROW, DN_HIDE_DRUG, DN_HIDE_TARGET, DN_HIDE_BOTH } dn_hidden;

/* The pair that is scored. */
typedef struct dn_asked {
    int64_t drug, target;
    bool training; /* it is row `row` of the training rows, and `hidden` holds */
    int64_t row;
    dn_hidden hidden;
} dn_asked;

/* Training rows, borrowed. */
typedef struct dn_past {
    const int64_t *drug, *target; /* of all rows */
    const uint8_t *label;
    const int64_t *rows; /* [n]  training rows of the three */
    int64_t n;
    const int64_t *drug_cluster, *target_cluster; /* [drugs], [targets]  what is hidden together; NULL: each
                                                   * drug (target) by itself */
} dn_past;

/* The scores of a pair, larger means activation is more likely, and beside them the label histories and how
 * many rows they stand on.
 *   like_drug [drugs]      likeness of the drug to each drug, in [0, 1]
 *   like_target [targets]  likeness of the target to each target
 * Sums run in the order of rows. Time O(n). */
void dn_similar_score(const dn_past *past, const dn_asked *asked, const double *like_drug,
                      const double *like_target, double out[DN_SIMILARS]);

#endif
