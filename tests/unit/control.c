/* control.c - tests of jobs/control: what is handed over comes out, commands become wishes, files are closed
 * to others, a listener that stands still disturbs nobody
 */
#include "tests/support/control.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "tests/support/child.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

static const char *program; /* this one, to be started as a listener */

static void files_are_closed_to_others(void)
{
    test_control t;
    dn_run_state state;
    mode_t before = umask(0);

    CU_ASSERT_EQUAL(dn_client_look(test_path("nowhere"), &state, NULL), DN_ENOINPUT);
    if (test_control_begin(&t, "files")) {
        CU_ASSERT_EQUAL(test_mode(test_control_path(&t, "")), 0700);
        CU_ASSERT_EQUAL(test_mode(test_control_path(&t, "allowed")), 0700);
        CU_ASSERT_EQUAL(test_mode(test_control_path(&t, "server.json")), 0600);
        CU_ASSERT_EQUAL(test_mode(test_control_path(&t, "client.secret")), 0600);
        CU_ASSERT_EQUAL(test_mode(test_control_path(&t, "allowed/client.pub")), 0600);
        CU_ASSERT_EQUAL(dn_client_look(t.dir, &state, NULL), DN_OK);
        CU_ASSERT(state.serving && !state.process_gone && state.pid == (long)getpid());
    }
    test_control_end(&t, 75);
    CU_ASSERT_EQUAL(test_mode(test_control_path(&t, "heartbeat.json")), 0600);
    CU_ASSERT_EQUAL(test_mode(test_control_path(&t, "server.json")), -1);
    CU_ASSERT_EQUAL(test_mode(test_control_path(&t, "client.secret")), -1);
    CU_ASSERT_EQUAL(dn_client_look(t.dir, &state, NULL), DN_OK);
    CU_ASSERT(!state.serving && strcmp(state.state, "saved") == 0 && state.exit_code == 75);
    umask(before);
}

static void folders_of_others_are_refused(void)
{
    static const char *const bad[] = {"0.0.0.0",
                                      "::",
                                      "0",
                                      "0.0",
                                      "0x0",
                                      "00",
                                      "::0",
                                      "0::0",
                                      "0:0:0:0:0:0:0:0",
                                      "::ffff:0.0.0.0",
                                      "::0.0.0.0",
                                      "lo;reboot",
                                      "no-such-interface",
                                      ""};
    char dir[600], link[700];
    dn_requests requests = {0};
    dn_control *c = NULL;
    dn_error err = DN_ERROR_INIT;
    dn_control_options o = {.run_dir = dir, .stage = "s", .ranks = 1, .requests = &requests};

    snprintf(dir, sizeof dir, "%s", test_path("link"));
    (void)mkdir(dir, 0700);
    snprintf(link, sizeof link, "%s/control", dir);
    CU_ASSERT_EQUAL(symlink("/tmp", link), 0);
    CU_ASSERT_EQUAL(dn_control_open(&o, &c, &err), DN_ECANTCREAT);
    CU_ASSERT(c == NULL && strstr(err.text, "is not a folder of this user") != NULL);
    (void)unlink(link);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        o.opt_interface = bad[i];
        CU_ASSERT_EQUAL(dn_control_open(&o, &c, NULL), DN_EUNAVAILABLE);
        CU_ASSERT_EQUAL(test_mode(test_path("link/control/server.json")), -1);
    }
    o.opt_interface = "lo";
    CU_ASSERT_EQUAL(dn_control_open(&o, &c, NULL), DN_OK);
    dn_control_close(&c, 0, "");
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The next event of a topic within 20 s, for dn_json_destroy(). */
static dn_json *event_of(dn_client *client, const char *wanted)
{
    dn_json *json = NULL;

    for (int i = 0; i < 2000 && json == NULL; i++) {
        char *topic = NULL, *text = NULL;
        CU_ASSERT_EQUAL(dn_client_next(client, 10, &topic, &text, NULL), DN_OK);
        if (topic != NULL && strcmp(topic, wanted) == 0)
            CU_ASSERT_EQUAL(dn_json_read(topic, text, strlen(text), &json, NULL), DN_OK);
        dn_free(topic);
        dn_free(text);
    }
    CU_ASSERT_PTR_NOT_NULL(json);
    return json;
}

static bool says(const dn_json *json, const char *key, const char *text)
{
    const char *got = dn_json_to_string(dn_json_get(json, key));

    return got != NULL && strcmp(got, text) == 0;
}

