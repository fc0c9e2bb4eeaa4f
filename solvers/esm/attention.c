/* attention.c - attention of one head in f32; see attention.h
 *
 * AVX-512 has 32 registers of 16 lanes: all four vectors of a tile go together, 6 keys or 4 columns at a
 * time. Narrower CPUs take one vector of a tile at a time.
 */
#include "solvers/esm/attention.h"

#include <math.h>
#include <string.h>
#include "solvers/base/clones.h"
#include "solvers/esm/exp2.h"

#define INLINE static inline __attribute__((always_inline))
#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target("arch=x86-64-v4")))
#endif

enum {
    TILE = DN_ESM_TILE,
    LANES = 16,
    KEYS = 6,    /* whose scores stand in registers */
    COLUMNS = 4, /* of v that are summed together */
    BLOCK = 48,  /* keys between two looks at the maximum */
    VECTORS = 4
};

int64_t dn_esm_attention_scratch(int64_t dim)
{
    return (BLOCK + dim) * TILE;
}

/* sum[r] += sum over i < n of m[r across + i along] x_i, rows r < nr, x_i and sums being nv vectors */
INLINE void add_products(const float *m, int64_t across, int64_t along, int nr, const float *x, int64_t n,
                         int nv, dn_v16 sum[][VECTORS])
{
    for (int64_t i = 0; i < n; i++) {
        dn_v16 at[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++)
            at[v] = DN_AT(x + i * TILE + v * LANES);
#pragma GCC unroll 6
        for (int r = 0; r < nr; r++)
#pragma GCC unroll 4
            for (int v = 0; v < nv; v++)
                sum[r][v] += m[r * across + i * along] * at[v];
    }
}

INLINE void put(dn_v16 sum[][VECTORS], int nr, int nv, float *out)
{
#pragma GCC unroll 6
    for (int r = 0; r < nr; r++)
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++)
            DN_PUT(out + r * TILE + v * LANES) = sum[r][v];
}

/* s[j] = q . k_j for KEYS keys and nv vectors of queries */
INLINE void scores(const float *q, const float *k, int64_t dim, int nv, float *s)
{
    dn_v16 sum[KEYS][VECTORS];

#pragma GCC unroll 6
    for (int j = 0; j < KEYS; j++)
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++)
            sum[j][v] = (dn_v16){0};
    add_products(k, dim, 1, KEYS, q, dim, nv, sum);
    put(sum, KEYS, nv, s);
}

/* o[d .. d + COLUMNS) = o scale + sum over keys of v p */
INLINE void mix(const float *p, const float *v, int64_t nk, int64_t dim, const dn_v16 *scale, int nv,
                float *o)
{
    dn_v16 sum[COLUMNS][VECTORS];

#pragma GCC unroll 4
    for (int c = 0; c < COLUMNS; c++)
#pragma GCC unroll 4
        for (int i = 0; i < nv; i++)
            sum[c][i] = DN_AT(o + c * TILE + i * LANES) * scale[i];
    add_products(v, 1, dim, COLUMNS, p, nk, nv, sum);
    put(sum, COLUMNS, nv, o);
}

/* Scores of a block of nk keys become powers of two below the new maximum; scale: of what was summed. */
INLINE void powers(float *s, int64_t nk, int nv, dn_v16 *most, dn_v16 *total, dn_v16 *scale)
{
    dn_v16 top[VECTORS];

#pragma GCC unroll 4
    for (int i = 0; i < nv; i++)
        top[i] = most[i];
    for (int64_t j = 0; j < nk; j++)
#pragma GCC unroll 4
        for (int i = 0; i < nv; i++) {
            dn_v16 x = DN_AT(s + j * TILE + i * LANES);
            top[i] = DN_MAX(x, top[i]);
        }
#pragma GCC unroll 4
    for (int i = 0; i < nv; i++) {
        DN_EXP2(most[i] - top[i], scale[i]);
        most[i] = top[i];
        total[i] *= scale[i];
    }
    for (int64_t j = 0; j < nk; j++)
#pragma GCC unroll 4
        for (int i = 0; i < nv; i++) {
            dn_v16 p;
            DN_EXP2(DN_AT(s + j * TILE + i * LANES) - top[i], p);
            DN_PUT(s + j * TILE + i * LANES) = p;
            total[i] += p;
        }
}

/* nv vectors of the queries of a tile against all keys: o [dim, TILE] */
INLINE void vectors(const dn_esm_one_head *h, const float *q, int nv, float *s, float *o)
{
    dn_v16 most[VECTORS], total[VECTORS], scale[VECTORS];

    for (int i = 0; i < nv; i++) {
        most[i] = (dn_v16){0} - 1e30f;
        total[i] = (dn_v16){0};
        for (int64_t d = 0; d < h->dim; d++)
            DN_PUT(o + d * TILE + i * LANES) = (dn_v16){0};
    }
    for (int64_t first = 0; first < h->n; first += BLOCK) {
        int64_t nk = h->n - first < BLOCK ? h->n - first : BLOCK;
        for (int64_t j = 0; j < nk; j += KEYS)
            scores(q, h->k + (first + j) * h->dim, h->dim, nv, s + j * TILE);
        powers(s, nk, nv, most, total, scale);
        for (int64_t d = 0; d < h->dim; d += COLUMNS)
            mix(s, h->v + first * h->dim + d, nk, h->dim, scale, nv, o + d * TILE);
    }
    for (int i = 0; i < nv; i++)
        for (int64_t d = 0; d < h->dim; d++)
            DN_PUT(o + d * TILE + i * LANES) = DN_AT(o + d * TILE + i * LANES) / total[i];
}

DN_CLONES
static void narrow_tile(const dn_esm_one_head *h, const float *q, int used, float *s, float *o)
{
    for (int i = 0; i < used; i++)
        vectors(h, q + i * LANES, 1, s + i * LANES, o + i * LANES);
}

#ifdef WIDE
WIDE static void wide_tile(const dn_esm_one_head *h, const float *q, int used, float *s, float *o)
{
    switch (used) {
    case 1:
        vectors(h, q, 1, s, o);
        break;
    case 2:
        vectors(h, q, 2, s, o);
        break;
    case 3:
        vectors(h, q, 3, s, o);
        break;
    default:
        vectors(h, q, 4, s, o);
    }
}
#endif

void dn_esm_attention(const dn_esm_one_head *h, int64_t width, float *scratch, float *out, int64_t stride)
{
    float *s = scratch, *o = scratch + BLOCK * TILE;
    void (*tile)(const dn_esm_one_head *, const float *, int, float *, float *) = narrow_tile;

#ifdef WIDE
    if (__builtin_cpu_supports("x86-64-v4"))
        tile = wide_tile;
#endif
    for (int64_t first = 0; first < h->n; first += TILE) {
        int64_t rows = h->n - first < TILE ? h->n - first : TILE;
        tile(h, h->q + first * h->dim, (int)((rows + LANES - 1) / LANES), s, o);
        for (int64_t r = 0; r < rows; r++)
            for (int64_t d = 0; d < width; d++)
                out[(first + r) * stride + d] = o[d * TILE + r];
    }
}

DN_CLONES
void dn_esm_exp2(int64_t n, float *x)
{
    for (int64_t i = 0; i < n; i += LANES) {
        float t[LANES] = {0};
        int64_t count = n - i < LANES ? n - i : LANES;
        memcpy(t, x + i, (size_t)count * sizeof *x);
        DN_EXP2(DN_AT(t), DN_PUT(t));
        memcpy(x + i, t, (size_t)count * sizeof *x);
    }
}
