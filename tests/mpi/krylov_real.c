/* krylov_real.c - PageRank and eigenvector centrality of three real graphs against igraph
 *
 * Tolerance: igraph's PRPACK stops at 1e-10 and its table has 12 digits; ours are solved to 1e-13.
 */
#include "tests/support/test.h"

#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/network/components.h"
#include "solvers/network/eigenvector.h"
#include "solvers/network/hits.h"
#include "solvers/network/pagerank.h"
#include "tests/support/petsc.h"
#include "tests/support/real.h"
#include "tests/support/team.h"

static const double close_enough = 1e-10;

static void near(const char *name, const dn_graph *g, const double *table, int column, const double *v)
{
    double d = real_distance(g, table, column, v);

    if (!(d <= close_enough))
        fprintf(stderr, "# rank %d: column %d of %s is off by %g\n", test_comm.rank, column, name, d);
    CU_ASSERT(d <= close_enough);
}

static void pagerank(const char *name, const dn_graph *g, const dn_team *t, const double *table, double *v)
{
    dn_pagerank_options o = {.damping = 0.85, .tolerance = 1e-13};
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_pagerank(g, t, &o, v, &r, NULL), DN_OK);
    CU_ASSERT(r.converged);
    near(name, g, table, REAL_PAGERANK, v);
}

/* The largest component leads in all three, so its own vector is that of the graph. */
static void eigenvector(const char *name, const dn_graph *g, const dn_team *t, const double *table, double *v)
{
    int64_t *component = dn_calloc((size_t)g->n, sizeof *component);
    double *each = dn_calloc((size_t)g->n, sizeof *each), largest = 0, worst = 0;
    dn_eigenvector_options o = {.tolerance = 1e-13, .component = component};
    dn_eigenvector_each_figures fe;
    dn_eigenvector_figures f;
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_components(g, component, &o.components, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_eigenvector(g, t, &o, v, &f, &r, NULL), DN_OK);
    CU_ASSERT(r.converged && f.leading == 1 && o.components > 1);
    CU_ASSERT_EQUAL(dn_eigenvector_each(g, t, &o, each, NULL, &fe, &r, NULL), DN_OK);
    CU_ASSERT(r.converged && fe.failed == 0);
    for (int64_t i = 0; i < g->n; i++) {
        if (component[i] == 0)
            worst = fmax(worst, fabs(each[i] - v[i]));
        largest = fmax(largest, v[i]);
    }
    CU_ASSERT(worst < 1e-11);
    for (int64_t i = 0; i < g->n; i++)
        v[i] /= largest;
    near(name, g, table, REAL_EIGENVECTOR, v);
    dn_free(component);
    dn_free(each);
}

/* Without sides: authorities are the eigenvector when one component leads that has no two colours; the graph
 * of drugs and genes has two, so it is shared. */
static void hits(const dn_graph *g, const dn_team *t, const double *eigen)
{
    double *hubs = dn_calloc((size_t)g->n, sizeof *hubs),
           *authorities = dn_calloc((size_t)g->n, sizeof *hubs);
    int8_t *colour = dn_calloc((size_t)g->n, 1);
    double sum = 0, worst = 0;
    dn_hits_options o = {.tolerance = 1e-13};
    dn_hits_figures f;
    dn_solve_report r;
    int two = 0;

    CU_ASSERT_EQUAL(dn_hits(g, t, &o, hubs, authorities, &f, &r, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_two_colours(g, colour, &two, NULL), DN_OK);
    CU_ASSERT(r.converged && f.leading == (two ? 2 : 1));
    for (int64_t i = 0; i < g->n; i++)
        sum += eigen[i];
    for (int64_t i = 0; i < g->n && !two; i++)
        worst = fmax(worst, fmax(fabs(hubs[i] - eigen[i] / sum), fabs(authorities[i] - eigen[i] / sum)));
    CU_ASSERT(worst < 1e-11);
    dn_free(hubs);
    dn_free(authorities);
    dn_free(colour);
}

static void real(const char *name)
{
    double *table = NULL;
    dn_graph g;

    if (real_open(name, &g, &table)) {
        double *v = dn_calloc((size_t)g.n, sizeof *v);
        dn_team t;

        CU_ASSERT_EQUAL(test_team_open(&g, &t, NULL), DN_OK);
        pagerank(name, &g, &t, table, v);
        eigenvector(name, &g, &t, table, v);
        hits(&g, &t, v);
        test_team_close(&t);
        dn_free(v);
        real_close(&g, &table);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void drugs_and_genes(void)
{
    real(real_names[0]);
}

static void yeast_proteins(void)
{
    real(real_names[1]);
}

static void authors(void)
{
    real(real_names[2]);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"opens PETSc", test_petsc_opens},
                                    {"drugs and genes, BIOSNAP_ChG", drugs_and_genes},
                                    {"yeast proteins, Krogan2006", yeast_proteins},
                                    {"authors, ca-GrQc", authors},
                                    {"closes PETSc", test_petsc_closes},
                                    {NULL, NULL}};
    return test_main(argc, argv, "krylov_real", tests);
}
