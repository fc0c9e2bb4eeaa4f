/* shared.c - memory that the ranks of one machine share; see shared.h */
#include "mpi/core/shared.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

struct dn_shared {
    const dn_host *host;
    dn_host own_host; /* where host points to it */
    dn_comm own_all;  /* of own_host */
    MPI_Win window;   /* MPI_WIN_NULL while there is one rank, or none was made */
    void *base;
    void *own; /* the memory of a host with one rank */
};

/* ---- hosts ---- */

static dn_comm describe(MPI_Comm mpi)
{
    dn_comm c = {.mpi = mpi, .rank = -1, .size = 0};

    if (mpi != MPI_COMM_NULL) {
        MPI_Comm_rank(mpi, &c.rank);
        MPI_Comm_size(mpi, &c.size);
    }
    return c;
}

void dn_host_open(const dn_comm *all, int grouping, dn_host *out)
{
    MPI_Comm here, leaders;
    int where[2];

    if (grouping == 0)
        MPI_Comm_split_type(all->mpi, MPI_COMM_TYPE_SHARED, all->rank, MPI_INFO_NULL, &here);
    else
        MPI_Comm_split(all->mpi, grouping > 0 ? all->rank / grouping : all->rank % -grouping, all->rank,
                       &here);
    *out = (dn_host){.all = all, .comm = describe(here)};
    MPI_Comm_split(all->mpi, out->comm.rank == 0 ? 0 : MPI_UNDEFINED, all->rank, &leaders);
    out->leaders = describe(leaders);
    where[0] = out->leaders.rank;
    where[1] = out->leaders.size;
    MPI_Bcast(where, 2, MPI_INT, 0, here);
    out->number = where[0];
    out->hosts = where[1];
}

void dn_host_close(dn_host *h)
{
    if (h->all == NULL)
        return;
    if (h->leaders.size > 0)
        MPI_Comm_free(&h->leaders.mpi);
    MPI_Comm_free(&h->comm.mpi);
    *h = (dn_host){0};
}

/* ---- windows ---- */

/* Where the window will lie, as Open MPI chooses it; other libraries use /dev/shm as well. */
static const char *backing(void)
{
    const char *set = getenv("OMPI_MCA_osc_sm_backing_directory"), *tmp = getenv("TMPDIR");

    if (set != NULL && set[0] != '\0')
        return set;
    if (access("/dev/shm", W_OK) == 0)
        return "/dev/shm";
    return tmp != NULL ? tmp : "/tmp";
}

/* MPI makes a file of the memory; where a limit forbids that, the other ranks wait inside MPI for it. */
static dn_status check_limit(size_t bytes, dn_error *err)
{
    enum { OF_MPI = 1 << 16 }; /* its own part of the file */
    dn_status st = DN_OK;
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < bytes + OF_MPI)
        DN_FAIL(
            DN_EIO,
            "shared memory is a file: no room for %zu bytes, the limit is %llu (ulimit -f): File too large",
            bytes + OF_MPI, (unsigned long long)limit.rlim_cur);
out:
    return st;
}

static dn_status check_room(size_t bytes, dn_error *err)
{
    dn_status st = DN_OK;
    const char *where = backing();
    struct statvfs info;
    double room;

    DN_TRY(check_limit(bytes, err));
    if (statvfs(where, &info) != 0)
        goto out; /* MPI will say what is wrong with it */
    room = (double)info.f_bavail * (double)info.f_frsize;
    if ((double)bytes > room)
        DN_FAIL(DN_ENOMEM,
                "out of memory: %.1f MB of shared memory are needed, %.1f MB are free in %s; make it larger "
                "(mount -o remount,size=...), or start one rank on a node",
                (double)bytes / 1e6, room / 1e6, where);
out:
    return st;
}

