/* threshold.h - the largest of numbers that are spread over the ranks */
#ifndef DN_DATA_THRESHOLD_H
#define DN_DATA_THRESHOLD_H

#include <stdint.h>
#include "mpi/core/partition.h"
#include "mpi/core/world.h"

/* Bits of a double, no NaN, such that a < b becomes key(a) < key(b). Local. */
uint64_t dn_order_key(double v);

/* The greatest key that at least `wanted` of the keys of all ranks reach, n of them here; 0 when there are
 * fewer. Collective on comm; cannot fail. */
DN_COLLECTIVE uint64_t dn_threshold(const dn_comm *comm, const uint64_t *key, int64_t n, int64_t wanted);

/* The same of keys that are not held but made anew in every pass, three of them as a rule: key(ctx, i) of the
 * items `mine` of this rank, a pure function. wanted >= 1. Memory of a rank: at most 11 MB. Collective on
 * comm. Fails: DN_ENOMEM */
typedef uint64_t dn_key_of(const void *ctx, int64_t i);
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_threshold_of(const dn_comm *comm, dn_key_of *key, const void *ctx,
                                                      dn_range mine, int64_t wanted, uint64_t *out,
                                                      dn_error *err);

#endif
