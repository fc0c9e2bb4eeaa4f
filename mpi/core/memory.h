/* memory.h - how much memory this rank takes, as the system counts it
 *
 * Resident pages of the process, in bytes, from /proc/self/status (VmRSS, VmHWM); 0 where that is not told.
 * Pages that ranks share (shared.h) count in each rank that has touched them.
 */
#ifndef DN_CORE_MEMORY_H
#define DN_CORE_MEMORY_H

#include <stdint.h>
#include "mpi/core/world.h"

int64_t dn_memory_now(void);  /* local */
int64_t dn_memory_peak(void); /* the most since the program began; local */

/* The peak of the rank that has taken most. Collective on comm; cannot fail. */
DN_COLLECTIVE int64_t dn_memory_peak_of_all(const dn_comm *comm);

#endif
