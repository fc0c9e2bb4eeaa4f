/* estimate.c - tests of mpi/estimate/estimate.h and of the costs of reduce.h beside their definitions */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "mpi/core/reduce.h"
#include "mpi/estimate/estimate.h"
#include "mpi/estimate/estimate_load.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b));
}

/* 16 pieces of a second each, one second that nobody shares. */
static dn_estimate sixteen(int threads)
{
    dn_estimate e = {.stage = "test", .threads = threads, .repeats = 1};

    dn_estimate_add_time(&e, "pieces", 16, 16, false);
    dn_estimate_add_time(&e, "alone", 1, 1, false);
    return e;
}

static dn_estimate_row at(const dn_estimate *e, int per_node, int64_t ranks)
{
    dn_estimate_machine m = dn_estimate_machine_default(per_node);
    dn_estimate_row row = {.ranks = 0};

    m.buffers = 7; /* of ranks that are not alone */
    m.start = 0;
    CU_ASSERT_EQUAL(dn_estimate_at(e, &m, ranks, &row, NULL), DN_OK);
    return row;
}

/* Who has most pieces takes the time: 3 ranks have 6, 5 and 5; threads take theirs in turns. */
static void time_of_pieces(void)
{
    static const int64_t ranks[] = {1, 2, 3, 5, 8, 16, 40};
    static const double one[] = {17, 9, 7, 5, 3, 2, 2}, four[] = {17, 9, 9, 5, 5, 5, 5};
    dn_estimate e1 = sixteen(1), e4 = sixteen(4);

    for (int i = 0; i < 7; i++) {
        CU_ASSERT(near(at(&e1, 64, ranks[i]).seconds, one[i]));
        /* 4 turns of one rank with 4 threads are 16 s: a turn is 4 */
        CU_ASSERT(near(at(&e4, 64, ranks[i]).seconds, four[i]));
        CU_ASSERT(near(at(&e1, 64, ranks[i]).efficiency, 17 / ((double)ranks[i] * one[i])));
    }
}

static void repeats_and_nodes(void)
{
    dn_estimate e = {.stage = "test", .threads = 1, .repeats = 10};
    dn_estimate_row row;

    dn_estimate_add_time(&e, "once", 3, 1, false);
    dn_estimate_add_time(&e, "epochs", 20, 4, true);
    row = at(&e, 3, 4);
    CU_ASSERT(near(row.once, 3) && near(row.repeat, 0.5) && near(row.seconds, 8));
    CU_ASSERT(row.ranks_of_node == 3 && row.nodes == 2 && row.exchange == 0);
    CU_ASSERT(at(&e, 3, 1).nodes == 1 && at(&e, 3, 3).nodes == 1 && at(&e, 3, 7).nodes == 3);
    /* nothing is less than nothing, and no term is lost */
    dn_estimate_add_time(&e, "negative", -5, 0, false);
    CU_ASSERT(near(at(&e, 3, 4).seconds, 8));
    for (int i = 0; i < 2 * DN_ESTIMATE_TERMS; i++)
        dn_estimate_add_time(&e, "more", 1, 1, false);
    CU_ASSERT(near(at(&e, 3, 4).once, 3 + 2 * DN_ESTIMATE_TERMS) && e.n_time == DN_ESTIMATE_TERMS);
}

static dn_estimate_row on(const dn_estimate *e, const dn_estimate_machine *m, int64_t ranks)
{
    dn_estimate_row row = {.ranks = 0};

    CU_ASSERT_EQUAL(dn_estimate_at(e, m, ranks, &row, NULL), DN_OK);
    return row;
}

/* One core of four is taken: 1, 2 and 3 ranks feel nothing, 4 share it; 5 more leave 4 ranks 4 of 10 turns,
 * and one rank, which measured the 17 s, 4 of 7. */
