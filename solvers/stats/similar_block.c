/* similar_block.c - label history of one drug and many targets at a time; see similar_block.h */
#include "solvers/stats/similar_block.h"

#include <math.h>
#include <string.h>
#include "solvers/stats/label_history.h"

/* The levels of base/clones.h would fuse multiplication and addition and so change the bits; AVX2 alone has
 * no such instruction. */
#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CLONES
#endif

CLONES
static void add_scaled(double *restrict sum, double factor, const double *restrict x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sum[i] += factor * x[i];
}

static void add(double *restrict sum, const double *restrict x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sum[i] += x[i];
}

/* Weights by label, each [width]. */
typedef struct sums {
    double *pair[2], *target[2], *drug[2], *of_target[2];
    int64_t of_drug[2], all[2];
} sums;

static void take_rows(const dn_past *past, const dn_similar_targets *asked, int64_t drug,
                      const double *like_drug, sums *s)
{
    for (int64_t i = 0; i < past->n; i++) {
        int64_t row = past->rows[i], d = past->drug[row], t = past->target[row], place = asked->place[t];
        int label = past->label[row];
        double weight = like_drug[d] * like_drug[d];
        const double *square = asked->square + t * asked->width;

        s->all[label]++;
        add_scaled(s->pair[label], weight, square, asked->width);
        if (place >= 0) {
            s->drug[label][place] += weight;
            s->of_target[label][place]++;
        }
        if (d == drug) {
            add(s->target[label], square, asked->width);
            s->of_drug[label]++;
        }
    }
}

void dn_similar_score_block(const dn_past *past, const dn_similar_targets *asked, int64_t drug,
                            const double *like_drug, double *scratch, double *out)
{
    int64_t w = asked->width;
    sums s = {.pair = {scratch, scratch + w},
              .target = {scratch + 2 * w, scratch + 3 * w},
              .drug = {scratch + 4 * w, scratch + 5 * w},
              .of_target = {scratch + 6 * w, scratch + 7 * w}};
    double p, drug_history, drug_rows;

    memset(scratch, 0, (size_t)(8 * w) * sizeof *scratch);
    take_rows(past, asked, drug, like_drug, &s);
    p = dn_history_share(s.all[1], s.all[0] + s.all[1]);
    drug_history = dn_history_odds((double)s.of_drug[1], (double)s.of_drug[0], p);
    drug_rows = log1p((double)(s.of_drug[0] + s.of_drug[1]));
    for (int64_t i = 0; i < w; i++) {
        double *to = out + i * DN_SIMILARS;

        to[DN_SIMILAR_DRUG] = dn_history_odds(s.drug[1][i], s.drug[0][i], p);
        to[DN_SIMILAR_TARGET] = dn_history_odds(s.target[1][i], s.target[0][i], p);
        to[DN_SIMILAR_BOTH] = to[DN_SIMILAR_DRUG] + to[DN_SIMILAR_TARGET];
        to[DN_SIMILAR_PAIR] = dn_history_odds(s.pair[1][i], s.pair[0][i], p);
        to[DN_SIMILAR_TARGET_HISTORY] = dn_history_odds(s.of_target[1][i], s.of_target[0][i], p);
        to[DN_SIMILAR_DRUG_HISTORY] = drug_history;
        to[DN_SIMILAR_TARGET_ROWS] = log1p(s.of_target[0][i] + s.of_target[1][i]);
        to[DN_SIMILAR_DRUG_ROWS] = drug_rows;
    }
}
