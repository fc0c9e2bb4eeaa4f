/* kernels_amx.h - what files with tiles share: AMX by name, and a product of two matrices on it
 *
 * A tile is 16 rows of 64 bytes: 16 x 32 bf16, or 16 x 16 floats. PRODUCT adds that of a tile A [16, 32] and
 * a tile B of 16 pairs of k, [16][16 columns][2], to a tile C. Only for CPUs where dn_bf16_tiles() holds.
 */
#ifndef DN_NN_KERNELS_AMX_H
#define DN_NN_KERNELS_AMX_H

#include "solvers/nn/bf16.h"

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

#endif
#endif
