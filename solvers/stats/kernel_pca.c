/* kernel_pca.c - orthogonal iteration on a centred kernel; see kernel_pca.h */
#include "solvers/stats/kernel_pca.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"
#include "solvers/base/rng.h"

enum { ITERATIONS = 40 };

typedef struct iteration {
    const float *like;
    int64_t n, m, k;
    const int64_t *fitted;
    double *mean;  /* [m]  of the rows of K */
    double *q, *z; /* [m, k]  columns are the vectors */
    double *size;  /* [k]  q_c' K' q_c */
} iteration;

/* y += a x */
DN_CLONES static void add_scaled(double *y, double a, const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

/* row [k] of K q for a thing: the columns of q add up to 0, so centring is only that of the fitted. */
static void project(const iteration *s, int64_t thing, double *row)
{
    const float *like = s->like + thing * s->n;

    memset(row, 0, (size_t)s->k * sizeof *row);
    for (int64_t j = 0; j < s->m; j++)
        add_scaled(row, (double)like[s->fitted[j]] - s->mean[j], s->q + j * s->k, s->k);
}

/* Take the mean off every column, then make the columns orthonormal in their order; what is left of a
 * dependent one is set to 0. */
static void orthonormal(iteration *s)
{
    int64_t m = s->m, k = s->k;

    for (int64_t c = 0; c < k; c++) {
        double mean = 0, before = 0, after = 0;
        for (int64_t i = 0; i < m; i++)
            mean += s->z[i * k + c] / (double)m;
        for (int64_t i = 0; i < m; i++) {
            s->z[i * k + c] -= mean;
            before += s->z[i * k + c] * s->z[i * k + c];
        }
        for (int pass = 0; pass < 2; pass++)
            for (int64_t d = 0; d < c; d++) {
                double dot = 0;
                for (int64_t i = 0; i < m; i++)
                    dot += s->z[i * k + c] * s->z[i * k + d];
                for (int64_t i = 0; i < m; i++)
                    s->z[i * k + c] -= dot * s->z[i * k + d];
            }
        for (int64_t i = 0; i < m; i++)
            after += s->z[i * k + c] * s->z[i * k + c];
        for (int64_t i = 0; i < m; i++)
            s->z[i * k + c] = after > 1e-20 * before ? s->z[i * k + c] / sqrt(after) : 0;
    }
}

static void start(iteration *s)
{
    dn_rng stream = dn_rng_stream(0, DN_RNG_BASIS, 0, 0);

    for (int64_t i = 0; i < s->m; i++)
        for (int64_t j = 0; j < s->m; j++)
            s->mean[i] += (double)s->like[s->fitted[i] * s->n + s->fitted[j]] / (double)s->m;
    for (int64_t e = 0; e < s->m * s->k; e++)
        s->z[e] = dn_rng_normal(stream, (uint64_t)e);
}

static void iterate(iteration *s)
{
    double *swap;

    for (int round = 0; round <= ITERATIONS; round++) {
        orthonormal(s);
        swap = s->q;
        s->q = s->z;
        s->z = swap;
        for (int64_t i = 0; i < s->m; i++)
            project(s, s->fitted[i], s->z + i * s->k);
    }
    for (int64_t i = 0; i < s->m; i++)
        for (int64_t c = 0; c < s->k; c++)
            s->size[c] += s->q[i * s->k + c] * s->z[i * s->k + c];
}

/* -1 where the first of the largest entries of q_c is negative; those within a millionth are as large. */
static double sign_of(const iteration *s, int64_t c)
{
    double most = 0;

    for (int64_t i = 0; i < s->m; i++)
        most = fmax(most, fabs(s->q[i * s->k + c]));
    for (int64_t i = 0; i < s->m; i++)
        if (fabs(s->q[i * s->k + c]) >= (1 - 1e-6) * most)
            return s->q[i * s->k + c] < 0 ? -1 : 1;
    return 1;
}

/* What a size must exceed: less is the rounding of likenesses in single precision, as eigenvalues of things
 * that are all alike are, and must not be blown up. */
static double rounding(const iteration *s)
{
    double trace = 0;

    for (int64_t i = 0; i < s->m; i++)
        trace += fabs((double)s->like[s->fitted[i] * s->n + s->fitted[i]]);
    return 1e-7 * trace;
}

/* A fitted thing's coordinate is q sqrt(size): scaled so that their mean square is 1. */
static void scale(const iteration *s, dn_kernel_pca *out)
{
    double square = 0, least = rounding(s);

    for (int64_t c = 0; c < s->k; c++)
        square += s->size[c] > least ? s->size[c] : 0;
    for (int64_t c = 0; c < s->k; c++) {
        double by =
            s->size[c] > least ? sign_of(s, c) * sqrt((double)(s->m * s->k) / square / s->size[c]) : 0;
        for (int64_t i = 0; i < s->m; i++)
            out->weight[i * s->k + c] = s->q[i * s->k + c] * by;
    }
}

dn_status dn_kernel_pca_fit(const float *like, int64_t n, const int64_t *fitted, int64_t m,
                            int64_t components, dn_kernel_pca *out, dn_error *err)
{
    dn_status st = DN_OK;
    iteration s = {.like = like, .n = n, .m = m, .k = components, .fitted = fitted};

    *out = (dn_kernel_pca){.fitted = m, .components = components};
    DN_NEW(out->which, (size_t)m + 1);
    DN_NEW(out->mean, (size_t)m + 1);
    DN_NEW(out->weight, (size_t)(m * components) + 1);
    DN_NEW(s.q, (size_t)(m * components) + 1);
    DN_NEW(s.z, (size_t)(m * components) + 1);
    DN_NEW(s.size, (size_t)components);
    s.mean = out->mean;
    start(&s);
    iterate(&s);
    scale(&s, out);
    for (int64_t i = 0; i < m; i++)
        out->which[i] = fitted[i];
out:
    dn_free(s.q);
    dn_free(s.z);
    dn_free(s.size);
    if (st != DN_OK)
        dn_kernel_pca_destroy(out);
    return st;
}

void dn_kernel_pca_destroy(dn_kernel_pca *pca)
{
    dn_free(pca->which);
    dn_free(pca->mean);
    dn_free(pca->weight);
    *pca = (dn_kernel_pca){0};
}

void dn_kernel_pca_place(const dn_kernel_pca *pca, const float *like, float *out)
{
    for (int64_t c = 0; c < pca->components; c++) {
        double sum = 0;
        for (int64_t i = 0; i < pca->fitted; i++)
            sum += ((double)like[pca->which[i]] - pca->mean[i]) * pca->weight[i * pca->components + c];
        out[c] = (float)sum;
    }
}
