/* pool.c - norm, ReLU and max pool of 2 in one pass; see pool.h
 *
 * A NaN stays: comparisons are written so that it wins.
 */
#include "solvers/nn/pool.h"

#include <string.h>
#include "solvers/base/clones.h"

enum { BLOCK = 64, MAX_CHANNELS = 1024 };

/* ---- moments over sequences ---- */

/* mean and squared deviations of one block */
DN_CLONES
static void block_moments(const float *restrict y, int64_t rows, int64_t channels, float *restrict mean,
                          float *restrict m2)
{
    memset(mean, 0, (size_t)channels * sizeof *mean);
    memset(m2, 0, (size_t)channels * sizeof *m2);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < channels; c++)
            mean[c] += y[i * channels + c];
    for (int64_t c = 0; c < channels; c++)
        mean[c] /= (float)rows;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < channels; c++) {
            float d = y[i * channels + c] - mean[c];
            m2[c] += d * d;
        }
}

void dn_tally_add(dn_tally *t, const float *y, int64_t length, int64_t copies)
{
    float mean[MAX_CHANNELS], m2[MAX_CHANNELS];

    for (int64_t at = 0; at < length; at += BLOCK) {
        int64_t rows = length - at < BLOCK ? length - at : BLOCK;
        double n = (double)(rows * copies), total = t->count + n;
        block_moments(y + at * t->channels, rows, t->channels, mean, m2);
        for (int64_t c = 0; c < t->channels; c++) {
            double apart = (double)mean[c] - t->mean[c];
            t->mean[c] += apart * (n / total);
            t->m2[c] += (double)copies * (double)m2[c] + apart * apart * (t->count * n / total);
        }
        t->count = total;
    }
}

void dn_tally_moments(const dn_tally *t, float *mean, float *variance)
{
    for (int64_t c = 0; c < t->channels; c++) {
        mean[c] = (float)t->mean[c];
        variance[c] = (float)(t->m2[c] / t->count);
    }
}

/* ---- forward ---- */

static inline float relu(float v)
{
    return v <= 0 ? 0 : v;
}

DN_CLONES
void dn_pool_forward(const float *restrict y, int64_t length, int64_t channels, const float *restrict scale,
                     const float *restrict shift, float *restrict z)
{
    int64_t i = 0;

    for (; i + 1 < length; i += 2, y += 2 * channels, z += channels)
        for (int64_t c = 0; c < channels; c++) {
            float first = scale[c] * y[c] + shift[c], second = scale[c] * y[channels + c] + shift[c];
            int wins = (second > first) | (second != second);
            z[c] = relu(wins ? second : first);
        }
    for (int64_t c = 0; i < length && c < channels; c++)
        z[c] = relu(scale[c] * y[c] + shift[c]);
}

DN_CLONES
void dn_pool_top(const float *restrict z, int64_t length, int64_t channels, float *restrict top,
                 int32_t *restrict position)
{
    memcpy(top, z, (size_t)channels * sizeof *top);
    memset(position, 0, (size_t)channels * sizeof *position);
    for (int64_t i = 1; i < length; i++)
        for (int64_t c = 0; c < channels; c++) {
            float v = z[i * channels + c];
            int wins = (v > top[c]) | (v != v);
            top[c] = wins ? v : top[c];
            position[c] = wins ? (int32_t)i : position[c];
        }
}

/* ---- backward ---- */

/* A block of whole pairs, and the odd last position when there is one. */
DN_CLONES
static void block_sums(const float *restrict y, int64_t rows, int64_t channels, const float *restrict scale,
                       const float *restrict shift, const float *restrict mean, const float *restrict dz,
                       float *restrict sum, float *restrict sum_x)
{
    int64_t i = 0;

    for (; i + 1 < rows; i += 2, y += 2 * channels, dz += channels)
        for (int64_t c = 0; c < channels; c++) {
            float first = scale[c] * y[c] + shift[c], second = scale[c] * y[channels + c] + shift[c];
            float x = second > first ? y[channels + c] : y[c];
            sum[c] += dz[c];
            sum_x[c] += dz[c] * (x - mean[c]);
        }
    for (int64_t c = 0; i < rows && c < channels; c++) {
        sum[c] += dz[c];
        sum_x[c] += dz[c] * (y[c] - mean[c]);
    }
}

void dn_pool_sums(const float *y, int64_t length, int64_t channels, const float *scale, const float *shift,
                  const float *mean, const float *dz, double *sum, double *sum_x)
{
    float part[MAX_CHANNELS], part_x[MAX_CHANNELS];

    for (int64_t at = 0; at < length; at += BLOCK) {
        int64_t rows = length - at < BLOCK ? length - at : BLOCK;
        memset(part, 0, (size_t)channels * sizeof *part);
        memset(part_x, 0, (size_t)channels * sizeof *part_x);
        block_sums(y + at * channels, rows, channels, scale, shift, mean, dz + at / 2 * channels, part,
                   part_x);
        for (int64_t c = 0; c < channels; c++) {
            sum[c] += (double)part[c];
            sum_x[c] += (double)part_x[c];
        }
    }
}

DN_CLONES
void dn_pool_backward(const float *restrict y, int64_t length, int64_t channels, const float *restrict scale,
                      const float *restrict shift, const float *restrict p, const float *restrict q,
                      const float *restrict r, int64_t copies, const float *restrict dz, float *restrict dy)
{
    float m = (float)copies;
    int64_t i = 0;

    for (; i + 1 < length; i += 2, y += 2 * channels, dy += 2 * channels, dz += channels)
        for (int64_t c = 0; c < channels; c++) {
            float first = scale[c] * y[c] + shift[c], second = scale[c] * y[channels + c] + shift[c];
            float d = p[c] * dz[c], all = second > first ? 0.0f : d;
            dy[c] = all + m * (q[c] * y[c] + r[c]);
            dy[channels + c] = (d - all) + m * (q[c] * y[channels + c] + r[c]);
        }
    for (int64_t c = 0; i < length && c < channels; c++)
        dy[c] = p[c] * dz[c] + m * (q[c] * y[c] + r[c]);
}
