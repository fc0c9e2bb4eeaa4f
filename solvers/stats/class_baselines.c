/* class_baselines.c - probabilities of four classes without any learning; see class_baselines.h */
#include "solvers/stats/class_baselines.h"

#include <math.h>
#include <string.h>

enum { C = DN_BASELINE_CLASSES };

static int turned(int label)
{
    return label < 2 ? label : 5 - label;
}

void dn_class_popularity_fit(const int64_t *gene_a, const int64_t *gene_b, const uint8_t *label,
                             const int64_t *rows, int64_t n, int64_t genes, bool both_orders,
                             double *out_odds)
{
    memset(out_odds, 0, (size_t)genes * 2 * C * sizeof *out_odds);
    for (int64_t i = 0; i < n; i++) { /* counts first, exact in double precision */
        int64_t a = gene_a[rows[i]], b = gene_b[rows[i]];
        int c = label[rows[i]];

        out_odds[(2 * a) * C + c] += 1;
        out_odds[(2 * b + 1) * C + c] += 1;
        if (both_orders) {
            out_odds[(2 * b) * C + turned(c)] += 1;
            out_odds[(2 * a + 1) * C + turned(c)] += 1;
        }
    }
    for (int64_t g = 0; g < 2 * genes; g++) {
        double *odds = out_odds + g * C, all = 0;

        for (int c = 0; c < C; c++)
            all += odds[c];
        for (int c = 0; c < C; c++)
            odds[c] = log((odds[c] + 1) / (all - odds[c] + C - 1));
    }
}

void dn_class_popularity(const double *odds, int64_t a, int64_t b, double *out)
{
    const double *first = odds + 2 * a * C, *second = odds + (2 * b + 1) * C;
    double largest = first[0] + second[0], sum = 0;

    for (int c = 1; c < C; c++)
        largest = fmax(largest, first[c] + second[c]);
    for (int c = 0; c < C; c++)
        sum += out[c] = exp(first[c] + second[c] - largest);
    for (int c = 0; c < C; c++)
        out[c] /= sum;
}

void dn_class_spread(double likely, double *out)
{
    out[0] = 1 - likely;
    for (int c = 1; c < C; c++)
        out[c] = likely / (C - 1);
}
