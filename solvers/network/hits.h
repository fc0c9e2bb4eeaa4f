/* hits.h - HITS: good hubs point to good authorities
 *
 *     h = D a / sum,   a = D^T h / sum,   both sum to 1
 *
 * D[i][j] is the weight (or 1) of the edge from i to j: an edge between sides points from the lower side to
 * the higher one (drug to gene), an edge within a side counts in both directions (graph.h). This is
 * networkx.hits on that directed graph; Kleinberg, 1999. a is the leading right singular vector of D, h the
 * left one; both are >= 0. They are found as the leading eigenvector of D^T D.
 *
 * No nodes: nothing is written. No edges: networkx fails; here all values are 1 / n, with a warning when
 * n > 1. Isolated nodes: 0. Nodes that nothing points to are no authorities, nodes that point to nothing no
 * hubs: 0. A graph of one side is undirected: hubs and authorities are the same, the eigenvector centrality
 * divided by its sum. D^T D falls apart into blocks, one for each component of the directed graph whose nodes
 * are split into their two roles (so an undirected bipartite component is two). Only the blocks with the
 * largest singular value are not 0; where several share it the vectors are not unique: what is returned is
 * the part of the in-strengths that lies in the leading space, and a warning says so.
 */
#ifndef DN_NETWORK_HITS_H
#define DN_NETWORK_HITS_H

#include "solvers/network/solve_report.h"
#include "solvers/network/team.h"

typedef struct dn_hits_options {
    double tolerance; /* > 0: of |D^T D a - s^2 a| / s^2, |a| = 1 */
} dn_hits_options;

#define DN_HITS_DEFAULTS   \
    {                      \
        .tolerance = 1e-10 \
    }

typedef struct dn_hits_figures {
    double singular; /* s, the largest singular value of D; 0: no edges */
    double second;   /* an estimate of the second; NaN: none */
    double gap;      /* singular - second; 0 where the largest is shared; NaN: not known */
    int64_t leading; /* blocks that have this singular value within its error */
} dn_hits_figures;

/* out_hubs [n] and out_authorities [n]: each sums to 1. report: residual as tolerance; error is
 * (1 + sqrt n) / sum times the L2 error of a as eigenvector.h bounds it, sum that of the vectors at norm 1.
 * PETSc prefix hits_. Collective on the team. Fails: DN_EUSAGE the tolerance is not above 0; DN_EDATA a
 * weight is not above 0; DN_ENOMEM; DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_hits(const dn_graph *g, const dn_team *team,
                                              const dn_hits_options *o, double *out_hubs,
                                              double *out_authorities, dn_hits_figures *figures,
                                              dn_solve_report *report, dn_error *err);

#endif
