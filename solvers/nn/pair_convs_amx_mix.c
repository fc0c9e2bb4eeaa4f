/* pair_convs_amx_mix.c - the convolutions of GENER on AVX-512, their gradients on tiles; see
 * pair_convs_bf16.h */
#include "solvers/nn/pair_convs_amx.h"

#if defined(__x86_64__) && defined(__linux__)

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

void dn_pair_amx_mix_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *slope_p, const float *slope_q,
                          const float *slope_r, double *t, double *dbias2)
{
    (void)p, (void)c, (void)slope_p, (void)slope_q, (void)slope_r, (void)t, (void)dbias2;
}

#endif