static void other_work_takes_cores(void)
{
    dn_estimate e = sixteen(1);
    dn_estimate_machine m = dn_estimate_machine_default(4);

    m.start = 0;
    m.cores = 4;
    m.others = 1;
    CU_ASSERT(near(on(&e, &m, 2).seconds, 9) && near(on(&e, &m, 2).own_seconds, 9));
    CU_ASSERT(near(on(&e, &m, 4).seconds, 5 * 1.25) && near(on(&e, &m, 4).own_seconds, 5));
    m.others = 6;
    CU_ASSERT(near(on(&e, &m, 1).seconds, 17) && near(on(&e, &m, 1).own_seconds, 17 * 4 / 7.0));
    CU_ASSERT(near(on(&e, &m, 4).seconds, 5 * 10 / 7.0) && near(on(&e, &m, 4).own_seconds, 5 * 4 / 7.0));
    CU_ASSERT(near(on(&e, &m, 1).efficiency, 1));
    /* a node for which more ranks are planned than there are cores here has more cores */
    m = dn_estimate_machine_default(16);
    m.start = 0;
    m.cores = 4;
    CU_ASSERT(near(on(&e, &m, 16).seconds, 2));
}

/* 10 rounds of two meetings and 3 of another kind; with 3 ranks the longest of two waits is 1.5 of one. */
static void ranks_wait_for_each_other(void)
{
    dn_estimate e = {.stage = "test", .threads = 1, .repeats = 1, .rounds = 10, .shards = 4, .waits = 3};
    dn_estimate_machine m = dn_estimate_machine_default(4);
    dn_estimate_row quiet;

    m.start = 0.5;
    m.latency = 1e-3;
    dn_estimate_add_time(&e, "work", 8, 4, false);
    quiet = on(&e, &m, 3);
    CU_ASSERT(near(quiet.exchange, (10 * 2 + 3) * 2 * 1e-3));
    CU_ASSERT(near(quiet.seconds, 3 * 0.5 + 4 + quiet.exchange) && near(quiet.own_seconds, quiet.seconds));
    CU_ASSERT(near(on(&e, &m, 1).seconds, 8)); /* alone: nobody to wait for, MPI's start is in the probe */
    m.wait = 0.1;
    CU_ASSERT(near(on(&e, &m, 3).seconds, quiet.seconds + 23 * 1.5 * 0.1));
    CU_ASSERT(near(on(&e, &m, 2).exchange, 23 * (1e-3 + 0.1)));
    CU_ASSERT(near(on(&e, &m, 3).own_seconds, quiet.seconds));
    CU_ASSERT(near(on(&e, &m, 1).seconds, 8));
}

