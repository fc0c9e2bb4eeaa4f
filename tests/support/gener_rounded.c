/* gener_rounded.c - GENER with rounded factors as plain loops; see gener_rounded.h */
#include "tests/support/gener_rounded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/bf16.h"

enum { WIDE = 256, F = 16, G = 8, O = 32, JOINT = WIDE + O, X = 5 };

/* Places of the tensors, in the order of dn_gener. */
typedef struct places {
    int64_t w1, b1, norm1, w2, b2, norm2, conv1, bias1, norm3, conv2, bias2, norm4, w3, b3, norm5, head, bias;
} places;

static places places_of(int64_t samples)
{
    places p = {0};
    int64_t at = 0;

    p.w1 = at, at += samples * WIDE, p.b1 = at, at += WIDE, p.norm1 = at, at += 2 * WIDE;
    p.w2 = at, at += WIDE * WIDE, p.b2 = at, at += WIDE, p.norm2 = at, at += 2 * WIDE;
    p.conv1 = at, at += F * 4, p.bias1 = at, at += F, p.norm3 = at, at += 2 * F;
    p.conv2 = at, at += G * F, p.bias2 = at, at += G, p.norm4 = at, at += 2 * G;
    p.w3 = at, at += G * (samples - 1) * O, p.b3 = at, at += O, p.norm5 = at, at += 2 * O;
    p.head = at, at += JOINT * 2, p.bias = at;
    return p;
}

static double rounded(double x)
{
    return (double)dn_bf16_float(dn_bf16_round((float)x));
}

static double *room(int64_t n)
{
    return calloc((size_t)n, sizeof(double));
}

/* ---- a norm over [rows, channels, length]; gamma stands before beta ---- */

typedef struct norm {
    int64_t rows, channels, length;
    double mean[WIDE], inverse[WIDE];
} norm;

static norm moments(int64_t rows, int64_t channels, int64_t length, const double *x)
{
    norm n = {.rows = rows, .channels = channels, .length = length};

    for (int64_t c = 0; c < channels; c++) {
        double sum = 0, square = 0;

        for (int64_t r = 0; r < rows; r++)
            for (int64_t s = 0; s < length; s++)
                sum += x[(r * channels + c) * length + s];
        n.mean[c] = sum / (double)(rows * length);
        for (int64_t r = 0; r < rows; r++)
            for (int64_t s = 0; s < length; s++)
                square += pow(x[(r * channels + c) * length + s] - n.mean[c], 2);
        n.inverse[c] = 1 / sqrt(square / (double)(rows * length) + 1e-3);
    }
    return n;
}

static void apply(const norm *n, const float *w, const double *x, double *y)
{
    for (int64_t i = 0; i < n->rows * n->channels * n->length; i++) {
        int64_t c = i / n->length % n->channels;

        y[i] = (double)w[c] * (x[i] - n->mean[c]) * n->inverse[c] + (double)w[n->channels + c];
    }
}

/* d: at the norm's output on entry, at its input on return */
static void norm_back(const norm *n, const float *w, const double *x, double *d, double *dw)
{
    double count = (double)(n->rows * n->length);
    int64_t all = n->rows * n->channels * n->length;

    memset(dw, 0, (size_t)(2 * n->channels) * sizeof *dw);
    for (int64_t i = 0; i < all; i++) {
        int64_t c = i / n->length % n->channels;

        dw[c] += d[i] * (x[i] - n->mean[c]) * n->inverse[c];
        dw[n->channels + c] += d[i];
    }
    for (int64_t i = 0; i < all; i++) {
        int64_t c = i / n->length % n->channels;
        double hat = (x[i] - n->mean[c]) * n->inverse[c];

        d[i] = (double)w[c] * n->inverse[c] * (d[i] - dw[n->channels + c] / count - hat * dw[c] / count);
    }
}

/* ---- a dense layer with ReLU of rounded x ---- */

static void dense(int64_t rows, int64_t in, int64_t out, const double *x, const float *w, const float *b,
                  double *y)
{
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t j = 0; j < out; j++)
            y[r * out + j] = (double)b[j];
        for (int64_t i = 0; i < in; i++)
            for (int64_t j = 0; j < out; j++)
                y[r * out + j] += x[r * in + i] * rounded((double)w[i * out + j]);
        for (int64_t j = 0; j < out; j++)
            y[r * out + j] = fmax(y[r * out + j], 0);
    }
}

