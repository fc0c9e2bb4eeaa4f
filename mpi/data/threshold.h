/* threshold.h - the largest of numbers that are spread over the ranks */
#ifndef DN_DATA_THRESHOLD_H
#define DN_DATA_THRESHOLD_H

#include <stdint.h>
#include "mpi/core/world.h"

/* Bits of a double, no NaN, such that a < b becomes key(a) < key(b). Local. */
uint64_t dn_order_key(double v);

/* The greatest key that at least `wanted` of the keys of all ranks reach, n of them here; 0 when there are
 * fewer. Collective on comm; cannot fail. */
DN_COLLECTIVE uint64_t dn_threshold(const dn_comm *comm, const uint64_t *key, int64_t n, int64_t wanted);

#endif
