/* control_cycles.c - tests of jobs/control: opened and closed again and again, while everybody talks, it
 * leaves no descriptor, no thread and no memory behind
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "mpi/core/memory.h"
#include "solvers/base/alloc.h"
#include "tests/support/control.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

enum { CYCLES = 50, WARM = 10 };

/* Memory of the process says nothing about ours under a sanitizer, which keeps what is freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

typedef struct count {
    int files, threads;
    int64_t memory;
} count;

static count count_now(void)
{
    return (count){.files = test_entries("/proc/self/fd"),
                   .threads = test_entries("/proc/self/task"),
                   .memory = dn_memory_now()};
}

/* Threads and descriptors of sockets that are closed go a moment later, by the threads of ZeroMQ: when there
 * are no more of them than wanted or, where nothing is wanted yet, when nothing has changed for a while. */
static count count_when_settled(const count *opt_wanted)
{
    count now = count_now();

    for (int i = 0, still = 0; i < 10000 && still < 200; i++) {
        count next;

        if (opt_wanted != NULL && now.files <= opt_wanted->files && now.threads <= opt_wanted->threads)
            break;
        zclock_sleep(1);
        next = count_now();
        still = opt_wanted == NULL && next.files == now.files && next.threads == now.threads ? still + 1 : 0;
        now = next;
    }
    return now;
}

/* ---- a job of several threads ---- */

typedef struct job {
    dn_control *c;
    atomic_bool over;
} job;

static void *log_lines(void *ctx)
{
    job *j = ctx;

    for (int i = 0; !j->over; i++) {
        dn_control_log(j->c, i % 2 == 0 ? DN_INFO : DN_DEBUG, "crew", "a line");
        if (i % 64 == 0)
            zclock_sleep(1);
    }
    return NULL;
}

/* What a stage does in its main thread, for some milliseconds. */
static void run_stage(dn_control *c, dn_requests *requests)
{
    dn_status_report r = dn_status_report_none();

    for (int i = 0; i < 20; i++) {
        r.epoch = i;
        dn_control_status(c, &r);
        dn_control_event(c, "d1.epoch", "{\"epoch\":1}");
        dn_control_checkpoint(c, "run/checkpoint.h5", 0.1, "interval");
        (void)dn_request_look(&test_comm, requests);
        zclock_sleep(1);
    }
}

static void ask_and_leave(const char *dir, int i)
{
    static const char *const commands[] = {
        "{\"protocol\":1,\"id\":\"1\",\"command\":\"status\"}",
        "{\"protocol\":1,\"id\":\"2\",\"command\":\"set\",\"key\":\"checkpoint-every\",\"value\":\"10m\"}",
        "{\"protocol\":1,\"id\":\"3\",\"command\":\"stop\",\"at\":\"epoch\"}",
        "{\"protocol\":1,\"id\":\"4\",\"command\":\"checkpoint\"}"};
    char *answer = NULL, *topic = NULL, *json = NULL;
    dn_client *client = NULL;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_client_open(dir, NULL, &client, &err), DN_OK);
    if (client != NULL) {
        CU_ASSERT_EQUAL(dn_client_next(client, 1, &topic, &json, &err), DN_OK);
        CU_ASSERT_EQUAL(dn_client_ask(client, commands[i % 4], 20000, &answer, NULL, &err), DN_OK);
    }
    if (err.text[0] != '\0')
        fprintf(stderr, "# %s\n", err.text);
    dn_free(topic);
    dn_free(json);
    dn_free(answer);
    dn_client_close(&client);
}

typedef struct visit {
    char dir[600];
    int number;
    atomic_bool over;
} visit;

static void *pay_visit(void *ctx)
{
    visit *v = ctx;

    ask_and_leave(v->dir, v->number);
    v->over = true;
    return NULL;
}

/* A start of a job: it works and logs, a client comes, asks, and goes before the end or stays beyond it. */
static void one_cycle(int i)
{
    test_control t;
    visit v = {.number = i};
    job j = {.c = NULL};
    pthread_t crew, visitor;
    dn_client *listener = NULL;

    if (!test_control_begin(&t, "cycle"))
        return;
    snprintf(v.dir, sizeof v.dir, "%s", t.dir);
    j.c = t.c;
    if (i % 3 == 0)
        CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &listener, NULL), DN_OK);
    CU_ASSERT_EQUAL(pthread_create(&crew, NULL, log_lines, &j), 0);
    CU_ASSERT_EQUAL(pthread_create(&visitor, NULL, pay_visit, &v), 0);
    do
        run_stage(t.c, &t.requests);
    while (!v.over);
    pthread_join(visitor, NULL);
    j.over = true;
    pthread_join(crew, NULL);
    dn_control_close(&t.c, i % 2 == 0 ? 0 : 75, "");
    dn_client_close(&listener);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void nothing_is_left_of_many_starts(void)
{
    enum { PAGES = 4 << 20 }; /* bytes that the allocators may still be filling after the first cycles */
    count before = {0}, after;

    for (int i = 0; i < CYCLES; i++) {
        if (i == WARM)
            before = count_when_settled(NULL);
        one_cycle(i);
    }
    after = count_when_settled(&before);
    CU_ASSERT(after.files <= before.files);
    CU_ASSERT(after.threads <= before.threads);
    CU_ASSERT(SANITIZED || after.memory - before.memory < PAGES);
    if (after.files > before.files || after.threads > before.threads)
        fprintf(stderr, "# files %d, were %d; threads %d, were %d\n", after.files, before.files,
                after.threads, before.threads);
    printf("# memory grew by %lld kB in %d starts\n", (long long)(after.memory - before.memory) / 1024,
           CYCLES - WARM);
}

/* A start that fails half way, as on an interface that is not there. */
static void nothing_is_left_of_failed_starts(void)
{
    char dir[600];
    dn_requests requests = {0};
    dn_control_options o = {
        .run_dir = dir, .stage = "s", .ranks = 1, .requests = &requests, .opt_interface = "192.0.2.1"};
    count before = {0}, after;

    snprintf(dir, sizeof dir, "%s", test_path("failed"));
    (void)mkdir(dir, 0700);
    for (int i = 0; i < CYCLES; i++) {
        dn_control *c = NULL;

        if (i == WARM)
            before = count_when_settled(NULL);
        CU_ASSERT_EQUAL(dn_control_open(&o, &c, NULL), DN_EUNAVAILABLE);
        CU_ASSERT_PTR_NULL(c);
    }
    after = count_when_settled(&before);
    CU_ASSERT(after.files <= before.files);
    CU_ASSERT(after.threads <= before.threads);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"nothing is left of many starts", nothing_is_left_of_many_starts},
                                    {"nothing is left of failed starts", nothing_is_left_of_failed_starts},
                                    {NULL, NULL}};

    return test_main(argc, argv, "control_cycles", tests);
}
