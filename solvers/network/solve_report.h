/* solve_report.h - how an iterative answer came about; goes beside every answer
 *
 * "Did not converge" is an answer, not an error: the caller shows it, and --strict makes it one.
 */
#ifndef DN_NETWORK_SOLVE_REPORT_H
#define DN_NETWORK_SOLVE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct dn_solve_report {
    bool converged;
    int64_t iterations;
    double residual; /* of the answer, computed again at the end; what it is says the header of the measure */
    double tolerance;  /* that was asked for, same definition as residual */
    double error;      /* bound of the error of one value; ties in top lists within it are broken by id */
    char method[64];   /* "cg", "krylovschur", ... as PETSc and SLEPc name them, with what --petsc changed */
    char warning[160]; /* "" or one line, such as "the largest eigenvalue is degenerate: ..." */
} dn_solve_report;

#endif
