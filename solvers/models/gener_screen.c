/* gener_screen.c - GENER folded for screens; see gener_screen.h */
#include "solvers/models/gener_screen.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/models/gener_private.h"
#include "solvers/nn/bf16.h"
#include "solvers/nn/dense_block.h"
#include "solvers/nn/kernels.h"
#include "solvers/nn/lanes.h"

/* Zero samples are added up to a multiple of this: products in bfloat16 run at half speed otherwise. */
enum { WHOLE = 32, CLASSES = 4 };

struct dn_gener_fold {
    int64_t samples, padded, genes;
    int classes;
    bool swap;
    const float *x;             /* [genes, samples]  borrowed */
    float *w1, *b1;             /* [padded, 256], [256] */
    float *w2, *b2;             /* [256, 256], [256]  norm 1 inside */
    double *first, *second;     /* [samples, 32]  u = a first, v = b second */
    float c[NARROW];            /* what no input changes */
    float p[CLASSES - 1][WIDE]; /* class k + 1 against class 0 */
    float q[CLASSES - 1][NARROW];
    float r[CLASSES - 1];
    float *vectors; /* [genes, 2, 32] */
};

/* ---- folding ---- */

/* A norm as y = scale x + shift, in double. */
typedef struct affine {
    double scale[WIDE], shift[WIDE];
} affine;

static void affine_of(const dn_model *m, int n, int gamma, const float *w, const float *running, affine *out)
{
    static const double epsilon = 1e-3;
    const float *mean = running + m->norm[n].offset, *variance = mean + m->norm[n].channels;
    const float *g = w + m->tensor[gamma].offset, *beta = w + m->tensor[gamma + 1].offset;

    for (int64_t c = 0; c < m->norm[n].channels; c++) {
        out->scale[c] = (double)g[c] / sqrt((double)variance[c] + epsilon);
        out->shift[c] = (double)beta[c] - out->scale[c] * (double)mean[c];
    }
}

static const float *tensor(const dn_model *m, const float *w, int which)
{
    return w + m->tensor[which].offset;
}

/* Branch 1 and its part of the head. head [256, C] */
static void fold_wide(dn_gener_fold *f, const dn_model *m, const float *w, const float *running)
{
    const float *w2 = tensor(m, w, DENSE2_W), *b2 = tensor(m, w, DENSE2_B), *head = tensor(m, w, HEAD_W);
    affine norm1, norm2;

    affine_of(m, 0, NORM1_GAMMA, w, running, &norm1);
    affine_of(m, 1, NORM2_GAMMA, w, running, &norm2);
    memcpy(f->w1, tensor(m, w, DENSE1_W), (size_t)f->samples * WIDE * sizeof *f->w1);
    memcpy(f->b1, tensor(m, w, DENSE1_B), WIDE * sizeof *f->b1);
    for (int o = 0; o < WIDE; o++) {
        double bias = (double)b2[o];

        for (int i = 0; i < WIDE; i++) {
            bias += norm1.shift[i] * (double)w2[i * WIDE + o];
            f->w2[i * WIDE + o] = (float)(norm1.scale[i] * (double)w2[i * WIDE + o]);
        }
        f->b2[o] = (float)bias;
    }
    for (int k = 1; k < f->classes; k++)
        for (int i = 0; i < WIDE; i++)
            f->p[k - 1][i] =
                (float)(norm2.scale[i] * ((double)head[i * f->classes + k] - (double)head[i * f->classes]));
}

/* What no input changes in the differences of logits. */
static void fold_rest(dn_gener_fold *f, const dn_model *m, const float *w, const float *running)
{
    const float *head = tensor(m, w, HEAD_W), *bias = tensor(m, w, HEAD_B);
    affine norm2, norm5;

    affine_of(m, 1, NORM2_GAMMA, w, running, &norm2);
    affine_of(m, 4, NORM5_GAMMA, w, running, &norm5);
    for (int k = 1; k < f->classes; k++) {
        double r = (double)bias[k] - (double)bias[0];

        for (int i = 0; i < JOINT; i++) {
            double h = (double)head[i * f->classes + k] - (double)head[i * f->classes];

            r += h * (i < WIDE ? norm2.shift[i] : norm5.shift[i - WIDE]);
            if (i >= WIDE)
                f->q[k - 1][i - WIDE] = (float)(h * norm5.scale[i - WIDE]);
        }
        f->r[k - 1] = (float)r;
    }
}

