/* run_control_train.c - what training tells the control plane; see run_control_train.h */
#include "jobs/cli/run/run_control_train.h"

#include <stdio.h>
#include <string.h>
#include "jobs/control/protocol.h"

void dn_run_control_step(dn_run_control *r, const dn_step_report *s, int64_t batch)
{
    dn_status_report *to = &r->report;
    int64_t done = (s->epoch - 1) * s->steps + s->step, total = s->epochs * s->steps, here;

    if (r->c == NULL)
        return;
    if (r->told <= 0)
        r->before = done - 1;
    r->told = 1; /* steps have been */
    here = done - r->before;
    to->epoch = s->epoch;
    to->epochs = s->epochs;
    to->step = s->step;
    to->steps = s->steps;
    to->done = done * batch;
    to->total = total * batch;
    memcpy(to->unit, "pairs", sizeof "pairs");
    to->loss = s->loss;
    to->elapsed_s = s->seconds;
    to->per_second = s->seconds > 0 ? (double)(here * batch) / s->seconds : 0;
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

/* The row that computes least, of those that are told. */
static int shortest(const dn_status_report *to)
{
    int least = 0;

    for (int i = 1; i < to->ranks; i++)
        if (to->rank[i].compute_ms < to->rank[least].compute_ms)
            least = i;
    return least;
}

void dn_run_control_ranks(dn_run_control *r, const dn_rank_row *row, int n)
{
    dn_status_report *to = &r->report;

    to->ranks = 0;
    for (int i = 0; i < n; i++) {
        if (to->ranks == DN_CONTROL_RANKS) {
            int out = shortest(to);

            if (row[i].compute_ms <= to->rank[out].compute_ms)
                continue;
            to->ranks--;
            memmove(to->rank + out, to->rank + out + 1, (size_t)(to->ranks - out) * sizeof *to->rank);
        }
        to->rank[to->ranks++] = row[i];
    }
    dn_control_status(r->c, to);
}
