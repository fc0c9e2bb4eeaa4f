/* profile.c - tests of mpi/train/profile.h: columns add up to the step, all ranks are there, no bit changes
 */
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/train/train.h"
#include "solvers/base/alloc.h"
#include "tests/support/gener_data.h"

enum { PAIRS = 400, TRAIN = 300, EPOCHS = 1, BATCH = TEST_GENER_BATCH, SHARDS = TEST_GENER_SHARDS };

static test_gener_data made;
static float plain[TEST_GENER_WEIGHTS], profiled[TEST_GENER_WEIGHTS], running[TEST_GENER_MOMENTS];

static dn_status train(dn_profile *profile, dn_norm_scope norms, float *w, dn_error *err)
{
    dn_train_rows r = test_gener_rows(&made, TRAIN);
    dn_train_options o = test_gener_recipe(EPOCHS);
    dn_train_result result = {.w = w, .running = running};

    o.norms = norms;
    o.opt_profile = profile;
    return dn_train(&test_comm, &made.gener.model, &r, &o, NULL, &result, err);
}

/* Up to rounding: the entries are differences of one row of readings. */
static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b);
}

static double layers_of(const dn_profile_table *t, int r)
{
    double sum = 0;

    for (int k = 0; k < t->layers; k++)
        for (int d = 0; d < 3; d++)
            sum += t->rank[r].layer[k][d];
    return sum;
}

static void check_rank(const dn_profile_table *t, int r)
{
    const dn_profile_rank *x_r = &t->rank[r];
    double sum = 0;

    for (int c = 0; c < DN_COLUMNS; c++) {
        CU_ASSERT(0 <= x_r->least[c] && x_r->least[c] <= x_r->column[c] * (1 + 1e-9));
        sum += x_r->column[c];
    }
    CU_ASSERT(near(sum, x_r->step));
    CU_ASSERT(0 < x_r->least_step && x_r->least_step <= x_r->step * (1 + 1e-9));
    CU_ASSERT(x_r->column[DN_COLUMN_COMPUTE] > 0 && x_r->column[DN_COLUMN_ADD] > 0);
    CU_ASSERT(x_r->cpu > 0);
    CU_ASSERT(near(layers_of(t, r), x_r->column[DN_COLUMN_COMPUTE]));
    for (int k = 0; k < made.gener.model.n_parts; k++) /* whatever the network names takes time */
        CU_ASSERT(x_r->layer[k][0] + x_r->layer[k][1] + x_r->layer[k][2] > 0);
    CU_ASSERT(x_r->layer[made.gener.model.n_parts + 1][0] >=
              -1e-9); /* idle: no thread was busier than its rank */
    for (int s = 0; s < DN_PROFILE_PASS + 2 * made.gener.model.n_phases; s++)
        CU_ASSERT(x_r->pass[s] > 0);
}

/* The weights are those of a run without a profile, whatever the threads and norms. */
static void columns_add_up(void)
{
    made = test_gener_make(&(test_gener_shape){.genes = 30, .samples = 12, .pairs = PAIRS});
    for (int threads = 1; threads <= (test_comm.size == 1 ? 2 : 1); threads++)
        for (int norms = DN_NORMS_SHARD; norms <= DN_NORMS_GLOBAL; norms++) {
            dn_profile p = {0};
            dn_profile_table t;
            double shards = 0;
            int64_t begin;

            omp_set_num_threads(threads);
            CU_ASSERT_EQUAL(train(NULL, (dn_norm_scope)norms, plain, NULL), DN_OK);
            begin = dn_clock_now();
            CU_ASSERT_EQUAL(train(&p, (dn_norm_scope)norms, profiled, NULL), DN_OK);
            CU_ASSERT(p.ns > 0 && p.ns <= dn_clock_now() - begin);
            CU_ASSERT_EQUAL(memcmp(plain, profiled, (size_t)made.gener.model.n_weights * sizeof *plain), 0);
            CU_ASSERT_EQUAL(dn_profile_collect(&test_comm, &p, &t, NULL), DN_OK);
            CU_ASSERT_EQUAL(t.ranks, test_comm.size);
            CU_ASSERT_EQUAL(t.steps, EPOCHS * (TRAIN / BATCH));
            for (int r = 0; r < t.ranks; r++) {
                check_rank(&t, r);
                CU_ASSERT_EQUAL((int)t.rank[r].threads, threads);
                CU_ASSERT((t.rank[r].column[DN_COLUMN_NORMS] > 0) == (norms == DN_NORMS_GLOBAL));
                shards += t.rank[r].shards;
            }
            CU_ASSERT_EQUAL((int)shards, SHARDS);
            dn_profile_table_destroy(&t);
            dn_profile_end(&p);
        }
    omp_set_num_threads(1);
}

