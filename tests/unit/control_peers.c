/* control_peers.c - tests of jobs/control/peers: who is cut, and that nothing else is, also when no
 * descriptor is left
 */
#include "jobs/control/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/support/test.h"

/* A connection over loopback: a is at the port that was listened at. */
typedef struct wire {
    int a, b, port;
} wire;

static wire connect_both(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    wire w = {.a = -1, .b = socket(AF_INET, SOCK_STREAM, 0)};
    int listening = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CU_ASSERT(bind(listening, (const struct sockaddr *)&at, sizeof at) == 0 && listen(listening, 1) == 0 &&
              getsockname(listening, (struct sockaddr *)&at, &len) == 0);
    CU_ASSERT_EQUAL(connect(w.b, (const struct sockaddr *)&at, sizeof at), 0);
    w.a = accept(listening, NULL, NULL);
    w.port = ntohs(at.sin_port);
    CU_ASSERT(w.a >= 0);
    close(listening);
    return w;
}

static void disconnect(wire *w)
{
    close(w->a);
    close(w->b);
}

/* What is sent at one end arrives at the other. */
static bool carries(const wire *w)
{
    char got = 'n';

    return send(w->a, "y", 1, MSG_NOSIGNAL) == 1 && recv(w->b, &got, 1, 0) == 1 && got == 'y';
}

static rlim_t allow_no_more(struct rlimit *before)
{
    int next = dup(0);
    struct rlimit none;

    close(next);
    CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, before), 0);
    none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = before->rlim_max};
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
    return none.rlim_cur;
}

/* What a number belongs to by now is looked at in a duplicate, for which there is always room. */
static void who_is_cut(bool descriptors_left)
{
    static dn_peers peers;
    wire meant = connect_both(), other = connect_both(), spare = connect_both();
    struct rlimit before;
    char got;

    memset(&peers, 0, sizeof peers);
    CU_ASSERT_EQUAL(dn_peers_open(&peers, NULL), DN_OK);
    peers.port[DN_PORT_EVENTS] = peers.port[DN_PORT_COMMANDS] = meant.port;
    CU_ASSERT_EQUAL(dn_peers_add(&peers, DN_PORT_EVENTS, meant.a, 0), 0);
    CU_ASSERT_EQUAL(dn_peers_add(&peers, DN_PORT_COMMANDS, other.a, 0), 0); /* its number is another's */
    if (!descriptors_left)
        CU_ASSERT(allow_no_more(&before) > 0 && dup(0) < 0);
    for (int i = 1; i >= 0; i--)
        dn_peers_cut(&peers, &peers.row[i]);
    if (!descriptors_left)
        CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
    CU_ASSERT_EQUAL(recv(meant.b, &got, 1, 0), 0);
    CU_ASSERT(carries(&other) && carries(&spare));
    CU_ASSERT_EQUAL(peers.n_cut, 2);
    dn_peers_check(&peers);
    CU_ASSERT_EQUAL(peers.n_cut, peers.n); /* what is forgotten is not counted as cut */
    dn_peers_close(&peers);
    dn_peers_close(&peers);
    disconnect(&meant);
    disconnect(&other);
    disconnect(&spare);
}

static void only_who_is_meant_is_cut(void)
{
    who_is_cut(true);
}

static void no_descriptor_is_left(void)
{
    who_is_cut(false);
}

/* A duplicate that stayed would hold the connection when ZeroMQ has closed it. */
static void nothing_of_it_is_kept(void)
{
    static dn_peers peers;
    wire w = connect_both();
    struct sockaddr_in at;
    socklen_t len = sizeof at;

    memset(&peers, 0, sizeof peers);
    CU_ASSERT_EQUAL(dn_peers_open(&peers, NULL), DN_OK);
    peers.port[DN_PORT_EVENTS] = w.port;
    CU_ASSERT_EQUAL(dn_peers_add(&peers, DN_PORT_EVENTS, w.a, 0), 0);
    dn_peers_cut(&peers, &peers.row[0]);
    CU_ASSERT_EQUAL(getsockname(peers.copy, (struct sockaddr *)&at, &len), -1);
    dn_peers_close(&peers);
    disconnect(&w);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"only who is meant is cut", only_who_is_meant_is_cut},
                                    {"no descriptor is left", no_descriptor_is_left},
                                    {"nothing of it is kept", nothing_of_it_is_kept},
                                    {NULL, NULL}};

    return test_main(argc, argv, "control_peers", tests);
}
