/* subgraph.c - subgraph centrality, node by node; see subgraph.h */
#include "solvers/network/subgraph.h"

#include <math.h>
#include <stdio.h>
#include "solvers/base/alloc.h"
#include "solvers/network/expmv.h"
#include "solvers/network/krylov.h"
#include "solvers/network/quadrature.h"
#include "solvers/network/subgraph_private.h"

double dn_subgraph_log_factor(double bound)
{
    return bound > 700 ? bound : 0;
}

/* What this rank finds. */
typedef struct own {
    int64_t count;
    int32_t *node;  /* [count]  inside numbers */
    double *value;  /* [count] */
    double *half;   /* [count]  error of the value, relative */
    double *steps;  /* [count]  below 0: not converged */
    dn_lanczos *by; /* scratch */
} own;

static void release(own *w)
{
    dn_free(w->node);
    dn_free(w->value);
    dn_free(w->half);
    dn_free(w->steps);
    dn_lanczos_destroy(&w->by);
}

static dn_status make_room(const dn_graph *g, const dn_team *t, own *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t batches = (g->connected + DN_LANES - 1) / DN_LANES;
    size_t most = (size_t)((batches + t->size - 1) / t->size) * DN_LANES;

    DN_NEW(w->node, most);
    DN_NEW(w->value, most);
    DN_NEW(w->half, most);
    DN_NEW(w->steps, most);
    DN_TRY(dn_lanczos_create(g, &w->by, err));
out:
    return st;
}

/* Batches are the same on any number of ranks, and so are their bits. */
static dn_status enclose_own(const dn_graph *g, const dn_team *t, const dn_probe_options *o,
                             const dn_bounds *bounds, const dn_subgraph_figures *f, own *w, dn_error *err)
{
    dn_status st = DN_OK;
    dn_enclosure found[DN_LANES];
    int64_t all = (g->connected + DN_LANES - 1) / DN_LANES, batches = dn_probe_units(o, all);

    DN_TRY(make_room(g, t, w, err));
    for (int64_t b = t->rank; b < batches; b += t->size) {
        int64_t first = b * all / batches * DN_LANES;
        int count = g->connected - first < DN_LANES ? (int)(g->connected - first) : DN_LANES;

        for (int k = 0; k < count; k++)
            w->node[w->count + k] = (int32_t)(first + k);
        dn_lanczos_run(w->by, count, w->node + w->count, 1, bounds, o->tolerance, found);
        for (int k = 0; k < count; k++) {
            w->value[w->count + k] = exp(found[k].log_value - f->log_factor);
            w->half[w->count + k] = found[k].half;
            w->steps[w->count + k] = found[k].converged ? found[k].steps : -found[k].steps;
        }
        w->count += count;
    }
out:
    return st;
}

/* Room for one number of each node is borrowed from out_error, which is filled last. */
static dn_status publish(const dn_graph *g, const dn_team *t, const dn_subgraph_figures *f, const own *w,
                         double *out, double *out_error, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t failed = 0;

    DN_TRY(dn_probe_share(g, t, w->count, w->node, w->value, exp(-f->log_factor), out, err));
    DN_TRY(dn_probe_share(g, t, w->count, w->node, w->steps, 0, out_error, err));
    for (int64_t i = 0; i < g->connected; i++) {
        report->iterations += (int64_t)fabs(out_error[i]);
        failed += out_error[i] < 0;
    }
    DN_TRY(dn_probe_share(g, t, w->count, w->node, w->half, 0, out_error, err));
    for (int64_t i = 0; i < g->connected; i++) {
        report->residual = fmax(report->residual, out_error[i]);
        out_error[i] *= out[i];
        report->error = fmax(report->error, out_error[i]);
    }
    snprintf(report->method, sizeof report->method, "lanczos, gauss-radau");
    if (failed > 0) {
        report->converged = false;
        dn_krylov_warn(report, "not converged: %lld of %lld nodes after %d steps", (long long)failed,
                       (long long)g->connected, DN_LANCZOS_STEPS);
    } else if (report->residual > report->tolerance) {
        dn_krylov_warn(report, "rounding keeps the bounds of the least certain value %.1e of it apart",
                       report->residual);
    }
out:
    return st;
}

