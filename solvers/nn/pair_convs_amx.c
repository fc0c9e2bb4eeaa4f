/* pair_convs_amx.c - the convolutions of GENER on the tiles of AMX; see pair_convs_bf16.h
 *
 * kernels_amx.h says what a tile is. What a tile reads is written a step before, so that it need not wait for
 * the stores.
 */
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
    T = DN_PAIR_T,
    T_ROWS = 48,           /* T in whole tiles */
    D_ROW = G * BLOCK + 16 /* floats: rows of d2 do not fall on each other's sets of the cache */
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

/* 32 bits of a row's mask from `bit` on. */
INLINE uint32_t mask_bits(const uint32_t *mask, int64_t bit)
{
    uint64_t word;

    memcpy(&word, (const char *)mask + bit / 8, sizeof word);
    return (uint32_t)(word >> (bit % 8));
}

INLINE uint32_t kept2(const dn_pair_convs *c, int64_t r, int g, int64_t s)
{
    uint32_t all = there(c->length, s);

    return c->mask2 != NULL ? mask_bits(c->mask2 + r * c->words2, g * c->length + s) & all : all;
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

INLINE void fetch_inputs(const dn_pair_convs *c, int64_t row, int64_t r, int64_t s)
{
    FETCH(c->a + r * row + s);
    FETCH(c->a + r * row + s + 16);
    FETCH(c->b + r * row + s);
    FETCH(c->b + r * row + s + 16);
}

INLINE double total(__m512 v)
{
    float x[16];

    _mm512_storeu_ps(x, v);
    for (int half = 8; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            x[k] += x[k + half];
    return (double)x[0];
}

/* ---- the masks of the filters ---- */

/* Where the bits of all filters at one block stand in a row's mask. */
typedef struct filter_bits {
    __m256i byte[2];
    __m512i shift[2];
    __m512i all;
} filter_bits;

INLINE void find_filters(int64_t length, int64_t s, filter_bits *out)
{
    int32_t byte[F];
    int64_t shift[F];

    for (int f = 0; f < F; f++) {
        byte[f] = (int32_t)((f * length + s) / 8);
        shift[f] = (f * length + s) % 8;
    }
    for (int h = 0; h < 2; h++) {
        memcpy(&out->byte[h], byte + 8 * h, sizeof out->byte[h]);
        memcpy(&out->shift[h], shift + 8 * h, sizeof out->shift[h]);
    }
    out->all = _mm512_set1_epi32((int)there(length, s));
}

/* 32 bits of every filter. */
INLINE __m512i filter_masks(const dn_pair_convs *c, const filter_bits *at, int64_t r)
{
    __m256i half[2];

    if (c->mask1 == NULL)
        return at->all;
    for (int h = 0; h < 2; h++) {
        __m512i word = _mm512_i32gather_epi64(at->byte[h], c->mask1 + r * c->words1, 1);
        half[h] = _mm512_cvtepi64_epi32(_mm512_srlv_epi64(word, at->shift[h]));
    }
    return _mm512_and_si512(_mm512_inserti64x4(_mm512_castsi256_si512(half[0]), half[1], 1), at->all);
}

/* ---- mix ---- */

typedef struct sums {
    __m512 one[G], two[G];
} sums;

INLINE void mix_block(const float *a, const float *b, const uint32_t *keep, const float *u, const float *w2t,
                      const float *bias2, uint32_t all, dn_bf16 *out, int64_t stride, sums *to)
{
    __m512 x[4][2], sum[G][2];

#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        x[0][h] = _mm512_loadu_ps(a + 16 * h);
        x[1][h] = _mm512_loadu_ps(a + 16 * h + 1);
        x[2][h] = _mm512_loadu_ps(b + 16 * h);
        x[3][h] = _mm512_loadu_ps(b + 16 * h + 1);
    }
#pragma GCC unroll 8
    for (int g = 0; g < G; g++)
        sum[g][0] = sum[g][1] = _mm512_setzero_ps();
    for (int f = 0; f < F; f++) {
        __m512 z[2];

#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            __mmask16 k = (__mmask16)(keep[f] >> (16 * h));

            z[h] = _mm512_set1_ps(u[f * X + 4]);
            z[h] = _mm512_fmadd_ps(_mm512_set1_ps(u[f * X]), x[0][h], z[h]);
            z[h] = _mm512_fmadd_ps(_mm512_set1_ps(u[f * X + 1]), x[1][h], z[h]);
            z[h] = _mm512_fmadd_ps(_mm512_set1_ps(u[f * X + 2]), x[2][h], z[h]);
            z[h] = _mm512_maskz_fmadd_ps(k, _mm512_set1_ps(u[f * X + 3]), x[3][h], z[h]);
        }
#pragma GCC unroll 8
        for (int g = 0; g < G; g++) {
            __m512 w = _mm512_set1_ps(w2t[f * G + g]);

            sum[g][0] = _mm512_fmadd_ps(w, z[0], sum[g][0]);
            sum[g][1] = _mm512_fmadd_ps(w, z[1], sum[g][1]);
        }
    }
#pragma GCC unroll 8
    for (int g = 0; g < G; g++) {
        __m512 bias = _mm512_set1_ps(bias2[g]);

#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            to->one[g] = _mm512_add_ps(to->one[g], sum[g][h]);
            to->two[g] = _mm512_fmadd_ps(sum[g][h], sum[g][h], to->two[g]);
            sum[g][h] = _mm512_maskz_add_ps((__mmask16)(all >> (16 * h)), sum[g][h], bias);
        }
        _mm512_storeu_si512(out + g * stride, paired(sum[g][0], sum[g][1]));
    }
}

