/* split_cut.c - tests of mpi/data/split_cut.h: against sorting all keys */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include "mpi/data/split_cut.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { MOST = 200003 };

static uint8_t chosen[MOST], part[MOST], want[MOST];
static dn_ranked list[MOST];

static void naive(const double *fraction, uint8_t wanted, int64_t n)
{
    dn_rng stream = dn_rng_stream(8, DN_RNG_SPLIT, 1, 0);
    int64_t count = 0, cut[2];

    for (int64_t i = 0; i < n; i++)
        if (chosen[i] == wanted)
            list[count++] = (dn_ranked){.key = dn_rng_u64(stream, (uint64_t)i), .index = i};
    qsort(list, (size_t)count, sizeof *list, dn_ranked_order);
    dn_split_cut_points(fraction, count, cut);
    for (int64_t r = 0; r < count; r++)
        want[list[r].index] = r < cut[0] ? DN_TRAIN : r < cut[1] ? DN_VALIDATION : DN_TEST;
}

static void as_sorting_cuts(void)
{
    const double fraction[][3] = {{0.8, 0.1, 0.1}, {1, 0, 0},     {0, 1, 0},
                                  {0, 0, 1},       {0.5, 0.5, 0}, {0, 0.3, 0.7}};
    const int64_t size[] = {0, 1, 2, 3, 10, 1000, MOST};

    for (size_t s = 0; s < sizeof size / sizeof *size; s++)
        for (size_t f = 0; f < sizeof fraction / sizeof *fraction; f++) {
            int64_t n = size[s];

            for (int64_t i = 0; i < n; i++)
                chosen[i] = (uint8_t)(i * 7 % 11 < 4);
            memset(part, 99, sizeof part);
            memset(want, 99, sizeof want);
            for (uint8_t wanted = 0; wanted < 3; wanted++) { /* no item is chosen by 2 */
                naive(fraction[f], wanted, n);
                CU_ASSERT_EQUAL(dn_split_cut(fraction[f], 8, 1, chosen, wanted, n, part, NULL), DN_OK);
                CU_ASSERT_EQUAL(memcmp(part, want, sizeof part), 0); /* what was not chosen stays, too */
            }
        }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void no_memory(void)
{
    const double fraction[3] = {0.8, 0.1, 0.1};
    dn_status st = DN_ENOMEM;
    long k = 0;

    memset(chosen, 0, sizeof chosen);
    for (; st != DN_OK && k < 10; k++) {
        dn_alloc_fail_after(k);
        st = dn_split_cut(fraction, 8, 1, chosen, 0, 1000, part, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT(st == DN_OK && k > 2);
}

static const dn_test tests[] = {{"as sorting cuts", as_sorting_cuts}, {"no memory", no_memory}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "split_cut", tests);
}
