/* normalise.c - expression made comparable between genes; see normalise.h */
#include "solvers/stats/normalise.h"

#include <math.h>
#include <stdbool.h>

/* Returns whether the gene has values that are all alike. */
static bool zscore(float *x, int64_t n)
{
    double sum = 0, squares = 0, mean, sd;
    int64_t have = 0;

    for (int64_t s = 0; s < n; s++)
        if (!isnan(x[s])) {
            sum += (double)x[s];
            have++;
        }
    mean = have > 0 ? sum / (double)have : 0;
    for (int64_t s = 0; s < n; s++)
        if (!isnan(x[s]))
            squares += ((double)x[s] - mean) * ((double)x[s] - mean);
    sd = have > 0 ? sqrt(squares / (double)have) : 0;
    /* below the rounding of the values themselves there is no variance */
    if (sd <= 1e-6 * fabs(mean))
        sd = 0;
    for (int64_t s = 0; s < n; s++)
        x[s] = isnan(x[s]) || !(sd > 0) ? 0.0f : (float)(((double)x[s] - mean) / sd);
    return have > 0 && !(sd > 0);
}

void dn_zscore_genes(float *x, int64_t genes, int64_t samples, int64_t *out_flat)
{
    *out_flat = 0;
    for (int64_t g = 0; g < genes; g++)
        *out_flat += zscore(x + g * samples, samples);
}
