/* dense.c - dense layer with ReLU; see dense.h */
#include "solvers/nn/dense.h"

#include <string.h>

DN_CLONES
static void add_bias(float *restrict y, int64_t rows, int64_t out, const float *restrict b, bool relu)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < out; j++) {
            float v = y[r * out + j] + b[j];
            y[r * out + j] = relu && v <= 0 ? 0 : v; /* a NaN stays and reaches the loss */
        }
}

dn_status dn_dense_forward(const float *x, int64_t rows, int64_t in, int64_t out, const float *w,
                           const float *b, bool relu, float *y, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_gemm(false, false, rows, out, in, x, w, false, y, err));
    add_bias(y, rows, out, b, relu);
out:
    return st;
}

DN_CLONES
static void undo_relu(const float *restrict y, float *restrict dy, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dy[i] = y[i] > 0 ? dy[i] : 0;
}

DN_CLONES
static void sum_columns(const float *restrict dy, int64_t rows, int64_t out, float *restrict db)
{
    memset(db, 0, (size_t)out * sizeof *db);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < out; j++)
            db[j] += dy[r * out + j];
}

dn_status dn_dense_backward(const float *x, int64_t rows, int64_t in, int64_t out, const float *w,
                            const float *y, bool relu, float *dy, float *opt_dw, float *db, float *opt_dx,
                            dn_error *err)
{
    dn_status st = DN_OK;

    if (relu)
        undo_relu(y, dy, rows * out);
    sum_columns(dy, rows, out, db);
    if (opt_dw != NULL)
        DN_TRY(dn_gemm(true, false, in, out, rows, x, dy, false, opt_dw, err));
    if (opt_dx != NULL)
        DN_TRY(dn_gemm(false, true, rows, in, out, dy, w, false, opt_dx, err));
out:
    return st;
}
