/* sockets.h - the sockets of a job: events out, commands in, and who may connect at all
 *
 * All of it belongs to one thread at a time. CURVE always; who connects is asked for at "zap", in this very
 * thread, and without an answer nobody gets in. Local.
 */
#ifndef DN_CONTROL_SOCKETS_H
#define DN_CONTROL_SOCKETS_H

#include <czmq.h>
#include "jobs/control/control_files.h"

/* What was refused since the start. */
typedef struct dn_refused {
    int64_t wrong_key, plain, malformed, oversized, flooded, unknown_version;
} dn_refused;

enum { DN_ENDPOINT = 160, DN_COMMAND_BYTES = 4096 };

typedef struct dn_sockets {
    dn_control_files *files;
    char public_key[DN_CONTROL_KEY], secret_key[DN_CONTROL_KEY]; /* of the server */
    char address[96];                                            /* to bind to */
    zsock_t *zap;
    zsock_t *events, *commands;             /* PUB, ROUTER */
    zsock_t *events_watch, *commands_watch; /* what becomes of connections */
    char events_at[DN_ENDPOINT], commands_at[DN_ENDPOINT];
    int connections;                 /* accepted and not yet closed, of both */
    bool full;                       /* there were too many: nobody is let in ... */
    int64_t open_again;              /* ... before this, zclock_mono() */
    dn_allow_list allowed, admitted; /* now; at one time since the sockets were bound */
    dn_refused refused;
} dn_sockets;

/* Bind to a port that the system chooses. opt_interface: name or address, NULL: 127.0.0.1. files and the
 * keys are set by the caller. Fails: DN_EUNAVAILABLE */
DN_MUST_CHECK dn_status dn_sockets_open(dn_sockets *s, const char *opt_interface, dn_error *err);
void dn_sockets_close(dn_sockets *s);

/* Answer who is allowed in: everything that waits. */
void dn_sockets_admit(dn_sockets *s);

/* Count what failed, and how many are connected. Too many, and all are cut and nobody is let in for a second:
 * files of the job need descriptors, too. */
void dn_sockets_watch(dn_sockets *s);

/* Read the allow-list again, about once a second. When a key has gone from it that was let in, all
 * connections are cut: the others come back by themselves. After a pause for too many connections, listen
 * again. */
void dn_sockets_renew(dn_sockets *s);

#endif
