/* pair_convs_bf16.c - the convolutions of GENER with products of bf16, on any CPU; see pair_convs_bf16.h */
#include "solvers/nn/pair_convs_bf16.h"

#include "solvers/base/alloc.h"
#include "solvers/nn/kernels.h"
#include "solvers/nn/pair_convs_bf16_private.h"

enum { X = DN_PAIR_X, F = DN_PAIR_F, G = DN_PAIR_G, O = DN_PAIR_O, BLOCK = DN_PAIR_BLOCK, T = DN_PAIR_T };

/* ---- buffers ---- */

dn_status dn_pair_bf16_create(int64_t capacity, int64_t length, bool tiles, dn_pair_bf16 **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_bf16 *p = NULL;
    size_t weights, rows;

    DN_NEW(p, 1);
    p->tiles = tiles;
    p->length = length;
    p->blocks = dn_pair_pitch(length) / BLOCK;
    p->groups = (capacity + DN_PAIR_GROUP - 1) / DN_PAIR_GROUP;
    weights = (size_t)(p->blocks * G * DN_PAIR_BOTH);
    rows = (size_t)(p->groups * DN_PAIR_GROUP);
    DN_NEW(p->c2, (size_t)dn_pair_bf16_at(p, p->blocks, 0, 0));
    if (tiles) {
        DN_NEW(p->w3, weights);
        DN_NEW(p->w3t, weights);
        DN_NEW(p->dy, rows * O);
        DN_NEW(p->dyt, rows * O);
        DN_NEW(p->kept1, rows * (size_t)p->blocks * F);
        DN_NEW(p->kept2, rows * (size_t)p->blocks * G);
    } else {
        DN_NEW(p->w3f, (size_t)(G * length * O));
        DN_NEW(p->dyf, rows * O);
    }
    *out = p;
    p = NULL;
out:
    dn_pair_bf16_destroy(&p);
    return st;
}

void dn_pair_bf16_destroy(dn_pair_bf16 **handle)
{
    dn_pair_bf16 *p = *handle;

    if (p == NULL)
        return;
    dn_free(p->c2);
    dn_free(p->w3);
    dn_free(p->w3t);
    dn_free(p->dy);
    dn_free(p->dyt);
    dn_free(p->kept1);
    dn_free(p->kept2);
    dn_free(p->w3f);
    dn_free(p->dyf);
    dn_free(p);
    *handle = NULL;
}

static int64_t word_at(const dn_pair_bf16 *p, int64_t r, int g, int64_t s)
{
    int64_t in = s % BLOCK;

    return dn_pair_bf16_at(p, s / BLOCK, g, r / DN_PAIR_GROUP) + r % DN_PAIR_GROUP * BLOCK + in % 16 * 2 +
           in / 16;
}

float dn_pair_bf16_c2(const dn_pair_bf16 *p, int64_t r, int g, int64_t s)
{
    return dn_bf16_float(p->c2[word_at(p, r, g, s)]);
}

/* ---- loops of floats, one block of positions of a row at a time ---- */

/* 1 or 0 for each position of the block at s. */
static void kept(const uint32_t *mask, int64_t words, int64_t r, int64_t first, int64_t n, float *out)
{
    for (int64_t i = 0; i < BLOCK; i++) {
        int64_t bit = first + i;

        if (i < n && mask != NULL)
            out[i] = (float)(mask[r * words + bit / 32] >> (bit % 32) & 1u);
        else
            out[i] = i < n ? 1 : 0;
    }
}

static int64_t in_block(const dn_pair_convs *c, int64_t s)
{
    return c->length - s < BLOCK ? c->length - s : BLOCK;
}

DN_CLONES
static void mix_block(const float *a, const float *b, const float (*keep)[BLOCK], const float *u,
                      const float *w2t, float (*sum)[BLOCK])
{
    memset(sum, 0, G * sizeof *sum);
    for (int f = 0; f < F; f++) {
        float z[BLOCK];

        for (int i = 0; i < BLOCK; i++)
            z[i] = keep[f][i] * (u[f * X + 4] + u[f * X] * a[i] + u[f * X + 1] * a[i + 1] +
                                 u[f * X + 2] * b[i] + u[f * X + 3] * b[i + 1]);
        for (int g = 0; g < G; g++)
            for (int i = 0; i < BLOCK; i++)
                sum[g][i] += w2t[f * G + g] * z[i];
    }
}