/* norm 4, conv 2, norm 3 and conv 1 as four weights of the window and a constant, a filter of conv 2:
 * out [8, 5] */
static void fold_convs(const dn_model *m, const float *w, const float *running, double out[F2][5])
{
    const float *conv1 = tensor(m, w, CONV1_W), *bias1 = tensor(m, w, CONV1_B);
    const float *conv2 = tensor(m, w, CONV2_W), *bias2 = tensor(m, w, CONV2_B);
    affine norm3, norm4;

    affine_of(m, 2, NORM3_GAMMA, w, running, &norm3);
    affine_of(m, 3, NORM4_GAMMA, w, running, &norm4);
    for (int g = 0; g < F2; g++) {
        memset(out[g], 0, sizeof out[g]);
        out[g][4] = (double)bias2[g];
        for (int i = 0; i < F1; i++) {
            double s = (double)conv2[g * F1 + i];

            for (int j = 0; j < 4; j++)
                out[g][j] += s * norm3.scale[i] * (double)conv1[4 * i + j];
            out[g][4] += s * (norm3.scale[i] * (double)bias1[i] + norm3.shift[i]);
        }
        for (int j = 0; j < 5; j++)
            out[g][j] *= norm4.scale[g];
        out[g][4] += norm4.shift[g];
    }
}

/* Branch 2 before its ReLU: window s reads samples s and s + 1 of either gene. */
static void fold_narrow(dn_gener_fold *f, const dn_model *m, const float *w, const float *running)
{
    const float *w3 = tensor(m, w, DENSE3_W), *b3 = tensor(m, w, DENSE3_B);
    int64_t length = f->samples - 1;
    double conv[F2][5], c[NARROW];

    fold_convs(m, w, running, conv);
    for (int o = 0; o < NARROW; o++)
        c[o] = (double)b3[o];
    for (int g = 0; g < F2; g++)
        for (int64_t s = 0; s < length; s++)
            for (int o = 0; o < NARROW; o++) {
                double v = (double)w3[(g * length + s) * NARROW + o];

                f->first[s * NARROW + o] += conv[g][0] * v;
                f->first[(s + 1) * NARROW + o] += conv[g][1] * v;
                f->second[s * NARROW + o] += conv[g][2] * v;
                f->second[(s + 1) * NARROW + o] += conv[g][3] * v;
                c[o] += conv[g][4] * v;
            }
    for (int o = 0; o < NARROW; o++)
        f->c[o] = (float)c[o];
}

dn_status dn_gener_fold_create(const dn_gener *g, const float *w, const float *running, int64_t genes,
                               dn_gener_fold **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_model *m = &g->model;
    dn_gener_fold *f = NULL;
    int64_t samples = g->data.samples, padded = (samples + WHOLE - 1) / WHOLE * WHOLE;

    *out = NULL;
    DN_NEW(f, 1);
    f->samples = samples;
    f->padded = padded;
    f->genes = genes;
    f->classes = g->options.classes;
    f->swap = g->options.swap;
    f->x = g->data.x;
    DN_NEW(f->w1, (size_t)padded * WIDE);
    DN_NEW(f->b1, WIDE);
    DN_NEW(f->w2, WIDE * WIDE);
    DN_NEW(f->b2, WIDE);
    DN_NEW(f->first, (size_t)samples * NARROW);
    DN_NEW(f->second, (size_t)samples * NARROW);
    DN_NEW(f->vectors, (size_t)genes * 2 * NARROW);
    fold_wide(f, m, w, running);
    fold_narrow(f, m, w, running);
    fold_rest(f, m, w, running);
    *out = f;
    f = NULL;
out:
    dn_gener_fold_destroy(&f);
    return st;
}

