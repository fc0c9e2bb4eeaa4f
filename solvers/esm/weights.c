/* weights.c - the weights of an ESM-2 model in a safetensors file; see weights.h. config.json and published
 * sizes: config.c */
#include "solvers/esm/weights.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/esm/config.h"
#include "solvers/formats/source.h"

enum { MAX_JSON = 1 << 20 };

/* A walk through the names of a file. */
typedef struct finder {
    const dn_safetensors *file;
    const char *prefix; /* "" or "esm." */
} finder;

#define WORD "embeddings.word_embeddings.weight"

/* prefix + name; NULL when it is not there. */
static const dn_safetensor *look(const finder *f, const char *name)
{
    char full[160];

    snprintf(full, sizeof full, "%s%s", f->prefix, name);
    return dn_safetensors_find(f->file, full);
}

static void write_shape(const dn_safetensor *t, char *buf, size_t cap)
{
    size_t at = 0;

    buf[0] = '\0';
    for (int i = 0; i < t->rank && at + 1 < cap; i++)
        at += (size_t)snprintf(buf + at, cap - at, i > 0 ? " x %lld" : "%lld", (long long)t->shape[i]);
    if (t->rank == 0)
        snprintf(buf, cap, "a single number");
}

/* The tensor of a name, of shape [rows, cols], or [rows] when cols is 0. */
static dn_status find(const finder *f, const char *name, int64_t rows, int64_t cols,
                      const dn_safetensor **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_safetensor *t = look(f, name);
    int rank = cols > 0 ? 2 : 1;
    char shape[120], want[60];

    if (t == NULL)
        DN_FAIL(DN_EDATA, "%s: tensor '%s%s' is missing", dn_safetensors_path(f->file), f->prefix, name);
    if (t->rank != rank || t->shape[0] != rows || (cols > 0 && t->shape[1] != cols)) {
        write_shape(t, shape, sizeof shape);
        if (cols > 0)
            snprintf(want, sizeof want, "%lld x %lld", (long long)rows, (long long)cols);
        else
            snprintf(want, sizeof want, "%lld", (long long)rows);
        DN_FAIL(DN_EDATA, "%s: tensor '%s' has shape %s, wanted %s", dn_safetensors_file(f->file, t), t->name,
                shape, want);
    }
    if (t->type == DN_SAFETENSORS_OTHER)
        DN_FAIL(DN_EDATA, "%s: tensor '%s' is of type %s; F32, F16 and BF16 can be read",
                dn_safetensors_file(f->file, t), t->name, t->dtype);
    *out = t;
out:
    return st;
}

static dn_status find_linear(const finder *f, const char *name, int64_t rows, int64_t cols,
                             dn_esm_linear *out, dn_error *err)
{
    dn_status st = DN_OK;
    char full[160];

    snprintf(full, sizeof full, "%s.weight", name);
    DN_TRY(find(f, full, rows, cols, &out->weight, err));
    snprintf(full, sizeof full, "%s.bias", name);
    DN_TRY(find(f, full, rows, 0, &out->bias, err));
out:
    return st;
}

static dn_status find_norm(const finder *f, const char *name, int64_t width, dn_esm_norm *out, dn_error *err)
{
    dn_status st = DN_OK;
    char full[160];

    snprintf(full, sizeof full, "%s.weight", name);
    DN_TRY(find(f, full, width, 0, &out->scale, err));
    snprintf(full, sizeof full, "%s.bias", name);
    DN_TRY(find(f, full, width, 0, &out->shift, err));
out:
    return st;
}

