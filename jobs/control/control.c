/* control.c - the control thread and what the job hands to it; see control.h */
#include "jobs/control/control_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "jobs/control/aside.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"

enum { STATUS_MS = 1000, RENEWAL_MS = 1000, STACK = 1 << 20, PATIENCE_S = 10 };

/* ---- the job's side: hand over and go on ---- */

static void wake(dn_control *c)
{
    ssize_t n = write(c->wake[1], "", 1);
    (void)n; /* full: it is awake */
}

void dn_control_status(dn_control *c, const dn_status_report *report)
{
    if (c == NULL || pthread_mutex_trylock(&c->report_lock) != 0)
        return;
    c->report = *report;
    pthread_mutex_unlock(&c->report_lock);
}

/* Takes text over. */
static void enqueue(dn_control *c, const char *topic, char *text)
{
    dn_event e = {.json = text};
    bool full;

    snprintf(e.topic, sizeof e.topic, "%s", topic);
    dn_clock_utc(e.t);
    pthread_mutex_lock(&c->ring_lock);
    full = text == NULL || c->queued == DN_CONTROL_RING;
    if (full)
        c->dropped++;
    else
        c->ring[(c->first + c->queued++) % DN_CONTROL_RING] = e;
    pthread_mutex_unlock(&c->ring_lock);
    if (full)
        dn_free(text);
    else
        wake(c);
}

void dn_control_event(dn_control *c, const char *topic, const char *json)
{
    char *copy;
    size_t len;

    if (c == NULL)
        return;
    len = strlen(json) + 1;
    copy = dn_calloc(len, 1);
    if (copy != NULL)
        memcpy(copy, json, len);
    enqueue(c, topic, copy);
}

static void enqueue_json(dn_control *c, const char *topic, dn_json *json)
{
    char *text = NULL;

    if (dn_json_text(json, 0, &text, NULL) != DN_OK)
        text = NULL;
    enqueue(c, topic, text);
    dn_json_destroy(&json);
}

/* The event may be dropped, what status and answers tell of it may not. */
void dn_control_checkpoint(dn_control *c, const char *path, double seconds, const char *reason)
{
    dn_checkpoint_note note = {.seconds = seconds};
    dn_json *json;

    if (c == NULL)
        return;
    dn_clock_utc(note.utc);
    snprintf(note.path, sizeof note.path, "%s", path);
    snprintf(note.reason, sizeof note.reason, "%s", reason);
    pthread_mutex_lock(&c->ring_lock);
    note.number = c->newest.number + 1;
    c->newest = note;
    pthread_mutex_unlock(&c->ring_lock);
    json = dn_json_create();
    dn_control_checkpoint_fields(&note, json);
    enqueue_json(c, DN_TOPIC_CHECKPOINT, json);
    wake(c);
}

void dn_control_log(dn_control *c, dn_log_level level, const char *module, const char *text)
{
    dn_json *json;

    if (c == NULL)
        return;
    json = dn_json_create();
    dn_json_string(json, "level", dn_log_level_name(level));
    dn_json_string(json, "module", module);
    dn_json_string(json, "text", text);
    enqueue_json(c, DN_TOPIC_LOG, json);
}

/* ---- the thread's side ---- */

/* {"protocol":1,"seq":n,"t":"...",<fields>}, for dn_free(). */
static char *envelope(dn_control *c, const char *t, const char *fields)
{
    size_t cap = strlen(fields) + 128;
    char *whole = dn_calloc(cap, 1);
    const char *rest = fields[0] == '{' ? fields + 1 : "}";

    if (whole != NULL)
        snprintf(whole, cap, "{\"protocol\":%d,\"seq\":%lld,\"t\":\"%s\"%s%s", DN_PROTOCOL,
                 (long long)++c->seq, t, rest[0] == '}' ? "" : ",", rest);
    return whole;
}

