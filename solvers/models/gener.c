/* gener.c - the GENER network; see gener.h
 *
 *   x [R, S] = a * b --dense1--> h1 --norm1, dropout--> z1 --dense2--> h2 --norm2, dropout--+
 *   a, b --conv1--> c1 [R, 16, L] --norm3, dropout--> z3 --conv2--> c2 [R, 8, L]            | cat [R, 288]
 *        --norm4, dropout--> z4 --dense3--> h5 [R, 32] --norm5, dropout---------------------+ --head-->
 * logits
 *
 * L = S - 1. Rows past the shard's end are zero from load() on: products always have the full shape, but sums
 * and losses run over the real rows, and gradients of the other rows are zero.
 */
#include "solvers/models/gener_private.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/nn/conv.h"
#include "solvers/nn/dense.h"
#include "solvers/nn/dropout.h"
#include "solvers/nn/loss.h"
#include "solvers/nn/norm.h"

static const float epsilon = 1e-3f;

struct dn_work {
    const dn_gener *g;
    int64_t capacity, rows, length; /* R, rows in use, L */
    dn_pass pass;
    uint8_t *label;        /* [R] */
    float *a, *b, *x;      /* [R, S] */
    float *h1, *z1, *h2;   /* [R, 256] */
    float *c1, *z3;        /* [R, 16, L] */
    float *c2, *z4;        /* [R, 8, L] */
    float *h5;             /* [R, 32] */
    float *cat;            /* [R, 288] */
    float *logits;         /* [R, C] */
    float *d1, *d2;        /* [R, 256]  gradients at the norms' outputs, then inputs */
    float *d3;             /* [R, 16, L] */
    float *d4;             /* [R, 8, L] */
    float *d5;             /* [R, 32] */
    float *dcat, *dlogits; /* [R, 288], [R, C] */
    uint32_t *mask[NORMS]; /* [R, words] */
    int64_t words[NORMS];
    float *probability;                /* [R, outputs]  of the order (b, a) */
    float *moments, *moment_gradients; /* [n_moments] */
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

enum { BUFFERS = 23 };

static void list_buffers(const dn_model *m, dn_work *k, buffer out[BUFFERS])
{
    size_t r = (size_t)k->capacity, l = (size_t)k->length, s = l + 1, c = (size_t)k->g->options.classes;
    const buffer all[BUFFERS] = {{&k->a, r * s},
                                 {&k->b, r * s},
                                 {&k->x, r * s},
                                 {&k->h1, r * WIDE},
                                 {&k->z1, r * WIDE},
                                 {&k->h2, r * WIDE},
                                 {&k->c1, r * F1 * l},
                                 {&k->z3, r * F1 * l},
                                 {&k->c2, r * F2 * l},
                                 {&k->z4, r * F2 * l},
                                 {&k->h5, r * NARROW},
                                 {&k->cat, r * JOINT},
                                 {&k->logits, r * c},
                                 {&k->d1, r * WIDE},
                                 {&k->d2, r * WIDE},
                                 {&k->d3, r * F1 * l},
                                 {&k->d4, r * F2 * l},
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
        DN_NEW(k->mask[n], (size_t)capacity * (size_t)k->words[n]);
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

static dn_status load(dn_work *k, const int64_t *rows, int64_t n, const dn_pass *pass, dn_error *err)
{
    const dn_gener_data *d = &k->g->data;
    size_t samples = (size_t)d->samples;
    dn_rng swap = dn_rng_stream(pass->seed, DN_RNG_SWAP, (uint64_t)pass->epoch, 0);

    (void)err;
    k->rows = n;
    k->pass = *pass;
    for (int64_t r = 0; r < n; r++) {
        int64_t i = d->gene_a[rows[r]], j = d->gene_b[rows[r]];
        const float *a = d->x + i * d->samples, *b = d->x + j * d->samples;
        bool exchange =
            pass->train && k->g->options.swap && (dn_rng_u64(swap, (uint64_t)(pass->first + r)) & 1u) != 0;
        memcpy(k->a + (size_t)r * samples, exchange ? b : a, samples * sizeof *a);
        memcpy(k->b + (size_t)r * samples, exchange ? a : b, samples * sizeof *a);
        if (d->label != NULL)
            k->label[r] = exchange ? dn_gener_turned(d->label[rows[r]]) : d->label[rows[r]];
    }
    memset(k->a + (size_t)n * samples, 0, (size_t)(k->capacity - n) * samples * sizeof *k->a);
    memset(k->b + (size_t)n * samples, 0, (size_t)(k->capacity - n) * samples * sizeof *k->b);
    for (size_t i = 0; i < (size_t)k->capacity * samples; i++)
        k->x[i] = k->a[i] * k->b[i];
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

static void convolve_pairs(dn_work *k, const float *w)
{
    int64_t s = k->g->data.samples;

    for (int64_t r = 0; r < k->rows; r++)
        dn_conv_pair_forward(k->a + r * s, k->b + r * s, s, F1, tensor(k, w, CONV1_W), tensor(k, w, CONV1_B),
                             k->c1 + r * F1 * k->length);
}

static void convolve_points(dn_work *k, const float *w)
{
    for (int64_t r = 0; r < k->rows; r++)
        dn_conv_point_forward(k->z3 + r * F1 * k->length, k->length, F1, F2, tensor(k, w, CONV2_W),
                              tensor(k, w, CONV2_B), k->c2 + r * F2 * k->length);
}

static dn_status first_layers(dn_work *k, const float *w, dn_error *err)
{
    convolve_pairs(k, w);
    return dn_dense_forward(k->x, k->capacity, k->g->data.samples, WIDE, tensor(k, w, DENSE1_W),
                            tensor(k, w, DENSE1_B), true, k->h1, err);
}

static dn_status second_layers(dn_work *k, const float *w, const float *moments, dn_error *err)
{
    normalise(k, 0, w, moments, k->h1, k->z1);
    normalise(k, 2, w, moments, k->c1, k->z3);
    convolve_points(k, w);
    return dn_dense_forward(k->z1, k->capacity, WIDE, WIDE, tensor(k, w, DENSE2_W), tensor(k, w, DENSE2_B),
                            true, k->h2, err);
}

static dn_status narrow_layer(dn_work *k, const float *w, const float *moments, dn_error *err)
{
    normalise(k, 3, w, moments, k->c2, k->z4);
    return dn_dense_forward(k->z4, k->capacity, F2 * k->length, NARROW, tensor(k, w, DENSE3_W),
                            tensor(k, w, DENSE3_B), true, k->h5, err);
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
        take_moments(k, 2, w, k->c1);
        break;
    case PHASE_SECOND:
        DN_TRY(second_layers(k, w, k->moments, err));
        take_moments(k, 1, w, k->h2);
        take_moments(k, 3, w, k->c2);
        break;
    case PHASE_NARROW:
        DN_TRY(narrow_layer(k, w, k->moments, err));
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

static dn_status narrow_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;

    end_norm_backward(k, 4, w, k->h5, k->d5);
    DN_TRY(dn_dense_backward(k->z4, k->capacity, F2 * k->length, NARROW, tensor(k, w, DENSE3_W), k->h5, true,
                             k->d5, gradient(k, dw, DENSE3_W), gradient(k, dw, DENSE3_B), k->d4, err));
    begin_norm_backward(k, 3, w, k->c2, k->d4, dw);
out:
    return st;
}

static dn_status second_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t l = k->length;

    end_norm_backward(k, 1, w, k->h2, k->d2);
    end_norm_backward(k, 3, w, k->c2, k->d4);
    DN_TRY(dn_dense_backward(k->z1, k->capacity, WIDE, WIDE, tensor(k, w, DENSE2_W), k->h2, true, k->d2,
                             gradient(k, dw, DENSE2_W), gradient(k, dw, DENSE2_B), k->d1, err));
    memset(gradient(k, dw, CONV2_W), 0, F2 * F1 * sizeof *dw);
    memset(gradient(k, dw, CONV2_B), 0, F2 * sizeof *dw);
    for (int64_t r = 0; r < k->rows; r++)
        dn_conv_point_backward(k->z3 + r * F1 * l, l, F1, F2, tensor(k, w, CONV2_W), k->d4 + r * F2 * l,
                               gradient(k, dw, CONV2_W), gradient(k, dw, CONV2_B), k->d3 + r * F1 * l);
    begin_norm_backward(k, 0, w, k->h1, k->d1, dw);
    begin_norm_backward(k, 2, w, k->c1, k->d3, dw);
out:
    return st;
}

static dn_status first_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t s = k->g->data.samples;

    end_norm_backward(k, 0, w, k->h1, k->d1);
    end_norm_backward(k, 2, w, k->c1, k->d3);
    DN_TRY(dn_dense_backward(k->x, k->capacity, s, WIDE, tensor(k, w, DENSE1_W), k->h1, true, k->d1,
                             gradient(k, dw, DENSE1_W), gradient(k, dw, DENSE1_B), NULL, err));
    memset(gradient(k, dw, CONV1_W), 0, F1 * 4 * sizeof *dw);
    memset(gradient(k, dw, CONV1_B), 0, F1 * sizeof *dw);
    for (int64_t r = 0; r < k->rows; r++)
        dn_conv_pair_backward(k->a + r * s, k->b + r * s, s, F1, k->d3 + r * F1 * k->length,
                              gradient(k, dw, CONV1_W), gradient(k, dw, CONV1_B));
out:
    return st;
}

static dn_status backward(dn_work *k, const float *w, int phase, float *dw, dn_error *err)
{
    switch (phase) {
    case PHASE_HEAD:
        return head_backward(k, w, dw, err);
    case PHASE_NARROW:
        return narrow_backward(k, w, dw, err);
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
    DN_TRY(narrow_layer(k, w, running, err));
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
