/* estimate_stages.c - tests of the probes of mpi/estimate: what they find in a small network, and what is
 * refused */
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include <time.h>
#include "mpi/estimate/estimate_screen.h"
#include "mpi/estimate/estimate_train.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/base/rng.h"
#include "solvers/models/gener.h"

enum { GENES = 40, SAMPLES = 12, PAIRS = 700, TRAIN = 530 };

static float x[GENES * SAMPLES];
static int32_t gene_a[PAIRS], gene_b[PAIRS];
static uint8_t label[PAIRS], part[PAIRS];
static dn_gener gener;
static dn_train_rows rows;

static void make_data(void)
{
    dn_rng s = dn_rng_stream(3, DN_RNG_SYNTH, 0, 0);
    dn_gener_data data = {.x = x, .samples = SAMPLES, .gene_a = gene_a, .gene_b = gene_b, .label = label};
    dn_gener_options options = DN_GENER_DEFAULTS;

    for (int i = 0; i < GENES * SAMPLES; i++)
        x[i] = (float)dn_rng_normal(s, (uint64_t)i);
    for (int p = 0; p < PAIRS; p++) {
        gene_a[p] = p % GENES;
        gene_b[p] = (p * 7 + 1) % GENES;
        label[p] = p % 3 == 0;
        part[p] = p < TRAIN ? DN_TRAIN : DN_VALIDATION;
    }
    dn_gener_init(&gener, &data, &options);
    rows = (dn_train_rows){.label = label};
    CU_ASSERT_EQUAL(dn_rows_of_part(part, PAIRS, DN_TRAIN, &rows.train, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_rows_of_part(part, PAIRS, DN_VALIDATION, &rows.validation, NULL), DN_OK);
}

static void drop_data(void)
{
    dn_rows_destroy(&rows.train);
    dn_rows_destroy(&rows.validation);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static dn_train_options recipe(void)
{
    return (dn_train_options){.epochs = 10,
                              .patience = 4,
                              .batch = 64,
                              .shards = 8,
                              .seed = 1,
                              .optimiser = DN_ADAMW,
                              .schedule = {.kind = DN_CONSTANT, .rate = 0.001, .factor = 1}};
}

static dn_estimate fresh(void)
{
    return (dn_estimate){.stage = "train", .repeats = 1, .began = dn_clock_s(), .seconds = 0.05};
}

static const dn_estimate_term *term(const dn_estimate_term *t, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(t[i].name, name) == 0)
            return &t[i];
    CU_FAIL("no such term");
    return t;
}

/* 530 pairs are 8 batches of 64 with 18 left over; 10 epochs; 170 validation rows are one block of 256. */
static void training(void)
{
    dn_train_options o = recipe();
    dn_estimate e = fresh();
    double sum = 0;

    make_data();
    CU_ASSERT_EQUAL(dn_estimate_train(&test_comm, &gener.model, &rows, &o, 1000, &e, NULL), DN_OK);
    CU_ASSERT(e.repeats == 10 && e.rounds == 80 && e.shards == 8 && e.most_ranks == 8 && e.meetings == 0);
    CU_ASSERT(e.sliced == gener.model.n_weights && e.tail > gener.model.n_moments);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(e.work, "530 training pairs: 8 steps of 64 an epoch, in 8 shards; 10 epochs at most, fewer"));
    CU_ASSERT_EQUAL(term(e.time, e.n_time, "shards")->pieces, 8);
    CU_ASSERT_EQUAL(term(e.time, e.n_time, "validation")->pieces, 1);
    CU_ASSERT(term(e.memory, e.n_memory, "moments of the optimiser")->amount ==
              8.0 * (double)gener.model.n_weights);
    CU_ASSERT(term(e.memory, e.n_memory, "data that a node shares")->amount == 1000);
    for (int i = 0; i < e.n_time; i++) {
        CU_ASSERT(isfinite(e.time[i].amount) && e.time[i].amount >= 0);
        sum += e.time[i].amount;
    }
    CU_ASSERT(sum > 0 && sum < 60);
    drop_data();
}

