/* norm.c - batch normalisation in steps; see norm.h
 *
 * With length > 1 a row of a channel is contiguous and is summed in lanes; with length 1 the channels are,
 * and every channel is a lane of its own.
 */
#include "solvers/nn/norm.h"

#include <math.h>
#include <string.h>
#include "solvers/nn/kernels.h"
#include "solvers/nn/lanes.h"

enum { MAX_CHANNELS = 1024 };

static float inverse_sd(const dn_norm *n, const float *variance, int64_t c)
{
    return 1.0f / sqrtf(variance[c] + n->epsilon);
}

/* ---- sums over a stretch of one channel ---- */

DN_CLONES
static float stretch_sum(const float *x, int64_t n)
{
    return dn_lanes_sum(x, n);
}

DN_CLONES
static float stretch_squares(const float *x, int64_t n, float mean)
{
    dn_lanes sum = {0}, a, keep;
    float total = 0;
    int64_t i = 0;

    for (; i + 16 <= n; i += 16) {
        memcpy(&a, x + i, sizeof a);
        keep = a - mean;
        sum += keep * keep;
    }
    for (; i < n; i++)
        total += (x[i] - mean) * (x[i] - mean);
    return dn_lanes_total(&sum) + total;
}

/* sum of dy and of dy (x - mean) */
DN_CLONES
static void stretch_gradients(const float *x, const float *dy, int64_t n, float mean, float *out_dy,
                              float *out_dyx)
{
    dn_lanes sum = {0}, sum_x = {0}, a, g;
    float total = 0, total_x = 0;
    int64_t i = 0;

    for (; i + 16 <= n; i += 16) {
        memcpy(&a, x + i, sizeof a);
        memcpy(&g, dy + i, sizeof g);
        sum += g;
        sum_x += g * (a - mean);
    }
    for (; i < n; i++) {
        total += dy[i];
        total_x += dy[i] * (x[i] - mean);
    }
    *out_dy = dn_lanes_total(&sum) + total;
    *out_dyx = dn_lanes_total(&sum_x) + total_x;
}

/* ---- whole layers ---- */

DN_CLONES
static void dense_moments(const float *restrict x, int64_t rows, int64_t channels, float *mean,
                          float *variance)
{
    double sum[MAX_CHANNELS];

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
    int64_t stride = n->channels * n->length;
    double count = (double)(rows * n->length);

    if (n->length == 1 && n->channels <= MAX_CHANNELS) {
        dense_moments(x, rows, n->channels, mean, variance);
        return;
    }
    for (int64_t c = 0; c < n->channels; c++) {
        const float *from = x + c * n->length;
        double sum = 0, squares = 0;
        for (int64_t r = 0; r < rows; r++)
            sum += (double)stretch_sum(from + r * stride, n->length);
        mean[c] = (float)(sum / count);
        for (int64_t r = 0; r < rows; r++)
            squares += (double)stretch_squares(from + r * stride, n->length, mean[c]);
        variance[c] = (float)(squares / count);
    }
}

DN_CLONES
static void scale_shift(const float *x, int64_t n, float scale, float shift, float *y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] * scale + shift;
}

DN_CLONES
static void dense_forward(const dn_norm *n, const float *x, int64_t rows, const float *scale,
                          const float *shift, float *y)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < n->channels; c++)
            y[r * n->channels + c] = x[r * n->channels + c] * scale[c] + shift[c];
}

void dn_norm_affine(const dn_norm *n, const float *mean, const float *variance, float *scale, float *shift)
{
    for (int64_t c = 0; c < n->channels; c++) {
        scale[c] = n->gamma[c] * inverse_sd(n, variance, c);
        shift[c] = n->beta[c] - mean[c] * scale[c];
    }
}

void dn_norm_forward(const dn_norm *n, const float *x, int64_t rows, const float *mean, const float *variance,
                     float *y)
{
    float scale[MAX_CHANNELS], shift[MAX_CHANNELS];

    dn_norm_affine(n, mean, variance, scale, shift);
    if (n->length == 1) {
        dense_forward(n, x, rows, scale, shift, y);
        return;
    }
    for (int64_t rc = 0; rc < rows * n->channels; rc++)
        scale_shift(x + rc * n->length, n->length, scale[rc % n->channels], shift[rc % n->channels],
                    y + rc * n->length);
}

DN_CLONES
static void dense_sums(const dn_norm *n, const float *x, const float *dy, int64_t rows, const float *mean,
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
    double sum[MAX_CHANNELS] = {0}, sum_x[MAX_CHANNELS] = {0};

    if (n->length == 1)
        dense_sums(n, x, dy, rows, mean, sum, sum_x);
    else
        for (int64_t rc = 0; rc < rows * n->channels; rc++) {
            int64_t c = rc % n->channels;
            float s, sx;
            stretch_gradients(x + rc * n->length, dy + rc * n->length, n->length, mean[c], &s, &sx);
            sum[c] += (double)s;
            sum_x[c] += (double)sx;
        }
    dn_norm_gradients(n, variance, sum, sum_x, sum_dy, sum_dy_xhat);
}

/* dx = p dy + q x + r */
DN_CLONES
static void combine(const float *x, const float *dy, int64_t n, float p, float q, float r, float *dx)
{
    for (int64_t i = 0; i < n; i++)
        dx[i] = p * dy[i] + (q * x[i] + r);
}

DN_CLONES
static void dense_backward(const dn_norm *n, const float *x, const float *dy, int64_t rows, const float *p,
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
    float p[MAX_CHANNELS], q[MAX_CHANNELS], r[MAX_CHANNELS];

    dn_norm_slopes(n, mean, variance, sum_dy, sum_dy_xhat, count, p, q, r);
    if (n->length == 1) {
        dense_backward(n, x, dy, rows, p, q, r, dx);
        return;
    }
    for (int64_t rc = 0; rc < rows * n->channels; rc++) {
        int64_t c = rc % n->channels;
        combine(x + rc * n->length, dy + rc * n->length, n->length, p[c], q[c], r[c], dx + rc * n->length);
    }
}
