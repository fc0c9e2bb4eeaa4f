/* spectra.c - tests of solvers/network/{spectra,svd}.h against tests/golden/spectra.txt, on any ranks */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/spectra.h"
#include "solvers/network/svd.h"
#include "tests/support/golden_team.h"
#include "tests/support/petsc.h"

static bool say(bool good, const char *name, const char *what, double figure)
{
    if (!good)
        fprintf(stderr, "# %s: %s: %g\n", name, what, figure);
    return good;
}

/* Values [k] and, where there are golden ones, vectors [k, n]. */
static void compare(const golden *c, const char *what, const char *vectors, int64_t k, const double *value,
                    const double *vector)
{
    const double *want = golden_find(c, what);

    CU_ASSERT(k == 0 || (want != NULL && golden_count(c, what) >= k));
    for (int64_t i = 0; want != NULL && i < k; i++) {
        char name[60];

        CU_ASSERT(
            say(fabs(value[i] - want[i]) < 1e-9 * (1 + fabs(want[i])), c->name, what, value[i] - want[i]));
        snprintf(name, sizeof name, "%s_vector_%d", vectors, (int)i);
        if (golden_find(c, name) != NULL)
            CU_ASSERT(say(golden_distance(c, name, vector + i * c->g.n) < 1e-7, c->name, name,
                          golden_distance(c, name, vector + i * c->g.n)));
    }
}

static void check_report(const golden *c, const dn_solve_report *r)
{
    CU_ASSERT(
        say(r->converged && r->residual < 1e-9 && r->tolerance == 1e-11, c->name, r->method, r->residual));
    CU_ASSERT(isfinite(r->error));
}

static void check_spectra(const golden *c, const dn_team *t)
{
    static const char *const names[] = {"adjacency", "laplacian"};

    for (int kind = 0; kind < 2; kind++) {
        int64_t k = golden_count(c, names[kind]);
        double *vector = dn_calloc((size_t)(k * c->g.n), sizeof *vector), value[8], residual[8];
        dn_error err = DN_ERROR_INIT;
        dn_solve_report r;

        CU_ASSERT_EQUAL(
            dn_spectra(&c->g, t, (dn_spectrum_kind)kind, k, 1e-11, value, residual, vector, &r, &err), DN_OK);
        check_report(c, &r);
        compare(c, names[kind], names[kind], k, value, vector);
        dn_free(vector);
    }
}

/* The stars have more equal values than are asked for. */
static void says_more(const golden *c, const dn_solve_report *r)
{
    if (strcmp(c->name, "stars") == 0)
        CU_ASSERT(say(strstr(r->warning, "1-4 and more") != NULL, c->name, r->warning, 4));
}

static void check_svd(const golden *c, const dn_team *t)
{
    int64_t k = golden_count(c, "svd");
    double *vector = dn_calloc((size_t)(k * c->g.n), sizeof *vector), value[8], share[8], residual[8];
    dn_error err = DN_ERROR_INIT;
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_svd(&c->g, t, DN_SVD_PLAIN, k, 1e-11, value, residual, vector, &r, &err), DN_OK);
    check_report(c, &r);
    compare(c, "svd", "svd", k, value, vector);
    says_more(c, &r);
    for (int scaled = 0; scaled < 2; scaled++) {
        const char *name = scaled ? "pca_scaled" : "pca_raw";
        char which[40];

        snprintf(which, sizeof which, "%s_variance", name);
        if (golden_find(c, which) == NULL) {
            CU_ASSERT_EQUAL(dn_pca(&c->g, t, scaled, k, 1e-11, value, share, residual, vector, &r, NULL),
                            DN_EDATA);
            continue;
        }
        CU_ASSERT_EQUAL(dn_pca(&c->g, t, scaled, k, 1e-11, value, share, residual, vector, &r, &err), DN_OK);
        check_report(c, &r);
        compare(c, which, name, k, value, vector);
        snprintf(which, sizeof which, "%s_share", name);
        compare(c, which, "none", k, share, vector);
        says_more(c, &r);
    }
    dn_free(vector);
}

static void check_all(const golden *c, const dn_team *t)
{
    check_spectra(c, t);
    if (c->g.sides == 2)
        check_svd(c, t);
}

static void agrees_with_golden_numbers(void)
{
    golden_each("spectra.txt", 18, check_all);
}

enum { COPIES = 3, DRUGS = 14, GENES = 13, DRAWS = 90, ROOM = COPIES * (DRUGS + GENES) };

/* Equal components: drugs first, then genes. */
static void build_copies(dn_graph *g)
{
    static uint8_t side[ROOM];
    static dn_edge edges[COPIES * DRAWS];
    uint32_t x = 12345;

    for (int i = 0; i < DRAWS; i++) {
        int32_t a = (int32_t)((x = x * 1664525u + 1013904223u) >> 8) % DRUGS;
        int32_t b = (int32_t)((x = x * 1664525u + 1013904223u) >> 8) % GENES;

        for (int c = 0; c < COPIES; c++)
            edges[c * DRAWS + i] = (dn_edge){c * DRUGS + a, COPIES * DRUGS + c * GENES + b, 1};
    }
    for (int i = 0; i < ROOM; i++)
        side[i] = i >= COPIES * DRUGS;
    CU_ASSERT_EQUAL(dn_graph_build(ROOM, COPIES * DRAWS, edges, side, 2, 0, g, NULL), DN_OK);
}

/* The positive eigenvalues of a bipartite graph are its singular values. However many pairs are asked for,
 * from one to all, each has its copies, and those of the next number are the same and one more. */
