/* pair_convs_amx_narrow.c - dense 32 of GENER on tiles, forward and back; see pair_convs_bf16.h */
#include "solvers/nn/pair_convs_amx.h"

#if defined(__x86_64__) && defined(__linux__)

/* ---- narrow ---- */

/* Both forms of the weights of one block of one channel: w3 [m, O], m <= 32. */
INLINE void pack_weights(const float *w3, int64_t m, dn_bf16 *w, dn_bf16 *wt)
{
    dn_bf16 plain[BLOCK * O] __attribute__((aligned(64))); /* [32 positions][O] */
    const __m512i order = _mm512_set_epi32(15 * 16, 14 * 16, 13 * 16, 12 * 16, 11 * 16, 10 * 16, 9 * 16,
                                           8 * 16, 7 * 16, 6 * 16, 5 * 16, 4 * 16, 3 * 16, 2 * 16, 16, 0);

    for (int64_t i = 0; i < BLOCK; i++)
        if (i < m)
            _mm512_store_si512(plain + i * O,
                               rounded(_mm512_loadu_ps(w3 + i * O), _mm512_loadu_ps(w3 + i * O + 16)));
        else
            _mm512_store_si512(plain + i * O, _mm512_setzero_si512());
    for (int64_t i = 0; i < 16; i++)
        for (int h = 0; h < 2; h++) {
            const dn_bf16 *from = plain + 2 * i * O + 16 * h;
            __m512i even = _mm512_cvtepu16_epi32(_mm256_load_si256((const __m256i *)(const void *)from));
            __m512i odd = _mm512_cvtepu16_epi32(_mm256_load_si256((const __m256i *)(const void *)(from + O)));

            _mm512_store_si512(w + h * TILE + i * 32, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
            _mm512_store_si512(wt + h * TILE + i * 32,
                               _mm512_i32gather_epi32(order, plain + 16 * h * O + 2 * i, 4));
        }
}

/* Where the bits of a channel's block stand in a row's mask, and which positions there are. */
typedef struct place {
    const char *mask; /* of row 0 of the group; NULL: all are kept */
    int64_t apart;    /* bytes from a row to the next */
    int shift;
    uint32_t there;
} place;

INLINE place place_of(const dn_pair_convs *c, int64_t group, int g, int64_t s)
{
    const int64_t bit = g * c->length + s;
    const char *row = (const char *)(c->mask2 + group * GROUP * c->words2);

    return (place){.mask = c->mask2 != NULL ? row + bit / 8 : NULL,
                   .apart = c->words2 * (int64_t)sizeof *c->mask2,
                   .shift = (int)(bit % 8),
                   .there = there(c->length, s)};
}

/* Of row i of the group; dropped: is there a mask? */
INLINE uint32_t bits_of(const place *at, int64_t i, const bool dropped)
{
    uint64_t word;

    if (!dropped)
        return at->there;
    memcpy(&word, at->mask + i * at->apart, sizeof word);
    return (uint32_t)(word >> at->shift) & at->there;
}

/* A quarter of: tiles 0 .. 3 += z times the two halves of w. The vectors of other work go between the
 * quarters: tiles multiplied one behind another would fill what the processor looks ahead. */
INLINE void narrow_step(const dn_bf16 *z, const dn_bf16 *w, const int quarter)
{
    if (quarter == 0) {
        LOAD(4, z, 64);
        LOAD(6, w, 64);
        PRODUCT(0, 4, 6);
    } else if (quarter == 1) {
        LOAD(7, w + TILE, 64);
        PRODUCT(1, 4, 7);
    } else if (quarter == 2) {
        LOAD(5, z + TILE, 64);
        PRODUCT(2, 5, 6);
    } else {
        PRODUCT(3, 5, 7);
    }
}

/* z2 of 32 rows of a block, [32 rows][32 positions in order]; rows not in use are 0. Between them the step of
 * last_z [32 rows] and last_w, or NULL. */
INLINE void narrow_inputs(const dn_pair_bf16 *p, const dn_pair_convs *c, int64_t group, int g, int64_t s,
                          const bool dropped, dn_bf16 *z, const dn_bf16 *last_z, const dn_bf16 *last_w)
{
    const dn_bf16 *c2 = p->c2 + dn_pair_bf16_at(p, s / BLOCK, g, group);
    const int64_t n = rows_of(c, group), next = dn_pair_bf16_at(p, 0, 1, 0);
    const place at = place_of(c, group, g, s);
    uint32_t *kept = dn_pair_bf16_kept2(p, s / BLOCK, g, group);
    const __m512 up = _mm512_set1_ps(p->up[g]), off = _mm512_set1_ps(p->off[g]);

#pragma GCC unroll 4
    for (int quarter = 0; quarter < 4; quarter++) {
        const int64_t first = quarter * GROUP / 4, end = first + GROUP / 4 < n ? first + GROUP / 4 : n;

        if (last_z != NULL)
            narrow_step(last_z, last_w, quarter);
        for (int64_t i = first; i < end; i++) {
            uint32_t k = bits_of(&at, i, dropped);
            __m512i pairs = _mm512_load_si512(c2 + i * BLOCK);
            __m512 z0 = _mm512_maskz_fmadd_ps((__mmask16)k, low_half(pairs), up, off);
            __m512 z1 = _mm512_maskz_fmadd_ps((__mmask16)(k >> 16), high_half(pairs), up, off);

            kept[i] = k;
            FETCH(c2 + i * BLOCK + next);
            _mm512_store_si512(z + i * BLOCK, rounded(z0, z1));
        }
        for (int64_t i = first > n ? first : n; i < first + GROUP / 4; i++) {
            kept[i] = 0;
            _mm512_store_si512(z + i * BLOCK, _mm512_setzero_si512());
        }
    }
}

TILES void dn_pair_amx_weights(dn_pair_bf16 *p, const float *w3)
{
    for (int64_t k = 0; k < p->blocks * G; k++) {
        int64_t s = k / G * BLOCK, left = p->length - s;

        pack_weights(w3 + (k % G * p->length + s) * O, left < BLOCK ? left : BLOCK, p->w3 + k * BOTH,
                     p->w3t + k * BOTH);
    }
}

TILES void dn_pair_amx_narrow(dn_pair_bf16 *p, const dn_pair_convs *c, float *y)
{
    dn_bf16 z[2][BOTH] __attribute__((aligned(64)));
    float sum[GROUP * O] __attribute__((aligned(64)));
    int64_t steps = p->blocks * G;

    dn_tiles_begin();
    for (int64_t group = 0; group * GROUP < c->rows; group++) {
        ZERO(0);
        ZERO(1);
        ZERO(2);
        ZERO(3);
        narrow_inputs(p, c, group, 0, 0, c->mask2 != NULL, z[0], NULL, NULL);
        for (int64_t k = 1; k < steps; k++)
            if (c->mask2 != NULL)
                narrow_inputs(p, c, group, (int)(k % G), k / G * BLOCK, true, z[k % 2], z[(k - 1) % 2],
                              p->w3 + (k - 1) * BOTH);
            else
                narrow_inputs(p, c, group, (int)(k % G), k / G * BLOCK, false, z[k % 2], z[(k - 1) % 2],
                              p->w3 + (k - 1) * BOTH);
        for (int quarter = 0; quarter < 4; quarter++)
            narrow_step(z[(steps - 1) % 2], p->w3 + (steps - 1) * BOTH, quarter);
        STORE(0, sum, 4 * O);
        STORE(1, sum + 16, 4 * O);
        STORE(2, sum + 16 * O, 4 * O);
        STORE(3, sum + 16 * O + 16, 4 * O);
        memcpy(y + group * GROUP * O, sum, (size_t)(rows_of(c, group) * O) * sizeof *y);
    }
    dn_tiles_end();
}

/* ---- narrow_back ---- */

/* dy as the products take it; rows not in use are 0. */
INLINE void pack_gradients(dn_pair_bf16 *p, const dn_pair_convs *c, const float *dy)
{
    for (int64_t group = 0; group * GROUP < c->rows; group++) {
        dn_bf16 *to = p->dy + group * GROUP * O, *turned = p->dyt + group * GROUP * O;

        for (int64_t i = 0; i < GROUP; i++) {
            const float *from = dy + (group * GROUP + i) * O;

            if (i < rows_of(c, group))
                _mm512_store_si512(to + i * O, rounded(_mm512_loadu_ps(from), _mm512_loadu_ps(from + 16)));
            else
                _mm512_store_si512(to + i * O, _mm512_setzero_si512());
            for (int o = 0; o < O; o++)
                turned[o * GROUP + i] = to[i * O + o];
        }
    }
}

/* c2' of two rows at 16 of the positions, as a row of a tile whose k are rows, 0 where it is not kept; and 1
 * where it is. second: of positions 16 .. 31 */
INLINE void two_rows(const dn_bf16 *c2, __mmask16 kept, __mmask16 kept_next, const bool second, dn_bf16 *z,
                     dn_bf16 *ones)
{
    const __m512i low = _mm512_set1_epi32(0xffff), high = _mm512_set1_epi32((int)0xffff0000u);
    const __m512i one = _mm512_set1_epi32(0x3f80), one_above = _mm512_set1_epi32(0x3f800000);
    __m512i row = _mm512_load_si512(c2), next = _mm512_load_si512(c2 + BLOCK), both;
    enum { A_OR_B_AND_C = 0xf8 };

    if (second) {
        both = _mm512_maskz_srli_epi32(kept, row, 16);
        both = _mm512_mask_ternarylogic_epi32(both, kept_next, next, high, A_OR_B_AND_C);
    } else {
        both = _mm512_maskz_slli_epi32(kept_next, next, 16);
        both = _mm512_mask_ternarylogic_epi32(both, kept, row, low, A_OR_B_AND_C);
    }
    _mm512_store_si512(z, both);
    both = _mm512_maskz_mov_epi32(kept, one);
    _mm512_store_si512(ones, _mm512_mask_or_epi32(both, kept_next, both, one_above));
}

/* A quarter of: tiles 0 and 1, [2 halves of O], += dy^T c2'; tiles 2 and 3 += dy^T ones */
INLINE void outer_step(const dn_bf16 *dyt, const dn_bf16 *z, const int quarter)
{
    if (quarter == 0) {
        LOAD(4, dyt, 64);
        LOAD(6, z, 64);
        PRODUCT(0, 4, 6);
    } else if (quarter == 1) {
        LOAD(5, dyt + TILE, 64);
        PRODUCT(1, 5, 6);
    } else if (quarter == 2) {
        LOAD(7, z + TILE, 64);
        PRODUCT(2, 4, 7);
    } else {
        PRODUCT(3, 5, 7);
    }
}

/* Two tiles of a group of 32 rows at half a block: c2' and ones. Between them the step of last_dyt and
 * last_z, or NULL. */
INLINE void group_rows(const dn_pair_bf16 *p, int64_t group, int g, int64_t block, const bool second,
                       dn_bf16 *z, const dn_bf16 *last_dyt, const dn_bf16 *last_z)
{
    const dn_bf16 *c2 = p->c2 + dn_pair_bf16_at(p, block, g, group);
    const uint32_t *kept = dn_pair_bf16_kept2(p, block, g, group);
    const int shift = second ? 16 : 0;

#pragma GCC unroll 4
    for (int quarter = 0; quarter < 4; quarter++) {
        if (last_z != NULL)
            outer_step(last_dyt, last_z, quarter);
        for (int64_t i = quarter * GROUP / 4; i < (quarter + 1) * GROUP / 4; i += 2)
            two_rows(c2 + i * BLOCK, (__mmask16)(kept[i] >> shift), (__mmask16)(kept[i + 1] >> shift), second,
                     z + i / 2 * 32, z + TILE + i / 2 * 32);
    }
}

/* Of one channel at 16 positions: what its weights' gradient and the sums of d2 are made of. */
typedef struct outer {
    float with_c2[O * 16], with_ones[O * 16]; /* [O][16 positions] */
} __attribute__((aligned(64))) outer;

INLINE void outer_products(const dn_pair_bf16 *p, int64_t groups, int g, int64_t block, const bool second,
                           outer *out)
{
    dn_bf16 z[2][BOTH] __attribute__((aligned(64)));

    ZERO(0);
    ZERO(1);
    ZERO(2);
    ZERO(3);
    group_rows(p, 0, g, block, second, z[0], NULL, NULL);
    for (int64_t q = 1; q < groups; q++)
        group_rows(p, q, g, block, second, z[q % 2], p->dyt + (q - 1) * GROUP * O, z[(q - 1) % 2]);
    for (int quarter = 0; quarter < 4; quarter++)
        outer_step(p->dyt + (groups - 1) * GROUP * O, z[(groups - 1) % 2], quarter);
    STORE(0, out->with_c2, 64);
    STORE(1, out->with_c2 + 16 * 16, 64);
    STORE(2, out->with_ones, 64);
    STORE(3, out->with_ones + 16 * 16, 64);
}

/* one, two: sums over units of the products times the weights wt, of each position. */
INLINE void weigh(const outer *t, const dn_bf16 *wt, __m512 *one, __m512 *two)
{
#pragma GCC unroll 4
    for (int i = 0; i < O / 2; i++) {
        __m512i pair = _mm512_load_si512(wt + i * 32);
        __m512 even = low_half(pair), odd = high_half(pair);

        *one = _mm512_fmadd_ps(even, _mm512_load_ps(t->with_ones + 2 * i * 16), *one);
        *two = _mm512_fmadd_ps(even, _mm512_load_ps(t->with_c2 + 2 * i * 16), *two);
        *one = _mm512_fmadd_ps(odd, _mm512_load_ps(t->with_ones + (2 * i + 1) * 16), *one);
        *two = _mm512_fmadd_ps(odd, _mm512_load_ps(t->with_c2 + (2 * i + 1) * 16), *two);
    }
}

/* dw [m, O] of up to 16 positions: up times the products with c2' and off times those with ones, turned. */
INLINE void write_weights(const outer *t, float up, float off, int64_t m, float *dw)
{
    for (int h = 0; h < 2; h++) {
        __m512i v[16];

#pragma GCC unroll 16
        for (int o = 0; o < 16; o++) {
            int64_t at = (16 * h + o) * 16;
            __m512 sum = _mm512_mul_ps(_mm512_set1_ps(off), _mm512_load_ps(t->with_ones + at));

            v[o] = _mm512_castps_si512(
                _mm512_fmadd_ps(_mm512_set1_ps(up), _mm512_load_ps(t->with_c2 + at), sum));
        }
        dn_tiles_turn(v);
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++)
            if (i < m)
                _mm512_storeu_si512(dw + i * O + 16 * h, v[i]);
    }
}

