/* gener_bf16.c - tests of GENER trained with products of bf16: loss and gradients beside those of f32 and of
 * plain loops, padding, scores, refused memory; as unit.gener_bf16.avx2 and .avx512_core_bf16 with the
 * kernels of such machines */
#include "tests/support/gener_pairs.h"
#include "tests/support/gener_rounded.h"
#include "tests/support/model_pass.h"
#include "tests/support/model_shards.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/models/gener.h"

enum { SAMPLES = 90, GENES = 25, PAIRS = 96, MAX_WEIGHTS = 140000, MAX_MOMENTS = 1200 };

static float w[MAX_WEIGHTS], running[MAX_MOMENTS];
static float exact[MAX_WEIGHTS], dw[MAX_WEIGHTS], again[MAX_WEIGHTS];
static test_gener_pairs made;
static dn_gener f32, bf16;

static void make_classes(float dropout, int classes)
{
    dn_gener_options options = DN_GENER_DEFAULTS;

    made = test_gener_pairs_random(GENES, SAMPLES, PAIRS, classes);
    options.dropout = dropout;
    options.classes = classes;
    dn_gener_init(&f32, &made.data, &options);
    options.precision = DN_PRECISION_BF16;
    dn_gener_init(&bf16, &made.data, &options);
    CU_ASSERT(f32.model.n_weights <= MAX_WEIGHTS && f32.model.n_moments <= MAX_MOMENTS);
    f32.model.ops->init(&f32.model, 4, w, running);
}

static void make(float dropout)
{
    make_classes(dropout, 2);
}

/* Loss of pairs 0 .. n - 1 in a work of `capacity`, of which nothing is left the second time; out: the
 * gradients */
static double pass(const dn_gener *g, int64_t capacity, int64_t n, float *out)
{
    const dn_model *m = &g->model;
    dn_pass p = {.train = true, .seed = 2, .epoch = 3};
    dn_work *k = model_work(m, capacity);
    double sum = 0;

    for (int twice = 0; twice < 2; twice++)
        sum = model_pass(m, k, w, out, made.rows, n, &p);
    m->ops->work_destroy(&k);
    return sum;
}

/* A gradient of bf16 products points where that of f32 does: factors are off by at most 2^-9, but ReLUs near
 * 0 turn; a few layers deep, which is where 15 % come from: the test below takes the definition at its word.
 * Biases and convolutions in front of a norm have gradients that are nothing but rounding. */
static void gradients_near_those_of_f32(void)
{
    for (int round = 0; round < 3; round++) { /* plain, with dropout, of four classes */
        double loss, want;

        make_classes(round > 0 ? 0.5f : 0, round == 2 ? 4 : 2);
        want = pass(&f32, PAIRS, PAIRS, exact);
        loss = pass(&bf16, PAIRS, PAIRS, dw);
        CU_ASSERT_DOUBLE_EQUAL(loss, want, 0.01 * want);
        CU_ASSERT(loss < want || loss > want); /* another arithmetic */
        for (int t = 0; t < f32.model.n_tensors; t++) {
            const dn_tensor_info *info = &f32.model.tensor[t];
            int64_t n = info->dims[0] * (info->ndims == 2 ? info->dims[1] : 1);
            double size = 0, off = 0;

            for (int64_t i = info->offset; i < info->offset + n; i++) {
                size += (double)exact[i] * (double)exact[i];
                off += (double)(dw[i] - exact[i]) * (double)(dw[i] - exact[i]);
            }
            if (!(sqrt(off) <= 0.15 * sqrt(size) + 0.02)) {
                fprintf(stderr, "# %s: gradient %g is off by %g\n", info->name, sqrt(size), sqrt(off));
                CU_FAIL("a gradient is off");
            }
        }
    }
}

/* The definition, every product of rounded factors in double: what is left are sums in f32, and the few
 * factors that these tip to the other neighbour when they are rounded. Of this shard most gradients agree to
 * 4e-5; one tipped factor of a narrow layer may take 1e-3. */
