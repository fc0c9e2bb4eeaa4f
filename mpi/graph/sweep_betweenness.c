/* sweep_betweenness.c - betweenness over ranks and threads; see sweep.h
 *
 * The batches of sources are dealt to V shards, V a power of two and a function of the number of batches
 * alone. A rank owns a contiguous range of shards, a thread works through the batches of one shard in order,
 * and the vectors of the shards are added in the fixed tree as they come. Each rank ends with the maximal
 * nodes of the tree inside its range; these are exchanged piece by piece, so that nobody holds the vectors of
 * all.
 */
#include "mpi/graph/sweep.h"

#include <omp.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/forest.h"
#include "mpi/core/partition.h"
#include "mpi/core/tree.h"
#include "mpi/graph/sweep_private.h"
#include "solvers/base/alloc.h"
#include "solvers/network/betweenness.h"
#include "solvers/network/fold.h"

enum { MOST_SHARDS = 1024, ROUND = 1 << 16 /* numbers that are merged at a time */ };

typedef struct path_job {
    const dn_comm *comm;
    const dn_graph *all;
    dn_origins every;  /* the sources in it */
    dn_fold fold;      /* when all nodes are sources and there are leaves */
    const dn_graph *g; /* what is searched: all, or the folded graph */
    dn_origins kept;   /* the nodes of the folded graph */
    const dn_origins *sources;
    int sampled;     /* not all nodes are sources */
    dn_cuts cuts;    /* when sampled */
    dn_batch *batch; /* [batches] */
    int64_t batches;
    int shards;
    dn_range mine; /* shards of this rank */
    int64_t width; /* numbers in a vector: sums [n] and, when sampled, squares [n] */
    int threads;
    dn_brandes **brandes; /* [threads] */
    dn_forest forest;     /* of this rank */
    dn_tree owner;        /* of all ranks, for one piece */
    int64_t piece;        /* numbers that one rank merges in a round */
    double *send, *receive, *whole;
    double *expanded; /* [n of all]  when folded */
    int *send_counts, *send_at, *receive_counts, *receive_at, *piece_counts, *piece_at; /* [size] */
} path_job;

static int shards_for(int64_t batches)
{
    int v = 1;

    while (v < MOST_SHARDS && 2 * (int64_t)v <= batches)
        v *= 2;
    return v;
}

static dn_range range_of(const path_job *j, int rank)
{
    return dn_block(j->shards, rank, j->comm->size);
}

static int nodes_of(const path_job *j, int rank)
{
    dn_node nodes[DN_TREE_DEPTH];
    dn_range r = range_of(j, rank);

    return dn_tree_cover((int)r.begin, (int)r.end, nodes);
}

static dn_status prepare_merge(path_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    int size = j->comm->size, all = 0;

    j->piece = ROUND / size > 1024 ? ROUND / size : 1024;
    for (int q = 0; q < size; q++)
        all += nodes_of(j, q);
    DN_NEW(j->send, (size_t)nodes_of(j, j->comm->rank) * (size_t)j->piece * (size_t)size);
    DN_NEW(j->receive, (size_t)all * (size_t)j->piece);
    DN_NEW(j->whole, (size_t)j->width);
    DN_NEW(j->send_counts, (size_t)size);
    DN_NEW(j->send_at, (size_t)size);
    DN_NEW(j->receive_counts, (size_t)size);
    DN_NEW(j->receive_at, (size_t)size);
    DN_NEW(j->piece_counts, (size_t)size);
    DN_NEW(j->piece_at, (size_t)size);
    j->owner = (dn_tree){.width = j->piece, .is_double = 1};
    DN_TRY(dn_tree_reserve(&j->owner, 0, j->shards, err));
out:
    return st;
}

