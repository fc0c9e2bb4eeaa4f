/* peers.c - who is connected, and who is cut; see peers.h */
#include "jobs/control/peers.h"

#include <arpa/inet.h>
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

/* Between looking and shutting down the number could become that of another socket: a duplicate cannot. */
static void shut(int fd, int port)
{
    int own;

    if (!is_ours(fd, port))
        return;
    own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        (void)shutdown(fd, SHUT_RDWR); /* no descriptor is left: that is why it has to go */
    else {
        if (is_ours(own, port))
            (void)shutdown(own, SHUT_RDWR);
        close(own);
    }
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
    shut(one->fd, c->port[one->to]);
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
        shut(fd, c->port[to]);
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
