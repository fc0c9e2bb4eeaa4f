/* train.c - tests of mpi/train/train.h: the bits of one rank on any number, whatever plan, threads and
 * failures */
#include "tests/support/test.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/train/score.h"
#include "mpi/train/train.h"
#include "solvers/base/alloc.h"
#include "tests/support/gener_data.h"

enum { PAIRS = 700, TRAIN = 530 };

static test_gener_data made;

typedef struct outcome {
    float w[TEST_GENER_WEIGHTS], running[TEST_GENER_MOMENTS];
    double loss;
    int64_t shards_done;
} outcome;

static dn_train_options recipe(const char *plan)
{
    dn_train_options o = test_gener_recipe(3);

    o.decay = 0.01;
    o.opt_plan = plan;
    return o;
}

static dn_status train(const dn_comm *comm, const dn_model *m, const char *plan, const dn_train_hooks *hooks,
                       outcome *out, dn_error *err)
{
    dn_train_rows r = test_gener_rows(&made, TRAIN);
    dn_train_options o = recipe(plan);
    dn_train_result result = {.w = out->w, .running = out->running};
    dn_status st = dn_train(comm, m, &r, &o, hooks, &result, err);

    out->loss = result.best_loss;
    out->shards_done = result.shards_done;
    return st;
}

static void same_bits(const outcome *a, const outcome *b)
{
    CU_ASSERT_EQUAL(memcmp(a->w, b->w, (size_t)made.gener.model.n_weights * sizeof *a->w), 0);
    CU_ASSERT_EQUAL(memcmp(a->running, b->running, (size_t)made.gener.model.n_moments * sizeof *a->running),
                    0);
    CU_ASSERT_EQUAL(memcmp(&a->loss, &b->loss, sizeof a->loss), 0);
}

static outcome alone, together;

/* Every rank also trains by itself; all must end with the same bits. */
static void ranks_and_threads(void)
{
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};

    made = test_gener_make(
        &(test_gener_shape){.genes = 40, .samples = 12, .pairs = PAIRS, .labels = TEST_AGREEING});
    omp_set_num_threads(1);
    CU_ASSERT_EQUAL(train(&self, &made.gener.model, NULL, NULL, &alone, NULL), DN_OK);
    for (int threads = 1; threads <= 3; threads++) {
        omp_set_num_threads(threads);
        CU_ASSERT_EQUAL(train(&test_comm, &made.gener.model, NULL, NULL, &together, NULL), DN_OK);
        same_bits(&alone, &together);
    }
    omp_set_num_threads(1);
    CU_ASSERT(alone.loss > 0 && alone.loss < 1);
}

/* A plan that only rank 0 knows of moves the work, not the bits. */
static void uneven_plan(void)
{
    static const char *const plan[] = {"8", "7,1", "1,5,2", "3,1,1,3"};
    static const int64_t wanted[][4] = {{8}, {7, 1}, {1, 5, 2}, {3, 1, 1, 3}};
    const int64_t steps = 3 * (TRAIN / 64);

    if (test_comm.size > 4)
        return;
    CU_ASSERT_EQUAL(train(&test_comm, &made.gener.model,
                          test_comm.rank == 0 ? plan[test_comm.size - 1] : NULL, NULL, &together, NULL),
                    DN_OK);
    same_bits(&alone, &together);
    CU_ASSERT_EQUAL(together.shards_done, steps * wanted[test_comm.size - 1][test_comm.rank]);
}

/* 8 steps an epoch, halved by each: 1e-3 is below 1e-5 after step 7, so the first epoch is the last. A rate
 * that is never too small lets all epochs run. */
static void a_tiny_rate_ends_the_run(void)
{
    dn_train_rows r = test_gener_rows(&made, TRAIN);
    dn_train_options o = recipe(NULL);
    dn_train_result result = {.w = together.w, .running = together.running};

    o.schedule = (dn_schedule){.kind = DN_STEPWISE, .rate = 1e-3, .factor = 0.5, .every = 1};
    o.least_rate = 1e-5;
    CU_ASSERT_EQUAL(dn_train(&test_comm, &made.gener.model, &r, &o, NULL, &result, NULL), DN_OK);
    CU_ASSERT_EQUAL(result.epochs, 1);
    o.least_rate = 1e-12;
    CU_ASSERT_EQUAL(dn_train(&test_comm, &made.gener.model, &r, &o, NULL, &result, NULL), DN_OK);
    CU_ASSERT_EQUAL(result.epochs, 3);
}

