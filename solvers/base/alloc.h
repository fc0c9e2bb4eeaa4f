/* alloc.h - memory that can be counted and refused
 *
 * Every block is aligned to 64 bytes (a cache line, an AVX-512 vector). Thread-safe. All functions are local.
 */
#ifndef DN_BASE_ALLOC_H
#define DN_BASE_ALLOC_H

#include <stddef.h>
#include "solvers/base/error.h"

/* count * size zeroed bytes, or NULL (also when the product overflows). A block of 0 bytes is a valid block.
 */
void *dn_calloc(size_t count, size_t size);

/* The same without the zeros: for much that is written before it is read. */
void *dn_alloc(size_t count, size_t size);

/* Release a block; NULL is fine. */
void dn_free(void *p);

/* Make room for `need` elements of `size` bytes in *p, which holds *cap; grows by doubling and keeps the
 * content. On failure *p and *cap are untouched. Fails: DN_ENOMEM. */
DN_MUST_CHECK dn_status dn_grow(void **p, size_t *cap, size_t need, size_t size, dn_error *err);

/* Let k allocations pass, then refuse every later one; k < 0 ends the refusals. For tests. */
void dn_alloc_fail_after(long k);

/* Blocks allocated and not yet released. */
long dn_alloc_live(void);

#define DN_NEW(ptr_, count_)                                                                              \
    do {                                                                                                  \
        (ptr_) = dn_calloc((count_), sizeof *(ptr_));                                                     \
        if ((ptr_) == NULL)                                                                               \
            DN_FAIL(DN_ENOMEM, "out of memory: %zu x %zu bytes for %s", (size_t)(count_), sizeof *(ptr_), \
                    #ptr_);                                                                               \
    } while (0)

/* The same in the body of a collective function, as DN_PASS(): DN_AGREE follows. */
#define DN_PASS_NEW(ptr_, count_)                                                                          \
    do {                                                                                                   \
        if (st == DN_OK && ((ptr_) = dn_calloc((count_), sizeof *(ptr_))) == NULL)                         \
            st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %zu x %zu bytes for %s", \
                              (size_t)(count_), sizeof *(ptr_), #ptr_);                                    \
    } while (0)

#endif
