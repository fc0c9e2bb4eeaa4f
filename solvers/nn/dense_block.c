/* dense_block.c - a dense layer of fixed shape through oneDNN's matrix product; see dense_block.h */
#include "solvers/nn/dense_block.h"

#include <dnnl.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"

struct dn_dense_block {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t description;
    dnnl_primitive_t product;
    dnnl_memory_t x, w, b, y, scratch;
    void *packed, *space; /* of w and scratch */
    float *bias;          /* [out] */
    char kernel[96];
};

#define DNNL_TRY(call_)                                                                                     \
    do {                                                                                                    \
        dnnl_status_t bad_ = (call_);                                                                       \
        if (bad_ != dnnl_success)                                                                           \
            DN_FAIL(bad_ == dnnl_out_of_memory ? DN_ENOMEM : DN_ESOFTWARE, "oneDNN: %s: status %d", #call_, \
                    (int)bad_);                                                                             \
    } while (0)

void dn_dense_block_destroy(dn_dense_block **handle)
{
    dn_dense_block *d = *handle;
    dnnl_memory_t memory[5];

    if (d == NULL)
        return;
    memcpy(memory, (dnnl_memory_t[]){d->x, d->w, d->b, d->y, d->scratch}, sizeof memory);
    for (int i = 0; i < 5; i++)
        if (memory[i] != NULL)
            dnnl_memory_destroy(memory[i]);
    if (d->product != NULL)
        dnnl_primitive_destroy(d->product);
    if (d->description != NULL)
        dnnl_primitive_desc_destroy(d->description);
    if (d->stream != NULL)
        dnnl_stream_destroy(d->stream);
    if (d->engine != NULL)
        dnnl_engine_destroy(d->engine);
    dn_free(d->packed);
    dn_free(d->space);
    dn_free(d->bias);
    dn_free(d);
    *handle = NULL;
}

/* Which kernel takes the product; the weights as it wants them. */
static dn_status describe(dn_dense_block *d, const dn_dense_block_shape *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dnnl_data_type_t in = s->narrow_x ? dnnl_bf16 : dnnl_f32, out = s->narrow_y ? dnnl_bf16 : dnnl_f32;
    const dnnl_dims_t xd = {s->rows, s->in}, wd = {s->in, s->out}, bd = {1, s->out}, yd = {s->rows, s->out};
    dnnl_memory_desc_t x, w, b, y;
    dnnl_matmul_desc_t product;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_post_ops_t last = NULL;
    dnnl_status_t made;
    const char *name = NULL;

    DNNL_TRY(dnnl_memory_desc_init_by_tag(&x, 2, xd, in, dnnl_ab));
    DNNL_TRY(dnnl_memory_desc_init_by_tag(&w, 2, wd, in, dnnl_format_tag_any));
    DNNL_TRY(dnnl_memory_desc_init_by_tag(&b, 2, bd, dnnl_f32, dnnl_ab));
    DNNL_TRY(dnnl_memory_desc_init_by_tag(&y, 2, yd, out, dnnl_ab));
    DNNL_TRY(dnnl_matmul_desc_init(&product, &x, &w, &b, &y));
    DNNL_TRY(dnnl_primitive_attr_create(&attr));
    DNNL_TRY(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user));
    if (s->relu) {
        DNNL_TRY(dnnl_post_ops_create(&last));
        DNNL_TRY(dnnl_post_ops_append_eltwise(last, 1.0f, dnnl_eltwise_relu, 0.0f, 0.0f));
        DNNL_TRY(dnnl_primitive_attr_set_post_ops(attr, last));
    }
    made = dnnl_primitive_desc_create(&d->description, &product, attr, d->engine, NULL);
    if (made == dnnl_unimplemented && s->narrow_x)
        DN_FAIL(DN_EUNAVAILABLE, "this CPU has no products in bfloat16");
    DNNL_TRY(made);
    DNNL_TRY(dnnl_primitive_desc_query(d->description, dnnl_query_impl_info_str, 0, &name));
    snprintf(d->kernel, sizeof d->kernel, "%s", name);
out:
    if (last != NULL)
        dnnl_post_ops_destroy(last);
    if (attr != NULL)
        dnnl_primitive_attr_destroy(attr);
    return st;
}

static const dnnl_memory_desc_t *part(const dn_dense_block *d, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(d->description, what, 0);
}

