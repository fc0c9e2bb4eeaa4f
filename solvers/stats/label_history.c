/* label_history.c - labels guessed from past labels; see label_history.h */
#include "solvers/stats/label_history.h"

#include <math.h>
#include <string.h>

enum { WEIGHT = 2 }; /* k of the header */

double dn_history_share(int64_t positives, int64_t n)
{
    return ((double)positives + 1) / ((double)n + 2);
}

double dn_history_odds(double positives, double negatives, double p)
{
    if (!(positives + negatives > 0)) /* not left to the rounding of two logarithms */
        return 0;
    return log((positives + WEIGHT * p) / (negatives + WEIGHT * (1 - p))) - log(p / (1 - p));
}

static void fit_side(const int64_t *side, const uint8_t *label, const int64_t *rows, int64_t n,
                     int64_t entities, double p, double *out, int64_t *scratch)
{
    int64_t(*count)[2] = (int64_t(*)[2])scratch; /* [entities][label] */

    memset(scratch, 0, 2 * (size_t)entities * sizeof *scratch);
    for (int64_t i = 0; i < n; i++)
        count[side[rows[i]]][label[rows[i]]]++;
    for (int64_t e = 0; e < entities; e++)
        out[e] = dn_history_odds((double)count[e][1], (double)count[e][0], p);
}

void dn_history_fit(const int64_t *drug, const int64_t *target, const uint8_t *label, const int64_t *rows,
                    int64_t n, int64_t drugs, int64_t targets, double *out_drug, double *out_target,
                    int64_t *scratch)
{
    int64_t positives = 0;
    double p;

    for (int64_t i = 0; i < n; i++)
        positives += label[rows[i]];
    p = dn_history_share(positives, n);
    fit_side(drug, label, rows, n, drugs, p, out_drug, scratch);
    fit_side(target, label, rows, n, targets, p, out_target, scratch);
}

double dn_history_score(dn_history h, double drug_odds, double target_odds)
{
    return h == DN_HISTORY_TARGET ? target_odds : h == DN_HISTORY_DRUG ? drug_odds : drug_odds + target_odds;
}
