/* describe.c - tests of solvers/network/describe.h against networkx and pandas (golden/describe.txt)
 *
 * Tolerance 1e-12: both sides add up a few dozen doubles, in another order.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/text.h"
#include "solvers/network/describe.h"

enum { MOST = 512 };

static bool near(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * fmax(1, fabs(b));
}

static void check_summary(FILE *f, const char *name, const char *what, const dn_summary *s)
{
    char word[32], text[7][40];
    double want[7],
        have[7] = {s->mean, s->sd, s->min, s->quartile[0], s->quartile[1], s->quartile[2], s->max};
    long long count;

    CU_ASSERT_EQUAL(fscanf(f, "%31s %lld %39s %39s %39s %39s %39s %39s %39s", word, &count, text[0], text[1],
                           text[2], text[3], text[4], text[5], text[6]),
                    9);
    CU_ASSERT_EQUAL(strcmp(word, what), 0);
    CU_ASSERT_EQUAL(s->count, count);
    for (int i = 0; i < 7; i++) {
        want[i] = strtod(text[i], NULL);
        if (!near(have[i], want[i]))
            fprintf(stderr, "%s %s %d: %.15g, wanted %.15g\n", name, what, i, have[i], want[i]);
        CU_ASSERT(near(have[i], want[i]));
    }
}

static void read_graph(FILE *f, int64_t n, int64_t n_edges, dn_edge *edge, uint8_t *side, int64_t *component)
{
    long long v;
    int a, b;
    float w;

    CU_ASSERT_EQUAL(fscanf(f, " sides"), 0);
    for (int64_t i = 0; i < n; i++) {
        CU_ASSERT_EQUAL(fscanf(f, "%lld", &v), 1);
        side[i] = (uint8_t)v;
    }
    for (int64_t e = 0; e < n_edges; e++) {
        CU_ASSERT_EQUAL(fscanf(f, " edge %d %d %f", &a, &b, &w), 3);
        edge[e] = (dn_edge){a, b, w};
    }
    CU_ASSERT_EQUAL(fscanf(f, " components"), 0);
    for (int64_t i = 0; i < n; i++) {
        CU_ASSERT_EQUAL(fscanf(f, "%lld", &v), 1);
        component[i] = v;
    }
}

static void one_graph(FILE *f, const char *name, int64_t n, int64_t n_edges, int sides, int weighted)
{
    static dn_edge edge[MOST];
    static uint8_t side[MOST];
    static int64_t outside[MOST], component[MOST];
    long long isolated, components, largest, low, medium, high;
    char density[40], assortativity[40];
    int bipartite;
    dn_graph g;
    dn_description d;

    CU_ASSERT(n <= MOST && n_edges <= MOST);
    read_graph(f, n, n_edges, edge, side, outside);
    CU_ASSERT_EQUAL(dn_graph_build(n, n_edges, edge, side, sides, weighted, &g, NULL), DN_OK);
    for (int64_t i = 0; i < n; i++)
        component[i] = outside[g.outside[i]];
    CU_ASSERT_EQUAL(fscanf(f, " whole %lld %lld %lld %d %39s %39s", &isolated, &components, &largest,
                           &bipartite, density, assortativity),
                    6);
    CU_ASSERT_EQUAL(dn_describe(&g, component, components, &d, NULL), DN_OK);
    CU_ASSERT(d.nodes == n && d.edges == n_edges && d.isolated == isolated && d.components == components);
    CU_ASSERT(d.largest_component == largest && d.bipartite == bipartite);
    CU_ASSERT(near(d.density, strtod(density, NULL)));
    CU_ASSERT(near(d.assortativity, strtod(assortativity, NULL)));
    for (int s = 0; s < sides; s++) {
        int64_t in_bins = d.side[s].isolated;

        check_summary(f, name, "degree", &d.side[s].degree);
        check_summary(f, name, "strength", &d.side[s].strength);
        CU_ASSERT_EQUAL(fscanf(f, " classes %lld %lld %lld", &low, &medium, &high), 3);
        CU_ASSERT(d.side[s].low == low && d.side[s].medium == medium && d.side[s].high == high);
        for (int b = 0; b < DN_BINS; b++)
            in_bins += d.side[s].histogram[b];
        CU_ASSERT_EQUAL(in_bins, d.side[s].degree.count);
    }
    dn_graph_destroy(&g);
}

static void golden(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/describe.txt", "r");
    char line[256], name[64];
    long long n, edges;
    int sides, weighted, graphs = 0;

    CU_ASSERT_PTR_NOT_NULL(f);
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "graph %63s %lld %lld %d %d", name, &n, &edges, &sides, &weighted) == 5) {
            one_graph(f, name, n, edges, sides, weighted);
            graphs++;
        }
    CU_ASSERT_EQUAL(graphs, 12);
    if (f != NULL)
        fclose(f);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A star with 9 rays and a node apart: degree 9 stands in bin 3, degree 1 in bin 0, degree 0 in none. */
