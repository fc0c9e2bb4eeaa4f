/* position_layers.c - tests of solvers/nn along positions and bonds: convolution of width 3, bond steps,
 * pools with their norm, weighted logit loss, random blocks; each against its naive twin and finite
 * differences */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/base/rng.h"
#include "solvers/nn/conv3.h"
#include "solvers/nn/dropout.h"
#include "solvers/nn/gcn.h"
#include "solvers/nn/loss.h"
#include "solvers/nn/norm.h"
#include "solvers/nn/pool.h"

enum { MOST = 40000 };

static float x[MOST], w[MOST], y[MOST], z[MOST], dz[MOST], dx[MOST], dw[MOST], probe[MOST], scratch[MOST];
static float bias[64], dbias[64], gamma_[64], beta_[64];

static void random_fill(float *to, int64_t n, uint64_t what)
{
    dn_rng s = dn_rng_stream(23, DN_RNG_SYNTH, what, 0);

    for (int64_t i = 0; i < n; i++)
        to[i] = (float)dn_rng_normal(s, (uint64_t)i);
}

static double dot(const float *a, const float *b, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Central differences against g for a share of the n values; the number that are off. */
static int64_t differences(double (*f)(void), float *at, const float *g, int64_t n, int64_t stride)
{
    const float h = 4e-3f;
    int64_t bad = 0;

    for (int64_t i = 0; i < n; i += stride) {
        float keep = at[i];
        double up, down;
        at[i] = keep + h;
        up = f();
        at[i] = keep - h;
        down = f();
        at[i] = keep;
        bad += !(fabs((up - down) / (2 * (double)h) - (double)g[i]) <= 1e-2 * (1 + fabs((double)g[i])));
    }
    return bad;
}

/* ---- convolution: lengths around the ends and around the chunks of 512 ---- */

static int64_t length, in, out;

static double conv_value(void)
{
    CU_ASSERT_EQUAL(dn_conv3_forward(x, length, in, out, w, bias, scratch, y, NULL), DN_OK);
    return dot(y, probe, length * out);
}

static double conv_naive(int64_t i, int64_t o)
{
    double sum = (double)bias[o];

    for (int64_t t = 0; t < 3; t++)
        for (int64_t c = 0; c < in; c++)
            if (i + t - 1 >= 0 && i + t - 1 < length)
                sum += (double)w[(c * 3 + t) * out + o] * (double)x[(i + t - 1) * in + c];
    return sum;
}

static void convolution(void)
{
    static const int64_t shape[][3] = {{1, 4, 3},   {2, 5, 2},   {3, 1, 1},   {17, 6, 5},
                                       {511, 3, 4}, {512, 3, 4}, {513, 3, 4}, {1025, 2, 3}};

    for (size_t k = 0; k < sizeof shape / sizeof shape[0]; k++) {
        int64_t n, stride;
        length = shape[k][0];
        in = shape[k][1];
        out = shape[k][2];
        n = length * out;
        stride = length > 100 ? 37 : 1;
        CU_ASSERT(dn_conv3_scratch(length, out) <= MOST);
        random_fill(x, length * in, 1);
        random_fill(w, 3 * in * out, 2);
        random_fill(bias, out, 3);
        random_fill(probe, n, 4);
        (void)conv_value();
        for (int64_t i = 0; i < length; i++)
            for (int64_t o = 0; o < out; o++)
                CU_ASSERT_DOUBLE_EQUAL(y[i * out + o], conv_naive(i, o), 1e-4);
        random_fill(dw, 3 * in * out, 5); /* gradients are added to what stands there */
        memset(dbias, 0, sizeof dbias);
        CU_ASSERT_EQUAL(dn_conv3_backward(x, length, in, out, w, probe, scratch, dw, dbias, dx, NULL), DN_OK);
        random_fill(z, 3 * in * out, 5);
        for (int64_t i = 0; i < 3 * in * out; i++)
            dw[i] -= z[i];
        CU_ASSERT_EQUAL(differences(conv_value, w, dw, 3 * in * out, 1), 0);
        CU_ASSERT_EQUAL(differences(conv_value, bias, dbias, out, 1), 0);
        CU_ASSERT_EQUAL(differences(conv_value, x, dx, length * in, stride), 0);
        memcpy(z, dw, sizeof z);
        memset(dw, 0, sizeof dw);
        CU_ASSERT_EQUAL(dn_conv3_backward(x, length, in, out, w, probe, scratch, dw, NULL, NULL, NULL),
                        DN_OK);
        for (int64_t i = 0; i < 3 * in * out; i++)
            CU_ASSERT_DOUBLE_EQUAL(dw[i], z[i], 1e-4);
    }
}

/* ---- bonds ---- */

/* Against the dense matrix of the definition; it must be symmetric, as the backward pass takes for granted.
 */
static void bond_step(void)
{
    /* a ring of 4, a tail, and an atom without bonds */
    static const int64_t at[] = {0, 2, 4, 6, 9, 10, 10}, to[] = {1, 3, 0, 2, 1, 3, 2, 0, 4, 3};
    enum { N = 6, WIDTH = 21 };
    float inv_sqrt[N], ones[N], back[N];
    double dense[N][N] = {{0}};
    dn_molecule m = {.atoms = N, .bond_at = at, .bond_to = to, .inv_sqrt = inv_sqrt};

    for (int i = 0; i < N; i++) {
        inv_sqrt[i] = 1.0f / sqrtf((float)(at[i + 1] - at[i] + 1));
        dense[i][i] = 1 / (double)(at[i + 1] - at[i] + 1);
        for (int64_t e = at[i]; e < at[i + 1]; e++)
            dense[i][to[e]] = 1 / sqrt((double)((at[i + 1] - at[i] + 1) * (at[to[e] + 1] - at[to[e]] + 1)));
        ones[i] = 0;
    }
    random_fill(x, N * WIDTH, 6);
    dn_gcn_step(&m, WIDTH, x, y);
    for (int i = 0; i < N; i++)
        for (int c = 0; c < WIDTH; c++) {
            double sum = 0;
            for (int j = 0; j < N; j++)
                sum += dense[i][j] * (double)x[j * WIDTH + c];
            CU_ASSERT_DOUBLE_EQUAL(y[i * WIDTH + c], sum, 1e-6);
        }
    CU_ASSERT_EQUAL(memcmp(y + 5 * WIDTH, x + 5 * WIDTH, WIDTH * sizeof *x), 0);
    for (int j = 0; j < N; j++) {
        ones[j] = 1;
        dn_gcn_step(&m, 1, ones, back);
        ones[j] = 0;
        for (int i = 0; i < N; i++)
            CU_ASSERT_DOUBLE_EQUAL(back[i], dense[j][i], 1e-7);
    }
}

/* ---- norm, ReLU and pool over several sequences ---- */

enum { SEQUENCES = 5, CHANNELS = 19 };
static const int64_t lengths[SEQUENCES] = {1, 2, 7, 65, 130}, copies[SEQUENCES] = {3, 1, 2, 1, 4};
static float mean[CHANNELS], variance[CHANNELS], scale[CHANNELS], shift[CHANNELS];
static dn_norm norm = {.channels = CHANNELS, .gamma = gamma_, .beta = beta_, .epsilon = 1e-5f};
static double count;

static void tally_all(void)
{
    double t_mean[CHANNELS] = {0}, t_m2[CHANNELS] = {0};
    dn_tally t = {.channels = CHANNELS, .mean = t_mean, .m2 = t_m2};
    const float *at = x;

    for (int s = 0; s < SEQUENCES; at += lengths[s] * CHANNELS, s++)
        dn_tally_add(&t, at, lengths[s], copies[s]);
    dn_tally_moments(&t, mean, variance);
    count = t.count;
}

static void fill_sequences(void)
{
    random_fill(x, 205 * CHANNELS, 7);
    for (int i = 0; i < 205 * CHANNELS; i++)
        x[i] += 50; /* a mean far from 0 must not cost digits */
    random_fill(gamma_, CHANNELS, 8);
    random_fill(beta_, CHANNELS, 9);
    random_fill(probe, 120 * CHANNELS, 10);
}

static void moments_by_definition(void)
{
    fill_sequences();
    tally_all();
    CU_ASSERT_EQUAL(count, 3 + 2 + 14 + 65 + 520);
    for (int c = 0; c < CHANNELS; c++) {
        double sum = 0, squares = 0;
        for (int twice = 0; twice < 2; twice++) {
            const float *at = x + c;
            for (int s = 0; s < SEQUENCES; s++)
                for (int64_t i = 0; i < lengths[s]; i++, at += CHANNELS)
                    if (twice == 0)
                        sum += (double)copies[s] * (double)*at / count;
                    else
                        squares += (double)copies[s] * pow((double)*at - sum, 2) / count;
        }
        CU_ASSERT_DOUBLE_EQUAL(mean[c], sum, 1e-5);
        CU_ASSERT_DOUBLE_EQUAL(variance[c], squares, 2e-6 * 50);
    }
}

/* Value of the whole, a sequence counting `copies` times; z of every sequence is left in z. */
static double pool_value(void)
{
    const float *at = x, *p = probe;
    float *to = z;
    double sum = 0;

    tally_all();
    dn_norm_affine(&norm, mean, variance, scale, shift);
    for (int s = 0; s < SEQUENCES; s++) {
        int64_t n = (lengths[s] + 1) / 2 * CHANNELS;
        dn_pool_forward(at, lengths[s], CHANNELS, scale, shift, to);
        sum += (double)copies[s] * dot(to, p, n);
        at += lengths[s] * CHANNELS;
        to += n;
        p += n;
    }
    return sum;
}

static void pool_forward_by_definition(void)
{
    const float *at = x, *got = z;

    fill_sequences();
    (void)pool_value();
    for (int s = 0; s < SEQUENCES; at += lengths[s] * CHANNELS, s++)
        for (int64_t j = 0; j < (lengths[s] + 1) / 2; j++)
            for (int c = 0; c < CHANNELS; c++, got++) {
                double most = 0;
                for (int64_t i = 2 * j; i < 2 * j + 2 && i < lengths[s]; i++) {
                    double n = (double)gamma_[c] * ((double)at[i * CHANNELS + c] - (double)mean[c]) /
                                   sqrt((double)variance[c] + 1e-5) +
                               (double)beta_[c];
                    most = n > most ? n : most;
                }
                CU_ASSERT_DOUBLE_EQUAL(*got, most, 1e-4);
            }
}

/* No weight on pools where a ReLU or a maximum could change sides within a difference. */
static void avoid_bends(void)
{
    const float *at = x;
    float *p = probe;

    for (int s = 0; s < SEQUENCES; at += lengths[s] * CHANNELS, s++)
        for (int64_t j = 0; j < (lengths[s] + 1) / 2; j++)
            for (int c = 0; c < CHANNELS; c++, p++) {
                const float *from = at + 2 * j * CHANNELS + c;
                float first = scale[c] * from[0] + shift[c];
                float second = 2 * j + 1 < lengths[s] ? scale[c] * from[CHANNELS] + shift[c] : -1e3f;
                if (fabsf(first - second) < 0.04f || fabsf(fmaxf(first, second)) < 0.04f)
                    *p = 0;
            }
}

/* sum and sum_x as the network tallies them, then x, gamma, beta against differences */
static void pool_backward_by_differences(void)
{
    static double sum[CHANNELS], sum_x[CHANNELS];
    static float sum_dy[CHANNELS], sum_dyx[CHANNELS], p[CHANNELS], q[CHANNELS], r[CHANNELS];
    const float *at = x, *zs = z, *ps = probe;
    float *d = dz, *to = dx;
    int64_t n = 0;

    fill_sequences();
    for (int i = 0; i < 205 * CHANNELS; i++)
        x[i] -= 50;
    (void)pool_value();
    avoid_bends();
    memset(sum, 0, sizeof sum);
    memset(sum_x, 0, sizeof sum_x);
    for (int s = 0; s < SEQUENCES; s++) {
        int64_t here = (lengths[s] + 1) / 2 * CHANNELS;
        for (int64_t i = 0; i < here; i++) /* of all copies together, zero where the ReLU is */
            d[i] = zs[i] > 0 ? (float)copies[s] * ps[i] : 0;
        dn_pool_sums(at, lengths[s], CHANNELS, scale, shift, mean, d, sum, sum_x);
        at += lengths[s] * CHANNELS;
        zs += here;
        ps += here;
        d += here;
    }
    dn_norm_gradients(&norm, variance, sum, sum_x, sum_dy, sum_dyx);
    dn_norm_slopes(&norm, mean, variance, sum_dy, sum_dyx, count, p, q, r);
    at = x;
    d = dz;
    for (int s = 0; s < SEQUENCES; s++) {
        dn_pool_backward(at, lengths[s], CHANNELS, scale, shift, p, q, r, copies[s], d, to);
        at += lengths[s] * CHANNELS;
        to += lengths[s] * CHANNELS;
        d += (lengths[s] + 1) / 2 * CHANNELS;
        n += lengths[s] * CHANNELS;
    }
    CU_ASSERT_EQUAL(differences(pool_value, beta_, sum_dy, CHANNELS, 1), 0);
    CU_ASSERT_EQUAL(differences(pool_value, gamma_, sum_dyx, CHANNELS, 1), 0);
    CU_ASSERT_EQUAL(differences(pool_value, x, dx, n, 1), 0);
}

static void top_of_positions(void)
{
    enum { ROWS = 9, WIDTH = 33 };
    float top[WIDTH];
    int32_t position[WIDTH];

    random_fill(x, ROWS * WIDTH, 11);
    x[4 * WIDTH + 5] = x[7 * WIDTH + 5] = 9; /* the first of two equal ones */
    x[3 * WIDTH + 6] = NAN;                  /* stays to be seen */
    dn_pool_top(x, ROWS, WIDTH, top, position);
    CU_ASSERT(position[5] == 4 && isnan(top[6]));
    for (int c = 0; c < WIDTH; c++)
        for (int i = 0; i < ROWS && c != 6; i++) {
            CU_ASSERT(x[i * WIDTH + c] <= top[c]);
            CU_ASSERT_EQUAL(top[c], x[position[c] * WIDTH + c]);
        }
    dn_pool_top(x, 1, WIDTH, top, position);
    CU_ASSERT(memcmp(top, x, sizeof top) == 0 && position[3] == 0);
}

/* A position that is not a number, first or second of its pool, is seen behind it. */
static void pool_keeps_nan(void)
{
    float one[2] = {1, 1}, none[2] = {0, 0};

    for (int odd = 0; odd < 2; odd++) {
        float in_[4] = {1, 2, 3, 4}, got[2];
        in_[0] = in_[3] = NAN; /* first of channel 0, second of channel 1 */
        dn_pool_forward(in_ + 2 * odd, 2 - odd, 2, one, none, got);
        CU_ASSERT(isnan(got[1]));
        CU_ASSERT(odd == 1 || isnan(got[0]));
    }
}

/* ---- loss ---- */

enum { ROWS = 9 };
static uint8_t label[ROWS];

static double loss_value(void)
{
    double sum;
    int64_t right;

    dn_logit_loss(x, label, ROWS, 2.5f, dx, &sum, &right);
    return sum;
}

static void weighted_loss(void)
{
    float gradient[ROWS], extreme[2] = {1000, -1000}, p[2];
    uint8_t both[2] = {1, 1};
    double sum = 0, want = 0;
    int64_t right = 0, want_right = 0;

    random_fill(x, ROWS, 12);
    for (int r = 0; r < ROWS; r++) {
        double s = 1 / (1 + exp(-(double)x[r]));
        label[r] = (uint8_t)(r % 3 == 0);
        want -= label[r] ? 2.5 * log(s) : log(1 - s);
        want_right += (x[r] > 0) == label[r];
    }
    dn_logit_loss(x, label, ROWS, 2.5f, gradient, &sum, &right);
    CU_ASSERT_DOUBLE_EQUAL(sum, want, 1e-9);
    CU_ASSERT_EQUAL(right, want_right);
    CU_ASSERT_EQUAL(differences(loss_value, x, gradient, ROWS, 1), 0);
    dn_logit_loss(extreme, both, 2, 3, gradient, &sum, &right);
    CU_ASSERT(right == 1 && fabs(sum - 3000) < 1e-6 && gradient[1] == -3);
    dn_logit_probability(extreme, 2, p);
    CU_ASSERT(p[0] == 1 && p[1] == 0);
}

/* ---- random blocks and masks ---- */

static void random_blocks(void)
{
    static const int64_t counts[] = {0, 1, 15, 16, 17, 100};
    static uint32_t many[4 * 100 + 1];
    const uint64_t item = 0x123456789abcdefu;
    dn_rng s = dn_rng_stream(5, DN_RNG_DROPOUT, 6, 7);

    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        many[4 * counts[k]] = 42;
        dn_rng_blocks(s, item, 0xfffffff8u, counts[k], many); /* the block number wraps */
        CU_ASSERT_EQUAL(many[4 * counts[k]], 42);
        for (int64_t i = 0; i < counts[k]; i++) {
            uint32_t one[4];
            dn_rng_block(s, item, 0xfffffff8u + (uint32_t)i, one);
            CU_ASSERT_EQUAL(memcmp(one, many + 4 * i, sizeof one), 0);
        }
    }
}

