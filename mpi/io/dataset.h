/* dataset.h - what stands in a dataset file, as every rank holds it in memory
 *
 * Loading is collective on the communicator of the file; every rank gets the whole. What grows with the pairs
 * stands once per host, in memory that its ranks share (mpi/core/shared.h): 9 bytes a pair for a set (10
 * where negatives were drawn), 1 for a split. While loading, a rank takes 2 MB beside it. dn_pairs_destroy()
 * and dn_split_destroy() of what was loaded are collective, too; the other destroy functions are local.
 */
#ifndef DN_IO_DATASET_H
#define DN_IO_DATASET_H

#include <stdbool.h>
#include "mpi/core/shared.h"
#include "mpi/io/h5.h"

#define DN_DATASET_SCHEMA "dragnet.dataset"

enum { DN_CLASSES_MAX = 4 };

/* Genes in the order of the id table (of the first expression file when there is no table). */
typedef struct dn_genes {
    int64_t n;
    dn_strings id;      /* [n]  primary naming */
    int64_t *table_row; /* [n]  row in the id table, before anything was dropped; .npy pairs refer to it */
    uint8_t *decoy;     /* [n]  1: marked by import --decoys, not a gene that exists in a cell */
    int64_t *values;    /* [n]  expression values that are not missing; 0: a gene without values */
} dn_genes;

/* Part of a pair in a split. */
typedef enum dn_part { DN_TRAIN = 0, DN_VALIDATION = 1, DN_TEST = 2, DN_LEFT_OUT = 3 } dn_part;

/* Where a row of a pair set comes from (origin.h). */
typedef enum dn_origin { DN_GIVEN = 0, DN_UNIFORM = 1, DN_DEGREE = 2 } dn_origin;
enum { DN_ORIGINS = 3 };

/* A named set of labelled gene pairs: no self pairs, no pair twice in either order, one label each. Of a set
 * that was loaded nobody writes the arrays: the ranks of a host share them. */
typedef struct dn_pairs {
    int64_t n;
    int32_t *gene_a;    /* [n]  0 <= gene < genes.n <= 2^31 */
    int32_t *gene_b;    /* [n] */
    uint8_t *label;     /* [n]  0 <= label < classes */
    uint8_t *origin;    /* [n]  dn_origin; NULL: all are given */
    int classes;        /* 2: none, interaction; 4: none, connection, a_regulates_b, b_regulates_a (attribute
                         * `classes` of /pairs/NAME, absent: 2); 0 in a table made by hand counts as 2 */
    int64_t two_labels; /* pairs that import left out because they stood there with both labels */
    dn_shared *memory;  /* holds the arrays; NULL: each is a block of its own, for dn_free() */
} dn_pairs;

DN_MUST_CHECK dn_status dn_genes_load(const dn_h5 *h, dn_genes *out, dn_error *err);
void dn_genes_destroy(dn_genes *g);

/* Raw expression [genes, samples], NaN missing. Fails: DN_EDATA the dataset holds none. */
DN_MUST_CHECK dn_status dn_expression_load(const dn_h5 *h, float **out_x, int64_t *out_genes,
                                           int64_t *out_samples, dn_error *err);

/* What label 0 <= label < classes means: "none", "interaction"; "none", "connection", "a_regulates_b",
 * "b_regulates_a". Local. */
const char *dn_class_name(int classes, int label);

/* The ranks of a host each read a part. Fails: DN_EDATA no such set (the text lists those there are), more
 * than 2^31 genes, neither 2 nor 4 classes, a gene or label out of range (names the first pair); DN_ENOMEM
 * also when shared memory is too small */
DN_MUST_CHECK dn_status dn_pairs_load(const dn_h5 *h, const char *name, dn_pairs *out, dn_error *err);

/* Collective where p->memory is set, local otherwise; what is empty or half-built is fine. */
void dn_pairs_destroy(dn_pairs *p);

/* A stored split: its pair set and the part of every pair. */
typedef struct dn_split {
    char pairs[128];   /* name of the pair set, or of the set of interactions */
    char source[128];  /* the imported set behind it: where negatives were drawn, the one whose positives they
                        * stand against; otherwise pairs */
    bool interactions; /* it divides drug-target pairs (drug_target.h), not pairs of genes */
    char kind[32];     /* dn_split_kind_name() of mpi/data/split.h */
    int64_t n;         /* pairs */
    int64_t folds;     /* 1 unless k-fold */
    uint8_t *part;     /* [n]  dn_part of every pair in the fold asked for; DN_ASIDE above it: a negative of
                        * a kind that training does not use (origin.h) */
    dn_shared *memory; /* holds part, which dn_split_look_at() alone writes; NULL: a block for dn_free() */
    int64_t *drug_cluster, *target_cluster; /* [drugs], [targets]  the lowest number of the cluster, which
                                             * stays whole; imported after the split: its own;
                                             * NULL: each drug (target) by itself */
} dn_split;

/* fold: 0 <= fold < folds; pass -1 for "not given", which only a split of one fold accepts.
 * Fails: DN_EDATA no such split (lists those there are); DN_EUSAGE fold missing or out of range. */
DN_MUST_CHECK dn_status dn_split_load(const dn_h5 *h, const char *name, int64_t fold, dn_split *out,
                                      dn_error *err);

/* Collective where s->memory is set, local otherwise. */
void dn_split_destroy(dn_split *s);

/* What the run is about, for the check that a model and a dataset belong together: a hash over gene ids and
 * the training rows of a split (NULL: all rows), as 16 hexadecimal digits in out [17]. Local. */
void dn_training_hash(const dn_genes *genes, const dn_pairs *pairs, const dn_split *opt_split, char *out);

/* The same over the validation rows alone, which chose the epoch: with other fractions a split may train on
 * the same rows and test what it validated on. Of a split as it was loaded, before dn_split_look_at(). Local.
 */
void dn_validation_hash(const dn_pairs *pairs, const dn_split *split, char *out);

#endif
