/* state.h - what is known of a run that somebody watches, folded together from its events
 *
 * Events are those of jobs/control/PROTOCOL.md, version 1: of a connection or, without one, heartbeat.json
 * and the lines of metrics.jsonl, which have the fields of "status" and of "epoch". Every field may be
 * absent; unknown ones are passed over; a field of another type than it should have is absent. Texts are kept
 * as they came (jobs/watch/pen.h makes them harmless) and cut to their room. Nothing here grows without bound
 * but epochs and ranks, which are as many as the run has, DN_WATCH_MOST at most. All functions are local.
 */
#ifndef DN_WATCH_STATE_H
#define DN_WATCH_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/json.h"

enum {
    DN_WATCH_NAME = 64,
    DN_WATCH_LINE = 400,
    DN_WATCH_STAGES = 12,
    DN_WATCH_LOGS = 100,
    DN_WATCH_LOSSES = 240,
    DN_WATCH_METRICS = 8,
    DN_WATCH_MOST = 100000
};

/* What has become of the run, as far as can be seen from here; see jobs/watch/fate.h */
typedef enum dn_fate {
    DN_FATE_ABSENT,   /* nothing there, nothing queued */
    DN_FATE_QUEUED,   /* Slurm has not started the job */
    DN_FATE_STARTING, /* it runs, but has not said anything yet */
    DN_FATE_RUNNING,
    DN_FATE_SILENT, /* it should run, but has said nothing for a while */
    DN_FATE_FINISHED,
    DN_FATE_SAVED, /* ended with 75, to be gone on with */
    DN_FATE_FAILED,
    DN_FATE_DEAD /* gone without a word */
} dn_fate;

typedef struct dn_watch_stage {
    char name[DN_WATCH_NAME];
    double share; /* done, 0 .. 1; NAN: not known */
    bool over;    /* another one came after it */
} dn_watch_stage;

/* NAN: not known */
typedef struct dn_watch_rank {
    int64_t rank;
    char host[DN_WATCH_NAME];
    double compute_ms, exchange_ms, wait_ms, memory_mb;
} dn_watch_rank;

typedef struct dn_watch_metric {
    char name[DN_WATCH_NAME];
    double value;
} dn_watch_metric;

typedef struct dn_watch_epoch {
    int64_t epoch;
    double train_loss, validation_loss, validation_auroc;
    bool best;
} dn_watch_epoch;

typedef struct dn_watch_log {
    char t[32], level[16], module[DN_WATCH_NAME], text[DN_WATCH_LINE];
} dn_watch_log;

typedef struct dn_watch_state {
    char run[DN_WATCH_LINE]; /* the directory, as given */
    dn_fate fate;
    char fate_text[DN_WATCH_LINE];
    char link[DN_WATCH_NAME];    /* how it is watched: "live", "by its files" */
    char no_link[DN_WATCH_LINE]; /* why not live; "": no reason to say */

    /* of the process: server.json */
    char host[DN_WATCH_NAME], job[DN_WATCH_NAME], started[32];
    int64_t pid, size, restarts; /* 0: not known */
    int64_t seen;                /* starts of the job that were seen from here */
    int64_t foreign; /* protocol of the last message, when it is none that is understood here; 0: fine */

    /* of the last status; numbers that are not known are NAN or -1 */
    char said[16]; /* running, finished, saved, failed; "" */
    char t[32];    /* when it was sent */
    int64_t seq, epoch, epochs, step, steps, done, total, exit;
    char part[DN_WATCH_NAME]; /* of the stage, at hand: done, total, speed and eta_s are of it; "": it has
                                 none */
    char unit[DN_WATCH_NAME];
    double loss, per_second, eta_s, elapsed_s;
    int64_t refused; /* clients and frames, all causes together */
    int n_metrics;
    dn_watch_metric metric[DN_WATCH_METRICS]; /* as the stage names them */
    double checkpoint_every_s;
    int64_t checkpoint_file; /* when the one that is there was written, by its file; 0: there is none */
    char checkpoint_t[32], checkpoint_path[DN_WATCH_LINE], checkpoint_reason[DN_WATCH_NAME];
    double checkpoint_s;
    char end[DN_WATCH_LINE]; /* last words */

    int n_stages;
    dn_watch_stage stage[DN_WATCH_STAGES];
    int64_t n_ranks;
    dn_watch_rank *rank; /* [n_ranks] */
    int64_t n_epochs;
    dn_watch_epoch *epochs_done; /* [n_epochs]  in rising order */
    int n_losses;
    double losses[DN_WATCH_LOSSES]; /* of the last statuses, the oldest first */
    int n_logs;
    dn_watch_log logs[DN_WATCH_LOGS]; /* the oldest first */
    size_t rank_cap, epoch_cap;
} dn_watch_state;

/* Nothing is known yet of the run in this directory. It is large: one on the heap, for dn_watch_destroy(). */
DN_MUST_CHECK dn_status dn_watch_create(const char *run, dn_watch_state **out, dn_error *err);
void dn_watch_destroy(dn_watch_state **s);

/* Fold an event in; kind is "status", "epoch", "checkpoint", "log", "end", with or without "d1." before it,
 * "server" for server.json, or "start" for what else tells of a start (host and pid of who holds the lock,
 * started_utc). Other kinds are passed over, and messages of another protocol, which s->foreign names.
 * Another process or start is a restart: what belonged to the process is forgotten, log lines are kept and
 * epochs as far as it does not do them again, and a log line says so.
 * Fails: DN_ENOMEM; then s is as before, or lacks ranks or an epoch */
DN_MUST_CHECK dn_status dn_watch_fold(dn_watch_state *s, const char *kind, const dn_json *event,
                                      dn_error *err);

/* Whether an event "epoch" has been folded in before, the same to the bit: it comes by two ways. */
bool dn_watch_knows_epoch(const dn_watch_state *s, const dn_json *event);

/* A log line of our own. */
void dn_watch_note(dn_watch_state *s, const char *level, const char *text);

/* The rank that the others wait for: it computes longest or, where nobody says, waits least; NULL with fewer
 * than two ranks, or when all are alike. */
const dn_watch_rank *dn_watch_slowest(const dn_watch_state *s);

/* Share of the running stage, or NAN; and of its part at hand. */
double dn_watch_share(const dn_watch_state *s);
double dn_watch_part_share(const dn_watch_state *s);

/* Seconds since 1970 of "2026-02-03T10:11:12[.345]Z", or -1. */
int64_t dn_watch_time(const char *utc);

#endif