/* Rank 0 of the host brings all of the memory. An error comes back instead of ending the run. */
static dn_status open_window(dn_shared *s, size_t bytes, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = &s->host->comm;
    MPI_Errhandler ends;
    MPI_Aint size = comm->rank == 0 ? (MPI_Aint)bytes : 0;
    int code, unit, worst;

    MPI_Comm_get_errhandler(comm->mpi, &ends);
    MPI_Comm_set_errhandler(comm->mpi, MPI_ERRORS_RETURN);
    code = MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, comm->mpi, &s->base, &s->window);
    MPI_Comm_set_errhandler(comm->mpi, ends);
    MPI_Errhandler_free(&ends);
    MPI_Allreduce(&code, &worst, 1, MPI_INT, MPI_MAX, comm->mpi);
    if (worst != MPI_SUCCESS) { /* a window that some ranks have and others not cannot be freed */
        s->window = MPI_WIN_NULL;
        DN_FAIL(DN_ENOMEM, "out of memory: MPI refused a window of %zu bytes of shared memory", bytes);
    }
    MPI_Win_shared_query(s->window, 0, &size, &unit, &s->base);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, s->window);
out:
    return st;
}

static dn_status own_memory(dn_shared *s, size_t bytes, dn_error *err)
{
    dn_status st = DN_OK;

    s->own = dn_calloc(bytes, 1);
    if (s->own == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory: %zu bytes of memory to share", bytes);
    s->base = s->own;
out:
    return st;
}

static dn_status new_handle(const dn_host *host, dn_shared **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_shared *s = NULL;

    DN_NEW(s, 1);
    s->host = host;
    s->window = MPI_WIN_NULL;
    *out = s;
out:
    return st;
}

/* The memory of a handle; what was refused before comes in as st. Collective on host->all. */
static dn_status make_memory(const dn_host *host, dn_shared *s, size_t bytes, dn_status st, dn_error *err)
{
    size_t size = (bytes + 63) / 64 * 64 + 64; /* never empty */

    if (host->comm.size == 1)
        DN_PASS(own_memory(s, size, err));
    else if (host->comm.rank == 0)
        DN_PASS(check_room(size, err));
    DN_AGREE(host->all);
    if (host->comm.size > 1)
        DN_PASS(open_window(s, size, err));
    DN_AGREE(host->all);
    s->base = (void *)(((uintptr_t)s->base + 63) / 64 * 64);
out:
    return st;
}

dn_status dn_shared_create(const dn_host *host, size_t bytes, dn_shared **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_shared *s = NULL;

    DN_PASS(new_handle(host, &s, err));
    DN_TRY(make_memory(host, s, bytes, st, err));
    *out = s;
    s = NULL;
out:
    dn_shared_destroy(&s);
    return st;
}

dn_status dn_shared_create_alone(const dn_comm *all, int grouping, size_t bytes, dn_shared **out,
                                 dn_error *err)
{
    dn_status st = DN_OK;
    dn_shared *s = NULL;

    DN_PASS(new_handle(NULL, &s, err));
    DN_AGREE(all);
    s->own_all = *all;
    dn_host_open(&s->own_all, grouping, &s->own_host);
    s->host = &s->own_host;
    DN_TRY(make_memory(s->host, s, bytes, DN_OK, err));
    *out = s;
    s = NULL;
out:
    dn_shared_destroy(&s);
    return st;
}

void dn_shared_destroy(dn_shared **handle)
{
    dn_shared *s = *handle;

    if (s == NULL)
        return;
    if (s->window != MPI_WIN_NULL) {
        MPI_Win_unlock_all(s->window);
        MPI_Win_free(&s->window);
    }
    dn_free(s->own);
    if (s->host == &s->own_host)
        dn_host_close(&s->own_host);
    dn_free(s);
    *handle = NULL;
}

const dn_host *dn_shared_host(const dn_shared *s)
{
    return s->host;
}

void *dn_shared_base(const dn_shared *s)
{
    return s->base;
}

void dn_shared_barrier(const dn_shared *s)
{
    if (s->window == MPI_WIN_NULL)
        return;
    MPI_Win_sync(s->window);
    MPI_Barrier(s->host->comm.mpi);
    MPI_Win_sync(s->window);
}
