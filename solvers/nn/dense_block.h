/* dense_block.h - a dense layer prepared once for many blocks of one shape
 *
 *     y = x W + b, or max(0, x W + b);   x [rows, in], W [in, out], b [out], y [rows, out]
 *
 * Weights are packed as the kernels like them; bias and maximum are part of the product's last pass. What is
 * passed in and out is single precision or bfloat16 (the upper half of a float), sums are single precision in
 * any case. A row has the same bits wherever it stands in a block and whatever stands beside it. All
 * functions are local and run on the calling thread; one that OpenMP started must have called
 * omp_set_num_threads(1) before it creates a layer (kernels.h).
 */
#ifndef DN_NN_DENSE_BLOCK_H
#define DN_NN_DENSE_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_dense_block dn_dense_block;

typedef struct dn_dense_block_shape {
    int64_t rows, in, out;
    bool narrow_x, narrow_y; /* x (and W with it), y in bfloat16; y only when x is */
    bool relu;
} dn_dense_block_shape;

/* Copies w and b, which are single precision; with narrow_x, w is rounded to nearest even. Fails:
 * DN_EUNAVAILABLE bfloat16 on a CPU whose kernels have none; DN_ESOFTWARE (oneDNN), DN_ENOMEM */
DN_MUST_CHECK dn_status dn_dense_block_create(const dn_dense_block_shape *shape, const float *w,
                                              const float *b, dn_dense_block **out, dn_error *err);
void dn_dense_block_destroy(dn_dense_block **d);

/* x and y are of the types that the shape says and do not overlap. Fails: DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_dense_block_run(const dn_dense_block *d, const void *x, void *y, dn_error *err);

#endif