/* exp(A) e_v by MFN, scaled so that its length is about 1, against what the bounds say. */
static dn_status compare(const dn_graph *g, const dn_team *t, double tolerance, int32_t v, double log_norm,
                         double expected, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_solve_report r = {.converged = true};
    dn_expmv *e = NULL;
    Vec x = NULL, y = NULL;
    PetscScalar got = 0;
    double difference;

    DN_TRY(dn_expmv_create(g, t, "subgraph_", fmax(tolerance, 1e-12), &e, &r, err));
    DN_TRY(dn_expmv_vector(e, &x, err));
    DN_TRY(dn_expmv_vector(e, &y, err));
    if (v >= t->begin && v < t->end)
        DN_PETSC(VecSetValue(x, (PetscInt)v, 1, INSERT_VALUES));
    DN_PETSC(VecAssemblyBegin(x));
    DN_PETSC(VecAssemblyEnd(x));
    DN_TRY(dn_expmv_apply(e, 1, log_norm, x, y, &r, err));
    DN_PETSC(VecDot(x, y, &got));
    difference = fabs(got - expected);
    if (!r.converged || !(difference <= 1e-9 + 100 * tolerance)) {
        report->converged = false;
        dn_krylov_warn(report, "%s differs by %.1e from the bounds at the node with the largest value: %s",
                       r.method, difference / expected, r.converged ? "converged" : r.warning);
    }
out:
    (void)VecDestroy(&x);
    (void)VecDestroy(&y);
    dn_expmv_destroy(&e);
    return st;
}

static dn_status exact(const dn_graph *g, const dn_team *t, const dn_probe_options *o, double *out,
                       double *out_error, const dn_bounds *bounds, const dn_subgraph_figures *f,
                       dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    own w = {0};
    int32_t top = 0;
    dn_enclosure twice;

    DN_PASS(enclose_own(g, t, o, bounds, f, &w, err));
    DN_TEAM_AGREE(t);
    DN_TRY(publish(g, t, f, &w, out, out_error, report, err));
    for (int32_t i = 1; i < g->connected; i++)
        if (out[i] > out[top])
            top = i;
    dn_lanczos_run(w.by, 1, &top, 2, bounds, 1e-3, &twice);
    DN_TRY(compare(g, t, o->tolerance, top, twice.log_value / 2,
                   exp(log(out[top]) + f->log_factor - twice.log_value / 2), report, err));
out:
    release(&w);
    return st;
}

static dn_status prepare(const dn_graph *g, const dn_probe_options *o, dn_bounds *bounds, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_probe_check(o, "subgraph centrality", err));
    DN_TRY(dn_bounds_create(g, bounds, err));
out:
    return st;
}

dn_status dn_subgraph_centrality(const dn_graph *g, const dn_team *team, const dn_probe_options *o,
                                 double *out, double *out_error, dn_subgraph_figures *figures,
                                 dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_bounds bounds = {0};

    dn_krylov_begin(report, o->tolerance);
    *figures = (dn_subgraph_figures){0};
    DN_PASS(prepare(g, o, &bounds, err));
    DN_TEAM_AGREE(team);
    dn_bounds_find(g, team, &bounds);
    figures->bound = bounds.largest;
    figures->log_factor = dn_subgraph_log_factor(figures->bound);
    for (int64_t i = 0; i < g->n; i++) {
        out[i] = exp(-figures->log_factor);
        out_error[i] = 0;
    }
    if (g->connected > o->exact_up_to)
        DN_TRY(dn_subgraph_probe(g, team, o, out, out_error, figures, report, err));
    else if (g->connected > 0)
        DN_TRY(exact(g, team, o, out, out_error, &bounds, figures, report, err));
out:
    dn_bounds_destroy(&bounds);
    return st;
}
