/* gener_shards.c - tests of solvers/models/gener.h: shards, their norms, threads, symmetry, refused memory,
 * not-a-number */
#include "tests/support/gener_pairs.h"
#include "tests/support/model_pass.h"
#include "tests/support/model_shards.h"
#include "tests/support/test.h"

#include <string.h>

enum { SAMPLES = 40, GENES = 15, PAIRS = MODEL_ROWS, MAX_MOMENTS = 1200 };

static float w[MODEL_WEIGHTS], running[MAX_MOMENTS];
static test_gener_pairs made;
static dn_gener gener;
static const dn_model *const m = &gener.model;

static model_case make(void)
{
    dn_gener_options options = DN_GENER_DEFAULTS;

    made = test_gener_pairs_random(GENES, SAMPLES, PAIRS, 2);
    dn_gener_init(&gener, &made.data, &options);
    CU_ASSERT(m->n_weights <= MODEL_WEIGHTS && m->n_moments <= MAX_MOMENTS);
    m->ops->init(m, 4, w, running);
    return (model_case){.m = m, .w = w, .running = running, .rows = made.rows};
}

/* Dropout and swaps are on. */
static void global_norms_join_shards(void)
{
    model_case c = make();

    model_norms_join_shards(&c);
}

static void a_used_buffer_is_as_good_as_new(void)
{
    model_case c = make();

    model_used_buffer(&c);
}

static void threads_do_not_change_a_bit(void)
{
    model_case c = make();

    model_in_threads(&c);
}

/* With swap on, (a, b) and (b, a) are the same pair. */
static void predictions_are_symmetric(void)
{
    static int32_t keep[PAIRS];
    float ab[PAIRS], ba[PAIRS];
    dn_work *k;

    (void)make();
    k = model_work(m, PAIRS);
    model_predict(m, k, w, running, made.rows, PAIRS, ab);
    memcpy(keep, made.gene_a, sizeof keep);
    memcpy(made.gene_a, made.gene_b, sizeof keep);
    memcpy(made.gene_b, keep, sizeof keep);
    model_predict(m, k, w, running, made.rows, PAIRS, ba);
    for (int i = 0; i < PAIRS; i++) {
        CU_ASSERT(ab[i] > 0 && ab[i] < 1);
        CU_ASSERT_DOUBLE_EQUAL(ab[i], ba[i], 1e-6);
    }
    m->ops->work_destroy(&k);
}

static void memory_may_be_refused(void)
{
    (void)make();
    (void)model_refused_work(m, 3);
}

static void not_a_number_is_seen(void)
{
    model_case c = make();

    model_not_a_number(&c);
}

static const dn_test tests[] = {{"global norms join shards", global_norms_join_shards},
                                {"a used buffer is as good as new", a_used_buffer_is_as_good_as_new},
                                {"threads do not change a bit", threads_do_not_change_a_bit},
                                {"predictions are symmetric", predictions_are_symmetric},
                                {"memory may be refused", memory_may_be_refused},
                                {"not a number is seen", not_a_number_is_seen},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "gener_shards", tests);
}
