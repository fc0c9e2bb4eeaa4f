/* control_client.c - tests of jobs/control/client against jobs that die, end, listen again, or speak
 * otherwise
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/base/log.h"
#include "tests/support/child.h"
#include "tests/support/control.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

static const char *program; /* this one, to be started as a job */
static const char status[] = "{\"protocol\":1,\"id\":\"s\",\"command\":\"status\"}";
static const char checkpoint[] = "{\"protocol\":1,\"id\":\"c\",\"command\":\"checkpoint\"}";

static int warnings;

static void count_warnings(void *ctx, dn_log_level level, const char *area, const char *event,
                           const char *fields)
{
    (void)ctx;
    (void)area;
    (void)fields;
    warnings += level == DN_WARN && strstr(event, "others may read this key") != NULL;
}

/* server.json of a running control with one word replaced. */
static void change_server(const test_control *t, const char *from, const char *to)
{
    char text[2048] = "", whole[2300], *at;
    FILE *f = fopen(test_control_path(t, "server.json"), "r");

    CU_ASSERT(f != NULL && fread(text, 1, sizeof text - 1, f) > 0);
    if (f != NULL)
        fclose(f);
    at = strstr(text, from);
    CU_ASSERT_PTR_NOT_NULL(at);
    if (at == NULL)
        return;
    snprintf(whole, sizeof whole, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    test_put(test_control_path(t, "server.json"), whole, 0600);
}

/* The address of commands as it stands there, with its quotes. */
static void commands_of(const test_control *t, char *out, size_t cap)
{
    dn_json *server = test_control_server(t);

    snprintf(out, cap, "\"%s\"", dn_json_to_string(dn_json_get(server, "commands")));
    dn_json_destroy(&server);
}

/* A number that no process has. */
static long gone_pid(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    return (long)pid;
}

/* ---- a job that does nothing but serve, and dies of the first wish for a checkpoint ---- */

static int serve(const char *dir)
{
    dn_requests requests = {0};
    dn_control *c = NULL;
    dn_control_options o = {.run_dir = dir, .stage = "s", .ranks = 1, .requests = &requests};

    dn_request_start(&requests);
    if (dn_control_open(&o, &c, NULL) != DN_OK)
        return 1;
    if (!test_child_ready())
        return 1;
    while (requests.checkpoint == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL); /* for the answer on its way */
    kill(getpid(), SIGKILL);
    return 1;
}

static void *bury(void *pid)
{
    waitpid(*(pid_t *)pid, NULL, 0);
    return NULL;
}

/* Who waits ten minutes for a checkpoint is told within seconds that nobody will write it. */
static void a_job_that_dies(void)
{
    char dir[600], *answer = NULL;
    dn_client *client = NULL;
    dn_error err = DN_ERROR_INIT;
    pthread_t killer;
    bool pending = false;
    double begin;
    pid_t pid;

    snprintf(dir, sizeof dir, "%s", test_path("dies"));
    CU_ASSERT_EQUAL(mkdir(dir, 0700), 0);
    pid = test_child_start(program, "serve", dir);
    CU_ASSERT_EQUAL(dn_client_open(dir, NULL, &client, NULL), DN_OK);
    CU_ASSERT_EQUAL(pthread_create(&killer, NULL, bury, &pid), 0);
    begin = dn_clock_s();
    if (client != NULL)
        CU_ASSERT_EQUAL(dn_client_ask(client, checkpoint, 600000, &answer, &pending, &err), DN_EUNAVAILABLE);
    CU_ASSERT(pending && dn_clock_s() - begin < 40 && strstr(err.text, "died at about") != NULL);
    pthread_join(killer, NULL);
    dn_client_close(&client);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A number that means nothing here is no reason not to ask: the process may be in another container. */
static void a_process_that_is_not_seen(void)
{
    test_control t;
    dn_client *client = NULL;
    dn_run_state state;
    char from[40], to[40], *answer = NULL;

    if (!test_control_begin(&t, "container"))
        return;
    snprintf(from, sizeof from, "\"pid\": %ld", (long)getpid());
    snprintf(to, sizeof to, "\"pid\": %ld", gone_pid());
    change_server(&t, from, to);
    CU_ASSERT(dn_client_look(t.dir, &state, NULL) == DN_OK && state.process_gone);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &client, NULL), DN_OK);
    if (client != NULL) {
        CU_ASSERT_EQUAL(dn_client_ask(client, status, 20000, &answer, NULL, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_client_check(client, NULL), DN_OK); /* it is connected */
    }
    dn_free(answer);
    dn_client_close(&client);
    test_control_end(&t, 0);
}

/* ---- connections that are cut ---- */

typedef struct cut {
    test_control *t;
    char friend[600]; /* the certificate of a key that is taken away */
} cut;

/* All are cut while somebody waits; the checkpoint comes when the connection is back. */
static void *cut_then_save(void *of)
{
    cut *c = of;

    for (int i = 0; i < 20000 && c->t->requests.checkpoint == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    (void)unlink(test_control_path(c->t, "allowed/friend.pub"));
    nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
    dn_control_checkpoint(c->t->c, "here.h5", 0.5, "a command");
    return NULL;
}

static void who_waits_is_answered_after_a_cut(void)
{
    test_control t;
    cut c = {.t = &t};
    char key[41], *answer = NULL;
    dn_client *client = NULL, *friend = NULL;
    pthread_t job;

    if (!test_control_begin(&t, "cut"))
        return;
    snprintf(c.friend, sizeof c.friend, "%s", test_control_new_key("friend", key));
    test_control_allow(&t, "friend", key, 0600);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, c.friend, &friend, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_client_ask(friend, status, 20000, &answer, NULL, NULL), DN_OK);
    dn_free(answer);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &client, NULL), DN_OK);
    CU_ASSERT_EQUAL(pthread_create(&job, NULL, cut_then_save, &c), 0);
    CU_ASSERT_EQUAL(dn_client_ask(client, checkpoint, 40000, &answer, NULL, NULL), DN_OK);
    CU_ASSERT(answer != NULL && strstr(answer, "here.h5") != NULL);
    dn_free(answer);
    pthread_join(job, NULL);
    dn_client_close(&client);
    dn_client_close(&friend);
    test_control_end(&t, 0);
}

