/* spectra_real.c - linear algebra on the drug-gene network ChG-Miner against scikit-learn, SciPy and NetworkX
 *
 * Needs ../shared/data/network/ChG-Miner.tsv (or DN_SHARED_DATA in place of ../shared/data). Times go to
 * stderr; they are no part of the verdict. The numbers are those of scikit-learn 1.2.1 (svd_solver="arpack",
 * tol=1e-13) and SciPy 1.10.1 (eigsh, expm_multiply, splu), 12 digits.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "solvers/base/alloc.h"
#include "solvers/base/text.h"
#include "solvers/network/current_flow.h"
#include "solvers/network/spectra.h"
#include "solvers/network/subgraph.h"
#include "solvers/network/svd.h"
#include "tests/support/petsc.h"

static dn_graph graph;
static dn_team team;

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void tell(const char *what, double since, const dn_solve_report *r)
{
    fprintf(stderr, "# %s: %.3f s, %lld iterations, residual %.1e, error %.1e, %s %s\n", what,
            seconds() - since, (long long)r->iterations, r->residual, r->error, r->method, r->warning);
}

/* Nodes are numbered as they first stand in the file. */
static int32_t number_of(dn_names *names, const char *word, uint8_t is, uint8_t *side, int32_t *n)
{
    int64_t v = 0;

    CU_ASSERT_EQUAL(dn_names_add(names, word, strlen(word), *n, &v, NULL), DN_OK);
    if (v == *n)
        side[(*n)++] = is;
    return (int32_t)v;
}

static bool load(void)
{
    static dn_edge edges[20000];
    static uint8_t side[10000];
    const char *folder = getenv("DN_SHARED_DATA");
    char path[512], line[400], drug[64], gene[64];
    dn_names *names = NULL;
    int32_t n = 0;
    int64_t count = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/network/ChG-Miner.tsv", folder != NULL ? folder : DN_TEST_SHARED_DATA);
    f = fopen(path, "r");
    if (f == NULL) {
        test_skip("../shared/data/network/ChG-Miner.tsv is not there");
        return false;
    }
    CU_ASSERT_EQUAL(dn_names_create(&names, NULL), DN_OK);
    while (count < 20000 && n < 9998 && fgets(line, sizeof line, f) != NULL)
        if (line[0] != '#' && sscanf(line, "%63s %63s", drug, gene) == 2) {
            edges[count].a = number_of(names, drug, 0, side, &n);
            edges[count].b = number_of(names, gene, 1, side, &n);
            edges[count++].weight = 1;
        }
    fclose(f);
    dn_names_destroy(&names);
    CU_ASSERT_EQUAL(dn_graph_build(n, count, edges, side, 2, 0, &graph, NULL), DN_OK);
    CU_ASSERT_EQUAL(graph.nnz, 2 * 15138);
    CU_ASSERT_EQUAL(dn_team_solo(&graph, &team, NULL), DN_OK);
    return true;
}

static void unload(void)
{
    dn_team_solo_destroy(&team);
    dn_graph_destroy(&graph);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void principal_components(void)
{
    static const double scaled_variance[] = {96.7389898278, 37.5718646203};
    static const double scaled_share[] = {0.04161777435, 0.0161636728527};
    static const double raw_share[] = {0.0860588189889, 0.0523209030014, 0.0381700858948, 0.0176230120112,
                                       0.0143600495112, 0.0129078430216, 0.0128098624125, 0.0120770383873,
                                       0.011383465641,  0.010350655317};
    double value[10], share[10], residual[10], *vector, start;
    dn_solve_report r;

    if (!load())
        return;
    vector = dn_calloc((size_t)(10 * graph.n), sizeof *vector);
    start = seconds();
    CU_ASSERT_EQUAL(dn_pca(&graph, &team, true, 2, 1e-10, value, share, residual, vector, &r, NULL), DN_OK);
    tell("2 standardised components", start, &r);
    CU_ASSERT(r.converged && r.residual <= 1e-10 && r.warning[0] == '\0');
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_DOUBLE_EQUAL(value[i], scaled_variance[i], 1e-9 * value[i]);
        CU_ASSERT_DOUBLE_EQUAL(share[i], scaled_share[i], 1e-11);
    }
    start = seconds();
    CU_ASSERT_EQUAL(dn_pca(&graph, &team, false, 10, 1e-10, value, share, residual, vector, &r, NULL), DN_OK);
    tell("10 centred components", start, &r);
    CU_ASSERT(r.converged && r.residual <= 1e-10);
    for (int i = 0; i < 10; i++)
        CU_ASSERT_DOUBLE_EQUAL(share[i], raw_share[i], 1e-11);
    dn_free(vector);
    unload();
}