INLINE int64_t rows_of(const dn_pair_convs *c, int64_t group)
{
    int64_t left = c->rows - group * GROUP;

    return left < GROUP ? left : GROUP;
}

TILES void dn_pair_amx_mix(dn_pair_bf16 *p, const dn_pair_convs *c, const float *u, const float *w2t,
                           const float *bias2, double *sum, double *square)
{
    int64_t row = dn_pair_pitch(c->length) + DN_PAIR_ROOM, stride = dn_pair_bf16_at(p, 0, 1, 0);
    uint32_t keep[2][F] __attribute__((aligned(64))); /* of this row and the next one */

    for (int64_t group = 0; group * GROUP < c->rows; group++) {
        int64_t n = rows_of(c, group);
        sums to;

        memset(&to, 0, sizeof to);
        for (int64_t s = 0; s < c->length; s += BLOCK) {
            dn_bf16 *out = p->c2 + dn_pair_bf16_at(p, s / BLOCK, 0, group);
            filter_bits at;

            find_filters(c->length, s, &at);
            _mm512_store_si512(keep[0], filter_masks(c, &at, group * GROUP));
            for (int64_t i = 0; i < n; i++) {
                int64_t r = group * GROUP + i;

                if (i + 1 < n)
                    _mm512_store_si512(keep[(i + 1) % 2], filter_masks(c, &at, r + 1));
                mix_block(c->a + r * row + s, c->b + r * row + s, keep[i % 2], u, w2t, bias2,
                          there(c->length, s), out + i * BLOCK, stride, &to);
            }
        }
        for (int g = 0; g < G; g++) {
            sum[g] += total(to.one[g]);
            square[g] += total(to.two[g]);
        }
    }
}

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

/* z2 of 32 rows of a block, [32 rows][32 positions in order]; rows not in use are 0. */
INLINE void second_inputs(const dn_pair_bf16 *p, const dn_pair_convs *c, int64_t group, int g, int64_t s,
                          dn_bf16 *z)
{
    const dn_bf16 *c2 = p->c2 + dn_pair_bf16_at(p, s / BLOCK, g, group);
    int64_t n = rows_of(c, group), next = dn_pair_bf16_at(p, 0, 1, 0);
    __m512 up = _mm512_set1_ps(p->up[g]), off = _mm512_set1_ps(p->off[g]);

    for (int64_t i = 0; i < n; i++) {
        uint32_t k = kept2(c, group * GROUP + i, g, s);
        __m512i pairs = _mm512_load_si512(c2 + i * BLOCK);
        __m512 z0 = _mm512_maskz_fmadd_ps((__mmask16)k, low_half(pairs), up, off);
        __m512 z1 = _mm512_maskz_fmadd_ps((__mmask16)(k >> 16), high_half(pairs), up, off);

        FETCH(c2 + i * BLOCK + next);
        _mm512_store_si512(z + i * BLOCK, rounded(z0, z1));
    }
    for (int64_t i = n; i < GROUP; i++)
        _mm512_store_si512(z + i * BLOCK, _mm512_setzero_si512());
}

