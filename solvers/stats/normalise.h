/* normalise.h - expression made comparable between genes or between samples
 *
 * x is [genes, samples], NaN where missing, otherwise finite; at most 2^31 genes. After dn_normalise()
 * nothing is missing: 0 stands there, which is the mean of what was divided (of the gene or of the sample),
 * except with NONE.
 *
 *     none           the values as they are
 *     zscore-gene    (x - mean) / sd of every gene over its samples that have a value, biased sd; 0 for a
 * gene without variance zscore-sample  the same of every sample over its genes that have a value; 0 for a
 * sample without variance quantile       quantile normalisation of the samples, below, and then zscore-gene:
 * it makes samples comparable, the z-score genes, and 0 is neutral for a missing value only after that
 *
 * zscore-sample and quantile take a value from all genes of its sample: with other genes in the dataset it is
 * another one.
 *
 * Quantile normalisation. Bolstad, Irizarry, Astrand and Speed, Bioinformatics 19:185 (2003); missing values
 * and ties as normalizeQuantiles(ties = TRUE) of limma (Smyth, 2005): the sorted values of a sample, v of
 * them, stand at 0, 1/(v-1), ..., 1; that curve is read, linearly between its points, at as many points as
 * there are genes; the target is the mean of these curves over the samples. A value whose rank is r (ties
 * have the mean of their ranks) becomes the target at (r-1)/(v-1). Beyond limma, which fails there: a sample
 * without values has no curve and stays missing; a single value is a flat curve and becomes the target at
 * 1/2.
 *
 * Sums in double in the order of the samples or genes. All functions are local.
 */
#ifndef DN_STATS_NORMALISE_H
#define DN_STATS_NORMALISE_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/base/error.h"

typedef enum dn_normalisation {
    DN_ZSCORE_GENE, /* the default */
    DN_NORMALISE_NONE,
    DN_ZSCORE_SAMPLE,
    DN_QUANTILE,
    DN_NORMALISATIONS
} dn_normalisation;

/* By name, "zscore-gene", ... as above; false: there is none of that name. */
bool dn_normalisation_find(const char *name, dn_normalisation *out);

/* Do the values of a gene depend on the other genes? */
bool dn_normalisation_across_genes(dn_normalisation kind);

/* All of it on one rank, in place: the twin of work that is shared. Fails: DN_ENOMEM (x is untouched) */
DN_MUST_CHECK dn_status dn_normalise(dn_normalisation kind, float *x, int64_t genes, int64_t samples,
                                     dn_error *err);

/* ---- its parts, for those who share the work ---- */

/* zscore-gene of some genes [genes, samples]; out_flat: how many of them have values but no variance (sd
 * below 1e-6 of the mean, the rounding of the values themselves). */
void dn_zscore_genes(float *x, int64_t genes, int64_t samples, int64_t *out_flat);

/* How many would that be? x is only read. */
int64_t dn_flat_genes(const float *x, int64_t genes, int64_t samples);

/* zscore-sample of sample s. */
void dn_zscore_sample(float *x, int64_t genes, int64_t samples, int64_t s);

/* 0 for missing, in n values. */
void dn_fill_missing(float *x, int64_t n);

/* A value and the gene it belongs to. */
typedef struct dn_ranked {
    float value;
    int32_t gene;
} dn_ranked;

/* The curve of sample s into out [genes]; scratch [genes]. false: the sample has no value, out is untouched.
 */
bool dn_quantile_curve(const float *x, int64_t genes, int64_t samples, int64_t s, dn_ranked *scratch,
                       double *out);

/* Give sample s the distribution target [genes]; missing values stay NaN; scratch [genes]. */
void dn_quantile_sample(float *x, int64_t genes, int64_t samples, int64_t s, const double *target,
                        dn_ranked *scratch);

/* Quantile normalisation alone, on one rank; missing values stay NaN. Fails: DN_ENOMEM (x is untouched) */
DN_MUST_CHECK dn_status dn_quantile_samples(float *x, int64_t genes, int64_t samples, dn_error *err);

#endif
