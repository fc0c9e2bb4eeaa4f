/* agree.h - all ranks reach the same verdict */
#ifndef DN_CORE_AGREE_H
#define DN_CORE_AGREE_H

#include "mpi/core/world.h"

/* Return the same status on every rank: DN_OK if all passed DN_OK, otherwise that of the lowest failing rank,
 * whose dn_error is copied to all. dn_comm_alone() agrees with itself.
 * Collective on comm. */
DN_COLLECTIVE dn_status dn_agree(const dn_comm *comm, dn_status local, dn_error *err);

/* In a collective function: all ranks go on, or all leave through out. */
#define DN_AGREE(comm_)                  \
    do {                                 \
        st = dn_agree((comm_), st, err); \
        if (st != DN_OK)                 \
            goto out;                    \
    } while (0)

#endif