/* dx may be NULL */
static void dense_back(int64_t rows, int64_t in, int64_t out, const double *x, const float *w,
                       const double *y, double *d, double *dw, double *db, double *dx)
{
    memset(dw, 0, (size_t)(in * out) * sizeof *dw);
    memset(db, 0, (size_t)out * sizeof *db);
    for (int64_t i = 0; i < rows * out; i++) {
        double v = y[i] > 0 ? d[i] : 0;

        db[i % out] += v;
        d[i] = rounded(v);
    }
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < in; i++) {
            double sum = 0;

            for (int64_t j = 0; j < out; j++) {
                dw[i * out + j] += x[r * in + i] * d[r * out + j];
                sum += d[r * out + j] * rounded((double)w[i * out + j]);
            }
            if (dx != NULL)
                dx[r * in + i] = sum;
        }
}

/* ---- the convolutions ---- */

static double window(const float *a, const float *b, int64_t samples, int64_t r, int64_t s, int j)
{
    return j == 4 ? 1 : (double)(j < 2 ? a : b)[r * samples + s + j % 2];
}

/* c1 [rows, F, L] and, through its norm, c2 [rows, G, L] */
static norm convolve(int64_t rows, int64_t samples, const float *a, const float *b, const float *w,
                     const places *p, double *c1, double *z, double *c2)
{
    int64_t length = samples - 1;
    norm n;

    for (int64_t i = 0; i < rows * F * length; i++) {
        int64_t s = i % length, f = i / length % F, r = i / length / F;

        c1[i] = (double)w[p->bias1 + f];
        for (int j = 0; j < 4; j++)
            c1[i] += (double)w[p->conv1 + 4 * f + j] * window(a, b, samples, r, s, j);
    }
    n = moments(rows, F, length, c1);
    apply(&n, w + p->norm3, c1, z);
    for (int64_t i = 0; i < rows * G * length; i++) {
        int64_t s = i % length, g = i / length % G, r = i / length / G;

        c2[i] = (double)w[p->bias2 + g];
        for (int f = 0; f < F; f++)
            c2[i] += (double)w[p->conv2 + g * F + f] * z[(r * F + f) * length + s];
    }
    return n;
}

/* From d, the gradient at c2: it and the windows are rounded, and all else follows from the sums of their
 * products. */
static void convolve_back(const norm *n, int64_t samples, const float *a, const float *b, const float *w,
                          const places *p, const double *d, double *dw)
{
    int64_t length = samples - 1;
    double t[G][X] = {{0}}, gram[X][X] = {{0}}, count = (double)(n->rows * length);

    for (int64_t r = 0; r < n->rows; r++)
        for (int64_t s = 0; s < length; s++)
            for (int j = 0; j < X; j++) {
                double x = window(a, b, samples, r, s, j);

                for (int g = 0; g < G; g++)
                    t[g][j] += rounded(d[(r * G + g) * length + s]) * rounded(x);
                for (int i = 0; i < X; i++)
                    gram[i][j] += x * window(a, b, samples, r, s, i);
            }
    for (int g = 0; g < G; g++)
        for (int64_t i = 0; i < n->rows * length; i++)
            dw[p->bias2 + g] += d[(i / length * G + g) * length + i % length];
    for (int f = 0; f < F; f++) {
        double v[X], cross[X] = {0}, gamma = (double)w[p->norm3 + f], up = gamma * n->inverse[f];
        double scale = 0, shift;

        for (int j = 0; j < X; j++) {
            v[j] = (double)(j < 4 ? w[p->conv1 + 4 * f + j] : w[p->bias1 + f]);
            for (int g = 0; g < G; g++) {
                double u = up * v[j] + (j == 4 ? (double)w[p->norm3 + F + f] - up * n->mean[f] : 0);

                cross[j] += (double)w[p->conv2 + g * F + f] * t[g][j];
                dw[p->conv2 + g * F + f] += u * t[g][j];
            }
        }
        shift = cross[4];
        for (int j = 0; j < X; j++)
            scale += n->inverse[f] * v[j] * cross[j];
        scale -= n->inverse[f] * n->mean[f] * shift;
        dw[p->norm3 + f] = scale;
        dw[p->norm3 + F + f] = shift;
        for (int j = 0; j < 4; j++) {
            double own = -n->mean[f] * gram[4][j];

            for (int i = 0; i < X; i++)
                own += v[i] * gram[i][j];
            dw[p->conv1 + 4 * f + j] =
                up * (cross[j] - shift / count * gram[4][j] - scale / count * n->inverse[f] * own);
        }
    }
}

