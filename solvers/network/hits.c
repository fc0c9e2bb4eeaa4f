/* hits.c - hubs and authorities as the leading eigenvector of D^T D; see hits.h
 *
 * D is never made: the row of a node in the graph holds the edges that leave it and those that come in, and
 * the sides tell which is which.
 */
#include "solvers/network/hits.h"

#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/network/blocks.h"
#include "solvers/network/krylov.h"

typedef struct work {
    dn_graph graph;
    dn_team team;
    bool between;   /* no edge stays within a side */
    int64_t *block; /* [connected]  of a node as an authority */
    int64_t blocks;
    double *in;  /* [connected]  in-strengths, D^T 1 */
    double *out; /* [connected]  out-strengths, D 1 */
    Mat m;       /* D^T D */
    Vec a, t;    /* authorities, room */
} work;

static void release(work *w)
{
    (void)MatDestroy(&w->m);
    (void)VecDestroy(&w->a);
    (void)VecDestroy(&w->t);
    dn_free(w->block);
    dn_free(w->in);
    dn_free(w->out);
}

/* The sum over those edges of node i that leave it, or come in. x NULL: all ones. */
static double sum_some(const dn_graph *g, int64_t i, bool out, const double *x)
{
    double s = 0;

    for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
        int32_t j = g->col[k];
        uint8_t from = out ? g->side[i] : g->side[j], to = out ? g->side[j] : g->side[i];

        if (from <= to)
            s += dn_graph_weight(g, k) * (x != NULL ? x[j] : 1.0);
    }
    return s;
}

/* y[i] = sum of w x[j] over the edges i -> j (out) or j -> i; this rank's rows, y counts from begin. */
static void sum_edges(const work *w, bool out, const double *x, double *y)
{
    const dn_graph *g = &w->graph;
    const dn_team *t = &w->team;

    if (g->sides == 1 && x != NULL) {
        dn_adjacency_sum(g, x, t->begin, t->end, y);
        return;
    }
    for (int64_t i = t->begin; i < t->end; i++)
        if (g->sides > 2 || !w->between || x == NULL)
            y[i - t->begin] = sum_some(g, i, out, x);
        else if ((g->side[i] == 0) == out)
            dn_adjacency_sum(g, x, i, i + 1, y + (i - t->begin));
        else
            y[i - t->begin] = 0;
}

/* y = D x or D^T x. */
static PetscErrorCode multiply(work *w, bool out, Vec x, Vec y)
{
    const dn_team *t = &w->team;
    double *mine = t->post(t->ctx) + t->begin;
    const PetscScalar *xs = NULL;
    PetscScalar *ys = NULL;

    PetscCall(VecGetArrayRead(x, &xs));
    for (int64_t i = 0; i < t->end - t->begin; i++)
        mine[i] = xs[i];
    PetscCall(VecRestoreArrayRead(x, &xs));
    PetscCall(VecGetArrayWrite(y, &ys));
    sum_edges(w, out, t->collect(t->ctx), ys);
    PetscCall(VecRestoreArrayWrite(y, &ys));
    return 0;
}

static PetscErrorCode shell_mult(Mat m, Vec x, Vec y)
{
    work *w = NULL;

    PetscCall(MatShellGetContext(m, &w));
    PetscCall(multiply(w, true, x, w->t));
    PetscCall(multiply(w, false, w->t, y));
    return 0;
}

/* Root of i, with the way there halved. */
static int64_t root_of(int64_t *parent, int64_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* Blocks of D^T D: a hub (0 .. connected - 1) and an authority (from connected on) belong together when the
 * one points to the other. Neighbours are undirected, so each edge is seen from both ends. */
static dn_status find_blocks(const dn_graph *g, work *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t c = g->connected, *parent = NULL, *number = NULL; /* [2 connected] */

    DN_NEW(parent, (size_t)(2 * c));
    DN_NEW(number, (size_t)(2 * c));
    for (int64_t i = 0; i < 2 * c; i++)
        parent[i] = i;
    w->between = true;
    for (int64_t i = 0; i < c; i++)
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
            w->between = w->between && g->side[i] != g->side[g->col[k]];
            if (g->side[i] <= g->side[g->col[k]]) {
                int64_t a = root_of(parent, i), b = root_of(parent, c + g->col[k]);

                parent[a > b ? a : b] = a < b ? a : b;
            }
        }
    for (int64_t i = 0; i < c; i++) {
        int64_t r = root_of(parent, c + i);

        if (number[r] == 0)
            number[r] = ++w->blocks;
        w->block[i] = number[r] - 1;
    }
out:
    dn_free(parent);
    dn_free(number);
    return st;
}

static dn_status prepare(const dn_graph *g, const dn_team *team, const dn_hits_options *o, work *w,
                         dn_error *err)
{
    dn_status st = DN_OK;

    if (!(o->tolerance > 0))
        DN_FAIL(DN_EUSAGE, "hits: tolerance %g is not above 0", o->tolerance);
    w->graph = *g;
    w->team = *team;
    DN_NEW(w->block, (size_t)g->connected);
    DN_NEW(w->in, (size_t)g->connected);
    DN_NEW(w->out, (size_t)g->connected);
    DN_TRY(find_blocks(g, w, err));
out:
    return st;
}

