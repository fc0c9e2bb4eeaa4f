/* shared.c - tests of mpi/core/shared.h: who shares with whom, what they see, what is refused */
#include "tests/support/test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/shared.h"
#include "solvers/base/alloc.h"

static const int groupings[] = {0, 1, 2, 3, -1, -2, -3};
enum { GROUPINGS = sizeof groupings / sizeof groupings[0] };

/* The host of a rank by the definition; 0: all ranks of a test run on one machine. */
static int host_of(int grouping, int rank)
{
    return grouping == 0 ? 0 : grouping > 0 ? rank / grouping : rank % -grouping;
}

/* ---- hosts ---- */

static void check_host(int grouping, const dn_host *h)
{
    int me = test_comm.rank, mine = host_of(grouping, me), before = 0, there = 0, hosts = 0;

    for (int r = 0; r < test_comm.size; r++) {
        hosts = host_of(grouping, r) >= hosts ? host_of(grouping, r) + 1 : hosts;
        there += host_of(grouping, r) == mine;
        before += host_of(grouping, r) == mine && r < me;
    }
    CU_ASSERT(h->comm.rank == before && h->comm.size == there);
    CU_ASSERT(h->number == mine && h->hosts == hosts); /* leaders come in the order of their numbers here */
    CU_ASSERT(h->all == &test_comm);
    CU_ASSERT_EQUAL(h->leaders.size, before == 0 ? hosts : 0);
    CU_ASSERT(before > 0 || h->leaders.rank == mine);
}

static void ranks_find_their_host(void)
{
    for (int k = 0; k < GROUPINGS; k++) {
        dn_host h;

        dn_host_open(&test_comm, groupings[k], &h);
        check_host(groupings[k], &h);
        dn_host_close(&h);
        CU_ASSERT(h.all == NULL);
        dn_host_close(&h); /* a closed one is fine */
    }
}

/* ---- memory ---- */

/* Every rank writes its part, everybody reads all; hosts have memory of their own. */
static void check_memory(const dn_host *h, int64_t n)
{
    dn_error err = DN_ERROR_INIT;
    dn_shared *s = NULL;
    int64_t *v, wrong = 0;

    CU_ASSERT_EQUAL(dn_shared_create(h, (size_t)n * sizeof *v, &s, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    if (s == NULL)
        return;
    v = dn_shared_base(s);
    CU_ASSERT_EQUAL((uintptr_t)v % 64, 0);
    for (int round = 0; round < 3; round++) {
        for (int64_t i = h->comm.rank; i < n; i += h->comm.size)
            v[i] = 1000 * h->number + i + round;
        dn_shared_barrier(s);
        for (int64_t i = 0; i < n; i++)
            wrong += v[i] != 1000 * h->number + i + round;
        dn_shared_barrier(s); /* nobody writes what others still read */
    }
    CU_ASSERT_EQUAL(wrong, 0);
    dn_shared_destroy(&s);
    CU_ASSERT_PTR_NULL(s);
}

static void what_one_writes_the_others_see(void)
{
    for (int k = 0; k < GROUPINGS; k++) {
        dn_host h;

        dn_host_open(&test_comm, groupings[k], &h);
        check_memory(&h, 10007);
        check_memory(&h, 50 + 7 * h.number); /* hosts may ask for different sizes */
        check_memory(&h, 1);
        check_memory(&h, 0);
        dn_host_close(&h);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Two at once do not touch each other. */
static void several_at_once(void)
{
    enum { BLOCKS = 5, BYTES = 321 };
    dn_shared *s[BLOCKS] = {NULL};
    dn_host h;
    int wrong = 0;

    dn_host_open(&test_comm, 2, &h);
    for (int b = 0; b < BLOCKS; b++) {
        CU_ASSERT_EQUAL(dn_shared_create(&h, BYTES, &s[b], NULL), DN_OK);
        if (h.comm.rank == 0 && s[b] != NULL)
            memset(dn_shared_base(s[b]), b + 1, BYTES);
    }
    for (int b = 0; b < BLOCKS; b++)
        if (s[b] != NULL) {
            const unsigned char *v = dn_shared_base(s[b]);

            dn_shared_barrier(s[b]);
            for (int i = 0; i < BYTES; i++)
                wrong += v[i] != b + 1;
        }
    CU_ASSERT_EQUAL(wrong, 0);
    for (int b = 0; b < BLOCKS; b++)
        dn_shared_destroy(&s[b]);
    dn_shared_destroy(&s[0]);
    dn_host_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- refusals ---- */

/* More than the directory of the windows holds: one rank on a host has memory of its own. */
static void no_room(void)
{
    for (int grouping = 0; grouping < 3; grouping++) {
        dn_error err = DN_ERROR_INIT;
        dn_shared *s = NULL;
        dn_host h;
        bool windows = test_comm.size > 1 && grouping != 1;

        dn_host_open(&test_comm, grouping, &h);
        setenv("OMPI_MCA_osc_sm_backing_directory", "/proc", 1); /* 0 bytes are free there */
        CU_ASSERT_EQUAL(dn_shared_create(&h, 3000000, &s, &err), windows ? DN_ENOMEM : DN_OK);
        unsetenv("OMPI_MCA_osc_sm_backing_directory");
        if (windows)
            CU_ASSERT_PTR_NOT_NULL(strstr(
                err.text, "3.0 MB of shared memory are needed, 0.0 MB are free in /proc; make it larger"));
        CU_ASSERT((s == NULL) == windows);
        dn_shared_destroy(&s);
        dn_host_close(&h);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* One host of several has no room: nobody gets any. */
static void one_host_without_room(void)
{
    dn_host h;
    dn_shared *s = NULL;
    dn_error err = DN_ERROR_INIT;
    size_t bytes = 64;

    dn_host_open(&test_comm, 2, &h);
    if (h.number == h.hosts - 1)
        bytes = SIZE_MAX - 150; /* more than any machine has, shared or not */
    CU_ASSERT_EQUAL(dn_shared_create(&h, bytes, &s, &err), DN_ENOMEM);
    CU_ASSERT_PTR_NULL(s);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "out of memory"));
    CU_ASSERT_EQUAL(err.rank, (h.hosts - 1) * 2);
    dn_shared_destroy(&s);
    dn_host_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Refuse allocation k on rank r: one verdict, nothing left behind. */
static void any_rank_may_run_out_of_memory(void)
{
    for (int i = 0; i < 3 * test_comm.size; i++) {
        int r = i / 3;
        dn_status st = DN_ENOMEM;
        dn_host h;

        dn_host_open(&test_comm, i % 3, &h);
        for (long k = 0; st != DN_OK && k < 20; k++) {
            dn_error err = DN_ERROR_INIT;
            dn_shared *s = NULL;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_shared_create(&h, 1000, &s, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK ? s != NULL : st == DN_ENOMEM && err.rank == r && s == NULL);
            dn_shared_destroy(&s);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        dn_host_close(&h);
    }
}

static const dn_test tests[] = {{"ranks find their host", ranks_find_their_host},
                                {"what one writes the others see", what_one_writes_the_others_see},
                                {"several at once", several_at_once},
                                {"no room", no_room},
                                {"one host without room", one_host_without_room},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "shared", tests);
}
