/* dti_shards.c - tests of solvers/models/dti.h: shards, their norms, threads, company at the published size,
 * very long targets, refused memory, not-a-number */
#include "tests/support/dti_data.h"
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/models/dti.h"

enum {
    DRUGS = 14,
    TARGETS = 9,
    PAIRS = 24,
    HALF = PAIRS / 2,
    ATOM_WIDTH = 4,
    STATE_WIDTH = 20,
    MAX_WEIGHTS = 150000,
    MAX_MOMENTS = 400
};

static const int64_t n_atoms[DRUGS] = {1, 2, 3, 20, 64, 65, 31, 7, 28, 33, 63, 12, 1, 90};
static int64_t lengths[TARGETS] = {1, 2, 3, 64, 65, 300, 513, 40, 7};
static test_dti_data made;
static float w[MAX_WEIGHTS], running[MAX_MOMENTS];
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

static void make(const dn_dti_options *options)
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
    CU_ASSERT(m->n_weights <= MAX_WEIGHTS && m->n_moments <= MAX_MOMENTS);
    m->ops->init(m, 4, w, running);
}

static dn_work *create(int64_t capacity)
{
    dn_work *k = NULL;

    CU_ASSERT_EQUAL(m->ops->work_create(m, capacity, &k, NULL), DN_OK);
    return k;
}

