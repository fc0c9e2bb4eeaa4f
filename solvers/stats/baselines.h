/* baselines.h - what a gene pair's score would be without any learning
 *
 * Three scores of pairs, larger means an interaction is more likely. All functions are local.
 */
#ifndef DN_STATS_BASELINES_H
#define DN_STATS_BASELINES_H

#include <stdint.h>

typedef enum dn_baseline {
    DN_POPULARITY,  /* "popularity"   how often the two genes interact in the training pairs */
    DN_CORRELATION, /* "correlation"  of their two expression profiles */
    DN_MISSING,     /* "missing"      share of their expression values that are missing */
    DN_BASELINES
} dn_baseline;

/* Popularity of genes: smoothed log-odds of the share of positives among a gene's training pairs,
 * pseudo-count 1/1,
 *
 *     out_odds[g] = log((positives + 1) / (negatives + 1)),   0 for a gene without training pairs
 *
 * A pair's score is the sum over its two genes.
 *
 *   rows [n]          training rows of gene_a, gene_b, label
 *   out_odds [genes]
 *   scratch [2 * genes] */
void dn_popularity_fit(const int32_t *gene_a, const int32_t *gene_b, const uint8_t *label,
                       const int64_t *rows, int64_t n, int64_t genes, double *out_odds, int64_t *scratch);

/* Pearson correlation of a [samples] and b [samples] over the samples where neither is NaN; 0 with fewer than
 * 3 of those or when one of the two does not vary over them. Two passes in double precision. */
double dn_profile_correlation(const float *a, const float *b, int64_t samples);

/* Minus the share of the 2 * samples expression values of a pair that are missing, from the numbers of values
 * that are there: more missing, less likely. 0 when samples is 0. */
double dn_missing_score(int64_t values_a, int64_t values_b, int64_t samples);

#endif
