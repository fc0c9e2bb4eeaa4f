/* dti_target.c - the target branch: convolutions along the positions of each protein; see dti_private.h
 *
 *   states [L, C] --conv 1--> y1 [L, conv1] --norm 1, ReLU, pool, dropout--> z1 [P, conv1] --conv 2-->
 *   y2 [P, conv2] --norm 2, ReLU, pool, dropout, maximum over positions, dropout--> top [conv2]
 *   --dense--> target_out,   P = (L + 1) / 2
 *
 * y1 is kept once for each distinct target of a shard, what follows once for each sample. What norm 2 hands
 * back is zero but where a channel has its top, so only these places are kept. A bias in front of a norm
 * changes nothing: its gradient is written as the 0 it is, where rounding noise would make Adam walk.
 */
#include "solvers/models/dti_private.h"

#include <string.h>
#include "solvers/base/clones.h"
#include "solvers/nn/conv3.h"
#include "solvers/nn/dense.h"
#include "solvers/nn/pool.h"

_Static_assert((int)MAX_UNITS <= (int)DN_NORM_CHANNELS, "a norm holds the sums of its channels on the stack");

static const float epsilon = 1e-5f;

/* One norm in numbers per channel. */
typedef struct affine {
    int64_t channels;
    float scale[MAX_UNITS], shift[MAX_UNITS];
    float p[MAX_UNITS], q[MAX_UNITS], r[MAX_UNITS]; /* backward only */
} affine;

static dn_norm norm_of(const dn_work *k, int n, const float *w)
{
    int gamma = n == 0 ? NORM1_GAMMA : NORM2_GAMMA;

    return (dn_norm){.channels = k->g->model.norm[n].channels,
                     .gamma = tensor(k, w, gamma),
                     .beta = tensor(k, w, gamma + 1),
                     .epsilon = epsilon};
}

static void affine_of(const dn_work *k, int n, const float *w, const float *moments, affine *out)
{
    dn_norm norm = norm_of(k, n, w);
    const float *mean = moments + k->g->model.norm[n].offset;

    out->channels = norm.channels;
    dn_norm_affine(&norm, mean, mean + norm.channels, out->scale, out->shift);
}

/* With the slopes of the backward pass, from the moment gradients and counts as they stand. */
static void slopes_of(const dn_work *k, int n, const float *w, affine *out)
{
    dn_norm norm = norm_of(k, n, w);
    int64_t at = k->g->model.norm[n].offset, c = norm.channels;
    const float *mean = k->moments + at, *sums = k->moment_gradients + at;

    affine_of(k, n, w, k->moments, out);
    dn_norm_slopes(&norm, mean, mean + c, sums, sums + c, k->counts[n], out->p, out->q, out->r);
}

static const float *states_of(const dn_work *k, int64_t target)
{
    return k->g->data.state + k->g->data.state_at[target] * k->g->data.state_width;
}

/* Scratch of one sequence of `length` positions. */
static dn_status need_scratch(dn_work *k, int64_t length, bool gradients, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    int64_t pools = (length + 1) / 2;
    int64_t one = dn_conv3_scratch(length, o->conv1), two = dn_conv3_scratch(pools, o->conv2);

    DN_TRY(dn_room_need(&k->wide, (size_t)(one > two ? one : two), err));
    DN_TRY(dn_room_need(&k->pool, (size_t)((pools + 1) / 2 * o->conv2), err));
    if (gradients) {
        one = length * o->conv1;
        two = pools * o->conv2;
        DN_TRY(dn_room_need(&k->dy, (size_t)(one > two ? one : two), err));
        DN_TRY(dn_room_need(&k->dz1, (size_t)(pools * o->conv1), err));
    }
out:
    return st;
}

static int64_t longest(const dn_work *k)
{
    int64_t most = 1;

    for (int64_t u = 0; u < k->n_distinct; u++)
        if (k->at1[u + 1] - k->at1[u] > most)
            most = k->at1[u + 1] - k->at1[u];
    return most;
}

/* Write the tallied moments of norm n. */
static void publish(dn_work *k, int n, const dn_tally *t)
{
    float *mean = k->moments + k->g->model.norm[n].offset;

    dn_tally_moments(t, mean, mean + t->channels);
    k->counts[n] = t->count;
}

/* ---- forward ---- */