static void what_is_handed_over_comes_out(void)
{
    test_control t;
    dn_client *client = NULL;
    dn_status_report r = dn_status_report_none();
    dn_json *e;
    int64_t seq = 0;

    if (!test_control_begin(&t, "events"))
        return;
    r.epoch = 3;
    r.loss = 0.25;
    r.metrics = 1;
    strcpy(r.metric[0].name, "auroc");
    r.metric[0].value = 0.875;
    dn_control_status(t.c, &r);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &client, NULL), DN_OK);
    e = event_of(client, "d1.status"); /* now it is subscribed */
    CU_ASSERT_EQUAL(dn_json_to_int(dn_json_get(e, "protocol")), 1);
    CU_ASSERT_EQUAL(dn_json_to_int(dn_json_get(e, "epoch")), 3);
    CU_ASSERT_EQUAL(dn_json_to_number(dn_json_get(e, "loss")), 0.25);
    CU_ASSERT_EQUAL(dn_json_to_number(dn_json_get(dn_json_get(e, "metrics"), "auroc")), 0.875);
    CU_ASSERT(says(e, "state", "running") && says(e, "stage", "train test"));
    CU_ASSERT(dn_json_get(e, "eta_s") == NULL && dn_json_get(e, "step") == NULL);
    seq = dn_json_to_int(dn_json_get(e, "seq"));
    dn_json_destroy(&e);
    dn_control_event(t.c, "d1.epoch", "{\"epoch\": 3, \"best\": true}");
    dn_control_log(t.c, DN_WARN, "here", "a \"word\"\tand\x01 more");
    e = event_of(client, "d1.epoch");
    CU_ASSERT(dn_json_to_bool(dn_json_get(e, "best")) && dn_json_to_int(dn_json_get(e, "seq")) > seq);
    dn_json_destroy(&e);
    e = event_of(client, "d1.log");
    CU_ASSERT(says(e, "level", "warn") && says(e, "module", "here") &&
              says(e, "text", "a \"word\"\tand\x01 more"));
    dn_json_destroy(&e);
    dn_control_close(&t.c, 3, "it broke");
    e = event_of(client, "d1.end");
    CU_ASSERT(dn_json_to_int(dn_json_get(e, "exit")) == 3 && says(e, "text", "it broke"));
    dn_json_destroy(&e);
    dn_client_close(&client);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- commands ---- */

/* Ask; the answer for dn_json_destroy(). */
static dn_json *ask(dn_client *client, const char *command, bool *pending)
{
    char text[300], *answer = NULL;
    dn_json *json = NULL;

    snprintf(text, sizeof text, "{\"protocol\":1,\"id\":\"x\",\"new\":[1],%s}", command);
    CU_ASSERT_EQUAL(dn_client_ask(client, text, 20000, &answer, pending, NULL), DN_OK);
    if (answer != NULL)
        CU_ASSERT_EQUAL(dn_json_read("answer", answer, strlen(answer), &json, NULL), DN_OK);
    dn_free(answer);
    return json;
}

static bool asked(dn_client *client, const char *command, const char *why)
{
    dn_json *a = ask(client, command, NULL);
    bool ok = dn_json_to_bool(dn_json_get(a, "ok")), right;
    const char *error = dn_json_to_string(dn_json_get(a, "error"));

    right = why == NULL ? ok : !ok && error != NULL && strstr(error, why) != NULL;
    if (!right)
        fprintf(stderr, "# %s: %s\n", command, error != NULL ? error : "no answer");
    dn_json_destroy(&a);
    return right;
}

/* A job that writes a checkpoint when it is asked to. */
static void *obey(void *control)
{
    test_control *t = control;

    for (int i = 0; i < 20000 && dn_request_look(&test_comm, &t->requests) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    dn_request_saved(&t->requests);
    dn_control_checkpoint(t->c, "here.h5", 0.5, "a command");
    return NULL;
}

static void commands_become_wishes(void)
{
    test_control t;
    dn_client *client = NULL;
    pthread_t job;
    bool pending = false;
    dn_json *a;

    if (!test_control_begin(&t, "commands"))
        return;
    CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &client, NULL), DN_OK);
    CU_ASSERT(asked(client, "\"command\":\"status\"", NULL));
    CU_ASSERT_EQUAL(dn_request_look(&test_comm, &t.requests), 0);
    CU_ASSERT_EQUAL(pthread_create(&job, NULL, obey, &t), 0);
    a = ask(client, "\"command\":\"checkpoint\"", &pending);
    CU_ASSERT(pending && says(dn_json_get(a, "result"), "path", "here.h5"));
    dn_json_destroy(&a);
    pthread_join(job, NULL);
    CU_ASSERT_EQUAL(dn_request_look(&test_comm, &t.requests), 0);
    CU_ASSERT(asked(client, "\"command\":\"set\",\"key\":\"checkpoint-every\",\"value\":\"1h30m\"", NULL));
    CU_ASSERT_EQUAL((double)t.requests.every, 5400);
    CU_ASSERT(asked(client, "\"command\":\"set\",\"key\":\"checkpoint-every\",\"value\":\"soon\"", "soon"));
    CU_ASSERT(asked(client, "\"command\":\"set\",\"key\":\"rate\",\"value\":\"1\"", "'rate' cannot be set"));
    CU_ASSERT(asked(client, "\"command\":\"set\",\"key\":\"log-level\",\"value\":\"loud\"", "loud"));
    CU_ASSERT(asked(client, "\"command\":\"set\",\"key\":\"log-level\",\"value\":\"info\"", NULL));
    CU_ASSERT(asked(client, "\"command\":\"dance\"", "'dance' is not known"));
    CU_ASSERT(asked(client, "\"command\":\"stop\",\"at\":\"once\"", "step or epoch"));
    CU_ASSERT(t.requests.control == 0 && t.requests.at_epoch == 0);
    CU_ASSERT(asked(client, "\"command\":\"stop\",\"at\":\"epoch\"", NULL));
    CU_ASSERT_EQUAL(dn_request_look(&test_comm, &t.requests), 0);
    CU_ASSERT(dn_request_end_epoch(&test_comm, &t.requests));
    t.requests.control = 0;
    CU_ASSERT(asked(client, "\"command\":\"stop\"", NULL));
    CU_ASSERT_EQUAL(dn_request_look(&test_comm, &t.requests), DN_WISH_STOP_CONTROL);
    dn_client_close(&client);
    test_control_end(&t, 75);
}

