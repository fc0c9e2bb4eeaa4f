/* gather.c - see gather.h */
#include "mpi/core/gather.h"

#include <mpi.h>
#include "mpi/core/partition.h"

void dn_gather_blocks(const dn_comm *comm, void *array, int64_t items, int64_t bytes)
{
    const int64_t most = 1 << 27; /* bytes in a message */

    for (int r = 0; r < comm->size; r++) {
        dn_range block = dn_block(items, r, comm->size);
        int64_t end = block.end * bytes;
        for (int64_t at = block.begin * bytes; at < end; at += most)
            MPI_Bcast((char *)array + at, (int)(end - at < most ? end - at : most), MPI_BYTE, r, comm->mpi);
    }
}
