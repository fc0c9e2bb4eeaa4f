/* alloc.c - memory that can be counted and refused; see alloc.h */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "solvers/base/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { ALIGNMENT = 64 };

/* Large blocks in large pages where the system has them: passes over megabytes would wait for page tables
 * otherwise. Only whole large pages inside the block, before they are touched; a refusal changes nothing. */
static void advise(void *p, size_t bytes)
{
#if defined(MADV_HUGEPAGE)
    const uintptr_t large = (uintptr_t)1 << 21;
    uintptr_t begin = ((uintptr_t)p + large - 1) / large * large,
              end = ((uintptr_t)p + bytes) / large * large;

    if (bytes >= 2 * (size_t)large && begin < end)
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#else
    (void)p;
    (void)bytes;
#endif
}

/* Counted without any order: threads that allocate are not synchronised by that, and none may look as if it
 * were. */
static atomic_long live;
static atomic_long passes_left = -1; /* -1: never refuse */

static int refused(void)
{
    long left = atomic_load_explicit(&passes_left, memory_order_relaxed);

    while (left > 0)
        if (atomic_compare_exchange_weak_explicit(&passes_left, &left, left - 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return 0;
    return left == 0;
}

static void *take(size_t count, size_t size, size_t *out_bytes)
{
    void *p;
    size_t bytes;

    if (size != 0 && count > (SIZE_MAX - ALIGNMENT) / size)
        return NULL;
    if (refused())
        return NULL;
    bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes == 0)
        bytes = ALIGNMENT;
    p = aligned_alloc(ALIGNMENT, bytes);
    if (p == NULL)
        return NULL;
    advise(p, bytes);
    atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    *out_bytes = bytes;
    return p;
}

void *dn_alloc(size_t count, size_t size)
{
    size_t bytes = 0;

    return take(count, size, &bytes);
}

void *dn_calloc(size_t count, size_t size)
{
    size_t bytes = 0;
    void *p = take(count, size, &bytes);

    if (p != NULL)
        memset(p, 0, bytes);
    return p;
}

void dn_free(void *p)
{
    if (p == NULL)
        return;
    atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    free(p);
}

dn_status dn_grow(void **p, size_t *cap, size_t need, size_t size, dn_error *err)
{
    dn_status st = DN_OK;
    size_t room = *cap < 16 ? 16 : *cap;
    void *wider = NULL;

    if (need <= *cap)
        return DN_OK;
    while (room < need && room <= SIZE_MAX / 2)
        room *= 2;
    if (room < need)
        room = need;
    wider = dn_calloc(room, size);
    if (wider == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory: %zu x %zu bytes", room, size);
    if (*p != NULL)
        memcpy(wider, *p, *cap * size);
    dn_free(*p);
    *p = wider;
    *cap = room;
out:
    return st;
}

void dn_alloc_fail_after(long k)
{
    atomic_store(&passes_left, k);
}

long dn_alloc_live(void)
{
    return atomic_load(&live);
}
