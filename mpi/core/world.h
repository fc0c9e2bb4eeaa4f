/* world.h - the ranks of this run: joining, leaving, and the one way to abort */
#ifndef DN_CORE_WORLD_H
#define DN_CORE_WORLD_H

#include <mpi.h>
#include <stdbool.h>
#include "solvers/base/error.h"

/* A communicator of ours: a duplicate, never MPI_COMM_WORLD itself. Passed by const pointer. */
typedef struct dn_comm {
    MPI_Comm mpi;
    int rank; /* 0 <= rank < size */
    int size;
} dn_comm;

/* Join the run. MPI calls come from the main thread only (MPI_THREAD_FUNNELED). An MPI error aborts the run
 * with one line that names rank and cause. Collective over all processes. Fails: DN_ECONFIG  the launcher
 * started several processes that do not know of each other (the text says how to start them), or MPI lacks
 * the thread level */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_world_open(int *argc, char ***argv, dn_comm *out, dn_error *err);

/* One process that has joined no run, for commands that need none: dn_agree() works with it, nothing else
 * that is collective does. Local. */
dn_comm dn_comm_alone(void);
bool dn_comm_is_alone(const dn_comm *comm);

/* Leave the run; after it no MPI call is possible. Collective. */
DN_COLLECTIVE void dn_world_close(dn_comm *comm);

/* Name and version of the MPI library in buf; returns buf. Local. */
const char *dn_world_library(char *buf, size_t cap);

/* End every rank at once. For faults after which agreement is impossible. Local. */
_Noreturn void dn_world_abort(const dn_comm *comm, dn_status code, const char *why);

#endif
