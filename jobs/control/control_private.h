/* control_private.h - what control.c, status.c and commands.c share; included by nobody else */
#ifndef DN_CONTROL_PRIVATE_H
#define DN_CONTROL_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include "jobs/control/control.h"
#include "jobs/control/protocol.h"
#include "jobs/control/sockets.h"
#include "solvers/base/clock.h"
#include "solvers/base/json.h"

enum { DN_TOPIC = 24, DN_UTC = DN_CLOCK_UTC, DN_CALLERS = 64, DN_WAITING = 16, DN_ID = 64 };

/* What the job hands over, on its way out. */
typedef struct dn_event {
    char topic[DN_TOPIC], t[DN_UTC];
    char *json; /* dn_free() */
} dn_event;

/* Who sent commands, for the rate limit. */
typedef struct dn_caller {
    uint8_t id[256];
    size_t len; /* 0: a free row */
    double tokens;
    int64_t at; /* zclock_mono() of the last command */
} dn_caller;

/* Who waits for a checkpoint. */
typedef struct dn_waiting {
    uint8_t caller[256];
    size_t len;
    char id[DN_ID + 1];
} dn_waiting;

struct dn_control {
    dn_control_files files;
    char server_key[DN_CONTROL_KEY]; /* public: no other start has it */
    char stage[64];
    char host[128], started[DN_UTC];
    int ranks;
    dn_requests *requests;

    pthread_mutex_t report_lock; /* of report; the job only tries it */
    dn_status_report report;
    pthread_mutex_t ring_lock; /* of the ring; held for a copy of some bytes */
    dn_event ring[DN_CONTROL_RING];
    int first, queued;
    int64_t dropped;
    dn_event checkpoint; /* the last one; json NULL: none yet */
    int wake[2];         /* a pipe: something is in the ring, or the end has come */
    atomic_bool ending;
    int exit_code; /* before ending */
    char end_text[400];
    pthread_t thread;

    /* of the thread alone */
    dn_sockets sockets;
    int64_t seq;
    int64_t next_status, next_renewal; /* zclock_mono() */
    dn_caller caller[DN_CALLERS];
    dn_waiting waiting[DN_WAITING];
    int n_waiting;
};

/* Fields of the status, without protocol, number and time. Any moment; the thread. */
void dn_control_status_fields(dn_control *c, const char *state, dn_json *out);

/* Everything that waits at the ROUTER, within limits. The thread. */
void dn_control_answer(dn_control *c);

/* A checkpoint is there, json as published: tell who waits for it. The thread. */
void dn_control_answer_waiting(dn_control *c, const char *json);

/* The end has come without one. The thread. */
void dn_control_refuse_waiting(dn_control *c);

#endif
