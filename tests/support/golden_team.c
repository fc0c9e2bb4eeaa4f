/* golden_team.c - see golden_team.h */
#include "tests/support/golden_team.h"

#include "solvers/base/alloc.h"
#include "tests/support/test.h"

void golden_each(const char *file, int graphs, void (*check)(const golden *x, const dn_team *t))
{
    char path[600];
    FILE *f;
    golden x;
    int count = 0;

    snprintf(path, sizeof path, "%s/%s", DN_TEST_GOLDEN, file);
    f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL(f);
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
    CU_ASSERT_EQUAL(count, graphs);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}
