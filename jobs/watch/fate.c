/* fate.c - what has become of a run; see fate.h */
#include "jobs/watch/fate.h"

#include <stdio.h>
#include <string.h>
#include "jobs/control/protocol.h"

const char *dn_fate_name(dn_fate fate)
{
    static const char *const names[] = {"not there", "queued", "starting", "running", "silent",
                                        "finished",  "saved",  "failed",   "dead"};

    return names[fate];
}

static bool queued(const dn_watch_facts *f)
{
    return strcmp(f->queue, "PENDING") == 0 || strncmp(f->queue, "REQUEUE", 7) == 0;
}

/* Whether something says that it goes on, and whether something says that it does not. */
static dn_known alive(const dn_watch_facts *f)
{
    bool quiet = f->heartbeat && f->quiet_s >= DN_DEAD_AFTER;

    if (f->locked == DN_YES)
        return DN_YES;
    if (f->process == DN_NO ||
        (quiet && f->locked == DN_NO)) /* its number may belong to another one by now */
        return DN_NO;
    return f->process == DN_YES ? DN_YES : quiet ? DN_NO : DN_UNKNOWN;
}

/* Of a run that said farewell. */
static dn_fate ended(const dn_watch_state *s, const dn_watch_facts *f, char *out, size_t cap)
{
    const char *colon = s->end[0] != '\0' ? ": " : "";

    if (strcmp(s->said, "finished") == 0) {
        snprintf(out, cap, "the job has finished%s%s", colon, s->end);
        return DN_FATE_FINISHED;
    }
    if (strcmp(s->said, "saved") == 0) {
        if (queued(f))
            snprintf(out, cap, "saved; job %s is queued again (%s)", f->job, f->reason);
        else if (f->queue[0] != '\0')
            snprintf(out, cap, "saved; job %s is %s for Slurm", f->job, f->queue);
        else
            snprintf(out, cap, "saved (75): %s",
                     s->end[0] != '\0' ? s->end : "the same command goes on from there");
        return queued(f) ? DN_FATE_QUEUED : DN_FATE_SAVED;
    }
    if (s->exit >= 0)
        snprintf(out, cap, "the job has failed, exit code %lld%s%s", (long long)s->exit, colon, s->end);
    else
        snprintf(out, cap, "the job has failed%s%s", colon, s->end);
    return DN_FATE_FAILED;
}

static dn_fate dead(const dn_watch_state *s, const dn_watch_facts *f, char *out, size_t cap)
{
    const char *after = f->checkpoint ? "; a checkpoint is there, the same command goes on" : "";

    if (queued(f)) {
        snprintf(out, cap, "job %s is queued again (%s)", f->job, f->reason);
        return DN_FATE_QUEUED;
    }
    if (f->process == DN_NO)
        snprintf(out, cap, "dead: process %lld on %s is gone%s", (long long)s->pid, s->host, after);
    else
        snprintf(out, cap, "dead: no sign of life for %.0f s%s", f->quiet_s, after);
    return DN_FATE_DEAD;
}

/* Of one that says nothing through the control plane: started with --no-control, or not yet begun. */
static dn_fate mute(const dn_watch_state *s, const dn_watch_facts *f, char *out, size_t cap)
{
    if (f->locked == DN_YES) {
        snprintf(out, cap, "%s", f->reports ? "running; it reports epochs only" : "starting");
        return f->reports ? DN_FATE_RUNNING : DN_FATE_STARTING;
    }
    if (queued(f)) {
        snprintf(out, cap, "job %s is queued (%s)", f->job, f->reason);
        return DN_FATE_QUEUED;
    }
    if (f->queue[0] != '\0') {
        snprintf(out, cap, "job %s is %s for Slurm; nothing from the run yet", f->job, f->queue);
        return DN_FATE_STARTING;
    }
    if (f->model) {
        snprintf(out, cap, "the job has finished");
        return DN_FATE_FINISHED;
    }
    if (f->locked == DN_UNKNOWN && f->metrics && !f->checkpoint) {
        snprintf(out, cap, "nobody can say whether it runs: no heartbeat, no locks there");
        return DN_FATE_SILENT;
    }
    if (f->checkpoint || f->metrics) {
        snprintf(out, cap, "not running, not finished%s",
                 f->checkpoint ? "; a checkpoint is there, the same command goes on" : "");
        return DN_FATE_DEAD;
    }
    snprintf(out, cap, "%s: %s", s->run,
             f->closed      ? "may not be read by you; its owner can open it (chmod g+rx)"
             : f->directory ? "no run has begun there"
                            : "no such directory");
    return DN_FATE_ABSENT;
}

/* Of one whose messages are not understood: what can be seen without them. */
static dn_fate foreign(const dn_watch_state *s, const dn_watch_facts *f, char *out, size_t cap)
{
    dn_fate fate = mute(s, f, out, cap);
    size_t at;

    if (fate == DN_FATE_ABSENT) { /* somebody was there */
        snprintf(out, cap, "whether it runs cannot be seen from here");
        fate = DN_FATE_SILENT;
    }
    at = strlen(out);
    snprintf(out + at, cap - at, "; the job speaks protocol %lld, this dragnet speaks %d",
             (long long)s->foreign, DN_PROTOCOL);
    return fate;
}

dn_fate dn_fate_tell(const dn_watch_state *s, const dn_watch_facts *f, char *out, size_t cap)
{
    bool running = strcmp(s->said, "running") == 0;
    bool others = f->locked == DN_YES && f->holder > 0 && s->pid > 0 && f->holder != s->pid;
    dn_known lives = alive(f);

    if (s->foreign != 0)
        return foreign(s, f, out, cap);
    if (others) /* what was said, another start has said */
        return mute(s, f, out, cap);
    if (s->said[0] != '\0' && !running) /* it may hold its lock a little longer */
        return ended(s, f, out, cap);
    if (!f->heartbeat && !f->server && s->said[0] == '\0')
        return mute(s, f, out, cap);
    if (lives == DN_NO)
        return dead(s, f, out, cap);
    if (!running) {
        snprintf(out, cap, "starting");
        return DN_FATE_STARTING;
    }
    if (f->quiet_s >= DN_SILENT_AFTER) {
        snprintf(out, cap, "silent for %.0f s, %s", f->quiet_s,
                 lives == DN_YES ? "but its process is there" : "whether it lives cannot be seen from here");
        return DN_FATE_SILENT;
    }
    snprintf(out, cap, "running");
    return DN_FATE_RUNNING;
}
