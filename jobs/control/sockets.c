/* sockets.c - the sockets of a job; see sockets.h */
#include "jobs/control/sockets.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>

#define ZAP "inproc://zeromq.zap.01"
#define DOMAIN "dragnet"

enum {
    LINGER_MS = 300,      /* what is left to send when the job ends */
    MOST_FRAME = 1 << 16, /* a larger frame cuts its connection */
    MOST_TOPIC = 1024,    /* the same where only subscriptions come, and handshakes */
    QUEUE = 256,
    BACKLOG = 1024, /* beyond it a connection is tried again after a second */
    TELL_MS = 60000
};

static void close_one(zsock_t **socket, zsock_t **watch)
{
    if (*socket != NULL)
        zmq_socket_monitor(zsock_resolve(*socket), NULL, 0);
    zsock_destroy(watch);
    zsock_destroy(socket);
}

void dn_sockets_close(dn_sockets *s)
{
    close_one(&s->events, &s->events_watch);
    close_one(&s->commands, &s->commands_watch);
    if (s->zap != NULL)
        zsock_unbind(s->zap, ZAP); /* free at once, not when the socket is gone */
    zsock_destroy(&s->zap);
    dn_peers_close(&s->peers);
    dn_control_wipe(s->secret_key, sizeof s->secret_key);
}

static zsock_t *new_socket(const dn_sockets *s, int type)
{
    zsock_t *socket = zsock_new(type);

    if (socket == NULL)
        return NULL;
    zsock_set_zap_domain(socket, DOMAIN);
    zsock_set_zap_enforce_domain(socket, 1); /* no answer is a refusal */
    zsock_set_curve_server(socket, 1);
    zsock_set_curve_publickey(socket, s->public_key);
    zsock_set_curve_secretkey(socket, s->secret_key);
    zsock_set_handshake_ivl(socket, DN_HANDSHAKE_MS);
    zsock_set_linger(socket, LINGER_MS);
    zsock_set_maxmsgsize(socket, type == ZMQ_XPUB ? MOST_TOPIC : MOST_FRAME);
    if (type == ZMQ_XPUB)
        zsock_set_xpub_verbose(socket, 1); /* each subscription tells whose it is */
    zsock_set_sndhwm(socket, QUEUE);
    zsock_set_rcvhwm(socket, QUEUE);
    zsock_set_backlog(socket, BACKLOG);
    zsock_set_ipv6(socket, strchr(s->address, '[') != NULL);
    return socket;
}

static zsock_t *new_watch(zsock_t *socket)
{
    char at[64];
    zsock_t *watch;

    /* the address alone may be one of before whose name is not yet given up */
    snprintf(at, sizeof at, "inproc://dragnet-watch-%p-%lld", (void *)socket, (long long)zclock_usecs());
    if (zmq_socket_monitor(zsock_resolve(socket), at,
                           ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) != 0)
        return NULL;
    watch = zsock_new(ZMQ_PAIR);
    if (watch != NULL)
        zsock_set_rcvhwm(watch, 0); /* who reports waits where there is no room: nobody may */
    if (watch != NULL && zsock_connect(watch, "%s", at) != 0)
        zsock_destroy(&watch);
    return watch;
}

/* at [DN_ENDPOINT]: where to bind; then, where it is. */
static bool open_one(const dn_sockets *s, int type, char *at, zsock_t **socket, zsock_t **watch)
{
    size_t room = DN_ENDPOINT;

    *socket = new_socket(s, type);
    *watch = *socket != NULL ? new_watch(*socket) : NULL;
    if (*watch == NULL || zmq_bind(zsock_resolve(*socket), at) != 0)
        return false; /* zsock_bind() would try port after port itself */
    return zmq_getsockopt(zsock_resolve(*socket), ZMQ_LAST_ENDPOINT, at, &room) == 0;
}

/* The port of "tcp://address:port", and whether the address is one network's: "0", "0x0", "::0" and many more
 * spellings are all of them. */
static bool read_endpoint(const char *at, int *port)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};
    char address[DN_ENDPOINT];
    const char *from = at + strlen("tcp://"), *colon = strrchr(at, ':');
    size_t len = colon != NULL && colon > from ? (size_t)(colon - from) : 0;
    struct in_addr four;
    struct in6_addr six;

    if (len == 0 || len >= sizeof address)
        return false;
    *port = (int)strtol(colon + 1, NULL, 10);
    if (from[0] == '[' && len > 2) {
        memcpy(address, from + 1, len - 2);
        address[len - 2] = '\0';
        address[strcspn(address, "%")] = '\0';
        return inet_pton(AF_INET6, address, &six) == 1 && !IN6_IS_ADDR_UNSPECIFIED(&six) &&
               memcmp(&six, mapped, sizeof mapped) != 0;
    }
    memcpy(address, from, len);
    address[len] = '\0';
    return inet_pton(AF_INET, address, &four) == 1 && four.s_addr != htonl(INADDR_ANY);
}

