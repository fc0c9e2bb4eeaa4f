/* analysis.c - tests of dn_analysis_order(): falling values, ties by id, ids as bytes or as numbers */
#include "mpi/graph/analysis.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "tests/support/analysis.h"

enum { MANY = 5000 };

/* The order of n nodes without edges (inside numbers are those outside); ids NULL: the numbers. */
static void order_of(int n, const char *const *ids, const double *v, double tie, int32_t *out)
{
    dn_network w = {0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_graph_build(n, 0, NULL, NULL, 1, 0, &w.graph, &err), DN_OK);
    for (int i = 0; ids != NULL && i < n; i++)
        CU_ASSERT_EQUAL(dn_strings_add(&w.id, ids[i], strlen(ids[i]), &err), DN_OK);
    CU_ASSERT_EQUAL(dn_analysis_order(&w, v, tie, out, &err), DN_OK);
    dn_strings_destroy(&w.id);
    dn_graph_destroy(&w.graph);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static bool is(const int32_t *have, const int32_t *want, size_t bytes)
{
    return memcmp(have, want, bytes) == 0;
}

static void by_value(void)
{
    static const double v[] = {0.5, NAN, -1, INFINITY, 0.5, -INFINITY, 3, -0.0, 0.0, NAN};
    static const int32_t want[] = {3, 6, 0, 4, 7, 8, 2, 5, 1, 9};
    int32_t out[10];

    order_of(10, NULL, v, 0, out);
    CU_ASSERT(is(out, want, sizeof want));
    order_of(0, NULL, NULL, 0, NULL);
}

/* Bytes decide, unsigned; what is a beginning of another comes first; eight bytes and more. */
static void ties_by_name(void)
{
    static const char *const ids[] = {"P08684",    "DB1",        "P086840",  "",        "p08684",
                                      "gene_0002", "gene_00010", "gene_000", "caf\351", "caf\303\251"};
    static const double v[10] = {0};
    static const int32_t want[] = {3, 1, 0, 2, 9, 8, 7, 6, 5, 4};
    int32_t out[10];

    order_of(10, ids, v, 0, out);
    CU_ASSERT(is(out, want, sizeof want));
}

/* Without names the ids are numbers: 9 before 10. */
static void ties_by_number(void)
{
    static double v[MANY];
    static int32_t out[MANY];
    bool rising = true;

    for (int i = 0; i < MANY; i++)
        v[i] = i % 2;
    order_of(MANY, NULL, v, 0, out);
    for (int k = 0; k < MANY / 2; k++)
        rising = rising && out[k] == 2 * k + 1 && out[MANY / 2 + k] == 2 * k;
    CU_ASSERT(rising);
}

/* b and c are within 0.01 of a, the largest; d is not, though it is within 0.01 of c. */
static void ties_within_an_error(void)
{
    static const char *const ids[] = {"d", "c", "b", "a", "e"};
    static const double v[] = {0.988, 0.991, 0.995, 1, NAN};
    static const int32_t want[] = {3, 2, 1, 0, 4};
    static const double w[] = {0.988, 1, 0.995, 0.991, NAN}; /* a is the smallest of its group */
    static const int32_t strict[] = {1, 2, 3, 0, 4};
    int32_t out[5];

    order_of(5, ids, v, 0.01, out);
    CU_ASSERT(is(out, want, sizeof want));
    order_of(5, ids, w, 0.01, out);
    CU_ASSERT(is(out, want, sizeof want));
    order_of(5, ids, w, 0, out);
    CU_ASSERT(is(out, strict, sizeof strict));
}

/* A long tail of small steps stays in the order of its values, up to the error. */
static void no_chains(void)
{
    static double v[MANY];
    static int32_t out[MANY];
    double highest = 0; /* rise */

    for (int i = 0; i < MANY; i++)
        v[i] = (double)i / 1e6; /* ids rise, where values fall */
    order_of(MANY, NULL, v, 3.5e-6, out);
    for (int k = 1; k < MANY; k++)
        highest = fmax(highest, v[out[k]] - v[out[k - 1]]);
    CU_ASSERT(highest > 0 && highest <= 3.5e-6);
    CU_ASSERT(out[0] == MANY - 4 && out[3] == MANY - 1 && out[4] == MANY - 8);
}

/* Text that is a number counts as one, whichever layers are loaded: SNAP ids, Entrez ids. */
static void numbers_in_text(void)
{
    static const char *const ids[] = {"10",  "9",  "1A", "009", "0", "", "999999999999999999999",
                                      "100", "-1", "7x"};
    static const double v[10] = {0};
    static const int32_t want[] = {4, 1, 0, 7, 5, 8, 3, 2, 9, 6};
    int32_t out[10];

    order_of(10, ids, v, 0, out);
    CU_ASSERT(is(out, want, sizeof want));
}

/* Nodes stand inside by falling degree: their ids are those of the dataset. */
static void of_a_graph(void)
{
    static const dn_edge star[] = {{4, 0, 1}, {4, 1, 1}, {4, 2, 1}, {2, 1, 1}};
    dn_network w = {0};
    double v[5] = {1, 1, 1, 1, 1};
    int32_t out[5];

    CU_ASSERT_EQUAL(dn_graph_build(5, 4, star, NULL, 1, 0, &w.graph, NULL), DN_OK);
    CU_ASSERT_EQUAL(w.graph.outside[0], 4);
    CU_ASSERT_EQUAL(dn_analysis_order(&w, v, 0, out, NULL), DN_OK);
    for (int k = 0; k < 5; k++)
        CU_ASSERT_EQUAL(w.graph.outside[out[k]], k);
    dn_graph_destroy(&w.graph);
}

static void refused_memory(void)
{
    static const double v[3] = {1, 2, 3};
    dn_network w = {0};
    int32_t out[3];

    CU_ASSERT_EQUAL(dn_graph_build(3, 0, NULL, NULL, 1, 0, &w.graph, NULL), DN_OK);
    dn_alloc_fail_after(0);
    CU_ASSERT_EQUAL(dn_analysis_order(&w, v, 0, out, NULL), DN_ENOMEM);
    dn_alloc_fail_after(-1);
    dn_graph_destroy(&w.graph);
    for (int kind = TEST_ODD; kind <= TEST_BARE; kind++)
        for (long k = 0; k < 200; k++) {
            test_analysis t;

            dn_alloc_fail_after(k);
            if (test_analysis_make((test_analysis_kind)kind, 0, &t, NULL) == DN_OK)
                k = 200;
            dn_alloc_fail_after(-1);
            test_analysis_free(&t);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
    dn_analysis_destroy(NULL);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"by value", by_value},
                                    {"ties by name", ties_by_name},
                                    {"ties by number", ties_by_number},
                                    {"numbers in text", numbers_in_text},
                                    {"ties within an error", ties_within_an_error},
                                    {"no chains", no_chains},
                                    {"of a graph", of_a_graph},
                                    {"refused memory", refused_memory},
                                    {NULL, NULL}};
    return test_main(argc, argv, "analysis", tests);
}