static dn_status find_layer(const finder *f, int64_t i, const dn_esm_config *c, dn_esm_layer *out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    const struct {
        const char *name;
        int64_t rows, cols;
        dn_esm_linear *to;
    } linear[] = {{"attention.self.query", c->width, c->width, &out->query},
                  {"attention.self.key", c->width, c->width, &out->key},
                  {"attention.self.value", c->width, c->width, &out->value},
                  {"attention.output.dense", c->width, c->width, &out->attention_out},
                  {"intermediate.dense", c->inner, c->width, &out->feed_in},
                  {"output.dense", c->width, c->inner, &out->feed_out}};
    char name[120];

    for (size_t k = 0; k < sizeof linear / sizeof *linear; k++) {
        snprintf(name, sizeof name, "encoder.layer.%lld.%s", (long long)i, linear[k].name);
        DN_TRY(find_linear(f, name, linear[k].rows, linear[k].cols, linear[k].to, err));
    }
    snprintf(name, sizeof name, "encoder.layer.%lld.attention.LayerNorm", (long long)i);
    DN_TRY(find_norm(f, name, c->width, &out->attention_norm, err));
    snprintf(name, sizeof name, "encoder.layer.%lld.LayerNorm", (long long)i);
    DN_TRY(find_norm(f, name, c->width, &out->feed_norm, err));
    snprintf(name, sizeof name, "encoder.layer.%lld.attention.self.rotary_embeddings.inv_freq", (long long)i);
    if (look(f, name) != NULL)
        DN_TRY(find(f, name, c->width / c->heads / 2, 0, &out->frequencies, err));
out:
    return st;
}

/* ---- what the shapes say ---- */

/* One more than the greatest N of a name "PREFIXencoder.layer.N....": gaps are found later, by name. */
static dn_status count_layers(const finder *f, int64_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    char start[40];
    size_t len = (size_t)snprintf(start, sizeof start, "%sencoder.layer.", f->prefix);

    *out = 0;
    for (int64_t i = 0; i < dn_safetensors_count(f->file); i++) {
        const dn_safetensor *t = dn_safetensors_at(f->file, i);
        char *end;
        long n;

        if (strncmp(t->name, start, len) != 0)
            continue;
        errno = 0;
        n = strtol(t->name + len, &end, 10);
        if (end == t->name + len || *end != '.' || errno != 0 || n < 0 || n >= DN_ESM_MAX_LAYERS)
            DN_FAIL(DN_EDATA, "%s: tensor '%.120s' has no number of a layer from 0 to %d",
                    dn_safetensors_file(f->file, t), t->name, DN_ESM_MAX_LAYERS - 1);
        if (n >= *out)
            *out = n + 1;
    }
    if (*out == 0)
        DN_FAIL(DN_EDATA, "%s: no tensor '%s0...' : this is no ESM model", dn_safetensors_path(f->file),
                start);
out:
    return st;
}

/* Layers, width, inner and vocabulary from names and shapes. */
static dn_status read_shapes(const finder *f, dn_esm_config *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_safetensor *word = look(f, WORD), *feed = look(f, "encoder.layer.0.intermediate.dense.weight");

    DN_TRY(count_layers(f, &out->layers, err));
    if (word->rank != 2 || word->shape[0] < 1 || word->shape[1] < 1)
        DN_FAIL(DN_EDATA, "%s: tensor '%s' is no table", dn_safetensors_file(f->file, word), word->name);
    if (feed == NULL || feed->rank != 2 || feed->shape[0] < 1)
        DN_FAIL(DN_EDATA, "%s: tensor '%sencoder.layer.0.intermediate.dense.weight' is %s",
                dn_safetensors_path(f->file), f->prefix, feed == NULL ? "missing" : "no table");
    out->vocab = word->shape[0];
    out->width = word->shape[1];
    out->inner = feed->shape[0];
out:
    return st;
}

/* Names of what is here but cannot be computed. */
static dn_status refuse_others(const finder *f, dn_error *err)
{
    dn_status st = DN_OK;

    if (look(f, "embeddings.layer_norm.weight") != NULL)
        DN_FAIL(DN_EDATA,
                "%s: tensor '%sembeddings.layer_norm.weight' belongs to a model with "
                "emb_layer_norm_before (ESM-1b, ESM-1v), which is not supported; ESM-2 has none",
                dn_safetensors_path(f->file), f->prefix);
    if (dn_safetensors_find(f->file, "esm_s_combine") != NULL)
        DN_FAIL(DN_EDATA, "%s: is an ESMFold model, which is not supported", dn_safetensors_path(f->file));
out:
    return st;
}

