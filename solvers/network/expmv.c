/* expmv.c - exp(t (A - shift I)) times a vector; see expmv.h
 *
 * The shift sits in the argument of the function, not in the matrix: exp(t x - t shift) of the small matrix
 * of the Krylov space is exp(t x) times a number that would over- or underflow, so it has to be subtracted
 * first. MFN cannot do that, the shell of the matrix can.
 */
#include "solvers/network/expmv.h"

#include <slepcmfn.h>
#include <stdio.h>
#include "solvers/base/alloc.h"
#include "solvers/network/adjacency.h"
#include "solvers/network/krylov.h"

struct dn_expmv {
    const dn_graph *g;
    const dn_team *team;
    double shift;
    Mat plain; /* A - shift I */
    Mat m;     /* the same without the pairs */
    MFN mfn;
    int pairs;
    const double *value; /* [pairs] */
    Vec *pair;           /* [pairs] */
};

static PetscErrorCode multiply(Mat m, Vec x, Vec y)
{
    dn_expmv *e = NULL;
    PetscScalar along[DN_EXPMV_PAIRS];

    PetscCall(MatShellGetContext(m, &e));
    PetscCall(MatMult(e->plain, x, y));
    if (e->pairs == 0)
        return 0;
    PetscCall(VecMDot(x, e->pairs, e->pair, along));
    for (int k = 0; k < e->pairs; k++)
        along[k] *= -e->value[k];
    PetscCall(VecMAXPY(y, e->pairs, along, e->pair));
    return 0;
}

void dn_expmv_deflate(dn_expmv *e, int pairs, const double *value, Vec *pair)
{
    e->pairs = pairs < DN_EXPMV_PAIRS ? pairs : DN_EXPMV_PAIRS;
    e->value = value;
    e->pair = pair;
}

static dn_status set_matrix(dn_expmv *e, double shift, dn_error *err)
{
    dn_status st = DN_OK;
    dn_adjacency a = {.shift = -shift, .scale = 1};
    PetscInt rows = (PetscInt)(e->team->end - e->team->begin), all = (PetscInt)e->g->connected;

    if (e->m != NULL && e->shift == shift)
        goto out;
    DN_PETSC(MatDestroy(&e->m));
    DN_PETSC(MatDestroy(&e->plain));
    DN_TRY(dn_adjacency_create(e->g, e->team, &a, DN_ADJACENCY_SHELL, &e->plain, err));
    DN_PETSC(MatCreateShell(dn_krylov_comm(e->team), rows, rows, all, all, e, &e->m));
    DN_PETSC(MatShellSetOperation(e->m, MATOP_MULT, (void (*)(void))multiply));
    DN_PETSC(MatShellSetOperation(e->m, MATOP_MULT_TRANSPOSE, (void (*)(void))multiply));
    DN_PETSC(MatSetOption(e->m, MAT_SYMMETRIC, PETSC_TRUE));
    DN_PETSC(MFNSetOperator(e->mfn, e->m));
    e->shift = shift;
out:
    return st;
}

static dn_status new_expmv(dn_expmv **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, 1);
out:
    return st;
}

static dn_status configure(dn_expmv *e, const char *prefix, double tolerance, dn_solve_report *report,
                           dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt rows = (PetscInt)e->g->connected;
    MFNType type = NULL;
    PetscReal tol = 0;
    FN exponential = NULL;

    DN_PETSC(MFNCreate(dn_krylov_comm(e->team), &e->mfn));
    DN_PETSC(MFNSetOptionsPrefix(e->mfn, prefix));
    DN_TRY(set_matrix(e, 0, err));
    DN_PETSC(MFNGetFN(e->mfn, &exponential));
    DN_PETSC(FNSetType(exponential, FNEXP));
    DN_PETSC(MFNSetType(e->mfn, MFNKRYLOV));
    DN_PETSC(MFNSetDimensions(e->mfn, rows < 40 ? rows : 40));
    DN_PETSC(MFNSetTolerances(e->mfn, tolerance, 1000));
    DN_PETSC(MFNSetFromOptions(e->mfn));
    DN_PETSC(MFNGetType(e->mfn, &type));
    DN_PETSC(MFNGetTolerances(e->mfn, &tol, NULL));
    report->tolerance = tol;
    snprintf(report->method, sizeof report->method, "mfn %s", type);
out:
    return st;
}

dn_status dn_expmv_create(const dn_graph *g, const dn_team *team, const char *prefix, double tolerance,
                          dn_expmv **out, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_expmv *e = NULL;

    DN_PASS(new_expmv(&e, err));
    DN_TEAM_AGREE(team);
    e->g = g;
    e->team = team;
    DN_TRY(configure(e, prefix, tolerance, report, err));
    *out = e;
    e = NULL;
out:
    dn_expmv_destroy(&e);
    return st;
}

void dn_expmv_destroy(dn_expmv **e)
{
    if (*e == NULL)
        return;
    (void)MFNDestroy(&(*e)->mfn);
    (void)MatDestroy(&(*e)->m);
    (void)MatDestroy(&(*e)->plain);
    dn_free(*e);
    *e = NULL;
}

dn_status dn_expmv_vector(const dn_expmv *e, Vec *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PETSC(MatCreateVecs(e->m, out, NULL));
out:
    return st;
}

dn_status dn_expmv_apply(dn_expmv *e, double t, double shift, Vec x, Vec y, dn_solve_report *report,
                         dn_error *err)
{
    dn_status st = DN_OK;
    MFNConvergedReason reason = MFN_CONVERGED_ITERATING;
    PetscInt its = 0;
    FN exponential = NULL;

    DN_TRY(set_matrix(e, shift, err));
    DN_PETSC(MFNGetFN(e->mfn, &exponential));
    DN_PETSC(FNSetScale(exponential, t, 1));
    DN_PETSC(MFNSolve(e->mfn, x, y));
    DN_PETSC(MFNGetConvergedReason(e->mfn, &reason));
    DN_PETSC(MFNGetIterationNumber(e->mfn, &its));
    report->iterations += its;
    if (reason < 0) {
        report->converged = false;
        dn_krylov_warn(report, "not converged: %s after %lld restarts", MFNConvergedReasons[reason],
                       (long long)its);
    }
out:
    return st;
}
