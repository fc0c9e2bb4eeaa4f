/* watch.c - tests of jobs/watch: events folded into a state, fates, the queue */
#include "tests/support/test.h"
#include "tests/support/watched.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jobs/watch/fate.h"
#include "jobs/watch/queue.h"
#include "jobs/watch/render.h"
#include "solvers/base/alloc.h"

/* ---- folding ---- */

static void events_are_folded(void)
{
    dn_watch_state *s = watched_new();

    CU_ASSERT(isnan(dn_watch_share(s)) && dn_watch_slowest(s) == NULL);
    watched_fold(s, "server", watched_server);
    watched_fold(s, "d1.status", watched_status);
    CU_ASSERT_DOUBLE_EQUAL(dn_watch_share(s), 2.5 / 4, 1e-12);
    CU_ASSERT_EQUAL(s->n_ranks, 3);
    CU_ASSERT_EQUAL(s->refused, 5);
    CU_ASSERT(dn_watch_slowest(s)->rank == 0 ||
              dn_watch_slowest(s)->wait_ms <= 0); /* rank 2 has no figures */
    watched_fold(
        s, "d1.status",
        "{\"done\":30,\"total\":40,\"epoch\":\"three\",\"loss\":[],\"ranks\":7,\"checkpoint\":false}");
    CU_ASSERT_DOUBLE_EQUAL(dn_watch_share(s), 0.75, 1e-12);
    CU_ASSERT_EQUAL(s->epoch, 3);
    watched_fold(s, "d1.status", "{\"done\":50,\"total\":40}");
    CU_ASSERT_DOUBLE_EQUAL(dn_watch_share(s), 1, 0);
    watched_fold(s, "d1.status", "{\"stage\":\"evaluate\",\"done\":0}");
    CU_ASSERT(s->n_stages == 2 && s->stage[0].over && !s->stage[1].over);
    watched_fold(s, "d9.status", "{\"done\":1}");
    watched_fold(s, "d1.unheard", "{\"done\":1}");
    CU_ASSERT_EQUAL(s->done, 0);
    for (int i = 0; i < 3 * DN_WATCH_STAGES; i++) {
        char text[64];

        snprintf(text, sizeof text, "{\"stage\":\"stage %d\"}", i);
        watched_fold(s, "status", text);
    }
    CU_ASSERT_EQUAL(s->n_stages, DN_WATCH_STAGES);
    dn_watch_destroy(&s);
}

static bool knows_epoch(const dn_watch_state *s, const char *text)
{
    dn_json *e = NULL;
    bool known;

    CU_ASSERT_EQUAL(dn_json_read("epoch", text, strlen(text), &e, NULL), DN_OK);
    known = dn_watch_knows_epoch(s, e);
    dn_json_destroy(&e);
    return known;
}

static void epochs_come_again_after_a_restart(void)
{
    static const int order[] = {1, 2, 3, 5, 4, 3, 4, 5, 6};
    dn_watch_state *s = watched_new();
    char text[100];

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        snprintf(text, sizeof text, "{\"epoch\":%d,\"train_loss\":%zu}", order[i], i);
        watched_fold(s, "epoch", text);
    }
    CU_ASSERT_EQUAL(s->n_epochs, 6);
    for (int i = 0; i < 6; i++)
        CU_ASSERT_EQUAL(s->epochs_done[i].epoch, i + 1);
    CU_ASSERT_DOUBLE_EQUAL(s->epochs_done[2].train_loss, 5, 0);
    snprintf(text, sizeof text,
             "{\"epoch\":7,\"train_loss\":null,\"validation_loss\":1}"); /* it has diverged */
    watched_fold(s, "epoch", text);
    CU_ASSERT(knows_epoch(s, text));
    CU_ASSERT(!knows_epoch(s, "{\"epoch\":7,\"train_loss\":1,\"validation_loss\":1}"));
    s->n_epochs--;
    watched_fold(s, "epoch", "{\"epoch\":-4}");
    watched_fold(s, "epoch", "{}");
    CU_ASSERT_EQUAL(s->n_epochs, 6);
    dn_watch_destroy(&s);
}