dn_status dn_dti_target_first(dn_work *k, const float *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t c = k->g->options.conv1, in = k->g->data.state_width;
    double mean[MAX_UNITS] = {0}, m2[MAX_UNITS] = {0};
    dn_tally tally = {.channels = c, .mean = mean, .m2 = m2};

    DN_TRY(need_scratch(k, longest(k), true, err));
    DN_TRY(dn_room_need(&k->y1, (size_t)(k->at1[k->n_distinct] * c), err));
    for (int64_t u = 0; u < k->n_distinct; u++) {
        int64_t length = k->at1[u + 1] - k->at1[u];
        float *y = k->y1.p + k->at1[u] * c;
        DN_TRY(dn_conv3_forward(states_of(k, k->distinct[u]), length, in, c, tensor(k, w, CONV1_W),
                                tensor(k, w, CONV1_B), k->wide.p, y, err));
        dn_tally_add(&tally, y, length, k->copies[u]);
    }
    publish(k, 0, &tally);
out:
    return st;
}

dn_status dn_dti_target_second(dn_work *k, const float *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t c1 = k->g->options.conv1, c2 = k->g->options.conv2;
    double mean[MAX_UNITS] = {0}, m2[MAX_UNITS] = {0};
    dn_tally tally = {.channels = c2, .mean = mean, .m2 = m2};
    affine a;

    affine_of(k, 0, w, k->moments, &a);
    DN_TRY(dn_room_need(&k->z1, (size_t)(k->at2[k->rows] * c1), err));
    DN_TRY(dn_room_need(&k->y2, (size_t)(k->at2[k->rows] * c2), err));
    for (int64_t r = 0; r < k->rows; r++) {
        int64_t u = k->which[r], pools = k->at2[r + 1] - k->at2[r];
        float *z = k->z1.p + k->at2[r] * c1, *y = k->y2.p + k->at2[r] * c2;
        dn_pool_forward(k->y1.p + k->at1[u] * c1, k->at1[u + 1] - k->at1[u], c1, a.scale, a.shift, z);
        DN_TRY(dn_dti_drop(k, DROP_POOL1, r, pools * c1, z, err));
        DN_TRY(dn_conv3_forward(z, pools, c1, c2, tensor(k, w, CONV2_W), tensor(k, w, CONV2_B), k->wide.p, y,
                                err));
        dn_tally_add(&tally, y, pools, 1);
    }
    publish(k, 1, &tally);
out:
    return st;
}

/* From pools to rows of y2: which of the two has the larger value. */
static void top_rows(const affine *a, const float *y, int64_t length, int32_t *position)
{
    for (int64_t c = 0; c < a->channels; c++) {
        int64_t first = 2 * (int64_t)position[c];
        float one = a->scale[c] * y[first * a->channels + c] + a->shift[c];
        bool second =
            first + 1 < length && a->scale[c] * y[(first + 1) * a->channels + c] + a->shift[c] > one;
        position[c] = (int32_t)(first + second);
    }
}

static dn_status target_dense(dn_work *k, const float *w, int64_t n, dn_error *err)
{
    const dn_dti_options *o = &k->g->options;

    memset(k->top + n * o->conv2, 0, (size_t)((k->capacity - n) * o->conv2) * sizeof *k->top);
    return dn_dense_forward(k->top, k->capacity, o->conv2, o->target_out, tensor(k, w, TARGET_W),
                            tensor(k, w, TARGET_B), false, k->target_out, err);
}

dn_status dn_dti_target_top(dn_work *k, const float *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t c = k->g->options.conv2;
    affine a;

    affine_of(k, 1, w, k->moments, &a);
    for (int64_t r = 0; r < k->rows; r++) {
        int64_t length = k->at2[r + 1] - k->at2[r], pools = (length + 1) / 2;
        const float *y = k->y2.p + k->at2[r] * c;
        dn_pool_forward(y, length, c, a.scale, a.shift, k->pool.p);
        DN_TRY(dn_dti_drop(k, DROP_POOL2, r, pools * c, k->pool.p, err));
        dn_pool_top(k->pool.p, pools, c, k->top + r * c, k->position + r * c);
        top_rows(&a, y, length, k->position + r * c);
        DN_TRY(dn_dti_drop(k, DROP_TOP, r, c, k->top + r * c, err));
    }
    DN_TRY(target_dense(k, w, k->rows, err));
out:
    return st;
}

