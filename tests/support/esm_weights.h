/* esm_weights.h - random weights of a protein language model in memory, as if they stood in a file
 *
 * Kaiming-uniform maps and biases (as PyTorch begins), norms near 1 and 0, embeddings between -1 and 1; every
 * number a function of the seed and its place. For tests and measurements; a header, because programs of
 * tests/bench link nothing of this folder.
 */
#ifndef DN_TEST_SUPPORT_ESM_WEIGHTS_H
#define DN_TEST_SUPPORT_ESM_WEIGHTS_H

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/esm/weights.h"

typedef struct esm_weights {
    dn_esm_weights w;
    float *numbers;
    dn_safetensor *tensor;
    int64_t n_tensors, used;
    dn_rng stream;
} esm_weights;

/* The next tensor, between centre - half and centre + half. */
static inline const dn_safetensor *esm_weights_next(esm_weights *e, int64_t rows, int64_t columns,
                                                    double centre, double half)
{
    dn_safetensor *t = &e->tensor[e->n_tensors++];
    float *data = e->numbers + e->used;

    *t = (dn_safetensor){.name = "random",
                         .dtype = "F32",
                         .type = DN_SAFETENSORS_F32,
                         .rank = rows > 0 ? 2 : 1,
                         .count = (rows > 0 ? rows : 1) * columns,
                         .data = data};
    t->shape[0] = rows > 0 ? rows : columns;
    t->shape[1] = columns;
    t->bytes = (size_t)t->count * sizeof *data;
    for (int64_t i = 0; i < t->count; i++)
        data[i] = (float)(centre + half * (2 * dn_rng_uniform(e->stream, (uint64_t)(e->used + i)) - 1));
    e->used += t->count;
    return t;
}

static inline dn_esm_linear esm_weights_linear(esm_weights *e, int64_t in, int64_t out)
{
    double half = 1 / sqrt((double)in);
    dn_esm_linear l = {esm_weights_next(e, out, in, 0, half), NULL};

    l.bias = esm_weights_next(e, 0, out, 0, half);
    return l;
}

static inline dn_esm_norm esm_weights_norm(esm_weights *e, int64_t width)
{
    dn_esm_norm n = {esm_weights_next(e, 0, width, 1, 0.2), NULL};

    n.shift = esm_weights_next(e, 0, width, 0, 0.2);
    return n;
}

static inline void esm_weights_destroy(esm_weights *e)
{
    dn_free(e->w.layer);
    dn_free(e->numbers);
    dn_free(e->tensor);
    memset(e, 0, sizeof *e);
}

/* False when memory is refused. */
static inline bool esm_weights_create(const dn_esm_config *c, uint64_t seed, esm_weights *e)
{
    int64_t numbers = c->vocab * c->width + 2 * c->width +
                      c->layers * (4 * c->width * (c->width + 1) + 4 * c->width + 2 * c->inner * c->width +
                                   c->inner + c->width);

    memset(e, 0, sizeof *e);
    e->w.config = *c;
    e->stream = dn_rng_stream(seed, DN_RNG_SYNTH, 7, 0);
    e->numbers = (float *)dn_calloc((size_t)numbers, sizeof(float));
    e->tensor = (dn_safetensor *)dn_calloc((size_t)(3 + 16 * c->layers), sizeof(dn_safetensor));
    e->w.layer = (dn_esm_layer *)dn_calloc((size_t)c->layers, sizeof(dn_esm_layer));
    if (e->numbers == NULL || e->tensor == NULL || e->w.layer == NULL) {
        esm_weights_destroy(e);
        return false;
    }
    e->w.embedding = esm_weights_next(e, c->vocab, c->width, 0, 1);
    for (int64_t l = 0; l < c->layers; l++) {
        dn_esm_layer *y = &e->w.layer[l];
        y->attention_norm = esm_weights_norm(e, c->width);
        y->query = esm_weights_linear(e, c->width, c->width);
        y->key = esm_weights_linear(e, c->width, c->width);
        y->value = esm_weights_linear(e, c->width, c->width);
        y->attention_out = esm_weights_linear(e, c->width, c->width);
        y->feed_norm = esm_weights_norm(e, c->width);
        y->feed_in = esm_weights_linear(e, c->width, c->inner);
        y->feed_out = esm_weights_linear(e, c->inner, c->width);
    }
    e->w.final_norm = esm_weights_norm(e, c->width);
    return true;
}

#endif
