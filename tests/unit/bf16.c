/* bf16.c - tests of solvers/nn/bf16.h and dense_bf16.h, with the kernels of this machine; as unit.bf16.avx2
 * with those of one without bf16 */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/nn/dense_bf16.h"

enum { MOST = 130 * 300 };

static float a[MOST], b[MOST], c[MOST], want[MOST];
static dn_bf16 a16[MOST], b16[MOST];

static void fill(uint64_t what, float *x, int64_t n)
{
    dn_rng s = dn_rng_stream(4, DN_RNG_SPLIT, what, 0);

    for (int64_t i = 0; i < n; i++)
        x[i] = (float)dn_rng_normal(s, (uint64_t)i);
}

/* Nearest, ties to even; both zeros, infinities and not-a-number stay. */
static void rounding(void)
{
    static const struct {
        float from;
        float to;
    } some[] = {{1, 1},
                {0x1.01p0f, 1},         /* a tie, down to the even one */
                {0x1.03p0f, 0x1.04p0f}, /* a tie, up */
                {0x1.010002p0f, 0x1.02p0f},
                {-0x1.03p0f, -0x1.04p0f},
                {0x1.ffp127f, HUGE_VALF}, /* past the largest one */
                {0x1.fep127f, 0x1.fep127f},
                {0x1p-126f, 0x1p-126f},
                {-HUGE_VALF, -HUGE_VALF}};
    dn_bf16 one;

    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        CU_ASSERT_EQUAL(dn_bf16_float(dn_bf16_round(some[i].from)), some[i].to);
        dn_bf16_narrow(&some[i].from, 1, &one);
        CU_ASSERT_EQUAL(one, dn_bf16_round(some[i].from));
    }
    CU_ASSERT(isnan(dn_bf16_float(dn_bf16_round(NAN))));
    CU_ASSERT_EQUAL(dn_bf16_round(-0.0f), 0x8000);
    fill(1, a, 1000);
    fill(2, b, 1000);
    dn_bf16_narrow(a, 1000, a16);
    dn_bf16_multiply(a, b, 1000, b16);
    dn_bf16_widen(a16, 1000, c);
    for (int i = 0; i < 1000; i++) {
        CU_ASSERT(fabs((double)(c[i] - a[i])) <= 0x1p-9 * 2 * fabs((double)a[i]));
        CU_ASSERT_EQUAL(c[i], dn_bf16_float(dn_bf16_round(a[i])));
        CU_ASSERT_EQUAL(b16[i], dn_bf16_round(a[i] * b[i]));
    }
}

static void names(void)
{
    dn_precision p = DN_PRECISION_F32;

    CU_ASSERT(dn_precision_find("bf16", &p) && p == DN_PRECISION_BF16);
    CU_ASSERT(dn_precision_find("f32", &p) && p == DN_PRECISION_F32);
    CU_ASSERT_FALSE(dn_precision_find("f16", &p));
    CU_ASSERT_STRING_EQUAL(dn_precision_name(DN_PRECISION_BF16), "bf16");
    printf("# bf16 products run on %s\n", dn_bf16_isa());
}

/* Three loops over the rounded factors, sums in double: a sum of k terms of size 1 in floats is off by a few
 * 1e-7 times its root. */
static void product(bool ta, bool tb, int64_t m, int64_t n, int64_t k)
{
    dn_product *p = NULL;

    fill(3, a, m * k);
    fill(4, b, k * n);
    dn_bf16_narrow(a, m * k, a16);
    dn_bf16_narrow(b, k * n, b16);
    memset(c, 0x7f, sizeof c);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t l = 0; l < k; l++)
                sum += (double)dn_bf16_float(a16[ta ? l * m + i : i * k + l]) *
                       (double)dn_bf16_float(b16[tb ? j * k + l : l * n + j]);
            want[i * n + j] = (float)sum;
        }
    CU_ASSERT_EQUAL(dn_product_create(ta, tb, m, n, k, &p, NULL), DN_OK);
    for (int again = 0; again < 2; again++) {
        CU_ASSERT_EQUAL(dn_product_run(p, a16, b16, c, NULL), DN_OK);
        for (int64_t i = 0; i < m * n; i++)
            CU_ASSERT_DOUBLE_EQUAL(c[i], want[i], 2e-6 * sqrt((double)k) * (1 + fabs((double)want[i])));
    }
    dn_product_destroy(&p);
}

