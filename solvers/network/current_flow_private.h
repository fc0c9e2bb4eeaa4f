/* current_flow_private.h - the systems of equations of current-flow closeness
 */
#ifndef DN_NETWORK_CURRENT_FLOW_PRIVATE_H
#define DN_NETWORK_CURRENT_FLOW_PRIVATE_H

#include <petscksp.h>
#include "solvers/network/current_flow.h"
#include "solvers/network/peel.h"
#include "solvers/network/petsc.h"

/* Laplacian of the 2-core, rows first .. last of it on this rank. In each component the first node of the
 * core, which has the most neighbours, is earthed through a conductor as strong as all its others: the matrix
 * is positive definite, and a right side that sums to 0 in the component sends nothing through it. */
typedef struct dn_flow {
    const dn_graph *g;
    const dn_peel *p;
    int64_t first, last;
    double *strength; /* [core]  sum of the conductances within the core */
    Mat m;
    KSP ksp;
    Vec b, x, r;
} dn_flow;

/* The matrix and its solver on comm. self: all rows, on one rank. Collective on comm; a rank that fails in
 * its own part says so in the agreement of the team, which a self-contained flow does not enter. Fails:
 * DN_ENOMEM, DN_EDATA more entries than PetscInt can count, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_flow_create(const dn_graph *g, const dn_team *team, const dn_peel *p, int self,
                                       double tolerance, dn_flow *out, dn_solve_report *report,
                                       dn_error *err);
void dn_flow_destroy(dn_flow *f);

/* Solve m x = b; r = b - m x. Adds to the report: iterations, the largest residual; returns in *out_length
 * the length of r, in *out_good whether the solver converged. */
DN_MUST_CHECK dn_status dn_flow_solve(dn_flow *f, double *out_length, int *out_good, dn_solve_report *report,
                                      dn_error *err);

/* f of the nodes of the 2-core (peel.h) from probes, and its standard error; arrays [n], others untouched.
 * Collective on the team. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_flow_probe(const dn_graph *g, const dn_team *team, const dn_peel *p,
                                                    const dn_probe_options *o, double *f, double *error,
                                                    dn_solve_report *report, dn_error *err);

#endif