/* Tiles 0 .. 3 += z times the two halves of w */
INLINE void narrow_step(const dn_bf16 *z, const dn_bf16 *w)
{
    LOAD(4, z, 64);
    LOAD(6, w, 64);
    LOAD(7, w + TILE, 64);
    LOAD(5, z + TILE, 64);
    PRODUCT(0, 4, 6);
    PRODUCT(1, 4, 7);
    PRODUCT(2, 5, 6);
    PRODUCT(3, 5, 7);
}

TILES void dn_pair_amx_narrow(dn_pair_bf16 *p, const dn_pair_convs *c, const float *w3, float *y)
{
    dn_bf16 z[2][BOTH] __attribute__((aligned(64)));
    float sum[GROUP * O] __attribute__((aligned(64)));
    int64_t steps = p->blocks * G;

    for (int64_t k = 0; k < steps; k++) {
        int64_t s = k / G * BLOCK, left = c->length - s;

        pack_weights(w3 + (k % G * c->length + s) * O, left < BLOCK ? left : BLOCK, p->w3 + k * BOTH,
                     p->w3t + k * BOTH);
    }
    dn_tiles_begin();
    for (int64_t group = 0; group * GROUP < c->rows; group++) {
        ZERO(0);
        ZERO(1);
        ZERO(2);
        ZERO(3);
        for (int64_t k = 0; k < steps; k++) {
            second_inputs(p, c, group, (int)(k % G), k / G * BLOCK, z[k % 2]);
            if (k > 0)
                narrow_step(z[(k - 1) % 2], p->w3 + (k - 1) * BOTH);
        }
        narrow_step(z[(steps - 1) % 2], p->w3 + (steps - 1) * BOTH);
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

/* d [16 rows][32 positions] = dy times the two halves of wt, before masks and scale; tiles 4 .. 7 */
INLINE void open_gradients(const dn_bf16 *dy, const dn_bf16 *wt, float *d, int64_t stride)
{
    LOAD(6, dy, 64);
    ZERO(4);
    ZERO(5);
    LOAD(7, wt, 64);
    PRODUCT(4, 6, 7);
    LOAD(7, wt + TILE, 64);
    PRODUCT(5, 6, 7);
    STORE(4, d, 4 * stride);
    STORE(5, d + 16, 4 * stride);
}

/* z2 of two rows as a row of the tiles whose k are rows, and the sums of d2. */
INLINE void back_rows(const dn_pair_bf16 *p, const dn_pair_convs *c, int64_t group, int64_t i, int g,
                      int64_t s, float mean, const float *d, dn_bf16 *z, __m512 *one, __m512 *two)
{
    const dn_bf16 *c2 = p->c2 + dn_pair_bf16_at(p, s / BLOCK, g, group);
    __m512 up = _mm512_set1_ps(p->up[g]), off = _mm512_set1_ps(p->off[g]), v[2][2];
    __m512 scale = _mm512_set1_ps(c->scale), middle = _mm512_set1_ps(mean);

#pragma GCC unroll 2
    for (int j = 0; j < 2; j++) {
        uint32_t k = i + j < rows_of(c, group) ? kept2(c, group * GROUP + i + j, g, s) : 0;
        __m512i pairs = _mm512_load_si512(c2 + (i + j) * BLOCK);

#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            __mmask16 m = (__mmask16)(k >> (16 * h));
            __m512 in = h == 0 ? low_half(pairs) : high_half(pairs);
            __m512 out = _mm512_maskz_mul_ps(m, scale, _mm512_load_ps(d + (i + j) * BLOCK + 16 * h));

            v[j][h] = _mm512_maskz_fmadd_ps(m, in, up, off);
            *one = _mm512_add_ps(*one, out);
            *two = _mm512_fmadd_ps(out, _mm512_sub_ps(in, middle), *two);
        }
    }
    _mm512_store_si512(z + i / 2 * 32, paired(v[0][0], v[1][0]));
    _mm512_store_si512(z + TILE + i / 2 * 32, paired(v[0][1], v[1][1]));
}

/* Tiles 0 .. 3, [2 halves of O][2 halves of the block], += dy^T z */
INLINE void outer_step(const dn_bf16 *dyt, const dn_bf16 *z)
{
    LOAD(4, dyt, 64);
    LOAD(6, z, 64);
    LOAD(7, z + TILE, 64);
    LOAD(5, dyt + TILE, 64);
    PRODUCT(0, 4, 6);
    PRODUCT(1, 4, 7);
    PRODUCT(2, 5, 6);
    PRODUCT(3, 5, 7);
}

/* dw [m, O] from sum [O][32 positions] */
INLINE void turn_sums(const float *sum, int64_t m, float *dw)
{
    const __m512i order = _mm512_set_epi32(15 * BLOCK, 14 * BLOCK, 13 * BLOCK, 12 * BLOCK, 11 * BLOCK,
                                           10 * BLOCK, 9 * BLOCK, 8 * BLOCK, 7 * BLOCK, 6 * BLOCK, 5 * BLOCK,
                                           4 * BLOCK, 3 * BLOCK, 2 * BLOCK, BLOCK, 0);

    for (int64_t i = 0; i < m; i++)
        for (int h = 0; h < 2; h++)
            _mm512_storeu_ps(dw + i * O + 16 * h,
                             _mm512_i32gather_ps(order, sum + 16 * h * BLOCK + i, sizeof *sum));
}

TILES void dn_pair_amx_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *mean,
                                   const float *dy, float *dw3, double *sum, double *sum_c)
{
    dn_bf16 z[2][BOTH] __attribute__((aligned(64)));
    float d[2][GROUP * BLOCK] __attribute__((aligned(64))), turned[O * BLOCK] __attribute__((aligned(64)));
    int64_t groups = (c->rows + GROUP - 1) / GROUP;

    pack_gradients(p, c, dy);
    dn_tiles_begin();
    for (int64_t k = 0; k < p->blocks * G; k++) {
        int g = (int)(k % G);
        int64_t s = k / G * BLOCK, left = c->length - s;
        const dn_bf16 *wt = p->w3t + k * BOTH;
        __m512 one = _mm512_setzero_ps(), two = _mm512_setzero_ps();

        ZERO(0);
        ZERO(1);
        ZERO(2);
        ZERO(3);
        for (int64_t q = 0; q <= groups; q++) { /* what is opened here is used in the next turn */
            if (q < groups) {
                open_gradients(p->dy + q * GROUP * O, wt, d[q % 2], BLOCK);
                open_gradients(p->dy + q * GROUP * O + TILE, wt, d[q % 2] + 16 * BLOCK, BLOCK);
            }
            if (q > 0)
                for (int64_t i = 0; i < GROUP; i += 2)
                    back_rows(p, c, q - 1, i, g, s, mean[g], d[(q - 1) % 2], z[(q - 1) % 2], &one, &two);
            if (q > 1)
                outer_step(p->dyt + (q - 2) * GROUP * O, z[q % 2]);
        }
        outer_step(p->dyt + (groups - 1) * GROUP * O, z[(groups - 1) % 2]);
        STORE(0, turned, 4 * BLOCK);
        STORE(1, turned + 16, 4 * BLOCK);
        STORE(2, turned + 16 * BLOCK, 4 * BLOCK);
        STORE(3, turned + 16 * BLOCK + 16, 4 * BLOCK);
        turn_sums(turned, left < BLOCK ? left : BLOCK, dw3 + (g * c->length + s) * O);
        sum[g] += total(one);
        sum_c[g] += total(two);
    }
    dn_tiles_end();
}

