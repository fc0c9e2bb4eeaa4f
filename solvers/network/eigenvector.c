/* eigenvector.c - eigenvector centrality; see eigenvector.h */
#include "solvers/network/eigenvector.h"

#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/network/blocks.h"
#include "solvers/network/krylov.h"

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

/* The largest eigenvalue of a component is at most the largest sqrt(s_i s_j) over its edges. */
typedef struct strengths {
    const dn_graph *g;
    const double *s; /* [connected] */
} strengths;

static double bound(const void *ctx, int64_t i)
{
    const strengths *c = ctx;
    double largest = 0;

    for (int64_t k = c->g->row[i]; k < c->g->row[i + 1]; k++)
        largest = fmax(largest, c->s[c->g->col[k]]);
    return sqrt(c->s[i] * largest);
}

static void judge(const dn_leading *pair, int64_t leading, dn_eigenvector_figures *f, dn_solve_report *report)
{
    *f = (dn_eigenvector_figures){.eigenvalue = pair->value,
                                  .residual = pair->residual,
                                  .second = leading > 1 ? pair->value : pair->second,
                                  .gap = leading > 1 ? 0 : pair->value - pair->second,
                                  .leading = leading};
    report->error = dn_leading_error(pair);
    if (leading > 1)
        dn_krylov_warn(report,
                       "the largest eigenvalue is degenerate: %lld components share it, and each takes part "
                       "in the answer",
                       (long long)leading);
}

dn_status dn_eigenvector(const dn_graph *g, const dn_team *team, const dn_eigenvector_options *o, double *out,
                         dn_eigenvector_figures *figures, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_adjacency plain = DN_ADJACENCY_PLAIN;
    dn_blocks blocks;
    dn_leading pair = {0};
    double *strength = NULL; /* [connected] */
    int64_t leading = 0;
    Mat a = NULL;

    dn_krylov_begin(report, o->tolerance);
    DN_PASS(prepare(g, o, &strength, err));
    DN_TEAM_AGREE(team);
    if (g->connected == 0) {
        no_edges(g, out, figures, report);
        goto out;
    }
    DN_TRY(dn_krylov_weights(g, team, "eigenvector centrality", err));
    dn_krylov_strength(g, team, strength); /* A times a vector of ones, a step of the power method for free */
    DN_TRY(dn_adjacency_create(g, team, &plain, &a, err));
    blocks = (dn_blocks){.block = o->component,
                         .count = o->components,
                         .start = strength,
                         .bound = bound,
                         .ctx = &(strengths){.g = g, .s = strength}};
    DN_TRY(dn_blocks_leading(g, team, a, "eigenvector_", o->tolerance, &blocks, out, &pair, &leading, report,
                             err));
    judge(&pair, leading, figures, report);
out:
    dn_free(strength);
    (void)MatDestroy(&a);
    return st;
}