void dn_gener_fold_destroy(dn_gener_fold **handle)
{
    dn_gener_fold *f = *handle;

    if (f == NULL)
        return;
    dn_free(f->w1);
    dn_free(f->b1);
    dn_free(f->w2);
    dn_free(f->b2);
    dn_free(f->first);
    dn_free(f->second);
    dn_free(f->vectors);
    dn_free(f);
    *handle = NULL;
}

/* out [32] = x [samples] weights [samples, 32], in the order of the samples. */
DN_CLONES
static void narrow_vector(const float *x, const double *weights, int64_t samples, float *out)
{
    double sum[NARROW] = {0};

    for (int64_t s = 0; s < samples; s++)
        for (int o = 0; o < NARROW; o++)
            sum[o] += (double)x[s] * weights[s * NARROW + o];
    for (int o = 0; o < NARROW; o++)
        out[o] = (float)sum[o];
}

void dn_gener_fold_genes(dn_gener_fold *f, int64_t first, int64_t end)
{
    for (int64_t i = first; i < end; i++) {
        const float *x = f->x + i * f->samples;

        narrow_vector(x, f->first, f->samples, f->vectors + i * 2 * NARROW);
        narrow_vector(x, f->second, f->samples, f->vectors + i * 2 * NARROW + NARROW);
    }
}

float *dn_gener_fold_vectors(dn_gener_fold *f)
{
    return f->vectors;
}

/* ---- scoring ---- */

struct dn_gener_scorer {
    const dn_gener_fold *f;
    bool narrow;
    dn_dense_block *dense1, *dense2;
    void *x;   /* [128, padded]  products of profiles, in the precision of the scorer */
    void *h1;  /* [128, 256] */
    float *h2; /* [128, 256] */
};

void dn_gener_scorer_destroy(dn_gener_scorer **handle)
{
    dn_gener_scorer *s = *handle;

    if (s == NULL)
        return;
    dn_dense_block_destroy(&s->dense1);
    dn_dense_block_destroy(&s->dense2);
    dn_free(s->x);
    dn_free(s->h1);
    dn_free(s->h2);
    dn_free(s);
    *handle = NULL;
}

