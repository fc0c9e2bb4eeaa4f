/* dti_joint.c - where drug and target meet: concatenation, head, loss; see dti_private.h */
#include "solvers/models/dti_private.h"

#include <string.h>
#include "solvers/nn/dense.h"
#include "solvers/nn/dropout.h"
#include "solvers/nn/lanes.h"
#include "solvers/nn/loss.h"

/* One row of the concatenation; a width of 0 may come without numbers. */
static void put_row(dn_work *k, int64_t r, const float *drug, const float *drug_extra, const float *target,
                    const float *target_extra, const float *pair_extra)
{
    const dn_dti_data *d = &k->g->data;
    const dn_dti_options *o = &k->g->options;
    const struct {
        const float *from;
        int64_t width;
    } parts[] = {{drug, o->drug_out},
                 {drug_extra, d->drug_extra_width},
                 {target, o->target_out},
                 {target_extra, d->target_extra_width},
                 {pair_extra, d->pair_extra_width}};
    float *to = k->cat + r * cat_width(k->g);

    if (has_direct(k->g)) /* before dropout */
        memcpy(k->past + r * d->pair_extra_width, pair_extra, (size_t)d->pair_extra_width * sizeof *to);

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].width > 0)
            memcpy(to, parts[i].from, (size_t)parts[i].width * sizeof *to);
        to += parts[i].width;
    }
}

static const float *row(const float *of, int64_t i, int64_t width)
{
    return width > 0 ? of + i * width : NULL;
}

/* Rows past n become 0. */
static void clear_rest(dn_work *k, int64_t n)
{
    int64_t width = cat_width(k->g);

    memset(k->cat + n * width, 0, (size_t)((k->capacity - n) * width) * sizeof(float));
}

/* The samples at hand; theirs are rows drug_of[r] of drug_out and target_of[r] of target_out, NULL: row r. */
static void concatenate(dn_work *k, const int64_t *drug_of, const int64_t *target_of)
{
    const dn_dti_data *d = &k->g->data;
    const dn_dti_options *o = &k->g->options;

    for (int64_t r = 0; r < k->rows; r++)
        put_row(k, r, row(k->drug_out, drug_of != NULL ? drug_of[r] : r, o->drug_out),
                row(d->drug_extra, k->drug[r], d->drug_extra_width),
                row(k->target_out, target_of != NULL ? target_of[r] : r, o->target_out),
                row(d->target_extra, k->target[r], d->target_extra_width),
                row(d->pair_extra, k->pair[r], d->pair_extra_width));
    clear_rest(k, k->rows);
}

DN_CLONES
static float dot(const float *x, const float *y, int64_t n)
{
    return dn_lanes_dot(x, y, n);
}

/* What the heads read: the joint layer, or the concatenation. */
static int64_t head_width(const dn_dti *g)
{
    return g->options.joint > 0 ? g->options.joint : cat_width(g);
}

static const float *head_input(const dn_work *k)
{
    return k->g->options.joint > 0 ? k->joint : k->cat;
}

/* Logits [heads, capacity] of n rows: one number a row is no work for a matrix product. */
static void heads(dn_work *k, const float *w, int64_t n)
{
    int64_t count = k->g->options.heads, width = head_width(k->g), group = width / count;
    int64_t extra = k->g->data.pair_extra_width;
    const float *x = head_input(k), *head_w = tensor(k, w, HEAD_W);

    for (int64_t r = 0; r < n; r++) {
        float common = *tensor(k, w, HEAD_B);
        if (has_direct(k->g))
            common += dot(k->past + r * extra, tensor(k, w, DIRECT_W), extra);
        for (int64_t h = 0; h < count; h++)
            k->logit[h * k->capacity + r] =
                dot(x + r * width + h * group, head_w + h * group, group) + common;
    }
}

/* The mean of the heads takes the place of the first. */
static void mean_of_heads(dn_work *k, int64_t n)
{
    int64_t count = k->g->options.heads;

    for (int64_t r = 0; r < n; r++) {
        for (int64_t h = 1; h < count; h++)
            k->logit[r] += k->logit[h * k->capacity + r];
        k->logit[r] /= (float)count;
    }
}

/* Each head has a loss of its own, of which the loss is the mean; right is what their mean says. */
static void losses(dn_work *k)
{
    const dn_dti_options *o = &k->g->options;
    int64_t right;
    double loss;

    k->loss = 0;
    for (int64_t h = 0; h < o->heads; h++) {
        dn_logit_loss(k->logit + h * k->capacity, k->label, k->rows, o->positive_weight,
                      k->dlogit + h * k->capacity, &loss, &right);
        k->loss += loss / (double)o->heads;
    }
    mean_of_heads(k, k->rows);
    k->right = 0;
    for (int64_t r = 0; r < k->rows; r++)
        k->right += k->label[r] ? k->logit[r] > 0 : k->logit[r] < 0;
}

static dn_status joint_layer(dn_work *k, const float *w, dn_error *err)
{
    const dn_dti_options *o = &k->g->options;

    return dn_dense_forward(k->cat, k->capacity, cat_width(k->g), o->joint, tensor(k, w, JOINT_W),
                            tensor(k, w, JOINT_B), true, k->joint, err);
}

