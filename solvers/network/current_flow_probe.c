/* current_flow_probe.c - current-flow closeness from random probes; see current_flow.h
 *
 * b = B' W^1/2 q with q = +-1 on every edge has the covariance L, so y = L^+ b has the covariance L^+.
 * Centred by the nodes behind each, c = y - (sum of b(k) y_k) / B, and E c_v^2 is what sum over k of b(k)
 * R(v, k) is made of: B E c_v^2 + sum of b(k) E c_k^2. Of
 *
 *     c_v = b_v / d_v + u_v,   u_v the mean of c over the neighbours,   E c_v b_v = 1 - b(v) / B,   E b_v^2 =
 * d_v
 *
 * only E u_v^2 is not known beforehand: E c_v^2 = E u_v^2 + (1 - 2 b(v) / B) / d_v. That is what the probes
 * estimate.
 */
#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/network/current_flow_private.h"
#include "solvers/network/krylov.h"

typedef struct work {
    const dn_graph *g;
    const dn_team *team;
    const dn_peel *p;
    const dn_probe_options *o;
    dn_flow by;
    double *own;               /* [rows of the team on this rank]  what goes to all */
    double *whole;             /* [n]  y, then u */
    double *middle, *constant; /* [components]  centre of y; sum of b(k) times what is known of E c_k^2 */
    double *mean, *squares;    /* [rows of the flow on this rank] */
    int64_t failed;
} work;

static void release(work *w)
{
    dn_flow_destroy(&w->by);
    dn_free(w->own);
    dn_free(w->whole);
    dn_free(w->middle);
    dn_free(w->constant);
    dn_free(w->mean);
    dn_free(w->squares);
}

static dn_status make_room(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    size_t rows = (size_t)(w->team->end - w->team->begin);

    DN_NEW(w->own, rows);
    DN_NEW(w->whole, (size_t)w->g->n);
    DN_NEW(w->middle, (size_t)w->p->components);
    DN_NEW(w->constant, (size_t)w->p->components);
    DN_NEW(w->mean, rows);
    DN_NEW(w->squares, rows);
out:
    return st;
}

/* What is known of E c_v^2, v at this place of the core. */
static double known(const work *w, int64_t c)
{
    int64_t v = w->p->node[c];

    return (1 - 2 * (double)w->p->behind[v] / (double)w->p->size[w->p->component[v]]) / w->by.strength[c];
}

/* An edge is called by both its nodes, the smaller first, whichever end asks. */
static double edge_sign(dn_rng s, const dn_graph *g, int64_t v, int64_t u)
{
    uint64_t a = (uint64_t)g->outside[v], b = (uint64_t)g->outside[u];

    return a < b ? dn_probe_sign(s, a << 32 | b) : -dn_probe_sign(s, b << 32 | a);
}

static dn_status draw(work *w, int64_t probe, dn_error *err)
{
    dn_status st = DN_OK;
    dn_rng s = dn_rng_stream(w->o->seed, DN_RNG_PROBE, (uint64_t)probe, 1);
    const dn_graph *g = w->g;
    PetscScalar *b = NULL;

    DN_PETSC(VecGetArrayWrite(w->by.b, &b));
    for (int64_t c = w->by.first; c < w->by.last; c++) {
        int64_t v = w->p->node[c];

        b[c - w->by.first] = 0;
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
            if (w->p->place[g->col[e]] >= 0)
                b[c - w->by.first] += edge_sign(s, g, v, g->col[e]) * sqrt(dn_graph_weight(g, e));
    }
    DN_PETSC(VecRestoreArrayWrite(w->by.b, &b));
out:
    return st;
}

/* Values of this rank's rows of the core, to all. */
static void share(work *w, const double *v)
{
    for (int64_t c = w->by.first; c < w->by.last; c++)
        w->own[w->p->node[c] - w->team->begin] = v[c - w->by.first];
    dn_probe_gather(w->g, w->team, w->own, 0, w->whole);
}

