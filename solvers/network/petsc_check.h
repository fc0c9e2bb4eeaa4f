/* petsc_check.h - does PETSc solve a linear system whose solution is known, over these ranks
 *
 *     A x = b,  A the tridiagonal matrix (-1, 2.5, -1) of `rows` rows,  x_i = sin(i + 1),  b = A x
 *
 * by conjugate gradients with Jacobi's preconditioner to a residual of 1e-12 (relative). The condition number
 * of A is at most 9, so every entry must come within 1e-9 of x.
 */
#ifndef DN_NETWORK_PETSC_CHECK_H
#define DN_NETWORK_PETSC_CHECK_H

#include <petscsys.h>
#include <stdint.h>
#include "solvers/base/error.h"

/* out_worst is the largest difference of an entry, on all ranks; out_steps those of the solver. Between
 * dn_petsc_open() and dn_petsc_close(); collective on the communicator given to the former.
 * Fails: DN_ESOFTWARE PETSc's own errors; DN_EDATA rows < 1 */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_petsc_check(int64_t rows, double *out_worst, int64_t *out_steps,
                                                     dn_error *err);

#endif
