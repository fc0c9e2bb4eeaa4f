/* estimate_network.c - tests of mpi/estimate/estimate_network.h: what begun sweeps say of whole ones,
 * products of solvers, a small network tried, refused memory
 */
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include "mpi/estimate/estimate_network.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/network/subgraph.h"
#include "tests/support/petsc.h"
#include "tests/support/team.h"

enum { NODES = 400, EDGES = 1600 };

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b));
}

/* 3 s of preparation, 2 s a unit, 1 s at the end. */
static void growth_of_a_sweep(void)
{
    CU_ASSERT(near(dn_estimate_sweep(5, 5 + 2 * 9, 24, 10, 100), 24 + 90 * 2));
    CU_ASSERT(near(dn_estimate_sweep(5, 5 + 2 * 99, 204, 100, 100), 204)); /* it was done: what it took */
    CU_ASSERT(near(dn_estimate_sweep(5, 5, 6, 1, 100), 600)); /* one unit: no way to tell it from the rest */
    CU_ASSERT(near(dn_estimate_sweep(0, 0, 0.5, 0, 0), 0.5)); /* nothing to do */
}

/* 3 s before, 2 s a unit; one try is all units; without a slope a fifth is; nothing is before nothing. */
static void growth_of_units(void)
{
    double before = -1;

    CU_ASSERT(near(dn_estimate_units((const int64_t[]){2, 8}, (const double[]){7, 19}, 100, &before), 200) &&
              near(before, 3));
    CU_ASSERT(near(dn_estimate_units((const int64_t[]){2, 2}, (const double[]){7, 7}, 100, &before), 350) &&
              before == 0);
    CU_ASSERT(near(dn_estimate_units((const int64_t[]){2, 8}, (const double[]){7, 4}, 100, &before), 10) &&
              near(before, 3.2));
    CU_ASSERT(near(dn_estimate_units((const int64_t[]){2, 4}, (const double[]){1, 9}, 8, &before), 32) &&
              before == 0);
}

static void products(void)
{
    const char *spectra[] = {"laplacian"};
    dn_analyse_options o = {
        .tolerance = 1e-10, .damping = 0.85, .pairs = 4, .n_spectra = 1, .spectrum = spectra};
    bool bound = false;

    /* 0.85^142 is the first power below 1e-10 */
    CU_ASSERT(dn_estimate_products(&o, "pagerank", &bound) == 142 && bound);
    CU_ASSERT(pow(0.85, 142) <= 1e-10 && pow(0.85, 141) > 1e-10);
    CU_ASSERT(dn_estimate_products(&o, "eigenvector", &bound) == 300 && !bound);
    CU_ASSERT(dn_estimate_products(&o, "katz", &bound) == 400 && !bound);
    CU_ASSERT(dn_estimate_products(&o, "laplacian", &bound) == 500 && !bound);
    CU_ASSERT(dn_estimate_products(&o, "svd", &bound) == 0 &&
              dn_estimate_products(&o, "degree", &bound) == 0);
    o.damping = 0;
    CU_ASSERT_EQUAL(dn_estimate_products(&o, "pagerank", &bound), 1);
}

static void open_network(dn_network *w)
{
    static dn_edge edges[EDGES];
    dn_error err = DN_ERROR_INIT;

    *w = (dn_network){.n_layers = 0};
    for (int i = 0; i < EDGES; i++)
        edges[i] = (dn_edge){i % NODES, (i * i + 7 * i + 1) % (NODES - 10), 1};
    CU_ASSERT_EQUAL(dn_graph_build(NODES, EDGES, edges, NULL, 1, false, &w->graph, &err), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&w->graph, &w->team, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_strings_add(&w->side_name, "node", 4, &err), DN_OK);
}

static void close_network(dn_network *w)
{
    test_team_close(&w->team);
    dn_strings_destroy(&w->side_name);
    dn_graph_destroy(&w->graph);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const char *const words[] = {"degree",      "pagerank", "subgraph",   "closeness",  "harmonic",
                                    "betweenness", "core",     "clustering", "eigenvector"};

static dn_analyse_options usual(void)
{
    return (dn_analyse_options){.describe = true,
                                .n_measures = sizeof words / sizeof words[0],
                                .measure = words,
                                .tolerance = 1e-10,
                                .damping = 0.85,
                                .sources = DN_SOURCES_ALL,
                                .exact_nodes = 100,
                                .probes = 16,
                                .seed = 1};
}

static dn_estimate fresh(double seconds)
{
    return (dn_estimate){.stage = "network", .repeats = 1, .began = dn_clock_s(), .seconds = seconds};
}

static const dn_estimate_term *term(const dn_estimate_term *t, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(t[i].name, name) == 0)
            return &t[i];
    return NULL;
}

