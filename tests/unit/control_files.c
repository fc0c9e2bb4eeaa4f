/* control_files.c - tests of jobs/control/control_files and keys: descriptors, modes, folders that are moved
 * away or cannot be read, keys that do not count, what a start leaves to the next
 */
#include "jobs/control/control_files.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "jobs/control/keys.h"
#include "jobs/control/protocol.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/base/text.h"
#include "tests/support/control.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

static int warnings; /* log lines of level warn */
static char last_warning[400];

static void count_warnings(void *ctx, dn_log_level level, const char *area, const char *event,
                           const char *fields)
{
    (void)ctx;
    (void)area;
    if (level == DN_WARN) {
        warnings++;
        snprintf(last_warning, sizeof last_warning, "%s %s", event, fields);
    }
}

/* A new run directory of this mode, in a buffer until the next. */
static const char *new_run(const char *name, mode_t mode)
{
    static char dir[600];

    snprintf(dir, sizeof dir, "%s", test_path(name));
    CU_ASSERT_EQUAL(mkdir(dir, 0700), 0);
    CU_ASSERT_EQUAL(chmod(dir, mode), 0);
    return dir;
}

static char *text_of(const char *path)
{
    static char text[2048];
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;

    text[n] = '\0';
    if (f != NULL)
        fclose(f);
    return text;
}

/* ---- writing ---- */

static void a_full_disk_takes_no_descriptor(void)
{
    dn_control_files f;
    char text[4096];
    struct rlimit before, small;
    dn_error err = DN_ERROR_INIT;
    int open_before;

    signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL(dn_control_files_open(new_run("full", 0700), true, &f, &err), DN_OK);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CU_ASSERT_EQUAL(dn_control_write(&f, "heartbeat.json", "before", &err), DN_OK);
    CU_ASSERT_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    open_before = test_entries("/proc/self/fd");
    small = (struct rlimit){.rlim_cur = 1000, .rlim_max = before.rlim_max};
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 200; i++) {
        err = (dn_error)DN_ERROR_INIT;
        CU_ASSERT_EQUAL(dn_control_write(&f, "heartbeat.json", text, &err), DN_ECANTCREAT);
    }
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    CU_ASSERT_EQUAL(test_entries("/proc/self/fd"), open_before);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "heartbeat.json: cannot be written: File too large"));
    CU_ASSERT_STRING_EQUAL(text_of(test_path("full/control/heartbeat.json")), "before");
    CU_ASSERT_EQUAL(access(test_path("full/control/heartbeat.json.part"), F_OK), -1);
    dn_control_files_close(&f);
}