/* Begun anew with --force: the epochs of the run before are not those of this one. */
static void a_new_run_forgets_the_epochs_of_the_old(void)
{
    dn_watch_state *s = watched_new();
    char text[100];

    watched_fold(s, "server", watched_server);
    watched_fold(s, "status", watched_status);
    for (int i = 1; i <= 50; i++) {
        snprintf(text, sizeof text, "{\"epoch\":%d,\"train_loss\":%d}", i, i);
        watched_fold(s, "epoch", text);
    }
    watched_fold(s, "server", "{\"host\":\"node1\",\"pid\":78,\"started_utc\":\"2026-02-03T11:00:00Z\"}");
    CU_ASSERT_EQUAL(s->n_epochs, 50);
    watched_fold(s, "status", "{\"seq\":1,\"epoch\":40,\"epochs\":99}"); /* goes on from there */
    CU_ASSERT_EQUAL(s->n_epochs, 41);
    watched_fold(s, "status", "{\"seq\":2,\"epoch\":1,\"epochs\":99}"); /* not the first word */
    watched_fold(s, "epoch", "{\"epoch\":7,\"train_loss\":7}");
    CU_ASSERT_EQUAL(s->n_epochs, 41);
    watched_fold(s, "epoch", "{\"epoch\":7,\"train_loss\":0.5}");
    CU_ASSERT(s->n_epochs == 7 && s->epochs_done[6].train_loss == 0.5);
    dn_watch_destroy(&s);
}

static void a_restart_is_said_and_forgets_the_process(void)
{
    dn_watch_state *s = watched_new();

    watched_fold(s, "server", watched_server);
    watched_fold(s, "status", watched_status);
    watched_fold(s, "epoch", "{\"epoch\":1,\"train_loss\":1}");
    watched_fold(s, "server", watched_server);
    CU_ASSERT(s->n_logs == 0 && s->n_ranks == 3 && s->seen == 1);
    watched_fold(s, "server",
                 "{\"host\":\"node7\",\"pid\":78,\"restart\":1,\"started_utc\":\"2026-02-03T11:00:00Z\"}");
    CU_ASSERT(s->n_logs == 1 && strstr(s->logs[0].text, "started again, on node7, process 78") != NULL);
    CU_ASSERT(s->n_ranks == 0 && s->n_epochs == 1 && s->said[0] == '\0' && s->epoch == -1 &&
              s->restarts == 1);
    CU_ASSERT_STRING_EQUAL(s->job, "");
    dn_watch_destroy(&s);
}

static void the_slowest_is_named(void)
{
    dn_watch_state *s = watched_new();

    watched_fold(
        s, "status",
        "{\"ranks\":[{\"rank\":0,\"compute_ms\":5,\"wait_ms\":0},{\"rank\":1,\"compute_ms\":7,\"wait_ms\":9}"
        "]}");
    CU_ASSERT_EQUAL(dn_watch_slowest(s)->rank, 1);
    watched_fold(
        s, "status",
        "{\"ranks\":[{\"rank\":0,\"wait_ms\":3},{\"rank\":1,\"wait_ms\":1},{\"rank\":2,\"wait_ms\":2}]}");
    CU_ASSERT_EQUAL(dn_watch_slowest(s)->rank, 1);
    watched_fold(s, "status", "{\"ranks\":[{\"rank\":0,\"compute_ms\":5},{\"rank\":1,\"compute_ms\":5}]}");
    CU_ASSERT_PTR_NULL(dn_watch_slowest(s));
    watched_fold(s, "status", "{\"ranks\":[]}");
    CU_ASSERT_PTR_NULL(dn_watch_slowest(s));
    dn_watch_destroy(&s);
}

/* ---- fates ---- */

typedef struct fate_case {
    const char *said;
    dn_watch_facts facts;
    dn_fate fate;
} fate_case;

