/* run_lock.c - tests of jobs/cli/run/run_lock.h: who comes second is refused with the name of the first, what
 * a killed process leaves behind stops nobody, and nothing is left by one that ends
 */
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "jobs/cli/run/run_lock.h"
#include "tests/support/child.h"

static const char *program; /* this one, to be started as a holder */

static const char *lock_file(void)
{
    static char path[600];

    snprintf(path, sizeof path, "%s/lock", test_dir());
    return path;
}

static bool there(void)
{
    return access(lock_file(), F_OK) == 0;
}

/* A process that holds the lock until it is killed. */
static int hold(const char *run_dir)
{
    dn_run_lock l;

    if (dn_run_lock_take(run_dir, 0, &l, NULL) == DN_OK && l.held && test_child_ready())
        for (;;)
            pause();
    return 1;
}

static pid_t start_holder(void)
{
    return test_child_start(program, "hold", test_dir());
}

static void taken_and_given_up(void)
{
    dn_run_lock l = {.held = false};

    dn_run_lock_release(&l); /* nothing held */
    for (int again = 0; again < 2; again++) {
        CU_ASSERT_EQUAL(dn_run_lock_take(test_dir(), 0, &l, NULL), DN_OK);
        CU_ASSERT(l.held && there());
        dn_run_lock_release(&l);
        CU_ASSERT(!l.held && !there());
        dn_run_lock_release(&l);
    }
}

static void the_second_is_refused(void)
{
    pid_t pid = start_holder();
    char host[100] = "", want[160];
    dn_run_lock l;
    dn_error err = DN_ERROR_INIT;

    gethostname(host, sizeof host - 1);
    snprintf(want, sizeof want, "process %ld on host %s, since 2", (long)pid, host);
    CU_ASSERT_EQUAL(dn_run_lock_take(test_dir(), 0, &l, &err), DN_ECANTCREAT);
    CU_ASSERT(!l.held && strstr(err.text, want) != NULL && strstr(err.text, test_dir()) != NULL);
    if (strstr(err.text, want) == NULL)
        fprintf(stderr, "# %s\n", err.text);
    dn_run_lock_release(&l);
    CU_ASSERT(there()); /* the other's */
    CU_ASSERT_EQUAL(dn_run_lock_take(test_dir(), 250, &l, NULL), DN_ECANTCREAT);
    test_child_kill(pid);
    CU_ASSERT(there());
    CU_ASSERT_EQUAL(dn_run_lock_take(test_dir(), 0, &l, NULL), DN_OK);
    CU_ASSERT(l.held);
    dn_run_lock_release(&l);
    CU_ASSERT(!there());
}

/* The one that waits has it as soon as the other is gone. */
static void waits_for_one_that_ends(void)
{
    pid_t pid = start_holder(), killer = fork();
    dn_run_lock l = {.held = false};

    if (killer == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 400000000}, NULL);
        kill(pid, SIGKILL);
        _exit(0);
    }
    CU_ASSERT_EQUAL(dn_run_lock_take(test_dir(), 30000, &l, NULL), DN_OK);
    CU_ASSERT(l.held);
    dn_run_lock_release(&l);
    waitpid(killer, NULL, 0);
    test_child_kill(pid);
}

static void left_behind(const char *text)
{
    FILE *f = fopen(lock_file(), "w");

    CU_ASSERT(f != NULL);
    if (f != NULL) {
        fputs(text, f);
        fclose(f);
    }
}

/* Whoever signed a file that nobody holds, on this host or another. */
static void what_is_left_behind_stops_nobody(void)
{
    static const char *const texts[] = {"", "elsewhere 1 2026-01-01T00:00:00Z\n", "\n\n\xff",
                                        "one two three four\n"};
    char own[80], got[200] = "";
    dn_run_lock l = {.held = false};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        left_behind(texts[i]);
        CU_ASSERT_EQUAL(dn_run_lock_take(test_dir(), 0, &l, NULL), DN_OK);
        CU_ASSERT(l.held);
        snprintf(own, sizeof own, " %ld 2", (long)getpid());
        {
            int n = 0;
            char c; /* through the lock's own descriptor: closing another one would lose it */
            while (n < (int)sizeof got - 1 && pread(l.fd, &c, 1, n) == 1)
                got[n++] = c;
            got[n] = '\0';
        }
        CU_ASSERT(strstr(got, own) != NULL && strchr(got, '\n') == got + strlen(got) - 1);
        dn_run_lock_release(&l);
    }
}

/* A holder whose name cannot be read is refused all the same. */
static void an_unsigned_holder(void)
{
    pid_t pid = start_holder();
    dn_run_lock l;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(truncate(lock_file(), 0), 0);
    CU_ASSERT_EQUAL(dn_run_lock_take(test_dir(), 0, &l, &err), DN_ECANTCREAT);
    CU_ASSERT(strstr(err.text, "another process") != NULL);
    test_child_kill(pid);
    unlink(lock_file());
}

/* The first removes the file when it ends: a lock on the removed one would keep nobody out. */
static void a_removed_file_is_no_lock(void)
{
    pid_t pid = start_holder();
    dn_run_lock l = {.held = false};

    CU_ASSERT_EQUAL(unlink(lock_file()), 0);
    CU_ASSERT_EQUAL(dn_run_lock_take(test_dir(), 0, &l, NULL), DN_OK);
    CU_ASSERT(l.held && there());
    dn_run_lock_release(&l);
    test_child_kill(pid);
}

/* No such directory, or the lock cannot be a file: the run goes on and says later what it cannot write. */
static void no_place_for_a_lock(void)
{
    char where[700], path[1300];
    dn_run_lock l;

    snprintf(where, sizeof where, "%s/nowhere", test_dir());
    CU_ASSERT_EQUAL(dn_run_lock_take(where, 0, &l, NULL), DN_OK);
    CU_ASSERT(!l.held);
    dn_run_lock_release(&l);
    CU_ASSERT_EQUAL(mkdir(lock_file(), 0777), 0);
    CU_ASSERT_EQUAL(dn_run_lock_take(test_dir(), 0, &l, NULL), DN_OK);
    CU_ASSERT(!l.held);
    dn_run_lock_release(&l);
    CU_ASSERT_EQUAL(rmdir(lock_file()), 0);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    CU_ASSERT_EQUAL(dn_run_lock_take(path, 0, &l, NULL), DN_ECANTCREAT);
}

static const dn_test tests[] = {{"taken and given up", taken_and_given_up},
                                {"the second is refused", the_second_is_refused},
                                {"waits for one that ends", waits_for_one_that_ends},
                                {"what is left behind stops nobody", what_is_left_behind_stops_nobody},
                                {"an unsigned holder", an_unsigned_holder},
                                {"a removed file is no lock", a_removed_file_is_no_lock},
                                {"no place for a lock", no_place_for_a_lock},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc == 3 && strcmp(argv[1], "hold") == 0)
        return hold(argv[2]);
    return test_main(argc, argv, "run_lock", tests);
}
