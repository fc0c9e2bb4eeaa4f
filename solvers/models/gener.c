/* gener.c - the GENER network; see gener.h
 *
 *   x [R, S] = a * b --dense1--> h1 --norm1, dropout--> z1 --dense2--> h2 --norm2, dropout--+
 *   a, b --conv1, norm3, dropout, conv2--> c2 --norm4, dropout, dense3--> h5 [R, 32]        | cat [R, 288]
 *                                                 --norm5, dropout--------------------------+ --head-->
 * logits
 *
 * L = S - 1. Rows past the shard's end are zero from load() on: products always have the full shape, but sums
 * and losses run over the real rows, and gradients of the other rows are zero.
 */
#include "solvers/models/gener_private.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/nn/dense.h"
#include "solvers/nn/dropout.h"
#include "solvers/nn/kernels.h"
#include "solvers/nn/loss.h"
#include "solvers/nn/norm.h"
#include "solvers/nn/pair_convs.h"

static const float epsilon = 1e-3f;

struct dn_work {
    const dn_gener *g;
    int64_t capacity, rows, length; /* R, rows in use, L */
    dn_pass pass;
    uint8_t *label;        /* [R] */
    float *a, *b;          /* [R, pitch + DN_PAIR_ROOM] */
    float *x;              /* [R, S] */
    float *h1, *z1, *h2;   /* [R, 256] */
    float *c2, *d4;        /* [dn_pair_room()]  and the gradient at norm4's output */
    float *h5;             /* [R, 32] */
    float *cat;            /* [R, 288] */
    float *logits;         /* [R, C] */
    float *d1, *d2;        /* [R, 256]  gradients at the norms' outputs, then inputs */
    float *d5;             /* [R, 32] */
    float *dcat, *dlogits; /* [R, 288], [R, C] */
    uint32_t *mask[NORMS]; /* [R, words] */
    int64_t words[NORMS];
    double gram[DN_PAIR_X][DN_PAIR_X];        /* of the windows */
    double cross[DN_PAIR_F][DN_PAIR_X];       /* of the windows and the gradient at norm3's output */
    float u[DN_PAIR_F * DN_PAIR_X];           /* norm3 of conv1, as weights of the windows */
    float slope[DN_PAIR_G], shift[DN_PAIR_G]; /* of norm4 */
    float *probability;                       /* [R, outputs]  of the order (b, a) */
    float *moments, *moment_gradients;        /* [n_moments] */
    double counts[NORMS];
    double loss;
    int64_t right;
};

/* ---- buffers ---- */

/* A float buffer of a work. */
typedef struct buffer {
    float **at;
    size_t count;
} buffer;

enum { BUFFERS = 19 };

static void list_buffers(const dn_model *m, dn_work *k, buffer out[BUFFERS])
{
    size_t r = (size_t)k->capacity, samples = (size_t)k->length + 1, c = (size_t)k->g->options.classes;
    size_t row = (size_t)dn_pair_pitch(k->length) + DN_PAIR_ROOM;
    size_t room = (size_t)dn_pair_room(k->capacity, k->length);
    const buffer all[BUFFERS] = {{&k->a, r * row},
                                 {&k->b, r * row},
                                 {&k->x, r * samples},
                                 {&k->h1, r * WIDE},
                                 {&k->z1, r * WIDE},
                                 {&k->h2, r * WIDE},
                                 {&k->c2, room},
                                 {&k->d4, room},
                                 {&k->h5, r * NARROW},
                                 {&k->cat, r * JOINT},
                                 {&k->logits, r * c},
                                 {&k->d1, r * WIDE},
                                 {&k->d2, r * WIDE},
                                 {&k->d5, r * NARROW},
                                 {&k->dcat, r * JOINT},
                                 {&k->dlogits, r * c},
                                 {&k->probability, r * (size_t)m->outputs},
                                 {&k->moments, (size_t)m->n_moments},
                                 {&k->moment_gradients, (size_t)m->n_moments}};

    memcpy(out, all, sizeof all);
}