static void products(void)
{
    product(false, false, 64, 96, 120);
    product(true, false, 33, 40, 7);
    product(false, true, 130, 17, 50);
    product(false, false, 1, 256, 100);
    product(true, false, 100, 256, 1);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A layer [in, out] against its definition, forward and back, `used` of its rows with gradients. */
static void dense_of(int64_t rows, int64_t used, int64_t in, int64_t out)
{
    enum { MOST_SIDE = 300 };
    static float w[MOST], bias[MOST_SIDE], y[MOST], dy[MOST], dw[MOST], db[MOST_SIDE], dx[MOST];
    static float slopes[3 * MOST_SIDE], g[MOST];
    dn_dense_bf16 d;

    fill(5, a, rows * in);
    fill(6, w, in * out);
    fill(7, bias, out);
    fill(8, dy, rows * out);
    fill(9, slopes, 3 * out);
    memset(g, 0, sizeof g);
    dn_bf16_narrow(a, rows * in, a16);
    dn_bf16_narrow(w, in * out, b16);
    CU_ASSERT_EQUAL(dn_dense_bf16_create(&d, rows, in, out, true, NULL), DN_OK);
    for (int64_t r = 0; r < rows; r++)
        dn_bf16_narrow(a + r * in, in, d.x + r * d.pitch);
    CU_ASSERT_EQUAL(dn_dense_bf16_forward(&d, 0, a, bias, y, NULL), DN_OK); /* other weights before */
    CU_ASSERT_EQUAL(dn_dense_bf16_forward(&d, 7, w, bias, y, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dense_bf16_forward(&d, 7, NULL, bias, y, NULL), DN_OK); /* not read again */
    CU_ASSERT_EQUAL(dn_dense_bf16_backward(&d, used, y, dy, slopes, dw, db, dx, NULL), DN_OK);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < out; j++) {
            double v = (double)bias[j];
            for (int64_t i = 0; i < in; i++)
                v += (double)dn_bf16_float(a16[r * in + i]) * (double)dn_bf16_float(b16[i * out + j]);
            CU_ASSERT_DOUBLE_EQUAL(y[r * out + j], v > 0 ? v : 0, 1e-4);
            if (y[r * out + j] > 0 && r < used)
                g[r * out + j] =
                    (float)((double)slopes[j] * (double)dy[r * out + j] +
                            (double)slopes[out + j] * (double)y[r * out + j] + (double)slopes[2 * out + j]);
        }
    for (int64_t j = 0; j < out; j++) {
        double sum = 0;
        for (int64_t r = 0; r < rows; r++)
            sum += (double)g[r * out + j];
        CU_ASSERT_DOUBLE_EQUAL(db[j], sum, 1e-3);
    }
    /* a gradient beside a tie may be rounded to the other neighbour */
    for (int64_t i = 0; i < in; i++)
        for (int64_t j = 0; j < out; j++) {
            double v = 0;
            for (int64_t r = 0; r < rows; r++)
                v += (double)dn_bf16_float(a16[r * in + i]) *
                     (double)dn_bf16_float(dn_bf16_round(g[r * out + j]));
            CU_ASSERT_DOUBLE_EQUAL(dw[i * out + j], v, 2e-3 * (1 + fabs(v)));
        }
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < in; i++) {
            double v = 0;
            for (int64_t j = 0; j < out; j++)
                v += (double)dn_bf16_float(dn_bf16_round(g[r * out + j])) *
                     (double)dn_bf16_float(b16[i * out + j]);
            CU_ASSERT_DOUBLE_EQUAL(dx[r * in + i], v, 2e-3 * (1 + fabs(v)));
        }
    dn_dense_bf16_release(&d);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Whole blocks of 32 and of 256, and all kinds of edges. */
static void dense(void)
{
    dense_of(40, 40, 50, 32);
    dense_of(64, 41, 64, 256);
    dense_of(96, 96, 100, 288);
    dense_of(1, 1, 33, 70);
    dense_of(37, 5, 90, 17);
}

/* Also the memory of a kernel that is made at the first run; the next run makes it. */
static void refused_memory(void)
{
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 60; k++) {
        static float w[30 * 20], bias[20], y[16 * 20];
        dn_dense_bf16 d;

        dn_alloc_fail_after(k);
        st = dn_dense_bf16_create(&d, 16, 30, 20, true, NULL);
        if (st == DN_OK) {
            st = dn_dense_bf16_forward(&d, 0, w, bias, y, NULL);
            dn_alloc_fail_after(-1);
            CU_ASSERT_EQUAL(dn_dense_bf16_forward(&d, 0, w, bias, y, NULL), DN_OK);
        }
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        dn_dense_bf16_release(&d);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"rounding", rounding},
                                {"names", names},
                                {"products", products},
                                {"dense", dense},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "bf16", tests);
}
