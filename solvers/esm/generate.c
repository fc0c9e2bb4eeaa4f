/* generate.c - random weights of an ESM-2 model; see generate.h */
#include "solvers/esm/generate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/rng.h"
#include "solvers/formats/safetensors_write.h"

enum { PER_LAYER = 16, BLOCKS = 1024, ITEM = 1 << 22 };

/* ---- which tensors there are ---- */

typedef enum side { NONE, WIDTH, INNER } side;

typedef struct row {
    const char *name;
    side rows, cols;
} row;

static const row layer_rows[PER_LAYER] = {{"attention.self.query.weight", WIDTH, WIDTH},
                                          {"attention.self.query.bias", WIDTH, NONE},
                                          {"attention.self.key.weight", WIDTH, WIDTH},
                                          {"attention.self.key.bias", WIDTH, NONE},
                                          {"attention.self.value.weight", WIDTH, WIDTH},
                                          {"attention.self.value.bias", WIDTH, NONE},
                                          {"attention.output.dense.weight", WIDTH, WIDTH},
                                          {"attention.output.dense.bias", WIDTH, NONE},
                                          {"attention.LayerNorm.weight", WIDTH, NONE},
                                          {"attention.LayerNorm.bias", WIDTH, NONE},
                                          {"intermediate.dense.weight", INNER, WIDTH},
                                          {"intermediate.dense.bias", INNER, NONE},
                                          {"output.dense.weight", WIDTH, INNER},
                                          {"output.dense.bias", WIDTH, NONE},
                                          {"LayerNorm.weight", WIDTH, NONE},
                                          {"LayerNorm.bias", WIDTH, NONE}};

int64_t dn_esm_tensors(const dn_esm_config *c)
{
    return 3 + PER_LAYER * c->layers;
}

static int64_t side_of(const dn_esm_config *c, side s)
{
    return s == NONE ? 0 : s == WIDTH ? c->width : c->inner;
}

static bool is_norm_scale(const char *name)
{
    return strstr(name, "weight") != NULL &&
           (strstr(name, "LayerNorm") != NULL || strstr(name, "_norm_") != NULL);
}

void dn_esm_tensor_at(const dn_esm_config *c, int64_t k, dn_esm_tensor *out)
{
    dn_esm_tensor t = {.rank = 1, .shape = {c->width}, .scale = 0.1};
    int64_t in_layer = (k - 1) % PER_LAYER, last = dn_esm_tensors(c) - 2;

    if (k == 0) {
        snprintf(t.name, sizeof t.name, "embeddings.word_embeddings.weight");
        t.rank = 2;
        t.shape[0] = c->vocab;
        t.shape[1] = c->width;
        t.scale = 1;
    } else if (k >= last) {
        snprintf(t.name, sizeof t.name, "encoder.emb_layer_norm_after.%s", k == last ? "weight" : "bias");
    } else {
        const row *r = &layer_rows[in_layer];

        snprintf(t.name, sizeof t.name, "encoder.layer.%lld.%s", (long long)((k - 1) / PER_LAYER), r->name);
        t.shape[0] = side_of(c, r->rows);
        t.shape[1] = side_of(c, r->cols);
        t.matrix = r->cols != NONE;
        t.rank = t.matrix ? 2 : 1;
        if (t.matrix)
            t.scale = sqrt(3.0 / (double)t.shape[1]);
    }
    t.base = is_norm_scale(t.name) ? 1 : 0;
    t.count = t.shape[0] * (t.rank == 2 ? t.shape[1] : 1);
    *out = t;
}

/* ---- numbers ---- */

void dn_esm_generate(uint64_t seed, const dn_esm_tensor *t, int64_t k, int64_t first, int64_t count,
                     float *out)
{
    dn_rng s = dn_rng_stream(seed, DN_RNG_SYNTH, (uint64_t)k, DN_ESM_STREAM);
    uint32_t words[4 * BLOCKS];

    for (int64_t i = first, end = first + count; i < end;) {
        int64_t item = i / ITEM, block = i % ITEM / 4, at = item * ITEM + 4 * block;
        int64_t n = (ITEM - 4 * block) / 4 < BLOCKS ? (ITEM - 4 * block) / 4 : BLOCKS;

        if (n > (end - at + 3) / 4)
            n = (end - at + 3) / 4;
        dn_rng_blocks(s, (uint64_t)item, (uint32_t)block, n, words);
        for (; i < at + 4 * n && i < end; i++) {
            /* exact but for the last rounding, so that no compiler can change a bit */
            double u = (double)(2 * (int64_t)(words[i - at] >> 8) + 1) * 0x1p-24 - 1;

            out[i - first] = (float)(t->base + (double)(float)t->scale * u);
        }
    }
}

/* ---- files ---- */

dn_status dn_esm_config_text(const dn_esm_config *c, char **out, dn_error *err)
{
    dn_json *root = dn_json_create(), *list;
    dn_status st;
    char eps[32];

    list = dn_json_array(root, "architectures");
    dn_json_string(list, NULL, "EsmModel");
    dn_json_string(root, "model_type", "esm");
    dn_json_int(root, "num_hidden_layers", c->layers);
    dn_json_int(root, "hidden_size", c->width);
    dn_json_int(root, "num_attention_heads", c->heads);
    dn_json_int(root, "intermediate_size", c->inner);
    dn_json_int(root, "vocab_size", c->vocab);
    dn_json_int(root, "max_position_embeddings", 1026);
    snprintf(eps, sizeof eps, "%.6g", (double)c->norm_eps); /* 1e-05, not the float beside it */
    dn_json_value(root, "layer_norm_eps", eps);
    dn_json_string(root, "position_embedding_type", "rotary");
    dn_json_string(root, "hidden_act", "gelu");
    dn_json_bool(root, "emb_layer_norm_before", false);
    dn_json_bool(root, "token_dropout", c->token_dropout);
    dn_json_int(root, "mask_token_id", c->mask_token);
    dn_json_int(root, "pad_token_id", c->pad_token);
    st = dn_json_text(root, 2, out, err);
    dn_json_destroy(&root);
    return st;
}

dn_status dn_esm_head(const dn_esm_config *c, dn_safetensors_type type, int64_t first, int64_t last,
                      const char *const *metadata, char **out, size_t *out_len, dn_error *err)
{
    dn_status st = DN_OK;
    dn_esm_tensor *t = NULL;    /* [last - first] */
    dn_safetensor *view = NULL; /* [last - first] */

    DN_NEW(t, (size_t)(last - first));
    DN_NEW(view, (size_t)(last - first));
    for (int64_t i = 0; i < last - first; i++) {
        dn_esm_tensor_at(c, first + i, &t[i]);
        view[i] = (dn_safetensor){
            .name = t[i].name, .type = type, .rank = t[i].rank, .shape = {t[i].shape[0], t[i].shape[1]}};
    }
    DN_TRY(dn_safetensors_head(view, last - first, metadata, out, out_len, err));
out:
    dn_free(view);
    dn_free(t);
    return st;
}
