/* zeromq_check.c - a round of questions over CURVE; see zeromq_check.h */
#include "jobs/control/zeromq_check.h"

#include <czmq.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 101, ANSWER_MS = 5000, PLAIN_MS = 300 };

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* One question and its answer, both over the same thread. Fails where one of them does not come. */
static dn_status ask(zsock_t *server, zsock_t *client, dn_error *err)
{
    dn_status st = DN_OK;
    zframe_t *from = NULL;
    char *question = NULL, *answer = NULL;

    if (zstr_send(client, "question") != 0 || zsock_recv(server, "fs", &from, &question) != 0 ||
        strcmp(question, "question") != 0)
        DN_FAIL(DN_EUNAVAILABLE, "a question over CURVE on 127.0.0.1 did not arrive: %s",
                zmq_strerror(errno));
    if (zsock_send(server, "fs", from, "answer") != 0)
        DN_FAIL(DN_EUNAVAILABLE, "an answer over CURVE cannot be sent: %s", zmq_strerror(errno));
    answer = zstr_recv(client);
    if (answer == NULL || strcmp(answer, "answer") != 0)
        DN_FAIL(DN_EUNAVAILABLE, "an answer over CURVE on 127.0.0.1 did not arrive: %s", zmq_strerror(errno));
out:
    zframe_destroy(&from);
    zstr_free(&question);
    zstr_free(&answer);
    return st;
}

static dn_status rounds(zsock_t *server, zsock_t *client, double *out_us, dn_error *err)
{
    dn_status st = DN_OK;
    double us[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        int64_t begin = zclock_usecs();

        DN_TRY(ask(server, client, err));
        us[i] = (double)(zclock_usecs() - begin);
    }
    qsort(us, ROUNDS, sizeof *us, by_size);
    *out_us = us[ROUNDS / 2];
out:
    return st;
}

/* A question without keys must not get through. */
static dn_status plain(zsock_t *server, const char *endpoint, dn_error *err)
{
    dn_status st = DN_OK;
    zsock_t *client = zsock_new_dealer(endpoint);
    zmsg_t *heard = NULL;

    if (client == NULL)
        DN_FAIL(DN_EUNAVAILABLE, "no socket of ZeroMQ: %s", zmq_strerror(errno));
    zsock_set_linger(client, 0);
    zstr_send(client, "question");
    zsock_set_rcvtimeo(server, PLAIN_MS);
    heard = zmsg_recv(server);
    if (heard != NULL)
        DN_FAIL(DN_ECONFIG, "a client without keys was heard");
out:
    zmsg_destroy(&heard);
    zsock_destroy(&client);
    return st;
}

dn_status dn_zeromq_check(double *out_us, dn_error *err)
{
    dn_status st = DN_OK;
    zsock_t *server = NULL, *client = NULL;
    zcert_t *key = NULL, *own = NULL;

    *out_us = 0;
    if (!zsys_has_curve())
        DN_FAIL(DN_EUNAVAILABLE, "libzmq was built without CURVE");
    zsys_handler_set(NULL); /* signals are ours */
    key = zcert_new();
    own = zcert_new();
    server = zsock_new(ZMQ_ROUTER);
    client = zsock_new(ZMQ_DEALER);
    if (key == NULL || own == NULL || server == NULL || client == NULL)
        DN_FAIL(DN_EUNAVAILABLE, "no keys or no socket of ZeroMQ: %s", zmq_strerror(errno));
    zcert_apply(key, server);
    zsock_set_curve_server(server, 1);
    zsock_set_linger(client, 0);
    zsock_set_rcvtimeo(server, ANSWER_MS);
    zsock_set_rcvtimeo(client, ANSWER_MS);
    if (zsock_bind(server, "tcp://127.0.0.1:*") < 0)
        DN_FAIL(DN_EUNAVAILABLE, "ZeroMQ finds no port on 127.0.0.1: %s", zmq_strerror(errno));
    zcert_apply(own, client);
    zsock_set_curve_serverkey(client, zcert_public_txt(key));
    if (zsock_connect(client, "%s", zsock_endpoint(server)) != 0)
        DN_FAIL(DN_EUNAVAILABLE, "ZeroMQ cannot connect to 127.0.0.1: %s", zmq_strerror(errno));
    DN_TRY(rounds(server, client, out_us, err));
    DN_TRY(plain(server, zsock_endpoint(server), err));
out:
    zsock_destroy(&client);
    zsock_destroy(&server);
    zcert_destroy(&own);
    zcert_destroy(&key);
    return st;
}
