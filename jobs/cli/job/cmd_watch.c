/* cmd_watch.c - `dragnet watch`: a running job, live in a terminal, as lines, or as JSON
 *
 * Looks at the run directory every second (jobs/watch/files.h) and asks Slurm now and then; a job is never
 * written to, so whoever leaves disturbs nobody.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include "jobs/cli/command.h"
#include "jobs/control/client.h"
#include "jobs/control/protocol.h"
#include "jobs/watch/files.h"
#include "jobs/watch/pen.h"
#include "jobs/watch/queue.h"
#include "jobs/watch/render.h"
#include "jobs/watch/terminal.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"

enum {
    LOOK_MS = 1000,
    KEY_MS = 100,
    LINE_EVERY_S = 10,
    LIVE_S = 3,
    AGAIN_S = 2,
    AGAIN_MOST_S = 30,
    MOST_AT_ONCE = 200
};

typedef enum mode { WINDOW, LINES, JSON } mode;

typedef struct watch {
    const dn_call *call;
    mode mode;
    bool once, utf8, colour;
    bool told;         /* how things stand has been said; what comes before happened before we came */
    dn_fate fate;      /* as it was said */
    bool news;         /* the picture is another one */
    int columns, rows; /* of the window that shows it */
    dn_watch_state *state;
    dn_watch_files files;
    dn_watch_facts facts;
    dn_queue queue;
    double line_at;           /* s; when the last status line was printed */
    dn_client *client;        /* NULL: no connection */
    double heard_at;          /* s; when it brought something */
    bool started;             /* a server.json is new: connect */
    double again_at, again_s; /* s; when to try once more; how long that was put off */
} watch;

static const dn_opt watch_options[] = {
    {"json", 'j', DN_OPT_FLAG, NULL, NULL, "every event as a line of JSON on stdout", "output"},
    {"lines", 0, DN_OPT_FLAG, NULL, NULL, "lines, also in a terminal", "output"},
    {"once", 0, DN_OPT_FLAG, NULL, NULL, "print how things stand, and end", "output"},
    {"ascii", 0, DN_OPT_FLAG, NULL, NULL, "no blocks, also where the locale is UTF-8", "output"},
    {"job", 0, DN_OPT_TEXT, NULL, "ID", "its Slurm job, where squeue does not tell by -o RUN", "connection"},
    {"key", 0, DN_OPT_TEXT, NULL, "FILE", "CURVE certificate; otherwise that of the run", "connection"},
    {0}};

/* ---- surroundings ---- */

/* By the names of locales, which need not be installed here: the terminal is elsewhere. */
static bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *v = getenv(names[i]);
        const char *dot = v != NULL ? strchr(v, '.') : NULL;

        if (v != NULL && v[0] != '\0')
            return dot != NULL && (strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);
    }
    return false;
}

static bool may_colour(void)
{
    const char *no = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0');
}

static dn_status check_stdout(dn_error *err)
{
    dn_status st = DN_OK;

    if (fflush(stdout) != 0 || ferror(stdout))
        DN_FAIL(DN_EIO, "stdout: writing failed");
out:
    return st;
}

/* ---- events as lines ---- */

static dn_status print_json(const char *topic, dn_json *event, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;

    dn_json_string(event, "topic", topic);
    DN_TRY(dn_json_text(event, 0, &text, err));
    printf("%s\n", text);
    DN_TRY(check_stdout(err));
out:
    dn_free(text);
    return st;
}

static dn_status print_line(const watch *w, const char *text, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pen p = {.columns = 1 << 20, .utf8 = w->utf8};
    char stamp[DN_CLOCK_UTC];

    dn_clock_utc(stamp);
    (void)dn_pen_print(&p, DN_PLAIN, "%.19sZ ", stamp);
    (void)dn_pen_write(&p, DN_PLAIN, text);
    dn_pen_end(&p);
    if (p.st != DN_OK)
        DN_FAIL(p.st, "out of memory for a line");
    fputs(p.text, stdout);
    DN_TRY(check_stdout(err));
out:
    dn_free(p.text);
    return st;
}

/* An epoch, a checkpoint or a log line; the rest stands in lines of the whole state. An epoch is told once:
 * its log line and its checkpoint go with it. seen: starts before it. */
