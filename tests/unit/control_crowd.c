/* control_crowd.c - tests of jobs/control: crowds of strangers beside clients that have a key, one key on
 * many connections, subscriptions without end, what of it is logged, and a log that stands still
 */
#include "tests/support/control.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "jobs/control/peers.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

static const char status[] = "{\"protocol\":1,\"id\":\"q\",\"command\":\"status\"}";

static const char *program; /* this one, to be started as a crowd */

/* ---- helpers ---- */

static bool answered(zsock_t *s, const char *command, int ms)
{
    dn_json *a = test_control_ask(s, command, strlen(command), ms);
    bool ok = dn_json_to_bool(dn_json_get(a, "ok"));

    dn_json_destroy(&a);
    return ok;
}

/* How often a socket loses its connection from now on; disconnects() tells. */
static zsock_t *watch_losses(zsock_t *s)
{
    char at[64];
    zsock_t *watch = zsock_new(ZMQ_PAIR);

    snprintf(at, sizeof at, "inproc://crowd-%p-%lld", (void *)s, (long long)zclock_usecs());
    CU_ASSERT_EQUAL(zmq_socket_monitor(zsock_resolve(s), at, ZMQ_EVENT_DISCONNECTED), 0);
    CU_ASSERT_EQUAL(zsock_connect(watch, "%s", at), 0);
    return watch;
}

static int disconnects(zsock_t **watch, zsock_t *s)
{
    int n = 0;

    while (zsock_events(*watch) & ZMQ_POLLIN) {
        zmsg_t *m = zmsg_recv(*watch);
        zmsg_destroy(&m);
        n++;
    }
    zmq_socket_monitor(zsock_resolve(s), NULL, 0);
    zsock_destroy(watch);
    return n;
}

static bool is_lost(zsock_t *watch)
{
    zmq_pollitem_t item = {.socket = zsock_resolve(watch), .events = ZMQ_POLLIN};

    return zmq_poll(&item, 1, TEST_PATIENCE) > 0;
}

/* ---- the log ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER, lines_lock = PTHREAD_MUTEX_INITIALIZER;
static char lines[4096];
static pthread_t warden; /* of the gate, which holds everybody else */

static void take_line(void *ctx, dn_log_level level, const char *area, const char *event, const char *fields)
{
    size_t n;

    (void)ctx;
    (void)level;
    if (!pthread_equal(pthread_self(), warden)) {
        pthread_mutex_lock(&gate);
        pthread_mutex_unlock(&gate);
    }
    pthread_mutex_lock(&lines_lock);
    n = strlen(lines);
    snprintf(lines + n, sizeof lines - n, "%s: %s %s\n", area, event, fields);
    pthread_mutex_unlock(&lines_lock);
}

static int count_lines(const char *with)
{
    int n = 0;

    pthread_mutex_lock(&lines_lock);
    for (const char *at = strstr(lines, with); at != NULL; at = strstr(at + 1, with))
        n++;
    pthread_mutex_unlock(&lines_lock);
    return n;
}

static void open_log(void)
{
    pthread_mutex_lock(&lines_lock);
    lines[0] = '\0';
    pthread_mutex_unlock(&lines_lock);
    dn_log_open(take_line, NULL, DN_INFO);
}

static void close_log(void)
{
    dn_log_open(NULL, NULL, DN_INFO);
}

/* ---- the crowd, in a process of its own ---- */

enum { AT_ONCE = 950 };

/* n connections to either port in turn, the last of them open: bare ones, others that speak HTTP, others
 * that begin as ZeroMQ does and say no more. */
static int crowd(int events, int commands, int n)
{
    static int fd[AT_ONCE];
    static const char greeting[] = "\xff\0\0\0\0\0\0\0\1\x7f\3\1CURVE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    int made = 0;
    int64_t begin = zclock_mono();

    for (int i = 0; i < n; i++) {
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)(i % 2 ? events : commands))};
        int k = i % AT_ONCE;

        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (i >= AT_ONCE)
            close(fd[k]);
        fd[k] = socket(AF_INET, SOCK_STREAM, 0);
        made += connect(fd[k], (const struct sockaddr *)&to, sizeof to) == 0;
        if (i % 7 == 0)
            (void)!send(fd[k], "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
        else if (i % 3 == 0)
            (void)!send(fd[k], greeting, sizeof greeting, MSG_NOSIGNAL);
    }
    printf("%d in %.1f s\n", made, (double)(zclock_mono() - begin) / 1000);
    fflush(stdout);
    (void)!read(STDIN_FILENO, &made, 1); /* the rest stay until the test has looked */
    return 0;
}

