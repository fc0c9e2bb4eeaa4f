/* peel.h - a graph without the trees that hang on it
 *
 * Nodes with one neighbour are taken away until there are none: what remains are the 2-core (core.h) and one
 * node of every component that is a tree. With f(v) the sum of effective resistances R(v, u) over the
 * component of v, r its nodes, and the edge of conductance w from a taken node v to the node p it hung on,
 * behind which b(v) nodes stand (v and what hung on it):
 *
 *     f(v) = f(p) + (r - 2 b(v)) / w
 *
 * and for a node c that remains
 *
 *     f(c) = sum over remaining k of b(k) R(c, k)  +  hang,   hang = sum over taken v of b(v) / w
 */
#ifndef DN_NETWORK_PEEL_H
#define DN_NETWORK_PEEL_H

#include "solvers/network/graph.h"

typedef struct dn_peel {
    int64_t core;       /* nodes in the 2-core */
    int32_t *node;      /* [core]  inside numbers, rising */
    int32_t *place;     /* [n]  position in node, or -1 */
    int64_t taken;      /* nodes */
    int32_t *order;     /* [taken]  inside numbers, in the order they were taken */
    int32_t *parent;    /* [taken]  what order[k] hung on */
    double *resistance; /* [taken]  1 / w of that edge */
    int64_t *behind;    /* [n]  b, at least 1 */
    int64_t *component; /* [n]  as components.h; isolated nodes: components and up */
    int64_t components; /* that have an edge */
    int64_t *size;      /* [components]  r */
    double *hang;       /* [components] */
    int32_t *first;     /* [components]  position of the first node in the core, or -1: a tree */
} dn_peel;

/* Weights must be positive. Local. Time O(n + nnz). Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_peel_create(const dn_graph *g, dn_peel *out, dn_error *err);
void dn_peel_destroy(dn_peel *p);

/* f of all nodes from that of the nodes of the 2-core: f [n] in and out; likewise the error of f. Isolated
 * nodes get 0. Local. */
void dn_peel_spread(const dn_graph *g, const dn_peel *p, double *f, double *error);

#endif
