/* reduce.c - the ordered sum of all shards, sliced over the ranks; see reduce.h
 *
 * What rank r sends to the owner of slice q: for each of its maximal nodes in order, slice q of the node and
 * the whole tail, or on many ranks, where whole tails would be more than the slices, slice q of the tail; the
 * sums of the tail are then gathered by a second, small message. Every rank knows the plan, hence the nodes
 * of everyone and all message lengths: one MPI_Alltoallv, no headers. A node is summed straight to where it
 * is sent from, or, for the own slice, to where the owner wants it; the owner finishes the tree in what it
 * received. A rank that is alone sums its only node piece by piece for whoever takes it, and stores nothing.
 */
#include "mpi/core/reduce.h"

#include <limits.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

/* Numbers of whole tails that a rank would send from which on tails are sliced, too. A tail of GENER is that
 * long with 58 ranks. */
enum { WHOLE_TAILS = 1 << 16 };

/* right is added to left; indices of nodes. */
typedef struct merge {
    int left, right;
} merge;

struct dn_reduce {
    const dn_comm *comm;
    const dn_plan *plan;
    dn_reduce_kind kind;
    int64_t sliced, tail;
    dn_range slice;           /* of this rank */
    int next;                 /* shard that dn_reduce_push() expects */
    dn_tree local;            /* nodes of this rank, whole vectors, when they come one by one */
    const float *const *lent; /* or the vectors of its shards */
    dn_reduce_source *source; /* or what adds them up: of `lent`, or of `source_ctx`; NULL: one by one */
    void *source_ctx;
    dn_node mine[DN_TREE_DEPTH]; /* nodes of this rank */
    int n_mine;
    float **node; /* [n_nodes]  nodes of all ranks in `receive`, slice + tail, in the order of their shards */
    int n_nodes;
    merge *order; /* [n_nodes - 1]  how they are merged into the first */
    float *send, *receive;
    float *all;                                               /* [sliced + tail]  DN_REDUCE_FAST */
    int *send_counts, *send_at, *receive_counts, *receive_at; /* [size]  without what a rank sends itself */
    int *gather_counts, *gather_at;                           /* [size]  slices, for the allgather */
    bool tail_sliced;
    int *tail_counts, *tail_at; /* [size]  of the tail, the same */
    double seconds, exchanging;
    dn_clock *clock; /* NULL: nobody measures */
};

static int64_t slice_length(const dn_reduce *r, int rank)
{
    dn_range s = dn_block(r->sliced, rank, r->comm->size);

    return s.end - s.begin;
}

/* What the owner of slice `rank` gets of the tail. */
static dn_range tail_of(const dn_reduce *r, int rank)
{
    return r->tail_sliced ? dn_block(r->tail, rank, r->comm->size) : (dn_range){.begin = 0, .end = r->tail};
}

/* Numbers of a node that the owner of slice `rank` gets. */
static int64_t width_of(const dn_reduce *r, int rank)
{
    dn_range t = tail_of(r, rank);

    return slice_length(r, rank) + t.end - t.begin;
}

static int nodes_of(const dn_plan *plan, int rank, dn_node *out)
{
    return dn_tree_cover(plan->first[rank], plan->first[rank + 1], out);
}

/* Lengths and places of the messages. */
static dn_status lay_out(dn_reduce *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_node nodes[DN_TREE_DEPTH];
    int size = r->comm->size, rank = r->comm->rank;
    int64_t out_at = 0, in_at = 0;

    DN_NEW(r->send_counts, (size_t)size);
    DN_NEW(r->send_at, (size_t)size);
    DN_NEW(r->receive_counts, (size_t)size);
    DN_NEW(r->receive_at, (size_t)size);
    DN_NEW(r->gather_counts, (size_t)size);
    DN_NEW(r->gather_at, (size_t)size);
    DN_NEW(r->tail_counts, (size_t)size);
    DN_NEW(r->tail_at, (size_t)size);
    for (int q = 0; q < size; q++) {
        int64_t there = q == rank ? 0 : r->n_mine * width_of(r, q);
        int64_t here = nodes_of(r->plan, q, nodes) * width_of(r, rank);
        if (out_at + there > INT_MAX || in_at + here > INT_MAX || r->sliced > INT_MAX)
            DN_FAIL(DN_ECONFIG, "a message of the reduction would pass 2^31 numbers (%lld weights)",
                    (long long)r->sliced);
        r->send_counts[q] = (int)there;
        r->send_at[q] = (int)out_at;
        r->receive_counts[q] = q == rank ? 0 : (int)here;
        r->receive_at[q] = (int)in_at;
        r->gather_counts[q] = (int)slice_length(r, q);
        r->gather_at[q] = (int)dn_block(r->sliced, q, size).begin;
        r->tail_counts[q] = (int)(tail_of(r, q).end - tail_of(r, q).begin);
        r->tail_at[q] = (int)tail_of(r, q).begin;
        out_at += there;
        in_at += here;
    }
    if (r->kind == DN_REDUCE_FAST) {
        DN_NEW(r->all, (size_t)(r->sliced + r->tail));
    } else if (size > 1) {
        DN_NEW(r->send, (size_t)out_at);
        DN_NEW(r->receive, (size_t)in_at);
    }
out:
    return st;
}

