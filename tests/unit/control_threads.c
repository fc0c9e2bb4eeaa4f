/* control_threads.c - tests of jobs/control: where its threads run, and that they give way to the job
 */
#define _GNU_SOURCE /* sched_setaffinity() */
#include "tests/support/control.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/support/test.h"

/* "Name: ..." of a thread, or its nice value. */
static bool read_task(const char *task, const char *file, char *out, size_t cap)
{
    char path[300];
    FILE *f;
    size_t n;

    snprintf(path, sizeof path, "/proc/self/task/%s/%s", task, file);
    f = fopen(path, "r");
    n = f != NULL ? fread(out, 1, cap - 1, f) : 0;
    out[n] = '\0';
    if (f != NULL)
        fclose(f);
    return n > 0;
}

static int nice_of(const char *task)
{
    char text[1024];
    const char *at = read_task(task, "stat", text, sizeof text) ? strrchr(text, ')') : NULL;

    for (int i = 0; at != NULL && i < 17; i++) /* field 19; the 2nd ends with the bracket */
        at = strchr(at + 1, ' ');
    return at != NULL ? (int)strtol(at, NULL, 10) : -99;
}

/* Those of ZeroMQ, and our own; false: one of them is not aside. */
static bool count_aside(const cpu_set_t *all, int *zeromq, int *own)
{
    DIR *d = opendir("/proc/self/task");
    bool right = true;

    *zeromq = *own = 0;
    for (struct dirent *e = d != NULL ? readdir(d) : NULL; e != NULL; e = readdir(d)) {
        cpu_set_t of;
        pid_t tid = (pid_t)strtol(e->d_name, NULL, 10);
        char name[64];

        if (tid <= 0 || !read_task(e->d_name, "comm", name, sizeof name))
            continue;
        if (strncmp(name, "ZMQ", 3) != 0 && strncmp(name, "dragnet-control", 15) != 0)
            continue;
        *(name[0] == 'Z' ? zeromq : own) += 1;
        right = right && nice_of(e->d_name) == 19 && sched_getaffinity(tid, sizeof of, &of) == 0 &&
                CPU_COUNT(&of) >= CPU_COUNT(all);
    }
    if (d != NULL)
        closedir(d);
    return right;
}

static void threads_leave_the_core_to_the_step(void)
{
    test_control t;
    cpu_set_t before, one;
    int zeromq = 0, own = 0;

    CU_ASSERT_EQUAL(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &before))
            CPU_SET(i, &one);
    CU_ASSERT_EQUAL(sched_setaffinity(0, sizeof one, &one), 0); /* as a rank that is bound to its core */
    if (!test_control_begin(&t, "aside"))
        return;
    for (int i = 0; i < 100 && (zeromq < 2 || own < 2); i++) { /* threads name themselves when they run */
        zclock_sleep(20);
        CU_ASSERT(count_aside(&before, &zeromq, &own));
    }
    CU_ASSERT(zeromq >= 2 && own == 2); /* that of the network and another; the sockets' and the files' */
    CU_ASSERT(sched_getaffinity(0, sizeof one, &one) == 0 &&
              CPU_COUNT(&one) == 1); /* the job's is as it was */
    test_control_end(&t, 0);
    CU_ASSERT_EQUAL(sched_setaffinity(0, sizeof before, &before), 0);
}

static const dn_test tests[] = {{"threads leave the core to the step", threads_leave_the_core_to_the_step},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "control_threads", tests);
}
