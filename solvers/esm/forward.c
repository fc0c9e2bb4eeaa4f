/* forward.c - a protein through ESM-2; see model.h
 *
 * Rows go in blocks of DN_PACKED_ROWS through all that is done row by row, so that they stay in the cache;
 * attention comes between two such sweeps of a layer.
 */
#include "solvers/esm/model.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/esm/attention.h"
#include "solvers/esm/attention_amx.h"
#include "solvers/esm/model_private.h"
#include "solvers/esm/rows.h"
#include "solvers/nn/bf16.h"

enum { ROWS = DN_PACKED_ROWS, TILE = DN_ESM_TILE };

struct dn_esm_work {
    int64_t max_tokens;
    dn_packed_product *product[DN_ESM_PRODUCTS];
    float *cosine, *sine; /* [max_tokens, head / 2] */
    float *x;             /* [max_tokens rounded up to ROWS, width]  the residual stream */
    float *context;       /* the same, f32 */
    uint16_t *context16;  /* the same, bf16; one of the two is there with AMX, else the other or both */
    float *y;             /* [ROWS, width]  rows after a norm */
    uint16_t *y16;        /* the same in bf16 */
    float *qkv;           /* [ROWS, 3 width] */
    float *inner;         /* [ROWS, inner] */
    uint16_t *inner16;    /* the same in bf16 */
    float *turned;        /* [TILE, dim] */
    void *q, *k, *v;      /* [heads] as the kernel of attention wants them, f32 or bf16 */
    void *scratch;
};

static int64_t up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

/* Numbers of q, k or v of one head; more than either kernel needs. */
static int64_t head_room(const dn_esm_model *m, int64_t n)
{
    return (up(n, TILE) + DN_ESM_PAD_ROWS) * m->dim;
}

int64_t dn_esm_work_bytes(const dn_esm_config *c, dn_esm_precision precision, int64_t max_tokens)
{
    int64_t rows = up(max_tokens, ROWS), head = c->width / c->heads;

    return 4 * rows * (head + 5 * c->width) +
           ROWS * (4 * c->width * 4 + (precision == DN_ESM_BF16 ? 6 : 4) * c->inner) + (2 << 20);
}

static dn_status make_buffers(const dn_esm_model *m, dn_esm_work *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_esm_config *c = &m->config;
    size_t rows = (size_t)up(k->max_tokens, ROWS), width = (size_t)c->width;
    size_t heads = (size_t)(c->heads * head_room(m, k->max_tokens)), one = m->amx ? 2 : 4;

    DN_NEW(k->cosine, (size_t)(k->max_tokens * m->head / 2));
    DN_NEW(k->sine, (size_t)(k->max_tokens * m->head / 2));
    DN_NEW(k->x, rows * width);
    if (m->amx)
        DN_NEW(k->context16, rows * width);
    else
        DN_NEW(k->context, rows * width);
    DN_NEW(k->y, ROWS * width);
    if (m->precision == DN_ESM_BF16) {
        DN_NEW(k->y16, ROWS * width);
        DN_NEW(k->inner16, (size_t)(ROWS * c->inner));
    }
    DN_NEW(k->qkv, ROWS * 3 * width);
    DN_NEW(k->inner, (size_t)(ROWS * c->inner));
    DN_NEW(k->turned, (size_t)(TILE * m->dim));
    DN_NEW(*(char **)&k->q, heads * one);
    DN_NEW(*(char **)&k->k, heads * one);
    DN_NEW(*(char **)&k->v, heads * one);
    DN_NEW(*(char **)&k->scratch,
           (size_t)(m->amx ? dn_esm_amx_scratch(m->dim) : 4 * dn_esm_attention_scratch(m->dim)));
out:
    return st;
}

dn_status dn_esm_work_create(const dn_esm_model *m, int64_t max_tokens, dn_esm_work **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_esm_work *k = NULL;
    dn_packed_kind kind[DN_ESM_PRODUCTS];

    if (max_tokens < 1 || max_tokens > DN_ESM_MAX_TOKENS)
        DN_FAIL(DN_EUSAGE, "proteins of %lld tokens; 1 to %d can be computed in one piece",
                (long long)max_tokens, DN_ESM_MAX_TOKENS);
    DN_NEW(k, 1);
    k->max_tokens = max_tokens;
    DN_TRY(make_buffers(m, k, err));
    dn_esm_product_kinds(&m->config, m->precision, kind);
    for (int i = 0; i < DN_ESM_PRODUCTS; i++)
        DN_TRY(dn_packed_create(&kind[i], &k->product[i], err));
    dn_esm_angles(max_tokens, m->head / 2, m->frequency, k->cosine, k->sine);
    *out = k;
    k = NULL;
out:
    dn_esm_work_destroy(&k);
    return st;
}

