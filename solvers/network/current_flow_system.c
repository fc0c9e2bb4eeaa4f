/* current_flow_system.c - the systems of equations of current-flow closeness; see current_flow_private.h */
#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/network/current_flow_private.h"
#include "solvers/network/krylov.h"

enum { MANY_STEPS = 200, DIRECT_ROWS = 5000 };

static const char prefix[] = "current_flow_";

typedef struct room {
    PetscInt *near, *far; /* [rows]  entries inside and outside the diagonal block */
} room;

static double conductance(const dn_graph *g, int64_t e)
{
    return g->weight != NULL ? (double)g->weight[e] : 1;
}

static dn_status prepare(dn_flow *f, room *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = f->g;
    const dn_peel *p = f->p;
    int64_t entries = 0;

    DN_NEW(f->strength, (size_t)p->core);
    DN_NEW(r->near, (size_t)(f->last - f->first));
    DN_NEW(r->far, (size_t)(f->last - f->first));
    for (int64_t c = 0; c < p->core; c++) {
        int64_t v = p->node[c], own = c - f->first;
        int mine = c >= f->first && c < f->last;

        if (mine)
            r->near[own]++;
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
            int64_t u = p->place[g->col[e]];

            if (u < 0)
                continue;
            f->strength[c] += conductance(g, e);
            if (mine)
                (u >= f->first && u < f->last ? r->near : r->far)[own]++;
        }
        if (mine)
            entries += r->near[own] + r->far[own];
    }
    if (entries > (int64_t)PETSC_MAX_INT)
        DN_FAIL(DN_EDATA,
                "%lld matrix entries on a rank, but this build's PETSc counts to %lld: use more ranks or "
                "build with -DDRAGNET_PETSC64=ON",
                (long long)entries, (long long)PETSC_MAX_INT);
out:
    return st;
}

static dn_status fill(dn_flow *f, MPI_Comm comm, const room *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = f->g;
    const dn_peel *p = f->p;
    PetscInt rows = (PetscInt)(f->last - f->first), all = (PetscInt)p->core;

    DN_PETSC(MatCreateAIJ(comm, rows, rows, all, all, 0, r->near, 0, r->far, &f->m));
    for (int64_t c = f->first; c < f->last; c++) {
        int64_t v = p->node[c];
        int earthed = p->first[p->component[v]] == c;

        DN_PETSC(
            MatSetValue(f->m, (PetscInt)c, (PetscInt)c, (earthed ? 2 : 1) * f->strength[c], INSERT_VALUES));
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
            if (p->place[g->col[e]] >= 0)
                DN_PETSC(MatSetValue(f->m, (PetscInt)c, (PetscInt)p->place[g->col[e]], -conductance(g, e),
                                     INSERT_VALUES));
    }
    DN_PETSC(MatAssemblyBegin(f->m, MAT_FINAL_ASSEMBLY));
    DN_PETSC(MatAssemblyEnd(f->m, MAT_FINAL_ASSEMBLY));
    DN_PETSC(MatSetOption(f->m, MAT_SPD, PETSC_TRUE));
    DN_PETSC(MatCreateVecs(f->m, &f->x, &f->b));
    DN_PETSC(VecDuplicate(f->b, &f->r));
out:
    return st;
}

/* How many steps the system with the nodes behind each as currents takes. */
static dn_status try_out(dn_flow *f, PetscInt *out_steps, dn_error *err)
{
    dn_status st = DN_OK;
    PetscScalar *b = NULL;

    DN_PETSC(VecGetArrayWrite(f->b, &b));
    for (int64_t c = f->first; c < f->last; c++)
        b[c - f->first] = (double)f->p->behind[f->p->node[c]];
    DN_PETSC(VecRestoreArrayWrite(f->b, &b));
    DN_PETSC(KSPSolve(f->ksp, f->b, f->x));
    DN_PETSC(KSPGetIterationNumber(f->ksp, out_steps));
out:
    return st;
}

/* A small matrix that every node solves with is worth factors. Otherwise, in a network with hubs currents
 * spread in a few steps, and the coarse levels of multigrid are dense; in long chains and meshes they do not,
 * and multigrid is what helps. So the first system decides. */