static dn_status print_event(const watch *w, const char *topic, int64_t seen, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_watch_state *s = w->state;
    char text[600];

    if (strcmp(topic, DN_TOPIC_EPOCH) == 0 && s->n_epochs > 0) {
        const dn_watch_epoch *e = &s->epochs_done[s->n_epochs - 1];

        snprintf(text, sizeof text, "epoch %lld done: loss %.4f, validation loss %.4f, AUROC %.4f%s",
                 (long long)e->epoch, e->train_loss, e->validation_loss, e->validation_auroc,
                 e->best ? ", the best so far" : "");
        DN_TRY(print_line(w, text, err));
    } else if (strcmp(topic, DN_TOPIC_CHECKPOINT) == 0 && strcmp(s->checkpoint_reason, "epoch") != 0) {
        snprintf(text, sizeof text, "checkpoint %.400s (%s)", s->checkpoint_path, s->checkpoint_reason);
        DN_TRY(print_line(w, text, err));
    } else if (strcmp(topic, DN_TOPIC_LOG) == 0 && s->n_logs > 0) {
        const dn_watch_log *l = &s->logs[s->n_logs - 1];

        snprintf(text, sizeof text, "%s %s: %s", l->level, l->module, l->text);
        if (strncmp(l->text, "epoch done", 10) != 0)
            DN_TRY(print_line(w, text, err));
    } else if (s->seen > seen && s->n_logs > 0 && strcmp(s->logs[s->n_logs - 1].module, "watch") == 0)
        DN_TRY(print_line(w, s->logs[s->n_logs - 1].text, err)); /* it has started again */
out:
    return st;
}

static dn_status on_event(void *ctx, const char *topic, dn_json *event, dn_error *err)
{
    dn_status st = DN_OK;
    watch *w = ctx;
    int64_t seen = w->state->seen;

    if (strcmp(topic, DN_TOPIC_EPOCH) == 0 && dn_watch_knows_epoch(w->state, event))
        goto out;
    if (strcmp(topic, "server") == 0)
        w->started = true;
    DN_TRY(dn_watch_fold(w->state, topic, event, err));
    w->news = true;
    if (w->mode == JSON)
        DN_TRY(print_json(topic, event, err));
    else if (w->mode == LINES && !w->once && w->told)
        DN_TRY(print_event(w, topic, seen, err));
out:
    return st;
}

/* ---- the state as lines ---- */

static dn_status print_state(watch *w, bool changed, dn_error *err)
{
    dn_status st = DN_OK;
    double now = dn_clock_s();
    bool moves = w->state->fate == DN_FATE_RUNNING || w->state->fate == DN_FATE_SILENT;
    char *text = NULL;

    if (!changed && !(moves && now - w->line_at >= LINE_EVERY_S))
        goto out;
    DN_TRY(dn_watch_line(w->state, w->utf8, &text, err));
    DN_TRY(print_line(w, text, err));
    w->line_at = now;
out:
    dn_free(text);
    return st;
}

/* What no event says: {"topic": "watch", "state": "dead", "text": "..."} */
static dn_status print_fate(const watch *w, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *e = dn_json_create();

    dn_json_string(e, "state", dn_fate_name(w->state->fate));
    dn_json_string(e, "text", w->state->fate_text);
    DN_TRY(print_json("watch", e, err));
out:
    dn_json_destroy(&e);
    return st;
}

static dn_status render(const watch *w, int columns, int rows, bool keys, char **out, dn_error *err)
{
    dn_watch_view view = {.columns = columns,
                          .rows = rows,
                          .utf8 = w->utf8,
                          .colour = w->colour,
                          .now = (int64_t)time(NULL),
                          .keys = keys};

    return dn_watch_render(w->state, &view, out, err);
}

/* When there is something new, or the window has another size. */
static dn_status draw(watch *w, dn_error *err)
{
    dn_status st = DN_OK;
    char *lines = NULL;
    int columns, rows;

    dn_terminal_size(&columns, &rows);
    if (!w->news && columns == w->columns && rows == w->rows)
        goto out;
    DN_TRY(render(w, columns, rows, true, &lines, err));
    dn_terminal_show(lines);
    w->news = false;
    w->columns = columns;
    w->rows = rows;
out:
    dn_free(lines);
    return st;
}

/* What stays in the terminal, and what --once prints. */
static dn_status print_picture(const watch *w, dn_error *err)
{
    dn_status st = DN_OK;
    char *lines = NULL;
    int columns = 100, rows = 0;

    if (isatty(STDOUT_FILENO))
        dn_terminal_size(&columns, &rows);
    DN_TRY(render(w, columns, 0, false, &lines, err));
    printf("%s\n", lines);
    DN_TRY(check_stdout(err));
out:
    dn_free(lines);
    return st;
}

/* ---- the connection ---- */

static bool is_live(const watch *w)
{
    return w->client != NULL && dn_clock_s() - w->heard_at < LIVE_S;
}

