/* control_messages.c - libFuzzer target: what a client reads of a job may be anything. The first byte says
 * what the rest is: server.json, or heartbeat.json beside a sound server.json, which give a state or an
 * error; or events one after another, lines of a kind and an object, which are folded into what watch shows
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "jobs/control/client.h"
#include "jobs/watch/state.h"
#include "solvers/base/alloc.h"
#include "tests/fuzz/seeds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

#define SERVER                                                                                     \
    "{\"protocol\":1,\"events\":\"tcp://127.0.0.1:41234\",\"commands\":\"tcp://127.0.0.1:41235\"," \
    "\"server_key\":\"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\",\"host\":\"node1\",\"pid\":1234," \
    "\"stage\":\"train gener\",\"job_id\":null,\"restart\":0,\"ranks\":4,"                         \
    "\"started_utc\":\"2026-02-03T10:11:12.345Z\"}"
#define STATUS                                                                                          \
    "{\"protocol\":1,\"seq\":4,\"t\":\"2026-02-03T10:11:13.345Z\",\"state\":\"saved\",\"exit\":75,"     \
    "\"stage\":\"train gener\",\"started_utc\":\"2026-02-03T10:11:12.345Z\",\"epoch\":3,\"epochs\":20," \
    "\"step\":7,\"steps\":90,\"done\":9000,\"total\":100000,\"unit\":\"pairs\",\"loss\":0.5,"           \
    "\"metrics\":{\"validation_auroc\":0.9},\"per_second\":120.5,\"eta_s\":90,\"elapsed_s\":10,"        \
    "\"checkpoint\":{\"utc\":\"2026-02-03T10:11:12.345Z\",\"path\":\"a/b\",\"seconds\":1,"              \
    "\"reason\":\"stop\"},\"refused\":{\"plain\":2},\"ranks\":[{\"rank\":0,\"host\":\"a\","             \
    "\"compute_ms\":3,\"wait_ms\":1,\"memory_mb\":90},{\"rank\":1,\"host\":\"b\",\"compute_ms\":4}]}"

static const char *const seeds[] = {
    "0" SERVER, "1" STATUS,
    "2server\t" SERVER "\nstatus\t" STATUS "\nend\t{\"protocol\":1,\"exit\":75,\"text\":\"stopped\"}\n",
    "2status\t" STATUS "\nepoch\t{\"epoch\":1,\"train_loss\":0.4,\"validation_auroc\":null,\"best\":true}\n"
    "epoch\t{\"epoch\":1,\"train_loss\":0.3}\nlog\t{\"level\":\"warn\",\"module\":\"a\",\"text\":\"b\"}\n"};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return fuzz_mutate(seeds, sizeof seeds / sizeof *seeds, data, size, most, seed);
}

/* ---- the files ---- */

static char dir[] = "/tmp/dragnet-fuzz-XXXXXX";

static void leave_nothing(void)
{
    static const char *const made[] = {"/control/server.json", "/control/heartbeat.json", "/control", ""};
    char path[96];

    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        snprintf(path, sizeof path, "%s%s", dir, made[i]);
        (void)remove(path);
    }
}

static const char *run_dir(void)
{
    static int made;
    char path[64];

    if (!made) {
        if (mkdtemp(dir) == NULL)
            abort();
        snprintf(path, sizeof path, "%s/control", dir);
        if (mkdir(path, 0700) != 0 || atexit(leave_nothing) != 0)
            abort();
        made = 1;
    }
    return dir;
}

static void put(const char *name, const void *bytes, size_t size)
{
    char path[96];
    FILE *f;

    snprintf(path, sizeof path, "%s/control/%s", run_dir(), name);
    f = fopen(path, "wb");
    if (f == NULL || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
        abort();
}

#define IS_CUT(text) (memchr(text, '\0', sizeof(text)) != NULL)

static void look(const uint8_t *data, size_t size, int heartbeat)
{
    dn_error err = DN_ERROR_INIT;
    dn_run_state s;
    dn_client *client = NULL;
    dn_status st;

    put("server.json", heartbeat ? (const void *)SERVER : data, heartbeat ? strlen(SERVER) : size);
    put("heartbeat.json", heartbeat ? data : (const void *)STATUS, heartbeat ? size : strlen(STATUS));
    st = dn_client_look(run_dir(), &s, &err);
    if (st == DN_OK) {
        if (!IS_CUT(s.state) || !IS_CUT(s.when) || !IS_CUT(s.host) || !IS_CUT(s.started) ||
            (!isnan(s.age) && s.age > 3600))
            abort();
    } else if ((err.code != DN_EDATA && err.code != DN_ENOINPUT) || strchr(err.text, '\n') != NULL)
        abort();
    if (!heartbeat && dn_client_open(run_dir(), NULL, &client, NULL) == DN_OK)
        abort(); /* there is no key */
}

/* ---- events ---- */

static void check_state(const dn_watch_state *s)
{
    const dn_watch_rank *slowest = dn_watch_slowest(s);
    double share = dn_watch_share(s);

    if (s->n_stages < 0 || s->n_stages > DN_WATCH_STAGES || s->n_losses < 0 ||
        s->n_losses > DN_WATCH_LOSSES || s->n_logs < 0 || s->n_logs > DN_WATCH_LOGS || s->n_ranks < 0 ||
        s->n_ranks > DN_WATCH_MOST || s->n_epochs < 0 || s->n_epochs > DN_WATCH_MOST)
        abort();
    if (!isnan(share) && !(share >= 0 && share <= 1))
        abort();
    if (slowest != NULL && (s->n_ranks < 2 || slowest < s->rank || slowest >= s->rank + s->n_ranks))
        abort();
    for (int64_t i = 1; i < s->n_epochs; i++)
        if (s->epochs_done[i].epoch <= s->epochs_done[i - 1].epoch)
            abort();
    if (!IS_CUT(s->host) || !IS_CUT(s->said) || !IS_CUT(s->end) || !IS_CUT(s->checkpoint_path))
        abort();
}

static void fold(const char *text, size_t size)
{
    dn_watch_state *s = NULL;
    char kind[16];

    if (dn_watch_create("run", &s, NULL) != DN_OK)
        abort();
    for (const char *at = text, *end = text + size; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        const char *tab = memchr(at, '\t', (size_t)(stop - at));
        dn_json *json = NULL;

        if (tab != NULL && (size_t)(tab - at) < sizeof kind &&
            dn_json_read("event", tab + 1, (size_t)(stop - tab - 1), &json, NULL) == DN_OK) {
            memcpy(kind, at, (size_t)(tab - at));
            kind[tab - at] = '\0';
            if (dn_watch_fold(s, kind, json, NULL) != DN_OK)
                abort();
            check_state(s);
        }
        dn_json_destroy(&json);
        at = stop + 1;
    }
    dn_watch_destroy(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 16 == 0) /* each opens some files: that takes most of the time */
        look(data + 1, size - 1, 0);
    else if (data[0] % 16 == 1)
        look(data + 1, size - 1, 1);
    else
        fold((const char *)data + 1, size - 1);
    if (dn_alloc_live() != 0)
        abort();
    return 0;
}
