/* gener_norms.c - the norms of GENER, each seen together with the dropout behind it; see gener_private.h */
#include <string.h>
#include "solvers/models/gener_private.h"
#include "solvers/nn/dropout.h"

static const float epsilon = 1e-3f;

dn_norm dn_gener_norm_of(const dn_work *k, int n, const float *w)
{
    static const int gamma[NORMS] = {NORM1_GAMMA, NORM2_GAMMA, NORM3_GAMMA, NORM4_GAMMA, NORM5_GAMMA};
    const dn_model *m = &k->g->model;

    return (dn_norm){.channels = m->norm[n].channels,
                     .gamma = w + m->tensor[gamma[n]].offset,
                     .beta = w + m->tensor[gamma[n] + 1].offset,
                     .epsilon = epsilon};
}

void dn_gener_take_moments(dn_work *k, int n, const float *w, const float *x)
{
    dn_norm norm = dn_gener_norm_of(k, n, w);
    float *mean = k->moments + k->g->model.norm[n].offset;

    dn_norm_moments(&norm, x, k->rows, mean, mean + norm.channels);
    k->counts[n] = (double)k->rows;
}

/* Of row r behind norm n; NULL: all are kept. */
static const uint32_t *mask_of(const dn_work *k, int n, int64_t r)
{
    return k->pass.train && k->g->options.dropout > 0 ? k->mask[n] + r * k->words[n] : NULL;
}

void dn_gener_normalise(const dn_work *k, int n, const float *w, const float *moments, const float *x,
                        float *z, int64_t pitch)
{
    dn_norm norm = dn_gener_norm_of(k, n, w);
    const float *mean = moments + k->g->model.norm[n].offset;
    float scale[WIDE], shift[WIDE];

    dn_norm_affine(&norm, mean, mean + norm.channels, scale, shift);
    for (int64_t r = 0; r < k->rows; r++)
        dn_dropout_affine(mask_of(k, n, r), k->g->options.dropout, norm.channels, x + r * norm.channels,
                          scale, shift, z + r * pitch);
    for (int64_t r = k->rows; r < k->capacity; r++)
        memset(z + r * pitch, 0, (size_t)norm.channels * sizeof *z);
}

void dn_gener_normalise_bf16(const dn_work *k, int n, const float *w, const float *x, dn_bf16 *z)
{
    dn_norm norm = dn_gener_norm_of(k, n, w);
    const float *mean = k->moments + k->g->model.norm[n].offset;
    float scale[WIDE], shift[WIDE];

    dn_norm_affine(&norm, mean, mean + norm.channels, scale, shift);
    for (int64_t r = 0; r < k->rows; r++)
        dn_dropout_affine_bf16(mask_of(k, n, r), k->g->options.dropout, WIDE, x + r * WIDE, scale, shift,
                               z + r * WIDE);
    memset(z + k->rows * WIDE, 0, (size_t)((k->capacity - k->rows) * WIDE) * sizeof *z);
}

/* d: gradient at the output of the dropout on entry, of the norm on return. Writes the gradients of gamma and
 * beta and the moment gradients. */
void dn_gener_begin_norm_backward(dn_work *k, int n, const float *w, const float *x, float *d, float *dw)
{
    dn_norm norm = dn_gener_norm_of(k, n, w);
    int64_t at = k->g->model.norm[n].offset, units = norm.channels;
    float *sums = k->moment_gradients + at, *mean = k->moments + at;

    for (int64_t r = 0; k->g->options.dropout > 0 && r < k->rows; r++)
        dn_dropout_apply(k->mask[n] + r * k->words[n], k->g->options.dropout, units, d + r * units,
                         d + r * units);
    dn_norm_sums(&norm, x, d, k->rows, mean, mean + norm.channels, sums, sums + norm.channels);
    memcpy(dw + (norm.beta - w), sums, (size_t)norm.channels * sizeof *dw);
    memcpy(dw + (norm.gamma - w), sums + norm.channels, (size_t)norm.channels * sizeof *dw);
}

/* d: gradient at the output of the norm on entry, at its input x on return. */
void dn_gener_end_norm_backward(dn_work *k, int n, const float *w, const float *x, float *d)
{
    dn_norm norm = dn_gener_norm_of(k, n, w);
    int64_t at = k->g->model.norm[n].offset, units = norm.channels;
    const float *sums = k->moment_gradients + at, *mean = k->moments + at;

    dn_norm_backward(&norm, x, d, k->rows, mean, mean + norm.channels, sums, sums + norm.channels,
                     k->counts[n], d);
    memset(d + k->rows * units, 0, (size_t)((k->capacity - k->rows) * units) * sizeof *d);
}

/* Gradients of gamma and beta, and the moment gradients, of a norm n of c channels from sums of the gradient
 * at its output and of that times (x - mean). */
void dn_gener_keep_norm_sums(dn_work *k, int n, const float *w, const double *sum, const double *sum_x,
                             float *dw)
{
    dn_norm norm = dn_gener_norm_of(k, n, w);
    int64_t at = k->g->model.norm[n].offset;
    float *sums = k->moment_gradients + at, *variance = k->moments + at + norm.channels;

    dn_norm_gradients(&norm, variance, sum, sum_x, sums, sums + norm.channels);
    memcpy(dw + (norm.beta - w), sums, (size_t)norm.channels * sizeof *dw);
    memcpy(dw + (norm.gamma - w), sums + norm.channels, (size_t)norm.channels * sizeof *dw);
}

/* The backward pass of a norm as p dy + q x + r. */
void dn_gener_norm_slopes(const dn_work *k, int n, const float *w, float *p, float *q, float *r)
{
    dn_norm norm = dn_gener_norm_of(k, n, w);
    int64_t at = k->g->model.norm[n].offset;
    const float *mean = k->moments + at, *sums = k->moment_gradients + at;

    dn_norm_slopes(&norm, mean, mean + norm.channels, sums, sums + norm.channels, k->counts[n], p, q, r);
}
