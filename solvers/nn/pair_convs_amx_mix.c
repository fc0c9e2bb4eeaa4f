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

    for (int64_t group = 0; group * GROUP < c->rows; group++) {
        int64_t n = rows_of(c, group);
        sums to;

        memset(&to, 0, sizeof to);
        for (int64_t s = 0; s < c->length; s += BLOCK) {
            dn_bf16 *out = p->c2 + dn_pair_bf16_at(p, s / BLOCK, 0, group);
            uint32_t *keep = dn_pair_bf16_kept1(p, s / BLOCK, group);
            filter_bits at;

            find_filters(c->length, s, &at);
            _mm512_store_si512(keep, filter_masks(c, &at, group * GROUP));
            for (int64_t i = 0; i < n; i++, keep += F) {
                int64_t r = group * GROUP + i;

                if (i + 1 < n)
                    _mm512_store_si512(keep + F, filter_masks(c, &at, r + 1));
                mix_block(c->a + r * row + s, c->b + r * row + s, keep, u, w2t, bias2, there(c->length, s),
                          out + i * BLOCK, stride, &to);
            }
        }
        for (int g = 0; g < G; g++) {
            sum[g] += total(to.one[g]);
            square[g] += total(to.two[g]);
        }
    }
}

/* ---- mix_back ---- */

/* The windows of one row of a block, 0 where a filter does not see them: [X][16 pairs of positions][F][2] */
typedef struct windows {
    dn_bf16 x[X][TILE];
} __attribute__((aligned(64))) windows;

typedef struct slopes {
    const float *p, *q, *r;
} slopes;

/* One block of PATCH rows, of a group from row `from` on: what is made of them stays in the first cache. */
enum { PATCH = 16 };

typedef struct patch {
    const dn_pair_bf16 *p;
    const dn_pair_convs *c;
    int64_t group, from, rows, s;
    const slopes *n2;
    dn_bf16 *dc2; /* [PATCH][G][32 positions in pairs] */
} patch;

/* Eight rows of d2 at a block of a channel, before masks and scale, from tile 5 = dy: tiles 0 and 1, or
 * 2 and 3 */
INLINE void open_gradients(const dn_bf16 *wt, const bool odd)
{
    LOAD(6, wt, 64);
    LOAD(7, wt + TILE, 64);
    if (odd) {
        ZERO(2);
        PRODUCT(2, 5, 6);
        ZERO(3);
        PRODUCT(3, 5, 7);
    } else {
        ZERO(0);
        PRODUCT(0, 5, 6);
        ZERO(1);
        PRODUCT(1, 5, 7);
    }
}

/* d [8 rows][32 positions] from them */
INLINE void close_gradients(float *d, const bool odd)
{
    if (odd) {
        STORE(2, d, 4 * BLOCK);
        STORE(3, d + 16, 4 * BLOCK);
    } else {
        STORE(0, d, 4 * BLOCK);
        STORE(1, d + 16, 4 * BLOCK);
    }
}

/* dc2 of rows first .. end - 1 of the patch, from d [8 rows][32 positions]; bias: their sums */
INLINE void fill_gradients(const patch *t, int g, int64_t first, int64_t end, const float *d, __m512 *bias)
{
    const dn_bf16 *c2 = t->p->c2 + dn_pair_bf16_at(t->p, t->s / BLOCK, g, t->group) + t->from * BLOCK;
    const uint32_t *kept = dn_pair_bf16_kept2(t->p, t->s / BLOCK, g, t->group) + t->from;
    const uint32_t all = there(t->c->length, t->s);
    const __m512 by = _mm512_set1_ps(t->n2->p[g] * t->c->scale), q = _mm512_set1_ps(t->n2->q[g]);
    const __m512 add = _mm512_set1_ps(t->n2->r[g]);
    __m512 sum0 = bias[g], sum1 = _mm512_setzero_ps();

    for (int64_t i = first; i < end; i++, d += BLOCK) {
        __m512i pairs = _mm512_load_si512(c2 + i * BLOCK);
        __m512 v0 = _mm512_maskz_fmadd_ps((__mmask16)all, q, low_half(pairs), add);
        __m512 v1 = _mm512_maskz_fmadd_ps((__mmask16)(all >> 16), q, high_half(pairs), add);

        FETCH(c2 + (i + PATCH) * BLOCK);
        v0 = _mm512_mask3_fmadd_ps(by, _mm512_load_ps(d), v0, (__mmask16)kept[i]);
        v1 = _mm512_mask3_fmadd_ps(by, _mm512_load_ps(d + 16), v1, (__mmask16)(kept[i] >> 16));
        sum0 = _mm512_add_ps(sum0, v0);
        sum1 = _mm512_add_ps(sum1, v1);
        _mm512_store_si512(t->dc2 + (i * G + g) * BLOCK, paired(v0, v1));
    }
    bias[g] = _mm512_add_ps(sum0, sum1);
}

