/* threads.c - tests of what the threads of a rank share: the log and who listens to it, the bar, JSON,
 * wishes, signals
 *
 * The threads are those of a real run: main, the one of signals, the one of the control plane. Under
 * ThreadSanitizer (preset tsan) every access is judged; without, the counts and texts must be right all the
 * same.
 */
#define _XOPEN_SOURCE 700 /* a terminal to draw on */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "jobs/cli/logging.h"
#include "jobs/cli/run/progress.h"
#include "jobs/cli/run/requests.h"
#include "mpi/core/request.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "tests/support/test.h"

enum { CREW = 4, TURNS = 2000 };

/* The same body on CREW threads, and back. */
static void together(void *(*body)(void *), void *ctx)
{
    pthread_t thread[CREW];
    int n = 0;

    while (n < CREW && pthread_create(&thread[n], NULL, body, ctx) == 0)
        n++;
    CU_ASSERT_EQUAL(n, CREW);
    while (n > 0)
        pthread_join(thread[--n], NULL);
}

/* ---- JSON ---- */

static void *build_and_read(void *failures)
{
    atomic_int *bad = failures;

    for (int i = 0; i < TURNS; i++) {
        dn_json *made = dn_json_create(), *again = NULL;
        char *text = NULL, why[80];

        dn_json_int(dn_json_object(made, "a"), "b", i);
        if (dn_json_text(made, 0, &text, NULL) != DN_OK ||
            dn_json_read("text", text, strlen(text), &again, NULL) != DN_OK ||
            dn_json_to_int(dn_json_get(dn_json_get(again, "a"), "b")) != i ||
            dn_json_difference(text, text, why, sizeof why, NULL) != DN_OK)
            atomic_fetch_add(bad, 1);
        dn_json_destroy(&made);
        dn_json_destroy(&again);
        dn_free(text);
    }
    return NULL;
}

