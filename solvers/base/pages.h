/* pages.h - memory that goes back to the system at once
 *
 * What is freed may stay with the process: MPI libraries tell the heap to keep it.
 */
#ifndef DN_BASE_PAGES_H
#define DN_BASE_PAGES_H

#include <stddef.h>

/* The whole pages of the block p are given back, where the system can do that; what they hold is lost. For a
 * large block right before dn_free(). Local. */
void dn_pages_discard(void *p, size_t bytes);

#endif
