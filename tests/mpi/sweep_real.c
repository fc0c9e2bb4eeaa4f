/* sweep_real.c - three real graphs against the numbers of igraph 0.10.2 that lie beside them
 *
 * The files are not part of dragnet; without them every test is skipped. They were written with 12
 * significant digits, so the tolerance is 1e-11, relative to 1 + |value|.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include "mpi/graph/sweep.h"
#include "solvers/base/alloc.h"
#include "solvers/network/components.h"
#include "solvers/network/core.h"
#include "tests/support/real.h"

static const double close_enough = 1e-11;

/* One column of the table against v in inside order. */
static void compare(const char *name, const dn_graph *g, const double *table, int column, const double *v)
{
    double worst = real_distance(g, table, column, v);

    if (!(worst <= close_enough))
        fprintf(stderr, "# rank %d: %s: column %d is off by %g\n", test_comm.rank, name, column, worst);
    CU_ASSERT(worst <= close_enough);
}

/* Components have other numbers there: nodes are together here where they are together there. */
static void compare_components(const dn_graph *g, const double *table, double *v)
{
    int64_t *component = dn_calloc((size_t)g->n, sizeof *component), count = 0, wrong = 0;
    double *theirs = dn_calloc((size_t)g->n, sizeof *theirs), largest = 0;

    CU_ASSERT_EQUAL(dn_components(g, component, &count, NULL), DN_OK);
    for (int64_t i = 0; i < g->n; i++)
        theirs[component[i]] = table[g->outside[i] * REAL_WORDS + REAL_COMPONENT];
    for (int64_t i = 0; i < g->n; i++) {
        v[i] = theirs[component[i]];
        largest = v[i] > largest ? v[i] : largest;
        wrong += component[i] >= count;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(count, (int64_t)largest + 1);
    compare("components", g, table, REAL_COMPONENT, v);
    dn_free(component);
    dn_free(theirs);
}

static void measure(const char *name, const dn_graph *g, const double *table)
{
    double *v = dn_calloc((size_t)g->n, sizeof *v), transitivity;
    int64_t *whole = dn_calloc((size_t)g->n, sizeof *whole), sources = 0;

    for (int64_t i = 0; i < g->n; i++)
        v[i] = (double)(g->row[i + 1] - g->row[i]);
    compare(name, g, table, REAL_DEGREE, v);
    CU_ASSERT_EQUAL(dn_core_numbers(g, whole, NULL), DN_OK);
    for (int64_t i = 0; i < g->n; i++)
        v[i] = (double)whole[i];
    compare(name, g, table, REAL_CORE, v);
    compare_components(g, table, v);
    CU_ASSERT_EQUAL(dn_sweep_closeness(&test_comm, g, NULL, &(dn_distances){.harmonic = v}, &sources, NULL),
                    DN_OK);
    compare(name, g, table, REAL_HARMONIC, v);
    CU_ASSERT_EQUAL(dn_sweep_clustering(&test_comm, g, NULL, v, whole, &transitivity, NULL), DN_OK);
    compare(name, g, table, REAL_CLUSTERING, v);
    CU_ASSERT_EQUAL(dn_sweep_betweenness(&test_comm, g, NULL, NULL, v, NULL, &sources, NULL), DN_OK);
    compare(name, g, table, REAL_BETWEENNESS, v);
    CU_ASSERT_EQUAL(sources, g->connected);
    dn_free(v);
    dn_free(whole);
}

static void real(const char *name)
{
    double *table = NULL;
    dn_graph g;

    if (real_open(name, &g, &table)) {
        measure(name, &g, table);
        real_close(&g, &table);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void drugs_and_genes(void)
{
    real("BIOSNAP_ChG");
}

static void yeast_proteins(void)
{
    real("Krogan2006");
}

static void authors(void)
{
    real("ca-GrQc");
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"drugs and genes, BIOSNAP_ChG", drugs_and_genes},
                                    {"yeast proteins, Krogan2006", yeast_proteins},
                                    {"authors, ca-GrQc", authors},
                                    {NULL, NULL}};
    return test_main(argc, argv, "sweep_real", tests);
}
