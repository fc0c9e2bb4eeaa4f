/* watch.c - tests of mpi/core/watch.h: ranks with more and with less to do end a watch together, whoever
 * wishes, whenever; a wish of any rank is known to all
 */
#include "mpi/core/watch.h"

#include "tests/support/test.h"

/* Work through `units`; after unit number `at` this rank wishes. Returns the units done. */
static int work(dn_watch *w, dn_requests *r, int units, int at, int wish)
{
    int done = 0;

    while (done < units) {
        done++;
        if (done == at)
            dn_request_note(r, wish);
        if (dn_watch_poll(w))
            break;
    }
    return done;
}

static void everyone_ends_together(void)
{
    for (int round = 0; round < 50; round++)
        for (int who = 0; who < test_comm.size; who++) {
            dn_requests r = {0};
            dn_watch w;
            int units = 20 + 100 * ((test_comm.rank + round) % 3), wishes, done;

            dn_watch_start(&test_comm, &r, &w);
            done = work(&w, &r, units, test_comm.rank == who ? 3 + round % 9 : -1, DN_WISH_STOP_USR1);
            wishes = dn_watch_wait(&w, false);
            CU_ASSERT_EQUAL(wishes, DN_WISH_STOP_USR1);
            CU_ASSERT(test_comm.rank != who || done == 3 + round % 9); /* it waits for the others */
        }
}

/* Two ranks wish for different things: both or one, but the same on all. */
static void wishes_are_joined(void)
{
    for (int round = 0; round < 50; round++) {
        dn_requests r = {0};
        dn_watch w;
        int wishes, wish = test_comm.rank == 0 ? DN_WISH_CHECKPOINT : DN_WISH_STOP_TERM;

        dn_watch_start(&test_comm, &r, &w);
        work(&w, &r, 200, 5 + test_comm.rank, wish);
        wishes = dn_watch_wait(&w, false);
        CU_ASSERT(test_same(wishes));
        CU_ASSERT(wishes != 0 && (wishes & ~(DN_WISH_CHECKPOINT | DN_WISH_STOP_TERM)) == 0);
    }
}

static void nobody_wishes(void)
{
    for (int round = 0; round < 50; round++) {
        dn_requests r = {0};
        dn_watch w;
        int units = 50 * ((test_comm.rank + round) % 3);

        dn_watch_start(&test_comm, &r, &w);
        CU_ASSERT_EQUAL(work(&w, &r, units, -1, 0), units);
        CU_ASSERT_EQUAL(dn_watch_wait(&w, false), 0);
    }
}

/* One that fails ends the watch for all; a wish that comes along is not heard. */
static void a_failure_ends_it(void)
{
    for (int round = 0; round < 50; round++) {
        dn_requests r = {0};
        dn_watch w;
        bool fails = round % test_comm.size == test_comm.rank;

        dn_watch_start(&test_comm, &r, &w);
        if (!fails)
            while (!dn_watch_poll(&w)) /* work without end */
                dn_watch_nap();
        CU_ASSERT_EQUAL(dn_watch_wait(&w, fails), 0);
    }
}

/* The clock of rank 0 counts. */
static void time_runs_out(void)
{
    dn_requests r = {.stop_at = MPI_Wtime() + 0.05};
    dn_watch w;

    dn_watch_start(&test_comm, &r, &w);
    while (!dn_watch_poll(&w))
        dn_watch_nap();
    CU_ASSERT_EQUAL(dn_watch_wait(&w, false), DN_WISH_STOP_TIME);
}

/* A unit that takes long is looked ahead for: the watch ends before the limit, not a unit behind it. */
static void a_long_unit_counts_before(void)
{
    dn_requests r = {.stop_at = MPI_Wtime() + 60};
    dn_watch w;
    double begin;

    dn_watch_start(&test_comm, &r, &w);
    for (begin = MPI_Wtime(); MPI_Wtime() < begin + 0.05;)
        dn_watch_nap();
    CU_ASSERT_FALSE(dn_watch_poll(&w));
    CU_ASSERT(r.ahead >= 0.1 && r.ahead < 30);
    r.stop_at = MPI_Wtime() + 0.9 * r.ahead;
    while (!dn_watch_poll(&w))
        dn_watch_nap();
    CU_ASSERT_EQUAL(dn_watch_wait(&w, false), DN_WISH_STOP_TIME);
    CU_ASSERT(test_comm.rank != 0 || MPI_Wtime() < r.stop_at);
}

static void without_requests_nothing_is_sent(void)
{
    dn_watch w;

    dn_watch_start(&test_comm, NULL, &w);
    CU_ASSERT_FALSE(dn_watch_poll(&w));
    if (test_comm.rank == 0)
        CU_ASSERT_EQUAL(dn_watch_wait(&w, false), 0);
    CU_ASSERT_FALSE(w.pending);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"everyone ends together", everyone_ends_together},
                                    {"wishes are joined", wishes_are_joined},
                                    {"nobody wishes", nobody_wishes},
                                    {"a failure ends it", a_failure_ends_it},
                                    {"time runs out", time_runs_out},
                                    {"a long unit counts before", a_long_unit_counts_before},
                                    {"without requests nothing is sent", without_requests_nothing_is_sent},
                                    {NULL, NULL}};

    return test_main(argc, argv, "watch", tests);
}
