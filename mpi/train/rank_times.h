/* rank_times.h - what every rank does with the time of its training steps, while it trains
 *
 * Milliseconds a step, means over the steps since the report before:
 *
 *     compute   all of the step but what follows: shards, sums, packing, the update
 *     exchange  in exchanges (of sums, of new weights, of norms with global scope), bytes on their way
 *     wait      in exchanges, for ranks that came later
 *
 * The three add up to the step. Nobody stands at a barrier for it (profile.h does, and tells more): a rank
 * reads its clock before and after every exchange. Whoever comes last to an exchange waits for nobody, so of
 * each step the least time that a rank spent in exchanges is taken for what they cost, and what another
 * spent beyond it for waiting. Clocks of hosts need not agree, as only lengths of time are compared. Where a
 * step has several exchanges and different ranks are the last, waiting is told too low by that; a rank that
 * loses its core within an exchange seems to wait, and where ranks have no core of their own, the time that
 * the other end lacks one is told as exchange.
 *
 * A report costs a reduction of one number for each step (DN_RANK_TIMES_STEPS at most; later steps of the
 * interval are left out) and a gather of four numbers, behind a step that all ranks have just ended together.
 * Rank 0's clock says when; the others hear of it with the gradients. No bit of a result depends on it.
 */
#ifndef DN_TRAIN_RANK_TIMES_H
#define DN_TRAIN_RANK_TIMES_H

#include <stdbool.h>
#include "mpi/core/hooks.h"

enum { DN_RANK_TIMES_STEPS = 1024 };

typedef struct dn_rank_times dn_rank_times;

/* Collective on comm: all ranks get it or none. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_rank_times_create(const dn_comm *comm, dn_rank_times **out,
                                                           dn_error *err);
void dn_rank_times_destroy(dn_rank_times **t);

/* A step took so many seconds from its beginning to its end, of which `exchanging` in exchanges. Local. */
void dn_rank_times_step(dn_rank_times *t, double seconds, double exchanging);

/* Whether it is time to report: `every` seconds after the report before, the first one after a quarter of
 * that. Local. */
bool dn_rank_times_due(const dn_rank_times *t, double every);

/* The rows of all ranks [comm->size] on rank 0, NULL on others; they stay as they are until the next call.
 * The same number of steps on every rank. Begins anew. Collective on comm; cannot fail. */
DN_COLLECTIVE const dn_rank_row *dn_rank_times_report(dn_rank_times *t);

#endif
