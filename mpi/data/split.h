/* split.h - which pairs are for training, validation and test: a pure function of labels, genes and seed
 *
 *   random         pairs are dealt by chance within each label
 *   gene-disjoint  genes are dealt; a pair of two training genes is for training, but for a share (the test and the
 *                  validation fraction) held out as C1; training with validation gene, or two validation genes: validation;
 *                  training with test gene, or two test genes: test; validation with test gene: left out
 *   kfold          fold f: block f is test, block f + 1 validation, the others training; blocks of pairs (stratified) or of
 *                  genes (the rules of gene-disjoint without C1)
 *
 * The classes of Park & Marcotte (Nature Methods 2012, doi:10.1038/nmeth.2259): C1, C2, C3 - both, one or none of the
 * genes of a pair occur in training pairs. All functions are local.
 */
#ifndef DN_DATA_SPLIT_H
#define DN_DATA_SPLIT_H

#include <stdbool.h>
#include "mpi/io/dataset.h"

typedef enum dn_split_kind { DN_SPLIT_RANDOM, DN_SPLIT_GENE_DISJOINT, DN_SPLIT_KFOLD_PAIRS, DN_SPLIT_KFOLD_GENES } dn_split_kind;

typedef struct dn_split_options {
    dn_split_kind kind;
    double fraction[3]; /* training, validation, test; each in [0, 1], sum 1; not used by k-fold */
    int64_t folds;      /* k-fold: >= 3; otherwise 1 */
    uint64_t seed;
} dn_split_options;

/* part [pairs->n]: dn_part of every pair in `fold`. gene_part [genes]: dn_part of every gene where genes are dealt, 3
 * (DN_LEFT_OUT) for a gene in no pair; untouched where pairs are dealt. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_split_make(const dn_pairs *pairs, int64_t genes, const dn_split_options *options,
                                      int64_t fold, uint8_t *part, uint8_t *gene_part, dn_error *err);

/* How many pairs of each label stand in each part; validation and test also by class. */
typedef struct dn_split_counts {
    int64_t part[4][2];     /* [dn_part][label] */
    int64_t class_[4][3][2]; /* [dn_part][C1, C2, C3][label] */
} dn_split_counts;

/* Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_split_count(const dn_pairs *pairs, int64_t genes, const uint8_t *part, dn_split_counts *out,
                                       dn_error *err);

#endif
