/* dense_bf16.h - dense layer with ReLU whose products take bf16; see dense.h and bf16.h
 *
 *     y [rows, out] = relu(x [rows, in] w [in, out] + b)
 *
 * x is bf16, w and the gradient at y before the ReLU are rounded for the products; everything else is f32.
 * With tiles (dense_amx.h) weights are laid out once for many passes, and x is read where it stands.
 */
#ifndef DN_NN_DENSE_BF16_H
#define DN_NN_DENSE_BF16_H

#include "solvers/nn/bf16.h"
#include "solvers/nn/dense_amx.h"

typedef struct dn_dense_bf16 {
    int64_t rows, in, out;
    int64_t pitch; /* numbers from a row of x to the next, >= in */
    dn_bf16 *x;    /* [rows, pitch]  the caller fills [rows, in] before forward(); it stays for backward() */
    uint64_t version;                     /* of the weights that stand in w */
    dn_bf16 *w;                           /* [in, out]  rounded */
    dn_bf16 *dy;                          /* [rows, out]  without tiles */
    dn_product *forward, *weights, *data; /* without tiles; data: NULL without dx */
    dn_dense_amx *amx;                    /* NULL: no tiles */
} dn_dense_bf16;

/* A layer of one thread; d is overwritten, x is 0. dx: backward() also gives the gradient at x. Local.
 * Fails: DN_ENOMEM; d is to be released all the same */
DN_MUST_CHECK dn_status dn_dense_bf16_create(dn_dense_bf16 *d, int64_t rows, int64_t in, int64_t out, bool dx,
                                             dn_error *err);
void dn_dense_bf16_release(dn_dense_bf16 *d);

/* y from d->x. version: a number that tells these weights from those of any other call for this layer, so
 * that they are not rounded again; 0: nobody knows. Local. Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_dense_bf16_forward(dn_dense_bf16 *d, uint64_t version, const float *w,
                                              const float *b, float *y, dn_error *err);

/* dy [rows, out] is the gradient behind a norm of y with p [out], q [out], r [out], together slopes [3, out]:
 * at y it is p dy + q y + r (dn_norm_slopes(); p = 1, q = r = 0 without a norm) in the first `rows` rows, and
 * 0 in the others. dw [in, out] and db [out] are overwritten, and dx [rows, in] where the layer has one.
 * Local. Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_dense_bf16_backward(dn_dense_bf16 *d, int64_t rows, const float *y,
                                               const float *dy, const float *slopes, float *dw, float *db,
                                               float *opt_dx, dn_error *err);

#endif
