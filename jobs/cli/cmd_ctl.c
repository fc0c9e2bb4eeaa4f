/* cmd_ctl.c - dragnet ctl: ask something of a running job; see jobs/control/PROTOCOL.md */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "jobs/cli/command.h"
#include "jobs/control/client.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"

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
    const char *run, *command, *key, *value;
    bool wait;
    int timeout_ms;
} question;

static dn_status read_question(const dn_options *o, question *out, dn_error *err)
{
    dn_status st = DN_OK;
    question q = {.options = o,
                  .run = dn_options_positional(o, 0),
                  .command = dn_options_positional(o, 1),
                  .key = dn_options_positional(o, 2),
                  .value = dn_options_positional(o, 3),
                  .wait = dn_options_flag(o, "wait")};
    bool set, stop;
    double seconds;

    if (q.run == NULL || q.command == NULL)
        DN_FAIL(DN_EUSAGE, "wanted a run directory and a command: 'dragnet ctl RUN status'");
    set = strcmp(q.command, "set") == 0;
    stop = strcmp(q.command, "stop") == 0;
    if (!set && !stop && strcmp(q.command, "status") != 0 && strcmp(q.command, "checkpoint") != 0)
        DN_FAIL(DN_EUSAGE, "unknown command '%.60s': status, checkpoint, stop, set", q.command);
    if (dn_options_positionals(o) != (set ? 4 : 2))
        DN_FAIL(DN_EUSAGE,
                set ? "wanted 'set checkpoint-every TIME' or 'set log-level LEVEL'"
                    : "'%s' takes no more words",
                q.command);
    if (!stop && (q.wait || dn_options_given(o, "at")))
        DN_FAIL(DN_EUSAGE, "--at and --wait go with stop only");
    seconds = dn_options_given(o, "timeout")                   ? dn_options_number(o, "timeout")
              : q.wait || strcmp(q.command, "checkpoint") == 0 ? 600
                                                               : 10;
    q.timeout_ms = seconds > 1e6 ? 1000000000 : (int)(seconds * 1000);
    *out = q;
out:
    return st;
}

/* The command as JSON, for dn_free(). */
static dn_status make_command(const question *q, char **out, dn_error *err)
{
    dn_status st;
    dn_json *json = dn_json_create();
    struct timespec now;
    char id[60];

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(id, sizeof id, "ctl-%ld-%lld.%09ld", (long)getpid(), (long long)now.tv_sec, now.tv_nsec);
    dn_json_int(json, "protocol", 1);
    dn_json_string(json, "id", id);
    dn_json_string(json, "command", q->command);
    if (strcmp(q->command, "stop") == 0)
        dn_json_string(json, "at", dn_options_text(q->options, "at"));
    if (q->key != NULL) {
        dn_json_string(json, "key", q->key);
        dn_json_string(json, "value", q->value);
    }
    st = dn_json_text(json, 0, out, err);
    dn_json_destroy(&json);
    return st;
}

/* ---- the answer, as lines of a name, a tab and a value ---- */

static void print_value(const char *prefix, const char *key, const dn_json *v)
{
    char name[160];
    void *it = NULL;
    const char *inner_key;
    const dn_json *inner;

    snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] != '\0' && key[0] != '\0' ? "." : "", key);
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
        printf("%s\t%s\n", name, dn_json_to_string(v));
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

/* By its last event, or by what it leaves on disk when that does not come through. before: when it started.
 */
static dn_status wait_for_end(const question *q, dn_client *client, const char *before, dn_error *err)
{
    dn_status st = DN_OK;
    time_t until = time(NULL) + q->timeout_ms / 1000;
    dn_run_state now = {.exit_code = -1};
    char *topic = NULL, *json = NULL;

    for (bool ended = false; !ended;) {
        dn_free(topic);
        dn_free(json);
        DN_TRY(dn_client_next(client, 250, &topic, &json, err));
        DN_TRY(dn_client_look(q->run, &now, err));
        ended = now.exit_code >= 0 || now.process_gone || strcmp(now.started, before) != 0;
        if (!ended && time(NULL) > until)
            DN_FAIL(DN_ESAVED, "%s: the job has noted it, but goes on after %d s", q->run,
                    q->timeout_ms / 1000);
    }
    if (now.process_gone)
        DN_FAIL(DN_EUNAVAILABLE, "%s: the job died", q->run);
    if (!dn_options_flag(q->options, "json"))
        printf("state\t%s\nexit\t%d\n", now.state, now.exit_code);
    else
        printf("{\"state\":\"%s\",\"exit\":%d}\n", now.state, now.exit_code);
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
    if (st == DN_EUNAVAILABLE && pending) {
        st = err->code = DN_ESAVED; /* taken, so asking again later is the thing to do */
        goto out;
    }
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

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    question q;

    DN_TRY(read_question(call->options, &q, err));
    if (call->comm->rank == 0)
        DN_TRY(ask(&q, err));
out:
    return st;
}

const dn_command dn_cmd_ctl = {
    .name = "ctl",
    .summary = "ask a running job: status, checkpoint, stop, set",
    .usage = "RUN status [--json]\nRUN checkpoint\nRUN stop [--at step|epoch] [--wait]\n"
             "RUN set checkpoint-every TIME\nRUN set log-level debug|info|warn|error",
    .details =
        "RUN is the directory of the run (train -o RUN). The answer goes to stdout, a name and a value on a "
        "line.\n"
        "checkpoint comes back when it is written; stop when it is noted, with --wait when the job has "
        "ended. A\n"
        "stopped job leaves a checkpoint and exit code 75, as at SIGTERM; the same command goes on from "
        "there.\n"
        "\n"
        "The key is RUN/control/client.secret, so who may read that may steer. A colleague's public key, "
        "as a\n"
        "file RUN/control/allowed/NAME.pub with one line, lets in, too; removing the file takes that back "
        "at once.\n"
        "\n"
        "Exit codes: 0 done; 65 the job refuses the command; 66 no such run; 69 no job runs there, or it "
        "does not\n"
        "answer; 75 it has taken the command, but was not done with it in time; 77 it does not allow this "
        "key.",
    .options = options,
    .run = run};
