/* normalise.c - tests of solvers/stats/normalise.h against numpy and scipy, and at its edges
 *
 * Golden numbers: tests/golden/normalise.txt, made by make_normalise.py (versions in its first line);
 * tolerance 2e-6 of 1 + |value|: results are floats.
 */
#include "tests/support/golden_numbers.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/stats/normalise.h"

enum { VALUES = 600, CASES = 10 };

typedef struct golden {
    char name[64];
    int64_t genes, samples;
    float x[VALUES];
} golden;

static bool read_values(FILE *f, const char *word, int64_t n, float *out)
{
    char have[32], text[64];

    if (fscanf(f, "%31s", have) != 1 || strcmp(have, word) != 0)
        return false;
    for (int64_t i = 0; i < n; i++) {
        if (fscanf(f, "%63s", text) != 1)
            return false;
        out[i] = strtof(text, NULL);
    }
    return true;
}

static bool next_case(FILE *f, golden *g)
{
    long long genes, samples;

    if (fscanf(f, " matrix %63s %lld %lld", g->name, &genes, &samples) != 3 || genes * samples > VALUES)
        return false;
    g->genes = genes;
    g->samples = samples;
    return read_values(f, "x", genes * samples, g->x);
}

static void check_values(const golden *g, const char *word, const float *x, const float *want)
{
    for (int64_t i = 0; i < g->genes * g->samples; i++) {
        bool same = isnan(want[i]) ? isnan(x[i]) : fabsf(x[i] - want[i]) <= 2e-6f * (1 + fabsf(want[i]));

        if (!same)
            fprintf(stderr, "# %s %s: value %lld is %.9g, wanted %.9g\n", g->name, word, (long long)i,
                    (double)x[i], (double)want[i]);
        CU_ASSERT(same);
    }
}

static void check_case(FILE *f, const golden *g)
{
    static const char *const word[] = {"quantile", "none", "zscore-gene", "zscore-sample", "quantile-zscore"};
    static const dn_normalisation kind[] = {DN_NORMALISATIONS, DN_NORMALISE_NONE, DN_ZSCORE_GENE,
                                            DN_ZSCORE_SAMPLE, DN_QUANTILE};
    static float x[VALUES], want[VALUES];

    for (int k = 0; k < 5; k++) {
        dn_status st;

        memcpy(x, g->x, sizeof x);
        st = kind[k] == DN_NORMALISATIONS ? dn_quantile_samples(x, g->genes, g->samples, NULL)
                                          : dn_normalise(kind[k], x, g->genes, g->samples, NULL);
        CU_ASSERT_EQUAL(st, DN_OK);
        CU_ASSERT(read_values(f, word[k], g->genes * g->samples, want));
        check_values(g, word[k], x, want);
    }
}

static void as_numpy_and_scipy(void)
{
    static golden g;
    FILE *f = golden_open("normalise.txt");
    int cases = 0;

    for (; f != NULL && next_case(f, &g); cases++)
        check_case(f, &g);
    CU_ASSERT_EQUAL(cases, CASES);
    if (f != NULL)
        fclose(f);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void names_are_found(void)
{
    static const char *const name[] = {"zscore-gene", "none", "zscore-sample", "quantile"};
    dn_normalisation kind = DN_QUANTILE;

    for (int k = 0; k < DN_NORMALISATIONS; k++) {
        CU_ASSERT(dn_normalisation_find(name[k], &kind));
        CU_ASSERT_EQUAL((int)kind, k);
        CU_ASSERT_EQUAL(dn_normalisation_across_genes(kind), k >= 2);
    }
    CU_ASSERT(!dn_normalisation_find("zscore", &kind));
    CU_ASSERT(!dn_normalisation_find("", &kind));
}

/* Genes that vary, do not vary, have one value, none, or vary below the rounding of a float. */
static void flat_genes_are_counted(void)
{
    float x[] = {1, 2, 3, 4, 4, 4, NAN, 7, NAN, NAN, NAN, NAN, 16777216, 16777216, 16777218};
    int64_t flat = 0;

    CU_ASSERT_EQUAL(dn_flat_genes(x, 5, 3), 3);
    dn_zscore_genes(x, 5, 3, &flat);
    CU_ASSERT_EQUAL(flat, 3);
    for (int i = 3; i < 15; i++)
        CU_ASSERT_EQUAL(x[i], 0);
    CU_ASSERT_EQUAL(dn_flat_genes(x, 0, 3), 0);
}

/* Samples of one distribution keep their values; another order of the genes gives the same values. */
static void quantiles_do_not_move_what_is_equal(void)
{
    float x[] = {1, 10, 30, 3, 10, 1, 10, 30, 3, 30, 3, 10, 3, 1, 1}, y[15], back[15];

    memcpy(y, x, sizeof x);
    for (int g = 0; g < 5; g++) /* a permutation of 1, 3, 10, 30 and 30 or 10 in every sample */
        for (int s = 0; s < 3; s++)
            x[3 * g + s] = y[3 * g + s] = (float)(1 + (g * (s + 1)) % 5);
    CU_ASSERT_EQUAL(dn_quantile_samples(x, 5, 3, NULL), DN_OK);
    CU_ASSERT(memcmp(x, y, sizeof x) == 0);
    x[4] = y[4] = NAN;
    x[7] = y[7] = -50;
    for (int g = 0; g < 5; g++)
        memcpy(back + 3 * g, y + 3 * (4 - g), 3 * sizeof *y);
    CU_ASSERT_EQUAL(dn_quantile_samples(y, 5, 3, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_quantile_samples(back, 5, 3, NULL), DN_OK);
    for (int g = 0; g < 5; g++)
        CU_ASSERT(memcmp(back + 3 * g, y + 3 * (4 - g), 3 * sizeof *y) == 0);
    CU_ASSERT(isnan(y[4]));
}

static void memory_may_be_refused(void)
{
    dn_status st = DN_ENOMEM;
    float x[] = {1, 2, 3, 4, 5, 9}, before[6];

    memcpy(before, x, sizeof x);
    for (long k = 0; st != DN_OK && k < 20; k++) {
        dn_error err = DN_ERROR_INIT;

        CU_ASSERT(memcmp(before, x, sizeof x) == 0);
        dn_alloc_fail_after(k);
        st = dn_normalise(DN_QUANTILE, x, 3, 2, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.text[0] != '\0'));
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"as numpy and scipy", as_numpy_and_scipy},
                                {"names are found", names_are_found},
                                {"flat genes are counted", flat_genes_are_counted},
                                {"quantiles do not move what is equal", quantiles_do_not_move_what_is_equal},
                                {"memory may be refused", memory_may_be_refused},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "normalise", tests);
}
