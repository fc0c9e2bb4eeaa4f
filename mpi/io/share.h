/* share.h - tables of strings and records between ranks. All functions are collective on comm. */
#ifndef DN_IO_SHARE_H
#define DN_IO_SHARE_H

#include "mpi/core/world.h"
#include "solvers/base/text.h"

/* The table of rank root to all; on the others s is empty before. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_share_strings(const dn_comm *comm, int root, dn_strings *s,
                                                       dn_error *err);

/* The tables of all ranks, one behind the other in rank order, on every rank; out is empty before.
 * Fails: DN_ENOMEM; DN_EDATA more than 2^31 bytes of strings */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gather_strings(const dn_comm *comm, const dn_strings *mine,
                                                        dn_strings *out, dn_error *err);

/* Records of `item` bytes to the ranks they belong to.
 *
 *   send_count  [size]  records for each rank
 *   items       those records, grouped by rank in rank order
 *   out         what this rank gets, grouped by sender in rank order, each group in its order; for dn_free()
 *   recv_count  [size]  records from each rank; written
 *
 * Fails: DN_ENOMEM; DN_EDATA more than 2^31 records on a rank (use more ranks) */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_exchange(const dn_comm *comm, size_t item, const int64_t *send_count,
                                                  const void *items, void **out, int64_t *recv_count,
                                                  dn_error *err);

DN_COLLECTIVE int64_t dn_sum(const dn_comm *comm, int64_t v);

/* The sum over the ranks before this one. */
DN_COLLECTIVE int64_t dn_before(const dn_comm *comm, int64_t v);

#endif