/* What is searched, and from where. */
static dn_status choose(path_job *j, const dn_sweep_options *o, dn_error *err)
{
    dn_status st = DN_OK;

    j->g = j->all;
    j->sources = &j->every;
    DN_TRY(dn_origins_create(j->all, o->sources, o->seed, &j->every, err));
    j->sampled = j->every.count < j->all->connected;
    if (j->sampled)
        DN_TRY(dn_cuts_create(j->all, &j->cuts, err));
    else
        DN_TRY(dn_fold_create(j->all, &j->fold, err));
    if (j->fold.leaves > 0) {
        j->g = &j->fold.graph;
        j->sources = &j->kept;
        DN_TRY(dn_origins_create(j->g, 0, 0, &j->kept, err));
        DN_NEW(j->expanded, (size_t)j->all->n);
    }
out:
    return st;
}

static dn_status prepare(path_job *j, const dn_sweep_options *o, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(choose(j, o, err));
    DN_TRY(dn_origins_batches(j->sources, DN_PATH_LANES, &j->batch, &j->batches, err));
    j->shards = shards_for(j->batches);
    j->mine = range_of(j, j->comm->rank);
    j->width = j->sampled ? 2 * j->g->n : j->g->n;
    DN_NEW(j->brandes, (size_t)j->threads);
    for (int t = 0; t < j->threads; t++)
        DN_TRY(dn_brandes_create(j->g, j->fold.weight, j->sampled ? &j->cuts : NULL, &j->brandes[t], err));
    DN_TRY(dn_forest_create(j->width, (int)j->mine.begin, (int)j->mine.end, j->threads, &j->forest, err));
    DN_TRY(prepare_merge(j, err));
out:
    return st;
}

static void release(path_job *j)
{
    for (int t = 0; t < j->threads && j->brandes != NULL; t++)
        dn_brandes_destroy(&j->brandes[t]);
    dn_free(j->brandes);
    dn_forest_destroy(&j->forest);
    dn_tree_destroy(&j->owner);
    dn_free(j->send);
    dn_free(j->receive);
    dn_free(j->whole);
    dn_free(j->send_counts);
    dn_free(j->send_at);
    dn_free(j->receive_counts);
    dn_free(j->receive_at);
    dn_free(j->piece_counts);
    dn_free(j->piece_at);
    dn_free(j->batch);
    dn_free(j->expanded);
    dn_origins_destroy(&j->every);
    dn_origins_destroy(&j->kept);
    dn_fold_destroy(&j->fold);
    dn_cuts_destroy(&j->cuts);
}

/* Where a shard starts to deal: its bits reversed, so that the shards with one batch more are spread evenly
 * over any cut into ranges. */
static int64_t first_batch(int shard, int shards)
{
    int64_t first = 0;

    for (int bit = 1; bit < shards; bit *= 2)
        first = 2 * first + ((shard & bit) != 0);
    return first;
}

static void work_shard(path_job *j, int shard, double *sum, dn_sweep_meter *meter)
{
    dn_brandes *b = j->brandes[omp_get_thread_num()];
    double *squares = j->sampled ? sum + j->g->n : NULL;

    memset(sum, 0, (size_t)j->width * sizeof *sum);
    for (int64_t i = first_batch(shard, j->shards); i < j->batches; i += j->shards) {
        dn_brandes_run(b, j->sources, &j->batch[i], sum, squares);
        dn_sweep_meter_tick(meter);
    }
}

static dn_status work(path_job *j, const dn_sweep_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t mine = 0;
    dn_sweep_meter meter;

    for (int64_t s = j->mine.begin; s < j->mine.end; s++)
        for (int64_t i = first_batch((int)s, j->shards); i < j->batches; i += j->shards)
            mine++;
    meter = dn_sweep_meter_start(j->comm, o, mine, j->every.count);
#pragma omp parallel for schedule(dynamic, 1) num_threads(j->threads)
    for (int64_t s = j->mine.begin; s < j->mine.end; s++) {
        double *sum = NULL;
#pragma omp critical(dn_sweep_forest)
        if (st == DN_OK)
            st = dn_forest_take(&j->forest, &sum, err);
        if (sum == NULL)
            continue;
        work_shard(j, (int)s, sum, &meter);
#pragma omp critical(dn_sweep_forest)
        dn_forest_put(&j->forest, (int)s, sum);
    }
    return st;
}

