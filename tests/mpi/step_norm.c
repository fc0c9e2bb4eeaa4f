/* step_norm.c - tests of mpi/train/step.h with the norms of mpi/train/step_norm.h: a step of PyTorch's own
 * network, many shards against one, ranks and threads, running statistics, failures */
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include "mpi/train/deal.h"
#include "mpi/train/step.h"
#include "solvers/base/alloc.h"
#include "solvers/models/gener.h"
#include "tests/support/dti_golden.h"

enum { GENES = 20, SAMPLES = 12, PAIRS = 64, MAX_WEIGHTS = 80000, MAX_MOMENTS = 2000 };

typedef struct outcome {
    float w[MAX_WEIGHTS], running[MAX_MOMENTS];
    double loss, right;
} outcome;

static dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
static outcome one, many;

/* Steps over rows 0 .. n - 1 with SGD of rate 1 on the mean, or Adam of 5e-4; `start` holds weights. */
static dn_status run(const dn_comm *comm, const dn_model *m, const dn_train_options *o, const float *start,
                     int64_t n, int steps, outcome *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_permutation order = dn_permutation_make(3, 0, (uint64_t)n);
    int64_t rows[PAIRS];
    dn_rows listed = dn_rows_listed(rows, n);
    dn_plan plan = {0};
    dn_step *step = NULL;

    for (int64_t i = 0; i < n; i++)
        rows[i] = i;
    m->ops->init(m, 7, out->w, out->running);
    memcpy(out->w, start, (size_t)m->n_weights * sizeof *start);
    st = dn_plan_even(o->shards, comm->size, &plan, err);
    if (test_same((int)st) && st != DN_OK)
        goto out;
    DN_TRY(dn_step_create(comm, m, o, &plan, &step, err));
    for (int i = 0; i < steps; i++)
        DN_TRY(dn_step_run(step, &order, &listed, 0, i, o->optimiser == DN_SGD ? 1 : 5e-4, out->w,
                           out->running, &out->loss, &out->right, err));
out:
    dn_step_destroy(&step);
    dn_plan_destroy(&plan);
    return st;
}

static dn_train_options recipe(int64_t batch, int shards, dn_norm_scope norms)
{
    return (dn_train_options){
        .batch = batch, .shards = shards, .seed = 5, .optimiser = DN_SGD, .norms = norms};
}

static void same_bits(const dn_model *m, const outcome *a, const outcome *b)
{
    CU_ASSERT_EQUAL(memcmp(a->w, b->w, (size_t)m->n_weights * sizeof(float)), 0);
    CU_ASSERT_EQUAL(memcmp(a->running, b->running, (size_t)m->n_moments * sizeof(float)), 0);
    CU_ASSERT_EQUAL(memcmp(&a->loss, &b->loss, sizeof a->loss), 0);
}

static double distance(const float *a, const float *b, int64_t n)
{
    double most = 0;

    for (int64_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]) / (1 + fabs((double)b[i]));
        if (!(d <= most))
            most = d;
    }
    return most;
}

/* ---- the drug-target network: shards of other lengths, running variance unbiased ---- */

static dti_golden gold;

static dn_dti *make_dti(int64_t joint, float dropout, float *start)
{
    static float running[MAX_MOMENTS];
    dn_dti_data data = dti_golden_data(&gold);
    dn_dti_options o = dti_golden_options(joint);
    dn_dti *dti = NULL;

    o.dropout = dropout;
    CU_ASSERT_EQUAL(dn_dti_create(&data, &o, &dti, NULL), DN_OK);
    dti->model.ops->init(&dti->model, GOLDEN_SEED, start, running);
    dti_golden_turn(&dti->model, start);
    return dti;
}

/* Whatever the shards, global norms do PyTorch's step: weights after Adam, running mean and unbiased running
 * variance. Tolerances: single against double precision, as in unit/dti.c. */
