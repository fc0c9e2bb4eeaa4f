/* model.c - weights of ESM-2 packed for this CPU; see model.h */
#include "solvers/esm/model.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/esm/attention.h"
#include "solvers/esm/attention_amx.h"
#include "solvers/esm/model_private.h"
#include "solvers/esm/rows.h"
#include "solvers/nn/kernels.h"

static int64_t up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

void dn_esm_product_kinds(const dn_esm_config *c, dn_esm_precision precision,
                          dn_packed_kind out[DN_ESM_PRODUCTS])
{
    bool low = precision == DN_ESM_BF16;

    out[DN_ESM_QKV] = (dn_packed_kind){.in = c->width, .out = 3 * c->width, .bf16 = low};
    out[DN_ESM_ATTENTION_OUT] = (dn_packed_kind){.in = c->width, .out = c->width, .bf16 = low, .add = true};
    out[DN_ESM_FEED_IN] = (dn_packed_kind){.in = c->width, .out = c->inner, .bf16 = low};
    out[DN_ESM_FEED_OUT] = (dn_packed_kind){.in = c->inner, .out = c->width, .bf16 = low, .add = true};
}

/* ---- where what stands ---- */

/* Memory that is handed out from its beginning; base NULL: it is only counted. */
typedef struct stack {
    char *base;
    size_t used;
} stack;

static void *take(stack *s, size_t bytes)
{
    void *at = s->base != NULL ? s->base + s->used : NULL;

    s->used += (bytes + 63) / 64 * 64;
    return at;
}

static float *take_floats(stack *s, int64_t n)
{
    return take(s, (size_t)n * sizeof(float));
}

static dn_esm_scale take_norm(stack *s, int64_t width)
{
    dn_esm_scale n = {.scale = take_floats(s, width)};

    n.shift = take_floats(s, width);
    return n;
}

/* All of a layer; m->packed is known. */
static void take_layer(const dn_esm_model *m, const dn_packed_kind *kind, stack *s, dn_esm_packed_layer *out)
{
    out->attention_norm = take_norm(s, m->config.width);
    out->feed_norm = take_norm(s, m->config.width);
    for (int i = 0; i < DN_ESM_PRODUCTS; i++) {
        out->product[i].w = take(s, m->packed[i]);
        out->product[i].b = take_floats(s, kind[i].out);
    }
}

/* Bytes of the whole. */
static size_t place(dn_esm_model *m, void *memory)
{
    stack s = {.base = memory};
    dn_packed_kind kind[DN_ESM_PRODUCTS];

    dn_esm_product_kinds(&m->config, m->precision, kind);
    m->embedding = take_floats(&s, m->config.vocab * m->config.width);
    m->final_norm = take_norm(&s, m->config.width);
    for (int64_t l = 0; l < m->config.layers; l++)
        take_layer(m, kind, &s, &m->layer[l]);
    return s.used;
}

/* ---- packing ---- */

static void read_tensor(const dn_safetensor *t, float *out)
{
    dn_safetensor_floats(t, 0, t->count, out);
}

static void read_norm(const dn_esm_norm *n, const dn_esm_scale *out)
{
    read_tensor(n->scale, out->scale);
    read_tensor(n->shift, out->shift);
}

/* The product of one or several linear maps side by side, the first times `scale`. */
static dn_status pack(dn_packed_product *p, const dn_esm_linear *const *map, int n, float scale,
                      const dn_packed *to, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t weights = map[0]->weight->count, biases = map[0]->bias->count;
    float *w = NULL, *b = NULL;

    DN_NEW(w, (size_t)(n * weights));
    DN_NEW(b, (size_t)(n * biases));
    for (int i = 0; i < n; i++) {
        read_tensor(map[i]->weight, w + i * weights);
        read_tensor(map[i]->bias, b + i * biases);
    }
    for (int64_t i = 0; i < weights; i++)
        w[i] *= scale;
    for (int64_t i = 0; i < biases; i++)
        b[i] *= scale;
    DN_TRY(dn_packed_pack(p, w, b, to, err));
out:
    dn_free(w);
    dn_free(b);
    return st;
}

static dn_status pack_product(const dn_esm_model *m, const dn_esm_layer *l, int which, dn_packed_product *p,
                              const dn_packed *to, dn_error *err)
{
    /* log2(e): the softmax takes powers of two */
    float scale = (float)(1.4426950408889634 / sqrt((double)m->head));
    const dn_esm_linear *qkv[] = {&l->query, &l->key, &l->value};
    const dn_esm_linear *one = which == DN_ESM_ATTENTION_OUT ? &l->attention_out
                               : which == DN_ESM_FEED_IN     ? &l->feed_in
                                                             : &l->feed_out;

    return which == DN_ESM_QKV ? pack(p, qkv, 3, scale, to, err) : pack(p, &one, 1, 1, to, err);
}

/* Which of `parts` packs what begins at byte `begin` of `all`. */
static int64_t part_of(size_t begin, size_t all, int64_t parts)
{
    return (int64_t)((double)begin / (double)all * (double)parts);
}

static dn_status make_products(const dn_esm_model *m, dn_packed_product **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_packed_kind kind[DN_ESM_PRODUCTS];

    dn_esm_product_kinds(&m->config, m->precision, kind);
    for (int i = 0; i < DN_ESM_PRODUCTS; i++)
        DN_TRY(dn_packed_create(&kind[i], &out[i], err));
out:
    return st;
}