/* out [connected] = D 1 or D^T 1 on every rank. */
static void strengths(const work *w, bool outwards, double *out)
{
    const dn_team *t = &w->team;
    const double *whole;

    sum_edges(w, outwards, NULL, t->post(t->ctx) + t->begin);
    whole = t->collect(t->ctx);
    for (int64_t i = 0; i < w->graph.connected; i++)
        out[i] = whole[i];
}

/* The largest eigenvalue of a block is at most the largest out_k in_i over its edges k -> i. */
static double bound(const void *ctx, int64_t i)
{
    const work *w = ctx;
    const dn_graph *g = &w->graph;
    double largest = 0;

    for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
        if (g->side[g->col[k]] <= g->side[i])
            largest = fmax(largest, w->out[g->col[k]]);
    return largest * w->in[i];
}

static dn_status create(const dn_team *team, work *w, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt rows = (PetscInt)(team->end - team->begin), all = (PetscInt)w->graph.connected;

    DN_PETSC(MatCreateShell(dn_krylov_comm(team), rows, rows, all, all, w, &w->m));
    DN_PETSC(MatShellSetOperation(w->m, MATOP_MULT, (void (*)(void))shell_mult));
    DN_PETSC(MatSetOption(w->m, MAT_SYMMETRIC, PETSC_TRUE));
    DN_PETSC(MatCreateVecs(w->m, &w->a, &w->t));
    strengths(w, true, w->out);
    strengths(w, false, w->in);
out:
    return st;
}

/* To the sum 1; returns what the sum was for a vector of norm 1. */
static double share(double *v, int64_t n)
{
    double square = 0, sum = 0;

    for (int64_t i = 0; i < n; i++) {
        square += v[i] * v[i];
        sum += v[i];
    }
    for (int64_t i = 0; i < n; i++)
        v[i] /= sum;
    return sum / sqrt(square);
}

/* From the authorities to both answers. */
static dn_status finish(work *w, double *hubs, double *authorities, double *out_sum, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = &w->graph;
    double sum;

    DN_TRY(dn_krylov_fill(&w->team, authorities, w->a, err));
    DN_PETSC(multiply(w, true, w->a, w->t));
    DN_TRY(dn_adjacency_gather(g, &w->team, w->t, 0, hubs, err));
    sum = share(hubs, g->n);
    *out_sum = fmin(sum, share(authorities, g->n));
out:
    return st;
}

static void judge(const dn_graph *g, const dn_leading *pair, int64_t leading, double sum, dn_hits_figures *f,
                  dn_solve_report *report)
{
    double second = leading > 1 ? pair->value : pair->second;

    f->singular = sqrt(pair->value);
    f->second = second > 0 ? sqrt(second) : isnan(second) ? NAN : 0;
    f->gap = leading > 1 ? 0 : f->singular - f->second;
    f->leading = leading;
    report->error = (1 + sqrt((double)g->n)) / sum * dn_leading_error(pair);
    if (leading > 1)
        dn_krylov_warn(report,
                       "the largest singular value is degenerate: %lld parts of the graph share it, and each "
                       "takes part in the answer",
                       (long long)leading);
}

static void no_edges(const dn_graph *g, double *hubs, double *authorities, dn_hits_figures *f,
                     dn_solve_report *report)
{
    for (int64_t i = 0; i < g->n; i++)
        hubs[i] = authorities[i] = 1 / (double)g->n;
    *f = (dn_hits_figures){.second = g->n > 1 ? 0 : NAN, .gap = g->n > 1 ? 0 : NAN, .leading = g->n};
    if (g->n > 1)
        dn_krylov_warn(report, "no edges: every vector is a singular vector; all nodes were given the same "
                               "value");
}

dn_status dn_hits(const dn_graph *g, const dn_team *team, const dn_hits_options *o, double *out_hubs,
                  double *out_authorities, dn_hits_figures *figures, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t leading = 0;
    double sum = 1;
    dn_leading pair = {0};
    dn_blocks blocks;
    work w = {0};

    dn_krylov_begin(report, o->tolerance);
    DN_PASS(prepare(g, team, o, &w, err));
    DN_TEAM_AGREE(team);
    if (g->connected == 0) {
        no_edges(g, out_hubs, out_authorities, figures, report);
        goto out;
    }
    DN_TRY(dn_krylov_weights(g, team, "hits", err));
    DN_TRY(create(team, &w, err));
    blocks = (dn_blocks){.block = w.block, .count = w.blocks, .start = w.in, .bound = bound, .ctx = &w};
    DN_TRY(dn_blocks_leading(g, team, w.m, "hits_", o->tolerance, &blocks, out_authorities, &pair, &leading,
                             report, err));
    DN_TRY(finish(&w, out_hubs, out_authorities, &sum, err));
    judge(g, &pair, leading, sum, figures, report);
out:
    release(&w);
    return st;
}
