/* client.c - the other end of control.h; see client.h */
#include "jobs/control/client.h"

#include <czmq.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include "jobs/control/control_files.h"
#include "jobs/control/protocol.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

enum { LINGER_MS = 0, MOST_MESSAGE = 1 << 20, LOOK_MS = 1000, ENDPOINT = 160 };

struct dn_client {
    zsock_t *events, *commands; /* SUB, DEALER */
    zsock_t *events_watch, *commands_watch;
    char events_at[ENDPOINT], commands_at[ENDPOINT];
    char run_dir[DN_CONTROL_PATH], started[32];
    bool refused;
    bool connected; /* commands, now */
    bool lost;      /* it was, and what was sent may not have arrived */
    bool again;     /* it is once more: ask again */
};

/* ---- the files ---- */

static dn_status read_json(const char *run_dir, const char *name, dn_json **out, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;

    DN_TRY(dn_control_read(run_dir, name, &text, err));
    DN_TRY(dn_json_read(name, text, strlen(text), out, err));
out:
    dn_free(text);
    return st;
}

static void take_text(const dn_json *json, const char *key, char *out, size_t cap)
{
    const char *text = dn_json_to_string(dn_json_get(json, key));

    snprintf(out, cap, "%s", text != NULL ? text : "");
}

static void take_server(const dn_json *json, dn_run_state *out)
{

    take_text(json, "host", out->host, sizeof out->host);
    take_text(json, "started_utc", out->started, sizeof out->started);
    out->pid = (long)dn_json_to_int(dn_json_get(json, "pid"));
    out->serving = true;
    out->process_gone = dn_process_look(out->host, out->pid) == DN_PROCESS_GONE;
}

/* Of the start that serves; one before it says nothing of this one. */
static void take_heartbeat(const dn_json *json, const char *run_dir, dn_run_state *out)
{
    char path[DN_CONTROL_PATH], started[32];
    struct stat info;

    take_text(json, "started_utc", started, sizeof started);
    if (out->serving && strcmp(started, out->started) != 0)
        return;
    take_text(json, "state", out->state, sizeof out->state);
    take_text(json, "t", out->when, sizeof out->when);
    if (dn_json_kind_of(dn_json_get(json, "exit")) == DN_JSON_INT)
        out->exit_code = (int)dn_json_to_int(dn_json_get(json, "exit"));
    if (snprintf(path, sizeof path, "%s/control/heartbeat.json", run_dir) < (int)sizeof path &&
        stat(path, &info) == 0)
        out->age = difftime(time(NULL), info.st_mtime);
}

dn_status dn_client_look(const char *run_dir, dn_run_state *out, dn_error *err)
{
    dn_status st = DN_OK, server, heartbeat;
    dn_json *json = NULL;
    dn_error why = DN_ERROR_INIT, ignored = DN_ERROR_INIT;

    *out = (dn_run_state){.exit_code = -1, .age = NAN};
    server = read_json(run_dir, "server.json", &json, &why);
    if (server == DN_OK)
        take_server(json, out);
    dn_json_destroy(&json);
    heartbeat = read_json(run_dir, "heartbeat.json", &json, &ignored);
    if (heartbeat == DN_OK)
        take_heartbeat(json, run_dir, out);
    dn_json_destroy(&json);
    if (server == DN_ENOMEM || heartbeat == DN_ENOMEM)
        DN_FAIL(DN_ENOMEM, "out of memory");
    if (server == DN_EDATA)
        DN_FAIL(DN_EDATA, "%s: %.300s", run_dir, why.text);
    if (server == DN_ENOPERM)
        DN_FAIL(DN_ENOPERM, "%.300s; its owner can give access to the run directory", why.text);
    if (server != DN_OK && heartbeat != DN_OK)
        DN_FAIL(DN_ENOINPUT, "%s: no run that can be watched has been there%s", run_dir,
                access(run_dir, F_OK) != 0 ? ": there is no such directory" : "");
out:
    return st;
}

/* ---- connecting ---- */

/* A secret that others may read is no secret any more. */
static void check_mode(const char *path, mode_t mode)
{
    if ((mode & 077) != 0)
        dn_log(DN_WARN, "control", "others may read this key: chmod 600", "file=\"%s\" mode=%04o", path,
               (unsigned)(mode & 07777));
}

