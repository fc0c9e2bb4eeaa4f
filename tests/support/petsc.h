/* petsc.h - the first and the last test of a program that uses PETSc
 *
 *     static const dn_test tests[] = {{"opens PETSc", test_petsc_opens}, ..., {"closes PETSc",
 * test_petsc_closes}, {NULL, NULL}};
 */
#ifndef DN_TEST_SUPPORT_PETSC_H
#define DN_TEST_SUPPORT_PETSC_H

/* Collective over all ranks. */
void test_petsc_opens(void);

/* Also asserts that no memory of ours is left. Collective over all ranks. */
void test_petsc_closes(void);

#endif
