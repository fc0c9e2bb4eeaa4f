/* kernel_pca.c - tests of solvers/stats/kernel_pca.h against scikit-learn (tests/golden/make_kernel_pca.py)
 * and at the edges */
#include "tests/support/golden_numbers.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/stats/kernel_pca.h"

enum { SIDE = 16, MOST = 12 };

typedef struct golden {
    char name[32];
    int64_t n, m, k, fitted[SIDE];
    double values[MOST], at[SIDE * MOST];
    float like[SIDE * SIDE];
} golden;

/* The case of that name, or a failed assertion. */
static void read_case(const char *name, golden *g)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/kernel_pca.txt", "r");
    double head[3], wide[SIDE * SIDE];
    char word[32] = "";
    bool found = false, fine = f != NULL;

    *g = (golden){.n = 0};
    while (fine && !found && fscanf(f, "%31s", word) == 1)
        found = strcmp(word, "case") == 0 && fscanf(f, "%31s", g->name) == 1 && strcmp(g->name, name) == 0;
    fine = found;
    for (int i = 0; fine && i < 3; i++)
        fine = fscanf(f, "%lf", &head[i]) == 1;
    fine = fine && head[0] <= SIDE && head[1] <= head[0] && head[2] <= MOST;
    if (fine) {
        g->n = (int64_t)head[0];
        g->m = (int64_t)head[1];
        g->k = (int64_t)head[2];
    }
    fine = fine && golden_row(f, "values", g->k, g->values) && golden_row(f, "fitted", g->m, wide);
    for (int64_t i = 0; fine && i < g->m; i++)
        g->fitted[i] = (int64_t)wide[i];
    fine = fine && golden_row(f, "like", g->n * g->n, wide) && golden_row(f, "at", g->n * g->k, g->at);
    for (int64_t i = 0; fine && i < g->n * g->n; i++)
        g->like[i] = (float)wide[i];
    CU_ASSERT(fine);
    if (f != NULL)
        fclose(f);
}

