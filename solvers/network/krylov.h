/* krylov.h - what the measures that iterate share: refusing weights, strengths, names of solvers
 *
 * Users tune every measure through --petsc with its own prefix: "-pagerank_ksp_type minres".
 */
#ifndef DN_NETWORK_KRYLOV_H
#define DN_NETWORK_KRYLOV_H

#include <petscksp.h>
#include <slepceps.h>
#include "solvers/network/adjacency.h"
#include "solvers/network/solve_report.h"

/* The communicator of the PETSc objects of a team. Local. */
MPI_Comm dn_krylov_comm(const dn_team *team);

/* Centralities that count walks need positive weights. Collective on the team.
 * Fails: DN_EDATA a weight is not above 0 (names the measure and both nodes by their outside numbers) */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_krylov_weights(const dn_graph *g, const dn_team *team,
                                                        const char *measure, dn_error *err);

/* out [connected]: sum of the weights at every connected node (its degree without weights), the same on every
 * rank. Collective on the team; cannot fail. */
DN_COLLECTIVE void dn_krylov_strength(const dn_graph *g, const dn_team *team, double *out);

/* What a start is multiplied by at a node with this outside number, 1 to 1.5. What is symmetric in the graph
 * is symmetric in the strengths, and a Krylov space would not see what is not; a factor that differs from
 * node to node cures it. Local. */
double dn_krylov_turn(int64_t outside);

/* y = values of x at this rank's rows, as PETSc holds them. x [connected]. Local. */
DN_MUST_CHECK dn_status dn_krylov_fill(const dn_team *team, const double *x, Vec y, dn_error *err);

/* The start of a report: converged with nothing to do. */
void dn_krylov_begin(dn_solve_report *r, double tolerance);

/* Whether PetscInt can count a basis of ncv vectors of n numbers and `beside` more, which SLEPc keeps in one
 * vector. prefix, option: what makes it smaller, "svd_" and "eps_ncv". Local.
 * Fails: DN_EDATA says which build can count it, and a basis that this one can */
DN_MUST_CHECK dn_status dn_krylov_basis(int64_t n, int64_t ncv, int64_t beside, const char *prefix,
                                        const char *option, dn_error *err);

/* For a search beside pairs that are known: a random start of its own, as SLEPc gives all solvers the same,
 * and residuals measured by *unit, which outlives the search, as the value that is found may be 0. Local. */
DN_MUST_CHECK dn_status dn_krylov_beside(EPS eps, int64_t search, const double *unit, dn_error *err);

/* Names of the solver and what --petsc made of it into the report. Local. */
DN_MUST_CHECK dn_status dn_krylov_method_ksp(KSP ksp, dn_solve_report *r, dn_error *err);

/* One line of warning; the first wins. */
void dn_krylov_warn(dn_solve_report *r, const char *fmt, ...) DN_PRINTF(2, 3);

#endif
