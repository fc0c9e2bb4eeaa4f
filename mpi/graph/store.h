/* store.h - network.h5: an analysis of a network as a file, complete or not there
 *
 *     /nodes                 attributes count, sides ("drug,gene"); id (absent: ids are the numbers), side
 *     /layers                attributes order, edges (of the joined graph), weights_used, pairs_in_several
 *     /layers/LAYER          attributes edges, weighted, negative, zero, activating, inhibiting
 *     /description           attributes nodes, edges, isolated, components, largest_component, density,
 *                            bipartite, degree_assortativity, power_law_{k_min,alpha,ks,tail,log_likelihood}
 *                            (k_min 0: no fit); tables degree, strength, class, class_bound, histogram,
 *                            isolated: a row for each side, the names of the columns in `fields`
 *     /measures              attribute order: the measures as they were asked for
 *     /measures/M            attributes definition, seconds, iterative, columns, figures; one attribute for
 *                            each figure under its name; solver_{converged,iterations,residual,tolerance,
 *                            error,method,warning}
 *     /measures/M/COLUMN     [node]; attribute integer: 1 where all values are whole numbers
 *     /spectra, /spectra/S   likewise; value, residual, share [pair], embedding [node, pair]
 *
 * Nodes stand in the order of the dataset, NaN where there is no value. Where it came from (command, config,
 * program, git) stands at the root as in every file of dragnet (mpi/io/h5.h). Datasets depend neither on
 * ranks nor on time, only on the values.
 */
#ifndef DN_GRAPH_STORE_H
#define DN_GRAPH_STORE_H

#include "mpi/graph/analysis.h"

#define DN_NETWORK_SCHEMA "dragnet.network"

/* Write. A file that is at path already is replaced at the end: whether that is wanted is the caller's
 * question (mpi/io/output.h). config: canonical JSON of the options that determine the content. Every rank
 * writes a block of nodes; scratch n / size * k doubles. Collective on comm, which is that of the network.
 * Fails: DN_ECANTCREAT, DN_EIO (then path is as it was before); DN_ENOMEM; DN_EUSAGE the path is too long;
 * DN_ESOFTWARE a measure or column whose name is no name of a dataset */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_store(const dn_comm *comm, const char *path,
                                                       const char *command, const char *config,
                                                       const dn_network *w, const dn_analysis *a,
                                                       dn_error *err);

#endif
