/* model_pass.h - a network stepped by hand, and numbers of tests/golden to compare it with */
#ifndef DN_TEST_SUPPORT_MODEL_PASS_H
#define DN_TEST_SUPPORT_MODEL_PASS_H

#include "solvers/models/model.h"

/* The line "name n v1 .. vn" of a file of tests/golden into out [n]; fails the test where it is not there. */
void golden_numbers(const char *file, const char *name, double *out, int n);

/* Forward and backward of one shard, dw [n_weights]; returns the sum of the losses. */
double model_pass(const dn_model *m, dn_work *work, const float *w, float *dw, const int64_t *rows, int64_t n,
                  uint64_t seed, int64_t epoch);

#endif
