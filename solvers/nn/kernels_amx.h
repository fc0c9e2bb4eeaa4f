/* kernels_amx.h - what files with tiles share: AMX by name, blocks and a product of two matrices on it
 *
 * A tile is 16 rows of 64 bytes: 16 x 32 bf16, or 16 x 16 floats. PRODUCT adds that of a tile A [16, 32] and
 * a tile B of 16 pairs of k, [16][16 columns][2], to a tile C. Only for CPUs where dn_bf16_tiles() holds.
 */
#ifndef DN_NN_KERNELS_AMX_H
#define DN_NN_KERNELS_AMX_H

#include "solvers/nn/bf16.h"

/* Of a tile: rows, k, bf16. Of a block of C that stands in four tiles: rows and columns. */
enum {
    DN_TILE_SIDE = 16,
    DN_TILE_DEEP = 32,
    DN_TILE_SIZE = DN_TILE_SIDE * DN_TILE_DEEP,
    DN_TILES_BLOCK = 32
};

/* bf16 of the packed forms of an [m, k] and a [k, n]. */
int64_t dn_amx_room_a(int64_t m, int64_t k);
int64_t dn_amx_room_b(int64_t n, int64_t k);

/* The packed form of a B [k, n], stored [n, k] when transpose_b: for every 16 columns one tile behind another
 * along k, 0 behind the edges, an even number of such rows of tiles. pb is 64-byte aligned. Local. */
void dn_amx_pack_b(bool transpose_b, int64_t n, int64_t k, const dn_bf16 *b, dn_bf16 *pb);

/* C [m, n] = op(A) op(B) as dn_product_run(); pa, pb: room for the packed forms, 64-byte aligned. Local. */
void dn_amx_product(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const dn_bf16 *a,
                    const dn_bf16 *b, dn_bf16 *pa, dn_bf16 *pb, float *c);

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>

#define DN_TILES \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,bmi2,amx-tile,amx-bf16")))
#define DN_TILES_INLINE DN_TILES static inline __attribute__((always_inline))

/* The compiler must not move stores behind loads of tiles, nor loads before stores of tiles. */
#define DN_TILE_LOAD(t, from, bytes) \
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #t ::"r"(from), "r"((int64_t)(bytes)) : "memory")
#define DN_TILE_STORE(t, to, bytes) \
    __asm__ volatile("tilestored %%tmm" #t ", (%0,%1,1)" ::"r"(to), "r"((int64_t)(bytes)) : "memory")
#define DN_TILE_ZERO(t) __asm__ volatile("tilezero %%tmm" #t ::: "memory")
#define DN_TILE_PRODUCT(c, a, b) __asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::: "memory")

/* Tile t is rows[t] rows of 64 bytes. */
DN_TILES_INLINE void dn_tiles_begin_rows(const uint8_t rows[8])
{
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } config = {.palette = 1};

    for (int t = 0; t < 8; t++) {
        config.bytes[t] = 64;
        config.rows[t] = rows[t];
    }
    __asm__ volatile("ldtilecfg %0" ::"m"(config));
}

/* All eight tiles are 16 rows of 64 bytes. */
DN_TILES_INLINE void dn_tiles_begin(void)
{
    dn_tiles_begin_rows((const uint8_t[8]){16, 16, 16, 16, 16, 16, 16, 16});
}

DN_TILES_INLINE void dn_tiles_end(void)
{
    __asm__ volatile("tilerelease" ::: "memory");
}