/* Which nodes there are and how they are merged. Ranks own increasing shards, so their nodes in rank order
 * are the nodes in shard order. */
static dn_status lay_out_owner(dn_reduce *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_node nodes[DN_TREE_DEPTH], stack[DN_TREE_DEPTH];
    int at[DN_TREE_DEPTH]; /* node whose place the sum on the stack has */
    int depth = 0, merges = 0, next = 0;

    for (int q = 0; q < r->comm->size; q++)
        r->n_nodes += nodes_of(r->plan, q, nodes);
    DN_NEW(r->node, (size_t)r->n_nodes);
    DN_NEW(r->order, (size_t)r->n_nodes);
    for (int q = 0; q < r->comm->size; q++) {
        int n = nodes_of(r->plan, q, nodes);
        for (int i = 0; i < n; i++) {
            if (r->receive != NULL)
                r->node[next] = r->receive + r->receive_at[q] + i * width_of(r, r->comm->rank);
            stack[depth] = nodes[i];
            at[depth++] = next++;
            while (depth > 1 && dn_tree_siblings(&stack[depth - 2], &stack[depth - 1])) {
                r->order[merges++] = (merge){.left = at[depth - 2], .right = at[depth - 1]};
                stack[--depth - 1].count *= 2;
            }
        }
    }
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
    r->tail_sliced = comm->size > 1 && comm->size * tail > WHOLE_TAILS;
    r->slice = dn_block(sliced, comm->rank, comm->size);
    r->next = plan->first[comm->rank];
    r->n_mine = nodes_of(plan, comm->rank, r->mine);
    r->local.width = sliced + tail;
    DN_TRY(lay_out(r, err));
    DN_TRY(lay_out_owner(r, err));
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
    dn_free(r->node);
    dn_free(r->order);
    dn_free(r->all);
    dn_free(r->send);
    dn_free(r->receive);
    dn_free(r->send_counts);
    dn_free(r->send_at);
    dn_free(r->receive_counts);
    dn_free(r->receive_at);
    dn_free(r->gather_counts);
    dn_free(r->gather_at);
    dn_free(r->tail_counts);
    dn_free(r->tail_at);
    dn_free(r);
    *handle = NULL;
}

dn_reduce_cost dn_reduce_cost_of(const dn_plan *plan, int rank, int64_t sliced, int64_t tail)
{
    dn_reduce_cost c = {.sent = 0};
    const dn_comm comm = {.rank = rank, .size = plan->size};
    const dn_reduce r = {.comm = &comm,
                         .plan = plan,
                         .sliced = sliced,
                         .tail = tail,
                         .tail_sliced = plan->size > 1 && plan->size * tail > WHOLE_TAILS};
    dn_node nodes[DN_TREE_DEPTH];
    int64_t mine = nodes_of(plan, rank, nodes), received = 0;

    for (int q = 0; q < plan->size; q++)
        if (q != rank) {
            c.sent += mine * width_of(&r, q) * (int64_t)sizeof(float);
            received += nodes_of(plan, q, nodes) * width_of(&r, rank) * (int64_t)sizeof(float);
            c.gathered += slice_length(&r, q) * (int64_t)sizeof(float);
        }
    c.messages = 2 * (int64_t)(plan->size - 1);
    c.held =
        c.sent + received +
        dn_tree_slots(plan->first[rank], plan->first[rank + 1]) * (sliced + tail) * (int64_t)sizeof(float);
    return c;
}

