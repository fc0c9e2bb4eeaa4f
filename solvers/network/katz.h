/* katz.h - Katz centrality: every walk that ends at a node counts, a longer one less
 *
 *     x = alpha A x + 1,   then divided by its L2 norm
 *
 * This is networkx.katz_centrality_numpy(G, alpha, beta=1, normalized=True, weight="weight"); Katz, 1953. Any
 * other beta above 0 gives the same values, since they are normalised. The series of walks only has a sum
 * where alpha < 1 / l, l the largest eigenvalue of A. Then I - alpha A is symmetric and positive definite and
 * conjugate gradients solve it.
 *
 * No nodes: nothing is written. No edges: every node 1 / sqrt n. Isolated nodes have the start value 1
 * before the division, so they are not 0. Components do not influence each other but through the norm (and
 * l).
 */
#ifndef DN_NETWORK_KATZ_H
#define DN_NETWORK_KATZ_H

#include "solvers/network/solve_report.h"
#include "solvers/network/team.h"

typedef struct dn_katz_options {
    double alpha;     /* 0 < alpha < 1 / l; 0: 0.85 / l */
    double tolerance; /* > 0: of the L2 norm of x - alpha A x - 1 / norm, |x| = 1 */
} dn_katz_options;

#define DN_KATZ_DEFAULTS               \
    {                                  \
        .alpha = 0, .tolerance = 1e-10 \
    }

typedef struct dn_katz_figures {
    double alpha;      /* that was used; without edges and with alpha 0: 0 */
    double eigenvalue; /* l; 0: no edges */
    double bound;      /* 1 / l: alpha must stay below; infinite without edges */
} dn_katz_figures;

/* out [n]: L2 norm 1, all above 0. report: residual as tolerance; error is 2 residual / (1 - alpha l), which
 * no value's error exceeds. PETSc prefix katz_, -katz_ksp_atol replaces the tolerance; l is found with prefix
 * katz_ too (-katz_eps_tol). Collective on the team.
 * Fails: DN_EUSAGE alpha is negative or not finite, the tolerance is not above 0; DN_EDATA alpha is not below
 * 1 / l (the text has the bound), a weight is not above 0; DN_ENOMEM; DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_katz(const dn_graph *g, const dn_team *team,
                                              const dn_katz_options *o, double *out, dn_katz_figures *figures,
                                              dn_solve_report *report, dn_error *err);

#endif