/* An end without the checkpoint is an answer, too. */
static void *end_soon(void *control)
{
    test_control *t = control;

    for (int i = 0; i < 20000 && dn_request_look(&test_comm, &t->requests) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    dn_control_close(&t->c, 0, "");
    return NULL;
}

static void an_end_answers_who_waits(void)
{
    test_control t;
    dn_client *client = NULL;
    pthread_t job;

    if (!test_control_begin(&t, "waiting"))
        return;
    CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &client, NULL), DN_OK);
    CU_ASSERT_EQUAL(pthread_create(&job, NULL, end_soon, &t), 0);
    CU_ASSERT(asked(client, "\"command\":\"checkpoint\"", "has ended"));
    pthread_join(job, NULL);
    dn_client_close(&client);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- a listener that stands still ---- */

static int listen_for_ever(const char *dir)
{
    dn_client *client = NULL;
    bool told = false;

    if (dn_client_open(dir, NULL, &client, NULL) != DN_OK)
        return 1;
    for (;;) {
        char *topic = NULL, *json = NULL;
        if (dn_client_next(client, 1000, &topic, &json, NULL) != DN_OK)
            return 1;
        if (topic != NULL && !told)
            told = test_child_ready();
        dn_free(topic);
        dn_free(json);
    }
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void a_stopped_listener_disturbs_nobody(void)
{
    enum { EVENTS = 20000 };
    test_control t;
    dn_client *other = NULL;
    char text[1200];
    dn_status_report r = dn_status_report_none();
    double begin, took;
    pid_t pid;

    if (!test_control_begin(&t, "stopped"))
        return;
    pid = test_child_start(program, "listen", t.dir);
    if (pid > 0) /* -1 would be everybody */
        kill(pid, SIGSTOP);
    snprintf(text, sizeof text, "{\"pad\":\"%01000d\"}", 0);
    begin = seconds_now();
    for (int i = 0; i < EVENTS; i++) {
        dn_control_event(t.c, "d1.epoch", text); /* 20 MB: far more than any queue on the way */
        dn_control_status(t.c, &r);
    }
    took = seconds_now() - begin;
    CU_ASSERT(took < 20); /* a wait of milliseconds for each would be a minute */
    CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &other, NULL), DN_OK);
    CU_ASSERT(asked(other, "\"command\":\"status\"", NULL));
    dn_client_close(&other);
    begin = seconds_now();
    test_control_end(&t, 0);
    CU_ASSERT(seconds_now() - begin < 20); /* nor does the end wait */
    test_child_kill(pid);
}

static void memory_may_be_refused(void)
{
    char dir[600];
    dn_requests requests = {0};
    dn_control_options o = {.run_dir = dir, .stage = "s", .ranks = 1, .requests = &requests};
    dn_status st = DN_ENOMEM;

    snprintf(dir, sizeof dir, "%s", test_path("memory"));
    (void)mkdir(dir, 0700);
    for (long k = 0; st != DN_OK && k < 200; k++) {
        dn_control *c = NULL;
        dn_error err = DN_ERROR_INIT;

        dn_alloc_fail_after(k);
        st = dn_control_open(&o, &c, &err);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        if (st != DN_OK && st != DN_ENOMEM)
            fprintf(stderr, "# %s\n", err.text);
        dn_control_log(c, DN_INFO, "m", "text");
        dn_control_event(c, "d1.epoch", "{}");
        dn_control_close(&c, 0, "");
        dn_alloc_fail_after(-1);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"files are closed to others", files_are_closed_to_others},
                                {"folders and interfaces that are refused", folders_of_others_are_refused},
                                {"what is handed over comes out", what_is_handed_over_comes_out},
                                {"commands become wishes", commands_become_wishes},
                                {"an end answers who waits", an_end_answers_who_waits},
                                {"a stopped listener disturbs nobody", a_stopped_listener_disturbs_nobody},
                                {"memory may be refused", memory_may_be_refused},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc == 3 && strcmp(argv[1], "listen") == 0)
        return listen_for_ever(argv[2]);
    return test_main(argc, argv, "control", tests);
}