typedef struct gathering {
    pid_t pid;
    int said, hold; /* pipes: what it has done; closed, it goes */
} gathering;

static gathering gather(const test_control *t, int n)
{
    gathering g = {.pid = -1, .said = -1, .hold = -1};
    int out[2], in[2];
    char events[16], commands[16], number[16];

    snprintf(events, sizeof events, "%d", test_control_port(t, "events"));
    snprintf(commands, sizeof commands, "%d", test_control_port(t, "commands"));
    snprintf(number, sizeof number, "%d", n);
    if (pipe(out) != 0 || pipe(in) != 0 || (g.pid = fork()) < 0)
        return g;
    if (g.pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(in[0], STDIN_FILENO);
        close(in[1]);
        execl(program, program, "crowd", events, commands, number, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    close(in[0]);
    g.said = out[0];
    g.hold = in[1];
    return g;
}

/* Whether it has made all of them by now. */
static bool has_gathered(const gathering *g, int ms, int *made)
{
    struct pollfd p = {.fd = g->said, .events = POLLIN};
    char text[32] = "";

    if (poll(&p, 1, ms) <= 0)
        return false;
    *made = read(g->said, text, sizeof text - 1) > 0 ? (int)strtol(text, NULL, 10) : -1;
    if (getenv("DN_TEST_SHOW") != NULL)
        fprintf(stderr, "# %s", text);
    return true;
}

static void disperse(gathering *g)
{
    close(g->hold);
    close(g->said);
    if (g->pid > 0)
        waitpid(g->pid, NULL, 0);
}

static bool can_bind(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    bool can;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    can = bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    close(fd);
    return can;
}

/* ---- tests ---- */

/* As ctl does: a new client asks, again where its connection was cut. */
static bool ask_anew(const test_control *t)
{
    dn_client *client = NULL;
    char *answer = NULL;
    bool ok = dn_client_open(t->dir, NULL, &client, NULL) == DN_OK &&
              dn_client_ask(client, status, 10000, &answer, NULL, NULL) == DN_OK;

    dn_free(answer);
    dn_client_close(&client);
    return ok;
}

static void ten_thousand_connections(void)
{
    enum { ALL = 10000, CROWD_MS = 40000 };
    test_control t;
    zsock_t *known, *hearing, *known_watch, *hearing_watch;
    int before, now, most = 0, made = 0, new_ones = 0, new_answered = 0, old_ones = 0, old_answered = 0;
    bool taken = false, done = false;
    int64_t begin;
    gathering g;

    if (!test_control_begin(&t, "crowd"))
        return;
    open_log();
    known = test_control_call(&t, TEST_OWN_KEY);
    hearing = test_control_listen(&t, NULL);
    CU_ASSERT(answered(known, status, TEST_PATIENCE) && test_control_hears(hearing, TEST_PATIENCE));
    known_watch = watch_losses(known);
    hearing_watch = watch_losses(hearing);
    before = test_entries("/proc/self/fd");
    g = gather(&t, ALL);
    begin = zclock_mono();
    for (int round = 0; zclock_mono() < begin + CROWD_MS && !done; round++) {
        done = has_gathered(&g, 100, &made);
        now = test_entries("/proc/self/fd");
        most = now > most ? now : most;
        taken |= can_bind(test_control_port(&t, "events")) || can_bind(test_control_port(&t, "commands"));
        old_ones++;
        old_answered += answered(known, status, TEST_PATIENCE);
        if (round % 4 == 0) {
            new_ones++;
            new_answered += ask_anew(&t);
        }
    }
    CU_ASSERT_EQUAL(made, ALL);
    CU_ASSERT_EQUAL(old_answered, old_ones);
    CU_ASSERT(2 * new_answered > new_ones); /* a handshake may be cut among so many, and is tried again */
    CU_ASSERT(test_control_refused(&t, "flooded") > 0); /* the last of the crowd are still there */
    CU_ASSERT(most - before < 3 * DN_PEERS);
    CU_ASSERT(!taken && test_control_hears(hearing, TEST_PATIENCE));
    CU_ASSERT_EQUAL(disconnects(&known_watch, known), 0); /* who has a key is not cut for others */
    CU_ASSERT_EQUAL(disconnects(&hearing_watch, hearing), 0);
    CU_ASSERT_EQUAL(count_lines("too many connections"), 1);
    if (getenv("DN_TEST_SHOW") != NULL)
        fprintf(stderr, "# %d of %d and %d of %d new answered, %d descriptors more\n", old_answered, old_ones,
                new_answered, new_ones, most - before);
    disperse(&g);
    zsock_destroy(&known);
    zsock_destroy(&hearing);
    test_control_end(&t, 0);
    close_log();
}

/* Whoever writes to a file system that stands still waits; the thread that limits connections must not. */
static void a_log_that_stands_still(void)
{
    test_control t;
    zsock_t *hearing;
    int before, made = 0;
    gathering g;

    if (!test_control_begin(&t, "still"))
        return;
    open_log();
    hearing = test_control_listen(&t, NULL);
    CU_ASSERT(test_control_hears(hearing, TEST_PATIENCE));
    before = test_entries("/proc/self/fd");
    pthread_mutex_lock(&gate);
    g = gather(&t, 2000);
    CU_ASSERT(has_gathered(&g, 2 * TEST_PATIENCE, &made) && made == 2000);
    CU_ASSERT(test_control_hears(hearing, TEST_PATIENCE) && test_control_hears(hearing, TEST_PATIENCE));
    CU_ASSERT(test_entries("/proc/self/fd") - before < 3 * DN_PEERS);
    disperse(&g);
    CU_ASSERT(test_control_hears(hearing, TEST_PATIENCE) && test_control_hears(hearing, TEST_PATIENCE));
    CU_ASSERT_EQUAL(count_lines("too many"), 0);
    pthread_mutex_unlock(&gate);
    zsock_destroy(&hearing);
    test_control_end(&t, 0);
    CU_ASSERT_EQUAL(count_lines("too many"), 1);
    close_log();
}

/* The thread that touches files releases what it had, if it comes back. */
static void an_end_beside_a_log_that_stands_still(void)
{
    static const char set[] =
        "{\"protocol\":1,\"id\":\"s\",\"command\":\"set\",\"key\":\"checkpoint-every\",\"value\":\"9m\"}";
    test_control t;
    dn_control_options o = {
        .run_dir = t.dir, .stage = "s", .ranks = 1, .opt_patience_s = 0.3, .requests = &t.requests};
    zsock_t *s;

    if (!test_control_begin(&t, "end"))
        return;
    test_control_end(&t, 0);
    CU_ASSERT_EQUAL(dn_control_open(&o, &t.c, NULL), DN_OK);
    open_log();
    pthread_mutex_lock(&gate);
    s = test_control_call(&t, TEST_OWN_KEY);
    CU_ASSERT(answered(s, set, TEST_PATIENCE)); /* its log line is the one that stands still */
    zsock_destroy(&s);
    dn_control_close(&t.c, 0, "");
    CU_ASSERT(t.c == NULL && dn_alloc_live() > 0);
    CU_ASSERT_EQUAL(count_lines("stands still"), 1);
    CU_ASSERT_EQUAL(access(test_control_path(&t, "server.json"), F_OK), 0);
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < 2000 && dn_alloc_live() > 0; i++)
        zclock_sleep(10);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    CU_ASSERT_EQUAL(access(test_control_path(&t, "server.json"), F_OK), -1);
    CU_ASSERT_EQUAL(count_lines("command=set"), 1);
    close_log();
}

static void one_key_on_many_connections(void)
{
    enum { SOCKETS = 70, EACH = 3 };
    static zsock_t *s[SOCKETS];
    test_control t;
    int answers = 0;
    int64_t flooded = 0, begin;

    if (!test_control_begin(&t, "bucket"))
        return;
    begin = zclock_mono();
    for (int i = 0; i < SOCKETS; i++) {
        s[i] = test_control_call(&t, TEST_OWN_KEY);
        for (int k = 0; k < EACH; k++)
            (void)zmq_send(zsock_resolve(s[i]), status, sizeof status - 1, ZMQ_DONTWAIT);
    }
    do { /* who asks has a share of what the key may */
        zclock_sleep(1000);
        flooded = test_control_refused(&t, "flooded");
    } while (flooded <= 0 && zclock_mono() - begin < 2 * TEST_PATIENCE);
    for (int i = 0; i < SOCKETS; i++) {
        while (zsock_events(s[i]) & ZMQ_POLLIN) {
            zmsg_t *m = zmsg_recv(s[i]);
            answers += m != NULL;
            zmsg_destroy(&m);
        }
        zsock_destroy(&s[i]);
    }
    CU_ASSERT(flooded > 0);
    CU_ASSERT(answers >= 19 && answers <= 21 + 20 * (zclock_mono() - begin) / 1000);
    test_control_end(&t, 0);
}

/* ---- what is logged ---- */

static void the_log_says_who(void)
{
    static const char *const odd[] = {"x level=error event=gone", "a\\\"b", "x\\u009b2J", "tab\\t", ""};
    test_control t;
    zsock_t *s;
    char text[200];

    if (!test_control_begin(&t, "who"))
        return;
    open_log();
    s = test_control_call(&t, TEST_OWN_KEY);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        snprintf(text, sizeof text, "{\"protocol\":1,\"id\":\"%s\",\"command\":\"stop\"}", odd[i]);
        CU_ASSERT(!answered(s, text, TEST_PATIENCE));
    }
    CU_ASSERT_EQUAL(t.requests.control, 0);
    CU_ASSERT_EQUAL(count_lines("command="), 0);
    CU_ASSERT(answered(s, "{\"protocol\":1,\"id\":\"ctl-1:2.3_4\",\"command\":\"stop\"}", TEST_PATIENCE));
    zsock_destroy(&s);
    test_control_end(&t, 0);
    CU_ASSERT_EQUAL(count_lines("control: command command=stop id=ctl-1:2.3_4 by=client\n"), 1);
    close_log();
}

