/* model_shards.c - see model_shards.h */
#include "tests/support/model_shards.h"

#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "tests/support/model_pass.h"
#include "tests/support/test.h"

enum { SEED = 2, EPOCH = 3, FEW = 9 };

static double pass(const model_case *c, dn_work *k, int64_t n, float *dw)
{
    return model_pass(c->m, k, c->w, dw, c->rows, n, &(dn_pass){.train = true, .seed = SEED, .epoch = EPOCH});
}

static void predict(const model_case *c, dn_work *k, float *out)
{
    model_predict(c->m, k, c->w, c->running, c->rows, MODEL_ROWS, out);
}

/* ---- two halves with the statistics of the whole do what one shard does ---- */

/* Both halves get mean and variance of all their values, as the trainer does with global norms. */
static void share_moments(const dn_model *m, dn_work *half[2], int phase)
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

static void share_gradients(const dn_model *m, dn_work *half[2], int phase)
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

/* Tolerance: sums of single numbers in another order; what is random is on and must follow the position. A
 * bias in front of a norm has gradient 0, so its rounding noise needs the absolute part. */
void model_norms_join_shards(const model_case *c)
{
    static float whole_dw[MODEL_WEIGHTS], dw[2][MODEL_WEIGHTS];
    static const int64_t first[2] = {0, MODEL_ROWS / 2 - 5};
    static const int64_t count[2] = {MODEL_ROWS / 2 - 5, MODEL_ROWS / 2 + 5};
    const dn_model *m = c->m;
    long live = dn_alloc_live();
    dn_work *whole = model_work(m, MODEL_ROWS), *half[2];
    double loss = pass(c, whole, MODEL_ROWS, whole_dw);

    for (int h = 0; h < 2; h++) {
        dn_pass p = {.train = true, .seed = SEED, .epoch = EPOCH, .first = first[h]};
        half[h] = model_work(m, MODEL_ROWS);
        CU_ASSERT_EQUAL(m->ops->load(half[h], c->rows + first[h], count[h], &p, NULL), DN_OK);
    }
    for (int phase = 0; phase < m->n_phases; phase++) {
        for (int h = 0; h < 2; h++)
            CU_ASSERT_EQUAL(m->ops->forward(half[h], c->w, phase, NULL), DN_OK);
        share_moments(m, half, phase);
    }
    for (int phase = m->n_phases - 1; phase >= 0; phase--) {
        for (int h = 0; h < 2; h++)
            CU_ASSERT_EQUAL(m->ops->backward(half[h], c->w, phase, dw[h], NULL), DN_OK);
        share_gradients(m, half, phase - 1);
    }
    CU_ASSERT_DOUBLE_EQUAL(model_loss(m, half[0]) + model_loss(m, half[1]), loss, 1e-4);
    for (int64_t i = 0; i < m->n_weights; i++)
        CU_ASSERT(fabs((double)(dw[0][i] + dw[1][i] - whole_dw[i])) <=
                  2e-4 + 1e-3 * fabs((double)whole_dw[i]));
    m->ops->work_destroy(&whole);
    for (int h = 0; h < 2; h++)
        m->ops->work_destroy(&half[h]);
    CU_ASSERT_EQUAL(dn_alloc_live(), live);
}

/* ---- buffers and threads ---- */

void model_used_buffer(const model_case *c)
{
    static float once[MODEL_WEIGHTS], again[MODEL_WEIGHTS];
    const dn_model *m = c->m;
    long live = dn_alloc_live();
    float out[MODEL_ROWS], first[MODEL_ROWS];
    dn_work *fresh = model_work(m, MODEL_ROWS), *used = model_work(m, MODEL_ROWS);
    double loss = pass(c, fresh, FEW, once);

    (void)pass(c, used, MODEL_ROWS, again);
    CU_ASSERT_EQUAL(pass(c, used, FEW, again), loss);
    CU_ASSERT_EQUAL(memcmp(once, again, (size_t)m->n_weights * sizeof *once), 0);
    (void)pass(c, used, MODEL_ROWS, again);
    for (int times = 0; times < 2; times++) {
        predict(c, used, times ? out : first);
        CU_ASSERT_EQUAL(pass(c, used, FEW, again), loss);
        CU_ASSERT_EQUAL(memcmp(once, again, (size_t)m->n_weights * sizeof *once), 0);
    }
    CU_ASSERT_EQUAL(memcmp(out, first, sizeof out), 0);
    m->ops->work_destroy(&fresh);
    m->ops->work_destroy(&used);
    CU_ASSERT_EQUAL(dn_alloc_live(), live);
}

typedef struct job {
    const model_case *c;
    float dw[MODEL_WEIGHTS], out[MODEL_ROWS];
    double loss;
} job;

static void *run_job(void *arg)
{
    job *j = arg;
    dn_work *k;

    omp_set_num_threads(1); /* as kernels.h asks */
    k = model_work(j->c->m, MODEL_ROWS);
    j->loss = pass(j->c, k, MODEL_ROWS, j->dw);
    predict(j->c, k, j->out);
    j->c->m->ops->work_destroy(&k);
    return NULL;
}

void model_in_threads(const model_case *c)
{
    static job alone, both[2];
    long live = dn_alloc_live();
    pthread_t thread[2];
    int before = omp_get_max_threads();

    alone.c = both[0].c = both[1].c = c;
    (void)run_job(&alone);
    omp_set_num_threads(2); /* as with OMP_NUM_THREADS=2 */
    for (int t = 0; t < 2; t++)
        CU_ASSERT_EQUAL(pthread_create(&thread[t], NULL, run_job, &both[t]), 0);
    for (int t = 0; t < 2; t++)
        CU_ASSERT_EQUAL(pthread_join(thread[t], NULL), 0);
    omp_set_num_threads(before);
    for (int t = 0; t < 2; t++) {
        CU_ASSERT_EQUAL(both[t].loss, alone.loss);
        CU_ASSERT_EQUAL(memcmp(both[t].dw, alone.dw, (size_t)c->m->n_weights * sizeof(float)), 0);
        CU_ASSERT_EQUAL(memcmp(both[t].out, alone.out, sizeof alone.out), 0);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), live);
}

/* ---- not-a-number, memory ---- */

void model_not_a_number(const model_case *c)
{
    static float dw[MODEL_WEIGHTS];
    const dn_model *m = c->m;
    long live = dn_alloc_live();
    dn_work *k = model_work(m, MODEL_ROWS);

    for (int t = 0; t < m->n_tensors; t++) {
        float *w = c->w + m->tensor[t].offset, keep = *w;
        *w = NAN;
        CU_ASSERT(isnan(pass(c, k, MODEL_ROWS, dw)));
        *w = keep;
    }
    CU_ASSERT(isfinite(pass(c, k, MODEL_ROWS, dw)));
    m->ops->work_destroy(&k);
    CU_ASSERT_EQUAL(dn_alloc_live(), live);
}

long model_refused_work(const dn_model *m, int64_t capacity)
{
    long live = dn_alloc_live(), n = 0;
    dn_status st = DN_ENOMEM;

    for (; st != DN_OK && n < 100; n++) {
        dn_work *k = NULL;

        dn_alloc_fail_after(n);
        st = m->ops->work_create(m, capacity, &k, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT((st == DN_OK && k != NULL) || (st == DN_ENOMEM && k == NULL));
        m->ops->work_destroy(&k);
        CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    return n;
}
