/* shared.h - memory that the ranks of one machine share
 *
 * Large data that every rank reads whole stand once per host, in a window of MPI-3 shared memory; a host with
 * a single rank takes ordinary memory. What one rank writes the others see after the next
 * dn_shared_barrier().
 *
 * Open MPI backs such a window with a file, in /dev/shm unless OMPI_MCA_osc_sm_backing_directory says
 * otherwise, and a file that cannot grow kills the ranks when they touch it. So the free space is asked
 * first, and the refusal says how much is needed and free.
 */
#ifndef DN_CORE_SHARED_H
#define DN_CORE_SHARED_H

#include <stddef.h>
#include "mpi/core/world.h"

/* The ranks that share memory with this one. */
typedef struct dn_host {
    const dn_comm *all; /* every rank of the run; borrowed */
    dn_comm comm;       /* the ranks of this host, in the order of their ranks in all */
    dn_comm leaders;    /* rank 0 of every host, in that order; only on those ranks, otherwise size 0 */
    int number, hosts;  /* 0 <= number < hosts, in the order of the leaders */
} dn_host;

/* Who shares memory. grouping 0: as the hardware has it; for tests k > 0: every k ranks in turn, k < 0: the
 * ranks that are equal modulo -k. Collective on all; cannot fail. */
DN_COLLECTIVE void dn_host_open(const dn_comm *all, int grouping, dn_host *out);
DN_COLLECTIVE void dn_host_close(dn_host *h);

typedef struct dn_shared dn_shared;

/* `bytes` on every host, aligned to 64 bytes, with any content; hosts may ask for different sizes, the ranks
 * of one host for the same. The host is borrowed. Collective on host->all. Fails: DN_ENOMEM a host has no
 * room (how much is needed and free, and where) */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_shared_create(const dn_host *host, size_t bytes, dn_shared **out,
                                                       dn_error *err);

/* The same for what is handed from function to function: the memory keeps a host of its own, grouped as
 * dn_host_open() has it, and a copy of *all. Collective on all. Fails: DN_ENOMEM as above */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_shared_create_alone(const dn_comm *all, int grouping, size_t bytes,
                                                             dn_shared **out, dn_error *err);

/* Collective on the ranks of the host, with a host of its own on all ranks of the run; NULL is fine. */
DN_COLLECTIVE void dn_shared_destroy(dn_shared **s);

/* The host it was created on. Local. */
const dn_host *dn_shared_host(const dn_shared *s);

/* The memory; the same bytes on every rank of the host, at addresses of their own. Local. */
void *dn_shared_base(const dn_shared *s);

/* Wait for the other ranks of the host and see what they have written. Collective on the ranks of the host;
 * cannot fail. */
DN_COLLECTIVE void dn_shared_barrier(const dn_shared *s);

#endif
