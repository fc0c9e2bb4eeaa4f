/* run_control.c - the control plane of a run; see run_control.h */
#include "jobs/cli/run_control.h"

#include <stdio.h>
#include <string.h>
#include "jobs/cli/logging.h"
#include "jobs/control/control_files.h"
#include "jobs/control/protocol.h"

static void tap(void *ctx, dn_log_level level, const char *area, const char *text)
{
    dn_control_log(ctx, level, area, text);
}

void dn_run_control_train(const dn_call *call, const char *dir, const char *network, int64_t batch,
                          dn_run_control *out)
{
    const dn_options *o = call->options;
    dn_error why = DN_ERROR_INIT;
    char stage[64];
    dn_control_options options = {.run_dir = dir,
                                  .stage = stage,
                                  .opt_interface = dn_options_text(o, "control-interface"),
                                  .ranks = call->comm->size,
                                  .requests = call->requests};

    snprintf(stage, sizeof stage, "train %s", network);
    *out = (dn_run_control){.batch = batch, .report = dn_status_report_none()};
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

void dn_run_control_step(dn_run_control *r, const dn_step_report *s)
{
    dn_status_report *to = &r->report;
    int64_t done = (s->epoch - 1) * s->steps + s->step, total = s->epochs * s->steps, here;

    if (r->c == NULL)
        return;
    if (!r->begun)
        r->before = done - 1;
    r->begun = true;
    here = done - r->before;
    to->epoch = s->epoch;
    to->epochs = s->epochs;
    to->step = s->step;
    to->steps = s->steps;
    to->done = done * r->batch;
    to->total = total * r->batch;
    memcpy(to->unit, "pairs", sizeof "pairs");
    to->loss = s->loss;
    to->elapsed_s = s->seconds;
    to->per_second = s->seconds > 0 ? (double)(here * r->batch) / s->seconds : 0;
    to->eta_s = s->seconds / (double)here * (double)(total - done);
    dn_control_status(r->c, to);
}

void dn_run_control_epoch(dn_run_control *r, const dn_epoch_report *e, const char *text)
{
    const struct {
        const char *name;
        double value;
    } metric[] = {{"train_loss", e->train_loss},
                  {"validation_loss", e->validation_loss},
                  {"validation_auroc", e->validation_auroc},
                  {"validation_ap", e->validation_ap},
                  {"rate", e->rate}};

    r->report.metrics = (int)(sizeof metric / sizeof metric[0]);
    for (int i = 0; i < r->report.metrics; i++) {
        snprintf(r->report.metric[i].name, DN_CONTROL_NAME, "%s", metric[i].name);
        r->report.metric[i].value = metric[i].value;
    }
    dn_control_status(r->c, &r->report);
    dn_control_event(r->c, DN_TOPIC_EPOCH, text);
}

void dn_run_control_close(dn_run_control *r, dn_status st, const dn_error *err)
{
    dn_logging_show(NULL, NULL);
    dn_control_close(&r->c, (int)st, st == DN_OK ? "" : err->text);
}
