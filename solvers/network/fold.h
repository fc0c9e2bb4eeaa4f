/* fold.h - a graph without its leaves, for betweenness from all nodes
 *
 * A leaf is a node with one neighbour, which has others. No shortest path runs through it, and what a search
 * finds from it is what it finds from its neighbour. So leaves are folded into their neighbours: a node with
 * L leaves counts as 1 + L sources and as 1 + L targets (Sariyuce et al., SIAM SDM 2013, arXiv:1209.6007).
 * Half of the drugs of a drug-gene network are leaves.
 */
#ifndef DN_NETWORK_FOLD_H
#define DN_NETWORK_FOLD_H

#include "solvers/network/origins.h"

typedef struct dn_fold {
    int64_t leaves; /* that were folded; when 0, all else is empty */
    dn_graph graph; /* the other connected nodes, numbers outside as inside; by falling degree but for those
                     * that are left without a neighbour, which come last. Sides and weights are left out. */
    double *weight; /* [graph.n]  1 + leaves of a node */
    int32_t *of;    /* [graph.n]  the inside number of a node in the graph that was folded */
} dn_fold;

/* Local. Time O(n + nnz), scratch 4 bytes a node. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_fold_create(const dn_graph *g, dn_fold *out, dn_error *err);
void dn_fold_destroy(dn_fold *f);

/* Sums of dependencies for the whole graph from those of the folded one: all nodes are sources. A node with L
 * leaves, in a component of r nodes, is passed by the paths from its leaves to all others, L (r - 2), and by
 * those from all others to its leaves, L (r - 1 - L).
 *
 *   all  the origins of the whole graph
 *   sum  [f->graph.n]  weighted sums of dn_brandes_run()
 *   out  [all->n]
 *
 * Local. */
void dn_fold_expand(const dn_fold *f, const dn_origins *all, const double *sum, double *out);

#endif