/* The rule of dropout.h, unit by unit. */
static void masks_by_definition(void)
{
    static const int64_t units[] = {1, 7, 8, 31, 32, 33, 127, 128, 129, 511, 512, 513, 5000};
    static uint32_t mask[5200 / 32];
    dn_rng s = dn_rng_stream(8, DN_RNG_DROPOUT, 9, 10);

    for (size_t k = 0; k < sizeof units / sizeof units[0]; k++) {
        int64_t bits = 32 * dn_dropout_words(units[k]);
        memset(mask, 0xff, sizeof mask);
        dn_dropout_mask(s, 11, 0.3f, units[k], mask);
        for (int64_t u = 0; u < bits; u++) {
            uint32_t block[4], number;
            dn_rng_block(s, 11, (uint32_t)(u / 8), block);
            number = block[u % 8 / 2] >> (u % 2 * 16) & 0xffffu;
            CU_ASSERT_EQUAL(mask[u / 32] >> (u % 32) & 1u, u < units[k] && number >= 19661);
        }
    }
}

static const dn_test tests[] = {{"convolution", convolution},
                                {"bond step", bond_step},
                                {"moments by definition", moments_by_definition},
                                {"pool forward by definition", pool_forward_by_definition},
                                {"pool backward by differences", pool_backward_by_differences},
                                {"top of positions", top_of_positions},
                                {"pool keeps NaN", pool_keeps_nan},
                                {"weighted loss", weighted_loss},
                                {"random blocks", random_blocks},
                                {"masks by definition", masks_by_definition},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "position_layers", tests);
}
