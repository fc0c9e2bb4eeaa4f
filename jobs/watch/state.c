/* state.c - events folded into what is known of a run; see state.h */
#include "jobs/watch/state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "jobs/control/protocol.h"
#include "solvers/base/alloc.h"

/* ---- fields that may be absent ---- */

static void get_text(const dn_json *obj, const char *key, char *out, size_t cap)
{
    const char *text = dn_json_to_string(dn_json_get(obj, key));

    if (text != NULL)
        snprintf(out, cap, "%s", text);
}

static double get_number(const dn_json *obj, const char *key, double otherwise)
{
    const dn_json *v = dn_json_get(obj, key);
    dn_json_kind kind = dn_json_kind_of(v);

    return kind == DN_JSON_INT || kind == DN_JSON_NUMBER ? dn_json_to_number(v) : otherwise;
}

static int64_t get_int(const dn_json *obj, const char *key, int64_t otherwise)
{
    const dn_json *v = dn_json_get(obj, key);

    return dn_json_kind_of(v) == DN_JSON_INT ? dn_json_to_int(v) : otherwise;
}

/* ---- a state ---- */

/* What belongs to one start of the job. */
static void forget_process(dn_watch_state *s)
{
    s->said[0] = s->t[0] = s->part[0] = s->unit[0] = s->end[0] = '\0';
    s->seq = s->epoch = s->epochs = s->step = s->steps = s->done = s->total = s->exit = -1;
    s->loss = s->per_second = s->eta_s = s->elapsed_s = s->checkpoint_every_s = NAN;
    s->refused = 0;
    s->n_ranks = 0;
    s->n_metrics = 0;
    s->n_losses = 0;
    s->n_stages = 0;
}

dn_status dn_watch_create(const char *run, dn_watch_state **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_watch_state *s = NULL;

    DN_NEW(s, 1);
    snprintf(s->run, sizeof s->run, "%s", run);
    forget_process(s);
    s->checkpoint_s = NAN;
    *out = s;
out:
    return st;
}

void dn_watch_destroy(dn_watch_state **s)
{
    if (*s == NULL)
        return;
    dn_free((*s)->rank);
    dn_free((*s)->epochs_done);
    dn_free(*s);
    *s = NULL;
}

/* ---- log lines ---- */

static dn_watch_log *new_log(dn_watch_state *s)
{
    if (s->n_logs == DN_WATCH_LOGS) {
        memmove(s->logs, s->logs + 1, sizeof s->logs[0] * (DN_WATCH_LOGS - 1));
        s->n_logs--;
    }
    s->logs[s->n_logs] = (dn_watch_log){.text = ""};
    return &s->logs[s->n_logs++];
}

void dn_watch_note(dn_watch_state *s, const char *level, const char *text)
{
    dn_watch_log *l = new_log(s);

    snprintf(l->level, sizeof l->level, "%s", level);
    snprintf(l->module, sizeof l->module, "watch");
    snprintf(l->text, sizeof l->text, "%s", text);
}

static void fold_log(dn_watch_state *s, const dn_json *e)
{
    dn_watch_log *l = new_log(s);

    get_text(e, "t", l->t, sizeof l->t);
    get_text(e, "level", l->level, sizeof l->level);
    get_text(e, "module", l->module, sizeof l->module);
    get_text(e, "text", l->text, sizeof l->text);
}

/* ---- status ---- */

static double between_0_and_1(double share)
{
    return share < 0 ? 0 : share > 1 ? 1 : share; /* NAN stays */
}

double dn_watch_part_share(const dn_watch_state *s)
{
    return s->total > 0 && s->done >= 0 ? between_0_and_1((double)s->done / (double)s->total) : (double)NAN;
}

double dn_watch_share(const dn_watch_state *s)
{
    double part = dn_watch_part_share(s), before = s->epoch > 0 ? (double)(s->epoch - 1) : 0;

    if (s->part[0] == '\0' && !isnan(part))
        return part;
    if (s->epochs <= 0 || s->epoch < 0)
        return NAN;
    if (s->part[0] == '\0')
        part = s->steps > 0 && s->step >= 0 ? (double)s->step / (double)s->steps : 0;
    return between_0_and_1((before + (isnan(part) ? 0 : part)) / (double)s->epochs);
}