/* ---- the network ---- */

double gener_rounded(int64_t rows, int64_t samples, const float *a, const float *b, const uint8_t *label,
                     const float *w, double *dw)
{
    places p = places_of(samples);
    int64_t length = samples - 1, flat = G * length;
    double *x = room(rows * samples), *h1 = room(rows * WIDE), *z1 = room(rows * WIDE),
           *h2 = room(rows * WIDE);
    double *c1 = room(rows * F * length), *z = room(rows * F * length), *c2 = room(rows * flat);
    double *z2 = room(rows * flat), *d2 = room(rows * flat), *h5 = room(rows * O), *y2 = room(rows * WIDE);
    double *y5 = room(rows * O), *dy2 = room(rows * WIDE), *dy5 = room(rows * O), *d1 = room(rows * WIDE);
    double loss = 0;
    norm n1, n2, n3, n4, n5;

    memset(dw, 0, (size_t)(p.bias + 2) * sizeof *dw);
    for (int64_t i = 0; i < rows * samples; i++)
        x[i] = rounded((double)(a[i] * b[i]));
    dense(rows, samples, WIDE, x, w + p.w1, w + p.b1, h1);
    n1 = moments(rows, WIDE, 1, h1);
    apply(&n1, w + p.norm1, h1, z1);
    for (int64_t i = 0; i < rows * WIDE; i++)
        z1[i] = rounded(z1[i]);
    dense(rows, WIDE, WIDE, z1, w + p.w2, w + p.b2, h2);
    n2 = moments(rows, WIDE, 1, h2);
    apply(&n2, w + p.norm2, h2, y2);

    n3 = convolve(rows, samples, a, b, w, &p, c1, z, c2);
    n4 = moments(rows, G, length, c2);
    for (int64_t i = 0; i < rows * flat; i++)
        c2[i] = rounded(c2[i]);
    apply(&n4, w + p.norm4, c2, z2);
    for (int64_t i = 0; i < rows * flat; i++)
        z2[i] = rounded(z2[i]);
    dense(rows, flat, O, z2, w + p.w3, w + p.b3, h5);
    n5 = moments(rows, O, 1, h5);
    apply(&n5, w + p.norm5, h5, y5);

    for (int64_t r = 0; r < rows; r++) {
        double logit[2] = {(double)w[p.bias], (double)w[p.bias + 1]}, one;

        for (int64_t i = 0; i < JOINT; i++)
            for (int c = 0; c < 2; c++)
                logit[c] +=
                    (i < WIDE ? y2[r * WIDE + i] : y5[r * O + i - WIDE]) * (double)w[p.head + 2 * i + c];
        one = 1 / (1 + exp(logit[0] - logit[1]));
        loss -= log(label[r] ? one : 1 - one);
        for (int c = 0; c < 2; c++) {
            double d = c == 1 ? one - label[r] : label[r] - one;

            dw[p.bias + c] += d;
            for (int64_t i = 0; i < JOINT; i++) {
                double *to = i < WIDE ? dy2 + r * WIDE + i : dy5 + r * O + i - WIDE;

                dw[p.head + 2 * i + c] += d * (i < WIDE ? y2[r * WIDE + i] : y5[r * O + i - WIDE]);
                *to += d * (double)w[p.head + 2 * i + c];
            }
        }
    }

    norm_back(&n5, w + p.norm5, h5, dy5, dw + p.norm5);
    apply(&n4, w + p.norm4, c2, z2); /* as no factor on this way */
    dense_back(rows, flat, O, z2, w + p.w3, h5, dy5, dw + p.w3, dw + p.b3, d2);
    norm_back(&n4, w + p.norm4, c2, d2, dw + p.norm4);
    convolve_back(&n3, samples, a, b, w, &p, d2, dw);
    norm_back(&n2, w + p.norm2, h2, dy2, dw + p.norm2);
    dense_back(rows, WIDE, WIDE, z1, w + p.w2, h2, dy2, dw + p.w2, dw + p.b2, d1);
    norm_back(&n1, w + p.norm1, h1, d1, dw + p.norm1);
    dense_back(rows, samples, WIDE, x, w + p.w1, h1, d1, dw + p.w1, dw + p.b1, NULL);

    for (int i = 0; i < 15; i++)
        free((double *[]){x, h1, z1, h2, c1, z, c2, z2, d2, h5, y2, y5, dy2, dy5, d1}[i]);
    return loss;
}