/* A listener that does not read loses messages; nobody waits. One frame: libzmq aborts the program where a
 * connection ends in the middle of a message of several (libzmq issue 3442). The text, for dn_free(). */
static char *publish(dn_control *c, const char *topic, const char *t, const char *fields)
{
    char *whole = envelope(c, t, fields);
    size_t cap = whole != NULL ? strlen(topic) + strlen(whole) + 2 : 0;
    char *message = whole != NULL ? dn_calloc(cap, 1) : NULL;

    if (message != NULL) {
        snprintf(message, cap, "%s %s", topic, whole);
        (void)zmq_send(zsock_resolve(c->sockets.events), message, cap - 1, ZMQ_DONTWAIT);
    }
    dn_free(message);
    return whole;
}

static bool dequeue(dn_control *c, dn_event *out)
{
    bool any;

    pthread_mutex_lock(&c->ring_lock);
    any = c->queued > 0;
    if (any) {
        *out = c->ring[c->first];
        c->first = (c->first + 1) % DN_CONTROL_RING;
        c->queued--;
    }
    pthread_mutex_unlock(&c->ring_lock);
    return any;
}

static void tell_checkpoint(dn_control *c)
{
    dn_checkpoint_note before = c->checkpoint;
    bool new;

    pthread_mutex_lock(&c->ring_lock);
    c->checkpoint = c->newest;
    pthread_mutex_unlock(&c->ring_lock);
    new = c->checkpoint.number > before.number;
    if (new && !dn_control_answer_waiting(c))
        c->checkpoint = before; /* out of memory: the rest in another turn */
}

static void send_queued(dn_control *c)
{
    dn_event e;

    for (int turn = 0; turn < DN_CONTROL_RING && dequeue(c, &e); turn++) {
        dn_free(publish(c, e.topic, e.t, e.json));
        dn_free(e.json);
    }
    tell_checkpoint(c);
}

/* Publish the status and leave it in heartbeat.json. exit_code < 0: it has not ended. */
static void send_status(dn_control *c, const char *state, int exit_code)
{
    dn_json *fields = dn_json_create();
    char *text = NULL, *whole = NULL, now[DN_UTC];

    dn_clock_utc(now);
    if (exit_code >= 0)
        dn_json_int(fields, "exit", exit_code);
    dn_control_status_fields(c, state, fields);
    if (dn_json_text(fields, 0, &text, NULL) == DN_OK)
        whole = publish(c, DN_TOPIC_STATUS, now, text);
    if (whole != NULL)
        dn_keeper_heartbeat(&c->keeper, whole);
    dn_free(text);
    dn_json_destroy(&fields);
}

/* The id that Slurm shows and takes: of a task of an array ARRAY_NUMBER, whatever number the task has
 * besides.
 */
static void add_job(dn_json *json)
{
    const char *job = getenv("SLURM_JOB_ID"), *array = getenv("SLURM_ARRAY_JOB_ID"),
               *task = getenv("SLURM_ARRAY_TASK_ID");
    char id[64];

    if (array != NULL && task != NULL)
        snprintf(id, sizeof id, "%.30s_%.30s", array, task);
    else
        snprintf(id, sizeof id, "%.60s", job != NULL ? job : "");
    if (job != NULL)
        dn_json_string(json, "job_id", id);
    else
        dn_json_value(json, "job_id", "null");
}

static dn_status write_server(dn_control *c, dn_error *err)
{
    dn_status st = DN_OK;
    const char *restart = getenv("SLURM_RESTART_COUNT");
    dn_json *json = dn_json_create();
    char *text = NULL;

    dn_json_int(json, "protocol", DN_PROTOCOL);
    dn_json_string(json, "events", c->sockets.events_at);
    dn_json_string(json, "commands", c->sockets.commands_at);
    dn_json_string(json, "server_key", c->sockets.public_key);
    dn_json_string(json, "host", c->host);
    dn_json_int(json, "pid", (int64_t)getpid());
    dn_json_string(json, "stage", c->stage);
    add_job(json);
    dn_json_int(json, "restart", restart != NULL ? strtol(restart, NULL, 10) : 0);
    dn_json_int(json, "ranks", c->ranks);
    dn_json_string(json, "started_utc", c->started);
    DN_TRY(dn_json_text(json, 0, &text, err));
    DN_TRY(dn_control_write(&c->files, "server.json", text, err));
out:
    dn_json_destroy(&json);
    dn_free(text);
    return st;
}

