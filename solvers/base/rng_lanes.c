/* rng_lanes.c - Philox4x32-10 on many counters at once; see rng_lanes.h
 *
 * A number of 32 bits stands in a lane of 64. What is in the upper half does not matter: the product of two
 * lanes takes the lower halves, and so does the end.
 */
#include "solvers/base/rng_lanes.h"

#include <string.h>

static const uint32_t by0 = 0xd2511f53u, by1 = 0xcd9e8d57u, step0 = 0x9e3779b9u, step1 = 0xbb67ae85u;

/* ---- any CPU ---- */

/* Where the next block is: n of them are an item's. */
typedef struct place {
    uint64_t item;
    uint32_t block, first;
    int64_t left; /* of this item */
} place;

static void one_block(const uint32_t key[2], const place *p, uint32_t out[4])
{
    uint32_t c0 = p->block, c1 = (uint32_t)p->item, c2 = (uint32_t)(p->item >> 32), c3 = 0;
    uint32_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < 10; round++, k0 += step0, k1 += step1) {
        uint64_t p0 = (uint64_t)c0 * by0, p1 = (uint64_t)c2 * by1;

        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

static void next(place *p, int64_t n)
{
    p->block++;
    if (--p->left == 0) {
        p->item++;
        p->block = p->first;
        p->left = n;
    }
}

static void run_any(const uint32_t key[2], uint64_t item, uint32_t first, int64_t n, int64_t total,
                    uint32_t *out)
{
    place p = {.item = item, .block = first, .first = first, .left = n};

    for (int64_t i = 0; i < total; i++, next(&p, n))
        one_block(key, &p, out + 4 * i);
}

const dn_rng_lanes *dn_rng_lanes_any(void)
{
    static const dn_rng_lanes lanes = {"any", run_any};

    return &lanes;
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

/* Counters of the blocks at p, which moves on. */
static void spread(place *p, int64_t n, int count, uint64_t *block, uint64_t *item)
{
    for (int i = 0; i < count; i++, next(p, n)) {
        block[i] = p->block;
        item[i] = p->item;
    }
}

/* ---- AVX2 ---- */

enum { TWO = 2, FOUR = 4 }; /* vectors side by side; counters of one */

#define AVX2 __attribute__((target("avx2")))

AVX2 static void run_avx2(const uint32_t key[2], uint64_t item, uint32_t first, int64_t n, int64_t total,
                          uint32_t *out)
{
    const __m256i m0 = _mm256_set1_epi64x(by0), m1 = _mm256_set1_epi64x(by1);
    place p = {.item = item, .block = first, .first = first, .left = n};
    int64_t i = 0;

    for (; i + TWO * FOUR <= total; i += TWO * FOUR) {
        uint64_t block[TWO * FOUR] __attribute__((aligned(32))), of[TWO * FOUR] __attribute__((aligned(32)));
        __m256i c0[TWO], c1[TWO], c2[TWO], c3[TWO];
        uint32_t k0 = key[0], k1 = key[1];

        spread(&p, n, TWO * FOUR, block, of);
        for (int v = 0; v < TWO; v++) {
            c0[v] = _mm256_load_si256((const __m256i *)(const void *)(block + FOUR * v));
            c1[v] = _mm256_load_si256((const __m256i *)(const void *)(of + FOUR * v));
            c2[v] = _mm256_srli_epi64(c1[v], 32);
            c3[v] = _mm256_setzero_si256();
        }
        for (int round = 0; round < 10; round++, k0 += step0, k1 += step1)
            for (int v = 0; v < TWO; v++) {
                __m256i p0 = _mm256_mul_epu32(c0[v], m0), p1 = _mm256_mul_epu32(c2[v], m1);

                c0[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), c1[v]),
                                         _mm256_set1_epi32((int)k0));
                c2[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), c3[v]),
                                         _mm256_set1_epi32((int)k1));
                c1[v] = p1;
                c3[v] = p0;
            }
        for (int v = 0; v < TWO; v++) {
            __m256i a = _mm256_blend_epi32(c0[v], _mm256_slli_epi64(c1[v], 32), 0xaa);
            __m256i b = _mm256_blend_epi32(c2[v], _mm256_slli_epi64(c3[v], 32), 0xaa);
            __m256i even = _mm256_unpacklo_epi64(a, b), odd = _mm256_unpackhi_epi64(a, b);
            uint32_t *to = out + 4 * (i + FOUR * v);

            _mm256_storeu_si256((__m256i *)(void *)to, _mm256_permute2x128_si256(even, odd, 0x20));
            _mm256_storeu_si256((__m256i *)(void *)(to + 8), _mm256_permute2x128_si256(even, odd, 0x31));
        }
    }
    for (; i < total; i++, next(&p, n))
        one_block(key, &p, out + 4 * i);
}

