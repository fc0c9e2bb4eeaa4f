/* gener_classes.c - tests of solvers/models/gener.h with four classes: both orders, labels of turned pairs,
 * two classes as the default, the loss of any number of them */
#include "tests/support/gener_pairs.h"
#include "tests/support/model_pass.h"
#include "tests/support/model_shards.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/base/rng.h"
#include "solvers/nn/loss.h"

enum {
    PAIRS = GENER_GOLDEN_PAIRS,
    BATCH = 32,
    SEED = 11,
    CLASSES = 4,
    MAX_WEIGHTS = 200000,
    MAX_MOMENTS = 2000
};

static float w[MAX_WEIGHTS], dw[MAX_WEIGHTS], running[MAX_MOMENTS];
static test_gener_pairs made;
static dn_gener gener;

static void make(int classes, bool swap)
{
    dn_gener_options options = {.dropout = 0.5f, .swap = swap, .classes = classes};

    made = test_gener_pairs_golden(classes > 2 ? classes : 2);
    dn_gener_init(&gener, &made.data, &options);
    CU_ASSERT(gener.model.n_weights <= MAX_WEIGHTS && gener.model.n_moments <= MAX_MOMENTS);
    gener.model.ops->init(&gener.model, SEED, w, running);
}

static dn_work *create(int64_t capacity)
{
    return model_work(&gener.model, capacity);
}

/* The loss of the first pairs. */
static double pass(dn_work *work, int64_t epoch)
{
    dn_pass p = {.train = true, .seed = SEED, .epoch = epoch};

    return model_pass(&gener.model, work, w, dw, made.rows, BATCH, &p);
}

/* out [PAIRS, outputs] */
static void predict(dn_work *work, float *out)
{
    model_predict(&gener.model, work, w, running, made.rows, PAIRS, out);
}

/* Pair p in its other order. */
static void turn(int64_t p)
{
    int32_t a = made.gene_a[p];

    made.gene_a[p] = made.gene_b[p];
    made.gene_b[p] = a;
}

/* A pair and the pair turned round get the same numbers, 2 and 3 in each other's place: bit for bit, for the
 * mean of two floats does not depend on their order. Without `swap` they differ. */
static void both_orders_agree(void)
{
    float ab[PAIRS * CLASSES], ba[PAIRS * CLASSES];
    int64_t one_way = 0;

    for (int swap = 0; swap <= 1; swap++) {
        dn_work *work;
        make(CLASSES, swap);
        work = create(PAIRS);
        predict(work, ab);
        for (int p = 0; p < PAIRS; p++)
            turn(p);
        predict(work, ba);
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
    int64_t turned = 0;

    for (int hand = 0; hand <= 1; hand++) {
        dn_work *work;
        make(CLASSES, !hand);
        work = create(BATCH);
        for (int64_t p = 0; p < BATCH; p++) {
            if (!hand || (dn_rng_u64(s, (uint64_t)p) & 1u) == 0)
                continue;
            turn(p);
            turned += made.label[p] >= 2;
            made.label[p] = (uint8_t[]){0, 1, 3, 2}[made.label[p]];
        }
        loss[hand] = pass(work, 3);
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
        make(k == 0 ? 0 : 2, true);
        CU_ASSERT_EQUAL(gener.model.outputs, 1);
        CU_ASSERT_EQUAL(gener.model.tensor[gener.model.n_tensors - 2].dims[1], 2);
        work = create(PAIRS);
        (void)pass(work, 0);
        predict(work, p[k]);
        if (k == 0)
            memcpy(first, dw, sizeof first);
        gener.model.ops->work_destroy(&work);
    }
    CU_ASSERT_EQUAL(memcmp(first, dw, (size_t)gener.model.n_weights * sizeof *dw), 0);
    CU_ASSERT_EQUAL(memcmp(p[0], p[1], sizeof p[0]), 0);
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

static void refused_memory(void)
{
    make(CLASSES, true);
    (void)model_refused_work(&gener.model, 4);
}

static const dn_test tests[] = {{"both orders agree", both_orders_agree},
                                {"labels turn with the pair", labels_turn_with_the_pair},
                                {"two classes are the default", two_classes_are_the_default},
                                {"softmax of classes", softmax_of_classes},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "gener_classes", tests);
}
