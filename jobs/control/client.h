/* client.h - the other end of control.h: listen to a running job, and ask it
 *
 * A client is used by one thread. All functions are local.
 */
#ifndef DN_CONTROL_CLIENT_H
#define DN_CONTROL_CLIENT_H

#include <stdbool.h>
#include "solvers/base/error.h"

typedef struct dn_client dn_client;

/* What RUN/control says of the job without a connection. */
typedef struct dn_run_state {
    bool serving;      /* server.json is there: the job runs, or died without a word */
    char state[16];    /* of heartbeat.json: "running", "finished", "saved", "failed"; "": there is none, or
                          only that of a start before the one that serves */
    char when[32];     /* its time */
    int exit_code;     /* -1: it has not ended */
    double age;        /* seconds since the heartbeat was written; a live job writes one a second */
    long pid;          /* of server.json, 0: not there */
    char host[128];    /* where that process runs */
    char started[32];  /* of server.json */
    bool process_gone; /* it ran on a host of this name, and no such process is seen here: it is dead, or in
                          another container */
} dn_run_state;

/* Fails: DN_ENOINPUT there is no such directory, or no job has ever served there; DN_ENOPERM this user may
 * not read it, or it belongs to somebody who does not own the run; DN_EDATA; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_client_look(const char *run_dir, dn_run_state *out, dn_error *err);

/* Connect to the job that runs in run_dir, with the key of RUN/control/client.secret or of another
 * certificate file with both parts; one that others may read is a warning in the log. Does not wait for the
 * job, nor for a key that is a pipe.
 * Fails: DN_ENOINPUT, DN_ENOPERM as dn_client_look(), or the certificate cannot be read; DN_EUNAVAILABLE no
 * job runs there, or it listens on its own node only and this is another; DN_EDATA a file that cannot be
 * understood, or a protocol that is not spoken here; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_client_open(const char *run_dir, const char *opt_key, dn_client **out,
                                       dn_error *err);
void dn_client_close(dn_client **c);

/* The next event within timeout_ms, both texts for dn_free(); *out_topic is NULL when none came.
 * Fails: DN_ENOPERM the job has refused the key; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_client_next(dn_client *c, int timeout_ms, char **out_topic, char **out_json,
                                       dn_error *err);

/* Whether the job that the client was opened for may still answer, by its files and by the connection. When
 * it listens elsewhere by now, the client connects there.
 * Fails: DN_EUNAVAILABLE it has ended, or died, or another start runs there; DN_ENOPERM; DN_EDATA; DN_ENOMEM
 */
DN_MUST_CHECK dn_status dn_client_check(dn_client *c, dn_error *err);

/* Send a command (a JSON object with "id") and wait for its last answer, text for dn_free(); one that is
 * "pending" is not the last. *opt_pending tells whether one came. After a connection that was cut the command
 * is sent again, with its id. Fails: DN_EUNAVAILABLE no answer within timeout_ms, or dn_client_check(), once
 * a second; DN_ENOPERM the job has refused the key; DN_EDATA the command is no such object; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_client_ask(dn_client *c, const char *json, int timeout_ms, char **out_answer,
                                      bool *opt_pending, dn_error *err);

#endif
