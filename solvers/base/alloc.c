/* alloc.c - memory that can be counted and refused; see alloc.h */
#define _DEFAULT_SOURCE /* madvise */
#include "solvers/base/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE = 1 << 21, MANY_HUGE = 4 * HUGE };

static atomic_long live;
static atomic_long passes_left = -1; /* -1: never refuse */

static int refused(void)
{
    long left = atomic_load(&passes_left);

    while (left > 0)
        if (atomic_compare_exchange_weak(&passes_left, &left, left - 1))
            return 0;
    return left == 0;
}

void *dn_calloc(size_t count, size_t size)
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
    p = aligned_alloc(bytes >= MANY_HUGE ? HUGE : ALIGNMENT, bytes);
    if (p == NULL)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (bytes >= MANY_HUGE) /* all of it is touched at once: fewer faults and TLB entries, no more memory */
        (void)madvise(p, bytes / HUGE * HUGE, MADV_HUGEPAGE);
#endif
    memset(p, 0, bytes);
    atomic_fetch_add(&live, 1);
    return p;
}

void dn_free(void *p)
{
    if (p == NULL)
        return;
    atomic_fetch_sub(&live, 1);
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
