/* pages.c - memory that goes back to the system at once; see pages.h */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "solvers/base/pages.h"

#include <stdint.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

void dn_pages_discard(void *p, size_t bytes)
{
#if defined(MADV_DONTNEED)
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)p + page - 1) / page * page, end = ((uintptr_t)p + bytes) / page * page;

    if (begin < end)
        (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
#else
    (void)p;
    (void)bytes;
#endif
}
