/* kernels_amx.c - a product of bf16 matrices on tiles; see kernels_amx.h
 *
 * Both factors are copied into whole tiles, those along k side by side, zeros behind the edges. Then 32 x 32
 * of C at a time stand in four tiles, and the panels of B that they need stay in the first cache.
 */
#include "solvers/nn/kernels_amx.h"

enum { SIDE = DN_TILE_SIDE, DEEP = DN_TILE_DEEP, TILE = DN_TILE_SIZE };

static int64_t up_to(int64_t x, int64_t to)
{
    return (x + to - 1) / to;
}

/* Two tiles of 16 at a time. */
int64_t dn_amx_room_a(int64_t m, int64_t k)
{
    return 2 * up_to(m, 2 * SIDE) * up_to(k, DEEP) * TILE;
}

int64_t dn_amx_room_b(int64_t n, int64_t k)
{
    return dn_amx_room_a(n, k);
}

#if defined(__x86_64__) && defined(__linux__)

#define INLINE DN_TILES_INLINE

/* 16 rows of 16 pairs along k, of x [rows, k] from (row, first) on. */
INLINE void load_rows(const dn_bf16 *x, int64_t rows, int64_t k, int64_t row, int64_t first, __m512i v[SIDE])
{
    __mmask32 there = k - first >= DEEP ? 0xffffffffu : (__mmask32)((1u << (k - first)) - 1);

#pragma GCC unroll 16
    for (int i = 0; i < SIDE; i++)
        v[i] = row + i < rows ? _mm512_maskz_loadu_epi16(there, x + (row + i) * k + first)
                              : _mm512_setzero_si512();
}

/* The same of 16 pairs of rows, which are k here, of x [k, columns] from (first, column) on. */
INLINE void load_pairs(const dn_bf16 *x, int64_t columns, int64_t k, int64_t column, int64_t first,
                       __m512i v[SIDE])
{
    __mmask16 there = dn_tiles_columns(columns - column);

#pragma GCC unroll 16
    for (int i = 0; i < SIDE; i++) {
        const dn_bf16 *at = x + (first + 2 * i) * columns + column;
        __m256i even = first + 2 * i < k ? _mm256_maskz_loadu_epi16(there, at) : _mm256_setzero_si256();
        __m256i odd =
            first + 2 * i + 1 < k ? _mm256_maskz_loadu_epi16(there, at + columns) : _mm256_setzero_si256();

        v[i] =
            _mm512_or_si512(_mm512_cvtepu16_epi32(even), _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd), 16));
    }
}

/* Tiles of x, `lines` of them being rows of A or columns of B; along: k is contiguous in x. `turned`: a row
 * of a tile is a pair of k. */
INLINE void pack(const dn_bf16 *x, bool along, bool turned, int64_t lines, int64_t k, dn_bf16 *to)
{
    for (int64_t line = 0; line < 2 * SIDE * up_to(lines, 2 * SIDE); line += SIDE)
        for (int64_t first = 0; first < k; first += DEEP, to += TILE) {
            __m512i v[SIDE];

            if (along)
                load_rows(x, lines, k, line, first, v);
            else
                load_pairs(x, lines, k, line, first, v);
            if (along == turned)
                dn_tiles_turn(v);
#pragma GCC unroll 16
            for (int i = 0; i < SIDE; i++)
                _mm512_store_si512(to + i * DEEP, v[i]);
        }
}

DN_TILES void dn_amx_pack_b(bool transpose_b, int64_t n, int64_t k, const dn_bf16 *b, dn_bf16 *pb)
{
    pack(b, transpose_b, true, n, k, pb);
}

DN_TILES void dn_amx_product(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                             const dn_bf16 *a, const dn_bf16 *b, dn_bf16 *pa, dn_bf16 *pb, float *c)
{
    int64_t deep = up_to(k, DEEP);

    pack(a, !transpose_a, false, m, k, pa);
    pack(b, transpose_b, true, n, k, pb);
    dn_tiles_begin();
    for (int64_t j = 0; j < n; j += 2 * SIDE)
        for (int64_t i = 0; i < m; i += 2 * SIDE) {
            const dn_tiles_left left = dn_tiles_packed(pa + i * deep * DEEP, deep);

            dn_tiles_block_to(&left, pb + j * deep * DEEP, deep, m - i, n - j, c + i * n + j, n, NULL);
        }
    dn_tiles_end();
}

#else

void dn_amx_pack_b(bool transpose_b, int64_t n, int64_t k, const dn_bf16 *b, dn_bf16 *pb)
{
    (void)transpose_b, (void)n, (void)k, (void)b, (void)pb;
}

void dn_amx_product(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const dn_bf16 *a,
                    const dn_bf16 *b, dn_bf16 *pa, dn_bf16 *pb, float *c)
{
    (void)transpose_a, (void)transpose_b, (void)m, (void)n, (void)k, (void)a, (void)b, (void)pa, (void)pb,
        (void)c;
}

#endif
