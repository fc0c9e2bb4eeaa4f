/* esm_config.c - libFuzzer target: any bytes are the config.json of an ESM-2 model or an error; one that is
 * accepted agrees with the shapes of the weights and can be computed with */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/esm/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* What the shapes of the published 8M file say. */
static const dn_esm_config shapes = {.layers = 6, .width = 320, .inner = 1280, .vocab = 33};

static const char published[] =
    "{\"model_type\":\"esm\",\"position_embedding_type\":\"rotary\",\"hidden_act\":\"gelu\","
    "\"num_hidden_layers\":6,\"hidden_size\":320,\"intermediate_size\":1280,\"vocab_size\":33,"
    "\"num_attention_heads\":20,\"token_dropout\":true,\"mask_token_id\":32,\"pad_token_id\":1,"
    "\"layer_norm_eps\":1e-05,\"emb_layer_norm_before\":false,\"is_folding_model\":false}";

/* Numbers and words are what a file may lie about: one in four changes leaves the rest of the text alone. */
static size_t change_number(uint8_t *data, size_t size, unsigned seed)
{
    for (size_t i = seed % size, tried = 0; tried < size; i = (i + 1) % size, tried++)
        if (data[i] >= '0' && data[i] <= '9') {
            data[i] = (uint8_t) "0123456789-.e"[seed / 7 % 13];
            break;
        }
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    if ((seed % 16 == 0 || size < 4) && sizeof published - 1 <= most) {
        size = sizeof published - 1;
        memcpy(data, published, size);
    }
    return seed % 4 == 0 && size > 0 ? change_number(data, size, seed / 16)
                                     : LLVMFuzzerMutate(data, size, most);
}

static void check(const dn_esm_config *c)
{
    if (c->layers != shapes.layers || c->width != shapes.width || c->inner != shapes.inner ||
        c->vocab != shapes.vocab)
        abort();
    if (c->heads < 1 || c->width % c->heads != 0 || c->width / c->heads % 2 != 0)
        abort();
    if (!(c->norm_eps >= 0 && c->norm_eps < 1) || c->mask_token < 0 || c->mask_token >= 33 ||
        c->pad_token < 0 || c->pad_token >= 33)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dn_error err = DN_ERROR_INIT;
    dn_esm_config c = shapes;
    char *text = dn_calloc(size + 1, 1);

    memcpy(text, data, size);
    if (dn_esm_config_json("fuzz", text, &c, &err) == DN_OK)
        check(&c);
    else if (err.code != DN_EDATA || strncmp(err.text, "fuzz: ", 6) != 0 || strchr(err.text, '\n') != NULL)
        abort();
    dn_free(text);
    if (dn_alloc_live() != 0)
        abort();
    return 0;
}
