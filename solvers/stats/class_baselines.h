/* class_baselines.h - probabilities of four classes of a gene pair without any learning
 *
 * Classes are 0 none, 1 connection, 2 a regulates b, 3 b regulates a (C = 4); in the other order 2 and 3
 * change places. Where nothing is known of a pair every baseline says the shares of the classes in training,
 * so that scores can be compared between classes. All functions are local.
 */
#ifndef DN_STATS_CLASS_BASELINES_H
#define DN_STATS_CLASS_BASELINES_H

#include <stdbool.h>
#include <stdint.h>

enum { DN_BASELINE_CLASSES = 4 };

/* Smoothed shares of the classes among the training rows: out [C], (N_c + 1) / (N + C). */
void dn_class_shares(const uint8_t *label, const int64_t *rows, int64_t n, double *out);

/* Directed popularity: how much more often than elsewhere class c is among the training pairs that have gene
 * g in a place (0: first, 1: second), as a smoothed log-odds ratio,
 *
 *     odds[g, place, c] = log((n_c + C q_c) / (n - n_c + C (1 - q_c))) - log(q_c / (1 - q_c))
 *
 * with n_c such pairs of class c, n of any, q_c the share of the class in training: 0 for a gene without
 * pairs. `both_orders` counts every training pair (a, b, c) a second time as (b, a, c turned): then it is the
 * role of a gene that counts, not the place that it happened to have in the table.
 *
 *   rows [n]                training rows of gene_a, gene_b, label
 *   share [C]               of dn_class_shares(); with both_orders those of classes 2 and 3 are averaged
 *   out_odds [genes, 2, C] */
void dn_class_popularity_fit(const int32_t *gene_a, const int32_t *gene_b, const uint8_t *label,
                             const int64_t *rows, int64_t n, int64_t genes, const double *share,
                             bool both_orders, double *out_odds);

/* Softmax over c of log(q_c / (1 - q_c)) + odds[a, 0, c] + odds[b, 1, c]: out [C], which add up to 1. share
 * [C] as given to the fit. */
void dn_class_popularity(const double *odds, const double *share, bool both_orders, int64_t a, int64_t b,
                         double *out);

/* Probabilities from one number that says how likely an interaction of any kind is, 0 <= likely <= 1: none
 * has weight q_0 (1 - likely), every other class q_c likely; out [C] are the weights over their sum. The
 * ranking of a class against the rest is that of the number. */
void dn_class_spread(double likely, const double *share, double *out);

#endif