/* Step k of a patch: eight rows of a channel. What tiles give is opened two steps before it is read, and
 * stored one step before. */
INLINE void gradients_step(const patch *t, int k, int steps, const bool odd, float d[2][8 * BLOCK],
                           __m512 *bias)
{
    const int64_t n = t->rows, first = k / G * 8, end = first + 8 < n ? first + 8 : n;

    if (k + 1 < steps)
        close_gradients(d[!odd], !odd);
    if (k + 2 < steps) {
        if ((k + 2) % G == 0)
            LOAD(5, t->p->dy + (t->group * GROUP + t->from + (k + 2) / G * 8) * O, 64);
        open_gradients(t->p->w3t + (t->s / BLOCK * G + (k + 2) % G) * BOTH, odd);
    }
    fill_gradients(t, k % G, first, end, d[odd], bias);
}

/* dc2 of a patch. */
INLINE void patch_gradients(const patch *t, __m512 *bias)
{
    float d[2][8 * BLOCK] __attribute__((aligned(64)));
    const dn_bf16 *wt = t->p->w3t + t->s / BLOCK * G * BOTH;
    const int steps = (int)((t->rows + 7) / 8) * G;

    LOAD(5, t->p->dy + (t->group * GROUP + t->from) * O, 64);
    open_gradients(wt, false);
    close_gradients(d[0], false);
    open_gradients(wt + BOTH, true);
    for (int k = 0; k < steps; k += 2) {
        gradients_step(t, k, steps, false, d, bias);
        gradients_step(t, k + 1, steps, true, d, bias);
    }
}

/* Tiles 0 .. 4, [G][F], += dc2 times the windows, part after part */
INLINE void mix_step(const dn_bf16 *dc2, const windows *w, const int part)
{
    if (part == 0) {
        LOAD(5, dc2, 64);
        LOAD(6, w->x[0], 64);
        PRODUCT(0, 5, 6);
    } else if (part == 1) {
        LOAD(7, w->x[1], 64);
        PRODUCT(1, 5, 7);
    } else if (part == 2) {
        LOAD(6, w->x[2], 64);
        PRODUCT(2, 5, 6);
    } else if (part == 3) {
        LOAD(7, w->x[3], 64);
        PRODUCT(3, 5, 7);
    } else {
        LOAD(6, w->x[4], 64);
        PRODUCT(4, 5, 6);
    }
}

/* 16 copies of a pair, by the port that loads: the compiler would rather take them from the vector that was
 * stored there, by the one port that is busiest. */
INLINE __m512i pair_of(const int32_t *at)
{
    __m512i out;

    __asm__("vpbroadcastd %1, %0" : "=v"(out) : "m"(*at));
    return out;
}

/* Which words of x have bit i; single: 1 << i in all words */
INLINE __mmask32 words_with(__m512i x, const __m512i *single)
{
    __mmask32 out;

    __asm__("vptestmw %2, %1, %0" : "=k"(out) : "v"(x), "m"(*single));
    return out;
}

