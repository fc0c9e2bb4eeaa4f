/* dense_block.c - a dense layer of fixed shape through oneDNN's matrix product; see dense_block.h */
#include "solvers/nn/dense_block.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/nn/onednn.h"

struct dn_dense_block {
    dn_onednn on;
    dn_onednn_product product;
    char *packed, *scratch;
    float *bias; /* [out] */
};

void dn_dense_block_destroy(dn_dense_block **handle)
{
    dn_dense_block *d = *handle;

    if (d == NULL)
        return;
    dn_onednn_destroy(&d->product);
    dn_onednn_close(&d->on);
    dn_free(d->packed);
    dn_free(d->scratch);
    dn_free(d->bias);
    dn_free(d);
    *handle = NULL;
}

dn_status dn_dense_block_create(const dn_dense_block_shape *s, const float *w, const float *b,
                                dn_dense_block **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_onednn_kind kind = {.rows = s->rows,
                                 .in = s->in,
                                 .out = s->out,
                                 .narrow_x = s->narrow_x,
                                 .narrow_y = s->narrow_y,
                                 .packed_w = true,
                                 .bias = true,
                                 .relu = s->relu};
    dn_dense_block *d = NULL;

    *out = NULL;
    DN_NEW(d, 1);
    DN_TRY(dn_onednn_open(&d->on, err));
    DN_TRY(dn_onednn_create(&d->on, &kind, &d->product, err));
    DN_NEW(d->packed, dn_onednn_weights(&d->product));
    DN_NEW(d->bias, (size_t)s->out);
    DN_NEW(d->scratch, dn_onednn_scratch(&d->product));
    DN_TRY(dn_onednn_pack(&d->product, false, w, d->packed, err));
    memcpy(d->bias, b, (size_t)s->out * sizeof *b);
    DN_TRY(dn_onednn_place(&d->product, DN_ONEDNN_W, d->packed, err));
    DN_TRY(dn_onednn_place(&d->product, DN_ONEDNN_B, d->bias, err));
    DN_TRY(dn_onednn_place(&d->product, DN_ONEDNN_SCRATCH, d->scratch, err));
    *out = d;
    d = NULL;
out:
    dn_dense_block_destroy(&d);
    return st;
}

dn_status dn_dense_block_run(const dn_dense_block *d, const void *x, void *y, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_onednn_place(&d->product, DN_ONEDNN_X, x, err));
    DN_TRY(dn_onednn_place(&d->product, DN_ONEDNN_Y, y, err));
    DN_TRY(dn_onednn_run(&d->product, err));
out:
    return st;
}
