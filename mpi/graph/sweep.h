/* sweep.h - combinatorial measures, their sources and nodes spread over ranks and threads
 *
 * Every rank has the whole graph (network.h). A rank works with as many threads as OpenMP offers; MPI is
 * called from the main thread. Results are [n], in inside order, the same bits on every rank and on any
 * number of ranks and threads: integer sums do not care for order (squares of distances are summed as
 * doubles, which are exact below 2^53, a bound that closeness.h gives: above it their standard error may
 * differ in the last digits); betweenness is added up in fixed shards (a function of the number of sources
 * alone) in the fixed tree of mpi/core/tree.h.
 *
 * A sweep can be saved half way and gone on with, by any number of ranks and threads, to the same bits: at
 * any moment when somebody wishes for it (mpi/core/request.h), once each thread has come to the end of its
 * batch (8 sources of betweenness, up to 512 of closeness, 64 nodes). Ranks work on at their own pace
 * meanwhile (mpi/core/watch.h).
 *
 * All functions are collective on comm. They fail on all ranks together: DN_ENOMEM when any rank or thread
 * lacks memory, DN_EDATA as below, DN_ECANTCREAT the state to go on from is of another sweep, DN_ESAVED
 * when asked to stop, after saving, and what saving and reading say.
 */
#ifndef DN_GRAPH_SWEEP_H
#define DN_GRAPH_SWEEP_H

#include "mpi/core/request.h"
#include "solvers/network/closeness.h"

enum { DN_SWEEP_ARRAYS = 4 };

/* Of betweenness: a sum over whole shards, or over the first batches of one. */
typedef struct dn_sweep_part {
    int64_t first, count; /* shards */
    int64_t batches;      /* that are in it; -1: all of all its shards */
    double *sum;          /* [width] */
} dn_sweep_part;

/* A sweep half way. What is in it does not depend on the number of ranks that go on with it. */
typedef struct dn_sweep_state {
    const char *what;                /* "closeness", "betweenness", "clustering", "bipartite-clustering" */
    int64_t n;                       /* nodes */
    int64_t units;                   /* units of work; betweenness: shards */
    int64_t lanes;                   /* closeness: sources of a batch */
    uint8_t *done;                   /* [units]  1: done. NULL: betweenness */
    int counts, numbers;             /* arrays, on rank 0: totals over all ranks */
    int64_t *count[DN_SWEEP_ARRAYS]; /* [n] */
    double *number[DN_SWEEP_ARRAYS]; /* [n] */
    int64_t width;                   /* betweenness: of a part */
    int64_t parts; /* betweenness: when saved, of this rank; to go on from: of all, the same on all ranks */
    dn_sweep_part *part; /* [parts] */
    int wishes;          /* when saved: of all ranks, that ask for it (mpi/core/request.h) */
} dn_sweep_state;

/* Who asks, and where a sweep is saved and gone on from. */
typedef struct dn_sweep_keep {
    dn_requests *requests; /* NULL on all ranks or on none */
    void *ctx;
    /* Save. Collective. A sweep that is not asked to stop goes on afterwards. */
    dn_status (*save)(void *ctx, const dn_sweep_state *s, dn_error *err);
    const dn_sweep_state *from; /* of the same graph and options; NULL: begin. Sums of parts are not used */
    /* Read the sums of n parts of `from` by their numbers, into out [n] [width]. Each rank its own, or none.
     * Collective. */
    dn_status (*fetch)(void *ctx, int64_t n, const int64_t *part, double *const *out, dn_error *err);
} dn_sweep_keep;

/* Same on all ranks, except progress. NULL stands for all zero. */
typedef struct dn_sweep_options {
    int64_t sources; /* of closeness and betweenness: about how many, chosen by origins.h; 0: all */
    uint64_t seed;   /* chooses them */
    /* Called on rank 0, by the main thread, now and then: done of total units of work. May be NULL. */
    void (*progress)(void *ctx, int64_t done, int64_t total);
    void *ctx;
    const dn_sweep_keep *keep; /* NULL: nobody asks, nothing is saved */
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
