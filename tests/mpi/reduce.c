/* reduce.c - tests of mpi/core/reduce.h: the bits of one rank on any number, whatever the plan */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/reduce.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

/* One rank takes three pieces of the slice, four ranks one each. */
enum { SHARDS = 8, SLICED = 2 * DN_TREE_PIECE + 37, TAIL = 3, WIDTH = SLICED + TAIL };

static void shard_vector(int shard, int round, float *out)
{
    dn_rng s = dn_rng_stream(7, DN_RNG_SYNTH, (uint64_t)(1000 * round + shard), 0);

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

/* How the shards are given and the sum is taken. */
typedef enum way { PUSHED, LENT, SOURCED, IN_PIECES, WAYS } way;

static void add_up(void *ctx, int first, int count, int64_t at, int64_t n, float *out)
{
    float *const *vec = ctx;

    CU_ASSERT(n > 0 && n <= DN_TREE_PIECE && at >= 0 && at + n <= WIDTH);
    dn_tree_sum((const float *const *)vec + first, count, at, n, out);
}

/* The vectors of this rank's shards, in memory of their own, so that a sanitizer sees a step too far. */
static void give(dn_reduce *r, const dn_plan *plan, int round, way w, float **vec)
{
    int first = plan->first[test_comm.rank], end = plan->first[test_comm.rank + 1];

    for (int s = first; s < end; s++) {
        float **to =
            w == PUSHED ? vec : &vec[s - first]; /* pushed: one buffer goes in and another comes out */
        shard_vector(s, round, *to);
        if (w == PUSHED)
            dn_reduce_push(r, to);
    }
    if (w == SOURCED)
        dn_reduce_lend_sums(r, add_up, vec);
    else if (w != PUSHED)
        dn_reduce_lend(r, (const float *const *)vec);
}

typedef struct taken {
    float *slice;
    int64_t next; /* where the next piece begins */
} taken;

static void take(void *ctx, int64_t at, int64_t n, const float *sum)
{
    taken *t = ctx;

    CU_ASSERT(at == t->next && n > 0 && n <= DN_TREE_PIECE);
    memcpy(t->slice + at, sum, (size_t)n * sizeof *sum);
    t->next = at + n;
}

static void one_round(dn_reduce *r, const dn_plan *plan, dn_reduce_kind kind, int round, way w, float **vec)
{
    static float full[SLICED], slice[SLICED], want[WIDTH];
    dn_range mine = dn_reduce_slice(r);
    taken t = {.slice = slice};
    float tail[TAIL];

    give(r, plan, round, w, vec);
    if (w == IN_PIECES) {
        dn_reduce_meet(r, tail);
        dn_reduce_take(r, take, &t);
        CU_ASSERT_EQUAL(t.next, mine.end - mine.begin);
    } else {
        dn_reduce_finish(r, slice, tail);
    }
    memset(full, 0, sizeof full);
    memcpy(full + mine.begin, slice, (size_t)(mine.end - mine.begin) * sizeof *slice);
    dn_reduce_gather(r, full);
    recursive(0, plan->shards, round, want);
    if (kind == DN_REDUCE_ORDERED) {
        CU_ASSERT_EQUAL(memcmp(full, want, sizeof full), 0);
        CU_ASSERT_EQUAL(memcmp(tail, want + SLICED, sizeof tail), 0);
    } else {
        for (int k = 0; k < SLICED; k++)
            CU_ASSERT_DOUBLE_EQUAL(full[k], want[k], k % 3 == 0 ? 5.0 : 5e-9);
    }
}

static void run(const dn_plan *plan, dn_reduce_kind kind)
{
    int shards = plan->first[test_comm.rank + 1] - plan->first[test_comm.rank];
    float **vec = dn_calloc((size_t)shards, sizeof *vec);
    dn_reduce *r = NULL;

    for (int s = 0; s < shards; s++)
        vec[s] = dn_calloc(WIDTH, sizeof **vec);
    CU_ASSERT_EQUAL(dn_reduce_create(&test_comm, plan, kind, SLICED, TAIL, &r, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_reduce_reserve(r, NULL), DN_OK);
    for (int round = 0; round < 2 * WAYS; round++)
        one_round(r, plan, kind, round, (way)(round % WAYS), vec);
    give(r, plan, 0, LENT, vec); /* a round whose sum nobody wants */
    dn_reduce_meet(r, (float[TAIL]){0});
    dn_reduce_take(r, NULL, NULL);
    one_round(r, plan, kind, 1, PUSHED, vec);
    dn_reduce_destroy(&r);
    for (int s = 0; s < shards; s++)
        dn_free(vec[s]);
    dn_free(vec);
}

static void even_plan(void)
{
    dn_plan plan;

    CU_ASSERT_EQUAL(dn_plan_even(SHARDS, test_comm.size, &plan, NULL), DN_OK);
    run(&plan, DN_REDUCE_ORDERED);
    run(&plan, DN_REDUCE_FAST);
    dn_plan_destroy(&plan);
}

/* More shards of a rank than are added up at once. */
static void many_shards(void)
{
    dn_plan plan;

    CU_ASSERT_EQUAL(dn_plan_even(64, test_comm.size, &plan, NULL), DN_OK);
    run(&plan, DN_REDUCE_ORDERED);
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

/* Tails so long that several ranks slice them, too, and gather their sums. */
static void long_tails(void)
{
    enum { LONG = 70001, FEW = 5, ALL = FEW + LONG };
    float *sum[SHARDS], *got = dn_calloc(ALL, sizeof *got), slice[FEW];
    const float *mine[SHARDS];
    dn_plan plan;
    dn_reduce *r = NULL;
    dn_range own;

    CU_ASSERT_EQUAL(dn_plan_even(SHARDS, test_comm.size, &plan, NULL), DN_OK);
    for (int s = 0; s < SHARDS; s++) {
        sum[s] = dn_calloc(ALL, sizeof **sum);
        for (int k = 0; k < ALL; k++)
            sum[s][k] = sinf((float)(s * ALL + k)) * (k % 3 == 0 ? 1e6f : 1e-3f);
        mine[s] = sum[s];
    }
    CU_ASSERT_EQUAL(dn_reduce_create(&test_comm, &plan, DN_REDUCE_ORDERED, FEW, LONG, &r, NULL), DN_OK);
    own = dn_reduce_slice(r);
    for (int round = 0; round < 2; round++) {
        dn_reduce_lend(r, mine + plan.first[test_comm.rank]);
        dn_reduce_finish(r, slice, got + FEW);
    }
    for (int step = 1; step < SHARDS; step *= 2) /* the tree by hand */
        for (int s = 0; s < SHARDS; s += 2 * step)
            for (int k = 0; k < ALL; k++)
                sum[s][k] += sum[s + step][k];
    CU_ASSERT_EQUAL(memcmp(slice, sum[0] + own.begin, (size_t)(own.end - own.begin) * sizeof *slice), 0);
    CU_ASSERT_EQUAL(memcmp(got + FEW, sum[0] + FEW, LONG * sizeof *got), 0);
    for (int s = 0; s < SHARDS; s++)
        dn_free(sum[s]);
    dn_free(got);
    dn_reduce_destroy(&r);
    dn_plan_destroy(&plan);
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
            if (st == DN_OK)
                st = dn_agree(&test_comm, dn_reduce_reserve(r, &err), &err);
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
                                {"many shards", many_shards},
                                {"uneven plans", uneven_plans},
                                {"long tails", long_tails},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "reduce", tests);
}
