/* esm_weights.h - weights of generate.h in memory, found as if they stood in a file
 *
 * A header, because programs of tests/bench link nothing of this folder.
 */
#ifndef DN_TEST_SUPPORT_ESM_WEIGHTS_H
#define DN_TEST_SUPPORT_ESM_WEIGHTS_H

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/esm/generate.h"

typedef struct esm_weights {
    dn_esm_weights w;
    float *numbers;        /* of all tensors, one after another */
    dn_safetensor *tensor; /* [dn_esm_tensors] */
} esm_weights;

static inline void esm_weights_destroy(esm_weights *e)
{
    dn_free(e->w.layer);
    dn_free(e->numbers);
    dn_free(e->tensor);
    memset(e, 0, sizeof *e);
}

static inline dn_esm_linear esm_weights_linear(const dn_safetensor *t)
{
    return (dn_esm_linear){t, t + 1};
}

static inline dn_esm_norm esm_weights_norm(const dn_safetensor *t)
{
    return (dn_esm_norm){t, t + 1};
}

/* False when memory is refused. */
static inline bool esm_weights_create(const dn_esm_config *c, uint64_t seed, esm_weights *e)
{
    int64_t n = dn_esm_tensors(c), used = 0;

    memset(e, 0, sizeof *e);
    e->w.config = *c;
    e->numbers = (float *)dn_calloc((size_t)dn_esm_config_numbers(c), sizeof(float));
    e->tensor = (dn_safetensor *)dn_calloc((size_t)n, sizeof(dn_safetensor));
    e->w.layer = (dn_esm_layer *)dn_calloc((size_t)c->layers, sizeof(dn_esm_layer));
    if (e->numbers == NULL || e->tensor == NULL || e->w.layer == NULL) {
        esm_weights_destroy(e);
        return false;
    }
    for (int64_t k = 0; k < n; k++) {
        dn_safetensor *t = &e->tensor[k];
        dn_esm_tensor as;
        dn_esm_tensor_at(c, k, &as);
        dn_esm_generate(seed, &as, k, 0, as.count, e->numbers + used);
        *t =
            (dn_safetensor){.name = "generated", .dtype = "F32", .type = DN_SAFETENSORS_F32, .rank = as.rank};
        memcpy(t->shape, as.shape, sizeof as.shape);
        t->count = as.count;
        t->bytes = (size_t)as.count * sizeof(float);
        t->data = e->numbers + used;
        used += as.count;
    }
    e->w.embedding = &e->tensor[0];
    for (int64_t l = 0; l < c->layers; l++) {
        const dn_safetensor *t = &e->tensor[1 + 16 * l];
        e->w.layer[l] = (dn_esm_layer){.query = esm_weights_linear(t),
                                       .key = esm_weights_linear(t + 2),
                                       .value = esm_weights_linear(t + 4),
                                       .attention_out = esm_weights_linear(t + 6),
                                       .attention_norm = esm_weights_norm(t + 8),
                                       .feed_in = esm_weights_linear(t + 10),
                                       .feed_out = esm_weights_linear(t + 12),
                                       .feed_norm = esm_weights_norm(t + 14)};
    }
    e->w.final_norm = esm_weights_norm(&e->tensor[n - 2]);
    return true;
}

#endif