static void no_copy_is_missed(void)
{
    static double vector[2][ROOM * ROOM], value[2][ROOM], residual[2][ROOM], whole[ROOM];
    dn_graph g;
    dn_team t;

    build_copies(&g);
    CU_ASSERT_EQUAL(test_team_open(&g, &t, NULL), DN_OK);
    for (int64_t k = COPIES * GENES; k > 0; k -= k > 38 || k < 5 ? 1 : 17) {
        double tolerance = k % 2 != 0 ? 1e-11 : 1e-6;
        dn_solve_report r[2];

        CU_ASSERT_EQUAL(
            dn_svd(&g, &t, DN_SVD_PLAIN, k, tolerance, value[0], residual[0], vector[0], &r[0], NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_spectra(&g, &t, DN_SPECTRUM_ADJACENCY, k, 1e-11, value[1], residual[1], vector[1],
                                   &r[1], NULL),
                        DN_OK);
        CU_ASSERT(say(r[0].converged, "svd", r[0].warning, (double)k));
        CU_ASSERT(say(r[1].converged, "adjacency", r[1].warning, (double)k));
        if (k == COPIES * GENES)
            memcpy(whole, value[1], sizeof whole);
        for (int64_t i = 0; i < k; i++) {
            CU_ASSERT(say(fabs(value[0][i] - value[1][i]) < 1e-7, "svd", "copy", (double)i));
            CU_ASSERT(say(fabs(value[1][i] - whole[i]) < 1e-9, "adjacency", "copy", (double)i));
            CU_ASSERT(say(fabs(whole[i] - whole[i - i % COPIES]) < 1e-9, "adjacency", "block", (double)i));
            CU_ASSERT(say(residual[0][i] < 100 * tolerance, "svd", "residual", residual[0][i]));
        }
    }
    for (int64_t k = ROOM - 1; k <= ROOM; k++) /* the last pair has nothing beside it */
        for (int kind = 0; kind < 2; kind++) {
            double last = kind == DN_SPECTRUM_ADJACENCY ? -whole[ROOM - k] : 2;
            dn_solve_report r;

            CU_ASSERT_EQUAL(dn_spectra(&g, &t, (dn_spectrum_kind)kind, k, 1e-11, value[0], residual[0],
                                       vector[0], &r, NULL),
                            DN_OK);
            CU_ASSERT(say(r.converged && fabs(value[0][k - 1] - last) < 1e-9, "last", r.warning, (double)k));
        }
    test_team_close(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Most nodes of both sides are isolated, so the matrix has fewer pairs than the smaller side has nodes: the
 * others are missing, and the report says so. */
static void isolated_nodes_have_no_pairs(void)
{
    enum { SIDE = 40, K = 20 };
    static const dn_edge edges[] = {{0, SIDE, 1}, {1, SIDE + 1, 2}, {2, SIDE + 2, 3}, {2, SIDE + 1, 1}};
    static double value[K], residual[K], vector[K * 2 * SIDE];
    static uint8_t side[2 * SIDE];
    dn_solve_report r;
    dn_graph g;
    dn_team t;

    for (int i = SIDE; i < 2 * SIDE; i++)
        side[i] = 1;
    CU_ASSERT_EQUAL(dn_graph_build(2 * SIDE, 4, edges, side, 2, 1, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&g, &t, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_svd(&g, &t, DN_SVD_PLAIN, K, 1e-11, value, residual, vector, &r, NULL), DN_OK);
    CU_ASSERT(!r.converged && strstr(r.warning, "3 of 20") != NULL);
    CU_ASSERT_DOUBLE_EQUAL(value[0] * value[1], 6, 1e-9); /* determinant of {{2, 0}, {1, 3}} */
    CU_ASSERT_DOUBLE_EQUAL(value[2], 1, 1e-9);
    CU_ASSERT(isnan(value[3]) && isnan(value[K - 1]));
    test_team_close(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static dn_status run(int which, const dn_graph *g, const dn_team *t, dn_error *err)
{
    static double value[4], share[4], residual[4], vector[4 * ROOM];
    dn_solve_report r;

    if (which < 2)
        return dn_spectra(g, t, (dn_spectrum_kind)which, 4, 1e-8, value, residual, vector, &r, err);
    if (which == 2)
        return dn_svd(g, t, DN_SVD_PLAIN, 4, 1e-8, value, residual, vector, &r, err);
    return dn_pca(g, t, true, 4, 1e-8, value, share, residual, vector, &r, err);
}

/* Refuse allocation k on rank r, for every k and r: never a hang, a leak or a split verdict. */
static void any_rank_may_run_out_of_memory(void)
{
    dn_graph g;
    dn_team t;
    long before;

    build_copies(&g);
    CU_ASSERT_EQUAL(test_team_open(&g, &t, NULL), DN_OK);
    before = dn_alloc_live();
    for (int which = 0; which < 4; which++)
        for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
            dn_status st = DN_ENOMEM;

            for (long k = 0; st != DN_OK && k < 100; k = test_next_refused(k)) {
                dn_error err = DN_ERROR_INIT;

                dn_alloc_fail_after(test_comm.rank == r ? k : -1);
                st = run(which, &g, &t, &err);
                dn_alloc_fail_after(-1);
                CU_ASSERT(test_same((int)st));
                CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
                CU_ASSERT_EQUAL(dn_alloc_live(), before);
            }
            CU_ASSERT_EQUAL(st, DN_OK);
        }
    test_team_close(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"start", test_petsc_opens},
                                    {"golden numbers", agrees_with_golden_numbers},
                                    {"no copy is missed", no_copy_is_missed},
                                    {"isolated nodes have no pairs", isolated_nodes_have_no_pairs},
                                    {"refused memory", any_rank_may_run_out_of_memory},
                                    {"stop", test_petsc_closes},
                                    {NULL, NULL}};
    return test_main(argc, argv, "spectra", tests);
}
