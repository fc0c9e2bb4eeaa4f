/* attention_amx.c - attention in bf16 on AMX; see attention_amx.h
 *
 * Products go tile by tile: keys x queries, then columns of v x queries. The powers between them are the
 * larger part of the time, so the rescaling of the online softmax is put off until a maximum has risen by 8
 * (a factor of 256).
 */
#define _GNU_SOURCE /* syscall() */
#include "solvers/esm/attention_amx.h"

#include <string.h>
#include "solvers/esm/attention.h"

#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__)

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Tiles: four sums, then a part of k, of q, of v, of the weights. The instructions want literal numbers. */
#define T_K 4
#define T_Q 5
#define T_V 6
#define T_P 7

#define AMX __attribute__((target("arch=x86-64-v4,amx-tile,amx-bf16")))

enum {
    TILE = DN_ESM_TILE,
    KEYS = DN_ESM_AMX_KEYS,
    LANES = 16,
    VECTORS = TILE / LANES,
    LATE = 8, /* how far a maximum may rise above the one in use */
};

/* What a tile instruction reads or writes is memory the compiler does not see it touch. */
#define BARRIER() __asm__ volatile("" ::: "memory")

/* For palette 1, as LDTILECFG reads it. */
typedef struct tile_shapes {
    uint8_t palette, start;
    uint8_t reserved[14];
    uint16_t bytes[16]; /* of a row */
    uint8_t rows[16];
} tile_shapes;

typedef struct buffers {
    float s[KEYS * TILE];        /* scores */
    uint32_t p[KEYS / 2 * TILE]; /* weights, keys 2 i and 2 i + 1 side by side */
    uint16_t low[DN_ESM_MAX_DIM * TILE];
    float o[]; /* [dim, TILE] */
} buffers;

bool dn_esm_amx_here(void)
{
    unsigned a, b, c, d;
    enum { REQUEST = 0x1023, TILE_DATA = 18 }; /* ARCH_REQ_XCOMP_PERM */

    if (!__builtin_cpu_supports("x86-64-v4") || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return false;
    if ((d >> 22 & 1) == 0 || (d >> 24 & 1) == 0)
        return false;
    return syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}

static int64_t step(int64_t dim)
{
    return dim == 16 ? 16 : 32;
}

AMX static void configure(int64_t dim)
{
    tile_shapes t = {.palette = 1};

    for (int i = 0; i < 8; i++) {
        t.bytes[i] = 64;
        t.rows[i] = 16;
    }
    t.bytes[T_K] = (uint16_t)(2 * step(dim));
    t.rows[T_Q] = (uint8_t)(step(dim) / 2);
    BARRIER();
    _tile_loadconfig(&t);
}

/* s [KEYS, TILE] = k_j . q */
AMX static void scores(const dn_esm_amx_head *h, const uint16_t *q, int64_t first, float *s)
{
    size_t row = (size_t)h->dim * 2;

    for (int i = 0; i < VECTORS; i++) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        for (int64_t d = 0; d < h->dim; d += step(h->dim)) {
            const uint16_t *k = h->k + first * h->dim + d;
            _tile_loadd(T_Q, q + d * TILE + i * LANES * 2, TILE * 4);
            _tile_loadd(T_K, k, row);
            _tile_dpbf16ps(0, T_K, T_Q);
            _tile_loadd(T_K, k + 16 * h->dim, row);
            _tile_dpbf16ps(1, T_K, T_Q);
            _tile_loadd(T_K, k + 32 * h->dim, row);
            _tile_dpbf16ps(2, T_K, T_Q);
            _tile_loadd(T_K, k + 48 * h->dim, row);
            _tile_dpbf16ps(3, T_K, T_Q);
        }
        _tile_stored(0, s + i * LANES, TILE * 4);
        _tile_stored(1, s + 16 * TILE + i * LANES, TILE * 4);
        _tile_stored(2, s + 32 * TILE + i * LANES, TILE * 4);
        _tile_stored(3, s + 48 * TILE + i * LANES, TILE * 4);
    }
    BARRIER();
}

