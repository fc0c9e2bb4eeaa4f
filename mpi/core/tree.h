/* tree.h - adding up shards in one fixed binary tree, whoever owns them
 *
 * The leaves are shards 0 .. V-1, V a power of two; node (first, count) is the sum of the vectors of shards
 * first .. first + count - 1, count a power of two that divides first. A node is always left + right, so its
 * bits do not depend on who computed it. A rank adds the maximal nodes inside its range; the owners of the
 * slices merge the nodes of all ranks with the same stack. A vector is of float or of double. No MPI call;
 * all functions are local.
 */
#ifndef DN_CORE_TREE_H
#define DN_CORE_TREE_H

#include <stdint.h>
#include "solvers/base/error.h"

enum { DN_TREE_DEPTH = 64 };

typedef struct dn_node {
    int first;
    int count;
    void *sum; /* [width]  float or double */
} dn_node;

/* Nodes that could not be merged yet, in the order of their shards. */
typedef struct dn_tree {
    int64_t width; /* numbers in a vector */
    int is_double; /* they are double, otherwise float */
    int depth;     /* nodes on the stack */
    dn_node node[DN_TREE_DEPTH];
    int slots; /* buffers allocated, handed out again after dn_tree_clear() */
    void *slot[DN_TREE_DEPTH];
} dn_tree;

/* Make room for pushing the nodes of any cut of shards [first, end), so that dn_tree_push() cannot fail.
 * Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_tree_reserve(dn_tree *t, int first, int end, dn_error *err);

/* How many vectors that makes room for, when the shards are pushed one by one. */
int dn_tree_slots(int first, int end);

/* Add one node; its vector is copied. Nodes come in the order of their shards, without gaps.
 * Fails: DN_ENOMEM (only while the stack is deeper than ever before) */
DN_MUST_CHECK dn_status dn_tree_push(dn_tree *t, int first, int count, const void *sum, dn_error *err);

/* The same of the vector *sum without a copy: it stays with the tree, and *sum becomes another, of any
 * content, that dn_tree_destroy() does not see. Cannot fail after dn_tree_reserve(). */
DN_MUST_CHECK dn_status dn_tree_swap(dn_tree *t, int first, int count, void **sum, dn_error *err);

/* Forget the nodes, keep the memory. */
void dn_tree_clear(dn_tree *t);

void dn_tree_destroy(dn_tree *t);

/* The maximal nodes inside [first, end): fills first and count of out [DN_TREE_DEPTH] and returns how many.
 */
int dn_tree_cover(int first, int end, dn_node *out);

/* Whether two nodes that follow each other are the halves of one. */
int dn_tree_siblings(const dn_node *left, const dn_node *right);

/* Floats of a vector that are added up while they are in the cache. */
enum { DN_TREE_PIECE = 1024 };

/* left [n] += right [n] */
void dn_tree_add(float *restrict left, const float *restrict right, int64_t n);

/* Floats at .. at + n - 1, n <= DN_TREE_PIECE, of the node over `count` vectors, a power of two of at most
 * 2^16: all of them in one pass, with the bits of pushing them one by one. */
void dn_tree_sum(const float *const *vec, int count, int64_t at, int64_t n, float *out);

#endif