/* ---- mix_back ---- */

/* What one row of a block gives to t. */
typedef struct stretch {
    dn_bf16 product[T_ROWS * BLOCK]; /* dc2[g] x_j, [T][32 positions in order] */
    dn_bf16 kept[TILE];              /* [16 pairs of positions][F][2]: 1 or 0 */
} __attribute__((aligned(64))) stretch;

typedef struct slopes {
    const float *p, *q, *r;
} slopes;

/* The even bits of every word of 32, then the odd ones. */
INLINE __m512i unshuffled(__m512i x)
{
    const struct {
        unsigned by;
        uint32_t bits;
    } step[4] = {{1, 0x22222222u}, {2, 0x0c0c0c0cu}, {4, 0x00f000f0u}, {8, 0x0000ff00u}};

#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        __m512i t = _mm512_and_si512(_mm512_xor_si512(x, _mm512_srli_epi32(x, step[i].by)),
                                     _mm512_set1_epi32((int)step[i].bits));
        x = _mm512_xor_si512(x, _mm512_xor_si512(t, _mm512_slli_epi32(t, step[i].by)));
    }
    return x;
}

INLINE void fill_masks(__m512i masks, dn_bf16 *to)
{
    __m512i x = unshuffled(masks), one = _mm512_set1_epi16(0x3f80);

#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        __mmask32 m = _mm512_test_epi16_mask(x, _mm512_set1_epi16((short)(1u << i)));
        _mm512_store_si512(to + i * 32, _mm512_maskz_mov_epi16(m, one));
    }
}

