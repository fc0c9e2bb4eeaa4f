/* gener_classes.c - tests of solvers/models/gener.h with four classes: PyTorch, finite differences, both
 * orders */
#include "tests/support/model_pass.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/models/gener.h"
#include "solvers/nn/loss.h"
#include "solvers/optim/optim.h"

enum {
    SAMPLES = 24,
    GENES = 20,
    PAIRS = 64,
    BATCH = 32,
    SEED = 11,
    STEPS = 10,
    CLASSES = 4,
    MAX_WEIGHTS = 200000,
    MAX_MOMENTS = 2000
};

static float x[GENES * SAMPLES], w[MAX_WEIGHTS], dw[MAX_WEIGHTS], running[MAX_MOMENTS];
static int32_t gene_a[PAIRS], gene_b[PAIRS];
static uint8_t label[PAIRS];
static dn_gener gener;

/* The data of tests/golden/make_gener.py. */
static void make(int classes, float dropout, bool swap)
{
    dn_gener_data data = {.x = x, .samples = SAMPLES, .gene_a = gene_a, .gene_b = gene_b, .label = label};
    dn_gener_options options = {.dropout = dropout, .swap = swap, .classes = classes};

    for (int g = 0; g < GENES; g++)
        for (int s = 0; s < SAMPLES; s++)
            x[g * SAMPLES + s] = (float)sin(1 + 0.7 * g + 0.13 * s * s);
    for (int p = 0; p < PAIRS; p++) {
        gene_a[p] = p * 7 % GENES;
        gene_b[p] = (p * 11 + 3) % GENES;
        label[p] = (uint8_t)((p * p + p / 3) % (classes > 2 ? classes : 2));
    }
    dn_gener_init(&gener, &data, &options);
    CU_ASSERT(gener.model.n_weights <= MAX_WEIGHTS && gener.model.n_moments <= MAX_MOMENTS);
    gener.model.ops->init(&gener.model, SEED, w, running);
}

static dn_work *create(int64_t capacity)
{
    dn_work *work = NULL;

    CU_ASSERT_EQUAL(gener.model.ops->work_create(&gener.model, capacity, &work, NULL), DN_OK);
    return work;
}

static double pass(dn_work *work, const int64_t *rows, int64_t n, int64_t epoch)
{
    return model_pass(&gener.model, work, w, dw, rows, n, SEED, epoch);
}

/* out [n, outputs] of pairs first .. first + n - 1 */
static void predict(dn_work *work, int64_t first, int64_t n, float *out)
{
    dn_pass p = {.train = false};
    int64_t rows[PAIRS];

    for (int64_t i = 0; i < n; i++)
        rows[i] = first + i;
    CU_ASSERT_EQUAL(gener.model.ops->load(work, rows, n, &p, NULL), DN_OK);
    CU_ASSERT_EQUAL(gener.model.ops->predict(work, w, running, out, NULL), DN_OK);
}