dn_status dn_dti_target_infer(dn_work *k, const float *w, const float *running, const int64_t *targets,
                              int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t c1 = k->g->options.conv1, c2 = k->g->options.conv2, in = k->g->data.state_width;
    affine a1, a2;

    affine_of(k, 0, w, running, &a1);
    affine_of(k, 1, w, running, &a2);
    for (int64_t i = 0; i < n; i++) {
        int64_t length = length_of(k->g, targets[i]), pools = (length + 1) / 2;
        DN_TRY(need_scratch(k, length, false, err));
        DN_TRY(dn_room_need(&k->y1, (size_t)(length * c1), err));
        DN_TRY(dn_room_need(&k->z1, (size_t)(pools * c1), err));
        DN_TRY(dn_room_need(&k->y2, (size_t)(pools * c2), err));
        DN_TRY(dn_conv3_forward(states_of(k, targets[i]), length, in, c1, tensor(k, w, CONV1_W),
                                tensor(k, w, CONV1_B), k->wide.p, k->y1.p, err));
        dn_pool_forward(k->y1.p, length, c1, a1.scale, a1.shift, k->z1.p);
        DN_TRY(dn_conv3_forward(k->z1.p, pools, c1, c2, tensor(k, w, CONV2_W), tensor(k, w, CONV2_B),
                                k->wide.p, k->y2.p, err));
        dn_pool_forward(k->y2.p, pools, c2, a2.scale, a2.shift, k->pool.p);
        dn_pool_top(k->pool.p, (pools + 1) / 2, c2, k->top + i * c2, k->position + i * c2);
    }
    DN_TRY(target_dense(k, w, n, err));
out:
    return st;
}

/* ---- backward ---- */

/* Sums over the shard to gradients of gamma and beta and to moment gradients. */
static void publish_sums(dn_work *k, int n, const float *w, const double *sum, const double *sum_x, float *dw)
{
    dn_norm norm = norm_of(k, n, w);
    int64_t c = norm.channels, at = k->g->model.norm[n].offset;
    const float *variance = k->moments + at + c;
    float *sums = k->moment_gradients + at;

    dn_norm_gradients(&norm, variance, sum, sum_x, sums, sums + c);
    memcpy(dw + (norm.beta - w), sums, (size_t)c * sizeof *dw);
    memcpy(dw + (norm.gamma - w), sums + c, (size_t)c * sizeof *dw);
}

dn_status dn_dti_target_top_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    const float *mean = k->moments + k->g->model.norm[1].offset;
    double sum[MAX_UNITS] = {0}, sum_x[MAX_UNITS] = {0};
    int64_t c = o->conv2;

    DN_TRY(dn_dense_backward(k->top, k->capacity, c, o->target_out, tensor(k, w, TARGET_W), k->target_out,
                             false, k->dtarget, gradient(k, dw, TARGET_W), gradient(k, dw, TARGET_B), k->dtop,
                             err));
    dn_dti_gate(k->top, kept_scale(k) * kept_scale(k), k->rows * c, k->dtop); /* two dropouts */
    for (int64_t r = 0; r < k->rows; r++) {
        const float *y = k->y2.p + k->at2[r] * c, *d = k->dtop + r * c;
        for (int64_t i = 0; i < c; i++) {
            float x = y[(int64_t)k->position[r * c + i] * c + i] - mean[i];
            sum[i] += (double)d[i];
            sum_x[i] += (double)(d[i] * x);
        }
    }
    publish_sums(k, 1, w, sum, sum_x, dw);
out:
    return st;
}

/* dy = q y + r */
DN_CLONES
static void lean_back(const float *restrict y, int64_t length, int64_t channels, const float *restrict q,
                      const float *restrict r, float *restrict dy)
{
    for (int64_t i = 0; i < length; i++)
        for (int64_t c = 0; c < channels; c++)
            dy[i * channels + c] = q[c] * y[i * channels + c] + r[c];
}

/* into += z > 0 ? d scale : 0 */
DN_CLONES
static void add_gated(const float *restrict z, const float *restrict d, float scale, int64_t n,
                      float *restrict into)
{
    for (int64_t i = 0; i < n; i++)
        into[i] += z[i] > 0 ? d[i] * scale : 0;
}

static dn_status second_backward_sample(dn_work *k, const float *w, const affine *a, int64_t r, float *dw,
                                        dn_error *err)
{
    dn_status st = DN_OK;
    int64_t c1 = k->g->options.conv1, c2 = a->channels, pools = k->at2[r + 1] - k->at2[r];
    const float *z = k->z1.p + k->at2[r] * c1;

    lean_back(k->y2.p + k->at2[r] * c2, pools, c2, a->q, a->r, k->dy.p);
    for (int64_t c = 0; c < c2; c++)
        k->dy.p[(int64_t)k->position[r * c2 + c] * c2 + c] += a->p[c] * k->dtop[r * c2 + c];
    DN_TRY(dn_conv3_backward(z, pools, c1, c2, tensor(k, w, CONV2_W), k->dy.p, k->wide.p,
                             gradient(k, dw, CONV2_W), NULL, k->dz1.p, err));
    add_gated(z, k->dz1.p, kept_scale(k), pools * c1, k->dpool1.p + k->pool1[k->which[r]] * c1);
out:
    return st;
}

