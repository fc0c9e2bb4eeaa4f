/* subgraph.h - subgraph centrality and communicability: closed walks and walks of all lengths
 *
 *     subgraph centrality(v)  = exp(A)_vv = sum over k of (closed walks of length k at v) / k!
 *     communicability(u, v)   = exp(A)_uv
 *
 * Reference: networkx.subgraph_centrality and networkx.communicability_exp, which leave weights out; Estrada
 * and Rodriguez-Velazquez, Phys. Rev. E 71, 2005, doi:10.1103/PhysRevE.71.056103. Where the graph has weights
 * A holds them, of any sign (Estrada, The Structure of Complex Networks, 2011); for the definition of
 * networkx give a graph with weight NULL.
 *
 * An isolated node has 1 at itself and 0 elsewhere; nodes of two components have communicability 0.
 *
 * exp(A) passes the range of a double when the largest eigenvalue passes 709. Then, and only then, all values
 * are divided by exp(log_factor), and log_factor, else 0, is among the figures; values below 1e-308 after
 * that are 0.
 */
#ifndef DN_NETWORK_SUBGRAPH_H
#define DN_NETWORK_SUBGRAPH_H

#include "solvers/network/probe.h"
#include "solvers/network/solve_report.h"
#include "solvers/network/team.h"

typedef struct dn_subgraph_figures {
    double log_factor; /* the true value is value * exp(log_factor) */
    double bound;      /* no eigenvalue of A is above it, nor below -bound */
    int64_t probes;    /* 0: every node was worked on by itself */
    int64_t pairs;     /* leading eigenpairs that were taken out before the rest was probed; 0: exact */
} dn_subgraph_figures;

/* exp(A)_vv of all nodes.
 *
 * Up to o->exact_up_to connected nodes each has a Lanczos process of its own, whose Gauss and Gauss-Radau
 * rules enclose the value from below and from above (Golub and Meurant, Matrices, Moments and Quadrature,
 * 2010; Benzi and Boito, Linear Algebra Appl. 433, 2010); it goes on until half their distance is below
 * tolerance times the value. Nodes are spread over the ranks in fixed batches: the same bits on any ranks.
 * The node with the largest value is done once more by SLEPc's MFN (options -subgraph_mfn_...).
 *
 * Above, the leading eigenpairs (spectra.h) give their part, and the diagonal of the rest is the mean of
 * (exp(A/2) z)_v^2 over probes z of +-1 beside those pairs, by MFN. The standard error of what is probed is
 * never above sqrt(2 / probes) of it.
 *
 *   out        [n]
 *   out_error  [n]  exact: half the distance of the bounds; probes: standard error, from the spread of the
 *                   probes, plus what the tolerance of the solves adds
 *
 * report: residual and tolerance are relative. Exact: the largest of half the distance over the value, and
 * what rounding may add: values far below the largest lose digits, exp(l/2) of them for the largest
 * eigenvalue l. Probes: |y - exp(A/4) exp(A/4) z| / |y| of the first probe, y = exp(A/2) z. error is the
 * largest of out_error. iterations: steps of all processes. Not converged: the warning says how many nodes,
 * what MFN says, or that it disagrees with the bounds. Collective on the team. Fails: DN_EUSAGE tolerance or
 * probes out of range; DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_subgraph_centrality(const dn_graph *g, const dn_team *team,
                                                             const dn_probe_options *o, double *out,
                                                             double *out_error, dn_subgraph_figures *figures,
                                                             dn_solve_report *report, dn_error *err);

/* exp(A)_uv of k nodes u and all nodes v, one solve by MFN (options -communicability_mfn_...) for each.
 *
 *   node       [k]  inside numbers
 *   tolerance  > 0: of the residual
 *   out        [k, n]
 *
 * report: residual is the largest |y - exp(A/2) exp(A/2) e_u| / |y| (L2 norms), y the answer and the other
 * two solves more; not converged means that it is above the tolerance. error is the largest |y - ...|, by
 * which a value may be off, small ones as well as large ones: small values beside large ones have few digits.
 * figures: log_factor and bound; probes and pairs are 0. k == 0 is fine. Collective on the team. Fails:
 * DN_EUSAGE the tolerance is not above 0; DN_EDATA no such node; DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_communicability(const dn_graph *g, const dn_team *team, int64_t k,
                                                         const int32_t *node, double tolerance, double *out,
                                                         dn_subgraph_figures *figures,
                                                         dn_solve_report *report, dn_error *err);

#endif