static void fates_are_told(void)
{
    static const fate_case list[] = {
        {"", {.directory = false}, DN_FATE_ABSENT},
        {"", {.directory = true, .locked = DN_NO}, DN_FATE_ABSENT},
        {"", {.queue = "PENDING", .job = "12"}, DN_FATE_QUEUED},
        {"", {.queue = "RUNNING", .job = "12"}, DN_FATE_STARTING},
        {"", {.directory = true, .locked = DN_YES}, DN_FATE_STARTING},
        {"", {.directory = true, .locked = DN_YES, .metrics = true}, DN_FATE_STARTING},
        {"", {.directory = true, .locked = DN_YES, .metrics = true, .reports = true}, DN_FATE_RUNNING},
        {"running", {.heartbeat = true, .locked = DN_YES, .holder = 99, .reports = true}, DN_FATE_RUNNING},
        {"running", {.heartbeat = true, .locked = DN_YES, .holder = 99}, DN_FATE_STARTING},
        {"finished", {.heartbeat = true, .locked = DN_YES, .holder = 99}, DN_FATE_STARTING},
        {"", {.directory = true, .locked = DN_NO, .model = true}, DN_FATE_FINISHED},
        {"", {.directory = true, .locked = DN_NO, .checkpoint = true}, DN_FATE_DEAD},
        {"", {.directory = true, .locked = DN_NO, .checkpoint = true, .queue = "PENDING"}, DN_FATE_QUEUED},
        {"", {.server = true, .process = DN_YES}, DN_FATE_STARTING},
        {"", {.server = true, .process = DN_NO}, DN_FATE_DEAD},
        {"running", {.heartbeat = true, .quiet_s = 1}, DN_FATE_RUNNING},
        {"running", {.heartbeat = true, .quiet_s = 20}, DN_FATE_SILENT},
        {"running", {.heartbeat = true, .quiet_s = 61}, DN_FATE_DEAD},
        {"running", {.heartbeat = true, .quiet_s = 1, .process = DN_NO}, DN_FATE_DEAD},
        {"running", {.heartbeat = true, .quiet_s = 999, .locked = DN_YES}, DN_FATE_SILENT},
        {"running", {.heartbeat = true, .quiet_s = 999, .locked = DN_NO, .process = DN_YES}, DN_FATE_DEAD},
        {"running", {.heartbeat = true, .quiet_s = 99, .process = DN_NO, .queue = "PENDING"}, DN_FATE_QUEUED},
        {"finished", {.heartbeat = true, .quiet_s = 999, .process = DN_NO}, DN_FATE_FINISHED},
        {"finished", {.heartbeat = true, .locked = DN_YES, .holder = 77}, DN_FATE_FINISHED},
        {"saved", {.heartbeat = true, .process = DN_NO}, DN_FATE_SAVED},
        {"saved", {.heartbeat = true, .process = DN_NO, .queue = "PENDING"}, DN_FATE_QUEUED},
        {"saved", {.heartbeat = true, .locked = DN_YES, .holder = 99}, DN_FATE_STARTING},
        {"failed", {.heartbeat = true}, DN_FATE_FAILED}};
    dn_watch_state *s = watched_new();

    s->pid = 77;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        char text[DN_WATCH_LINE] = "";
        dn_fate fate;

        snprintf(s->said, sizeof s->said, "%s", list[i].said);
        fate = dn_fate_tell(s, &list[i].facts, text, sizeof text);
        CU_ASSERT(fate == list[i].fate && text[0] != '\0');
        if (fate != list[i].fate)
            fprintf(stderr, "case %zu: %s (%s), wanted %s\n", i, dn_fate_name(fate), text,
                    dn_fate_name(list[i].fate));
    }
    dn_watch_destroy(&s);
}

/* Another protocol is refused by name, and what can be seen without it is said. */
static void another_protocol_is_named(void)
{
    static const struct {
        dn_watch_facts facts;
        dn_fate fate;
        const char *text;
    } list[] = {{{.directory = true, .server = true}, DN_FATE_SILENT, "cannot be seen from here"},
                {{.directory = true, .server = true, .locked = DN_YES, .reports = true},
                 DN_FATE_RUNNING,
                 "running; it reports epochs only"},
                {{.directory = true, .model = true}, DN_FATE_FINISHED, "finished"}};
    dn_watch_state *s = watched_new();

    watched_fold(s, "server", "{\"protocol\":9,\"pid\":5,\"host\":\"h\"}");
    watched_fold(s, "status", "{\"protocol\":9,\"state\":\"running\",\"epoch\":5}");
    CU_ASSERT(s->foreign == 9 && s->pid == 0 && s->epoch == -1 && s->said[0] == '\0');
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        char text[DN_WATCH_LINE] = "";

        CU_ASSERT_EQUAL(dn_fate_tell(s, &list[i].facts, text, sizeof text), list[i].fate);
        CU_ASSERT(strstr(text, list[i].text) != NULL &&
                  strstr(text, "the job speaks protocol 9, this dragnet speaks 1") != NULL);
    }
    watched_fold(s, "epoch", "{\"epoch\":1,\"train_loss\":1}"); /* a line of metrics.jsonl speaks none */
    CU_ASSERT(s->foreign == 9 && s->n_epochs == 1);
    watched_fold(s, "server", watched_server);
    CU_ASSERT(s->foreign == 0 && s->pid == 77);
    dn_watch_destroy(&s);
}

/* ---- the queue ---- */

static const char squeue[] =
    "12|PENDING|Priority|/home/u/work|train.sbatch gener d.h5 -o ./runs//warm/ --seed 1\n"
    "13|PENDING|Resources|/home/u|x.sh a|b --output=work/runs/cold\n"
    "14|RUNNING|None|/home/u/work|y.sh --output /home/u/work/runs/cold\n"
    "15|PENDING|Priority|/home/u/work/runs|z.sh --no -ocold\n"
    "18_[2,4-8:2%3]|PENDING|JobArrayTaskLimit|/home/u|array.sbatch train --fold @ -o runs/fold@\n"
    "18_3|RUNNING|None|/home/u|array.sbatch train --fold @ -o runs/fold@\n"
    "19_[0-9]|PENDING|Priority|/home/u|array.sbatch x -o of@/fold@\n"
    "no line of it\n\n16|RUNNING|None|/|a.sh -o";