/* A rank that is late is waited for by the others, and the bytes are not blamed. */
static void waiting_is_told_apart(void)
{
    dn_plan plan = {0};
    dn_reduce *r = NULL;
    dn_clock clock = {0};
    float vec[4] = {1, 2, 3, 4}, slice[4], tail[1];
    const double late = 30e6; /* ns */
    const int64_t *ns = clock.ns[0];
    int64_t sum = 0;

    CU_ASSERT_EQUAL(dn_plan_even(4, test_comm.size, &plan, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_reduce_create(&test_comm, &plan, DN_REDUCE_ORDERED, 3, 1, &r, NULL), DN_OK);
    dn_reduce_watch(r, &clock);
    dn_clock_start(&clock);
    dn_reduce_lend(r, (const float *const[4]){vec, vec, vec, vec});
    if (test_comm.rank == test_comm.size - 1)
        for (int64_t begin = dn_clock_now(); (double)(dn_clock_now() - begin) < late;)
            ;
    dn_reduce_finish(r, slice, tail);
    dn_clock_stop(&clock);
    for (int k = 0; k < DN_CLOCK_PARTS; k++)
        sum += ns[k];
    CU_ASSERT(sum >= (int64_t)late / 2);
    if (test_comm.size > 1 && test_comm.rank != test_comm.size - 1)
        CU_ASSERT((double)ns[DN_REDUCE_WAIT] > 0.5 * late);
    if (test_comm.rank == test_comm.size - 1)
        CU_ASSERT((double)ns[0] >= late); /* its own delay is no waiting */
    sum = ns[DN_REDUCE_WAIT];
    dn_reduce_gather(r, (float[3]){0}); /* the clock stands */
    CU_ASSERT_EQUAL(sum, ns[DN_REDUCE_WAIT]);
    CU_ASSERT_EQUAL((int)tail[0], 16);
    dn_reduce_destroy(&r);
    dn_plan_destroy(&plan);
}

/* Nested parts: each nanosecond goes to one entry. */
static void a_clock_counts_once(void)
{
    dn_clock c = {0};
    int64_t begin = dn_clock_now(), sum = 0;
    int before;

    CU_ASSERT_EQUAL(dn_clock_part(NULL, 3), 0);
    dn_clock_stage(NULL, 3);
    dn_clock_part(&c, 3); /* not started: nothing is charged */
    CU_ASSERT_EQUAL(c.ns[0][0], 0);
    dn_clock_start(&c);
    dn_clock_stage(&c, 2);
    before = dn_clock_part(&c, 5);
    CU_ASSERT_EQUAL(before, 0);
    CU_ASSERT_EQUAL(dn_clock_part(&c, 6), 5);
    while (dn_clock_now() - begin < 2000000)
        ;
    dn_clock_part(&c, before);
    dn_clock_stop(&c);
    for (int s = 0; s < DN_CLOCK_STAGES; s++)
        for (int k = 0; k < DN_CLOCK_PARTS; k++)
            sum += c.ns[s][k];
    CU_ASSERT(c.ns[2][6] > 1500000 && c.ns[2][6] <= sum && sum <= dn_clock_now() - begin);
}

/* Names, numbers and ranks of the table as JSON; without a step there is no table. */
static void a_table_becomes_json(void)
{
    dn_profile p = {0};
    dn_profile_table t;
    dn_json *json;
    char *text = NULL, difference[200];

    CU_ASSERT_EQUAL(dn_profile_collect(&test_comm, &p, &t, NULL), DN_OK);
    CU_ASSERT_EQUAL(t.ranks, 0);
    CU_ASSERT_EQUAL(train(&p, DN_NORMS_SHARD, profiled, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_profile_collect(&test_comm, &p, &t, NULL), DN_OK);
    json = dn_profile_json(&t);
    CU_ASSERT_EQUAL(dn_json_text(json, 1, &text, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_json_difference(text, text, difference, sizeof difference, NULL),
                    DN_OK); /* it parses */
    for (int c = 0; text != NULL && c < DN_COLUMNS; c++)
        CU_ASSERT_PTR_NOT_NULL(strstr(text, dn_profile_column_name((dn_profile_column)c)));
    for (int k = 0; text != NULL && k < t.layers; k++)
        CU_ASSERT_PTR_NOT_NULL(strstr(text, dn_profile_layer_name(&t, k)));
    dn_free(text);
    dn_json_destroy(&json);
    dn_profile_table_destroy(&t);
    dn_profile_end(&p);
    dn_profile_end(&p);
}

/* The few allocations of a profile, refused on any rank: one verdict, and the profile can be ended. */
static void any_rank_may_run_out_of_memory(void)
{
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 8; k++) {
            dn_profile p = {0};
            dn_profile_table t = {0};
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_profile_begin(&p, &made.gener.model, 2, &err);
            st = dn_agree(&test_comm, st, &err);
            p.steps = 1;
            if (st == DN_OK)
                st = dn_profile_collect(&test_comm, &p, &t, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            dn_profile_table_destroy(&t);
            dn_profile_end(&p);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"a clock counts every nanosecond once", a_clock_counts_once},
                                    {"columns add up to the step", columns_add_up},
                                    {"waiting is told from moving bytes", waiting_is_told_apart},
                                    {"a table becomes JSON", a_table_becomes_json},
                                    {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                    {NULL, NULL}};

    return test_main(argc, argv, "profile", tests);
}
