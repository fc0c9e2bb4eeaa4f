/* esm.c - tests of solvers/esm/model.h: the definition in plain loops in double; bits; refusals */
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/esm/attention.h"
#include "solvers/esm/model.h"
#include "solvers/esm/rows.h"
#include "solvers/base/rng.h"
#include "solvers/nn/packed.h"
#include "tests/support/esm_weights.h"

/* ---- the definition of weights.h ---- */

static const float *numbers(const dn_safetensor *t)
{
    return t->data;
}

/* y = x W^T + b */
static void plain_linear(const dn_esm_linear *l, int64_t n, int64_t in, int64_t out, const double *x,
                         double *y)
{
    for (int64_t r = 0; r < n; r++)
        for (int64_t o = 0; o < out; o++) {
            double sum = (double)numbers(l->bias)[o];
            for (int64_t i = 0; i < in; i++)
                sum += x[r * in + i] * (double)numbers(l->weight)[o * in + i];
            y[r * out + o] = sum;
        }
}

static void plain_norm(const dn_esm_norm *norm, double eps, int64_t n, int64_t width, const double *x,
                       double *y)
{
    for (int64_t r = 0; r < n; r++, x += width, y += width) {
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < width; i++)
            mean += x[i] / (double)width;
        for (int64_t i = 0; i < width; i++)
            variance += (x[i] - mean) * (x[i] - mean) / (double)width;
        for (int64_t i = 0; i < width; i++)
            y[i] = (x[i] - mean) / sqrt(variance + eps) * (double)numbers(norm->scale)[i] +
                   (double)numbers(norm->shift)[i];
    }
}

static void plain_rotate(int64_t n, int64_t width, int64_t head, double *x)
{
    for (int64_t p = 0; p < n; p++)
        for (int64_t at = 0; at < width; at += head)
            for (int64_t i = 0; i < head / 2; i++) {
                double angle = (double)p * pow(10000, -2.0 * (double)i / (double)head);
                double *a = &x[p * width + at + i], *b = a + head / 2, u = *a, v = *b;
                *a = u * cos(angle) - v * sin(angle);
                *b = v * cos(angle) + u * sin(angle);
            }
}

static void plain_attention(int64_t n, int64_t width, int64_t head, const double *q, const double *k,
                            const double *v, double *row, double *y)
{
    memset(y, 0, (size_t)(n * width) * sizeof *y);
    for (int64_t at = 0; at < width; at += head)
        for (int64_t i = 0; i < n; i++) {
            double most = -INFINITY, total = 0;
            for (int64_t j = 0; j < n; j++) {
                row[j] = 0;
                for (int64_t d = at; d < at + head; d++)
                    row[j] += q[i * width + d] * k[j * width + d] / sqrt((double)head);
                most = fmax(most, row[j]);
            }
            for (int64_t j = 0; j < n; j++)
                total += row[j] = exp(row[j] - most);
            for (int64_t j = 0; j < n; j++)
                for (int64_t d = at; d < at + head; d++)
                    y[i * width + d] += row[j] / total * v[j * width + d];
        }
}

static void plain_embed(const dn_esm_weights *w, const int32_t *tokens, int64_t n, double *x)
{
    double masks = 0;

    for (int64_t i = 0; i < n; i++)
        masks += tokens[i] == DN_ESM_MASK;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < w->config.width; j++)
            x[i * w->config.width + j] =
                tokens[i] == DN_ESM_MASK ? 0
                                         : (double)numbers(w->embedding)[tokens[i] * w->config.width + j] *
                                               (1 - 0.15 * 0.8) / (1 - masks / (double)n);
}

