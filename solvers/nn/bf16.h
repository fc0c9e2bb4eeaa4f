/* bf16.h - numbers of 16 bits with the exponent of a float (bfloat16), and products of matrices of them
 *
 * A float is rounded to the nearest bf16, ties to even; a NaN stays one. Products take bf16 and add up in
 * float: sum over k of (float)a (float)b, each term exact, in an order that the instruction set decides.
 * Where oneDNN has bf16 kernels (AVX-512 BF16, AMX; ONEDNN_MAX_CPU_ISA counts) they are taken, elsewhere the
 * factors are widened and multiplied as floats: the same definition, other last bits. All functions are local
 * and run on the calling thread alone, see kernels.h.
 */
#ifndef DN_NN_BF16_H
#define DN_NN_BF16_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/base/bf16.h"
#include "solvers/base/error.h"

/* What products of training take as factors. Weights, sums and scores are always f32. */
typedef enum dn_precision { DN_PRECISION_F32, DN_PRECISION_BF16 } dn_precision;

/* Raised whenever the bits of bf16 work change on the same instruction set: what is rounded where, and in
 * which order sums are taken. A run that goes on under another number warns. */
enum { DN_BF16_DEFINITION = 1 };

/* "f32", "bf16". */
const char *dn_precision_name(dn_precision p);
bool dn_precision_find(const char *name, dn_precision *out);

/* y [n] = x [n] rounded, and the way back. */
void dn_bf16_narrow(const float *x, int64_t n, dn_bf16 *y);
void dn_bf16_widen(const dn_bf16 *x, int64_t n, float *y);

/* y [n] = a [n] b [n], rounded. */
void dn_bf16_multiply(const float *a, const float *b, int64_t n, dn_bf16 *y);

/* What bf16 products run on here: "AMX", "AVX-512 BF16", or "f32 products of bf16". */
const char *dn_bf16_isa(void);

/* May the tiles of AMX be used by this process? */
bool dn_bf16_tiles(void);

/* A product of one shape: C [m, n] = op(A) op(B) as dn_gemm() has it. Belongs to the thread that runs it
 * first, which makes its kernel then. */
typedef struct dn_product dn_product;

/* Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_product_create(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                                          dn_product **out, dn_error *err);
void dn_product_destroy(dn_product **handle);

/* Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_product_run(dn_product *p, const dn_bf16 *a, const dn_bf16 *b, float *c,
                                       dn_error *err);

#endif
