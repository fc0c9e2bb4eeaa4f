/* conv.c - the two convolutions of GENER; see conv.h */
#include "solvers/nn/conv.h"

#include "solvers/nn/kernels.h"
#include "solvers/nn/lanes.h"

DN_CLONES
void dn_conv_pair_forward(const float *restrict a, const float *restrict b, int64_t samples, int64_t filters,
                          const float *restrict w, const float *restrict bias, float *restrict y)
{
    int64_t length = samples - 1;

    for (int64_t f = 0; f < filters; f++) {
        float w0 = w[4 * f], w1 = w[4 * f + 1], w2 = w[4 * f + 2], w3 = w[4 * f + 3], c = bias[f];
        for (int64_t s = 0; s < length; s++)
            y[f * length + s] = c + w0 * a[s] + w1 * a[s + 1] + w2 * b[s] + w3 * b[s + 1];
    }
}

DN_CLONES
void dn_conv_pair_backward(const float *a, const float *b, int64_t samples, int64_t filters, const float *dy,
                           float *dw, float *dbias)
{
    int64_t length = samples - 1;

    for (int64_t f = 0; f < filters; f++) {
        const float *g = dy + f * length;
        dw[4 * f] += dn_lanes_dot(g, a, length);
        dw[4 * f + 1] += dn_lanes_dot(g, a + 1, length);
        dw[4 * f + 2] += dn_lanes_dot(g, b, length);
        dw[4 * f + 3] += dn_lanes_dot(g, b + 1, length);
        dbias[f] += dn_lanes_sum(g, length);
    }
}

/* y += w x */
static inline void axpy(const float *restrict x, int64_t n, float w, float *restrict y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += w * x[i];
}

static inline void fill(float *y, int64_t n, float v)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = v;
}

DN_CLONES
void dn_conv_point_forward(const float *restrict x, int64_t length, int64_t in, int64_t out,
                           const float *restrict w, const float *restrict bias, float *restrict y)
{
    for (int64_t g = 0; g < out; g++) {
        fill(y + g * length, length, bias[g]);
        for (int64_t f = 0; f < in; f++)
            axpy(x + f * length, length, w[g * in + f], y + g * length);
    }
}

DN_CLONES
void dn_conv_point_backward(const float *restrict x, int64_t length, int64_t in, int64_t out,
                            const float *restrict w, const float *restrict dy, float *restrict dw,
                            float *restrict dbias, float *restrict dx)
{
    for (int64_t g = 0; g < out; g++) {
        for (int64_t f = 0; f < in; f++)
            dw[g * in + f] += dn_lanes_dot(dy + g * length, x + f * length, length);
        dbias[g] += dn_lanes_sum(dy + g * length, length);
    }
    for (int64_t f = 0; f < in; f++) {
        fill(dx + f * length, length, 0);
        for (int64_t g = 0; g < out; g++)
            axpy(dy + g * length, length, w[g * in + f], dx + f * length);
    }
}
