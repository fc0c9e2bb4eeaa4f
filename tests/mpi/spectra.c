/* spectra.c - tests of solvers/network/{spectra,svd}.h against tests/golden/spectra.txt, on any ranks */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/petsc.h"
#include "solvers/network/spectra.h"
#include "solvers/network/svd.h"
#include "tests/support/golden.h"
#include "tests/support/team.h"

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

static void check_svd(const golden *c, const dn_team *t)
{
    int64_t k = golden_count(c, "svd");
    double *vector = dn_calloc((size_t)(k * c->g.n), sizeof *vector), value[8], share[8], residual[8];
    dn_error err = DN_ERROR_INIT;
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_svd(&c->g, t, DN_SVD_PLAIN, k, 1e-11, value, residual, vector, &r, &err), DN_OK);
    check_report(c, &r);
    compare(c, "svd", "svd", k, value, vector);
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
    }
    dn_free(vector);
}

static void agrees_with_golden_numbers(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/spectra.txt", "r");
    golden c;
    int cases = 0;

    CU_ASSERT_PTR_NOT_NULL(f);
    while (f != NULL && golden_next(f, &c)) {
        dn_team t;

        CU_ASSERT_EQUAL(test_team_open(&c.g, &t, NULL), DN_OK);
        check_spectra(&c, &t);
        if (c.g.sides == 2)
            check_svd(&c, &t);
        test_team_close(&t);
        golden_free(&c);
        cases++;
    }
    if (f != NULL)
        fclose(f);
    CU_ASSERT_EQUAL(cases, 18);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
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
    for (int64_t k = COPIES * GENES; k > 0; k -= k > 38 || k < 10 ? 1 : 4) {
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
    for (int64_t k = ROOM - 2; k <= ROOM; k++) /* the last pair has nothing beside it */
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

static void start(void)
{
    CU_ASSERT_EQUAL(dn_petsc_open(test_comm.mpi, NULL, NULL), DN_OK);
}

static void stop(void)
{
    dn_petsc_close();
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"start", start},
                                    {"golden numbers", agrees_with_golden_numbers},
                                    {"no copy is missed", no_copy_is_missed},
                                    {"stop", stop},
                                    {NULL, NULL}};
    return test_main(argc, argv, "spectra", tests);
}
