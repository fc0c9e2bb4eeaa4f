/* commands.c - commands of clients: read, limited, answered; see PROTOCOL.md */
#include "jobs/control/control_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/duration.h"

enum { PER_SECOND = 20, TURN = 256 };

/* One answer on its way: the sender is gone, or slow, and it is dropped. */
static void send_answer(dn_control *c, const void *caller, size_t len, const dn_json *answer)
{
    char *text = NULL;
    void *socket = zsock_resolve(c->sockets.commands);

    if (dn_json_text(answer, 0, &text, NULL) == DN_OK &&
        zmq_send(socket, caller, len, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        (void)zmq_send(socket, text, strlen(text), ZMQ_DONTWAIT);
    dn_free(text);
}

static dn_json *new_answer(const char *id, bool ok)
{
    dn_json *a = dn_json_create();

    dn_json_int(a, "protocol", DN_PROTOCOL);
    dn_json_string(a, "id", id);
    dn_json_bool(a, "ok", ok);
    return a;
}

/* A command that is being answered. */
typedef struct command {
    dn_control *c;
    const uint8_t *caller;
    size_t caller_len;
    const dn_json *json;
    char id[DN_ID + 1];
} command;

static void refuse(const command *m, const char *fmt, ...) DN_PRINTF(2, 3);
static void refuse(const command *m, const char *fmt, ...)
{
    dn_json *a = new_answer(m->id, false);
    char why[200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    dn_json_string(a, "error", why);
    send_answer(m->c, m->caller, m->caller_len, a);
    dn_json_destroy(&a);
}

/* A text of the command, printable, or "". */
static const char *word(const command *m, const char *key)
{
    const char *text = dn_json_to_string(dn_json_get(m->json, key));

    if (text == NULL || strlen(text) > 60)
        return "";
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            return "";
    return text;
}

/* ---- the commands ---- */

static void do_status(const command *m)
{
    dn_json *a = new_answer(m->id, true), *result = dn_json_object(a, "result");

    dn_control_status_fields(m->c, "running", result);
    send_answer(m->c, m->caller, m->caller_len, a);
    dn_json_destroy(&a);
}

/* Answered a second time when the checkpoint is written. */
static void do_checkpoint(const command *m)
{
    dn_control *c = m->c;
    dn_json *a;

    if (c->n_waiting == DN_WAITING) {
        refuse(m, "%d others wait for a checkpoint already", DN_WAITING);
        return;
    }
    c->waiting[c->n_waiting].len = m->caller_len;
    memcpy(c->waiting[c->n_waiting].caller, m->caller, m->caller_len);
    memcpy(c->waiting[c->n_waiting].id, m->id, sizeof m->id);
    c->n_waiting++;
    a = new_answer(m->id, true);
    dn_json_bool(a, "pending", true);
    send_answer(c, m->caller, m->caller_len, a);
    dn_json_destroy(&a);
    dn_request_note(c->requests, DN_WISH_CHECKPOINT);
}

void dn_control_answer_waiting(dn_control *c, const char *json)
{
    for (int i = 0; i < c->n_waiting; i++) {
        dn_json *a = new_answer(c->waiting[i].id, true);
        dn_json_value(a, "result", json);
        send_answer(c, c->waiting[i].caller, c->waiting[i].len, a);
        dn_json_destroy(&a);
    }
    c->n_waiting = 0;
}

void dn_control_refuse_waiting(dn_control *c)
{
    for (int i = 0; i < c->n_waiting && c->sockets.commands != NULL; i++) {
        dn_json *a = new_answer(c->waiting[i].id, false);
        dn_json_string(a, "error", "the job has ended before");
        send_answer(c, c->waiting[i].caller, c->waiting[i].len, a);
        dn_json_destroy(&a);
    }
    c->n_waiting = 0;
}

static void do_stop(const command *m)
{
    const char *at = dn_json_get(m->json, "at") == NULL ? "step" : word(m, "at");
    dn_json *a;

    if (strcmp(at, "step") != 0 && strcmp(at, "epoch") != 0) {
        refuse(m, "\"at\" is step or epoch");
        return;
    }
    if (strcmp(at, "epoch") == 0)
        dn_request_note_at_epoch(m->c->requests);
    else
        dn_request_note(m->c->requests, DN_WISH_STOP_CONTROL);
    a = new_answer(m->id, true);
    dn_json_string(dn_json_object(a, "result"), "at", at);
    send_answer(m->c, m->caller, m->caller_len, a);
    dn_json_destroy(&a);
}

static void do_set(const command *m)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    const char *key = word(m, "key"), *value = word(m, "value");
    dn_json *a, *result;
    double seconds = 0;
    int level = 0;

    if (strcmp(key, "checkpoint-every") == 0) {
        if (!dn_parse_duration(value, &seconds)) {
            refuse(m, "'%s' is no time such as 90s, 10m, 1h30m", value);
            return;
        }
        atomic_store(&m->c->requests->every, seconds);
    } else if (strcmp(key, "log-level") == 0) {
        while (level < 4 && strcmp(value, levels[level]) != 0)
            level++;
        if (level == 4) {
            refuse(m, "'%s' is not one of debug, info, warn, error", value);
            return;
        }
        dn_log_threshold((dn_log_level)level);
    } else {
        refuse(m, "'%s' cannot be set; checkpoint-every and log-level can", key);
        return;
    }
    a = new_answer(m->id, true);
    result = dn_json_object(a, "result");
    dn_json_string(result, "key", key);
    dn_json_string(result, "value", value);
    send_answer(m->c, m->caller, m->caller_len, a);
    dn_json_destroy(&a);
}

static void run_command(const command *m)
{
    static const struct {
        const char *name;
        void (*run)(const command *m);
    } row[] = {{"status", do_status}, {"checkpoint", do_checkpoint}, {"stop", do_stop}, {"set", do_set}};
    const char *name = word(m, "command");

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        if (strcmp(name, row[i].name) == 0) {
            if (i > 0)
                dn_log(DN_INFO, "control", "command", "command=%s id=%s", name, m->id);
            row[i].run(m);
            return;
        }
    refuse(m, "command '%s' is not known here", name);
}

/* ---- what comes in ---- */

/* A bucket of PER_SECOND commands for each connection; the row that was silent longest is given away. */
static bool is_flood(dn_control *c, const uint8_t *id, size_t len)
{
    int64_t now = zclock_mono();
    dn_caller *at = &c->caller[0];

    for (int i = 0; i < DN_CALLERS; i++) {
        dn_caller *one = &c->caller[i];
        if (one->len == len && memcmp(one->id, id, len) == 0) {
            at = one;
            break;
        }
        if (one->len == 0 ? at->len != 0 : one->at < at->at && at->len != 0)
            at = one;
    }
    if (at->len != len || memcmp(at->id, id, len) != 0) {
        *at = (dn_caller){.len = len, .tokens = PER_SECOND, .at = now};
        memcpy(at->id, id, len);
    }
    at->tokens += (double)(now - at->at) * PER_SECOND / 1000;
    at->tokens = at->tokens > PER_SECOND ? PER_SECOND : at->tokens;
    at->at = now;
    if (at->tokens < 1)
        return true;
    at->tokens -= 1;
    return false;
}

/* The object, of this protocol; otherwise it is counted and refused. id is set as far as it can be read. */
static bool is_sound(command *m, const dn_json *json)
{
    const dn_json *protocol = dn_json_get(json, "protocol");
    dn_refused *count = &m->c->sockets.refused;

    m->json = json;
    snprintf(m->id, sizeof m->id, "%s", word(m, "id"));
    if (dn_json_kind_of(protocol) != DN_JSON_INT) {
        count->malformed++;
        refuse(m, "\"protocol\" is missing, this job speaks %d", DN_PROTOCOL);
        return false;
    }
    if (dn_json_to_int(protocol) != DN_PROTOCOL) {
        count->unknown_version++;
        refuse(m, "protocol %lld is not spoken here, this job speaks %d", (long long)dn_json_to_int(protocol),
               DN_PROTOCOL);
        return false;
    }
    if (m->id[0] == '\0') {
        count->malformed++;
        refuse(m, "\"id\" is missing, or is no text of up to 60 characters");
        return false;
    }
    return true;
}

static void read_command(command *m, zframe_t *frame)
{
    dn_refused *count = &m->c->sockets.refused;
    dn_json *json = NULL;
    size_t len = zframe_size(frame);

    if (len > DN_COMMAND_BYTES) {
        count->oversized++;
        refuse(m, "a command has at most %d bytes", DN_COMMAND_BYTES);
    } else if (dn_json_read("command", (const char *)zframe_data(frame), len, &json, NULL) != DN_OK) {
        count->malformed++;
        refuse(m, "this is no JSON object");
    } else if (is_sound(m, json))
        run_command(m);
    dn_json_destroy(&json);
}

/* The key of the sender, as admitted; one that was taken away commands no more. */
static bool still_allowed(dn_control *c, zframe_t *frame)
{
    const char *key = zframe_meta(frame, "User-Id");

    if (key != NULL && dn_control_find(&c->sockets.allowed, key) >= 0)
        return true;
    c->sockets.refused.wrong_key++;
    return false;
}

void dn_control_answer(dn_control *c)
{
    zsock_t *socket = c->sockets.commands;

    if (socket != NULL && (zsock_events(socket) & ZMQ_POLLIN))
        (void)dn_control_allowed(&c->files, &c->sockets.allowed);
    for (int turn = 0; turn < TURN && socket != NULL && (zsock_events(socket) & ZMQ_POLLIN); turn++) {
        zmsg_t *message = zmsg_recv(socket);
        zframe_t *caller = message != NULL ? zmsg_first(message) : NULL;
        zframe_t *body = message != NULL ? zmsg_next(message) : NULL;

        if (caller != NULL && zframe_size(caller) <= 255) {
            command m = {.c = c, .caller = zframe_data(caller), .caller_len = zframe_size(caller)};

            if (is_flood(c, m.caller, m.caller_len))
                c->sockets.refused.flooded++;
            else if (body == NULL || zmsg_size(message) != 2) {
                c->sockets.refused.malformed++;
                refuse(&m, "a command is one frame");
            } else if (still_allowed(c, body))
                read_command(&m, body);
        }
        zmsg_destroy(&message);
    }
}
