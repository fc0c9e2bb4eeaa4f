/* shard_sums.h - the sum of the gradients of several shards, made where it is wanted
 *
 * The vectors of shards are added up in the tree of mpi/core/tree.h, but a tensor that every shard has as two
 * factors (model.h) is multiplied out piece by piece while it is summed, and stands nowhere as a whole: of
 * GENER at one sample a shard that is nearly all of the gradient. A product is rounded before it is added, so
 * the bits are those of the vectors. All functions are local.
 */
#ifndef DN_TRAIN_SHARD_SUMS_H
#define DN_TRAIN_SHARD_SUMS_H

#include "mpi/core/reduce.h"
#include "solvers/models/model.h"

typedef struct dn_shard_sums dn_shard_sums;

/* Of shards whose works and vectors these are, in order; both arrays and all they hold are borrowed. Asks the
 * works for their factors, so it comes before they are used, and once. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_shard_sums_create(const dn_model *m, dn_work *const *work, float *const *vec,
                                             int shards, dn_shard_sums **out, dn_error *err);
void dn_shard_sums_destroy(dn_shard_sums **s);

/* For dn_reduce_lend_sums(); ctx is a dn_shard_sums. */
void dn_shard_sums_add(void *ctx, int first, int count, int64_t at, int64_t n, float *out);

#endif