/* The windows of a row, and between them the step of the row before, unless last is NULL. */
INLINE void fill_windows(const float *a, const float *b, __m512i masks, const __m512i bit[16], windows *w,
                         const dn_bf16 *last_dc2, const windows *last)
{
    int32_t x[X - 1][16] __attribute__((aligned(64)));
    const __m512i one = _mm512_set1_epi16(0x3f80);

    _mm512_store_si512(x[0], paired(_mm512_loadu_ps(a), _mm512_loadu_ps(a + 16)));
    _mm512_store_si512(x[1], paired(_mm512_loadu_ps(a + 1), _mm512_loadu_ps(a + 17)));
    _mm512_store_si512(x[2], paired(_mm512_loadu_ps(b), _mm512_loadu_ps(b + 16)));
    _mm512_store_si512(x[3], paired(_mm512_loadu_ps(b + 1), _mm512_loadu_ps(b + 17)));
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        __mmask32 m = words_with(masks, &bit[i]);

        if (last != NULL && i % 3 == 0 && i < 15)
            mix_step(last_dc2, last, i / 3);
#pragma GCC unroll 4
        for (int j = 0; j < X - 1; j++)
            _mm512_store_si512(w->x[j] + i * 32, _mm512_maskz_mov_epi16(m, pair_of(&x[j][i])));
        _mm512_store_si512(w->x[X - 1] + i * 32, _mm512_maskz_mov_epi16(m, one));
    }
}

/* Tiles 0 .. 4 from the rows of a patch. */
INLINE void patch_products(const patch *t, const __m512i bit[16])
{
    const dn_pair_convs *c = t->c;
    const int64_t row = dn_pair_pitch(c->length) + DN_PAIR_ROOM, first = t->group * GROUP + t->from;
    const int64_t n = t->rows, later = PATCH * row;
    const float *a = c->a + first * row + t->s, *b = c->b + first * row + t->s;
    const uint32_t *kept = dn_pair_bf16_kept1(t->p, t->s / BLOCK, t->group) + t->from * F;
    windows w[2];

    ZERO(0);
    ZERO(1);
    ZERO(2);
    ZERO(3);
    ZERO(4);
    for (int64_t i = 0; i < n; i++, a += row, b += row) {
        const __m512i masks = _mm512_load_si512(kept + i * F);

        FETCH(a + later);
        FETCH(a + later + 16);
        FETCH(b + later);
        FETCH(b + later + 16);
        if (i == 0)
            fill_windows(a, b, masks, bit, &w[0], NULL, NULL);
        else
            fill_windows(a, b, masks, bit, &w[i % 2], t->dc2 + (i - 1) * G * BLOCK, &w[(i - 1) % 2]);
    }
    for (int part = 0; part < X; part++)
        mix_step(t->dc2 + (n - 1) * G * BLOCK, &w[(n - 1) % 2], part);
}

/* sum [X][G][F] += tiles 0 .. 4 */
INLINE void add_tiles(float *sum)
{
    float more[X * G * F] __attribute__((aligned(64)));

    STORE(0, more, 64);
    STORE(1, more + G * F, 64);
    STORE(2, more + 2 * G * F, 64);
    STORE(3, more + 3 * G * F, 64);
    STORE(4, more + 4 * G * F, 64);
    for (int i = 0; i < X * G * F; i += 16)
        _mm512_store_ps(sum + i, _mm512_add_ps(_mm512_load_ps(sum + i), _mm512_load_ps(more + i)));
}

TILES void dn_pair_amx_mix_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *slope_p,
                                const float *slope_q, const float *slope_r, double *t, double *dbias2)
{
    dn_bf16 dc2[PATCH * G * BLOCK] __attribute__((aligned(64)));
    const slopes n2 = {slope_p, slope_q, slope_r};
    __m512i bit[16];

    for (int i = 0; i < 16; i++)
        bit[i] = _mm512_set1_epi16((short)(1u << i));
    dn_tiles_begin_rows((const uint8_t[8]){8, 8, 8, 8, 8, 8, 16, 16});
    for (int64_t s = 0; s < c->length; s += BLOCK) {
        float sum[X * G * F] __attribute__((aligned(64))) = {0};
        __m512 bias[G];

        memset(bias, 0, sizeof bias);
        for (int64_t first = 0; first < c->rows; first += PATCH) {
            const int64_t left = c->rows - first;
            const patch now = {.p = p,
                               .c = c,
                               .group = first / GROUP,
                               .from = first % GROUP,
                               .rows = left < PATCH ? left : PATCH,
                               .s = s,
                               .n2 = &n2,
                               .dc2 = dc2};

            patch_gradients(&now, bias);
            patch_products(&now, bit);
            add_tiles(sum);
        }
        for (int j = 0; j < X; j++)
            for (int g = 0; g < G; g++)
                for (int f = 0; f < F; f++)
                    t[f * T + g * X + j] += (double)sum[(j * G + g) * F + f];
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