/* Maxima of a block; where one has risen too far above `most`, it is the new one and what was summed is
 * scaled. */
AMX static void raise_maxima(const float *s, int64_t dim, __m512 *most, __m512 *total, float *o)
{
    for (int i = 0; i < VECTORS; i++) {
        __m512 top = _mm512_load_ps(s + i * LANES), next = _mm512_load_ps(s + TILE + i * LANES);
        for (int64_t j = 2; j < KEYS; j += 2) {
            top = _mm512_max_ps(top, _mm512_load_ps(s + j * TILE + i * LANES));
            next = _mm512_max_ps(next, _mm512_load_ps(s + (j + 1) * TILE + i * LANES));
        }
        top = _mm512_max_ps(top, next);
        __mmask16 late = _mm512_cmp_ps_mask(top, _mm512_add_ps(most[i], _mm512_set1_ps(LATE)), _CMP_GT_OQ);
        if (late == 0)
            continue;
        /* whole exponents, so that the scale is exact */
        top = _mm512_mask_roundscale_ps(most[i], late, top, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
        __m512 scale = _mm512_scalef_ps(_mm512_set1_ps(1), _mm512_sub_ps(most[i], top));
        most[i] = top;
        total[i] = _mm512_mul_ps(total[i], scale);
        for (int64_t d = 0; d < dim; d++)
            _mm512_store_ps(o + d * TILE + i * LANES,
                            _mm512_mul_ps(_mm512_load_ps(o + d * TILE + i * LANES), scale));
    }
}

/* 2^t as bits of which the upper half is bf16, rounded: 2^f on [0, 1) with an error of 7.5e-5 plus half of
 * the last place of bf16, which cutting the lower half takes off on average. */
#define POWER(t, out)                                                                              \
    do {                                                                                           \
        __m512 t_ = (t), f_ = _mm512_reduce_ps(t_, _MM_FROUND_TO_NEG_INF);                         \
        __m512 p_ = _mm512_fmadd_ps(_mm512_set1_ps(0.07802452f), f_, _mm512_set1_ps(0.22606718f)); \
        p_ = _mm512_fmadd_ps(p_, f_, _mm512_set1_ps(0.69583351f));                                 \
        p_ = _mm512_fmadd_ps(p_, f_, _mm512_set1_ps(0.99992522f + 0x1p-8f));                       \
        (out) = _mm512_castps_si512(_mm512_scalef_ps(p_, t_));                                     \
    } while (0)

/* Scores become weights in pairs; total takes them as rounded. */
AMX static void powers(const float *s, const __m512 *most, __m512 *total, uint32_t *p)
{
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000u);

    for (int i = 0; i < VECTORS; i++) {
        __m512 sum = total[i], top = most[i];
        for (int64_t j = 0; j < KEYS; j += 2) {
            __m512i a, b;
            POWER(_mm512_sub_ps(_mm512_load_ps(s + j * TILE + i * LANES), top), a);
            POWER(_mm512_sub_ps(_mm512_load_ps(s + (j + 1) * TILE + i * LANES), top), b);
            a = _mm512_and_si512(a, upper);
            b = _mm512_and_si512(b, upper);
            sum = _mm512_add_ps(sum, _mm512_castsi512_ps(a));
            sum = _mm512_add_ps(sum, _mm512_castsi512_ps(b));
            _mm512_store_si512(p + j / 2 * TILE + i * LANES, _mm512_or_si512(_mm512_srli_epi32(a, 16), b));
        }
        total[i] = sum;
    }
    BARRIER();
}

