/* pagerank.h - PageRank and personalised PageRank
 *
 *     x = a A D^-1 x + (a m + 1 - a) p,   sum x = 1
 *
 * a damping, D diagonal of strengths (degrees without weights), p the personalisation (seed / sum seed;
 * without seeds 1 / n), m the part of x at isolated nodes, which follow p. This is networkx.pagerank(G,
 * alpha=a, personalization=p); Page and others, 1999.
 *
 * An edge counts both ways, so the system is symmetric and positive definite after scaling with D^1/2:
 *     (I - a D^-1/2 A D^-1/2) u = D^-1/2 p,   x = D^1/2 u / norm;   isolated nodes: x = p / norm.
 * Conjugate gradients solve it, from u in proportion to D^1/2, the stationary distribution without damping.
 *
 * No nodes: nothing is written. No edges: x = p; one node: 1. A component without a seed: 0.
 */
#ifndef DN_NETWORK_PAGERANK_H
#define DN_NETWORK_PAGERANK_H

#include "solvers/network/solve_report.h"
#include "solvers/network/team.h"

typedef struct dn_pagerank_options {
    double damping;     /* 0 <= damping < 1 */
    double tolerance;   /* > 0: of the L1 norm of the residual of the equation above */
    const double *seed; /* [n]  >= 0, inside order; NULL: all equal */
} dn_pagerank_options;

#define DN_PAGERANK_DEFAULTS                \
    {                                       \
        .damping = 0.85, .tolerance = 1e-10 \
    }

/* out [n]: sums to 1. report: residual is the L1 residual of the equation above, computed again from the
 * answer; error is residual / (1 - damping), which no value's error exceeds. PETSc prefix pagerank_;
 * -pagerank_ksp_atol replaces the tolerance. Collective on the team.
 * Fails: DN_EUSAGE damping or tolerance out of range; DN_EDATA a weight is not above 0, a seed is negative or
 * not finite, or all are 0; DN_ENOMEM; DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_pagerank(const dn_graph *g, const dn_team *team,
                                                  const dn_pagerank_options *o, double *out,
                                                  dn_solve_report *report, dn_error *err);

#endif
