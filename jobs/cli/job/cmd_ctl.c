/* cmd_ctl.c - dragnet ctl: ask something of a running job; see jobs/control/PROTOCOL.md */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "jobs/cli/command.h"
#include "jobs/control/client.h"
#include "jobs/control/keys.h"
#include "jobs/control/protocol.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/base/log.h"
#include "solvers/base/text.h"

static const dn_opt options[] = {
    {"at", 0, DN_OPT_TEXT, "step", "step|epoch", "stop: after the step under way, or when its epoch is done",
     "command"},
    {"wait", 'w', DN_OPT_FLAG, NULL, NULL, "stop: until the job has ended; says how", "command"},
    {"timeout", 't', DN_OPT_TIME, NULL, "TIME", "wait at most so long [10s; checkpoint and --wait 10m]",
     "command"},
    {"json", 0, DN_OPT_FLAG, NULL, NULL, "print the answer as it came", "command"},
    {"key", 0, DN_OPT_TEXT, NULL, "FILE", "another key than RUN/control/client.secret", "command"},
    {0}};

typedef struct question {
    const dn_options *options;
    const char *command, *key, *value; /* words of the command line, in order, after the run */
    char run[DN_CONTROL_PATH];         /* where it has its files */
    bool wait;
    int timeout_ms;
} question;

/* The commands: how many words each takes, and which. */
typedef struct row {
    const char *name;
    int words;
    const char *wanted;
    bool local; /* done in the files of the run, whether a job runs there or not */
} row;

static const row rows[] = {
    {"status", 2, "'status' takes no more words", false},
    {"checkpoint", 2, "'checkpoint' takes no more words", false},
    {"stop", 2, "'stop' takes no more words", false},
    {"set", 4, "wanted 'set checkpoint-every TIME' or 'set log-level LEVEL'", false},
    {"allow", 4, "wanted 'allow NAME KEY', KEY a file that 'dragnet key' has written, or its line", true},
    {"revoke", 3, "wanted 'revoke NAME', as 'keys' lists it", true},
    {"keys", 2, "'keys' takes no more words", true}};

static const row *find_row(const char *command)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(command, rows[i].name) == 0)
            return &rows[i];
    return NULL;
}

static dn_status read_question(const dn_options *o, question *out, dn_error *err)
{
    dn_status st = DN_OK;
    question q = {.options = o,
                  .command = dn_options_positional(o, 1),
                  .key = dn_options_positional(o, 2),
                  .value = dn_options_positional(o, 3),
                  .wait = dn_options_flag(o, "wait")};
    const row *r = q.command != NULL ? find_row(q.command) : NULL;
    const char *named = dn_options_positional(o, 0);
    bool stop = r != NULL && strcmp(r->name, "stop") == 0;
    double seconds;

    if (named == NULL || q.command == NULL)
        DN_FAIL(DN_EUSAGE, "wanted a run directory and a command: 'dragnet ctl RUN status'");
    if (r == NULL)
        DN_FAIL(DN_EUSAGE, "unknown command '%.60s': status, checkpoint, stop, set, allow, revoke, keys",
                q.command);
    if (dn_options_positionals(o) != r->words)
        DN_FAIL(DN_EUSAGE, "%s", r->wanted);
    if (!stop && (q.wait || dn_options_given(o, "at")))
        DN_FAIL(DN_EUSAGE, "--at and --wait go with stop only");
    seconds = dn_options_given(o, "timeout")                   ? dn_options_number(o, "timeout")
              : q.wait || strcmp(q.command, "checkpoint") == 0 ? 600
                                                               : 10;
    q.timeout_ms = seconds > 1e6 ? 1000000000 : (int)(seconds * 1000);
    DN_TRY(dn_control_find_run(named, q.run, err));
    *out = q;
out:
    return st;
}

/* The command as JSON, for dn_free(). */
static dn_status make_command(const question *q, char **out, dn_error *err)
{
    dn_json *json = dn_json_create();
    struct timespec now;
    char id[60];

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(id, sizeof id, "ctl-%ld-%lld.%09ld", (long)getpid(), (long long)now.tv_sec, now.tv_nsec);
    dn_json_int(json, "protocol", DN_PROTOCOL);
    dn_json_string(json, "id", id);
    dn_json_string(json, "command", q->command);
    if (strcmp(q->command, "stop") == 0)
        dn_json_string(json, "at", dn_options_text(q->options, "at"));
    if (q->key != NULL) {
        dn_json_string(json, "key", q->key);
        dn_json_string(json, "value", q->value);
    }
    return dn_json_end(&json, 0, out, err);
}

/* ---- the answer, as lines of a name, a tab and a value ---- */