void dn_esm_work_destroy(dn_esm_work **work)
{
    dn_esm_work *k = *work;

    if (k == NULL)
        return;
    for (int i = 0; i < DN_ESM_PRODUCTS; i++)
        dn_packed_destroy(&k->product[i]);
    dn_free(k->cosine);
    dn_free(k->sine);
    dn_free(k->x);
    dn_free(k->context);
    dn_free(k->context16);
    dn_free(k->y);
    dn_free(k->y16);
    dn_free(k->qkv);
    dn_free(k->inner);
    dn_free(k->inner16);
    dn_free(k->turned);
    dn_free(k->q);
    dn_free(k->k);
    dn_free(k->v);
    dn_free(k->scratch);
    dn_free(k);
    *work = NULL;
}

/* ---- embedding ---- */

static dn_status embed(const dn_esm_model *m, const int32_t *tokens, int64_t n, float *x, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_esm_config *c = &m->config;
    int64_t masks = 0;
    float scale = 1;

    for (int64_t i = 0; i < n; i++) {
        if (tokens[i] < 0 || tokens[i] >= c->vocab)
            DN_FAIL(DN_EDATA, "token %lld of a protein is %d, the model knows 0 to %lld", (long long)i,
                    (int)tokens[i], (long long)c->vocab - 1);
        if (tokens[i] == c->pad_token)
            DN_FAIL(DN_EDATA, "token %lld of a protein is padding: proteins come without", (long long)i);
        masks += tokens[i] == c->mask_token;
    }
    if (c->token_dropout) {
        if (masks == n)
            DN_FAIL(DN_EDATA, "all %lld tokens of a protein are <mask>", (long long)n);
        scale = (1 - 0.15f * 0.8f) / (1 - (float)masks / (float)n);
    }
    for (int64_t i = 0; i < n; i++) {
        bool masked = c->token_dropout && tokens[i] == c->mask_token;
        const float *from = m->embedding + tokens[i] * c->width;
        for (int64_t j = 0; j < c->width; j++)
            x[i * c->width + j] = masked ? 0 : from[j] * scale;
    }
    memset(x + n * c->width, 0, (size_t)((up(n, ROWS) - n) * c->width) * sizeof *x);
out:
    return st;
}

/* ---- between products and attention ---- */

static dn_status product(const dn_esm_model *m, dn_esm_work *k, int64_t layer, int which, int64_t rows,
                         const void *x, void *y, dn_error *err)
{
    return dn_packed_run(k->product[which], &m->layer[layer].product[which], rows, x, y, err);
}

/* rows of x, normed, as the next product takes them */
static const void *normed(const dn_esm_model *m, dn_esm_work *k, const dn_esm_scale *norm, int64_t first,
                          int64_t rows)
{
    int64_t width = m->config.width, height = dn_packed_height(rows);

    dn_esm_norm_rows(k->x + first * width, height, width, norm->scale, norm->shift, m->config.norm_eps, k->y);
    if (m->precision == DN_ESM_F32)
        return k->y;
    dn_bf16_narrow(k->y, height * width, k->y16);
    return k->y16;
}

static const void *context_rows(const dn_esm_model *m, dn_esm_work *k, int64_t first, int64_t rows)
{
    int64_t width = m->config.width;

    if (m->amx)
        return k->context16 + first * width;
    if (m->precision == DN_ESM_F32)
        return k->context + first * width;
    dn_bf16_narrow(k->context + first * width, dn_packed_height(rows) * width, k->y16);
    return k->y16;
}

/* GELU of the inner rows, as the next product takes them. oneDNN can append one to a product, which slows
 * products in bf16 down more than this pass takes. */
static const void *bent(const dn_esm_model *m, dn_esm_work *k, int64_t rows)
{
    int64_t n = dn_packed_height(rows) * m->config.inner;

    if (m->precision == DN_ESM_F32) {
        dn_esm_gelu(n, k->inner);
        return k->inner;
    }
    dn_esm_gelu_bf16(n, k->inner, k->inner16);
    return k->inner16;
}

/* Queries, keys and values of up to TILE positions from `first`, a multiple of TILE, of one head. */
static void place_f32(const dn_esm_model *m, dn_esm_work *k, int64_t n, int64_t first, int64_t rows,
                      int64_t head, const float *qkv)
{
    int64_t width = m->config.width, dim = m->dim, at = head * head_room(m, k->max_tokens) + first * dim;
    const float *cosine = k->cosine + first * m->head / 2, *sine = k->sine + first * m->head / 2;
    float *q = (float *)k->q + at, *key = (float *)k->k + at, *v = (float *)k->v + at;

    (void)n;
    dn_esm_rotate(qkv + head * m->head, 3 * width, rows, m->head, cosine, sine, k->turned, dim);
    for (int64_t d = 0; d < m->head; d++)
        for (int64_t r = 0; r < rows; r++)
            q[d * TILE + r] = k->turned[r * dim + d];
    dn_esm_rotate(qkv + width + head * m->head, 3 * width, rows, m->head, cosine, sine, key, dim);
    for (int64_t r = 0; r < rows; r++)
        memcpy(v + r * dim, qkv + r * 3 * width + 2 * width + head * m->head, (size_t)m->head * sizeof *v);
}

