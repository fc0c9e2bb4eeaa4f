/* keeper.h - the thread that touches the file system for the control plane
 *
 * A file system of a cluster may stand still for minutes. The thread of the sockets must not, it limits
 * connections: so another one reads the allow-list, replaces heartbeat.json and writes log lines, and gives a
 * sign through a pipe when it has looked. Functions are for the thread of the sockets and do not wait, but
 * for dn_keeper_stop(), whose wait has an end. Local.
 */
#ifndef DN_CONTROL_KEEPER_H
#define DN_CONTROL_KEEPER_H

#include <pthread.h>
#include "jobs/control/control_files.h"
#include "solvers/base/log.h"

enum { DN_KEEPER_LINES = 16 };

typedef struct dn_keeper_line {
    dn_log_level level;
    char event[80], fields[240];
} dn_keeper_line;

/* What is done in the thread with the one whose keeper it is. */
typedef struct dn_keeper_duties {
    void *owner;
    void (*leave)(void *owner);   /* the last work on files, when all else is done */
    void (*release)(void *owner); /* nobody else does it any more: see dn_keeper_stop() */
} dn_keeper_duties;

typedef struct dn_keeper {
    dn_keeper_duties duties;
    dn_control_files *files; /* the thread's alone once it has been asked for a look */
    int wake;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t more, gone;
    bool ending, left, abandoned, readable;
    int64_t asked, looked; /* looks at the allow-list, by number: wanted; done */
    dn_allow_list allowed; /* as read last */
    char *heartbeat;       /* to be written, or NULL; dn_free() */
    int lines;
    dn_keeper_line line[DN_KEEPER_LINES];
    int64_t next_look, may_look; /* of the thread alone, zclock_mono() */
} dn_keeper;

/* Start the thread; it rests until it is asked for a look. wake: a pipe that does not block. Fails:
 * DN_EUNAVAILABLE */
DN_MUST_CHECK dn_status dn_keeper_start(dn_keeper *k, dn_control_files *files, int wake,
                                        const dn_keeper_duties *duties, dn_error *err);

/* Do what is left, leave, and wait for the thread, up to so long. False: the file system stands still, and
 * the keeper is the thread's alone from now on, with its owner, which it releases if it ever comes back. Any
 * thread; nobody else uses the keeper then. */
DN_MUST_CHECK bool dn_keeper_stop(dn_keeper *k, double seconds);

/* Ask for a look at the allow-list that begins from now on; its number. Later ones follow each second. */
int64_t dn_keeper_ask(dn_keeper *k);

/* The list as read last; *out_readable is false when that could not be read, then it is the one of before.
 * False, and nothing is set: look `number` is not done yet (0: any will do). */
bool dn_keeper_allowed(dn_keeper *k, int64_t number, dn_allow_list *out, bool *out_readable);

/* Replace heartbeat.json by text, which is taken over (dn_free()). One that has not been written is lost. */
void dn_keeper_heartbeat(dn_keeper *k, char *text);

/* A line for the log; lost when DN_KEEPER_LINES wait already. */
void dn_keeper_log(dn_keeper *k, dn_log_level level, const char *event, const char *fields_fmt, ...)
    DN_PRINTF(4, 5);

#endif
