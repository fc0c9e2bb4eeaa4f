/* similar_history.c - labels guessed from the labels of pairs like this one; see similar_history.h */
#include "solvers/stats/similar_history.h"

#include "solvers/stats/label_history.h"

void dn_similar_score(const dn_past *past, int64_t drug, int64_t target, const double *like_drug,
                      const double *like_target, double out[DN_SIMILARS])
{
    double by_drug[2] = {0, 0}, by_target[2] = {0, 0}, by_pair[2] = {0, 0}; /* [label] */
    int64_t positives = 0;
    double p;

    for (int64_t i = 0; i < past->n; i++) {
        int64_t row = past->rows[i], d = past->drug[row], t = past->target[row];
        double ld = like_drug[d] * like_drug[d], lt = like_target[t] * like_target[t];
        int label = past->label[row];

        positives += label;
        by_pair[label] += ld * lt;
        if (t == target)
            by_drug[label] += ld;
        if (d == drug)
            by_target[label] += lt;
    }
    p = dn_history_share(positives, past->n);
    out[DN_SIMILAR_DRUG] = dn_history_odds(by_drug[1], by_drug[0], p);
    out[DN_SIMILAR_TARGET] = dn_history_odds(by_target[1], by_target[0], p);
    out[DN_SIMILAR_BOTH] = out[DN_SIMILAR_DRUG] + out[DN_SIMILAR_TARGET];
    out[DN_SIMILAR_PAIR] = dn_history_odds(by_pair[1], by_pair[0], p);
}