/* What an open file holds, in text [cap]. One that is no file, such as a pipe, would be waited for. */
static dn_status read_certificate(int fd, const char *path, char *text, size_t cap, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;
    ssize_t n = 1;
    size_t len = 0;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        DN_FAIL(DN_EDATA, "%s: is no file, so it holds no key", path);
    check_mode(path, info.st_mode);
    while (n > 0 && len < cap - 1) {
        n = read(fd, text + len, cap - 1 - len);
        if (n < 0)
            DN_FAIL(DN_ENOINPUT, "%s: cannot be read: %s", path, strerror(errno));
        len += (size_t)n;
    }
    text[len] = '\0';
out:
    return st;
}

/* Both keys of a certificate. zcert_load() would prefer a file "..._secret" beside the one that is named, and
 * take a certificate that has no secret part. */
static dn_status make_key(const char *path, const char *text, zcert_t **out, dn_error *err)
{
    dn_status st = DN_OK;
    zconfig_t *root = zconfig_str_load(text);
    const char *part[2] = {root != NULL ? zconfig_get(root, "/curve/public-key", "") : "",
                           root != NULL ? zconfig_get(root, "/curve/secret-key", "") : ""};
    uint8_t key[2][32];

    for (int i = 0; i < 2; i++)
        if (strlen(part[i]) != DN_CONTROL_KEY - 1 || zmq_z85_decode(key[i], part[i]) == NULL)
            DN_FAIL(DN_EDATA, "%s: is no CURVE certificate with a secret key, as 'dragnet key' makes it",
                    path);
    *out = zcert_new_from(key[0], key[1]);
    if (*out == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory for a key");
out:
    zconfig_destroy(&root);
    dn_control_wipe(key, sizeof key);
    return st;
}

static dn_status load_key(const char *run_dir, const char *opt_key, zcert_t **out, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_CONTROL_PATH], text[4096] = "";
    int fd = -1;

    if (snprintf(path, sizeof path, opt_key != NULL ? "%s" : "%s/control/client.secret",
                 opt_key != NULL ? opt_key : run_dir) >= (int)sizeof path)
        DN_FAIL(DN_ENOINPUT, "%.60s...: the path is too long", run_dir);
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == EACCES && opt_key == NULL)
        DN_FAIL(DN_ENOPERM,
                "%s: cannot be read: the key of this run is its owner's; give one that the owner "
                "has let in, --key FILE ('dragnet key --help')",
                path);
    if (fd < 0)
        DN_FAIL(errno == EACCES ? DN_ENOPERM : DN_ENOINPUT, "%s: cannot be read: %s", path, strerror(errno));
    DN_TRY(read_certificate(fd, path, text, sizeof text, err));
    DN_TRY(make_key(path, text, out, err));
out:
    if (fd >= 0)
        close(fd);
    dn_control_wipe(text, sizeof text);
    return st;
}

/* Loopback leads to another job, or to nobody, from another node. */
static dn_status check_host(const dn_json *server, const char *run_dir, dn_error *err)
{
    dn_status st = DN_OK;
    char own[128] = "", host[128], at[160];

    take_text(server, "host", host, sizeof host);
    take_text(server, "commands", at, sizeof at);
    if (strncmp(at, "tcp://127.", 10) == 0 && gethostname(own, sizeof own - 1) == 0 && strcmp(own, host) != 0)
        DN_FAIL(DN_EUNAVAILABLE,
                "%s: the job listens on its own node %s only; started with --control-interface it can be "
                "reached from here",
                run_dir, host);
out:
    return st;
}

/* Where the job listens, as server.json has it. */
static dn_status take_addresses(const dn_json *server, char *events, char *commands, dn_error *err)
{
    dn_status st = DN_OK;

    take_text(server, "events", events, ENDPOINT);
    take_text(server, "commands", commands, ENDPOINT);
    if (strncmp(events, "tcp://", 6) != 0 || strncmp(commands, "tcp://", 6) != 0)
        DN_FAIL(DN_EDATA, "server.json: has no sound \"events\" and \"commands\"");
out:
    return st;
}

