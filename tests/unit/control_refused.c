/* control_refused.c - tests of jobs/control: who and what is refused, that it is counted, and that the job's
 * own client is answered all the while
 */
#include "tests/support/control.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "tests/support/test.h"

static const char status[] = "{\"protocol\":1,\"id\":\"q\",\"command\":\"status\"}";
static const char stop[] = "{\"protocol\":1,\"id\":\"q\",\"command\":\"stop\"}";

/* Whether a counter comes to be more than that. */
static bool counts_beyond(const test_control *t, const char *counter, int64_t before)
{
    int64_t begin = zclock_mono();

    while (test_control_refused(t, counter) <= before && zclock_mono() - begin < TEST_PATIENCE)
        zclock_sleep(100);
    return test_control_refused(t, counter) > before;
}

/* Nobody answers such a caller, and nothing that it asks for is done. */
static void stays_out(const test_control *t, test_caller as, const char *counter)
{
    int64_t before = test_control_refused(t, counter);
    zsock_t *s = test_control_call(t, as);
    dn_json *a = test_control_ask(s, stop, sizeof stop - 1, 700);

    CU_ASSERT_PTR_NULL(a);
    CU_ASSERT_EQUAL(t->requests.control, 0);
    CU_ASSERT(before >= 0 && counts_beyond(t, counter, before));
    dn_json_destroy(&a);
    zsock_destroy(&s);
}

