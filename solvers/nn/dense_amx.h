/* dense_amx.h - the products of a dense layer with ReLU on the tiles of AMX; see dense_bf16.h
 *
 * x [rows, in] stands in rows of `pitch` bf16, whole tiles: 0 behind `in` and behind the last row, up to a
 * multiple of 32 both ways. Only for CPUs where dn_bf16_tiles() holds. All functions are local.
 */
#ifndef DN_NN_DENSE_AMX_H
#define DN_NN_DENSE_AMX_H

#include <stdbool.h>
#include "solvers/base/bf16.h"
#include "solvers/base/error.h"

typedef struct dn_dense_amx dn_dense_amx;

/* dx: there will be calls of dn_dense_amx_back() with a dx. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_dense_amx_create(int64_t rows, int64_t in, int64_t out, bool dx,
                                            dn_dense_amx **out_d, dn_error *err);
void dn_dense_amx_destroy(dn_dense_amx **d);

/* bf16 from a row of x to the next, and of the whole x. */
int64_t dn_dense_amx_pitch(int64_t in);
int64_t dn_dense_amx_room(int64_t rows, int64_t in);

/* The weights of the calls to come, w [in, out]. */
void dn_dense_amx_weights(dn_dense_amx *d, const dn_bf16 *w);

/* y [rows, out] = relu(x w + b); x is 64-byte aligned. */
void dn_dense_amx_forward(const dn_dense_amx *d, const dn_bf16 *x, const float *b, float *y);

/* dn_dense_bf16_backward(). */
void dn_dense_amx_back(dn_dense_amx *d, int64_t rows, const dn_bf16 *x, const float *y, const float *dy,
                       const float *slopes, float *dw, float *db, float *opt_dx);

#endif
