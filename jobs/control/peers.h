/* peers.h - who is connected to the sockets of a job, and who is cut
 *
 * ZeroMQ closes no single connection of a socket, but it tells the descriptors of those that it accepts
 * (zmq_socket_monitor) and of where a message has come from (ZMQ_SRCFD). One that is to go is shut down here;
 * ZeroMQ then sees a peer that has left and closes it. What is shut down is a duplicate that belongs to a
 * connection to the port of that socket, so a number that the job uses for something else by now is safe. The
 * duplicate has a number of its own from the beginning: no descriptor may be left when somebody has to go.
 *
 * There are at most DN_PEERS. Beyond that the one goes whose handshake has lasted longest: who has
 * shown a key by a message, or has outlived the time that ZeroMQ gives to handshakes, stays. Local; of one
 * thread.
 */
#ifndef DN_CONTROL_PEERS_H
#define DN_CONTROL_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include "jobs/control/control_files.h"

enum { DN_PEERS = 256, DN_PEER_ROWS = 1024, DN_HANDSHAKE_MS = 3000 };

typedef enum dn_port { DN_PORT_EVENTS, DN_PORT_COMMANDS, DN_PORTS } dn_port;

typedef struct dn_peer {
    dn_port to;
    int fd;
    bool cut; /* shut down, and ZeroMQ has not yet said that it is closed */
    int subscriptions;
    int64_t since;            /* ms of the caller's clock */
    char key[DN_CONTROL_KEY]; /* "": no message has come yet */
} dn_peer;

typedef struct dn_peers {
    int port[DN_PORTS]; /* that the sockets are bound to */
    int nothing, copy;  /* descriptors: of nothing; of that, too, but where a duplicate is needed */
    int n, n_cut;
    dn_peer row[DN_PEER_ROWS];
} dn_peers;

/* Take the two descriptors; ports are set by the caller. Fails: DN_EUNAVAILABLE there are none */
DN_MUST_CHECK dn_status dn_peers_open(dn_peers *c, dn_error *err);
void dn_peers_close(dn_peers *c); /* what was never opened ({0}) is fine */

/* A connection is there, another is gone. Adding one too many cuts one: the number that was cut. */
int dn_peers_add(dn_peers *c, dn_port to, int fd, int64_t now);
void dn_peers_remove(dn_peers *c, dn_port to, int fd);

/* The one that a message came from, which has shown this key; NULL: it is gone or being cut. */
dn_peer *dn_peers_known(dn_peers *c, dn_port to, int fd, const char *key);

void dn_peers_cut(dn_peers *c, dn_peer *one);

/* Cut those whose key is not in the list, and return how many. Who has shown none hears nothing yet. */
int dn_peers_revoke(dn_peers *c, const dn_allow_list *list);

/* Forget what ZeroMQ has closed without a word. */
void dn_peers_check(dn_peers *c);

#endif