dn_range dn_reduce_slice(const dn_reduce *r)
{
    return r->slice;
}

/* ---- the shards of this rank ---- */

dn_status dn_reduce_reserve(dn_reduce *r, dn_error *err)
{
    const int *first = r->plan->first + r->comm->rank;

    return dn_tree_reserve(&r->local, first[0], first[1], err);
}

void dn_reduce_push(dn_reduce *r, float **vec)
{
    dn_error err = DN_ERROR_INIT;
    void *sum = *vec;
    int before = dn_clock_part(r->clock, DN_REDUCE_ADD);

    if (dn_tree_swap(&r->local, r->next, 1, &sum, &err) != DN_OK)
        dn_world_abort(r->comm, DN_ESOFTWARE, err.text); /* a fault of ours */
    *vec = sum;
    r->next++;
    dn_clock_part(r->clock, before);
}

static void sum_lent(void *ctx, int first, int count, int64_t at, int64_t n, float *out)
{
    const dn_reduce *r = ctx;

    dn_tree_sum(r->lent + first, count, at, n, out);
}

void dn_reduce_lend(dn_reduce *r, const float *const *vec)
{
    r->lent = vec;
    dn_reduce_lend_sums(r, sum_lent, r);
}

void dn_reduce_lend_sums(dn_reduce *r, dn_reduce_source *sum, void *ctx)
{
    r->source = sum;
    r->source_ctx = ctx;
}

/* Numbers at .. at + n - 1 of node i of this rank. */
static void sum_mine(const dn_reduce *r, int i, int64_t at, int64_t n, float *out)
{
    int first = r->mine[i].first - r->plan->first[r->comm->rank];

    if (r->source == NULL) {
        memcpy(out, (const float *)r->local.node[i].sum + at, (size_t)n * sizeof *out);
        return;
    }
    for (int64_t k = 0; k < n; k += DN_TREE_PIECE)
        r->source(r->source_ctx, first, r->mine[i].count, at + k,
                  n - k < DN_TREE_PIECE ? n - k : DN_TREE_PIECE, out + k);
}

/* ---- all ranks ---- */

/* What all have waited for is not charged to the bytes that follow. */
static void wait_for_all(dn_reduce *r, int part)
{
    if (r->clock == NULL || !r->clock->runs)
        return;
    dn_clock_part(r->clock, DN_REDUCE_WAIT);
    MPI_Barrier(r->comm->mpi);
    dn_clock_part(r->clock, part);
}

static void exchange(dn_reduce *r)
{
    double start;

    dn_clock_part(r->clock, DN_REDUCE_PACK);
    for (int q = 0; q < r->comm->size; q++) {
        dn_range s = dn_block(r->sliced, q, r->comm->size), t = tail_of(r, q);
        float *to = q == r->comm->rank ? r->receive + r->receive_at[q] : r->send + r->send_at[q];
        for (int i = 0; i < r->n_mine; i++) {
            sum_mine(r, i, s.begin, s.end - s.begin, to);
            sum_mine(r, i, r->sliced + t.begin, t.end - t.begin, to + (s.end - s.begin));
            to += width_of(r, q);
        }
    }
    start = MPI_Wtime();
    wait_for_all(r, DN_REDUCE_EXCHANGE);
    MPI_Alltoallv(r->send, r->send_counts, r->send_at, MPI_FLOAT, r->receive, r->receive_counts,
                  r->receive_at, MPI_FLOAT, r->comm->mpi);
    r->exchanging += MPI_Wtime() - start;
    dn_clock_part(r->clock, DN_REDUCE_ADD);
}

/* Numbers at .. at + n - 1 of the vectors of the owner, summed into those of the first node. */
static const float *finish_tree(const dn_reduce *r, int64_t at, int64_t n)
{
    for (int i = 0; i < r->n_nodes - 1; i++)
        dn_tree_add(r->node[r->order[i].left] + at, r->node[r->order[i].right] + at, n);
    return r->node[0] + at;
}

static void finish_tail(dn_reduce *r, float *out_tail)
{
    dn_range t = tail_of(r, r->comm->rank);
    const float *sum = finish_tree(r, r->slice.end - r->slice.begin, t.end - t.begin);
    double start;

    memcpy(out_tail + t.begin, sum, (size_t)(t.end - t.begin) * sizeof *out_tail);
    if (!r->tail_sliced)
        return;
    start = MPI_Wtime();
    wait_for_all(r, DN_REDUCE_EXCHANGE);
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, out_tail, r->tail_counts, r->tail_at, MPI_FLOAT,
                   r->comm->mpi);
    r->exchanging += MPI_Wtime() - start;
}

