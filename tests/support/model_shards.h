/* model_shards.h - what every network keeps to, whatever it computes: shards that share their norms, used
 * buffers, threads, refused memory, weights that are not numbers
 *
 * Each function is the body of a test: it asserts, and leaves no memory behind. Local.
 */
#ifndef DN_TEST_SUPPORT_MODEL_SHARDS_H
#define DN_TEST_SUPPORT_MODEL_SHARDS_H

#include "solvers/models/model.h"

enum { MODEL_WEIGHTS = 150000, MODEL_ROWS = 24 };

/* A network of one output, and what it is trained on. */
typedef struct model_case {
    const dn_model *m;    /* up to MODEL_WEIGHTS weights */
    float *w;             /* [n_weights] */
    const float *running; /* [n_moments] */
    const int64_t *rows;  /* [MODEL_ROWS] */
} model_case;

/* Two shards with the statistics of both do what one shard does. */
void model_norms_join_shards(const model_case *c);

/* What a buffer held before leaves no trace, to the last bit; nor does a prediction in between. */
void model_used_buffer(const model_case *c);

/* Two threads at once have the bits of one, in training and in predictions. */
void model_in_threads(const model_case *c);

/* A weight that is not a number, in any tensor, reaches the loss: no ReLU hides it from the trainer. */
void model_not_a_number(const model_case *c);

/* Refuse every allocation of a work once; how often it was asked for, the last time with success. */
long model_refused_work(const dn_model *m, int64_t capacity);

#endif
