/* gene_files.h - pair sets, splits and models of pairs of genes, written by tests as the program would
 *
 * The functions are collective over the ranks of the file.
 */
#ifndef DN_TEST_SUPPORT_GENE_FILES_H
#define DN_TEST_SUPPORT_GENE_FILES_H

#include "mpi/io/h5.h"
#include "mpi/io/model_file.h"

typedef struct test_pairs {
    int64_t n;            /* of a, b */
    const int64_t *a, *b; /* [n] */
    int64_t labels;       /* of label; a sound set has n */
    const uint8_t *label; /* [labels] */
    int64_t two_labels;
    int64_t classes; /* 0: the attribute is not written */
} test_pairs;

/* /pairs/name */
dn_status test_pairs_write(dn_h5 *h, const char *name, const test_pairs *p, dn_error *err);

/* /splits/name: part [folds, n] over a pair set. */
dn_status test_split_write(dn_h5 *h, const char *name, const char *pairs, const char *kind, int64_t folds,
                           int64_t n, const uint8_t *part, dn_error *err);

/* What a model says of itself that was trained on pairs "known", split "warm"; without hashes. Local. */
dn_model_record test_gener_record(int64_t samples, const dn_gener_options *options);

#endif
