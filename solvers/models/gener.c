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
#include "solvers/base/rng.h"
#include "solvers/nn/dense.h"
#include "solvers/nn/dropout.h"
#include "solvers/nn/kernels.h"
#include "solvers/nn/loss.h"

/* ---- input ---- */

static void make_masks(dn_work *k)
{
    for (int n = 0; n < NORMS; n++) {
        dn_rng stream = dn_rng_stream(k->pass.seed, DN_RNG_DROPOUT, (uint64_t)k->pass.epoch, (uint32_t)n);

        dn_dropout_masks(stream, (uint64_t)k->pass.first, k->rows, k->g->options.dropout,
                         dn_gener_units(&k->g->model, n, k->length), k->mask[n]);
    }
}

DN_CLONES
static void multiply(const float *a, const float *b, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] * b[i];
}

/* Profiles stand anywhere in a table larger than the second cache: those of the next pair are asked for while
 * this one is copied. */
static void fetch_pair(const dn_gener_data *d, int64_t row)
{
    enum { LINE = 16 };
    const float *a = d->x + d->gene_a[row] * d->samples, *b = d->x + d->gene_b[row] * d->samples;

    for (int64_t s = 0; s < d->samples; s += LINE) {
        __builtin_prefetch(a + s);
        __builtin_prefetch(b + s);
    }
}

static dn_status load(dn_work *k, const int64_t *rows, int64_t n, const dn_pass *pass, dn_error *err)
{
    const dn_gener_data *d = &k->g->data;
    size_t samples = (size_t)d->samples, row = (size_t)dn_pair_pitch(k->length) + DN_PAIR_ROOM;
    dn_rng swap = dn_rng_stream(pass->seed, DN_RNG_SWAP, (uint64_t)pass->epoch, 0);

    (void)err;
    k->rows = n;
    k->pass = *pass;
    dn_gener_part(k, PART_ROWS);
    for (int64_t r = 0; r < n; r++) {
        int64_t i = d->gene_a[rows[r]], j = d->gene_b[rows[r]];
        const float *a = d->x + i * d->samples, *b = d->x + j * d->samples;
        bool exchange =
            pass->train && k->g->options.swap && (dn_rng_u64(swap, (uint64_t)(pass->first + r)) & 1u) != 0;

        if (r + 1 < n)
            fetch_pair(d, rows[r + 1]);
        memcpy(k->a + (size_t)r * row, exchange ? b : a, samples * sizeof *a);
        memcpy(k->b + (size_t)r * row, exchange ? a : b, samples * sizeof *a);
        if (dn_gener_is_bf16(k))
            dn_bf16_multiply(a, b, d->samples, k->half->dense1.x + r * k->half->dense1.pitch);
        else
            multiply(a, b, samples, k->x + (size_t)r * samples);
        if (d->label != NULL)
            k->label[r] = exchange ? dn_gener_turned(d->label[rows[r]]) : d->label[rows[r]];
    }
    if (dn_gener_is_bf16(k))
        memset(k->half->dense1.x + n * k->half->dense1.pitch, 0,
               (size_t)((k->capacity - n) * k->half->dense1.pitch) * sizeof(dn_bf16));
    else
        memset(k->x + (size_t)n * samples, 0, (size_t)(k->capacity - n) * samples * sizeof *k->x);
    dn_gener_part(k, PART_MASKS);
    if (pass->train && k->g->options.dropout > 0)
        make_masks(k);
    return DN_OK;
}

/* ---- layers ---- */

static dn_status first_layers(dn_work *k, const float *w, dn_error *err)
{
    dn_gener_part(k, PART_DENSE1);
    if (dn_gener_is_bf16(k))
        return dn_gener_bf16_dense1(k, w, err);
    return dn_dense_forward(k->x, k->capacity, k->g->data.samples, WIDE, dn_gener_tensor(k, w, DENSE1_W),
                            dn_gener_tensor(k, w, DENSE1_B), true, k->h1, err);
}

static dn_status second_layers(dn_work *k, const float *w, const float *moments, dn_error *err)
{
    dn_gener_part(k, PART_NORM1);
    if (dn_gener_is_bf16(k))
        dn_gener_normalise_bf16(k, 0, w, k->h1, k->half->dense2.x); /* of pitch 256 */
    else
        dn_gener_normalise(k, 0, w, moments, k->h1, k->z1, WIDE);
    dn_gener_part(k, PART_MIX);
    dn_gener_mix(k, w, moments);
    dn_gener_part(k, PART_DENSE2);
    if (dn_gener_is_bf16(k))
        return dn_gener_bf16_dense2(k, w, err);
    return dn_dense_forward(k->z1, k->capacity, WIDE, WIDE, dn_gener_tensor(k, w, DENSE2_W),
                            dn_gener_tensor(k, w, DENSE2_B), true, k->h2, err);
}

