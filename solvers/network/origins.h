/* origins.h - the nodes from which path measures start, and how they are put into batches
 *
 * Exact measures start at every connected node. Sampled ones take a stratified sample without replacement:
 * each component gets its share of the sources, at least DN_ORIGINS_LEAST or all its nodes if it has fewer,
 * so small components are exact and every node gets an estimate from its own component. Within a component
 * the first nodes of a keyed permutation are taken, so a sample is a function of graph, number and seed.
 *
 * From S of the N = r - 1 other nodes of a component of r nodes, the total over all of them of a quantity x
 * is estimated as N mean(x), with standard error N sd(x) / sqrt(S) sqrt(1 - S / N) (Cochran, Sampling
 * Techniques, 1977, ch. 2; for closeness Eppstein & Wang, JGAA 2004, for betweenness Brandes & Pich, IJBC
 * 2007). That holds when the sample shows the spread. Values that nearly all nodes share and a few do not can
 * leave a sample without any: closeness.h and pooled.h say what is stated instead.
 */
#ifndef DN_NETWORK_ORIGINS_H
#define DN_NETWORK_ORIGINS_H

#include "solvers/network/graph.h"

enum { DN_ORIGINS_LEAST = 64 };

typedef struct dn_origins {
    int64_t n;             /* nodes of the graph */
    int64_t components;    /* with at least two nodes: 0 .. components - 1, by falling size */
    int64_t *component;    /* [n]  as dn_components() */
    int32_t *node;         /* [connected]  nodes by component, inside order within */
    int64_t *node_first;   /* [components + 1]  where the nodes of a component start */
    int64_t count;         /* sources */
    int32_t *source;       /* [count]  by component; neighbours of one hub stand together */
    int64_t *source_first; /* [components + 1] */
    uint8_t *is_source;    /* [n] */
} dn_origins;

/* Sources that are worked on at once, and all nodes that they can reach. */
typedef struct dn_batch {
    int64_t begin, end;           /* in source */
    int64_t node_begin, node_end; /* in node */
    int whole;                    /* all are of one component */
} dn_batch;

/* Choose sources: `wanted` of them (0, or as many as there are connected nodes: all of them), more where
 * small components need their least number. Local. Time O(n + nnz + count log count). Fails: DN_EDATA wanted
 * < 0; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_origins_create(const dn_graph *g, int64_t wanted, uint64_t seed, dn_origins *out,
                                          dn_error *err);
void dn_origins_destroy(dn_origins *s);

/* Cut the sources into batches of at most `width`. A component with more sources has batches of its own, as
 * even as can be; smaller ones share. A function of sources and width only. *out [*out_count] is the caller's
 * to dn_free. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_origins_batches(const dn_origins *s, int width, dn_batch **out, int64_t *out_count,
                                           dn_error *err);

/* For node v: S, the sources in its component other than v, and N, the nodes in it other than v. Both are 0
 * for an isolated node. Local. */
void dn_origins_of(const dn_origins *s, int64_t v, int64_t *out_sampled, int64_t *out_others);

/* sd(x)^2 of S values with this sum and this sum of squares; NaN when S < 2. Local. */
double dn_origins_spread(int64_t sampled, double sum, double squares);

/* Standard error of the total estimated from S of N values with this spread; 0 when S == N. Local. */
double dn_origins_error(int64_t sampled, int64_t others, double spread);

#endif
