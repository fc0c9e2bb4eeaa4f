/* gener_screen.c - tests of solvers/models/gener_screen.h against predict(), and of nn/dense_block.h against
 * three loops: both orders, four classes, bits in any place and company, bfloat16, refused memory */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/models/gener_screen.h"
#include "solvers/nn/bf16.h"
#include "solvers/nn/dense_block.h"
#include "solvers/nn/kernels.h"

enum {
    GENES = 30,
    SAMPLES = 71,
    PAIRS = GENES * GENES,
    BATCH = 50,
    MAX_WEIGHTS = 200000,
    MAX_MOMENTS = 2000
};

static float x[GENES * SAMPLES], w[MAX_WEIGHTS], running[MAX_MOMENTS], want[4 * PAIRS], got[4 * PAIRS];
static int32_t gene_a[PAIRS], gene_b[PAIRS];
static dn_gener gener;

/* Every tensor and every moment is random, so that nothing can be forgotten; all pairs in both orders, and
 * every gene with itself. */
static void make(int classes, bool swap, int64_t samples)
{
    dn_gener_data data = {.x = x, .samples = samples, .gene_a = gene_a, .gene_b = gene_b};
    dn_gener_options options = {.dropout = 0.5f, .swap = swap, .classes = classes};
    dn_rng s = dn_rng_stream(5, DN_RNG_INIT, 1000, 0);
    dn_model *m = &gener.model;

    for (int64_t i = 0; i < GENES * samples; i++)
        x[i] = (float)(3 * dn_rng_uniform(s, (uint64_t)i) - 1.5);
    for (int i = 0; i < PAIRS; i++) {
        gene_a[i] = i / GENES;
        gene_b[i] = i % GENES;
    }
    dn_gener_init(&gener, &data, &options);
    CU_ASSERT(m->n_weights <= MAX_WEIGHTS && m->n_moments <= MAX_MOMENTS);
    m->ops->init(m, 7, w, running);
    for (int t = 0; t < m->n_tensors; t++)
        for (int64_t i = 0; m->tensor[t].ndims == 1 && i < m->tensor[t].dims[0]; i++)
            w[m->tensor[t].offset + i] += (float)(dn_rng_uniform(s, (uint64_t)(100000 + 1000 * t + i)) - 0.5);
    for (int n = 0; n < m->n_norms; n++)
        for (int64_t c = 0; c < m->norm[n].channels; c++) {
            float *mean = running + m->norm[n].offset + c;

            mean[0] = (float)(dn_rng_uniform(s, (uint64_t)(200000 + 1000 * n + c)) - 0.3);
            mean[m->norm[n].channels] = (float)(0.2 + dn_rng_uniform(s, (uint64_t)(300000 + 1000 * n + c)));
        }
}

static void predict(void)
{
    dn_pass p = {.train = false};
    dn_work *work = NULL;
    int64_t rows[BATCH];

    CU_ASSERT_EQUAL(gener.model.ops->work_create(&gener.model, BATCH, &work, NULL), DN_OK);
    for (int64_t first = 0; work != NULL && first < PAIRS; first += BATCH) {
        for (int64_t i = 0; i < BATCH; i++)
            rows[i] = first + i;
        CU_ASSERT_EQUAL(gener.model.ops->load(work, rows, BATCH, &p, NULL), DN_OK);
        CU_ASSERT_EQUAL(gener.model.ops->predict(work, w, running, want + first * gener.model.outputs, NULL),
                        DN_OK);
    }
    gener.model.ops->work_destroy(&work);
}

/* All pairs, `width` at a time. */
static dn_status screen(bool narrow, int64_t width, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gener_fold *f = NULL;
    dn_gener_scorer *s = NULL;

    DN_TRY(dn_gener_fold_create(&gener, w, running, GENES, &f, err));
    dn_gener_fold_genes(f, 7, GENES);
    dn_gener_fold_genes(f, 0, 7);
    DN_TRY(dn_gener_scorer_create(f, narrow, &s, err));
    for (int64_t i = 0; i < PAIRS; i += width)
        DN_TRY(dn_gener_scorer_pairs(s, gene_a + i, gene_b + i, PAIRS - i < width ? PAIRS - i : width,
                                     out + i * gener.model.outputs, err));
out:
    dn_gener_scorer_destroy(&s);
    dn_gener_fold_destroy(&f);
    return st;
}

static double largest_difference(const float *a, const float *b, int64_t n)
{
    double d = 0;

    for (int64_t i = 0; i < n; i++)
        d = fmax(d, fabs((double)a[i] - (double)b[i]));
    return d;
}

/* Tolerance: logits of up to 10 or so, computed in single precision two ways. */
static void like_predict(void)
{
    static const int64_t samples[] = {SAMPLES, 64, 2};

    for (int classes = 2; classes <= 4; classes += 2)
        for (int swap = 0; swap < 2; swap++)
            for (int k = 0; k < 3; k++) {
                double spread = 0;

                make(classes, swap, samples[k]);
                predict();
                memset(got, 0, sizeof got);
                CU_ASSERT_EQUAL(screen(false, DN_GENER_BLOCK, got, NULL), DN_OK);
                CU_ASSERT(largest_difference(want, got, PAIRS * gener.model.outputs) < 2e-6);
                for (int64_t i = 0; i < PAIRS * gener.model.outputs; i++)
                    spread = fmax(spread, fabs((double)want[i] - (double)want[0]));
                CU_ASSERT(spread > 0.02); /* there was something to tell apart */
                CU_ASSERT_EQUAL(dn_alloc_live(), 0);
            }
}

