/* packed.c - products with packed weights through oneDNN; see packed.h */
#include "solvers/nn/packed.h"

#include <dnnl.h>
#include <string.h>
#include "solvers/base/alloc.h"

struct dn_packed_product {
    dn_packed_kind kind;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_memory_desc_t packed; /* the order of the weights, the same for all heights */
    dnnl_memory_t w, b, scratch;
    void *scratch_bytes;
    struct {
        dnnl_primitive_t run;
        dnnl_memory_t x, y;
    } at[DN_PACKED_HEIGHTS];
};

#define DNNL(call_)                                                                                \
    do {                                                                                           \
        dnnl_status_t bad_ = (call_);                                                              \
        if (bad_ != dnnl_success)                                                                  \
            DN_FAIL(bad_ == dnnl_unimplemented   ? DN_EUNAVAILABLE                                 \
                    : bad_ == dnnl_out_of_memory ? DN_ENOMEM                                       \
                                                 : DN_ESOFTWARE,                                   \
                    "oneDNN: a product of %lld columns with %lld in %s %s", (long long)p->kind.in, \
                    (long long)p->kind.out, p->kind.bf16 ? "bf16" : "f32",                         \
                    bad_ == dnnl_unimplemented ? "is not available on this CPU" : "failed");       \
    } while (0)

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

static dn_status matrix(const dn_packed_product *p, int64_t rows, int64_t columns, bool bf16, bool transposed,
                        dnnl_memory_desc_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    dnnl_dims_t dims = {rows, columns}, strides = {columns, 1};

    if (transposed) {
        strides[0] = 1;
        strides[1] = rows;
    }
    DNNL(dnnl_memory_desc_init_by_strides(out, 2, dims, bf16 ? dnnl_bf16 : dnnl_f32, strides));
out:
    return st;
}

/* In `after`, what follows the product; the scratch is the caller's. */
static dn_status afterwards(const dn_packed_product *p, dnnl_primitive_attr_t *attr, dnnl_post_ops_t *after,
                            dn_error *err)
{
    dn_status st = DN_OK;

    DNNL(dnnl_primitive_attr_create(attr));
    DNNL(dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user));
    DNNL(dnnl_post_ops_create(after));
    if (p->kind.gelu)
        DNNL(dnnl_post_ops_append_eltwise(*after, 1, dnnl_eltwise_gelu_erf, 0, 0));
    if (p->kind.add)
        DNNL(dnnl_post_ops_append_sum(*after, 1));
    DNNL(dnnl_primitive_attr_set_post_ops(*attr, *after));
out:
    return st;
}

/* The primitive of height i; `scratch` becomes at least what it needs. The first one made, of the largest
 * height, chooses the order of the weights. */
static dn_status make_height(dn_packed_product *p, int i, size_t *scratch, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_packed_kind *kind = &p->kind;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_post_ops_t after = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_memory_desc_t x, y, b, w = p->packed;
    dnnl_dims_t b_dims = {1, kind->out}, w_dims = {kind->in, kind->out};
    dnnl_matmul_desc_t d;
    size_t need;

    DN_TRY(matrix(p, height(i), kind->in, kind->bf16, false, &x, err));
    DN_TRY(matrix(p, height(i), kind->out, kind->out_bf16, false, &y, err));
    DNNL(dnnl_memory_desc_init_by_tag(&b, 2, b_dims, dnnl_f32, dnnl_ab));
    if (w.ndims == 0)
        DNNL(dnnl_memory_desc_init_by_tag(&w, 2, w_dims, kind->bf16 ? dnnl_bf16 : dnnl_f32,
                                          dnnl_format_tag_any));
    DN_TRY(afterwards(p, &attr, &after, err));
    DNNL(dnnl_matmul_desc_init(&d, &x, &w, &b, &y));
    DNNL(dnnl_primitive_desc_create(&pd, &d, attr, p->engine, NULL));
    p->packed = *dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
    need = dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0));
    *scratch = need > *scratch ? need : *scratch;
    DNNL(dnnl_primitive_create(&p->at[i].run, pd));
    DNNL(dnnl_memory_create(&p->at[i].x, &x, p->engine, DNNL_MEMORY_NONE));
    DNNL(dnnl_memory_create(&p->at[i].y, &y, p->engine, DNNL_MEMORY_NONE));
    if (p->b == NULL)
        DNNL(dnnl_memory_create(&p->b, &b, p->engine, DNNL_MEMORY_NONE));