static void load_of_a_machine(void)
{
    dn_estimate_load l;

    CU_ASSERT(dn_estimate_others(4, 4, 1) == 0 && dn_estimate_others(4, 4, 0.97) == 0);
    CU_ASSERT(near(dn_estimate_others(4, 4, 0.5), 4));    /* 4 of ours and 4 of theirs on 4 cores */
    CU_ASSERT(near(dn_estimate_others(64, 16, 0.8), 64)); /* 16 and 64 on 64 */
    CU_ASSERT(near(dn_estimate_turns(2, 6), 0.009) && dn_estimate_turns(2, 0) == 0);
    l = dn_estimate_load_measure(0.05);
    CU_ASSERT(l.cores >= 1 && isfinite(l.others) && l.others >= 0 && l.others < 1e4);
    CU_ASSERT(l.wait >= dn_estimate_turns(l.cores, l.others) && l.wait < 5);
    CU_ASSERT(l.others > 0 || l.wait == 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A test is minutes old at most, and its start does not move. Who loses the core between the two clocks that
 * are read is off by that long: two readings of many agree. */
static void start_of_the_process(void)
{
    enum { TRIES = 20 };
    int64_t start[TRIES], now, least = INT64_MAX;

    for (int i = 0; i < TRIES; i++) {
        start[i] = dn_clock_process_start();
        now = dn_clock_now();
        CU_ASSERT(start[i] <= now && now - start[i] < INT64_C(600000000000));
        for (int k = 0; k < i; k++)
            least = llabs(start[i] - start[k]) < least ? llabs(start[i] - start[k]) : least;
        nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
    }
    CU_ASSERT(least < 20000000);
}

static void memory(void)
{
    dn_estimate e = {.stage = "test", .threads = 1, .repeats = 1};
    dn_estimate_row row;

    dn_estimate_add_memory(&e, "process", 100, 1, false);
    dn_estimate_add_memory(&e, "matrix", 1000, 1, true);
    dn_estimate_add_memory(&e, "slices", 80, 8, false);
    row = at(&e, 4, 4);
    CU_ASSERT(near(row.rank_bytes, 107 + 1000 + 20) && near(row.node_bytes, 4 * 127 + 1000));
    row = at(&e, 4, 3); /* 8 slices on 3 ranks: 3 of them */
    CU_ASSERT(near(row.rank_bytes, 107 + 1000 + 30) && near(row.node_bytes, 3 * 137 + 1000));
    row = at(&e, 4, 1); /* one rank sends nothing */
    CU_ASSERT(near(row.rank_bytes, 100 + 1000 + 80) && near(row.node_bytes, 1180));
    e.load_peak = 1500;
    row = at(&e, 4, 2);
    CU_ASSERT(near(row.rank_bytes, 1500) && near(row.node_bytes, 2 * 500 + 1000));
}

static void refuses_too_many(void)
{
    dn_estimate e = sixteen(1);
    const dn_estimate_machine m = dn_estimate_machine_default(1);
    dn_estimate_row row = {.ranks = -1};
    dn_error err = DN_ERROR_INIT;

    e.most_ranks = 16;
    CU_ASSERT_EQUAL(dn_estimate_at(&e, &m, 16, &row, &err), DN_OK);
    row.ranks = -1;
    CU_ASSERT_EQUAL(dn_estimate_at(&e, &m, 17, &row, &err), DN_ECONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "16 ranks at most"));
    CU_ASSERT_EQUAL(row.ranks, -1);
}

/* What every rank sends to every other, by the definition of reduce.h: of each of its nodes the other's slice
 * and the tail. */
static void cost_of_the_reduction(void)
{
    enum { SLICED = 342186, TAIL = 1144 };

    for (int shards = 1; shards <= 64; shards *= 2)
        for (int size = 1; size <= shards && size <= 9; size++) {
            dn_plan plan = {.first = NULL};
            int64_t sent = 0, received = 0, want = 0;

            CU_ASSERT_EQUAL(dn_plan_even(shards, size, &plan, NULL), DN_OK);
            for (int r = 0; r < size; r++) {
                dn_node nodes[DN_TREE_DEPTH];
                int n = dn_tree_cover(plan.first[r], plan.first[r + 1], nodes);
                dn_reduce_cost c = dn_reduce_cost_of(&plan, r, SLICED, TAIL);
                dn_range own = dn_block(SLICED, r, size);

                want += 4 * (int64_t)n * (SLICED - (own.end - own.begin) + (size - 1) * TAIL);
                sent += c.sent;
                CU_ASSERT_EQUAL(c.gathered, 4 * (SLICED - (own.end - own.begin)));
                CU_ASSERT_EQUAL(c.messages, 2 * (size - 1));
                /* what is left are the vectors of the tree, one more than the halves that wait for the other
                 */
                received +=
                    c.held - c.sent - 4 * (SLICED + TAIL) * dn_tree_slots(plan.first[r], plan.first[r + 1]);
            }
            CU_ASSERT_EQUAL(sent, want);
            CU_ASSERT_EQUAL(received, sent); /* what is sent arrives */
            if (size == 1)
                CU_ASSERT_EQUAL(sent, 0);
            dn_plan_destroy(&plan);
        }
    CU_ASSERT(dn_tree_slots(0, 1) == 1 && dn_tree_slots(0, 8) == 4 && dn_tree_slots(5, 6) == 1);
}

/* 1,000 steps of 1 ms, of which every 20th waits 80 ms for its core: all of them take 5 s, and so will
 * others. */
static void pace(void)
{
    dn_estimate_pace p = dn_estimate_pace_of(1000, 1000 * 0.001 + 50 * 0.080, 1000 * 0.001);
    char buf[160];

    CU_ASSERT(near(p.mean, 0.005) && near(p.own, 0.2) && near(8797 * p.mean, 43.985));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(dn_estimate_pace_remark(&p, buf), "took 80 % of the core: 1.00 ms on one of its own"));
    p = dn_estimate_pace_of(10, 0.01, 0.0101); /* clocks that differ a little: never more than the core */
    CU_ASSERT(near(p.mean, 0.001) && p.own == 1);
    CU_ASSERT_STRING_EQUAL(dn_estimate_pace_remark(&p, buf), "");
    p = dn_estimate_pace_of(10, 0, 0);
    CU_ASSERT(p.mean == 0 && p.own > 0 && p.own <= 1);
    p = dn_estimate_pace_of(3, 1, 0);
    CU_ASSERT(p.own > 0 && p.own < 0.01);
}