static void finish(void)
{
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void load(dn_work *k, int64_t first, int64_t n)
{
    dn_pass p = {.train = true, .seed = 2, .epoch = 3, .first = first};

    CU_ASSERT_EQUAL(m->ops->load(k, made.rows + first, n, &p, NULL), DN_OK);
}

static double loss_of(const dn_work *k)
{
    double sum = 0;
    int64_t right;

    m->ops->loss(k, &sum, &right);
    return sum;
}

static double whole_pass(dn_work *k, int64_t n, float *dw)
{
    load(k, 0, n);
    for (int phase = 0; phase < m->n_phases; phase++)
        CU_ASSERT_EQUAL(m->ops->forward(k, w, phase, NULL), DN_OK);
    for (int phase = m->n_phases - 1; phase >= 0; phase--)
        CU_ASSERT_EQUAL(m->ops->backward(k, w, phase, dw, NULL), DN_OK);
    return loss_of(k);
}

/* ---- two halves with the statistics of the whole do what one shard does ---- */

static void share_moments(dn_work *half[2], int phase)
{
    for (int n = 0; n < m->n_norms; n++) {
        int64_t c = m->norm[n].channels;
        float *u = m->ops->moments(half[0]) + m->norm[n].offset;
        float *v = m->ops->moments(half[1]) + m->norm[n].offset;
        double nu = m->ops->moment_counts(half[0])[n], nv = m->ops->moment_counts(half[1])[n];
        if (m->norm[n].phase != phase)
            continue;
        for (int64_t i = 0; i < c; i++) {
            double mean = (nu * u[i] + nv * v[i]) / (nu + nv);
            double var =
                (nu * (u[c + i] + pow(u[i] - mean, 2)) + nv * (v[c + i] + pow(v[i] - mean, 2))) / (nu + nv);
            u[i] = v[i] = (float)mean;
            u[c + i] = v[c + i] = (float)var;
        }
    }
}

static void share_gradients(dn_work *half[2], int phase)
{
    for (int n = 0; n < m->n_norms; n++) {
        float *u = m->ops->moment_gradients(half[0]) + m->norm[n].offset;
        float *v = m->ops->moment_gradients(half[1]) + m->norm[n].offset;
        double *nu = m->ops->moment_counts(half[0]) + n, *nv = m->ops->moment_counts(half[1]) + n;
        if (m->norm[n].phase != phase)
            continue;
        for (int64_t i = 0; i < 2 * m->norm[n].channels; i++)
            u[i] = v[i] = u[i] + v[i];
        *nu = *nv = *nu + *nv;
    }
}

/* The halves share targets, which the whole computes once and the halves each. Tolerance: sums of single
 * numbers in another order. */
static void global_norms_join_shards(void)
{
    static float whole_dw[MAX_WEIGHTS], dw[2][MAX_WEIGHTS];
    static const int64_t first[2] = {0, HALF - 5}, count[2] = {HALF - 5, HALF + 5};
    dn_dti_options o = middle();
    dn_work *whole, *half[2];
    double loss;

    make(&o);
    whole = create(PAIRS);
    loss = whole_pass(whole, PAIRS, whole_dw);
    for (int h = 0; h < 2; h++) {
        half[h] = create(PAIRS);
        load(half[h], first[h], count[h]);
    }
    for (int phase = 0; phase < m->n_phases; phase++) {
        for (int h = 0; h < 2; h++)
            CU_ASSERT_EQUAL(m->ops->forward(half[h], w, phase, NULL), DN_OK);
        share_moments(half, phase);
    }
    for (int phase = m->n_phases - 1; phase >= 0; phase--) {
        for (int h = 0; h < 2; h++)
            CU_ASSERT_EQUAL(m->ops->backward(half[h], w, phase, dw[h], NULL), DN_OK);
        share_gradients(half, phase - 1);
    }
    CU_ASSERT_DOUBLE_EQUAL(loss_of(half[0]) + loss_of(half[1]), loss, 1e-4);
    for (int64_t i = 0; i < m->n_weights; i++)
        CU_ASSERT(fabs((double)(dw[0][i] + dw[1][i] - whole_dw[i])) <=
                  2e-4 + 1e-3 * fabs((double)whole_dw[i]));
    m->ops->work_destroy(&whole);
    for (int h = 0; h < 2; h++)
        m->ops->work_destroy(&half[h]);
    finish();
}

/* What a buffer held before leaves no trace, to the last bit; nor does a prediction in between. */
static void a_used_buffer_is_as_good_as_new(void)
{
    static float once[MAX_WEIGHTS], again[MAX_WEIGHTS];
    dn_dti_options o = middle();
    dn_pass p = {.train = false};
    float out[PAIRS], first[PAIRS];
    dn_work *fresh, *used;
    double loss;

    make(&o);
    fresh = create(PAIRS);
    used = create(PAIRS);
    loss = whole_pass(fresh, 9, once);
    (void)whole_pass(used, PAIRS, again);
    for (int times = 0; times < 2; times++) {
        CU_ASSERT_EQUAL(m->ops->load(used, made.rows, PAIRS, &p, NULL), DN_OK);
        CU_ASSERT_EQUAL(m->ops->predict(used, w, running, times ? out : first, NULL), DN_OK);
        CU_ASSERT_EQUAL(whole_pass(used, 9, again), loss);
        CU_ASSERT_EQUAL(memcmp(once, again, (size_t)m->n_weights * sizeof *once), 0);
    }
    CU_ASSERT_EQUAL(memcmp(out, first, sizeof out), 0);
    m->ops->work_destroy(&fresh);
    m->ops->work_destroy(&used);
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

    make(&o);
    k = create(2);
    for (int i = 0; i < 4; i++) {
        dn_pass p = {.train = true, .seed = 2, .epoch = i == 2, .first = i == 1 ? 10 : 0};
        CU_ASSERT_EQUAL(m->ops->load(k, twice, i == 3 ? 1 : 2, &p, NULL), DN_OK);
        for (int phase = 0; phase < m->n_phases; phase++)
            CU_ASSERT_EQUAL(m->ops->forward(k, w, phase, NULL), DN_OK);
        loss[i] = loss_of(k);
    }
    CU_ASSERT(loss[0] != loss[1] && loss[0] != loss[2] && fabs(loss[0] - 2 * loss[3]) > 1e-6);
    m->ops->work_destroy(&k);
    finish();
}

/* ---- threads ---- */

typedef struct job {
    float dw[MAX_WEIGHTS], out[PAIRS];
    double loss;
} job;

static void *run_job(void *arg)
{
    job *j = arg;
    dn_work *k = NULL;
    dn_pass p = {.train = false};

    omp_set_num_threads(1); /* as kernels.h asks */
    k = create(PAIRS);
    j->loss = whole_pass(k, PAIRS, j->dw);
    CU_ASSERT_EQUAL(m->ops->load(k, made.rows, PAIRS, &p, NULL), DN_OK);
    CU_ASSERT_EQUAL(m->ops->predict(k, w, running, j->out, NULL), DN_OK);
    m->ops->work_destroy(&k);
    return NULL;
}

static void threads_do_not_change_a_bit(void)
{
    static job alone, both[2];
    dn_dti_options o = DN_DTI_DEFAULTS;
    pthread_t thread[2];
    int before = omp_get_max_threads();

    make(&o);
    (void)run_job(&alone);
    omp_set_num_threads(2); /* as with OMP_NUM_THREADS=2 */
    for (int t = 0; t < 2; t++)
        CU_ASSERT_EQUAL(pthread_create(&thread[t], NULL, run_job, &both[t]), 0);
    for (int t = 0; t < 2; t++)
        CU_ASSERT_EQUAL(pthread_join(thread[t], NULL), 0);
    omp_set_num_threads(before);
    for (int t = 0; t < 2; t++) {
        CU_ASSERT_EQUAL(both[t].loss, alone.loss);
        CU_ASSERT_EQUAL(memcmp(both[t].dw, alone.dw, (size_t)m->n_weights * sizeof(float)), 0);
        CU_ASSERT_EQUAL(memcmp(both[t].out, alone.out, sizeof alone.out), 0);
    }
    finish();
}

/* ---- company, at the published size ---- */

/* Every pair alone, all forwards, all backwards: atoms of a drug stand at other made.rows of their blocks
 * each time. */
static void company_changes_no_bit(void)
{
    dn_dti_options o = DN_DTI_DEFAULTS;
    dn_pass p = {.train = false};
    float alone[PAIRS], got[PAIRS];
    int64_t back[PAIRS];
    dn_work *k;

    make(&o);
    k = create(PAIRS);
    for (int64_t i = 0; i < PAIRS; i++) {
        back[i] = PAIRS - 1 - i;
        CU_ASSERT_EQUAL(m->ops->load(k, &i, 1, &p, NULL), DN_OK);
        CU_ASSERT_EQUAL(m->ops->predict(k, w, running, alone + i, NULL), DN_OK);
        CU_ASSERT(alone[i] > 0 && alone[i] < 1);
    }
    CU_ASSERT_EQUAL(m->ops->load(k, made.rows, PAIRS, &p, NULL), DN_OK);
    CU_ASSERT_EQUAL(m->ops->predict(k, w, running, got, NULL), DN_OK);
    CU_ASSERT_EQUAL(memcmp(got, alone, sizeof got), 0);
    CU_ASSERT_EQUAL(m->ops->load(k, back, PAIRS, &p, NULL), DN_OK);
    CU_ASSERT_EQUAL(m->ops->predict(k, w, running, got, NULL), DN_OK);
    for (int i = 0; i < PAIRS; i++)
        CU_ASSERT_EQUAL(got[i], alone[back[i]]);
    m->ops->work_destroy(&k);
    finish();
}

/* 40,000 positions beside 1: nothing special. */
static void very_long_targets(void)
{
    static float dw[MAX_WEIGHTS];
    dn_dti_options o = middle();
    int64_t keep = lengths[5];
    float out[PAIRS];
    dn_pass p = {.train = false};
    dn_work *k;

    lengths[5] = 40000;
    make(&o);
    k = create(PAIRS);
    CU_ASSERT(isfinite(whole_pass(k, PAIRS, dw)));
    for (int64_t i = 0; i < m->n_weights; i++)
        CU_ASSERT(isfinite(dw[i]));
    CU_ASSERT_EQUAL(m->ops->load(k, made.rows, PAIRS, &p, NULL), DN_OK);
    CU_ASSERT_EQUAL(m->ops->predict(k, w, running, out, NULL), DN_OK);
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
    static float dw[MAX_WEIGHTS];
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

    make(&o);
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

/* A weight that is not a number, in any tensor, reaches the loss: no ReLU hides it from the trainer. */
static void not_a_number_is_seen(void)
{
    static float dw[MAX_WEIGHTS];
    dn_dti_options o = middle();
    dn_work *k;

    make(&o);
    k = create(PAIRS);
    for (int t = 0; t < m->n_tensors; t++) {
        float keep = w[m->tensor[t].offset];
        w[m->tensor[t].offset] = NAN;
        CU_ASSERT(isnan(whole_pass(k, PAIRS, dw)));
        w[m->tensor[t].offset] = keep;
    }
    made.state[made.state_at[5] * STATE_WIDTH] = NAN;
    CU_ASSERT(isnan(whole_pass(k, PAIRS, dw)));
    made.state[made.state_at[5] * STATE_WIDTH] = 0;
    CU_ASSERT(isfinite(whole_pass(k, PAIRS, dw)));
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
