/* fate.h - what has become of a run, from what can be seen of it
 *
 * Pure: the facts are gathered by jobs/watch/files.h and jobs/watch/queue.h. A run that goes on holds a lock
 * (jobs/cli/run/run_lock.h), which the kernel gives up with the process, also on another host of a file
 * system that shares locks; a lock that is held is the strongest sign of life, one that is not held says
 * little where a file system has none. Files of a start before the one that holds the lock tell nothing of
 * it: a run started with --no-control, or one that cannot bind, leaves them as they were. A heartbeat counts
 * by when it last changed in our eyes, as clocks of nodes differ. Local.
 */
#ifndef DN_WATCH_FATE_H
#define DN_WATCH_FATE_H

#include "jobs/watch/state.h"

enum { DN_SILENT_AFTER = 10, DN_DEAD_AFTER = 60 }; /* seconds without a heartbeat */

typedef enum dn_known { DN_UNKNOWN = 0, DN_NO, DN_YES } dn_known;

typedef struct dn_watch_facts {
    bool directory;                  /* RUN is there */
    bool closed;                     /* and may not be read by us */
    bool server;                     /* control/server.json, of this start */
    bool heartbeat;                  /* control/heartbeat.json, of this start */
    bool reports;                    /* metrics.jsonl has grown since the lock was taken */
    double quiet_s;                  /* since the heartbeat changed; 0 without one */
    dn_known process;                /* it lives; known on its own host only */
    dn_known locked;                 /* a run holds the lock */
    int64_t holder;                  /* its process id there; 0: not known */
    char holder_host[DN_WATCH_NAME]; /* and where that is */
    bool model, checkpoint, metrics; /* model.h5 (or another result), checkpoint.h5, lines in metrics.jsonl */
    int64_t checkpoint_at;           /* when it was written, seconds since 1970 */
    char queue[32];          /* what squeue says of the job: "PENDING", "RUNNING", ... ; "": nothing */
    char reason[64];         /* and why: "Priority" */
    char job[DN_WATCH_NAME]; /* of which job */
} dn_watch_facts;

/* The fate, and in out [cap] one line about it. s holds the last status. */
dn_fate dn_fate_tell(const dn_watch_state *s, const dn_watch_facts *f, char *out, size_t cap);

const char *dn_fate_name(dn_fate fate); /* "running" */

#endif