static void drain_wake(dn_control *c)
{
    char bytes[256];

    while (read(c->wake[0], bytes, sizeof bytes) > 0)
        ;
}

/* Wait for any of it, up to the next thing that has its time. Who asks for something waits for a look at the
 * allow-list, which may take long; how many connect is watched meanwhile. */
static void wait_for_work(dn_control *c, int64_t until)
{
    const dn_sockets *s = &c->sockets;
    zsock_t *const all[] = {s->events_watch, s->commands_watch, s->events,
                            c->n_held < DN_HELD ? s->commands : NULL, c->look == 0 ? s->zap : NULL};
    zmq_pollitem_t item[6] = {{.fd = c->wake[0], .events = ZMQ_POLLIN}};
    int n = 1;
    int64_t left = until - zclock_mono();

    for (int i = 0; i < 5; i++)
        if (all[i] != NULL)
            item[n++] = (zmq_pollitem_t){.socket = zsock_resolve(all[i]), .events = ZMQ_POLLIN};
    (void)zmq_poll(item, n, left > 0 ? (long)left : 0);
    if (item[0].revents != 0)
        drain_wake(c);
}

/* The allow-list of look `number`, if it is done. */
static bool take_list(dn_control *c, int64_t number)
{
    dn_allow_list list;
    bool readable;

    if (!dn_keeper_allowed(&c->keeper, number, &list, &readable))
        return false;
    dn_sockets_allow(&c->sockets, &list, readable);
    return true;
}

static void renew(dn_control *c)
{
    dn_peers_check(&c->sockets.peers);
    (void)take_list(c, 0);
}

static void work(dn_control *c)
{
    int64_t now = zclock_mono();
    bool fresh, heard;

    heard = dn_sockets_hear(&c->sockets); /* who speaks has a key, and is not cut for others */
    dn_control_collect(c);
    dn_sockets_watch(&c->sockets);
    if (c->look == 0 && (heard || c->n_held > 0 || dn_sockets_are_asked(&c->sockets)))
        c->look = dn_keeper_ask(&c->keeper);
    fresh = c->look != 0 && take_list(c, c->look);
    if (now >= c->next_renewal) {
        renew(c);
        c->next_renewal = now + RENEWAL_MS;
    }
    send_queued(c); /* a checkpoint of before a command is no answer to it */
    if (fresh) {
        c->look = 0;
        dn_sockets_admit(&c->sockets);
        dn_control_answer(c, false);
    }
    if (now >= c->next_status) {
        send_status(c, "running", -1);
        c->next_status = now + STATUS_MS;
    }
}

static void say_end(dn_control *c)
{
    dn_json *end = dn_json_create();
    char *text = NULL, now[DN_UTC];

    send_queued(c);
    dn_control_answer(c, true);
    dn_control_refuse_waiting(c);
    send_status(c, dn_protocol_state(c->exit_code), c->exit_code);
    dn_clock_utc(now);
    dn_json_int(end, "exit", c->exit_code);
    dn_json_string(end, "text", c->end_text);
    if (dn_json_text(end, 0, &text, NULL) == DN_OK)
        dn_free(publish(c, DN_TOPIC_END, now, text));
    dn_free(text);
    dn_json_destroy(&end);
}

