/* krylov.c - tests of PageRank, eigenvector, Katz and HITS centralities on any ranks
 *
 * Golden numbers: tests/golden/make_krylov.py (dense numpy, networkx). Tolerance 1e-9: the solvers stop at a
 * residual of 1e-12 here, and the graphs are small and well conditioned.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/eigenvector.h"
#include "solvers/network/pagerank.h"
#include "solvers/network/petsc.h"
#include "tests/support/golden.h"
#include "tests/support/team.h"

static const double close_enough = 1e-9;

/* Says which graph and number are wrong, on the rank that sees it. */
static void near(const golden *x, const char *word, const double *v, double tolerance)
{
    double d = golden_deviation(x, word, v);

    if (!(d <= tolerance))
        fprintf(stderr, "# rank %d: %s of %s is off by %g\n", test_comm.rank, word, x->name, d);
    CU_ASSERT(d <= tolerance);
}

static void each_graph(void (*check)(const golden *, const dn_team *))
{
    FILE *f = fopen(DN_TEST_GOLDEN "/krylov.txt", "r");
    golden x;
    int count = 0;

    CU_ASSERT(f != NULL);
    while (f != NULL && golden_next(f, &x)) {
        dn_team t;

        CU_ASSERT_EQUAL(test_team_open(&x.g, &t, NULL), DN_OK);
        check(&x, &t);
        test_team_close(&t);
        golden_free(&x);
        count++;
    }
    if (f != NULL)
        fclose(f);
    CU_ASSERT(count >= 18);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void check_pagerank(const golden *x, const dn_team *t)
{
    dn_pagerank_options o = {.damping = 0.85, .tolerance = 1e-12};
    double *out = dn_calloc((size_t)x->g.n, sizeof *out), *seed = dn_calloc((size_t)x->g.n, sizeof *seed);
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_pagerank(&x->g, t, &o, out, &r, NULL), DN_OK);
    CU_ASSERT(r.converged && r.residual <= 1e-12 && r.tolerance == 1e-12 && r.warning[0] == '\0');
    near(x, "pagerank85", out, r.error + 1e-14);
    for (int64_t i = 0; i < x->g.n; i++)
        seed[i] = x->g.outside[i] % 3 + (x->g.n < 3);
    o.damping = 0.5;
    o.seed = seed;
    CU_ASSERT_EQUAL(dn_pagerank(&x->g, t, &o, out, &r, NULL), DN_OK);
    CU_ASSERT(r.converged);
    near(x, "pagerank50", out, r.error + 1e-14);
    dn_free(out);
    dn_free(seed);
}

static void pagerank(void)
{
    each_graph(check_pagerank);
}

static void check_eigenvector(const golden *x, const dn_team *t)
{
    dn_eigenvector_options o = {.tolerance = 1e-12};
    double *out = dn_calloc((size_t)x->g.n, sizeof *out);
    const double *eigen = golden_find(x, "eigen");
    dn_eigenvector_figures f;
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_eigenvector(&x->g, t, &o, out, &f, &r, NULL), DN_OK);
    CU_ASSERT(r.converged);
    if (eigen != NULL) {
        near(x, "eigenvector", out, close_enough);
        CU_ASSERT_DOUBLE_EQUAL(f.eigenvalue, eigen[0], 1e-11);
    } else {
        CU_ASSERT_EQUAL(f.eigenvalue, 0);
        CU_ASSERT_DOUBLE_EQUAL(out[0], 1 / sqrt((double)x->g.n), 1e-15);
    }
    dn_free(out);
}

static void eigenvector(void)
{
    each_graph(check_eigenvector);
}

static void opens_petsc(void)
{
    CU_ASSERT_EQUAL(dn_petsc_open(test_comm.mpi, NULL, NULL), DN_OK);
}

static void closes_petsc(void)
{
    dn_petsc_close();
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"opens PETSc", opens_petsc},
                                    {"PageRank", pagerank},
                                    {"eigenvector", eigenvector},
                                    {"closes PETSc", closes_petsc},
                                    {NULL, NULL}};
    return test_main(argc, argv, "krylov", tests);
}
