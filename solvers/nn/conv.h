/* conv.h - the two convolutions of GENER along the samples
 *
 *   pair   two profiles a, b [S] -> y [F, L], L = S - 1:
 *          y[f][s] = bias[f] + w[f][0] a[s] + w[f][1] a[s+1] + w[f][2] b[s] + w[f][3] b[s+1]
 *          (2 x 2 window on [2, S], valid; w [F, 4])
 *   point  x [F, L] -> y [G, L]:  y[g][s] = bias[g] + sum over f of w[g][f] x[f][s]   (1 x 1 window; w [G,
 * F])
 *
 * One sample a call; gradients of the parameters are added to. All functions are local.
 */
#ifndef DN_NN_CONV_H
#define DN_NN_CONV_H

#include <stdint.h>

void dn_conv_pair_forward(const float *a, const float *b, int64_t samples, int64_t filters, const float *w,
                          const float *bias, float *y);
void dn_conv_pair_backward(const float *a, const float *b, int64_t samples, int64_t filters, const float *dy,
                           float *dw, float *dbias);

void dn_conv_point_forward(const float *x, int64_t length, int64_t in, int64_t out, const float *w,
                           const float *bias, float *y);
/* dx [in, length] is overwritten. */
void dn_conv_point_backward(const float *x, int64_t length, int64_t in, int64_t out, const float *w,
                            const float *dy, float *dw, float *dbias, float *dx);

#endif
