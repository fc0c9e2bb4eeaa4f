/* memory.c - how much memory this rank takes; see memory.h */
#include "mpi/core/memory.h"

#include <stdio.h>
#include <string.h>

/* "VmRSS:     1234 kB" */
static int64_t status_of(const char *key)
{
    char line[160];
    long long kb = 0;
    size_t len = strlen(key);
    FILE *f = fopen("/proc/self/status", "r");

    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, key, len) == 0 && sscanf(line + len, "%lld", &kb) == 1)
            break;
    fclose(f);
    return (int64_t)kb * 1024;
}

int64_t dn_memory_now(void)
{
    return status_of("VmRSS:");
}

int64_t dn_memory_peak(void)
{
    return status_of("VmHWM:");
}

int64_t dn_memory_peak_of_all(const dn_comm *comm)
{
    int64_t peak = dn_memory_peak();

    MPI_Allreduce(MPI_IN_PLACE, &peak, 1, MPI_INT64_T, MPI_MAX, comm->mpi);
    return peak;
}
