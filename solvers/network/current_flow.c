/* current_flow.c - current-flow closeness, node by node; see current_flow.h
 *
 * With G the inverse of the earthed Laplacian of the 2-core and b(k) the nodes behind k (peel.h),
 *
 *     sum over k of b(k) R(v, k) = B G_vv + sum of b(k) G_kk - 2 (G b)_v,   B = sum of b(k), per component.
 *
 * For any x near G e_v, with r = e_v - L x, the number x_v + x'r misses G_vv by r'G r alone: at most |r|^2
 * times the trace of G, which is known in the end.
 */
#include "solvers/network/current_flow.h"

#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/network/current_flow_private.h"
#include "solvers/network/krylov.h"

typedef struct work {
    const dn_graph *g;
    const dn_team *team;
    const dn_probe_options *o;
    dn_peel p;
    dn_flow by;
    double *f, *error; /* [n]  sums of resistances */

    int64_t count;                   /* nodes this rank solves for */
    int32_t *node;                   /* [count]  inside numbers */
    double *diagonal, *length, *its; /* [count]  G_vv, |r|; iterations, below 0 where it did not converge */
    double *behind;                  /* [core]  (G b)_v */
    double behind_length;            /* |b - L x| of it */
    double behind_residual;          /* the same over |b| */
    int behind_good;
} work;

static void release(work *w)
{
    dn_flow_destroy(&w->by);
    dn_peel_destroy(&w->p);
    dn_free(w->f);
    dn_free(w->error);
    dn_free(w->node);
    dn_free(w->diagonal);
    dn_free(w->length);
    dn_free(w->its);
    dn_free(w->behind);
}

static dn_status prepare(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_probe_check(w->o, "current-flow closeness", err));
    DN_NEW(w->f, (size_t)w->g->n);
    DN_NEW(w->error, (size_t)w->g->n);
    DN_TRY(dn_peel_create(w->g, &w->p, err));
out:
    return st;
}

/* ---- each node of the core ---- */

static dn_status solve_node(work *w, int64_t c, dn_solve_report *own, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t before = own->iterations;
    PetscScalar extra = 0;
    const PetscScalar *x = NULL;
    int good = 0;

    DN_PETSC(VecSet(w->by.b, 0));
    DN_PETSC(VecSetValue(w->by.b, (PetscInt)c, 1, INSERT_VALUES));
    DN_PETSC(VecAssemblyBegin(w->by.b));
    DN_PETSC(VecAssemblyEnd(w->by.b));
    DN_TRY(dn_flow_solve(&w->by, &w->length[w->count], &good, own, err));
    DN_PETSC(VecDot(w->by.x, w->by.r, &extra));
    DN_PETSC(VecGetArrayRead(w->by.x, &x));
    w->diagonal[w->count] = x[c] + extra;
    DN_PETSC(VecRestoreArrayRead(w->by.x, &x));
    w->its[w->count] = (double)(own->iterations - before + 1) * (good ? 1 : -1);
    w->node[w->count++] = w->p.node[c];
out:
    return st;
}

/* G b; every rank does this by itself. */
static dn_status solve_behind(work *w, dn_solve_report *own, dn_error *err)
{
    dn_status st = DN_OK;
    PetscScalar *b = NULL;
    const PetscScalar *x = NULL;

    DN_PETSC(VecGetArrayWrite(w->by.b, &b));
    for (int64_t c = 0; c < w->p.core; c++)
        b[c] = (double)w->p.behind[w->p.node[c]];
    DN_PETSC(VecRestoreArrayWrite(w->by.b, &b));
    DN_TRY(dn_flow_solve(&w->by, &w->behind_length, &w->behind_good, own, err));
    w->behind_residual = own->residual;
    DN_PETSC(VecGetArrayRead(w->by.x, &x));
    for (int64_t c = 0; c < w->p.core; c++)
        w->behind[c] = x[c];
    DN_PETSC(VecRestoreArrayRead(w->by.x, &x));
out:
    return st;
}

static dn_status solve_own(work *w, dn_solve_report *own, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t size = w->team->size, nodes = dn_probe_units(w->o, w->p.core);
    size_t most = (size_t)((w->p.core + size - 1) / size);

    DN_NEW(w->node, most);
    DN_NEW(w->diagonal, most);
    DN_NEW(w->length, most);
    DN_NEW(w->its, most);
    DN_NEW(w->behind, (size_t)w->p.core);
    DN_TRY(dn_flow_create(w->g, w->team, &w->p, 1, w->o->tolerance, &w->by, own, err));
    DN_TRY(solve_behind(w, own, err));
    for (int64_t k = w->team->rank; k < nodes; k += size)
        DN_TRY(solve_node(w, k * w->p.core / nodes, own, err));
out:
    return st;
}