dn_status dn_dti_target_second_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t c1 = k->g->options.conv1, c2 = k->g->options.conv2;
    const float *mean = k->moments + k->g->model.norm[0].offset;
    double sum[MAX_UNITS] = {0}, sum_x[MAX_UNITS] = {0};
    size_t pooled = (size_t)(k->pool1[k->n_distinct] * c1);
    affine a;

    DN_TRY(dn_room_need(&k->dpool1, pooled, err));
    memset(k->dpool1.p, 0, pooled * sizeof(float));
    memset(gradient(k, dw, CONV2_W), 0, (size_t)(3 * c1 * c2) * sizeof *dw);
    memset(gradient(k, dw, CONV2_B), 0, (size_t)c2 * sizeof *dw);
    slopes_of(k, 1, w, &a);
    for (int64_t r = 0; r < k->rows; r++)
        DN_TRY(second_backward_sample(k, w, &a, r, dw, err));
    affine_of(k, 0, w, k->moments, &a);
    for (int64_t u = 0; u < k->n_distinct; u++)
        dn_pool_sums(k->y1.p + k->at1[u] * c1, k->at1[u + 1] - k->at1[u], c1, a.scale, a.shift, mean,
                     k->dpool1.p + k->pool1[u] * c1, sum, sum_x);
    publish_sums(k, 0, w, sum, sum_x, dw);
out:
    return st;
}

dn_status dn_dti_target_first_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t c = k->g->options.conv1, in = k->g->data.state_width;
    affine a;

    memset(gradient(k, dw, CONV1_W), 0, (size_t)(3 * in * c) * sizeof *dw);
    memset(gradient(k, dw, CONV1_B), 0, (size_t)c * sizeof *dw);
    slopes_of(k, 0, w, &a);
    for (int64_t u = 0; u < k->n_distinct; u++) {
        int64_t length = k->at1[u + 1] - k->at1[u];
        dn_pool_backward(k->y1.p + k->at1[u] * c, length, c, a.scale, a.shift, a.p, a.q, a.r, k->copies[u],
                         k->dpool1.p + k->pool1[u] * c, k->dy.p);
        DN_TRY(dn_conv3_backward(states_of(k, k->distinct[u]), length, in, c, tensor(k, w, CONV1_W), k->dy.p,
                                 k->wide.p, gradient(k, dw, CONV1_W), NULL, NULL, err));
    }
out:
    return st;
}

/* ---- gradients of the inputs, one target, norms as they stand at inference ---- */

dn_status dn_dti_target_infer_backward(dn_work *k, const float *w, const float *running, int64_t target,
                                       float *out_dstate, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    int64_t length = length_of(k->g, target), pools = (length + 1) / 2, c1 = o->conv1, c2 = o->conv2;
    static const float none[MAX_UNITS] = {0};
    affine a1, a2;

    affine_of(k, 0, w, running, &a1);
    affine_of(k, 1, w, running, &a2);
    DN_TRY(need_scratch(k, length, true, err));
    DN_TRY(
        dn_gemm(false, true, 1, c2, o->target_out, k->dtarget, tensor(k, w, TARGET_W), false, k->dtop, err));
    dn_dti_gate(k->top, 1, c2, k->dtop);
    top_rows(&a2, k->y2.p, pools, k->position);
    memset(k->dy.p, 0, (size_t)(pools * c2) * sizeof *k->dy.p);
    for (int64_t c = 0; c < c2; c++)
        k->dy.p[(int64_t)k->position[c] * c2 + c] = a2.scale[c] * k->dtop[c];
    DN_TRY(dn_conv3_input_gradient(k->dy.p, pools, c1, c2, tensor(k, w, CONV2_W), k->wide.p, k->dz1.p, err));
    dn_dti_gate(k->z1.p, 1, pools * c1, k->dz1.p);
    dn_pool_backward(k->y1.p, length, c1, a1.scale, a1.shift, a1.scale, none, none, 1, k->dz1.p, k->dy.p);
    DN_TRY(dn_conv3_input_gradient(k->dy.p, length, k->g->data.state_width, c1, tensor(k, w, CONV1_W),
                                   k->wide.p, out_dstate, err));
out:
    return st;
}
