/* similar_history.c - labels guessed from the labels of pairs like this one; see similar_history.h */
#include "solvers/stats/similar_history.h"

#include <math.h>
#include <stddef.h>
#include "solvers/stats/label_history.h"

static bool together(const int64_t *cluster, int64_t a, int64_t b)
{
    return cluster != NULL ? cluster[a] == cluster[b] : a == b;
}

static bool is_hidden(const dn_past *past, const dn_asked *a, int64_t row, int64_t drug, int64_t target)
{
    if (!a->training)
        return false;
    return row == a->row ||
           ((a->hidden == DN_HIDE_DRUG || a->hidden == DN_HIDE_BOTH) &&
            together(past->drug_cluster, drug, a->drug)) ||
           ((a->hidden == DN_HIDE_TARGET || a->hidden == DN_HIDE_BOTH) &&
            together(past->target_cluster, target, a->target));
}

void dn_similar_score(const dn_past *past, const dn_asked *asked, const double *like_drug,
                      const double *like_target, double out[DN_SIMILARS])
{
    double by_drug[2] = {0, 0}, by_target[2] = {0, 0}, by_pair[2] = {0, 0}; /* [label] */
    int64_t of_target[2] = {0, 0}, of_drug[2] = {0, 0}, all[2] = {0, 0};
    double p;

    for (int64_t i = 0; i < past->n; i++) {
        int64_t row = past->rows[i], d = past->drug[row], t = past->target[row];
        double ld = like_drug[d] * like_drug[d], lt = like_target[t] * like_target[t];
        int label = past->label[row];

        if (is_hidden(past, asked, row, d, t))
            continue;
        all[label]++;
        by_pair[label] += ld * lt;
        if (t == asked->target) {
            by_drug[label] += ld;
            of_target[label]++;
        }
        if (d == asked->drug) {
            by_target[label] += lt;
            of_drug[label]++;
        }
    }
    p = dn_history_share(all[1], all[0] + all[1]);
    out[DN_SIMILAR_DRUG] = dn_history_odds(by_drug[1], by_drug[0], p);
    out[DN_SIMILAR_TARGET] = dn_history_odds(by_target[1], by_target[0], p);
    out[DN_SIMILAR_BOTH] = out[DN_SIMILAR_DRUG] + out[DN_SIMILAR_TARGET];
    out[DN_SIMILAR_PAIR] = dn_history_odds(by_pair[1], by_pair[0], p);
    out[DN_SIMILAR_TARGET_HISTORY] = dn_history_odds((double)of_target[1], (double)of_target[0], p);
    out[DN_SIMILAR_DRUG_HISTORY] = dn_history_odds((double)of_drug[1], (double)of_drug[0], p);
    out[DN_SIMILAR_TARGET_ROWS] = log1p((double)(of_target[0] + of_target[1]));
    out[DN_SIMILAR_DRUG_ROWS] = log1p((double)(of_drug[0] + of_drug[1]));
}
