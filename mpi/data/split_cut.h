/* split_cut.h - the first, second and last part of a ranked list, which need not be made
 *
 * Items are ranked by 64 random bits of the stream (seed, DN_RNG_SPLIT, draw), ties by index. All functions
 * are local; there is no MPI here.
 */
#ifndef DN_DATA_SPLIT_CUT_H
#define DN_DATA_SPLIT_CUT_H

#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_ranked {
    uint64_t key;
    int64_t index;
} dn_ranked;

/* For qsort(). */
int dn_ranked_order(const void *a, const void *b);

/* Ends of train and of validation in a ranked list of n, as split.h has it: fraction [3]. */
void dn_split_cut_points(const double *fraction, int64_t n, int64_t cut[2]);

/* Rank the items i of [0, n) with chosen[i] == wanted, cut the list, and write the dn_part of each to part
 * [n]; the others stay. Makes the keys anew in each of four passes: scratch 512 KB and about n / 4096 bytes.
 * Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_split_cut(const double *fraction, uint64_t seed, uint64_t draw,
                                     const uint8_t *chosen, uint8_t wanted, int64_t n, uint8_t *part,
                                     dn_error *err);

#endif