/* Two ranks of one node copy; on nodes of their own they share nothing but the cards. */
static void exchange(void)
{
    dn_estimate e = {
        .stage = "train", .threads = 1, .repeats = 1, .rounds = 1000, .shards = 2, .sliced = 1000000};
    dn_estimate_machine m = {.ranks_of_node = 2, .latency = 1e-5, .card = 1e9, .copy = 1e10};
    dn_estimate_row row;

    /* either sends half of 4 MB and gathers half: 4 MB */
    CU_ASSERT_EQUAL(dn_estimate_at(&e, &m, 2, &row, NULL), DN_OK);
    CU_ASSERT(near(row.exchange, 1000 * (2e-5 + 4e6 / 1e10)) && near(row.seconds, row.exchange));
    m.ranks_of_node = 1;
    CU_ASSERT_EQUAL(dn_estimate_at(&e, &m, 2, &row, NULL), DN_OK);
    CU_ASSERT(near(row.exchange, 1000 * (2e-5 + 4e6 / 1e9)));
    e.meetings = 8;
    CU_ASSERT_EQUAL(dn_estimate_at(&e, &m, 2, &row, NULL), DN_OK);
    CU_ASSERT(near(row.exchange, 1000 * (1e-4 + 4e6 / 1e9)));
    CU_ASSERT_EQUAL(dn_estimate_at(&e, &m, 1, &row, NULL), DN_OK);
    CU_ASSERT_EQUAL(row.exchange, 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void asks_slurm(void)
{
    dn_estimate e = {.threads = 3};
    dn_estimate_row row = {
        .ranks = 8, .nodes = 2, .ranks_of_node = 4, .seconds = 3600, .node_bytes = 1000 * 1048576.0};
    dn_allocation a = dn_estimate_allocation(&e, &row, 1.5, 1.25);
    char buf[24];

    CU_ASSERT(a.ranks == 8 && a.nodes == 2 && a.ranks_of_node == 4 && a.threads == 3);
    CU_ASSERT_EQUAL(a.minutes, 95); /* Slurm's signal, 3 to 4 minutes before, still comes after all is done */
    CU_ASSERT_EQUAL(a.node_mb, 1536); /* 1250 + 256, up to a multiple of 64 */
    row.seconds = 1;
    CU_ASSERT_EQUAL(dn_estimate_allocation(&e, &row, 1, 1).minutes, 6);
    CU_ASSERT_STRING_EQUAL(dn_slurm_time(5, buf), "00:05:00");
    CU_ASSERT_STRING_EQUAL(dn_slurm_time(92, buf), "01:32:00");
    CU_ASSERT_STRING_EQUAL(dn_slurm_time(1440 + 60 + 1, buf), "1-01:01:00");
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"pieces over ranks and threads", time_of_pieces},
                                    {"other work takes cores", other_work_takes_cores},
                                    {"ranks wait for each other", ranks_wait_for_each_other},
                                    {"load of a machine", load_of_a_machine},
                                    {"start of the process", start_of_the_process},
                                    {"what is repeated, and nodes", repeats_and_nodes},
                                    {"memory of ranks and nodes", memory},
                                    {"too many ranks", refuses_too_many},
                                    {"costs of the reduction", cost_of_the_reduction},
                                    {"exchange", exchange},
                                    {"the pace of steps", pace},
                                    {"what Slurm is asked for", asks_slurm},
                                    {NULL, NULL}};

    return test_main(argc, argv, "estimate", tests);
}
