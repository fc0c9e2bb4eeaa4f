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

#else

void dn_pair_amx_narrow(dn_pair_bf16 *p, const dn_pair_convs *c, const float *w3, float *y)
{
    (void)p, (void)c, (void)w3, (void)y;
}

void dn_pair_amx_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *mean, const float *dy,
                             float *dw3, double *sum, double *sum_c)
{
    (void)p, (void)c, (void)mean, (void)dy, (void)dw3, (void)sum, (void)sum_c;
}

#endif
