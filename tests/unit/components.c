/* components.c - tests of solvers/network/components.h */
#include "tests/support/test.h"

#include "solvers/base/alloc.h"
#include "solvers/network/components.h"

/* Path 7-3-9, pairs 1-8 and 0-5, triangle 2-4-6, node 10 alone. */
static const dn_edge edges[] = {{7, 3, 1}, {3, 9, 1}, {8, 1, 1}, {5, 0, 1}, {2, 4, 1}, {4, 6, 1}, {6, 2, 1}};
enum { NODES = 11, EDGES = 7 };

static void numbers_by_size_then_outside(void)
{
    static const int64_t want[NODES] = {2, 3, 0, 1, 0, 2, 0, 1, 3, 1, 4}; /* outside order */
    int64_t component[NODES], count = -1;
    dn_graph g;

    CU_ASSERT_EQUAL(dn_graph_build(NODES, EDGES, edges, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_components(&g, component, &count, NULL), DN_OK);
    CU_ASSERT_EQUAL(count, 5);
    for (int i = 0; i < NODES; i++)
        CU_ASSERT_EQUAL(component[i], want[g.outside[i]]);
    dn_graph_destroy(&g);
}

static void finds_two_colours(void)
{
    int8_t colour[NODES];
    int bipartite = -1;
    dn_graph g;

    CU_ASSERT_EQUAL(dn_graph_build(NODES, EDGES, edges, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_two_colours(&g, colour, &bipartite, NULL), DN_OK);
    CU_ASSERT_EQUAL(bipartite, 0);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_graph_build(NODES, EDGES - 1, edges, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_two_colours(&g, colour, &bipartite, NULL), DN_OK);
    CU_ASSERT_EQUAL(bipartite, 1);
    for (int i = 0; i < NODES; i++) {
        CU_ASSERT(colour[i] == 0 || colour[i] == 1);
        for (int64_t e = g.row[i]; e < g.row[i + 1]; e++)
            CU_ASSERT_EQUAL(colour[i], 1 - colour[g.col[e]]);
    }
    dn_graph_destroy(&g);
}

static void awkward_graphs(void)
{
    int64_t component[3], count = -1;
    int8_t colour[3];
    int bipartite = -1;

    for (int n = 0; n < 4; n++) {
        dn_graph g;
        CU_ASSERT_EQUAL(dn_graph_build(n, 0, NULL, NULL, 1, 0, &g, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_components(&g, component, &count, NULL), DN_OK);
        CU_ASSERT_EQUAL(count, n);
        for (int i = 0; i < n; i++)
            CU_ASSERT_EQUAL(component[i], g.outside[i]);
        CU_ASSERT_EQUAL(dn_two_colours(&g, colour, &bipartite, NULL), DN_OK);
        CU_ASSERT_EQUAL(bipartite, 1);
        dn_graph_destroy(&g);
    }
}

static void survives_refused_memory(void)
{
    int64_t component[NODES], count = -1;
    int8_t colour[NODES];
    int bipartite;
    dn_status st = DN_ENOMEM;
    dn_graph g;

    CU_ASSERT_EQUAL(dn_graph_build(NODES, EDGES, edges, NULL, 1, 0, &g, NULL), DN_OK);
    for (long k = 0; st != DN_OK && k < 50; k++) {
        long live = dn_alloc_live();
        dn_alloc_fail_after(k);
        st = dn_components(&g, component, &count, NULL);
        if (st == DN_OK)
            st = dn_two_colours(&g, colour, &bipartite, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"numbered by size, then outside number", numbers_by_size_then_outside},
                                    {"two colours", finds_two_colours},
                                    {"awkward graphs", awkward_graphs},
                                    {"refused memory", survives_refused_memory},
                                    {NULL, NULL}};
    return test_main(argc, argv, "components", tests);
}
