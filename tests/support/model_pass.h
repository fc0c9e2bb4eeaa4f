/* model_pass.h - a network stepped by hand. Local. */
#ifndef DN_TEST_SUPPORT_MODEL_PASS_H
#define DN_TEST_SUPPORT_MODEL_PASS_H

#include "solvers/models/model.h"

/* A work for that many rows; where there is none, NULL and a failed assertion. */
dn_work *model_work(const dn_model *m, int64_t capacity);

/* The sum of the losses behind the last forward pass. */
double model_loss(const dn_model *m, const dn_work *work);

/* Forward and backward of rows [n], dw [n_weights]; returns the sum of the losses. */
double model_pass(const dn_model *m, dn_work *work, const float *w, float *dw, const int64_t *rows, int64_t n,
                  const dn_pass *p);

/* What the network says of rows [n], out [n, outputs]. */
void model_predict(const dn_model *m, dn_work *work, const float *w, const float *running,
                   const int64_t *rows, int64_t n, float *out);

#endif
