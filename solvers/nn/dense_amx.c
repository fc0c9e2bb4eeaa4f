/* dense_amx.c - the products of a dense layer on tiles; see dense_amx.h and kernels_amx.h
 *
 * A product holds 32 x 32 of its result in four tiles. x and dy are left factors where they stand, row by
 * row; weights are laid out as right factors once, dy while it is rounded. The gradient of the weights needs
 * x with its axes exchanged: 32 columns at a time, which stay in the first cache while dy passes by from the
 * second.
 */
#include "solvers/nn/dense_amx.h"

#include "solvers/base/alloc.h"
#include "solvers/nn/kernels_amx.h"

enum { SIDE = DN_TILE_SIDE, WHOLE = DN_TILES_BLOCK, TILE = DN_TILE_SIZE };

struct dn_dense_amx {
    int64_t rows, in, out;
    dn_bf16 *w;       /* right factor [in, out] */
    dn_bf16 *turned;  /* right factor [out, in]; NULL without dx */
    dn_bf16 *dy;      /* right factor [rows, out] */
    dn_bf16 *dy_rows; /* [rows, out]  in whole tiles; NULL without dx */
    dn_bf16 *panel;   /* left factor [32, rows]: columns of x */
};

static int64_t whole(int64_t n)
{
    return (n + WHOLE - 1) / WHOLE * WHOLE;
}

int64_t dn_dense_amx_pitch(int64_t in)
{
    return whole(in);
}

int64_t dn_dense_amx_room(int64_t rows, int64_t in)
{
    return whole(rows) * whole(in);
}

dn_status dn_dense_amx_create(int64_t rows, int64_t in, int64_t out, bool dx, dn_dense_amx **out_d,
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_dense_amx *d = NULL;

    DN_NEW(d, 1);
    *d = (dn_dense_amx){.rows = rows, .in = in, .out = out};
    DN_NEW(d->w, (size_t)dn_amx_room_b(out, in));
    DN_NEW(d->dy, (size_t)dn_amx_room_b(out, rows));
    DN_NEW(d->panel, (size_t)(WHOLE * whole(rows)));
    if (dx) {
        DN_NEW(d->turned, (size_t)dn_amx_room_b(in, out));
        DN_NEW(d->dy_rows, (size_t)dn_dense_amx_room(rows, out));
    }
    *out_d = d;
    d = NULL;
out:
    dn_dense_amx_destroy(&d);
    return st;
}

void dn_dense_amx_destroy(dn_dense_amx **handle)
{
    dn_dense_amx *d = *handle;

    if (d == NULL)
        return;
    dn_free(d->w);
    dn_free(d->turned);
    dn_free(d->dy);
    dn_free(d->dy_rows);
    dn_free(d->panel);
    dn_free(d);
    *handle = NULL;
}

void dn_dense_amx_weights(dn_dense_amx *d, const dn_bf16 *w)
{
    dn_amx_pack_b(false, d->out, d->in, w, d->w);
    if (d->turned != NULL)
        dn_amx_pack_b(true, d->in, d->out, w, d->turned);
}

#if defined(__x86_64__) && defined(__linux__)

#define INLINE DN_TILES_INLINE

/* Two left factors where they stand. */
INLINE dn_tiles_left rows_from(const dn_bf16 *a, int64_t pitch)
{
    return (dn_tiles_left){.a = a, .pitch = pitch, .step = WHOLE, .apart = SIDE * pitch};
}

static int64_t at_most(int64_t n, int64_t most)
{
    return n < most ? n : most;
}

/* The block of c [rows, n] at (i, j), or NULL where it is not a whole one. */
static const float *whole_block(const float *c, int64_t rows, int64_t n, int64_t i, int64_t j)
{
    return rows - i >= WHOLE && n - j >= WHOLE ? c + i * n + j : NULL;
}

