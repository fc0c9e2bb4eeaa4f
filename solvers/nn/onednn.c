/* onednn.c - products of oneDNN; see onednn.h */
#include "solvers/nn/onednn.h"

dn_status dn_onednn_failed(dnnl_status_t bad, int64_t rows, int64_t out, int64_t in, bool narrow,
                           dn_error *err)
{
    dn_status st = DN_OK;

    if (bad == dnnl_unimplemented && narrow)
        DN_FAIL(DN_EUNAVAILABLE, "this CPU has no products in bfloat16");
    DN_FAIL(bad == dnnl_out_of_memory ? DN_ENOMEM : DN_ESOFTWARE,
            "oneDNN: product %lld x %lld x %lld failed with status %d", (long long)rows, (long long)out,
            (long long)in, (int)bad);
out:
    return st;
}

/* Leaves through out when a call of a product with p->kind fails. */
#define DNNL(call_)                                                                                       \
    do {                                                                                                  \
        dnnl_status_t bad_ = (call_);                                                                     \
        if (bad_ != dnnl_success)                                                                         \
            DN_TRY(dn_onednn_failed(bad_, p->kind.rows, p->kind.out, p->kind.in, p->kind.narrow_x, err)); \
    } while (0)

dn_status dn_onednn_open(dn_onednn *on, dn_error *err)
{
    dn_status st = DN_OK;
    dnnl_status_t bad = dnnl_engine_create(&on->engine, dnnl_cpu, 0);

    if (bad == dnnl_success)
        bad = dnnl_stream_create(&on->stream, on->engine, dnnl_stream_default_flags);
    if (bad != dnnl_success)
        DN_FAIL(bad == dnnl_out_of_memory ? DN_ENOMEM : DN_ESOFTWARE,
                "oneDNN: no engine or stream: status %d", (int)bad);
out:
    return st;
}

void dn_onednn_close(dn_onednn *on)
{
    if (on->stream != NULL)
        (void)dnnl_stream_destroy(on->stream);
    if (on->engine != NULL)
        (void)dnnl_engine_destroy(on->engine);
    *on = (dn_onednn){0};
}

/* ---- making ---- */

static dn_status matrix(const dn_onednn_product *p, int64_t rows, int64_t columns, bool narrow, bool turned,
                        dnnl_memory_desc_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    dnnl_dims_t dims = {rows, columns}, strides = {turned ? 1 : columns, turned ? rows : 1};

    DNNL(dnnl_memory_desc_init_by_strides(out, 2, dims, narrow ? dnnl_bf16 : dnnl_f32, strides));
out:
    return st;
}

static dn_status weights(const dn_onednn_product *p, dnnl_memory_desc_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_onednn_kind *k = &p->kind;
    dnnl_dims_t dims = {k->in, k->out};

    if (!k->packed_w)
        DN_TRY(matrix(p, k->in, k->out, k->narrow_x, k->turned_w, out, err));
    else if (k->opt_order != NULL)
        *out = *k->opt_order;
    else
        DNNL(dnnl_memory_desc_init_by_tag(out, 2, dims, k->narrow_x ? dnnl_bf16 : dnnl_f32,
                                          dnnl_format_tag_any));
out:
    return st;
}

/* In `after`, what follows the product; the scratch is the caller's. */
static dn_status afterwards(const dn_onednn_product *p, dnnl_primitive_attr_t *attr, dnnl_post_ops_t *after,
                            dn_error *err)
{
    dn_status st = DN_OK;

    DNNL(dnnl_primitive_attr_create(attr));
    DNNL(dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user));
    DNNL(dnnl_post_ops_create(after));
    if (p->kind.relu)
        DNNL(dnnl_post_ops_append_eltwise(*after, 1, dnnl_eltwise_relu, 0, 0));
    if (p->kind.gelu)
        DNNL(dnnl_post_ops_append_eltwise(*after, 1, dnnl_eltwise_gelu_erf, 0, 0));
    if (p->kind.add)
        DNNL(dnnl_post_ops_append_sum(*after, 1));
    DNNL(dnnl_primitive_attr_set_post_ops(*attr, *after));
out:
    return st;
}

static dn_status describe(dn_onednn_product *p, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_onednn_kind *k = &p->kind;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_post_ops_t after = NULL;
    dnnl_memory_desc_t x, w, b, y;
    dnnl_matmul_desc_t d;

    DN_TRY(matrix(p, k->rows, k->in, k->narrow_x, k->turned_x, &x, err));
    DN_TRY(weights(p, &w, err));
    DN_TRY(matrix(p, 1, k->out, false, false, &b, err));
    DN_TRY(matrix(p, k->rows, k->out, k->narrow_y, false, &y, err));
    DN_TRY(afterwards(p, &attr, &after, err));
    DNNL(dnnl_matmul_desc_init(&d, &x, &w, k->bias ? &b : NULL, &y));
    DNNL(dnnl_primitive_desc_create(&p->description, &d, attr, p->on.engine, NULL));
out:
    (void)dnnl_post_ops_destroy(after);
    (void)dnnl_primitive_attr_destroy(attr);
    return st;
}

