/* run_control.c - the control plane of a stage; see run_control.h */
#include "jobs/cli/run/run_control.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "jobs/cli/logging.h"
#include "jobs/cli/run/progress.h"
#include "jobs/control/control_files.h"
#include "jobs/control/protocol.h"
#include "solvers/base/clock.h"

const dn_opt dn_run_control_options[] = {
    {"no-control", 0, DN_OPT_FLAG, NULL, NULL,
     "nobody can watch or steer the run: no sockets, no DIR/control (see 'dragnet ctl --help')", "control"},
    {"control-interface", 0, DN_OPT_TEXT, NULL, "ADDRESS",
     "network interface (its name or address) of this node on which the run may be watched and steered "
     "[127.0.0.1]",
     "control"},
    {0}};

static const double least_pause = 0.05; /* seconds between two reports of progress */

static void tap(void *ctx, dn_log_level level, const char *area, const char *text)
{
    dn_control_log(ctx, level, area, text);
}

void dn_run_control_open(const dn_call *call, const char *dir, const char *stage, dn_run_control *out)
{
    const dn_options *o = call->options;
    dn_error why = DN_ERROR_INIT;
    dn_control_options options = {.run_dir = dir,
                                  .stage = stage,
                                  .opt_interface = dn_options_text(o, "control-interface"),
                                  .ranks = call->comm->size,
                                  .requests = call->requests};

    *out = (dn_run_control){
        .hooks = {.ctx = out, .progress = dn_run_control_progress, .saved = dn_run_control_saved},
        .requests = call->requests,
        .every = call->requests->every,
        .stage = stage,
        .opened = dn_clock_s(),
        .report = dn_status_report_none()};
    if (call->comm->rank != 0)
        return;
    if (dn_options_flag(o, "no-control")) {
        dn_control_forget(dir); /* or the start before is taken for this one */
        return;
    }
    if (dn_control_open(&options, &out->c, &why) != DN_OK) {
        dn_log(DN_WARN, "control", "cannot be watched or steered", "why=\"%s\"", why.text);
        return;
    }
    dn_logging_show(tap, out->c);
}

/* The speed is that of this start: what earlier ones did came in no time. */
void dn_run_control_progress(void *control, const dn_progress_report *p)
{
    dn_run_control *r = control;
    dn_status_report *to = &r->report;
    const char *part = p->part != NULL ? p->part : "";
    double at = dn_clock_s(), passed;
    bool another = r->told <= 0 || strcmp(part, to->part) != 0 || p->total != r->total || p->done < r->before;

    if (!another && p->done < p->total && at - r->told < least_pause)
        return;
    if (another) {
        r->since = at;
        r->before = p->done;
        r->total = p->total;
    }
    r->told = at;
    passed = at - r->since;
    snprintf(to->part, sizeof to->part, "%s", part);
    snprintf(to->unit, sizeof to->unit, "%s", p->unit);
    to->epoch = p->parts > 0 ? p->number : -1;
    to->epochs = p->parts > 0 ? p->parts : -1;
    to->done = p->done;
    to->total = p->total;
    to->elapsed_s = at - r->opened;
    to->per_second = passed > 0 && !another ? (double)(p->done - r->before) / passed : NAN;
    to->eta_s = to->per_second > 0 ? (double)(p->total - p->done) / to->per_second : NAN;
    dn_control_status(r->c, to);
    dn_progress_work(p->part != NULL ? p->part : r->stage, p->done, p->total, to->elapsed_s, to->eta_s);
}

void dn_run_control_saved(void *control, const dn_saved_report *report)
{
    const dn_run_control *r = control;

    dn_control_checkpoint(r->c, report->path, report->seconds, report->reason);
}

void dn_run_control_close(dn_run_control *r, dn_status st, const dn_error *err)
{
    dn_logging_show(NULL, NULL);
    dn_control_close(&r->c, (int)st, st == DN_OK ? "" : err->text);
    if (r->requests != NULL)
        dn_request_end_stage(r->requests, r->every);
    r->requests = NULL;
}
