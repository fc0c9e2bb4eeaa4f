/* gener.c - tests of solvers/models/gener.h: losses of PyTorch, finite differences, padding */
#include "tests/support/gener_pairs.h"
#include "tests/support/golden_numbers.h"
#include "tests/support/model_pass.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/optim/optim.h"

enum {
    PAIRS = GENER_GOLDEN_PAIRS,
    BATCH = 32,
    SEED = 11,
    STEPS = 10,
    MOST_CLASSES = 4,
    MAX_WEIGHTS = 200000,
    MAX_MOMENTS = 2000
};

static float w[MAX_WEIGHTS], dw[MAX_WEIGHTS], running[MAX_MOMENTS];
static test_gener_pairs made;
static dn_gener gener;
static const dn_model *const m = &gener.model;

static void make(int classes, float dropout)
{
    dn_gener_options options = {.dropout = dropout, .swap = true, .classes = classes};

    made = test_gener_pairs_golden(classes);
    dn_gener_init(&gener, &made.data, &options);
    CU_ASSERT(m->n_weights <= MAX_WEIGHTS && m->n_moments <= MAX_MOMENTS);
    m->ops->init(m, SEED, w, running);
}

static double pass(dn_work *work, const int64_t *rows, int64_t n, int64_t epoch)
{
    return model_pass(m, work, w, dw, rows, n, &(dn_pass){.train = true, .seed = SEED, .epoch = epoch});
}

/* What PyTorch has trained. */
typedef struct training {
    int classes;
    const char *losses, *probabilities;
    dn_optim_kind kind;
    double decay, rate, tolerance; /* of probabilities */
} training;

/* Ten steps as PyTorch does them, then its predictions. Tolerance: single against double precision. */
static void like_pytorch(const training *t)
{
    int outputs = t->classes > 2 ? t->classes : 1;
    double want[PAIRS * MOST_CLASSES] = {0};
    float got[PAIRS * MOST_CLASSES];
    dn_work *work;
    dn_optim optim = {0};

    make(t->classes, 0.5f);
    CU_ASSERT_EQUAL(m->outputs, outputs);
    work = model_work(m, BATCH);
    CU_ASSERT_EQUAL(dn_optim_create(t->kind, t->decay, m->n_weights, &optim, NULL), DN_OK);
    golden_numbers("gener.txt", t->losses, want, STEPS);
    for (int step = 0; step < STEPS; step++) {
        int64_t rows[BATCH];
        for (int i = 0; i < BATCH; i++)
            rows[i] = (step * BATCH + i) % PAIRS;
        CU_ASSERT_DOUBLE_EQUAL(pass(work, rows, BATCH, step) / BATCH, want[step], 2e-5);
        for (int64_t i = 0; i < m->n_weights; i++)
            dw[i] /= BATCH;
        dn_optim_step(&optim, t->rate, dw, w);
    }
    memcpy(running, m->ops->moments(work), (size_t)m->n_moments * sizeof *running);
    golden_numbers("gener.txt", t->probabilities, want, PAIRS * outputs);
    for (int half = 0; half < PAIRS; half += BATCH)
        model_predict(m, work, w, running, made.rows + half, BATCH, got + half * outputs);
    for (int i = 0; i < PAIRS * outputs; i++)
        CU_ASSERT_DOUBLE_EQUAL(got[i], want[i], t->tolerance);
    m->ops->work_destroy(&work);
    dn_optim_destroy(&optim);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void sgd_like_pytorch(void)
{
    like_pytorch(&(training){2, "sgd_loss", "sgd_probability", DN_SGD, 0.01, 0.01, 5e-5});
    like_pytorch(&(training){4, "sgd4_loss", "sgd4_probability", DN_SGD, 0, 0.01, 5e-5});
}

static void adamw_like_pytorch(void)
{
    /* a bias before a norm has gradient 0; Adam makes full steps of its rounding noise, which inference sees
     */
    like_pytorch(&(training){2, "adamw_loss", "adamw_probability", DN_ADAMW, 0.01, 1e-3, 5e-3});
}

/* Gradients of the whole network against central differences, a few weights of every tensor. A ReLU may
 * change sides within h (one of the 8,192 of dense 2, say): one of the few may be off. */
static void differences(int classes, float dropout, int64_t few, float h)
{
    static float analytic[MAX_WEIGHTS];
    dn_work *work;

    make(classes, dropout);
    work = model_work(m, BATCH);
    (void)pass(work, made.rows, BATCH, 0);
    memcpy(analytic, dw, sizeof analytic);
    for (int t = 0; t < m->n_tensors; t++) {
        const dn_tensor_info *info = &m->tensor[t];
        int64_t n = info->dims[0] * (info->ndims == 2 ? info->dims[1] : 1), bad = 0;
        for (int64_t k = 0; k < few; k++) {
            int64_t at = info->offset + k * 7919 % n;
            float keep = w[at];
            double up, down;
            w[at] = keep + h;
            up = pass(work, made.rows, BATCH, 0);
            w[at] = keep - h;
            down = pass(work, made.rows, BATCH, 0);
            w[at] = keep;
            bad += fabs((up - down) / (2 * (double)h) - (double)analytic[at]) >
                   0.02 + 0.03 * fabs((double)analytic[at]);
        }
        if (bad > 1)
            fprintf(stderr, "# %s: %lld of %lld gradients are off\n", info->name, (long long)bad,
                    (long long)few);
        CU_ASSERT(bad <= 1);
    }
    m->ops->work_destroy(&work);
}

static void finite_differences(void)
{
    differences(2, 0.3f, 12, 2e-3f);
    differences(4, 0.5f, 8, 5e-4f);
}

/* A short shard in a large buffer: same moments, losses and gradients as in one of its size. */
static void padding_is_invisible(void)
{
    const int64_t rows[5] = {60, 3, 17, 44, 9};
    dn_work *small, *large;
    static float exact[MAX_WEIGHTS];
    double loss;

    make(2, 0.5f);
    small = model_work(m, 5);
    large = model_work(m, 16);
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

/* The published shape, and that of four classes. */
static void number_of_weights(void)
{
    dn_gener published;
    dn_gener_data data = {.samples = 536};
    dn_gener_options options = DN_GENER_DEFAULTS;

    dn_gener_init(&published, &data, &options);
    CU_ASSERT_EQUAL(published.model.n_weights, 342186);
    CU_ASSERT_EQUAL(published.model.n_norms, 5);
    options.classes = 4;
    dn_gener_init(&published, &data, &options);
    CU_ASSERT_EQUAL(published.model.n_weights, 342186 + 2 * 289);
    CU_ASSERT_STRING_EQUAL(published.model.tensor[published.model.n_tensors - 2].name, "head_w");
}

static const dn_test tests[] = {
    {"SGD like PyTorch", sgd_like_pytorch},     {"AdamW like PyTorch", adamw_like_pytorch},
    {"finite differences", finite_differences}, {"padding is invisible", padding_is_invisible},
    {"number of weights", number_of_weights},   {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "gener", tests);
}