/* Nobody who is told to serve leaves before it has said its end. */
static void move_to(dn_control *c, dn_phase phase)
{
    pthread_mutex_lock(&c->phase_lock);
    if (c->phase != DN_PHASE_SERVING)
        c->phase = phase;
    pthread_cond_broadcast(&c->phase_moves);
    pthread_mutex_unlock(&c->phase_lock);
}

/* The phase that comes after one. */
static dn_phase wait_beyond(dn_control *c, dn_phase phase)
{
    dn_phase now;

    pthread_mutex_lock(&c->phase_lock);
    while (c->phase == phase)
        pthread_cond_wait(&c->phase_moves, &c->phase_lock);
    now = c->phase;
    pthread_mutex_unlock(&c->phase_lock);
    return now;
}

static void serve_until_end(dn_control *c)
{
    (void)dn_keeper_ask(&c->keeper);
    while (!atomic_load(&c->ending)) {
        wait_for_work(c, c->next_status < c->next_renewal ? c->next_status : c->next_renewal);
        work(c);
    }
    say_end(c);
}

/* ---- the end, in the thread that touches files ---- */

/* Nothing is left that leads to sockets which are gone; allowed/ and the last status stay. Where there are no
 * locks another run may have begun in the same directory: what it wrote is its own. */
static void remove_keys(void *control)
{
    const dn_control *c = control;
    char *text = NULL;
    dn_json *server = NULL;
    const char *key = NULL;
    bool another;

    if (dn_control_read(c->files.run_dir, "server.json", &text, NULL) == DN_OK &&
        dn_json_read("server.json", text, strlen(text), &server, NULL) == DN_OK)
        key = dn_json_to_string(dn_json_get(server, "server_key"));
    another = key != NULL && strcmp(key, c->server_key) != 0;
    dn_json_destroy(&server);
    dn_free(text);
    if (another)
        return;
    dn_control_remove(&c->files, "server.json");
    dn_control_remove(&c->files, "client.secret");
    dn_control_remove(&c->files, "allowed/client.pub");
}

static void release(void *control)
{
    dn_control *c = control;
    dn_event e;

    while (dequeue(c, &e))
        dn_free(e.json);
    for (int i = 0; i < 2; i++)
        if (c->wake[i] >= 0)
            close(c->wake[i]);
    dn_control_files_close(&c->files);
    pthread_mutex_destroy(&c->report_lock);
    pthread_mutex_destroy(&c->ring_lock);
    pthread_mutex_destroy(&c->phase_lock);
    pthread_cond_destroy(&c->phase_moves);
    dn_free(c);
}

/* ---- begin and end ---- */

/* ZeroMQ's own threads are born here, with the priority and the cores of this one. */
static void *serve(void *control)
{
    dn_control *c = control;
    dn_status st = DN_OK;
    dn_error *err = &c->open_error;
    const dn_keeper_duties duties = {.owner = c, .leave = remove_keys, .release = release};

    dn_step_aside("dragnet-control");
    DN_TRY(dn_keeper_start(&c->keeper, &c->files, c->wake[1], &duties, err));
    c->started_keeper = true;
    c->sockets.keeper = &c->keeper;
    DN_TRY(dn_sockets_open(&c->sockets, c->opt_interface, err));
    move_to(c, DN_PHASE_OPEN);
    if (wait_beyond(c, DN_PHASE_OPEN) == DN_PHASE_SERVING)
        serve_until_end(c);
out:
    dn_sockets_close(&c->sockets);
    c->open_status = st;
    move_to(c, DN_PHASE_LEAVING);
    return NULL;
}

static dn_status make_pipe(int fd[2], dn_error *err)
{
    dn_status st = DN_OK;

    if (pipe(fd) != 0)
        DN_FAIL(DN_EUNAVAILABLE, "no pipe: %s", strerror(errno));
    for (int i = 0; i < 2; i++) {
        (void)fcntl(fd[i], F_SETFL, O_NONBLOCK);
        (void)fcntl(fd[i], F_SETFD, FD_CLOEXEC);
    }
out:
    return st;
}

