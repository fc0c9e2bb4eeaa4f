/* leading.c - the leading eigenpair of a symmetric matrix by SLEPc; see leading.h */
#include "solvers/network/leading.h"

#include <math.h>
#include <slepceps.h>
#include <stdio.h>
#include "solvers/network/krylov.h"

/* Most networks need a small basis only, which is orthogonalised faster; what resists gets a larger one. */
enum { QUICK_BASIS = 12, QUICK_RESTARTS = 30, PATIENT_BASIS = 60, PATIENT_RESTARTS = 5000 };

/* The Ritz values of the last iteration, of which SLEPc keeps only those that converged. */
typedef struct ritz {
    double second, next; /* as in dn_leading */
} ritz;

static const double same = 1e-9; /* relative distance of Ritz values that are copies of each other */

static PetscErrorCode watch(EPS eps, PetscInt it, PetscInt converged, PetscScalar *re, PetscScalar *im,
                            PetscReal *errest, PetscInt count, void *ctx)
{
    ritz *r = ctx;

    (void)eps;
    (void)it;
    (void)converged;
    (void)im;
    (void)errest;
    if (count > 1)
        r->second = re[1];
    for (PetscInt i = count - 1; i > 0; i--)
        if (re[i] < re[0] - same * fabs(re[0]))
            r->next = re[i];
    return 0;
}

static dn_status configure(Mat a, const char *prefix, double tolerance, ritz *watched, EPS eps,
                           dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    EPSType type = NULL;
    PetscReal tol = 0;
    PetscInt n = 0;

    DN_PETSC(MatGetSize(a, &n, NULL));
    DN_PETSC(EPSSetOptionsPrefix(eps, prefix));
    DN_PETSC(EPSSetOperators(eps, a, NULL));
    DN_PETSC(EPSSetProblemType(eps, EPS_HEP));
    DN_PETSC(EPSSetType(eps, EPSKRYLOVSCHUR));
    DN_PETSC(EPSSetWhichEigenpairs(eps, EPS_LARGEST_REAL));
    DN_PETSC(EPSSetDimensions(eps, 1, n < QUICK_BASIS ? n : QUICK_BASIS, PETSC_DEFAULT));
    DN_PETSC(EPSSetTolerances(eps, tolerance, QUICK_RESTARTS));
    DN_PETSC(EPSMonitorSet(eps, watch, watched, NULL));
    DN_PETSC(EPSSetFromOptions(eps));
    DN_PETSC(EPSGetTolerances(eps, &tol, NULL));
    DN_PETSC(EPSGetType(eps, &type));
    report->tolerance = tol;
    snprintf(report->method, sizeof report->method, "%s", type);
out:
    return st;
}

/* The answer, or the first vector of the basis: the best Ritz vector of the last restart. */
static dn_status take_vector(EPS eps, Vec v, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt converged = 0;
    PetscScalar sum = 0;
    BV basis = NULL;

    DN_PETSC(EPSGetConverged(eps, &converged));
    if (converged > 0) {
        DN_PETSC(EPSGetEigenvector(eps, 0, v, NULL));
    } else {
        DN_PETSC(EPSGetBV(eps, &basis));
        DN_PETSC(BVCopyVec(basis, 0, v));
    }
    DN_PETSC(VecNormalize(v, NULL));
    DN_PETSC(VecSum(v, &sum));
    if (sum < 0)
        DN_PETSC(VecScale(v, -1));
out:
    return st;
}

dn_status dn_leading_measure(Mat a, Vec v, dn_leading *out, dn_error *err)
{
    dn_status st = DN_OK;
    PetscScalar value = 0;
    PetscReal norm = 0;
    Vec av = NULL;

    DN_PETSC(VecDuplicate(v, &av));
    DN_PETSC(MatMult(a, v, av));
    DN_PETSC(VecDot(av, v, &value));
    DN_PETSC(VecAXPY(av, -value, v));
    DN_PETSC(VecNorm(av, NORM_2, &norm));
    out->value = value;
    out->residual = norm;
out:
    (void)VecDestroy(&av);
    return st;
}

double dn_leading_error(const dn_leading *pair)
{
    double gap = pair->value - pair->next;

    if (isnan(gap))
        return pair->residual / fabs(pair->value);
    return sqrt(2.0) *
           (gap > pair->residual ? pair->residual / gap : 1); /* unit vectors >= 0 are no farther */
}

static dn_status check_basis(EPS eps, PetscInt n, const char *prefix, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt basis = 0;

    DN_PETSC(EPSGetDimensions(eps, NULL, &basis, NULL));
    DN_TRY(dn_krylov_basis(n, basis, 1, prefix, "eps_ncv", err));
out:
    return st;
}

/* Whether --petsc left basis and restarts to us. */
static dn_status ours(EPS eps, PetscInt n, bool *out, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt basis = 0, restarts = 0;

    DN_PETSC(EPSGetDimensions(eps, NULL, &basis, NULL));
    DN_PETSC(EPSGetTolerances(eps, NULL, &restarts));
    *out = restarts == QUICK_RESTARTS && basis == QUICK_BASIS && n > QUICK_BASIS;
out:
    return st;
}

/* From v to v. */
static dn_status run(EPS eps, Vec v, EPSConvergedReason *reason, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt its = 0;

    DN_PETSC(EPSSetInitialSpace(eps, 1, &v));
    DN_PETSC(EPSSolve(eps));
    DN_PETSC(EPSGetConvergedReason(eps, reason));
    DN_PETSC(EPSGetIterationNumber(eps, &its));
    report->iterations += its;
    DN_TRY(take_vector(eps, v, err));
out:
    return st;
}

dn_status dn_leading_pair(Mat a, const char *prefix, double tolerance, Vec v, dn_leading *out,
                          dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    EPSConvergedReason reason = EPS_CONVERGED_ITERATING;
    ritz watched = {.second = NAN, .next = NAN};
    bool again = false;
    PetscInt n = 0;
    EPS eps = NULL;

    DN_PETSC(MatGetSize(a, &n, NULL));
    DN_PETSC(EPSCreate(PetscObjectComm((PetscObject)a), &eps));
    DN_TRY(configure(a, prefix, tolerance, &watched, eps, report, err));
    DN_TRY(check_basis(eps, n, prefix, err));
    DN_TRY(ours(eps, n, &again, err));
    DN_TRY(run(eps, v, &reason, report, err));
    if (reason < 0 && again) {
        if (PATIENT_BASIS < PETSC_MAX_INT / n)
            DN_PETSC(EPSSetDimensions(eps, 1, n < PATIENT_BASIS ? n : PATIENT_BASIS, PETSC_DEFAULT));
        DN_PETSC(EPSSetTolerances(eps, report->tolerance, PATIENT_RESTARTS));
        DN_TRY(run(eps, v, &reason, report, err));
    }
    DN_TRY(dn_leading_measure(a, v, out, err));
    out->second = watched.second;
    out->next = watched.next;
    report->converged = reason > 0;
    report->residual = out->residual / fabs(out->value);
    if (reason < 0)
        dn_krylov_warn(report, "not converged: %s after %lld restarts", EPSConvergedReasons[reason],
                       (long long)report->iterations);
out:
    (void)EPSDestroy(&eps);
    return st;
}
