/* label_history.c - tests of solvers/stats/label_history.h, by hand */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/stats/label_history.h"

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12;
}

static void by_hand(void)
{
    const int64_t drug[6] = {0, 0, 1, 2, 0, 3}, target[6] = {0, 1, 0, 1, 2, 2}, rows[5] = {0, 1, 2, 3, 4};
    const uint8_t label[6] = {1, 1, 0, 0, 1, 1};
    double of_drug[5], of_target[4], p = 4.0 / 7, base = log(p / (1 - p)); /* 3 of 5, smoothed */
    int64_t scratch[10];

    dn_history_fit(drug, target, label, rows, 5, 5, 4, of_drug, of_target,
                   scratch); /* row 5 is not trained on */
    CU_ASSERT(near(of_drug[0], log((3 + 2 * p) / (2 * (1 - p))) - base));
    CU_ASSERT(near(of_drug[1], log(2 * p / (1 + 2 * (1 - p))) - base));
    CU_ASSERT(near(of_drug[2], of_drug[1]));
    CU_ASSERT(of_drug[3] == 0 && of_drug[4] == 0); /* unseen */
    CU_ASSERT(near(of_target[0], log((1 + 2 * p) / (1 + 2 * (1 - p))) - base));
    CU_ASSERT(near(of_target[1], of_target[0]));
    CU_ASSERT(near(of_target[2], log((1 + 2 * p) / (2 * (1 - p))) - base));
    CU_ASSERT_EQUAL(of_target[3], 0);
    CU_ASSERT_EQUAL(dn_history_score(DN_HISTORY_TARGET, 2, 5), 5);
    CU_ASSERT_EQUAL(dn_history_score(DN_HISTORY_DRUG, 2, 5), 2);
    CU_ASSERT_EQUAL(dn_history_score(DN_HISTORY_BOTH, 2, 5), 7);
}

/* One class, no rows: numbers all the same. */
static void little_to_go_by(void)
{
    const int64_t drug[2] = {0, 1}, target[2] = {0, 0}, rows[2] = {0, 1};
    const uint8_t ones[2] = {1, 1};
    double of_drug[2], of_target[1];
    int64_t scratch[4];

    dn_history_fit(drug, target, ones, rows, 0, 2, 1, of_drug, of_target, scratch);
    CU_ASSERT(of_drug[0] == 0 && of_drug[1] == 0 && of_target[0] == 0);
    dn_history_fit(drug, target, ones, rows, 2, 2, 1, of_drug, of_target, scratch);
    CU_ASSERT(isfinite(of_drug[0]) && isfinite(of_target[0]) && of_target[0] > of_drug[0] && of_drug[0] > 0);
}

static const dn_test tests[] = {{"by hand", by_hand}, {"little to go by", little_to_go_by}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "label_history", tests);
}