static dn_status new_socket(int type, const dn_json *server, const char *at, zcert_t *cert, zsock_t **out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    char public_key[64];

    take_text(server, "server_key", public_key, sizeof public_key);
    if (strlen(public_key) != DN_CONTROL_KEY - 1)
        DN_FAIL(DN_EDATA, "server.json: has no sound \"server_key\"");
    *out = zsock_new(type);
    if (*out == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory for a socket");
    zcert_apply(cert, *out);
    zsock_set_curve_serverkey(*out, public_key);
    zsock_set_linger(*out, LINGER_MS);
    zsock_set_maxmsgsize(*out, MOST_MESSAGE);
    zsock_set_ipv6(*out, strchr(at, '[') != NULL);
    zsock_set_reconnect_ivl_max(*out, 1000);
    if (type == ZMQ_SUB)
        zsock_set_subscribe(*out, DN_TOPICS);
out:
    return st;
}

static dn_status connect_to(zsock_t *socket, const char *at, dn_error *err)
{
    dn_status st = DN_OK;

    if (zsock_connect(socket, "%s", at) != 0)
        DN_FAIL(DN_EUNAVAILABLE, "%s: cannot be connected to: %s", at, zmq_strerror(zmq_errno()));
out:
    return st;
}

/* What becomes of the connection of a socket; NULL: nobody can tell. */
static zsock_t *watch_connection(zsock_t *socket)
{
    zsock_t *watch;
    char at[64];

    snprintf(at, sizeof at, "inproc://dragnet-client-%p-%lld", (void *)socket, (long long)zclock_usecs());
    if (zmq_socket_monitor(zsock_resolve(socket), at,
                           ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                               ZMQ_EVENT_DISCONNECTED) != 0)
        return NULL;
    watch = zsock_new(ZMQ_PAIR);
    if (watch != NULL && zsock_connect(watch, "%s", at) != 0)
        zsock_destroy(&watch);
    return watch;
}

/* With the sockets of a client that is otherwise filled. */
static dn_status connect_all(dn_client *c, const dn_json *server, zcert_t *cert, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(take_addresses(server, c->events_at, c->commands_at, err));
    DN_TRY(new_socket(ZMQ_SUB, server, c->events_at, cert, &c->events, err));
    DN_TRY(new_socket(ZMQ_DEALER, server, c->commands_at, cert, &c->commands, err));
    c->events_watch = watch_connection(c->events);
    c->commands_watch = watch_connection(c->commands);
    if (c->events_watch == NULL || c->commands_watch == NULL)
        DN_FAIL(DN_EUNAVAILABLE, "no socket: %s", zmq_strerror(zmq_errno()));
    DN_TRY(connect_to(c->events, c->events_at, err));
    DN_TRY(connect_to(c->commands, c->commands_at, err));
out:
    return st;
}

/* A process that is not seen here may live all the same, in another container of this host: whether it
 * answers is what counts. */
dn_status dn_client_open(const char *run_dir, const char *opt_key, dn_client **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_client *c = NULL;
    dn_run_state state;
    dn_json *server = NULL;
    zcert_t *cert = NULL;

    *out = NULL;
    zsys_handler_set(NULL);
    DN_TRY(dn_client_look(run_dir, &state, err));
    if (!state.serving)
        DN_FAIL(DN_EUNAVAILABLE, "%s: no job runs there; the last one was %s at %s", run_dir, state.state,
                state.when);
    DN_TRY(read_json(run_dir, "server.json", &server, err));
    DN_TRY(dn_protocol_check(server, run_dir, err));
    DN_TRY(check_host(server, run_dir, err));
    DN_TRY(load_key(run_dir, opt_key, &cert, err));
    DN_NEW(c, 1);
    snprintf(c->run_dir, sizeof c->run_dir, "%s", run_dir);
    take_text(server, "started_utc", c->started, sizeof c->started);
    DN_TRY(connect_all(c, server, cert, err));
    *out = c;
    c = NULL;
out:
    dn_client_close(&c);
    zcert_destroy(&cert);
    dn_json_destroy(&server);
    return st;
}

static void close_one(zsock_t **socket, zsock_t **watch)
{
    if (*socket != NULL)
        zmq_socket_monitor(zsock_resolve(*socket), NULL, 0);
    zsock_destroy(watch);
    zsock_destroy(socket);
}

void dn_client_close(dn_client **client)
{
    dn_client *c = *client;

    if (c == NULL)
        return;
    close_one(&c->commands, &c->commands_watch);
    close_one(&c->events, &c->events_watch);
    dn_free(c);
    *client = NULL;
}

/* ---- talking ---- */

/* size bytes of a frame as a text, for dn_free(). */
static dn_status text_of(const void *data, size_t size, char **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, size + 1);
    memcpy(*out, data, size);
out:
    return st;
}