static void histogram_and_classes(void)
{
    static const int64_t component[11] = {[10] = 1};
    dn_edge edge[9];
    dn_graph g;
    dn_description d;

    for (int i = 0; i < 9; i++)
        edge[i] = (dn_edge){0, i + 1, 1};
    CU_ASSERT_EQUAL(dn_graph_build(11, 9, edge, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_describe(&g, component, 2, &d, NULL), DN_OK);
    CU_ASSERT(d.side[0].histogram[0] == 9 && d.side[0].histogram[3] == 1 && d.side[0].isolated == 1);
    CU_ASSERT(near(d.side[0].edge[0], -0.009) && near(d.side[0].edge[1], 3) && near(d.side[0].edge[3], 9));
    CU_ASSERT_EQUAL(d.power_law.k_min, 0);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_graph_build(2, 0, NULL, NULL, DN_SIDES + 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_describe(&g, component, 1, &d, NULL), DN_EDATA);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void survives_refused_memory(void)
{
    static const dn_edge edge[] = {{0, 1, 1}, {1, 2, 1}, {0, 2, 1}, {2, 3, 1}};
    static const int64_t component[5] = {0, 0, 0, 0, 1};
    dn_status st = DN_ENOMEM;
    dn_graph g;
    dn_description d;

    CU_ASSERT_EQUAL(dn_graph_build(5, 4, edge, NULL, 1, 0, &g, NULL), DN_OK);
    for (long k = 0; st != DN_OK && k < 100; k++) {
        long live = dn_alloc_live();

        dn_alloc_fail_after(k);
        st = dn_describe(&g, component, 2, &d, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

enum { EDGES = 20000 };

/* The edges of ChG-Miner.tsv; drugs and genes numbered as they come. Returns the nodes. */
static int64_t read_chg(FILE *f, dn_edge *edge, uint8_t *side, int64_t *out_edges)
{
    dn_names *names = NULL;
    char line[256], word[2][64];
    int64_t n = 0, m = 0, at[2];

    CU_ASSERT_EQUAL(dn_names_create(&names, NULL), DN_OK);
    while (m < EDGES && fgets(line, sizeof line, f) != NULL) {
        if (line[0] == '#' || sscanf(line, "%63s %63s", word[0], word[1]) != 2)
            continue;
        for (int s = 0; s < 2; s++) {
            CU_ASSERT_EQUAL(dn_names_add(names, word[s], strlen(word[s]), n, &at[s], NULL), DN_OK);
            if (at[s] == n)
                side[n++] = (uint8_t)s;
        }
        edge[m++] = (dn_edge){(int32_t)at[0], (int32_t)at[1], 1};
    }
    dn_names_destroy(&names);
    *out_edges = m;
    return n;
}

/* Figures of pandas for the real drug-gene network. */
static void chg_miner(void)
{
    FILE *f = fopen(DN_TEST_SHARED_DATA "/network/ChG-Miner.tsv", "r");
    dn_edge *edge;
    uint8_t *side;
    int64_t *component, m, n;
    dn_graph g;
    dn_description d;
    const dn_side_description *drug = &d.side[0], *gene = &d.side[1];

    if (f == NULL) {
        test_skip("no ChG-Miner.tsv");
        return;
    }
    edge = dn_calloc(EDGES, sizeof *edge);
    side = dn_calloc(EDGES, 1);
    component = dn_calloc(EDGES, sizeof *component);
    n = read_chg(f, edge, side, &m);
    fclose(f);
    CU_ASSERT_EQUAL(dn_graph_build(n, m, edge, side, 2, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_describe(&g, component, 1, &d, NULL), DN_OK);
    CU_ASSERT(d.nodes == 7341 && d.edges == 15138 && d.bipartite);
    CU_ASSERT(drug->degree.count == 5017 && gene->degree.count == 2324);
    CU_ASSERT(fabs(drug->degree.mean - 3.01734104046) < 1e-11 &&
              fabs(drug->degree.sd - 5.17923353344) < 1e-11);
    CU_ASSERT(fabs(gene->degree.mean - 6.51376936317) < 1e-11 &&
              fabs(gene->degree.sd - 21.1133154088) < 1e-10);
    CU_ASSERT(drug->degree.quartile[0] == 1 && drug->degree.quartile[1] == 1 &&
              drug->degree.quartile[2] == 3);
    CU_ASSERT(gene->degree.quartile[0] == 1 && gene->degree.quartile[1] == 2 &&
              gene->degree.quartile[2] == 4);
    CU_ASSERT(drug->degree.max == 147 && gene->degree.max == 584);
    CU_ASSERT(drug->low == 5012 && drug->medium == 4 && drug->high == 1);
    CU_ASSERT(gene->low == 2319 && gene->medium == 4 && gene->high == 1);
    /* igraph.power_law_fit, which stops its search early */
    CU_ASSERT(d.power_law.k_min == 1 && d.power_law.tail == 7341);
    CU_ASSERT(fabs(d.power_law.alpha - 1.8800620516) < 1e-6 && fabs(d.power_law.ks - 0.02682496906) < 1e-7);
    dn_graph_destroy(&g);
    dn_free(edge);
    dn_free(side);
    dn_free(component);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* As many sides as a dataset can have, one node on each but the last, which has none. */
static void many_sides(void)
{
    dn_edge edge[1] = {{.a = 0, .b = 30, .weight = 1}};
    uint8_t side[MOST];
    int64_t component[MOST];
    dn_graph g;
    dn_description d;
    dn_error err = DN_ERROR_INIT;

    for (int i = 0; i < 31; i++) {
        side[i] = (uint8_t)i;
        component[i] = i == 30 ? 0 : i;
    }
    CU_ASSERT_EQUAL(dn_graph_build(31, 1, edge, side, 32, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_describe(&g, component, 30, &d, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT(d.nodes == 31 && d.edges == 1 && d.isolated == 29);
    for (int s = 0; s < 31; s++)
        CU_ASSERT(d.side[s].degree.count == 1 && d.side[s].degree.max == (s == 0 || s == 30));
    CU_ASSERT_EQUAL(d.side[31].degree.count, 0);
    g.sides = 33;
    CU_ASSERT_EQUAL(dn_describe(&g, component, 30, &d, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "33 sides"));
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {
        {"golden numbers", golden}, {"histogram and classes", histogram_and_classes},
        {"many sides", many_sides}, {"refused memory", survives_refused_memory},
        {"ChG-Miner", chg_miner},   {NULL, NULL}};
    return test_main(argc, argv, "describe", tests);
}