/* For comparison: whatever order MPI likes. */
static void sum_fast(dn_reduce *r)
{
    int64_t width = r->sliced + r->tail;
    double start;

    sum_mine(r, 0, 0, width, r->all);
    for (int i = 1; i < r->n_mine; i++)
        for (int64_t at = 0; at < width; at += DN_TREE_PIECE) {
            float more[DN_TREE_PIECE];
            int64_t n = width - at < DN_TREE_PIECE ? width - at : DN_TREE_PIECE;
            sum_mine(r, i, at, n, more);
            dn_tree_add(r->all + at, more, n);
        }
    start = MPI_Wtime();
    wait_for_all(r, DN_REDUCE_EXCHANGE);
    MPI_Allreduce(MPI_IN_PLACE, r->all, (int)width, MPI_FLOAT, MPI_SUM, r->comm->mpi);
    r->exchanging += MPI_Wtime() - start;
}

void dn_reduce_meet(dn_reduce *r, float *out_tail)
{
    double start = MPI_Wtime();
    int before = dn_clock_part(r->clock, DN_REDUCE_ADD);

    if (r->kind == DN_REDUCE_FAST) {
        sum_fast(r);
        memcpy(out_tail, r->all + r->sliced, (size_t)r->tail * sizeof *out_tail);
    } else if (r->comm->size == 1) {
        sum_mine(r, 0, r->sliced, r->tail, out_tail);
    } else {
        exchange(r);
        finish_tail(r, out_tail);
    }
    dn_clock_part(r->clock, before);
    r->seconds += MPI_Wtime() - start;
}

void dn_reduce_take(dn_reduce *r, dn_reduce_taker *take, void *ctx)
{
    int64_t mine = r->slice.end - r->slice.begin;
    double start = MPI_Wtime();
    int before = dn_clock_part(r->clock, DN_REDUCE_ADD);

    for (int64_t at = 0; take != NULL && at < mine; at += DN_TREE_PIECE) {
        int64_t n = mine - at < DN_TREE_PIECE ? mine - at : DN_TREE_PIECE;
        float sum[DN_TREE_PIECE];
        if (r->kind == DN_REDUCE_FAST) {
            take(ctx, at, n, r->all + r->slice.begin + at);
        } else if (r->comm->size > 1) {
            take(ctx, at, n, finish_tree(r, at, n));
        } else if (r->source == NULL) {
            take(ctx, at, n, (const float *)r->local.node[0].sum + at);
        } else {
            sum_mine(r, 0, at, n, sum);
            take(ctx, at, n, sum);
        }
    }
    dn_tree_clear(&r->local);
    r->source = NULL;
    r->next = r->plan->first[r->comm->rank];
    dn_clock_part(r->clock, before);
    r->seconds += MPI_Wtime() - start;
}

static void copy(void *ctx, int64_t at, int64_t n, const float *sum)
{
    memcpy((float *)ctx + at, sum, (size_t)n * sizeof *sum);
}

void dn_reduce_finish(dn_reduce *r, float *out_slice, float *out_tail)
{
    dn_reduce_meet(r, out_tail);
    dn_reduce_take(r, copy, out_slice);
}

void dn_reduce_gather(dn_reduce *r, float *full)
{
    double start = MPI_Wtime(), took;
    int before = dn_clock_part(r->clock, DN_REDUCE_GATHER);

    if (r->comm->size > 1) {
        wait_for_all(r, DN_REDUCE_GATHER);
        MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, full, r->gather_counts, r->gather_at, MPI_FLOAT,
                       r->comm->mpi);
    }
    dn_clock_part(r->clock, before);
    took = MPI_Wtime() - start;
    r->seconds += took;
    r->exchanging += took;
}

void dn_reduce_watch(dn_reduce *r, dn_clock *opt_clock)
{
    r->clock = opt_clock;
}

double dn_reduce_seconds(const dn_reduce *r)
{
    return r->seconds;
}

double dn_reduce_exchanging(const dn_reduce *r)
{
    return r->exchanging;
}
