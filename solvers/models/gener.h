/* gener.h - the GENER network: does a pair of genes interact, from their two expression profiles
 *
 *   a, b            [S]     expression of the two genes, missing values 0
 *   branch 1        a * b -> dense 256 ReLU -> norm -> dropout -> dense 256 ReLU -> norm -> dropout
 *   branch 2        [2, S] -> conv 2x2, 16 filters, valid -> norm -> dropout -> conv 1x1, 8 filters -> norm
 * -> dropout
 *                   -> flatten 8 (S - 1) -> dense 32 ReLU -> norm -> dropout
 *   head            288 -> dense C -> softmax, cross-entropy; C = 2 or 4 classes
 *
 * With two classes, 0 none and 1 interaction, there is one output, the probability of 1. With four, the
 * direction of a regulation is told apart: 0 none, 1 connection, 2 a regulates b, 3 b regulates a; the
 * outputs are the probabilities of all four. Where a pair is shown as (b, a), labels 2 and 3 change places,
 * and so do their outputs where both orders are averaged: a model with `swap` says the same of (a, b) and,
 * turned round, of (b, a).
 *
 * 342,186 weights at S = 536 with two classes, 342,764 with four. Keras conventions: Glorot-uniform weights,
 * zero biases, norm epsilon 1e-3, momentum 0.9, biased variance, also the running one (so does Keras behind
 * dense layers; behind convolutions Keras 2 takes TensorFlow's fused kernel, whose running variance is count
 * / (count - 1) of it: 1.0002 with batch 8 and S = 536); dropout is off at inference. Phases: {dense 1, conv
 * 1} {dense 2, conv 2} {dense 32} {head}.
 */
#ifndef DN_MODELS_GENER_H
#define DN_MODELS_GENER_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/models/model.h"
#include "solvers/nn/bf16.h"

/* What the network reads. Borrowed: must outlive the model. */
typedef struct dn_gener_data {
    const float *x;        /* [n_genes, samples]  normalised expression, no NaN */
    int64_t samples;       /* S >= 2 */
    const int32_t *gene_a; /* [pairs] */
    const int32_t *gene_b; /* [pairs] */
    const uint8_t *label;  /* [pairs]  0 <= label < classes; NULL when only predict() is used */
} dn_gener_data;

/* Products take bf16 in works of at least so many rows: in smaller ones tiles would multiply padding, and f32
 * is faster. How many rows a shard has is the recipe's, the same on all ranks. */
enum { DN_GENER_BF16_ROWS = 16 };

typedef struct dn_gener_options {
    float dropout; /* rate of every dropout layer, 0 <= rate < 1; 0.5 as published */
    bool swap;     /* training: exchange a and b with probability 1/2; prediction: mean of both orders */
    int classes;   /* 2 or 4; 0 counts as 2 */
    dn_precision precision; /* of the products of training (see above); prediction is in f32 */
} dn_gener_options;

#define DN_GENER_DEFAULTS                           \
    {                                               \
        .dropout = 0.5f, .swap = true, .classes = 2 \
    }

typedef struct dn_gener {
    dn_model model; /* first member: a dn_gener is a dn_model */
    dn_gener_data data;
    dn_gener_options options;
} dn_gener;

/* What label means of the pair in the other order. Local. */
static inline uint8_t dn_gener_turned(uint8_t label)
{
    return label < 2 ? label : (uint8_t)(5 - label);
}

/* Lay out the network for data->samples and options->classes. Local. */
void dn_gener_init(dn_gener *g, const dn_gener_data *data, const dn_gener_options *options);

#endif
