/* selftest.c - the checks of nodes pass here, leave no file, and tell a bad folder from the rest */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mpi/check/selftest.h"
#include "solvers/base/alloc.h"
#include "tests/support/test.h"

static void all_pass(void)
{
    dn_check c[DN_SELFTEST_CHECKS];
    const char *path = test_path("selftest.h5");

    dn_selftest(&test_comm, DN_SELFTEST_ALL, path, c);
    for (int i = 0; i < DN_SELFTEST_CHECKS; i++) {
        CU_ASSERT_TRUE(c[i].passed);
        CU_ASSERT_TRUE(test_same(c[i].passed));
        CU_ASSERT_TRUE(strlen(c[i].text) > 0);
    }
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void a_folder_that_is_not_there_fails_one(void)
{
    dn_check c[DN_SELFTEST_CHECKS];

    dn_selftest(&test_comm, 1 << 4, "/nosuch/folder/selftest.h5", c);
    for (int i = 0; i < DN_SELFTEST_CHECKS; i++)
        CU_ASSERT_EQUAL(c[i].passed, strcmp(c[i].name, "hdf5") != 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(c[4].text, "/nosuch/folder"));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Any rank may lack memory: a check fails, or all pass; nobody hangs, nothing is left. */
static void any_rank_may_run_out_of_memory(void)
{
    for (int r = 0; r < test_comm.size; r = test_next_victim(r))
        for (long k = 0; k < 12; k = test_next_refused(k)) {
            dn_check c[DN_SELFTEST_CHECKS];
            const char *path = test_path("selftest.h5");

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            dn_selftest(&test_comm, DN_SELFTEST_ALL & ~(1 << 5), path, c);
            dn_alloc_fail_after(-1);
            for (int i = 0; i < DN_SELFTEST_CHECKS; i++)
                CU_ASSERT_TRUE(test_same(c[i].passed));
            CU_ASSERT_TRUE(c[0].passed && c[1].passed);
            CU_ASSERT_TRUE(k > 0 || !c[2].passed);
            CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
}

static const dn_test tests[] = {
    {"all pass", all_pass},
    {"a folder that is not there fails one", a_folder_that_is_not_there_fails_one},
    {"any rank may run out of memory", any_rank_may_run_out_of_memory},
    {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "selftest", tests);
}
