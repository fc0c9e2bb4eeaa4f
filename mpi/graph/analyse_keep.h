/* analyse_keep.h - checkpoint.h5 of an analysis: measures that are complete, and the sweep under way
 *
 * An analysis that is stopped or killed goes on, on any number of ranks, with what is not complete. Measures
 * and spectra that are complete are stored and not computed again, so those that are solved for are the same
 * bits, too. Closeness, harmonic centrality, betweenness and both kinds of clustering, which can take hours,
 * go on half way, to the bits of a run that was never stopped (sweep.h). Solvers of PETSc and SLEPc, probings
 * among them, take minutes: one that is under way begins anew, and a wish waits for its end.
 *
 * Bytes a node: 8 for each column of a measure that is complete; of the sweep under way closeness 24 (sampled
 * 40), clustering 8, betweenness 8 (sampled 16) for each of at most log2(1024 / ranks) + threads + 1 sums of
 * each rank.
 *
 * A checkpoint is written when somebody wishes for one (mpi/core/request.h), and after a measure when what
 * is not saved took DN_KEEP_SECONDS or more, unless nothing is to be saved by the clock. The file is that of
 * mpi/io/checkpoint_file.h, of rank 0 but for the sums of betweenness. Nodes stand in inside order. Schema
 * dragnet.network.checkpoint:
 *
 *     /                     attribute network_hash (dn_graph_hash())
 *     /measures             attribute count
 *     /measures/I           attributes name, columns, figures, one for each figure under its name, iterative,
 *                           own_errors, seconds, pending (1: computed along with another, not yet asked for),
 *                           solver_... as in store.h
 *     /measures/I/COLUMN    [node]; attribute integer
 *     /spectra              attribute count
 *     /spectra/I            attributes name, pairs, seconds, solver_...; value, residual, share [pair],
 *                           vector [pair, node]
 *     /sweep                attributes what, nodes, units, lanes, width, counts, numbers, parts, seconds
 *     /sweep/done [unit], count_I, number_I [node], part [part, field], vector [part, number],
 *     vector_blake2b [part, digit]
 *                           dn_sweep_state
 */
#ifndef DN_GRAPH_ANALYSE_KEEP_H
#define DN_GRAPH_ANALYSE_KEEP_H

#include "mpi/core/request.h"
#include "mpi/graph/network.h"

#define DN_ANALYSE_KEEP_SCHEMA "dragnet.network.checkpoint"

enum { DN_KEEP_SECONDS = 10 };

/* Where an analysis is saved, what the checkpoint must fit, and who asks. */
typedef struct dn_analyse_keep {
    const char *path;      /* of checkpoint.h5 */
    const char *command;   /* for the record */
    const char *config;    /* JSON object: what determines the results */
    const char *build;     /* program and CPU: going on with others warns */
    bool resume;           /* go on from path, where dn_analyse_find() has found one; else begin */
    dn_requests *requests; /* NULL on all ranks or on none: nobody asks */
} dn_analyse_keep;

/* Whether there is a checkpoint for config at path; as dn_checkpoint_file_find(), with its failures. It goes
 * with dn_checkpoint_file_remove(). Collective on comm. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_analyse_find(const dn_comm *comm, const char *path,
                                                      const char *config, bool *out_found, dn_error *err);

/* Whether what is complete and not saved took so many seconds that it is to be saved by itself: never where
 * r->every is 0, nothing by the clock. Local. */
bool dn_keep_due(const dn_requests *r, double seconds);

/* A checksum of the graph, with sides, weights and outside numbers, in out [DN_DIGEST]: the same on every
 * rank and any number of them. Collective on comm; cannot fail. */
DN_COLLECTIVE void dn_graph_hash(const dn_comm *comm, const dn_graph *g, char *out);

#endif