static const dnnl_memory_desc_t *part(const dn_onednn_product *p, int which)
{
    static const struct {
        dnnl_query_t what;
        int index;
    } of[DN_ONEDNN_ARGUMENTS] = {{dnnl_query_src_md, 0},
                                 {dnnl_query_weights_md, 0},
                                 {dnnl_query_weights_md, 1},
                                 {dnnl_query_dst_md, 0},
                                 {dnnl_query_scratchpad_md, 0}};

    return dnnl_primitive_desc_query_md(p->description, of[which].what, of[which].index);
}

dn_status dn_onednn_create(const dn_onednn *on, const dn_onednn_kind *kind, dn_onednn_product *p,
                           dn_error *err)
{
    dn_status st = DN_OK;

    *p = (dn_onednn_product){.on = *on, .kind = *kind};
    DN_TRY(describe(p, err));
    DNNL(dnnl_primitive_create(&p->primitive, p->description));
    for (int i = 0; i < DN_ONEDNN_ARGUMENTS; i++)
        if (i != DN_ONEDNN_B || kind->bias)
            DNNL(dnnl_memory_create(&p->memory[i], part(p, i), on->engine, DNNL_MEMORY_NONE));
out:
    return st;
}

void dn_onednn_destroy(dn_onednn_product *p)
{
    for (int i = 0; i < DN_ONEDNN_ARGUMENTS; i++)
        (void)dnnl_memory_destroy(p->memory[i]);
    (void)dnnl_primitive_destroy(p->primitive);
    (void)dnnl_primitive_desc_destroy(p->description);
    *p = (dn_onednn_product){0};
}

/* ---- using ---- */

const dnnl_memory_desc_t *dn_onednn_order(const dn_onednn_product *p)
{
    return part(p, DN_ONEDNN_W);
}

size_t dn_onednn_weights(const dn_onednn_product *p)
{
    return dnnl_memory_desc_get_size(part(p, DN_ONEDNN_W));
}

size_t dn_onednn_scratch(const dn_onednn_product *p)
{
    return dnnl_memory_desc_get_size(part(p, DN_ONEDNN_SCRATCH));
}

/* oneDNN takes no const, also of what it only reads. */
static void *writable(const void *x)
{
    return (void *)(uintptr_t)x;
}

dn_status dn_onednn_pack(const dn_onednn_product *p, bool turned, const float *w, void *to, dn_error *err)
{
    dn_status st = DN_OK;
    const dnnl_memory_desc_t *order = dn_onednn_order(p);
    dnnl_memory_desc_t plain;
    dnnl_memory_t from = NULL, into = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t reorder = NULL;

    DN_TRY(matrix(p, p->kind.in, p->kind.out, false, turned, &plain, err));
    DNNL(dnnl_memory_create(&from, &plain, p->on.engine, writable(w)));
    DNNL(dnnl_memory_create(&into, order, p->on.engine, to));
    DNNL(dnnl_reorder_primitive_desc_create(&pd, &plain, p->on.engine, order, p->on.engine, NULL));
    DNNL(dnnl_primitive_create(&reorder, pd));
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, into}};
    DNNL(dnnl_primitive_execute(reorder, p->on.stream, 2, args));
    DNNL(dnnl_stream_wait(p->on.stream));
out:
    (void)dnnl_primitive_destroy(reorder);
    (void)dnnl_primitive_desc_destroy(pd);
    (void)dnnl_memory_destroy(from);
    (void)dnnl_memory_destroy(into);
    return st;
}

dn_status dn_onednn_place(const dn_onednn_product *p, int which, const void *data, dn_error *err)
{
    dn_status st = DN_OK;

    DNNL(dnnl_memory_set_data_handle(p->memory[which], writable(data)));
out:
    return st;
}

dn_status dn_onednn_run(const dn_onednn_product *p, dn_error *err)
{
    static const int name[DN_ONEDNN_ARGUMENTS] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST,
                                                  DNNL_ARG_SCRATCHPAD};
    dn_status st = DN_OK;
    dnnl_exec_arg_t args[DN_ONEDNN_ARGUMENTS];
    int n = 0;

    for (int i = 0; i < DN_ONEDNN_ARGUMENTS; i++)
        if (p->memory[i] != NULL)
            args[n++] = (dnnl_exec_arg_t){name[i], p->memory[i]};
    DNNL(dnnl_primitive_execute(p->primitive, p->on.stream, n, args));
    DNNL(dnnl_stream_wait(p->on.stream));
out:
    return st;
}
