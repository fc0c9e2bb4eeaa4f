/* closeness.h - hop distances from many sources at once: closeness, harmonic centrality, eccentricity
 *
 * Bit-parallel breadth-first search (Then et al., VLDB 2014, doi:10.14778/2735496.2735507) of DN_BFS_LANES
 * sources: a node has one bit for each source that has reached it. A level is done by pushing along the rows
 * of the frontier or by pulling along the rows of nodes that are not reached by all, whichever touches fewer
 * edges (Beamer, SC 2012). The graph is undirected, so what a source would add up about its distances is
 * added up at the node that is reached. Weights play no part: an edge is one hop.
 *
 * With d(v, u) the distance in hops, R(v) the other nodes of the component of v, r - 1 = |R(v)|, n all nodes
 * (isolated ones too):
 *
 *     closeness(v) = (r - 1) / sum over R(v) of d(v, u)  *  (r - 1) / (n - 1)     0 for an isolated node
 *     harmonic(v)  = sum over R(v) of 1 / d(v, u)                                 0 for an isolated node
 *     eccentricity(v) = largest d(v, u) in R(v)                                   0 for an isolated node
 *
 * Reference: networkx.closeness_centrality with wf_improved=True (Wasserman & Faust 1994),
 * networkx.harmonic_centrality (not normalised), networkx.eccentricity in each component.
 *
 * All sums are integers, so any order and any cut into batches gives the same bits. 1 / d is kept in units of
 * 1 / scale, where scale is the largest 2^k lcm(1 .. 22) with which no sum can pass 2^63: sums over distances
 * up to 22 are exact, a larger distance adds an error of at most 1 / (2 scale), and scale >= 2^31 (2^48 for
 * 10^4 nodes). The answer is rounded twice (2.3e-16 relative) when it is turned into a double.
 */
#ifndef DN_NETWORK_CLOSENESS_H
#define DN_NETWORK_CLOSENESS_H

#include "solvers/network/origins.h"

enum { DN_BFS_WORDS = 8, DN_BFS_LANES = 64 * DN_BFS_WORDS };

/* What has been added up at each node over the sources so far. */
typedef struct dn_distance_sums {
    int64_t n;
    int64_t scale;
    int64_t *distance; /* [n]  sum of d */
    int64_t *inverse;  /* [n]  sum of scale / d */
    int64_t *farthest; /* [n]  largest d */
    int64_t *inverse2; /* [n]  sum of scale / d^2, for standard errors; NULL when all nodes are sources */
    double *distance2; /* [n]  sum of d^2, likewise; a whole number, exact below 2^53 */
} dn_distance_sums;

/* Zeroed sums. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_distance_sums_create(const dn_graph *g, int squares, dn_distance_sums *out,
                                                dn_error *err);
void dn_distance_sums_destroy(dn_distance_sums *s);

/* into += from. Local. */
void dn_distance_sums_add(dn_distance_sums *into, const dn_distance_sums *from);

/* Scratch of one thread: 3 DN_BFS_LANES bits and 17 bytes a connected node. */
typedef struct dn_bfs dn_bfs;
DN_MUST_CHECK dn_status dn_bfs_create(const dn_graph *g, dn_bfs **out, dn_error *err);
void dn_bfs_destroy(dn_bfs **b);

/* Search from the sources of one batch (of at most DN_BFS_LANES) and add to sums. Local; cannot fail. */
void dn_bfs_run(dn_bfs *b, const dn_origins *s, const dn_batch *batch, dn_distance_sums *sums);

/* The measures, from the sums over all sources of s. Where not all nodes of a component are sources, sums are
 * estimates (origins.h), and so is closeness, with its error to first order; eccentricity is then a lower
 * bound. The neighbours of a node are known to be one hop away, so only the others are estimated, from the
 * sources among them (from all sources when fewer than two are). A sample in which all are equally far does
 * not say that all are: the spread is taken to be at least what it is when one of S is one hop off. Each
 * array [n], any may be NULL. Local. */
typedef struct dn_distances {
    double *closeness, *closeness_error; /* no unit */
    double *harmonic, *harmonic_error;   /* 1 / hops */
    double *eccentricity;                /* hops */
} dn_distances;
void dn_distances_finish(const dn_origins *s, const dn_graph *g, const dn_distance_sums *sums,
                         const dn_distances *out);

#endif
