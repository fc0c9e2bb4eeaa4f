/* files.h - a run seen through its directory, for those whom no connection reaches
 *
 * Looks at control/server.json, control/heartbeat.json, metrics.jsonl, the lock and the results. Only reads;
 * what is half-written, torn or no JSON is passed over and looked at again next time. Local.
 */
#ifndef DN_WATCH_FILES_H
#define DN_WATCH_FILES_H

#include <sys/types.h>
#include "jobs/watch/fate.h"

enum { DN_WATCH_PATH = 1200 };

/* Who gets events: topic is "d1.status", "d1.epoch", "server" or "start" (state.h), and what it gets is
 * folded when it returns. May add members. */
typedef struct dn_watch_sink {
    void *ctx;
    dn_status (*event)(void *ctx, const char *topic, dn_json *event, dn_error *err);
} dn_watch_sink;

typedef struct dn_watch_files {
    char dir[DN_WATCH_PATH];
    uint64_t server, heartbeat; /* hashes of what was given last; 0: nothing */
    double changed; /* dn_clock_now() in s when the heartbeat became another; 0: not seen from here */
    ino_t metrics;  /* the file whose lines are known up to here */
    int64_t metrics_at;
} dn_watch_files;

/* The directory of RUN: RUN itself, or RUN.parts for the output of embed. Fails: DN_EUSAGE the path is too
 * long */
DN_MUST_CHECK dn_status dn_watch_files_open(const char *run, dn_watch_files *out, dn_error *err);

/* Give what is new to the sink, and gather facts (all but those of the queue, which are left alone).
 * s is what the sink has folded. live: a connection brings status and epochs after the first look, so only
 * the server and the facts are of interest. Fails: DN_ENOMEM, what the sink fails with */
DN_MUST_CHECK dn_status dn_watch_files_look(dn_watch_files *f, const dn_watch_state *s, bool live,
                                            int64_t now, const dn_watch_sink *sink, dn_watch_facts *out,
                                            dn_error *err);

#endif
