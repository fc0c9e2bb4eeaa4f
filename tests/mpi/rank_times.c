/* rank_times.c - tests of mpi/train/rank_times.h: waiting is told from exchanging, the slow rank is found, no
 * bit changes */
#include "mpi/train/rank_times.h"

#include <math.h>
#include <string.h>
#include <time.h>
#include "mpi/train/train.h"
#include "solvers/base/alloc.h"
#include "tests/support/gener_data.h"
#include "tests/support/test.h"

enum {
    PAIRS = 400,
    TRAIN = 300,
    EPOCHS = 6,
    SHARDS = TEST_GENER_SHARDS,
    SLOWER_MS = 40, /* by which the slow rank is slower in a step, at first */
    LONGEST_MS = 360
};

static test_gener_data made;
static float plain[TEST_GENER_WEIGHTS], watched[TEST_GENER_WEIGHTS], running[TEST_GENER_MOMENTS];

/* ---- numbers that are known ---- */

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

/* A step of 10 ms: rank i % size comes last to the exchange of step i, which takes 1 ms; rank r waits for it
 * 2 r ms more. */
static void waiting_is_what_exceeds_the_last_to_come(void)
{
    dn_rank_times *t = NULL;
    const dn_rank_row *row;
    int size = test_comm.size, r = test_comm.rank;

    CU_ASSERT_EQUAL(dn_rank_times_create(&test_comm, &t, NULL), DN_OK);
    if (t == NULL)
        return;
    for (int again = 1; again <= 2; again++) { /* a report begins anew */
        int steps = 3 * size * again;

        for (int i = 0; i < steps; i++)
            dn_rank_times_step(t, 0.010, i % size == r ? 0.001 : 0.001 + 0.002 * r);
        row = dn_rank_times_report(t);
        CU_ASSERT((row != NULL) == (r == 0));
        for (int q = 0; row != NULL && q < size; q++) {
            double waited = 2.0 * q * (size - 1) / size;

            CU_ASSERT_EQUAL(row[q].rank, q);
            CU_ASSERT(row[q].host[0] != '\0' && row[q].memory_mb > 1);
            CU_ASSERT(near(row[q].exchange_ms, 1));
            CU_ASSERT(near(row[q].wait_ms, waited));
            CU_ASSERT(near(row[q].compute_ms, 9 - waited));
        }
    }
    dn_rank_times_destroy(&t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Beyond so many steps an interval is told by the first of them; without any there is nothing to tell. */
static void long_and_empty_intervals(void)
{
    dn_rank_times *t = NULL;
    const dn_rank_row *row;

    CU_ASSERT_EQUAL(dn_rank_times_create(&test_comm, &t, NULL), DN_OK);
    if (t == NULL)
        return;
    CU_ASSERT_FALSE(dn_rank_times_due(t, 0)); /* no step yet */
    for (int i = 0; i < 2 * DN_RANK_TIMES_STEPS; i++)
        dn_rank_times_step(t, i < DN_RANK_TIMES_STEPS ? 0.004 : 1, i < DN_RANK_TIMES_STEPS ? 0.001 : 1);
    CU_ASSERT(dn_rank_times_due(t, 0));
    CU_ASSERT_FALSE(dn_rank_times_due(t, 1000));
    row = dn_rank_times_report(t);
    CU_ASSERT(row == NULL || (near(row[0].compute_ms, 3) && near(row[0].exchange_ms, 1)));
    row = dn_rank_times_report(t);
    CU_ASSERT(row == NULL || (near(row[0].compute_ms, 0) && near(row[0].wait_ms, 0)));
    dn_rank_times_destroy(&t);
    dn_rank_times_destroy(&t); /* NULL is fine */
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void any_rank_may_run_out_of_memory(void)
{
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 100; k++) {
            dn_rank_times *t = NULL;
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_rank_times_create(&test_comm, &t, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r && t == NULL));
            dn_rank_times_destroy(&t);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

/* ---- a training of which one rank is slow ---- */

static dn_status train(const dn_model *m, dn_norm_scope norms, const dn_train_hooks *hooks, float *w,
                       dn_error *err)
{
    dn_train_rows r = test_gener_rows(&made, TRAIN);
    dn_train_options o = test_gener_recipe(EPOCHS);
    dn_train_result result = {.w = w, .running = running};

    o.norms = norms;
    return dn_train(&test_comm, m, &r, &o, hooks, &result, err);
}

static const dn_model_ops *real_ops;
static int slower_ms;

/* The slow rank takes longer over the first pass of every shard, by the same time a step on any ranks. */
static dn_status slow_forward(dn_work *work, const float *w, int phase, dn_error *err)
{
    const struct timespec nap = {.tv_nsec = 1000000LL * slower_ms * test_comm.size / SHARDS};

    if (phase == 0 && test_comm.rank == test_comm.size - 1)
        nanosleep(&nap, NULL);
    return real_ops->forward(work, w, phase, err);
}

typedef struct seen {
    int reports, n;
    dn_rank_row row[8]; /* of the last report */
} seen;

static void note(void *ctx, const dn_rank_row *row, int n)
{
    seen *s = ctx;

    s->reports++;
    s->n = n;
    memcpy(s->row, row, (size_t)(n < 8 ? n : 8) * sizeof *row);
}

/* Whether the rows tell the slow rank from the others. */
static bool check(const seen *s)
{
    int last = test_comm.size - 1;
    bool found = true;

    CU_ASSERT(s->reports > 0 && s->n == test_comm.size);
    for (int r = 0; r < s->n && r < 8; r++) {
        const dn_rank_row *a = &s->row[r], *slow = &s->row[last];

        CU_ASSERT_EQUAL(a->rank, r);
        CU_ASSERT(a->compute_ms > 0 && a->exchange_ms >= 0 && a->wait_ms >= 0);
        if (r < last)
            found = found && a->compute_ms < slow->compute_ms && a->wait_ms > slow->wait_ms &&
                    a->wait_ms > 0.4 * slower_ms; /* half of it, on a machine that does other work */
    }
    if (last == 0)
        CU_ASSERT(s->row[0].wait_ms == 0);
    return found;
}

/* Train and watch it, which changes no bit. The same on every rank. */
static bool is_found(dn_norm_scope norms)
{
    dn_gener copy = made.gener;
    dn_model_ops ops = *real_ops;
    seen s = {.reports = 0};
    const dn_train_hooks hooks = {.ctx = &s, .ranks = note};
    bool same;
    int found = 0;

    ops.forward = slow_forward;
    copy.model.ops = &ops;
    CU_ASSERT_EQUAL(train(&made.gener.model, norms, NULL, plain, NULL), DN_OK);
    CU_ASSERT_EQUAL(train(&copy.model, norms, &hooks, watched, NULL), DN_OK);
    same = memcmp(plain, watched, (size_t)made.gener.model.n_weights * sizeof *plain) == 0;
    CU_ASSERT(same);
    if (test_comm.rank == 0)
        found = check(&s);
    MPI_Bcast(&found, 1, MPI_INT, 0, test_comm.mpi);
    return found != 0;
}

/* Where other work holds ranks up for longer than the slow one is slower, it is made slower still. */
static void the_slow_rank_is_found(void)
{
    made = test_gener_make(&(test_gener_shape){.genes = 30, .samples = 12, .pairs = PAIRS});
    real_ops = made.gener.model.ops;
    for (int norms = DN_NORMS_SHARD; norms <= DN_NORMS_GLOBAL; norms++) {
        bool found = false;

        for (slower_ms = SLOWER_MS; !found && slower_ms <= LONGEST_MS; slower_ms *= 3)
            found = is_found((dn_norm_scope)norms);
        CU_ASSERT(found);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {
        {"waiting is what exceeds the last to come", waiting_is_what_exceeds_the_last_to_come},
        {"long and empty intervals", long_and_empty_intervals},
        {"any rank may run out of memory", any_rank_may_run_out_of_memory},
        {"the slow rank is found", the_slow_rank_is_found},
        {NULL, NULL}};

    return test_main(argc, argv, "rank_times", tests);
}