dn_status dn_gener_scorer_create(const dn_gener_fold *f, bool narrow, dn_gener_scorer **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dense_block_shape first = {.rows = DN_GENER_BLOCK,
                                        .in = f->padded,
                                        .out = WIDE,
                                        .narrow_x = narrow,
                                        .narrow_y = narrow,
                                        .relu = true};
    const dn_dense_block_shape second = {
        .rows = DN_GENER_BLOCK, .in = WIDE, .out = WIDE, .narrow_x = narrow, .relu = true};
    dn_gener_scorer *s = NULL;
    size_t bytes = narrow ? sizeof(uint16_t) : sizeof(float);

    *out = NULL;
    DN_NEW(s, 1);
    s->f = f;
    s->narrow = narrow;
    s->x = dn_calloc((size_t)(DN_GENER_BLOCK * f->padded), bytes);
    s->h1 = dn_calloc((size_t)DN_GENER_BLOCK * WIDE, bytes);
    if (s->x == NULL || s->h1 == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory for a block of pairs");
    DN_NEW(s->h2, (size_t)DN_GENER_BLOCK * WIDE);
    DN_TRY(dn_dense_block_create(&first, f->w1, f->b1, &s->dense1, err));
    DN_TRY(dn_dense_block_create(&second, f->w2, f->b2, &s->dense2, err));
    *out = s;
    s = NULL;
out:
    dn_gener_scorer_destroy(&s);
    return st;
}

DN_CLONES
static void multiply(const float *a, const float *b, int64_t n, float *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = a[i] * b[i];
}

/* The rows of the block; those behind n keep what they held, which no other row sees. */
static void load(dn_gener_scorer *s, const int32_t *a, const int32_t *b, int64_t n)
{
    const dn_gener_fold *f = s->f;

    for (int64_t i = 0; i < n; i++) {
        const float *xa = f->x + a[i] * f->samples, *xb = f->x + b[i] * f->samples;

        if (s->narrow)
            dn_bf16_multiply(xa, xb, f->samples, (uint16_t *)s->x + i * f->padded);
        else
            multiply(xa, xb, f->samples, (float *)s->x + i * f->padded);
    }
}

/* q . max(0, u + v + c) of every class but 0 */
DN_CLONES
static void narrow_logits(const dn_gener_fold *f, const float *u, const float *v, float *out)
{
    float h[NARROW];

    for (int o = 0; o < NARROW; o++) {
        float y = u[o] + v[o] + f->c[o];
        h[o] = y > 0 ? y : 0;
    }
    for (int k = 1; k < f->classes; k++)
        out[k - 1] = dn_lanes_dot(h, f->q[k - 1], NARROW);
}

DN_CLONES
static void wide_logits(const dn_gener_fold *f, const float *h2, float *out)
{
    for (int k = 1; k < f->classes; k++)
        out[k - 1] = dn_lanes_dot(h2, f->p[k - 1], WIDE) + f->r[k - 1];
}

/* Probabilities from logits less that of class 0. */
static void probabilities(const dn_gener_fold *f, const float *z, float *out)
{
    double top = 0, sum, e[CLASSES];

    if (f->classes == 2) {
        out[0] = (float)(1 / (1 + exp(-(double)z[0])));
        return;
    }
    for (int k = 1; k < f->classes; k++)
        top = (double)z[k - 1] > top ? (double)z[k - 1] : top;
    sum = e[0] = exp(-top);
    for (int k = 1; k < f->classes; k++)
        sum += e[k] = exp((double)z[k - 1] - top);
    for (int k = 0; k < f->classes; k++)
        out[k] = (float)(e[k] / sum);
}

/* The mean of both orders; in the other, directions change places. */
static void average(const dn_gener_fold *f, const float *turned, float *out)
{
    int outputs = f->classes == 2 ? 1 : f->classes;

    for (int k = 0; k < outputs; k++)
        out[k] = 0.5f * (out[k] + turned[outputs == 1 ? 0 : dn_gener_turned((uint8_t)k)]);
}

static void finish(const dn_gener_scorer *s, int32_t a, int32_t b, const float *h2, float *out)
{
    const dn_gener_fold *f = s->f;
    const float *va = f->vectors + (int64_t)a * 2 * NARROW, *vb = f->vectors + (int64_t)b * 2 * NARROW;
    float wide[CLASSES - 1], narrow[CLASSES - 1], z[CLASSES - 1], turned[CLASSES];

    wide_logits(f, h2, wide);
    narrow_logits(f, va, vb + NARROW, narrow);
    for (int k = 1; k < f->classes; k++)
        z[k - 1] = wide[k - 1] + narrow[k - 1];
    probabilities(f, z, out);
    if (!f->swap)
        return;
    narrow_logits(f, vb, va + NARROW, narrow);
    for (int k = 1; k < f->classes; k++)
        z[k - 1] = wide[k - 1] + narrow[k - 1];
    probabilities(f, z, turned);
    average(f, turned, out);
}

dn_status dn_gener_scorer_pairs(dn_gener_scorer *s, const int32_t *a, const int32_t *b, int64_t n, float *out,
                                dn_error *err)
{
    dn_status st = DN_OK;
    int outputs = s->f->classes == 2 ? 1 : s->f->classes;

    load(s, a, b, n);
    DN_TRY(dn_dense_block_run(s->dense1, s->x, s->h1, err));
    DN_TRY(dn_dense_block_run(s->dense2, s->h1, s->h2, err));
    for (int64_t i = 0; i < n; i++)
        finish(s, a[i], b[i], s->h2 + i * WIDE, out + i * outputs);
out:
    return st;
}