/* An interface is a word, an address has digits and dots or colons. */
static dn_status read_interface(const char *given, char *out, size_t cap, dn_error *err)
{
    dn_status st = DN_OK;
    bool six = strchr(given, ':') != NULL;

    for (const char *p = given; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && strchr(".:_-%", *p) == NULL)
            DN_FAIL(DN_EUNAVAILABLE, "'%.60s' is no interface and no address", given);
    if (given[0] == '\0' || strlen(given) > 64)
        DN_FAIL(DN_EUNAVAILABLE, "'%.60s' is no interface and no address", given);
    snprintf(out, cap, six ? "[%s]" : "%s", given);
out:
    return st;
}

dn_status dn_sockets_open(dn_sockets *s, const char *opt_interface, dn_error *err)
{
    dn_status st = DN_OK;
    const char *given = opt_interface != NULL ? opt_interface : "127.0.0.1";

    zsys_handler_set(NULL); /* signals are the job's */
    DN_TRY(read_interface(given, s->address, sizeof s->address, err));
    DN_TRY(dn_peers_open(&s->peers, err));
    s->zap = zsock_new(ZMQ_REP);
    if (s->zap == NULL || zsock_bind(s->zap, ZAP) != 0)
        DN_FAIL(DN_EUNAVAILABLE, "no place for the allow-list: %s", zmq_strerror(zmq_errno()));
    snprintf(s->events_at, sizeof s->events_at, "tcp://%s:*", s->address);
    snprintf(s->commands_at, sizeof s->commands_at, "tcp://%s:*", s->address);
    if (!open_one(s, ZMQ_XPUB, s->events_at, &s->events, &s->events_watch) ||
        !open_one(s, ZMQ_ROUTER, s->commands_at, &s->commands, &s->commands_watch))
        DN_FAIL(DN_EUNAVAILABLE, "no socket on %s: %s", s->address, zmq_strerror(zmq_errno()));
    if (!read_endpoint(s->events_at, &s->peers.port[DN_PORT_EVENTS]) ||
        !read_endpoint(s->commands_at, &s->peers.port[DN_PORT_COMMANDS]))
        DN_FAIL(DN_EUNAVAILABLE, "'%.60s' is not the interface or address of one network", given);
out:
    return st;
}

/* ---- who may connect (ZAP, rfc.zeromq.org/spec/27) ---- */

typedef enum verdict { LET_IN, REFUSED, LATER } verdict;

static bool is_text(zframe_t *frame, const char *text)
{
    return zframe_size(frame) == strlen(text) && memcmp(zframe_data(frame), text, strlen(text)) == 0;
}

/* Frames: version, request, domain, address, identity, mechanism, credentials. key [DN_CONTROL_KEY] is that
 * of the one who asks. */
static verdict judge(dn_sockets *s, zmsg_t *request, char *key)
{
    zframe_t *frame[7] = {NULL};
    int n = 0;

    key[0] = '\0';
    for (zframe_t *f = zmsg_first(request); f != NULL && n < 7; f = zmsg_next(request))
        frame[n++] = f;
    if (n >= 6 && !is_text(frame[5], "CURVE")) {
        s->refused.plain++;
        return REFUSED;
    }
    if (n != 7 || zmsg_size(request) != 7 || !is_text(frame[0], "1.0") || !is_text(frame[2], DOMAIN) ||
        zframe_size(frame[6]) != 32 || zmq_z85_encode(key, zframe_data(frame[6]), 32) == NULL) {
        key[0] = '\0';
        s->refused.malformed++;
        return REFUSED;
    }
    if (!s->readable)
        return LATER;
    if (dn_control_find(&s->allowed, key) >= 0)
        return LET_IN;
    s->refused.wrong_key++;
    return REFUSED;
}

void dn_sockets_admit(dn_sockets *s)
{
    static const char *const code[] = {"200", "400", "300"}; /* 300: closed without a word, comes again */

    for (int turn = 0; turn < DN_TURN && (zsock_events(s->zap) & ZMQ_POLLIN); turn++) {
        zmsg_t *request = zmsg_recv(s->zap), *answer = zmsg_new();
        zframe_t *version = request != NULL ? zmsg_first(request) : NULL;
        zframe_t *id = version != NULL ? zmsg_next(request) : NULL, *copy;
        char key[DN_CONTROL_KEY] = "";
        verdict v = REFUSED;

        copy = id != NULL ? zframe_dup(id) : zframe_new_empty();
        if (id != NULL)
            v = judge(s, request, key);
        else
            s->refused.malformed++;
        zmsg_addstr(answer, "1.0");
        zmsg_append(answer, &copy);
        zmsg_addstr(answer, code[v]);
        zmsg_addstr(answer, v == LET_IN ? "OK" : "No access");
        zmsg_addstr(answer, v == LET_IN ? key : "");
        zmsg_addmem(answer, NULL, 0);
        zmsg_destroy(&request);
        zmsg_send(&answer, s->zap);
        zmsg_destroy(&answer);
    }
}

/* ---- what comes in ---- */

bool dn_sockets_are_asked(dn_sockets *s)
{
    return (zsock_events(s->zap) & ZMQ_POLLIN) != 0;
}

