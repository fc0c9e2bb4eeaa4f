/* gener_pairs.h - genes and pairs for tests of GENER, beside dti_data.h of the other network. Local. */
#ifndef DN_TEST_SUPPORT_GENER_PAIRS_H
#define DN_TEST_SUPPORT_GENER_PAIRS_H

#include "solvers/models/gener.h"

enum { GENER_GOLDEN_PAIRS = 64 };

/* Buffers of this program, which the next call fills anew. */
typedef struct test_gener_pairs {
    dn_gener_data data;       /* views of the rest */
    int32_t *gene_a, *gene_b; /* [pairs] */
    int64_t *rows;            /* [pairs]  0, 1, 2, ... */
    uint8_t *label;           /* [pairs] */
} test_gener_pairs;

/* Those of tests/golden/make_gener.py: 20 genes in 24 samples; labels 0 .. classes - 1. */
test_gener_pairs test_gener_pairs_golden(int classes);

/* Up to 2,250 random values and 96 pairs: every third has label 1, or labels go round where there are more
 * than two classes. */
test_gener_pairs test_gener_pairs_random(int64_t genes, int64_t samples, int64_t pairs, int classes);

#endif
