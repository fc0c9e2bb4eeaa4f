/* communicability.c - rows of exp(A); see subgraph.h
 *
 * MFN works to a tolerance beside the vector that it starts from, so the result is scaled to length 1: its
 * length is the root of exp(2 A)_uu, which a few steps of the Lanczos process tell beforehand.
 */
#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/network/adjacency.h"
#include "solvers/network/expmv.h"
#include "solvers/network/krylov.h"
#include "solvers/network/quadrature.h"
#include "solvers/network/subgraph_private.h"

typedef struct work {
    const dn_graph *g;
    const dn_team *team;
    double log_factor;
    dn_bounds bounds;
    dn_lanczos *lengths;
    dn_expmv *by;
    Vec e, y, half, again;
} work;

static void release(work *w)
{
    dn_bounds_destroy(&w->bounds);
    dn_lanczos_destroy(&w->lengths);
    dn_expmv_destroy(&w->by);
    (void)VecDestroy(&w->e);
    (void)VecDestroy(&w->y);
    (void)VecDestroy(&w->half);
    (void)VecDestroy(&w->again);
}

static dn_status prepare(work *w, int64_t k, const int32_t *node, double tolerance, dn_error *err)
{
    dn_status st = DN_OK;

    if (!(tolerance > 0))
        DN_FAIL(DN_EUSAGE, "communicability: tolerance %g is not above 0", tolerance);
    for (int64_t i = 0; i < k; i++)
        if (node[i] < 0 || node[i] >= w->g->n)
            DN_FAIL(DN_EDATA, "communicability: there is no node %d", (int)node[i]);
    DN_TRY(dn_bounds_create(w->g, &w->bounds, err));
    DN_TRY(dn_lanczos_create(w->g, &w->lengths, err));
out:
    return st;
}

static dn_status create(work *w, double tolerance, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_expmv_create(w->g, w->team, "communicability_", tolerance, &w->by, report, err));
    DN_TRY(dn_expmv_vector(w->by, &w->e, err));
    DN_TRY(dn_expmv_vector(w->by, &w->y, err));
    DN_TRY(dn_expmv_vector(w->by, &w->half, err));
    DN_TRY(dn_expmv_vector(w->by, &w->again, err));
out:
    return st;
}

/* Half the logarithm of exp(s A)_uu: how long exp(s A / 2) e_u is. */
static double log_length(work *w, int32_t u, double s)
{
    dn_enclosure found;

    dn_lanczos_run(w->lengths, 1, &u, s, &w->bounds, 1e-3, &found);
    return found.log_value / 2;
}

/* y = exp(A - length I) e_u, and how far that is from the same thing in two halves. */
static dn_status solve(work *w, int32_t u, double *out_length, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    double first = log_length(w, u, 1), length = log_length(w, u, 2);
    PetscReal distance = 0, norm = 0;

    DN_PETSC(VecSet(w->e, 0));
    if (u >= w->team->begin && u < w->team->end)
        DN_PETSC(VecSetValue(w->e, (PetscInt)u, 1, INSERT_VALUES));
    DN_PETSC(VecAssemblyBegin(w->e));
    DN_PETSC(VecAssemblyEnd(w->e));
    DN_TRY(dn_expmv_apply(w->by, 1, length, w->e, w->y, report, err));
    DN_TRY(dn_expmv_apply(w->by, 0.5, 2 * first, w->e, w->half, report, err));
    DN_TRY(dn_expmv_apply(w->by, 0.5, 2 * (length - first), w->half, w->again, report, err));
    DN_PETSC(VecNorm(w->y, NORM_2, &norm));
    DN_PETSC(VecAXPY(w->again, -1, w->y));
    DN_PETSC(VecNorm(w->again, NORM_2, &distance));
    report->residual = fmax(report->residual, norm > 0 ? distance / norm : distance);
    report->error = fmax(report->error, distance * exp(length - w->log_factor));
    *out_length = length;
out:
    return st;
}

static dn_status row(work *w, int32_t u, double *out, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    double length = 0;

    if (u < w->g->connected) {
        DN_TRY(solve(w, u, &length, report, err));
        DN_TRY(dn_adjacency_gather(w->g, w->team, w->y, 0, out, err));
        for (int64_t i = 0; i < w->g->connected; i++)
            out[i] *= exp(length - w->log_factor);
    } else {
        for (int64_t i = 0; i < w->g->n; i++)
            out[i] = i == u ? exp(-w->log_factor) : 0;
    }
out:
    return st;
}

dn_status dn_communicability(const dn_graph *g, const dn_team *team, int64_t k, const int32_t *node,
                             double tolerance, double *out, dn_subgraph_figures *figures,
                             dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.g = g, .team = team};

    dn_krylov_begin(report, tolerance);
    *figures = (dn_subgraph_figures){0};
    DN_PASS(prepare(&w, k, node, tolerance, err));
    DN_TEAM_AGREE(team);
    dn_bounds_find(g, team, &w.bounds);
    figures->bound = w.bounds.largest;
    figures->log_factor = w.log_factor = dn_subgraph_log_factor(figures->bound);
    if (g->connected > 0 && k > 0)
        DN_TRY(create(&w, tolerance, report, err));
    for (int64_t i = 0; i < k; i++)
        DN_TRY(row(&w, node[i], out + i * g->n, report, err));
    if (report->residual > report->tolerance) {
        report->converged = false;
        dn_krylov_warn(report, "not converged: the residual is %.1e", report->residual);
    }
out:
    release(&w);
    return st;
}