/* The bars: the stage that runs is the last one. */
static void fold_stage(dn_watch_state *s, const dn_json *e)
{
    char name[DN_WATCH_NAME] = "";
    dn_watch_stage *last = s->n_stages > 0 ? &s->stage[s->n_stages - 1] : NULL;

    get_text(e, "stage", name, sizeof name);
    if (name[0] != '\0' && (last == NULL || strcmp(last->name, name) != 0)) {
        if (last != NULL)
            last->over = true;
        if (s->n_stages == DN_WATCH_STAGES) {
            memmove(s->stage, s->stage + 1, sizeof s->stage[0] * (DN_WATCH_STAGES - 1));
            s->n_stages--;
        }
        last = &s->stage[s->n_stages++];
        *last = (dn_watch_stage){.share = NAN};
        snprintf(last->name, sizeof last->name, "%s", name);
    }
    if (last != NULL)
        last->share = dn_watch_share(s);
}

static dn_status fold_ranks(dn_watch_state *s, const dn_json *ranks, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = dn_json_count(ranks) < DN_WATCH_MOST ? dn_json_count(ranks) : DN_WATCH_MOST;

    if (dn_json_kind_of(ranks) != DN_JSON_ARRAY)
        goto out;
    DN_TRY(dn_grow((void **)&s->rank, &s->rank_cap, (size_t)n, sizeof *s->rank, err));
    s->n_ranks = n;
    for (int64_t i = 0; i < n; i++) {
        const dn_json *r = dn_json_element(ranks, i);
        dn_watch_rank *to = &s->rank[i];

        *to = (dn_watch_rank){.rank = get_int(r, "rank", i),
                              .compute_ms = get_number(r, "compute_ms", NAN),
                              .exchange_ms = get_number(r, "exchange_ms", NAN),
                              .wait_ms = get_number(r, "wait_ms", NAN),
                              .memory_mb = get_number(r, "memory_mb", NAN)};
        get_text(r, "host", to->host, sizeof to->host);
    }
out:
    return st;
}

static void fold_checkpoint(dn_watch_state *s, const dn_json *c, const char *when)
{
    get_text(c, when, s->checkpoint_t, sizeof s->checkpoint_t);
    get_text(c, "path", s->checkpoint_path, sizeof s->checkpoint_path);
    get_text(c, "reason", s->checkpoint_reason, sizeof s->checkpoint_reason);
    s->checkpoint_s = get_number(c, "seconds", s->checkpoint_s);
}

static void add_loss(dn_watch_state *s, double loss)
{
    if (isnan(loss))
        return;
    if (s->n_losses == DN_WATCH_LOSSES) {
        memmove(s->losses, s->losses + 1, sizeof s->losses[0] * (DN_WATCH_LOSSES - 1));
        s->n_losses--;
    }
    s->losses[s->n_losses++] = loss;
}

static int64_t sum_of_members(const dn_json *obj)
{
    void *it = NULL;
    const char *key;
    const dn_json *v;
    int64_t sum = 0;

    while (dn_json_next(obj, &it, &key, &v))
        if (dn_json_to_int(v) > 0 && dn_json_to_int(v) < INT64_MAX - sum)
            sum += dn_json_to_int(v);
    return sum;
}

static void fold_metrics(dn_watch_state *s, const dn_json *metrics)
{
    void *it = NULL;
    const char *key;
    const dn_json *v;

    if (dn_json_kind_of(metrics) != DN_JSON_OBJECT)
        return;
    s->n_metrics = 0;
    while (s->n_metrics < DN_WATCH_METRICS && dn_json_next(metrics, &it, &key, &v)) {
        dn_watch_metric *m = &s->metric[s->n_metrics];

        snprintf(m->name, sizeof m->name, "%s", key);
        m->value = get_number(metrics, key, NAN);
        s->n_metrics += isfinite(m->value);
    }
}

/* The first word of a start: where it begins, later epochs are not done, whatever a start before has done.
 * One more may be: the status lags. */
static void drop_later_epochs(dn_watch_state *s, const dn_json *e)
{
    int64_t epoch = get_int(e, "epoch", -1);

    while (epoch > 0 && dn_json_get(e, "part") == NULL && s->n_epochs > 0 &&
           s->epochs_done[s->n_epochs - 1].epoch > epoch + 1)
        s->n_epochs--;
}

