/* share.c - tables of strings and records between ranks; see share.h */
#include "mpi/io/share.h"

#include <limits.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

static dn_status room(dn_strings *s, int64_t n, int64_t bytes, dn_error *err)
{
    dn_status st = DN_OK;

    if (bytes > INT_MAX || n >= INT_MAX)
        DN_FAIL(DN_EDATA, "%lld names of %lld bytes are too many for one table", (long long)n,
                (long long)bytes);
    DN_TRY(dn_grow((void **)&s->offset, &s->offset_cap, (size_t)n + 1, sizeof *s->offset, err));
    DN_TRY(dn_grow((void **)&s->bytes, &s->bytes_cap, (size_t)bytes + 1, 1, err));
out:
    return st;
}

dn_status dn_share_strings(const dn_comm *comm, int root, dn_strings *s, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t size[2] = {s->n, s->n > 0 ? s->offset[s->n] : 0};

    MPI_Bcast(size, 2, MPI_INT64_T, root, comm->mpi);
    DN_PASS(room(s, size[0], size[1], err));
    DN_AGREE(comm);
    s->n = size[0];
    MPI_Bcast(s->offset, (int)size[0] + 1, MPI_INT64_T, root, comm->mpi);
    MPI_Bcast(s->bytes, (int)size[1], MPI_BYTE, root, comm->mpi);
out:
    return st;
}

dn_status dn_gather_strings(const dn_comm *comm, const dn_strings *mine, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t size[2] = {mine->n, mine->n > 0 ? mine->offset[mine->n] : 0};
    int64_t *sizes = NULL;                                       /* [size, 2]  names and bytes of each rank */
    int *count = NULL, *start = NULL, *bytes = NULL, *at = NULL; /* [size] */
    int64_t n = 0, total = 0, begin = 0;
    size_t ranks = (size_t)comm->size;

    if ((sizes = dn_calloc(2 * ranks, sizeof *sizes)) == NULL ||
        (count = dn_calloc(4 * ranks, sizeof *count)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for tables of %d ranks",
                          comm->size);
    DN_AGREE(comm);
    start = count + ranks;
    bytes = start + ranks;
    at = bytes + ranks;
    MPI_Allgather(size, 2, MPI_INT64_T, sizes, 2, MPI_INT64_T, comm->mpi);
    for (int r = 0; r < comm->size; r++) {
        n += sizes[2 * r];
        total += sizes[2 * r + 1];
    }
    DN_PASS(room(out, n, total, err));
    DN_AGREE(comm);
    n = total = 0;
    for (int r = 0; r < comm->size; r++) {
        count[r] = (int)sizes[2 * r];
        bytes[r] = (int)sizes[2 * r + 1];
        start[r] = (int)n;
        at[r] = (int)total;
        n += count[r];
        total += bytes[r];
    }
    /* ends of strings: offset[1 + i] of each rank, moved by what stands before the rank */
    MPI_Allgatherv(mine->n > 0 ? mine->offset + 1 : NULL, (int)mine->n, MPI_INT64_T, out->offset + 1, count,
                   start, MPI_INT64_T, comm->mpi);
    MPI_Allgatherv(mine->bytes, (int)size[1], MPI_BYTE, out->bytes, bytes, at, MPI_BYTE, comm->mpi);
    for (int r = 0; r < comm->size; r++) {
        for (int i = 0; i < count[r]; i++)
            out->offset[1 + start[r] + i] += begin;
        begin += bytes[r];
    }
    out->offset[0] = 0;
    out->n = n;
out:
    dn_free(sizes);
    dn_free(count);
    return st;
}

/* int counts and starts from 64-bit counts. */
static dn_status narrow(const dn_comm *comm, const int64_t *count, int *out_count, int *out_start,
                        int64_t *out_total, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t total = 0;

    for (int r = 0; r < comm->size; r++) {
        out_start[r] = (int)total;
        out_count[r] = (int)count[r];
        total += count[r];
        if (total > INT_MAX)
            DN_FAIL(DN_EDATA, "more than 2^31 records on rank %d; use more ranks", comm->rank);
    }
    *out_total = total;
out:
    return st;
}

dn_status dn_exchange(const dn_comm *comm, size_t item, const int64_t *send_count, const void *items,
                      void **out, int64_t *recv_count, dn_error *err)
{
    dn_status st = DN_OK;
    int *counts = NULL; /* [4, size]  sent: count, start; received: count, start */
    void *got = NULL;
    int64_t sent = 0, received = 0;
    size_t ranks = (size_t)comm->size;
    MPI_Datatype record;

    counts = dn_calloc(4 * ranks, sizeof *counts);
    if (counts == NULL || item > INT_MAX)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__,
                          "no room for records of %zu bytes between %d ranks", item, comm->size);
    DN_AGREE(comm);
    MPI_Alltoall(send_count, 1, MPI_INT64_T, recv_count, 1, MPI_INT64_T, comm->mpi);
    DN_PASS(narrow(comm, send_count, counts, counts + ranks, &sent, err));
    DN_PASS(narrow(comm, recv_count, counts + 2 * ranks, counts + 3 * ranks, &received, err));
    if (st == DN_OK && (got = dn_calloc((size_t)received, item)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld records of %zu bytes",
                          (long long)received, item);
    DN_AGREE(comm);
    MPI_Type_contiguous((int)item, MPI_BYTE, &record);
    MPI_Type_commit(&record);
    MPI_Alltoallv(items, counts, counts + ranks, record, got, counts + 2 * ranks, counts + 3 * ranks, record,
                  comm->mpi);
    MPI_Type_free(&record);
    *out = got;
    got = NULL;
out:
    dn_free(counts);
    dn_free(got);
    return st;
}

int64_t dn_sum(const dn_comm *comm, int64_t v)
{
    MPI_Allreduce(MPI_IN_PLACE, &v, 1, MPI_INT64_T, MPI_SUM, comm->mpi);
    return v;
}

int64_t dn_before(const dn_comm *comm, int64_t v)
{
    int64_t sum = 0;

    MPI_Exscan(&v, &sum, 1, MPI_INT64_T, MPI_SUM, comm->mpi);
    return comm->rank == 0 ? 0 : sum;
}