/* A text of the job, which may hold anything: a tab, or what a terminal obeys. */
static void print_text(const char *name, const char *text)
{
    char *seen = dn_calloc(strlen(text) + 1, 1);

    if (seen != NULL)
        (void)dn_text_printable(text, seen, strlen(text) + 1);
    printf("%s\t%s\n", name, seen != NULL ? seen : "");
    dn_free(seen);
}

static void print_value(const char *prefix, const char *key, const dn_json *v)
{
    char name[160], whole[160];
    void *it = NULL;
    const char *inner_key;
    const dn_json *inner;

    snprintf(whole, sizeof whole, "%s%s%s", prefix, prefix[0] != '\0' && key[0] != '\0' ? "." : "", key);
    (void)dn_text_printable(whole, name, sizeof name);
    switch (dn_json_kind_of(v)) {
    case DN_JSON_OBJECT:
        while (dn_json_next(v, &it, &inner_key, &inner))
            print_value(name, inner_key, inner);
        break;
    case DN_JSON_ARRAY:
        for (int64_t i = 0; i < dn_json_count(v); i++) {
            char at[32];
            snprintf(at, sizeof at, "%lld", (long long)i);
            print_value(name, at, dn_json_element(v, i));
        }
        break;
    case DN_JSON_STRING:
        print_text(name, dn_json_to_string(v));
        break;
    case DN_JSON_INT:
        printf("%s\t%lld\n", name, (long long)dn_json_to_int(v));
        break;
    case DN_JSON_NUMBER:
        printf("%s\t%.6g\n", name, dn_json_to_number(v));
        break;
    case DN_JSON_BOOL:
        printf("%s\t%s\n", name, dn_json_to_bool(v) ? "true" : "false");
        break;
    default:
        break;
    }
}

static dn_status print_answer(const question *q, const char *text, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *json = NULL;
    const char *why;

    DN_TRY(dn_json_read("answer", text, strlen(text), &json, err));
    if (dn_options_flag(q->options, "json"))
        printf("%s\n", text);
    if (!dn_json_to_bool(dn_json_get(json, "ok"))) {
        why = dn_json_to_string(dn_json_get(json, "error"));
        DN_FAIL(DN_EDATA, "%s: %.200s", q->run, why != NULL ? why : "refused");
    }
    if (!dn_options_flag(q->options, "json")) {
        printf("name\tvalue\n");
        print_value("", "", dn_json_get(json, "result"));
    }
out:
    dn_json_destroy(&json);
    return st;
}

/* ---- stop --wait ---- */

typedef struct ending {
    bool known;
    int exit_code;
    char text[400];
} ending;

/* The last event, if this is it. */
static dn_status take_end(const char *topic, const char *json, ending *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *e = NULL;
    const char *text;

    if (topic == NULL || strcmp(topic, DN_TOPIC_END) != 0)
        goto out;
    DN_TRY(dn_json_read("the last event", json, strlen(json), &e, err));
    text = dn_json_to_string(dn_json_get(e, "text"));
    out->exit_code = (int)dn_json_to_int(dn_json_get(e, "exit"));
    snprintf(out->text, sizeof out->text, "%s", text != NULL ? text : "");
    out->known = dn_json_kind_of(dn_json_get(e, "exit")) == DN_JSON_INT;
out:
    dn_json_destroy(&e);
    return st;
}

/* What the job has left on disk, for when the event does not come through: the status of this very start. */
static bool take_file(const question *q, const char *started, ending *out)
{
    dn_run_state now;
    dn_error ignored = DN_ERROR_INIT;

    if (dn_client_look(q->run, &now, &ignored) != DN_OK || now.exit_code < 0 ||
        strcmp(now.serving ? now.started : started, started) != 0)
        return false;
    out->known = true;
    out->exit_code = now.exit_code;
    return true;
}

static dn_status print_end(const question *q, const ending *e, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *json = dn_json_create();
    char *text = NULL;

    dn_json_string(json, "state", dn_protocol_state(e->exit_code));
    dn_json_int(json, "exit", e->exit_code);
    if (e->text[0] != '\0')
        dn_json_string(json, "text", e->text);
    DN_TRY(dn_json_text(json, 0, &text, err));
    if (dn_options_flag(q->options, "json"))
        printf("%s\n", text);
    else
        print_value("", "", json);
out:
    dn_free(text);
    dn_json_destroy(&json);
    return st;
}