static void put_off(watch *w)
{
    w->again_s = fmin(w->again_s > 0 ? 2 * w->again_s : AGAIN_S, AGAIN_MOST_S);
    w->again_at = dn_clock_s() + w->again_s;
}

/* What prevents a connection is said beside the job, whose files tell the rest. */
static void no_connection(watch *w, const dn_error *why)
{
    size_t n = strlen(w->files.dir);
    bool named = strncmp(why->text, w->files.dir, n) == 0 && strncmp(why->text + n, ": ", 2) == 0;

    dn_client_close(&w->client);
    snprintf(w->state->no_link, sizeof w->state->no_link, "%s", why->text + (named ? n + 2 : 0));
}

/* To a job that has started, or from one that has ended; anew where nothing comes: a job that speaks does so
 * each second, and a key that was taken away may be given back. Fails: DN_ENOMEM */
static dn_status tend_connection(watch *w, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error why = DN_ERROR_INIT;

    if (w->started) {
        w->again_at = w->again_s = 0;
        w->state->no_link[0] = '\0';
    }
    if (w->started || !w->facts.server)
        dn_client_close(&w->client);
    w->started = false;
    if (is_live(w) || !w->facts.server || w->once || dn_clock_s() < w->again_at)
        goto out;
    dn_client_close(&w->client);
    put_off(w);
    st = dn_client_open(w->files.dir, dn_options_text(w->call->options, "key"), &w->client, &why);
    dn_terminal_listen(); /* the library of the sockets has ideas of its own about signals */
    if (st == DN_ENOMEM)
        DN_FAIL(st, "%s", why.text);
    if (st != DN_OK)
        no_connection(w, &why);
    st = DN_OK;
out:
    return st;
}

/* What has come within ms. */
static dn_status hear(watch *w, int ms, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error why = DN_ERROR_INIT;
    dn_json *event = NULL;
    char *topic = NULL, *text = NULL;

    for (int i = 0; i < MOST_AT_ONCE && w->client != NULL; i++) {
        st = dn_client_next(w->client, i == 0 ? ms : 0, &topic, &text, &why);
        if (st == DN_ENOMEM)
            DN_FAIL(st, "%s", why.text);
        if (st != DN_OK) /* this key is not allowed */
            no_connection(w, &why);
        st = DN_OK;
        if (topic == NULL)
            break;
        if (dn_json_read("event", text, strlen(text), &event, NULL) == DN_OK) {
            w->heard_at = dn_clock_s();
            w->again_s = 0;
            w->state->no_link[0] = '\0';
            DN_TRY(on_event(w, topic, event, err));
        }
        dn_json_destroy(&event);
        dn_free(topic);
        dn_free(text);
        topic = text = NULL;
    }
out:
    dn_json_destroy(&event);
    dn_free(topic);
    dn_free(text);
    return st;
}

/* ---- watching ---- */

/* Nobody asks the queue about a job that speaks. Whether that is all there is to say for now: the queue may
 * still have a word. */
static bool tell_fate(watch *w)
{
    dn_watch_state *s = w->state;
    const char *job = dn_options_text(w->call->options, "job");

    s->fate = dn_fate_tell(s, &w->facts, s->fate_text, sizeof s->fate_text);
    if (s->fate == DN_FATE_RUNNING || s->fate == DN_FATE_FINISHED || s->fate == DN_FATE_FAILED) {
        w->facts.queue[0] = '\0';
        return true;
    }
    dn_queue_look(&w->queue, w->files.dir, job != NULL ? job : s->job, &w->facts);
    s->fate = dn_fate_tell(s, &w->facts, s->fate_text, sizeof s->fate_text);
    return w->queue.decided;
}

static dn_status look(watch *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_watch_sink sink = {.ctx = w, .event = on_event};
    dn_watch_state *s = w->state;
    bool decided, changed;

    DN_TRY(dn_watch_files_look(&w->files, s, is_live(w), (int64_t)time(NULL), &sink, &w->facts, err));
    s->checkpoint_file = w->facts.checkpoint_at;
    DN_TRY(tend_connection(w, err));
    snprintf(s->link, sizeof s->link, "%s", w->once ? "" : is_live(w) ? "live" : "by its files");
    decided = tell_fate(w);
    changed = decided && (!w->told || s->fate != w->fate);
    w->told = w->told || decided;
    w->fate = changed ? s->fate : w->fate;
    if (w->mode == JSON && changed)
        DN_TRY(print_fate(w, err));
    if (w->mode == LINES && !w->once && w->told)
        DN_TRY(print_state(w, changed, err));
    w->news = true; /* times go on */
    if (w->mode == WINDOW)
        DN_TRY(draw(w, err));
out:
    return st;
}

