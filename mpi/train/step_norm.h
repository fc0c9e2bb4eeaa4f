/* step_norm.h - statistics of the norms of one batch: what step.c does between the phases of model.h
 *
 * Shard scope: a norm takes the moments of its shard, and only the running statistics meet, weighted by how
 * many values each shard's moments were taken over (targets of a shard differ in length, so shards differ).
 * A shard leaves in the tail of its vector, per norm of C channels with n values each, d = mean - running
 * mean,
 *
 *     n, n d [C], n (variance + d^2) [C]          sums N, D, Q over the shards give
 *     batch mean = running mean + D / N,   batch variance = Q / N - (D / N)^2
 *
 * where the shift by the running mean, the same on every rank, keeps the difference from cancelling.
 *
 * Global scope: after every phase the moments of the whole batch go to all shards, by two ordered reductions,
 * first of n and n mean, then of n (variance + (mean - batch mean)^2); on the way back the moment gradients
 * are added up by one. The tree is that of mpi/core/reduce.h: the same bits on any number of ranks.
 */
#ifndef DN_TRAIN_STEP_NORM_H
#define DN_TRAIN_STEP_NORM_H

#include "mpi/core/reduce.h"
#include "solvers/models/model.h"

/* ---- shard scope; local ---- */

/* Numbers that a shard leaves. */
int64_t dn_norm_tail_length(const dn_model *m);
void dn_norm_tail_write(const dn_model *m, dn_work *work, const float *running, float *tail);

/* From the sums of the tails over the shards: one step of the running statistics. */
void dn_norm_tail_running(const dn_model *m, const float *sum, float *running);

/* ---- global scope ---- */

typedef struct dn_norms dn_norms;

/* Collective on comm; model and plan are borrowed. Fails: as dn_reduce_create() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_norms_create(const dn_comm *comm, const dn_model *m,
                                                      const dn_plan *plan, dn_reduce_kind kind,
                                                      dn_norms **out, dn_error *err);
void dn_norms_destroy(dn_norms **x);

/* As dn_reduce_watch(). Local. */
void dn_norms_watch(dn_norms *x, dn_clock *opt_clock);

/* Give the works [shards of this rank, in order], which stand behind forward(phase), the moments and counts
 * of the batch. ok: none of them has failed here; what a rank that failed holds is not looked at. Returns
 * false when a rank has failed; the works are then as they were. Collective when the phase has norms;
 * otherwise nothing is done or asked, and true returned. */
DN_COLLECTIVE bool dn_norms_moments(dn_norms *x, int phase, dn_work *const *work, bool ok);

/* The same for the moment gradients of the norms of `phase`, which stand behind backward(phase + 1). */
DN_COLLECTIVE bool dn_norms_gradients(dn_norms *x, int phase, dn_work *const *work, bool ok);

/* As dn_reduce_exchanging(). Local. */
double dn_norms_exchanging(const dn_norms *x);

/* One step of the running statistics from the moments of the last batch. Local. */
void dn_norms_running(const dn_norms *x, float *running);

#endif
