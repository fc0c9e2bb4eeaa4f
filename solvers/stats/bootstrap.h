/* bootstrap.h - intervals that resample entities (genes; drugs and targets), because pairs share hubs
 *
 * Replicate b draws G times with replacement from the G genes that occur in the evaluated rows, in rising
 * order of their index: draw i picks gene dn_rng_below(stream, i, G) with stream = dn_rng_stream(seed,
 * DN_RNG_BOOTSTRAP, b, 0). Where the two ends of a pair are of two sorts, the second ends are drawn in the
 * same way from those that occur, from the stream (seed, DN_RNG_BOOTSTRAP, b, 1). A pair weighs the product
 * of the multiplicities of its two ends. The interval is the percentile interval (Efron & Tibshirani, 1993,
 * chapter 13). All functions are local.
 */
#ifndef DN_STATS_BOOTSTRAP_H
#define DN_STATS_BOOTSTRAP_H

#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_resample {
    int64_t n;        /* rows */
    int sides;        /* 1: both ends are drawn from one pool, 2: from one each */
    int64_t drawn[2]; /* G, distinct entities in each pool; [1] is 0 with one side */
    int64_t *slot_a;  /* [n]  place in times */
    int64_t *slot_b;  /* [n] */
    double *times;    /* [drawn[0] + drawn[1]]  multiplicities of the last replicate drawn */
} dn_resample;

/*   a, b [n]  0 <= a, b < all
 * Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_resample_create(const int64_t *a, const int64_t *b, int64_t n, int64_t all,
                                           dn_resample *out, dn_error *err);

/* Two sorts:
 *   a, b [n]  0 <= a < all_a, 0 <= b < all_b
 * Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_resample_create_sides(const int64_t *a, const int64_t *b, int64_t n, int64_t all_a,
                                                 int64_t all_b, dn_resample *out, dn_error *err);
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