dn_peer *dn_sockets_know(dn_sockets *s, dn_port to, zmq_msg_t *message)
{
    const char *key = zmq_msg_gets(message, "User-Id");

    return key != NULL ? dn_peers_known(&s->peers, to, zmq_msg_get(message, ZMQ_SRCFD), key) : NULL;
}

int dn_sockets_sender(dn_sockets *s, zmq_msg_t *message)
{
    const char *key = zmq_msg_gets(message, "User-Id");
    int row = key != NULL ? dn_control_find(&s->allowed, key) : -1;

    if (row < 0)
        s->refused.wrong_key++;
    return row;
}

bool dn_sockets_receive(void *socket, zmq_msg_t *first, zmq_msg_t *opt_second, bool *out_any)
{
    zmq_msg_t rest, *last = opt_second != NULL ? opt_second : first;
    bool sound;

    *out_any = zmq_msg_recv(first, socket, ZMQ_DONTWAIT) >= 0;
    if (!*out_any)
        return false;
    sound =
        opt_second == NULL || (zmq_msg_more(first) && zmq_msg_recv(opt_second, socket, ZMQ_DONTWAIT) >= 0);
    sound = sound && !zmq_msg_more(last);
    for (bool more = !sound; more;) { /* parts of a message come all at once */
        zmq_msg_init(&rest);
        more = zmq_msg_recv(&rest, socket, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&rest);
        zmq_msg_close(&rest);
    }
    return sound;
}

/* Who subscribes without end would fill the memory of the job. */
static void hear_one(dn_sockets *s, zmq_msg_t *m)
{
    const uint8_t *bytes = zmq_msg_data(m);
    dn_peer *from = dn_sockets_know(s, DN_PORT_EVENTS, m);

    if (from == NULL)
        return;
    if (zmq_msg_size(m) == 0 || bytes[0] > 1) {
        s->refused.malformed++;
        dn_peers_cut(&s->peers, from);
    } else if (++from->subscriptions > DN_SUBSCRIPTIONS) {
        s->refused.flooded++;
        dn_peers_cut(&s->peers, from);
    }
}

bool dn_sockets_hear(dn_sockets *s)
{
    bool any = true, heard = false;

    for (int turn = 0; turn < DN_TURN && any; turn++) {
        zmq_msg_t m;
        zmq_msg_init(&m);
        if (dn_sockets_receive(zsock_resolve(s->events), &m, NULL, &any))
            hear_one(s, &m);
        heard |= any;
        zmq_msg_close(&m);
    }
    return heard;
}

void dn_sockets_allow(dn_sockets *s, const dn_allow_list *list, bool readable)
{
    int cut;

    s->readable = readable;
    if (!readable)
        return; /* those of before stay, nobody new is let in */
    s->allowed = *list;
    cut = dn_peers_revoke(&s->peers, list);
    if (cut > 0)
        dn_keeper_log(s->keeper, DN_INFO, "a key was taken away, its connections are cut",
                      "connections=%d keys=%d", cut, list->n);
}

/* ---- what becomes of connections ---- */

static void count_cut(dn_sockets *s, int cut)
{
    s->too_many += cut;
    s->refused.flooded += cut;
}

static void note(dn_sockets *s, dn_port to, int event, uint32_t value)
{
    if (event == ZMQ_EVENT_ACCEPTED)
        count_cut(s, dn_peers_add(&s->peers, to, (int)value, zclock_mono()));
    else if (event == ZMQ_EVENT_DISCONNECTED)
        dn_peers_remove(&s->peers, to, (int)value);
    else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
        if (value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
            s->refused.plain++;
        else if (value == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC)
            s->refused.wrong_key++;
        else
            s->refused.malformed++;
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
        s->refused.malformed++;
}

static void watch_one(dn_sockets *s, dn_port to, zsock_t *watch)
{
    bool any = true;

    for (int turn = 0; turn < 8 * DN_TURN && any; turn++) {
        zmq_msg_t event, address;
        uint16_t what;
        uint32_t value;

        zmq_msg_init(&event);
        zmq_msg_init(&address);
        if (dn_sockets_receive(zsock_resolve(watch), &event, &address, &any) && zmq_msg_size(&event) == 6) {
            memcpy(&what, zmq_msg_data(&event), sizeof what);
            memcpy(&value, (const char *)zmq_msg_data(&event) + sizeof what, sizeof value);
            note(s, to, what, value);
        }
        zmq_msg_close(&event);
        zmq_msg_close(&address);
    }
}

/* The first at once, then the sum, once a minute. */
static void tell_flood(dn_sockets *s)
{
    int64_t now = zclock_mono();

    if (s->too_many == s->told || now < s->tell_next)
        return;
    dn_keeper_log(s->keeper, DN_WARN, "too many connections, those without a key are cut", "cut=%lld most=%d",
                  (long long)(s->too_many - s->told), DN_PEERS);
    s->told = s->too_many;
    s->tell_next = now + TELL_MS;
}

void dn_sockets_watch(dn_sockets *s)
{
    watch_one(s, DN_PORT_EVENTS, s->events_watch);
    watch_one(s, DN_PORT_COMMANDS, s->commands_watch);
    tell_flood(s);
}
