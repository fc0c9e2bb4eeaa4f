/* eigenvector.c - eigenvector centrality; see eigenvector.h */
#include "solvers/network/eigenvector.h"

#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/network/krylov.h"
#include "solvers/network/leading.h"

static dn_status prepare(const dn_graph *g, const dn_eigenvector_options *o, double **strength, dn_error *err)
{
    dn_status st = DN_OK;

    if (!(o->tolerance > 0))
        DN_FAIL(DN_EUSAGE, "eigenvector: tolerance %g is not above 0", o->tolerance);
    DN_NEW(*strength, (size_t)g->connected);
out:
    return st;
}

static void no_edges(const dn_graph *g, double *out, dn_eigenvector_figures *f, dn_solve_report *report)
{
    for (int64_t i = 0; i < g->n; i++)
        out[i] = 1 / sqrt((double)g->n);
    *f = (dn_eigenvector_figures){.second = g->n > 1 ? 0 : NAN, .gap = g->n > 1 ? 0 : NAN, .leading = g->n};
    if (g->n > 1)
        dn_krylov_warn(report, "no edges: the largest eigenvalue is 0 and every vector belongs to it; all "
                               "nodes were given the same value");
}

/* Rounding leaves noise around 0, which is no centrality. */
static double clean(double *out, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++) {
        if (!(out[i] > 0))
            out[i] = 0;
        sum += out[i] * out[i];
    }
    return sqrt(sum);
}

/* Non-negative, norm 1, and what the eigenpair is worth after that. */
static dn_status finish(const dn_graph *g, const dn_team *team, Mat a, Vec v, double *out, dn_leading *pair,
                        dn_error *err)
{
    dn_status st = DN_OK;
    double norm;

    DN_TRY(dn_adjacency_gather(g, team, v, 0, out, err));
    norm = clean(out, g->connected);
    for (int64_t i = 0; i < g->connected; i++)
        out[i] /= norm;
    DN_TRY(dn_krylov_fill(team, out, v, err));
    DN_TRY(dn_leading_measure(a, v, pair, err));
out:
    return st;
}

dn_status dn_eigenvector(const dn_graph *g, const dn_team *team, const dn_eigenvector_options *o, double *out,
                         dn_eigenvector_figures *figures, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_adjacency plain = DN_ADJACENCY_PLAIN;
    dn_leading pair = {0};
    double *strength = NULL; /* [connected] */
    Mat a = NULL;
    Vec v = NULL;

    dn_krylov_begin(report, o->tolerance);
    DN_PASS(prepare(g, o, &strength, err));
    DN_TEAM_AGREE(team);
    if (g->connected == 0) {
        no_edges(g, out, figures, report);
        goto out;
    }
    DN_TRY(dn_krylov_weights(g, team, "eigenvector centrality", err));
    dn_krylov_strength(g, team, strength); /* A times a vector of ones, a step of the power method for free */
    DN_TRY(dn_adjacency_create(g, team, &plain, DN_ADJACENCY_SHELL, &a, err));
    DN_PETSC(MatCreateVecs(a, &v, NULL));
    DN_TRY(dn_krylov_fill(team, strength, v, err));
    DN_TRY(dn_leading_pair(a, "eigenvector_", o->tolerance, v, &pair, report, err));
    DN_TRY(finish(g, team, a, v, out, &pair, err));
    *figures = (dn_eigenvector_figures){.eigenvalue = pair.value,
                                        .residual = pair.residual,
                                        .second = pair.second,
                                        .gap = pair.value - pair.second};
    report->residual = pair.residual / pair.value;
    report->error = sqrt(2.0) * pair.residual / figures->gap;
out:
    dn_free(strength);
    (void)MatDestroy(&a);
    (void)VecDestroy(&v);
    return st;
}
