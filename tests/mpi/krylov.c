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
#include "solvers/network/components.h"
#include "solvers/network/expmv.h"
#include "solvers/network/eigenvector.h"
#include "solvers/network/hits.h"
#include "solvers/network/katz.h"
#include "solvers/network/leading.h"
#include "solvers/network/pagerank.h"
#include "solvers/network/petsc.h"
#include "solvers/network/spectra.h"
#include "solvers/network/svd.h"
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
    CU_ASSERT(count >= 20);
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
    each_graph(check_eigenvector);
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
    each_graph(check_each);
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
    each_graph(check_hits);
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
    each_graph(check_katz);
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

/* A measure on the graph of the two tests below, with values that are thrown away. */
typedef dn_status (*measure)(const dn_graph *g, const dn_team *t, dn_solve_report *r, dn_error *err);

enum { MANY = 300 };

static double room[2][MANY];

static dn_status run_pagerank(const dn_graph *g, const dn_team *t, dn_solve_report *r, dn_error *err)
{
    dn_pagerank_options o = DN_PAGERANK_DEFAULTS;

    return dn_pagerank(g, t, &o, room[0], r, err);
}

static dn_status run_eigenvector(const dn_graph *g, const dn_team *t, dn_solve_report *r, dn_error *err)
{
    dn_eigenvector_options o = DN_EIGENVECTOR_DEFAULTS;
    dn_eigenvector_figures f;

    return dn_eigenvector(g, t, &o, room[0], &f, r, err);
}

static int64_t component[MANY], components; /* of the graph of open_random() */

static dn_status run_each(const dn_graph *g, const dn_team *t, dn_solve_report *r, dn_error *err)
{
    dn_eigenvector_options o = {.tolerance = 1e-10, .component = component, .components = components};
    dn_eigenvector_each_figures f;

    return dn_eigenvector_each(g, t, &o, room[0], NULL, &f, r, err);
}

static dn_status run_hits(const dn_graph *g, const dn_team *t, dn_solve_report *r, dn_error *err)
{
    dn_hits_options o = DN_HITS_DEFAULTS;
    dn_hits_figures f;

    return dn_hits(g, t, &o, room[0], room[1], &f, r, err);
}

static dn_status run_katz(const dn_graph *g, const dn_team *t, dn_solve_report *r, dn_error *err)
{
    dn_katz_options o = DN_KATZ_DEFAULTS;
    dn_katz_figures f;

    return dn_katz(g, t, &o, room[0], &f, r, err);
}

static const struct {
    const char *name;
    measure run;
    const char *few, *basis; /* options that take iterations away */
} measures[] = {{"pagerank", run_pagerank, "-pagerank_ksp_max_it", NULL},
                {"eigenvector", run_eigenvector, "-eigenvector_eps_max_it", "-eigenvector_eps_ncv"},
                {"eigenvector", run_each, "-eigenvector_eps_max_it", "-eigenvector_eps_ncv"},
                {"hits", run_hits, "-hits_eps_max_it", "-hits_eps_ncv"},
                {"katz", run_katz, "-katz_ksp_max_it", NULL}};

enum { MEASURES = (int)(sizeof measures / sizeof *measures) };