static void plain_mix(dn_pair_bf16 *p, const dn_pair_convs *c, const float *u, const float *w2t,
                      const float *bias2, double *sum, double *square)
{
    int64_t row = dn_pair_pitch(c->length) + DN_PAIR_ROOM;
    float keep[F][BLOCK], v[G][BLOCK];

    for (int64_t r = 0; r < c->rows; r++)
        for (int64_t s = 0; s < c->length; s += BLOCK) {
            int64_t n = in_block(c, s);

            for (int f = 0; f < F; f++)
                kept(c->mask1, c->words1, r, f * c->length + s, n, keep[f]);
            mix_block(c->a + r * row + s, c->b + r * row + s, (const float(*)[BLOCK])keep, u, w2t, v);
            for (int g = 0; g < G; g++)
                for (int64_t i = 0; i < BLOCK; i++) {
                    float d = v[g][i];

                    sum[g] += i < n ? (double)d : 0;
                    square[g] += i < n ? (double)(d * d) : 0;
                    p->c2[word_at(p, r, g, s + i)] = i < n ? dn_bf16_round(d + bias2[g]) : 0;
                }
        }
}

/* c2' of a block and z2, not rounded. */
static void second_inputs(const dn_pair_bf16 *p, const dn_pair_convs *c, int64_t r, int g, int64_t s,
                          float *keep, float *c2, float *z)
{
    const dn_bf16 *at = p->c2 + word_at(p, r, g, s);

    kept(c->mask2, c->words2, r, g * c->length + s, in_block(c, s), keep);
    for (int i = 0; i < BLOCK; i++) {
        c2[i] = dn_bf16_float(at[i % 16 * 2 + i / 16]);
        z[i] = keep[i] > 0 ? p->up[g] * c2[i] + p->off[g] : 0;
    }
}

DN_CLONES
static void add_rows(const float *z, int64_t n, const float *w, float *y)
{
    for (int64_t i = 0; i < n; i++)
        for (int o = 0; o < O; o++)
            y[o] += z[i] * w[i * O + o];
}

static void plain_weights(dn_pair_bf16 *p, const float *w3)
{
    for (int64_t i = 0; i < G * p->length * O; i++)
        p->w3f[i] = dn_bf16_float(dn_bf16_round(w3[i]));
}

static void plain_narrow(dn_pair_bf16 *p, const dn_pair_convs *c, float *y)
{
    float keep[BLOCK], c2[BLOCK], z[BLOCK];

    memset(y, 0, (size_t)(c->rows * O) * sizeof *y);
    for (int64_t r = 0; r < c->rows; r++)
        for (int g = 0; g < G; g++)
            for (int64_t s = 0; s < c->length; s += BLOCK) {
                second_inputs(p, c, r, g, s, keep, c2, z);
                for (int i = 0; i < BLOCK; i++)
                    z[i] = dn_bf16_float(dn_bf16_round(z[i]));
                add_rows(z, in_block(c, s), p->w3f + (g * c->length + s) * O, y + r * O);
            }
}

DN_CLONES
static void add_outer(const float *z, int64_t n, const float *dy, float *dw)
{
    for (int64_t i = 0; i < n; i++)
        for (int o = 0; o < O; o++)
            dw[i * O + o] += z[i] * dy[o];
}

/* d2 of a block. */
DN_CLONES
static void second_gradients(const float *w, const float *dy, const float *keep, int64_t n, float scale,
                             float *d)
{
    for (int64_t i = 0; i < BLOCK; i++) {
        float sum = 0;

        for (int o = 0; i < n && o < O; o++)
            sum += dy[o] * w[i * O + o];
        d[i] = keep[i] * (scale * sum);
    }
}

static void plain_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *mean, const float *dy,
                              float *dw3, double *sum, double *sum_c)
{
    float keep[BLOCK], c2[BLOCK], z[BLOCK], d[BLOCK];

    for (int64_t i = 0; i < c->rows * O; i++)
        p->dyf[i] = dn_bf16_float(dn_bf16_round(dy[i]));
    memset(dw3, 0, (size_t)(G * c->length * O) * sizeof *dw3);
    for (int g = 0; g < G; g++)
        for (int64_t s = 0; s < c->length; s += BLOCK)
            for (int64_t r = 0; r < c->rows; r++) {
                int64_t n = in_block(c, s), at = (g * c->length + s) * O;

                second_inputs(p, c, r, g, s, keep, c2, z);
                add_outer(z, n, p->dyf + r * O, dw3 + at);
                second_gradients(p->w3f + at, p->dyf + r * O, keep, n, c->scale, d);
                for (int64_t i = 0; i < n; i++) {
                    sum[g] += (double)d[i];
                    sum_c[g] += (double)(d[i] * (c2[i] - mean[g]));
                }
            }
}

/* t [F][T] += keep [F][BLOCK] product [T][BLOCK] */
DN_CLONES
static void add_masked(const float (*keep)[BLOCK], const float (*product)[BLOCK], double *t)
{
    for (int f = 0; f < F; f++)
        for (int k = 0; k < T; k++) {
            float sum = 0;

            for (int i = 0; i < BLOCK; i++)
                sum += keep[f][i] * product[k][i];
            t[f * T + k] += (double)sum;
        }
}

