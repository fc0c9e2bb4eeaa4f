/* gener_convs.c - branch 2 of GENER: windows, mix, narrow, forward and back; see gener_private.h
 *
 * The kernels are those of nn/pair_convs.h; here stands what connects them with tensors, moments and
 * gradients.
 */
#include <string.h>
#include "solvers/models/gener_private.h"
#include "solvers/nn/pair_convs.h"

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
            out[f][j] = (double)dn_gener_tensor(k, w, CONV1_W)[4 * f + j];
        out[f][DN_PAIR_X - 1] = (double)dn_gener_tensor(k, w, CONV1_B)[f];
    }
}

/* Moments of norm3 from those of the windows: conv1 is linear. */
void dn_gener_window_moments(dn_work *k, const float *w)
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
void dn_gener_mix(dn_work *k, const float *w, const float *moments)
{
    dn_pair_convs c = convs_of(k);
    dn_norm norm = dn_gener_norm_of(k, 2, w);
    const float *mean = moments + k->g->model.norm[2].offset, *bias2 = dn_gener_tensor(k, w, CONV2_B);
    float *out = k->moments + k->g->model.norm[3].offset, scale[F1], shift[F1];
    double n = (double)(k->rows * k->length), sum[F2], square[F2], v[F1][DN_PAIR_X];

    dn_norm_affine(&norm, mean, mean + F1, scale, shift);
    window_weights(k, w, v);
    for (int f = 0; f < F1; f++) {
        for (int j = 0; j < DN_PAIR_X; j++)
            k->u[f * DN_PAIR_X + j] = scale[f] * (float)v[f][j];
        k->u[f * DN_PAIR_X + DN_PAIR_X - 1] += shift[f];
    }
    if (dn_gener_is_bf16(k))
        dn_pair_bf16_mix(k->half->pairs, &c, k->u, dn_gener_tensor(k, w, CONV2_W), bias2, sum, square);
    else
        dn_pair_mix(&c, k->u, dn_gener_tensor(k, w, CONV2_W), bias2, k->c2, sum, square);
    if (!k->pass.train)
        return;
    for (int g = 0; g < F2; g++) {
        double m = sum[g] / n, spread = square[g] / n - m * m;
        out[g] = (float)(m + (double)bias2[g]);
        out[F2 + g] = spread <= 0 ? 0 : (float)spread;
    }
    k->counts[3] = n;
}

void dn_gener_narrow(dn_work *k, const float *w, const float *moments)
{
    dn_pair_convs c = convs_of(k);
    dn_norm norm = dn_gener_norm_of(k, 3, w);
    const float *mean = moments + k->g->model.norm[3].offset, *bias = dn_gener_tensor(k, w, DENSE3_B);

    dn_norm_affine(&norm, mean, mean + F2, k->slope, k->shift);
    if (dn_gener_is_bf16(k))
        dn_pair_bf16_narrow(k->half->pairs, &c, k->slope, k->shift, k->pass.weights,
                            dn_gener_tensor(k, w, DENSE3_W), k->h5);
    else
        dn_pair_narrow(&c, k->c2, k->slope, k->shift, dn_gener_tensor(k, w, DENSE3_W), k->h5);
    for (int64_t r = 0; r < k->rows; r++)
        for (int64_t o = 0; o < NARROW; o++) {
            float v = k->h5[r * NARROW + o] + bias[o];
            k->h5[r * NARROW + o] = v <= 0 ? 0 : v; /* a NaN stays and reaches the loss */
        }
}

/* ---- backward ---- */

void dn_gener_narrow_backward(dn_work *k, const float *w, float *dw)
{
    dn_pair_convs c = convs_of(k);
    float *bias = dn_gener_gradient(k, dw, DENSE3_B), *weights = dn_gener_gradient(k, dw, DENSE3_W);
    const float *mean = k->moments + k->g->model.norm[3].offset;
    double sum[F2], sum_c[F2];

    c.opt_z2 = k->factored ? k->z4 : NULL;
    dn_gener_end_norm_backward(k, 4, w, k->h5, k->d5);
    memset(bias, 0, NARROW * sizeof *bias);
    for (int64_t r = 0; r < k->rows; r++)
        for (int64_t o = 0; o < NARROW; o++) {
            float *d = &k->d5[r * NARROW + o];
            *d = k->h5[r * NARROW + o] > 0 ? *d : 0;
            bias[o] += *d;
        }
    if (dn_gener_is_bf16(k))
        dn_pair_bf16_narrow_back(k->half->pairs, &c, mean, k->d5, weights, sum, sum_c);
    else
        dn_pair_narrow_back(&c, k->c2, k->slope, k->shift, mean, dn_gener_tensor(k, w, DENSE3_W), k->d5,
                            weights, k->d4, sum, sum_c);
    dn_gener_keep_norm_sums(k, 3, w, sum, sum_c, dw);
}

/* Through norm4, conv2 and the dropout before it. */
void dn_gener_mix_backward(dn_work *k, const float *w, float *dw)
{
    dn_pair_convs c = convs_of(k);
    const float *mean = k->moments + k->g->model.norm[2].offset;
    float p[F2], q[F2], r[F2];
    double v[F1][DN_PAIR_X], sum[F1], sum_c[F1];

    dn_gener_norm_slopes(k, 3, w, p, q, r);
    if (dn_gener_is_bf16(k))
        dn_pair_bf16_mix_back(k->half->pairs, &c, k->u, dn_gener_tensor(k, w, CONV2_W), p, q, r,
                              dn_gener_gradient(k, dw, CONV2_W), dn_gener_gradient(k, dw, CONV2_B), k->cross);
    else
        dn_pair_mix_back(&c, k->u, dn_gener_tensor(k, w, CONV2_W), k->c2, k->d4, p, q, r,
                         dn_gener_gradient(k, dw, CONV2_W), dn_gener_gradient(k, dw, CONV2_B), k->cross);
    window_weights(k, w, v);
    for (int f = 0; f < F1; f++) {
        sum[f] = k->cross[f][DN_PAIR_X - 1];
        sum_c[f] = -(double)mean[f] * sum[f];
        for (int j = 0; j < DN_PAIR_X; j++)
            sum_c[f] += v[f][j] * k->cross[f][j];
    }
    dn_gener_keep_norm_sums(k, 2, w, sum, sum_c, dw);
}

/* conv1's gradient: that at its output is p dy + q c1 + r, and c1 is linear in the windows. */
void dn_gener_windows_backward(dn_work *k, const float *w, float *dw)
{
    float p[F1], q[F1], r[F1];
    double v[F1][DN_PAIR_X];

    dn_gener_norm_slopes(k, 2, w, p, q, r);
    window_weights(k, w, v);
    for (int f = 0; f < F1; f++)
        for (int j = 0; j < DN_PAIR_X; j++) {
            double d = (double)p[f] * k->cross[f][j] + (double)r[f] * k->gram[DN_PAIR_X - 1][j];

            for (int i = 0; i < DN_PAIR_X; i++)
                d += (double)q[f] * v[f][i] * k->gram[i][j];
            if (j < DN_PAIR_X - 1)
                dn_gener_gradient(k, dw, CONV1_W)[4 * f + j] = (float)d;
            else
                dn_gener_gradient(k, dw, CONV1_B)[f] = (float)d;
        }
}
