/* normalise.c - expression made comparable between genes or between samples; see normalise.h */
#include "solvers/stats/normalise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"

/* ---- names ---- */

static const char *const names[DN_NORMALISATIONS] = {"zscore-gene", "none", "zscore-sample", "quantile"};

bool dn_normalisation_find(const char *name, dn_normalisation *out)
{
    for (int k = 0; k < DN_NORMALISATIONS; k++)
        if (strcmp(name, names[k]) == 0) {
            *out = (dn_normalisation)k;
            return true;
        }
    return false;
}

bool dn_normalisation_across_genes(dn_normalisation kind)
{
    return kind == DN_ZSCORE_SAMPLE || kind == DN_QUANTILE;
}

/* ---- z-scores ---- */

typedef struct moments {
    int64_t have;
    double mean, sd; /* sd 0: no variance */
} moments;

/* Of n values that stand `stride` apart. */
static moments measure(const float *x, int64_t n, int64_t stride)
{
    moments m = {0};
    double sum = 0, squares = 0;

    for (int64_t i = 0; i < n; i++)
        if (!isnan(x[i * stride])) {
            sum += (double)x[i * stride];
            m.have++;
        }
    m.mean = m.have > 0 ? sum / (double)m.have : 0;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(x[i * stride]))
            squares += ((double)x[i * stride] - m.mean) * ((double)x[i * stride] - m.mean);
    m.sd = m.have > 0 ? sqrt(squares / (double)m.have) : 0;
    /* below the rounding of the values themselves there is no variance */
    if (m.sd <= 1e-6 * fabs(m.mean))
        m.sd = 0;
    return m;
}

static bool is_flat(moments m)
{
    return m.have > 0 && !(m.sd > 0);
}

/* Returns whether there are values that are all alike. */
static bool zscore(float *x, int64_t n, int64_t stride)
{
    moments m = measure(x, n, stride);

    for (int64_t i = 0; i < n; i++) {
        float *v = &x[i * stride];
        *v = isnan(*v) || !(m.sd > 0) ? 0.0f : (float)(((double)*v - m.mean) / m.sd);
    }
    return is_flat(m);
}

void dn_zscore_genes(float *x, int64_t genes, int64_t samples, int64_t *out_flat)
{
    *out_flat = 0;
    for (int64_t g = 0; g < genes; g++)
        *out_flat += zscore(x + g * samples, samples, 1);
}

int64_t dn_flat_genes(const float *x, int64_t genes, int64_t samples)
{
    int64_t flat = 0;

    for (int64_t g = 0; g < genes; g++)
        flat += is_flat(measure(x + g * samples, samples, 1));
    return flat;
}

void dn_zscore_sample(float *x, int64_t genes, int64_t samples, int64_t s)
{
    (void)zscore(x + s, genes, samples);
}

void dn_fill_missing(float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (isnan(x[i]))
            x[i] = 0;
}

/* ---- quantiles ---- */

static int rising(const void *a, const void *b)
{
    const dn_ranked *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->gene < y->gene ? -1 : x->gene > y->gene;
}

/* The values of sample s in rising order; returns how many there are. */
static int64_t sort_sample(const float *x, int64_t genes, int64_t samples, int64_t s, dn_ranked *out)
{
    int64_t n = 0;

    for (int64_t g = 0; g < genes; g++)
        if (!isnan(x[g * samples + s]))
            out[n++] = (dn_ranked){x[g * samples + s], (int32_t)g};
    if (n > 0)
        qsort(out, (size_t)n, sizeof *out, rising);
    return n;
}

bool dn_quantile_curve(const float *x, int64_t genes, int64_t samples, int64_t s, dn_ranked *scratch,
                       double *out)
{
    int64_t n = sort_sample(x, genes, samples, s, scratch);

    if (n == 0)
        return false;
    for (int64_t i = 0; i < genes; i++) {
        double at = genes > 1 ? (double)i * (double)(n - 1) / (double)(genes - 1) : 0;
        int64_t low = (int64_t)at;
        double y = (double)scratch[low].value;

        if (low < n - 1)
            y += (at - (double)low) * ((double)scratch[low + 1].value - y);
        out[i] = y;
    }
    return true;
}

/* target [genes] at `at` of its points, 0 <= at <= genes - 1. */
static double read_target(const double *target, int64_t genes, double at)
{
    int64_t low = (int64_t)at;

    if (low >= genes - 1)
        return target[genes - 1];
    return target[low] + (at - (double)low) * (target[low + 1] - target[low]);
}

void dn_quantile_sample(float *x, int64_t genes, int64_t samples, int64_t s, const double *target,
                        dn_ranked *scratch)
{
    int64_t n = sort_sample(x, genes, samples, s, scratch);

    for (int64_t first = 0, last; first < n; first = last + 1) {
        double rank, at;

        for (last = first; last + 1 < n && !(scratch[last + 1].value > scratch[first].value);)
            last++;
        rank = (double)(first + last) / 2; /* from 0 */
        at = n > 1 ? rank * (double)(genes - 1) / (double)(n - 1) : (double)(genes - 1) / 2;
        for (int64_t i = first; i <= last; i++)
            x[scratch[i].gene * samples + s] = (float)read_target(target, genes, at);
    }
}

dn_status dn_quantile_samples(float *x, int64_t genes, int64_t samples, dn_error *err)
{
    dn_status st = DN_OK;
    dn_ranked *scratch = NULL;            /* [genes] */
    double *curve = NULL, *target = NULL; /* [genes] */
    int64_t curves = 0;

    DN_NEW(scratch, (size_t)genes);
    DN_NEW(curve, (size_t)genes);
    DN_NEW(target, (size_t)genes);
    for (int64_t s = 0; s < samples; s++) {
        if (!dn_quantile_curve(x, genes, samples, s, scratch, curve))
            continue;
        curves++;
        for (int64_t g = 0; g < genes; g++)
            target[g] += curve[g];
    }
    for (int64_t g = 0; g < genes && curves > 0; g++)
        target[g] /= (double)curves;
    for (int64_t s = 0; s < samples; s++)
        dn_quantile_sample(x, genes, samples, s, target, scratch);
out:
    dn_free(scratch);
    dn_free(curve);
    dn_free(target);
    return st;
}

dn_status dn_normalise(dn_normalisation kind, float *x, int64_t genes, int64_t samples, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t flat;

    if (kind == DN_QUANTILE)
        DN_TRY(dn_quantile_samples(x, genes, samples, err));
    if (kind == DN_QUANTILE || kind == DN_ZSCORE_GENE)
        dn_zscore_genes(x, genes, samples, &flat);
    for (int64_t s = 0; s < samples && kind == DN_ZSCORE_SAMPLE; s++)
        dn_zscore_sample(x, genes, samples, s);
    if (kind == DN_NORMALISE_NONE)
        dn_fill_missing(x, genes * samples);
out:
    return st;
}