/* c2, d: of channel 0; bias: sums of dc2 */
INLINE void fill_products(const dn_pair_bf16 *p, const dn_pair_convs *c, int64_t r, int64_t s, const float *d,
                          const slopes *n2, dn_bf16 *to, __m512 *bias)
{
    int64_t row = dn_pair_pitch(c->length) + DN_PAIR_ROOM, stride = dn_pair_bf16_at(p, 0, 1, 0);
    const dn_bf16 *c2 = p->c2 + dn_pair_bf16_at(p, s / BLOCK, 0, r / GROUP) + r % GROUP * BLOCK;
    uint32_t all = there(c->length, s);
    __m512 x[X - 1][2];

#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        x[0][h] = _mm512_loadu_ps(c->a + r * row + s + 16 * h);
        x[1][h] = _mm512_loadu_ps(c->a + r * row + s + 16 * h + 1);
        x[2][h] = _mm512_loadu_ps(c->b + r * row + s + 16 * h);
        x[3][h] = _mm512_loadu_ps(c->b + r * row + s + 16 * h + 1);
    }
    fetch_inputs(c, row, r, s + BLOCK);
    for (int g = 0; g < G; g++, to += X * BLOCK, d += BLOCK) {
        uint32_t k = kept2(c, r, g, s);
        __m512i pairs = _mm512_load_si512(c2 + g * stride);

        FETCH(c2 + (g + G) * stride);
        __m512 by = _mm512_set1_ps(n2->p[g] * c->scale), q = _mm512_set1_ps(n2->q[g]),
               add = _mm512_set1_ps(n2->r[g]), v[2];

#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            __m512 in = h == 0 ? low_half(pairs) : high_half(pairs);
            __m512 out = _mm512_maskz_mov_ps((__mmask16)(k >> (16 * h)), _mm512_load_ps(d + 16 * h));

            v[h] = _mm512_maskz_fmadd_ps((__mmask16)(all >> (16 * h)), by, out, _mm512_fmadd_ps(q, in, add));
            bias[g] = _mm512_add_ps(bias[g], v[h]);
        }
