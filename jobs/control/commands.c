/* commands.c - commands of clients: limited, done, answered; see PROTOCOL.md */
#include "jobs/control/control_private.h"

#include <string.h>
#include "jobs/control/command_frame.h"
#include "solvers/base/alloc.h"

enum { PER_SECOND = 20, AGAIN_MS = 60000 /* so long an answer may be asked for again */ };

/* A command that is being answered. */
typedef struct ask {
    dn_control *c;
    const uint8_t *caller; /* its routing id */
    size_t caller_len;
    const char *key, *by; /* who asks: the key, and the name it has in the allow-list */
    dn_command said;
} ask;

/* ---- answers ---- */

/* One on its way: the sender is gone, or slow, and it is dropped. False: out of memory. */
static bool send_answer(dn_control *c, const void *caller, size_t len, dn_json *answer)
{
    char *text = NULL;
    void *socket = zsock_resolve(c->sockets.commands);
    bool ok = dn_json_text(answer, 0, &text, NULL) == DN_OK;

    if (ok && zmq_send(socket, caller, len, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        (void)zmq_send(socket, text, strlen(text), ZMQ_DONTWAIT);
    dn_free(text);
    dn_json_destroy(&answer);
    return ok;
}

static dn_json *new_answer(const char *id, bool ok)
{
    dn_json *a = dn_json_create();

    dn_json_int(a, "protocol", DN_PROTOCOL);
    dn_json_string(a, "id", id);
    dn_json_bool(a, "ok", ok);
    return a;
}

static void refuse(const ask *m, const char *why)
{
    dn_json *a = new_answer(m->said.id, false);

    dn_json_string(a, "error", why);
    (void)send_answer(m->c, m->caller, m->caller_len, a);
}

/* ---- who waits for a checkpoint ---- */

/* The row of a question that has come before. */
static dn_waiting *find_waiting(dn_control *c, const ask *m)
{
    for (int i = 0; i < DN_WAITING; i++)
        if (strcmp(c->waiting[i].id, m->said.id) == 0 && strcmp(c->waiting[i].key, m->key) == 0)
            return &c->waiting[i];
    return NULL;
}

/* A row that nobody waits in: an empty one, or that with the oldest answer. NULL: there is none. */
static dn_waiting *free_waiting(dn_control *c)
{
    dn_waiting *best = NULL;

    for (int i = 0; i < DN_WAITING; i++) {
        dn_waiting *one = &c->waiting[i];
        if (one->id[0] == '\0')
            return one;
        if (one->answered != 0 && (best == NULL || one->answered < best->answered))
            best = one;
    }
    return best;
}

static bool send_checkpoint(dn_control *c, const dn_waiting *to)
{
    dn_json *a = new_answer(to->id, true);

    dn_control_checkpoint_fields(&c->checkpoint, dn_json_object(a, "result"));
    return send_answer(c, to->caller, to->len, a);
}

/* Answered a second time when the checkpoint is written. One who has lost the connection asks again with the
 * same id from another: it takes its place, or gets what it has missed. */
static void do_checkpoint(const ask *m)
{
    dn_control *c = m->c;
    dn_waiting *row = find_waiting(c, m);
    bool same = row != NULL && row->len == m->caller_len && memcmp(row->caller, m->caller, row->len) == 0;
    bool missed = row != NULL && row->answered != 0 && !same && zclock_mono() - row->answered < AGAIN_MS;
    dn_json *a;

    if (row == NULL)
        row = free_waiting(c);
    if (row == NULL) {
        refuse(m, "too many others wait for a checkpoint already");
        return;
    }
    *row = (dn_waiting){.len = m->caller_len, .answered = missed ? row->answered : 0};
    memcpy(row->caller, m->caller, m->caller_len);
    memcpy(row->id, m->said.id, sizeof row->id);
    memcpy(row->key, m->key, strlen(m->key) + 1);
    if (missed) {
        (void)send_checkpoint(c, row);
        return;
    }
    a = new_answer(m->said.id, true);
    dn_json_bool(a, "pending", true);
    (void)send_answer(c, m->caller, m->caller_len, a);
    dn_request_note(c->requests, DN_WISH_CHECKPOINT);
}

bool dn_control_answer_waiting(dn_control *c)
{
    bool all = true;

    for (int i = 0; i < DN_WAITING; i++) {
        dn_waiting *one = &c->waiting[i];
        if (one->id[0] == '\0' || one->answered != 0)
            continue;
        if (send_checkpoint(c, one))
            one->answered = zclock_mono();
        else
            all = false;
    }
    return all;
}

void dn_control_refuse_waiting(dn_control *c)
{
    for (int i = 0; i < DN_WAITING; i++) {
        const dn_waiting *one = &c->waiting[i];
        dn_json *a;

        if (one->id[0] == '\0' || one->answered != 0)
            continue;
        a = new_answer(one->id, false);
        dn_json_string(a, "error", "the job has ended before");
        (void)send_answer(c, one->caller, one->len, a);
    }
}

/* ---- the commands ---- */

static void do_status(const ask *m)
{
    dn_json *a = new_answer(m->said.id, true);

    dn_control_status_fields(m->c, "running", dn_json_object(a, "result"));
    (void)send_answer(m->c, m->caller, m->caller_len, a);
}

static void do_stop(const ask *m)
{
    dn_json *a = new_answer(m->said.id, true);

    if (m->said.at_epoch)
        dn_request_note_at_epoch(m->c->requests);
    else
        dn_request_note(m->c->requests, DN_WISH_STOP_CONTROL);
    dn_json_string(dn_json_object(a, "result"), "at", m->said.at_epoch ? "epoch" : "step");
    (void)send_answer(m->c, m->caller, m->caller_len, a);
}

static void do_set(const ask *m)
{
    dn_json *a = new_answer(m->said.id, true), *result = dn_json_object(a, "result");
    bool every = m->said.kind == DN_COMMAND_EVERY;

    if (every)
        atomic_store(&m->c->requests->every, m->said.seconds);
    else
        dn_log_threshold(m->said.level);
    dn_json_string(result, "key", every ? "checkpoint-every" : "log-level");
    dn_json_string(result, "value", m->said.value);
    (void)send_answer(m->c, m->caller, m->caller_len, a);
}

static void run_command(const ask *m)
{
    if (m->said.kind != DN_COMMAND_STATUS)
        dn_keeper_log(&m->c->keeper, DN_INFO, "command", "command=%s id=%s by=%s", m->said.name, m->said.id,
                      m->by);
    switch (m->said.kind) {
    case DN_COMMAND_STATUS:
        do_status(m);
        break;
    case DN_COMMAND_CHECKPOINT:
        do_checkpoint(m);
        break;
    case DN_COMMAND_STOP:
        do_stop(m);
        break;
    case DN_COMMAND_EVERY:
    case DN_COMMAND_LEVEL:
        do_set(m);
        break;
    }
}

/* ---- what comes in ---- */

/* The bucket of a key, which must be allowed. There is always one: as many rows as keys can be allowed at a
 * time, and a row whose key no longer is can be given away. */
static dn_caller *bucket(dn_control *c, const char *key)
{
    dn_caller *spare = NULL;

    for (int i = 0; i < DN_CONTROL_KEYS; i++) {
        dn_caller *one = &c->caller[i];
        if (strcmp(one->key, key) == 0)
            return one;
        if (spare == NULL && (one->key[0] == '\0' || dn_control_find(&c->sockets.allowed, one->key) < 0))
            spare = one;
    }
    *spare = (dn_caller){.tokens = PER_SECOND, .at = zclock_mono()};
    memcpy(spare->key, key, strlen(key) + 1);
    return spare;
}

static bool is_flood(dn_control *c, const char *key)
{
    dn_caller *b = bucket(c, key);
    int64_t now = zclock_mono();

    b->tokens += (double)(now - b->at) * PER_SECOND / 1000;
    b->tokens = b->tokens > PER_SECOND ? PER_SECOND : b->tokens;
    b->at = now;
    if (b->tokens < 1)
        return true;
    b->tokens -= 1;
    return false;
}

static void take_command(dn_control *c, dn_held *held)
{
    dn_refused *count = &c->sockets.refused;
    int row = dn_sockets_sender(&c->sockets, &held->body);
    zmq_msg_t *body = &held->body;
    ask m = {.c = c, .caller = zmq_msg_data(&held->caller), .caller_len = zmq_msg_size(&held->caller)};

    if (row < 0 || m.caller_len > sizeof c->waiting[0].caller)
        return;
    m.key = c->sockets.allowed.row[row].key;
    m.by = c->sockets.allowed.row[row].name;
    if (is_flood(c, m.key)) {
        count->flooded++;
        return;
    }
    if (!held->whole) {
        count->malformed++;
        refuse(&m, "a command is one frame");
        return;
    }
    switch (dn_command_read(zmq_msg_data(body), zmq_msg_size(body), &m.said)) {
    case DN_COMMAND_SOUND:
        run_command(&m);
        return;
    case DN_COMMAND_MALFORMED:
        count->malformed++;
        break;
    case DN_COMMAND_OVERSIZED:
        count->oversized++;
        break;
    case DN_COMMAND_VERSION:
        count->unknown_version++;
        break;
    case DN_COMMAND_IMPOSSIBLE:
        break;
    }
    refuse(&m, m.said.error);
}

void dn_control_collect(dn_control *c)
{
    void *socket = zsock_resolve(c->sockets.commands);
    bool any = true;

    while (any && c->n_held < DN_HELD) {
        dn_held *one = &c->held[c->n_held];

        zmq_msg_init(&one->caller);
        zmq_msg_init(&one->body);
        one->whole = dn_sockets_receive(socket, &one->caller, &one->body, &any);
        if (any) {
            (void)dn_sockets_know(&c->sockets, DN_PORT_COMMANDS, &one->body);
            c->n_held++;
        } else {
            zmq_msg_close(&one->caller);
            zmq_msg_close(&one->body);
        }
    }
}

void dn_control_answer(dn_control *c, bool let_go)
{
    for (int i = 0; i < c->n_held; i++) {
        if (!let_go)
            take_command(c, &c->held[i]);
        zmq_msg_close(&c->held[i].caller);
        zmq_msg_close(&c->held[i].body);
    }
    c->n_held = 0;
}
