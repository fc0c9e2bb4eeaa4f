/* peers.c - who is connected, and who is cut; see peers.h */
#define _GNU_SOURCE /* dup3() */
#include "jobs/control/peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SLACK_MS = 1000 }; /* ZeroMQ's timers may be late */

/* fd is a connection to this port of ours; the socket that listens there is none. */
static bool is_ours(int fd, int port)
{
    struct sockaddr_storage own = {0}, peer;
    socklen_t len = sizeof own, peer_len = sizeof peer;

    if (getsockname(fd, (struct sockaddr *)&own, &len) != 0 ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_len) != 0)
        return false;
    if (own.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)&own)->sin_port) == port;
    return own.ss_family == AF_INET6 && ntohs(((const struct sockaddr_in6 *)&own)->sin6_port) == port;
}

dn_status dn_peers_open(dn_peers *c, dn_error *err)
{
    dn_status st = DN_OK;

    c->nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    c->copy = c->nothing >= 0 ? fcntl(c->nothing, F_DUPFD_CLOEXEC, 3) : -1;
    if (c->copy < 0) {
        int why = errno;
        if (c->nothing >= 0)
            close(c->nothing);
        c->nothing = c->copy = 0;
        DN_FAIL(DN_EUNAVAILABLE, "no descriptors for connections: %s", strerror(why));
    }
out:
    return st;
}

void dn_peers_close(dn_peers *c)
{
    if (c->copy <= 0)
        return;
    close(c->copy);
    close(c->nothing);
    c->nothing = c->copy = 0;
}

/* Between looking and shutting down the number could become that of another socket: a duplicate cannot. */
static void shut(const dn_peers *c, int fd, int port)
{
    if (!is_ours(fd, port) || dup3(fd, c->copy, O_CLOEXEC) < 0)
        return;
    if (is_ours(c->copy, port))
        (void)shutdown(c->copy, SHUT_RDWR);
    (void)dup3(c->nothing, c->copy, O_CLOEXEC);
}

static dn_peer *find(dn_peers *c, dn_port to, int fd)
{
    for (int i = 0; i < c->n; i++)
        if (c->row[i].fd == fd && c->row[i].to == to)
            return &c->row[i];
    return NULL;
}

static void forget(dn_peers *c, dn_peer *one)
{
    c->n_cut -= one->cut;
    *one = c->row[--c->n];
}

void dn_peers_cut(dn_peers *c, dn_peer *one)
{
    if (one->cut)
        return;
    shut(c, one->fd, c->port[one->to]);
    one->cut = true;
    c->n_cut++;
}

/* The new one at least is such, so there is one. */
static dn_peer *longest_in_handshake(dn_peers *c, int64_t now)
{
    dn_peer *longest = &c->row[c->n - 1];

    for (int i = 0; i < c->n; i++) {
        dn_peer *one = &c->row[i];
        if (!one->cut && one->key[0] == '\0' && now - one->since <= DN_HANDSHAKE_MS + SLACK_MS &&
            one->since < longest->since)
            longest = one;
    }
    return longest;
}

int dn_peers_add(dn_peers *c, dn_port to, int fd, int64_t now)
{
    dn_peer *before = find(c, to, fd);

    if (before != NULL)
        forget(c, before);
    if (c->n == DN_PEER_ROWS) { /* more are cut than ZeroMQ has closed by now */
        shut(c, fd, c->port[to]);
        return 1;
    }
    c->row[c->n++] = (dn_peer){.to = to, .fd = fd, .since = now};
    if (c->n - c->n_cut <= DN_PEERS)
        return 0;
    dn_peers_cut(c, longest_in_handshake(c, now));
    return 1;
}

void dn_peers_remove(dn_peers *c, dn_port to, int fd)
{
    dn_peer *one = find(c, to, fd);

    if (one != NULL)
        forget(c, one);
}

dn_peer *dn_peers_known(dn_peers *c, dn_port to, int fd, const char *key)
{
    dn_peer *one = find(c, to, fd);

    if (one == NULL || one->cut || strlen(key) >= sizeof one->key)
        return NULL;
    memcpy(one->key, key, strlen(key) + 1);
    return one;
}

int dn_peers_revoke(dn_peers *c, const dn_allow_list *list)
{
    int before = c->n_cut;

    for (int i = 0; i < c->n; i++)
        if (c->row[i].key[0] != '\0' && dn_control_find(list, c->row[i].key) < 0)
            dn_peers_cut(c, &c->row[i]);
    return c->n_cut - before;
}

void dn_peers_check(dn_peers *c)
{
    for (int i = c->n - 1; i >= 0; i--) /* the last takes the place of a forgotten one */
        if (!is_ours(c->row[i].fd, c->port[c->row[i].to]))
            forget(c, &c->row[i]);
}