out:
    dnnl_primitive_desc_destroy(pd);
    dnnl_post_ops_destroy(after);
    dnnl_primitive_attr_destroy(attr);
    return st;
}

dn_status dn_packed_create(const dn_packed_kind *kind, dn_packed_product **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_packed_product *p = NULL;
    dnnl_memory_desc_t md;
    size_t scratch = 0;

    DN_NEW(p, 1);
    p->kind = *kind;
    DNNL(dnnl_engine_create(&p->engine, dnnl_cpu, 0));
    DNNL(dnnl_stream_create(&p->stream, p->engine, dnnl_stream_default_flags));
    for (int i = DN_PACKED_HEIGHTS - 1; i >= 0; i--)
        DN_TRY(make_height(p, i, &scratch, err));
    DNNL(dnnl_memory_create(&p->w, &p->packed, p->engine, DNNL_MEMORY_NONE));
    DN_NEW(*(char **)&p->scratch_bytes, scratch);
    dnnl_dims_t dims = {(dnnl_dim_t)scratch};
    DNNL(dnnl_memory_desc_init_by_tag(&md, 1, dims, dnnl_u8, dnnl_a));
    DNNL(dnnl_memory_create(&p->scratch, &md, p->engine, p->scratch_bytes));
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
    for (int i = 0; i < DN_PACKED_HEIGHTS; i++) {
        dnnl_primitive_destroy(p->at[i].run);
        dnnl_memory_destroy(p->at[i].x);
        dnnl_memory_destroy(p->at[i].y);
    }
    dnnl_memory_destroy(p->w);
    dnnl_memory_destroy(p->b);
    dnnl_memory_destroy(p->scratch);
    dn_free(p->scratch_bytes);
    dnnl_stream_destroy(p->stream);
    dnnl_engine_destroy(p->engine);
    dn_free(p);
    *product = NULL;
}

size_t dn_packed_bytes(const dn_packed_product *p)
{
    return dnnl_memory_desc_get_size(&p->packed);
}

dn_status dn_packed_pack(dn_packed_product *p, const float *w, const float *b, const dn_packed *to,
                         dn_error *err)
{
    dn_status st = DN_OK;
    dnnl_memory_desc_t plain;
    dnnl_memory_t from = NULL, into = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t turn = NULL;

    DN_TRY(matrix(p, p->kind.in, p->kind.out, false, true, &plain, err));
    memcpy(to->b, b, (size_t)p->kind.out * sizeof *b);
    /* oneDNN reads what it is given here and takes no const */
    DNNL(dnnl_memory_create(&from, &plain, p->engine, (void *)(uintptr_t)w));
    DNNL(dnnl_memory_create(&into, &p->packed, p->engine, to->w));
    DNNL(dnnl_reorder_primitive_desc_create(&pd, &plain, p->engine, &p->packed, p->engine, NULL));
    DNNL(dnnl_primitive_create(&turn, pd));
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, into}};
    DNNL(dnnl_primitive_execute(turn, p->stream, 2, args));
    DNNL(dnnl_stream_wait(p->stream));
out:
    dnnl_primitive_destroy(turn);
    dnnl_primitive_desc_destroy(pd);
    dnnl_memory_destroy(from);
    dnnl_memory_destroy(into);
    return st;
}

dn_status dn_packed_run(dn_packed_product *p, const dn_packed *w, int64_t rows, const void *x, void *y,
                        dn_error *err)
{
    dn_status st = DN_OK;
    int i = height_index(rows);

    DNNL(dnnl_memory_set_data_handle(p->w, w->w));
    DNNL(dnnl_memory_set_data_handle(p->b, w->b));
    DNNL(dnnl_memory_set_data_handle(p->at[i].x, (void *)(uintptr_t)x));
    DNNL(dnnl_memory_set_data_handle(p->at[i].y, y));
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, p->at[i].x},
                              {DNNL_ARG_WEIGHTS, p->w},
                              {DNNL_ARG_BIAS, p->b},
                              {DNNL_ARG_DST, p->at[i].y},
                              {DNNL_ARG_SCRATCHPAD, p->scratch}};
    DNNL(dnnl_primitive_execute(p->at[i].run, p->stream, 5, args));
    DNNL(dnnl_stream_wait(p->stream));
out:
    return st;
}
