/* aside.c - threads that must not take time from a step; see aside.h */
#define _GNU_SOURCE /* sched_setaffinity() */
#include "jobs/control/aside.h"

#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

void dn_step_aside(const char *name)
{
    cpu_set_t all; /* the system takes those that the job may use */

    memset(&all, 0xff, sizeof all);
    (void)sched_setaffinity(0, sizeof all, &all);
    (void)setpriority(PRIO_PROCESS, 0, 19); /* on Linux of this thread alone */
    (void)prctl(PR_SET_NAME, name);
}