dn_status dn_dti_joint_forward(dn_work *k, const float *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    int64_t width = cat_width(k->g);
    dn_rng stream = dn_rng_stream(k->pass.seed, DN_RNG_DROPOUT, (uint64_t)k->pass.epoch, DROP_CAT);

    concatenate(k, NULL, NULL);
    for (int64_t r = 0; o->dropout > 0 && r < k->rows; r++) {
        uint32_t *mask = k->cat_mask + r * k->cat_words;
        dn_dropout_mask(stream, (uint64_t)(k->pass.first + r), o->dropout, width, mask);
        dn_dropout_apply(mask, o->dropout, width, k->cat + r * width, k->cat + r * width);
    }
    if (o->joint > 0) {
        DN_TRY(joint_layer(k, w, err));
        for (int64_t r = 0; r < k->rows; r++)
            DN_TRY(dn_dti_drop(k, DROP_JOINT, r, o->joint, k->joint + r * o->joint, err));
    }
    heads(k, w, k->rows);
    losses(k);
out:
    return st;
}

/* Gradients of the heads and of what goes past the joint layer; dx [capacity, width] of their input, zero in
 * rows not in use. */
static void heads_backward(dn_work *k, const float *w, float *dw, float *dx)
{
    int64_t count = k->g->options.heads, width = head_width(k->g), group = width / count;
    int64_t extra = has_direct(k->g) ? k->g->data.pair_extra_width : 0;
    const float *x = head_input(k), *head_w = tensor(k, w, HEAD_W);
    float *dhead = gradient(k, dw, HEAD_W), *dbias = gradient(k, dw, HEAD_B);
    float *ddirect = extra > 0 ? gradient(k, dw, DIRECT_W) : NULL;

    memset(dhead, 0, (size_t)width * sizeof *dhead);
    *dbias = 0;
    for (int64_t i = 0; i < extra; i++)
        ddirect[i] = 0;
    for (int64_t r = 0; r < k->rows; r++) {
        float all = 0;
        for (int64_t h = 0; h < count; h++) {
            float d = k->dlogit[h * k->capacity + r] / (float)count;
            for (int64_t i = h * group; i < (h + 1) * group; i++) {
                dhead[i] += d * x[r * width + i];
                dx[r * width + i] = d * head_w[i];
            }
            all += d;
        }
        *dbias += all;
        for (int64_t i = 0; i < extra; i++)
            ddirect[i] += all * k->past[r * extra + i];
    }
    memset(dx + k->rows * width, 0, (size_t)((k->capacity - k->rows) * width) * sizeof *dx);
}

dn_status dn_dti_joint_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    int64_t width = cat_width(k->g);

    heads_backward(k, w, dw, o->joint > 0 ? k->djoint : k->dcat);
    if (o->joint > 0) {
        dn_dti_gate(k->joint, kept_scale(k), k->rows * o->joint, k->djoint);
        DN_TRY(dn_dense_backward(k->cat, k->capacity, width, o->joint, tensor(k, w, JOINT_W), NULL, false,
                                 k->djoint, gradient(k, dw, JOINT_W), gradient(k, dw, JOINT_B), k->dcat,
                                 err));
    }
    for (int64_t r = 0; r < k->capacity; r++) {
        float *d = k->dcat + r * width;
        if (o->dropout > 0 && r < k->rows)
            dn_dropout_apply(k->cat_mask + r * k->cat_words, o->dropout, width, d, d);
        memcpy(k->ddrug + r * o->drug_out, d, (size_t)o->drug_out * sizeof *d);
        memcpy(k->dtarget + r * o->target_out, d + o->drug_out + k->g->data.drug_extra_width,
               (size_t)o->target_out * sizeof *d);
    }
out:
    return st;
}

/* Probabilities of the n rows that are concatenated. */
static dn_status finish(dn_work *k, const float *w, int64_t n, float *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (k->g->options.joint > 0)
        DN_TRY(joint_layer(k, w, err));
    heads(k, w, n);
    mean_of_heads(k, n);
    dn_logit_probability(k->logit, n, out);
out:
    return st;
}

dn_status dn_dti_joint_infer(dn_work *k, const float *w, float *out, dn_error *err)
{
    concatenate(k, k->which_drug, k->which);
    return finish(k, w, k->rows, out, err);
}

dn_status dn_dti_joint_infer_backward(dn_work *k, const float *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    int64_t width = cat_width(k->g), of_heads = head_width(k->g);
    float *d = o->joint > 0 ? k->djoint : k->dcat;

    for (int64_t i = 0; i < of_heads; i++)
        d[i] = tensor(k, w, HEAD_W)[i] / (float)o->heads;
    if (o->joint > 0) {
        dn_dti_gate(k->joint, 1, o->joint, k->djoint);
        DN_TRY(
            dn_gemm(false, true, 1, width, o->joint, k->djoint, tensor(k, w, JOINT_W), false, k->dcat, err));
    }
    memcpy(k->ddrug, k->dcat, (size_t)o->drug_out * sizeof *k->dcat);
    memcpy(k->dtarget, k->dcat + o->drug_out + k->g->data.drug_extra_width,
           (size_t)o->target_out * sizeof *k->dcat);
out:
    return st;
}

dn_status dn_dti_score(dn_work *k, const float *w, const float *drugs, const float *targets,
                       const float *pair_extra, int64_t n, float *out, dn_error *err)
{
    const dn_dti_data *d = &k->g->data;
    const dn_dti_options *o = &k->g->options;

    for (int64_t i = 0; i < n; i++) {
        const float *drug = drugs + i * (o->drug_out + d->drug_extra_width);
        const float *target = targets + i * (o->target_out + d->target_extra_width);
        put_row(k, i, drug, drug + o->drug_out, target, target + o->target_out,
                row(pair_extra, i, d->pair_extra_width));
    }
    clear_rest(k, n);
    return finish(k, w, n, out, err);
}
