/* conv3.h - convolution of width 3 along the positions of one sequence
 *
 *     y[i][o] = bias[o] + sum over t = 0, 1, 2 and c of w[c][t][o] x[i + t - 1][c],   x[-1] = x[length] = 0
 *
 *   x [length, in], y [length, out], w [in, 3, out], bias [out]; length >= 1. PyTorch's Conv1d(in, out, 3,
 *   padding = 1) with weight[o][c][t] = w[c][t][o].
 *
 * One product with all three shifts of the weights side by side, [rows, in] x [in, 3 out], whose rows are
 * then added shifted: x is read where it lies, and nothing is padded. Shapes depend on length, in and out
 * alone, so the bits of a sequence do not depend on its company.
 *
 * All functions are local. Fail: DN_ESOFTWARE (oneDNN).
 */
#ifndef DN_NN_CONV3_H
#define DN_NN_CONV3_H

#include "solvers/nn/kernels.h"

/* Floats of scratch that one call needs. */
int64_t dn_conv3_scratch(int64_t length, int64_t out);

DN_MUST_CHECK dn_status dn_conv3_forward(const float *x, int64_t length, int64_t in, int64_t out,
                                         const float *w, const float *bias, float *scratch, float *y,
                                         dn_error *err);

/* dw and opt_dbias are added to, opt_dx [length, in] is overwritten; NULL: not wanted. */
DN_MUST_CHECK dn_status dn_conv3_backward(const float *x, int64_t length, int64_t in, int64_t out,
                                          const float *w, const float *dy, float *scratch, float *dw,
                                          float *opt_dbias, float *opt_dx, dn_error *err);

/* dx [length, in] alone, with the bits of opt_dx above. */
DN_MUST_CHECK dn_status dn_conv3_input_gradient(const float *dy, int64_t length, int64_t in, int64_t out,
                                                const float *w, float *scratch, float *dx, dn_error *err);

#endif