static void work_destroy(dn_work **handle)
{
    dn_work *k = *handle;
    buffer all[BUFFERS];

    if (k == NULL)
        return;
    list_buffers(&k->g->model, k, all);
    for (int i = 0; i < BUFFERS; i++)
        dn_free(*all[i].at);
    for (int n = 0; n < NORMS; n++)
        dn_free(k->mask[n]);
    dn_free(k->label);
    dn_free(k);
    *handle = NULL;
}

static int64_t units_of(const dn_model *m, int norm, int64_t length)
{
    return m->norm[norm].channels * (norm == 2 || norm == 3 ? length : 1);
}

static dn_status work_create(const dn_model *m, int64_t capacity, dn_work **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gener *g = (const dn_gener *)m;
    buffer all[BUFFERS];
    dn_work *k = NULL;

    DN_NEW(k, 1);
    k->g = g;
    k->capacity = capacity;
    k->length = g->data.samples - 1;
    list_buffers(m, k, all);
    for (int i = 0; i < BUFFERS; i++)
        DN_NEW(*all[i].at, all[i].count);
    for (int n = 0; n < NORMS; n++) {
        k->words[n] = dn_dropout_words(units_of(m, n, k->length));
        DN_NEW(k->mask[n], (size_t)capacity * (size_t)k->words[n] + 1); /* pair_convs.h reads one more */
    }
    DN_NEW(k->label, (size_t)capacity);
    *out = k;
    k = NULL;
out:
    work_destroy(&k);
    return st;
}

/* ---- input ---- */

static void make_masks(dn_work *k)
{
    for (int n = 0; n < NORMS; n++) {
        dn_rng stream = dn_rng_stream(k->pass.seed, DN_RNG_DROPOUT, (uint64_t)k->pass.epoch, (uint32_t)n);
        for (int64_t r = 0; r < k->rows; r++)
            dn_dropout_mask(stream, (uint64_t)(k->pass.first + r), k->g->options.dropout,
                            units_of(&k->g->model, n, k->length), k->mask[n] + r * k->words[n]);
    }
}

DN_CLONES
static void multiply(const float *a, const float *b, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] * b[i];
}

static dn_status load(dn_work *k, const int64_t *rows, int64_t n, const dn_pass *pass, dn_error *err)
{
    const dn_gener_data *d = &k->g->data;
    size_t samples = (size_t)d->samples, row = (size_t)dn_pair_pitch(k->length) + DN_PAIR_ROOM;
    dn_rng swap = dn_rng_stream(pass->seed, DN_RNG_SWAP, (uint64_t)pass->epoch, 0);

    (void)err;
    k->rows = n;
    k->pass = *pass;
    for (int64_t r = 0; r < n; r++) {
        int64_t i = d->gene_a[rows[r]], j = d->gene_b[rows[r]];
        const float *a = d->x + i * d->samples, *b = d->x + j * d->samples;
        bool exchange =
            pass->train && k->g->options.swap && (dn_rng_u64(swap, (uint64_t)(pass->first + r)) & 1u) != 0;
        memcpy(k->a + (size_t)r * row, exchange ? b : a, samples * sizeof *a);
        memcpy(k->b + (size_t)r * row, exchange ? a : b, samples * sizeof *a);
        multiply(a, b, samples, k->x + (size_t)r * samples);
        if (d->label != NULL)
            k->label[r] = exchange ? dn_gener_turned(d->label[rows[r]]) : d->label[rows[r]];
    }
    memset(k->x + (size_t)n * samples, 0, (size_t)(k->capacity - n) * samples * sizeof *k->x);
    if (pass->train && k->g->options.dropout > 0)
        make_masks(k);
    return DN_OK;
}

/* ---- norms and dropout, seen together ---- */

