/* norm.h - batch normalisation in steps, so that the statistics may come from elsewhere
 *
 *     x_hat = (x - mean) / sqrt(variance + epsilon),   y = gamma x_hat + beta
 *
 * Source: Ioffe & Szegedy, ICML 2015, arXiv:1502.03167, algorithm 1. The variance is the biased one.
 * x is [rows, channels]. Statistics run over the rows in their order, sums in double. Norms over positions
 * take theirs from kernels of their own (pair_convs, pool) and share what is in numbers per channel. All
 * functions are local.
 */
#ifndef DN_NN_NORM_H
#define DN_NN_NORM_H

#include <stdint.h>

enum { DN_NORM_CHANNELS = 1024 };

/* Shape and parameters of one layer; borrowed. */
typedef struct dn_norm {
    int64_t channels;          /* at most DN_NORM_CHANNELS */
    const float *gamma, *beta; /* [channels] */
    float epsilon;
} dn_norm;

/* mean [channels], variance [channels] of x, rows >= 1. */
void dn_norm_moments(const dn_norm *n, const float *x, int64_t rows, float *mean, float *variance);

/* sum_dy [channels] = sum of dy (the gradient of beta), sum_dy_xhat = sum of dy x_hat (the gradient of
 * gamma). */
void dn_norm_sums(const dn_norm *n, const float *x, const float *dy, int64_t rows, const float *mean,
                  const float *variance, float *sum_dy, float *sum_dy_xhat);

/* dx = gamma / sqrt(variance + epsilon) * (dy - sum_dy / count - x_hat sum_dy_xhat / count); dx may be dy.
 * count: values per channel that moments and sums were taken over. */
void dn_norm_backward(const dn_norm *n, const float *x, const float *dy, int64_t rows, const float *mean,
                      const float *variance, const float *sum_dy, const float *sum_dy_xhat, double count,
                      float *dx);

/* What dn_norm_sums() gives, from sum [channels] of dy and sum_x [channels] of dy (x - mean). */
void dn_norm_gradients(const dn_norm *n, const float *variance, const double *sum, const double *sum_x,
                       float *sum_dy, float *sum_dy_xhat);

/* The two passes in numbers per channel, for kernels that do more in one go: y = scale x + shift and
 * dx = p dy + q x + r. */
void dn_norm_affine(const dn_norm *n, const float *mean, const float *variance, float *scale, float *shift);
void dn_norm_slopes(const dn_norm *n, const float *mean, const float *variance, const float *sum_dy,
                    const float *sum_dy_xhat, double count, float *p, float *q, float *r);

#endif
