/* dti_joint.c - where drug and target meet: concatenation, head, loss; see dti_private.h */
#include "solvers/models/dti_private.h"

#include <string.h>
#include "solvers/nn/dense.h"
#include "solvers/nn/dropout.h"
#include "solvers/nn/lanes.h"
#include "solvers/nn/loss.h"

static void concatenate(dn_work *k, const float *drugs, const float *targets, int64_t n)
{
    const dn_dti_options *o = &k->g->options;
    int64_t width = o->drug_out + o->target_out;

    for (int64_t r = 0; r < n; r++) {
        memcpy(k->cat + r * width, drugs + r * o->drug_out, (size_t)o->drug_out * sizeof(float));
        memcpy(k->cat + r * width + o->drug_out, targets + r * o->target_out,
               (size_t)o->target_out * sizeof(float));
    }
    memset(k->cat + n * width, 0, (size_t)((k->capacity - n) * width) * sizeof(float));
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

    return dn_dense_forward(k->cat, k->capacity, o->drug_out + o->target_out, o->joint, tensor(k, w, JOINT_W),
                            tensor(k, w, JOINT_B), true, k->joint, err);
}

dn_status dn_dti_joint_forward(dn_work *k, const float *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    int64_t width = o->drug_out + o->target_out;
    dn_rng stream = dn_rng_stream(k->pass.seed, DN_RNG_DROPOUT, (uint64_t)k->pass.epoch, DROP_CAT);

    concatenate(k, k->drug_out, k->target_out, k->rows);
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
    int64_t width = o->drug_out + o->target_out;

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
        memcpy(k->dtarget + r * o->target_out, d + o->drug_out, (size_t)o->target_out * sizeof *d);
    }
out:
    return st;
}

dn_status dn_dti_score(dn_work *k, const float *w, const float *drugs, const float *targets, int64_t n,
                       float *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;

    concatenate(k, drugs, targets, n);
    if (o->joint > 0) {
        DN_TRY(joint_layer(k, w, err));
        head(k, w, k->joint, o->joint, n);
    } else {
        head(k, w, k->cat, o->drug_out + o->target_out, n);
    }
    dn_logit_probability(k->logit, n, out);
out:
    return st;
}
