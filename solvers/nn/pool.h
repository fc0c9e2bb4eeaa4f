/* pool.h - what stands between two convolutions along positions: norm, ReLU, max pool of 2, in one pass
 *
 *     z[j][c] = max(0, n[2 j][c], n[2 j + 1][c]),   n[i][c] = scale[c] y[i][c] + shift[c]
 *
 *   y [length, channels], z [(length + 1) / 2, channels]; an odd last position stands alone. Of two equal
 *   values the first gets the gradient. The norm's statistics are over many sequences, so its passes are
 *   split: moments are tallied over sequences, and so are the sums of its backward pass. scale, shift are
 *   those of dn_norm_affine(), p, q, r those of dn_norm_slopes().
 *
 * All functions are local; sums of at most 64 positions are in single precision, of these in double.
 */
#ifndef DN_NN_POOL_H
#define DN_NN_POOL_H

#include <stdint.h>

/* Mean and squared deviations per channel so far; starts as count 0 and zeros. Source: Chan, Golub & LeVeque,
 * Am. Stat. 37 (1983) 242, eq. 2.1. */
typedef struct dn_tally {
    int64_t channels; /* <= 1024 */
    double count;
    double *mean, *m2; /* [channels] */
} dn_tally;

/* Add y [length, channels], each position `copies` times. */
void dn_tally_add(dn_tally *t, const float *y, int64_t length, int64_t copies);

/* mean [channels] and biased variance [channels]; count > 0. */
void dn_tally_moments(const dn_tally *t, float *mean, float *variance);

void dn_pool_forward(const float *y, int64_t length, int64_t channels, const float *scale, const float *shift,
                     float *z);

/* dz [(length + 1) / 2, channels]: gradient of z, zero where z is 0. With dn the gradient of n, adds to sum
 * [channels] its sum and to sum_x [channels] that of dn (y - mean). */
void dn_pool_sums(const float *y, int64_t length, int64_t channels, const float *scale, const float *shift,
                  const float *mean, const float *dz, double *sum, double *sum_x);

/* dy = p dn + copies (q y + r) */
void dn_pool_backward(const float *y, int64_t length, int64_t channels, const float *scale,
                      const float *shift, const float *p, const float *q, const float *r, int64_t copies,
                      const float *dz, float *dy);

/* Largest value of every channel of z [length, channels] and the first position that has it. */
void dn_pool_top(const float *z, int64_t length, int64_t channels, float *top, int32_t *position);

#endif