static void files_are_as_open_as_the_run(void)
{
    dn_control_files f;
    const char *dir = new_run("modes", 0700);
    mode_t before = umask(077); /* whatever it is */

    CU_ASSERT_EQUAL(dn_control_files_open(dir, true, &f, NULL), DN_OK);
    for (int open = 0; open < 3; open++) { /* closed, opened while the job runs, closed again */
        int folder = open == 1 ? 0755 : 0700, file = open == 1 ? 0644 : 0600;

        CU_ASSERT_EQUAL(chmod(dir, open == 1 ? 0750 : 0700), 0);
        if (open == 0)
            CU_ASSERT_EQUAL(dn_control_write(&f, "server.json", "{}", NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_control_write(&f, "client.secret", "x", NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_control_write(&f, "allowed/a.pub", "x", NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_control_write(&f, "heartbeat.json", "{}", NULL), DN_OK);
        CU_ASSERT_EQUAL(test_mode(test_path("modes/control")), folder);
        CU_ASSERT_EQUAL(test_mode(test_path("modes/control/server.json")), file);
        CU_ASSERT_EQUAL(test_mode(test_path("modes/control/heartbeat.json")), file);
        CU_ASSERT_EQUAL(test_mode(test_path("modes/control/client.secret")), 0600);
        CU_ASSERT_EQUAL(test_mode(test_path("modes/control/allowed")), 0700);
        CU_ASSERT_EQUAL(test_mode(test_path("modes/control/allowed/a.pub")), 0600);
    }
    dn_control_files_close(&f);
    umask(before);
}

static void who_can_write_is_told(void)
{
    dn_control_files f;
    int before = warnings;

    CU_ASSERT_EQUAL(dn_control_files_open(new_run("group", 0770), true, &f, NULL), DN_OK);
    CU_ASSERT(warnings == before + 1 && strstr(last_warning, "can be written by others") != NULL);
    dn_control_files_close(&f);
}

/* What others put in place of a folder that the job has open is not where it writes. */
static void a_folder_is_moved_away(void)
{
    dn_control_files f;
    dn_allow_list list = {.n = 0};
    char moved[600];

    CU_ASSERT_EQUAL(dn_control_files_open(new_run("moved", 0700), true, &f, NULL), DN_OK);
    snprintf(moved, sizeof moved, "%s", test_path("moved/away"));
    CU_ASSERT_EQUAL(rename(test_path("moved/control"), moved), 0);
    CU_ASSERT_EQUAL(mkdir(test_path("trap"), 0700), 0);
    CU_ASSERT_EQUAL(mkdir(test_path("trap/allowed"), 0700), 0);
    test_put(test_path("trap/allowed/thief.pub"), "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n", 0600);
    CU_ASSERT_EQUAL(symlink("../trap", test_path("moved/control")), 0);
    CU_ASSERT_EQUAL(dn_control_write(&f, "heartbeat.json", "{}", NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_control_write(&f, "allowed/a.pub", "x", NULL), DN_OK);
    CU_ASSERT(dn_control_allowed(&f, &list) && list.n == 0);
    CU_ASSERT_EQUAL(access(test_path("trap/heartbeat.json"), F_OK), -1);
    CU_ASSERT_EQUAL(access(test_path("trap/allowed/a.pub"), F_OK), -1);
    CU_ASSERT_EQUAL(access(test_path("moved/away/heartbeat.json"), F_OK), 0);
    dn_control_files_close(&f);
}

static void a_folder_of_somebody_else_is_not_believed(void)
{
    char *text = NULL;
    dn_error err = DN_ERROR_INIT;
    dn_control_files f;

    if (geteuid() != 0) {
        test_skip("only root can give a folder away");
        return;
    }
    CU_ASSERT_EQUAL(dn_control_files_open(new_run("foreign", 0777), true, &f, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_control_write(&f, "server.json", "{}", NULL), DN_OK);
    CU_ASSERT_EQUAL(chown(test_path("foreign"), 54321, 54321), 0);
    CU_ASSERT_EQUAL(chown(test_path("foreign/control"), 54322, 54322), 0);
    CU_ASSERT_EQUAL(dn_control_read(test_path("foreign"), "server.json", &text, &err), DN_ENOPERM);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "user 54322, who does not own the run"));
    CU_ASSERT_EQUAL(chown(test_path("foreign/control"), 54321, 54321), 0);
    CU_ASSERT_EQUAL(dn_control_read(test_path("foreign"), "server.json", &text, NULL), DN_OK);
    dn_free(text);
    dn_control_files_close(&f);
    CU_ASSERT_EQUAL(dn_control_files_open(test_path("foreign"), true, &f, NULL), DN_ENOPERM);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- keys ---- */

static void the_own_key_comes_first(void)
{
    dn_control_files f;
    dn_allow_list list;
    char server[DN_CONTROL_KEY], secret[DN_CONTROL_KEY], key[DN_CONTROL_KEY], name[64], line[64];
    int before;

    CU_ASSERT_EQUAL(dn_control_files_open(new_run("many", 0700), true, &f, NULL), DN_OK);
    for (int i = 0; i < DN_CONTROL_KEYS + 6; i++) {
        CU_ASSERT_EQUAL(zmq_curve_keypair(key, secret), 0);
        snprintf(name, sizeof name, "allowed/k%d.pub", i);
        snprintf(line, sizeof line, "%s\n", key);
        CU_ASSERT_EQUAL(dn_control_write(&f, name, line, NULL), DN_OK);
    }
    CU_ASSERT_EQUAL(dn_control_keys(&f, server, secret, NULL), DN_OK);
    before = warnings;
    CU_ASSERT(dn_control_allowed(&f, &list));
    CU_ASSERT_EQUAL(list.n, DN_CONTROL_KEYS);
    CU_ASSERT_STRING_EQUAL(list.row[0].name, "client");
    CU_ASSERT_EQUAL(warnings, before + 7); /* those that are too many */
    CU_ASSERT(dn_control_allowed(&f, &list));
    CU_ASSERT_EQUAL(warnings, before + 7); /* told once */
    dn_control_files_close(&f);
}

static void what_does_not_count_is_told(void)
{
    static const char good[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n";
    static const struct {
        const char *name, *text;
        mode_t mode;
        const char *why;
    } bad[] = {{"open.pub", good, 0666, "others can write it"},
               {"short.pub", "rq:rM>}U?@\n", 0600, "no key"},
               {"a b\033[31m.pub", good, 0600, "a b?[31m"},
               {"level=error.pub", good, 0600, "its name"}};
    dn_control_files f;
    dn_allow_list list;
    char path[700];
    int before;

    CU_ASSERT_EQUAL(dn_control_files_open(new_run("bad", 0700), true, &f, NULL), DN_OK);
    test_put(test_path("bad/control/allowed/fine.pub"), good, 0644);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", test_path("bad/control/allowed"), bad[i].name);
        test_put(path, bad[i].text, bad[i].mode);
        before = warnings;
        CU_ASSERT(dn_control_allowed(&f, &list));
        CU_ASSERT(warnings == before + 1 && strstr(last_warning, bad[i].why) != NULL);
        if (strstr(last_warning, bad[i].why) == NULL)
            fprintf(stderr, "# %s\n", last_warning);
        CU_ASSERT(list.n == 1 && strcmp(list.row[0].name, "fine") == 0);
        CU_ASSERT_EQUAL(unlink(path), 0);
    }
    CU_ASSERT_EQUAL(symlink("fine.pub", test_path("bad/control/allowed/link.pub")), 0);
    CU_ASSERT(dn_control_allowed(&f, &list) && list.n == 1 && strstr(last_warning, "it is a link") != NULL);
    dn_control_files_close(&f);
}

/* No descriptor is left: that says nothing of who is allowed. */
static void a_list_that_cannot_be_read(void)
{
    dn_control_files f;
    dn_allow_list list;
    char server[DN_CONTROL_KEY], secret[DN_CONTROL_KEY];
    struct rlimit before, none;
    int warned;
    bool could;

    CU_ASSERT_EQUAL(dn_control_files_open(new_run("unreadable", 0700), true, &f, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_control_keys(&f, server, secret, NULL), DN_OK);
    CU_ASSERT(dn_control_allowed(&f, &list) && list.n == 1);
    CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (rlim_t more = 0; more < 2; more++) { /* not even the folder; the folder, but no key */
        int next = dup(0);

        close(next);
        warned = warnings;
        none = (struct rlimit){.rlim_cur = (rlim_t)next + more, .rlim_max = before.rlim_max};
        CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
        could = dn_control_allowed(&f, &list);
        could = dn_control_allowed(&f, &list) || could;
        CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
        CU_ASSERT(!could && list.n == 1);
        CU_ASSERT(warnings == warned + 1 && strstr(last_warning, "cannot be read") != NULL);
        CU_ASSERT(dn_control_allowed(&f, &list) && list.n == 1);
    }
    dn_control_files_close(&f);
}

static void *make_keys(void *files)
{
    char server[DN_CONTROL_KEY], secret[DN_CONTROL_KEY];

    CU_ASSERT_EQUAL(dn_control_keys(files, server, secret, NULL), DN_OK);
    return NULL;
}

/* The client's secret key is looked for where the call has been. */
static void secrets_are_wiped(void)
{
    enum { STACK = 1 << 19 };
    dn_control_files f;
    pthread_attr_t attributes;
    pthread_t thread;
    unsigned char *stack = aligned_alloc(4096, STACK);
    const char *secret;
    bool found = false;

    CU_ASSERT_EQUAL(dn_control_files_open(new_run("wiped", 0700), true, &f, NULL), DN_OK);
    CU_ASSERT_PTR_NOT_NULL(stack);
    memset(stack, 0, STACK);
    pthread_attr_init(&attributes);
    CU_ASSERT_EQUAL(pthread_attr_setstack(&attributes, stack, STACK), 0);
    CU_ASSERT_EQUAL(pthread_create(&thread, &attributes, make_keys, &f), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    secret = strstr(text_of(test_path("wiped/control/client.secret")), "secret-key = \"");
    CU_ASSERT_PTR_NOT_NULL(secret);
    for (size_t i = 0; secret != NULL && i + 16 < STACK && !found; i++)
        found = memcmp(stack + i, secret + 14, 16) == 0;
    CU_ASSERT(!found);
    free(stack);
    dn_control_files_close(&f);
}

static void keys_of_people(void)
{
    char path[600], key[DN_CONTROL_KEY], again[DN_CONTROL_KEY], pub[700];
    const char *dir = new_run("people", 0700);
    dn_allow_list list;
    bool closed = false;

    snprintf(path, sizeof path, "%s", test_path("person"));
    snprintf(pub, sizeof pub, "%s.pub", path);
    CU_ASSERT_EQUAL(dn_control_key_make(path, key, NULL), DN_OK);
    CU_ASSERT(test_mode(path) == 0600 && test_mode(pub) == 0644);
    CU_ASSERT_EQUAL(dn_control_key_make(path, again, NULL), DN_ECANTCREAT);
    for (int i = 0; i < 3; i++) {
        memset(again, 0, sizeof again);
        CU_ASSERT_EQUAL(dn_control_key_read(i == 0 ? key : i == 1 ? pub : path, again, NULL), DN_OK);
        CU_ASSERT_STRING_EQUAL(again, key);
    }
    CU_ASSERT_EQUAL(dn_control_key_read(test_path("nobody"), again, NULL), DN_ENOINPUT);
    test_put(test_path("no.pub"), "hello\n", 0600);
    CU_ASSERT_EQUAL(dn_control_key_read(test_path("no.pub"), again, NULL), DN_EDATA);
    CU_ASSERT_EQUAL(dn_control_keys_list(dir, &list, NULL), DN_ENOINPUT); /* no run has been there */
    CU_ASSERT_EQUAL(dn_control_allow(dir, "bob", key, &closed, NULL), DN_OK);
    CU_ASSERT(closed);
    CU_ASSERT_EQUAL(chmod(dir, 0750), 0);
    CU_ASSERT_EQUAL(dn_control_allow(dir, "bob", key, &closed, NULL), DN_OK);
    CU_ASSERT(!closed);
    CU_ASSERT_EQUAL(dn_control_keys_list(dir, &list, NULL), DN_OK);
    CU_ASSERT(list.n == 1 && strcmp(list.row[0].name, "bob") == 0 && strcmp(list.row[0].key, key) == 0);
    CU_ASSERT_EQUAL(dn_control_allow(dir, "../bob", key, &closed, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_control_allow(dir, ".bob", key, &closed, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_control_allow(dir, "client", key, &closed, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_control_allow(test_path("nowhere"), "bob", key, &closed, NULL), DN_ENOINPUT);
    CU_ASSERT_EQUAL(dn_control_revoke(dir, "bob", NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_control_revoke(dir, "bob", NULL), DN_ENOINPUT);
    CU_ASSERT(dn_control_keys_list(dir, &list, NULL) == DN_OK && list.n == 0);
}

/* The new key is written, but there is no descriptor left to see whether it counts: the old one is back. */
static void a_key_that_cannot_be_replaced_stays(void)
{
    char key[DN_CONTROL_KEY], other[DN_CONTROL_KEY], secret[DN_CONTROL_KEY], line[64];
    const char *dir = new_run("replaced", 0700);
    bool closed = false;
    struct rlimit before, few;
    dn_error err = DN_ERROR_INIT;
    int next;

    CU_ASSERT_EQUAL(zmq_curve_keypair(key, secret) | zmq_curve_keypair(other, secret), 0);
    CU_ASSERT_EQUAL(dn_control_allow(dir, "bob", key, &closed, NULL), DN_OK);
    snprintf(line, sizeof line, "%s\n", key);
    CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    next = dup(0);
    close(next);
    few = (struct rlimit){.rlim_cur = (rlim_t)next + 4, .rlim_max = before.rlim_max};
    for (int known = 1; known >= 0; known--) { /* one that is replaced, and one that is new */
        const char *name = known ? "bob" : "eve";

        err = (dn_error)DN_ERROR_INIT;
        CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &few), 0);
        CU_ASSERT_EQUAL(dn_control_allow(dir, name, other, &closed, &err), DN_ECANTCREAT);
        CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "would not be let in"));
        CU_ASSERT_STRING_EQUAL(text_of(test_path("replaced/control/allowed/bob.pub")), line);
        CU_ASSERT_EQUAL(access(test_path("replaced/control/allowed/eve.pub"), F_OK), -1);
        CU_ASSERT_EQUAL(access(test_path("replaced/control/allowed/.bob.kept"), F_OK), -1);
    }
    CU_ASSERT_EQUAL(dn_control_allow(dir, "bob", other, &closed, NULL), DN_OK);
    CU_ASSERT_EQUAL(strncmp(text_of(test_path("replaced/control/allowed/bob.pub")), other, sizeof other - 1),
                    0);
    CU_ASSERT_EQUAL(access(test_path("replaced/control/allowed/.bob.kept"), F_OK), -1);
}

/* ---- one start after another ---- */

static void nothing_of_the_start_before(void)
{
    test_control t;
    dn_run_state state;
    dn_error err = DN_ERROR_INIT;
    dn_control_options o = {.run_dir = t.dir, .stage = "s", .opt_interface = "no-such-interface", .ranks = 1};
    char heartbeat[2048];

    if (!test_control_begin(&t, "before"))
        return;
    test_control_end(&t, 75);
    snprintf(heartbeat, sizeof heartbeat, "%s", text_of(test_control_path(&t, "heartbeat.json")));
    CU_ASSERT_PTR_NOT_NULL(strstr(heartbeat, "saved"));
    o.requests = &t.requests; /* one that cannot bind leaves no word of the former either */
    CU_ASSERT_EQUAL(dn_control_open(&o, &t.c, NULL), DN_EUNAVAILABLE);
    CU_ASSERT_EQUAL(access(test_control_path(&t, "heartbeat.json"), F_OK), -1);
    test_put(test_control_path(&t, "heartbeat.json"), heartbeat, 0600);
    test_put(test_control_path(&t, "heartbeat.json.part"), "x", 0600);
    o.opt_interface = NULL;
    CU_ASSERT_EQUAL(dn_control_open(&o, &t.c, NULL), DN_OK);
    for (int i = 0; i < 3; i++) { /* at once, and when a disk is too full for a new one */
        CU_ASSERT_EQUAL(dn_client_look(t.dir, &state, NULL), DN_OK);
        CU_ASSERT(state.serving && state.exit_code == -1 && strcmp(state.state, "saved") != 0);
        test_put(test_control_path(&t, "heartbeat.json"), heartbeat, 0600);
    }
    dn_control_close(&t.c, 75, "");
    test_put(test_control_path(&t, "server.json"), "{}", 0600); /* as after a kill */
    dn_control_forget(t.dir);
    CU_ASSERT_EQUAL(dn_client_look(t.dir, &state, &err), DN_ENOINPUT);
    CU_ASSERT_EQUAL(access(test_control_path(&t, "allowed"), F_OK), 0);
    dn_control_forget(test_path("nowhere"));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void nothing_is_left_but_keys_of_people(void)
{
    static const char *const names[] = {"server.json", "client.secret", "heartbeat.json"};
    static const char key[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    dn_control_files f;
    char dir[600], path[800], found[DN_CONTROL_PATH];
    bool closed;

    snprintf(dir, sizeof dir, "%s", new_run("erased", 0700));
    CU_ASSERT_EQUAL(dn_control_files_open(dir, true, &f, NULL), DN_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CU_ASSERT_EQUAL(dn_control_write(&f, names[i], "x", NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_control_allow(dir, "bob", key, &closed, NULL), DN_OK);
    dn_control_erase(dir);
    CU_ASSERT_EQUAL(access(test_path("erased/control/server.json"), F_OK), -1);
    CU_ASSERT_EQUAL(access(test_path("erased/control/allowed/bob.pub"), F_OK), 0);
    CU_ASSERT_EQUAL(dn_control_revoke(dir, "bob", NULL), DN_OK);
    dn_control_erase(dir);
    CU_ASSERT_EQUAL(access(test_path("erased/control"), F_OK), -1);
    dn_control_files_close(&f);
    /* through a link nothing goes */
    snprintf(dir, sizeof dir, "%s", new_run("erased-else", 0700));
    CU_ASSERT_EQUAL(dn_control_files_open(dir, true, &f, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_control_write(&f, "server.json", "x", NULL), DN_OK);
    dn_control_files_close(&f);
    snprintf(path, sizeof path, "%s/control", dir);
    snprintf(dir, sizeof dir, "%s", test_path("erased"));
    CU_ASSERT_EQUAL(symlink(path, test_path("erased/control")), 0);
    dn_control_erase(dir);
    CU_ASSERT_EQUAL(access(test_path("erased-else/control/server.json"), F_OK), 0);
    /* the run of an embedding, by its output */
    snprintf(path, sizeof path, "%s", test_path("states.h5"));
    CU_ASSERT(dn_control_find_run(path, found, NULL) == DN_OK && strcmp(found, path) == 0);
    (void)new_run("states.h5.parts", 0700);
    CU_ASSERT(dn_control_find_run(path, found, NULL) == DN_OK);
    CU_ASSERT_STRING_EQUAL(found + strlen(path), ".parts");
}

/* Where there are no locks, the first of two runs to end leaves the files of the second. */
static void files_of_another_run_stay(void)
{
    static const char another[] =
        "{\"protocol\":1,\"server_key\":\"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"}";
    test_control t;

    if (!test_control_begin(&t, "twice"))
        return;
    test_put(test_control_path(&t, "server.json"), another, 0600);
    test_put(test_control_path(&t, "client.secret"), "of the second", 0600);
    test_control_end(&t, 0);
    CU_ASSERT_STRING_EQUAL(text_of(test_control_path(&t, "server.json")), another);
    CU_ASSERT_STRING_EQUAL(text_of(test_control_path(&t, "client.secret")), "of the second");
    CU_ASSERT_EQUAL(access(test_control_path(&t, "allowed/client.pub"), F_OK), 0);
}

/* ---- words ---- */

static void names_and_texts(void)
{
    static const char *const bad[] = {"", "a b", "a=b", "\"", "x\n", "\xc2\x9b", "a/b"};
    char out[64], long_name[DN_PROTOCOL_NAME + 2];
    int bytes;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT(!dn_protocol_is_name(bad[i]));
    memset(long_name, 'a', sizeof long_name);
    long_name[DN_PROTOCOL_NAME + 1] = '\0';
    CU_ASSERT(!dn_protocol_is_name(NULL) && !dn_protocol_is_name(long_name));
    CU_ASSERT(dn_protocol_is_name(long_name + 1) && dn_protocol_is_name("ctl-12:3.4_X"));
    CU_ASSERT(!dn_text_printable("a\tb\033[2J\x7f\xc2\x9b\xe2\x80\xae\xff", out, sizeof out));
    CU_ASSERT_STRING_EQUAL(out, "a?b?[2J????");
    CU_ASSERT(dn_text_printable("gr\xc3\xbc\xc3\x9f 100 %", out, sizeof out));
    CU_ASSERT_STRING_EQUAL(out, "gr\xc3\xbc\xc3\x9f 100 %");
    CU_ASSERT(!dn_text_printable("ab\xc3\xbc", out, 4)); /* not half a character */
    CU_ASSERT_STRING_EQUAL(out, "ab");
    CU_ASSERT(dn_utf8_next("\xed\xa0\x80", &bytes) == 0 && bytes == 1);     /* a surrogate */
    CU_ASSERT(dn_utf8_next("\xf4\x90\x80\x80", &bytes) == 0 && bytes == 1); /* beyond Unicode */
    CU_ASSERT(dn_utf8_next("\xf0\x9f\x98\x80", &bytes) == 0x1f600 && bytes == 4);
}

static const dn_test tests[] = {
    {"a full disk takes no descriptor", a_full_disk_takes_no_descriptor},
    {"files are as open as the run", files_are_as_open_as_the_run},
    {"who can write is told", who_can_write_is_told},
    {"a folder is moved away", a_folder_is_moved_away},
    {"a folder of somebody else is not believed", a_folder_of_somebody_else_is_not_believed},
    {"the own key comes first", the_own_key_comes_first},
    {"what does not count is told", what_does_not_count_is_told},
    {"a list that cannot be read", a_list_that_cannot_be_read},
    {"secrets are wiped", secrets_are_wiped},
    {"keys of people", keys_of_people},
    {"a key that cannot be replaced stays", a_key_that_cannot_be_replaced_stays},
    {"nothing of the start before", nothing_of_the_start_before},
    {"nothing is left but keys of people", nothing_is_left_but_keys_of_people},
    {"files of another run stay", files_of_another_run_stay},
    {"names and texts", names_and_texts},
    {NULL, NULL}};

int main(int argc, char **argv)
{
    dn_log_open(count_warnings, NULL, DN_WARN);
    return test_main(argc, argv, "control_files", tests);
}
