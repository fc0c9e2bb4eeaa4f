/* katz.c - Katz centrality by conjugate gradients; see katz.h
 *
 * The right side is 1 / sqrt n everywhere, so that the solution u >= b is at least 1 long and the residual of
 * x = u / |u| at most that of u. The start has the part along the leading eigenvector, which is known and
 * is what makes the system hard.
 */
#include "solvers/network/katz.h"

#include <math.h>
#include <petscksp.h>
#include "solvers/base/alloc.h"
#include "solvers/network/krylov.h"
#include "solvers/network/leading.h"

enum { ROUNDS = 4 }; /* of tightening while the residual computed again is above that of the recursion */

/* A Rayleigh quotient is twice as exact as its vector. */
static const double eigen_tolerance = 1e-8, default_share = 0.85;

typedef struct work {
    double every;  /* 1 / sqrt n */
    double loose;  /* squares of the isolated nodes' part of u */
    double *start; /* [connected] */
    Mat plain, m;  /* A, I - alpha A */
    KSP ksp;
    Vec v, b, u, t; /* leading eigenvector, right side, unknown, room */
} work;

static void release(work *w)
{
    (void)KSPDestroy(&w->ksp);
    (void)MatDestroy(&w->m);
    (void)MatDestroy(&w->plain);
    (void)VecDestroy(&w->v);
    (void)VecDestroy(&w->b);
    (void)VecDestroy(&w->u);
    (void)VecDestroy(&w->t);
    dn_free(w->start);
}

static dn_status prepare(const dn_graph *g, const dn_katz_options *o, work *w, dn_error *err)
{
    dn_status st = DN_OK;

    if (!(o->alpha >= 0) || isinf(o->alpha))
        DN_FAIL(DN_EUSAGE, "katz: alpha %g is negative or not finite", o->alpha);
    if (!(o->tolerance > 0))
        DN_FAIL(DN_EUSAGE, "katz: tolerance %g is not above 0", o->tolerance);
    DN_NEW(w->start, (size_t)g->connected);
    w->every = g->n > 0 ? 1 / sqrt((double)g->n) : 0;
    w->loose = (double)(g->n - g->connected) * w->every * w->every;
out:
    return st;
}

/* The largest eigenvalue and what alpha may be. */
static dn_status find_bound(const dn_graph *g, const dn_team *team, const dn_katz_options *o, work *w,
                            dn_katz_figures *f, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_adjacency plain = DN_ADJACENCY_PLAIN;
    dn_solve_report eigen = {.converged = false};
    dn_leading pair = {0};

    dn_krylov_strength(g, team, w->start);
    DN_TRY(dn_adjacency_create(g, team, &plain, &w->plain, err));
    DN_PETSC(MatCreateVecs(w->plain, &w->v, NULL));
    DN_TRY(dn_krylov_fill(team, w->start, w->v, err));
    DN_TRY(dn_leading_pair(w->plain, "katz_", eigen_tolerance, w->v, &pair, &eigen, err));
    if (!eigen.converged)
        dn_krylov_warn(report, "the bound of alpha did not converge: %.60s", eigen.warning);
    f->eigenvalue = pair.value;
    f->bound = 1 / pair.value;
    f->alpha = o->alpha > 0 ? o->alpha : default_share / pair.value;
    if (!(f->alpha * pair.value < 1))
        DN_FAIL(
            DN_EDATA,
            "katz: alpha %g is not below %.10g, 1 / the largest eigenvalue of this graph, so the sum over "
            "all walks is infinite",
            f->alpha, f->bound);
out:
    return st;
}

