/* power_law.c - tests of solvers/stats/power_law.h against scipy and igraph (golden/power_law.txt)
 *
 * Tolerances: scipy searches alpha to the flat bottom of a parabola, 1e-7 of alpha in doubles; igraph stops
 * at a gradient of 1e-5 of the log-likelihood, which is up to 1e-4 of a large alpha.
 */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include <time.h>
#include "solvers/base/alloc.h"
#include "solvers/stats/power_law.h"

enum { MOST = 512 };

static bool near(double a, double b, double tolerance)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= tolerance * fmax(1, fabs(b));
}

static void one_sample(FILE *f, const char *name, int64_t n)
{
    static int64_t value[MOST], count[MOST];
    long long v, c, k_min, tail, igraph_k_min;
    double alpha, ks, likelihood, igraph_alpha, igraph_ks, igraph_likelihood;
    dn_power_law fit;

    CU_ASSERT(n <= MOST);
    for (int64_t i = 0; i < n; i++) {
        CU_ASSERT_EQUAL(fscanf(f, "%lld %lld", &v, &c), 2);
        value[i] = v;
        count[i] = c;
    }
    CU_ASSERT_EQUAL(fscanf(f, " fit %lld %lf %lf %lld %lf", &k_min, &alpha, &ks, &tail, &likelihood), 5);
    CU_ASSERT_EQUAL(
        fscanf(f, " igraph %lld %lf %lf %lf", &igraph_k_min, &igraph_alpha, &igraph_ks, &igraph_likelihood),
        4);
    CU_ASSERT_EQUAL(dn_power_law_fit(n, value, count, &fit, NULL), DN_OK);
    if (fit.k_min != k_min || fit.tail != tail || !near(fit.alpha, alpha, 2e-7) || !near(fit.ks, ks, 2e-7) ||
        !near(fit.log_likelihood, likelihood, 1e-11))
        fprintf(stderr, "%s: k_min %lld alpha %.15g ks %.15g\n", name, (long long)fit.k_min, fit.alpha,
                fit.ks);
    CU_ASSERT_EQUAL(fit.k_min, k_min);
    CU_ASSERT_EQUAL(fit.tail, tail);
    CU_ASSERT(near(fit.alpha, alpha, 2e-7));
    CU_ASSERT(near(fit.ks, ks, 2e-7));
    CU_ASSERT(near(fit.log_likelihood, likelihood, 1e-11));
    if (igraph_k_min == 0)
        return;
    CU_ASSERT_EQUAL(fit.k_min, igraph_k_min);
    CU_ASSERT(near(fit.alpha, igraph_alpha, 1e-4));
    CU_ASSERT(near(fit.ks, igraph_ks, 1e-5));
    CU_ASSERT(near(fit.log_likelihood, igraph_likelihood, 1e-9));
}

static void golden(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/power_law.txt", "r");
    char line[256], name[64];
    long long n;
    int samples = 0;

    CU_ASSERT_PTR_NOT_NULL(f);
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "sample %63s %lld", name, &n) == 2) {
            one_sample(f, name, n);
            samples++;
        }
    CU_ASSERT_EQUAL(samples, 10);
    if (f != NULL)
        fclose(f);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Values so large that zeta itself is no double, and a tail that falls at once. */
static void far_out(void)
{
    static const int64_t value[] = {1000000, 1000001, 1000002, 1000003}, count[] = {90, 30, 10, 3};
    static const int64_t wide[] = {1, 2, 1000000000, 2000000000}, once[] = {100, 10, 10, 1};
    dn_power_law fit;

    CU_ASSERT_EQUAL(dn_power_law_fit(4, value, count, &fit, NULL), DN_OK);
    CU_ASSERT(fit.k_min == 1000000 || fit.k_min == 1000001);
    CU_ASSERT(fit.alpha > 63 && fit.alpha <= 64 && isfinite(fit.ks) && isfinite(fit.log_likelihood));
    CU_ASSERT_EQUAL(dn_power_law_fit(4, wide, once, &fit, NULL), DN_OK);
    CU_ASSERT(fit.k_min > 0 && fit.alpha > 1 && isfinite(fit.ks) && isfinite(fit.log_likelihood));
}

/* Ten thousand different degrees, as a graph of many million edges has. */
static void many_degrees(void)
{
    enum { N = 10000 };
    int64_t *value = dn_calloc(N, sizeof *value), *count = dn_calloc(N, sizeof *count);
    dn_power_law fit;
    struct timespec t0, t1;

    for (int64_t i = 0; i < N; i++) {
        value[i] = i + 1 + (i > 3000 ? (i - 3000) * (i - 3000) / 1000 : 0);
        count[i] = 1 + (int64_t)(400000 / pow((double)i + 30, 1.4));
    }
    clock_gettime(CLOCK_MONOTONIC, &t0);
    CU_ASSERT_EQUAL(dn_power_law_fit(N, value, count, &fit, NULL), DN_OK);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    printf("# %d degrees: %.3f s, k_min %lld alpha %.4f\n", N,
           (double)(t1.tv_sec - t0.tv_sec) + 1e-9 * (double)(t1.tv_nsec - t0.tv_nsec), (long long)fit.k_min,
           fit.alpha);
    CU_ASSERT(fit.k_min > 0 && fit.alpha > 1);
    dn_free(value);
    dn_free(count);
}

static void survives_refused_memory(void)
{
    static const int64_t value[] = {1, 2, 3}, count[] = {20, 10, 5};
    dn_power_law fit;

    for (long k = 0; k < 3; k++) {
        dn_alloc_fail_after(k);
        CU_ASSERT_EQUAL(dn_power_law_fit(3, value, count, &fit, NULL), k < 2 ? DN_ENOMEM : DN_OK);
        dn_alloc_fail_after(-1);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"golden numbers", golden},
                                    {"far out", far_out},
                                    {"many degrees", many_degrees},
                                    {"refused memory", survives_refused_memory},
                                    {NULL, NULL}};
    return test_main(argc, argv, "power_law", tests);
}
