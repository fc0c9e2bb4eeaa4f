/* gener_bf16.c - GENER trained with products of bf16; see gener_private.h and nn/bf16.h
 *
 * Factors of products are rounded when they are made: x and z1 when they are loaded and normalised, weights
 * when they are new, gradients behind the ReLU. Norms, sums, bias and ReLU see floats.
 */
#include "solvers/base/alloc.h"
#include "solvers/models/gener_private.h"

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
