/* generate.h - random weights of an ESM-2 model, for tests, measurements and demonstrations
 *
 * Tensors have the names and the order of transformers' EsmModel. Number i of tensor k is
 *
 *     base + scale * u,   u = (2 (b >> 8) + 1) / 2^24 - 1 in (-1, 1)
 *
 * with b word i % 4 of block (i % 2^22) / 4 of item i / 2^22 of the stream (seed, DN_RNG_SYNTH, k,
 * DN_ESM_STREAM) of rng.h: the same bits on any machine. base is 1 for the scale of a norm, otherwise 0;
 * scale is 0.1 for norms and biases, 1 for the embedding, and sqrt(3 / columns) for a matrix, whose products
 * then have the variance of what they multiply. All functions are local.
 */
#ifndef DN_ESM_GENERATE_H
#define DN_ESM_GENERATE_H

#include "solvers/esm/weights.h"

enum { DN_ESM_STREAM = 0x45534d32 };

/* A tensor that a model has. */
typedef struct dn_esm_tensor {
    char name[80];
    bool matrix; /* one of a linear map: nearly all numbers of a model */
    int rank;
    int64_t shape[2];
    int64_t count;
    double base, scale;
} dn_esm_tensor;

int64_t dn_esm_tensors(const dn_esm_config *c); /* 3 + 16 layers */
void dn_esm_tensor_at(const dn_esm_config *c, int64_t k, dn_esm_tensor *out);

/* Numbers [first, first + count) of tensor k: out [count]. */
void dn_esm_generate(uint64_t seed, const dn_esm_tensor *t, int64_t k, int64_t first, int64_t count,
                     float *out);

/* The text of config.json for a configuration, for dn_free(). Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_esm_config_text(const dn_esm_config *c, char **out, dn_error *err);

/* What stands before the data of a file of tensors [first, last); metadata as in dn_safetensors_head(). */
DN_MUST_CHECK dn_status dn_esm_head(const dn_esm_config *c, dn_safetensors_type type, int64_t first,
                                    int64_t last, const char *const *metadata, char **out, size_t *out_len,
                                    dn_error *err);

#endif
