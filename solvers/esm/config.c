/* config.c - config.json, published sizes; see config.h and weights.h */
#include "solvers/esm/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/json.h"
#include "solvers/base/text.h"
#include "solvers/esm/tokens.h"

typedef struct size_row {
    const char *name;
    int64_t layers, width, heads;
} size_row;

/* github.com/facebookresearch/esm, README, "Available Models"; heads from the published configurations. */
static const size_row sizes[] = {{"8M", 6, 320, 20},     {"35M", 12, 480, 20}, {"150M", 30, 640, 20},
                                 {"650M", 33, 1280, 20}, {"3B", 36, 2560, 40}, {"15B", 48, 5120, 40}};
enum { SIZES = (int)(sizeof sizes / sizeof *sizes) };

/* What all published sizes share. */
static void set_published(dn_esm_config *c)
{
    c->norm_eps = 1e-5F;
    c->token_dropout = true;
    c->mask_token = DN_ESM_MASK;
    c->pad_token = DN_ESM_PAD;
}

/* What holds for any source. */
static dn_status check(const char *name, const dn_esm_config *c, dn_error *err)
{
    dn_status st = DN_OK;

    if (c->vocab != DN_ESM_TOKENS)
        DN_FAIL(DN_EDATA, "%s: a vocabulary of %lld tokens, where ESM-2 has %d", name, (long long)c->vocab,
                DN_ESM_TOKENS);
    if (c->heads < 1 || c->width % c->heads != 0 || c->width / c->heads % 2 != 0)
        DN_FAIL(DN_EDATA, "%s: a width of %lld cannot be cut into %lld heads of an even width", name,
                (long long)c->width, (long long)c->heads);
out:
    return st;
}

dn_status dn_esm_config_guess(const char *name, dn_esm_config *c, dn_error *err)
{
    dn_status st = DN_OK;

    set_published(c);
    for (int i = 0; i < SIZES && c->heads == 0; i++)
        if (c->layers == sizes[i].layers && c->width == sizes[i].width)
            c->heads = sizes[i].heads;
    if (c->heads == 0)
        DN_FAIL(DN_EDATA,
                "%s: %lld layers of width %lld are no published size of ESM-2, and there is no "
                "config.json beside it that says how many heads there are",
                name, (long long)c->layers, (long long)c->width);
    DN_TRY(check(name, c, err));
out:
    return st;
}

/* ---- config.json ---- */

/* A whole number of a key that must be there and must be `want`, unless want is negative. */
static dn_status take_size(const char *name, const dn_json *root, const char *key, int64_t want, int64_t *out,
                           dn_error *err)
{
    dn_status st = DN_OK;
    const dn_json *v = dn_json_get(root, key);

    if (dn_json_kind_of(v) != DN_JSON_INT)
        DN_FAIL(DN_EDATA, "%s: '%s' is %s", name, key, v == NULL ? "missing" : "no whole number");
    if (want >= 0 && dn_json_to_int(v) != want)
        DN_FAIL(DN_EDATA, "%s: '%s' is %lld, but the weights have %lld", name, key,
                (long long)dn_json_to_int(v), (long long)want);
    *out = dn_json_to_int(v);
out:
    return st;
}

/* A token of a key that may be absent or null. */
static dn_status take_token(const char *name, const dn_json *root, const char *key, int initial, int *out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    const dn_json *v = dn_json_get(root, key);
    dn_json_kind kind = dn_json_kind_of(v);
    int64_t token = dn_json_to_int(v);

    *out = initial;
    if (kind == DN_JSON_ABSENT || kind == DN_JSON_NULL)
        goto out;
    if (kind != DN_JSON_INT || token < 0 || token >= DN_ESM_TOKENS)
        DN_FAIL(DN_EDATA, "%s: '%s' is no token from 0 to %d", name, key, DN_ESM_TOKENS - 1);
    *out = (int)token;
out:
    return st;
}

static dn_status take_flag(const char *name, const dn_json *root, const char *key, bool *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_json *v = dn_json_get(root, key);
    dn_json_kind kind = dn_json_kind_of(v);

    if (kind != DN_JSON_ABSENT && kind != DN_JSON_NULL && kind != DN_JSON_BOOL)
        DN_FAIL(DN_EDATA, "%s: '%s' is neither true nor false", name, key);
    *out = dn_json_to_bool(v);
out:
    return st;
}

/* A word of a key that must be the one that is computed here; an absent one is `absent`. */
static dn_status need_word(const char *name, const dn_json *root, const char *key, const char *want,
                           const char *absent, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_json *v = dn_json_get(root, key);
    const char *word = v == NULL ? absent : dn_json_to_string(v);

    if (word == NULL || strcmp(word, want) != 0)
        DN_FAIL(DN_EDATA, "%s: '%s' is %s%.40s; only '%s' is supported, as in ESM-2", name, key,
                v == NULL ? "absent, which means " : "", word != NULL ? word : "no text", want);
out:
    return st;
}

