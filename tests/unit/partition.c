/* partition.c - tests of mpi/core/partition.h and tree.h for many rank counts in one process */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "mpi/core/partition.h"
#include "mpi/core/tree.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

static void blocks_cover(void)
{
    static const int64_t lengths[] = {0, 1, 2, 3, 7, 16, 100, 1001};

    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++)
        for (int64_t parts = 1; parts <= 130; parts++) {
            int64_t n = lengths[k], at = 0;
            for (int64_t p = 0; p < parts; p++) {
                dn_range b = dn_block(n, p, parts);
                CU_ASSERT(b.begin == at && b.end - b.begin >= n / parts && b.end - b.begin <= n / parts + 1);
                for (int64_t i = b.begin; i < b.end; i++)
                    CU_ASSERT_EQUAL(dn_block_of(n, i, parts), p);
                at = b.end;
            }
            CU_ASSERT_EQUAL(at, n);
        }
}

static void plans(void)
{
    dn_plan p = {0};
    dn_error err = DN_ERROR_INIT;

    for (int size = 1; size <= 16; size++) {
        CU_ASSERT_EQUAL(dn_plan_even(16, size, &p, NULL), DN_OK);
        CU_ASSERT(p.first[0] == 0 && p.first[size] == 16);
        for (int r = 0; r < size; r++)
            CU_ASSERT(p.first[r + 1] > p.first[r]);
        dn_plan_destroy(&p);
    }
    CU_ASSERT_EQUAL(dn_plan_even(16, 17, &p, &err), DN_ECONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "17 ranks"));
    CU_ASSERT_EQUAL(dn_plan_even(12, 2, &p, NULL), DN_ECONFIG);
    CU_ASSERT_EQUAL(dn_plan_parse("5,3,8", 16, 3, &p, NULL), DN_OK);
    CU_ASSERT(p.first[1] == 5 && p.first[2] == 8 && p.first[3] == 16);
    dn_plan_destroy(&p);
    static const char *const wrong[] = {"5,3", "5,3,8,0", "5,3,7", "0,8,8", "a,b,c", "", "5,3,8x", "-1,9,8"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(dn_plan_parse(wrong[i], 16, 3, &p, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

enum { SHARDS = 64, WIDTH = 5 };
static float vec[SHARDS][WIDTH];

static void fill(void)
{
    dn_rng s = dn_rng_stream(1, DN_RNG_SYNTH, 99, 0);

    for (int i = 0; i < SHARDS; i++)
        for (int k = 0; k < WIDTH; k++)
            vec[i][k] = (float)(dn_rng_normal(s, (uint64_t)(i * WIDTH + k)) * pow(10, k));
}

/* The definition: left + right, recursively. */
static void recursive(int first, int count, float *out)
{
    float right[WIDTH];

    if (count == 1) {
        memcpy(out, vec[first], sizeof right);
        return;
    }
    recursive(first, count / 2, out);
    recursive(first + count / 2, count / 2, right);
    for (int k = 0; k < WIDTH; k++)
        out[k] += right[k];
}

/* Two levels of trees, as ranks and owners do it, with cuts at random places. */
static void tree_is_one_sum(void)
{
    float want[WIDTH];
    dn_rng s = dn_rng_stream(2, DN_RNG_SYNTH, 99, 0);

    fill();
    recursive(0, SHARDS, want);
    for (int trial = 0; trial < 300; trial++) {
        dn_tree owner = {.width = WIDTH};
        int at = 0, ranks = 0;
        while (at < SHARDS) {
            dn_tree local = {.width = WIDTH};
            dn_node cover[DN_TREE_DEPTH];
            int room = SHARDS - at;
            int n =
                trial == 0 ? room : 1 + (int)dn_rng_below(s, (uint64_t)(trial * 100 + ranks), (uint64_t)room);
            for (int i = at; i < at + n; i++)
                CU_ASSERT_EQUAL(dn_tree_push(&local, i, 1, vec[i], NULL), DN_OK);
            CU_ASSERT_EQUAL(dn_tree_cover(at, at + n, cover), local.depth);
            for (int i = 0; i < local.depth; i++) {
                CU_ASSERT(cover[i].first == local.node[i].first && cover[i].count == local.node[i].count);
                CU_ASSERT_EQUAL(dn_tree_push(&owner, cover[i].first, cover[i].count, local.node[i].sum, NULL),
                                DN_OK);
            }
            dn_tree_destroy(&local);
            at += n;
            ranks++;
        }
        CU_ASSERT_EQUAL(owner.depth, 1);
        CU_ASSERT_EQUAL(memcmp(owner.node[0].sum, want, sizeof want), 0);
        dn_tree_destroy(&owner);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Every part begins at the first row whose cost before it reaches the share, and parts cover all. */
static void balanced_parts(void)
{
    const int64_t first[8] = {0, 9, 9, 12, 12, 12, 13, 20};

    for (int64_t cost = 1; cost <= 4; cost += 3)
        for (int parts = 1; parts < 12; parts++) {
            int64_t all = first[7] + 7 * cost, row = 0;

            for (int part = 0; part <= parts; part++) {
                while (row < 7 && first[row] + cost * row < all * part / parts)
                    row++;
                CU_ASSERT_EQUAL(dn_balanced(first, 7, cost, part, parts), row);
            }
            CU_ASSERT(dn_balanced(first, 7, cost, 0, parts) == 0 && row == 7);
        }
    CU_ASSERT_EQUAL(dn_balanced(first, 0, 1, 1, 1), 0);
}

static void turns_cover_a_range_once(void)
{
    for (int64_t begin = 0; begin < 3; begin++)
        for (int64_t n = 0; n < 12; n++)
            for (int64_t most = 1; most < 14; most++) {
                dn_range all = {begin, begin + n};
                int64_t at = begin;

                for (int64_t t = 0; t < dn_turns(all, most); t++) {
                    dn_range r = dn_turn(all, t, most);
                    CU_ASSERT(r.begin == at && r.end > at && r.end - at <= most);
                    at = r.end;
                }
                CU_ASSERT_EQUAL(at, begin + n);
                for (int64_t t = dn_turns(all, most); t < 20;
                     t++) { /* behind the last: none, and in the range */
                    dn_range r = dn_turn(all, t, most);
                    CU_ASSERT(r.begin == r.end && r.end == begin + n);
                }
            }
}

static const dn_test tests[] = {{"blocks cover", blocks_cover},
                                {"balanced parts", balanced_parts},
                                {"plans", plans},
                                {"tree is one sum", tree_is_one_sum},
                                {"turns cover a range once", turns_cover_a_range_once},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "partition", tests);
}