static void plain_layer(const dn_esm_config *c, const dn_esm_layer *l, int64_t n, double *room, double *x)
{
    int64_t size = n * c->width, head = c->width / c->heads;
    double *y = room, *q = y + size, *k = q + size, *v = k + size, *z = v + size, *f = z + size,
           *row = f + n * c->inner;

    plain_norm(&l->attention_norm, (double)c->norm_eps, n, c->width, x, y);
    plain_linear(&l->query, n, c->width, c->width, y, q);
    plain_linear(&l->key, n, c->width, c->width, y, k);
    plain_linear(&l->value, n, c->width, c->width, y, v);
    plain_rotate(n, c->width, head, q);
    plain_rotate(n, c->width, head, k);
    plain_attention(n, c->width, head, q, k, v, row, y);
    plain_linear(&l->attention_out, n, c->width, c->width, y, z);
    for (int64_t i = 0; i < size; i++)
        x[i] += z[i];
    plain_norm(&l->feed_norm, (double)c->norm_eps, n, c->width, x, y);
    plain_linear(&l->feed_in, n, c->width, c->inner, y, f);
    for (int64_t i = 0; i < n * c->inner; i++)
        f[i] = f[i] * (1 + erf(f[i] / sqrt(2))) / 2;
    plain_linear(&l->feed_out, n, c->inner, c->width, f, z);
    for (int64_t i = 0; i < size; i++)
        x[i] += z[i];
}

/* states [n, width]; false without memory */
static bool plain_forward(const dn_esm_weights *w, const int32_t *tokens, int64_t n, double *states)
{
    const dn_esm_config *c = &w->config;
    double *room = dn_calloc((size_t)(n * (5 * c->width + c->inner) + n), sizeof *room);
    double *x = dn_calloc((size_t)(n * c->width), sizeof *x);
    bool made = room != NULL && x != NULL;

    if (made) {
        plain_embed(w, tokens, n, x);
        for (int64_t l = 0; l < c->layers; l++)
            plain_layer(c, &w->layer[l], n, room, x);
        plain_norm(&w->final_norm, (double)c->norm_eps, n, c->width, x, states);
    }
    dn_free(room);
    dn_free(x);
    return made;
}

/* ---- problems ---- */

static dn_esm_config shape(int64_t layers, int64_t width, int64_t heads, int64_t inner)
{
    return (dn_esm_config){.layers = layers,
                           .width = width,
                           .heads = heads,
                           .inner = inner,
                           .vocab = 33,
                           .norm_eps = 1e-5f,
                           .token_dropout = true,
                           .mask_token = DN_ESM_MASK,
                           .pad_token = DN_ESM_PAD};
}

/* <cls>, residues, <eos>; every `mask`-th is <mask>, 0: none */
static void draw_tokens(int64_t n, uint64_t seed, int mask, int32_t *out)
{
    dn_rng s = dn_rng_stream(seed, DN_RNG_SYNTH, 8, 0);

    for (int64_t i = 0; i < n; i++) {
        out[i] = (int32_t)(3 + dn_rng_u64(s, (uint64_t)i) % 28);
        if (mask > 0 && i % mask == mask - 1)
            out[i] = DN_ESM_MASK;
    }
    out[0] = DN_ESM_CLS;
    if (n > 1)
        out[n - 1] = DN_ESM_EOS;
}

enum { LONGEST = 1100 };

static struct {
    esm_weights random;
    dn_esm_model *m;
    dn_esm_work *k;
    int32_t tokens[LONGEST];
    float *states;
    double *plain;
} t;

static bool begin(const dn_esm_config *c, dn_esm_precision precision, int64_t max_tokens)
{
    dn_error err = DN_ERROR_INIT;
    bool made = esm_weights_create(c, 3, &t.random) &&
                dn_esm_model_create(&t.random.w, precision, &t.m, &err) == DN_OK &&
                dn_esm_work_create(t.m, max_tokens, &t.k, &err) == DN_OK;

    t.states = dn_calloc((size_t)(max_tokens * c->width), sizeof *t.states);
    t.plain = dn_calloc((size_t)(max_tokens * c->width), sizeof *t.plain);
    if (!made)
        printf("\n    %s\n", err.text);
    CU_ASSERT(made && t.states != NULL && t.plain != NULL);
    return made && t.states != NULL && t.plain != NULL;
}

