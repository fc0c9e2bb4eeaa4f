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
    CU_ASSERT_EQUAL(cases, 15);
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
    static const dn_test tests[] = {
        {"start", start}, {"golden numbers", agrees_with_golden_numbers}, {"stop", stop}, {NULL, NULL}};
    return test_main(argc, argv, "spectra", tests);
}
