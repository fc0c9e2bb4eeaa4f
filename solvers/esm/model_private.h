/* model_private.h - what model.c makes and forward.c uses */
#ifndef DN_ESM_MODEL_PRIVATE_H
#define DN_ESM_MODEL_PRIVATE_H

#include "solvers/esm/model.h"
#include "solvers/nn/packed.h"

/* The products of a layer. */
enum { DN_ESM_QKV, DN_ESM_ATTENTION_OUT, DN_ESM_FEED_IN, DN_ESM_FEED_OUT, DN_ESM_PRODUCTS };

typedef struct dn_esm_scale {
    float *scale, *shift; /* [width] */
} dn_esm_scale;

typedef struct dn_esm_packed_layer {
    dn_esm_scale attention_norm, feed_norm;
    dn_packed product[DN_ESM_PRODUCTS]; /* QKV: query, key and value side by side, query times
                                         * log2(e) / sqrt(head) */
} dn_esm_packed_layer;

struct dn_esm_model {
    dn_esm_config config; /* first: dn_esm_model_config() */
    dn_esm_precision precision;
    int amx;      /* attention in bf16 through AMX */
    int64_t head; /* width of a head */
    int64_t dim;  /* the same, padded for the kernels */
    void *own;    /* of dn_esm_model_create(): the memory of all that follows but frequency */
    size_t room;  /* its bytes */
    size_t packed[DN_ESM_PRODUCTS]; /* bytes of the weights of a product */
    float *embedding;               /* [vocab, width] */
    dn_esm_packed_layer *layer;     /* [layers]  the pointers; what they point to is in the memory */
    dn_esm_scale final_norm;
    float *frequency; /* [head / 2]  of the rotations */
};

void dn_esm_product_kinds(const dn_esm_config *c, dn_esm_precision precision,
                          dn_packed_kind out[DN_ESM_PRODUCTS]);

#endif