/* With a second sweeps come to their end, with none they do one unit; harmonic comes with closeness. */
static void a_small_network(void)
{
    dn_analyse_options o = usual();
    dn_network w;

    open_network(&w);
    omp_set_num_threads(1); /* with more, one may do all before the other begins */
    for (int hurry = 0; hurry < 2; hurry++) {
        dn_estimate e = fresh(hurry ? 0 : 4);
        const dn_estimate_term *t;
        int closeness = 0;

        CU_ASSERT_EQUAL(dn_estimate_network(&test_comm, &w, &o, &e, NULL), DN_OK);
        for (int i = 0; i < e.n_time; i++) {
            CU_ASSERT(isfinite(e.time[i].amount) && e.time[i].amount >= 0 && e.time[i].amount < 60);
            closeness += strcmp(e.time[i].name, "closeness") == 0;
        }
        CU_ASSERT_EQUAL(closeness, 1);
        t = term(e.time, e.n_time, "betweenness");
        CU_ASSERT(t != NULL && t->amount > 0 && t->pieces > 1);
        t = term(e.time, e.n_time, "products of solvers");
        CU_ASSERT(t != NULL && t->amount > 0 && t->pieces == w.graph.connected);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.work, "442 products of solvers, a typical number"));
        t = term(e.time, e.n_time, "subgraph"); /* 16 probes, which all ranks do together */
        CU_ASSERT(t != NULL && t->amount > 0 && t->pieces == w.graph.connected);
        CU_ASSERT(e.waits > 442);
        CU_ASSERT(!hurry || strstr(e.probe, "subgraph 100 %") == NULL);
        CU_ASSERT((strstr(e.probe, "betweenness 100 %") == NULL) == (hurry != 0));
        t = term(e.memory, e.n_memory, "columns");
        CU_ASSERT(t != NULL && near(t->amount, 9 * 16.0 * NODES));
    }
    omp_set_num_threads(2);
    for (int i = 0; i < 5; i++) {
        dn_estimate e = fresh(0);

        CU_ASSERT_EQUAL(dn_estimate_network(&test_comm, &w, &o, &e, NULL), DN_OK);
        CU_ASSERT(e.threads == 2 && term(e.time, e.n_time, "betweenness") != NULL);
    }
    omp_set_num_threads(1);
    close_network(&w);
}

static void refused(void)
{
    dn_analyse_options o = usual();
    dn_status st = DN_ENOMEM;
    dn_network w;

    open_network(&w);
    for (long k = 0; st != DN_OK && k < 2000; k += k < 60 ? 1 : 5) {
        dn_estimate e = fresh(0);
        dn_error err = DN_ERROR_INIT;
        long live = dn_alloc_live();

        dn_alloc_fail_after(k);
        st = dn_estimate_network(&test_comm, &w, &o, &e, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    close_network(&w);
}

/* Each of the measures that are done in part, exactly and with probes: in whole where there is time. */
static void measures_in_part(void)
{
    static const char *const both[] = {"subgraph", "current-flow"};
    static const char *const from[] = {"1", "2", "3", "4", "5"};
    dn_analyse_options o = usual();
    dn_network w;

    open_network(&w);
    o.n_measures = 2;
    o.measure = both;
    o.n_from = 5;
    o.from_id = from;
    for (int exact = 0; exact < 2; exact++)
        for (int hurry = 0; hurry < 2; hurry++) {
            dn_estimate e = fresh(hurry ? 0 : 60);
            const dn_estimate_term *t;

            o.exact_nodes = exact ? NODES : 10;
            CU_ASSERT_EQUAL(dn_estimate_network(&test_comm, &w, &o, &e, NULL), DN_OK);
            t = term(e.time, e.n_time, "subgraph");
            CU_ASSERT(t != NULL && t->amount > 0 &&
                      t->pieces == (exact ? (w.graph.connected + 7) / 8 : w.graph.connected));
            t = term(e.time, e.n_time, "current-flow");
            CU_ASSERT(t != NULL && t->amount > 0 && t->pieces <= w.graph.connected && t->pieces > 100);
            t = term(e.time, e.n_time, "communicability");
            CU_ASSERT(t != NULL && t->amount > 0 && t->pieces == w.graph.connected);
            CU_ASSERT(e.waits > 0); /* communicability, and the probes */
            CU_ASSERT_EQUAL(strstr(e.probe, "subgraph 100 %") != NULL, !hurry);
            CU_ASSERT_EQUAL(strstr(e.probe, "current-flow 100 %") != NULL, !hurry);
            CU_ASSERT_EQUAL(strstr(e.probe, "communicability 100 %") != NULL, !hurry);
        }
    close_network(&w);
}

/* A part of the work takes a part of the time, and is spread over the nodes. */
static void some_units_only(void)
{
    double value[2][NODES], error[NODES];
    dn_subgraph_figures f;
    dn_solve_report all, some;
    dn_network w;
    dn_probe_options o = {.exact_up_to = NODES, .probes = 2, .seed = 1, .tolerance = 1e-10};
    int64_t there = 0, last = 0;

    open_network(&w);
    CU_ASSERT_EQUAL(dn_subgraph_centrality(&w.graph, &w.team, &o, value[0], error, &f, &all, NULL), DN_OK);
    o.units = 10;
    CU_ASSERT_EQUAL(dn_subgraph_centrality(&w.graph, &w.team, &o, value[1], error, &f, &some, NULL), DN_OK);
    for (int64_t i = 0; i < w.graph.connected; i++)
        if (value[1][i] != 0) {
            CU_ASSERT_EQUAL(value[1][i], value[0][i]);
            there++;
            last = i;
        }
    CU_ASSERT_EQUAL(there, 80);
    CU_ASSERT(last > w.graph.connected * 3 / 4);
    CU_ASSERT(some.iterations * 3 < all.iterations);
    close_network(&w);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {
        {"petsc opens", test_petsc_opens},        {"growth of units", growth_of_units},
        {"measures in part", measures_in_part},   {"some units only", some_units_only},
        {"growth of a sweep", growth_of_a_sweep}, {"products of solvers", products},
        {"a small network", a_small_network},     {"refused memory", refused},
        {"petsc closes", test_petsc_closes},      {NULL, NULL}};

    return test_main(argc, argv, "estimate_network", tests);
}
