/* train_bf16.c - tests of training with products of bf16: the bits of one rank on any number of ranks and
 * threads, with norms of the shard and of the batch */
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include "mpi/train/train.h"
#include "solvers/base/alloc.h"
#include "tests/support/gener_data.h"

enum { TRAIN = 140, PAIRS = 200 };

static test_gener_data made;

typedef struct outcome {
    float w[TEST_GENER_WEIGHTS], running[TEST_GENER_MOMENTS];
    double loss;
} outcome;

static outcome alone, together;

static void make(dn_gener *out, dn_precision precision)
{
    made = test_gener_make(&(test_gener_shape){
        .genes = 40, .samples = 34, .pairs = PAIRS, .labels = TEST_AGREEING_FIRST, .precision = precision});
    *out = made.gener;
}

static dn_status train(const dn_comm *comm, const dn_gener *g, dn_norm_scope norms, outcome *out,
                       dn_error *err)
{
    dn_train_rows r = test_gener_rows(&made, TRAIN);
    dn_train_options o = test_gener_recipe(2);
    dn_train_result result = {.w = out->w, .running = out->running};
    dn_status st;

    o.shards = 4;
    o.decay = 0.01;
    o.norms = norms;
    memset(out, 0, sizeof *out);
    st = dn_train(comm, &g->model, &r, &o, NULL, &result, err);
    out->loss = result.best_loss;
    return st;
}

/* One epoch of plain descent, norms over the batch. */
static dn_status train_batches(const dn_comm *comm, const dn_gener *g, int64_t batch, int shards,
                               outcome *out)
{
    dn_train_rows r = test_gener_rows(&made, TRAIN);
    dn_train_options o = test_gener_recipe(1);
    dn_train_result result = {.w = out->w, .running = out->running};

    o.batch = batch;
    o.shards = shards;
    o.optimiser = DN_SGD;
    o.norms = DN_NORMS_GLOBAL;
    memset(out, 0, sizeof *out);
    return dn_train(comm, &g->model, &r, &o, NULL, &result, NULL);
}

/* Every rank also trains by itself; all must end with the same bits. */
static void ranks_and_threads(void)
{
    const dn_norm_scope scope[] = {DN_NORMS_SHARD, DN_NORMS_GLOBAL};
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_gener g;

    make(&g, DN_PRECISION_BF16);
    for (int i = 0; i < 2; i++) {
        omp_set_num_threads(1);
        CU_ASSERT_EQUAL(train(&self, &g, scope[i], &alone, NULL), DN_OK);
        for (int threads = 1 + i; threads <= 2; threads++) {
            omp_set_num_threads(threads);
            CU_ASSERT_EQUAL(train(&test_comm, &g, scope[i], &together, NULL), DN_OK);
            CU_ASSERT_EQUAL(memcmp(&alone, &together, sizeof alone), 0);
        }
        omp_set_num_threads(1);
        CU_ASSERT(alone.loss > 0 && alone.loss < 1);
    }
}

/* Shards of the fewest rows that take bf16, and of twice as many: the same batch, so nearly the same updates
 * of every tensor, though not one sum of the gradients runs in the same order. */
static void shards_of_few_rows(void)
{
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    static float start[TEST_GENER_WEIGHTS], running[TEST_GENER_MOMENTS];
    const int64_t batch = 4 * DN_GENER_BF16_ROWS;
    dn_gener g;

    make(&g, DN_PRECISION_BF16);
    g.model.ops->init(&g.model, 5, start, running);
    CU_ASSERT_EQUAL(train_batches(&self, &g, batch, 2, &alone), DN_OK);
    CU_ASSERT_EQUAL(train_batches(&test_comm, &g, batch, 4, &together), DN_OK);
    CU_ASSERT(memcmp(&alone, &together, sizeof alone) != 0);
    for (int t = 0; t < g.model.n_tensors; t++) {
        const dn_tensor_info *info = &g.model.tensor[t];
        int64_t n = info->dims[0] * (info->ndims == 2 ? info->dims[1] : 1);
        double moved = 0, apart = 0;

        for (int64_t i = info->offset; i < info->offset + n; i++) {
            double one = (double)(alone.w[i] - start[i]), other = (double)(together.w[i] - start[i]);

            moved += one * one;
            apart += (one - other) * (one - other);
        }
        if (!(sqrt(apart) <= 0.1 * sqrt(moved) + 1e-5)) {
            fprintf(stderr, "# %s: moved by %g, %g apart\n", info->name, sqrt(moved), sqrt(apart));
            CU_FAIL("a gradient of small shards is another");
        }
    }
}

/* One row a shard, as the published recipe has it: f32, to the bit. */
static void shards_of_one_row(void)
{
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_gener g;

    make(&g, DN_PRECISION_F32);
    CU_ASSERT_EQUAL(train_batches(&self, &g, 8, 8, &alone), DN_OK);
    make(&g, DN_PRECISION_BF16);
    CU_ASSERT_EQUAL(train_batches(&test_comm, &g, 8, 8, &together), DN_OK);
    CU_ASSERT_EQUAL(memcmp(&alone, &together, sizeof alone), 0);
}

/* Another arithmetic, nearly the same loss. */
static void near_f32(void)
{
    dn_gener g;
    double loss;

    make(&g, DN_PRECISION_BF16);
    CU_ASSERT_EQUAL(train(&test_comm, &g, DN_NORMS_SHARD, &together, NULL), DN_OK);
    loss = together.loss;
    make(&g, DN_PRECISION_F32);
    CU_ASSERT_EQUAL(train(&test_comm, &g, DN_NORMS_SHARD, &alone, NULL), DN_OK);
    CU_ASSERT_DOUBLE_EQUAL(loss, alone.loss, 0.02);
    CU_ASSERT(memcmp(alone.w, together.w, sizeof alone.w) != 0);
}

/* Kernels are made in the first step: memory may be refused there, too. */
static void any_rank_may_run_out_of_memory(void)
{
    dn_gener g;

    make(&g, DN_PRECISION_BF16);
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;

        for (long k = 30; st != DN_OK && k < 600; k += k) {
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = train(&test_comm, &g, DN_NORMS_SHARD, &together, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"ranks and threads", ranks_and_threads},
                                {"shards of few rows", shards_of_few_rows},
                                {"shards of one row", shards_of_one_row},
                                {"near f32", near_f32},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "train_bf16", tests);
}