/* 8 steps: a checkpoint behind the 3rd, the 6th and the last. */
static void checkpoints(void)
{
    dn_train_options o = recipe();
    dn_checkpointing by_steps = {.every = 3};
    dn_estimate e = fresh(), more = fresh();

    make_data();
    CU_ASSERT_EQUAL(dn_estimate_train(&test_comm, &gener.model, &rows, &o, 0, &e, NULL), DN_OK);
    o.opt_checkpoints = &by_steps;
    CU_ASSERT_EQUAL(dn_estimate_train(&test_comm, &gener.model, &rows, &o, 0, &more, NULL), DN_OK);
    CU_ASSERT_DOUBLE_EQUAL(term(more.time, more.n_time, "checkpoints")->amount,
                           3 * term(e.time, e.n_time, "checkpoints")->amount, 1e-9);
    drop_data();
}

static int phases_with_norms(void)
{
    unsigned seen = 0;

    for (int k = 0; k < gener.model.n_norms; k++)
        seen |= 1u << gener.model.norm[k].phase;
    return __builtin_popcount(seen);
}

/* With the norms of the batch all shards of a rank are under way: fewer with every rank. */
static void norms_of_the_batch(void)
{
    dn_train_options o = recipe();
    dn_estimate e = fresh();

    make_data();
    o.norms = DN_NORMS_GLOBAL;
    o.optimiser = DN_SGD;
    CU_ASSERT_EQUAL(dn_estimate_train(&test_comm, &gener.model, &rows, &o, 0, &e, NULL), DN_OK);
    CU_ASSERT_EQUAL(term(e.memory, e.n_memory, "shards under way")->pieces, 8);
    CU_ASSERT_EQUAL(term(e.memory, e.n_memory, "moments of the optimiser")->amount, 0);
    CU_ASSERT(e.meetings == 3 * phases_with_norms() && e.tail < gener.model.n_moments);
    drop_data();
}

/* ---- a machine that does other work: every fifth step loses its core for a while ---- */

static const dn_model_ops *real_ops;
static int loads;

static dn_status interrupted_load(dn_work *work, const int64_t *at, int64_t n, const dn_pass *pass,
                                  dn_error *err)
{
    const struct timespec turn = {.tv_nsec = 30000000};

    if (pass->train && loads++ % 40 == 39) /* 8 shards a step */
        nanosleep(&turn, NULL);
    return real_ops->load(work, at, n, pass, err);
}

/* The epochs take the steps of the probe together, and those that were held up with them: 80 steps lose 30 ms
 * 16 times. Steps take far less than 2 ms, so that their median would leave that out. */
static void held_up(void)
{
    dn_train_options o = recipe();
    dn_estimate e = fresh();
    dn_model_ops ops;
    double steps;
    int threads = omp_get_max_threads();

    omp_set_num_threads(1); /* the thread whose clock is read is the one that sleeps */
    make_data();
    real_ops = gener.model.ops;
    ops = *real_ops;
    ops.load = interrupted_load;
    gener.model.ops = &ops;
    loads = 0;
    e.seconds = 0.3;
    CU_ASSERT_EQUAL(dn_estimate_train(&test_comm, &gener.model, &rows, &o, 0, &e, NULL), DN_OK);
    steps = term(e.time, e.n_time, "shards")->amount + term(e.time, e.n_time, "sums and update")->amount +
            term(e.time, e.n_time, "rest of a step")->amount;
    CU_ASSERT(steps > 0.8 * 16 * 0.030 && steps < 20);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.probe, "; other work took "));
    omp_set_num_threads(threads);
    drop_data();
}

