/* leading.h - the leading eigenpair of a symmetric matrix by SLEPc
 */
#ifndef DN_NETWORK_LEADING_H
#define DN_NETWORK_LEADING_H

#include <petscmat.h>
#include "solvers/network/petsc.h"
#include "solvers/network/solve_report.h"

typedef struct dn_leading {
    double value;    /* Rayleigh quotient of the vector */
    double second;   /* largest other Ritz value; NaN: none */
    double next;     /* largest Ritz value that is not `value` within rounding; NaN: none */
    double residual; /* L2 norm of A v - value v, computed again */
} dn_leading;

/* The eigenpair of a with the largest eigenvalue: by EPS with Krylov-Schur, options with `prefix`.
 *
 *   v          in: where to start, not 0; out: the vector, L2 norm 1, sum >= 0
 *   tolerance  of |A v - l v| / l; -<prefix>eps_tol replaces it
 *   report     converged, iterations (restarts), residual and tolerance (relative), method; error is
 *              left to the caller. Not converged: the best vector that the solver has kept
 *
 * Collective on a. Fails: DN_EDATA the basis has more numbers than PetscInt can count (says which build can);
 * DN_ENOMEM, DN_ESOFTWARE
 */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_leading_pair(Mat a, const char *prefix, double tolerance, Vec v,
                                                      dn_leading *out, dn_solve_report *report,
                                                      dn_error *err);

/* Residual and Rayleigh quotient of v, which has norm 1. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_leading_measure(Mat a, Vec v, dn_leading *out, dn_error *err);

/* A bound of the L2 distance of v from the space of leading vectors: sqrt(2) residual / (value - next), if
 * next has found its eigenvalue; residual / value where there is none, because the iteration ended at once.
 * Local. */
double dn_leading_error(const dn_leading *pair);

#endif
