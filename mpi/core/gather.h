/* gather.h - blocks of an array that each rank has computed, put together on all */
#ifndef DN_CORE_GATHER_H
#define DN_CORE_GATHER_H

#include <stdint.h>
#include "mpi/core/world.h"

/* Put the blocks dn_block(items, rank, size) of an array of `items` items of `bytes` bytes together on every
 * rank. Collective on comm; cannot fail. */
DN_COLLECTIVE void dn_gather_blocks(const dn_comm *comm, void *array, int64_t items, int64_t bytes);

#endif