static dn_status refuse_parts(const char *name, const dn_json *root, dn_error *err)
{
    dn_status st = DN_OK;
    static const char *const refused[] = {"emb_layer_norm_before", "is_folding_model", "is_decoder",
                                          "add_cross_attention"};
    bool on;

    DN_TRY(need_word(name, root, "model_type", "esm", "esm", err));
    DN_TRY(need_word(name, root, "position_embedding_type", "rotary", "absolute", err));
    DN_TRY(need_word(name, root, "hidden_act", "gelu", "gelu", err));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        DN_TRY(take_flag(name, root, refused[i], &on, err));
        if (on)
            DN_FAIL(DN_EDATA, "%s: '%s' is true, which is not supported; ESM-2 has it off", name, refused[i]);
    }
out:
    return st;
}

dn_status dn_esm_config_json(const char *name, const char *text, dn_esm_config *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *root = NULL;
    const dn_json *eps;
    double value = 1e-12;
    int64_t ignored;

    DN_TRY(dn_json_read(name, text, strlen(text), &root, err));
    DN_TRY(refuse_parts(name, root, err));
    DN_TRY(take_size(name, root, "num_hidden_layers", c->layers, &ignored, err));
    DN_TRY(take_size(name, root, "hidden_size", c->width, &ignored, err));
    DN_TRY(take_size(name, root, "intermediate_size", c->inner, &ignored, err));
    DN_TRY(take_size(name, root, "vocab_size", c->vocab, &ignored, err));
    DN_TRY(take_size(name, root, "num_attention_heads", -1, &c->heads, err));
    DN_TRY(take_flag(name, root, "token_dropout", &c->token_dropout, err));
    DN_TRY(take_token(name, root, "mask_token_id", DN_ESM_MASK, &c->mask_token, err));
    DN_TRY(take_token(name, root, "pad_token_id", DN_ESM_PAD, &c->pad_token, err));
    eps = dn_json_get(root, "layer_norm_eps");
    if (eps != NULL)
        value = dn_json_to_number(eps);
    if (!(value > 0 && value < 1))
        DN_FAIL(DN_EDATA, "%s: 'layer_norm_eps' is no number between 0 and 1", name);
    c->norm_eps = (float)value;
    DN_TRY(check(name, c, err));
out:
    dn_json_destroy(&root);
    return st;
}

/* ---- sizes by name ---- */

/* Up to three numbers divided by 'x'; returns how many, 0 when the text is something else. */
static int split_numbers(const char *text, int64_t out[3])
{
    int n = 0;

    while (n < 3) {
        const char *x = strchr(text, 'x');
        size_t len = x != NULL ? (size_t)(x - text) : strlen(text);

        if (!dn_parse_int(text, len, &out[n]))
            return 0;
        n++;
        if (x == NULL)
            return n;
        text = x + 1;
    }
    return 0;
}

dn_status dn_esm_config_parse(const char *text, dn_esm_config *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_esm_config c = {0};
    int64_t v[3];

    for (int i = 0; i < SIZES && c.layers == 0; i++)
        if (strcmp(text, sizes[i].name) == 0)
            c = (dn_esm_config){.layers = sizes[i].layers, .width = sizes[i].width, .heads = sizes[i].heads};
    if (c.layers == 0) {
        if (split_numbers(text, v) != 3)
            DN_FAIL(DN_EUSAGE,
                    "'%.60s' is no size of ESM-2: 8M, 35M, 150M, 650M, 3B, 15B, or "
                    "LAYERSxWIDTHxHEADS such as 6x320x20",
                    text);
        c = (dn_esm_config){.layers = v[0], .width = v[1], .heads = v[2]};
    }
    if (c.layers < 1 || c.layers > DN_ESM_MAX_LAYERS || c.width < 2 || c.width > 65536 || c.heads < 1 ||
        c.width % c.heads != 0 || c.width / c.heads % 2 != 0)
        DN_FAIL(DN_EUSAGE,
                "'%.60s': wanted 1 to %d layers, a width of 2 to 65536, and heads of an even width", text,
                DN_ESM_MAX_LAYERS);
    c.inner = 4 * c.width;
    c.vocab = DN_ESM_TOKENS;
    set_published(&c);
    *out = c;
out:
    return st;
}

int64_t dn_esm_config_numbers(const dn_esm_config *c)
{
    int64_t attention = 4 * (c->width * c->width + c->width);
    int64_t feed = 2 * c->width * c->inner + c->inner + c->width;

    return c->vocab * c->width + c->layers * (attention + feed + 4 * c->width) + 2 * c->width;
}
