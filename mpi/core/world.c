/* world.c - joining, leaving and aborting; see world.h */
#include "mpi/core/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void mpi_failed(MPI_Comm *comm, int *code, ...)
{
    char text[MPI_MAX_ERROR_STRING] = "unknown error";
    int len = 0, rank = -1;

    (void)comm;
    MPI_Error_string(*code, text, &len);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    fprintf(stderr, "dragnet: rank %d: MPI failed: %s\n", rank, text);
    MPI_Abort(MPI_COMM_WORLD, DN_ESOFTWARE);
}

/* srun without a matching PMI starts N processes that each think they are alone. mpirun sets
 * OMPI_COMM_WORLD_SIZE or PMI_SIZE for its children, also when it was asked for one rank inside a larger
 * allocation. */
static dn_status check_singleton(int size, dn_error *err)
{
    dn_status st = DN_OK;
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS");

    if (size == 1 && tasks != NULL && atoi(tasks) > 1 && getenv("OMPI_COMM_WORLD_SIZE") == NULL &&
        getenv("PMI_SIZE") == NULL)
        DN_FAIL(DN_ECONFIG,
                "Slurm started %s tasks, but each of them is rank 0 of 1: they do not know of each other; "
                "start with 'srun --mpi=pmix' or with mpirun ('srun --mpi=list' shows what this cluster has)",
                tasks);
out:
    return st;
}

bool dn_world_launched(void)
{
    static const char *left[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"};

    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        if (getenv(left[i]) != NULL)
            return true;
    return false;
}

/* A process that nobody has launched speaks to nobody: without this Open MPI first opens the libraries of
 * every fast network it knows, half of the time that a command takes to start. What the environment says
 * stays (not what a file of MCA parameters does), and what the process starts later (a job, its own ranks)
 * chooses anew. Its daemon, the larger part of the other half, it needs: without (ess_singleton_isolated) all
 * such processes of a node share a session folder, and the first to end takes it from the others. */
static void start_mpi(int *argc, char ***argv, int *level)
{
    static const char variable[] = "OMPI_MCA_pml";
    bool mine = !dn_world_launched() && getenv(variable) == NULL;

    if (mine)
        setenv(variable, "ob1", 1);
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, level);
    if (mine)
        unsetenv(variable);
}

dn_status dn_world_open(int *argc, char ***argv, dn_comm *out, dn_error *err)
{
    dn_status st = DN_OK;
    MPI_Errhandler handler;
    int level;

    start_mpi(argc, argv, &level);
    MPI_Comm_create_errhandler(mpi_failed, &handler);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, handler);
    MPI_Comm_dup(MPI_COMM_WORLD, &out->mpi);
    MPI_Comm_set_errhandler(out->mpi, handler);
    MPI_Errhandler_free(&handler);
    MPI_Comm_rank(out->mpi, &out->rank);
    MPI_Comm_size(out->mpi, &out->size);
    if (level < MPI_THREAD_FUNNELED)
        DN_FAIL(DN_ECONFIG, "this MPI was built without thread support (MPI_THREAD_FUNNELED)");
    DN_TRY(check_singleton(out->size, err));
out:
    if (st != DN_OK)
        dn_world_close(out);
    return st;
}

dn_comm dn_comm_alone(void)
{
    return (dn_comm){.mpi = MPI_COMM_NULL, .rank = 0, .size = 1};
}

bool dn_comm_is_alone(const dn_comm *comm)
{
    return comm->size == 1 && comm->mpi == MPI_COMM_NULL;
}

void dn_world_close(dn_comm *comm)
{
    int ended = 0;

    MPI_Finalized(&ended);
    if (ended)
        return;
    MPI_Comm_free(&comm->mpi);
    MPI_Finalize();
}

const char *dn_world_library(char *buf, size_t cap)
{
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int len = 0;

    MPI_Get_library_version(text, &len);
    snprintf(buf, cap, "%.*s", (int)strcspn(text, ",\n"), text);
    return buf;
}

void dn_world_abort(const dn_comm *comm, dn_status code, const char *why)
{
    fprintf(stderr, "dragnet: rank %d: %s\n", comm->rank, why);
    MPI_Abort(comm->mpi, (int)code);
    exit((int)code);
}
