/* dense.c - dense layer with ReLU; see dense.h */
#include "solvers/nn/dense.h"

#include <string.h>
#include "solvers/nn/lanes.h"

/* Up to so many units, and inputs, a product is sums along the inputs: for oneDNN such a matrix is too narrow
 * to pay for its packing. */
enum { FEW = 4, FEW_IN = 512 };

static bool is_few(int64_t in, int64_t out)
{
    return out <= FEW && in <= FEW_IN;
}

/* w [in, out] as [out, in] */
static void turn(const float *w, int64_t in, int64_t out, float *turned)
{
    for (int64_t j = 0; j < out; j++)
        for (int64_t i = 0; i < in; i++)
            turned[j * in + i] = w[i * out + j];
}

DN_CLONES
static void few_forward(const float *x, int64_t rows, int64_t in, int64_t out, const float *w, float *y)
{
    float turned[FEW * FEW_IN];

    turn(w, in, out, turned);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < out; j++)
            y[r * out + j] = dn_lanes_dot(x + r * in, turned + j * in, in);
}

DN_CLONES
static void few_backward(const float *restrict x, int64_t rows, int64_t in, int64_t out,
                         const float *restrict w, const float *restrict dy, float *restrict dw,
                         float *restrict opt_dx)
{
    float turned[FEW * FEW_IN], sum[FEW * FEW_IN];

    turn(w, in, out, turned);
    memset(sum, 0, (size_t)(in * out) * sizeof *sum);
    if (opt_dx != NULL)
        memset(opt_dx, 0, (size_t)(rows * in) * sizeof *opt_dx);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < out; j++) {
            const float d = dy[r * out + j];
            for (int64_t i = 0; i < in; i++)
                sum[j * in + i] += d * x[r * in + i];
            if (opt_dx != NULL)
                for (int64_t i = 0; i < in; i++)
                    opt_dx[r * in + i] += d * turned[j * in + i];
        }
    for (int64_t j = 0; j < out; j++)
        for (int64_t i = 0; i < in; i++)
            dw[i * out + j] = sum[j * in + i];
}

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

    if (is_few(in, out))
        few_forward(x, rows, in, out, w, y);
    else
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
                            const float *y, bool relu, float *dy, float *dw, float *db, float *opt_dx,
                            dn_error *err)
{
    dn_status st = DN_OK;

    if (relu)
        undo_relu(y, dy, rows * out);
    sum_columns(dy, rows, out, db);
    if (is_few(in, out)) {
        few_backward(x, rows, in, out, w, dy, dw, opt_dx);
        goto out;
    }
    DN_TRY(dn_gemm(true, false, in, out, rows, x, dy, false, dw, err));
    if (opt_dx != NULL)
        DN_TRY(dn_gemm(false, true, rows, in, out, dy, w, false, opt_dx, err));
out:
    return st;
}
