/* model_pass.h - a network stepped by hand. Local. */
#ifndef DN_TEST_SUPPORT_MODEL_PASS_H
#define DN_TEST_SUPPORT_MODEL_PASS_H

#include "solvers/models/model.h"

/* A work for that many rows; where there is none, NULL and a failed assertion. */
dn_work *model_work(const dn_model *m, int64_t capacity);

/* The sum of the losses behind the last forward pass. */
double model_loss(const dn_model *m, const dn_work *work);

/* Forward and backward of one shard, dw [n_weights]; returns the sum of the losses. */
double model_pass(const dn_model *m, dn_work *work, const float *w, float *dw, const int64_t *rows, int64_t n,
                  uint64_t seed, int64_t epoch);

#endif
