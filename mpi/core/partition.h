/* partition.h - who does what: pure sums, no MPI call, testable for any number of ranks in one process
 *
 * All functions are local.
 */
#ifndef DN_CORE_PARTITION_H
#define DN_CORE_PARTITION_H

#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_range {
    int64_t begin;
    int64_t end; /* begin <= end; empty when equal */
} dn_range;

/* Part number `part` of [0, n) cut into `parts` contiguous ranges whose lengths differ by at most one, the
 * longer ones first. */
dn_range dn_block(int64_t n, int64_t part, int64_t parts);

/* The part that holds item i, 0 <= i < n. Inverse of dn_block. */
int64_t dn_block_of(int64_t n, int64_t i, int64_t parts);

/* A range taken `most` items at a time: how many turns that are, and the items of one, none behind the last.
 */
int64_t dn_turns(dn_range range, int64_t most);
dn_range dn_turn(dn_range range, int64_t turn, int64_t most);

/* The first row of part `part` of n rows cut into `parts` ranges of about the same cost: an entry costs 1, a
 * row row_cost beside. first [n + 1] is where the entries of a row begin, never decreasing; part 0 begins at
 * 0, part `parts` at n when row_cost > 0. */
int64_t dn_balanced(const int64_t *first, int64_t n, int64_t row_cost, int part, int parts);

/* A plan of shards over ranks: rank r owns shards [first[r], first[r + 1]), at least one each. */
typedef struct dn_plan {
    int shards; /* V, a power of two */
    int size;   /* ranks */
    int *first; /* [size + 1] */
} dn_plan;

/* Even plan. Fails: DN_ECONFIG more ranks than shards, or shards not a power of two (says what to do);
 * DN_ENOMEM */
DN_MUST_CHECK dn_status dn_plan_even(int shards, int size, dn_plan *out, dn_error *err);

/* The plan written as "5,3,8": shards of each rank, in rank order. Fails: DN_EUSAGE not `size` positive
 * numbers that add up to `shards`; DN_ECONFIG, DN_ENOMEM as above. */
DN_MUST_CHECK dn_status dn_plan_parse(const char *text, int shards, int size, dn_plan *out, dn_error *err);

void dn_plan_destroy(dn_plan *plan);

#endif
