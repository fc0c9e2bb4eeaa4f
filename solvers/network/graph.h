/* graph.h - the graph that every measure works on
 *
 * Undirected, simple: no self loops, no pair twice; every edge stands in the rows of both its nodes. Nodes
 * are numbered inside by falling degree, ties by their number outside (in the dataset), so that hubs share
 * cache lines and the isolated nodes come last. Measures take and give arrays in inside order; the caller
 * of a measure translates with `outside`.
 *
 * A bipartite layer has two sides. Where a measure needs a direction, an edge between sides points from the
 * lower side to the higher one (drug to gene); an edge within a side points both ways.
 */
#ifndef DN_NETWORK_GRAPH_H
#define DN_NETWORK_GRAPH_H

#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

/* Borrowed memory; the same on every rank. */
typedef struct dn_graph {
    int64_t n;              /* nodes, 0 <= n < 2^31 */
    int64_t connected;      /* nodes with a neighbour: 0 .. connected - 1; the others are isolated */
    int64_t nnz;            /* neighbours stored: twice the edges */
    const int64_t *row;     /* [n + 1]  row[0] == 0 */
    const int32_t *col;     /* [nnz]  neighbours; within a row in rising order of their outside numbers */
    const float *weight;    /* [nnz]  finite, in the order of col; NULL: every edge counts 1 */
    const int32_t *outside; /* [n]  number of a node outside */
    const uint8_t *side;    /* [n]  0 .. sides - 1 */
    int sides;              /* >= 1 */
} dn_graph;

/* Neighbours of node i. */
static inline int64_t dn_graph_degree(const dn_graph *g, int64_t i)
{
    return g->row[i + 1] - g->row[i];
}

/* Of the edge that stands at e in col. */
static inline double dn_graph_weight(const dn_graph *g, int64_t e)
{
    return g->weight != NULL ? (double)g->weight[e] : 1.0;
}

/* The sum of the weights at node i, its degree without weights. */
static inline double dn_graph_strength(const dn_graph *g, int64_t i)
{
    double sum = 0;

    if (g->weight == NULL)
        return (double)dn_graph_degree(g, i);
    for (int64_t e = g->row[i]; e < g->row[i + 1]; e++)
        sum += (double)g->weight[e];
    return sum;
}

/* An edge in outside numbers. */
typedef struct dn_edge {
    int32_t a, b;
    float weight;
} dn_edge;

/* A graph that owns its memory; for small graphs and tests. Self loops are left out, of a repeated pair the
 * largest weight counts. side [n] in outside order, or NULL: one side. weighted false: weight stays NULL.
 * Local. Fails: DN_EDATA a node is out of range, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_graph_build(int64_t n, int64_t n_edges, const dn_edge *edges, const uint8_t *side,
                                       int sides, int weighted, dn_graph *out, dn_error *err);
void dn_graph_destroy(dn_graph *g); /* of dn_graph_build() only */

/* out_inside [n]: the inside number of every outside number. Local. */
void dn_graph_inside(const dn_graph *g, int32_t *out_inside);

#endif