static void note_commands(dn_client *c, uint16_t event)
{
    if (event == ZMQ_EVENT_DISCONNECTED) {
        c->lost = c->lost || c->connected;
        c->connected = false;
    } else if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        c->connected = true;
        c->again = c->lost;
        c->lost = false;
    }
}

/* A socket that was refused does not come back by itself, whichever of the two it is. */
static void look_at_one(dn_client *c, zsock_t *watch)
{
    while (zsock_events(watch) & ZMQ_POLLIN) {
        zmsg_t *m = zmsg_recv(watch);
        zframe_t *f = m != NULL ? zmsg_first(m) : NULL;
        uint16_t event = 0;

        if (f != NULL && zframe_size(f) >= sizeof event)
            memcpy(&event, zframe_data(f), sizeof event);
        c->refused = c->refused || event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
        if (watch == c->commands_watch)
            note_commands(c, event);
        zmsg_destroy(&m);
    }
}

static dn_status look_at_connection(dn_client *c, dn_error *err)
{
    dn_status st = DN_OK;

    look_at_one(c, c->commands_watch);
    look_at_one(c, c->events_watch);
    if (c->refused)
        DN_FAIL(DN_ENOPERM, "%s: the job does not allow this key", c->run_dir);
out:
    return st;
}

/* A message of one socket within the time that is left; NULL: none. Fails: as look_at_connection() */
static dn_status receive(dn_client *c, zsock_t *socket, int64_t until, zmsg_t **out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t left;

    *out = NULL;
    do {
        zmq_pollitem_t item[] = {{.socket = zsock_resolve(socket), .events = ZMQ_POLLIN},
                                 {.socket = zsock_resolve(c->commands_watch), .events = ZMQ_POLLIN},
                                 {.socket = zsock_resolve(c->events_watch), .events = ZMQ_POLLIN}};

        left = until - zclock_mono();
        (void)zmq_poll(item, 3, left > 0 ? (long)left : 0);
        if (item[0].revents & ZMQ_POLLIN)
            *out = zmsg_recv(socket);
        else
            DN_TRY(look_at_connection(c, err));
    } while (*out == NULL && left > 0);
out:
    return st;
}

dn_status dn_client_next(dn_client *c, int timeout_ms, char **out_topic, char **out_json, dn_error *err)
{
    dn_status st = DN_OK;
    zmsg_t *m = NULL;
    const char *data, *space;
    size_t size;

    *out_topic = *out_json = NULL;
    DN_TRY(receive(c, c->events, zclock_mono() + timeout_ms, &m, err));
    if (m == NULL || zmsg_size(m) != 1)
        goto out;
    data = (const char *)zframe_data(zmsg_first(m));
    size = zframe_size(zmsg_first(m));
    space = memchr(data, ' ', size);
    if (space == NULL)
        goto out;
    DN_TRY(text_of(data, (size_t)(space - data), out_topic, err));
    DN_TRY(text_of(space + 1, size - (size_t)(space + 1 - data), out_json, err));
out:
    if (st != DN_OK) {
        dn_free(*out_topic);
        *out_topic = NULL;
    }
    zmsg_destroy(&m);
    return st;
}

/* Whether m answers id for good; pending is set by one that does not. */
static bool is_answer(zmsg_t *m, const char *id, bool *pending)
{
    zframe_t *f = zmsg_first(m);
    dn_json *json = NULL;
    const char *of;
    bool mine = false;

    if (f == NULL ||
        dn_json_read("answer", (const char *)zframe_data(f), zframe_size(f), &json, NULL) != DN_OK)
        return false;
    of = dn_json_to_string(dn_json_get(json, "id"));
    if (of != NULL && strcmp(of, id) == 0) {
        mine = !dn_json_to_bool(dn_json_get(json, "pending"));
        *pending |= !mine;
    }
    dn_json_destroy(&json);
    return mine;
}

