/* gener_data.h - random profiles of genes and pairs of them, the network over them, and a recipe to train it.
 * Local. */
#ifndef DN_TEST_SUPPORT_GENER_DATA_H
#define DN_TEST_SUPPORT_GENER_DATA_H

#include "mpi/train/train.h"
#include "solvers/models/gener.h"

enum {
    TEST_GENER_VALUES = 1500,    /* genes * samples at most */
    TEST_GENER_PAIRS = 700,      /* at most */
    TEST_GENER_WEIGHTS = 110000, /* of the network, at most */
    TEST_GENER_MOMENTS = 2000,
    TEST_GENER_BATCH = 64,
    TEST_GENER_SHARDS = 8
};

/* Which pairs there are, and which of them interact. */
typedef enum test_gener_labels {
    TEST_IN_TURN,        /* pairs in turn, every third: nothing to learn */
    TEST_AGREEING,       /* drawn pairs, those whose profiles agree */
    TEST_AGREEING_FIRST, /* those that agree in the first sample */
    TEST_AGREEING_MOSTLY /* the same as TEST_AGREEING, but for some */
} test_gener_labels;

typedef struct test_gener_shape {
    int genes, samples, pairs;
    test_gener_labels labels;
    dn_precision precision;
} test_gener_shape;

typedef struct test_gener_data {
    dn_gener gener;
    int64_t pairs;
    int64_t *rows;  /* [pairs]  0, 1, 2 ... */
    uint8_t *label; /* [pairs] */
} test_gener_data;

/* Over buffers of this program, which the next call fills anew; asserts that weights and moments fit. */
test_gener_data test_gener_make(const test_gener_shape *shape);

/* The first n pairs are trained on, the others validate. */
dn_train_rows test_gener_rows(const test_gener_data *d, int64_t n);

/* Adam at a constant rate, batches and shards as above. */
dn_train_options test_gener_recipe(int64_t epochs);

#endif
