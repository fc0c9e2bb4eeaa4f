/* clustering.h - triangles, clustering, and clustering of bipartite graphs
 *
 * Reference: networkx.triangles, networkx.clustering (unweighted), networkx.transitivity, and
 * networkx.bipartite.clustering with mode "dot" (Latapy, Magnien & Del Vecchio, Social Networks 2008,
 * doi:10.1016/j.socnet.2007.04.006). Weights play no part. All functions are local.
 *
 * A triangle is found at its node of the smallest degree: edges are kept only in the row of the node with the
 * larger inside number (the smaller degree), which makes rows at most sqrt(nnz) long even at hubs (Schank &
 * Wagner, WEA 2005). Nodes are worked on in ranges, so ranks and threads can share.
 */
#ifndef DN_NETWORK_CLUSTERING_H
#define DN_NETWORK_CLUSTERING_H

#include "solvers/network/graph.h"

/* The edges of a graph, each in the row of its node with the larger inside number. */
typedef struct dn_halves {
    int64_t n;
    int64_t *row; /* [n + 1] */
    int32_t *col; /* [nnz / 2]  smaller than the row, rising */
} dn_halves;

/* Time O(n + nnz), memory 8 bytes a node and 4 an edge. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_halves_create(const dn_graph *g, dn_halves *out, dn_error *err);
void dn_halves_destroy(dn_halves *h);

/* Add the triangles whose node of smallest degree is in [begin, end) to all their three nodes.
 *
 *   mark       [n]  scratch, zero before and after
 *   triangles  [n]  added to; after all ranges the triangles through each node, three times their number in
 *              total
 */
void dn_triangles_add(const dn_halves *h, int64_t begin, int64_t end, uint8_t *mark, int64_t *triangles);

/* Clustering 2 t / (d (d - 1)) of every node with t triangles and degree d; 0 where d < 2. out [n] */
void dn_clustering_local(const dn_graph *g, const int64_t *triangles, double *out);

/* Three times the triangles of the graph over its paths of length two; 0 when it has none. */
double dn_transitivity(const dn_graph *g, const int64_t *triangles);

/* Mean overlap |N(u) & N(v)| / |N(u) | N(v)| of node v with the nodes u that share a neighbour with it; 0
 * when there are none. For v in [begin, end).
 *
 *   shared  [n]  scratch, zero before and after
 *   near    [n]  scratch
 *   out     [n]  written in [begin, end)
 *
 * Meant for graphs of two colours (dn_two_colours() of components.h tells; networkx refuses others). Time:
 * sum of the squares of all degrees, as many as there are paths of length two.
 */
void dn_clustering_bipartite(const dn_graph *g, int64_t begin, int64_t end, int32_t *shared, int32_t *near,
                             double *out);

#endif
