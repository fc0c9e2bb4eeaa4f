/* control.h - a control plane without a job behind it, in a directory of its own, and clients of every kind
 *
 * One process, local.
 */
#ifndef DN_TEST_CONTROL_H
#define DN_TEST_CONTROL_H

#include <czmq.h>
#include "jobs/control/client.h"
#include "jobs/control/control.h"
#include "solvers/base/json.h"

typedef struct test_control {
    char dir[600];
    dn_requests requests;
    dn_control *c;
} test_control;

/* Open one in test_path(name), which is made. False, and a failed assertion, when it cannot be. */
bool test_control_begin(test_control *t, const char *name);
void test_control_end(test_control *t, int exit_code);

/* RUN/control/name of it, in one of four buffers in rotation. */
const char *test_control_path(const test_control *t, const char *name);

/* Long enough for whatever must come at last, on a busy machine, too; ms. */
enum { TEST_PATIENCE = 20000 };

/* What its server.json says, for dn_json_destroy(); NULL, and a failed assertion: nothing. */
dn_json *test_control_server(const test_control *t);

/* The port of an address there, "commands" or "events"; 1, at which nobody listens, and a failed assertion:
 * there is none. */
int test_control_port(const test_control *t, const char *which);

/* A public key that may connect from now on, as a file of the allow-list of that name and mode. */
void test_control_allow(const test_control *t, const char *name, const char *key, mode_t mode);

/* What a counter of "refused" says now, asked by a client of its own; -1: no answer. */
int64_t test_control_refused(const test_control *t, const char *counter);

/* How a raw socket presents itself. */
typedef enum test_caller { TEST_OWN_KEY, TEST_NEW_KEY, TEST_WRONG_SERVER, TEST_PLAIN, TEST_NULL } test_caller;

/* A DEALER to the commands of it. */
zsock_t *test_control_call(const test_control *t, test_caller as);

/* The same at another address, which passes on. */
zsock_t *test_control_call_at(const test_control *t, test_caller as, const char *opt_at);

/* The next answer within ms, for dn_json_destroy(); NULL: none. */
dn_json *test_control_answer(zsock_t *caller, int ms);

/* Send bytes as one frame, and the answer to it as above. */
dn_json *test_control_ask(zsock_t *caller, const char *bytes, size_t len, int ms);

/* A SUB to the events of it, which asks for d1.status; with the job's own certificate or another one. */
zsock_t *test_control_listen(const test_control *t, const char *opt_certificate);

/* Whether an event comes within ms. */
bool test_control_hears(zsock_t *listener, int ms);

/* A new pair of keys: the certificate for clients, in test_path(name), and its public part. */
const char *test_control_new_key(const char *name, char *out_public);

#endif