/* ---- who subscribes without end ---- */

static void subscriptions_have_an_end(void)
{
    test_control t;
    zsock_t *s, *other, *watch;
    char topic[32];

    if (!test_control_begin(&t, "topics"))
        return;
    other = test_control_listen(&t, NULL);
    s = test_control_listen(&t, NULL);
    CU_ASSERT(test_control_hears(s, TEST_PATIENCE) && test_control_hears(other, TEST_PATIENCE));
    watch = watch_losses(s);
    for (int i = 0; i < 1000; i++) {
        snprintf(topic, sizeof topic, "topic-%d", i);
        zsock_set_subscribe(s, topic);
    }
    CU_ASSERT(is_lost(watch));
    CU_ASSERT(disconnects(&watch, s) > 0);
    CU_ASSERT(test_control_refused(&t, "flooded") > 0);
    CU_ASSERT(test_control_hears(other, TEST_PATIENCE));
    zsock_destroy(&s);
    zsock_destroy(&other);
    test_control_end(&t, 0);
}

static const dn_test tests[] = {
    {"ten thousand connections", ten_thousand_connections},
    {"a log that stands still", a_log_that_stands_still},
    {"an end beside a log that stands still", an_end_beside_a_log_that_stands_still},
    {"one key on many connections", one_key_on_many_connections},
    {"the log says who", the_log_says_who},
    {"subscriptions have an end", subscriptions_have_an_end},
    {NULL, NULL}};

int main(int argc, char **argv)
{
    program = argv[0];
    warden = pthread_self();
    if (argc == 5 && strcmp(argv[1], "crowd") == 0)
        return crowd((int)strtol(argv[2], NULL, 10), (int)strtol(argv[3], NULL, 10),
                     (int)strtol(argv[4], NULL, 10));
    return test_main(argc, argv, "control_crowd", tests);
}
