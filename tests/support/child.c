/* child.c - see child.h */
#include "tests/support/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/support/test.h"

pid_t test_child_start(const char *program, const char *verb, const char *about)
{
    int ready[2];
    char got = 'n';
    pid_t pid;

    if (pipe(ready) != 0 || (pid = fork()) < 0) {
        CU_FAIL("no child");
        return -1;
    }
    if (pid == 0) {
        dup2(ready[1], STDOUT_FILENO);
        execl(program, program, verb, about, (char *)NULL);
        _exit(127);
    }
    close(ready[1]);
    if (read(ready[0], &got, 1) != 1)
        got = 'n';
    close(ready[0]);
    CU_ASSERT_EQUAL(got, 'y');
    return pid;
}

bool test_child_ready(void)
{
    return write(STDOUT_FILENO, "y", 1) == 1;
}

void test_child_kill(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