static dn_status fold_status(dn_watch_state *s, const dn_json *e, dn_error *err)
{
    dn_status st = DN_OK;

    get_text(e, "t", s->t, sizeof s->t);
    get_text(e, "state", s->said, sizeof s->said);
    s->part[0] = '\0';
    get_text(e, "part", s->part, sizeof s->part);
    get_text(e, "unit", s->unit, sizeof s->unit);
    get_text(e, "text", s->end, sizeof s->end);
    if (s->seq < 0)
        drop_later_epochs(s, e);
    s->seq = get_int(e, "seq", s->seq);
    s->exit = get_int(e, "exit", s->exit);
    s->epoch = get_int(e, "epoch", s->epoch);
    s->epochs = get_int(e, "epochs", s->epochs);
    s->step = get_int(e, "step", s->step);
    s->steps = get_int(e, "steps", s->steps);
    s->done = get_int(e, "done", s->done);
    s->total = get_int(e, "total", s->total);
    s->loss = get_number(e, "loss", s->loss);
    add_loss(s, get_number(e, "loss", NAN));
    s->per_second = get_number(e, "per_second", NAN);
    s->eta_s = get_number(e, "eta_s", NAN);
    s->elapsed_s = get_number(e, "elapsed_s", s->elapsed_s);
    if (dn_json_kind_of(dn_json_get(e, "refused")) == DN_JSON_OBJECT)
        s->refused = sum_of_members(dn_json_get(e, "refused"));
    s->checkpoint_every_s = get_number(e, "checkpoint_every_s", s->checkpoint_every_s);
    fold_checkpoint(s, dn_json_get(e, "checkpoint"), "utc");
    fold_metrics(s, dn_json_get(e, "metrics"));
    fold_stage(s, e);
    DN_TRY(fold_ranks(s, dn_json_get(e, "ranks"), err));
out:
    return st;
}

/* ---- epochs ---- */

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* One that comes again after a restart takes the place of the former; when it is another than that was, those
 * behind it are of a run that has been given up. */
static dn_status fold_epoch(dn_watch_state *s, const dn_json *e, dn_error *err)
{
    dn_status st = DN_OK;
    dn_watch_epoch done = {.epoch = get_int(e, "epoch", -1),
                           .train_loss = get_number(e, "train_loss", NAN),
                           .validation_loss = get_number(e, "validation_loss", NAN),
                           .validation_auroc = get_number(e, "validation_auroc", NAN)};
    int64_t at = s->n_epochs;
    const dn_json *best = dn_json_get(e, "best");

    done.best = dn_json_to_bool(best) || dn_json_to_int(best) != 0;
    while (at > 0 && s->epochs_done[at - 1].epoch >= done.epoch)
        at--;
    if (done.epoch < 0 || at >= DN_WATCH_MOST)
        goto out;
    if (at == s->n_epochs || s->epochs_done[at].epoch != done.epoch) {
        DN_TRY(dn_grow((void **)&s->epochs_done, &s->epoch_cap, (size_t)s->n_epochs + 1,
                       sizeof *s->epochs_done, err));
        memmove(s->epochs_done + at + 1, s->epochs_done + at,
                sizeof *s->epochs_done * (size_t)(s->n_epochs - at));
        s->n_epochs++;
    } else if (!same_number(s->epochs_done[at].train_loss, done.train_loss) ||
               !same_number(s->epochs_done[at].validation_loss, done.validation_loss))
        s->n_epochs = at + 1;
    s->epochs_done[at] = done;
out:
    return st;
}

/* ---- the process ---- */

/* Whether it tells of the start that is known; what "start" leaves out is no difference. */
static bool same_start(const dn_watch_state *s, int64_t pid, const char *host, const char *started)
{
    return s->seen > 0 && (pid == 0 || pid == s->pid) &&
           (host[0] == '\0' || s->host[0] == '\0' || strcmp(host, s->host) == 0) &&
           (started[0] == '\0' || s->started[0] == '\0' || strcmp(started, s->started) == 0);
}

static void note_restart(dn_watch_state *s)
{
    char note[DN_WATCH_LINE] = "the job has started again";

    if (s->pid > 0)
        snprintf(note, sizeof note, "the job has started again, on %s, process %lld", s->host,
                 (long long)s->pid);
    dn_watch_note(s, "info", note);
    snprintf(s->logs[s->n_logs - 1].t, sizeof s->logs[0].t, "%s", s->started);
}

