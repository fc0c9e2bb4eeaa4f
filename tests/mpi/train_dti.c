/* train_dti.c - the drug-target network under mpi/train: the bits of one rank on any number, something
 * learnt, scores without company, memory refused on any rank */
#include "tests/support/dti_data.h"
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include "mpi/train/score.h"
#include "mpi/train/train.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/models/dti.h"

enum {
    DRUGS = 30,
    TARGETS = 25,
    PAIRS = 600,
    TRAIN = 480,
    VALIDATION = 120,
    ATOM_WIDTH = 4,
    STATE_WIDTH = 6,
    MAX_WEIGHTS = 10000,
    MAX_MOMENTS = 200
};

static test_dti_data made;
static dn_dti *dti;

/* Even drugs activate targets of the first kind, odd drugs those of the second: neither side alone says
 * anything, so only a network in which the sides meet can learn it. */
static void make_data(void)
{
    dn_rng s = dn_rng_stream(3, DN_RNG_SYNTH, 0, 0);
    int64_t n_atoms[DRUGS], lengths[TARGETS];
    const test_dti_shape shape = {.drugs = DRUGS,
                                  .atom_width = ATOM_WIDTH,
                                  .n_atoms = n_atoms,
                                  .targets = TARGETS,
                                  .state_width = STATE_WIDTH,
                                  .lengths = lengths,
                                  .pairs = PAIRS};
    dn_dti_options options = {.gcn1 = 16,
                              .gcn2 = 16,
                              .drug_out = 12,
                              .conv1 = 12,
                              .conv2 = 16,
                              .target_out = 12,
                              .joint = 16,
                              .heads = 2,
                              .dropout = 0.1f,
                              .positive_weight = 1.1f};

    for (int64_t d = 0; d < DRUGS; d++)
        n_atoms[d] = 1 + d;
    for (int64_t t = 0; t < TARGETS; t++)
        lengths[t] = 1 + 9 * t;
    made = test_dti_make(&shape);
    for (int64_t d = 0; d < DRUGS; d++)
        for (int64_t i = made.atom_at[d] * ATOM_WIDTH; i < made.atom_at[d + 1] * ATOM_WIDTH; i++)
            made.atom[i] =
                (float)dn_rng_uniform(s, (uint64_t)i) + (i % ATOM_WIDTH == 0 && d % 2 == 0 ? 1.0f : 0);
    for (int64_t t = 0; t < TARGETS; t++)
        for (int64_t i = made.state_at[t] * STATE_WIDTH; i < made.state_at[t + 1] * STATE_WIDTH; i++)
            made.state[i] = (float)dn_rng_uniform(s, (uint64_t)(1000000 + i)) +
                            (i % STATE_WIDTH == 0 && t % 2 == 0 ? 1.5f : 0);
    for (int64_t p = 0; p < PAIRS; p++) {
        made.drug[p] = (int64_t)dn_rng_below(s, (uint64_t)(2000000 + p), DRUGS);
        made.target[p] = (int64_t)dn_rng_below(s, (uint64_t)(3000000 + p), TARGETS);
        made.label[p] = made.drug[p] % 2 == made.target[p] % 2;
    }
    CU_ASSERT_EQUAL(dn_dti_create(&made.data, &options, &dti, NULL), DN_OK);
    CU_ASSERT(dti->model.n_weights <= MAX_WEIGHTS && dti->model.n_moments <= MAX_MOMENTS);
}

typedef struct outcome {
    float w[MAX_WEIGHTS], running[MAX_MOMENTS];
    double loss, auroc;
} outcome;

static outcome alone, together;

