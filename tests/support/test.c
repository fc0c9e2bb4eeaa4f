/* test.c - CUnit on every rank; see test.h */
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

dn_comm test_comm;

static const char *skip_reason;
static char dir[256];
static char paths[4][512];

static void hang(int sig)
{
    static const char text[] = "test: still running after the time limit: a hang; aborting\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);

    (void)written;
    (void)sig;
    abort();
}

static void watchdog(void)
{
    const char *limit = getenv("DN_TEST_SECONDS");

    signal(SIGALRM, hang);
    alarm(limit != NULL ? (unsigned)atoi(limit) : 240u);
}

dn_comm test_first_ranks(int n)
{
    dn_comm comm = {.mpi = MPI_COMM_NULL, .rank = -1, .size = n};

    MPI_Comm_split(test_comm.mpi, test_comm.rank < n ? 0 : MPI_UNDEFINED, test_comm.rank, &comm.mpi);
    if (comm.mpi != MPI_COMM_NULL)
        MPI_Comm_rank(comm.mpi, &comm.rank);
    return comm;
}

void test_leave(dn_comm *comm)
{
    if (comm->mpi != MPI_COMM_NULL)
        MPI_Comm_free(&comm->mpi);
    MPI_Barrier(test_comm.mpi);
}

bool test_same(int v)
{
    int range[2] = {v, -v};

    MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_INT, MPI_MAX, test_comm.mpi);
    return range[0] == -range[1];
}

int test_next_victim(int rank)
{
    int n = test_comm.size;

    return rank > 0 || n == 1 ? n : n == 3 ? 1 : n - 1;
}

long test_next_refused(long k)
{
    return test_comm.size == 1 || k < 8 ? k + 1 : k + 1 + k / 8;
}

bool test_says(const dn_error *err, const char *words)
{
    bool right = strstr(err->text, words) != NULL;

    if (!right)
        fprintf(stderr, "# wanted '%s', got '%s'\n", words, err->text);
    return right;
}

void test_skip(const char *reason)
{
    skip_reason = reason;
}

const char *test_dir(void)
{
    return dir;
}

const char *test_path(const char *name)
{
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

const char *test_file(const char *name, const void *bytes, size_t len)
{
    const char *path = test_path(name);

    if (test_comm.rank == 0) {
        FILE *f = fopen(path, "wb");
        if (f == NULL || fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
            dn_world_abort(&test_comm, DN_EIO, "test: cannot write a test file");
    }
    MPI_Barrier(test_comm.mpi);
    return path;
}

static void make_dir(void)
{
    if (test_comm.rank == 0) {
        const char *tmp = getenv("TMPDIR");
        snprintf(dir, sizeof dir, "%s/dragnet-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
        if (mkdtemp(dir) == NULL)
            dn_world_abort(&test_comm, DN_ECANTCREAT, "test: cannot make a temporary directory");
    }
    MPI_Bcast(dir, (int)sizeof dir, MPI_BYTE, 0, test_comm.mpi);
}

static void remove_dir(void)
{
    char command[400];

    MPI_Barrier(test_comm.mpi);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (test_comm.rank == 0 && system(command) != 0)
        fprintf(stderr, "test: cannot remove %s\n", dir);
}

/* Failures of this rank in the test that has just run. */
static int print_failures(void)
{
    int n = 0;

    for (CU_pFailureRecord f = CU_get_failure_list(); f != NULL; f = f->pNext) {
        fprintf(stderr, "# rank %d: %s:%u: %s\n", test_comm.rank, f->strFileName, f->uiLineNumber,
                f->strCondition);
        n++;
    }
    return n;
}

int test_main(int argc, char **argv, const char *suite_name, const dn_test *tests)
{
    dn_error err = DN_ERROR_INIT;
    CU_pSuite suite;
    int failed = 0, skipped = 0, n = 0;

    if (dn_world_open(&argc, &argv, &test_comm, &err) != DN_OK || CU_initialize_registry() != CUE_SUCCESS) {
        fprintf(stderr, "test: %s\n", err.text);
        return 1;
    }
    make_dir();
    suite = CU_add_suite(suite_name, NULL, NULL);
    while (tests[n].name != NULL)
        n++;
    if (test_comm.rank == 0)
        printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        CU_pTest test = CU_add_test(suite, tests[i].name, tests[i].run);
        int bad;

        skip_reason = NULL;
        watchdog();
        CU_run_test(suite, test);
        bad = print_failures();
        MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPI_INT, MPI_SUM, test_comm.mpi);
        failed += bad > 0;
        skipped += skip_reason != NULL;
        if (test_comm.rank == 0)
            printf("%s %d - %s%s%s\n", bad > 0 ? "not ok" : "ok", i + 1, tests[i].name,
                   skip_reason != NULL ? " # SKIP " : "", skip_reason != NULL ? skip_reason : "");
        fflush(stdout);
    }
    alarm(0);
    remove_dir();
    CU_cleanup_registry();
    dn_world_close(&test_comm);
    return failed > 0 ? 1 : skipped == n ? 77 : 0;
}

uint64_t test_fnv(uint64_t h, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;

    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * 0x100000001b3u;
    return h;
}
