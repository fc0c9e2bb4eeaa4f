/* threshold.c - bit by bit from the top; see threshold.h */
#include "mpi/data/threshold.h"

#include <string.h>

uint64_t dn_order_key(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

uint64_t dn_threshold(const dn_comm *comm, const uint64_t *key, int64_t n, int64_t wanted)
{
    uint64_t t = 0;

    for (int bit = 63; bit >= 0; bit--) {
        uint64_t higher = t | (uint64_t)1 << bit;
        int64_t reach = 0;

        for (int64_t i = 0; i < n; i++)
            reach += key[i] >= higher;
        MPI_Allreduce(MPI_IN_PLACE, &reach, 1, MPI_INT64_T, MPI_SUM, comm->mpi);
        if (reach >= wanted)
            t = higher;
    }
    return t;
}