const dn_rng_lanes *dn_rng_lanes_avx2(void)
{
    static const dn_rng_lanes lanes = {"AVX2", run_avx2};

    return __builtin_cpu_supports("avx2") ? &lanes : NULL;
}

/* ---- AVX-512 ---- */

enum { EIGHT = 8 };

#define AVX512 __attribute__((target("avx512f")))

/* The counters of eight blocks further on. */
AVX512 static inline void advance(__m512i *block, __m512i *item, __m512i end, __m512i n)
{
    *block = _mm512_add_epi64(*block, _mm512_set1_epi64(EIGHT));
    for (__mmask8 over = _mm512_cmpge_epu64_mask(*block, end); over != 0;
         over = _mm512_cmpge_epu64_mask(*block, end)) {
        *block = _mm512_mask_sub_epi64(*block, over, *block, n);
        *item = _mm512_mask_add_epi64(*item, over, *item, _mm512_set1_epi64(1));
    }
}

AVX512 static inline void rounds(const __m512i k[20], __m512i c[TWO][4])
{
    const __m512i m0 = _mm512_set1_epi64(by0), m1 = _mm512_set1_epi64(by1);

#pragma GCC unroll 10
    for (int round = 0; round < 10; round++)
#pragma GCC unroll 2
        for (int v = 0; v < TWO; v++) {
            __m512i p0 = _mm512_mul_epu32(c[v][0], m0), p1 = _mm512_mul_epu32(c[v][2], m1);

            c[v][0] = _mm512_ternarylogic_epi32(_mm512_srli_epi64(p1, 32), c[v][1], k[2 * round], 0x96);
            c[v][2] = _mm512_ternarylogic_epi32(_mm512_srli_epi64(p0, 32), c[v][3], k[2 * round + 1], 0x96);
            c[v][1] = p1;
            c[v][3] = p0;
        }
}

AVX512 static inline void put_eight(const __m512i c[4], uint32_t *to)
{
    const __m512i low = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    const __m512i high = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    __m512i a = _mm512_mask_blend_epi32(0xaaaa, c[0], _mm512_slli_epi64(c[1], 32));
    __m512i b = _mm512_mask_blend_epi32(0xaaaa, c[2], _mm512_slli_epi64(c[3], 32));
    __m512i even = _mm512_unpacklo_epi64(a, b), odd = _mm512_unpackhi_epi64(a, b);

    _mm512_storeu_si512(to, _mm512_permutex2var_epi64(even, low, odd));
    _mm512_storeu_si512(to + 16, _mm512_permutex2var_epi64(even, high, odd));
}

AVX512 static void run_avx512(const uint32_t key[2], uint64_t item, uint32_t first, int64_t n, int64_t total,
                              uint32_t *out)
{
    const __m512i many = _mm512_set1_epi64(n), end = _mm512_set1_epi64((int64_t)first + n);
    place p = {.item = item, .block = first, .first = first, .left = n};
    uint64_t begin[2][EIGHT] __attribute__((aligned(64)));
    __m512i k[20], block, of;
    int64_t i = 0;

    if (total < EIGHT || (uint64_t)first + (uint64_t)n > 0xffffffffu) { /* a number of a block may wrap */
        run_any(key, item, first, n, total, out);
        return;
    }
    for (uint32_t round = 0; round < 10; round++) {
        k[2 * round] = _mm512_set1_epi32((int)(key[0] + round * step0));
        k[2 * round + 1] = _mm512_set1_epi32((int)(key[1] + round * step1));
    }
    spread(&p, n, EIGHT, begin[0], begin[1]);
    block = _mm512_load_si512(begin[0]);
    of = _mm512_load_si512(begin[1]);
    for (; i < total; i += TWO * EIGHT) {
        uint32_t last[TWO * EIGHT * 4];
        uint32_t *to = i + TWO * EIGHT <= total ? out + 4 * i : last;
        __m512i c[TWO][4];

        for (int v = 0; v < TWO; v++) {
            c[v][0] = block;
            c[v][1] = of;
            c[v][2] = _mm512_srli_epi64(of, 32);
            c[v][3] = _mm512_setzero_si512();
            advance(&block, &of, end, many);
        }
        rounds(k, c);
        for (int v = 0; v < TWO; v++)
            put_eight(c[v], to + 4 * EIGHT * v);
        if (to == last)
            memcpy(out + 4 * i, last, (size_t)(total - i) * 16);
    }
}

const dn_rng_lanes *dn_rng_lanes_avx512(void)
{
    static const dn_rng_lanes lanes = {"AVX-512", run_avx512};

    return __builtin_cpu_supports("avx512f") ? &lanes : NULL;
}

#else

const dn_rng_lanes *dn_rng_lanes_avx2(void)
{
    return NULL;
}

const dn_rng_lanes *dn_rng_lanes_avx512(void)
{
    return NULL;
}

#endif
