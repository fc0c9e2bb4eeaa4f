/* surroundings.c - the start-up check of long commands; see surroundings.h */
#include "jobs/cli/run/surroundings.h"

#include <omp.h>
#include <stdlib.h>
#include "mpi/core/startup.h"
#include "mpi/io/share.h"
#include "solvers/base/log.h"

void dn_surroundings_report(const dn_comm *comm, const char *command, const char *output, int64_t needed,
                            int index_bits)
{
    dn_startup s;
    char line[DN_STARTUP_LINES][DN_STARTUP_TEXT], fields[DN_STARTUP_TEXT];
    int n;

    dn_startup_look(comm, output, omp_get_max_threads(), &s);
    if (comm->rank != 0)
        return;
    s.needed_bytes = needed;
    dn_startup_fields(&s, fields, sizeof fields);
    if (index_bits > 0)
        dn_log(DN_INFO, command, "start", "%s petsc_int=%d", fields, index_bits);
    else
        dn_log(DN_INFO, command, "start", "%s", fields);
    n = dn_startup_judge(&s, line, DN_STARTUP_LINES);
    for (int i = 0; i < n; i++)
        dn_log(DN_WARN, command, line[i], "%s", "");
}

bool dn_surroundings_requeued(const dn_comm *comm)
{
    const char *count = getenv("SLURM_RESTART_COUNT");
    bool again = comm->rank == 0 && count != NULL && atoi(count) > 0;

    return dn_sum(comm, again) > 0;
}
