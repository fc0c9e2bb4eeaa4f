/* dropout.h - masks that are a function of names
 *
 * Source: Srivastava et al., JMLR 15 (2014) 1929, with the kept units scaled by 1 / (1 - rate) in training.
 * The mask of a sample depends on (seed, epoch, layer, position of the sample in the epoch, unit) and on
 * nothing else: stream (seed, DN_RNG_DROPOUT, epoch, layer), item = position. At rate 0.5 unit u is kept when
 * bit u % 128 of block u / 128 is set (bit k of word j is bit 32 j + k); at other rates when the 16-bit
 * number u % 8 of block u / 8 (low half of a word first) is at least rate * 65536. All functions are local.
 */
#ifndef DN_NN_DROPOUT_H
#define DN_NN_DROPOUT_H

#include <stdint.h>
#include "solvers/base/bf16.h"
#include "solvers/base/rng.h"

/* 32-bit words of a mask of `units` bits, whole Philox blocks. */
int64_t dn_dropout_words(int64_t units);

/* Fill mask [dn_dropout_words(units)], bit u % 32 of word u / 32: unit u is kept. 0 <= rate < 1. */
void dn_dropout_mask(dn_rng stream, uint64_t position, float rate, int64_t units, uint32_t *mask);

/* The same of n positions in a row, mask [n, dn_dropout_words(units)]; at rate 0.5 faster than one by one. */
void dn_dropout_masks(dn_rng stream, uint64_t position, int64_t n, float rate, int64_t units, uint32_t *mask);

/* y[u] = kept ? (x[u] scale[u] + shift[u]) / (1 - rate) : 0; opt_mask NULL: all are kept, nothing is divided.
 */
void dn_dropout_affine(const uint32_t *opt_mask, float rate, int64_t units, const float *x,
                       const float *scale, const float *shift, float *y);

/* The same, rounded to bf16. */
void dn_dropout_affine_bf16(const uint32_t *opt_mask, float rate, int64_t units, const float *x,
                            const float *scale, const float *shift, dn_bf16 *y);

/* y[u] = kept ? x[u] / (1 - rate) : 0; y may be x. The backward pass is the same function on gradients. */
void dn_dropout_apply(const uint32_t *mask, float rate, int64_t units, const float *x, float *y);

#endif
