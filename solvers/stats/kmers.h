/* kmers.h - sequences as counts of their 3-mers, and how alike two of them are
 *
 * A 3-mer is three neighbouring residues of the twenty standard amino acids (ACDEFGHIKLMNPQRSTVWY, capital);
 * windows with any other letter are not counted. Likeness is the cosine of the two vectors of counts:
 *
 *     sum over k of x_k y_k / sqrt(sum x_k^2 * sum y_k^2),   in [0, 1];  0 where one has no 3-mer
 *
 * The sums are of whole numbers, so the result has the same bits in any order. All functions are local.
 */
#ifndef DN_STATS_KMERS_H
#define DN_STATS_KMERS_H

#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

enum { DN_KMERS = 8000 }; /* 20 * 20 * 20 */

/* Profiles of n sequences, each the list of 3-mers that occur in it. */
typedef struct dn_kmers {
    int64_t n;
    int64_t *first;  /* [n + 1]  the list of sequence i: [first[i], first[i + 1]) */
    uint16_t *code;  /* [first[n]]  rising within a sequence, < DN_KMERS */
    int32_t *count;  /* [first[n]]  >= 1 */
    int64_t *square; /* [n]  sum of the squares of the counts */
} dn_kmers;

/* Sequence i is bytes[offset[i] .. offset[i + 1]), as in dn_strings; fewer than 2^31 residues each.
 * Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_kmers_create(const char *bytes, const int64_t *offset, int64_t n, dn_kmers *out,
                                        dn_error *err);
void dn_kmers_destroy(dn_kmers *k);

/* Likeness of sequence i to every sequence, into out [n]; out[i] is 1 unless it has no 3-mer.
 *   scratch [DN_KMERS]
 * Time O(DN_KMERS + first[n]). */
void dn_kmers_like(const dn_kmers *k, int64_t i, int32_t *scratch, double *out);

#endif
