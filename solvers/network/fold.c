/* fold.c - a graph without its leaves; see fold.h */
#include "solvers/network/fold.h"

#include <stdint.h>
#include <string.h>
#include "solvers/base/alloc.h"

static int is_leaf(const dn_graph *g, int64_t v)
{
    return dn_graph_degree(g, v) == 1 && dn_graph_degree(g, g->col[g->row[v]]) > 1;
}

/* Neighbours that are no leaves. */
static int64_t kept_degree(const dn_graph *g, int64_t v)
{
    int64_t kept = 0;

    for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
        kept += !is_leaf(g, g->col[e]);
    return kept;
}

/* The memory of a folded graph. */
typedef struct parts {
    int64_t *row;     /* [n + 1] */
    int32_t *col;     /* [nnz] */
    int32_t *outside; /* [n] */
} parts;

/* Numbers of the nodes that stay: first those with a neighbour left. Fills f->of and *now [nodes before]. */
static void number(const dn_graph *g, dn_fold *f, int32_t *now)
{
    int64_t n = 0;

    for (int alone = 0; alone < 2; alone++) {
        for (int64_t v = 0; v < g->connected; v++) {
            if (is_leaf(g, v) || (kept_degree(g, v) == 0) != alone)
                continue;
            now[v] = (int32_t)n;
            f->of[n++] = (int32_t)v;
        }
        if (!alone)
            f->graph.connected = n;
    }
}

static void fill(const dn_graph *g, dn_fold *f, const int32_t *now, parts *p)
{
    int64_t at = 0;

    for (int64_t i = 0; i < f->graph.n; i++) {
        int64_t v = f->of[i];

        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
            if (!is_leaf(g, g->col[e]))
                p->col[at++] = now[g->col[e]];
        p->row[i + 1] = at;
        p->outside[i] = (int32_t)i;
        f->weight[i] = (double)(1 + dn_graph_degree(g, v) - (at - p->row[i]));
    }
}

dn_status dn_fold_create(const dn_graph *g, dn_fold *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_fold f = {0};
    parts p = {0};
    int32_t *now = NULL; /* [n]  number of a node that stays */

    *out = (dn_fold){0};
    for (int64_t v = 0; v < g->connected; v++)
        f.leaves += is_leaf(g, v);
    if (f.leaves == 0)
        goto out;
    f.graph = (dn_graph){.n = g->connected - f.leaves, .nnz = g->nnz - 2 * f.leaves, .sides = 1};
    DN_NEW(f.weight, (size_t)f.graph.n);
    DN_NEW(f.of, (size_t)f.graph.n);
    DN_NEW(p.row, (size_t)f.graph.n + 1);
    DN_NEW(p.col, (size_t)f.graph.nnz);
    DN_NEW(p.outside, (size_t)f.graph.n);
    DN_NEW(now, (size_t)g->n);
    number(g, &f, now);
    fill(g, &f, now, &p);
    f.graph.row = p.row;
    f.graph.col = p.col;
    f.graph.outside = p.outside;
    p = (parts){0};
    *out = f;
    f = (dn_fold){0};
out:
    dn_free(now);
    dn_free(p.row);
    dn_free(p.col);
    dn_free(p.outside);
    dn_fold_destroy(&f);
    return st;
}

void dn_fold_destroy(dn_fold *f)
{
    dn_free((void *)(uintptr_t)f->graph.row);
    dn_free((void *)(uintptr_t)f->graph.col);
    dn_free((void *)(uintptr_t)f->graph.outside);
    dn_free(f->weight);
    dn_free(f->of);
    *f = (dn_fold){0};
}

void dn_fold_expand(const dn_fold *f, const dn_origins *all, const double *sum, double *out)
{
    memset(out, 0, (size_t)all->n * sizeof *out);
    for (int64_t i = 0; i < f->graph.n; i++) {
        double leaves = f->weight[i] - 1;
        int64_t sampled, others;

        dn_origins_of(all, f->of[i], &sampled, &others);
        out[f->of[i]] = sum[i] + leaves * ((double)(others - 1) + ((double)others - leaves));
    }
}
