/* forest.h - adding up shards in the fixed tree, in whatever order they come
 *
 * The tree is that of tree.h: a node is left + right, so its bits do not depend on the order in which the
 * shards come. Threads that take shards one after the other need not wait for each other: a node waits for
 * its sibling. When all shards of a range are there, the nodes are those of dn_tree_cover().
 *
 * No MPI call; all functions are local and not thread-safe: threads that share a forest hold a lock.
 */
#ifndef DN_CORE_FOREST_H
#define DN_CORE_FOREST_H

#include <stdint.h>
#include "mpi/core/tree.h"

typedef struct dn_forest {
    int64_t width; /* doubles in a vector */
    int count;     /* nodes that wait for their siblings */
    dn_node *node; /* [shards]  in the order of their shards; sum [width] of double */
    int spares;
    double **spare; /* [shards]  vectors that nobody needs at the moment */
} dn_forest;

/* For shards [first, end). What they need when they come in order and `threads` vectors are taken at a time
 * is allocated at once. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_forest_create(int64_t width, int first, int end, int threads, dn_forest *out,
                                         dn_error *err);
void dn_forest_destroy(dn_forest *f);

/* A vector [width] with any content, to be filled and given to dn_forest_put(); one for each shard. Fails:
 * DN_ENOMEM when shards come so much out of order that more are needed than were allocated */
DN_MUST_CHECK dn_status dn_forest_take(dn_forest *f, double **out, dn_error *err);

/* The vector of a shard, which has not come before. Cannot fail. */
void dn_forest_put(dn_forest *f, int shard, double *sum);

/* The same of a node of the tree: the sum over shards first .. first + count - 1. Cannot fail. */
void dn_forest_put_node(dn_forest *f, int first, int count, double *sum);

#endif
