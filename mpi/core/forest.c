/* forest.c - adding up shards in whatever order they come; see forest.h */
#include "mpi/core/forest.h"

#include <string.h>
#include "solvers/base/alloc.h"

/* The most nodes there are while the shards of a range come in order. */
static int most_nodes(int first, int end)
{
    dn_node nodes[DN_TREE_DEPTH];
    int most = 0;

    for (int last = first + 1; last <= end; last++) {
        int count = dn_tree_cover(first, last, nodes);
        most = count > most ? count : most;
    }
    return most;
}

dn_status dn_forest_create(int64_t width, int first, int end, int threads, dn_forest *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_forest f = {.width = width};
    int shards = end - first, ahead = most_nodes(first, end) + threads;

    DN_NEW(f.node, (size_t)shards);
    DN_NEW(f.spare, (size_t)shards);
    for (int i = 0; i < ahead && i < shards; i++) {
        DN_NEW(f.spare[i], (size_t)width);
        f.spares++;
    }
    *out = f;
    f = (dn_forest){0};
out:
    dn_forest_destroy(&f);
    return st;
}

void dn_forest_destroy(dn_forest *f)
{
    for (int i = 0; i < f->count; i++)
        dn_free(f->node[i].sum);
    for (int i = 0; i < f->spares; i++)
        dn_free(f->spare[i]);
    dn_free(f->node);
    dn_free(f->spare);
    *f = (dn_forest){0};
}

dn_status dn_forest_take(dn_forest *f, double **out, dn_error *err)
{
    dn_status st = DN_OK;

    if (f->spares > 0)
        *out = f->spare[--f->spares];
    else
        DN_NEW(*out, (size_t)f->width);
out:
    return st;
}

/* Whether two nodes, of which the left one stands before the other, are halves of one. */
static int siblings(const dn_node *left, const dn_node *right)
{
    return left->count == right->count && left->first + left->count == right->first &&
           left->first % (2 * left->count) == 0;
}

/* node[at] becomes the sum of itself and the next. */
static void merge(dn_forest *f, int at)
{
    double *restrict left = f->node[at].sum, *restrict right = f->node[at + 1].sum;

    for (int64_t i = 0; i < f->width; i++)
        left[i] += right[i];
    f->node[at].count *= 2;
    f->spare[f->spares++] = right;
    f->count--;
    memmove(&f->node[at + 1], &f->node[at + 2], (size_t)(f->count - at - 1) * sizeof *f->node);
}

void dn_forest_put(dn_forest *f, int shard, double *sum)
{
    dn_forest_put_node(f, shard, 1, sum);
}

void dn_forest_put_node(dn_forest *f, int first, int count, double *sum)
{
    int at = f->count++;

    for (; at > 0 && f->node[at - 1].first > first; at--)
        f->node[at] = f->node[at - 1];
    f->node[at] = (dn_node){.first = first, .count = count, .sum = sum};
    for (;;) {
        if (at > 0 && siblings(&f->node[at - 1], &f->node[at]))
            merge(f, --at);
        else if (at + 1 < f->count && siblings(&f->node[at], &f->node[at + 1]))
            merge(f, at);
        else
            break;
    }
}
