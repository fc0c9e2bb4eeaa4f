/* krylov_limits.c - tests of PageRank, eigenvector, Katz and HITS centralities on any ranks, all alike:
 * refused memory, too few iterations, weights and options that make no sense, bases that PETSc cannot count,
 * no nodes; one rank alone. Their numbers are in krylov.c
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/components.h"
#include "solvers/network/eigenvector.h"
#include "solvers/network/expmv.h"
#include "solvers/network/hits.h"
#include "solvers/network/katz.h"
#include "solvers/network/leading.h"
#include "solvers/network/pagerank.h"
#include "solvers/network/petsc.h"
#include "solvers/network/spectra.h"
#include "solvers/network/svd.h"
#include "tests/support/petsc.h"
#include "tests/support/team.h"

/* A measure on the graph of open_random(), with values that are thrown away. */
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

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"opens PETSc", test_petsc_opens},
                                    {"any rank may run out of memory", out_of_memory},
                                    {"did not converge is said", never_silent},
                                    {"weights that are not positive", refuses_weights},
                                    {"one rank alone", alone},
                                    {"no nodes", no_nodes},
                                    {"a bound that is not well known", katz_bound_is_vague},
                                    {"options out of range", refuses_options},
                                    {"a basis that cannot be counted", refuses_large_basis},
                                    {"bases that PETSc cannot count", refuses_large_bases},
                                    {"closes PETSc", test_petsc_closes},
                                    {NULL, NULL}};

    return test_main(argc, argv, "krylov_limits", tests);
}