/* The part of round `from` that rank q merges. */
static dn_range piece_of(const path_job *j, int64_t from, int q)
{
    dn_range r = {from + q * j->piece, from + (q + 1) * j->piece};

    r.begin = r.begin < j->width ? r.begin : j->width;
    r.end = r.end < j->width ? r.end : j->width;
    return r;
}

static void exchange(path_job *j, int64_t from)
{
    dn_range own = piece_of(j, from, j->comm->rank);
    int out_at = 0, in_at = 0;

    for (int q = 0; q < j->comm->size; q++) {
        dn_range piece = piece_of(j, from, q);
        int64_t length = piece.end - piece.begin;
        j->send_at[q] = out_at;
        j->receive_at[q] = in_at;
        for (int i = 0; i < j->forest.count; i++) {
            memcpy(j->send + out_at, (const double *)j->forest.node[i].sum + piece.begin,
                   (size_t)length * sizeof *j->send);
            out_at += (int)length;
        }
        in_at += (int)(nodes_of(j, q) * (own.end - own.begin));
        j->send_counts[q] = out_at - j->send_at[q];
        j->receive_counts[q] = in_at - j->receive_at[q];
        j->piece_counts[q] = (int)length;
        j->piece_at[q] = (int)(piece.begin - from);
    }
    MPI_Alltoallv(j->send, j->send_counts, j->send_at, MPI_DOUBLE, j->receive, j->receive_counts,
                  j->receive_at, MPI_DOUBLE, j->comm->mpi);
}

/* Ranks own rising shards, so their nodes in rank order are the nodes in shard order. */
static dn_status merge_piece(path_job *j, int64_t from, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range own = piece_of(j, from, j->comm->rank);
    const double *next = j->receive;

    dn_tree_clear(&j->owner);
    j->owner.width = own.end - own.begin; /* at most the piece that was reserved */
    for (int q = 0; q < j->comm->size; q++) {
        dn_node nodes[DN_TREE_DEPTH];
        dn_range r = range_of(j, q);
        int count = dn_tree_cover((int)r.begin, (int)r.end, nodes);
        for (int i = 0; i < count; i++, next += own.end - own.begin)
            DN_TRY(dn_tree_push(&j->owner, nodes[i].first, nodes[i].count, next, err));
    }
    memcpy(j->whole + own.begin, j->owner.node[0].sum, (size_t)(own.end - own.begin) * sizeof *j->whole);
out:
    return st;
}

/* whole = the sum over all shards, on every rank. */
static dn_status merge(path_job *j, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t from = 0; from < j->width; from += j->piece * j->comm->size) {
        exchange(j, from);
        DN_PASS(merge_piece(j, from, err));
        MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, j->whole + from, j->piece_counts, j->piece_at,
                       MPI_DOUBLE, j->comm->mpi);
    }
    return st;
}

dn_status dn_sweep_betweenness(const dn_comm *comm, const dn_graph *g, const dn_sweep_options *opt_o,
                               double *out_normalised, double *out_raw, double *out_raw_error,
                               int64_t *out_sources, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_options o = dn_sweep_defaults(opt_o);
    path_job j = {.comm = comm, .all = g, .threads = omp_get_max_threads()};

    DN_PASS(prepare(&j, &o, err));
    DN_AGREE(comm);
    DN_PASS(work(&j, &o, err));
    DN_AGREE(comm);
    DN_PASS(merge(&j, err));
    if (j.expanded != NULL)
        dn_fold_expand(&j.fold, &j.every, j.whole, j.expanded);
    DN_PASS(dn_betweenness_finish(
        &j.every, j.sampled ? &j.cuts : NULL, j.expanded != NULL ? j.expanded : j.whole,
        j.sampled ? j.whole + g->n : NULL, out_raw, out_raw_error, out_normalised, err));
    DN_AGREE(comm);
    *out_sources = j.every.count;
out:
    release(&j);
    return st;
}
