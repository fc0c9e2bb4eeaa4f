/* krylov.c - tests of PageRank, eigenvector, Katz and HITS centralities on any ranks: their numbers
 *
 * Golden numbers: tests/golden/make_krylov.py (dense numpy, networkx). Tolerance 1e-9: the solvers stop at a
 * residual of 1e-12 here, and the graphs are small and well conditioned. What is refused and what does not
 * converge is in krylov_limits.c.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/components.h"
#include "solvers/network/eigenvector.h"
#include "solvers/network/hits.h"
#include "solvers/network/katz.h"
#include "solvers/network/pagerank.h"
#include "tests/support/golden_team.h"
#include "tests/support/petsc.h"

static const double close_enough = 1e-9;

/* Says which graph and number are wrong, on the rank that sees it. */
static void near(const golden *x, const char *word, const double *v, double tolerance)
{
    double d = golden_deviation(x, word, v);

    if (!(d <= tolerance))
        fprintf(stderr, "# rank %d: %s of %s is off by %g\n", test_comm.rank, word, x->name, d);
    CU_ASSERT(d <= tolerance);
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
    golden_each("krylov.txt", 23, check_pagerank);
}

static void check_eigenvector(const golden *x, const dn_team *t)
{
    double *out = dn_calloc((size_t)x->g.n, sizeof *out);
    int64_t *component = dn_calloc((size_t)x->g.n, sizeof *component);
    const double *eigen = golden_find(x, "eigen");
    dn_eigenvector_options o = {.tolerance = 1e-12, .component = component};
    dn_eigenvector_figures f;
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_components(&x->g, component, &o.components, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_eigenvector(&x->g, t, &o, out, &f, &r, NULL), DN_OK);
    CU_ASSERT(r.converged && r.residual <= r.tolerance);
    if (eigen != NULL) {
        near(x, "eigenvector", out, close_enough);
        CU_ASSERT_DOUBLE_EQUAL(f.eigenvalue, eigen[0], 1e-11);
        CU_ASSERT_EQUAL((double)f.leading, golden_find(x, "sharing")[0]);
        CU_ASSERT((strstr(r.warning, "degenerate") != NULL) == (f.leading > 1));
        CU_ASSERT(isnan(f.gap) || fabs(f.gap - (eigen[0] - eigen[1])) < 1e-3 * eigen[0]);
        CU_ASSERT(r.error < 1e-9);
        for (int64_t i = 0; i < x->g.n; i++) /* what does not take part is exactly 0 */
            CU_ASSERT((out[i] > 0) == (golden_find(x, "eigenvector")[x->g.outside[i]] > 0));
    } else {
        CU_ASSERT_EQUAL(f.eigenvalue, 0);
        CU_ASSERT_DOUBLE_EQUAL(out[0], 1 / sqrt((double)x->g.n), 1e-15);
        CU_ASSERT((r.warning[0] != '\0') == (x->g.n > 1));
    }
    dn_free(out);
    dn_free(component);
}

static void eigenvector(void)
{
    golden_each("krylov.txt", 23, check_eigenvector);
}

/* The second eigenvalue is a Ritz value, good to some digits when the first one has converged. */
static bool close_gap(const char *name, double gap, double want)
{
    bool good = fabs(gap - want) < 1e-3 * want;

    if (!good)
        fprintf(stderr, "# smallest gap of %s is %g, not %g\n", name, gap, want);
    return good;
}

static void check_each(const golden *x, const dn_team *t)
{
    double *out = dn_calloc((size_t)x->g.n, sizeof *out), *value = dn_calloc((size_t)x->g.n, sizeof *value);
    int64_t *component = dn_calloc((size_t)x->g.n, sizeof *component);
    const double *eigen = golden_find(x, "eigen"), *gap = golden_find(x, "smallest_gap");
    dn_eigenvector_options o = {.tolerance = 1e-12, .component = component};
    dn_eigenvector_each_figures f;
    double largest = 0;
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_components(&x->g, component, &o.components, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_eigenvector_each(&x->g, t, &o, out, value, &f, &r, NULL), DN_OK);
    CU_ASSERT(r.converged && r.residual <= r.tolerance && f.failed == 0 && r.warning[0] == '\0');
    CU_ASSERT((f.solved == 0) == (gap == NULL) && (f.solved == 0) == isnan(f.smallest));
    if (gap != NULL)
        CU_ASSERT(close_gap(x->name, f.smallest, gap[0]));
    if (eigen != NULL)
        near(x, "own", out, fmin(r.error + 1e-13, close_enough)); /* the file has 14 digits */
    else
        CU_ASSERT(out[0] == 1 && value[0] == 0);
    for (int64_t c = 0; c < o.components; c++)
        largest = fmax(largest, value[c]);
    CU_ASSERT_DOUBLE_EQUAL(largest, eigen != NULL ? eigen[0] : 0, 1e-11);
    if (f.solved == 1 && value[0] > 1.5) /* the bound of one component, from what is published */
        CU_ASSERT_DOUBLE_EQUAL(r.error, sqrt(2.0) * r.residual * value[0] / f.smallest, 1e-9 * r.error);
    dn_free(out);
    dn_free(value);
    dn_free(component);
}

