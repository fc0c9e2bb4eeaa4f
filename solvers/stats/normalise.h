/* normalise.h - expression made comparable between genes */
#ifndef DN_STATS_NORMALISE_H
#define DN_STATS_NORMALISE_H

#include <stdint.h>

/* z-score of every gene over its samples that have a value: (x - mean) / sd with the biased sd; missing
 * values (NaN) become 0, and so does every value of a gene without variance. In place.
 *
 *   x         [genes, samples]  NaN where missing, otherwise finite
 *   out_flat  how many genes have values but no variance
 *
 * Local. Sums in double in the order of the samples. */
void dn_zscore_genes(float *x, int64_t genes, int64_t samples, int64_t *out_flat);

#endif