static void gradients_of_the_definition(void)
{
    static float a[PAIRS * SAMPLES], b[PAIRS * SAMPLES];
    static double want[MAX_WEIGHTS];
    double loss, sum;

    make(0);
    bf16.options.swap = false;
    for (int64_t p = 0; p < PAIRS; p++) {
        memcpy(a + p * SAMPLES, made.data.x + made.gene_a[p] * SAMPLES, SAMPLES * sizeof *a);
        memcpy(b + p * SAMPLES, made.data.x + made.gene_b[p] * SAMPLES, SAMPLES * sizeof *b);
    }
    sum = gener_rounded(PAIRS, SAMPLES, a, b, made.label, w, want);
    loss = pass(&bf16, PAIRS, PAIRS, dw);
    CU_ASSERT_DOUBLE_EQUAL(loss, sum, 1e-3 * sum);
    for (int t = 0; t < bf16.model.n_tensors; t++) {
        const dn_tensor_info *info = &bf16.model.tensor[t];
        int64_t n = info->dims[0] * (info->ndims == 2 ? info->dims[1] : 1);
        double size = 0, off = 0;

        for (int64_t i = info->offset; i < info->offset + n; i++) {
            size += want[i] * want[i];
            off += ((double)dw[i] - want[i]) * ((double)dw[i] - want[i]);
        }
        if (!(sqrt(off) <= 1e-3 * sqrt(size) + 1e-5)) {
            fprintf(stderr, "# %s: gradient %g is off by %g\n", info->name, sqrt(size), sqrt(off));
            CU_FAIL("a gradient is not that of the definition");
        }
    }
}

/* What no row is in changes nothing: a short shard in a large buffer. */
static void padding_is_invisible(void)
{
    const int64_t n = 37;
    double loss;

    make(0.5f);
    loss = pass(&bf16, n, n, dw);
    CU_ASSERT_DOUBLE_EQUAL(pass(&bf16, PAIRS, n, again), loss, 1e-4);
    for (int64_t i = 0; i < f32.model.n_weights; i++)
        CU_ASSERT(fabs((double)(dw[i] - again[i])) <= 2e-3 + 1e-2 * fabs((double)dw[i]));
    CU_ASSERT_DOUBLE_EQUAL(pass(&bf16, PAIRS, n, dw), loss, 1e-4);
    CU_ASSERT_EQUAL(memcmp(dw, again, (size_t)f32.model.n_weights * sizeof *dw), 0); /* and the same again */
}

/* Scores are those of f32, to the bit. */
static void scores(void)
{
    static float one[PAIRS], two[PAIRS];
    float *const out[2] = {one, two};
    const dn_gener *const both[2] = {&f32, &bf16};

    make(0.5f);
    for (int i = 0; i < 2; i++) {
        const dn_model *m = &both[i]->model;
        dn_work *k = model_work(m, PAIRS);

        model_predict(m, k, w, running, made.rows, PAIRS, out[i]);
        m->ops->work_destroy(&k);
    }
    CU_ASSERT_EQUAL(memcmp(one, two, sizeof one), 0);
}

/* A work of few rows is one of f32, to the bit and with its factors; from DN_GENER_BF16_ROWS rows on it is
 * not.
 */
static void few_rows(void)
{
    const dn_gener *const both[2] = {&f32, &bf16};
    const int64_t few = DN_GENER_BF16_ROWS - 1;

    make(0.5f);
    CU_ASSERT_EQUAL(pass(&f32, few, few, exact), pass(&bf16, few, few, dw));
    CU_ASSERT_EQUAL(memcmp(exact, dw, (size_t)f32.model.n_weights * sizeof *dw), 0);
    (void)pass(&f32, few + 1, few + 1, exact);
    (void)pass(&bf16, few + 1, few + 1, dw);
    CU_ASSERT_NOT_EQUAL(memcmp(exact, dw, (size_t)f32.model.n_weights * sizeof *dw), 0);
    for (int i = 0; i < 2; i++) {
        const dn_model *m = &both[i]->model;
        dn_factors of[DN_MAX_FACTORS];
        dn_work *k = model_work(m, 1);

        CU_ASSERT_EQUAL(m->ops->factors(k, of), 3);
        m->ops->work_destroy(&k);
    }
}

static void refused_memory(void)
{
    make(0.5f);
    CU_ASSERT(model_refused_work(&bf16.model, DN_GENER_BF16_ROWS) > 10);
}

static const dn_test tests[] = {{"gradients near those of f32", gradients_near_those_of_f32},
                                {"gradients of the definition", gradients_of_the_definition},
                                {"padding is invisible", padding_is_invisible},
                                {"scores", scores},
                                {"few rows", few_rows},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "gener_bf16", tests);
}
