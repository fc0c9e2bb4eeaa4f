/* status.c - what a status message says; see PROTOCOL.md */
#include "jobs/control/control_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/memory.h"

dn_status_report dn_status_report_none(void)
{
    return (dn_status_report){.epoch = -1,
                              .epochs = -1,
                              .step = -1,
                              .steps = -1,
                              .done = -1,
                              .total = -1,
                              .loss = NAN,
                              .per_second = NAN,
                              .elapsed_s = NAN,
                              .eta_s = NAN};
}

static void count(dn_json *out, const char *key, int64_t value)
{
    if (value >= 0)
        dn_json_int(out, key, value);
}

static void number(dn_json *out, const char *key, double value)
{
    if (isfinite(value))
        dn_json_number(out, key, value);
}

static void refused(const dn_refused *r, dn_json *out)
{
    dn_json_int(out, "wrong_key", r->wrong_key);
    dn_json_int(out, "plain", r->plain);
    dn_json_int(out, "malformed", r->malformed);
    dn_json_int(out, "oversized", r->oversized);
    dn_json_int(out, "flooded", r->flooded);
    dn_json_int(out, "unknown_version", r->unknown_version);
}

static void one_rank(const dn_rank_row *r, dn_json *array)
{
    dn_json *one = dn_json_object(array, NULL);

    dn_json_int(one, "rank", r->rank);
    dn_json_string(one, "host", r->host);
    number(one, "compute_ms", r->compute_ms);
    number(one, "exchange_ms", r->exchange_ms);
    number(one, "wait_ms", r->wait_ms);
    number(one, "memory_mb", r->memory_mb);
}

/* Of a stage that knows nothing of its ranks, rank 0. */
static void ranks(const dn_control *c, const dn_status_report *report, dn_json *array)
{
    dn_rank_row own = {.compute_ms = NAN, .exchange_ms = NAN, .wait_ms = NAN};

    for (int i = 0; i < report->ranks; i++)
        one_rank(&report->rank[i], array);
    if (report->ranks > 0)
        return;
    snprintf(own.host, sizeof own.host, "%.*s", (int)sizeof own.host - 1, c->host);
    own.memory_mb = (double)dn_memory_now() / 1e6;
    one_rank(&own, array);
}

void dn_control_checkpoint_fields(const dn_checkpoint_note *note, dn_json *out)
{
    dn_json_string(out, "utc", note->utc);
    dn_json_string(out, "path", note->path);
    dn_json_number(out, "seconds", note->seconds);
    dn_json_string(out, "reason", note->reason);
}

void dn_control_status_fields(dn_control *c, const char *state, dn_json *out)
{
    dn_status_report r;
    dn_json *part;
    int64_t dropped;

    pthread_mutex_lock(&c->report_lock);
    r = c->report;
    pthread_mutex_unlock(&c->report_lock);
    pthread_mutex_lock(&c->ring_lock);
    dropped = c->dropped;
    pthread_mutex_unlock(&c->ring_lock);
    dn_json_string(out, "state", state);
    dn_json_string(out, "stage", c->stage);
    dn_json_string(out, "started_utc", c->started);
    count(out, "epoch", r.epoch);
    count(out, "epochs", r.epochs);
    count(out, "step", r.step);
    count(out, "steps", r.steps);
    if (r.part[0] != '\0')
        dn_json_string(out, "part", r.part);
    count(out, "done", r.done);
    count(out, "total", r.total);
    if (r.unit[0] != '\0')
        dn_json_string(out, "unit", r.unit);
    number(out, "loss", r.loss);
    part = dn_json_object(out, "metrics");
    for (int i = 0; i < r.metrics; i++)
        number(part, r.metric[i].name, r.metric[i].value);
    number(out, "per_second", r.per_second);
    number(out, "eta_s", r.eta_s);
    number(out, "elapsed_s", r.elapsed_s);
    if (c->checkpoint.number > 0)
        dn_control_checkpoint_fields(&c->checkpoint, dn_json_object(out, "checkpoint"));
    number(out, "checkpoint_every_s", atomic_load(&c->requests->every));
    refused(&c->sockets.refused, dn_json_object(out, "refused"));
    dn_json_int(out, "dropped", dropped);
    ranks(c, &r, dn_json_array(out, "ranks"));
}
