/* weights.h - the weights of an ESM-2 protein language model, found in a safetensors file
 *
 * Names and shapes are those that transformers writes for EsmModel, and for EsmForMaskedLM, where all begin
 * with "esm.". What an embedding does not need is left alone: lm_head, contact_head, pooler, position_ids,
 * and the table embeddings.position_embeddings, which a model with rotary positions does not use.
 *
 * The model (Lin et al., Science 379, 1123-1130, 2023, doi:10.1126/science.ade2574; as in transformers
 * EsmModel), for tokens t [L] of one protein, with C width, H heads, D = C / H:
 *
 *     x      = embedding[t]                                                           [L, C]
 *     token_dropout: rows of <mask> become 0, and all of x is multiplied by
 *                    (1 - 0.15 * 0.8) / (1 - share of <mask> among the tokens): 0.88 without masks
 *     padding rows become 0
 *     layers:  y = norm(x; attention_norm)
 *              q = (query(y)) / sqrt(D),  k = key(y),  v = value(y),  q and k rotated by position
 *              x = x + attention_out(softmax(q k^T) v, heads side by side)
 *              x = x + feed_out(gelu(feed_in(norm(x; feed_norm)))),  gelu(z) = z (1 + erf(z / sqrt 2)) / 2
 *     states = norm(x; final_norm)                                                    [L, C]
 *
 * A linear map is y = x W^T + b with W [out, in] row-major. A rotation turns the pair (i, i + D/2) of a head
 * at position p (from 0, <cls> included) by the angle p * 10000^(-2 i / D). Where the file holds these
 * frequencies (rotary_embeddings.inv_freq), they are taken from there, as transformers does: in a file that
 * was saved in 16 bits they are rounded.
 *
 * Local. Nothing is copied: tensors point into the map of the file, whatever their type (F32, F16 or BF16,
 * each for itself), and must not outlive the open file.
 */
#ifndef DN_ESM_WEIGHTS_H
#define DN_ESM_WEIGHTS_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/formats/safetensors.h"

enum { DN_ESM_MAX_LAYERS = 1000 };

typedef struct dn_esm_config {
    int64_t layers; /* >= 1 */
    int64_t width;  /* C; a multiple of heads */
    int64_t heads;  /* H; width / heads is even */
    int64_t inner;  /* columns between feed_in and feed_out; 4 C as published */
    int64_t vocab;  /* rows of the embedding: 33 */
    float norm_eps; /* of all norms: 1e-5 as published */
    bool token_dropout;
    int mask_token, pad_token; /* 32 and 1 */
} dn_esm_config;

typedef struct dn_esm_linear {
    const dn_safetensor *weight; /* [out, in] */
    const dn_safetensor *bias;   /* [out] */
} dn_esm_linear;

typedef struct dn_esm_norm {
    const dn_safetensor *scale; /* [C]  named weight in the file */
    const dn_safetensor *shift; /* [C]  named bias */
} dn_esm_norm;

typedef struct dn_esm_layer {
    dn_esm_norm attention_norm;                     /* attention.LayerNorm */
    dn_esm_linear query, key, value, attention_out; /* [C, C]  attention.self.*, attention.output.dense */
    dn_esm_norm feed_norm;                          /* LayerNorm */
    dn_esm_linear feed_in;                          /* [inner, C]  intermediate.dense */
    dn_esm_linear feed_out;                         /* [C, inner]  output.dense */
    const dn_safetensor *frequencies;               /* [D / 2]  of the rotation; NULL: as the formula */
} dn_esm_layer;

typedef struct dn_esm_weights {
    dn_esm_config config;
    const dn_safetensor *embedding; /* [vocab, C] */
    dn_esm_layer *layer;            /* [layers] */
    dn_esm_norm final_norm;         /* encoder.emb_layer_norm_after */
} dn_esm_weights;

/* Open path (see dn_safetensors_open), read config.json beside it when there is one, find and check all
 * tensors. *out_file is to be closed after *out is destroyed.
 *
 * Without config.json heads follow from layers and width (the published sizes 8M 6 x 320, 35M 12 x 480, 150M
 * 30 x 640, 650M 33 x 1280, 3B 36 x 2560, 15B 48 x 5120), and the rest is as published. A key that
 * config.json lacks has the value that transformers gives it (EsmConfig): norm_eps 1e-12, token_dropout off,
 * positions absolute, mask_token 32, pad_token 1.
 *
 * Fails: DN_EDATA a tensor is missing, has another shape than
 * the configuration says, is not F32, F16 or BF16; config.json is no JSON or contradicts the shapes; a layout
 * without config.json that is not in the list; what this code does not compute: positions that are not
 * rotary, emb_layer_norm_before, another activation than gelu, an ESMFold model. As dn_safetensors_open();
 * DN_EIO, DN_ENOINPUT config.json cannot be read; DN_ENOMEM. Then *out stays empty. */
DN_MUST_CHECK dn_status dn_esm_weights_open(const char *path, dn_safetensors **out_file, dn_esm_weights *out,
                                            dn_error *err);

void dn_esm_weights_destroy(dn_esm_weights *w); /* back to empty */

/* ---- sizes by name ---- */

/* "8M", "35M", "150M", "650M", "3B", "15B", or "LAYERSxWIDTHxHEADS": the configuration as published, inner
 * 4 C. Fails: DN_EUSAGE with the reason */
DN_MUST_CHECK dn_status dn_esm_config_parse(const char *text, dn_esm_config *out, dn_error *err);

/* Numbers in all tensors that dn_esm_weights names. */
int64_t dn_esm_config_numbers(const dn_esm_config *c);

#endif