static void json_of_many_threads(void)
{
    atomic_int bad = 0;

    together(build_and_read, &bad);
    CU_ASSERT_EQUAL(bad, 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- the log ---- */

/* Stderr goes elsewhere for a while: the lines are many. */
static int redirect_stderr(int to)
{
    int before = dup(STDERR_FILENO);

    fflush(stderr);
    CU_ASSERT(before >= 0 && dup2(to, STDERR_FILENO) >= 0);
    return before;
}

static void restore_stderr(int before)
{
    fflush(stderr);
    CU_ASSERT(dup2(before, STDERR_FILENO) >= 0);
    close(before);
}

typedef struct listener {
    long calls; /* not atomic: one call at a time, and none after dn_logging_show(NULL) */
    bool open;
    atomic_long *late;
} listener;

static void listen_in(void *ctx, dn_log_level level, const char *area, const char *text)
{
    listener *l = ctx;

    l->calls++;
    if (!l->open || level < DN_INFO || strcmp(area, "crew") != 0 || strstr(text, "said") == NULL)
        atomic_fetch_add(l->late, 1);
}

static atomic_int crew_done;

static void *talk(void *nothing)
{
    for (int i = 0; i < TURNS; i++)
        dn_log(i % 4 == 0 ? DN_DEBUG : DN_INFO, "crew", "said", "turn=%d", i);
    atomic_fetch_add(&crew_done, 1);
    return nothing;
}

static void *listen_and_leave(void *total)
{
    static atomic_long late;
    long *heard = total;

    for (int i = 0; crew_done < CREW || i < 10; i++) {
        listener one = {.open = true, .late = &late};
        struct timespec moment = {.tv_nsec = 100000};

        dn_logging_show(listen_in, &one);
        dn_log_threshold(i % 2 == 0 ? DN_INFO : DN_WARN); /* as `ctl set log-level` does */
        nanosleep(&moment, NULL);
        dn_logging_show(NULL, NULL);
        one.open = false; /* a call still under way would read it */
        *heard += one.calls;
    }
    CU_ASSERT_EQUAL(late, 0);
    return NULL;
}

static void a_listener_comes_and_goes(void)
{
    long heard = 0;
    pthread_t changer;
    int null = open("/dev/null", O_WRONLY), before = redirect_stderr(null);

    crew_done = 0;
    dn_logging_open(0, false, DN_INFO);
    CU_ASSERT_EQUAL(pthread_create(&changer, NULL, listen_and_leave, &heard), 0);
    together(talk, NULL);
    pthread_join(changer, NULL);
    dn_log_open(NULL, NULL, DN_INFO);
    restore_stderr(before);
    close(null);
    CU_ASSERT(heard > 0 && heard <= 3L * TURNS * CREW / 4);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void lines_as_json_from_many_threads(void)
{
    static char line[4096];
    long lines = 0, bad = 0;
    FILE *f = fopen(test_path("lines"), "w+");
    int before;

    CU_ASSERT_PTR_NOT_NULL(f);
    if (f == NULL)
        return;
    before = redirect_stderr(fileno(f));
    dn_logging_open(0, true, DN_INFO);
    together(talk, NULL);
    dn_log_open(NULL, NULL, DN_INFO);
    restore_stderr(before);
    rewind(f);
    while (fgets(line, sizeof line, f) != NULL) {
        dn_json *json = NULL;
        size_t len = strlen(line) - 1;

        lines++;
        bad += line[len] != '\n' || dn_json_read("line", line, len, &json, NULL) != DN_OK;
        dn_json_destroy(&json);
    }
    fclose(f);
    CU_ASSERT(lines == 3L * TURNS * CREW / 4 && bad == 0);
}

/* ---- the bar ---- */

typedef struct screen {
    int fd;
    char *bytes; /* [cap] */
    size_t n, cap;
} screen;

/* To the end, also of what there is no more room for: who writes would wait. */
static void *read_screen(void *ctx)
{
    screen *s = ctx;
    char piece[4096];
    ssize_t n;

    while ((n = read(s->fd, piece, sizeof piece)) > 0) {
        size_t kept = (size_t)n < s->cap - s->n ? (size_t)n : s->cap - s->n;
        memcpy(s->bytes + s->n, piece, kept);
        s->n += kept;
    }
    return NULL;
}

/* Lines that stand behind a bar which nobody has wiped. */
static long spoilt_lines(const screen *s)
{
    static const char wipe[] = "\r\033[K", said[] = " crew: said";
    bool bar = false;
    long spoilt = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (s->n - i >= sizeof wipe - 1 && memcmp(s->bytes + i, wipe, sizeof wipe - 1) == 0)
            bar = false;
        else if (s->bytes[i] == '[' && i > 0 && s->bytes[i - 1] != '\033')
            bar = true;
        else if (s->n - i >= sizeof said - 1 && memcmp(s->bytes + i, said, sizeof said - 1) == 0)
            spoilt += bar;
    }
    return spoilt;
}

/* On a terminal of its own: the bar by the main thread, lines by others. */
static void lines_and_the_bar_do_not_mix(void)
{
    screen s = {.fd = posix_openpt(O_RDWR | O_NOCTTY), .cap = (size_t)1 << 23};
    pthread_t reader, talker[2];
    int before, terminal = -1;

    if (s.fd >= 0 && grantpt(s.fd) == 0 && unlockpt(s.fd) == 0)
        terminal = open(ptsname(s.fd), O_RDWR | O_NOCTTY);
    if (terminal < 0) {
        test_skip("no terminal can be made here");
        return;
    }
    s.bytes = malloc(s.cap);
    before = redirect_stderr(terminal);
    setenv("NO_COLOR", "1", 1);
    dn_logging_open(0, false, DN_INFO);
    CU_ASSERT_EQUAL(pthread_create(&reader, NULL, read_screen, &s), 0);
    crew_done = 0;
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(pthread_create(&talker[i], NULL, talk, NULL), 0);
    for (int i = 1; crew_done < 2; i++)
        dn_progress_work("work", i % 100, 100, i, i);
    for (int i = 0; i < 2; i++)
        pthread_join(talker[i], NULL);
    dn_progress_end();
    dn_log_open(NULL, NULL, DN_INFO);
    restore_stderr(before);
    close(terminal);
    pthread_join(reader, NULL); /* the last of the other end is closed: its reads end */
    close(s.fd);
    CU_ASSERT(s.n > 100000);
    CU_ASSERT_EQUAL(spoilt_lines(&s), 0);
    free(s.bytes);
}

/* ---- wishes ---- */

static void *wish(void *requests)
{
    static atomic_int next;
    dn_requests *r = requests;
    int mine = atomic_fetch_add(&next, 1);

    for (int i = 0; i < TURNS; i++) {
        dn_request_note(r, DN_WISH_CHECKPOINT);
        atomic_store(&r->every, 1 + i); /* as `ctl set checkpoint-every` does */
    }
    dn_request_note(r, 2 << mine % 3);
    dn_request_note_at_epoch(r);
    return NULL;
}

static dn_requests wishes;

static void *work_on(void *seen)
{
    int *all = seen;

    for (int i = 0; i < TURNS; i++) {
        *all |= dn_request_look(&test_comm, &wishes);
        dn_request_pace(&wishes, wishes.last);
        dn_request_saved(&wishes);
    }
    return NULL;
}

static void wishes_of_many_threads(void)
{
    int seen = 0;
    pthread_t stage;

    dn_request_start(&wishes);
    CU_ASSERT_EQUAL(pthread_create(&stage, NULL, work_on, &seen), 0);
    together(wish, &wishes);
    pthread_join(stage, NULL);
    CU_ASSERT((seen & DN_WISH_STOP_TIME) == 0);
    seen = dn_request_end_epoch(&test_comm, &wishes);
    CU_ASSERT_EQUAL(seen & ~DN_WISH_CHECKPOINT,
                    DN_WISH_STOP_USR1 | DN_WISH_STOP_TERM | DN_WISH_STOP_INT | DN_WISH_STOP_CONTROL);
    dn_request_saved(&wishes); /* none is lost, none is left */
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &wishes),
                    DN_WISH_STOP_USR1 | DN_WISH_STOP_TERM | DN_WISH_STOP_INT);
}

