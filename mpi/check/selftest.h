/* selftest.h - do these nodes do what dragnet needs of them: a table of checks, each with a verdict and
 * figures
 *
 *     ranks      every rank is there once: the sum of their numbers, counted on all
 *     latency    allreduce of one number, the median of many, microseconds
 *     bandwidth  allreduce of 8 MB, the median of a few, MB of the vector a second
 *     shared     what the first rank of a host writes into shared memory the others see
 *     hdf5       a file written by all ranks, published, read back by others than those who wrote: MB/s
 *                of both (of a file that small, caches of the file system included)
 *     petsc      a linear system with a known solution (solvers/network/petsc_check.h)
 *
 * Values are checked in all of them; times never decide.
 */
#ifndef DN_CHECK_SELFTEST_H
#define DN_CHECK_SELFTEST_H

#include <stdbool.h>
#include "mpi/core/world.h"

enum { DN_SELFTEST_CHECKS = 6, DN_SELFTEST_ALL = (1 << DN_SELFTEST_CHECKS) - 1 };

typedef struct dn_check {
    const char *name;
    bool passed;
    char text[512]; /* the figures, or what is wrong; the same on all ranks */
} dn_check;

/* The checks whose bit is set in `which` (bit i: the i-th above); the others count as passed. One that fails
 * does not keep the next from being tried. The file of `hdf5` is `path`, which must not exist, and is
 * removed; it belongs on the file system that runs will use. PETSc is opened and closed in its check.
 * Collective on comm. */
DN_COLLECTIVE void dn_selftest(const dn_comm *comm, int which, const char *path,
                               dn_check out[DN_SELFTEST_CHECKS]);

#endif
