/* current_flow.h - current-flow closeness, which is information centrality
 *
 * The graph as a network of conductances (weights, or 1). With R(v, u) the effective resistance between two
 * nodes, r the nodes of the component of v, n all nodes (isolated ones too):
 *
 *     raw(v)   = 1 / sum over u in the component of R(v, u)          0 for an isolated node
 *     value(v) = raw(v) * ((r - 1) / (n - 1))^2
 *
 * raw is networkx.current_flow_closeness_centrality (= information_centrality) of the component alone; of a
 * disconnected graph networkx gives nothing. In raw the smaller component has the larger values, so nodes of
 * different components cannot be compared; value weighs raw as Wasserman and Faust weigh closeness
 * (closeness.h). On a connected graph the two are the same. Source: Brandes and Fleischer, STACS 2005,
 * doi:10.1007/978-3-540-31856-9_44. R is the sum over G_vv + G_uu - 2 G_vu, G the inverse of the Laplacian
 * L = D - A with one node of each component earthed; what follows needs the diagonal of G only.
 *
 * Across a bridge with conductance w that has a nodes on the side of u and b on that of v, the sums of R
 * differ by (a - b) / w: f(v) = f(u) + (a - b) / w. So trees, and what hangs on a cycle like a tree, need no
 * system of equations; what remains is the 2-core (core.h), whose nodes carry the number of nodes behind
 * them.
 */
#ifndef DN_NETWORK_CURRENT_FLOW_H
#define DN_NETWORK_CURRENT_FLOW_H

#include "solvers/network/probe.h"
#include "solvers/network/solve_report.h"
#include "solvers/network/team.h"

typedef struct dn_current_flow_figures {
    int64_t core;   /* nodes of the 2-core: rows of the systems that were solved */
    int64_t probes; /* 0: every node of the 2-core was solved for */
} dn_current_flow_figures;

/* Systems are solved by KSP, conjugate gradients (options -current_flow_ksp_..., -current_flow_pc_...) with
 * algebraic multigrid where the first system takes more than 200 steps without it, else with the diagonal;
 * exact ones of at most 5,000 rows with Cholesky factors. Up to o->exact_up_to nodes in the 2-core there is
 * one for each, spread over the ranks, each on one rank: the same bits on any ranks. Above, one for each
 * probe, on all ranks together, with a random current of +-1 through every edge (Spielman and Srivastava,
 * STOC 2008, doi:10.1145/1374376.1374456): the standard error of a sum of resistances is never above sqrt(2 /
 * probes) of it, and most often far below, because the part that the neighbours of a node determine is not
 * estimated.
 *
 *   out        [n]  value
 *   out_error  [n]  of value; exact: its bound; probes: standard error, from the spread of the probes (the
 *              tolerance of the solves is not in it)
 *   out_raw    [n]  or NULL
 *
 * report: residual is the largest |b - L x| / |b| (L2 norms), computed again; error is the largest of
 * out_error. Not converged: the warning says of how many systems. Collective on the team.
 * Fails: DN_EUSAGE tolerance or probes out of range; DN_EDATA a weight is not above 0; DN_ENOMEM,
 * DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_current_flow_closeness(const dn_graph *g, const dn_team *team,
                                                                const dn_probe_options *o, double *out,
                                                                double *out_error, double *out_raw,
                                                                dn_current_flow_figures *figures,
                                                                dn_solve_report *report, dn_error *err);

#endif
