/* class_baselines.c - probabilities of four classes without any learning; see class_baselines.h */
#include "solvers/stats/class_baselines.h"

#include <math.h>
#include <string.h>

enum { C = DN_BASELINE_CLASSES };

static int turned(int label)
{
    return label < 2 ? label : 5 - label;
}

/* Share of class c in the table that is counted: with both orders as many pairs of class 2 as of class 3. */
static double share_of(const double *share, bool both_orders, int c)
{
    return both_orders ? 0.5 * (share[c] + share[turned(c)]) : share[c];
}

void dn_class_shares(const uint8_t *label, const int64_t *rows, int64_t n, double *out)
{
    for (int c = 0; c < C; c++)
        out[c] = 1;
    for (int64_t i = 0; i < n; i++)
        out[label[rows[i]]] += 1;
    for (int c = 0; c < C; c++)
        out[c] /= (double)n + C;
}

/* Counts of one gene in one place to log-odds ratios. */
static void to_odds(const double *share, bool both_orders, double *odds)
{
    double all = 0;

    for (int c = 0; c < C; c++)
        all += odds[c];
    for (int c = 0; c < C; c++) {
        double q = share_of(share, both_orders, c);

        odds[c] = log((odds[c] + C * q) / (all - odds[c] + C * (1 - q))) - log(q / (1 - q));
    }
}

void dn_class_popularity_fit(const int32_t *gene_a, const int32_t *gene_b, const uint8_t *label,
                             const int64_t *rows, int64_t n, int64_t genes, const double *share,
                             bool both_orders, double *out_odds)
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
    for (int64_t g = 0; g < 2 * genes; g++)
        to_odds(share, both_orders, out_odds + g * C);
}

void dn_class_popularity(const double *odds, const double *share, bool both_orders, int64_t a, int64_t b,
                         double *out)
{
    const double *first = odds + 2 * a * C, *second = odds + (2 * b + 1) * C;
    double largest = -INFINITY, sum = 0;

    for (int c = 0; c < C; c++) {
        double q = share_of(share, both_orders, c);

        out[c] = log(q / (1 - q)) + first[c] + second[c];
        largest = fmax(largest, out[c]);
    }
    for (int c = 0; c < C; c++)
        sum += out[c] = exp(out[c] - largest);
    for (int c = 0; c < C; c++)
        out[c] /= sum;
}

void dn_class_spread(double likely, const double *share, double *out)
{
    double sum = 0;

    for (int c = 0; c < C; c++)
        sum += out[c] = share[c] * (c == 0 ? 1 - likely : likely);
    for (int c = 0; c < C; c++)
        out[c] /= sum;
}
