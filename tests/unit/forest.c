/* forest.c - tests of mpi/core/forest.h: the bits of the tree, in whatever order the shards come */
#include "tests/support/test.h"

#include <string.h>
#include "mpi/core/forest.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { SHARDS = 64, WIDTH = 9 };

static void shard_vector(int shard, double *out)
{
    dn_rng s = dn_rng_stream(7, DN_RNG_SYNTH, (uint64_t)shard, 0);

    for (int k = 0; k < WIDTH; k++)
        out[k] = dn_rng_normal(s, (uint64_t)k) * (k % 3 == 0 ? 1e9 : 1e-6);
}

static void recursive(int first, int count, double *out)
{
    double right[WIDTH];

    if (count == 1) {
        shard_vector(first, out);
        return;
    }
    recursive(first, count / 2, out);
    recursive(first + count / 2, count / 2, right);
    for (int k = 0; k < WIDTH; k++)
        out[k] += right[k];
}

/* The nodes of a whole range: those of the cover, with the bits of the recursive sum. */
static void check(const dn_forest *f, int first, int end)
{
    dn_node want[DN_TREE_DEPTH];

    CU_ASSERT_EQUAL(f->count, dn_tree_cover(first, end, want));
    for (int i = 0; i < f->count; i++) {
        double sum[WIDTH];

        CU_ASSERT(f->node[i].first == want[i].first && f->node[i].count == want[i].count);
        recursive(want[i].first, want[i].count, sum);
        CU_ASSERT_EQUAL(memcmp(f->node[i].sum, sum, sizeof sum), 0);
    }
}

static dn_status run(int first, int end, uint64_t order)
{
    dn_status st = DN_OK;
    dn_error none = DN_ERROR_INIT, *err = &none;
    dn_forest f = {0};
    dn_permutation p = dn_permutation_make(order, 0, (uint64_t)(end - first));

    DN_TRY(dn_forest_create(WIDTH, first, end, 1, &f, err));
    for (int i = 0; i < end - first; i++) {
        int shard = first + (order == 0   ? i
                             : order == 1 ? end - first - 1 - i
                                          : (int)dn_permute(&p, (uint64_t)i));
        double *sum;

        DN_TRY(dn_forest_take(&f, &sum, err));
        shard_vector(shard, sum);
        dn_forest_put(&f, shard, sum);
    }
    check(&f, first, end);
out:
    dn_forest_destroy(&f);
    return st;
}

/* Rising, falling and random orders of many ranges. */
static void any_order(void)
{
    for (int first = 0; first < SHARDS; first += 7)
        for (int end = first + 1; end <= SHARDS; end += 6)
            for (uint64_t order = 0; order < 8; order++)
                CU_ASSERT_EQUAL(run(first, end, order), DN_OK);
    CU_ASSERT_EQUAL(run(0, SHARDS, 3), DN_OK);
    CU_ASSERT_EQUAL(run(0, 1, 0), DN_OK);
    CU_ASSERT_EQUAL(run(5, 5, 0), DN_OK);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Whole nodes among single shards, as a saved sum has them. */
static void nodes_come_ready(void)
{
    for (uint64_t order = 0; order < 40; order++) {
        dn_permutation p = dn_permutation_make(order, 0, SHARDS / 4);
        dn_forest f = {0};

        CU_ASSERT_EQUAL(dn_forest_create(WIDTH, 0, SHARDS, 1, &f, NULL), DN_OK);
        for (int i = 0; i < SHARDS / 4; i++) {
            int first = 4 * (int)dn_permute(&p, (uint64_t)i), whole = 1 << (first / 4 + (int)order) % 3;

            for (int at = first; at < first + 4; at += whole) {
                double *sum = NULL;

                CU_ASSERT_EQUAL(dn_forest_take(&f, &sum, NULL), DN_OK);
                recursive(at, whole, sum);
                dn_forest_put_node(&f, at, whole, sum);
            }
        }
        check(&f, 0, SHARDS);
        dn_forest_destroy(&f);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* In rising order nothing is allocated after the start, whatever the range. */
static void in_order_needs_no_more(void)
{
    for (int first = 0; first < SHARDS; first++)
        for (int end = first + 1; end <= SHARDS; end++) {
            dn_forest f = {0};

            CU_ASSERT_EQUAL(dn_forest_create(WIDTH, first, end, 1, &f, NULL), DN_OK);
            dn_alloc_fail_after(0);
            for (int shard = first; shard < end; shard++) {
                double *sum = NULL;

                CU_ASSERT_EQUAL(dn_forest_take(&f, &sum, NULL), DN_OK);
                if (sum != NULL)
                    dn_forest_put(&f, shard, sum);
            }
            dn_alloc_fail_after(-1);
            dn_forest_destroy(&f);
        }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void survives_refused_memory(void)
{
    dn_status st = DN_ENOMEM;
    long k = 0;

    for (; st != DN_OK && k < 200; k++) {
        dn_alloc_fail_after(k);
        st = run(0, SHARDS, 5);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    CU_ASSERT(k > 12); /* also while shards come */
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"any order", any_order},
                                    {"nodes come ready", nodes_come_ready},
                                    {"in order no more memory is needed", in_order_needs_no_more},
                                    {"refused memory", survives_refused_memory},
                                    {NULL, NULL}};
    return test_main(argc, argv, "forest", tests);
}
