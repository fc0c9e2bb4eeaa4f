/* reduce.c - the ordered sum of all shards, sliced over the ranks; see reduce.h
 *
 * What rank r sends to the owner of slice q: for each of its maximal nodes in order, slice q of the node and
 * the whole tail. Every rank knows the plan, hence the nodes of everyone and all message lengths: one
 * MPI_Alltoallv, no headers.
 */
#include "mpi/core/reduce.h"

#include <limits.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/tree.h"
#include "solvers/base/alloc.h"

struct dn_reduce {
    const dn_comm *comm;
    const dn_plan *plan;
    dn_reduce_kind kind;
    int64_t sliced, tail;
    dn_range slice; /* of this rank */
    int next;       /* shard that dn_reduce_push() expects */
    dn_tree local;  /* nodes of this rank, whole vectors */
    dn_tree owner;  /* nodes of all ranks, slice + tail */
    float *send, *receive;
    int *send_counts, *send_at, *receive_counts, *receive_at; /* [size] */
    int *gather_counts, *gather_at;                           /* [size]  slices, for the allgather */
    double seconds;
    dn_clock *clock; /* NULL: nobody measures */
};

static int64_t slice_length(const dn_reduce *r, int rank)
{
    dn_range s = dn_block(r->sliced, rank, r->comm->size);

    return s.end - s.begin;
}

static int nodes_of(const dn_plan *plan, int rank, dn_node *out)
{
    return dn_tree_cover(plan->first[rank], plan->first[rank + 1], out);
}

static dn_status lay_out(dn_reduce *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_node nodes[DN_TREE_DEPTH];
    int size = r->comm->size, mine = nodes_of(r->plan, r->comm->rank, nodes);
    int64_t out_at = 0, in_at = 0;

    DN_NEW(r->send_counts, (size_t)size);
    DN_NEW(r->send_at, (size_t)size);
    DN_NEW(r->receive_counts, (size_t)size);
    DN_NEW(r->receive_at, (size_t)size);
    DN_NEW(r->gather_counts, (size_t)size);
    DN_NEW(r->gather_at, (size_t)size);
    for (int q = 0; q < size; q++) {
        int64_t there = mine * (slice_length(r, q) + r->tail);
        int64_t here = nodes_of(r->plan, q, nodes) * (slice_length(r, r->comm->rank) + r->tail);
        if (out_at + there > INT_MAX || in_at + here > INT_MAX || r->sliced > INT_MAX)
            DN_FAIL(DN_ECONFIG, "a message of the reduction would pass 2^31 numbers (%lld weights)",
                    (long long)r->sliced);
        r->send_counts[q] = (int)there;
        r->send_at[q] = (int)out_at;
        r->receive_counts[q] = (int)here;
        r->receive_at[q] = (int)in_at;
        r->gather_counts[q] = (int)slice_length(r, q);
        r->gather_at[q] = (int)dn_block(r->sliced, q, size).begin;
        out_at += there;
        in_at += here;
    }
    DN_NEW(r->send, (size_t)out_at);
    DN_NEW(r->receive, (size_t)in_at);
out:
    return st;
}

static dn_status create_local(const dn_comm *comm, const dn_plan *plan, dn_reduce_kind kind, int64_t sliced,
                              int64_t tail, dn_reduce **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_reduce *r = NULL;

    DN_NEW(r, 1);
    r->comm = comm;
    r->plan = plan;
    r->kind = kind;
    r->sliced = sliced;
    r->tail = tail;
    r->slice = dn_block(sliced, comm->rank, comm->size);
    r->next = plan->first[comm->rank];
    r->local.width = sliced + tail;
    r->owner.width = r->slice.end - r->slice.begin + tail;
    DN_TRY(lay_out(r, err));
    DN_TRY(dn_tree_reserve(&r->local, r->next, plan->first[comm->rank + 1], err));
    DN_TRY(dn_tree_reserve(&r->owner, 0, plan->shards, err));
    *out = r;
    r = NULL;
out:
    dn_reduce_destroy(&r);
    return st;
}

dn_status dn_reduce_create(const dn_comm *comm, const dn_plan *plan, dn_reduce_kind kind, int64_t sliced,
                           int64_t tail, dn_reduce **out, dn_error *err)
{
    dn_status st = create_local(comm, plan, kind, sliced, tail, out, err);

    DN_AGREE(comm);
out:
    if (st != DN_OK)
        dn_reduce_destroy(out);
    return st;
}

void dn_reduce_destroy(dn_reduce **handle)
{
    dn_reduce *r = *handle;

    if (r == NULL)
        return;
    dn_tree_destroy(&r->local);
    dn_tree_destroy(&r->owner);
    dn_free(r->send);
    dn_free(r->receive);
    dn_free(r->send_counts);
    dn_free(r->send_at);
    dn_free(r->receive_counts);
    dn_free(r->receive_at);
    dn_free(r->gather_counts);
    dn_free(r->gather_at);
    dn_free(r);
    *handle = NULL;
}

