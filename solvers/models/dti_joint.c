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

/* logit = x . w + b, row by row: one number a row is no work for a matrix product. */
static void head(dn_work *k, const float *w, const float *x, int64_t width, int64_t n)
{
    for (int64_t r = 0; r < n; r++)
        k->logit[r] = dot(x + r * width, tensor(k, w, HEAD_W), width) + *tensor(k, w, HEAD_B);
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
        head(k, w, k->joint, o->joint, k->rows);
    } else {
        head(k, w, k->cat, width, k->rows);
    }
    dn_logit_loss(k->logit, k->label, k->rows, o->positive_weight, k->dlogit, &k->loss, &k->right);
out:
    return st;
}

/* Gradients of the head; dx [capacity, width] of its input, zero in rows not in use. */
static void head_backward(dn_work *k, const float *w, const float *x, int64_t width, float *dw, float *dx)
{
    const float *head_w = tensor(k, w, HEAD_W);
    float *dhead = gradient(k, dw, HEAD_W), *dbias = gradient(k, dw, HEAD_B);

    memset(dhead, 0, (size_t)width * sizeof *dhead);
    *dbias = 0;
    for (int64_t r = 0; r < k->rows; r++) {
        float d = k->dlogit[r];
        for (int64_t i = 0; i < width; i++) {
            dhead[i] += d * x[r * width + i];
            dx[r * width + i] = d * head_w[i];
        }
        *dbias += d;
    }
    memset(dx + k->rows * width, 0, (size_t)((k->capacity - k->rows) * width) * sizeof *dx);
}

dn_status dn_dti_joint_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    int64_t width = cat_width(k->g);

    if (o->joint > 0) {
        head_backward(k, w, k->joint, o->joint, dw, k->djoint);
        dn_dti_gate(k->joint, kept_scale(k), k->rows * o->joint, k->djoint);
        DN_TRY(dn_dense_backward(k->cat, k->capacity, width, o->joint, tensor(k, w, JOINT_W), NULL, false,
                                 k->djoint, gradient(k, dw, JOINT_W), gradient(k, dw, JOINT_B), k->dcat,
                                 err));
    } else {
        head_backward(k, w, k->cat, width, dw, k->dcat);
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

    if (k->g->options.joint > 0) {
        DN_TRY(joint_layer(k, w, err));
        head(k, w, k->joint, k->g->options.joint, n);
    } else {
        head(k, w, k->cat, cat_width(k->g), n);
    }
    dn_logit_probability(k->logit, n, out);
out:
    return st;
}

dn_status dn_dti_joint_infer(dn_work *k, const float *w, float *out, dn_error *err)
{
    concatenate(k, k->which_drug, k->which);
    return finish(k, w, k->rows, out, err);
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
