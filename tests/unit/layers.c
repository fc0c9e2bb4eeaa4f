/* layers.c - tests of solvers/nn: fast against naive, every backward against finite differences */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/nn/dense.h"
#include "solvers/nn/dropout.h"
#include "solvers/nn/loss.h"
#include "solvers/nn/norm.h"

enum { MOST = 4096 };

static void random_fill(float *x, int64_t n, uint64_t what)
{
    dn_rng s = dn_rng_stream(17, DN_RNG_SYNTH, what, 0);

    for (int64_t i = 0; i < n; i++)
        x[i] = (float)dn_rng_normal(s, (uint64_t)i);
}

static double dot(const float *x, const float *y, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

/* Does the gradient g of f at x agree with central differences? f must be smooth around x. */
static void check_gradient(double (*f)(void), float *x, const float *g, int64_t n)
{
    const float h = 1e-2f;

    for (int64_t i = 0; i < n; i++) {
        float keep = x[i];
        double up, down;
        x[i] = keep + h;
        up = f();
        x[i] = keep - h;
        down = f();
        x[i] = keep;
        CU_ASSERT_DOUBLE_EQUAL((up - down) / (2 * (double)h), g[i], 1e-2 * (1 + fabs((double)g[i])));
    }
}

/* ---- products ---- */

static void products(void)
{
    static const int64_t shape[][3] = {{1, 1, 1},    {3, 2, 5},   {17, 33, 9},
                                       {64, 32, 48}, {2, 64, 61}, {31, 1, 40}};
    static float a[MOST], b[MOST], fast[MOST], naive[MOST];

    random_fill(a, MOST, 1);
    random_fill(b, MOST, 2);
    for (size_t s = 0; s < sizeof shape / sizeof shape[0]; s++)
        for (int form = 0; form < 8; form++) {
            bool ta = form & 1, tb = form & 2, add = form & 4;
            int64_t m = shape[s][0], n = shape[s][1], k = shape[s][2];
            random_fill(fast, m * n, 3);
            random_fill(naive, m * n, 3);
            CU_ASSERT_EQUAL(dn_gemm(ta, tb, m, n, k, a, b, add, fast, NULL), DN_OK);
            dn_gemm_naive(ta, tb, m, n, k, a, b, add, naive);
            for (int64_t i = 0; i < m * n; i++)
                CU_ASSERT_DOUBLE_EQUAL(fast[i], naive[i], 1e-4);
        }
}

/* ---- dense ---- */

enum { ROWS = 7, IN = 5, OUT = 4 };
static float x[MOST], w[MOST], bias[64], y[MOST], dy[MOST], probe[MOST], dx[MOST], dw[MOST], dbias[64];

/* Few units have loops of their own: beside the naive products, on both sides of where they end. */
static void few_units(void)
{
    static const int64_t shape[][3] = {{1, 1, 1},   {5, 288, 2}, {9, 288, 4}, {3, 17, 3},
                                       {2, 512, 2}, {3, 513, 2}, {4, 288, 5}};
    static float in[MOST], weight[MOST], have[MOST], want[MOST], d[MOST], dwant[MOST], have_dx[MOST], b[8];

    random_fill(in, MOST, 11);
    random_fill(weight, MOST, 12);
    random_fill(b, 8, 13);
    for (size_t s = 0; s < sizeof shape / sizeof shape[0]; s++) {
        int64_t rows = shape[s][0], n = shape[s][1], out = shape[s][2];

        CU_ASSERT_EQUAL(dn_dense_forward(in, rows, n, out, weight, b, false, have, NULL), DN_OK);
        dn_gemm_naive(false, false, rows, out, n, in, weight, false, want);
        for (int64_t i = 0; i < rows * out; i++)
            CU_ASSERT_DOUBLE_EQUAL(have[i], want[i] + b[i % out], 1e-4);
        random_fill(d, rows * out, 14);
        CU_ASSERT_EQUAL(dn_dense_backward(in, rows, n, out, weight, have, false, d, dwant, b, have_dx, NULL),
                        DN_OK);
        dn_gemm_naive(true, false, n, out, rows, in, d, false, want);
        for (int64_t i = 0; i < n * out; i++)
            CU_ASSERT_DOUBLE_EQUAL(dwant[i], want[i], 1e-4);
        dn_gemm_naive(false, true, rows, n, out, d, weight, false, want);
        for (int64_t i = 0; i < rows * n; i++)
            CU_ASSERT_DOUBLE_EQUAL(have_dx[i], want[i], 1e-4);
    }
}

static double dense_value(void)
{
    CU_ASSERT_EQUAL(dn_dense_forward(x, ROWS, IN, OUT, w, bias, true, y, NULL), DN_OK);
    return dot(y, probe, ROWS * OUT);
}

static void dense(void)
{
    random_fill(x, ROWS * IN, 4);
    random_fill(w, IN * OUT, 5);
    random_fill(bias, OUT, 6);
    random_fill(probe, ROWS * OUT, 7);
    (void)dense_value();
    for (int i = 0; i < ROWS * OUT; i++) /* stay away from the bend */
        if (y[i] > 0 && y[i] < 0.1f)
            probe[i] = 0;
    for (int r = 0; r < ROWS; r++)
        for (int j = 0; j < OUT; j++) {
            double v = (double)bias[j];
            for (int i = 0; i < IN; i++)
                v += (double)x[r * IN + i] * (double)w[i * OUT + j];
            CU_ASSERT_DOUBLE_EQUAL(y[r * OUT + j], v > 0 ? v : 0, 1e-5);
            if (fabs(v) < 0.1)
                probe[r * OUT + j] = 0;
        }
    memcpy(dy, probe, sizeof dy);
    CU_ASSERT_EQUAL(dn_dense_backward(x, ROWS, IN, OUT, w, y, true, dy, dw, dbias, dx, NULL), DN_OK);
    check_gradient(dense_value, x, dx, ROWS * IN);
    check_gradient(dense_value, w, dw, IN * OUT);
    check_gradient(dense_value, bias, dbias, OUT);
}

/* A norm and its dropout in one pass are the two, one behind the other; with all kinds of ends. */
static void affine_dropout(void)
{
    enum { UNITS = 71 };
    float scale[UNITS], shift[UNITS], out[UNITS];
    dn_bf16 narrow[UNITS];
    uint32_t mask[8];

    random_fill(x, UNITS, 31);
    random_fill(scale, UNITS, 32);
    random_fill(shift, UNITS, 33);
    for (int round = 0; round < 3; round++) { /* rates 0.5 and 0.3, then all kept */
        float rate = round == 0 ? 0.5f : 0.3f;
        const uint32_t *opt_mask = round < 2 ? mask : NULL;

        dn_dropout_mask(dn_rng_stream(1, DN_RNG_DROPOUT, 0, 0), 5, rate, UNITS, mask);
        dn_dropout_affine(opt_mask, rate, UNITS, x, scale, shift, out);
        dn_dropout_affine_bf16(opt_mask, rate, UNITS, x, scale, shift, narrow);
        for (int u = 0; u < UNITS; u++) {
            double want = (double)x[u] * (double)scale[u] + (double)shift[u];
            if (opt_mask != NULL)
                want = (mask[u / 32] >> (u % 32) & 1u) != 0 ? want / (1 - (double)rate) : 0;
            CU_ASSERT_DOUBLE_EQUAL(out[u], want, 1e-6 * (1 + fabs(want)));
            CU_ASSERT_EQUAL(narrow[u], dn_bf16_round(out[u]));
        }
    }
}

/* ---- norm ---- */

static float gamma_[64], beta_[64], mean[64], variance[64], sum_dy[64], sum_dyx[64];
static dn_norm norm;

static double norm_value(void)
{
    float scale[64], shift[64];

    dn_norm_moments(&norm, x, ROWS, mean, variance);
    dn_norm_affine(&norm, mean, variance, scale, shift);
    for (int64_t i = 0; i < ROWS * norm.channels; i++)
        y[i] = x[i] * scale[i % norm.channels] + shift[i % norm.channels];
    return dot(y, probe, ROWS * norm.channels);
}

static void norms(void)
{
    static const int64_t channels[] = {6, 3, 17, 64};

    for (size_t k = 0; k < sizeof channels / sizeof channels[0]; k++) {
        int64_t c = channels[k], n = ROWS * c;
        norm = (dn_norm){.channels = c, .gamma = gamma_, .beta = beta_, .epsilon = 1e-3f};
        random_fill(x, n, 16);
        random_fill(gamma_, c, 17);
        random_fill(beta_, c, 18);
        random_fill(probe, n, 19);
        (void)norm_value();
        for (int64_t i = 0; i < c; i++) { /* by the definition */
            double sum = 0, squares = 0;
            for (int64_t r = 0; r < ROWS; r++)
                sum += (double)x[r * c + i];
            sum /= (double)ROWS;
            for (int64_t r = 0; r < ROWS; r++)
                squares += pow((double)x[r * c + i] - sum, 2);
            CU_ASSERT_DOUBLE_EQUAL(mean[i], sum, 1e-5);
            CU_ASSERT_DOUBLE_EQUAL(variance[i], squares / (double)ROWS, 1e-5);
            CU_ASSERT_DOUBLE_EQUAL(y[i],
                                   (double)gamma_[i] * ((double)x[i] - sum) /
                                           sqrt(squares / (double)ROWS + 1e-3) +
                                       (double)beta_[i],
                                   1e-4);
        }
        dn_norm_sums(&norm, x, probe, ROWS, mean, variance, sum_dy, sum_dyx);
        dn_norm_backward(&norm, x, probe, ROWS, mean, variance, sum_dy, sum_dyx, (double)ROWS, dx);
        check_gradient(norm_value, gamma_, sum_dyx, c);
        check_gradient(norm_value, beta_, sum_dy, c);
        check_gradient(norm_value, x, dx, n);
    }
}

/* ---- loss and dropout ---- */

static uint8_t label[ROWS];

static double loss_value(void)
{
    double sum;
    int64_t right;

    dn_softmax_loss(x, label, ROWS, dx, &sum, &right);
    return sum;
}

static void softmax_loss(void)
{
    static float gradient[2 * ROWS];
    float extreme[4] = {1000, -1000, -1000, 1000}, p[2];
    uint8_t wrong[2] = {1, 1};
    double sum;
    int64_t right;

    random_fill(x, 2 * ROWS, 20);
    for (int r = 0; r < ROWS; r++)
        label[r] = (uint8_t)(r % 3 == 0);
    (void)loss_value();
    memcpy(gradient, dx, sizeof gradient);
    check_gradient(loss_value, x, gradient, 2 * ROWS);
    dn_softmax_loss(extreme, wrong, 2, dx, &sum, &right);
    CU_ASSERT(right == 1 && fabs(sum - 2000) < 1e-6);
    dn_softmax_probability(extreme, 2, p);
    CU_ASSERT(p[0] == 0 && p[1] == 1);
}

static void dropout(void)
{
    static const float rates[] = {0.5f, 0.3f, 0.9f};
    static uint32_t mask[MOST], again[MOST];
    dn_rng s = dn_rng_stream(1, DN_RNG_DROPOUT, 2, 3);
    const int64_t units = 3001;

    for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
        int64_t kept = 0;
        for (int64_t i = 0; i < units; i++)
            x[i] = 1;
        dn_dropout_mask(s, 5, rates[k], units, mask);
        dn_dropout_mask(s, 5, rates[k], units, again);
        CU_ASSERT_EQUAL(memcmp(mask, again, (size_t)dn_dropout_words(units) * sizeof *mask), 0);
        dn_dropout_apply(mask, rates[k], units, x, y);
        for (int64_t i = 0; i < units; i++) {
            bool keep = mask[i / 32] >> (i % 32) & 1u;
            CU_ASSERT(keep ? fabs((double)y[i] * (1 - (double)rates[k]) - 1) < 1e-5 : y[i] == 0);
            kept += keep;
        }
        /* five standard deviations */
        CU_ASSERT_DOUBLE_EQUAL((double)kept / (double)units, 1 - (double)rates[k], 0.05);
        dn_dropout_mask(s, 6, rates[k], units, again);
        CU_ASSERT_NOT_EQUAL(memcmp(mask, again, 64), 0);
    }
}

static const dn_test tests[] = {{"products", products},
                                {"dense", dense},
                                {"few units", few_units},
                                {"norms", norms},
                                {"softmax loss", softmax_loss},
                                {"dropout", dropout},
                                {"norm and dropout in one", affine_dropout},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "layers", tests);
}
