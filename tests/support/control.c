/* control.c - a control plane without a job behind it; see control.h */
#include "tests/support/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "solvers/base/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

bool test_control_begin(test_control *t, const char *name)
{
    dn_error err = DN_ERROR_INIT;
    dn_control_options o = {.run_dir = t->dir, .stage = "train test", .ranks = 3, .requests = &t->requests};

    memset(t, 0, sizeof *t);
    snprintf(t->dir, sizeof t->dir, "%s", test_path(name));
    (void)mkdir(t->dir, 0700);
    dn_request_start(&t->requests);
    CU_ASSERT_EQUAL(dn_control_open(&o, &t->c, &err), DN_OK);
    if (t->c == NULL)
        fprintf(stderr, "# %s\n", err.text);
    return t->c != NULL;
}

void test_control_end(test_control *t, int exit_code)
{
    dn_control_close(&t->c, exit_code, "");
    CU_ASSERT_PTR_NULL(t->c);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

const char *test_control_path(const test_control *t, const char *name)
{
    static char path[4][800];
    static int at;

    at = (at + 1) % 4;
    snprintf(path[at], sizeof path[at], "%s/control%s%s", t->dir, name[0] != '\0' ? "/" : "", name);
    return path[at];
}

dn_json *test_control_server(const test_control *t)
{
    char text[2048] = "";
    dn_json *json = NULL;
    FILE *f = fopen(test_control_path(t, "server.json"), "r");

    CU_ASSERT_PTR_NOT_NULL(f);
    if (f != NULL) {
        size_t n = fread(text, 1, sizeof text - 1, f);
        fclose(f);
        CU_ASSERT_EQUAL(dn_json_read("server.json", text, n, &json, NULL), DN_OK);
    }
    return json;
}

int test_control_port(const test_control *t, const char *which)
{
    dn_json *server = test_control_server(t);
    const char *at = dn_json_to_string(dn_json_get(server, which));
    const char *colon = at != NULL ? strrchr(at, ':') : NULL;
    int port = colon != NULL ? (int)strtol(colon + 1, NULL, 10) : 1;

    CU_ASSERT_PTR_NOT_NULL(colon);
    dn_json_destroy(&server);
    return port;
}

void test_control_allow(const test_control *t, const char *name, const char *key, mode_t mode)
{
    char file[80], line[60];

    snprintf(file, sizeof file, "allowed/%s.pub", name);
    snprintf(line, sizeof line, "%s\n", key);
    test_put(test_control_path(t, file), line, mode);
}

zsock_t *test_control_call(const test_control *t, test_caller as)
{
    return test_control_call_at(t, as, NULL);
}

zsock_t *test_control_call_at(const test_control *t, test_caller as, const char *opt_at)
{
    dn_json *server = test_control_server(t);
    const char *key = dn_json_to_string(dn_json_get(server, "server_key"));
    const char *at = dn_json_to_string(dn_json_get(server, "commands"));
    zcert_t *own = zcert_load(test_control_path(t, "client.secret")), *fresh = zcert_new();
    zsock_t *s = zsock_new(ZMQ_DEALER);

    CU_ASSERT(server != NULL && key != NULL && at != NULL && own != NULL && s != NULL);
    if (s != NULL && key != NULL && at != NULL && own != NULL) {
        zsock_set_linger(s, 0);
        if (as == TEST_PLAIN) {
            zsock_set_plain_username(s, "user");
            zsock_set_plain_password(s, "password");
        } else if (as != TEST_NULL) {
            zcert_apply(as == TEST_NEW_KEY ? fresh : own, s);
            zsock_set_curve_serverkey(s, as == TEST_WRONG_SERVER ? zcert_public_txt(fresh) : key);
        }
        CU_ASSERT_EQUAL(zsock_connect(s, "%s", opt_at != NULL ? opt_at : at), 0);
    }
    zcert_destroy(&own);
    zcert_destroy(&fresh);
    dn_json_destroy(&server);
    return s;
}

dn_json *test_control_answer(zsock_t *caller, int ms)
{
    dn_json *json = NULL;
    zframe_t *f;

    zsock_set_rcvtimeo(caller, ms);
    f = zframe_recv(caller);
    if (f != NULL)
        CU_ASSERT_EQUAL(dn_json_read("answer", (const char *)zframe_data(f), zframe_size(f), &json, NULL),
                        DN_OK);
    zframe_destroy(&f);
    return json;
}

dn_json *test_control_ask(zsock_t *caller, const char *bytes, size_t len, int ms)
{
    (void)zmq_send(zsock_resolve(caller), bytes, len, ZMQ_DONTWAIT);
    return test_control_answer(caller, ms);
}

zsock_t *test_control_listen(const test_control *t, const char *opt_certificate)
{
    dn_json *server = test_control_server(t);
    zcert_t *own =
        zcert_load(opt_certificate != NULL ? opt_certificate : test_control_path(t, "client.secret"));
    zsock_t *s = zsock_new(ZMQ_SUB);

    CU_ASSERT(own != NULL && server != NULL && s != NULL);
    if (own != NULL && server != NULL && s != NULL) {
        zcert_apply(own, s);
        zsock_set_linger(s, 0);
        zsock_set_curve_serverkey(s, dn_json_to_string(dn_json_get(server, "server_key")));
        zsock_set_subscribe(s, "d1.status");
        CU_ASSERT_EQUAL(zsock_connect(s, "%s", dn_json_to_string(dn_json_get(server, "events"))), 0);
    }
    zcert_destroy(&own);
    dn_json_destroy(&server);
    return s;
}

bool test_control_hears(zsock_t *listener, int ms)
{
    zmsg_t *m;
    bool heard;

    zsock_set_rcvtimeo(listener, ms);
    m = zmsg_recv(listener);
    heard = m != NULL;
    if (heard) { /* one frame, see PROTOCOL.md */
        CU_ASSERT_EQUAL(zmsg_size(m), 1);
        CU_ASSERT(zframe_size(zmsg_first(m)) > 12 && memcmp(zframe_data(zmsg_first(m)), "d1.", 3) == 0);
        CU_ASSERT_PTR_NOT_NULL(memchr(zframe_data(zmsg_first(m)), '{', 12));
    }
    zmsg_destroy(&m);
    return heard;
}

int64_t test_control_refused(const test_control *t, const char *counter)
{
    static const char ask[] = "{\"protocol\":1,\"id\":\"count\",\"command\":\"status\"}";
    zsock_t *s = test_control_call(t, TEST_OWN_KEY);
    dn_json *a = test_control_ask(s, ask, sizeof ask - 1, 10000);
    const dn_json *refused = dn_json_get(dn_json_get(a, "result"), "refused");
    int64_t n = refused != NULL ? dn_json_to_int(dn_json_get(refused, counter)) : -1;

    dn_json_destroy(&a);
    zsock_destroy(&s);
    return n;
}

const char *test_control_new_key(const char *name, char *out_public)
{
    const char *path = test_path(name);
    char secret[41];
    FILE *f = fopen(path, "w");

    CU_ASSERT(f != NULL && zmq_curve_keypair(out_public, secret) == 0);
    if (f != NULL) {
        fprintf(f, "metadata\ncurve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n", out_public, secret);
        fclose(f);
    }
    return path;
}
