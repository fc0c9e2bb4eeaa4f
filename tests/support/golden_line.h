/* golden_line.h - lines of names and numbers out of files of tests/golden, and numbers compared with them.
 * Local. */
#ifndef DN_TEST_SUPPORT_GOLDEN_LINE_H
#define DN_TEST_SUPPORT_GOLDEN_LINE_H

#include <stdbool.h>
#include <stdio.h>
#include "solvers/stats/bootstrap.h"

/* n numbers of the next line, which must begin with name. NaN stands as "nan". */
bool golden_line(FILE *f, const char *name, int n, double *out);

/* Within 1e-9, for sums of a few hundred doubles in another order; NaN is near NaN. What is not is printed
 * with the name of the line that was read last. */
bool golden_near(double got, double wanted);

/* The same of both ends and of how many replicates were used: wanted [3]. */
bool golden_near_interval(const dn_interval *got, const double *wanted);

#endif
