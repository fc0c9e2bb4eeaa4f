/* pagerank.c - PageRank by conjugate gradients; see pagerank.h
 *
 * With z = D^1/2 u the sum of z over the connected nodes is P / (1 - a), P their part of p: the start has it
 * already and what CG adds to it sums to 0. So the norm of the answer is known before it is.
 */
#include "solvers/network/pagerank.h"

#include <math.h>
#include <petscksp.h>
#include <stdio.h>
#include "solvers/base/alloc.h"
#include "solvers/network/krylov.h"

enum { ROUNDS = 4 }; /* of tightening while the residual computed again is above that of the recursion */

typedef struct work {
    double damping;
    double seeds;     /* sum of the seed weights */
    double p_linked;  /* part of p at connected nodes */
    double norm;      /* sum of z over all nodes */
    double target;    /* L1 residual at which the iteration may stop */
    double promising; /* L2 norm of the residual of ours from which on it pays to compute the L1 norm */
    double *scale;    /* [connected]  D^1/2 */
    double *inverse;  /* [connected]  D^-1/2 */
    double *personal; /* [connected]  p */
    Mat m;            /* I - a D^-1/2 A D^-1/2 */
    KSP ksp;
    Vec b, u, root, p, t, v; /* right side, unknown, D^1/2, p, and room for two */
} work;

static void release(work *w)
{
    (void)KSPDestroy(&w->ksp);
    (void)MatDestroy(&w->m);
    (void)VecDestroy(&w->b);
    (void)VecDestroy(&w->u);
    (void)VecDestroy(&w->root);
    (void)VecDestroy(&w->p);
    (void)VecDestroy(&w->t);
    (void)VecDestroy(&w->v);
    dn_free(w->scale);
    dn_free(w->inverse);
    dn_free(w->personal);
}

static double personal(const dn_graph *g, const dn_pagerank_options *o, const work *w, int64_t i)
{
    return o->seed != NULL ? o->seed[i] / w->seeds : 1.0 / (double)g->n;
}

static dn_status check_options(const dn_graph *g, const dn_pagerank_options *o, work *w, dn_error *err)
{
    dn_status st = DN_OK;

    if (!(o->damping >= 0 && o->damping < 1))
        DN_FAIL(DN_EUSAGE, "pagerank: damping %g is not in [0, 1)", o->damping);
    if (!(o->tolerance > 0))
        DN_FAIL(DN_EUSAGE, "pagerank: tolerance %g is not above 0", o->tolerance);
    for (int64_t i = 0; i < g->n && o->seed != NULL; i++) {
        if (!(o->seed[i] >= 0) || isinf(o->seed[i]))
            DN_FAIL(DN_EDATA, "pagerank: the seed weight %g of node %d is negative or not finite", o->seed[i],
                    (int)g->outside[i]);
        w->seeds += o->seed[i];
    }
    if (o->seed != NULL && g->n > 0 && !(w->seeds > 0))
        DN_FAIL(DN_EDATA, "pagerank: all seed weights are 0");
out:
    return st;
}

static dn_status prepare(const dn_graph *g, const dn_pagerank_options *o, work *w, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(check_options(g, o, w, err));
    DN_NEW(w->scale, (size_t)g->connected);
    DN_NEW(w->inverse, (size_t)g->connected);
    DN_NEW(w->personal, (size_t)g->connected);
    for (int64_t i = 0; i < g->connected; i++) {
        w->personal[i] = personal(g, o, w, i);
        w->p_linked += w->personal[i];
    }
    w->damping = o->damping;
    w->norm = w->p_linked / (1 - o->damping) + (1 - w->p_linked);
out:
    return st;
}

/* L1 norm of D^1/2 r / norm: what is left of the PageRank equation when r is left of ours. Overwrites t. */
static PetscErrorCode left_over(work *w, Vec r, PetscReal *out)
{
    PetscCall(VecPointwiseMult(w->t, r, w->root));
    PetscCall(VecNorm(w->t, NORM_1, out));
    *out /= w->norm;
    return 0;
}

static PetscErrorCode small_enough(KSP ksp, PetscInt it, PetscReal rnorm, KSPConvergedReason *reason,
                                   void *ctx)
{
    work *w = ctx;
    PetscReal left = 0;
    Vec r = NULL;

    (void)it;
    *reason = KSP_CONVERGED_ITERATING;
    if (PetscIsInfOrNanReal(rnorm)) {
        *reason = KSP_DIVERGED_NANORINF;
        return 0;
    }
    if (rnorm > w->promising)
        return 0;
    PetscCall(KSPBuildResidual(ksp, w->t, w->v, &r));
    PetscCall(left_over(w, r, &left));
    w->promising = 4 * rnorm * w->target / left; /* the ratio of the two norms changes slowly */
    if (left <= w->target)
        *reason = KSP_CONVERGED_ATOL;
    return 0;
}