static dn_norm norm_of(const dn_work *k, int n, const float *w)
{
    static const int gamma[NORMS] = {NORM1_GAMMA, NORM2_GAMMA, NORM3_GAMMA, NORM4_GAMMA, NORM5_GAMMA};
    const dn_model *m = &k->g->model;

    return (dn_norm){.channels = m->norm[n].channels,
                     .length = n == 2 || n == 3 ? k->length : 1,
                     .gamma = w + m->tensor[gamma[n]].offset,
                     .beta = w + m->tensor[gamma[n] + 1].offset,
                     .epsilon = epsilon};
}

static void take_moments(dn_work *k, int n, const float *w, const float *x)
{
    dn_norm norm = norm_of(k, n, w);
    float *mean = k->moments + k->g->model.norm[n].offset;

    dn_norm_moments(&norm, x, k->rows, mean, mean + norm.channels);
    k->counts[n] = (double)(k->rows * norm.length);
}

static void drop(const dn_work *k, int n, int64_t units, const float *x, int64_t x_stride, float *y,
                 int64_t y_stride)
{
    for (int64_t r = 0; r < k->rows; r++)
        dn_dropout_apply(k->mask[n] + r * k->words[n], k->g->options.dropout, units, x + r * x_stride,
                         y + r * y_stride);
}

/* z = dropout(norm(x)); moments are those of the shard, or `running` at inference. Rows not in use become 0.
 */
static void normalise(const dn_work *k, int n, const float *w, const float *moments, const float *x, float *z)
{
    dn_norm norm = norm_of(k, n, w);
    const float *mean = moments + k->g->model.norm[n].offset;
    int64_t units = norm.channels * norm.length;

    dn_norm_forward(&norm, x, k->rows, mean, mean + norm.channels, z);
    if (k->pass.train && k->g->options.dropout > 0)
        drop(k, n, units, z, units, z, units);
    memset(z + k->rows * units, 0, (size_t)((k->capacity - k->rows) * units) * sizeof *z);
}

/* d: gradient at the output of the dropout on entry, of the norm on return. Writes the gradients of gamma and
 * beta and the moment gradients. */
static void begin_norm_backward(dn_work *k, int n, const float *w, const float *x, float *d, float *dw)
{
    dn_norm norm = norm_of(k, n, w);
    int64_t at = k->g->model.norm[n].offset, units = norm.channels * norm.length;
    float *sums = k->moment_gradients + at, *mean = k->moments + at;

    if (k->g->options.dropout > 0)
        drop(k, n, units, d, units, d, units);
    dn_norm_sums(&norm, x, d, k->rows, mean, mean + norm.channels, sums, sums + norm.channels);
    memcpy(dw + (norm.beta - w), sums, (size_t)norm.channels * sizeof *dw);
    memcpy(dw + (norm.gamma - w), sums + norm.channels, (size_t)norm.channels * sizeof *dw);
}

/* d: gradient at the output of the norm on entry, at its input x on return. */
static void end_norm_backward(dn_work *k, int n, const float *w, const float *x, float *d)
{
    dn_norm norm = norm_of(k, n, w);
    int64_t at = k->g->model.norm[n].offset, units = norm.channels * norm.length;
    const float *sums = k->moment_gradients + at, *mean = k->moments + at;

    dn_norm_backward(&norm, x, d, k->rows, mean, mean + norm.channels, sums, sums + norm.channels,
                     k->counts[n], d);
    memset(d + k->rows * units, 0, (size_t)((k->capacity - k->rows) * units) * sizeof *d);
}

/* ---- layers ---- */

static const float *tensor(const dn_work *k, const float *w, int which)
{
    return w + k->g->model.tensor[which].offset;
}

static float *gradient(const dn_work *k, float *dw, int which)
{
    return dw + k->g->model.tensor[which].offset;
}