/* Centres of y, which stands in whole. */
static void find_middles(work *w)
{
    const dn_peel *p = w->p;

    for (int64_t k = 0; k < p->components; k++)
        w->middle[k] = 0;
    for (int64_t c = 0; c < p->core; c++)
        w->middle[p->component[p->node[c]]] += (double)p->behind[p->node[c]] * w->whole[p->node[c]];
    for (int64_t k = 0; k < p->components; k++)
        w->middle[k] /= (double)p->size[k];
}

/* Add one sample of f for every row of this rank; y and b of the rows are given, y is overwritten with u. */
static void add_sample(work *w, int64_t probe, double *y, const double *b)
{
    const dn_peel *p = w->p;

    share(w, y);
    find_middles(w);
    for (int64_t c = w->by.first; c < w->by.last; c++)
        y[c - w->by.first] += -w->middle[p->component[p->node[c]]] - b[c - w->by.first] / w->by.strength[c];
    share(w, y);
    for (int64_t k = 0; k < p->components; k++)
        w->middle[k] = 0;
    for (int64_t c = 0; c < p->core; c++) {
        double u = w->whole[p->node[c]];

        w->middle[p->component[p->node[c]]] += (double)p->behind[p->node[c]] * u * u;
    }
    for (int64_t c = w->by.first; c < w->by.last; c++) {
        int64_t i = c - w->by.first, k = p->component[p->node[c]];

        dn_probe_add((double)p->size[k] * y[i] * y[i] + w->middle[k], (double)(probe + 1), &w->mean[i],
                     &w->squares[i]);
    }
}

static dn_status run(work *w, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t s = 0; s < w->o->probes; s++) {
        PetscScalar *y = NULL;
        const PetscScalar *b = NULL;
        double length = 0;
        int good = 0;

        DN_TRY(draw(w, s, err));
        DN_TRY(dn_flow_solve(&w->by, &length, &good, report, err));
        w->failed += !good;
        DN_PETSC(VecGetArray(w->by.x, &y));
        DN_PETSC(VecGetArrayRead(w->by.b, &b));
        add_sample(w, s, y, b);
        DN_PETSC(VecRestoreArrayRead(w->by.b, &b));
        DN_PETSC(VecRestoreArray(w->by.x, &y));
    }
out:
    return st;
}

static void finish(work *w, double *f, double *error)
{
    const dn_peel *p = w->p;
    double probes = (double)w->o->probes;

    for (int64_t i = 0; i < w->by.last - w->by.first; i++)
        w->squares[i] = sqrt(w->squares[i] / (probes * (probes - 1)));
    share(w, w->squares);
    for (int64_t c = 0; c < p->core; c++) {
        error[p->node[c]] = w->whole[p->node[c]];
        w->constant[p->component[p->node[c]]] += (double)p->behind[p->node[c]] * known(w, c);
    }
    share(w, w->mean);
    for (int64_t c = 0; c < p->core; c++) {
        int64_t v = p->node[c], k = p->component[v];

        f[v] = w->whole[v] + (double)p->size[k] * known(w, c) + w->constant[k] + p->hang[k];
    }
}

dn_status dn_flow_probe(const dn_graph *g, const dn_team *team, const dn_peel *p, const dn_probe_options *o,
                        double *f, double *error, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.g = g, .team = team, .p = p, .o = o};

    DN_PASS(make_room(&w, err));
    DN_TEAM_AGREE(team);
    DN_TRY(dn_flow_create(g, team, p, 0, o->tolerance, &w.by, report, err));
    DN_TRY(run(&w, report, err));
    finish(&w, f, error);
    if (w.failed > 0) {
        report->converged = false;
        dn_krylov_warn(report, "not converged: %lld of %lld systems", (long long)w.failed,
                       (long long)o->probes);
    }
out:
    release(&w);
    return st;
}
