/* baselines.c - tests of solvers/stats/baselines.h, by hand */
#include "tests/support/test.h"

#include <math.h>
#include "solvers/stats/baselines.h"

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12;
}

static void popularity(void)
{
    const int32_t a[5] = {0, 0, 1, 2, 0}, b[5] = {1, 2, 2, 0, 3};
    const int64_t rows[4] = {0, 1, 2, 4};
    const uint8_t label[5] = {1, 1, 0, 1, 0};
    double odds[5];
    int64_t scratch[10];

    dn_popularity_fit(a, b, label, rows, 4, 5, odds, scratch); /* row 3 is not a training row */
    CU_ASSERT(near(odds[0], log(3.0 / 2)));                    /* 2 positives, 1 negative */
    CU_ASSERT(near(odds[1], 0));                               /* 1, 1 */
    CU_ASSERT(near(odds[2], 0));                               /* 1, 1 */
    CU_ASSERT(near(odds[3], log(1.0 / 2)));                    /* 0, 1 */
    CU_ASSERT_EQUAL(odds[4], 0);                               /* unseen */
}

static void correlation(void)
{
    const float nan = NAN;
    const float a[5] = {1, 2, 3, nan, 5}, twice[5] = {2, 4, 6, 0, 10}, minus[5] = {-1, -2, -3, 7, -5};
    const float b[5] = {2, nan, 1, 9, 4}, flat[5] = {0.1f, 0.1f, 0.1f, 0.1f, 0.1f},
                few[5] = {1, nan, nan, 4, 7};

    CU_ASSERT(near(dn_profile_correlation(a, twice, 5), 1));
    CU_ASSERT(near(dn_profile_correlation(a, minus, 5), -1));
    /* shared: (1, 2) (3, 1) (5, 4): deviations (-2, 0, 2) and (-1, -4, 5) / 3: 4 / sqrt(8 * 42 / 9) */
    CU_ASSERT(near(dn_profile_correlation(a, b, 5), 4 / sqrt(8.0 * 42 / 9)));
    CU_ASSERT_EQUAL(dn_profile_correlation(a, flat, 5), 0);
    CU_ASSERT_EQUAL(dn_profile_correlation(a, few, 5), 0); /* two shared values */
    CU_ASSERT_EQUAL(dn_profile_correlation(a, b, 0), 0);
}

static void missing(void)
{
    CU_ASSERT_EQUAL(dn_missing_score(10, 10, 10), 0);
    CU_ASSERT(near(dn_missing_score(5, 10, 10), -0.25));
    CU_ASSERT_EQUAL(dn_missing_score(0, 0, 10), -1);
    CU_ASSERT_EQUAL(dn_missing_score(0, 0, 0), 0);
}

static const dn_test tests[] = {
    {"popularity", popularity}, {"correlation", correlation}, {"missing", missing}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "baselines", tests);
}
