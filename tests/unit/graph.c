/* graph.c - tests of solvers/network/graph.h and of a team of one */
#include "tests/support/test.h"

#include <stdint.h>
#include "solvers/base/alloc.h"
#include "solvers/network/team.h"

/* A triangle 0-1-2, 2-4 twice in both orders, a loop at 3, 5 alone. */
static const dn_edge edges[] = {{0, 1, 1}, {1, 2, 2}, {2, 0, 3}, {2, 4, 1}, {4, 2, 5}, {3, 3, 7}};
static const uint8_t side[6] = {0, 1, 0, 1, 1, 0};

static void orders_by_degree(void)
{
    static const int32_t outside[] = {2, 0, 1, 4, 3, 5};
    static const int64_t row[] = {0, 3, 5, 7, 8, 8, 8};
    static const int32_t col[] = {1, 2, 3, 2, 0, 1, 0, 0};
    static const float weight[] = {3, 2, 5, 1, 3, 1, 2, 5};
    dn_graph g;
    int32_t inside[6];

    CU_ASSERT_EQUAL(dn_graph_build(6, 6, edges, side, 2, 1, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(g.connected, 4);
    CU_ASSERT_EQUAL(g.nnz, 8);
    dn_graph_inside(&g, inside);
    for (int i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL(g.outside[i], outside[i]);
        CU_ASSERT_EQUAL(inside[outside[i]], i);
        CU_ASSERT_EQUAL(g.side[i], side[outside[i]]);
        CU_ASSERT_EQUAL(g.row[i + 1], row[i + 1]);
    }
    for (int k = 0; k < 8; k++) {
        CU_ASSERT_EQUAL(g.col[k], col[k]);
        CU_ASSERT_EQUAL(g.weight[k], weight[k]);
    }
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void small_graphs(void)
{
    static const dn_edge wrong[] = {{0, 1, 1}, {1, 2, 1}};
    dn_error err = DN_ERROR_INIT;
    dn_graph g;

    CU_ASSERT_EQUAL(dn_graph_build(0, 0, NULL, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT(g.n == 0 && g.nnz == 0 && g.connected == 0);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_graph_build(4, 1, edges + 5, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT(g.n == 4 && g.nnz == 0 && g.connected == 0 && g.weight == NULL);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_graph_build(2, 2, wrong, NULL, 1, 0, &g, &err), DN_EDATA);
    CU_ASSERT(err.text[0] != '\0');
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void survives_refused_memory(void)
{
    dn_status st = DN_ENOMEM;
    dn_graph g;

    for (long k = 0; st != DN_OK && k < 100; k++) {
        dn_alloc_fail_after(k);
        st = dn_graph_build(6, 6, edges, side, 2, 1, &g, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        if (st == DN_OK)
            dn_graph_destroy(&g);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static void team_of_one(void)
{
    dn_graph g;
    dn_team t;
    double *a;
    const double *b;

    CU_ASSERT_EQUAL(dn_graph_build(6, 6, edges, side, 2, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_team_solo(&g, &t, NULL), DN_OK);
    CU_ASSERT(t.begin == 0 && t.end == 4 && t.size == 1 && t.rank == 0);
    a = t.post(t.ctx);
    a[3] = 5;
    b = t.collect(t.ctx);
    CU_ASSERT_EQUAL(b[3], 5);
    a = t.post(t.ctx);
    a[3] = 6;
    CU_ASSERT_EQUAL(b[3], 5);
    CU_ASSERT_EQUAL(t.collect(t.ctx)[3], 6);
    CU_ASSERT_EQUAL(t.agree(t.ctx, DN_EDATA, NULL), DN_EDATA);
    dn_team_solo_destroy(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"orders nodes by degree", orders_by_degree},
                                    {"small graphs", small_graphs},
                                    {"refused memory", survives_refused_memory},
                                    {"team of one", team_of_one},
                                    {NULL, NULL}};
    return test_main(argc, argv, "graph", tests);
}