/* The same bits at another place of a block, in a short block, and, with swap, in the other order. */
static void bits(void)
{
    static float other[4 * PAIRS];
    static const int64_t width[] = {1, 3, 37, 127};

    for (int classes = 2; classes <= 4; classes += 2) {
        int64_t outputs;

        make(classes, true, SAMPLES);
        outputs = gener.model.outputs;
        for (int narrow = 0; narrow < 2; narrow++) {
            dn_status st = screen(narrow, DN_GENER_BLOCK, got, NULL);

            CU_ASSERT(st == DN_OK || (narrow && st == DN_EUNAVAILABLE));
            for (int k = 0; st == DN_OK && k < 4; k++) {
                CU_ASSERT_EQUAL(screen(narrow, width[k], other, NULL), DN_OK);
                CU_ASSERT(memcmp(got, other, (size_t)(PAIRS * outputs) * sizeof *got) == 0);
            }
            for (int64_t i = 0; st == DN_OK && i < PAIRS; i++)
                for (int64_t c = 0; c < outputs; c++) {
                    int64_t back = i % GENES * GENES + i / GENES;
                    int64_t turned = outputs == 1 ? 0 : dn_gener_turned((uint8_t)c);

                    if (memcmp(&got[i * outputs + c], &got[back * outputs + turned], sizeof(float)) != 0)
                        CU_FAIL("another score in the other order");
                }
        }
    }
}

/* bfloat16 keeps 8 bits: errors of factors are at most 2^-9, and mostly cancel in sums. */
static void narrow_is_near(void)
{
    dn_status st;

    make(2, true, SAMPLES);
    predict();
    st = screen(true, DN_GENER_BLOCK, got, NULL);
    if (st == DN_EUNAVAILABLE) {
        test_skip("this CPU has no products in bfloat16");
        return;
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    CU_ASSERT(largest_difference(want, got, PAIRS) < 0.03);
    CU_ASSERT(largest_difference(want, got, PAIRS) > 1e-5); /* it was not single precision */
}

static void layer(void)
{
    enum { ROWS = 9, IN = 33, OUT = 17 };
    static float a[ROWS * IN], b[IN * OUT], bias[OUT], wide[ROWS * OUT], y[ROWS * OUT];
    static uint16_t na[ROWS * IN];
    dn_rng s = dn_rng_stream(9, DN_RNG_INIT, 1, 0);

    for (int i = 0; i < ROWS * IN; i++)
        a[i] = dn_bf16_float(na[i] = dn_bf16_round((float)dn_rng_uniform(s, (uint64_t)i) - 0.5f));
    for (int i = 0; i < IN * OUT; i++) /* what bfloat16 holds exactly */
        b[i] = dn_bf16_float(dn_bf16_round((float)dn_rng_uniform(s, (uint64_t)(1000 + i)) - 0.5f));
    for (int i = 0; i < OUT; i++)
        bias[i] = (float)i / OUT - 0.5f;
    dn_gemm_naive(false, false, ROWS, OUT, IN, a, b, false, wide);
    for (int narrow = 0; narrow < 2; narrow++)
        for (int relu = 0; relu < 2; relu++) {
            const dn_dense_block_shape shape = {
                .rows = ROWS, .in = IN, .out = OUT, .narrow_x = narrow, .relu = relu};
            dn_dense_block *d = NULL;
            dn_status st = dn_dense_block_create(&shape, b, bias, &d, NULL);

            if (narrow && st == DN_EUNAVAILABLE)
                continue;
            CU_ASSERT_EQUAL(st, DN_OK);
            CU_ASSERT_EQUAL(dn_dense_block_run(d, narrow ? (void *)na : (void *)a, y, NULL), DN_OK);
            for (int i = 0; i < ROWS * OUT; i++) {
                float v = wide[i] + bias[i % OUT];

                CU_ASSERT_DOUBLE_EQUAL(y[i], relu && v < 0 ? 0 : v, 1e-5);
            }
            dn_dense_block_destroy(&d);
        }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void rounding(void)
{
    CU_ASSERT_EQUAL(dn_bf16_round(1.0f), 0x3f80);
    CU_ASSERT_EQUAL(dn_bf16_round(1.0f + 0x1p-8f), 0x3f80);            /* half way: to even */
    CU_ASSERT_EQUAL(dn_bf16_round(1.0f + 0x1p-7f + 0x1p-8f), 0x3f82);  /* half way: to even */
    CU_ASSERT_EQUAL(dn_bf16_round(1.0f + 0x1p-8f + 0x1p-20f), 0x3f81); /* above */
    CU_ASSERT_EQUAL(dn_bf16_round(-0.0f), 0x8000);
    CU_ASSERT(dn_bf16_float(0xc000) == -2.0f);
}

static void refused_memory(void)
{
    dn_status st = DN_ENOMEM;

    make(2, true, SAMPLES);
    for (long k = 0; st != DN_OK && k < 100; k++) {
        dn_error err = DN_ERROR_INIT;

        dn_alloc_fail_after(k);
        st = screen(false, DN_GENER_BLOCK, got, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.text[0] != '\0'));
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"the scores of predict", like_predict},
                                {"bits in any place, company and order", bits},
                                {"bfloat16 is near", narrow_is_near},
                                {"a dense layer of fixed shape", layer},
                                {"rounding to bfloat16", rounding},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "gener_screen", tests);
}