/* Nothing will come any more; a job that was saved, or died, may come back. */
static bool is_over(const watch *w)
{
    return w->told && (w->once || w->state->fate == DN_FATE_FINISHED || w->state->fate == DN_FATE_FAILED ||
                       w->state->fate == DN_FATE_ABSENT);
}

static dn_status run_until_over(watch *w, dn_error *err)
{
    dn_status st = DN_OK;
    double next = 0;

    while (!dn_terminal_leaving()) {
        double now = dn_clock_s();
        int key;

        if (now >= next) {
            DN_TRY(look(w, err));
            next = now + 1e-3 * (w->told ? LOOK_MS : KEY_MS);
            if (is_over(w))
                break;
        }
        if (w->client != NULL)
            DN_TRY(hear(w, KEY_MS, err));
        key = dn_terminal_wait(w->client != NULL ? 0 : (int)fmax(1, 1e3 * (next - now)));
        if (key == 'q' || key == 'Q')
            break;
        if (w->mode == WINDOW)
            DN_TRY(draw(w, err));
    }
out:
    return st;
}

/* Of whoever stayed to the end. */
static dn_status verdict(const watch *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_watch_state *s = w->state;

    if (s->fate == DN_FATE_ABSENT)
        DN_FAIL(w->facts.closed ? DN_ENOPERM : DN_ENOINPUT, "%s", s->fate_text);
    if (s->fate == DN_FATE_FAILED)
        DN_FAIL(s->exit >= 64 && s->exit <= 78 ? (dn_status)s->exit : DN_ESOFTWARE, "%s", s->fate_text);
    if (w->once && s->fate == DN_FATE_SAVED)
        DN_FAIL(DN_ESAVED, "%s", s->fate_text);
    if (w->once && s->fate == DN_FATE_DEAD)
        DN_FAIL(DN_EUNAVAILABLE, "%s", s->fate_text);
out:
    return st;
}

static void open_output(watch *w)
{
    const dn_options *o = w->call->options;
    dn_error ignored = DN_ERROR_INIT;

    w->once = dn_options_flag(o, "once");
    w->utf8 = !dn_options_flag(o, "ascii") && locale_is_utf8();
    w->colour = may_colour();
    w->mode = dn_options_flag(o, "json") ? JSON : LINES;
    dn_terminal_listen();
    if (w->mode != JSON && !w->once && !dn_options_flag(o, "lines") && dn_terminal_open(&ignored) == DN_OK)
        w->mode = WINDOW;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    watch *w = NULL;
    const char *dir = dn_options_positional(call->options, 0);

    if (dir == NULL || dn_options_positionals(call->options) != 1)
        DN_FAIL(DN_EUSAGE, "wanted one run: the directory that its job writes into");
    DN_NEW(w, 1);
    w->call = call;
    DN_TRY(dn_watch_create(dir, &w->state, err));
    DN_TRY(dn_watch_files_open(dir, &w->files, err));
    open_output(w);
    st = run_until_over(w, err);
    dn_terminal_close();
    if (st == DN_OK && w->state->fate != DN_FATE_ABSENT &&
        (w->mode == WINDOW || (w->once && w->mode == LINES)))
        st = print_picture(w, err);
    if (st == DN_OK)
        st = verdict(w, err);
out:
    dn_terminal_ignore();
    if (w != NULL) {
        dn_queue_close(&w->queue);
        dn_client_close(&w->client);
        dn_watch_destroy(&w->state);
        dn_free(w);
    }
    return st;
}

const dn_command dn_cmd_watch = {
    .name = "watch",
    .summary = "how far a job is, live in a terminal",
    .usage = "RUN [options]",
    .details =
        "RUN is the directory that the job writes into (of embed: its output). Shows stages, time left, "
        "curves of\n"
        "loss and metric, ranks and who is slow, checkpoints and log lines; says when the job is queued,\n"
        "finished, saved or dead, and goes on with it when it starts again. q or Ctrl-C leaves; the job is "
        "not\n"
        "disturbed. Piped, or with --lines, it prints lines; with --json events, in the order in which they\n"
        "become known: an epoch of before may come after one that is later.\n"
        "Ends with 0 when the job has finished or you leave, with the job's code when it failed, with 66 "
        "when\n"
        "there is no such run, with 77 when you may not read it. With --once also 75: saved, and 69: dead.",
    .options = watch_options,
    .without_mpi = true,
    .run = run};