static void refused(void)
{
    dn_train_options o = recipe();
    dn_status st = DN_ENOMEM;
    dn_estimate e;
    dn_error err = DN_ERROR_INIT;

    make_data();
    for (long k = 0; st != DN_OK && k < 2000; k += k < 60 ? 1 : 7) {
        long live = dn_alloc_live();

        e = fresh();
        e.seconds = 0;
        dn_alloc_fail_after(k);
        st = dn_estimate_train(&test_comm, &gener.model, &rows, &o, 0, &e, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    for (int bad = 0; bad < 2; bad++) {
        e = fresh();
        o.batch = bad ? 1024 : 60; /* more than there are; not 8 equal shards */
        CU_ASSERT_EQUAL(dn_estimate_train(&test_comm, &gener.model, &rows, &o, 0, &e, &err),
                        bad ? DN_EDATA : DN_EUSAGE);
    }
    o = recipe(); /* what training refuses is not estimated */
    dn_rows_destroy(&rows.validation);
    CU_ASSERT_EQUAL(dn_rows_of_part(part, PAIRS, DN_TEST, &rows.validation, NULL), DN_OK);
    e = fresh();
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(dn_estimate_train(&test_comm, &gener.model, &rows, &o, 0, &e, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "the validation part needs both classes"));
    drop_data();
}

/* Times 0.8 every 2,500 updates (a real exponent) 0.01 is below 1e-7 after log(1e5) / log(1.25) x 2,500 =
 * 128,986. */
static void epochs_of_a_schedule(void)
{
    dn_train_options o = {.epochs = 300,
                          .schedule = {.kind = DN_STEPWISE, .rate = 0.01, .factor = 0.8, .every = 2500},
                          .least_rate = 1e-7};

    CU_ASSERT_EQUAL(dn_estimate_epochs(&o, 1000), 129);
    CU_ASSERT_EQUAL(dn_estimate_epochs(&o, 130000), 1);
    CU_ASSERT_EQUAL(dn_estimate_epochs(&o, 10), 300);
    o.least_rate = 0;
    CU_ASSERT_EQUAL(dn_estimate_epochs(&o, 1000), 300);
}

static double bilinear(const double *c, double a, double b)
{
    return c[0] + c[1] * a + c[2] * b + c[3] * a * b;
}

static void growth_of_a_screen(void)
{
    static const double u[] = {32, 64}, v[] = {16, 48}, one[] = {8, 8};
    static const double planted[][4] = {{1, 0.5, 0.25, 0.01}, {0, 0, 0, 0.3}, {2, 0, 0.1, 0}};
    double t[4], c[4];

    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 4; i++)
            t[i] = bilinear(planted[k], u[i % 2], v[i / 2]);
        dn_estimate_bilinear(u, v, t, c);
        for (int i = 0; i < 4; i++)
            CU_ASSERT_DOUBLE_EQUAL(c[i], planted[k][i], 1e-9);
    }
    /* noise: the largest screen is believed, and nothing shrinks as it grows */
    static const double noise[][4] = {{9, 1, 1, 2}, {1, 5, 5, 4}, {0, 0, 0, 3}};
    for (int k = 0; k < 3; k++) {
        dn_estimate_bilinear(u, v, noise[k], c);
        CU_ASSERT_DOUBLE_EQUAL(bilinear(c, u[1], v[1]), noise[k][3], 1e-9);
        for (int i = 0; i < 4; i++)
            CU_ASSERT(c[i] >= 0);
    }
    /* one target only: all growth is that of the drugs */
    t[0] = t[2] = 2;
    t[1] = t[3] = 3;
    dn_estimate_bilinear(u, one, t, c);
    CU_ASSERT_DOUBLE_EQUAL(bilinear(c, 128, 8), 5, 1e-9);
    CU_ASSERT_EQUAL(dn_screen_keep_bytes(3, 2, 1000), 144000);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"training", training},
                                    {"checkpoints within an epoch", checkpoints},
                                    {"norms of the batch", norms_of_the_batch},
                                    {"steps that are held up", held_up},
                                    {"refused memory and options", refused},
                                    {"epochs of a schedule", epochs_of_a_schedule},
                                    {"growth of a screen", growth_of_a_screen},
                                    {NULL, NULL}};

    return test_main(argc, argv, "estimate_stages", tests);
}
