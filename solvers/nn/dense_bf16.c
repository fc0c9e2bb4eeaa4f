/* dense_bf16.c - dense layer with ReLU whose products take bf16; see dense_bf16.h */
#include "solvers/nn/dense_bf16.h"

#include "solvers/base/alloc.h"
#include "solvers/nn/kernels.h"

dn_status dn_dense_bf16_create(dn_dense_bf16 *d, int64_t rows, int64_t in, int64_t out, bool dx,
                               dn_error *err)
{
    dn_status st = DN_OK;

    *d = (dn_dense_bf16){.rows = rows, .in = in, .out = out};
    DN_NEW(d->w, (size_t)(in * out));
    if (dn_bf16_tiles()) {
        d->pitch = dn_dense_amx_pitch(in);
        DN_NEW(d->x, (size_t)dn_dense_amx_room(rows, in));
        DN_TRY(dn_dense_amx_create(rows, in, out, dx, &d->amx, err));
        goto out;
    }
    d->pitch = in;
    DN_NEW(d->x, (size_t)(rows * in));
    DN_NEW(d->dy, (size_t)(rows * out));
    DN_TRY(dn_product_create(false, false, rows, out, in, &d->forward, err));
    DN_TRY(dn_product_create(true, false, in, out, rows, &d->weights, err));
    if (dx)
        DN_TRY(dn_product_create(false, true, rows, in, out, &d->data, err));
out:
    return st;
}

void dn_dense_bf16_release(dn_dense_bf16 *d)
{
    dn_free(d->x);
    dn_free(d->w);
    dn_free(d->dy);
    d->x = d->w = d->dy = NULL;
    dn_dense_amx_destroy(&d->amx);
    dn_product_destroy(&d->forward);
    dn_product_destroy(&d->weights);
    dn_product_destroy(&d->data);
}

DN_CLONES
static void add_bias(float *restrict y, int64_t rows, int64_t out, const float *restrict b)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < out; j++) {
            float v = y[r * out + j] + b[j];
            y[r * out + j] = v <= 0 ? 0 : v; /* a NaN stays and reaches the loss */
        }
}

dn_status dn_dense_bf16_forward(dn_dense_bf16 *d, uint64_t version, const float *w, const float *b, float *y,
                                dn_error *err)
{
    dn_status st = DN_OK;

    if (version == 0 || version != d->version) {
        dn_bf16_narrow(w, d->in * d->out, d->w);
        if (d->amx != NULL)
            dn_dense_amx_weights(d->amx, d->w);
        d->version = version;
    }
    if (d->amx != NULL) {
        dn_dense_amx_forward(d->amx, d->x, b, y);
        return DN_OK;
    }
    DN_TRY(dn_product_run(d->forward, d->x, d->w, y, err));
    add_bias(y, d->rows, d->out, b);
out:
    return st;
}

/* The gradient through the ReLU, rounded; db its sum before the rounding. */
DN_CLONES
static void undo_relu(const float *restrict y, const float *restrict dy, const float *restrict slopes,
                      int64_t rows, int64_t out, float *restrict db, dn_bf16 *restrict to)
{
    const float *p = slopes, *q = p + out, *z = q + out;

    memset(db, 0, (size_t)out * sizeof *db);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < out; j++) {
            float v = p[j] * dy[r * out + j] + (q[j] * y[r * out + j] + z[j]);
            v = y[r * out + j] > 0 ? v : 0;
            db[j] += v;
            to[r * out + j] = dn_bf16_round(v);
        }
}

dn_status dn_dense_bf16_backward(dn_dense_bf16 *d, int64_t rows, const float *y, const float *dy,
                                 const float *slopes, float *dw, float *db, float *opt_dx, dn_error *err)
{
    dn_status st = DN_OK;

    if (d->amx != NULL) {
        dn_dense_amx_back(d->amx, rows, d->x, y, dy, slopes, dw, db, opt_dx);
        return DN_OK;
    }
    undo_relu(y, dy, slopes, rows, d->out, db, d->dy);
    memset(d->dy + rows * d->out, 0, (size_t)((d->rows - rows) * d->out) * sizeof *d->dy);
    DN_TRY(dn_product_run(d->weights, d->x, d->dy, dw, err));
    if (opt_dx != NULL)
        DN_TRY(dn_product_run(d->data, d->dy, d->w, opt_dx, err));
out:
    return st;
}