static dn_pair_convs convs_of(const dn_work *k)
{
    bool dropped = k->pass.train && k->g->options.dropout > 0;

    return (dn_pair_convs){.rows = k->rows,
                           .length = k->length,
                           .a = k->a,
                           .b = k->b,
                           .mask1 = dropped ? k->mask[2] : NULL,
                           .mask2 = dropped ? k->mask[3] : NULL,
                           .words1 = k->words[2],
                           .words2 = k->words[3],
                           .scale = dropped ? 1 / (1 - k->g->options.dropout) : 1};
}

/* conv1 as weights of the windows: [F1, 5], the bias last */
static void window_weights(const dn_work *k, const float *w, double out[F1][DN_PAIR_X])
{
    for (int f = 0; f < F1; f++) {
        for (int j = 0; j < DN_PAIR_X - 1; j++)
            out[f][j] = (double)tensor(k, w, CONV1_W)[4 * f + j];
        out[f][DN_PAIR_X - 1] = (double)tensor(k, w, CONV1_B)[f];
    }
}

/* Moments of norm3 from those of the windows: conv1 is linear. */
static void take_window_moments(dn_work *k, const float *w)
{
    dn_pair_convs c = convs_of(k);
    float *mean = k->moments + k->g->model.norm[2].offset, *variance = mean + F1;
    double n = (double)(k->rows * k->length), v[F1][DN_PAIR_X];

    dn_pair_windows(&c, k->gram);
    window_weights(k, w, v);
    for (int f = 0; f < F1; f++) {
        double m = 0, spread = 0;

        for (int j = 0; j < DN_PAIR_X; j++)
            m += v[f][j] * k->gram[j][DN_PAIR_X - 1] / n;
        for (int i = 0; i < DN_PAIR_X - 1; i++)
            for (int j = 0; j < DN_PAIR_X - 1; j++)
                spread +=
                    v[f][i] * v[f][j] *
                    (k->gram[i][j] / n - k->gram[i][DN_PAIR_X - 1] / n * (k->gram[j][DN_PAIR_X - 1] / n));
        mean[f] = (float)m;
        variance[f] = spread > 0 ? (float)spread : spread <= 0 ? 0 : (float)spread; /* a NaN stays one */
    }
    k->counts[2] = n;
}

/* c2 and, for training, the moments of norm4. */
static void mix(dn_work *k, const float *w, const float *moments)
{
    dn_pair_convs c = convs_of(k);
    dn_norm norm = norm_of(k, 2, w);
    const float *mean = moments + k->g->model.norm[2].offset, *bias2 = tensor(k, w, CONV2_B);
    float *out = k->moments + k->g->model.norm[3].offset, scale[F1], shift[F1];
    double n = (double)(k->rows * k->length), sum[F2], square[F2], v[F1][DN_PAIR_X];

    dn_norm_affine(&norm, mean, mean + F1, scale, shift);
    window_weights(k, w, v);
    for (int f = 0; f < F1; f++) {
        for (int j = 0; j < DN_PAIR_X; j++)
            k->u[f * DN_PAIR_X + j] = scale[f] * (float)v[f][j];
        k->u[f * DN_PAIR_X + DN_PAIR_X - 1] += shift[f];
    }
    dn_pair_mix(&c, k->u, tensor(k, w, CONV2_W), bias2, k->c2, sum, square);
    if (!k->pass.train)
        return;
    for (int g = 0; g < F2; g++) {
        double m = sum[g] / n, spread = square[g] / n - m * m;
        out[g] = (float)(m + (double)bias2[g]);
        out[F2 + g] = spread <= 0 ? 0 : (float)spread;
    }
    k->counts[3] = n;
}

static dn_status first_layers(dn_work *k, const float *w, dn_error *err)
{
    return dn_dense_forward(k->x, k->capacity, k->g->data.samples, WIDE, tensor(k, w, DENSE1_W),
                            tensor(k, w, DENSE1_B), true, k->h1, err);
}

