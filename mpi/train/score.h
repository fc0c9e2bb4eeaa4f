/* score.h - probabilities of many samples, spread over ranks and threads
 *
 * Samples are scored in blocks of fixed shape, numbered globally, the last one padded; ranks and threads take
 * blocks. A sample's score has the same bits on any number of ranks and threads.
 */
#ifndef DN_TRAIN_SCORE_H
#define DN_TRAIN_SCORE_H

#include "mpi/core/world.h"
#include "solvers/models/model.h"

/* Scores rows[0 .. n) of the data the model is bound to; out [n, m->outputs] is filled on every rank. rows is
 * the same on every rank. Collective on comm. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_score(const dn_comm *comm, const dn_model *m, const float *w,
                                               const float *running, const int64_t *rows, int64_t n,
                                               float *out, dn_error *err);

#endif
