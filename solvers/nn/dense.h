/* dense.h - dense layer with ReLU
 *
 *     y = max(0, x W + b),   x [rows, in], W [in, out], b [out], y [rows, out]
 *
 * All functions are local. Fails: DN_ESOFTWARE (oneDNN).
 */
#ifndef DN_NN_DENSE_H
#define DN_NN_DENSE_H

#include "solvers/nn/kernels.h"

/* relu false leaves out the max. */
DN_MUST_CHECK dn_status dn_dense_forward(const float *x, int64_t rows, int64_t in, int64_t out,
                                         const float *w, const float *b, bool relu, float *y, dn_error *err);

/* dy [rows, out] is the gradient of y on entry and of x W + b on return (ReLU undone through y when relu).
 * opt_dw [in, out], db [out] and opt_dx [rows, in] are overwritten; NULL: not wanted. */
DN_MUST_CHECK dn_status dn_dense_backward(const float *x, int64_t rows, int64_t in, int64_t out,
                                          const float *w, const float *y, bool relu, float *dy, float *opt_dw,
                                          float *db, float *opt_dx, dn_error *err);

#endif