static dn_status second_layers(dn_work *k, const float *w, const float *moments, dn_error *err)
{
    normalise(k, 0, w, moments, k->h1, k->z1);
    mix(k, w, moments);
    return dn_dense_forward(k->z1, k->capacity, WIDE, WIDE, tensor(k, w, DENSE2_W), tensor(k, w, DENSE2_B),
                            true, k->h2, err);
}

static void narrow_layer(dn_work *k, const float *w, const float *moments)
{
    dn_pair_convs c = convs_of(k);
    dn_norm norm = norm_of(k, 3, w);
    const float *mean = moments + k->g->model.norm[3].offset, *bias = tensor(k, w, DENSE3_B);

    dn_norm_affine(&norm, mean, mean + F2, k->slope, k->shift);
    dn_pair_narrow(&c, k->c2, k->slope, k->shift, tensor(k, w, DENSE3_W), k->h5);
    for (int64_t r = 0; r < k->rows; r++)
        for (int64_t o = 0; o < NARROW; o++) {
            float v = k->h5[r * NARROW + o] + bias[o];
            k->h5[r * NARROW + o] = v <= 0 ? 0 : v; /* a NaN stays and reaches the loss */
        }
}

/* Concatenate; d2 and d5 serve as buffers, no gradient stands in them yet. */
static dn_status head(dn_work *k, const float *w, const float *moments, dn_error *err)
{
    normalise(k, 1, w, moments, k->h2, k->d2);
    normalise(k, 4, w, moments, k->h5, k->d5);
    for (int64_t r = 0; r < k->capacity; r++) {
        memcpy(k->cat + r * JOINT, k->d2 + r * WIDE, WIDE * sizeof(float));
        memcpy(k->cat + r * JOINT + WIDE, k->d5 + r * NARROW, NARROW * sizeof(float));
    }
    return dn_dense_forward(k->cat, k->capacity, JOINT, k->g->options.classes, tensor(k, w, HEAD_W),
                            tensor(k, w, HEAD_B), false, k->logits, err);
}

/* The form for two logits gives the bits that two-class models always had. */
static void head_loss(dn_work *k)
{
    int64_t classes = k->g->options.classes;

    memset(k->dlogits, 0, (size_t)(k->capacity * classes) * sizeof *k->dlogits);
    if (classes == 2)
        dn_softmax_loss(k->logits, k->label, k->rows, k->dlogits, &k->loss, &k->right);
    else
        dn_softmax_loss_classes(k->logits, k->label, k->rows, classes, k->dlogits, &k->loss, &k->right);
}

static dn_status forward(dn_work *k, const float *w, int phase, dn_error *err)
{
    dn_status st = DN_OK;

    switch (phase) {
    case PHASE_FIRST:
        DN_TRY(first_layers(k, w, err));
        take_moments(k, 0, w, k->h1);
        take_window_moments(k, w);
        break;
    case PHASE_SECOND:
        DN_TRY(second_layers(k, w, k->moments, err));
        take_moments(k, 1, w, k->h2);
        break;
    case PHASE_NARROW:
        narrow_layer(k, w, k->moments);
        take_moments(k, 4, w, k->h5);
        break;
    case PHASE_HEAD:
        DN_TRY(head(k, w, k->moments, err));
        head_loss(k);
        break;
    }
out:
    return st;
}

/* ---- backward ---- */

static dn_status head_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_dense_backward(k->cat, k->capacity, JOINT, k->g->options.classes, tensor(k, w, HEAD_W),
                             k->logits, false, k->dlogits, gradient(k, dw, HEAD_W), gradient(k, dw, HEAD_B),
                             k->dcat, err));
    for (int64_t r = 0; r < k->capacity; r++) {
        memcpy(k->d2 + r * WIDE, k->dcat + r * JOINT, WIDE * sizeof(float));
        memcpy(k->d5 + r * NARROW, k->dcat + r * JOINT + WIDE, NARROW * sizeof(float));
    }
    begin_norm_backward(k, 1, w, k->h2, k->d2, dw);
    begin_norm_backward(k, 4, w, k->h5, k->d5, dw);
