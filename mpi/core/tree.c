/* tree.c - adding up shards in one fixed binary tree; see tree.h */
#include "mpi/core/tree.h"

#include <string.h>
#include "solvers/base/alloc.h"

/* left += right. The lanes are independent: vectorised or not, the bits are the same. */
static void add_float(float *restrict left, const float *restrict right, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        left[i] += right[i];
}

static void add_double(double *restrict left, const double *restrict right, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        left[i] += right[i];
}

static size_t bytes(const dn_tree *t)
{
    return (size_t)t->width * (t->is_double ? sizeof(double) : sizeof(float));
}

static dn_status add_slot(dn_tree *t, dn_error *err)
{
    dn_status st = DN_OK;
    char *vector = NULL;

    DN_NEW(vector, bytes(t));
    t->slot[t->slots++] = vector;
out:
    return st;
}

static int siblings(const dn_node *left, const dn_node *right)
{
    return left->count == right->count && left->first % (2 * left->count) == 0;
}

/* Plays the pushes of single shards without their vectors: larger nodes never need a deeper stack. */
dn_status dn_tree_reserve(dn_tree *t, int first, int end, dn_error *err)
{
    dn_status st = DN_OK;
    dn_node stack[DN_TREE_DEPTH];
    int depth = 0, deepest = 0;

    for (int shard = first; shard < end; shard++) {
        stack[depth++] = (dn_node){.first = shard, .count = 1};
        deepest = depth > deepest ? depth : deepest;
        while (depth > 1 && siblings(&stack[depth - 2], &stack[depth - 1]))
            stack[--depth - 1].count *= 2;
    }
    while (t->slots < deepest)
        DN_TRY(add_slot(t, err));
out:
    return st;
}

dn_status dn_tree_push(dn_tree *t, int first, int count, const void *sum, dn_error *err)
{
    dn_status st = DN_OK;
    dn_node *top;

    if (t->depth == DN_TREE_DEPTH)
        DN_FAIL(DN_ESOFTWARE, "reduction tree deeper than %d", DN_TREE_DEPTH);
    if (t->depth == t->slots)
        DN_TRY(add_slot(t, err));
    top = &t->node[t->depth];
    *top = (dn_node){.first = first, .count = count, .sum = t->slot[t->depth]};
    memcpy(top->sum, sum, bytes(t));
    t->depth++;
    while (t->depth > 1 && siblings(&t->node[t->depth - 2], &t->node[t->depth - 1])) {
        dn_node *left = &t->node[t->depth - 2], *right = left + 1;
        if (t->is_double)
            add_double(left->sum, right->sum, t->width);
        else
            add_float(left->sum, right->sum, t->width);
        left->count *= 2;
        t->depth--;
    }
out:
    return st;
}

void dn_tree_clear(dn_tree *t)
{
    t->depth = 0;
}

void dn_tree_destroy(dn_tree *t)
{
    for (int i = 0; i < t->slots; i++)
        dn_free(t->slot[i]);
    *t = (dn_tree){0};
}

int dn_tree_cover(int first, int end, dn_node *out)
{
    int n = 0;

    while (first < end) {
        int count = 1;
        while (first % (2 * count) == 0 && first + 2 * count <= end)
            count *= 2;
        out[n++] = (dn_node){.first = first, .count = count};
        first += count;
    }
    return n;
}
