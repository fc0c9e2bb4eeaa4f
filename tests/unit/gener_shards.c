/* gener_shards.c - tests of solvers/models/gener.h: shards, their norms, threads, refused memory,
 * not-a-number */
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/models/gener.h"

enum { SAMPLES = 40, GENES = 15, PAIRS = 24, HALF = PAIRS / 2, MAX_WEIGHTS = 110000, MAX_MOMENTS = 1200 };

static float x[GENES * SAMPLES], w[MAX_WEIGHTS], running[MAX_MOMENTS];
static int32_t gene_a[PAIRS], gene_b[PAIRS];
static int64_t rows[PAIRS];
static uint8_t label[PAIRS];
static dn_gener gener;
static const dn_model *const m = &gener.model;

static void make(void)
{
    dn_rng s = dn_rng_stream(9, DN_RNG_SYNTH, 0, 0);
    dn_gener_data data = {.x = x, .samples = SAMPLES, .gene_a = gene_a, .gene_b = gene_b, .label = label};
    dn_gener_options options = DN_GENER_DEFAULTS;

    for (uint64_t i = 0; i < GENES * SAMPLES; i++)
        x[i] = (float)dn_rng_normal(s, i);
    for (int64_t p = 0; p < PAIRS; p++) {
        rows[p] = p;
        gene_a[p] = (int32_t)(p % GENES);
        gene_b[p] = (int32_t)((p * 4 + 1) % GENES);
        label[p] = (uint8_t)(p % 3 == 0);
    }
    dn_gener_init(&gener, &data, &options);
    CU_ASSERT(m->n_weights <= MAX_WEIGHTS && m->n_moments <= MAX_MOMENTS);
    m->ops->init(m, 4, w, running);
}

static dn_work *create(int64_t capacity)
{
    dn_work *k = NULL;

    CU_ASSERT_EQUAL(m->ops->work_create(m, capacity, &k, NULL), DN_OK);
    return k;
}

static void load(dn_work *k, int64_t first, int64_t n)
{
    dn_pass p = {.train = true, .seed = 2, .epoch = 3, .first = first};

    CU_ASSERT_EQUAL(m->ops->load(k, rows + first, n, &p, NULL), DN_OK);
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

/* Both halves get mean and variance of all their values, as the trainer does with global norms. */
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

/* Tolerance: sums of single numbers in another order; dropout and swaps are on and must follow the position.
 * A bias in front of a norm has gradient 0, so its rounding noise needs the absolute part. */
static void global_norms_join_shards(void)
{
    static float whole_dw[MAX_WEIGHTS], dw[2][MAX_WEIGHTS];
    static const int64_t first[2] = {0, HALF - 5}, count[2] = {HALF - 5, HALF + 5};
    dn_work *whole, *half[2];
    double loss;

    make();
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
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* What a buffer held before leaves no trace, to the last bit. */
static void a_used_buffer_is_as_good_as_new(void)
{
    static float once[MAX_WEIGHTS], again[MAX_WEIGHTS];
    dn_work *fresh, *used;
    double loss;

    make();
    fresh = create(PAIRS);
    used = create(PAIRS);
    loss = whole_pass(fresh, 9, once);
    (void)whole_pass(used, PAIRS, again);
    CU_ASSERT_EQUAL(whole_pass(used, 9, again), loss);
    CU_ASSERT_EQUAL(memcmp(once, again, (size_t)m->n_weights * sizeof *once), 0);
    m->ops->work_destroy(&fresh);
    m->ops->work_destroy(&used);
}

/* ---- threads ---- */

typedef struct job {
    float dw[MAX_WEIGHTS];
    double loss;
} job;

static void *run_job(void *arg)
{
    job *j = arg;
    dn_work *k = NULL;

    omp_set_num_threads(1); /* as kernels.h asks */
    k = create(PAIRS);
    j->loss = whole_pass(k, PAIRS, j->dw);
    m->ops->work_destroy(&k);
    return NULL;
}

static void threads_do_not_change_a_bit(void)
{
    static job alone, both[2];
    pthread_t thread[2];
    int before = omp_get_max_threads();

    make();
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
    }
}

/* ---- prediction, memory, not-a-number ---- */

/* With swap on, (a, b) and (b, a) are the same pair. */
static void predictions_are_symmetric(void)
{
    static int32_t keep[PAIRS];
    dn_pass p = {.train = false};
    float ab[PAIRS], ba[PAIRS];
    dn_work *k;

    make();
    k = create(PAIRS);
    CU_ASSERT_EQUAL(m->ops->load(k, rows, PAIRS, &p, NULL), DN_OK);
    CU_ASSERT_EQUAL(m->ops->predict(k, w, running, ab, NULL), DN_OK);
    memcpy(keep, gene_a, sizeof keep);
    memcpy(gene_a, gene_b, sizeof keep);
    memcpy(gene_b, keep, sizeof keep);
    CU_ASSERT_EQUAL(m->ops->load(k, rows, PAIRS, &p, NULL), DN_OK);
    CU_ASSERT_EQUAL(m->ops->predict(k, w, running, ba, NULL), DN_OK);
    for (int i = 0; i < PAIRS; i++) {
        CU_ASSERT(ab[i] > 0 && ab[i] < 1);
        CU_ASSERT_DOUBLE_EQUAL(ab[i], ba[i], 1e-6);
    }
    m->ops->work_destroy(&k);
}

static void memory_may_be_refused(void)
{
    dn_status st = DN_ENOMEM;

    make();
    for (long n = 0; st != DN_OK && n < 100; n++) {
        dn_work *k = NULL;

        dn_alloc_fail_after(n);
        st = m->ops->work_create(m, 3, &k, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && k == NULL));
        m->ops->work_destroy(&k);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

/* A weight that is not a number, in any tensor, reaches the loss: no ReLU hides it from the trainer. */
static void not_a_number_is_seen(void)
{
    static float dw[MAX_WEIGHTS];
    dn_work *k;

    make();
    k = create(PAIRS);
    for (int t = 0; t < m->n_tensors; t++) {
        float keep = w[m->tensor[t].offset];
        w[m->tensor[t].offset] = NAN;
        CU_ASSERT(isnan(whole_pass(k, PAIRS, dw)));
        w[m->tensor[t].offset] = keep;
    }
    CU_ASSERT(isfinite(whole_pass(k, PAIRS, dw)));
    m->ops->work_destroy(&k);
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
