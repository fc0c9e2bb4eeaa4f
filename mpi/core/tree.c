/* tree.c - adding up shards in one fixed binary tree; see tree.h */
#include "mpi/core/tree.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"

/* The lanes are independent: vectorised or not, the bits are the same. */
DN_CLONES
void dn_tree_add(float *restrict left, const float *restrict right, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        left[i] += right[i];
}

DN_CLONES
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

int dn_tree_siblings(const dn_node *left, const dn_node *right)
{
    return left->count == right->count && left->first % (2 * left->count) == 0;
}

/* Plays the pushes of single shards without their vectors: larger nodes never need a deeper stack. */
int dn_tree_slots(int first, int end)
{
    dn_node stack[DN_TREE_DEPTH];
    int depth = 0, deepest = 0;

    for (int shard = first; shard < end; shard++) {
        stack[depth++] = (dn_node){.first = shard, .count = 1};
        deepest = depth > deepest ? depth : deepest;
        while (depth > 1 && dn_tree_siblings(&stack[depth - 2], &stack[depth - 1]))
            stack[--depth - 1].count *= 2;
    }
    return deepest;
}

dn_status dn_tree_reserve(dn_tree *t, int first, int end, dn_error *err)
{
    dn_status st = DN_OK;
    int deepest = dn_tree_slots(first, end);

    while (t->slots < deepest)
        DN_TRY(add_slot(t, err));
out:
    return st;
}

static void add(const dn_tree *t, const dn_node *left, const dn_node *right, int64_t at, int64_t n)
{
    if (t->is_double)
        add_double((double *)left->sum + at, (const double *)right->sum + at, n);
    else
        dn_tree_add((float *)left->sum + at, (const float *)right->sum + at, n);
}

/* Merge the top of the stack as often as it goes, all levels of a piece before the next piece. The vectors of
 * nodes on the stack are the first slots, so that of a right half is free when it leaves. */
static void merge(dn_tree *t)
{
    int top = t->depth - 1, bottom = top;

    for (; bottom > 0 && dn_tree_siblings(&t->node[bottom - 1], &t->node[bottom]); bottom--)
        t->node[bottom - 1].count *= 2;
    for (int64_t at = 0; bottom < top && at < t->width; at += DN_TREE_PIECE)
        for (int i = top; i > bottom; i--)
            add(t, &t->node[i - 1], &t->node[i], at,
                t->width - at < DN_TREE_PIECE ? t->width - at : DN_TREE_PIECE);
    t->depth = bottom + 1;
}

dn_status dn_tree_swap(dn_tree *t, int first, int count, void **sum, dn_error *err)
{
    dn_status st = DN_OK;
    void *mine = *sum;

    if (t->depth == DN_TREE_DEPTH)
        DN_FAIL(DN_ESOFTWARE, "reduction tree deeper than %d", DN_TREE_DEPTH);
    if (t->depth == t->slots)
        DN_TRY(add_slot(t, err));
    *sum = t->slot[t->depth];
    t->slot[t->depth] = mine;
    t->node[t->depth] = (dn_node){.first = first, .count = count, .sum = mine};
    t->depth++;
    merge(t);
out:
    return st;
}

dn_status dn_tree_push(dn_tree *t, int first, int count, const void *sum, dn_error *err)
{
    dn_status st = DN_OK;
    void *own;

    if (t->depth == DN_TREE_DEPTH)
        DN_FAIL(DN_ESOFTWARE, "reduction tree deeper than %d", DN_TREE_DEPTH);
    if (t->depth == t->slots)
        DN_TRY(add_slot(t, err));
    own = t->slot[t->depth];
    memcpy(own, sum, bytes(t));
    DN_TRY(dn_tree_swap(t, first, count, &own, err));
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

/* ---- vectors that are all there ---- */

DN_CLONES
static void sum_of_2(const float *const *vec, int64_t at, int64_t n, float *restrict out)
{
    const float *a = vec[0] + at, *b = vec[1] + at;

    for (int64_t i = 0; i < n; i++)
        out[i] = a[i] + b[i];
}

DN_CLONES
static void sum_of_4(const float *const *vec, int64_t at, int64_t n, float *restrict out)
{
    const float *a = vec[0] + at, *b = vec[1] + at, *c = vec[2] + at, *d = vec[3] + at;

    for (int64_t i = 0; i < n; i++)
        out[i] = (a[i] + b[i]) + (c[i] + d[i]);
}

DN_CLONES
static void sum_of_8(const float *const *vec, int64_t at, int64_t n, float *restrict out)
{
    const float *a = vec[0] + at, *b = vec[1] + at, *c = vec[2] + at, *d = vec[3] + at;
    const float *e = vec[4] + at, *f = vec[5] + at, *g = vec[6] + at, *h = vec[7] + at;

    for (int64_t i = 0; i < n; i++)
        out[i] = ((a[i] + b[i]) + (c[i] + d[i])) + ((e[i] + f[i]) + (g[i] + h[i]));
}

/* Halves of the tree, so the recursion is as deep as the tree is above eight vectors. */
void dn_tree_sum(const float *const *vec, int count, int64_t at, int64_t n, float *out)
{
    float right[DN_TREE_PIECE];

    switch (count) {
    case 1:
        memcpy(out, vec[0] + at, (size_t)n * sizeof *out);
        break;
    case 2:
        sum_of_2(vec, at, n, out);
        break;
    case 4:
        sum_of_4(vec, at, n, out);
        break;
    case 8:
        sum_of_8(vec, at, n, out);
        break;
    default:
        dn_tree_sum(vec, count / 2, at, n, out);
        dn_tree_sum(vec + count / 2, count / 2, at, n, right);
        dn_tree_add(out, right, n);
    }
}
