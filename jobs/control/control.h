/* control.h - a running job that can be watched and steered from elsewhere (PROTOCOL.md)
 *
 * Rank 0 alone has one. A thread of its own holds all sockets: it publishes what the job hands over and
 * answers commands, which become wishes in dn_requests (mpi/core/request.h). The job never waits for it and
 * never depends on a listener: a report that cannot be handed over at once is dropped, the next one comes;
 * events and log lines go through a ring of DN_CONTROL_RING, what does not fit is dropped and counted. The
 * thread calls no MPI. All functions are local; NULL is a control that does not exist and is fine everywhere.
 */
#ifndef DN_CONTROL_CONTROL_H
#define DN_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include "mpi/core/hooks.h"
#include "solvers/base/log.h"

enum { DN_CONTROL_RING = 256, DN_CONTROL_METRICS = 8, DN_CONTROL_NAME = 32, DN_CONTROL_RANKS = 64 };

typedef struct dn_control dn_control;

typedef struct dn_control_options {
    const char *run_dir;       /* there already */
    const char *stage;         /* "train gener" */
    const char *opt_interface; /* name or address to listen on; NULL: 127.0.0.1 */
    int ranks;
    double opt_patience_s; /* with a file system that stands still, at the end; 0: 10 */
    dn_requests *requests; /* where wishes go; lives longer than the control */
} dn_control_options;

/* Where the stage is. Numbers that it does not know: NAN and -1; such are left out of messages. */
typedef struct dn_status_report {
    int64_t epoch, epochs, step, steps;
    char part[DN_CONTROL_NAME]; /* of the stage, which is at hand: "closeness"; empty: it has none */
    int64_t done, total;        /* of the part, where there is one; otherwise of the whole stage */
    char unit[16];              /* of these: "pairs" */
    double loss;
    double per_second; /* units */
    double elapsed_s;  /* since this start */
    double eta_s;
    int metrics;
    struct {
        char name[DN_CONTROL_NAME];
        double value;
    } metric[DN_CONTROL_METRICS];
    int ranks; /* rows; 0: the stage knows of none, rank 0 is told of by its memory */
    dn_rank_row rank[DN_CONTROL_RANKS];
} dn_status_report;

/* A report that knows nothing yet. */
dn_status_report dn_status_report_none(void);

/* Make RUN/control, bind, write server.json and start the thread.
 * What a start before has left there is removed first, but for allowed/. Fails: DN_ECANTCREAT the folder or a
 * file of it, or it is not ours alone; DN_ENOPERM it is somebody else's; DN_ENOINPUT there is no run_dir;
 * DN_EUNAVAILABLE no socket can be bound; DN_ENOMEM. The job can go on without. */
DN_MUST_CHECK dn_status dn_control_open(const dn_control_options *options, dn_control **out, dn_error *err);

/* Hand a report over; never waits: one that meets another is lost. Of one thread, the one that takes the
 * steps, so that reports come in their order. */
void dn_control_status(dn_control *c, const dn_status_report *report);

/* Publish an event: topic "d1.epoch", json the text of an object with its fields, to which protocol, number
 * and time are added. Any thread. */
void dn_control_event(dn_control *c, const char *topic, const char *json);

/* A checkpoint is complete: publishes it, and answers who has asked for it, also when the ring is full. Any
 * thread, one at a time. */
void dn_control_checkpoint(dn_control *c, const char *path, double seconds, const char *reason);

/* A line of the log. Any thread. */
void dn_control_log(dn_control *c, dn_log_level level, const char *module, const char *text);

/* Publish the end, leave the last status in heartbeat.json, and wait for the threads; for that which touches
 * files up to opt_patience_s, then the job goes on to its end without it (a warning in the log; files that
 * lead to the job may be left). The exit code says what became of the job: 0 finished, 75 saved, otherwise
 * failed. text: one line, may be empty. */
void dn_control_close(dn_control **c, int exit_code, const char *text);

#endif
