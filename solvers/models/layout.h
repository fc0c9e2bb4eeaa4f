/* layout.h - tensors and norms of a model, one behind another, and how they start */
#ifndef DN_MODELS_LAYOUT_H
#define DN_MODELS_LAYOUT_H

#include "solvers/models/model.h"

/* The next tensor [d0, d1, d2]; dimensions from ndims on are 1. */
void dn_layout_tensor(dn_model *m, const char *name, int ndims, int64_t d0, int64_t d1, int64_t d2);

/* name_w [in, out] and name_b [out]. */
void dn_layout_dense(dn_model *m, const char *name, int64_t in, int64_t out);

/* The next norm, number k from 1: normk_gamma and normk_beta [channels], and its moments. */
void dn_layout_norm(dn_model *m, int64_t channels, int phase);

/* w [n] uniform in +- limit; element e is word e % 4 of block e / 4 of the stream of tensor `which`. */
void dn_layout_uniform(uint64_t seed, int which, int64_t n, double limit, float *w);

/* Mean 0, variance 1 of every norm. */
void dn_layout_running(const dn_model *m, float *running);

#endif