/* o += v p over the keys of a block */
AMX static void mix(const dn_esm_amx_head *h, int64_t first, const uint32_t *p, float *o)
{
    for (int64_t d = 0; d < h->dim; d += 16) {
        float *to = o + d * TILE;
        _tile_loadd(0, to, TILE * 4);
        _tile_loadd(1, to + 16, TILE * 4);
        _tile_loadd(2, to + 32, TILE * 4);
        _tile_loadd(3, to + 48, TILE * 4);
        for (int64_t j = 0; j < KEYS; j += 32) {
            const uint32_t *from = p + j / 2 * TILE;
            _tile_loadd(T_V, h->v + d * h->room + first + j, (size_t)h->room * 2);
            _tile_loadd(T_P, from, TILE * 4);
            _tile_dpbf16ps(0, T_V, T_P);
            _tile_loadd(T_P, from + 16, TILE * 4);
            _tile_dpbf16ps(1, T_V, T_P);
            _tile_loadd(T_P, from + 32, TILE * 4);
            _tile_dpbf16ps(2, T_V, T_P);
            _tile_loadd(T_P, from + 48, TILE * 4);
            _tile_dpbf16ps(3, T_V, T_P);
        }
        _tile_stored(0, to, TILE * 4);
        _tile_stored(1, to + 16, TILE * 4);
        _tile_stored(2, to + 32, TILE * 4);
        _tile_stored(3, to + 48, TILE * 4);
    }
    BARRIER();
}

/* One tile of queries against all keys: low [width, TILE] in bf16. */
AMX static void one_tile(const dn_esm_amx_head *h, const uint16_t *q, int64_t width, buffers *b)
{
    __m512 most[VECTORS], total[VECTORS];

    for (int i = 0; i < VECTORS; i++) {
        most[i] = _mm512_set1_ps(-1e30f);
        total[i] = _mm512_setzero_ps();
    }
    memset(b->o, 0, (size_t)(h->dim * TILE) * sizeof *b->o);
    for (int64_t first = 0; first < h->n; first += KEYS) {
        scores(h, q, first, b->s);
        for (int64_t j = h->n - first; j < KEYS; j++) /* no keys any more */
            for (int i = 0; i < VECTORS; i++)
                _mm512_store_ps(b->s + j * TILE + i * LANES, _mm512_set1_ps(-1e30f));
        raise_maxima(b->s, h->dim, most, total, b->o);
        powers(b->s, most, total, b->p);
        mix(h, first, b->p, b->o);
    }
    for (int i = 0; i < VECTORS; i++)
        for (int64_t d = 0; d < width; d++) {
            __m512i x =
                _mm512_castps_si512(_mm512_div_ps(_mm512_load_ps(b->o + d * TILE + i * LANES), total[i]));
            __m512i odd = _mm512_and_si512(_mm512_srli_epi32(x, 16), _mm512_set1_epi32(1));
            x = _mm512_add_epi32(_mm512_add_epi32(x, odd), _mm512_set1_epi32(0x7fff));
            _mm256_store_si256((__m256i *)(b->low + d * TILE + i * LANES),
                               _mm512_cvtepi32_epi16(_mm512_srli_epi32(x, 16)));
        }
}

AMX static void all_tiles(const dn_esm_amx_head *h, int64_t width, buffers *b, uint16_t *out, int64_t stride)
{
    configure(h->dim);
    for (int64_t first = 0; first < h->n; first += TILE) {
        int64_t rows = h->n - first < TILE ? h->n - first : TILE;
        one_tile(h, h->q + first * h->dim, width, b);
        for (int64_t r = 0; r < rows; r++)
            for (int64_t d = 0; d < width; d++)
                out[(first + r) * stride + d] = b->low[d * TILE + r];
    }
    _tile_release();
}

int64_t dn_esm_amx_scratch(int64_t dim)
{
    return (int64_t)sizeof(buffers) + dim * TILE * 4;
}

void dn_esm_amx_attention(const dn_esm_amx_head *h, int64_t width, void *scratch, uint16_t *out,
                          int64_t stride)
{
    all_tiles(h, width, scratch, out, stride);
}

#else

/* Nothing calls the last two where the first says no. */
bool dn_esm_amx_here(void)
{
    return false;
}

int64_t dn_esm_amx_scratch(int64_t dim)
{
    return dim;
}

void dn_esm_amx_attention(const dn_esm_amx_head *h, int64_t width, void *scratch, uint16_t *out,
                          int64_t stride)
{
    (void)h, (void)width, (void)scratch, (void)out, (void)stride;
}

#endif

int64_t dn_esm_amx_dim(int64_t width)
{
    return width <= 16 ? 16 : (width + 31) / 32 * 32;
}