static dn_status create(const dn_graph *g, const dn_team *team, const dn_pagerank_options *o, work *w,
                        dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_adjacency a = {.shift = 1, .scale = -o->damping, .left = w->inverse, .right = w->inverse};
    PetscReal atol = 0;
    PC pc = NULL;

    DN_TRY(dn_adjacency_create(g, team, &a, &w->m, err));
    DN_PETSC(MatSetOption(w->m, MAT_SPD, PETSC_TRUE));
    DN_PETSC(MatCreateVecs(w->m, &w->u, &w->b));
    DN_PETSC(VecDuplicate(w->u, &w->root));
    DN_PETSC(VecDuplicate(w->u, &w->p));
    DN_PETSC(VecDuplicate(w->u, &w->t));
    DN_PETSC(VecDuplicate(w->u, &w->v));
    DN_PETSC(KSPCreate(dn_krylov_comm(team), &w->ksp));
    DN_PETSC(KSPSetOptionsPrefix(w->ksp, "pagerank_"));
    DN_PETSC(KSPSetType(w->ksp, KSPCG));
    DN_PETSC(KSPGetPC(w->ksp, &pc));
    DN_PETSC(PCSetType(pc, PCNONE));
    DN_PETSC(KSPSetOperators(w->ksp, w->m, w->m));
    DN_PETSC(KSPSetTolerances(w->ksp, PETSC_DEFAULT, o->tolerance, PETSC_DEFAULT, PETSC_DEFAULT));
    DN_PETSC(KSPSetConvergenceTest(w->ksp, small_enough, w, NULL));
    DN_PETSC(KSPSetFromOptions(w->ksp));
    DN_PETSC(KSPSetInitialGuessNonzero(w->ksp, PETSC_TRUE));
    DN_PETSC(KSPGetTolerances(w->ksp, NULL, &atol, NULL, NULL));
    report->tolerance = atol;
    w->target = 0.9 * atol;
    DN_TRY(dn_krylov_method_ksp(w->ksp, report, err));
out:
    return st;
}

/* b = D^-1/2 p; u = c D^1/2 with c such that the sum of z is right. */
static dn_status start(const dn_graph *g, const dn_team *team, work *w, dn_error *err)
{
    dn_status st = DN_OK;
    double volume = 0;

    for (int64_t i = 0; i < g->connected; i++)
        volume += w->scale[i] * w->scale[i];
    DN_TRY(dn_krylov_fill(team, w->scale, w->root, err));
    DN_TRY(dn_krylov_fill(team, w->personal, w->p, err));
    DN_PETSC(VecPointwiseDivide(w->b, w->p, w->root));
    DN_PETSC(VecCopy(w->root, w->u));
    DN_PETSC(VecScale(w->u, w->p_linked / ((1 - w->damping) * volume)));
out:
    return st;
}

/* What is left of the PageRank equation with x = D^1/2 u / norm, from the matrix. */
static dn_status residual(work *w, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    double loose = (1 - w->p_linked) / w->norm; /* rank of isolated nodes */
    PetscReal left = 0;

    DN_PETSC(MatMult(w->m, w->u, w->v));
    DN_PETSC(VecPointwiseMult(w->t, w->v, w->root));
    DN_PETSC(VecScale(w->t, 1 / w->norm));
    DN_PETSC(VecAXPY(w->t, -(w->damping * loose + 1 - w->damping), w->p));
    DN_PETSC(VecNorm(w->t, NORM_1, &left));
    *out = left;
out:
    return st;
}

static dn_status solve(work *w, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    PetscReal total = 0;
    PetscInt its = 0;

    report->converged = false;
    for (int round = 0; round < ROUNDS && !report->converged; round++) {
        w->promising = INFINITY;
        DN_PETSC(KSPSolve(w->ksp, w->b, w->u));
        DN_PETSC(KSPGetConvergedReason(w->ksp, &reason));
        DN_PETSC(KSPGetIterationNumber(w->ksp, &its));
        report->iterations += its;
        DN_PETSC(VecDot(w->u, w->root, &total));
        w->norm = total + 1 - w->p_linked;
        DN_TRY(residual(w, &report->residual, err));
        report->converged = report->residual <= report->tolerance;
        if (reason < 0)
            break;
        w->target /= 10;
    }
    report->error = report->residual / (1 - w->damping);
    if (!report->converged)
        dn_krylov_warn(report, "not converged: %s after %lld iterations", KSPConvergedReasons[reason],
                       (long long)report->iterations);
out:
    return st;
}

dn_status dn_pagerank(const dn_graph *g, const dn_team *team, const dn_pagerank_options *o, double *out,
                      dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    work w = {0};

    dn_krylov_begin(report, o->tolerance);
    DN_PASS(prepare(g, o, &w, err));
    DN_TEAM_AGREE(team);
    DN_TRY(dn_krylov_weights(g, team, "pagerank", err));
    if (g->connected > 0) {
        dn_krylov_strength(g, team, w.scale);
        for (int64_t i = 0; i < g->connected; i++) {
            w.scale[i] = sqrt(w.scale[i]);
            w.inverse[i] = 1 / w.scale[i];
        }
        DN_TRY(create(g, team, o, &w, report, err));
        DN_TRY(start(g, team, &w, err));
        DN_TRY(solve(&w, report, err));
        DN_PETSC(VecPointwiseMult(w.t, w.u, w.root));
        DN_PETSC(VecScale(w.t, 1 / w.norm));
        DN_TRY(dn_adjacency_gather(g, team, w.t, 0, out, err));
    }
    for (int64_t i = g->connected; i < g->n; i++)
        out[i] = personal(g, o, &w, i) / w.norm;
out:
    release(&w);
    return st;
}
