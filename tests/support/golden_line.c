/* golden_line.c - see golden_line.h */
#include "tests/support/golden_line.h"

#include <math.h>
#include <string.h>

static char line[32];

bool golden_line(FILE *f, const char *name, int n, double *out)
{
    if (fscanf(f, "%31s", line) != 1 || strcmp(line, name) != 0)
        return false;
    for (int i = 0; i < n; i++)
        if (fscanf(f, "%lf", &out[i]) != 1)
            return false;
    return true;
}

bool golden_near(double got, double wanted)
{
    bool near = (isnan(got) && isnan(wanted)) || fabs(got - wanted) <= 1e-9;

    if (!near)
        fprintf(stderr, "# line %s: %.17g is not %.17g\n", line, got, wanted);
    return near;
}

bool golden_near_interval(const dn_interval *got, const double *wanted)
{
    return golden_near(got->lo, wanted[0]) && golden_near(got->hi, wanted[1]) &&
           golden_near((double)got->used, wanted[2]);
}