/* Ten steps as PyTorch does them, then its predictions. Tolerance: single against double precision. */
static void sgd_like_pytorch(void)
{
    double want[PAIRS * CLASSES] = {0};
    float got[PAIRS * CLASSES];
    dn_optim optim = {0};
    dn_work *work;

    make(CLASSES, 0.5f, true);
    CU_ASSERT_EQUAL(gener.model.outputs, CLASSES);
    work = create(BATCH);
    CU_ASSERT_EQUAL(dn_optim_create(DN_SGD, 0, gener.model.n_weights, &optim, NULL), DN_OK);
    golden_numbers("gener.txt", "sgd4_loss", want, STEPS);
    for (int step = 0; step < STEPS; step++) {
        int64_t rows[BATCH];
        for (int i = 0; i < BATCH; i++)
            rows[i] = (step * BATCH + i) % PAIRS;
        CU_ASSERT_DOUBLE_EQUAL(pass(work, rows, BATCH, step) / BATCH, want[step], 2e-5);
        for (int64_t i = 0; i < gener.model.n_weights; i++)
            dw[i] /= BATCH;
        dn_optim_step(&optim, 0.01, dw, w);
    }
    memcpy(running, gener.model.ops->moments(work), (size_t)gener.model.n_moments * sizeof *running);
    golden_numbers("gener.txt", "sgd4_probability", want, PAIRS * CLASSES);
    for (int half = 0; half < PAIRS; half += BATCH)
        predict(work, half, BATCH, got + half * CLASSES);
    for (int i = 0; i < PAIRS * CLASSES; i++)
        CU_ASSERT_DOUBLE_EQUAL(got[i], want[i], 5e-5);
    gener.model.ops->work_destroy(&work);
    dn_optim_destroy(&optim);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Gradients of the whole network against central differences, a few weights of every tensor. */
static void finite_differences(void)
{
    const dn_model *m = &gener.model;
    static float analytic[MAX_WEIGHTS];
    int64_t rows[BATCH];
    dn_work *work;

    make(CLASSES, 0.5f, true);
    work = create(BATCH);
    for (int i = 0; i < BATCH; i++)
        rows[i] = i;
    (void)pass(work, rows, BATCH, 0);
    memcpy(analytic, dw, sizeof analytic);
    for (int t = 0; t < m->n_tensors; t++) {
        const dn_tensor_info *info = &m->tensor[t];
        int64_t n = info->dims[0] * (info->ndims == 2 ? info->dims[1] : 1), bad = 0;
        for (int64_t k = 0; k < 8; k++) {
            int64_t at = info->offset + k * 7919 % n;
            float keep = w[at];
            const float h = 5e-4f;
            double up, down;
            w[at] = keep + h;
            up = pass(work, rows, BATCH, 0);
            w[at] = keep - h;
            down = pass(work, rows, BATCH, 0);
            w[at] = keep;
            /* one of the 8,192 ReLUs of dense 2 may change sides within h: one in eight may be off */
            bad += fabs((up - down) / (2 * (double)h) - (double)analytic[at]) >
                   0.02 + 0.03 * fabs((double)analytic[at]);
        }
        CU_ASSERT(bad <= 1);
    }
    m->ops->work_destroy(&work);
}

/* A pair and the pair turned round get the same numbers, 2 and 3 in each other's place: bit for bit, for the
 * mean of two floats does not depend on their order. Without `swap` they differ. */
static void both_orders_agree(void)
{
    float ab[PAIRS * CLASSES], ba[PAIRS * CLASSES];
    int64_t one_way = 0;

    for (int swap = 0; swap <= 1; swap++) {
        dn_work *work;
        make(CLASSES, 0.5f, swap);
        work = create(PAIRS);
        predict(work, 0, PAIRS, ab);
        for (int p = 0; p < PAIRS; p++) {
            int32_t a = gene_a[p];
            gene_a[p] = gene_b[p];
            gene_b[p] = a;
        }
        predict(work, 0, PAIRS, ba);
        for (int p = 0; p < PAIRS; p++) {
            double sum = 0;
            for (uint8_t c = 0; c < CLASSES; c++) {
                bool same = ab[p * CLASSES + c] == ba[p * CLASSES + dn_gener_turned(c)];
                one_way += swap == 0 && !same;
                CU_ASSERT(swap == 0 || same);
                sum += (double)ab[p * CLASSES + c];
            }
            CU_ASSERT_DOUBLE_EQUAL(sum, 1, 1e-6);
        }
        gener.model.ops->work_destroy(&work);
    }
    CU_ASSERT(one_way > PAIRS);
}

/* What `swap` does in training is what turning the pairs, labels and all, does by hand: bit for bit. */
static void labels_turn_with_the_pair(void)
{
    dn_rng s = dn_rng_stream(SEED, DN_RNG_SWAP, 3, 0);
    double loss[2];
    int64_t rows[BATCH], turned = 0;

    for (int hand = 0; hand <= 1; hand++) {
        dn_work *work;
        make(CLASSES, 0.5f, !hand);
        work = create(BATCH);
        for (int64_t p = 0; p < BATCH; p++) {
            int32_t a = gene_a[p];
            rows[p] = p;
            if (!hand || (dn_rng_u64(s, (uint64_t)p) & 1u) == 0)
                continue;
            gene_a[p] = gene_b[p];
            gene_b[p] = a;
            turned += label[p] >= 2;
            label[p] = (uint8_t[]){0, 1, 3, 2}[label[p]];
        }
        loss[hand] = pass(work, rows, BATCH, 3);
        gener.model.ops->work_destroy(&work);
    }
    CU_ASSERT(turned > 2);
    CU_ASSERT_EQUAL(memcmp(&loss[0], &loss[1], sizeof loss[0]), 0);
}

/* Two classes by name or by default, the same weights, names and bits. */
static void two_classes_are_the_default(void)
{
    static float first[MAX_WEIGHTS];
    float p[2][PAIRS];

    for (int k = 0; k <= 1; k++) {
        dn_work *work;
        int64_t rows[BATCH];
        make(k == 0 ? 0 : 2, 0.5f, true);
        CU_ASSERT_EQUAL(gener.model.outputs, 1);
        CU_ASSERT_EQUAL(gener.model.tensor[gener.model.n_tensors - 2].dims[1], 2);
        work = create(PAIRS);
        for (int i = 0; i < BATCH; i++)
            rows[i] = i;
        (void)pass(work, rows, BATCH, 0);
        predict(work, 0, PAIRS, p[k]);
        if (k == 0)
            memcpy(first, dw, sizeof first);
        gener.model.ops->work_destroy(&work);
    }
    CU_ASSERT_EQUAL(memcmp(first, dw, (size_t)gener.model.n_weights * sizeof *dw), 0);
    CU_ASSERT_EQUAL(memcmp(p[0], p[1], sizeof p[0]), 0);
}

static void number_of_weights(void)
{
    dn_gener published;
    dn_gener_data data = {.samples = 536};
    dn_gener_options options = DN_GENER_DEFAULTS;

    options.classes = 4;
    dn_gener_init(&published, &data, &options);
    CU_ASSERT_EQUAL(published.model.n_weights, 342186 + 2 * 289);
    CU_ASSERT_STRING_EQUAL(published.model.tensor[published.model.n_tensors - 2].name, "head_w");
}

/* Cross-entropy of any number of classes: finite differences, two classes as dn_softmax_loss(), large logits.
 */
static void softmax_of_classes(void)
{
    float z[4 * 3] = {0.3f, -1.2f, 2.5f, 80, 80.5f, -80, -1, -1, -1, 0, 1e4f, -1e4f}, d[12], e[12], p[12],
                q[4];
    const uint8_t y[4] = {2, 0, 1, 2}, two[6] = {0, 1, 1, 0, 1, 0};
    double sum, up, down, same;
    int64_t right, right_too;

    dn_softmax_loss_classes(z, y, 4, 3, d, &sum, &right);
    CU_ASSERT_EQUAL(right, 1); /* the first; a tie is wrong */
    CU_ASSERT(isfinite(sum) && fabs(sum - 2e4) < 3);
    for (int k = 0; k < 9; k++) {
        float keep = z[k];
        z[k] = keep + 0.01f;
        dn_softmax_loss_classes(z, y, 3, 3, e, &up, &right);
        z[k] = keep - 0.01f;
        dn_softmax_loss_classes(z, y, 3, 3, e, &down, &right);
        z[k] = keep;
        CU_ASSERT_DOUBLE_EQUAL((up - down) / 0.02, d[k], 1e-3);
    }
    dn_softmax_probabilities(z, 4, 3, p);
    for (int r = 0; r < 4; r++)
        CU_ASSERT_DOUBLE_EQUAL((double)p[3 * r] + (double)p[3 * r + 1] + (double)p[3 * r + 2], 1, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(p[6], 1.0 / 3, 1e-7);
    dn_softmax_loss(z, two, 4, d, &sum, &right);
    dn_softmax_loss_classes(z, two, 4, 2, e, &same, &right_too);
    CU_ASSERT_DOUBLE_EQUAL(sum, same, 1e-9);
    CU_ASSERT_EQUAL(right, right_too);
    for (int k = 0; k < 8; k++)
        CU_ASSERT_DOUBLE_EQUAL(d[k], e[k], 1e-6);
    dn_softmax_probability(z, 4, q);
    dn_softmax_probabilities(z, 4, 2, p);
    for (int r = 0; r < 4; r++)
        CU_ASSERT_DOUBLE_EQUAL(q[r], p[2 * r + 1], 1e-6);
}

/* Refuse every allocation once. */
static void refused_memory(void)
{
    dn_status st = DN_ENOMEM;

    make(CLASSES, 0.5f, true);
    for (long k = 0; st != DN_OK && k < 100; k++) {
        dn_work *work = NULL;
        dn_alloc_fail_after(k);
        st = gener.model.ops->work_create(&gener.model, 4, &work, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT((st == DN_OK) == (work != NULL));
        gener.model.ops->work_destroy(&work);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"SGD like PyTorch", sgd_like_pytorch},
                                {"finite differences", finite_differences},
                                {"both orders agree", both_orders_agree},
                                {"labels turn with the pair", labels_turn_with_the_pair},
                                {"two classes are the default", two_classes_are_the_default},
                                {"number of weights", number_of_weights},
                                {"softmax of classes", softmax_of_classes},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "gener_classes", tests);
}
