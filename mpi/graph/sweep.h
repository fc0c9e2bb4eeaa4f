/* sweep.h - combinatorial measures, their sources and nodes spread over ranks and threads
 *
 * Every rank has the whole graph (network.h). A rank works with as many threads as OpenMP offers; MPI is
 * called from the main thread. Results are [n], in inside order, the same bits on every rank and on any
 * number of ranks and threads: integer sums do not care for order (squares of distances are summed as
 * doubles, which are exact below 2^53, a bound that closeness.h gives: above it their standard error may
 * differ in the last digits); betweenness is added up in fixed shards (a function of the number of sources
 * alone) in the fixed tree of mpi/core/tree.h.
 *
 * All functions are collective on comm. They fail on all ranks together: DN_ENOMEM when any rank or thread
 * lacks memory, DN_EDATA as below.
 */
#ifndef DN_GRAPH_SWEEP_H
#define DN_GRAPH_SWEEP_H

#include "mpi/core/world.h"
#include "solvers/network/closeness.h"

/* Same on all ranks, except progress. NULL stands for all zero. */
typedef struct dn_sweep_options {
    int64_t sources; /* of closeness and betweenness: about how many, chosen by origins.h; 0: all */
    uint64_t seed;   /* chooses them */
    /* Called on rank 0, by the main thread, now and then: done of total units of work. May be NULL. */
    void (*progress)(void *ctx, int64_t done, int64_t total);
    void *ctx;
} dn_sweep_options;

/* Closeness, harmonic centrality and eccentricity, as closeness.h defines them.
 *
 *   out          arrays [n], NULL where not wanted
 *   out_sources  sources that were used
 *
 * Fails: DN_EDATA a negative number of sources. Memory: 250 bytes a connected node for each thread. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_sweep_closeness(const dn_comm *comm, const dn_graph *g,
                                                         const dn_sweep_options *o, const dn_distances *out,
                                                         int64_t *out_sources, dn_error *err);

/* Betweenness, as betweenness.h defines it. Arrays [n], NULL where not wanted; out_raw_error is 0 where
 * out_raw is exact. Fails: DN_EDATA a negative number of sources; more shortest paths than a double holds.
 * Memory: 270 bytes a connected node for each thread; vectors of n doubles (sampled 2 n): one for each thread
 * and about 14 for each rank, more while a thread is held up; sampled, for each rank what cuts.h and pooled.h
 * say. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_sweep_betweenness(const dn_comm *comm, const dn_graph *g,
                                                           const dn_sweep_options *o, double *out_normalised,
                                                           double *out_raw, double *out_raw_error,
                                                           int64_t *out_sources, dn_error *err);

/* Clustering and triangles through each node, and the transitivity of the graph, as clustering.h defines
 * them. Memory: 4 bytes an edge for each rank, 9 bytes a node for each thread. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_sweep_clustering(const dn_comm *comm, const dn_graph *g,
                                                          const dn_sweep_options *o, double *out_clustering,
                                                          int64_t *out_triangles, double *out_transitivity,
                                                          dn_error *err);

/* Bipartite clustering, as clustering.h defines it. Fails: DN_EDATA the graph is not bipartite. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_sweep_clustering_bipartite(const dn_comm *comm, const dn_graph *g,
                                                                    const dn_sweep_options *o,
                                                                    double *out_clustering, dn_error *err);

#endif
