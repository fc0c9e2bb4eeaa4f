/* similar_block.h - the scores of similar_history.h for one drug and many targets at a time
 *
 * A screen asks for every pair of many drugs and many targets. Each training row is looked at once for the
 * drug and a whole block of targets; every sum still runs in the order of the rows, product by product, so a
 * pair has the bits of dn_similar_score() (on x86-64; where the compiler fuses multiplication and addition in
 * one of the two, they agree within a rounding of each sum). Pairs that are training rows themselves, which
 * must not see their own label, are for dn_similar_score(). Local.
 */
#ifndef DN_STATS_SIMILAR_BLOCK_H
#define DN_STATS_SIMILAR_BLOCK_H

#include "solvers/stats/similar_history.h"

/* The targets that are asked for, borrowed. */
typedef struct dn_similar_targets {
    int64_t width;        /* how many, >= 1 */
    const int64_t *place; /* [targets]  place of a target among them, 0 <= place < width; -1: not asked */
    const double *square; /* [targets, width]  squared likeness of each target to those asked */
} dn_similar_targets;

/* Scores of the drug with each target asked, into out [width, DN_SIMILARS].
 *   like_drug [drugs]      likeness of the drug to each drug
 *   scratch [8 * width]
 * Time O(rows * width). */
void dn_similar_score_block(const dn_past *past, const dn_similar_targets *asked, int64_t drug,
                            const double *like_drug, double *scratch, double *out);

#endif
