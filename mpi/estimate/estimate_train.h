/* estimate_train.h - what training takes: some real steps on the real data, and some validation rows scored
 *
 * The steps are those of the first epoch under the options of the run, with its batches, dropout and updates,
 * from its initial weights; nothing is written. An epoch is steps x (shards, which ranks share; sums and
 * update, which they share by weights; the rest of a step) + validation rows, scored in blocks of 256, +
 * checkpoints.
 */
#ifndef DN_ESTIMATE_ESTIMATE_TRAIN_H
#define DN_ESTIMATE_ESTIMATE_TRAIN_H

#include "mpi/estimate/estimate.h"
#include "mpi/train/train.h"

/* Fill e but for stage, output, base, began and seconds, which the caller has set.
 *
 *   shared   bytes of data that ranks of a node share
 *   options  of the run; of checkpoints only how many steps lie between them, if that is given; requests,
 *            plan and profile are not looked at
 *
 * Collective on comm, of one rank. Fails: as dn_train_check(), dn_step_run() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_estimate_train(const dn_comm *comm, const dn_model *m,
                                                        const dn_train_rows *rows,
                                                        const dn_train_options *options, int64_t shared,
                                                        dn_estimate *e, dn_error *err);

/* How often ranks meet in a step whose norms are those of the batch, beside the reduction. Local. */
int64_t dn_estimate_meetings(const dn_model *m);

/* Epochs until the rate of a schedule falls below options->least_rate, options->epochs at most. Local. */
int64_t dn_estimate_epochs(const dn_train_options *options, int64_t steps);

#endif
