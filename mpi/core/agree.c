/* agree.c - all ranks reach the same verdict; see agree.h */
#include "mpi/core/agree.h"

dn_status dn_agree(const dn_comm *comm, dn_status local, dn_error *err)
{
    dn_error none = DN_ERROR_INIT;
    dn_error *e = err != NULL ? err : &none;
    int bad = local == DN_OK ? comm->size : comm->rank;

    if (!dn_comm_is_alone(comm))
        MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPI_INT, MPI_MIN, comm->mpi);
    if (bad == comm->size)
        return DN_OK;
    if (comm->rank == bad) {
        e->code = local;
        if (e->rank < 0)
            e->rank = bad;
    }
    if (!dn_comm_is_alone(comm))
        MPI_Bcast(e, (int)sizeof *e, MPI_BYTE, bad, comm->mpi);
    return e->code;
}