typedef struct queue_case {
    const char *run, *job, *state, *id;
} queue_case;

static void the_job_of_a_run_is_found(void)
{
    static const queue_case list[] = {{"/home/u/work/runs/warm", "", "PENDING", "12"},
                                      {"/home/u/work/runs/cold/", "", "RUNNING", "14"},
                                      {"/home/u/work/runs/none", "", "", ""},
                                      {"/home/u/work/runs/none", "15", "PENDING", "15"},
                                      {"/home/u/work/runs", "", "", ""},
                                      {"/elsewhere", "17", "", ""},
                                      {"/home/u/runs/fold3", "", "RUNNING", "18_3"},
                                      {"/home/u/runs/fold2", "", "PENDING", "18_[2,4-8:2%3]"},
                                      {"/home/u/runs/fold6", "", "PENDING", "18_[2,4-8:2%3]"},
                                      {"/home/u/runs/fold5", "", "", ""},
                                      {"/home/u/runs/fold10", "", "", ""},
                                      {"/home/u/runs/fold", "", "", ""},
                                      {"/home/u/runs/fold3", "18_3", "RUNNING", "18_3"},
                                      {"/home/u/runs/none", "18_8", "PENDING", "18_[2,4-8:2%3]"},
                                      {"/home/u/runs/none", "18_5", "", ""},
                                      {"/home/u/runs/none", "8_8", "", ""},
                                      {"/home/u/of7/fold7", "", "PENDING", "19_[0-9]"},
                                      {"/home/u/of7/fold8", "", "", ""}};

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        dn_watch_facts f = {.queue = "RUNNING"};

        dn_queue_read(squeue, list[i].run, list[i].job, &f);
        CU_ASSERT_STRING_EQUAL(f.queue, list[i].state);
        CU_ASSERT_STRING_EQUAL(f.job, list[i].id);
    }
}

/* ---- pieces ---- */

static void times_are_read(void)
{
    CU_ASSERT_EQUAL(dn_watch_time("1970-01-01T00:00:00Z"), 0);
    CU_ASSERT_EQUAL(dn_watch_time("2000-02-29T12:34:56.789Z"), 951827696); /* date -u -d ... +%s */
    CU_ASSERT_EQUAL(dn_watch_time("2026-11-21T22:00:00Z"), 1795298400);
    CU_ASSERT_EQUAL(dn_watch_time("soon"), -1);
    CU_ASSERT_EQUAL(dn_watch_time(""), -1);
}

/* Whatever allocation is refused, folding and rendering say so and leave nothing behind. */
static void memory_may_be_refused(void)
{
    dn_watch_view v = {.columns = 80, .rows = 24, .utf8 = true, .colour = true};
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 200; k++) {
        dn_error err = DN_ERROR_INIT;
        dn_watch_state *s = NULL;
        dn_json *e = NULL;
        char *text = NULL, *line = NULL;

        dn_alloc_fail_after(k);
        st = dn_watch_create("run", &s, &err);
        if (st == DN_OK)
            st = dn_json_read("status", watched_status, strlen(watched_status), &e, &err);
        if (st == DN_OK)
            st = dn_watch_fold(s, "status", e, &err);
        if (st == DN_OK)
            st = dn_watch_fold(s, "epoch", e, &err);
        if (st == DN_OK)
            st = dn_watch_render(s, &v, &text, &err);
        if (st == DN_OK)
            st = dn_watch_line(s, true, &line, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && k < 199));
        dn_free(text);
        dn_free(line);
        dn_json_destroy(&e);
        dn_watch_destroy(&s);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {
    {"events are folded", events_are_folded},
    {"epochs come again after a restart", epochs_come_again_after_a_restart},
    {"a new run forgets the epochs of the old", a_new_run_forgets_the_epochs_of_the_old},
    {"a restart is said and forgets the process", a_restart_is_said_and_forgets_the_process},
    {"the slowest is named", the_slowest_is_named},
    {"fates are told", fates_are_told},
    {"another protocol is named", another_protocol_is_named},
    {"the job of a run is found", the_job_of_a_run_is_found},
    {"times are read", times_are_read},
    {"memory may be refused", memory_may_be_refused},
    {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "watch", tests);
}