#pragma GCC unroll 4
        for (int j = 0; j < X - 1; j++)
            _mm512_store_si512(to + j * BLOCK,
                               rounded(_mm512_mul_ps(v[0], x[j][0]), _mm512_mul_ps(v[1], x[j][1])));
        _mm512_store_si512(to + (X - 1) * BLOCK, rounded(v[0], v[1]));
    }
}

/* Tiles 0 .. 2, [T][F], += the products times the masks */
INLINE void mix_step(const stretch *t)
{
    LOAD(7, t->kept, 64);
    LOAD(4, t->product, 64);
    PRODUCT(0, 4, 7);
    LOAD(5, t->product + TILE, 64);
    PRODUCT(1, 5, 7);
    LOAD(6, t->product + 2 * TILE, 64);
    PRODUCT(2, 6, 7);
}

TILES void dn_pair_amx_mix_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *slope_p,
                                const float *slope_q, const float *slope_r, double *t, double *dbias2)
{
    float d[2][16 * D_ROW] __attribute__((aligned(64))), sum[T_ROWS * F] __attribute__((aligned(64)));
    slopes n2 = {slope_p, slope_q, slope_r};
    stretch part[2];

    memset(part, 0, sizeof part);
    dn_tiles_begin();
    for (int64_t first = 0; first < c->rows; first += 16) {
        int64_t n = c->rows - first < 16 ? c->rows - first : 16;
        __m512 bias[G];

        memset(bias, 0, sizeof bias);
        ZERO(0);
        ZERO(1);
        ZERO(2);
        for (int g = 0; g < G; g++)
            open_gradients(p->dy + first * O, p->w3t + g * BOTH, d[0] + g * BLOCK, D_ROW);
        for (int64_t s = 0; s < c->length; s += BLOCK) {
            filter_bits at;
            __m512i masks;

            find_filters(c->length, s, &at);
            masks = filter_masks(c, &at, first);
            for (int64_t i = 0; i < 16; i++) {
                if (i < n) {
                    fill_masks(masks, part[i % 2].kept);
                    if (i > 0)
                        mix_step(&part[(i - 1) % 2]);
                    if (i + 1 < n)
                        masks = filter_masks(c, &at, first + i + 1);
                    fill_products(p, c, first + i, s, d[s / BLOCK % 2] + i * D_ROW, &n2, part[i % 2].product,
                                  bias);
                }
                if (i % 2 == 0 && s + BLOCK < c->length) /* the gradients of the next block */
                    open_gradients(p->dy + first * O, p->w3t + ((s / BLOCK + 1) * G + i / 2) * BOTH,
                                   d[(s / BLOCK + 1) % 2] + i / 2 * BLOCK, D_ROW);
            }
            mix_step(&part[(n - 1) % 2]);
        }
        STORE(0, sum, 4 * F);
        STORE(1, sum + 16 * F, 4 * F);
        STORE(2, sum + 32 * F, 4 * F);
        for (int f = 0; f < F; f++)
            for (int k = 0; k < T; k++)
                t[f * T + k] += (double)sum[k * F + f];
        for (int g = 0; g < G; g++)
            dbias2[g] += total(bias[g]);
    }
    dn_tiles_end();
}

#else

void dn_pair_amx_mix(dn_pair_bf16 *p, const dn_pair_convs *c, const float *u, const float *w2t,
                     const float *bias2, double *sum, double *square)
{
    (void)p, (void)c, (void)u, (void)w2t, (void)bias2, (void)sum, (void)square;
}

void dn_pair_amx_narrow(dn_pair_bf16 *p, const dn_pair_convs *c, const float *w3, float *y)
{
    (void)p, (void)c, (void)w3, (void)y;
}

void dn_pair_amx_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *mean, const float *dy,
                             float *dw3, double *sum, double *sum_c)
{
    (void)p, (void)c, (void)mean, (void)dy, (void)dw3, (void)sum, (void)sum_c;
}

void dn_pair_amx_mix_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *slope_p, const float *slope_q,
                          const float *slope_r, double *t, double *dbias2)
{
    (void)p, (void)c, (void)slope_p, (void)slope_q, (void)slope_r, (void)t, (void)dbias2;
}

#endif