/* f from the diagonal of G and the lengths of the residuals, which stand in f and error. */
static dn_status combine(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_peel *p = &w->p;
    double *sum = NULL, *sum_error = NULL; /* [components]  of b(k) G_kk */
    double trace = 0;

    DN_NEW(sum, (size_t)p->components);
    DN_NEW(sum_error, (size_t)p->components);
    for (int64_t c = 0; c < p->core; c++)
        trace += w->f[p->node[c]];
    for (int64_t c = 0; c < p->core; c++) {
        int64_t v = p->node[c];

        w->error[v] *= w->error[v] * trace;
        sum[p->component[v]] += (double)p->behind[v] * w->f[v];
        sum_error[p->component[v]] += (double)p->behind[v] * w->error[v];
    }
    for (int64_t c = 0; c < p->core; c++) {
        int64_t v = p->node[c], k = p->component[v];
        double all = (double)p->size[k], diagonal = w->f[v];

        w->f[v] = all * diagonal + sum[k] - 2 * w->behind[c] + p->hang[k];
        w->error[v] = all * w->error[v] + sum_error[k] + 2 * sqrt(diagonal * trace) * w->behind_length;
    }
out:
    dn_free(sum);
    dn_free(sum_error);
    return st;
}

/* error holds iterations first, then the lengths of the residuals. */
static dn_status exact(work *w, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_solve_report own = *report;
    int64_t failed = 0;

    DN_PASS(solve_own(w, &own, err));
    DN_TEAM_AGREE(w->team);
    *report = own;
    report->iterations = 0;
    report->residual = w->behind_residual;
    DN_TRY(dn_probe_share(w->g, w->team, w->count, w->node, w->its, 0, w->error, err));
    for (int64_t c = 0; c < w->p.core; c++) {
        double its = w->error[w->p.node[c]];

        report->iterations += (int64_t)fabs(its) - 1;
        failed += its < 0;
    }
    DN_TRY(dn_probe_share(w->g, w->team, w->count, w->node, w->diagonal, 0, w->f, err));
    DN_TRY(dn_probe_share(w->g, w->team, w->count, w->node, w->length, 0, w->error, err));
    for (int64_t c = 0; c < w->p.core; c++)
        report->residual = fmax(report->residual, w->error[w->p.node[c]]);
    failed += !w->behind_good;
    if (failed > 0) {
        report->converged = false;
        dn_krylov_warn(report, "not converged: %lld of %lld systems", (long long)failed,
                       (long long)w->p.core + 1);
    }
    DN_PASS(combine(w, err));
    DN_TEAM_AGREE(w->team);
out:
    return st;
}

/* ---- from the sums to the answer ---- */

static void finish(const work *w, double *out, double *out_error, double *out_raw, dn_solve_report *report)
{
    const dn_peel *p = &w->p;

    for (int64_t i = 0; i < w->g->n; i++) {
        double raw = i < w->g->connected ? 1 / w->f[i] : 0;
        double share =
            i < w->g->connected ? (double)(p->size[p->component[i]] - 1) / (double)(w->g->n - 1) : 0;

        out[i] = raw * share * share;
        out_error[i] = out[i] * w->error[i] * raw;
        if (out_raw != NULL)
            out_raw[i] = raw;
        report->error = fmax(report->error, out_error[i]);
    }
}

dn_status dn_current_flow_closeness(const dn_graph *g, const dn_team *team, const dn_probe_options *o,
                                    double *out, double *out_error, double *out_raw,
                                    dn_current_flow_figures *figures, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.g = g, .team = team, .o = o};

    dn_krylov_begin(report, o->tolerance);
    DN_TRY(dn_krylov_weights(g, team, "current-flow closeness", err));
    DN_PASS(prepare(&w, err));
    DN_TEAM_AGREE(team);
    *figures = (dn_current_flow_figures){.core = w.p.core};
    if (w.p.core > o->exact_up_to) {
        figures->probes = o->probes;
        DN_TRY(dn_flow_probe(g, team, &w.p, o, w.f, w.error, report, err));
    } else if (w.p.core > 0) {
        DN_TRY(exact(&w, report, err));
    }
    dn_peel_spread(g, &w.p, w.f, w.error);
    finish(&w, out, out_error, out_raw, report);
out:
    release(&w);
    return st;
}
