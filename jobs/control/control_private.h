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

enum { DN_TOPIC = 24, DN_UTC = DN_CLOCK_UTC, DN_WAITING = 16, DN_HELD = 256 };

/* What the job hands over, on its way out. */
typedef struct dn_event {
    char topic[DN_TOPIC], t[DN_UTC];
    char *json; /* dn_free() */
} dn_event;

/* What a key may still send, for the rate limit. */
typedef struct dn_caller {
    char key[DN_CONTROL_KEY]; /* "": a free row */
    double tokens;
    int64_t at; /* zclock_mono() of the last command */
} dn_caller;

/* Who waits for a checkpoint, or has waited. */
typedef struct dn_waiting {
    uint8_t caller[256]; /* routing id */
    size_t len;
    char id[DN_PROTOCOL_NAME + 1]; /* "": a free row */
    char key[DN_CONTROL_KEY];
    int64_t answered; /* zclock_mono(); 0: it waits */
} dn_waiting;

/* A command that has come and waits for a look at the allow-list. */
typedef struct dn_held {
    zmq_msg_t caller, body;
    bool whole;
} dn_held;

/* A checkpoint that is complete. */
typedef struct dn_checkpoint_note {
    int64_t number; /* rises; 0: there is none */
    char utc[DN_UTC], path[DN_CONTROL_PATH], reason[64];
    double seconds;
} dn_checkpoint_note;

/* How far the thread is. */
typedef enum dn_phase { DN_PHASE_OPENING, DN_PHASE_OPEN, DN_PHASE_SERVING, DN_PHASE_LEAVING } dn_phase;

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
    dn_checkpoint_note newest; /* under ring_lock, too; is never dropped */
    int wake[2];               /* a pipe: something is in the ring, or the end has come */
    atomic_bool ending;
    int exit_code; /* before ending */
    char end_text[400];
    pthread_t thread;
    bool started_thread, started_keeper; /* the second is set by the thread while it opens */
    double patience_s;                   /* at the end, with files */
    const char *opt_interface;           /* while the thread opens */
    pthread_mutex_t phase_lock;
    pthread_cond_t phase_moves;
    dn_phase phase;
    dn_status open_status; /* of the thread: why it left */
    dn_error open_error;

    /* of the thread alone */
    dn_sockets sockets;
    dn_keeper keeper;
    int64_t look; /* at the allow-list, that is waited for; 0: none */
    int64_t seq;
    int64_t next_status, next_renewal; /* zclock_mono() */
    dn_checkpoint_note checkpoint;     /* the last one that was told */
    dn_caller caller[DN_CONTROL_KEYS];
    dn_waiting waiting[DN_WAITING];
    int n_held;
    dn_held held[DN_HELD];
};

/* Fields of the status, without protocol, number and time. Any moment; the thread. */
void dn_control_status_fields(dn_control *c, const char *state, dn_json *out);

/* Fields of d1.checkpoint. */
void dn_control_checkpoint_fields(const dn_checkpoint_note *note, dn_json *out);

/* Receive what has come to the ROUTER: whose it is counts at once (peers.h), what it says when it may be
 * answered. The thread. */
void dn_control_collect(dn_control *c);

/* Answer that, within limits, or let_go of it. The thread, with a list that was read after it came. */
void dn_control_answer(dn_control *c, bool let_go);

/* A checkpoint is there: tell who waits for it. False: not all, out of memory. The thread. */
bool dn_control_answer_waiting(dn_control *c);

/* The end has come without one. The thread. */
void dn_control_refuse_waiting(dn_control *c);

#endif