TILES void dn_pair_amx_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *mean,
                                   const float *dy, float *dw3, double *sum, double *sum_c)
{
    const int64_t groups = (c->rows + GROUP - 1) / GROUP;
    outer t;

    pack_gradients(p, c, dy);
    dn_tiles_begin();
    for (int64_t k = 0; k < p->blocks * G; k++) {
        const int g = (int)(k % G);
        const int64_t s = k / G * BLOCK;
        __m512 one = _mm512_setzero_ps(), two = _mm512_setzero_ps();
        double d, dc;

        for (int64_t half = 0; half < BLOCK && s + half < c->length; half += 16) {
            const int64_t left = c->length - s - half;

            if (half == 0)
                outer_products(p, groups, g, s / BLOCK, false, &t);
            else
                outer_products(p, groups, g, s / BLOCK, true, &t);
            weigh(&t, p->w3t + k * BOTH + half / 16 * TILE, &one, &two);
            write_weights(&t, p->up[g], p->off[g], left < 16 ? left : 16,
                          dw3 + (g * c->length + s + half) * O);
        }
        d = (double)c->scale * total(one);
        dc = (double)c->scale * total(two);
        sum[g] += d;
        sum_c[g] += dc - (double)mean[g] * d;
    }
    dn_tiles_end();
}

#else

void dn_pair_amx_weights(dn_pair_bf16 *p, const float *w3)
{
    (void)p, (void)w3;
}

void dn_pair_amx_narrow(dn_pair_bf16 *p, const dn_pair_convs *c, float *y)
{
    (void)p, (void)c, (void)y;
}

void dn_pair_amx_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *mean, const float *dy,
                             float *dw3, double *sum, double *sum_c)
{
    (void)p, (void)c, (void)mean, (void)dy, (void)dw3, (void)sum, (void)sum_c;
}

#endif
