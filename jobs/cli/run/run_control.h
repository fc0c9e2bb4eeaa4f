/* run_control.h - the control plane of a stage (jobs/control/control.h): a stage costs a few lines
 *
 *     dn_run_control_open(call, dir, "screen", &control);       on all ranks; dir is there already
 *     options.opt_hooks = &control.hooks;                       progress and checkpoints, and the bar
 *     ...
 *     dn_run_control_close(&control, st, err);                  whatever happened, last word on err
 *
 * Rank 0 opens it when the stage begins, unless --no-control; what prevents it is a warning, the run goes on.
 * On other ranks, and without a control, nothing is told to anyone; the bar is drawn all the same. Training
 * tells more: run_control_train.h. Local.
 */
#ifndef DN_CLI_RUN_CONTROL_H
#define DN_CLI_RUN_CONTROL_H

#include "jobs/cli/command.h"
#include "jobs/control/control.h"
#include "mpi/core/hooks.h"

/* The rows of --no-control and --control-interface, for every stoppable command. */
extern const dn_opt dn_run_control_options[];

typedef struct dn_run_control {
    dn_control *c;         /* NULL: there is none */
    dn_hooks hooks;        /* for the stage */
    dn_requests *requests; /* NULL: it was never opened */
    double every;          /* between checkpoints, before anybody changed it */
    const char *stage;
    double opened; /* seconds of dn_clock_now() */
    double told;   /* when the last progress was handed over; 0: none was */
    double since;  /* what follows was so then */
    int64_t before, total;
    dn_status_report report;
} dn_run_control;

/* stage ("screen") must last as long as the control. */
void dn_run_control_open(const dn_call *call, const char *dir, const char *stage, dn_run_control *out);

/* The hooks of the stage, for one that has others of its own. */
void dn_run_control_progress(void *control, const dn_progress_report *report);
void dn_run_control_saved(void *control, const dn_saved_report *report);

/* The stage has ended with st, for the reason in err. What is {0} is fine. */
void dn_run_control_close(dn_run_control *r, dn_status st, const dn_error *err);

#endif
