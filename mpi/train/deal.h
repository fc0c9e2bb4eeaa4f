/* deal.h - which rows of a batch stand in which of its shards, so that shards cost about the same
 *
 * Pairs of a drug and a target differ in cost as proteins differ in length, and a batch ends when the slowest
 * rank has done its shards. So the rows of a batch, which the keyed permutation of the epoch picks as ever,
 * are dealt:
 *
 *   1. sorted by cost, and cut into as many strata of like cost as a shard has rows;
 *   2. every shard gets one row of each stratum, so each mixes all lengths as the batch does and the
 *      statistics of its norms are not biased by length; within a stratum the dearest row goes to the
 *      shard that has cost least;
 *   3. shards are numbered so that the halves of the batch, their halves and so on cost about the same:
 *      ranks own contiguous shards.
 *
 * Equal costs keep the order of the permutation. The outcome is a function of seed, epoch, batch and data,
 * never of ranks or time. A model without costs keeps the order of the permutation throughout.
 */
#ifndef DN_TRAIN_DEAL_H
#define DN_TRAIN_DEAL_H

#include <stdint.h>
#include "mpi/train/rows.h"
#include "solvers/base/rng.h"
#include "solvers/models/model.h"

typedef struct dn_deal dn_deal;

/* For batches of `batch` rows in `shards` shards, a power of two that divides batch. The model is borrowed;
 * NULL: the order of the permutation throughout, which norms over the whole batch want, so that nothing
 * depends on shards. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_deal_create(const dn_model *opt_m, int64_t batch, int shards, dn_deal **out,
                                       dn_error *err);
void dn_deal_destroy(dn_deal **d);

/* The rows at positions [first, first + batch) of the epoch's order, as dealt: shard s has [s * batch /
 * shards, (s + 1) * batch / shards). Valid until the next call. Local. Time O(batch log batch). */
const int64_t *dn_deal_rows(dn_deal *d, const dn_permutation *order, const dn_rows *rows, int64_t first);

/* The same where only shards [shard, end) are wanted; what stands at the places of the others is undefined. A
 * model without costs looks at no other rows, so that a batch which grows with the ranks costs each of them
 * no more. Local. */
const int64_t *dn_deal_shards(dn_deal *d, const dn_permutation *order, const dn_rows *rows, int64_t first,
                              int64_t shard, int64_t end);

#endif
