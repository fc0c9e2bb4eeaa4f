/* rng_lanes.h - the blocks of rng.h, many at once, for one instruction set each
 *
 * All give the same bits. rng.c takes the fastest that the CPU can run. All functions are local.
 */
#ifndef DN_BASE_RNG_LANES_H
#define DN_BASE_RNG_LANES_H

#include <stdint.h>

typedef struct dn_rng_lanes {
    const char *isa; /* "AVX-512", "AVX2", "any" */
    /* Blocks first .. first + n - 1 (n >= 1) of `item`, those of item + 1, and so on, `total` in all;
     * out [total, 4] */
    void (*run)(const uint32_t key[2], uint64_t item, uint32_t first, int64_t n, int64_t total,
                uint32_t *out);
} dn_rng_lanes;

const dn_rng_lanes *dn_rng_lanes_any(void);

/* NULL where this build or this CPU cannot. */
const dn_rng_lanes *dn_rng_lanes_avx2(void);
const dn_rng_lanes *dn_rng_lanes_avx512(void);

#endif