out:
    return st;
}

/* Gradients of gamma and beta, and the moment gradients, of a norm n of c channels from sums of the gradient
 * at its output and of that times (x - mean). */
static void keep_norm_sums(dn_work *k, int n, const float *w, const double *sum, const double *sum_x,
                           float *dw)
{
    dn_norm norm = norm_of(k, n, w);
    int64_t at = k->g->model.norm[n].offset;
    float *sums = k->moment_gradients + at, *variance = k->moments + at + norm.channels;

    dn_norm_gradients(&norm, variance, sum, sum_x, sums, sums + norm.channels);
    memcpy(dw + (norm.beta - w), sums, (size_t)norm.channels * sizeof *dw);
    memcpy(dw + (norm.gamma - w), sums + norm.channels, (size_t)norm.channels * sizeof *dw);
}

/* The backward pass of a norm as p dy + q x + r. */
static void slopes_of(const dn_work *k, int n, const float *w, float *p, float *q, float *r)
{
    dn_norm norm = norm_of(k, n, w);
    int64_t at = k->g->model.norm[n].offset;
    const float *mean = k->moments + at, *sums = k->moment_gradients + at;

    dn_norm_slopes(&norm, mean, mean + norm.channels, sums, sums + norm.channels, k->counts[n], p, q, r);
}

static void narrow_backward(dn_work *k, const float *w, float *dw)
{
    dn_pair_convs c = convs_of(k);
    float *bias = gradient(k, dw, DENSE3_B), *weights = gradient(k, dw, DENSE3_W);
    double sum[F2], sum_c[F2];

    end_norm_backward(k, 4, w, k->h5, k->d5);
    memset(bias, 0, NARROW * sizeof *bias);
    for (int64_t r = 0; r < k->rows; r++)
        for (int64_t o = 0; o < NARROW; o++) {
            float *d = &k->d5[r * NARROW + o];
            *d = k->h5[r * NARROW + o] > 0 ? *d : 0;
            bias[o] += *d;
        }
    memset(weights, 0, (size_t)(F2 * k->length * NARROW) * sizeof *weights);
    dn_pair_narrow_back(&c, k->c2, k->slope, k->shift, k->moments + k->g->model.norm[3].offset,
                        tensor(k, w, DENSE3_W), k->d5, weights, k->d4, sum, sum_c);
    keep_norm_sums(k, 3, w, sum, sum_c, dw);
}

/* Through norm4, conv2 and the dropout before it. */
static void mix_backward(dn_work *k, const float *w, float *dw)
{
    dn_pair_convs c = convs_of(k);
    const float *mean = k->moments + k->g->model.norm[2].offset;
    float p[F2], q[F2], r[F2];
    double v[F1][DN_PAIR_X], sum[F1], sum_c[F1];

    slopes_of(k, 3, w, p, q, r);
    dn_pair_mix_back(&c, k->u, tensor(k, w, CONV2_W), k->c2, k->d4, p, q, r, gradient(k, dw, CONV2_W),
                     gradient(k, dw, CONV2_B), k->cross);
    window_weights(k, w, v);
    for (int f = 0; f < F1; f++) {
        sum[f] = k->cross[f][DN_PAIR_X - 1];
        sum_c[f] = -(double)mean[f] * sum[f];
        for (int j = 0; j < DN_PAIR_X; j++)
            sum_c[f] += v[f][j] * k->cross[f][j];
    }
    keep_norm_sums(k, 2, w, sum, sum_c, dw);
}

