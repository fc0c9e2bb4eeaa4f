/* petsc.c - see petsc.h */
#include "tests/support/petsc.h"

#include "solvers/base/alloc.h"
#include "solvers/network/petsc.h"
#include "tests/support/test.h"

void test_petsc_opens(void)
{
    CU_ASSERT_EQUAL(dn_petsc_open(test_comm.mpi, NULL, NULL), DN_OK);
}

void test_petsc_closes(void)
{
    dn_petsc_close();
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}