dn_status dn_esm_model_pack(dn_esm_model *m, const dn_esm_weights *w, int64_t part, int64_t parts,
                            dn_error *err)
{
    dn_status st = DN_OK;
    dn_packed_product *p[DN_ESM_PRODUCTS] = {NULL};
    size_t begin = 0, all = (size_t)m->config.layers;

    for (int i = 0; i < DN_ESM_PRODUCTS; i++)
        begin += m->packed[i];
    all *= begin;
    begin = 0;
    DN_TRY(make_products(m, p, err));
    if (part == 0) {
        read_tensor(w->embedding, m->embedding);
        read_norm(&w->final_norm, &m->final_norm);
    }
    for (int64_t l = 0; l < m->config.layers; l++) {
        if (part_of(begin, all, parts) == part) {
            read_norm(&w->layer[l].attention_norm, &m->layer[l].attention_norm);
            read_norm(&w->layer[l].feed_norm, &m->layer[l].feed_norm);
        }
        for (int i = 0; i < DN_ESM_PRODUCTS; i++) {
            if (part_of(begin, all, parts) == part)
                DN_TRY(pack_product(m, &w->layer[l], i, p[i], &m->layer[l].product[i], err));
            begin += m->packed[i];
        }
    }
out:
    for (int i = 0; i < DN_ESM_PRODUCTS; i++)
        dn_packed_destroy(&p[i]);
    return st;
}

/* ---- making ---- */

/* Frequencies of the rotations: one set for all layers. */
static dn_status read_frequencies(const dn_esm_weights *w, int64_t head, float **out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t half = (size_t)head / 2;
    float *other = NULL;

    DN_NEW(*out, half);
    DN_NEW(other, half);
    for (int64_t l = 0; l < w->config.layers; l++) {
        float *to = l == 0 ? *out : other;
        if (w->layer[l].frequencies != NULL)
            dn_safetensor_floats(w->layer[l].frequencies, 0, head / 2, to);
        else
            dn_esm_frequencies(head, to);
        if (l > 0 && memcmp(*out, other, half * sizeof *other) != 0)
            DN_FAIL(DN_EDATA,
                    "layers 0 and %lld of the protein model rotate by different frequencies (inv_freq)",
                    (long long)l);
    }
out:
    dn_free(other);
    return st;
}

static dn_status check(const dn_esm_config *c, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t head = c->heads > 0 ? c->width / c->heads : 0;

    if (c->layers < 1 || c->width < 1 || c->heads < 1 || c->inner < 1 || c->vocab < 1)
        DN_FAIL(DN_EDATA, "a protein model of %lld layers, width %lld, %lld heads is no model",
                (long long)c->layers, (long long)c->width, (long long)c->heads);
    if (head * c->heads != c->width || head % 2 != 0 || head > DN_ESM_MAX_DIM)
        DN_FAIL(DN_EDATA,
                "width %lld of the protein model over %lld heads: a head must be even and at most %d wide",
                (long long)c->width, (long long)c->heads, DN_ESM_MAX_DIM);
out:
    return st;
}

dn_status dn_esm_model_plan(const dn_esm_weights *w, dn_esm_precision precision, dn_esm_model **out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    dn_esm_model *m = NULL;
    dn_packed_product *p[DN_ESM_PRODUCTS] = {NULL};

    DN_TRY(check(&w->config, err));
    DN_NEW(m, 1);
    m->config = w->config;
    m->precision = precision;
    /* one switch for all: what oneDNN may use (ONEDNN_MAX_CPU_ISA) */
    m->amx = precision == DN_ESM_BF16 && strcmp(dn_kernels_isa(), "AVX-512 AMX") == 0 && dn_esm_amx_here();
    m->head = w->config.width / w->config.heads;
    m->dim = m->amx ? dn_esm_amx_dim(m->head) : up(m->head, 4);
    DN_TRY(read_frequencies(w, m->head, &m->frequency, err));
    DN_NEW(m->layer, (size_t)m->config.layers);
    DN_TRY(make_products(m, p, err));
    for (int i = 0; i < DN_ESM_PRODUCTS; i++)
        m->packed[i] = dn_packed_bytes(p[i]);
    m->room = place(m, NULL);
    *out = m;
    m = NULL;
out:
    for (int i = 0; i < DN_ESM_PRODUCTS; i++)
        dn_packed_destroy(&p[i]);
    dn_esm_model_destroy(&m);
    return st;
}

size_t dn_esm_model_room(const dn_esm_model *m)
{
    return m->room;
}

void dn_esm_model_place(dn_esm_model *m, void *memory)
{
    (void)place(m, memory);
}

dn_status dn_esm_model_create(const dn_esm_weights *w, dn_esm_precision precision, dn_esm_model **out,
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_esm_model *m = NULL;

    DN_TRY(dn_esm_model_plan(w, precision, &m, err));
    DN_NEW(*(char **)&m->own, m->room);
    dn_esm_model_place(m, m->own);
    DN_TRY(dn_esm_model_pack(m, w, 0, 1, err));
    *out = m;
    m = NULL;
out:
    dn_esm_model_destroy(&m);
    return st;
}

void dn_esm_model_destroy(dn_esm_model **model)
{
    dn_esm_model *m = *model;

    if (m == NULL)
        return;
    dn_free(m->own);
    dn_free(m->layer);
    dn_free(m->frequency);
    dn_free(m);
    *model = NULL;
}

const dn_esm_config *dn_esm_model_config(const dn_esm_model *m)
{
    return &m->config;
}

double dn_esm_operations(const dn_esm_config *c, int64_t n)
{
    double width = (double)c->width, dense = 2 * width * (4 * width + 2 * (double)c->inner);

    return (double)c->layers * (double)n * (dense + 4 * (double)n * width);
}
