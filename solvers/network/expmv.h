/* expmv.h - exp(t (A - shift I)) times a vector, by SLEPc's MFN
 */
#ifndef DN_NETWORK_EXPMV_H
#define DN_NETWORK_EXPMV_H

#include <petscvec.h>
#include "solvers/network/petsc.h"
#include "solvers/network/solve_report.h"
#include "solvers/network/team.h"

typedef struct dn_expmv dn_expmv;

/* tolerance: of MFN's error estimate over the length of the vector that it is given; options with `prefix`,
 * of which -<prefix>mfn_tol replaces the tolerance. Its name and its tolerance go to the report. Collective
 * on the team. Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_expmv_create(const dn_graph *g, const dn_team *team,
                                                      const char *prefix, double tolerance, dn_expmv **out,
                                                      dn_solve_report *report, dn_error *err);
DN_COLLECTIVE void dn_expmv_destroy(dn_expmv **e);

/* Let A be A - sum of value[k] v_k v_k' from now on, v_k orthonormal eigenvectors with these eigenvalues:
 * what rounding brings in along them is no longer multiplied by their exponentials. Borrowed. Local. */
enum { DN_EXPMV_PAIRS = 16 };
void dn_expmv_deflate(dn_expmv *e, int pairs, const double *value, Vec *pair);

/* A vector for it, distributed as its matrix. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_expmv_vector(const dn_expmv *e, Vec *out, dn_error *err);

/* y = exp(t (A - shift I)) x, x != y. Adds to the iterations of the report; where MFN gives up, converged
 * becomes false, the warning says why and y holds what it has. Collective.
 * Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_expmv_apply(dn_expmv *e, double t, double shift, Vec x, Vec y,
                                                     dn_solve_report *report, dn_error *err);

#endif