DN_TILES void dn_dense_amx_forward(const dn_dense_amx *d, const dn_bf16 *x, const float *b, float *y)
{
    const int64_t pitch = whole(d->in), deep = pitch / WHOLE;
    const __m512 zero = _mm512_setzero_ps();
    float sums[WHOLE * WHOLE] __attribute__((aligned(64)));

    dn_tiles_begin();
    for (int64_t j = 0; j < d->out; j += WHOLE) {
        const __mmask16 low = dn_tiles_columns(d->out - j), high = dn_tiles_columns(d->out - j - SIDE);
        const __m512 b0 = _mm512_maskz_loadu_ps(low, b + j), b1 = _mm512_maskz_loadu_ps(high, b + j + SIDE);

        for (int64_t i = 0; i < d->rows; i += WHOLE) {
            const dn_tiles_left l = rows_from(x + i * pitch, pitch);

            dn_tiles_block(&l, d->w + j * deep * WHOLE, deep, sums, 4 * WHOLE,
                           whole_block(y, d->rows, d->out, i, j), 4 * d->out);
            for (int64_t r = 0; r < at_most(d->rows - i, WHOLE); r++) {
                float *to = y + (i + r) * d->out + j;
                __m512 v0 = _mm512_add_ps(_mm512_load_ps(sums + r * WHOLE), b0);
                __m512 v1 = _mm512_add_ps(_mm512_load_ps(sums + r * WHOLE + SIDE), b1);

                /* max(0, v) is v when that is no number: a NaN stays and reaches the loss */
                _mm512_mask_storeu_ps(to, low, _mm512_max_ps(zero, v0));
                _mm512_mask_storeu_ps(to + SIDE, high, _mm512_max_ps(zero, v1));
            }
        }
    }
    dn_tiles_end();
}

/* ---- backward ---- */

/* 16 numbers of the gradient where y is positive, 0 elsewhere and past the edges; s: p, q, r */
INLINE __m512 through_relu(const float *y, const float *dy, const __m512 s[3], __mmask16 there)
{
    __m512 at = _mm512_maskz_loadu_ps(there, y), d = _mm512_maskz_loadu_ps(there, dy);
    __mmask16 on = _mm512_cmp_ps_mask(at, _mm512_setzero_ps(), _CMP_GT_OQ);

    return _mm512_maskz_mov_ps(on, _mm512_fmadd_ps(s[0], d, _mm512_fmadd_ps(s[1], at, s[2])));
}

/* `groups` times 16 columns of dy, from number j on, through the ReLU, rounded to both forms; db: their sums,
 * row by row. Rows from number `rows` on count 0. */
INLINE void round_columns(dn_dense_amx *d, int64_t rows, const float *y, const float *dy, const float *slopes,
                          int64_t j, const int groups, float *db)
{
    const int64_t pitch = whole(d->out), deep = whole(d->rows) / WHOLE;
    __m512 sum[4], s[4][3];

    for (int g = 0; g < groups; g++) {
        sum[g] = _mm512_setzero_ps();
        for (int i = 0; i < 3; i++)
            s[g][i] = _mm512_maskz_loadu_ps(dn_tiles_columns(d->out - j - g * SIDE),
                                            slopes + i * d->out + j + g * SIDE);
    }
    for (int64_t r = 0; r < whole(d->rows); r += 2)
#pragma GCC unroll 4
        for (int g = 0; g < groups; g++) {
            const int64_t column = j + g * SIDE, at = r * d->out + column;
            const __mmask16 there = dn_tiles_columns(d->out - column);
            __m512 v0 = through_relu(y + at, dy + at, s[g], r < rows ? there : 0);
            __m512 v1 = through_relu(y + at + d->out, dy + at + d->out, s[g], r + 1 < rows ? there : 0);
            __m256i n0 = (__m256i)_mm512_cvtneps_pbh(v0), n1 = (__m256i)_mm512_cvtneps_pbh(v1);

            sum[g] = _mm512_add_ps(_mm512_add_ps(sum[g], v0), v1);
            _mm512_store_si512(
                d->dy + (column / SIDE * deep + r / WHOLE) * TILE + r % WHOLE * SIDE,
                _mm512_or_si512(_mm512_cvtepu16_epi32(n0), _mm512_slli_epi32(_mm512_cvtepu16_epi32(n1), 16)));
            if (d->dy_rows != NULL) {
                _mm256_store_si256((__m256i *)(d->dy_rows + r * pitch + column), n0);
                _mm256_store_si256((__m256i *)(d->dy_rows + (r + 1) * pitch + column), n1);
            }
        }
    for (int g = 0; g < groups; g++)
        _mm512_mask_storeu_ps(db + j + g * SIDE, dn_tiles_columns(d->out - j - g * SIDE), sum[g]);
}

