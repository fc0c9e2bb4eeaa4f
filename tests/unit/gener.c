/* gener.c - tests of solvers/models/gener.h: losses of PyTorch, finite differences, padding */
#include "tests/support/model_pass.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/models/gener.h"
#include "solvers/optim/optim.h"

enum {
    SAMPLES = 24,
    GENES = 20,
    PAIRS = 64,
    BATCH = 32,
    SEED = 11,
    STEPS = 10,
    MAX_WEIGHTS = 200000,
    MAX_MOMENTS = 2000
};

static float x[GENES * SAMPLES], w[MAX_WEIGHTS], dw[MAX_WEIGHTS], running[MAX_MOMENTS];
static int32_t gene_a[PAIRS], gene_b[PAIRS];
static uint8_t label[PAIRS];
static dn_gener gener;

/* The data of tests/golden/make_gener.py. */
static void make(float dropout)
{
    dn_gener_data data = {.x = x, .samples = SAMPLES, .gene_a = gene_a, .gene_b = gene_b, .label = label};
    dn_gener_options options = {.dropout = dropout, .swap = true};

    for (int g = 0; g < GENES; g++)
        for (int s = 0; s < SAMPLES; s++)
            x[g * SAMPLES + s] = (float)sin(1 + 0.7 * g + 0.13 * s * s);
    for (int p = 0; p < PAIRS; p++) {
        gene_a[p] = p * 7 % GENES;
        gene_b[p] = (p * 11 + 3) % GENES;
        label[p] = (uint8_t)((p * p + p / 3) % 2);
    }
    dn_gener_init(&gener, &data, &options);
    CU_ASSERT(gener.model.n_weights <= MAX_WEIGHTS && gener.model.n_moments <= MAX_MOMENTS);
}

static double pass(dn_work *work, const int64_t *rows, int64_t n, int64_t epoch)
{
    return model_pass(&gener.model, work, w, dw, rows, n, SEED, epoch);
}

