/* graph.c - a graph from a list of edges on one rank; see graph.h */
#include "solvers/network/graph.h"

#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"

typedef struct owned {
    int64_t *row;
    int32_t *col, *outside;
    float *weight;
    uint8_t *side;
} owned;

/* Rising by node pair, the largest weight of a pair first. */
static int compare_edges(const void *x, const void *y)
{
    const dn_edge *a = x, *b = y;

    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    if (a->b != b->b)
        return a->b < b->b ? -1 : 1;
    return a->weight > b->weight ? -1 : a->weight < b->weight;
}

/* Both directions of every edge that is no self loop, sorted, each pair once. */
static dn_status both_directions(int64_t n, int64_t n_edges, const dn_edge *edges, dn_edge **out,
                                 int64_t *out_count, dn_error *err)
{
    dn_status st = DN_OK;
    dn_edge *list = NULL;
    int64_t count = 0, kept = 0;

    DN_NEW(list, 2 * (size_t)n_edges);
    for (int64_t e = 0; e < n_edges; e++) {
        int32_t a = edges[e].a, b = edges[e].b;

        if (a < 0 || a >= n || b < 0 || b >= n)
            DN_FAIL(DN_EDATA, "edge %lld: nodes %d and %d, but there are %lld nodes (from 0)", (long long)e,
                    (int)a, (int)b, (long long)n);
        if (a == b)
            continue;
        list[count++] = edges[e];
        list[count++] = (dn_edge){b, a, edges[e].weight};
    }
    qsort(list, (size_t)count, sizeof *list, compare_edges);
    for (int64_t e = 0; e < count; e++)
        if (kept == 0 || list[kept - 1].a != list[e].a || list[kept - 1].b != list[e].b)
            list[kept++] = list[e];
    *out = list;
    *out_count = kept;
    list = NULL;
out:
    dn_free(list);
    return st;
}

/* Counting sort by degree: outside numbers, highest degree first. */
static dn_status order_nodes(int64_t n, const int64_t *degree, int32_t *outside, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *first = NULL; /* [n + 1]  first place of nodes of degree n - d */

    DN_NEW(first, (size_t)n + 2);
    for (int64_t i = 0; i < n; i++)
        first[n - degree[i] + 1]++;
    for (int64_t d = 0; d <= n; d++)
        first[d + 1] += first[d];
    for (int64_t i = 0; i < n; i++)
        outside[first[n - degree[i]]++] = (int32_t)i;
out:
    dn_free(first);
    return st;
}

static void fill(const dn_edge *list, const int64_t *start, const int32_t *inside, dn_graph *g, owned *m)
{
    for (int64_t i = 0; i < g->n; i++) {
        int64_t from = start[m->outside[i]], degree = start[m->outside[i] + 1] - from;

        m->row[i + 1] = m->row[i] + degree;
        g->connected += degree > 0;
        for (int64_t k = 0; k < degree; k++) {
            m->col[m->row[i] + k] = inside[list[from + k].b];
            if (m->weight != NULL)
                m->weight[m->row[i] + k] = list[from + k].weight;
        }
    }
}

dn_status dn_graph_build(int64_t n, int64_t n_edges, const dn_edge *edges, const uint8_t *side, int sides,
                         int weighted, dn_graph *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_graph g = {.n = n, .sides = sides};
    owned m = {0};
    dn_edge *list = NULL;
    int64_t *start = NULL, *degree = NULL; /* [n + 1], [n]  in outside order */
    int32_t *inside = NULL;                /* [n] */

    DN_TRY(both_directions(n, n_edges, edges, &list, &g.nnz, err));
    DN_NEW(start, (size_t)n + 1);
    DN_NEW(degree, (size_t)n);
    DN_NEW(inside, (size_t)n);
    DN_NEW(m.row, (size_t)n + 1);
    DN_NEW(m.col, (size_t)g.nnz);
    DN_NEW(m.outside, (size_t)n);
    DN_NEW(m.side, (size_t)n);
    if (weighted)
        DN_NEW(m.weight, (size_t)g.nnz);
    for (int64_t e = 0; e < g.nnz; e++)
        degree[list[e].a]++;
    for (int64_t i = 0; i < n; i++)
        start[i + 1] = start[i] + degree[i];
    DN_TRY(order_nodes(n, degree, m.outside, err));
    for (int64_t i = 0; i < n; i++) {
        inside[m.outside[i]] = (int32_t)i;
        m.side[i] = side != NULL ? side[m.outside[i]] : 0;
    }
    fill(list, start, inside, &g, &m);
    g.row = m.row;
    g.col = m.col;
    g.weight = m.weight;
    g.outside = m.outside;
    g.side = m.side;
    m = (owned){0};
    *out = g;
out:
    dn_free(list);
    dn_free(start);
    dn_free(degree);
    dn_free(inside);
    dn_free(m.row);
    dn_free(m.col);
    dn_free(m.outside);
    dn_free(m.side);
    dn_free(m.weight);
    return st;
}

void dn_graph_destroy(dn_graph *g)
{
    dn_free((void *)(uintptr_t)g->row);
    dn_free((void *)(uintptr_t)g->col);
    dn_free((void *)(uintptr_t)g->weight);
    dn_free((void *)(uintptr_t)g->outside);
    dn_free((void *)(uintptr_t)g->side);
    *g = (dn_graph){0};
}

void dn_graph_inside(const dn_graph *g, int32_t *out_inside)
{
    for (int64_t i = 0; i < g->n; i++)
        out_inside[g->outside[i]] = (int32_t)i;
}
