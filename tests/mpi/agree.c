/* agree.c - tests of mpi/core/agree.h */
#include "tests/support/test.h"

#include <string.h>
#include "mpi/core/agree.h"

static void all_pass(void)
{
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_agree(&test_comm, DN_OK, &err), DN_OK);
    CU_ASSERT_EQUAL(err.code, DN_OK);
}

/* Each rank in turn fails alone; everyone hears its words. */
static void one_fails(void)
{
    for (int r = 0; r < test_comm.size; r++) {
        dn_error err = DN_ERROR_INIT;
        dn_status st = DN_OK;

        if (test_comm.rank == r)
            st = dn_error_set(&err, DN_EDATA, __FILE__, __LINE__, "rank %d is unhappy", r);
        CU_ASSERT_EQUAL(dn_agree(&test_comm, st, &err), DN_EDATA);
        CU_ASSERT_EQUAL(err.rank, r);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is unhappy"));
    }
}

static void lowest_rank_wins(void)
{
    dn_error err = DN_ERROR_INIT;
    dn_status st = dn_error_set(&err, test_comm.rank == 0 ? DN_EIO : DN_EDATA, __FILE__, __LINE__, "r%d",
                                test_comm.rank);

    CU_ASSERT_EQUAL(dn_agree(&test_comm, st, &err), DN_EIO);
    CU_ASSERT_EQUAL(err.rank, 0);
    CU_ASSERT_EQUAL(dn_agree(&test_comm, DN_ENOMEM, NULL), DN_ENOMEM);
}

/* A process without a world agrees with itself, on every rank apart. */
static void one_alone_agrees_with_itself(void)
{
    const dn_comm alone = dn_comm_alone();
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT(dn_comm_is_alone(&alone) && !dn_comm_is_alone(&test_comm));
    CU_ASSERT_EQUAL(dn_agree(&alone, DN_OK, &err), DN_OK);
    if (test_comm.rank == 0) {
        (void)dn_error_set(&err, DN_EDATA, __FILE__, __LINE__, "a reason");
        CU_ASSERT_EQUAL(dn_agree(&alone, DN_EDATA, &err), DN_EDATA);
        CU_ASSERT(err.rank == 0 && strcmp(err.text, "a reason") == 0);
    }
}

static const dn_test tests[] = {{"all pass", all_pass},
                                {"one fails", one_fails},
                                {"lowest rank wins", lowest_rank_wins},
                                {"one alone agrees with itself", one_alone_agrees_with_itself},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "agree", tests);
}
