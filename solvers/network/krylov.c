/* krylov.c - what the measures that iterate share; see krylov.h */
#include "solvers/network/krylov.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

MPI_Comm dn_krylov_comm(const dn_team *team)
{
    return team->size < PetscGlobalSize ? PETSC_COMM_SELF : PETSC_COMM_WORLD;
}

static dn_status check_weights(const dn_graph *g, const dn_team *t, const char *measure, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = t->begin; i < t->end && g->weight != NULL; i++)
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            if (!(g->weight[k] > 0))
                DN_FAIL(DN_EDATA,
                        "%s needs positive weights, but the edge between nodes %d and %d has weight %g",
                        measure, (int)g->outside[i], (int)g->outside[g->col[k]], (double)g->weight[k]);
out:
    return st;
}

dn_status dn_krylov_weights(const dn_graph *g, const dn_team *team, const char *measure, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PASS(check_weights(g, team, measure, err));
    DN_TEAM_AGREE(team);
out:
    return st;
}

void dn_krylov_strength(const dn_graph *g, const dn_team *team, double *out)
{
    double *mine = team->post(team->ctx);
    const double *whole;

    for (int64_t i = team->begin; i < team->end; i++)
        mine[i] = dn_graph_strength(g, i);
    whole = team->collect(team->ctx);
    for (int64_t i = 0; i < g->connected; i++)
        out[i] = whole[i];
}

double dn_krylov_turn(int64_t outside)
{
    double turn = 0.6180339887498949 * (double)outside;

    return 1 + 0.5 * (turn - floor(turn));
}

dn_status dn_krylov_fill(const dn_team *team, const double *x, Vec y, dn_error *err)
{
    dn_status st = DN_OK;
    PetscScalar *ys = NULL;

    DN_PETSC(VecGetArrayWrite(y, &ys));
    for (int64_t i = team->begin; i < team->end; i++)
        ys[i - team->begin] = x[i];
    DN_PETSC(VecRestoreArrayWrite(y, &ys));
out:
    return st;
}

void dn_krylov_begin(dn_solve_report *r, double tolerance)
{
    *r = (dn_solve_report){.converged = true, .tolerance = tolerance};
    snprintf(r->method, sizeof r->method, "closed form");
}

dn_status dn_krylov_basis(int64_t n, int64_t ncv, int64_t beside, const char *prefix, const char *option,
                          dn_error *err)
{
    dn_status st = DN_OK;
    int64_t most = n > 0 ? (int64_t)PETSC_MAX_INT / n : INT64_MAX;

    if (ncv > most - beside)
        DN_FAIL(DN_EDATA,
                "a basis of %lld vectors of %lld numbers, but this build's PETSc counts to %lld: build with "
                "-DDRAGNET_PETSC64=ON (or try -%s%s %lld)",
                (long long)(ncv + beside), (long long)n, (long long)PETSC_MAX_INT, prefix, option,
                (long long)(most - beside));
out:
    return st;
}

static PetscErrorCode compare_unit(EPS eps, PetscScalar re, PetscScalar im, PetscReal residual,
                                   PetscReal *out, void *ctx)
{
    const double *unit = ctx;

    (void)eps;
    (void)re;
    (void)im;
    *out = residual / *unit;
    return 0;
}

dn_status dn_krylov_beside(EPS eps, int64_t search, const double *unit, dn_error *err)
{
    dn_status st = DN_OK;
    PetscRandom random = NULL;
    BV basis = NULL;

    DN_PETSC(EPSGetBV(eps, &basis));
    DN_PETSC(BVGetRandomContext(basis, &random));
    DN_PETSC(PetscRandomSetSeed(random, 0x12345678 + (unsigned long)search));
    DN_PETSC(PetscRandomSeed(random));
    DN_PETSC(EPSSetConvergenceTestFunction(eps, compare_unit, (void *)(uintptr_t)unit, NULL));
out:
    return st;
}

dn_status dn_krylov_method_ksp(KSP ksp, dn_solve_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    KSPType type = NULL;
    PCType pc_type = NULL;
    PC pc = NULL;

    DN_PETSC(KSPGetType(ksp, &type));
    DN_PETSC(KSPGetPC(ksp, &pc));
    DN_PETSC(PCGetType(pc, &pc_type));
    if (strcmp(pc_type, PCNONE) == 0)
        snprintf(r->method, sizeof r->method, "%s", type);
    else
        snprintf(r->method, sizeof r->method, "%s, %s", type, pc_type);
out:
    return st;
}

void dn_krylov_warn(dn_solve_report *r, const char *fmt, ...)
{
    va_list args;

    if (r->warning[0] != '\0')
        return;
    va_start(args, fmt);
    vsnprintf(r->warning, sizeof r->warning, fmt, args);
    va_end(args);
}
