/* packed.h - products with weights that stay: packed once, shared by threads, in f32 or bf16
 *
 *     y = x W^T + b,   y = gelu(x W^T + b)  or  y += x W^T + b
 *
 *     x [rows, in], W [out, in] as PyTorch stores it, b [out], y [rows, out];
 *     gelu(z) = z (1 + erf(z / sqrt 2)) / 2, absolute error of erf below 5e-7 (oneDNN)
 *
 * oneDNN. Rows come in blocks of fixed heights (16, 32, 64, 128): a call of 40 rows is one of 64, so the
 * bits of a row depend on the height of its call and its place in it, and on nothing else. In bf16 both
 * operands are bf16 (rounded to nearest even), sums are f32; y is f32 or bf16. All functions are local.
 */
#ifndef DN_NN_PACKED_H
#define DN_NN_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

enum { DN_PACKED_ROWS = 128, DN_PACKED_HEIGHTS = 4 };

/* What a product is. */
typedef struct dn_packed_kind {
    int64_t in, out;
    bool bf16;     /* W and x are bf16 */
    bool out_bf16; /* y is bf16; only with bf16 and without add */
    bool gelu;
    bool add; /* y is added to */
} dn_packed_kind;

/* Weights of one product, in memory of the caller; read only once packed. */
typedef struct dn_packed {
    void *w;  /* [dn_packed_bytes()]  in the order oneDNN wants on this CPU; aligned to 64 bytes */
    float *b; /* [out] */
} dn_packed;

/* The product on one thread, for any weights of its kind: a thread that runs it has created it. */
typedef struct dn_packed_product dn_packed_product;

/* Fails: DN_EUNAVAILABLE this CPU has no such product (bf16 without AVX-512); DN_ENOMEM; DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_packed_create(const dn_packed_kind *kind, dn_packed_product **out, dn_error *err);
void dn_packed_destroy(dn_packed_product **p);

/* Bytes of packed weights. */
size_t dn_packed_bytes(const dn_packed_product *p);

/* Pack w [out, in] and b [out] into where *to points. Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_packed_pack(dn_packed_product *p, const float *w, const float *b,
                                       const dn_packed *to, dn_error *err);

/* The height of a call of 1 <= rows <= DN_PACKED_ROWS. */
int64_t dn_packed_height(int64_t rows);

/* x and y have room for dn_packed_height(rows) rows; rows beyond `rows` are read (they must be numbers) and
 * written. x and y are aligned to 64 bytes. Fails: DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_packed_run(dn_packed_product *p, const dn_packed *w, int64_t rows, const void *x,
                                      void *y, dn_error *err);

#endif