/* A random graph of MANY nodes; the weight of one edge is `odd`. */
static void open_random(float odd, dn_graph *g, dn_team *t)
{
    static uint8_t side[MANY];
    int64_t count = 0;
    dn_edge *e = test_random_edges(MANY, 2, 11, side, &count);

    CU_ASSERT(e != NULL && count > 20);
    for (int64_t k = 0; k < count; k++) /* of repeats the largest counts */
        if (e[k].a == e[20].a && e[k].b == e[20].b)
            e[k].weight = odd;
    CU_ASSERT_EQUAL(dn_graph_build(MANY, count, e, side, 2, 1, g, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(g, t, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_components(g, component, &components, NULL), DN_OK);
    dn_free(e);
}

/* Refuse allocation k on rank r, for every k and r: never a hang, a leak or a split verdict. */
static void out_of_memory(void)
{
    dn_graph g;
    dn_team t;
    long before;

    open_random(1, &g, &t);
    before = dn_alloc_live();
    for (int m = 0; m < MEASURES; m++)
        for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
            dn_status st = DN_ENOMEM;

            for (long k = 0; st != DN_OK && k < 100; k = test_next_refused(k)) {
                dn_solve_report report;
                dn_error err = DN_ERROR_INIT;

                dn_alloc_fail_after(test_comm.rank == r ? k : -1);
                st = measures[m].run(&g, &t, &report, &err);
                dn_alloc_fail_after(-1);
                CU_ASSERT(test_same((int)st));
                CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
                CU_ASSERT_EQUAL(dn_alloc_live(), before);
                CU_ASSERT(k > 0 || st != DN_OK);
            }
            CU_ASSERT_EQUAL(st, DN_OK);
        }
    test_team_close(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void never_silent(void)
{
    dn_graph g;
    dn_team t;

    open_random(1, &g, &t);
    for (int m = 0; m < MEASURES; m++) {
        dn_solve_report r;

        CU_ASSERT_EQUAL(PetscOptionsSetValue(NULL, measures[m].few, "1"), 0);
        if (measures[m].basis != NULL)
            CU_ASSERT_EQUAL(PetscOptionsSetValue(NULL, measures[m].basis, "3"), 0);
        CU_ASSERT_EQUAL(measures[m].run(&g, &t, &r, NULL), DN_OK);
        CU_ASSERT(!r.converged && r.residual > r.tolerance && strstr(r.warning, "not converged") != NULL);
        CU_ASSERT_EQUAL(PetscOptionsClearValue(NULL, measures[m].few), 0);
        if (measures[m].basis != NULL)
            CU_ASSERT_EQUAL(PetscOptionsClearValue(NULL, measures[m].basis), 0);
        CU_ASSERT_EQUAL(measures[m].run(&g, &t, &r, NULL), DN_OK);
        CU_ASSERT(r.converged && r.residual <= r.tolerance && r.warning[0] == '\0');
        CU_ASSERT(r.error >= r.residual && r.error < 1e-6);
    }
    test_team_close(&t);
    dn_graph_destroy(&g);
}

static void refuses_weights(void)
{
    static const float wrong[] = {0, -1};

    for (int i = 0; i < 2; i++) {
        dn_graph g;
        dn_team t;

        open_random(wrong[i], &g, &t);
        for (int m = 0; m < MEASURES; m++) {
            dn_error err = DN_ERROR_INIT;
            dn_solve_report r;

            CU_ASSERT_EQUAL(measures[m].run(&g, &t, &r, &err), DN_EDATA);
            CU_ASSERT(strstr(err.text, "positive weights") != NULL);
            CU_ASSERT(strncmp(err.text, measures[m].name, strlen(measures[m].name)) == 0);
        }
        test_team_close(&t);
        dn_graph_destroy(&g);
    }
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

/* A matrix with more rows than fit, and nothing behind it. */
static void refuses_large_basis(void)
{
    PetscInt rows = PETSC_MAX_INT / 12;
    dn_solve_report r = {.converged = false};
    dn_error err = DN_ERROR_INIT;
    dn_leading pair;
    Mat a = NULL;

    if (dn_petsc_index_bits() > 32) {
        test_skip("64-bit indices do not overflow");
        return;
    }
    CU_ASSERT_EQUAL(MatCreateShell(test_comm.mpi, PETSC_DECIDE, PETSC_DECIDE, rows, rows, NULL, &a), 0);
    CU_ASSERT_EQUAL(dn_leading_pair(a, "big_", 1e-10, NULL, &pair, &r, &err), DN_EDATA);
    CU_ASSERT(strstr(err.text, "DRAGNET_PETSC64") != NULL && strstr(err.text, "-big_eps_ncv 11") != NULL);
    CU_ASSERT_EQUAL(MatDestroy(&a), 0);
}

/* A long path, and a basis that needs it to the letter: refused by name before memory is asked for. */
static void refuses_large_bases(void)
{
    enum { N = 100000 };
    static uint8_t side[N];
    static const char *const option[] = {"-adjacency_eps_ncv", "-svd_svd_ncv", "-svd_eps_ncv",
                                         "-big_mfn_ncv"};
    static const char *const most[] = {"-adjacency_eps_ncv 21473", "-svd_svd_ncv 42948", "-svd_eps_ncv 42947",
                                       "-big_mfn_ncv 21472"};
    double value, residual, *vector = dn_calloc(N, sizeof *vector);
    dn_edge *e = dn_calloc(N, sizeof *e);
    dn_graph g;
    dn_team t;

    if (dn_petsc_index_bits() > 32) {
        test_skip("64-bit indices do not overflow");
        dn_free(vector);
        dn_free(e);
        return;
    }
    for (int32_t i = 0; i < N; i++) {
        e[i] = (dn_edge){i, i + 1, 1};
        side[i] = (uint8_t)(i % 2);
    }
    CU_ASSERT_EQUAL(dn_graph_build(N, N - 1, e, side, 2, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&g, &t, NULL), DN_OK);
    for (int i = 0; i < 4; i++) {
        dn_error err = DN_ERROR_INIT;
        dn_expmv *exponential = NULL;
        dn_solve_report r = {.converged = false};
        dn_status st;

        CU_ASSERT_EQUAL(PetscOptionsSetValue(NULL, option[i], "49999"), 0);
        if (i == 0)
            st = dn_spectra(&g, &t, DN_SPECTRUM_ADJACENCY, 1, 1e-1, &value, &residual, vector, &r, &err);
        else if (i < 3)
            st = dn_svd(&g, &t, DN_SVD_PLAIN, 1, 1e-1, &value, &residual, vector, &r, &err);
        else
            st = dn_expmv_create(&g, &t, "big_", 1e-10, &exponential, &r, &err);
        CU_ASSERT_EQUAL(st, DN_EDATA);
        CU_ASSERT(strstr(err.text, "DRAGNET_PETSC64") != NULL && strstr(err.text, most[i]) != NULL);
        dn_expmv_destroy(&exponential);
        CU_ASSERT_EQUAL(PetscOptionsClearValue(NULL, option[i]), 0);
    }
    test_team_close(&t);
    dn_graph_destroy(&g);
    dn_free(vector);
    dn_free(e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Every rank alone, on a communicator of its own, has what all have together. */
static void alone(void)
{
    static double together[2][MANY];
    dn_graph g;
    dn_team t, solo;

    open_random(1, &g, &t);
    CU_ASSERT_EQUAL(dn_team_solo(&g, &solo, NULL), DN_OK);
    for (int m = 0; m < MEASURES; m++) {
        dn_solve_report r, s;
        double worst = 0;

        memset(room, 0, sizeof room);
        CU_ASSERT_EQUAL(measures[m].run(&g, &t, &r, NULL), DN_OK);
        memcpy(together, room, sizeof room);
        memset(room, 0, sizeof room);
        CU_ASSERT_EQUAL(measures[m].run(&g, &solo, &s, NULL), DN_OK);
        for (int i = 0; i < MANY; i++)
            worst = fmax(worst, fmax(fabs(room[0][i] - together[0][i]), fabs(room[1][i] - together[1][i])));
        CU_ASSERT(r.converged && s.converged && worst <= r.error + s.error + 1e-14);
    }
    dn_team_solo_destroy(&solo);
    test_team_close(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void no_nodes(void)
{
    dn_graph g;
    dn_team t;

    CU_ASSERT_EQUAL(dn_graph_build(0, 0, NULL, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&g, &t, NULL), DN_OK);
    components = 0;
    room[0][0] = room[1][0] = 7;
    for (int m = 0; m < MEASURES; m++) {
        dn_solve_report r;

        CU_ASSERT_EQUAL(measures[m].run(&g, &t, &r, NULL), DN_OK);
        CU_ASSERT(r.converged && r.warning[0] == '\0' && room[0][0] == 7 && room[1][0] == 7);
    }
    test_team_close(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A Katz that does not know its bound well says so. */
static void katz_bound_is_vague(void)
{
    dn_solve_report r;
    dn_graph g;
    dn_team t;

    open_random(1, &g, &t);
    CU_ASSERT_EQUAL(PetscOptionsSetValue(NULL, "-katz_eps_max_it", "1"), 0);
    CU_ASSERT_EQUAL(PetscOptionsSetValue(NULL, "-katz_eps_ncv", "3"), 0);
    CU_ASSERT_EQUAL(run_katz(&g, &t, &r, NULL), DN_OK);
    CU_ASSERT(strstr(r.warning, "bound") != NULL && strstr(r.warning, "not converge") != NULL);
    CU_ASSERT_EQUAL(PetscOptionsClearValue(NULL, "-katz_eps_max_it"), 0);
    CU_ASSERT_EQUAL(PetscOptionsClearValue(NULL, "-katz_eps_ncv"), 0);
    test_team_close(&t);
    dn_graph_destroy(&g);
}

static void refuses_options(void)
{
    dn_pagerank_options p = {.damping = 1, .tolerance = 1e-10};
    dn_eigenvector_options e = {.tolerance = 0}, nowhere = DN_EIGENVECTOR_DEFAULTS;
    dn_hits_options h = {.tolerance = -1};
    dn_eigenvector_each_figures fe;
    dn_eigenvector_figures f;
    dn_hits_figures fh;
    dn_solve_report r;
    dn_graph g;
    dn_team t;

    open_random(1, &g, &t);
    CU_ASSERT_EQUAL(dn_pagerank(&g, &t, &p, room[0], &r, NULL), DN_EUSAGE);
    p = (dn_pagerank_options){.damping = 0.5, .tolerance = NAN};
    CU_ASSERT_EQUAL(dn_pagerank(&g, &t, &p, room[0], &r, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_eigenvector(&g, &t, &e, room[0], &f, &r, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_eigenvector_each(&g, &t, &e, room[0], NULL, &fe, &r, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_eigenvector_each(&g, &t, &nowhere, room[0], NULL, &fe, &r, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_hits(&g, &t, &h, room[0], room[1], &fh, &r, NULL), DN_EUSAGE);
    test_team_close(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
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
                                    {"eigenvector of each component", each_component},
                                    {"HITS", hits},
                                    {"Katz", katz},
                                    {"Katz refuses what has no sum", katz_refuses},
                                    {"any rank may run out of memory", out_of_memory},
                                    {"did not converge is said", never_silent},
                                    {"weights that are not positive", refuses_weights},
                                    {"one rank alone", alone},
                                    {"no nodes", no_nodes},
                                    {"a bound that is not well known", katz_bound_is_vague},
                                    {"options out of range", refuses_options},
                                    {"a small gap", small_gap},
                                    {"a basis that cannot be counted", refuses_large_basis},
                                    {"bases that PETSc cannot count", refuses_large_bases},
                                    {"closes PETSc", closes_petsc},
                                    {NULL, NULL}};
    return test_main(argc, argv, "krylov", tests);
}
