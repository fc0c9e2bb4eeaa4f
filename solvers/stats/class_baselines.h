/* class_baselines.h - probabilities of four classes of a gene pair without any learning
 *
 * Classes are 0 none, 1 connection, 2 a regulates b, 3 b regulates a (C = 4); in the other order 2 and 3
 * change places. All functions are local.
 */
#ifndef DN_STATS_CLASS_BASELINES_H
#define DN_STATS_CLASS_BASELINES_H

#include <stdbool.h>
#include <stdint.h>

enum { DN_BASELINE_CLASSES = 4 };

/* Directed popularity: for a gene g and a place (0: first, 1: second) the smoothed log-odds of the share of
 * class c among the training pairs that have g in this place,
 *
 *     odds[g, place, c] = log((n_c + 1) / (n - n_c + C - 1)),   n = n_0 + .. + n_3
 *
 * so that a gene without pairs has the same number for all classes. `both_orders` counts every training pair
 * (a, b, c) a second time as (b, a, c turned): then it is the role of a gene that counts, not the place that
 * it happened to have in the table.
 *
 *   rows [n]                training rows of gene_a, gene_b, label
 *   out_odds [genes, 2, C] */
void dn_class_popularity_fit(const int64_t *gene_a, const int64_t *gene_b, const uint8_t *label,
                             const int64_t *rows, int64_t n, int64_t genes, bool both_orders,
                             double *out_odds);

/* Softmax over c of odds[a, 0, c] + odds[b, 1, c]: out [C], which add up to 1. */
void dn_class_popularity(const double *odds, int64_t a, int64_t b, double *out);

/* Probabilities from one number that says how likely an interaction of any kind is, 0 <= likely <= 1: none
 * has 1 - likely, each other class a third of likely. out [C]. The ranking of a class against the rest is
 * that of the number. */
void dn_class_spread(double likely, double *out);

#endif
