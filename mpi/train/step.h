/* step.h - one batch: shards, reduction, update
 *
 * The loop of train.c calls dn_step_run() for every batch. Split off so that a step can be tested alone.
 */
#ifndef DN_TRAIN_STEP_H
#define DN_TRAIN_STEP_H

#include "mpi/train/train.h"
#include "solvers/base/rng.h"

typedef struct dn_step dn_step;

/* Buffers and optimiser state for steps under `plan` (borrowed). Memory: a work (model.h) of batch / shards
 * samples and n_weights floats for every thread, or with global norms for every shard of this rank; beside
 * them the reduction's. Collective on comm. Fails: as dn_reduce_create(); DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_step_create(const dn_comm *comm, const dn_model *m,
                                                     const dn_train_options *options, const dn_plan *plan,
                                                     dn_step **out, dn_error *err);
void dn_step_destroy(dn_step **step);

/* One batch.
 *
 *   order       permutation of the epoch
 *   rows        training rows
 *   epoch       from 0; batch `number` of it, from 0
 *   rate        learning rate of this update
 *   w, running  [n_weights], [n_moments]  updated, the same on every rank
 *   out_loss    mean loss of the batch;  out_right  samples decided as labelled
 *
 * Collective on comm. When a rank fails, no rank updates and all return its error. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_step_run(dn_step *step, const dn_permutation *order,
                                                  const dn_rows *rows, int64_t epoch, int64_t number,
                                                  double rate, float *w, float *running, double *out_loss,
                                                  double *out_right, dn_error *err);

/* What options->requests of all ranks asked for at the last step (mpi/core/request.h), the same on every
 * rank: it came with the gradients. Local. */
int dn_step_wishes(const dn_step *step);

/* From now on rank 0 wants to hear every so many seconds what the ranks do with the time of their steps; 0:
 * no more. Counts on rank 0. Local. */
void dn_step_tell_ranks(dn_step *step, double every);

/* After a step: what the ranks did with their time, when rank 0 wanted to hear of it: rows of all ranks on
 * rank 0, until the next call. NULL otherwise. Collective; where nobody wants it nothing is sent. */
DN_COLLECTIVE const dn_rank_row *dn_step_ranks(dn_step *step);

/* Shards this rank has computed since creation. Local. */
int64_t dn_step_shards_done(const dn_step *step);

/* ---- the state that steps carry on, beside weights and running statistics ---- */

/* Whether the optimiser has moments. Local. */
bool dn_step_has_state(const dn_step *step);

/* Its moments of all slices, first [n_weights] and second [n_weights], the same on every rank; untouched
 * where it has none. Collective on comm; cannot fail. */
DN_COLLECTIVE void dn_step_state_gather(dn_step *step, float *first, float *second);

/* Go on from such moments after `updates` updates; each rank takes its slice. Local. */
void dn_step_state_set(dn_step *step, const float *first, const float *second, int64_t updates);

#endif