/* ---- failures ---- */

static long forward_calls_left = -1;
static const dn_model_ops *real_ops;

static dn_status failing_forward(dn_work *work, const float *w, int phase, dn_error *err)
{
    if (forward_calls_left == 0)
        return dn_error_set(err, DN_EIO, __FILE__, __LINE__, "forward refused");
    if (forward_calls_left > 0)
        forward_calls_left--;
    return real_ops->forward(work, w, phase, err);
}

static void a_failing_shard_stops_everyone(void)
{
    dn_model broken = made.gener.model;
    dn_model_ops ops = *broken.ops;
    dn_gener copy = made.gener;

    real_ops = made.gener.model.ops;
    ops.forward = failing_forward;
    copy.model = broken;
    copy.model.ops = &ops;
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_error err = DN_ERROR_INIT;
        forward_calls_left = test_comm.rank == r ? 50 : -1;
        CU_ASSERT_EQUAL(train(&test_comm, &copy.model, NULL, NULL, &together, &err), DN_EIO);
        CU_ASSERT_EQUAL(err.rank, r);
        forward_calls_left = -1;
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static dn_status full_disk(void *ctx, const dn_epoch_report *report, dn_error *err)
{
    (void)ctx;
    return report->epoch == 2 ? dn_error_set(err, DN_EIO, __FILE__, __LINE__, "no space left") : DN_OK;
}

static void a_failing_hook_stops_everyone(void)
{
    dn_train_hooks hooks = {.epoch = full_disk};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(train(&test_comm, &made.gener.model, NULL, &hooks, &together, &err), DN_EIO);
    CU_ASSERT_EQUAL(err.rank, 0);
}

/* Refuse allocation k on rank r, for some k and every r. */
static void any_rank_may_run_out_of_memory(void)
{
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 400; k += 1 + k / 8) {
            dn_error err = DN_ERROR_INIT;
            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = train(&test_comm, &made.gener.model, NULL, NULL, &together, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static void wrong_input(void)
{
    dn_error ranks = DN_ERROR_INIT, one_class = DN_ERROR_INIT;
    dn_train_rows r = {.train = dn_rows_listed(made.rows, 20),
                       .validation = dn_rows_listed(made.rows, 1),
                       .label = made.label};
    dn_train_options o = recipe(NULL);
    dn_train_result result = {.w = together.w, .running = together.running};

    CU_ASSERT_EQUAL(dn_train(&test_comm, &made.gener.model, &r, &o, NULL, &result, NULL),
                    DN_EDATA); /* less than a batch */
    r.train.n = TRAIN;
    CU_ASSERT_EQUAL(dn_train(&test_comm, &made.gener.model, &r, &o, NULL, &result, &one_class), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(one_class.text, "both classes"));
    o.shards = 1;
    CU_ASSERT_EQUAL(dn_train(&test_comm, &made.gener.model, &r, &o, NULL, &result, &ranks),
                    test_comm.size > 1 ? DN_ECONFIG : DN_EDATA);
}

/* A score depends on the pair alone, not on its neighbours, the ranks or the threads. */
static void scores_do_not_depend_on_company(void)
{
    static float all[PAIRS], some[7];
    const int64_t few[7] = {3, 699, 3, 255, 256, 511, 40};

    CU_ASSERT_EQUAL(
        dn_score(&test_comm, &made.gener.model, alone.w, alone.running, made.rows, PAIRS, all, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_score(&test_comm, &made.gener.model, alone.w, alone.running, few, 7, some, NULL),
                    DN_OK);
    for (int i = 0; i < 7; i++)
        CU_ASSERT_EQUAL(memcmp(&some[i], &all[few[i]], sizeof some[i]), 0);
    CU_ASSERT_EQUAL(dn_score(&test_comm, &made.gener.model, alone.w, alone.running, few, 0, some, NULL),
                    DN_OK);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"ranks and threads", ranks_and_threads},
                                {"uneven plan", uneven_plan},
                                {"a tiny rate ends the run", a_tiny_rate_ends_the_run},
                                {"a failing shard stops everyone", a_failing_shard_stops_everyone},
                                {"a failing hook stops everyone", a_failing_hook_stops_everyone},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {"wrong input", wrong_input},
                                {"scores do not depend on company", scores_do_not_depend_on_company},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "train", tests);
}