static void eigenpairs(void)
{
    static const double adjacency[] = {38.3752635975, 27.945151745,  23.8587184188,
                                       16.222436399,  14.6337265067, 13.8910609739};
    double value[6], residual[6], *vector, start;
    dn_solve_report r;

    if (!load())
        return;
    vector = dn_calloc((size_t)(6 * graph.n), sizeof *vector);
    start = seconds();
    CU_ASSERT_EQUAL(
        dn_spectra(&graph, &team, DN_SPECTRUM_ADJACENCY, 6, 1e-10, value, residual, vector, &r, NULL), DN_OK);
    tell("6 eigenpairs of the adjacency", start, &r);
    CU_ASSERT(r.converged && r.residual < 1e-9);
    for (int i = 0; i < 6; i++)
        CU_ASSERT_DOUBLE_EQUAL(value[i], adjacency[i], 1e-9);
    dn_free(vector);
    unload();
}

/* The node with most neighbours, the tenth, one in the middle, two with a single neighbour. */
static const int32_t nodes[] = {36, 278, 914, 2350, 7340};

static void compare(const char *what, const double *want, const double *value, double tolerance)
{
    int32_t *inside = dn_calloc((size_t)graph.n, sizeof *inside);

    dn_graph_inside(&graph, inside);
    for (int i = 0; i < 5; i++) {
        double off = value[inside[nodes[i]]] / want[i] - 1;

        if (!(fabs(off) <= tolerance))
            fprintf(stderr, "# %s of node %d is off by %.1e\n", what, (int)nodes[i], off);
        CU_ASSERT(fabs(off) <= tolerance);
    }
    dn_free(inside);
}

static void subgraph(void)
{
    static const double want[] = {6.46097305571e+15, 6.57218731872e+14, 14577881520.3, 4.38728290077e+12,
                                  4968.77023701};
    dn_probe_options o = DN_PROBE_DEFAULTS;
    double *out, start;
    dn_subgraph_figures f;
    dn_solve_report r;

    if (!load())
        return;
    out = dn_calloc(2 * (size_t)graph.n, sizeof *out);
    start = seconds();
    CU_ASSERT_EQUAL(dn_subgraph_centrality(&graph, &team, &o, out, out + graph.n, &f, &r, NULL), DN_OK);
    tell("subgraph centrality", start, &r);
    CU_ASSERT(r.converged && f.probes == 0 && f.log_factor == 0);
    compare("subgraph centrality", want, out, 1e-9);
    dn_free(out);
    unload();
}

/* All five lie in the largest component, 6,621 of 7,341 nodes; raw as NetworkX has it for that alone. */
static void current_flow(void)
{
    static const double want[] = {0.000143930071783, 0.000143015632556, 0.000114922543006, 7.37092493651e-05,
                                  6.98443616665e-05};
    dn_probe_options o = {.exact_up_to = 0, .probes = 256, .seed = 1, .tolerance = 1e-10};
    double *out, *raw, start;
    dn_current_flow_figures f;
    dn_solve_report r;

    if (!load())
        return;
    out = dn_calloc(3 * (size_t)graph.n, sizeof *out);
    raw = out + 2 * graph.n;
    for (int exact = 0; exact < 2; exact++) {
        o.exact_up_to = exact ? 20000 : 0;
        start = seconds();
        CU_ASSERT_EQUAL(dn_current_flow_closeness(&graph, &team, &o, out, out + graph.n, raw, &f, &r, NULL),
                        DN_OK);
        tell(exact ? "current flow" : "current flow, 256 probes", start, &r);
        CU_ASSERT(r.converged && f.core == 3033);
        compare("current flow", want, raw, exact ? 1e-9 : 0.1);
    }
    CU_ASSERT_DOUBLE_EQUAL(out[0] / raw[0], (6620.0 / 7340) * (6620.0 / 7340), 1e-14);
    dn_free(out);
    unload();
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"start", test_petsc_opens},
                                    {"principal components", principal_components},
                                    {"eigenpairs", eigenpairs},
                                    {"subgraph centrality", subgraph},
                                    {"current flow", current_flow},
                                    {"stop", test_petsc_closes},
                                    {NULL, NULL}};
    return test_main(argc, argv, "spectra_real", tests);
}
