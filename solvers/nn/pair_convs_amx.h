/* pair_convs_amx.h - what pair_convs_amx_narrow.c and pair_convs_amx_mix.c share: vectors
 *
 * For CPUs with AMX. kernels_amx.h says what a tile is. What a tile reads is written a step before, so that
 * it need not wait for the stores.
 */
#ifndef DN_NN_PAIR_CONVS_AMX_H
#define DN_NN_PAIR_CONVS_AMX_H

#include "solvers/nn/kernels_amx.h"
#include "solvers/nn/pair_convs_bf16_private.h"

#if defined(__x86_64__) && defined(__linux__)

enum {
    X = DN_PAIR_X,
    F = DN_PAIR_F,
    G = DN_PAIR_G,
    O = DN_PAIR_O,
    BLOCK = DN_PAIR_BLOCK,
    GROUP = DN_PAIR_GROUP,
    TILE = DN_PAIR_TILE,
    BOTH = DN_PAIR_BOTH,
    T = DN_PAIR_T
};

#define TILES DN_TILES
#define INLINE DN_TILES_INLINE
#define LOAD DN_TILE_LOAD
#define STORE DN_TILE_STORE
#define ZERO DN_TILE_ZERO
#define PRODUCT DN_TILE_PRODUCT

/* ---- vectors ---- */

/* Positions of the block at s. */
INLINE uint32_t there(int64_t length, int64_t s)
{
    return length - s >= BLOCK ? 0xffffffffu : (1u << (length - s)) - 1;
}

INLINE __m512 low_half(__m512i pairs)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
}

INLINE __m512 high_half(__m512i pairs)
{
    return _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32((int)0xffff0000u)));
}

/* Positions in order: those of v0, then those of v1. */
INLINE __m512i rounded(__m512 v0, __m512 v1)
{
    __m512i out;

    __asm__("vcvtne2ps2bf16 %2, %1, %0" : "=v"(out) : "v"(v1), "v"(v0));
    return out;
}

/* Word 2 i from v0, word 2 i + 1 from v1. */
INLINE __m512i paired(__m512 v0, __m512 v1)
{
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23,
                                           7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);

    return _mm512_permutexvar_epi16(order, rounded(v0, v1));
}

/* Into the cache: what the next block will read. It may lie behind the last one. */
#define FETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)

INLINE double total(__m512 v)
{
    float x[16];

    _mm512_storeu_ps(x, v);
    for (int half = 8; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            x[k] += x[k + half];
    return (double)x[0];
}

INLINE int64_t rows_of(const dn_pair_convs *c, int64_t group)
{
    int64_t left = c->rows - group * GROUP;

    return left < GROUP ? left : GROUP;
}

#endif
#endif
