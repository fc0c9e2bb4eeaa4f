/* packed.c - products with packed weights through oneDNN; see packed.h */
#include "solvers/nn/packed.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/nn/onednn.h"

struct dn_packed_product {
    dn_packed_kind kind;
    dn_onednn on;
    dn_onednn_product at[DN_PACKED_HEIGHTS]; /* the order of the weights is the same for all heights */
    char *scratch;
};

static int64_t height(int i)
{
    return DN_PACKED_ROWS >> (DN_PACKED_HEIGHTS - 1 - i);
}

static int height_index(int64_t rows)
{
    int i = 0;

    while (height(i) < rows)
        i++;
    return i;
}

int64_t dn_packed_height(int64_t rows)
{
    return height(height_index(rows));
}

dn_status dn_packed_create(const dn_packed_kind *kind, dn_packed_product **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_packed_product *p = NULL;
    dn_onednn_kind as = {.in = kind->in,
                         .out = kind->out,
                         .narrow_x = kind->bf16,
                         .narrow_y = kind->out_bf16,
                         .packed_w = true,
                         .bias = true,
                         .gelu = kind->gelu,
                         .add = kind->add};
    size_t scratch = 0;

    DN_NEW(p, 1);
    p->kind = *kind;
    DN_TRY(dn_onednn_open(&p->on, err));
    /* the first one made, of the largest height, chooses the order of the weights */
    for (int i = DN_PACKED_HEIGHTS - 1; i >= 0; i--) {
        size_t need;

        as.rows = height(i);
        DN_TRY(dn_onednn_create(&p->on, &as, &p->at[i], err));
        as.opt_order = dn_onednn_order(&p->at[i]);
        need = dn_onednn_scratch(&p->at[i]);
        scratch = need > scratch ? need : scratch;
    }
    DN_NEW(p->scratch, scratch);
    for (int i = 0; i < DN_PACKED_HEIGHTS; i++)
        DN_TRY(dn_onednn_place(&p->at[i], DN_ONEDNN_SCRATCH, p->scratch, err));
    *out = p;
    p = NULL;
out:
    dn_packed_destroy(&p);
    return st;
}

void dn_packed_destroy(dn_packed_product **product)
{
    dn_packed_product *p = *product;

    if (p == NULL)
        return;
    for (int i = 0; i < DN_PACKED_HEIGHTS; i++)
        dn_onednn_destroy(&p->at[i]);
    dn_onednn_close(&p->on);
    dn_free(p->scratch);
    dn_free(p);
    *product = NULL;
}

size_t dn_packed_bytes(const dn_packed_product *p)
{
    return dn_onednn_weights(&p->at[0]);
}

dn_status dn_packed_pack(dn_packed_product *p, const float *w, const float *b, const dn_packed *to,
                         dn_error *err)
{
    memcpy(to->b, b, (size_t)p->kind.out * sizeof *b);
    return dn_onednn_pack(&p->at[0], true, w, to->w, err);
}

dn_status dn_packed_run(dn_packed_product *p, const dn_packed *w, int64_t rows, const void *x, void *y,
                        dn_error *err)
{
    dn_status st = DN_OK;
    const dn_onednn_product *at = &p->at[height_index(rows)];

    DN_TRY(dn_onednn_place(at, DN_ONEDNN_W, w->w, err));
    DN_TRY(dn_onednn_place(at, DN_ONEDNN_B, w->b, err));
    DN_TRY(dn_onednn_place(at, DN_ONEDNN_X, x, err));
    DN_TRY(dn_onednn_place(at, DN_ONEDNN_Y, y, err));
    DN_TRY(dn_onednn_run(at, err));
out:
    return st;
}
