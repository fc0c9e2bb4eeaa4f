/* eigenvector.h - eigenvector centrality: the leading eigenvector of the adjacency matrix
 *
 *     A v = l v,   l the largest eigenvalue,   v >= 0,   L2 norm 1
 *
 * This is networkx.eigenvector_centrality_numpy; Bonacich, 1972. SLEPc's Krylov-Schur finds the pair with the
 * largest real part: bipartite graphs have -l as well, which is no obstacle.
 *
 * No nodes: nothing is written. No edges: l is 0 and every vector fits; all values are 1 / sqrt n, with a
 * warning when n > 1. One node: 1. On a disconnected graph the nodes of all components but the leading one
 * are 0. Where several components share l the vector is not unique: what is returned is the part of the
 * degrees that lies in the space of leading vectors, so every leading component takes part; a warning says
 * so.
 */
#ifndef DN_NETWORK_EIGENVECTOR_H
#define DN_NETWORK_EIGENVECTOR_H

#include "solvers/network/solve_report.h"
#include "solvers/network/team.h"

typedef struct dn_eigenvector_options {
    double tolerance;         /* > 0: of |A v - l v| / l */
    const int64_t *component; /* [n]  number of the component of a node, from 0 (components.h), or NULL: then
                                 neither shared eigenvalues nor zeros of other components are looked for */
    int64_t components;
} dn_eigenvector_options;

#define DN_EIGENVECTOR_DEFAULTS \
    {                           \
        .tolerance = 1e-10      \
    }

typedef struct dn_eigenvector_figures {
    double eigenvalue; /* Rayleigh quotient of the answer */
    double residual;   /* L2 norm of A v - l v */
    double second;     /* largest other Ritz value, an estimate of the second eigenvalue; NaN: none */
    double gap;        /* eigenvalue - second; 0 where the leading eigenvalue is shared; NaN: not known */
    int64_t leading;   /* components that have this eigenvalue within its error; 0: not looked for */
} dn_eigenvector_figures;

/* out [n]. report: residual and tolerance are relative, |A v - l v| / l; error is
 * sqrt(2) |A v - l v| / (l - next), next the largest Ritz value that no leading component has; no value's
 * error exceeds it when next has found its eigenvalue. PETSc prefix eigenvector_. Collective on the team.
 * Fails: DN_EUSAGE the tolerance is not above 0; DN_EDATA a weight is not above 0; DN_ENOMEM; DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_eigenvector(const dn_graph *g, const dn_team *team,
                                                     const dn_eigenvector_options *o, double *out,
                                                     dn_eigenvector_figures *figures, dn_solve_report *report,
                                                     dn_error *err);

typedef struct dn_eigenvector_each_figures {
    int64_t solved;  /* components of three nodes and more */
    int64_t failed;  /* of these, how many did not converge */
    double smallest; /* the smallest gap among them, l minus the component's second eigenvalue; NaN: none */
} dn_eigenvector_each_figures;

/* The eigenvector centrality of every component on its own: as networkx.eigenvector_centrality_numpy gives it
 * on the component, L2 norm 1 for each. An isolated node has 1, both ends of a lone edge 1 / sqrt 2. Within a
 * component the largest eigenvalue is never shared.
 *
 *   o          o->component is needed here
 *   out        [n]
 *   opt_value  [o->components]  largest eigenvalue of each component, 0 for an isolated node; or NULL
 *   report     converged: all; residual and error are the worst of all components, iterations their sum
 *
 * Components of a few nodes are solved densely, the others by EPS with the prefix eigenvector_; components
 * are spread over the ranks, a large one is shared by all. Collective on the team. Fails: as above. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_eigenvector_each(const dn_graph *g, const dn_team *team,
                                                          const dn_eigenvector_options *o, double *out,
                                                          double *opt_value,
                                                          dn_eigenvector_each_figures *figures,
                                                          dn_solve_report *report, dn_error *err);

#endif