/* ---- signals ---- */

static void *send_signals(void *nothing)
{
    for (int i = 0; i < 20; i++) {
        struct timespec moment = {.tv_nsec = 1000000};
        kill(getpid(), i % 2 == 0 ? SIGUSR1 : SIGTERM);
        nanosleep(&moment, NULL);
    }
    return nothing;
}

/* Noted by the thread of signals while this one looks, and logs. */
static void signals_become_wishes(void)
{
    static dn_requests noted; /* signals may come until the end */
    enum { WANTED = DN_WISH_STOP_USR1 | DN_WISH_STOP_TERM };
    pthread_t sender;
    int null = open("/dev/null", O_WRONLY), before = redirect_stderr(null), seen = 0;

    dn_logging_open(0, false, DN_INFO);
    dn_request_start(&noted);
    dn_requests_listen(&noted);
    CU_ASSERT_EQUAL(pthread_create(&sender, NULL, send_signals, NULL), 0);
    for (int i = 0; i < 10000 && seen != WANTED; i++) {
        struct timespec moment = {.tv_nsec = 1000000};
        seen = dn_request_look(&test_comm, &noted);
        dn_log(DN_INFO, "main", "looked", "seen=%d", seen);
        nanosleep(&moment, NULL);
    }
    pthread_join(sender, NULL);
    restore_stderr(before);
    close(null);
    CU_ASSERT_EQUAL(seen, WANTED);
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &noted), WANTED);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"JSON of many threads", json_of_many_threads},
                                    {"a listener comes and goes", a_listener_comes_and_goes},
                                    {"lines as JSON from many threads", lines_as_json_from_many_threads},
                                    {"lines and the bar do not mix", lines_and_the_bar_do_not_mix},
                                    {"wishes of many threads", wishes_of_many_threads},
                                    {"signals become wishes", signals_become_wishes},
                                    {NULL, NULL}};

    return test_main(argc, argv, "threads", tests);
}
