/* baselines.c - what a gene pair's score would be without any learning; see baselines.h */
#include "solvers/stats/baselines.h"

#include <math.h>
#include <string.h>

enum { DN_MIN_SHARED = 3 };

void dn_popularity_fit(const int32_t *gene_a, const int32_t *gene_b, const uint8_t *label,
                       const int64_t *rows, int64_t n, int64_t genes, double *out_odds, int64_t *scratch)
{
    int64_t(*count)[2] = (int64_t(*)[2])scratch; /* [genes][label] */

    memset(scratch, 0, 2 * (size_t)genes * sizeof *scratch);
    for (int64_t i = 0; i < n; i++) {
        count[gene_a[rows[i]]][label[rows[i]]]++;
        count[gene_b[rows[i]]][label[rows[i]]]++;
    }
    for (int64_t g = 0; g < genes; g++)
        out_odds[g] = log(((double)count[g][1] + 1) / ((double)count[g][0] + 1));
}

double dn_profile_correlation(const float *a, const float *b, int64_t samples)
{
    double mean_a = 0, mean_b = 0, aa = 0, ab = 0, bb = 0, scale;
    int64_t shared = 0;

    for (int64_t s = 0; s < samples; s++) {
        if (isnan(a[s]) || isnan(b[s]))
            continue;
        mean_a += (double)a[s];
        mean_b += (double)b[s];
        shared++;
    }
    if (shared < DN_MIN_SHARED)
        return 0;
    mean_a /= (double)shared;
    mean_b /= (double)shared;
    for (int64_t s = 0; s < samples; s++) {
        double x = (double)a[s] - mean_a, y = (double)b[s] - mean_b;

        if (isnan(x) || isnan(y))
            continue;
        aa += x * x;
        ab += x * y;
        bb += y * y;
    }
    scale = sqrt(aa) * sqrt(bb);
    /* what remains of a constant profile after subtracting its rounded mean is no variation */
    if (!(sqrt(aa / (double)shared) > 1e-12 * fabs(mean_a)) ||
        !(sqrt(bb / (double)shared) > 1e-12 * fabs(mean_b)) || !(scale > 0))
        return 0;
    return fmax(-1, fmin(1, ab / scale));
}

double dn_missing_score(int64_t values_a, int64_t values_b, int64_t samples)
{
    if (samples == 0)
        return 0;
    return (double)(values_a + values_b) / (2.0 * (double)samples) - 1.0;
}