/* The same for the tiles of AMX; room: keys, rounded up. */
static void place_amx(const dn_esm_model *m, dn_esm_work *k, int64_t n, int64_t first, int64_t rows,
                      int64_t head, const float *qkv)
{
    int64_t width = m->config.width, dim = m->dim, at = head * head_room(m, k->max_tokens);
    int64_t room = up(n, DN_ESM_AMX_KEYS);
    const float *cosine = k->cosine + first * m->head / 2, *sine = k->sine + first * m->head / 2;
    uint16_t *q = (uint16_t *)k->q + at + first * dim, *key = (uint16_t *)k->k + at + first * dim,
             *v = (uint16_t *)k->v + at + first, low[TILE * DN_ESM_MAX_DIM];

    dn_esm_rotate(qkv + head * m->head, 3 * width, rows, m->head, cosine, sine, k->turned, dim);
    dn_bf16_narrow(k->turned, rows * dim, low);
    for (int64_t d = 0; d < m->head; d += 2)
        for (int64_t r = 0; r < rows; r++)
            memcpy(q + d * TILE + 2 * r, low + r * dim + d, 2 * sizeof *q);
    dn_esm_rotate(qkv + width + head * m->head, 3 * width, rows, m->head, cosine, sine, k->turned, dim);
    dn_bf16_narrow(k->turned, rows * dim, key);
    for (int64_t r = 0; r < rows; r++)
        dn_bf16_narrow(qkv + r * 3 * width + 2 * width + head * m->head, m->head, low + r * dim);
    for (int64_t d = 0; d < m->head; d++)
        for (int64_t r = 0; r < rows; r++)
            v[d * room + r] = low[r * dim + d];
}

/* Norm, queries, keys and values of all rows of a layer. */
static dn_status before_attention(const dn_esm_model *m, dn_esm_work *k, int64_t l, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t first = 0; first < n; first += ROWS) {
        int64_t rows = n - first < ROWS ? n - first : ROWS;
        const void *y = normed(m, k, &m->layer[l].attention_norm, first, rows);
        DN_TRY(product(m, k, l, DN_ESM_QKV, rows, y, k->qkv, err));
        for (int64_t r = 0; r < rows; r += TILE)
            for (int64_t head = 0; head < m->config.heads; head++)
                (m->amx ? place_amx : place_f32)(m, k, n, first + r, rows - r < TILE ? rows - r : TILE, head,
                                                 k->qkv + r * 3 * m->config.width);
    }
out:
    return st;
}

static void attend(const dn_esm_model *m, dn_esm_work *k, int64_t n)
{
    for (int64_t head = 0; head < m->config.heads; head++) {
        int64_t at = head * head_room(m, k->max_tokens), width = m->config.width;
        if (m->amx) {
            dn_esm_amx_head h = {n,
                                 m->dim,
                                 up(n, DN_ESM_AMX_KEYS),
                                 (uint16_t *)k->q + at,
                                 (uint16_t *)k->k + at,
                                 (uint16_t *)k->v + at};
            dn_esm_amx_attention(&h, m->head, k->scratch, k->context16 + head * m->head, width);
        } else {
            dn_esm_one_head h = {n, m->dim, (float *)k->q + at, (float *)k->k + at, (float *)k->v + at};
            dn_esm_attention(&h, m->head, k->scratch, k->context + head * m->head, width);
        }
    }
}

/* What attention found joins the stream, then the feed-forward part. */
static dn_status after_attention(const dn_esm_model *m, dn_esm_work *k, int64_t l, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t first = 0; first < n; first += ROWS) {
        int64_t rows = n - first < ROWS ? n - first : ROWS;
        float *x = k->x + first * m->config.width;
        const void *y;

        DN_TRY(product(m, k, l, DN_ESM_ATTENTION_OUT, rows, context_rows(m, k, first, rows), x, err));
        y = normed(m, k, &m->layer[l].feed_norm, first, rows);
        DN_TRY(product(m, k, l, DN_ESM_FEED_IN, rows, y, k->inner, err));
        DN_TRY(product(m, k, l, DN_ESM_FEED_OUT, rows, bent(m, k, rows), x, err));
    }
out:
    return st;
}

dn_status dn_esm_forward(const dn_esm_model *m, dn_esm_work *k, const int32_t *tokens, int64_t n,
                         float *states, dn_error *err)
{
    dn_status st = DN_OK;
    size_t heads = (size_t)(m->config.heads * head_room(m, k->max_tokens));

    if (n < 1 || n > k->max_tokens)
        DN_FAIL(DN_EUSAGE, "a protein of %lld tokens where 1 to %lld were announced", (long long)n,
                (long long)k->max_tokens);
    DN_TRY(embed(m, tokens, n, k->x, err));
    if (m->amx) { /* what an earlier protein left would be read as padding */
        memset(k->k, 0, heads * 2);
        memset(k->v, 0, heads * 2);
    }
    for (int64_t l = 0; l < m->config.layers; l++) {
        DN_TRY(before_attention(m, k, l, n, err));
        attend(m, k, n);
        DN_TRY(after_attention(m, k, l, n, err));
    }
    dn_esm_norm_rows(k->x, n, m->config.width, m->final_norm.scale, m->final_norm.shift, m->config.norm_eps,
                     states);
out:
    return st;
}
