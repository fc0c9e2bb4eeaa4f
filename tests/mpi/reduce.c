/* reduce.c - tests of mpi/core/reduce.h: the bits of one rank on any number, whatever the plan */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/reduce.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { SHARDS = 8, SLICED = 37, TAIL = 3, WIDTH = SLICED + TAIL };

static void shard_vector(int shard, int round, float *out)
{
    dn_rng s = dn_rng_stream(7, DN_RNG_SYNTH, (uint64_t)(round * SHARDS + shard), 0);

    for (int k = 0; k < WIDTH; k++)
        out[k] = (float)(dn_rng_normal(s, (uint64_t)k) * (k % 3 == 0 ? 1e6 : 1e-3));
}

static void recursive(int first, int count, int round, float *out)
{
    float right[WIDTH];

    if (count == 1) {
        shard_vector(first, round, out);
        return;
    }
    recursive(first, count / 2, round, out);
    recursive(first + count / 2, count / 2, round, right);
    for (int k = 0; k < WIDTH; k++)
        out[k] += right[k];
}

static void run(const dn_plan *plan, dn_reduce_kind kind)
{
    dn_reduce *r = NULL;
    float full[SLICED], slice[SLICED], tail[TAIL], vec[WIDTH], want[WIDTH];

    CU_ASSERT_EQUAL(dn_reduce_create(&test_comm, plan, kind, SLICED, TAIL, &r, NULL), DN_OK);
    for (int round = 0; round < 3; round++) {
        dn_range mine = dn_reduce_slice(r);
        for (int s = plan->first[test_comm.rank]; s < plan->first[test_comm.rank + 1]; s++) {
            shard_vector(s, round, vec);
            dn_reduce_push(r, vec);
        }
        dn_reduce_finish(r, slice, tail);
        memcpy(full + mine.begin, slice, (size_t)(mine.end - mine.begin) * sizeof *slice);
        dn_reduce_gather(r, full);
        recursive(0, SHARDS, round, want);
        if (kind == DN_REDUCE_ORDERED) {
            CU_ASSERT_EQUAL(memcmp(full, want, sizeof full), 0);
            CU_ASSERT_EQUAL(memcmp(tail, want + SLICED, sizeof tail), 0);
        } else {
            for (int k = 0; k < SLICED; k++)
                CU_ASSERT_DOUBLE_EQUAL(full[k], want[k], k % 3 == 0 ? 5.0 : 5e-9);
        }
    }
    dn_reduce_destroy(&r);
}

static void even_plan(void)
{
    dn_plan plan;

    CU_ASSERT_EQUAL(dn_plan_even(SHARDS, test_comm.size, &plan, NULL), DN_OK);
    run(&plan, DN_REDUCE_ORDERED);
    run(&plan, DN_REDUCE_FAST);
    dn_plan_destroy(&plan);
}

/* Every plan in which rank 0 gets `first` shards and the others one each but the last, which gets the rest.
 */
static void uneven_plans(void)
{
    for (int first = 1; first <= SHARDS - test_comm.size + 1; first++) {
        char text[64];
        int at = snprintf(text, sizeof text, "%d", first), left = SHARDS - first;
        dn_plan plan = {0};
        for (int r = 1; r < test_comm.size; r++) {
            int n = r + 1 < test_comm.size ? 1 : left;
            at += snprintf(text + at, sizeof text - (size_t)at, ",%d", n);
            left -= n;
        }
        if (left != 0)
            continue; /* one rank takes all */
        CU_ASSERT_EQUAL(dn_plan_parse(text, SHARDS, test_comm.size, &plan, NULL), DN_OK);
        run(&plan, DN_REDUCE_ORDERED);
        dn_plan_destroy(&plan);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Refuse allocation k on rank r, for every k and r. */
static void any_rank_may_run_out_of_memory(void)
{
    dn_plan plan;

    CU_ASSERT_EQUAL(dn_plan_even(SHARDS, test_comm.size, &plan, NULL), DN_OK);
    for (int rank = 0; rank < test_comm.size; rank++) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 100; k++) {
            dn_reduce *r = NULL;
            dn_error err = DN_ERROR_INIT;
            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_reduce_create(&test_comm, &plan, DN_REDUCE_ORDERED, SLICED, TAIL, &r, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            dn_reduce_destroy(&r);
            CU_ASSERT_EQUAL(dn_alloc_live(), 1); /* the plan */
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    dn_plan_destroy(&plan);
}

static const dn_test tests[] = {{"even plan", even_plan},
                                {"uneven plans", uneven_plans},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "reduce", tests);
}
