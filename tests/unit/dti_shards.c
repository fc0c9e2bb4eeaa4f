/* dti_shards.c - tests of solvers/models/dti.h: shards, their norms, threads, company at the published size,
 * very long targets, refused memory, not-a-number */
#include "tests/support/dti_data.h"
#include "tests/support/model_pass.h"
#include "tests/support/model_shards.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/models/dti.h"

enum { DRUGS = 14, TARGETS = 9, PAIRS = MODEL_ROWS, ATOM_WIDTH = 4, STATE_WIDTH = 20, MAX_MOMENTS = 400 };

static const int64_t n_atoms[DRUGS] = {1, 2, 3, 20, 64, 65, 31, 7, 28, 33, 63, 12, 1, 90};
static int64_t lengths[TARGETS] = {1, 2, 3, 64, 65, 300, 513, 40, 7};
static test_dti_data made;
static float w[MODEL_WEIGHTS], running[MAX_MOMENTS];
static dn_dti *dti;
static const dn_model *m;

static dn_dti_options middle(void)
{
    return (dn_dti_options){.gcn1 = 24,
                            .gcn2 = 20,
                            .drug_out = 12,
                            .conv1 = 16,
                            .conv2 = 17,
                            .target_out = 10,
                            .joint = 8,
                            .heads = 4,
                            .dropout = 0.3f,
                            .positive_weight = 2};
}

static model_case make(const dn_dti_options *options)
{
    dn_rng s = dn_rng_stream(9, DN_RNG_SYNTH, 0, 0);
    const test_dti_shape shape = {.drugs = DRUGS,
                                  .atom_width = ATOM_WIDTH,
                                  .n_atoms = n_atoms,
                                  .targets = TARGETS,
                                  .state_width = STATE_WIDTH,
                                  .lengths = lengths,
                                  .pairs = PAIRS};

    made = test_dti_make(&shape);
    for (int64_t i = 0; i < made.atom_at[DRUGS] * ATOM_WIDTH; i++)
        made.atom[i] = (float)dn_rng_normal(s, (uint64_t)i);
    for (int64_t i = 0; i < made.state_at[TARGETS] * STATE_WIDTH; i++)
        made.state[i] = (float)(dn_rng_uniform(s, (uint64_t)i) - 0.5) * 3;
    for (int64_t p = 0; p < PAIRS; p++) {
        made.drug[p] = p * 5 % DRUGS;
        made.target[p] = p % 4 == 1 ? 5 : p * 7 % TARGETS; /* one often */
        made.label[p] = (uint8_t)(p % 3 == 0);
    }
    CU_ASSERT_EQUAL(dn_dti_create(&made.data, options, &dti, NULL), DN_OK);
    m = &dti->model;
    CU_ASSERT(m->n_weights <= MODEL_WEIGHTS && m->n_moments <= MAX_MOMENTS);
    m->ops->init(m, 4, w, running);
    return (model_case){.m = m, .w = w, .running = running, .rows = made.rows};
}