/* ---- all of it ---- */

/* opt_json: the text of config.json; json_name for messages about it. */
static dn_status find_all(const dn_safetensors *file, const char *json_name, const char *opt_json,
                          dn_esm_weights *out, dn_error *err)
{
    dn_status st = DN_OK;
    finder f = {.file = file, .prefix = ""};
    dn_esm_weights w = {0};
    dn_esm_config *c = &w.config;

    if (look(&f, WORD) == NULL)
        f.prefix = "esm.";
    if (look(&f, WORD) == NULL)
        DN_FAIL(DN_EDATA, "%s: has neither '" WORD "' nor 'esm." WORD "': this is no ESM model",
                dn_safetensors_path(file));
    DN_TRY(refuse_others(&f, err));
    DN_TRY(read_shapes(&f, c, err));
    if (opt_json != NULL)
        DN_TRY(dn_esm_config_json(json_name, opt_json, c, err));
    else
        DN_TRY(dn_esm_config_guess(dn_safetensors_path(file), c, err));
    DN_NEW(w.layer, (size_t)c->layers);
    DN_TRY(find(&f, WORD, c->vocab, c->width, &w.embedding, err));
    for (int64_t i = 0; i < c->layers; i++)
        DN_TRY(find_layer(&f, i, c, &w.layer[i], err));
    DN_TRY(find_norm(&f, "encoder.emb_layer_norm_after", c->width, &w.final_norm, err));
    *out = w;
    w = (dn_esm_weights){0};
out:
    dn_esm_weights_destroy(&w);
    return st;
}

void dn_esm_weights_destroy(dn_esm_weights *w)
{
    dn_free(w->layer);
    *w = (dn_esm_weights){0};
}

/* The text of config.json beside a file; NULL when there is none. */
static dn_status read_json(const char *path, char **out_name, char **out_text, dn_error *err)
{
    dn_status st = DN_OK;
    const char *slash = strrchr(path, '/');
    size_t dir = slash != NULL ? (size_t)(slash - path) + 1 : 0, len = 0, got = 1;
    dn_source *s = NULL;
    FILE *there;

    DN_NEW(*out_name, dir + sizeof "config.json");
    memcpy(*out_name, path, dir);
    memcpy(*out_name + dir, "config.json", sizeof "config.json");
    there = fopen(*out_name, "rb");
    if (there == NULL && errno == ENOENT)
        goto out;
    if (there != NULL)
        fclose(there);
    DN_NEW(*out_text, MAX_JSON + 1);
    DN_TRY(dn_source_open_range(*out_name, 0, MAX_JSON, &s, err));
    for (; got > 0 && len < MAX_JSON; len += got)
        DN_TRY(dn_source_read(s, *out_text + len, MAX_JSON - len, &got, err));
    if (len == MAX_JSON)
        DN_FAIL(DN_EDATA, "%s: is too long for a configuration (%d bytes and more)", *out_name, MAX_JSON);
out:
    dn_source_close(&s);
    return st;
}

dn_status dn_esm_weights_open(const char *path, dn_safetensors **out_file, dn_esm_weights *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_safetensors *file = NULL;
    char *name = NULL, *text = NULL;

    DN_TRY(dn_safetensors_open(path, &file, err));
    DN_TRY(read_json(dn_safetensors_path(file), &name, &text, err));
    DN_TRY(find_all(file, name, text, out, err));
    *out_file = file;
    file = NULL;
out:
    dn_safetensors_close(&file);
    dn_free(name);
    dn_free(text);
    return st;
}