/* Places of all n things, at [n, k]. */
static void place_all(const golden *g, float *at)
{
    dn_kernel_pca pca = {0};

    memset(at, 0x7f, SIDE * MOST * sizeof *at);
    CU_ASSERT_EQUAL(dn_kernel_pca_fit(g->like, g->n, g->fitted, g->m, g->k, &pca, NULL), DN_OK);
    CU_ASSERT(pca.fitted == g->m && pca.components == g->k);
    for (int64_t i = 0; i < g->n; i++)
        dn_kernel_pca_place(&pca, g->like + i * g->n, at + i * g->k);
    dn_kernel_pca_destroy(&pca);
    CU_ASSERT(pca.which == NULL && pca.mean == NULL && pca.weight == NULL);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The first of the largest coordinates of the fitted is positive; their mean square over all components is 1.
 */
static void check_rules(const golden *g, const float *at)
{
    double square = 0;

    for (int64_t c = 0; c < g->k; c++) {
        double most = 0;
        for (int64_t i = 0; i < g->m; i++)
            most = fmax(most, fabs((double)at[g->fitted[i] * g->k + c]));
        for (int64_t i = 0; i < g->m; i++) {
            double v = (double)at[g->fitted[i] * g->k + c];
            square += v * v;
            if (most > 0 && fabs(v) >= (1 - 1e-7) * most) {
                CU_ASSERT(v > 0);
                most = INFINITY;
            }
        }
    }
    CU_ASSERT_DOUBLE_EQUAL(square / (double)(g->m * g->k), 1, 1e-5);
}

/* Each component that is there up to its sign, the others exactly 0. */
static void check_case(const char *name, int64_t real, double tolerance)
{
    static golden g;
    static float at[SIDE * MOST];

    read_case(name, &g);
    place_all(&g, at);
    check_rules(&g, at);
    for (int64_t c = 0; c < g.k; c++) {
        double sign = 0;
        for (int64_t i = 0; i < g.n; i++)
            sign += (double)at[i * g.k + c] * g.at[i * g.k + c];
        sign = sign < 0 ? -1 : 1;
        for (int64_t i = 0; i < g.n; i++) {
            double got = (double)at[i * g.k + c], want = sign * g.at[i * g.k + c];
            if (fabs(got - want) > tolerance)
                fprintf(stderr, "# %s: thing %d, component %d: %.9g, scikit-learn %.9g\n", name, (int)i,
                        (int)c, got, want);
            CU_ASSERT(fabs(got - want) <= tolerance);
            CU_ASSERT(c < real ? want != 0 : got == 0);
        }
    }
}

static void agrees_with_scikit_learn(void)
{
    check_case("plain", 4, 2e-5);
}

/* Three features and six components. */
static void more_components_than_rank(void)
{
    check_case("rank", 3, 2e-5);
}

/* Nine components of five things, of which two are twins. */
static void more_components_than_things(void)
{
    static golden g;
    static float at[SIDE * MOST];

    check_case("tanimoto", 3, 0.02); /* the ratio of sizes is 0.85, and 0.85^40 some 0.002 */
    read_case("tanimoto", &g);
    place_all(&g, at);
    CU_ASSERT_EQUAL(memcmp(at + 1 * g.k, at + 3 * g.k, (size_t)g.k * sizeof *at), 0); /* both fitted */
    CU_ASSERT_EQUAL(memcmp(at + 0 * g.k, at + 9 * g.k, (size_t)g.k * sizeof *at), 0); /* one is not */
}

/* Two sizes that are equal up to 1e-4: the plane is found, its axes are anybody's. */
static void the_span_where_sizes_are_close(void)
{
    static golden g;
    static float at[SIDE * MOST];

    read_case("close", &g);
    place_all(&g, at);
    check_rules(&g, at);
    for (int64_t i = 0; i < g.n; i++)
        for (int64_t j = 0; j < g.n; j++) {
            double got = 0, want = 0;
            for (int64_t c = 0; c < g.k; c++) {
                got += (double)at[i * g.k + c] * (double)at[j * g.k + c];
                want += g.at[i * g.k + c] * g.at[j * g.k + c];
            }
            CU_ASSERT_DOUBLE_EQUAL(got, want, 1e-3);
        }
}

/* ---- cases made here ---- */

/* n things that are alike by `like`, all fitted. */
static void make(golden *g, int64_t n, int64_t k, double like)
{
    *g = (golden){.n = n, .m = n, .k = k};
    for (int64_t i = 0; i < n; i++) {
        g->fitted[i] = i;
        for (int64_t j = 0; j < n; j++)
            g->like[i * n + j] = i == j ? 1 : (float)like;
    }
}

static bool all_zero(const float *at, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (at[i] != 0)
            return false;
    return true;
}

static void nothing_and_one_thing(void)
{
    static golden g;
    static float at[SIDE * MOST];

    for (int64_t n = 0; n < 4; n++)
        for (int64_t m = 0; m <= n && m < 2; m++)
            for (int64_t k = 1; k < 4; k++) {
                make(&g, n, k, 0.4);
                g.m = m;
                g.fitted[0] = n - 1;
                place_all(&g, at);
                CU_ASSERT(all_zero(at, n * k));
            }
}

/* Two things lie on one axis, opposite, the first on the positive side; a third as like to both, in between.
 */
static void two_things(void)
{
    static golden g;
    static float at[SIDE * MOST];

    make(&g, 3, 4, 0.4);
    g.m = 2;
    place_all(&g, at);
    CU_ASSERT_DOUBLE_EQUAL(at[0], 2, 1e-6); /* two squares of 4 over two things and four components */
    CU_ASSERT_DOUBLE_EQUAL(at[4], -2, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(at[8], 0, 1e-6);
    for (int i = 0; i < 3; i++)
        CU_ASSERT(all_zero(at + 4 * i + 1, 3));
}

/* Things that are all alike have no components, whatever the rounding of their mean; nor has then another. */
static void identical_things(void)
{
    static golden g;
    static float at[SIDE * MOST];

    for (int64_t n = 2; n <= SIDE; n++)
        for (int like = 1; like <= 10; like++) {
            make(&g, n, 3, 0.1 * like);
            for (int64_t i = 0; i < n * n; i++)
                g.like[i] = (float)(0.1 * like);
            for (int64_t j = 0; j < n; j++) /* the last is another, and not fitted */
                g.like[(n - 1) * n + j] = j % 2 == 0 ? 0.03f : 0;
            g.m = n - 1;
            place_all(&g, at);
            CU_ASSERT(all_zero(at, n * 3));
        }
}

/* A likeness that is no kernel: what is negative is 0, here everything. */
static void no_kernel(void)
{
    static golden g;
    static float at[SIDE * MOST];

    make(&g, 8, 8, 1);
    for (int64_t i = 0; i < 8; i++)
        g.like[i * 9] = 0;
    place_all(&g, at);
    CU_ASSERT(all_zero(at, 64));
    for (int64_t i = 0; i < 8; i++)
        g.like[i * 9] = 0.5f + 0.125f * (float)i; /* mixed */
    place_all(&g, at);
    for (int64_t i = 0; i < 64; i++)
        CU_ASSERT(isfinite(at[i]));
}

static void same_bits_again(void)
{
    static golden g;
    static float at[SIDE * MOST], again[SIDE * MOST];

    read_case("plain", &g);
    place_all(&g, at);
    place_all(&g, again);
    CU_ASSERT_EQUAL(memcmp(at, again, sizeof at), 0);
}

static void memory_is_refused(void)
{
    static golden g;
    dn_status st = DN_ENOMEM;
    long k;

    read_case("plain", &g);
    for (k = 0; st != DN_OK && k < 100; k++) {
        dn_kernel_pca pca = {0};
        dn_error err = DN_ERROR_INIT;

        dn_alloc_fail_after(k);
        st = dn_kernel_pca_fit(g.like, g.n, g.fitted, g.m, g.k, &pca, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && dn_alloc_live() == 0 && pca.weight == NULL));
        dn_kernel_pca_destroy(&pca);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT(st == DN_OK && k == 7); /* six allocations */
}

static const dn_test tests[] = {{"agrees with scikit-learn", agrees_with_scikit_learn},
                                {"more components than rank", more_components_than_rank},
                                {"more components than things", more_components_than_things},
                                {"the span where sizes are close", the_span_where_sizes_are_close},
                                {"nothing and one thing", nothing_and_one_thing},
                                {"two things", two_things},
                                {"identical things", identical_things},
                                {"no kernel", no_kernel},
                                {"same bits again", same_bits_again},
                                {"memory is refused", memory_is_refused},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "kernel_pca", tests);
}
