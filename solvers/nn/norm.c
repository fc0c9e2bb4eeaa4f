/* norm.c - batch normalisation in steps; see norm.h
 *
 * The channels of a row are contiguous: every channel is a lane of its own.
 */
#include "solvers/nn/norm.h"

#include <math.h>
#include <string.h>
#include "solvers/nn/kernels.h"

static float inverse_sd(const dn_norm *n, const float *variance, int64_t c)
{
    return 1.0f / sqrtf(variance[c] + n->epsilon);
}

DN_CLONES
static void moments(const float *restrict x, int64_t rows, int64_t channels, float *mean, float *variance)
{
    double sum[DN_NORM_CHANNELS];

    memset(sum, 0, (size_t)channels * sizeof *sum);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < channels; c++)
            sum[c] += (double)x[r * channels + c];
    for (int64_t c = 0; c < channels; c++)
        mean[c] = (float)(sum[c] / (double)rows);
    memset(sum, 0, (size_t)channels * sizeof *sum);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < channels; c++) {
            double d = (double)(x[r * channels + c] - mean[c]);
            sum[c] += d * d;
        }
    for (int64_t c = 0; c < channels; c++)
        variance[c] = (float)(sum[c] / (double)rows);
}

void dn_norm_moments(const dn_norm *n, const float *x, int64_t rows, float *mean, float *variance)
{
    moments(x, rows, n->channels, mean, variance);
}

void dn_norm_affine(const dn_norm *n, const float *mean, const float *variance, float *scale, float *shift)
{
    for (int64_t c = 0; c < n->channels; c++) {
        scale[c] = n->gamma[c] * inverse_sd(n, variance, c);
        shift[c] = n->beta[c] - mean[c] * scale[c];
    }
}

DN_CLONES
static void add_sums(const dn_norm *n, const float *x, const float *dy, int64_t rows, const float *mean,
                     double *sum, double *sum_x)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < n->channels; c++) {
            double g = (double)dy[r * n->channels + c];
            sum[c] += g;
            sum_x[c] += g * (double)(x[r * n->channels + c] - mean[c]);
        }
}

void dn_norm_gradients(const dn_norm *n, const float *variance, const double *sum, const double *sum_x,
                       float *sum_dy, float *sum_dy_xhat)
{
    for (int64_t c = 0; c < n->channels; c++) {
        sum_dy[c] = (float)sum[c];
        sum_dy_xhat[c] = (float)(sum_x[c] * (double)inverse_sd(n, variance, c));
    }
}

void dn_norm_sums(const dn_norm *n, const float *x, const float *dy, int64_t rows, const float *mean,
                  const float *variance, float *sum_dy, float *sum_dy_xhat)
{
    double sum[DN_NORM_CHANNELS] = {0}, sum_x[DN_NORM_CHANNELS] = {0};

    add_sums(n, x, dy, rows, mean, sum, sum_x);
    dn_norm_gradients(n, variance, sum, sum_x, sum_dy, sum_dy_xhat);
}

/* dx = p dy + q x + r */
DN_CLONES
static void combine(const dn_norm *n, const float *x, const float *dy, int64_t rows, const float *p,
                    const float *q, const float *r, float *dx)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < n->channels; c++) {
            int64_t at = i * n->channels + c;
            dx[at] = p[c] * dy[at] + (q[c] * x[at] + r[c]);
        }
}

void dn_norm_slopes(const dn_norm *n, const float *mean, const float *variance, const float *sum_dy,
                    const float *sum_dy_xhat, double count, float *p, float *q, float *r)
{
    for (int64_t c = 0; c < n->channels; c++) {
        float inverse = inverse_sd(n, variance, c);
        p[c] = n->gamma[c] * inverse;
        q[c] = -p[c] * inverse * (float)((double)sum_dy_xhat[c] / count);
        r[c] = -p[c] * (float)((double)sum_dy[c] / count) - q[c] * mean[c];
    }
}

void dn_norm_backward(const dn_norm *n, const float *x, const float *dy, int64_t rows, const float *mean,
                      const float *variance, const float *sum_dy, const float *sum_dy_xhat, double count,
                      float *dx)
{
    float p[DN_NORM_CHANNELS], q[DN_NORM_CHANNELS], r[DN_NORM_CHANNELS];

    dn_norm_slopes(n, mean, variance, sum_dy, sum_dy_xhat, count, p, q, r);
    combine(n, x, dy, rows, p, q, r, dx);
}