static void global_norms_like_pytorch(void)
{
    static float start[MAX_WEIGHTS];
    static double want[MAX_WEIGHTS];
    dn_dti *dti = make_dti(3, 0, start);
    const dn_model *m = &dti->model;

    for (int shards = 1; shards <= 4; shards *= 2) {
        const dn_comm *comm = shards >= test_comm.size ? &test_comm : &self;
        dn_train_options o = recipe(GOLDEN_PAIRS, shards, DN_NORMS_GLOBAL);
        o.optimiser = DN_ADAMW;
        CU_ASSERT_EQUAL(run(comm, m, &o, start, GOLDEN_PAIRS, 1, &many, NULL), DN_OK);
        dti_golden_read("joint", "loss", want, 1);
        CU_ASSERT(fabs(many.loss * GOLDEN_PAIRS - want[0]) < 1e-5);
        dti_golden_read("joint", "weights", want, m->n_weights);
        CU_ASSERT(dti_golden_distance(many.w, want, m->n_weights) < 1e-5);
        dti_golden_read("joint", "running", want, m->n_moments);
        CU_ASSERT(dti_golden_distance(many.running, want, m->n_moments) < 1e-6);
    }
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Running statistics of norm k over shards, from the shards' own moments and counts, in double. */
static void pool_shards(const dn_model *m, int shards, int64_t rows_of_shard, int k, double *out_mean,
                        double *out_variance)
{
    int64_t c = m->norm[k].channels, at = m->norm[k].offset, batch = shards * rows_of_shard;
    dn_permutation order = dn_permutation_make(3, 0, (uint64_t)batch);
    double n = 0, weighted = 0;
    int64_t all[PAIRS];
    dn_rows listed = dn_rows_listed(all, batch);
    dn_deal *deal = NULL;
    dn_work *work = NULL;
    static float start[MAX_WEIGHTS], running[MAX_MOMENTS];

    m->ops->init(m, GOLDEN_SEED, start, running);
    dti_golden_turn(m, start);
    memset(out_mean, 0, (size_t)c * sizeof *out_mean);
    memset(out_variance, 0, (size_t)c * sizeof *out_variance);
    for (int64_t i = 0; i < batch; i++)
        all[i] = i;
    CU_ASSERT_EQUAL(dn_deal_create(m, batch, shards, &deal, NULL), DN_OK);
    CU_ASSERT_EQUAL(m->ops->work_create(m, rows_of_shard, &work, NULL), DN_OK);
    for (int around = 0; around < 2; around++)
        for (int s = 0; s < shards; s++) {
            dn_pass pass = {.train = true, .seed = 5, .first = s * rows_of_shard};
            const int64_t *rows = dn_deal_rows(deal, &order, &listed, 0) + s * rows_of_shard;
            double count;
            CU_ASSERT_EQUAL(m->ops->load(work, rows, rows_of_shard, &pass, NULL), DN_OK);
            for (int phase = 0; phase < m->n_phases; phase++)
                CU_ASSERT_EQUAL(m->ops->forward(work, start, phase, NULL), DN_OK);
            count = m->ops->moment_counts(work)[k];
            if (around == 0)
                n += count;
            for (int64_t i = 0; i < c; i++) {
                double mean = (double)m->ops->moments(work)[at + i];
                if (around == 0)
                    out_mean[i] += count * mean;
                else
                    out_variance[i] +=
                        count * ((double)m->ops->moments(work)[at + c + i] + pow(mean - out_mean[i], 2));
            }
            weighted += around * count;
            if (around == 0 && s == shards - 1)
                for (int64_t i = 0; i < c; i++)
                    out_mean[i] /= n;
        }
    CU_ASSERT_EQUAL(weighted, n);
    for (int64_t i = 0; i < c; i++)
        out_variance[i] /= n - 1;
    dn_deal_destroy(&deal);
    m->ops->work_destroy(&work);
}

/* Shards hold targets of 1 to 33 positions: their moments count by positions, not evenly. */
static void running_statistics_are_weighted(void)
{
    static float start[MAX_WEIGHTS];
    static double mean[MAX_MOMENTS], variance[MAX_MOMENTS];
    dn_dti *dti = make_dti(0, 0.3f, start);
    const dn_model *m = &dti->model;
    dn_train_options o = recipe(GOLDEN_PAIRS, 4, DN_NORMS_SHARD);

    CU_ASSERT_EQUAL(run(&test_comm, m, &o, start, GOLDEN_PAIRS, 1, &many, NULL), DN_OK);
    for (int k = 0; k < m->n_norms; k++) {
        const float *got = many.running + m->norm[k].offset;
        pool_shards(m, 4, GOLDEN_PAIRS / 4, k, mean, variance);
        for (int64_t i = 0; i < m->norm[k].channels; i++) {
            CU_ASSERT_DOUBLE_EQUAL(got[i], 0.1 * mean[i], 1e-7);
            CU_ASSERT_DOUBLE_EQUAL(got[m->norm[k].channels + i], 0.9 + 0.1 * variance[i], 1e-6);
        }
    }
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- many shards against one; ranks and threads ---- */

/* Gradients (a step of SGD with rate 1) and running statistics of V = 2, 4, 8 against V = 1, with dropout;
 * again after a second step. Tolerance: sums of single numbers in another order. */
static void shards_do_not_matter(const dn_model *m, const float *start, int64_t n, int64_t batch, int most)
{
    for (int steps = 1; steps <= n / batch; steps++) {
        dn_train_options o = recipe(batch, 1, DN_NORMS_GLOBAL);
        CU_ASSERT_EQUAL(run(&self, m, &o, start, n, steps, &one, NULL), DN_OK);
        for (o.shards = 2; o.shards <= most; o.shards *= 2) {
            CU_ASSERT_EQUAL(run(&self, m, &o, start, n, steps, &many, NULL), DN_OK);
            CU_ASSERT(distance(many.w, one.w, m->n_weights) < (steps == 1 ? 5e-6 : 2e-4));
            CU_ASSERT(distance(many.running, one.running, m->n_moments) < (steps == 1 ? 1e-6 : 2e-5));
            CU_ASSERT_DOUBLE_EQUAL(many.loss, one.loss, steps == 1 ? 1e-5 : 1e-4);
        }
    }
}

static void ranks_and_threads(const dn_model *m, const float *start, int64_t n, int64_t batch, int shards,
                              dn_norm_scope norms)
{
    dn_train_options o = recipe(batch, shards, norms);

    if (test_comm.size > shards)
        return;
    omp_set_num_threads(1);
    CU_ASSERT_EQUAL(run(&self, m, &o, start, n, (int)(n / batch), &one, NULL), DN_OK);
    for (int threads = 1; threads <= 3; threads++) {
        omp_set_num_threads(threads);
        CU_ASSERT_EQUAL(run(&test_comm, m, &o, start, n, (int)(n / batch), &many, NULL), DN_OK);
        same_bits(m, &one, &many);
    }
    omp_set_num_threads(1);
}

static void drug_target_shards(void)
{
    static float start[MAX_WEIGHTS];
    dn_dti *dti = make_dti(3, 0.3f, start);

    shards_do_not_matter(&dti->model, start, GOLDEN_PAIRS, 8, 8);
    ranks_and_threads(&dti->model, start, GOLDEN_PAIRS, 4, 4, DN_NORMS_GLOBAL);
    ranks_and_threads(&dti->model, start, GOLDEN_PAIRS, 4, 4, DN_NORMS_SHARD);
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static float x[GENES * SAMPLES];
static int32_t gene_a[PAIRS], gene_b[PAIRS];
static uint8_t label[PAIRS];

static void make_gener(dn_gener *g, float *start)
{
    static float running[MAX_MOMENTS];
    dn_rng s = dn_rng_stream(9, DN_RNG_SYNTH, 0, 0);
    dn_gener_data data = {.x = x, .samples = SAMPLES, .gene_a = gene_a, .gene_b = gene_b, .label = label};
    dn_gener_options options = DN_GENER_DEFAULTS;

    for (uint64_t i = 0; i < GENES * SAMPLES; i++)
        x[i] = (float)dn_rng_normal(s, i);
    for (int64_t p = 0; p < PAIRS; p++) {
        gene_a[p] = (int32_t)(p % GENES);
        gene_b[p] = (int32_t)((p * 7 + 1) % GENES);
        label[p] = (uint8_t)(p % 3 == 0);
    }
    dn_gener_init(g, &data, &options);
    CU_ASSERT(g->model.n_weights <= MAX_WEIGHTS && g->model.n_moments <= MAX_MOMENTS);
    g->model.ops->init(&g->model, 4, start, running);
}

static void gene_pair_shards(void)
{
    static float start[MAX_WEIGHTS];
    dn_gener g;

    make_gener(&g, start);
    shards_do_not_matter(&g.model, start, 8, 8, 8);
    shards_do_not_matter(&g.model, start, 32, 32, 8);
    ranks_and_threads(&g.model, start, PAIRS, 8, 8, DN_NORMS_GLOBAL);
    ranks_and_threads(&g.model, start, PAIRS, 32, 8, DN_NORMS_SHARD);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Keras' running variance is the biased one, in either scope: a shard of the whole batch says which. */
static void gener_stays_biased(void)
{
    static float start[MAX_WEIGHTS];
    dn_train_options o = recipe(8, 1, DN_NORMS_GLOBAL);
    dn_pass pass = {.train = true, .seed = 5};
    dn_permutation order = dn_permutation_make(3, 0, 8);
    int64_t rows[8];
    dn_work *work = NULL;
    dn_gener g;
    const dn_model *m = &g.model;

    make_gener(&g, start);
    CU_ASSERT_EQUAL(run(&self, m, &o, start, 8, 1, &one, NULL), DN_OK);
    o.norms = DN_NORMS_SHARD;
    CU_ASSERT_EQUAL(run(&self, m, &o, start, 8, 1, &many, NULL), DN_OK);
    CU_ASSERT_EQUAL(m->ops->work_create(m, 8, &work, NULL), DN_OK);
    for (int i = 0; i < 8; i++)
        rows[i] = (int64_t)dn_permute(&order, (uint64_t)i);
    CU_ASSERT_EQUAL(m->ops->load(work, rows, 8, &pass, NULL), DN_OK);
    for (int phase = 0; phase < m->n_phases; phase++)
        CU_ASSERT_EQUAL(m->ops->forward(work, start, phase, NULL), DN_OK);
    for (int64_t i = 0; i < m->norm[0].channels; i++) {
        int64_t at = m->norm[0].offset + m->norm[0].channels + i;
        double want = 0.9 + 0.1 * (double)m->ops->moments(work)[at];
        CU_ASSERT_DOUBLE_EQUAL(one.running[at], want, 1e-6 * (1 + want));
        CU_ASSERT_DOUBLE_EQUAL(many.running[at], want, 1e-6 * (1 + want));
    }
    m->ops->work_destroy(&work);
}

/* ---- failures ---- */

static long passes_left = -1, passes_begun;
static const dn_model_ops *real_ops;

static dn_status count_down(dn_error *err)
{
    passes_begun++;
    if (passes_left == 0)
        return dn_error_set(err, DN_EIO, __FILE__, __LINE__, "pass refused");
    if (passes_left > 0)
        passes_left--;
    return DN_OK;
}

static dn_status failing_forward(dn_work *work, const float *w, int phase, dn_error *err)
{
    dn_status st = count_down(err);

    return st != DN_OK ? st : real_ops->forward(work, w, phase, err);
}

static dn_status failing_backward(dn_work *work, const float *w, int phase, float *dw, dn_error *err)
{
    dn_status st = count_down(err);

    return st != DN_OK ? st : real_ops->backward(work, w, phase, dw, err);
}

/* Every pass of every rank may be the one that fails, also that of the phase without norms and the last. */
static void any_pass_may_fail(void)
{
    static float start[MAX_WEIGHTS];
    dn_dti *dti = make_dti(0, 0.3f, start);
    dn_model_ops ops = *dti->model.ops;
    dn_train_options o = recipe(GOLDEN_PAIRS, 4, DN_NORMS_GLOBAL);

    real_ops = dti->model.ops;
    ops.forward = failing_forward;
    ops.backward = failing_backward;
    dti->model.ops = &ops;
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_EIO;
        long k = 0;
        for (; st != DN_OK && k < 100; k = test_next_refused(k)) {
            dn_error err = DN_ERROR_INIT;
            passes_left = test_comm.rank == r ? k : -1;
            passes_begun = 0;
            st = run(&test_comm, &dti->model, &o, start, GOLDEN_PAIRS, 1, &many, &err);
            passes_left = -1;
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_EIO && err.rank == r));
            if (k == 0) /* the others hear of it when the norms of the first phase meet */
                CU_ASSERT(passes_begun <= (4 + test_comm.size - 1) / test_comm.size);
            CU_ASSERT(st == DN_OK ||
                      memcmp(many.w, start, (size_t)dti->model.n_weights * sizeof *start) == 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        CU_ASSERT(k > 6);
    }
    dti->model.ops = real_ops;
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void any_rank_may_run_out_of_memory(void)
{
    static float start[MAX_WEIGHTS];
    dn_dti *dti = make_dti(3, 0.3f, start);
    dn_train_options o = recipe(GOLDEN_PAIRS, 4, DN_NORMS_GLOBAL);
    long model = dn_alloc_live();

    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 1000; k = test_next_refused(k)) {
            dn_error err = DN_ERROR_INIT;
            dn_alloc_fail_after(test_comm.rank == r ? k + 1 : -1); /* the plan is this test's */
            st = run(&test_comm, &dti->model, &o, start, GOLDEN_PAIRS, 1, &many, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), model);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"global norms like PyTorch", global_norms_like_pytorch},
                                {"running statistics are weighted", running_statistics_are_weighted},
                                {"drug-target shards", drug_target_shards},
                                {"gene pair shards", gene_pair_shards},
                                {"gener stays biased", gener_stays_biased},
                                {"any pass may fail", any_pass_may_fail},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "step_norm", tests);
}
