/* petsc_check.c - see petsc_check.h */
#include "solvers/network/petsc_check.h"

#include <math.h>
#include <petscksp.h>
#include "solvers/network/petsc.h"

/* The matrix, and the rows of the solution that this rank owns. */
static dn_status fill(PetscInt rows, Mat *out_a, Vec *out_x, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt first = 0, end = 0;

    DN_PETSC(MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, rows, rows, 3, NULL, 2, NULL, out_a));
    DN_PETSC(MatCreateVecs(*out_a, out_x, NULL));
    DN_PETSC(MatGetOwnershipRange(*out_a, &first, &end));
    for (PetscInt i = first; i < end; i++) {
        DN_PETSC(MatSetValue(*out_a, i, i, 2.5, INSERT_VALUES));
        if (i > 0)
            DN_PETSC(MatSetValue(*out_a, i, i - 1, -1, INSERT_VALUES));
        if (i + 1 < rows)
            DN_PETSC(MatSetValue(*out_a, i, i + 1, -1, INSERT_VALUES));
        DN_PETSC(VecSetValue(*out_x, i, sin((double)i + 1), INSERT_VALUES));
    }
    DN_PETSC(MatAssemblyBegin(*out_a, MAT_FINAL_ASSEMBLY));
    DN_PETSC(MatAssemblyEnd(*out_a, MAT_FINAL_ASSEMBLY));
    DN_PETSC(VecAssemblyBegin(*out_x));
    DN_PETSC(VecAssemblyEnd(*out_x));
out:
    return st;
}

dn_status dn_petsc_check(int64_t rows, double *out_worst, int64_t *out_steps, dn_error *err)
{
    dn_status st = DN_OK;
    Mat a = NULL;
    Vec x = NULL, b = NULL, y = NULL;
    KSP ksp = NULL;
    PC pc = NULL;
    PetscInt steps = 0;
    PetscReal worst = 0;

    if (rows < 1 || rows > 1000000000)
        DN_FAIL(DN_EDATA, "a system of %lld rows", (long long)rows);
    DN_TRY(fill((PetscInt)rows, &a, &x, err));
    DN_PETSC(VecDuplicate(x, &b));
    DN_PETSC(VecDuplicate(x, &y));
    DN_PETSC(MatMult(a, x, b));
    DN_PETSC(KSPCreate(PETSC_COMM_WORLD, &ksp));
    DN_PETSC(KSPSetOperators(ksp, a, a));
    DN_PETSC(KSPSetType(ksp, KSPCG));
    DN_PETSC(KSPGetPC(ksp, &pc));
    DN_PETSC(PCSetType(pc, PCJACOBI));
    DN_PETSC(KSPSetTolerances(ksp, 1e-12, PETSC_DEFAULT, PETSC_DEFAULT, 200));
    DN_PETSC(KSPSolve(ksp, b, y));
    DN_PETSC(KSPGetIterationNumber(ksp, &steps));
    DN_PETSC(VecAXPY(y, -1, x));
    DN_PETSC(VecNorm(y, NORM_INFINITY, &worst));
    *out_worst = worst;
    *out_steps = steps;
out:
    (void)KSPDestroy(&ksp);
    (void)VecDestroy(&y);
    (void)VecDestroy(&b);
    (void)VecDestroy(&x);
    (void)MatDestroy(&a);
    return st;
}
