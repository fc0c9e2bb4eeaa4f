/* sweep_betweenness.c - betweenness over ranks and threads; see sweep.h
 *
 * The batches of sources are dealt to V shards, V a power of two and a function of the number of batches
 * alone. A rank owns a contiguous range of shards, a thread works through the batches of one shard in order,
 * and the vectors of the shards are added in the fixed tree as they come. Each rank ends with the maximal
 * nodes of the tree inside its range; these are exchanged piece by piece, so that nobody holds the vectors of
 * all.
 *
 * Half way there are nodes of the tree and, for each thread at most, the sum over the first batches of a
 * shard: that is what is saved. Whoever goes on cuts the shards that are not done into even ranges; a node
 * belongs to the range that it begins in, where it also ends, for ranges begin at shards that are not done.
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

static const char what[] = "betweenness";
enum { MOST_SHARDS = 1024, ROUND = 1 << 16 /* numbers that are merged at a time */ };

/* A shard that is not done. */
typedef struct task {
    int shard;
    int64_t batches; /* done of it */
    double *sum;     /* [width]  over them; NULL: none yet, or the forest has it */
    bool whole;
} task;

typedef struct path_job {
    const dn_comm *comm;
    const dn_sweep_options *o;
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
    int *cut;      /* [size + 1]  where the shards of a rank begin */
    dn_range mine; /* shards of this rank */
    task *task;    /* [tasks]  of this rank */
    int64_t tasks;
    dn_sweep_part *part; /* [mine]  room for what is saved */
    int64_t restored;    /* parts of this rank to be read: nodes, then begun shards */
    int64_t *number;     /* [mine]  their numbers */
    double **vector;     /* [mine]  where they go */
    int64_t width;       /* numbers in a vector: sums [n] and, when sampled, squares [n] */
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
    return (dn_range){j->cut[rank], j->cut[rank + 1]};
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

/* ---- from where a sweep goes on ---- */

static const dn_sweep_state *from_of(const path_job *j)
{
    return j->o->keep != NULL ? j->o->keep->from : NULL;
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

static int64_t batches_of(const path_job *j, int shard)
{
    return (j->batches - first_batch(shard, j->shards) + j->shards - 1) / j->shards;
}

static bool fits(const path_job *j, const dn_sweep_part *p)
{
    bool node = p->count >= 1 && p->count <= j->shards && (p->count & (p->count - 1)) == 0 && p->first >= 0 &&
                p->first % p->count == 0 && p->first + p->count <= j->shards;

    return node && (p->batches == -1 ||
                    (p->count == 1 && p->batches > 0 && p->batches < batches_of(j, (int)p->first)));
}

/* Mark the shards that are done, in done [shards]. Fails: DN_EDATA */
static dn_status mark_done(const path_job *j, const dn_sweep_state *from, uint8_t *done, dn_error *err)
{
    dn_status st = DN_OK;

    if (strcmp(from->what, what) != 0 || from->n != j->all->n || from->units != j->shards ||
        from->width != j->width)
        DN_FAIL(DN_ECANTCREAT,
                "%s of %lld nodes in %d shards of %lld cannot go on from %s of %lld in %lld of %lld", what,
                (long long)j->all->n, j->shards, (long long)j->width, from->what, (long long)from->n,
                (long long)from->units, (long long)from->width);
    for (int64_t i = 0; i < from->parts; i++) {
        const dn_sweep_part *p = &from->part[i];

        if (!fits(j, p))
            DN_FAIL(DN_ECANTCREAT, "%s cannot go on: part %lld is of no shards", what, (long long)i);
        for (int64_t s = p->first; s < p->first + p->count; s++) {
            if (done[s] != 0)
                DN_FAIL(DN_ECANTCREAT, "%s cannot go on: shard %lld stands in two parts", what, (long long)s);
            done[s] = p->batches == -1 ? 1 : 2;
        }
    }
out:
    return st;
}

/* Cut the shards that are not done into even ranges. */
static dn_status cut_shards(path_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    int size = j->comm->size, open = 0;
    uint8_t *done = NULL; /* [shards]  1: done, 2: begun */
    int *todo = NULL;     /* [shards] */

    DN_NEW(done, (size_t)j->shards);
    DN_NEW(todo, (size_t)j->shards);
    DN_NEW(j->cut, (size_t)size + 1);
    if (from_of(j) != NULL)
        DN_TRY(mark_done(j, from_of(j), done, err));
    for (int s = 0; s < j->shards; s++)
        if (done[s] != 1)
            todo[open++] = s;
    for (int q = 1; q <= size; q++) {
        int64_t begin = q < size ? dn_block(open, q, size).begin : open;
        j->cut[q] = begin < open ? todo[begin] : j->shards;
    }
    j->mine = range_of(j, j->comm->rank);
    DN_NEW(j->task, (size_t)(j->mine.end - j->mine.begin));
    for (int64_t s = j->mine.begin; s < j->mine.end; s++)
        if (done[s] != 1)
            j->task[j->tasks++] = (task){.shard = (int)s};
out:
    dn_free(done);
    dn_free(todo);
    return st;
}

static task *task_of(const path_job *j, int64_t shard)
{
    for (int64_t i = 0; i < j->tasks; i++)
        if (j->task[i].shard == shard)
            return &j->task[i];
    return NULL;
}

/* Room for the parts that belong to this rank; to be read. */
static dn_status list_parts(path_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_sweep_state *from = from_of(j);
    size_t most = (size_t)(j->mine.end - j->mine.begin);

    DN_NEW(j->part, most);
    DN_NEW(j->number, most);
    DN_NEW(j->vector, most);
    for (int64_t i = 0; from != NULL && i < from->parts; i++) {
        const dn_sweep_part *p = &from->part[i];

        if (p->first < j->mine.begin || p->first >= j->mine.end)
            continue;
        DN_TRY(dn_forest_take(&j->forest, &j->vector[j->restored], err));
        j->number[j->restored++] = i;
    }
out:
    return st;
}

/* Collective. */
static dn_status read_parts(path_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_sweep_state *from = from_of(j);

    if (from == NULL)
        goto out;
    DN_TRY(j->o->keep->fetch(j->o->keep->ctx, j->restored, j->number, j->vector, err));
    for (int64_t i = 0; i < j->restored; i++) {
        const dn_sweep_part *p = &from->part[j->number[i]];

        if (p->batches == -1) {
            dn_forest_put_node(&j->forest, (int)p->first, (int)p->count, j->vector[i]);
        } else {
            task *t = task_of(j, p->first);
            t->batches = p->batches;
            t->sum = j->vector[i];
        }
        j->vector[i] = NULL;
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
    j->width = j->sampled ? 2 * j->g->n : j->g->n;
    DN_TRY(cut_shards(j, err));
    DN_NEW(j->brandes, (size_t)j->threads);
    for (int t = 0; t < j->threads; t++)
        DN_TRY(dn_brandes_create(j->g, j->fold.weight, j->sampled ? &j->cuts : NULL, &j->brandes[t], err));
    DN_TRY(dn_forest_create(j->width, (int)j->mine.begin, (int)j->mine.end, j->threads, &j->forest, err));
    DN_TRY(list_parts(j, err));
    DN_TRY(prepare_merge(j, err));
out:
    return st;
}

static void release(path_job *j)
{
    for (int t = 0; t < j->threads && j->brandes != NULL; t++)
        dn_brandes_destroy(&j->brandes[t]);
    dn_free(j->brandes);
    for (int64_t i = 0; i < j->tasks; i++)
        dn_free(j->task[i].sum);
    for (int64_t i = 0; i < j->restored; i++)
        dn_free(j->vector[i]);
    dn_free(j->cut);
    dn_free(j->task);
    dn_free(j->part);
    dn_free(j->number);
    dn_free(j->vector);
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

/* ---- the work ---- */

/* Go on with a shard, which has a vector, batch by batch; false: somebody wishes. */
static bool work_shard(path_job *j, task *t, dn_sweep_go *g)
{
    dn_brandes *b = j->brandes[omp_get_thread_num()];
    double *squares = j->sampled ? t->sum + j->g->n : NULL;
    int64_t all = batches_of(j, t->shard);

    for (bool more = true; more && t->batches < all; t->batches++) {
        int64_t batch = first_batch(t->shard, j->shards) + t->batches * j->shards;

        dn_brandes_run(b, j->sources, &j->batch[batch], t->sum, squares);
        more = dn_sweep_go_on(g);
    }
    return t->batches == all;
}

/* A shard from where it stands: into the forest when it is whole. */
static dn_status do_task(path_job *j, task *t, dn_sweep_go *g, dn_error *err)
{
    dn_status st = DN_OK;

    if (t->sum == NULL) {
#pragma omp critical(dn_sweep_forest)
        st = dn_forest_take(&j->forest, &t->sum, err);
        if (st != DN_OK)
            return st;
        memset(t->sum, 0, (size_t)j->width * sizeof *t->sum);
    }
    if (work_shard(j, t, g)) {
#pragma omp critical(dn_sweep_forest)
        dn_forest_put(&j->forest, t->shard, t->sum);
        t->sum = NULL;
        t->whole = true;
    }
    return st;
}

/* Batches of this rank that are not done. */
static int64_t batches_left(const path_job *j)
{
    int64_t left = 0;

    for (int64_t i = 0; i < j->tasks; i++)
        left += j->task[i].whole ? 0 : batches_of(j, j->task[i].shard) - j->task[i].batches;
    return left;
}

/* Work until nothing is left, somebody wishes (*out_wishes, the same on all ranks) or a rank fails. */
static dn_status work(path_job *j, int *out_wishes, int64_t *out_left, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t next = 0, mine = batches_left(j), left = mine, total = j->every.count;
    dn_sweep_go g;

    MPI_Allreduce(MPI_IN_PLACE, &left, 1, MPI_INT64_T, MPI_SUM, j->comm->mpi);
    dn_sweep_go_start(&g, j->comm, j->o,
                      dn_sweep_meter_start(j->comm, j->o, mine,
                                           total - (int64_t)((double)total * (double)left /
                                                             (double)(j->batches > 0 ? j->batches : 1)),
                                           total));
#pragma omp parallel num_threads(j->threads)
    {
        while (dn_sweep_go_may(&g)) {
            dn_error why = DN_ERROR_INIT;
            int64_t i;
            dn_status done;
#pragma omp atomic capture
            i = next++;
            if (i >= j->tasks)
                break;
            done = j->task[i].whole ? DN_OK : do_task(j, &j->task[i], &g, &why);
            if (done != DN_OK) {
                dn_sweep_go_halt(&g);
#pragma omp critical(dn_sweep_forest)
                st = dn_error_set(err, done, __FILE__, __LINE__, "%s", why.text);
            }
        }
        dn_sweep_go_leave(&g);
    }
    *out_wishes = dn_watch_wait(&g.watch, st != DN_OK);
    *out_left = batches_left(j);
    return st;
}

/* Nodes of the forest and shards that were begun. */
static dn_status save(path_job *j, int wishes, int64_t left, dn_error *err)
{
    dn_sweep_state s = {.what = what, .n = j->all->n, .units = j->shards, .width = j->width, .part = j->part};

    for (int i = 0; i < j->forest.count; i++)
        j->part[s.parts++] = (dn_sweep_part){.first = j->forest.node[i].first,
                                             .count = j->forest.node[i].count,
                                             .batches = -1,
                                             .sum = j->forest.node[i].sum};
    for (int64_t i = 0; i < j->tasks; i++)
        if (j->task[i].sum != NULL)
            j->part[s.parts++] = (dn_sweep_part){
                .first = j->task[i].shard, .count = 1, .batches = j->task[i].batches, .sum = j->task[i].sum};
    MPI_Allreduce(MPI_IN_PLACE, &left, 1, MPI_INT64_T, MPI_SUM, j->comm->mpi);
    return dn_sweep_save(j->o->keep, &s, wishes, j->batches - left, j->batches, err);
}

static dn_status work_and_save(path_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    int wishes = 0;
    int64_t left = 0;

    do {
        st = work(j, &wishes, &left, err);
        DN_AGREE(j->comm);
        if (wishes != 0)
            DN_TRY(save(j, wishes, left, err));
    } while (wishes != 0);
out:
    return st;
}

/* ---- the merge ---- */

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
    path_job j = {.comm = comm, .o = &o, .all = g, .threads = omp_get_max_threads()};

    DN_PASS(prepare(&j, &o, err));
    DN_AGREE(comm);
    DN_TRY(read_parts(&j, err));
    DN_TRY(work_and_save(&j, err));
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
