/* onednn.h - what the files here that call oneDNN share: a product made once and run often, its packed
 * weights, its errors
 *
 *     y = x w + b,  max(0, x w + b),  gelu(x w + b)  or  y + x w + b
 *     x [rows, in], w [in, out], b [out], y [rows, out]; all but a packed w row-major
 *
 * For this folder only: it brings dnnl.h. What is made belongs to the thread that made it, which has said
 * that it is alone (kernels.h). All zero is nothing, and may be closed and destroyed. All functions are
 * local.
 */
#ifndef DN_NN_ONEDNN_H
#define DN_NN_ONEDNN_H

#include <dnnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

/* What a failed product of [rows, in] with [in, out] is as an error, in *err and returned: DN_EUNAVAILABLE
 * narrow (in bf16) on a CPU without such products, DN_ENOMEM, DN_ESOFTWARE */
dn_status dn_onednn_failed(dnnl_status_t bad, int64_t rows, int64_t out, int64_t in, bool narrow,
                           dn_error *err);

/* Where products run. */
typedef struct dn_onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
} dn_onednn;

typedef struct dn_onednn_kind {
    int64_t rows, in, out;
    bool narrow_x, narrow_y; /* x and w, y in bf16 */
    bool turned_x, turned_w; /* stored [in, rows], [out, in] */
    bool packed_w;           /* w in the order of opt_order, NULL: in that which oneDNN likes best */
    const dnnl_memory_desc_t *opt_order; /* borrowed for dn_onednn_create() */
    bool bias, relu, gelu, add;
} dn_onednn_kind;

/* What a product reads and writes. */
enum { DN_ONEDNN_X, DN_ONEDNN_W, DN_ONEDNN_B, DN_ONEDNN_Y, DN_ONEDNN_SCRATCH, DN_ONEDNN_ARGUMENTS };

typedef struct dn_onednn_product {
    dn_onednn on; /* borrowed */
    dn_onednn_kind kind;
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[DN_ONEDNN_ARGUMENTS]; /* no memory yet; NULL: no bias */
} dn_onednn_product;

/* Fails as dn_onednn_failed() says, like all that follow. */
DN_MUST_CHECK dn_status dn_onednn_open(dn_onednn *on, dn_error *err);
void dn_onednn_close(dn_onednn *on);

/* What a failure leaves in *p is to be destroyed, too. `on` is closed after p is destroyed. */
DN_MUST_CHECK dn_status dn_onednn_create(const dn_onednn *on, const dn_onednn_kind *kind,
                                         dn_onednn_product *p, dn_error *err);
void dn_onednn_destroy(dn_onednn_product *p);

/* The order of w, while p is there; bytes of it; bytes of scratch. */
const dnnl_memory_desc_t *dn_onednn_order(const dn_onednn_product *p);
size_t dn_onednn_weights(const dn_onednn_product *p);
size_t dn_onednn_scratch(const dn_onednn_product *p);

/* Put w, f32, [in, out] or turned [out, in], into `to` in the order of p, rounded where p is narrow. */
DN_MUST_CHECK dn_status dn_onednn_pack(const dn_onednn_product *p, bool turned, const float *w, void *to,
                                       dn_error *err);

/* From now on DN_ONEDNN_X, ... is at `data`. */
DN_MUST_CHECK dn_status dn_onednn_place(const dn_onednn_product *p, int which, const void *data,
                                        dn_error *err);

/* With everything in its place. */
DN_MUST_CHECK dn_status dn_onednn_run(const dn_onednn_product *p, dn_error *err);

#endif