static void each_component(void)
{
    golden_each("krylov.txt", 23, check_each);
}

static void check_hits(const golden *x, const dn_team *t)
{
    double *hubs = dn_calloc((size_t)x->g.n, sizeof *hubs), *auth = dn_calloc((size_t)x->g.n, sizeof *auth);
    const double *singular = golden_find(x, "singular");
    dn_hits_options o = {.tolerance = 1e-12};
    dn_hits_figures f;
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_hits(&x->g, t, &o, hubs, auth, &f, &r, NULL), DN_OK);
    CU_ASSERT(r.converged && r.residual <= r.tolerance);
    if (singular != NULL) {
        near(x, "hubs", hubs, close_enough);
        near(x, "authorities", auth, close_enough);
        CU_ASSERT_DOUBLE_EQUAL(f.singular, singular[0], 1e-11);
        CU_ASSERT_EQUAL((double)f.leading, golden_find(x, "sharing")[1]);
        CU_ASSERT((strstr(r.warning, "degenerate") != NULL) == (f.leading > 1));
        CU_ASSERT(f.leading > 1
                      ? f.gap == 0
                      : isnan(f.gap) || fabs(f.gap - (singular[0] - singular[1])) < 1e-3 * singular[0]);
        CU_ASSERT(r.error < 1e-9);
    } else {
        CU_ASSERT(f.singular == 0 && hubs[0] == 1 / (double)x->g.n && auth[0] == hubs[0]);
        CU_ASSERT((r.warning[0] != '\0') == (x->g.n > 1));
    }
    dn_free(hubs);
    dn_free(auth);
}

static void hits(void)
{
    golden_each("krylov.txt", 23, check_hits);
}

static void check_katz(const golden *x, const dn_team *t)
{
    double *out = dn_calloc((size_t)x->g.n, sizeof *out);
    const double *eigen = golden_find(x, "eigen");
    dn_katz_options o = {.alpha = 0, .tolerance = 1e-12};
    dn_katz_figures f;
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_katz(&x->g, t, &o, out, &f, &r, NULL), DN_OK);
    CU_ASSERT(r.converged && r.residual <= 1e-12 && r.tolerance == 1e-12 && r.warning[0] == '\0');
    if (eigen != NULL) {
        CU_ASSERT_DOUBLE_EQUAL(f.eigenvalue, eigen[0], 1e-11);
        CU_ASSERT_DOUBLE_EQUAL(f.alpha * eigen[0], 0.85, 1e-11);
        CU_ASSERT_DOUBLE_EQUAL(f.bound * eigen[0], 1, 1e-11);
        near(x, "katz", out, r.error + 1e-11); /* alpha of ours and of the file differ by rounding */
        o.alpha = 0.3 / eigen[0];
        CU_ASSERT_EQUAL(dn_katz(&x->g, t, &o, out, &f, &r, NULL), DN_OK);
        CU_ASSERT(r.converged && f.alpha == o.alpha);
        near(x, "katz_small", out, r.error + 1e-14);
    } else {
        CU_ASSERT(f.alpha == 0 && f.eigenvalue == 0 && isinf(f.bound));
        CU_ASSERT_DOUBLE_EQUAL(out[0], 1 / sqrt((double)x->g.n), 1e-15);
    }
    dn_free(out);
}

static void katz(void)
{
    golden_each("krylov.txt", 23, check_katz);
}