static void finish(void)
{
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static double whole_pass(dn_work *k, float *dw)
{
    return model_pass(m, k, w, dw, made.rows, PAIRS, &(dn_pass){.train = true, .seed = 2, .epoch = 3});
}

/* The halves share targets, which the whole computes once and the halves each. */
static void global_norms_join_shards(void)
{
    dn_dti_options o = middle();
    model_case c = make(&o);

    model_norms_join_shards(&c);
    finish();
}

static void a_used_buffer_is_as_good_as_new(void)
{
    dn_dti_options o = middle();
    model_case c = make(&o);

    model_used_buffer(&c);
    finish();
}

/* Masks are the sample's: the same pair at another position of the epoch gets another one, samples that share
 * a target get different ones, and the epoch matters. */
static void dropout_follows_the_position(void)
{
    static const int64_t twice[2] = {5, 5};
    dn_dti_options o = middle();
    dn_work *k;
    double loss[4];

    (void)make(&o);
    k = model_work(m, 2);
    for (int i = 0; i < 4; i++) {
        dn_pass p = {.train = true, .seed = 2, .epoch = i == 2, .first = i == 1 ? 10 : 0};
        CU_ASSERT_EQUAL(m->ops->load(k, twice, i == 3 ? 1 : 2, &p, NULL), DN_OK);
        for (int phase = 0; phase < m->n_phases; phase++)
            CU_ASSERT_EQUAL(m->ops->forward(k, w, phase, NULL), DN_OK);
        loss[i] = model_loss(m, k);
    }
    CU_ASSERT(loss[0] != loss[1] && loss[0] != loss[2] && fabs(loss[0] - 2 * loss[3]) > 1e-6);
    m->ops->work_destroy(&k);
    finish();
}

static void threads_do_not_change_a_bit(void)
{
    dn_dti_options o = DN_DTI_DEFAULTS;
    model_case c = make(&o);

    model_in_threads(&c);
    finish();
}

/* ---- company, at the published size ---- */

/* Every pair alone, all forwards, all backwards: atoms of a drug stand at other rows of their blocks each
 * time. */
static void company_changes_no_bit(void)
{
    dn_dti_options o = DN_DTI_DEFAULTS;
    float alone[PAIRS], got[PAIRS];
    int64_t back[PAIRS];
    dn_work *k;

    (void)make(&o);
    k = model_work(m, PAIRS);
    for (int64_t i = 0; i < PAIRS; i++) {
        back[i] = PAIRS - 1 - i;
        model_predict(m, k, w, running, &i, 1, alone + i);
        CU_ASSERT(alone[i] > 0 && alone[i] < 1);
    }
    model_predict(m, k, w, running, made.rows, PAIRS, got);
    CU_ASSERT_EQUAL(memcmp(got, alone, sizeof got), 0);
    model_predict(m, k, w, running, back, PAIRS, got);
    for (int i = 0; i < PAIRS; i++)
        CU_ASSERT_EQUAL(got[i], alone[back[i]]);
    m->ops->work_destroy(&k);
    finish();
}

/* 40,000 positions beside 1: nothing special. */
static void very_long_targets(void)
{
    static float dw[MODEL_WEIGHTS];
    dn_dti_options o = middle();
    int64_t keep = lengths[5];
    float out[PAIRS];
    dn_work *k;

    lengths[5] = 40000;
    (void)make(&o);
    k = model_work(m, PAIRS);
    CU_ASSERT(isfinite(whole_pass(k, dw)));
    for (int64_t i = 0; i < m->n_weights; i++)
        CU_ASSERT(isfinite(dw[i]));
    model_predict(m, k, w, running, made.rows, PAIRS, out);
    for (int i = 0; i < PAIRS; i++)
        CU_ASSERT(out[i] > 0 && out[i] < 1);
    m->ops->work_destroy(&k);
    lengths[5] = keep;
    finish();
}

/* ---- memory, not-a-number ---- */

/* Everything that can ask for memory, from creation on. */
static dn_status everything(dn_error *err)
{
    static float dw[MODEL_WEIGHTS];
    dn_status st = DN_OK;
    dn_pass train = {.train = true, .seed = 1}, predict = {.train = false};
    dn_dti_data data = dti->data;
    dn_dti_options o = middle();
    dn_dti *g = NULL;
    dn_work *k = NULL;
    const dn_model_ops *ops = m->ops;
    float out[PAIRS], sides[2][PAIRS * 12];

    DN_TRY(dn_dti_create(&data, &o, &g, err));
    DN_TRY(ops->work_create(&g->model, PAIRS, &k, err));
    DN_TRY(ops->load(k, made.rows, PAIRS, &train, err));
    for (int phase = 0; phase < m->n_phases; phase++)
        DN_TRY(ops->forward(k, w, phase, err));
    for (int phase = m->n_phases - 1; phase >= 0; phase--)
        DN_TRY(ops->backward(k, w, phase, dw, err));
    ops->work_destroy(&k);
    DN_TRY(ops->work_create(&g->model, PAIRS, &k, err));
    DN_TRY(ops->load(k, made.rows, PAIRS, &predict, err));
    DN_TRY(ops->predict(k, w, running, out, err));
    DN_TRY(dn_dti_encode_drugs(k, w, made.drug, 3, sides[0], err));
    DN_TRY(dn_dti_encode_targets(k, w, running, made.target, 3, sides[1], err));
    DN_TRY(dn_dti_score(k, w, sides[0], sides[1], NULL, 3, out, err));
out:
    if (k != NULL)
        ops->work_destroy(&k);
    dn_dti_destroy(&g);
    return st;
}

static void memory_may_be_refused(void)
{
    dn_status st = DN_ENOMEM;
    dn_dti_options o = middle();
    long n = 0;

    (void)make(&o);
    for (; st != DN_OK && n < 500; n++) {
        dn_error err = DN_ERROR_INIT;
        dn_alloc_fail_after(n);
        st = everything(&err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.code == DN_ENOMEM));
        CU_ASSERT_EQUAL(dn_alloc_live(), 2); /* the model of this test */
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    CU_ASSERT(n > 60);
    finish();
}

/* A state that is not a number reaches the loss, too. */
static void not_a_number_is_seen(void)
{
    static float dw[MODEL_WEIGHTS];
    dn_dti_options o = middle();
    model_case c = make(&o);
    dn_work *k;

    model_not_a_number(&c);
    k = model_work(m, PAIRS);
    made.state[made.state_at[5] * STATE_WIDTH] = NAN;
    CU_ASSERT(isnan(whole_pass(k, dw)));
    made.state[made.state_at[5] * STATE_WIDTH] = 0;
    CU_ASSERT(isfinite(whole_pass(k, dw)));
    m->ops->work_destroy(&k);
    finish();
}

static const dn_test tests[] = {{"global norms join shards", global_norms_join_shards},
                                {"a used buffer is as good as new", a_used_buffer_is_as_good_as_new},
                                {"dropout follows the position", dropout_follows_the_position},
                                {"threads do not change a bit", threads_do_not_change_a_bit},
                                {"company changes no bit", company_changes_no_bit},
                                {"very long targets", very_long_targets},
                                {"memory may be refused", memory_may_be_refused},
                                {"not a number is seen", not_a_number_is_seen},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "dti_shards", tests);
}
