/* gener_private.h - what gener.c and gener_layout.c share: sizes and the order of the tensors */
#ifndef DN_MODELS_GENER_PRIVATE_H
#define DN_MODELS_GENER_PRIVATE_H

#include "solvers/models/gener.h"

enum { WIDE = 256, F1 = 16, F2 = 8, NARROW = 32, JOINT = WIDE + NARROW, NORMS = 5 };

/* tensors, in the order of the weight vector; a norm's gamma and beta follow each other */
enum {
    DENSE1_W,
    DENSE1_B,
    NORM1_GAMMA,
    NORM1_BETA,
    DENSE2_W,
    DENSE2_B,
    NORM2_GAMMA,
    NORM2_BETA,
    CONV1_W,
    CONV1_B,
    NORM3_GAMMA,
    NORM3_BETA,
    CONV2_W,
    CONV2_B,
    NORM4_GAMMA,
    NORM4_BETA,
    DENSE3_W,
    DENSE3_B,
    NORM5_GAMMA,
    NORM5_BETA,
    HEAD_W,
    HEAD_B,
    TENSORS
};
enum { PHASE_FIRST, PHASE_SECOND, PHASE_NARROW, PHASE_HEAD, PHASES };

extern const dn_model_ops dn_gener_ops;

/* dn_model_ops.init */
void dn_gener_start(const dn_model *m, uint64_t seed, float *w, float *running);

#endif