/* Put w into its place: oneDNN rounds and lays it out. */
static dn_status pack(dn_dense_block *d, const dn_dense_block_shape *s, const float *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dnnl_dims_t wd = {s->in, s->out};
    dnnl_memory_desc_t plain;
    dnnl_memory_t from = NULL;
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t reorder = NULL;
    const dnnl_memory_desc_t *packed = part(d, dnnl_query_weights_md);

    d->packed = dn_calloc(dnnl_memory_desc_get_size(packed) + 64, 1);
    if (d->packed == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory for packed weights");
    DNNL_TRY(dnnl_memory_create(&d->w, packed, d->engine, d->packed));
    DNNL_TRY(dnnl_memory_desc_init_by_tag(&plain, 2, wd, dnnl_f32, dnnl_ab));
    DNNL_TRY(dnnl_memory_create(&from, &plain, d->engine, (void *)(uintptr_t)w)); /* it is only read */
    DNNL_TRY(dnnl_reorder_primitive_desc_create(&description, &plain, d->engine, packed, d->engine, NULL));
    DNNL_TRY(dnnl_primitive_create(&reorder, description));
    DNNL_TRY(dnnl_primitive_execute(reorder, d->stream, 2,
                                    (const dnnl_exec_arg_t[]){{.arg = DNNL_ARG_FROM, .memory = from},
                                                              {.arg = DNNL_ARG_TO, .memory = d->w}}));
    DNNL_TRY(dnnl_stream_wait(d->stream));
out:
    if (reorder != NULL)
        dnnl_primitive_destroy(reorder);
    if (description != NULL)
        dnnl_primitive_desc_destroy(description);
    if (from != NULL)
        dnnl_memory_destroy(from);
    return st;
}

static dn_status bind(dn_dense_block *d, const dn_dense_block_shape *s, const float *b, dn_error *err)
{
    dn_status st = DN_OK;
    const dnnl_memory_desc_t *scratch = part(d, dnnl_query_scratchpad_md);

    DN_NEW(d->bias, (size_t)s->out);
    memcpy(d->bias, b, (size_t)s->out * sizeof *b);
    d->space = dn_calloc(dnnl_memory_desc_get_size(scratch) + 64, 1);
    if (d->space == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory for a product");
    DNNL_TRY(dnnl_memory_create(&d->x, part(d, dnnl_query_src_md), d->engine, DNNL_MEMORY_NONE));
    DNNL_TRY(dnnl_memory_create(&d->y, part(d, dnnl_query_dst_md), d->engine, DNNL_MEMORY_NONE));
    DNNL_TRY(dnnl_memory_create(&d->b, dnnl_primitive_desc_query_md(d->description, dnnl_query_weights_md, 1),
                                d->engine, d->bias));
    DNNL_TRY(dnnl_memory_create(&d->scratch, scratch, d->engine, d->space));
    DNNL_TRY(dnnl_primitive_create(&d->product, d->description));
out:
    return st;
}

dn_status dn_dense_block_create(const dn_dense_block_shape *s, const float *w, const float *b,
                                dn_dense_block **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_dense_block *d = NULL;

    *out = NULL;
    DN_NEW(d, 1);
    DNNL_TRY(dnnl_engine_create(&d->engine, dnnl_cpu, 0));
    DNNL_TRY(dnnl_stream_create(&d->stream, d->engine, dnnl_stream_default_flags));
    DN_TRY(describe(d, s, err));
    DN_TRY(pack(d, s, w, err));
    DN_TRY(bind(d, s, b, err));
    *out = d;
    d = NULL;
out:
    dn_dense_block_destroy(&d);
    return st;
}

dn_status dn_dense_block_run(const dn_dense_block *d, const void *x, void *y, dn_error *err)
{
    dn_status st = DN_OK;
    const dnnl_exec_arg_t all[] = {{.arg = DNNL_ARG_SRC, .memory = d->x},
                                   {.arg = DNNL_ARG_WEIGHTS, .memory = d->w},
                                   {.arg = DNNL_ARG_BIAS, .memory = d->b},
                                   {.arg = DNNL_ARG_DST, .memory = d->y},
                                   {.arg = DNNL_ARG_SCRATCHPAD, .memory = d->scratch}};

    DNNL_TRY(dnnl_memory_set_data_handle_v2(d->x, (void *)(uintptr_t)x, d->stream));
    DNNL_TRY(dnnl_memory_set_data_handle_v2(d->y, y, d->stream));
    DNNL_TRY(dnnl_primitive_execute(d->product, d->stream, 5, all));
    DNNL_TRY(dnnl_stream_wait(d->stream));
out:
    return st;
}

const char *dn_dense_block_kernel(const dn_dense_block *d)
{
    return d->kernel;
}
