/* best.c - the best K of a stream; see best.h. A heap whose root is the worst that is kept. */
#include "solvers/stats/best.h"

#include <stdbool.h>
#include <stdlib.h>

static bool before(const dn_hit *x, const dn_hit *y)
{
    if (x->key != y->key)
        return x->key > y->key;
    return x->a != y->a ? x->a < y->a : x->b < y->b;
}

static void rise(dn_hit *heap, int64_t i, const dn_hit *x)
{
    while (i > 0 && before(&heap[(i - 1) / 2], x)) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = *x;
}

static void sink(dn_hit *heap, int64_t n, const dn_hit *x)
{
    int64_t i = 0, child;

    while ((child = 2 * i + 1) < n) {
        if (child + 1 < n && before(&heap[child], &heap[child + 1]))
            child++;
        if (!before(x, &heap[child]))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = *x;
}

void dn_best_offer(dn_hit *heap, int64_t keep, int64_t *n, const dn_hit *x)
{
    if (*n < keep)
        rise(heap, (*n)++, x);
    else if (before(x, &heap[0]))
        sink(heap, keep, x);
}

static int compare(const void *x, const void *y)
{
    return before(x, y) ? -1 : before(y, x);
}

void dn_best_sort(dn_hit *hit, int64_t n)
{
    if (n > 1)
        qsort(hit, (size_t)n, sizeof *hit, compare);
}
