/* run_control_train.h - what training tells the control plane beside the rest: steps, epochs, ranks
 *
 * As run_control.h. Local; rank 0, main thread.
 */
#ifndef DN_CLI_RUN_CONTROL_TRAIN_H
#define DN_CLI_RUN_CONTROL_TRAIN_H

#include "jobs/cli/run/run_control.h"
#include "mpi/train/hooks.h"

/* batch: pairs of a step. */
void dn_run_control_step(dn_run_control *r, const dn_step_report *step, int64_t batch);
/* text: the line of metrics.jsonl */
void dn_run_control_epoch(dn_run_control *r, const dn_epoch_report *epoch, const char *text);
/* Of more rows [n] than a status takes those are told that compute longest, in the order of ranks. */
void dn_run_control_ranks(dn_run_control *r, const dn_rank_row *row, int n);

#endif