dn_range dn_reduce_slice(const dn_reduce *r)
{
    return r->slice;
}

/* Push where the buffers are known to be there. */
static void push(dn_reduce *r, dn_tree *t, int first, int count, const float *sum)
{
    dn_error err = DN_ERROR_INIT;

    if (dn_tree_push(t, first, count, sum, &err) != DN_OK)
        dn_world_abort(r->comm, DN_ESOFTWARE, err.text); /* a fault of ours */
}

void dn_reduce_push(dn_reduce *r, const float *vec)
{
    int before = dn_clock_part(r->clock, DN_REDUCE_ADD);

    push(r, &r->local, r->next, 1, vec);
    r->next++;
    dn_clock_part(r->clock, before);
}

/* What all have waited for is not charged to the bytes that follow. */
static void meet(dn_reduce *r, int part)
{
    if (r->clock == NULL || !r->clock->runs)
        return;
    dn_clock_part(r->clock, DN_REDUCE_WAIT);
    MPI_Barrier(r->comm->mpi);
    dn_clock_part(r->clock, part);
}

static void exchange(dn_reduce *r)
{
    dn_clock_part(r->clock, DN_REDUCE_PACK);
    for (int q = 0; q < r->comm->size; q++) {
        dn_range s = dn_block(r->sliced, q, r->comm->size);
        float *to = r->send + r->send_at[q];
        for (int i = 0; i < r->local.depth; i++) {
            const float *sum = r->local.node[i].sum;
            memcpy(to, sum + s.begin, (size_t)(s.end - s.begin) * sizeof *to);
            memcpy(to + (s.end - s.begin), sum + r->sliced, (size_t)r->tail * sizeof *to);
            to += s.end - s.begin + r->tail;
        }
    }
    meet(r, DN_REDUCE_EXCHANGE);
    MPI_Alltoallv(r->send, r->send_counts, r->send_at, MPI_FLOAT, r->receive, r->receive_counts,
                  r->receive_at, MPI_FLOAT, r->comm->mpi);
    dn_clock_part(r->clock, DN_REDUCE_ADD);
}

/* Ranks own increasing shards, so their nodes in rank order are the nodes in shard order. */
static void finish_tree(dn_reduce *r)
{
    dn_node nodes[DN_TREE_DEPTH];

    dn_tree_clear(&r->owner);
    for (int q = 0; q < r->comm->size; q++) {
        int n = nodes_of(r->plan, q, nodes);
        const float *from = r->receive + r->receive_at[q];
        for (int i = 0; i < n; i++) {
            push(r, &r->owner, nodes[i].first, nodes[i].count, from);
            from += r->owner.width;
        }
    }
}

/* For comparison: whatever order MPI likes. */
static void sum_fast(dn_reduce *r, float *out_slice, float *out_tail)
{
    float *all = r->local.node[0].sum;

    dn_clock_part(r->clock, DN_REDUCE_ADD);
    for (int i = 1; i < r->local.depth; i++) {
        const float *more = r->local.node[i].sum;
        for (int64_t k = 0; k < r->local.width; k++)
            all[k] += more[k];
    }
    meet(r, DN_REDUCE_EXCHANGE);
    MPI_Allreduce(MPI_IN_PLACE, all, (int)r->local.width, MPI_FLOAT, MPI_SUM, r->comm->mpi);
    memcpy(out_slice, all + r->slice.begin, (size_t)(r->slice.end - r->slice.begin) * sizeof *all);
    memcpy(out_tail, all + r->sliced, (size_t)r->tail * sizeof *all);
}

void dn_reduce_finish(dn_reduce *r, float *out_slice, float *out_tail)
{
    int64_t mine = r->slice.end - r->slice.begin;
    double start = MPI_Wtime();
    int before = dn_clock_part(r->clock, DN_REDUCE_ADD);

    if (r->kind == DN_REDUCE_FAST) {
        sum_fast(r, out_slice, out_tail);
    } else {
        exchange(r);
        finish_tree(r);
        memcpy(out_slice, r->owner.node[0].sum, (size_t)mine * sizeof *out_slice);
        memcpy(out_tail, (const float *)r->owner.node[0].sum + mine, (size_t)r->tail * sizeof *out_tail);
    }
    dn_tree_clear(&r->local);
    r->next = r->plan->first[r->comm->rank];
    dn_clock_part(r->clock, before);
    r->seconds += MPI_Wtime() - start;
}

void dn_reduce_gather(dn_reduce *r, float *full)
{
    double start = MPI_Wtime();
    int before = dn_clock_part(r->clock, DN_REDUCE_WAIT);

    meet(r, DN_REDUCE_GATHER);
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, full, r->gather_counts, r->gather_at, MPI_FLOAT,
                   r->comm->mpi);
    dn_clock_part(r->clock, before);
    r->seconds += MPI_Wtime() - start;
}

void dn_reduce_watch(dn_reduce *r, dn_clock *opt_clock)
{
    r->clock = opt_clock;
}

double dn_reduce_seconds(const dn_reduce *r)
{
    return r->seconds;
}
