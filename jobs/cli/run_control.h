/* run_control.h - the control plane of a run (jobs/control/control.h), fed from where the bar is fed
 *
 * Rank 0 opens it when the stage begins, unless --no-control; what prevents it is a warning, the run goes on.
 * On other ranks, and without a control, all calls do nothing. Local.
 */
#ifndef DN_CLI_RUN_CONTROL_H
#define DN_CLI_RUN_CONTROL_H

#include "jobs/cli/command.h"
#include "jobs/control/control.h"
#include "mpi/train/hooks.h"

typedef struct dn_run_control {
    dn_control *c;  /* NULL: there is none */
    int64_t batch;  /* pairs of a step */
    int64_t before; /* steps that were done when this start began */
    bool begun;
    dn_status_report report;
} dn_run_control;

/* Training of a network ("gener"), with the options no-control and control-interface of the command. dir:
 * there already. */
void dn_run_control_train(const dn_call *call, const char *dir, const char *network, int64_t batch,
                          dn_run_control *out);

void dn_run_control_step(dn_run_control *r, const dn_step_report *step);
/* text: the line of metrics.jsonl */
void dn_run_control_epoch(dn_run_control *r, const dn_epoch_report *epoch, const char *text);

/* The stage has ended with st, for the reason in err. */
void dn_run_control_close(dn_run_control *r, dn_status st, const dn_error *err);

#endif
