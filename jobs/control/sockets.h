/* sockets.h - the sockets of a job: events out, commands in, and who may connect at all
 *
 * All of it belongs to one thread. CURVE always; who connects is asked for at "zap", in this very thread, and
 * without an answer nobody gets in. Nothing here waits for a file system. The sockets stay bound from open to
 * close, so nobody else can take their ports. Local.
 */
#ifndef DN_CONTROL_SOCKETS_H
#define DN_CONTROL_SOCKETS_H

#include <czmq.h>
#include "jobs/control/peers.h"
#include "jobs/control/keeper.h"

/* What was refused since the start. */
typedef struct dn_refused {
    int64_t wrong_key, plain, malformed, oversized, flooded, unknown_version;
} dn_refused;

enum { DN_ENDPOINT = 160, DN_SUBSCRIPTIONS = 64, DN_TURN = 256 /* messages before others have their turn */ };

typedef struct dn_sockets {
    dn_keeper *keeper;                                           /* for log lines */
    char public_key[DN_CONTROL_KEY], secret_key[DN_CONTROL_KEY]; /* of the server */
    char address[96];                                            /* to bind to */
    zsock_t *zap;
    zsock_t *events, *commands;             /* XPUB, ROUTER */
    zsock_t *events_watch, *commands_watch; /* what becomes of connections */
    char events_at[DN_ENDPOINT], commands_at[DN_ENDPOINT];
    dn_peers peers;
    dn_allow_list allowed;
    bool readable;                     /* the list could be read when it was looked at last */
    int64_t too_many, told, tell_next; /* connections cut; of these in the log; zclock_mono() */
    dn_refused refused;
} dn_sockets;

/* Bind to ports that the system chooses. opt_interface: name or address, NULL: 127.0.0.1; one that means all
 * interfaces is refused, however it is spelled. keeper and the keys are set by the caller. Nobody is allowed
 * in before dn_sockets_allow(). Fails: DN_EUNAVAILABLE */
DN_MUST_CHECK dn_status dn_sockets_open(dn_sockets *s, const char *opt_interface, dn_error *err);
void dn_sockets_close(dn_sockets *s);

/* Count what failed, and how many are connected; too many are cut (peers.h): files of the job need
 * descriptors, too. Often. */
void dn_sockets_watch(dn_sockets *s);

/* Somebody asks to be let in: the list is to be read before the answer. */
bool dn_sockets_are_asked(dn_sockets *s);

/* The list as it is now. Connections that have shown a key which is not in it are cut. */
void dn_sockets_allow(dn_sockets *s, const dn_allow_list *list, bool readable);

/* Answer who asks to be let in. */
void dn_sockets_admit(dn_sockets *s);

/* Read who subscribes; whether anybody has. */
bool dn_sockets_hear(dn_sockets *s);

/* The connection of a message has shown its key; NULL: it is gone. */
dn_peer *dn_sockets_know(dn_sockets *s, dn_port to, zmq_msg_t *message);

/* The row of `allowed` of the key behind a message; -1: it is not allowed (any more), which is counted. */
int dn_sockets_sender(dn_sockets *s, zmq_msg_t *message);

/* Receive a message of two parts, or of one (out_second NULL), both initialised. False: there is none, or it
 * has other parts, which are dropped; then out_any tells. */
bool dn_sockets_receive(void *socket, zmq_msg_t *first, zmq_msg_t *opt_second, bool *out_any);

#endif