static dn_status head(dn_work *k, const float *w, const float *moments, dn_error *err)
{
    dn_gener_part(k, PART_NORM2);
    dn_gener_normalise(k, 1, w, moments, k->h2, k->cat, JOINT);
    dn_gener_part(k, PART_NORM5);
    dn_gener_normalise(k, 4, w, moments, k->h5, k->cat + WIDE, JOINT);
    dn_gener_part(k, PART_HEAD);
    if (dn_gener_is_bf16(k)) {
        dn_gener_bf16_head(k, w);
        return DN_OK;
    }
    return dn_dense_forward(k->cat, k->capacity, JOINT, k->g->options.classes, dn_gener_tensor(k, w, HEAD_W),
                            dn_gener_tensor(k, w, HEAD_B), false, k->logits, err);
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
        dn_gener_part(k, PART_NORM1);
        dn_gener_take_moments(k, 0, w, k->h1);
        dn_gener_part(k, PART_WINDOWS);
        dn_gener_window_moments(k, w);
        break;
    case PHASE_SECOND:
        DN_TRY(second_layers(k, w, k->moments, err));
        dn_gener_part(k, PART_NORM2);
        dn_gener_take_moments(k, 1, w, k->h2);
        break;
    case PHASE_NARROW:
        dn_gener_part(k, PART_NARROW);
        dn_gener_narrow(k, w, k->moments);
        dn_gener_part(k, PART_NORM5);
        dn_gener_take_moments(k, 4, w, k->h5);
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

/* To d2 and d5, the gradients behind the dropouts. */
static dn_status head_products(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;

    if (dn_gener_is_bf16(k)) {
        dn_gener_bf16_head_back(k, w, dw);
        return DN_OK;
    }
    DN_TRY(dn_dense_backward(k->cat, k->capacity, JOINT, k->g->options.classes, dn_gener_tensor(k, w, HEAD_W),
                             k->logits, false, k->dlogits, dn_gener_gradient(k, dw, HEAD_W),
                             dn_gener_gradient(k, dw, HEAD_B), k->dcat, err));
    for (int64_t r = 0; r < k->capacity; r++) {
        memcpy(k->d2 + r * WIDE, k->dcat + r * JOINT, WIDE * sizeof(float));
        memcpy(k->d5 + r * NARROW, k->dcat + r * JOINT + WIDE, NARROW * sizeof(float));
    }
out:
    return st;
}

static dn_status head_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;

    dn_gener_part(k, PART_HEAD);
    DN_TRY(head_products(k, w, dw, err));
    dn_gener_part(k, PART_NORM2);
    dn_gener_begin_norm_backward(k, 1, w, k->h2, k->d2, dw);
    dn_gener_part(k, PART_NORM5);
    dn_gener_begin_norm_backward(k, 4, w, k->h5, k->d5, dw);
out:
    return st;
}

/* Of a weight that may be left to its factors. */
static float *dense_gradient(const dn_work *k, float *dw, int which)
{
    return k->factored ? NULL : dn_gener_gradient(k, dw, which);
}

static dn_status second_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;

    dn_gener_part(k, PART_NORM2);
    if (!dn_gener_is_bf16(k))
        dn_gener_end_norm_backward(k, 1, w, k->h2, k->d2);
    dn_gener_part(k, PART_DENSE2);
    if (dn_gener_is_bf16(k)) /* through the norm, too */
        DN_TRY(dn_gener_bf16_dense2_back(k, w, dw, err));
    else
        DN_TRY(dn_dense_backward(k->z1, k->capacity, WIDE, WIDE, dn_gener_tensor(k, w, DENSE2_W), k->h2, true,
                                 k->d2, dense_gradient(k, dw, DENSE2_W), dn_gener_gradient(k, dw, DENSE2_B),
                                 k->d1, err));
    dn_gener_part(k, PART_NORM1);
    dn_gener_begin_norm_backward(k, 0, w, k->h1, k->d1, dw);
    dn_gener_part(k, PART_MIX);
    dn_gener_mix_backward(k, w, dw);
out:
    return st;
}

static dn_status first_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_gener_part(k, PART_NORM1);
    if (!dn_gener_is_bf16(k))
        dn_gener_end_norm_backward(k, 0, w, k->h1, k->d1);
    dn_gener_part(k, PART_WINDOWS);
    dn_gener_windows_backward(k, w, dw);
    dn_gener_part(k, PART_DENSE1);
    if (dn_gener_is_bf16(k))
        return dn_gener_bf16_dense1_back(k, w, dw, err);
    return dn_dense_backward(k->x, k->capacity, k->g->data.samples, WIDE, dn_gener_tensor(k, w, DENSE1_W),
                             k->h1, true, k->d1, dense_gradient(k, dw, DENSE1_W),
                             dn_gener_gradient(k, dw, DENSE1_B), NULL, err);
}

static dn_status backward(dn_work *k, const float *w, int phase, float *dw, dn_error *err)
{
    switch (phase) {
    case PHASE_HEAD:
        return head_backward(k, w, dw, err);
    case PHASE_NARROW:
        dn_gener_part(k, PART_NARROW); /* and the ReLU and norm5 in front of it */
        dn_gener_narrow_backward(k, w, dw);
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
    dn_gener_narrow(k, w, running);
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

static dn_factors factors_of(const dn_work *k, int which, const float *x, const float *d)
{
    const dn_tensor_info *t = &k->g->model.tensor[which];

    return (dn_factors){.offset = t->offset, .in = t->dims[0], .out = t->dims[1], .x = x, .d = d};
}

static int factors(dn_work *k, dn_factors *out)
{
    k->factored = k->capacity == 1 && k->half == NULL; /* no pass is loaded yet */
    if (!k->factored)
        return 0;
    out[0] = factors_of(k, DENSE1_W, k->x, k->d1);
    out[1] = factors_of(k, DENSE2_W, k->z1, k->d2);
    out[2] = factors_of(k, DENSE3_W, k->z4, k->d5);
    return 3;
}

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
                                   .work_create = dn_gener_work_create,
                                   .work_destroy = dn_gener_work_destroy,
                                   .load = load,
                                   .forward = forward,
                                   .backward = backward,
                                   .factors = factors,
                                   .moments = moments,
                                   .moment_gradients = moment_gradients,
                                   .moment_counts = moment_counts,
                                   .loss = loss,
                                   .predict = predict};