static void fold_start(dn_watch_state *s, const dn_json *e)
{
    char started[32] = "", host[DN_WATCH_NAME] = "";
    int64_t pid = get_int(e, "pid", 0);
    bool again = s->seen > 0 || s->said[0] != '\0'; /* the one before may have taken its server.json along */
    bool same;

    get_text(e, "started_utc", started, sizeof started);
    get_text(e, "host", host, sizeof host);
    same = same_start(s, pid, host, started);
    if (!same) {
        s->seen++;
        if (again)
            forget_process(s);
        s->pid = pid;
        s->size = s->restarts = 0;
        s->started[0] = s->host[0] = s->job[0] = '\0';
    }
    if (started[0] != '\0')
        memcpy(s->started, started, sizeof started);
    if (host[0] != '\0')
        memcpy(s->host, host, sizeof host);
    get_text(e, "job_id", s->job, sizeof s->job);
    s->size = get_int(e, "ranks", s->size);
    s->restarts = get_int(e, "restart", s->restarts);
    if (!same || s->n_stages == 0)
        fold_stage(s, e);
    if (!same && again)
        note_restart(s);
}

static void fold_end(dn_watch_state *s, const dn_json *e)
{
    s->exit = get_int(e, "exit", s->exit);
    get_text(e, "text", s->end, sizeof s->end);
    if (s->exit >= 0)
        snprintf(s->said, sizeof s->said, "%s", dn_protocol_state((int)s->exit));
}

bool dn_watch_knows_epoch(const dn_watch_state *s, const dn_json *e)
{
    int64_t epoch = get_int(e, "epoch", -1), at = s->n_epochs;

    while (at > 0 && s->epochs_done[at - 1].epoch > epoch)
        at--;
    return at > 0 && s->epochs_done[at - 1].epoch == epoch &&
           same_number(s->epochs_done[at - 1].train_loss, get_number(e, "train_loss", NAN)) &&
           same_number(s->epochs_done[at - 1].validation_loss, get_number(e, "validation_loss", NAN));
}

dn_status dn_watch_fold(dn_watch_state *s, const char *kind, const dn_json *event, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t protocol = get_int(event, "protocol", 0); /* 0: lines of metrics.jsonl have none */

    if (protocol != 0)
        s->foreign = protocol == DN_PROTOCOL ? 0 : protocol;
    if (protocol != 0 && protocol != DN_PROTOCOL)
        goto out;
    if (strncmp(kind, DN_TOPICS, strlen(DN_TOPICS)) == 0)
        kind += strlen(DN_TOPICS);
    if (strcmp(kind, "status") == 0)
        DN_TRY(fold_status(s, event, err));
    else if (strcmp(kind, "epoch") == 0)
        DN_TRY(fold_epoch(s, event, err));
    else if (strcmp(kind, "checkpoint") == 0)
        fold_checkpoint(s, event, "t");
    else if (strcmp(kind, "log") == 0)
        fold_log(s, event);
    else if (strcmp(kind, "end") == 0)
        fold_end(s, event);
    else if (strcmp(kind, "server") == 0 || strcmp(kind, "start") == 0)
        fold_start(s, event);
out:
    return st;
}

/* ---- questions ---- */

const dn_watch_rank *dn_watch_slowest(const dn_watch_state *s)
{
    const dn_watch_rank *most = NULL, *least = NULL;
    bool by_wait = false;

    for (int64_t i = 0; i < s->n_ranks; i++)
        by_wait = by_wait || isnan(s->rank[i].compute_ms);
    for (int64_t i = 0; i < s->n_ranks; i++) {
        double load = by_wait ? -s->rank[i].wait_ms : s->rank[i].compute_ms;

        if (isnan(load))
            continue;
        if (most == NULL || load > (by_wait ? -most->wait_ms : most->compute_ms))
            most = &s->rank[i];
        if (least == NULL || load < (by_wait ? -least->wait_ms : least->compute_ms))
            least = &s->rank[i];
    }
    if (most == NULL || (by_wait ? most->wait_ms >= least->wait_ms : most->compute_ms <= least->compute_ms))
        return NULL;
    return most;
}

int64_t dn_watch_time(const char *utc)
{
    int y, mo, d, h, mi, sec;
    int64_t days;

    if (sscanf(utc, "%4d-%2d-%2dT%2d:%2d:%2d", &y, &mo, &d, &h, &mi, &sec) != 6 || mo < 1 || mo > 12 || d < 1)
        return -1;
    /* days from the civil calendar: years begin in March, so that leap days are last */
    y -= mo <= 2;
    days = (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + (153 * (mo + (mo > 2 ? -3 : 9)) + 2) / 5 + d - 1 -
           719468;
    return ((days * 24 + h) * 60 + mi) * 60 + sec;
}
