/* gener_bf16.c - GENER trained with products of bf16; see gener_private.h and nn/bf16.h
 *
 * Factors of products are rounded when they are made: x and z1 when they are loaded and normalised, weights
 * when they are new, gradients behind the ReLU. Norms, sums, bias and ReLU see floats.
 */
#include "solvers/base/alloc.h"
#include <string.h>
#include "solvers/models/gener_private.h"
#include "solvers/nn/kernels.h"
#include "solvers/nn/lanes.h"

dn_status dn_gener_bf16_create(int64_t capacity, int64_t samples, dn_gener_bf16 **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gener_bf16 *h = NULL;

    DN_NEW(h, 1);
    DN_TRY(dn_dense_bf16_create(&h->dense1, capacity, samples, WIDE, false, err));
    DN_TRY(dn_dense_bf16_create(&h->dense2, capacity, WIDE, WIDE, true, err));
    DN_TRY(dn_pair_bf16_create(capacity, samples - 1, dn_bf16_tiles(), &h->pairs, err));
    *out = h;
    h = NULL;
out:
    dn_gener_bf16_destroy(&h);
    return st;
}

void dn_gener_bf16_destroy(dn_gener_bf16 **handle)
{
    dn_gener_bf16 *h = *handle;

    if (h == NULL)
        return;
    dn_dense_bf16_release(&h->dense1);
    dn_dense_bf16_release(&h->dense2);
    dn_pair_bf16_destroy(&h->pairs);
    dn_free(h);
    *handle = NULL;
}

dn_status dn_gener_bf16_dense1(dn_work *k, const float *w, dn_error *err)
{
    return dn_dense_bf16_forward(&k->half->dense1, k->pass.weights, dn_gener_tensor(k, w, DENSE1_W),
                                 dn_gener_tensor(k, w, DENSE1_B), k->h1, err);
}

dn_status dn_gener_bf16_dense2(dn_work *k, const float *w, dn_error *err)
{
    return dn_dense_bf16_forward(&k->half->dense2, k->pass.weights, dn_gener_tensor(k, w, DENSE2_W),
                                 dn_gener_tensor(k, w, DENSE2_B), k->h2, err);
}

dn_status dn_gener_bf16_dense1_back(dn_work *k, const float *w, float *dw, dn_error *err)
{
    float slopes[3 * WIDE];

    dn_gener_norm_slopes(k, 0, w, slopes, slopes + WIDE, slopes + 2 * WIDE);
    return dn_dense_bf16_backward(&k->half->dense1, k->rows, k->h1, k->d1, slopes,
                                  dn_gener_gradient(k, dw, DENSE1_W), dn_gener_gradient(k, dw, DENSE1_B),
                                  NULL, err);
}

dn_status dn_gener_bf16_dense2_back(dn_work *k, const float *w, float *dw, dn_error *err)
{
    float slopes[3 * WIDE];

    dn_gener_norm_slopes(k, 1, w, slopes, slopes + WIDE, slopes + 2 * WIDE);
    return dn_dense_bf16_backward(&k->half->dense2, k->rows, k->h2, k->d2, slopes,
                                  dn_gener_gradient(k, dw, DENSE2_W), dn_gener_gradient(k, dw, DENSE2_B),
                                  k->d1, err);
}

/* ---- the head: few classes, where a product of matrices would spend its time on laying them out ---- */

/* w [JOINT, classes] as [classes, JOINT] */
static void turn_head(const float *w, int64_t classes, float *out)
{
    for (int64_t i = 0; i < JOINT; i++)
        for (int64_t c = 0; c < classes; c++)
            out[c * JOINT + i] = w[i * classes + c];
}

DN_CLONES
static void head_rows(const float *cat, int64_t rows, int64_t classes, const float *turned, const float *bias,
                      float *logits)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < classes; c++)
            logits[r * classes + c] = dn_lanes_dot(cat + r * JOINT, turned + c * JOINT, JOINT) + bias[c];
}

void dn_gener_bf16_head(dn_work *k, const float *w)
{
    float turned[MOST_CLASSES * JOINT];
    int64_t classes = k->g->options.classes;

    turn_head(dn_gener_tensor(k, w, HEAD_W), classes, turned);
    head_rows(k->cat, k->capacity, classes, turned, dn_gener_tensor(k, w, HEAD_B), k->logits);
}

/* One class; add: to what stands in d2 and d5. */
DN_CLONES
static void head_class_back(const float *restrict cat, const float *restrict d, int64_t rows, int64_t classes,
                            const float *restrict w, bool add, float *restrict dw, float *restrict d2,
                            float *restrict d5)
{
    memset(dw, 0, JOINT * sizeof *dw);
    for (int64_t r = 0; r < rows; r++) {
        float v = d[r * classes], *to2 = d2 + r * WIDE, *to5 = d5 + r * NARROW;

        for (int i = 0; i < JOINT; i++)
            dw[i] += v * cat[r * JOINT + i];
        for (int i = 0; i < WIDE; i++)
            to2[i] = v * w[i] + (add ? to2[i] : 0);
        for (int i = 0; i < NARROW; i++)
            to5[i] = v * w[WIDE + i] + (add ? to5[i] : 0);
    }
}

void dn_gener_bf16_head_back(dn_work *k, const float *w, float *dw)
{
    float turned[MOST_CLASSES * JOINT], sum[JOINT];
    float *weights = dn_gener_gradient(k, dw, HEAD_W), *bias = dn_gener_gradient(k, dw, HEAD_B);
    int64_t classes = k->g->options.classes;

    turn_head(dn_gener_tensor(k, w, HEAD_W), classes, turned);
    for (int64_t c = 0; c < classes; c++) {
        head_class_back(k->cat, k->dlogits + c, k->capacity, classes, turned + c * JOINT, c > 0, sum, k->d2,
                        k->d5);
        bias[c] = 0;
        for (int64_t r = 0; r < k->rows; r++)
            bias[c] += k->dlogits[r * classes + c];
        for (int64_t i = 0; i < JOINT; i++)
            weights[i * classes + c] = sum[i];
    }
}