static void plain_mix_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *slope_p,
                           const float *slope_q, const float *slope_r, double *t, double *dbias2)
{
    int64_t row = dn_pair_pitch(c->length) + DN_PAIR_ROOM;
    float keep[F][BLOCK], keep2[BLOCK], product[T][BLOCK], c2[BLOCK], z[BLOCK], d[BLOCK];

    for (int64_t r = 0; r < c->rows; r++)
        for (int64_t s = 0; s < c->length; s += BLOCK) {
            const float *a = c->a + r * row + s, *b = c->b + r * row + s;
            int64_t n = in_block(c, s);

            for (int f = 0; f < F; f++)
                kept(c->mask1, c->words1, r, f * c->length + s, n, keep[f]);
            for (int g = 0; g < G; g++) {
                second_inputs(p, c, r, g, s, keep2, c2, z);
                second_gradients(p->w3f + (g * c->length + s) * O, p->dyf + r * O, keep2, n, c->scale, d);
                for (int64_t i = 0; i < BLOCK; i++) {
                    const float x[X] = {a[i], a[i + 1], b[i], b[i + 1], 1};
                    float v = i < n ? slope_p[g] * d[i] + (slope_q[g] * c2[i] + slope_r[g]) : 0;

                    dbias2[g] += (double)v;
                    for (int j = 0; j < X; j++)
                        product[g * X + j][i] =
                            dn_bf16_float(dn_bf16_round(v)) * dn_bf16_float(dn_bf16_round(x[j]));
                }
            }
            add_masked((const float(*)[BLOCK])keep, (const float(*)[BLOCK])product, t);
        }
}

/* ---- the passes ---- */

void dn_pair_bf16_mix(dn_pair_bf16 *p, const dn_pair_convs *c, const float *u, const float *w2,
                      const float *bias2, double *sum, double *square)
{
    float w2t[F * G];

    for (int f = 0; f < F; f++)
        for (int g = 0; g < G; g++)
            w2t[f * G + g] = c->scale * w2[g * F + f];
    memset(sum, 0, G * sizeof *sum);
    memset(square, 0, G * sizeof *square);
    if (p->tiles)
        dn_pair_amx_mix(p, c, u, w2t, bias2, sum, square);
    else
        plain_mix(p, c, u, w2t, bias2, sum, square);
}

void dn_pair_bf16_narrow(dn_pair_bf16 *p, const dn_pair_convs *c, const float *slope, const float *shift,
                         uint64_t version, const float *w3, float *y)
{
    for (int g = 0; g < G; g++) {
        p->up[g] = c->scale * slope[g];
        p->off[g] = c->scale * shift[g];
    }
    if (version == 0 || version != p->version) {
        if (p->tiles)
            dn_pair_amx_weights(p, w3);
        else
            plain_weights(p, w3);
        p->version = version;
    }
    if (p->tiles)
        dn_pair_amx_narrow(p, c, y);
    else
        plain_narrow(p, c, y);
}

void dn_pair_bf16_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *mean, const float *dy,
                              float *dw3, double *sum, double *sum_c)
{
    memset(sum, 0, G * sizeof *sum);
    memset(sum_c, 0, G * sizeof *sum_c);
    if (p->tiles)
        dn_pair_amx_narrow_back(p, c, mean, dy, dw3, sum, sum_c);
    else
        plain_narrow_back(p, c, mean, dy, dw3, sum, sum_c);
}

/* t [F][T] becomes the gradients. */
static void finish(const double *t, float scale, const float *u, const float *w2, float *dw2,
                   double cross[F][X])
{
    for (int f = 0; f < F; f++)
        for (int j = 0; j < X; j++) {
            cross[f][j] = 0;
            for (int g = 0; g < G; g++)
                cross[f][j] += (double)(scale * w2[g * F + f]) * t[f * T + g * X + j];
        }
    for (int g = 0; g < G; g++)
        for (int f = 0; f < F; f++) {
            double sum = 0;

            for (int j = 0; j < X; j++)
                sum += (double)u[f * X + j] * t[f * T + g * X + j];
            dw2[g * F + f] = (float)((double)scale * sum);
        }
}

void dn_pair_bf16_mix_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *u, const float *w2,
                           const float *slope_p, const float *slope_q, const float *slope_r, float *dw2,
                           float *dbias2, double cross[F][X])
{
    double t[F * T] = {0}, bias[G] = {0};

    if (p->tiles)
        dn_pair_amx_mix_back(p, c, slope_p, slope_q, slope_r, t, bias);
    else
        plain_mix_back(p, c, slope_p, slope_q, slope_r, t, bias);
    finish(t, c->scale, u, w2, dw2, cross);
    for (int g = 0; g < G; g++)
        dbias2[g] = (float)bias[g];
}