/* The client finds the job at a port that is written down after it has begun to ask. */
static void a_job_that_listens_elsewhere(void)
{
    test_control t;
    dn_client *client = NULL;
    char at[200], wrong[200], *answer = NULL;

    if (!test_control_begin(&t, "elsewhere"))
        return;
    commands_of(&t, at, sizeof at);
    snprintf(wrong, sizeof wrong, "\"tcp://127.0.0.1:1\"");
    change_server(&t, at, wrong);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &client, NULL), DN_OK);
    change_server(&t, wrong, at);
    if (client != NULL)
        CU_ASSERT_EQUAL(dn_client_ask(client, status, 20000, &answer, NULL, NULL), DN_OK);
    dn_free(answer);
    dn_client_close(&client);
    test_control_end(&t, 0);
}

/* Whichever of the two connections is refused, who listens is told. */
static void events_that_are_refused(void)
{
    test_control t;
    dn_client *client = NULL;
    char key[41], certificate[600], at[200], *topic = NULL, *json = NULL;
    dn_status st = DN_OK;

    if (!test_control_begin(&t, "deaf"))
        return;
    commands_of(&t, at, sizeof at);
    change_server(&t, at, "\"tcp://127.0.0.1:1\"");
    snprintf(certificate, sizeof certificate, "%s", test_control_new_key("deaf.key", key));
    CU_ASSERT_EQUAL(dn_client_open(t.dir, certificate, &client, NULL), DN_OK);
    for (int i = 0; i < 100 && client != NULL && st == DN_OK; i++) {
        st = dn_client_next(client, 200, &topic, &json, NULL);
        dn_free(topic);
        dn_free(json);
    }
    CU_ASSERT_EQUAL(st, DN_ENOPERM);
    dn_client_close(&client);
    test_control_end(&t, 0);
}

/* ---- what the files say ---- */

