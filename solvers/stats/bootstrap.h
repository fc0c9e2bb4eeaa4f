/* bootstrap.h - intervals that resample genes, because pairs share hubs
 *
 * Replicate b draws G times with replacement from the G genes that occur in the evaluated rows, in rising
 * order of their index: draw i picks gene dn_rng_below(stream, i, G) with stream = dn_rng_stream(seed,
 * DN_RNG_BOOTSTRAP, b, 0). A pair weighs the product of the multiplicities of its two genes. The interval is
 * the percentile interval (Efron & Tibshirani, 1993, chapter 13). All functions are local.
 */
#ifndef DN_STATS_BOOTSTRAP_H
#define DN_STATS_BOOTSTRAP_H

#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_resample {
    int64_t n;       /* rows */
    int64_t genes;   /* G, distinct genes in them */
    int64_t *slot_a; /* [n]  0 <= slot < G */
    int64_t *slot_b; /* [n] */
    double *times;   /* [G]  multiplicities of the last replicate drawn */
} dn_resample;

/*   gene_a, gene_b [n]  0 <= gene < all_genes
 * Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_resample_create(const int64_t *gene_a, const int64_t *gene_b, int64_t n,
                                           int64_t all_genes, dn_resample *out, dn_error *err);
void dn_resample_destroy(dn_resample *r);

/* Weights of all rows in replicate b: whole numbers. */
void dn_resample_draw(dn_resample *r, uint64_t seed, uint64_t b, double *out_weight);

typedef struct dn_interval {
    double lo, hi;   /* NaN when no replicate counts */
    int64_t used;    /* replicates that count */
    int64_t skipped; /* replicates left out because their value is NaN: a class had no weight */
} dn_interval;

/* The 2.5 and 97.5 percentiles, linear between order statistics, of value [n] without its NaN. Reorders
 * value. */
dn_interval dn_percentile_interval(double *value, int64_t n);

#endif
