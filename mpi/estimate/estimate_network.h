/* estimate_network.h - what the measures of a network take: sweeps begun and stopped, one product with its
 * matrix
 *
 * Closeness, betweenness and clustering do their first units of work (batches of sources, blocks of nodes),
 * are asked to stop, and the others are taken to cost as much. Solvers: iterations are not known before they
 * are done. One product with the adjacency matrix is measured, with a pass over 16 vectors beside it, and
 * counted as often as dn_estimate_products() says, an upper bound or a typical number. Of subgraph and
 * current-flow centrality a few nodes or probes are done, of communicability a few nodes: ever more, and the
 * growth is that of the others; where not even one can be waited for, products are counted for them, too.
 * Degrees, cores and the description are computed as they are.
 */
#ifndef DN_ESTIMATE_ESTIMATE_NETWORK_H
#define DN_ESTIMATE_ESTIMATE_NETWORK_H

#include "mpi/estimate/estimate.h"
#include "mpi/graph/analyse.h"

/* Fill e but for stage, output, base, began and seconds, which the caller has set. o: of the run; keep and
 * progress are not looked at. Collective on comm, of one rank, which is that of the network. Fails:
 * DN_EUSAGE, DN_EDATA as dn_analyse() of the measures that are tried; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_estimate_network(const dn_comm *comm, const dn_network *w,
                                                          const dn_analyse_options *o, dn_estimate *e,
                                                          dn_error *err);

/* Products with the matrix that a measure or spectrum is taken to need; 0: it needs none, or is not foreseen.
 * out_bound: an upper bound (pagerank, personalised: the error falls by the damping with each), otherwise a
 * typical number. Local. */
double dn_estimate_products(const dn_analyse_options *o, const char *name, bool *out_bound);

/* Seconds of `all` units, and of what comes before them, from two tries: n[0] <= n[1] units took t[0] and
 * t[1]. Where there is one try, all of its time is that of units; otherwise at least a fifth is, though
 * the second took no longer. Local. */
double dn_estimate_units(const int64_t n[2], const double t[2], int64_t all, double *out_before);

/* Seconds of all of `total` units of a sweep that took `end` seconds: its first unit was done after `first`
 * seconds, `done` of them after `last`. Local. */
double dn_estimate_sweep(double first, double last, double end, int64_t done, int64_t total);

#endif