/* Ten steps as PyTorch does them, then its predictions. Tolerance: single against double precision. */
static void like_pytorch(const char *losses, const char *probabilities, dn_optim_kind kind, double rate,
                         double tolerance)
{
    const dn_model *m = &gener.model;
    double want[PAIRS] = {0};
    float got[PAIRS];
    dn_work *work = NULL;
    dn_optim optim = {0};
    dn_pass p = {.train = false};
    int64_t all[PAIRS];

    make(0.5f);
    m->ops->init(m, SEED, w, running);
    CU_ASSERT_EQUAL(m->ops->work_create(m, BATCH, &work, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_optim_create(kind, 0.01, m->n_weights, &optim, NULL), DN_OK);
    golden_numbers("gener.txt", losses, want, STEPS);
    for (int step = 0; step < STEPS; step++) {
        int64_t rows[BATCH];
        for (int i = 0; i < BATCH; i++)
            rows[i] = (step * BATCH + i) % PAIRS;
        CU_ASSERT_DOUBLE_EQUAL(pass(work, rows, BATCH, step) / BATCH, want[step], 2e-5);
        for (int64_t i = 0; i < m->n_weights; i++)
            dw[i] /= BATCH;
        dn_optim_step(&optim, rate, dw, w);
    }
    memcpy(running, m->ops->moments(work), (size_t)m->n_moments * sizeof *running);
    golden_numbers("gener.txt", probabilities, want, PAIRS);
    for (int i = 0; i < PAIRS; i++)
        all[i] = i;
    for (int half = 0; half < PAIRS; half += BATCH) {
        CU_ASSERT_EQUAL(m->ops->load(work, all + half, BATCH, &p, NULL), DN_OK);
        CU_ASSERT_EQUAL(m->ops->predict(work, w, running, got + half, NULL), DN_OK);
    }
    for (int i = 0; i < PAIRS; i++)
        CU_ASSERT_DOUBLE_EQUAL(got[i], want[i], tolerance);
    m->ops->work_destroy(&work);
    dn_optim_destroy(&optim);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void sgd_like_pytorch(void)
{
    like_pytorch("sgd_loss", "sgd_probability", DN_SGD, 0.01, 5e-5);
}

static void adamw_like_pytorch(void)
{
    /* a bias before a norm has gradient 0; Adam makes full steps of its rounding noise, which inference sees
     */
    like_pytorch("adamw_loss", "adamw_probability", DN_ADAMW, 1e-3, 5e-3);
}

/* Gradients of the whole network against central differences, a few weights of every tensor. */
static void finite_differences(void)
{
    const dn_model *m = &gener.model;
    dn_work *work = NULL;
    int64_t rows[BATCH];
    static float analytic[MAX_WEIGHTS];

    make(0.3f);
    m->ops->init(m, SEED, w, running);
    for (int i = 0; i < BATCH; i++)
        rows[i] = i;
    CU_ASSERT_EQUAL(m->ops->work_create(m, BATCH, &work, NULL), DN_OK);
    (void)pass(work, rows, BATCH, 0);
    memcpy(analytic, dw, sizeof analytic);
    for (int t = 0; t < m->n_tensors; t++) {
        const dn_tensor_info *info = &m->tensor[t];
        int64_t n = info->dims[0] * (info->ndims == 2 ? info->dims[1] : 1), bad = 0;
        for (int64_t k = 0; k < 12; k++) {
            int64_t at = info->offset + k * 7919 % n;
            float keep = w[at];
            const float h = 2e-3f;
            double up, down;
            w[at] = keep + h;
            up = pass(work, rows, BATCH, 0);
            w[at] = keep - h;
            down = pass(work, rows, BATCH, 0);
            w[at] = keep;
            /* a ReLU may change sides within h: one in twelve may be off */
            bad += fabs((up - down) / (2 * (double)h) - (double)analytic[at]) >
                   0.02 + 0.03 * fabs((double)analytic[at]);
        }
        if (bad > 1)
            fprintf(stderr, "# %s: %lld of 12 gradients are off\n", info->name, (long long)bad);
        CU_ASSERT(bad <= 1);
    }
    m->ops->work_destroy(&work);
}

/* A short shard in a large buffer: same moments, losses and gradients as in one of its size. */
static void padding_is_invisible(void)
{
    const dn_model *m = &gener.model;
    const int64_t rows[5] = {60, 3, 17, 44, 9};
    dn_work *small = NULL, *large = NULL;
    static float exact[MAX_WEIGHTS];
    double loss;

    make(0.5f);
    m->ops->init(m, SEED, w, running);
    CU_ASSERT_EQUAL(m->ops->work_create(m, 5, &small, NULL), DN_OK);
    CU_ASSERT_EQUAL(m->ops->work_create(m, 16, &large, NULL), DN_OK);
    loss = pass(small, rows, 5, 1);
    memcpy(exact, dw, sizeof exact);
    for (int64_t i = 0; i < 16; i++) { /* leave something in the rows that will be padding */
        int64_t other = i;
        (void)pass(large, &other, 1, 0);
    }
    CU_ASSERT_DOUBLE_EQUAL(pass(large, rows, 5, 1), loss, 1e-4);
    for (int64_t i = 0; i < m->n_weights; i++)
        CU_ASSERT(fabs((double)dw[i] - (double)exact[i]) <= 1e-4 + 1e-3 * fabs((double)exact[i]));
    m->ops->work_destroy(&small);
    m->ops->work_destroy(&large);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The published shape. */
static void number_of_weights(void)
{
    dn_gener published;
    dn_gener_data data = {.samples = 536};
    dn_gener_options options = DN_GENER_DEFAULTS;

    dn_gener_init(&published, &data, &options);
    CU_ASSERT_EQUAL(published.model.n_weights, 342186);
    CU_ASSERT_EQUAL(published.model.n_norms, 5);
}

static const dn_test tests[] = {
    {"SGD like PyTorch", sgd_like_pytorch},     {"AdamW like PyTorch", adamw_like_pytorch},
    {"finite differences", finite_differences}, {"padding is invisible", padding_is_invisible},
    {"number of weights", number_of_weights},   {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "gener", tests);
}
