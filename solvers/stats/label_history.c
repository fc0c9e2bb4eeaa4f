/* label_history.c - labels guessed from past labels; see label_history.h */
#include "solvers/stats/label_history.h"

#include <math.h>
#include <string.h>

enum { WEIGHT = 2 }; /* k of the header */

const char *dn_history_name(dn_history h)
{
    static const char *const name[DN_HISTORIES] = {"target_history", "drug_history", "history"};

    return name[h];
}

static void fit_side(const int64_t *side, const uint8_t *label, const int64_t *rows, int64_t n,
                     int64_t entities, double p, double *out, int64_t *scratch)
{
    int64_t(*count)[2] = (int64_t(*)[2])scratch; /* [entities][label] */

    memset(scratch, 0, 2 * (size_t)entities * sizeof *scratch);
    for (int64_t i = 0; i < n; i++)
        count[side[rows[i]]][label[rows[i]]]++;
    for (int64_t e = 0; e < entities; e++) {
        out[e] = 0;
        if (count[e][0] + count[e][1] > 0) /* not left to the rounding of two logarithms */
            out[e] = log(((double)count[e][1] + WEIGHT * p) / ((double)count[e][0] + WEIGHT * (1 - p))) -
                     log(p / (1 - p));
    }
}

void dn_history_fit(const int64_t *drug, const int64_t *target, const uint8_t *label, const int64_t *rows,
                    int64_t n, int64_t drugs, int64_t targets, double *out_drug, double *out_target,
                    int64_t *scratch)
{
    int64_t positives = 0;
    double p;

    for (int64_t i = 0; i < n; i++)
        positives += label[rows[i]];
    p = ((double)positives + 1) / ((double)n + 2);
    fit_side(drug, label, rows, n, drugs, p, out_drug, scratch);
    fit_side(target, label, rows, n, targets, p, out_target, scratch);
}

double dn_history_score(dn_history h, double drug_odds, double target_odds)
{
    return h == DN_HISTORY_TARGET ? target_odds : h == DN_HISTORY_DRUG ? drug_odds : drug_odds + target_odds;
}