/* 16 x 16 pairs with their axes exchanged. */
DN_TILES_INLINE void dn_tiles_turn(__m512i v[16])
{
    __m512i t[16];

#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        v[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        v[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        v[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        v[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(v[i], v[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(v[i], v[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0xdd);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        v[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        v[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
        v[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        v[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
    }
}

/* The first n of 16 columns. */
DN_TILES_INLINE __mmask16 dn_tiles_columns(int64_t n)
{
    return (__mmask16)(n >= DN_TILE_SIDE ? 0xffffu : n <= 0 ? 0u : (1u << n) - 1);
}

/* ---- a block: 32 x 32 of a product in four tiles ---- */

/* Two left factors of 16 rows: tiles of `pitch` bf16 from row to row, `step` bf16 from one to the next along
 * k, `apart` from the first factor to the second. */
typedef struct dn_tiles_left {
    const dn_bf16 *a;
    int64_t pitch, step, apart;
} dn_tiles_left;

/* In the packed form, `deep` tiles each. */
DN_TILES_INLINE dn_tiles_left dn_tiles_packed(const dn_bf16 *a, int64_t deep)
{
    return (dn_tiles_left){.a = a, .pitch = DN_TILE_DEEP, .step = DN_TILE_SIZE, .apart = deep * DN_TILE_SIZE};
}

/* Fetch four rows of 32 floats for writing. */
DN_TILES_INLINE const char *dn_tiles_fetch(const char *at, int64_t bytes)
{
    for (int r = 0; r < 4; r++, at += bytes)
        __asm__ volatile("prefetchw (%0)\n\tprefetchw 64(%0)" ::"r"(at));
    return at;
}

/* A block of C, `bytes` from row to row, from `deep` tiles each and two right factors in the packed form;
 * opt_soon [32, soon_bytes]: what will be written next */
DN_TILES_INLINE void dn_tiles_block(const dn_tiles_left *l, const dn_bf16 *b, int64_t deep, float *c,
                                    int64_t bytes, const float *opt_soon, int64_t soon_bytes)
{
    const dn_bf16 *a = l->a, *a2 = a + l->apart, *b2 = b + deep * DN_TILE_SIZE;
    const int64_t stride = 2 * l->pitch, step = l->step;
    const char *fetch = (const char *)opt_soon,
               *end = opt_soon != NULL ? fetch + DN_TILES_BLOCK * soon_bytes : NULL;

    DN_TILE_ZERO(0);
    DN_TILE_ZERO(1);
    DN_TILE_ZERO(2);
    DN_TILE_ZERO(3);
    for (int64_t k = 0; k < deep; k++) {
        DN_TILE_LOAD(4, a + k * step, stride);
        DN_TILE_LOAD(6, b + k * DN_TILE_SIZE, 64);
        DN_TILE_LOAD(7, b2 + k * DN_TILE_SIZE, 64);
        DN_TILE_LOAD(5, a2 + k * step, stride);
        if (fetch != end)
            fetch = dn_tiles_fetch(fetch, soon_bytes);
        DN_TILE_PRODUCT(0, 4, 6);
        DN_TILE_PRODUCT(1, 4, 7);
        DN_TILE_PRODUCT(2, 5, 6);
        DN_TILE_PRODUCT(3, 5, 7);
    }
    DN_TILE_STORE(0, c, bytes);
    DN_TILE_STORE(1, c + DN_TILE_SIDE, bytes);
    DN_TILE_STORE(2, (char *)c + DN_TILE_SIDE * bytes, bytes);
    DN_TILE_STORE(3, (char *)(c + DN_TILE_SIDE) + DN_TILE_SIDE * bytes, bytes);
}

/* The same to a C of n columns that ends `rows` rows and `columns` columns on, which may be inside of the
 * block. */
DN_TILES_INLINE void dn_tiles_block_to(const dn_tiles_left *l, const dn_bf16 *b, int64_t deep, int64_t rows,
                                       int64_t columns, float *c, int64_t n, const float *opt_soon)
{
    float edge[DN_TILES_BLOCK * DN_TILES_BLOCK] __attribute__((aligned(64)));

    if (rows >= DN_TILES_BLOCK && columns >= DN_TILES_BLOCK) {
        dn_tiles_block(l, b, deep, c, 4 * n, opt_soon, 4 * n);
        return;
    }
    dn_tiles_block(l, b, deep, edge, 4 * DN_TILES_BLOCK, opt_soon, 4 * n);
    for (int64_t r = 0; r < (rows < DN_TILES_BLOCK ? rows : DN_TILES_BLOCK); r++)
        memcpy(c + r * n, edge + r * DN_TILES_BLOCK,
               (size_t)(columns < DN_TILES_BLOCK ? columns : DN_TILES_BLOCK) * sizeof *c);
}

#endif
#endif