static dn_status train(const dn_comm *comm, int64_t epochs, const char *plan, outcome *out, dn_error *err)
{
    dn_train_rows r = {.train = dn_rows_listed(made.rows, TRAIN),
                       .validation = dn_rows_listed(made.rows + TRAIN, VALIDATION),
                       .label = made.label};
    dn_train_options o = {.epochs = epochs,
                          .patience = epochs,
                          .batch = 48,
                          .shards = 4,
                          .seed = 5,
                          .optimiser = DN_ADAMW,
                          .schedule = {.kind = DN_CONSTANT, .rate = 3e-3, .factor = 1, .every = 1},
                          .opt_plan = plan};
    dn_train_result result = {.w = out->w, .running = out->running};
    dn_status st = dn_train(comm, &dti->model, &r, &o, NULL, &result, err);

    out->loss = result.best_loss;
    out->auroc = result.best_auroc;
    return st;
}

static void same_bits(void)
{
    size_t weights = (size_t)dti->model.n_weights, moments = (size_t)dti->model.n_moments;

    CU_ASSERT_EQUAL(memcmp(alone.w, together.w, weights * sizeof(float)), 0);
    CU_ASSERT_EQUAL(memcmp(alone.running, together.running, moments * sizeof(float)), 0);
    CU_ASSERT_EQUAL(memcmp(&alone.loss, &together.loss, sizeof alone.loss), 0);
}

/* Every rank also trains by itself; all must end with the same bits. */
static void ranks_and_threads(void)
{
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    const char *const plan[] = {"4", "3,1", "1,1,2", "1,1,1,1"};

    omp_set_num_threads(1);
    CU_ASSERT_EQUAL(train(&self, 3, NULL, &alone, NULL), DN_OK);
    for (int threads = 1; threads <= 2; threads++) {
        omp_set_num_threads(threads);
        CU_ASSERT_EQUAL(train(&test_comm, 3, NULL, &together, NULL), DN_OK);
        same_bits();
    }
    omp_set_num_threads(1);
    if (test_comm.size > 4)
        return;
    CU_ASSERT_EQUAL(train(&test_comm, 3, plan[test_comm.size - 1], &together, NULL), DN_OK);
    same_bits();
}

static void learns_what_neither_side_says(void)
{
    CU_ASSERT_EQUAL(train(&test_comm, 40, NULL, &together, NULL), DN_OK);
    CU_ASSERT(together.auroc > 0.9);
}

/* The epoch is chosen by the loss that is trained: positives weigh positive_weight. */
static void validation_loss_is_the_trained_one(void)
{
    static float score[VALIDATION];
    double sum = 0;

    CU_ASSERT_EQUAL(
        dn_score(&test_comm, &dti->model, alone.w, alone.running, made.rows + TRAIN, VALIDATION, score, NULL),
        DN_OK);
    for (int i = 0; i < VALIDATION; i++)
        sum -= made.label[TRAIN + i] ? (double)dti->options.positive_weight * log((double)score[i])
                                     : log(1 - (double)score[i]);
    CU_ASSERT_DOUBLE_EQUAL(alone.loss, sum / VALIDATION, 1e-9);
}

static void scores_do_not_depend_on_company(void)
{
    static float all[PAIRS], some[7];
    const int64_t few[7] = {3, 599, 3, 255, 256, 511, 40};

    CU_ASSERT_EQUAL(dn_score(&test_comm, &dti->model, alone.w, alone.running, made.rows, PAIRS, all, NULL),
                    DN_OK);
    CU_ASSERT_EQUAL(dn_score(&test_comm, &dti->model, alone.w, alone.running, few, 7, some, NULL), DN_OK);
    for (int i = 0; i < 7; i++)
        CU_ASSERT_EQUAL(memcmp(&some[i], &all[few[i]], sizeof some[i]), 0);
}

static void any_rank_may_run_out_of_memory(void)
{
    long model = dn_alloc_live();

    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 1000; k += 1 + k / 8) {
            dn_error err = DN_ERROR_INIT;
            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = train(&test_comm, 1, NULL, &together, &err);
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

static const dn_test tests[] = {{"data", make_data},
                                {"ranks and threads", ranks_and_threads},
                                {"validation loss is the trained one", validation_loss_is_the_trained_one},
                                {"learns what neither side says", learns_what_neither_side_says},
                                {"scores do not depend on company", scores_do_not_depend_on_company},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "train_dti", tests);
}