/* conv1's gradient: that at its output is p dy + q c1 + r, and c1 is linear in the windows. */
static void windows_backward(dn_work *k, const float *w, float *dw)
{
    float p[F1], q[F1], r[F1];
    double v[F1][DN_PAIR_X];

    slopes_of(k, 2, w, p, q, r);
    window_weights(k, w, v);
    for (int f = 0; f < F1; f++)
        for (int j = 0; j < DN_PAIR_X; j++) {
            double d = (double)p[f] * k->cross[f][j] + (double)r[f] * k->gram[DN_PAIR_X - 1][j];

            for (int i = 0; i < DN_PAIR_X; i++)
                d += (double)q[f] * v[f][i] * k->gram[i][j];
            if (j < DN_PAIR_X - 1)
                gradient(k, dw, CONV1_W)[4 * f + j] = (float)d;
            else
                gradient(k, dw, CONV1_B)[f] = (float)d;
        }
}

static dn_status second_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;

    end_norm_backward(k, 1, w, k->h2, k->d2);
    DN_TRY(dn_dense_backward(k->z1, k->capacity, WIDE, WIDE, tensor(k, w, DENSE2_W), k->h2, true, k->d2,
                             gradient(k, dw, DENSE2_W), gradient(k, dw, DENSE2_B), k->d1, err));
    begin_norm_backward(k, 0, w, k->h1, k->d1, dw);
    mix_backward(k, w, dw);
out:
    return st;
}

static dn_status first_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    end_norm_backward(k, 0, w, k->h1, k->d1);
    windows_backward(k, w, dw);
    return dn_dense_backward(k->x, k->capacity, k->g->data.samples, WIDE, tensor(k, w, DENSE1_W), k->h1, true,
                             k->d1, gradient(k, dw, DENSE1_W), gradient(k, dw, DENSE1_B), NULL, err);
}

static dn_status backward(dn_work *k, const float *w, int phase, float *dw, dn_error *err)
{
    switch (phase) {
    case PHASE_HEAD:
        return head_backward(k, w, dw, err);
    case PHASE_NARROW:
        narrow_backward(k, w, dw);
        return DN_OK;
    case PHASE_SECOND:
        return second_backward(k, w, dw, err);
    default:
        return first_backward(k, w, dw, err);
    }
}

/* ---- inference ---- */

static dn_status infer(dn_work *k, const float *w, const float *running, float *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(first_layers(k, w, err));
    DN_TRY(second_layers(k, w, running, err));
    narrow_layer(k, w, running);
    DN_TRY(head(k, w, running, err));
    if (k->g->model.outputs == 1)
        dn_softmax_probability(k->logits, k->rows, out);
    else
        dn_softmax_probabilities(k->logits, k->rows, k->g->model.outputs, out);
out:
    return st;
}

static dn_status predict(dn_work *k, const float *w, const float *running, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t outputs = k->g->model.outputs;

    DN_TRY(infer(k, w, running, out, err));
    if (k->g->options.swap) {
        float *a = k->a;
        k->a = k->b;
        k->b = a;
        DN_TRY(infer(k, w, running, k->probability, err));
        for (int64_t r = 0; r < k->rows; r++)
            for (int64_t c = 0; c < outputs; c++) {
                int64_t turned = outputs == 1 ? c : dn_gener_turned((uint8_t)c);
                out[r * outputs + c] = 0.5f * (out[r * outputs + c] + k->probability[r * outputs + turned]);
            }
    }
out:
    return st;
}

/* ---- the trainer's view ---- */

static float *moments(dn_work *k)
{
    return k->moments;
}

static float *moment_gradients(dn_work *k)
{
    return k->moment_gradients;
}

static double *moment_counts(dn_work *k)
{
    return k->counts;
}

static void loss(const dn_work *k, double *out_sum, int64_t *out_right)
{
    *out_sum = k->loss;
    *out_right = k->right;
}

const dn_model_ops dn_gener_ops = {.init = dn_gener_start,
                                   .work_create = work_create,
                                   .work_destroy = work_destroy,
                                   .load = load,
                                   .forward = forward,
                                   .backward = backward,
                                   .moments = moments,
                                   .moment_gradients = moment_gradients,
                                   .moment_counts = moment_counts,
                                   .loss = loss,
                                   .predict = predict};