static void end(void)
{
    dn_esm_work_destroy(&t.k);
    dn_esm_model_destroy(&t.m);
    esm_weights_destroy(&t.random);
    dn_free(t.states);
    dn_free(t.plain);
    memset(&t, 0, sizeof t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The largest difference from the definition, and the relative Frobenius error. */
static void compare(int64_t n, double most, double frobenius)
{
    double worst = 0, square = 0, all = 0;
    int64_t size = n * t.random.w.config.width;

    CU_ASSERT_EQUAL(dn_esm_forward(t.m, t.k, t.tokens, n, t.states, NULL), DN_OK);
    CU_ASSERT(plain_forward(&t.random.w, t.tokens, n, t.plain));
    for (int64_t i = 0; i < size; i++) {
        double d = (double)t.states[i] - t.plain[i];
        if (!(fabs(d) <= worst)) /* a NaN, too */
            worst = fabs(d);
        square += d * d;
        all += t.plain[i] * t.plain[i];
    }
    CU_ASSERT(worst <= most && sqrt(square / all) <= frobenius);
    if (!(worst <= most && sqrt(square / all) <= frobenius) || getenv("ESM_VERBOSE") != NULL)
        printf("\n    %lld tokens, width %lld: largest difference %.2g, relative error %.2g\n", (long long)n,
               (long long)t.random.w.config.width, worst, sqrt(square / all));
}

/* Shapes with heads of 16, 24, 32, 64 as published, and odd ones; lengths around blocks and tiles. */
static const struct {
    int64_t layers, width, heads, inner, n;
    int mask;
} problem[] = {
    {3, 320, 20, 1280, 24, 0}, {1, 320, 20, 1280, 150, 0}, {1, 64, 4, 256, 1024, 0}, {1, 64, 4, 256, 1099, 9},
    {3, 48, 2, 192, 66, 0},    {2, 64, 2, 256, 129, 5},    {2, 128, 2, 512, 65, 0},  {2, 128, 1, 100, 64, 3},
    {2, 20, 2, 36, 33, 0},     {1, 12, 6, 7, 20, 2},       {2, 64, 4, 256, 1, 0},    {2, 64, 4, 256, 2, 0},
    {1, 64, 4, 256, 17, 0},    {1, 144, 2, 300, 48, 0},    {1, 64, 4, 256, 127, 0},  {1, 64, 4, 256, 128, 7},
};

static void by_definition(dn_esm_precision precision, double most, double frobenius)
{
    for (size_t i = 0; i < sizeof problem / sizeof *problem; i++) {
        dn_esm_config c = shape(problem[i].layers, problem[i].width, problem[i].heads, problem[i].inner);
        if (begin(&c, precision, problem[i].n + (int64_t)(i % 2))) {
            draw_tokens(problem[i].n, i, problem[i].mask, t.tokens);
            compare(problem[i].n, most, frobenius);
        }
        end();
    }
}

/* 2e-5: ten times what f32 sums of these sizes leave */
static void f32_definition(void)
{
    by_definition(DN_ESM_F32, 2e-5, 1e-5);
}

static bool no_bf16(void)
{
    dn_packed_kind kind = {.in = 16, .out = 16, .bf16 = true};
    dn_packed_product *p = NULL;
    bool none = dn_packed_create(&kind, &p, NULL) == DN_EUNAVAILABLE;

    dn_packed_destroy(&p);
    if (none)
        test_skip("oneDNN has no products in bf16 on this CPU");
    return none;
}

static void bf16_definition(void)
{
    if (!no_bf16())
        by_definition(DN_ESM_BF16, 0.1, 1e-2);
}

/* The states of a protein depend on nothing that went through the buffers before, nor on their size. */
static void same_bits(dn_esm_precision precision)
{
    dn_esm_config c = shape(2, 64, 4, 256);
    dn_esm_work *other = NULL;
    float *again = dn_calloc(LONGEST * 64, sizeof *again);

    CU_ASSERT(again != NULL);
    if (again != NULL && begin(&c, precision, LONGEST)) {
        static const int64_t length[] = {700, 3, 129, 1024, 200, 64};
        for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
            draw_tokens(length[i], i, 0, t.tokens);
            CU_ASSERT_EQUAL(dn_esm_work_create(t.m, length[i], &other, NULL), DN_OK);
            CU_ASSERT_EQUAL(dn_esm_forward(t.m, t.k, t.tokens, length[i], t.states, NULL), DN_OK);
            CU_ASSERT_EQUAL(dn_esm_forward(t.m, other, t.tokens, length[i], again, NULL), DN_OK);
            CU_ASSERT_EQUAL(memcmp(t.states, again, (size_t)(length[i] * c.width) * sizeof *again), 0);
            dn_esm_work_destroy(&other);
        }
    }
    dn_free(again);
    end();
}

typedef struct thread_job {
    pthread_t id;
    dn_status st;
    float *states; /* [200, 64] */
} thread_job;

static void *in_thread(void *arg)
{
    thread_job *job = arg;
    dn_esm_work *k = NULL;

    omp_set_num_threads(1);
    job->st = dn_esm_work_create(t.m, 200, &k, NULL);
    for (int times = 0; job->st == DN_OK && times < 5; times++)
        job->st = dn_esm_forward(t.m, k, t.tokens, 200, job->states, NULL);
    dn_esm_work_destroy(&k);
    return NULL;
}

/* One model, two threads, the bits of one. */
static void threads(dn_esm_precision precision)
{
    enum { N = 200, WIDTH = 64 };
    dn_esm_config c = shape(2, WIDTH, 4, 256);
    thread_job job[2] = {{.states = dn_calloc(N * WIDTH, sizeof(float))},
                         {.states = dn_calloc(N * WIDTH, sizeof(float))}};

    CU_ASSERT(job[0].states != NULL && job[1].states != NULL);
    if (begin(&c, precision, N)) {
        draw_tokens(N, 1, 0, t.tokens);
        CU_ASSERT_EQUAL(dn_esm_forward(t.m, t.k, t.tokens, N, t.states, NULL), DN_OK);
        for (int i = 0; i < 2; i++)
            CU_ASSERT_EQUAL(pthread_create(&job[i].id, NULL, in_thread, &job[i]), 0);
        for (int i = 0; i < 2; i++) {
            pthread_join(job[i].id, NULL);
            CU_ASSERT_EQUAL(job[i].st, DN_OK);
            CU_ASSERT_EQUAL(memcmp(job[i].states, t.states, N * WIDTH * sizeof(float)), 0);
        }
    }
    dn_free(job[0].states);
    dn_free(job[1].states);
    end();
}

static void two_threads(void)
{
    threads(DN_ESM_F32);
    if (!no_bf16())
        threads(DN_ESM_BF16);
}

static void f32_bits(void)
{
    same_bits(DN_ESM_F32);
}

static void bf16_bits(void)
{
    if (!no_bf16())
        same_bits(DN_ESM_BF16);
}

/* Scores that are far apart, all far below or above zero. */
static void extreme_scores(void)
{
    enum { N = 130, D = 4 };
    static float q[(N / 64 + 1) * 64 * D], k[(N + DN_ESM_PAD_ROWS) * D], v[(N + DN_ESM_PAD_ROWS) * D],
        out[N * D];
    float *scratch = dn_calloc((size_t)dn_esm_attention_scratch(D), sizeof *scratch);
    int wrong = 0;
    static const float size[] = {-3000, -100, 0, 100, 3000};

    CU_ASSERT(scratch != NULL);
    for (size_t s = 0; scratch != NULL && s < sizeof size / sizeof *size; s++) {
        dn_esm_one_head h = {N, D, q, k, v};
        for (int64_t i = 0; i < (N / 64 + 1) * 64 * D; i++)
            q[i] = 1;
        for (int64_t j = 0; j < N * D; j++) {
            k[j] = size[s] / D * (1 + 0.01f * (float)(j / D)); /* the same for all columns of a key */
            v[j] = (float)(j / D);
        }
        dn_esm_attention(&h, D, scratch, out, D);
        for (int64_t i = 0; i < N; i++) {
            double total = 0, sum = 0, edge = (double)size[s] * (size[s] > 0 ? 2.29 : 1);
            for (int64_t j = 0; j < N; j++) {
                double p = exp2((double)size[s] * (1 + 0.01 * (double)j) - edge);
                total += p;
                sum += p * (double)j;
            }
            wrong += !(fabs((double)out[i * D] - sum / total) < 2e-2);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    dn_free(scratch);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void powers_of_two(void)
{
    float x[5] = {0, 1, -1, -125, -1e30f};
    double worst = 0;

    dn_esm_exp2(5, x);
    CU_ASSERT(fabs((double)x[0] - 1) < 3e-7 && fabs((double)x[1] - 2) < 6e-7 &&
              fabs((double)x[2] - 0.5) < 2e-7);
    CU_ASSERT(x[3] > 0 && x[4] > 0 && x[4] < 3e-38f);
    for (int i = -124990; i <= 126000; i++) {
        float y = (float)i * 1e-3f, z = y;
        dn_esm_exp2(1, &z);
        worst = fmax(worst, fabs((double)z / exp2((double)y) - 1));
    }
    CU_ASSERT(worst < 3e-7);
}

/* GELU against libm, in f32 and rounded; a length that leaves a rest. */
static void gelu(void)
{
    enum { N = 20011 };
    float *x = dn_calloc(N, sizeof *x), *y = dn_calloc(N, sizeof *y);
    uint16_t *low = dn_calloc(N, sizeof *low);
    double worst = 0, worst_low = 0;

    CU_ASSERT(x != NULL && y != NULL && low != NULL);
    for (int i = 0; x != NULL && y != NULL && i < N; i++)
        y[i] = x[i] = (float)(i - N / 2) * 1e-3f;
    if (x != NULL && y != NULL && low != NULL) {
        dn_esm_gelu(N, y);
        dn_esm_gelu_bf16(N, x, low);
        for (int i = 0; i < N; i++) {
            double want = (double)x[i] * (1 + erf((double)x[i] / sqrt(2))) / 2;
            uint32_t bits = (uint32_t)low[i] << 16;
            float rounded;
            memcpy(&rounded, &bits, sizeof rounded);
            worst = fmax(worst, fabs((double)y[i] - want) / (1 + fabs((double)x[i])));
            worst_low = fmax(worst_low, fabs((double)rounded - want) - fabs(want) / 256);
        }
        CU_ASSERT(worst < 3e-7 && worst_low < 3e-6);
        y[0] = -1e30f;
        y[1] = 1e30f;
        dn_esm_gelu(2, y);
        CU_ASSERT(fabsf(y[0]) < 1e23f && y[1] == 1e30f);
    }
    dn_free(x);
    dn_free(y);
    dn_free(low);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- what is refused ---- */

static void refuse(const int32_t *tokens, int64_t n, dn_status want, const char *text)
{
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_esm_forward(t.m, t.k, tokens, n, t.states, &err), want);
    CU_ASSERT(test_says(&err, text));
}

static void bad_tokens(void)
{
    dn_esm_config c = shape(1, 64, 4, 256);
    dn_esm_work *none = NULL;

    if (begin(&c, DN_ESM_F32, 20)) {
        refuse((const int32_t[]){0, 5, 33, 2}, 4, DN_EDATA, "token 2 of a protein is 33");
        refuse((const int32_t[]){0, -1}, 2, DN_EDATA, "token 1 of a protein is -1");
        refuse((const int32_t[]){0, 5, 2, 1}, 4, DN_EDATA, "token 3 of a protein is padding");
        refuse((const int32_t[]){32, 32}, 2, DN_EDATA, "all 2 tokens");
        refuse((const int32_t[]){0}, 0, DN_EUSAGE, "0 tokens");
        refuse((const int32_t[]){0}, 21, DN_EUSAGE, "21 tokens");
        CU_ASSERT_EQUAL(dn_esm_work_create(t.m, 0, &none, NULL), DN_EUSAGE);
        CU_ASSERT_EQUAL(dn_esm_work_create(t.m, DN_ESM_MAX_TOKENS + 1, &none, NULL), DN_EUSAGE);
        CU_ASSERT_PTR_NULL(none);
    }
    end();
}

static void bad_shapes(void)
{
    static const int64_t bad[][3] = {{1, 64, 5}, {1, 6, 2}, {0, 64, 4}, {1, 0, 4}, {1, 64, 0}, {1, 516, 2}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        dn_esm_config c = shape(bad[i][0], bad[i][1], bad[i][2], 16);
        dn_esm_weights w = {.config = c};
        dn_esm_model *m = NULL;
        CU_ASSERT_EQUAL(dn_esm_model_create(&w, DN_ESM_F32, &m, NULL), DN_EDATA);
        CU_ASSERT_PTR_NULL(m);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void out_of_memory(void)
{
    dn_esm_config c = shape(2, 16, 2, 32);
    esm_weights random;
    dn_status st = DN_ENOMEM;
    long k;

    CU_ASSERT(esm_weights_create(&c, 1, &random));
    for (k = 0; st != DN_OK && k < 200; k++) {
        dn_esm_model *m = NULL;
        dn_esm_work *w = NULL;
        dn_error err = DN_ERROR_INIT;
        dn_alloc_fail_after(k);
        st = dn_esm_model_create(&random.w, DN_ESM_F32, &m, &err);
        if (st == DN_OK)
            st = dn_esm_work_create(m, 40, &w, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT(st == DN_OK || w == NULL);
        dn_esm_work_destroy(&w);
        dn_esm_model_destroy(&m);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    CU_ASSERT(k > 40);
    esm_weights_destroy(&random);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Packed in parts, whatever their number and order, into memory of the caller: the same bytes, so the same
 * states; and every part brings something while there are no more of them than products. */
static void packed_in_parts(void)
{
    static const int64_t parts[] = {1, 2, 3, 8, 100};
    enum { TRIES = (int)(sizeof parts / sizeof parts[0]) };
    dn_esm_config c = shape(2, 16, 2, 32);
    esm_weights random;
    char *memory = NULL, *first = NULL;
    size_t room = 0;

    CU_ASSERT(esm_weights_create(&c, 1, &random));
    for (int i = 0; i < TRIES; i++) {
        dn_esm_model *m = NULL;

        CU_ASSERT_EQUAL(dn_esm_model_plan(&random.w, DN_ESM_F32, &m, NULL), DN_OK);
        room = dn_esm_model_room(m);
        CU_ASSERT(room >= (size_t)dn_esm_config_numbers(&c) * sizeof(float));
        memory = dn_calloc(room, 2);
        dn_esm_model_place(m, memory);
        for (int64_t part = parts[i] - 1; part >= 0; part--) {
            memcpy(memory + room, memory, room);
            CU_ASSERT_EQUAL(dn_esm_model_pack(m, &random.w, part, parts[i], NULL), DN_OK);
            CU_ASSERT(parts[i] > 3 || memcmp(memory + room, memory, room) != 0);
        }
        CU_ASSERT(first == NULL || memcmp(first, memory, room) == 0);
        dn_esm_model_destroy(&m);
        if (first == NULL)
            first = memory;
        else
            dn_free(memory);
    }
    dn_free(first);
    esm_weights_destroy(&random);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"f32 is the definition", f32_definition},
                                {"bf16 is near the definition", bf16_definition},
                                {"f32: bits of a protein are its own", f32_bits},
                                {"bf16: bits of a protein are its own", bf16_bits},
                                {"two threads share a model", two_threads},
                                {"extreme scores", extreme_scores},
                                {"powers of two", powers_of_two},
                                {"GELU", gelu},
                                {"bad tokens", bad_tokens},
                                {"bad shapes", bad_shapes},
                                {"packed in parts", packed_in_parts},
                                {"out of memory", out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "esm", tests);
}