static void another_start_or_another_protocol(void)
{
    test_control t;
    dn_client *client = NULL, *other = NULL;
    dn_error err = DN_ERROR_INIT;

    if (!test_control_begin(&t, "versions"))
        return;
    CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &client, NULL), DN_OK);
    change_server(&t, "\"protocol\": 1", "\"protocol\": 9");
    CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &other, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "the job speaks protocol 9, this dragnet speaks 1"));
    change_server(&t, "\"started_utc\": \"2", "\"started_utc\": \"1");
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(dn_client_check(client, &err), DN_EUNAVAILABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "another start runs there"));
    (void)unlink(test_control_path(&t, "server.json"));
    (void)unlink(test_control_path(&t, "heartbeat.json"));
    CU_ASSERT_EQUAL(dn_client_check(client, NULL), DN_EUNAVAILABLE);
    dn_client_close(&client);
    test_control_end(&t, 0);
}

static void keys_that_others_may_read(void)
{
    test_control t;
    char key[41], certificate[600];
    dn_client *client = NULL;
    int before = warnings;

    if (!test_control_begin(&t, "open"))
        return;
    snprintf(certificate, sizeof certificate, "%s", test_control_new_key("loose", key));
    CU_ASSERT_EQUAL(chmod(certificate, 0600), 0);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, certificate, &client, NULL), DN_OK);
    dn_client_close(&client);
    CU_ASSERT_EQUAL(warnings, before);
    CU_ASSERT_EQUAL(chmod(certificate, 0640), 0);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, certificate, &client, NULL), DN_OK);
    dn_client_close(&client);
    CU_ASSERT_EQUAL(warnings, before + 1);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, test_path("none"), &client, NULL), DN_ENOINPUT);
    test_control_end(&t, 0);
}

/* The file that is named is the key, whatever stands beside it; nobody waits for one that is none. */
static void files_that_are_no_keys(void)
{
    static const char *const none[] = {"half", "pipe", "folder", "words", "empty"};
    test_control t;
    char key[41], path[600], line[128];
    dn_client *client = NULL;
    double begin;

    if (!test_control_begin(&t, "no-keys"))
        return;
    CU_ASSERT_EQUAL(chmod(test_control_new_key("half_secret", key), 0600),
                    0); /* zcert_load() would take it */
    snprintf(line, sizeof line, "metadata\ncurve\n    public-key = \"%s\"\n", key);
    test_put(test_path("half"), line, 0600);
    CU_ASSERT_EQUAL(mkfifo(test_path("pipe"), 0600), 0);
    CU_ASSERT_EQUAL(mkdir(test_path("folder"), 0700), 0);
    test_put(test_path("words"), "no key \" = at all\n\n = \n", 0600);
    test_put(test_path("empty"), "", 0600);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        dn_error err = DN_ERROR_INIT;

        snprintf(path, sizeof path, "%s", test_path(none[i]));
        begin = dn_clock_s();
        CU_ASSERT_EQUAL(dn_client_open(t.dir, path, &client, &err), DN_EDATA);
        CU_ASSERT(dn_clock_s() - begin < 10 && strstr(err.text, none[i]) != NULL);
        CU_ASSERT(strstr(err.text, i == 1 || i == 2 ? "is no file" : "is no CURVE certificate") != NULL);
        dn_client_close(&client);
    }
    CU_ASSERT_EQUAL(mkfifo(test_path("whole_secret"), 0600), 0);
    snprintf(path, sizeof path, "%s", test_control_new_key("whole", key));
    CU_ASSERT_EQUAL(chmod(path, 0600), 0);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, path, &client, NULL), DN_OK);
    dn_client_close(&client);
    test_control_end(&t, 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"a job that dies", a_job_that_dies},
                                {"a process that is not seen", a_process_that_is_not_seen},
                                {"who waits is answered after a cut", who_waits_is_answered_after_a_cut},
                                {"a job that listens elsewhere", a_job_that_listens_elsewhere},
                                {"events that are refused", events_that_are_refused},
                                {"another start or another protocol", another_start_or_another_protocol},
                                {"keys that others may read", keys_that_others_may_read},
                                {"files that are no keys", files_that_are_no_keys},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2]);
    dn_log_open(count_warnings, NULL, DN_WARN);
    return test_main(argc, argv, "control_client", tests);
}
