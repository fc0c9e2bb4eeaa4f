/* rows.h - what happens to rows between the products of ESM-2. All functions are local. */
#ifndef DN_ESM_ROWS_H
#define DN_ESM_ROWS_H

#include <stdint.h>

/* y = (x - mean) / sqrt(variance + eps) scale + shift of each row; x and y [rows, width], y may be x. The
 * variance is the biased one. */
void dn_esm_norm_rows(const float *x, int64_t rows, int64_t width, const float *scale, const float *shift,
                      float eps, float *y);

/* x (1 + erf(x / sqrt 2)) / 2 in place, absolute error below 3e-7 times 1 + |x|. x [n] */
void dn_esm_gelu(int64_t n, float *x);

/* The same, rounded to bf16: y [n], not x */
void dn_esm_gelu_bf16(int64_t n, const float *x, uint16_t *y);

/* 10000^(-2 i / dim) for i < dim / 2, rounded as transformers does in f32 */
void dn_esm_frequencies(int64_t dim, float *out);

/* Cosine and sine [n, half] of position times frequency [half], the product in f32 as in transformers. */
void dn_esm_angles(int64_t n, int64_t half, const float *frequency, float *cosine, float *sine);

/* Turn the pairs (i, i + dim / 2) of `rows` rows, x_stride apart, into y, y_stride apart. */
void dn_esm_rotate(const float *x, int64_t x_stride, int64_t rows, int64_t dim, const float *cosine,
                   const float *sine, float *y, int64_t y_stride);

#endif
