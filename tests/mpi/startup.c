/* startup.c - tests of mpi/core/startup.h on several ranks: what one machine looks like */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/startup.h"

/* All ranks stand on this machine, and each says how many threads it has. */
static void one_machine(void)
{
    dn_startup s;
    int n = test_comm.size;

    dn_startup_look(&test_comm, "runs/that/are/not/there", 1 + test_comm.rank, &s);
    CU_ASSERT(s.ranks == n && s.nodes == 1 && s.busiest == n && s.demand == n * (n + 1) / 2);
    CU_ASSERT(s.cpus >= 1 && s.free_bytes > 0 && s.needed_bytes == 0);
    CU_ASSERT_STRING_EQUAL(s.where, ".");
    CU_ASSERT(strcmp(s.file_system, "?") != 0 && strcmp(s.io, "?") != 0);
    CU_ASSERT(test_same(s.cpus) && test_same((int)(s.free_bytes >> 20)));
}

/* Nodes are told apart by what Slurm calls them: ranks 0 and 2 on one, 1 and 3 on another; the busiest
 * counts. */
static void slurm_nodes(void)
{
    dn_startup s, daemons;
    char name[16];
    int n = test_comm.size;

    snprintf(name, sizeof name, "node%d", test_comm.rank % 2);
    setenv("SLURMD_NODENAME", name, 1);
    setenv("SLURM_JOB_ID", "7", 1);
    setenv("SLURM_NTASKS", "12", 1);
    setenv("SLURM_JOB_NUM_NODES", "junk", 1);
    dn_startup_look(&test_comm, NULL, 1, &s);
    CU_ASSERT(s.nodes == (n > 1 ? 2 : 1) && s.busiest == (n + 1) / 2 && s.demand == (n + 1) / 2);
    setenv("SLURM_STEP_NUM_TASKS", "5", 1); /* no test has so many ranks: a step of daemons */
    dn_startup_look(&test_comm, NULL, 1, &daemons);
    CU_ASSERT_EQUAL(daemons.tasks, 0);
    unsetenv("SLURM_STEP_NUM_TASKS");
    CU_ASSERT(s.slurm && s.tasks == 12 && s.allocated == 0 && s.free_bytes == -1);
    unsetenv("SLURMD_NODENAME");
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_NTASKS");
    unsetenv("SLURM_JOB_NUM_NODES");
    dn_startup_look(&test_comm, "/", 1, &s);
    CU_ASSERT(!s.slurm && s.tasks == 0 && s.nodes == 1);
    CU_ASSERT_STRING_EQUAL(s.where, "/");
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {
        {"one machine", one_machine}, {"nodes as Slurm names them", slurm_nodes}, {NULL, NULL}};

    return test_main(argc, argv, "startup", tests);
}
