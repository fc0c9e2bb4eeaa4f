/* core.c - core numbers; see core.h */
#include "solvers/network/core.h"

#include "solvers/base/alloc.h"

/* Nodes by rising degree of what is left of the graph. */
typedef struct buckets {
    int64_t *first; /* [largest degree + 2]  place of the first node of a degree */
    int64_t *place; /* [n]  where a node stands in order */
    int32_t *order; /* [n] */
} buckets;

/* Inside numbers fall with degree, so rising degree is the reverse order. */
static void fill(const dn_graph *g, int64_t *degree, buckets *b)
{
    int64_t largest = g->n > 0 ? g->row[1] : 0, d = 0;

    for (int64_t i = 0; i < g->n; i++) {
        int64_t v = g->n - 1 - i;
        degree[v] = dn_graph_degree(g, v);
        b->order[i] = (int32_t)v;
        b->place[v] = i;
        while (d <= degree[v])
            b->first[d++] = i;
    }
    while (d <= largest + 1)
        b->first[d++] = g->n;
}

/* u loses a neighbour: it changes places with the first node of its degree and joins the degree below. */
static void lower(int32_t u, int64_t *degree, buckets *b)
{
    int64_t to = b->first[degree[u]]++, from = b->place[u];
    int32_t other = b->order[to];

    b->order[to] = u;
    b->order[from] = other;
    b->place[u] = to;
    b->place[other] = from;
    degree[u]--;
}

dn_status dn_core_numbers(const dn_graph *g, int64_t *out_core, dn_error *err)
{
    dn_status st = DN_OK;
    buckets b = {0};

    DN_NEW(b.first, (size_t)(g->n > 0 ? g->row[1] : 0) + 2);
    DN_NEW(b.place, (size_t)g->n);
    DN_NEW(b.order, (size_t)g->n);
    fill(g, out_core, &b);
    for (int64_t i = 0; i < g->n; i++) {
        int32_t v = b.order[i];
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
            if (out_core[g->col[e]] > out_core[v])
                lower(g->col[e], out_core, &b);
    }
out:
    dn_free(b.first);
    dn_free(b.place);
    dn_free(b.order);
    return st;
}