/* Fetch 32 columns of 32 rows of x from row `first` on. */
INLINE void fetch_rows(const dn_bf16 *x, int64_t pitch, int64_t first, int64_t rows)
{
    for (int64_t r = first; r < at_most(rows, first + WHOLE); r++)
        _mm_prefetch((const char *)(x + r * pitch), _MM_HINT_T0);
}

/* 32 columns of x as rows of a left factor */
INLINE void turn_columns(const dn_bf16 *x, int64_t pitch, int64_t rows, dn_bf16 *panel)
{
    const int64_t deep = whole(rows) / WHOLE;

    for (int64_t first = 0; first < deep; first++)
        for (int half = 0; half < 2; half++) {
            __m512i v[SIDE];

#pragma GCC unroll 16
            for (int i = 0; i < SIDE; i++) {
                const dn_bf16 *at = x + (first * WHOLE + 2 * i) * pitch + half * SIDE;
                __m256i even = _mm256_load_si256((const __m256i *)at);
                __m256i odd = _mm256_load_si256((const __m256i *)(at + pitch));

                v[i] = _mm512_or_si512(_mm512_cvtepu16_epi32(even),
                                       _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd), 16));
            }
            dn_tiles_turn(v);
#pragma GCC unroll 16
            for (int i = 0; i < SIDE; i++)
                _mm512_store_si512(panel + (half * deep + first) * TILE + i * WHOLE, v[i]);
        }
}

DN_TILES void dn_dense_amx_back(dn_dense_amx *d, int64_t rows, const dn_bf16 *x, const float *y,
                                const float *dy, const float *slopes, float *dw, float *db, float *opt_dx)
{
    const int64_t pitch = whole(d->in), deep = whole(d->rows) / WHOLE, wide = whole(d->out);
    const dn_tiles_left columns = dn_tiles_packed(d->panel, deep);
    int64_t j = 0;

    for (; j + 4 * SIDE <= wide; j += 4 * SIDE)
        round_columns(d, rows, y, dy, slopes, j, 4, db);
    for (; j < wide; j += 2 * SIDE)
        round_columns(d, rows, y, dy, slopes, j, 2, db);
    dn_tiles_begin();
    for (int64_t i = 0; i < d->in; i += WHOLE) {
        turn_columns(x + i, pitch, d->rows, d->panel);
        for (j = 0; j < d->out; j += WHOLE) {
            const bool more = j + WHOLE < d->out;
            const float *soon = whole_block(dw, d->in, d->out, more ? i : i + WHOLE, more ? j + WHOLE : 0);

            if (i + WHOLE < d->in)
                fetch_rows(x + i + WHOLE, pitch, j, d->rows);
            dn_tiles_block_to(&columns, d->dy + j * deep * WHOLE, deep, d->in - i, d->out - j,
                              dw + i * d->out + j, d->out, soon);
        }
    }
    for (j = 0; opt_dx != NULL && j < d->in; j += WHOLE)
        for (int64_t i = 0; i < d->rows; i += WHOLE) {
            const dn_tiles_left l = rows_from(d->dy_rows + i * wide, wide);
            const bool more = i + WHOLE < d->rows;
            const float *soon =
                whole_block(opt_dx, d->rows, d->in, more ? i + WHOLE : 0, more ? j : j + WHOLE);

            dn_tiles_block_to(&l, d->turned + j * wide, wide / WHOLE, d->rows - i, d->in - j,
                              opt_dx + i * d->in + j, d->in, soon);
        }
    dn_tiles_end();
}

#else

void dn_dense_amx_forward(const dn_dense_amx *d, const dn_bf16 *x, const float *b, float *y)
{
    (void)d, (void)x, (void)b, (void)y;
}

void dn_dense_amx_back(dn_dense_amx *d, int64_t rows, const dn_bf16 *x, const float *y, const float *dy,
                       const float *slopes, float *dw, float *db, float *opt_dx)
{
    (void)d, (void)rows, (void)x, (void)y, (void)dy, (void)slopes, (void)dw, (void)db, (void)opt_dx;
}

#endif