/* A path of four nodes has the eigenvalue 1.618. */
static void katz_refuses(void)
{
    static const dn_edge edges[] = {{0, 1, 1}, {1, 2, 1}, {2, 3, 1}};
    static const double wrong[] = {1 / 1.6180339887498947, 0.62, 7};
    dn_katz_options o = DN_KATZ_DEFAULTS;
    dn_katz_figures f;
    dn_solve_report r;
    double out[4];
    dn_graph g;
    dn_team t;

    CU_ASSERT_EQUAL(dn_graph_build(4, 3, edges, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&g, &t, NULL), DN_OK);
    for (int i = 0; i < 3; i++) {
        dn_error err = DN_ERROR_INIT;

        o.alpha = wrong[i];
        CU_ASSERT_EQUAL(dn_katz(&g, &t, &o, out, &f, &r, &err), DN_EDATA);
        CU_ASSERT(strstr(err.text, "0.61803398") != NULL);
    }
    o.alpha = 0.61;
    CU_ASSERT_EQUAL(dn_katz(&g, &t, &o, out, &f, &r, NULL), DN_OK);
    CU_ASSERT(r.converged);
    o.alpha = -0.1;
    CU_ASSERT_EQUAL(dn_katz(&g, &t, &o, out, &f, &r, NULL), DN_EUSAGE);
    o = (dn_katz_options){.alpha = NAN, .tolerance = 1e-10};
    CU_ASSERT_EQUAL(dn_katz(&g, &t, &o, out, &f, &r, NULL), DN_EUSAGE);
    o = (dn_katz_options){.alpha = 0, .tolerance = 0};
    CU_ASSERT_EQUAL(dn_katz(&g, &t, &o, out, &f, &r, NULL), DN_EUSAGE);
    test_team_close(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The path of n nodes has the value 2 cos(pi / (n + 1)) and the vector sin(pi i / (n + 1)). Two paths that
 * differ by a node: the shorter one is not the answer, however near it is. */
static void small_gap(void)
{
    enum { LONG = 150, N = 2 * LONG - 1 };
    static dn_edge e[N - 2];
    static double out[N];
    static int64_t number[N];
    dn_eigenvector_options o = {.tolerance = 1e-9, .component = number};
    double step = acos(-1) / (LONG + 1), worst = 0;
    dn_eigenvector_figures f;
    dn_solve_report r;
    dn_graph g;
    dn_team t;

    for (int i = 0; i < N - 2; i++)
        e[i] = (dn_edge){i + (i >= LONG - 1), i + 1 + (i >= LONG - 1), 1};
    CU_ASSERT_EQUAL(dn_graph_build(N, N - 2, e, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&g, &t, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_components(&g, number, &o.components, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_eigenvector(&g, &t, &o, out, &f, &r, NULL), DN_OK);
    for (int i = 0; i < N; i++) {
        double want = g.outside[i] < LONG ? sqrt(2.0 / (LONG + 1)) * sin(step * (g.outside[i] + 1)) : 0;

        worst = fmax(worst, fabs(out[i] - want));
    }
    CU_ASSERT(r.converged && f.leading == 1 && worst <= r.error + 1e-12 && r.error < 1e-2);
    CU_ASSERT(r.iterations > 30); /* a small basis was not enough */
    CU_ASSERT_DOUBLE_EQUAL(f.eigenvalue, 2 * cos(step), 1e-11);
    CU_ASSERT_DOUBLE_EQUAL(f.gap, 2 * cos(step) - 2 * cos(acos(-1) / LONG), 1e-7);
    for (o.tolerance = 1e-2; o.tolerance > 1e-7; o.tolerance /= 4) { /* too loose to tell the paths apart */
        double square = 0;

        CU_ASSERT_EQUAL(dn_eigenvector(&g, &t, &o, out, &f, &r, NULL), DN_OK);
        for (int i = 0; i < N; i++)
            square += out[i] * out[i];
        CU_ASSERT(r.converged && f.leading >= 1 && r.residual <= 10 * o.tolerance);
        CU_ASSERT_DOUBLE_EQUAL(square, 1, 1e-12);
    }
    test_team_close(&t);
    dn_graph_destroy(&g);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"opens PETSc", test_petsc_opens},
                                    {"PageRank", pagerank},
                                    {"eigenvector", eigenvector},
                                    {"eigenvector of each component", each_component},
                                    {"HITS", hits},
                                    {"Katz", katz},
                                    {"Katz refuses what has no sum", katz_refuses},
                                    {"a small gap", small_gap},
                                    {"closes PETSc", test_petsc_closes},
                                    {NULL, NULL}};

    return test_main(argc, argv, "krylov", tests);
}