/* No signal is the thread's, nor of those that it starts. It has opened the sockets, or is gone. */
static dn_status start_thread(dn_control *c, const char *opt_interface, dn_error *err)
{
    dn_status st = DN_OK;
    sigset_t all, before;
    pthread_attr_t attributes;
    int bad;

    c->opt_interface = opt_interface;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bad = pthread_create(&c->thread, &attributes, serve, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (bad != 0)
        DN_FAIL(DN_EUNAVAILABLE, "no thread: %s", strerror(bad));
    c->started_thread = true;
    if (wait_beyond(c, DN_PHASE_OPENING) == DN_PHASE_LEAVING) {
        if (err != NULL)
            *err = c->open_error;
        st = c->open_status;
    }
out:
    return st;
}

/* End the threads, and release what nobody uses any more. The keeper has the last word on files: it may stand
 * still with them, the job does not. */
static void end(dn_control *c)
{
    double patience_s = c->patience_s;

    if (c->started_thread) {
        move_to(c, DN_PHASE_LEAVING);
        atomic_store(&c->ending, true);
        wake(c);
        pthread_join(c->thread, NULL);
    }
    if (!c->started_keeper) {
        if (c->files.folder >= 0)
            remove_keys(c);
        release(c);
    } else if (dn_keeper_stop(&c->keeper, patience_s))
        release(c);
    else
        dn_log(DN_WARN, "control", "the file system stands still: files of the control plane may be left",
               "waited=%.0fs", patience_s);
}

static void take_options(dn_control *c, const dn_control_options *o)
{
    snprintf(c->stage, sizeof c->stage, "%s", o->stage);
    c->ranks = o->ranks;
    c->requests = o->requests;
    c->patience_s = o->opt_patience_s > 0 ? o->opt_patience_s : PATIENCE_S;
    c->report = dn_status_report_none();
    dn_clock_utc(c->started);
    if (gethostname(c->host, sizeof c->host - 1) != 0)
        snprintf(c->host, sizeof c->host, "unknown");
}

/* The files of the start before say nothing of this one, in particular not that it has ended. */
static dn_status open_files(dn_control *c, const char *run_dir, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_control_files_open(run_dir, true, &c->files, err));
    dn_control_remove(&c->files, "heartbeat.json");
    dn_control_remove(&c->files, "server.json");
    DN_TRY(dn_control_keys(&c->files, c->sockets.public_key, c->sockets.secret_key, err));
    memcpy(c->server_key, c->sockets.public_key, sizeof c->server_key);
out:
    return st;
}

dn_status dn_control_open(const dn_control_options *o, dn_control **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_control *c = NULL;

    *out = NULL;
    DN_NEW(c, 1);
    c->files = (dn_control_files)DN_CONTROL_FILES_INIT;
    c->wake[0] = c->wake[1] = -1;
    pthread_mutex_init(&c->report_lock, NULL);
    pthread_mutex_init(&c->ring_lock, NULL);
    pthread_mutex_init(&c->phase_lock, NULL);
    pthread_cond_init(&c->phase_moves, NULL);
    take_options(c, o);
    DN_TRY(make_pipe(c->wake, err));
    DN_TRY(open_files(c, o->run_dir, err));
    DN_TRY(start_thread(c, o->opt_interface, err));
    DN_TRY(write_server(c, err));
    move_to(c, DN_PHASE_SERVING);
    *out = c;
    c = NULL;
out:
    if (c != NULL)
        end(c);
    return st;
}

void dn_control_close(dn_control **control, int exit_code, const char *text)
{
    dn_control *c = *control;

    if (c == NULL)
        return;
    *control = NULL;
    c->exit_code = exit_code;
    snprintf(c->end_text, sizeof c->end_text, "%s", text);
    end(c);
}
