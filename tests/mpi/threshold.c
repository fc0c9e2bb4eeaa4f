/* threshold.c - tests of mpi/data/threshold.h: keys held and keys made anew against sorting them all */
#include "tests/support/test.h"

#include <stdlib.h>
#include "mpi/data/threshold.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { MOST = 3000 };

/* Keys 0 .. n-1 of one sort. */
typedef struct keys {
    int sort;
} keys;

static uint64_t key_of(const void *ctx, int64_t i)
{
    const keys *k = ctx;
    dn_rng s = dn_rng_stream(3, DN_RNG_SYNTH, (uint64_t)k->sort, 0);

    switch (k->sort) {
    case 0:
        return dn_order_key(dn_rng_normal(s, (uint64_t)i)); /* as scores are */
    case 1:
        return dn_rng_u64(s, (uint64_t)i);
    case 2:
        return dn_rng_below(s, (uint64_t)i, 5); /* all differ in the lowest bits, with ties */
    case 3:
        return UINT64_MAX - (uint64_t)i / 2;
    default:
        return dn_order_key(1.0); /* all alike */
    }
}

static int falling(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x > y ? -1 : x < y;
}

static void the_key_that_sorting_finds(void)
{
    static uint64_t all[MOST], sorted[MOST];
    const int64_t size[] = {1, 2, 3, MOST};

    for (int sort = 0; sort < 5; sort++)
        for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
            int64_t n = size[k], want[] = {1, n / 2 + 1, n, n + 1};
            dn_range mine = dn_block(n, test_comm.rank, test_comm.size);
            keys what = {.sort = sort};

            for (int64_t i = 0; i < n; i++)
                all[i] = sorted[i] = key_of(&what, i);
            qsort(sorted, (size_t)n, sizeof *sorted, falling);
            for (size_t w = 0; w < sizeof want / sizeof *want; w++) {
                uint64_t right = want[w] > n ? 0 : sorted[want[w] - 1], got = 1;

                CU_ASSERT_EQUAL(dn_threshold(&test_comm, all + mine.begin, mine.end - mine.begin, want[w]),
                                right);
                CU_ASSERT_EQUAL(dn_threshold_of(&test_comm, key_of, &what, mine, want[w], &got, NULL), DN_OK);
                CU_ASSERT_EQUAL(got, right);
            }
        }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* More keys alike in their upper bits than are held: further bits are learnt, and no key is lost. */
static uint64_t crowded(const void *ctx, int64_t i)
{
    return *(const uint64_t *)ctx + (uint64_t)i % 1000003;
}

static void more_than_are_held(void)
{
    const uint64_t base = 0x7fff000000000000u;
    const int64_t n = 1 << 21;
    uint64_t got = 0;

    /* key j < 1000003 comes up 3 times below n - 2 * 1000003, twice above */
    CU_ASSERT_EQUAL(dn_threshold_of(&test_comm, crowded, &base, dn_block(n, test_comm.rank, test_comm.size),
                                    5, &got, NULL),
                    DN_OK);
    CU_ASSERT_EQUAL(got, base + 1000000);
    CU_ASSERT_EQUAL(dn_threshold_of(&test_comm, crowded, &base, dn_block(n, test_comm.rank, test_comm.size),
                                    n, &got, NULL),
                    DN_OK);
    CU_ASSERT_EQUAL(got, base);
}

static void any_rank_may_run_out_of_memory(void)
{
    keys what = {.sort = 1};

    for (int r = 0; r < test_comm.size; r++)
        for (long k = 0; k < 3; k++) {
            dn_error err = DN_ERROR_INIT;
            uint64_t got = 0;
            dn_status st;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_threshold_of(&test_comm, key_of, &what, dn_block(9, test_comm.rank, test_comm.size), 4,
                                 &got, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT_EQUAL(st, k < 2 ? DN_ENOMEM : DN_OK);
            CU_ASSERT(st == DN_OK || err.rank == r);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
}

static const dn_test tests[] = {{"the key that sorting finds", the_key_that_sorting_finds},
                                {"more than are held", more_than_are_held},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "threshold", tests);
}
