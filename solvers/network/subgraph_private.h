/* subgraph_private.h - what the two ways to subgraph centrality share */
#ifndef DN_NETWORK_SUBGRAPH_PRIVATE_H
#define DN_NETWORK_SUBGRAPH_PRIVATE_H

#include "solvers/network/subgraph.h"

/* Values from which exp() of the bound would leave the range of a double are divided by exp(bound). */
double dn_subgraph_log_factor(double bound);

/* The way with probes; arguments as dn_subgraph_centrality(), bound and log_factor of the figures are known.
 * Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_subgraph_probe(const dn_graph *g, const dn_team *team,
                                                        const dn_probe_options *o, double *out,
                                                        double *out_error, dn_subgraph_figures *figures,
                                                        dn_solve_report *report, dn_error *err);

#endif
