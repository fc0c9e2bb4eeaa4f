/* model.h - hidden states of proteins by ESM-2, one protein at a time
 *
 * What is computed stands in weights.h. One call takes all tokens of one protein (or window), so that nothing
 * is padded to another protein and its bits depend on nothing but its tokens, the weights, the precision and
 * the CPU model. Products and norms work on blocks of rows of fixed shapes; attention goes over tiles of
 * queries of one head with an online softmax (Milakov & Gimelshein, arXiv:1805.02867; Dao et al.,
 * arXiv:2205.14135), so the L x L matrix is never stored.
 *
 * Precision: DN_ESM_F32 all in f32. DN_ESM_BF16: operands of the products in bf16, sums in f32; softmax,
 * norms and the residual stream in f32; on CPUs with AMX the products of attention, too.
 *
 * All functions are local and run on the calling thread alone; a thread that was started by OpenMP must have
 * called omp_set_num_threads(1) first (kernels.h says why). A model is read only once made and shared by
 * threads; each thread has a work of its own, created by itself.
 */
#ifndef DN_ESM_MODEL_H
#define DN_ESM_MODEL_H

#include <stddef.h>
#include <stdint.h>
#include "solvers/esm/tokens.h"
#include "solvers/esm/weights.h"

typedef enum dn_esm_precision { DN_ESM_F32, DN_ESM_BF16 } dn_esm_precision;

/* <cls>, residues, <eos> of one call, at most. Positions are exact in f32 to here. */
enum { DN_ESM_MAX_TOKENS = 65536 };

typedef struct dn_esm_model dn_esm_model;
typedef struct dn_esm_work dn_esm_work;

/* Pack the weights for this CPU. They are copied: w and its file may be closed afterwards. Heads are even and
 * at most 256 wide (published: 16 to 128).
 * Fails: DN_EDATA a width this code does not compute; DN_EUNAVAILABLE bf16 on a CPU whose oneDNN has no
 * products in bf16 (without AVX-512); DN_ENOMEM; DN_ESOFTWARE oneDNN */
DN_MUST_CHECK dn_status dn_esm_model_create(const dn_esm_weights *w, dn_esm_precision precision,
                                            dn_esm_model **out, dn_error *err);
void dn_esm_model_destroy(dn_esm_model **m);

/* ---- over memory of the caller, which several ranks may share ----
 *
 *     DN_TRY(dn_esm_model_plan(&w, precision, &m, err));
 *     memory = ... dn_esm_model_room(m) bytes, aligned to 64 ...
 *     dn_esm_model_place(m, memory);
 *     for (each part of this rank) DN_TRY(dn_esm_model_pack(m, &w, part, parts, err));
 *
 * When every part has been packed, by whomever, on CPUs of one kind, the model is what dn_esm_model_create()
 * makes, bit for bit. The memory outlives it. */

/* A model without memory. Fails: as dn_esm_model_create() */
DN_MUST_CHECK dn_status dn_esm_model_plan(const dn_esm_weights *w, dn_esm_precision precision,
                                          dn_esm_model **out, dn_error *err);
size_t dn_esm_model_room(const dn_esm_model *m); /* bytes it wants */
void dn_esm_model_place(dn_esm_model *m, void *memory);

/* Pack part 0 <= part < parts of about equal bytes; w as planned. Beside the memory it takes that of the
 * largest product in f32. Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_esm_model_pack(dn_esm_model *m, const dn_esm_weights *w, int64_t part,
                                          int64_t parts, dn_error *err);

const dn_esm_config *dn_esm_model_config(const dn_esm_model *m);

/* Bytes of a work for proteins of at most max_tokens tokens, about: for estimates. */
int64_t dn_esm_work_bytes(const dn_esm_config *c, dn_esm_precision precision, int64_t max_tokens);

/* Floating point operations of a protein of n tokens (products and attention, multiply and add counted
 * apart): what its time is about proportional to, for sharing out proteins. */
double dn_esm_operations(const dn_esm_config *c, int64_t n);

/* Buffers of one thread for proteins of at most max_tokens tokens, 1 <= max_tokens <= DN_ESM_MAX_TOKENS. m
 * must outlive it. Fails: DN_EUSAGE max_tokens; DN_ENOMEM; DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_esm_work_create(const dn_esm_model *m, int64_t max_tokens, dn_esm_work **out,
                                           dn_error *err);
void dn_esm_work_destroy(dn_esm_work **k);

/* The last hidden states.
 *
 *   tokens  [n]  <cls>, residues, <eos> as of dn_esm_tokenise(); 1 <= n <= max_tokens. Any token but padding
 *                may stand anywhere
 *   states  [n, width]  row 0 is <cls>, rows 1 .. n - 2 are the residues, row n - 1 is <eos>
 *
 * Fails: DN_EUSAGE n; DN_EDATA a token outside the vocabulary, padding, or nothing but <mask>;
 * DN_ESOFTWARE. Then states are undefined. */
DN_MUST_CHECK dn_status dn_esm_forward(const dn_esm_model *m, dn_esm_work *k, const int32_t *tokens,
                                       int64_t n, float *states, dn_error *err);

#endif
