/* synth.h - a data set with planted truth
 *
 * Every number is a function of the options and of its own index (streams DN_RNG_SYNTH), so that any number
 * of ranks writes the same bytes. U(.) is uniform in (0, 1), N(.) standard normal, each draw of a stream of
 * its own:
 *
 *   - module m[g]: one of 0 .. modules-1, uniform
 *   - profile f[m,s] = N(m, s): latent course of a module over the samples
 *   - loading l[g] = sign (1/2 + U(g)), sign = +1 or -1 evenly
 *   - expression x[g,s] = l[g] f[m[g],s] + noise N(g, s); NaN with probability `missing`
 *   - popularity hub[g] = 4 / U(g) for a share `hubs` of the genes (Pareto law of index 1), 1 for the
 *     others. It does not show in the expression: only the pairs tell it.
 *   - pairs: the first `pairs` of a keyed permutation of all unordered pairs, in random orientation: no
 *     self pair, no pair twice in either order
 *   - score = 3 C[m[a],m[b]] sign(l[a] l[b]) + log hub[a] + log hub[b] + L, L logistic noise;
 *     C symmetric, +1 on the diagonal, otherwise +1 or -1 evenly
 *   - label: the pairs / 2 pairs of the highest score are positive. With c the median of the scores,
 *     P(positive) = 1 / (1 + exp(c - (score - L)))
 *
 * With four classes the positive pairs have one of three labels (synth_classes.c). Every gene drives its
 * partners by
 *   - drive v[g] = sign(l[g]) e[m[g]], e[m] = 1/2 + U(m): to be read from the expression, which shows the
 * module and the sign of its loading
 *   - class of a positive pair (a, b): the largest of 1 + G, 2 (v[a] - v[b]) + G', 2 (v[b] - v[a]) + G", in
 * this order connection, a regulates b, b regulates a; G standard Gumbel noise (minus the log of an
 * exponential draw). With d = 2 (v[a] - v[b]): P(a regulates b) = exp(d) / (e + exp(d) + exp(-d)); turned
 * round, the pair has the other direction About half the pairs are none, a seventh connections, the rest
 * regulation in either direction alike.
 *
 * So a model that reads modules and signs from the expression of genes it has never seen predicts their
 * pairs; popularity knows the hubs among the genes it has seen, and of others nothing.
 */
#ifndef DN_DATA_SYNTH_H
#define DN_DATA_SYNTH_H

#include <stdbool.h>
#include "mpi/io/h5.h"

enum { DN_SYNTH_MODULES_MAX = 64 };

typedef struct dn_synth_options {
    int64_t genes;   /* N >= 2 */
    int64_t samples; /* S >= 2 */
    int64_t pairs;   /* 2 .. N (N - 1) / 2 */
    int64_t modules; /* 1 .. DN_SYNTH_MODULES_MAX */
    double noise;    /* standard deviation, >= 0; a profile has 1 */
    double missing;  /* share of values, 0 <= missing < 1 */
    double hubs;     /* share of genes, 0 .. 1 */
    uint64_t seed;
    int classes; /* 2 or 4; 0 counts as 2 */
} dn_synth_options;

/* The truth about a gene. */
typedef struct dn_synth_gene {
    int64_t module;
    double loading;
    double hub;
} dn_synth_gene;

/* Fails: DN_EUSAGE an option is out of range, or more pairs than there are. Local. */
DN_MUST_CHECK dn_status dn_synth_check(const dn_synth_options *o, dn_error *err);

dn_synth_gene dn_synth_gene_of(const dn_synth_options *o, int64_t gene); /* local */

/* C[a,b]: +1 or -1. Local. */
int dn_synth_compatible(const dn_synth_options *o, int64_t module_a, int64_t module_b);

/* Expression of a gene, out_x [samples], NaN where missing; returns the number of values. Local. */
int64_t dn_synth_row(const dn_synth_options *o, int64_t gene, float *out_x);

/* Pair k, 0 <= k < pairs: its genes, and its score with noise. Local. */
double dn_synth_pair(const dn_synth_options *o, int64_t k, int64_t *out_a, int64_t *out_b);

/* Drive of a gene, and the class 1, 2 or 3 of the pair (a, b), a != b, were it positive. Local. */
double dn_synth_drive(const dn_synth_options *o, int64_t gene);
uint8_t dn_synth_class(const dn_synth_options *o, int64_t gene_a, int64_t gene_b);

/* The unordered pair number k of all N (N - 1) / 2: *out_low < *out_high, k = high (high - 1) / 2 + low.
 * Local. */
void dn_synth_unordered(int64_t k, int64_t *out_low, int64_t *out_high);

/* What makes many pairs fast: 16 bytes for each gene. The same pairs and scores as dn_synth_pair(), bit for
 * bit. Local; the options are copied. Fails: DN_ENOMEM */
typedef struct dn_synth_maker dn_synth_maker;
DN_MUST_CHECK dn_status dn_synth_maker_create(const dn_synth_options *o, dn_synth_maker **out, dn_error *err);
void dn_synth_maker_destroy(dn_synth_maker **m);
double dn_synth_maker_pair(const dn_synth_maker *m, int64_t k, int64_t *out_a, int64_t *out_b);

/* Write the data set: the layout of import with the pair set "known", and /truth. Every rank makes its own
 * block of genes and of pairs, in turns of 2^18 pairs and about 2^20 values of expression; scores are made
 * anew in each pass over the pairs, three or four of them.
 *
 * Memory of a rank: 25 MB whatever the number of pairs, 64 bytes for each gene, 41 for each gene of its
 * block, 24 for each sample. 100,000 genes on 2 ranks: 34 MB.
 *
 * Collective on comm. Fails: DN_EUSAGE as above; as dn_h5_create and dn_h5_commit; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_synth_write(const dn_comm *comm, const char *path,
                                                     const char *command, const char *config, bool force,
                                                     const dn_synth_options *o, dn_error *err);

#endif
