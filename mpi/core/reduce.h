/* reduce.h - the ordered sum of all shards, sliced over the ranks
 *
 * A shard's vector has a sliced part (gradients) and a tail (loss, batch statistics, failure flags). Every
 * rank gives the vectors of its shards in order; dn_reduce_finish() moves the subtree sums of each rank to
 * the owners of the slices, who finish the tree. The tail goes to everyone. The result has the bits of a
 * single rank.
 */
#ifndef DN_CORE_REDUCE_H
#define DN_CORE_REDUCE_H

#include "mpi/core/partition.h"
#include "mpi/core/tree.h"
#include "mpi/core/world.h"
#include "solvers/base/clock.h"

typedef struct dn_reduce dn_reduce;

typedef enum dn_reduce_kind {
    DN_REDUCE_ORDERED, /* the fixed tree; same bits on any number of ranks */
    DN_REDUCE_FAST     /* MPI_Allreduce; for comparison only */
} dn_reduce_kind;

/*   sliced  floats of a vector that are divided over the ranks (slice of rank r: dn_block(sliced, r, size))
 *   tail    floats behind them that every rank gets whole
 * The plan is borrowed. Collective on comm. Fails: DN_ENOMEM, DN_ECONFIG (a message would pass 2^31 floats).
 */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_reduce_create(const dn_comm *comm, const dn_plan *plan,
                                                       dn_reduce_kind kind, int64_t sliced, int64_t tail,
                                                       dn_reduce **out, dn_error *err);
void dn_reduce_destroy(dn_reduce **r);

/* The slice of this rank. Local. */
dn_range dn_reduce_slice(const dn_reduce *r);

/* The shards of this rank are given in one of three ways, none of which copies a vector [sliced + tail]:
 *
 * one by one, in order: the reduction keeps *vec and puts another one, of any content, in its place. All are
 * from dn_calloc(), and whoever holds one at the end frees it. dn_reduce_reserve() comes before the first
 * and fails with DN_ENOMEM; the push itself cannot fail. Local. */
DN_MUST_CHECK dn_status dn_reduce_reserve(dn_reduce *r, dn_error *err);
void dn_reduce_push(dn_reduce *r, float **vec);

/* all at once: vec [shards of this rank] and the vectors are borrowed and stay as they are until the round is
 * over, that is until dn_reduce_finish() or dn_reduce_take(). Local; cannot fail. */
void dn_reduce_lend(dn_reduce *r, const float *const *vec);

/* or all at once, without vectors: `sum` makes numbers at .. at + n - 1, n <= DN_TREE_PIECE, of the sum over
 * `count` shards from number `first` of this rank's, with the bits of dn_tree_sum(). Called by this thread
 * until the round is over. Local; cannot fail. */
typedef void dn_reduce_source(void *ctx, int first, int count, int64_t at, int64_t n, float *out);
void dn_reduce_lend_sums(dn_reduce *r, dn_reduce_source *sum, void *ctx);

/* Sum over all shards: out_slice [length of the slice], out_tail [tail]. Ready for the next round afterwards.
 * Every rank must have given all its shards. Collective on comm; cannot fail. */
DN_COLLECTIVE void dn_reduce_finish(dn_reduce *r, float *out_slice, float *out_tail);

/* The same in two steps. First the tails; the slices are where they belong, but not yet summed. Collective on
 * comm; cannot fail. */
DN_COLLECTIVE void dn_reduce_meet(dn_reduce *r, float *out_tail);

/* Then the slice, piece by piece in order, while each is in the cache: floats at .. at + n - 1 of the slice,
 * n
 * <= DN_TREE_PIECE. `take` may be NULL: the sum is not wanted. Ends the round. Local; cannot fail. */
typedef void dn_reduce_taker(void *ctx, int64_t at, int64_t n, const float *sum);
void dn_reduce_take(dn_reduce *r, dn_reduce_taker *take, void *ctx);

/* Put the slices of all ranks together in full [sliced]; the caller's own slice stands there already.
 * Collective on comm. */
DN_COLLECTIVE void dn_reduce_gather(dn_reduce *r, float *full);

/* What a round of the ordered sum costs rank `rank` of the plan, for vectors of `sliced` and `tail` floats.
 */
typedef struct dn_reduce_cost {
    int64_t sent;     /* bytes to other ranks, sums on their way to the owners of the slices */
    int64_t gathered; /* bytes from other ranks, slices on their way to everyone */
    int64_t messages; /* of either kind, to other ranks */
    int64_t held;     /* bytes of buffers, when shards come one by one */
} dn_reduce_cost;

/* Local; plan->size says how many ranks there are. */
dn_reduce_cost dn_reduce_cost_of(const dn_plan *plan, int rank, int64_t sliced, int64_t tail);

/* Parts of a clock that the calls above enter. */
enum {
    DN_REDUCE_ADD = 1,  /* sums of own shards, later of the own slice */
    DN_REDUCE_PACK,     /* copies into messages */
    DN_REDUCE_WAIT,     /* for the last rank to come */
    DN_REDUCE_EXCHANGE, /* sums on their way to the owners of the slices */
    DN_REDUCE_GATHER,   /* slices on their way to everyone */
    DN_REDUCE_PARTS
};

/* From now on the calls above tell this clock (borrowed), in its stage at that time, where their time goes;
 * NULL: no more. To tell waiting from moving bytes, each of the two exchanges is preceded by a barrier while
 * the clock runs: on all ranks, or on none. Local. */
void dn_reduce_watch(dn_reduce *r, dn_clock *opt_clock);

/* Seconds this rank has spent in the calls above since creation. Local. */
double dn_reduce_seconds(const dn_reduce *r);

/* Of these, in exchanges: bytes on their way, and waiting for other ranks. Local. */
double dn_reduce_exchanging(const dn_reduce *r);

#endif