static void strangers_stay_out(void)
{
    test_control t;
    char key[41];
    dn_client *client = NULL;
    char *answer = NULL;

    if (!test_control_begin(&t, "strangers"))
        return;
    stays_out(&t, TEST_NEW_KEY, "wrong_key");
    stays_out(&t, TEST_WRONG_SERVER, "wrong_key");
    stays_out(&t, TEST_NULL, "plain");
    stays_out(&t, TEST_PLAIN, "plain");
    CU_ASSERT_EQUAL(dn_client_open(t.dir, test_control_new_key("stranger", key), &client, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_client_ask(client, status, TEST_PATIENCE, &answer, NULL, NULL), DN_ENOPERM);
    CU_ASSERT_PTR_NULL(answer);
    dn_client_close(&client);
    test_control_end(&t, 0);
}

static dn_status ask_as(const test_control *t, const char *certificate)
{
    dn_client *client = NULL;
    char *answer = NULL;
    dn_status st = dn_client_open(t->dir, certificate, &client, NULL);

    if (st == DN_OK)
        st = dn_client_ask(client, status, TEST_PATIENCE, &answer, NULL, NULL);
    dn_free(answer);
    dn_client_close(&client);
    return st;
}

static void a_revoked_key_is_cut(void)
{
    test_control t;
    char key[41], certificate[600], *answer = NULL, *topic = NULL, *json = NULL;
    dn_client *friend = NULL, *own = NULL;
    dn_status st = DN_OK;

    if (!test_control_begin(&t, "revoked"))
        return;
    snprintf(certificate, sizeof certificate, "%s", test_control_new_key("colleague", key));
    test_control_allow(&t, "open", key, 0666); /* anybody could have written it */
    CU_ASSERT_EQUAL(ask_as(&t, certificate), DN_ENOPERM);
    test_control_allow(&t, "colleague", key, 0644);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, certificate, &friend, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_client_open(t.dir, NULL, &own, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_client_ask(friend, status, TEST_PATIENCE, &answer, NULL, NULL), DN_OK);
    dn_free(answer);
    CU_ASSERT_EQUAL(dn_client_next(friend, TEST_PATIENCE, &topic, &json, NULL), DN_OK);
    CU_ASSERT_PTR_NOT_NULL(topic); /* it listens, too */
    dn_free(topic);
    dn_free(json);
    CU_ASSERT_EQUAL(unlink(test_control_path(&t, "allowed/colleague.pub")), 0);
    CU_ASSERT_NOT_EQUAL(dn_client_ask(friend, stop, 500, &answer, NULL, NULL), DN_OK); /* at once */
    CU_ASSERT_EQUAL(t.requests.control, 0);
    for (int i = 0; i < 100 && st == DN_OK; i++) { /* what came before the cut */
        st = dn_client_next(friend, TEST_PATIENCE / 100, &topic, &json, NULL);
        dn_free(topic);
        dn_free(json);
    }
    CU_ASSERT_EQUAL(st, DN_ENOPERM);
    CU_ASSERT_EQUAL(dn_client_ask(own, status, TEST_PATIENCE, &answer, NULL, NULL), DN_OK); /* comes back */
    dn_free(answer);
    CU_ASSERT(counts_beyond(&t, "wrong_key", 0));
    dn_client_close(&friend);
    dn_client_close(&own);
    test_control_end(&t, 0);
}

/* The error of an answer holds these words. */
static bool refused_with(zsock_t *s, const char *text, size_t len, const char *words)
{
    dn_json *a = test_control_ask(s, text, len, TEST_PATIENCE);
    const char *error = dn_json_to_string(dn_json_get(a, "error"));
    bool right = error != NULL && !dn_json_to_bool(dn_json_get(a, "ok")) && strstr(error, words) != NULL;

    if (!right)
        fprintf(stderr, "# wanted '%s', got '%s'\n", words, error != NULL ? error : "no answer");
    dn_json_destroy(&a);
    return right;
}

static void what_is_no_command(void)
{
    static const char version[] = "{\"protocol\":9,\"id\":\"q\",\"command\":\"stop\"}";
    static const char none[] = "{\"id\":\"q\",\"command\":\"stop\"}";
    static const char no_id[] = "{\"protocol\":1,\"command\":\"stop\"}";
    static char large[70000];
    test_control t;
    zsock_t *s;
    dn_json *a;

    if (!test_control_begin(&t, "malformed"))
        return;
    s = test_control_call(&t, TEST_OWN_KEY);
    CU_ASSERT(
        refused_with(s, version, sizeof version - 1, "protocol 9 is not spoken here, this job speaks 1"));
    CU_ASSERT(refused_with(s, none, sizeof none - 1, "\"protocol\" is missing"));
    CU_ASSERT(refused_with(s, no_id, sizeof no_id - 1, "\"id\" is missing"));
    CU_ASSERT(refused_with(s, "", 0, "no JSON object"));
    CU_ASSERT(refused_with(s, "[1]", 3, "no JSON object"));
    CU_ASSERT(refused_with(s, stop, sizeof stop, "no JSON object")); /* with its NUL */
    memset(large, ' ', sizeof large);
    memcpy(large, stop, sizeof stop - 1);
    CU_ASSERT(refused_with(s, large, 4097, "at most 4096 bytes"));
    memset(large, '[', 4096); /* as deep as it goes */
    CU_ASSERT(refused_with(s, large, 4096, "no JSON object"));
    (void)zmq_send(zsock_resolve(s), stop, sizeof stop - 1, ZMQ_SNDMORE);
    CU_ASSERT(refused_with(s, stop, sizeof stop - 1, "one frame"));
    CU_ASSERT_EQUAL(t.requests.control, 0);
    CU_ASSERT_EQUAL(test_control_refused(&t, "unknown_version"), 1);
    CU_ASSERT_EQUAL(test_control_refused(&t, "oversized"), 1);
    CU_ASSERT_EQUAL(test_control_refused(&t, "malformed"), 7);
    memcpy(large, stop, sizeof stop - 1); /* so large that the connection is cut */
    a = test_control_ask(s, large, sizeof large, 500);
    CU_ASSERT(a == NULL && t.requests.control == 0);
    zsock_destroy(&s);
    test_control_end(&t, 0);
}

static void floods_are_dropped(void)
{
    enum { ALL = 500 };
    test_control t;
    zsock_t *s;
    int64_t begin, flooded = 0;
    int answers = 0;
    dn_json *a;

    if (!test_control_begin(&t, "flood"))
        return;
    s = test_control_call(&t, TEST_OWN_KEY);
    begin = zclock_mono();
    for (int i = 0; i < ALL; i++)
        (void)zmq_send(zsock_resolve(s), status, sizeof status - 1, ZMQ_DONTWAIT);
    while (answers + flooded < ALL && zclock_mono() - begin < 2 * TEST_PATIENCE) {
        while ((a = test_control_answer(s, 1000)) != NULL) {
            answers++;
            dn_json_destroy(&a);
        }
        flooded = test_control_refused(&t, "flooded");
    }
    CU_ASSERT_EQUAL(answers + flooded, ALL);
    CU_ASSERT(answers >= 20 && answers <= 21 + 20 * (zclock_mono() - begin) / 1000);
    zsock_destroy(&s);
    test_control_end(&t, 0);
}

/* Commands with some bytes changed; whatever comes of it, no stop does. Many more of them: tests/fuzz. */
static void odd_frames_are_harmless(void)
{
    test_control t;
    uint32_t x = 12345;
    zsock_t *s;

    if (!test_control_begin(&t, "odd"))
        return;
    s = test_control_call(&t, TEST_OWN_KEY);
    for (int i = 0; i < 60; i++) {
        char bytes[sizeof status];
        memcpy(bytes, status, sizeof status);
        for (int k = 0; k <= i % 5; k++) {
            x = x * 1664525u + 1013904223u;
            bytes[(x >> 16) % (sizeof status - 1)] = (char)(x >> 8);
        }
        (void)zmq_send(zsock_resolve(s), bytes, (x >> 4) % sizeof status, ZMQ_DONTWAIT);
        zclock_sleep(i < 15 ? 0 : 50); /* as often as one key may */
    }
    CU_ASSERT(counts_beyond(&t, "malformed", 10)); /* a busy machine may take the rest for a flood */
    zsock_destroy(&s);
    CU_ASSERT_EQUAL(dn_request_look(&test_comm, &t.requests), 0);
    test_control_end(&t, 0);
}

/* ---- a message that was recorded on the way ---- */

enum { RECORDED = 1 << 16 };

typedef struct recorder {
    int listening, port, job; /* port: of the job */
    char bytes[RECORDED];     /* what the client has sent */
    size_t n;
} recorder;

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

static int connect_to(int port)
{
    struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CU_ASSERT_EQUAL(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Between one client and the job, until one of them closes. */
static void *pass_on(void *context)
{
    recorder *r = context;
    int client = accept(r->listening, NULL, NULL), job = connect_to(r->port);
    struct pollfd both[] = {{.fd = client, .events = POLLIN}, {.fd = job, .events = POLLIN}};
    char piece[4096];

    for (;;) {
        (void)poll(both, 2, -1);
        for (int i = 0; i < 2; i++) {
            ssize_t n = both[i].revents != 0 ? read(both[i].fd, piece, sizeof piece) : -1;
            if (both[i].revents != 0 && n <= 0) {
                close(client);
                close(job);
                return NULL;
            }
            if (i == 0 && n > 0 && r->n + (size_t)n <= RECORDED) {
                memcpy(r->bytes + r->n, piece, (size_t)n);
                r->n += (size_t)n;
            }
            if (n > 0)
                (void)!write(both[1 - i].fd, piece, (size_t)n);
        }
    }
}

static void a_recorded_command_is_worth_nothing(void)
{
    static recorder r;
    struct sockaddr_in at = loopback(0);
    socklen_t len = sizeof at;
    test_control t;
    pthread_t passing;
    zsock_t *s;
    dn_json *a;
    char path[64], piece[4096];
    int64_t refused = 0;
    int fd;

    if (!test_control_begin(&t, "replay"))
        return;
    r.port = test_control_port(&t, "commands");
    r.listening = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT(bind(r.listening, (const struct sockaddr *)&at, sizeof at) == 0 &&
              listen(r.listening, 1) == 0 && getsockname(r.listening, (struct sockaddr *)&at, &len) == 0);
    CU_ASSERT_EQUAL(pthread_create(&passing, NULL, pass_on, &r), 0);
    snprintf(path, sizeof path, "tcp://127.0.0.1:%d", ntohs(at.sin_port));
    s = test_control_call_at(&t, TEST_OWN_KEY, path);
    a = test_control_ask(s, stop, sizeof stop - 1, TEST_PATIENCE);
    CU_ASSERT(dn_json_to_bool(dn_json_get(a, "ok")));
    CU_ASSERT_EQUAL(t.requests.control, 1);
    dn_json_destroy(&a);
    zsock_destroy(&s);
    pthread_join(passing, NULL);
    close(r.listening);
    CU_ASSERT(r.n > 300);
    t.requests.control = 0;
    for (int pieces = 0; pieces < 2; pieces++) { /* at once; and step by step, as the answers come */
        fd = connect_to(r.port);
        (void)fcntl(fd, F_SETFL, O_NONBLOCK);
        for (size_t from = 0; from < r.n; from += pieces ? 64 : r.n) {
            size_t most = pieces ? 64 : r.n;
            (void)send(fd, r.bytes + from, r.n - from < most ? r.n - from : most, MSG_NOSIGNAL);
            zclock_sleep(20);
            (void)!read(fd, piece, sizeof piece);
        }
        zclock_sleep(300);
        CU_ASSERT_EQUAL(t.requests.control, 0);
        close(fd);
    }
    for (int i = 0; i < 100 && refused == 0; i++) {
        zclock_sleep(i > 0 ? TEST_PATIENCE / 100 : 0);
        refused = test_control_refused(&t, "wrong_key") + test_control_refused(&t, "malformed");
    }
    CU_ASSERT(refused > 0);
    test_control_end(&t, 75);
}

/* ---- who asks the allow-list oddly ---- */

/* The verdict on a request of this many frames, in this domain. */
static void zap_asks(const char *domain, int frames, const char *verdict)
{
    static const char *const part[] = {
        "1.0", "7", NULL, "127.0.0.1", "", "CURVE", "01234567890123456789012345678901", "more"};
    zsock_t *s = zsock_new(ZMQ_REQ);
    zmsg_t *m = zmsg_new();
    char *got = NULL;

    zsock_set_linger(s, 0);
    zsock_set_rcvtimeo(s, TEST_PATIENCE);
    CU_ASSERT_EQUAL(zsock_connect(s, "inproc://zeromq.zap.01"), 0);
    for (int i = 0; i < frames; i++)
        zmsg_addstr(m, i == 2 ? domain : part[i]);
    zmsg_send(&m, s);
    m = zmsg_recv(s);
    for (int i = 0; m != NULL && i < 3; i++) {
        zstr_free(&got);
        got = zmsg_popstr(m);
    }
    CU_ASSERT(got != NULL && strcmp(got, verdict) == 0);
    zstr_free(&got);
    zmsg_destroy(&m);
    zsock_destroy(&s);
}

static void odd_questions_to_the_allow_list(void)
{
    test_control t;

    if (!test_control_begin(&t, "zap"))
        return;
    for (int frames = 1; frames <= 8; frames++)
        zap_asks("dragnet", frames, "400");
    zap_asks("elsewhere", 7, "400");
    CU_ASSERT_EQUAL(test_control_refused(&t, "malformed"), 8); /* 1 to 6 frames, 8 frames, the other domain */
    CU_ASSERT_EQUAL(test_control_refused(&t, "wrong_key"), 1); /* the seven of a CURVE request */
    test_control_end(&t, 0);
}

static const dn_test tests[] = {{"strangers stay out", strangers_stay_out},
                                {"a revoked key is cut", a_revoked_key_is_cut},
                                {"what is no command", what_is_no_command},
                                {"floods are dropped", floods_are_dropped},
                                {"odd frames are harmless", odd_frames_are_harmless},
                                {"a recorded command is worth nothing", a_recorded_command_is_worth_nothing},
                                {"odd questions to the allow-list", odd_questions_to_the_allow_list},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "control_refused", tests);
}