static dn_status create(const dn_graph *g, const dn_team *team, double alpha, const dn_katz_options *o,
                        work *w, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_adjacency a = {.shift = 1, .scale = -alpha};
    PetscReal atol = 0;
    PC pc = NULL;

    DN_TRY(dn_adjacency_create(g, team, &a, &w->m, err));
    DN_PETSC(MatSetOption(w->m, MAT_SPD, PETSC_TRUE));
    DN_PETSC(VecDuplicate(w->v, &w->b));
    DN_PETSC(VecDuplicate(w->v, &w->u));
    DN_PETSC(VecDuplicate(w->v, &w->t));
    DN_PETSC(KSPCreate(dn_krylov_comm(team), &w->ksp));
    DN_PETSC(KSPSetOptionsPrefix(w->ksp, "katz_"));
    DN_PETSC(KSPSetType(w->ksp, KSPCG));
    DN_PETSC(KSPGetPC(w->ksp, &pc));
    DN_PETSC(PCSetType(pc, PCNONE));
    DN_PETSC(KSPSetOperators(w->ksp, w->m, w->m));
    DN_PETSC(KSPSetTolerances(w->ksp, 0, o->tolerance, PETSC_DEFAULT, PETSC_DEFAULT));
    DN_PETSC(KSPSetFromOptions(w->ksp));
    DN_PETSC(KSPSetInitialGuessNonzero(w->ksp, PETSC_TRUE));
    DN_PETSC(KSPGetTolerances(w->ksp, NULL, &atol, NULL, NULL));
    report->tolerance = atol;
    DN_TRY(dn_krylov_method_ksp(w->ksp, report, err));
out:
    return st;
}

/* b, and u = the part of the solution along v. */
static dn_status start(double share, work *w, dn_error *err)
{
    dn_status st = DN_OK;
    PetscScalar along = 0;

    DN_PETSC(VecSet(w->b, w->every));
    DN_PETSC(VecDot(w->b, w->v, &along));
    DN_PETSC(VecCopy(w->v, w->u));
    DN_PETSC(VecScale(w->u, along / (1 - share)));
out:
    return st;
}

/* |b - M u| / |u|, from the matrix. */
static dn_status residual(work *w, double *out_norm, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    PetscReal left = 0, norm = 0;

    DN_PETSC(MatMult(w->m, w->u, w->t));
    DN_PETSC(VecAYPX(w->t, -1, w->b));
    DN_PETSC(VecNorm(w->t, NORM_2, &left));
    DN_PETSC(VecNorm(w->u, NORM_2, &norm));
    *out_norm = sqrt(norm * norm + w->loose);
    *out = left / *out_norm;
out:
    return st;
}

static dn_status solve(work *w, double share, double *out_norm, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    PetscReal target = report->tolerance;
    PetscInt its = 0;

    report->converged = false;
    for (int round = 0; round < ROUNDS && !report->converged; round++) {
        DN_PETSC(KSPSolve(w->ksp, w->b, w->u));
        DN_PETSC(KSPGetConvergedReason(w->ksp, &reason));
        DN_PETSC(KSPGetIterationNumber(w->ksp, &its));
        report->iterations += its;
        DN_TRY(residual(w, out_norm, &report->residual, err));
        report->converged = report->residual <= report->tolerance;
        if (reason < 0)
            break;
        target /= 10;
        DN_PETSC(KSPSetTolerances(w->ksp, PETSC_DEFAULT, target, PETSC_DEFAULT, PETSC_DEFAULT));
    }
    report->error = 2 * report->residual / (1 - share);
    if (!report->converged)
        dn_krylov_warn(report, "not converged: %s after %lld iterations", KSPConvergedReasons[reason],
                       (long long)report->iterations);
out:
    return st;
}

dn_status dn_katz(const dn_graph *g, const dn_team *team, const dn_katz_options *o, double *out,
                  dn_katz_figures *figures, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    double norm = 1;
    work w = {0};

    dn_krylov_begin(report, o->tolerance);
    *figures = (dn_katz_figures){.alpha = o->alpha, .bound = INFINITY};
    DN_PASS(prepare(g, o, &w, err));
    DN_TEAM_AGREE(team);
    DN_TRY(dn_krylov_weights(g, team, "katz centrality", err));
    if (g->connected > 0) {
        double share;

        DN_TRY(find_bound(g, team, o, &w, figures, report, err));
        share = figures->alpha * figures->eigenvalue;
        DN_TRY(create(g, team, figures->alpha, o, &w, report, err));
        DN_TRY(start(share, &w, err));
        DN_TRY(solve(&w, share, &norm, report, err));
        DN_PETSC(VecScale(w.u, 1 / norm));
        DN_TRY(dn_adjacency_gather(g, team, w.u, 0, out, err));
    }
    for (int64_t i = g->connected; i < g->n; i++)
        out[i] = w.every / norm;
out:
    release(&w);
    return st;
}