static dn_status choose_preconditioner(dn_flow *f, int self, dn_error *err)
{
    dn_status st = DN_OK;
    PetscBool chosen = PETSC_FALSE;
    PetscInt steps = 0;
    int factors = self && f->p->core <= DIRECT_ROWS;
    PC pc = NULL;

    DN_PETSC(KSPGetPC(f->ksp, &pc));
    DN_PETSC(PCSetType(pc, factors ? PCCHOLESKY : PCJACOBI));
    if (factors)
        DN_PETSC(PCFactorSetMatOrderingType(pc, MATORDERINGQMD));
    DN_PETSC(KSPSetFromOptions(f->ksp));
    DN_PETSC(PetscOptionsHasName(NULL, prefix, "-pc_type", &chosen));
    if (chosen || factors)
        goto out;
    DN_TRY(try_out(f, &steps, err));
    if (steps > MANY_STEPS) {
        DN_PETSC(PCSetType(pc, PCGAMG));
        DN_PETSC(PCSetFromOptions(pc));
    }
out:
    return st;
}

static dn_status configure(dn_flow *f, int self, MPI_Comm comm, double tolerance, dn_solve_report *report,
                           dn_error *err)
{
    dn_status st = DN_OK;
    PetscReal rtol = 0;

    DN_PETSC(KSPCreate(comm, &f->ksp));
    DN_PETSC(KSPSetOptionsPrefix(f->ksp, prefix));
    DN_PETSC(KSPSetType(f->ksp, KSPCG));
    DN_PETSC(KSPSetNormType(f->ksp, KSP_NORM_UNPRECONDITIONED));
    DN_PETSC(KSPSetOperators(f->ksp, f->m, f->m));
    DN_PETSC(KSPSetTolerances(f->ksp, tolerance, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
    DN_TRY(choose_preconditioner(f, self, err));
    DN_PETSC(KSPGetTolerances(f->ksp, &rtol, NULL, NULL, NULL));
    DN_PETSC(KSPSetUp(f->ksp));
    report->tolerance = rtol;
    DN_TRY(dn_krylov_method_ksp(f->ksp, report, err));
out:
    return st;
}

/* Rows of the core of this rank: its nodes stand in the order of the rows of the team. */
static void choose_rows(dn_flow *f, const dn_team *team)
{
    f->first = 0;
    while (f->first < f->p->core && f->p->node[f->first] < team->begin)
        f->first++;
    f->last = f->first;
    while (f->last < f->p->core && f->p->node[f->last] < team->end)
        f->last++;
}

dn_status dn_flow_create(const dn_graph *g, const dn_team *team, const dn_peel *p, int self, double tolerance,
                         dn_flow *out, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    MPI_Comm comm = self ? PETSC_COMM_SELF : dn_krylov_comm(team);
    dn_flow f = {.g = g, .p = p, .last = p->core};
    room r = {0};

    if (!self)
        choose_rows(&f, team);
    DN_PASS(prepare(&f, &r, err));
    if (!self)
        DN_TEAM_AGREE(team);
    else if (st != DN_OK)
        goto out;
    DN_TRY(fill(&f, comm, &r, err));
    DN_TRY(configure(&f, self, comm, tolerance, report, err));
    *out = f;
    f = (dn_flow){0};
out:
    dn_free(r.near);
    dn_free(r.far);
    dn_flow_destroy(&f);
    return st;
}

void dn_flow_destroy(dn_flow *f)
{
    dn_free(f->strength);
    (void)KSPDestroy(&f->ksp);
    (void)MatDestroy(&f->m);
    (void)VecDestroy(&f->b);
    (void)VecDestroy(&f->x);
    (void)VecDestroy(&f->r);
    *f = (dn_flow){0};
}

dn_status dn_flow_solve(dn_flow *f, double *out_length, int *out_good, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    PetscReal length = 0, norm = 0;
    PetscInt its = 0;

    DN_PETSC(KSPSolve(f->ksp, f->b, f->x));
    DN_PETSC(KSPGetConvergedReason(f->ksp, &reason));
    DN_PETSC(KSPGetIterationNumber(f->ksp, &its));
    DN_PETSC(MatMult(f->m, f->x, f->r));
    DN_PETSC(VecAYPX(f->r, -1, f->b));
    DN_PETSC(VecNorm(f->r, NORM_2, &length));
    DN_PETSC(VecNorm(f->b, NORM_2, &norm));
    report->iterations += its;
    report->residual = fmax(report->residual, norm > 0 ? length / norm : length);
    *out_length = length;
    *out_good = reason > 0;
out:
    return st;
}