static dn_status send_command(dn_client *c, const char *json, dn_error *err)
{
    dn_status st = DN_OK;

    c->again = false;
    if (zmq_send(zsock_resolve(c->commands), json, strlen(json), ZMQ_DONTWAIT) < 0)
        DN_FAIL(DN_EUNAVAILABLE, "%s: cannot be sent to: %s", c->run_dir, zmq_strerror(zmq_errno()));
out:
    return st;
}

/* The job may have had to look for other ports. */
static dn_status follow(dn_client *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *server = NULL;
    char events[ENDPOINT], commands[ENDPOINT];

    if (read_json(c->run_dir, "server.json", &server, NULL) != DN_OK ||
        take_addresses(server, events, commands, NULL) != DN_OK ||
        (strcmp(events, c->events_at) == 0 && strcmp(commands, c->commands_at) == 0))
        goto out;
    (void)zsock_disconnect(c->events, "%s", c->events_at);
    (void)zsock_disconnect(c->commands, "%s", c->commands_at);
    memcpy(c->events_at, events, sizeof events);
    memcpy(c->commands_at, commands, sizeof commands);
    c->connected = c->lost = false;
    c->again = true;
    DN_TRY(connect_to(c->events, c->events_at, err));
    DN_TRY(connect_to(c->commands, c->commands_at, err));
out:
    dn_json_destroy(&server);
    return st;
}

dn_status dn_client_check(dn_client *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_run_state s;
    dn_error why = DN_ERROR_INIT;

    DN_TRY(look_at_connection(c, err));
    st = dn_client_look(c->run_dir, &s, &why);
    if (st != DN_OK && st != DN_ENOINPUT)
        DN_FAIL(st, "%s", why.text);
    if (st == DN_ENOINPUT)
        DN_FAIL(DN_EUNAVAILABLE, "%s: the job has ended, and left no word", c->run_dir);
    if (s.serving && strcmp(s.started, c->started) != 0)
        DN_FAIL(DN_EUNAVAILABLE, "%s: the job has ended, another start runs there by now", c->run_dir);
    if (s.exit_code >= 0)
        DN_FAIL(DN_EUNAVAILABLE, "%s: the job has ended: %s, exit code %d", c->run_dir, s.state, s.exit_code);
    if (!s.serving)
        DN_FAIL(DN_EUNAVAILABLE, "%s: the job has ended", c->run_dir);
    if (s.process_gone && !c->connected)
        DN_FAIL(DN_EUNAVAILABLE, "%s: no job runs there; process %ld died at about %s", c->run_dir, s.pid,
                s.when[0] != '\0' ? s.when : s.started);
    if (!c->connected)
        DN_TRY(follow(c, err));
out:
    return st;
}

dn_status dn_client_ask(dn_client *c, const char *json, int timeout_ms, char **out_answer, bool *opt_pending,
                        dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *command = NULL;
    zmsg_t *m = NULL;
    const char *id;
    bool pending = false, found = false;
    int64_t until = zclock_mono() + timeout_ms;

    *out_answer = NULL;
    DN_TRY(dn_json_read("command", json, strlen(json), &command, err));
    id = dn_json_to_string(dn_json_get(command, "id"));
    if (id == NULL)
        DN_FAIL(DN_EDATA, "a command needs an \"id\"");
    DN_TRY(send_command(c, json, err));
    for (int64_t now = zclock_mono(); !found && (now < until || m != NULL); now = zclock_mono()) {
        zmsg_destroy(&m);
        DN_TRY(receive(c, c->commands, now + LOOK_MS < until ? now + LOOK_MS : until, &m, err));
        found = m != NULL && is_answer(m, id, &pending);
        if (m == NULL)
            DN_TRY(dn_client_check(c, err));
        if (c->again && !found) /* a job that has it already answers once more */
            DN_TRY(send_command(c, json, err));
    }
    if (!found)
        DN_FAIL(DN_EUNAVAILABLE, "%s: the job %s within %.1f s", c->run_dir,
                pending ? "has taken the command, but is not done with it" : "does not answer",
                timeout_ms / 1000.0);
    DN_TRY(text_of(zframe_data(zmsg_first(m)), zframe_size(zmsg_first(m)), out_answer, err));
out:
    if (opt_pending != NULL)
        *opt_pending = pending;
    zmsg_destroy(&m);
    dn_json_destroy(&command);
    return st;
}