/* By its last event; by its files when a job that is gone has not sent one. started: which start it is. */
static dn_status wait_for_end(const question *q, dn_client *client, const char *started, dn_error *err)
{
    dn_status st = DN_OK;
    double until = dn_clock_s() + 1e-3 * q->timeout_ms, look_at = 0;
    ending e = {.known = false};
    dn_error gone = DN_ERROR_INIT;
    char *topic = NULL, *json = NULL;

    while (!e.known) {
        dn_free(topic);
        dn_free(json);
        DN_TRY(dn_client_next(client, 250, &topic, &json, err));
        DN_TRY(take_end(topic, json, &e, err));
        if (e.known || topic != NULL || dn_clock_s() < look_at)
            continue;
        if (gone.code != DN_OK && !take_file(q, started, &e)) /* and a second later no event has come */
            DN_FAIL(gone.code, "%s", gone.text);
        gone = (dn_error)DN_ERROR_INIT;
        (void)!dn_client_check(client, &gone);
        look_at = dn_clock_s() + 1;
        if (gone.code == DN_OK && dn_clock_s() > until)
            DN_FAIL(DN_ESAVED, "%s: the job has noted it, but goes on after %d s", q->run,
                    q->timeout_ms / 1000);
    }
    DN_TRY(print_end(q, &e, err));
out:
    dn_free(topic);
    dn_free(json);
    return st;
}

static dn_status ask(const question *q, dn_error *err)
{
    dn_status st = DN_OK;
    dn_client *client = NULL;
    dn_run_state before;
    char *command = NULL, *answer = NULL;
    bool pending = false;

    DN_TRY(dn_client_look(q->run, &before, err));
    DN_TRY(dn_client_open(q->run, dn_options_text(q->options, "key"), &client, err));
    DN_TRY(make_command(q, &command, err));
    st = dn_client_ask(client, command, q->timeout_ms, &answer, &pending, err);
    if (st == DN_EUNAVAILABLE && pending && dn_client_check(client, NULL) == DN_OK)
        st = err->code = DN_ESAVED; /* taken, so asking again later is the thing to do */
    if (st != DN_OK)
        goto out;
    DN_TRY(print_answer(q, answer, err));
    if (q->wait)
        DN_TRY(wait_for_end(q, client, before.started, err));
out:
    dn_client_close(&client);
    dn_free(command);
    dn_free(answer);
    return st;
}

/* ---- who may connect ---- */

static dn_status print_keys(const question *q, dn_error *err)
{
    dn_status st = DN_OK;
    dn_allow_list list;

    DN_TRY(dn_control_keys_list(q->run, &list, err));
    printf("name\tkey\n");
    for (int i = 0; i < list.n; i++)
        printf("%s\t%s\n", list.row[i].name, list.row[i].key);
out:
    return st;
}

static dn_status allow(const question *q, dn_error *err)
{
    dn_status st = DN_OK;
    char key[DN_CONTROL_KEY] = "";
    bool closed = false;

    DN_TRY(dn_control_key_read(q->value, key, err));
    DN_TRY(dn_control_allow(q->run, q->key, key, &closed, err));
    if (closed)
        dn_log(DN_WARN, "ctl", "others cannot read the run directory, so they do not find the job",
               "directory=\"%s\" then=\"chmod g+rx, or setfacl -m u:NAME:rx\"", q->run);
out:
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    question q = {.wait = false};

    DN_TRY(read_question(call->options, &q, err));
    if (!find_row(q.command)->local)
        DN_TRY(ask(&q, err));
    else if (strcmp(q.command, "allow") == 0)
        DN_TRY(allow(&q, err));
    else if (strcmp(q.command, "revoke") == 0)
        DN_TRY(dn_control_revoke(q.run, q.key, err));
    else
        DN_TRY(print_keys(&q, err));
out:
    return st;
}

const dn_command dn_cmd_ctl = {
    .name = "ctl",
    .summary = "ask a running job: status, checkpoint, stop, set; who may",
    .usage = "RUN status [--json]\nRUN checkpoint\nRUN stop [--at step|epoch] [--wait]\n"
             "RUN set checkpoint-every TIME\nRUN set log-level debug|info|warn|error\n"
             "RUN allow NAME KEY\nRUN revoke NAME\nRUN keys",
    .details =
        "RUN is the directory of the run (train -o RUN), or the output of embed. The answer goes to stdout, "
        "a name and\n"
        "a value on a line.\n"
        "checkpoint comes back when it is written; stop when it is noted, with --wait when the job has "
        "ended. A\n"
        "stopped job leaves a checkpoint and exit code 75, as at SIGTERM; the same command goes on from "
        "there.\n"
        "\n"
        "The key is RUN/control/client.secret, so who may read that may steer. A colleague makes a pair with "
        "'dragnet\n"
        "key' and hands you the public file: 'allow' lets it in, 'revoke' takes it away, within a second. "
        "Besides, the\n"
        "colleague must be able to read RUN, which dragnet makes for you alone (chmod g+rx RUN).\n"
        "\n"
        "Exit codes: 0 done; 65 the job refuses the command; 66 no such run; 69 no job runs there, or it "
        "does not\n"
        "answer; 75 it has taken the command, but was not done with it in time; 77 it does not allow this "
        "key, or you\n"
        "may not read the run.",
    .options = options,
    .without_mpi = true,
    .run = run};
