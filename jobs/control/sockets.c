/* sockets.c - the sockets of a job; see sockets.h */
#include "jobs/control/sockets.h"

#include <ctype.h>
#include "solvers/base/log.h"

#define ZAP "inproc://zeromq.zap.01"

enum {
    HANDSHAKE_MS = 3000,
    LINGER_MS = 300,      /* what is left to send when the job ends */
    MOST_FRAME = 1 << 16, /* a larger frame cuts its connection */
    QUEUE = 256,
    MOST_CONNECTIONS = 128,
    PAUSE_MS = 1000,
    TURN = 256 /* of each kind before the others have their turn */
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
    dn_control_wipe(s->secret_key, sizeof s->secret_key);
}

static zsock_t *new_socket(const dn_sockets *s, int type)
{
    zsock_t *socket = zsock_new(type);

    if (socket == NULL)
        return NULL;
    zsock_set_zap_domain(socket, "dragnet");
    zsock_set_zap_enforce_domain(socket, 1); /* no answer is a refusal */
    zsock_set_curve_server(socket, 1);
    zsock_set_curve_publickey(socket, s->public_key);
    zsock_set_curve_secretkey(socket, s->secret_key);
    zsock_set_handshake_ivl(socket, HANDSHAKE_MS);
    zsock_set_linger(socket, LINGER_MS);
    zsock_set_maxmsgsize(socket, MOST_FRAME);
    zsock_set_sndhwm(socket, QUEUE);
    zsock_set_rcvhwm(socket, QUEUE);
    zsock_set_backlog(socket, MOST_CONNECTIONS);
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

/* An interface is a word, an address has digits and dots or colons; all interfaces at once are not the job's
 * own. */
static dn_status read_interface(const char *given, char *out, size_t cap, dn_error *err)
{
    dn_status st = DN_OK;
    bool six = strchr(given, ':') != NULL;

    for (const char *p = given; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && strchr(".:_-%", *p) == NULL)
            DN_FAIL(DN_EUNAVAILABLE, "'%.60s' is no interface and no address", given);
    if (given[0] == '\0' || strlen(given) > 64 || strcmp(given, "0.0.0.0") == 0 || strcmp(given, "::") == 0)
        DN_FAIL(DN_EUNAVAILABLE, "'%.60s' is not the interface or address of one network", given);
    snprintf(out, cap, six ? "[%s]" : "%s", given);
out:
    return st;
}

dn_status dn_sockets_open(dn_sockets *s, const char *opt_interface, dn_error *err)
{
    dn_status st = DN_OK;

    zsys_handler_set(NULL); /* signals are the job's */
    DN_TRY(read_interface(opt_interface != NULL ? opt_interface : "127.0.0.1", s->address, sizeof s->address,
                          err));
    s->zap = zsock_new(ZMQ_REP);
    if (s->zap == NULL || zsock_bind(s->zap, ZAP) != 0)
        DN_FAIL(DN_EUNAVAILABLE, "no place for the allow-list: %s", zmq_strerror(zmq_errno()));
    snprintf(s->events_at, sizeof s->events_at, "tcp://%s:*", s->address);
    snprintf(s->commands_at, sizeof s->commands_at, "tcp://%s:*", s->address);
    if (!open_one(s, ZMQ_PUB, s->events_at, &s->events, &s->events_watch) ||
        !open_one(s, ZMQ_ROUTER, s->commands_at, &s->commands, &s->commands_watch))
        DN_FAIL(DN_EUNAVAILABLE, "no socket on %s: %s", s->address, zmq_strerror(zmq_errno()));
    (void)dn_control_allowed(s->files, &s->allowed);
out:
    return st;
}

/* ---- who may connect (ZAP, rfc.zeromq.org/spec/27) ---- */

/* Let in the row of the allow-list, and remember that it was. */
static bool admit(dn_sockets *s, int row)
{
    dn_allow_list *list = &s->admitted;

    if (row < 0)
        return false;
    if (dn_control_find(list, s->allowed.row[row].key) >= 0)
        return true;
    if (list->n == DN_CONTROL_KEYS)
        return false;
    list->row[list->n++] = s->allowed.row[row];
    return true;
}

/* The verdict of a request; key [DN_CONTROL_KEY] of the one who asks. */
static bool is_allowed(dn_sockets *s, zmsg_t *request, char *key)
{
    const char *mechanism;
    zframe_t *frame[7] = {NULL};
    char word[16] = "";
    int n = 0;

    key[0] = '\0';
    for (zframe_t *f = zmsg_first(request); f != NULL && n < 7; f = zmsg_next(request))
        frame[n++] = f;
    if (n < 6 || zframe_size(frame[5]) >= sizeof word)
        return false;
    memcpy(word, zframe_data(frame[5]), zframe_size(frame[5]));
    mechanism = word;
    if (strcmp(mechanism, "CURVE") != 0 || n != 7 || zframe_size(frame[6]) != 32 || zmsg_size(request) != 7) {
        s->refused.plain++;
        return false;
    }
    if (zmq_z85_encode(key, zframe_data(frame[6]), 32) == NULL)
        return false;
    (void)dn_control_allowed(s->files, &s->allowed);
    if (admit(s, dn_control_find(&s->allowed, key)))
        return true;
    s->refused.wrong_key++;
    return false;
}

void dn_sockets_admit(dn_sockets *s)
{
    for (int turn = 0; turn < TURN && (zsock_events(s->zap) & ZMQ_POLLIN); turn++) {
        zmsg_t *request = zmsg_recv(s->zap), *answer = zmsg_new();
        zframe_t *version = request != NULL ? zmsg_first(request) : NULL;
        zframe_t *id = request != NULL ? zmsg_next(request) : NULL;
        char key[DN_CONTROL_KEY] = "";
        bool ok = request != NULL && version != NULL && id != NULL && is_allowed(s, request, key);

        zmsg_addstr(answer, "1.0");
        zmsg_addmem(answer, id != NULL ? zframe_data(id) : NULL, id != NULL ? zframe_size(id) : 0);
        zmsg_addstr(answer, ok ? "200" : "400");
        zmsg_addstr(answer, ok ? "OK" : "No access");
        zmsg_addstr(answer, ok ? key : "");
        zmsg_addmem(answer, NULL, 0);
        zmsg_destroy(&request);
        zmsg_send(&answer, s->zap);
        zmsg_destroy(&answer);
    }
}

/* ---- what becomes of connections ---- */

static void note(dn_sockets *s, int event, uint32_t value)
{
    if (event == ZMQ_EVENT_ACCEPTED)
        s->connections++;
    else if (event == ZMQ_EVENT_DISCONNECTED)
        s->connections -= s->connections > 0 ? 1 : 0;
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

static void watch_one(dn_sockets *s, zsock_t *watch)
{
    for (int turn = 0; turn < 8 * TURN && (zsock_events(watch) & ZMQ_POLLIN); turn++) {
        zmsg_t *m = zmsg_recv(watch);
        zframe_t *f = m != NULL ? zmsg_first(m) : NULL;

        if (f != NULL && zframe_size(f) == 6) {
            uint16_t event;
            uint32_t value;
            memcpy(&event, zframe_data(f), sizeof event);
            memcpy(&value, zframe_data(f) + sizeof event, sizeof value);
            note(s, event, value);
        }
        zmsg_destroy(&m);
    }
}

/* Without a listener the system refuses by itself. */
static void limit(dn_sockets *s)
{
    if (!s->full && s->connections > MOST_CONNECTIONS) {
        dn_log(DN_WARN, "control", "too many connections, all are cut", "connections=%d", s->connections);
        s->refused.flooded += s->connections;
        close_one(&s->events, &s->events_watch);
        close_one(&s->commands, &s->commands_watch);
        s->connections = 0;
        s->full = true;
        s->open_again = zclock_mono() + PAUSE_MS;
    }
}

void dn_sockets_watch(dn_sockets *s)
{
    if (s->events_watch != NULL)
        watch_one(s, s->events_watch);
    if (s->commands_watch != NULL)
        watch_one(s, s->commands_watch);
    limit(s);
}

/* ---- keys that are taken away ---- */

/* Anew at the same address, where clients look for it; the system may need a moment to give it back. */
static bool reopen(dn_sockets *s, int type, char *at, zsock_t **socket, zsock_t **watch)
{
    close_one(socket, watch);
    for (int again = 0; again < 25; again++) {
        if (open_one(s, type, at, socket, watch))
            return true;
        close_one(socket, watch);
        zclock_sleep(20);
    }
    return false;
}

/* Whoever was let in must come again. */
static void reopen_both(dn_sockets *s)
{
    s->admitted.n = 0;
    s->connections = 0;
    s->full = !reopen(s, ZMQ_PUB, s->events_at, &s->events, &s->events_watch) ||
              !reopen(s, ZMQ_ROUTER, s->commands_at, &s->commands, &s->commands_watch);
    s->open_again = zclock_mono() + PAUSE_MS;
}

void dn_sockets_renew(dn_sockets *s)
{
    bool gone = false;

    (void)dn_control_allowed(s->files, &s->allowed);
    for (int i = 0; i < s->admitted.n && !gone; i++)
        gone = dn_control_find(&s->allowed, s->admitted.row[i].key) < 0;
    if (gone)
        dn_log(DN_INFO, "control", "a key was taken away, connections are cut", "keys=%d", s->allowed.n);
    if (gone || (s->full && zclock_mono() >= s->open_again))
        reopen_both(s);
}
