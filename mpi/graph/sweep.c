/* sweep.c - measures whose sums are integers, over ranks and threads; see sweep.h
 *
 * Work is dealt out in small units to any thread of any rank (sweep_crew.c): which thread adds what does not
 * change a sum of integers.
 */
#include "mpi/graph/sweep.h"

#include <omp.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/sweep_private.h"
#include "solvers/base/alloc.h"
#include "solvers/network/clustering.h"
#include "solvers/network/components.h"

enum { NODES_A_UNIT = 64 };

/* ---- closeness ---- */

typedef struct distance_job {
    const dn_comm *comm;
    const dn_graph *g;
    dn_origins sources;
    int lanes;
    dn_batch *batch; /* [batches] */
    int64_t batches;
    int threads;
    dn_bfs **bfs;           /* [threads] */
    dn_distance_sums *sums; /* [threads]  the first also of all */
    dn_sweep_crew crew;
} distance_job;

/* Fewer lanes where otherwise some threads of some rank would have nothing to do. */
static int lanes_for(int64_t sources, int64_t workers)
{
    int lanes = DN_BFS_LANES;

    while (lanes > 64 && sources < lanes * workers)
        lanes /= 2;
    return lanes;
}

/* A batch adds to the sums of its thread. */
static void search(void *job, int thread, int64_t batch)
{
    distance_job *j = job;

    dn_bfs_run(j->bfs[thread], &j->sources, &j->batch[batch], &j->sums[thread]);
}

static void clear_distances(dn_distance_sums *s)
{
    size_t n = (size_t)s->n;

    memset(s->distance, 0, n * sizeof *s->distance);
    memset(s->inverse, 0, n * sizeof *s->inverse);
    memset(s->farthest, 0, n * sizeof *s->farthest);
    if (s->inverse2 != NULL) {
        memset(s->inverse2, 0, n * sizeof *s->inverse2);
        memset(s->distance2, 0, n * sizeof *s->distance2);
    }
}

static void add_threads(distance_job *j)
{
    for (int t = 1; t < j->threads; t++) {
        dn_distance_sums_add(&j->sums[0], &j->sums[t]);
        clear_distances(&j->sums[t]);
    }
}

/* The arrays of sums as the state has them. */
static void name_distances(const dn_distance_sums *s, dn_sweep_state *out)
{
    out->count[out->counts++] = s->distance;
    out->count[out->counts++] = s->inverse;
    out->count[out->counts++] = s->farthest;
    if (s->inverse2 != NULL) {
        out->count[out->counts++] = s->inverse2;
        out->number[out->numbers++] = s->distance2;
    }
}

/* To rank 0, where buf takes its place; n < 2^31, so the counts fit. */
static void to_first(const dn_comm *comm, void *buf, int64_t n, MPI_Datatype type, MPI_Op op)
{
    MPI_Reduce(comm->rank == 0 ? MPI_IN_PLACE : buf, buf, (int)n, type, op, 0, comm->mpi);
}

static void meet_distances(void *job, dn_sweep_state *out)
{
    distance_job *j = job;
    dn_distance_sums *s = &j->sums[0];

    add_threads(j);
    to_first(j->comm, s->distance, s->n, MPI_INT64_T, MPI_SUM);
    to_first(j->comm, s->inverse, s->n, MPI_INT64_T, MPI_SUM);
    to_first(j->comm, s->farthest, s->n, MPI_INT64_T, MPI_MAX);
    if (s->inverse2 != NULL) {
        to_first(j->comm, s->inverse2, s->n, MPI_INT64_T, MPI_SUM);
        to_first(j->comm, s->distance2, s->n, MPI_DOUBLE, MPI_SUM);
    }
    if (j->comm->rank != 0)
        clear_distances(s);
    name_distances(s, out);
}

/* Arrays of a state to go on from into those of rank 0. Fails: DN_EDATA it has others */
static dn_status take_arrays(const dn_comm *comm, const dn_sweep_state *from, const dn_sweep_state *to,
                             int64_t n, dn_error *err)
{
    dn_status st = DN_OK;

    if (from->counts != to->counts || from->numbers != to->numbers)
        DN_FAIL(DN_ECANTCREAT, "%s cannot go on: wanted %d arrays, not %d", from->what,
                to->counts + to->numbers, from->counts + from->numbers);
    for (int k = 0; k < to->counts && comm->rank == 0 && n > 0; k++)
        memcpy(to->count[k], from->count[k], (size_t)n * sizeof *to->count[k]);
    for (int k = 0; k < to->numbers && comm->rank == 0 && n > 0; k++)
        memcpy(to->number[k], from->number[k], (size_t)n * sizeof *to->number[k]);
out:
    return st;
}

static const dn_sweep_state *from_of(const dn_sweep_options *o)
{
    return o->keep != NULL ? o->keep->from : NULL;
}

static dn_status prepare_distances(distance_job *j, const dn_sweep_options *o, int64_t workers, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_state arrays = {0};
    int sampled;

    DN_TRY(dn_origins_create(j->g, o->sources, o->seed, &j->sources, err));
    sampled = j->sources.count < j->g->connected;
    j->lanes = from_of(o) != NULL ? (int)from_of(o)->lanes : lanes_for(j->sources.count, workers);
    if (j->lanes < 64 || j->lanes > DN_BFS_LANES)
        DN_FAIL(DN_ECANTCREAT, "closeness cannot go on: batches of %d sources", j->lanes);
    DN_TRY(dn_origins_batches(&j->sources, j->lanes, &j->batch, &j->batches, err));
    DN_NEW(j->bfs, (size_t)j->threads);
    DN_NEW(j->sums, (size_t)j->threads);
    for (int t = 0; t < j->threads; t++) {
        DN_TRY(dn_bfs_create(j->g, &j->bfs[t], err));
        DN_TRY(dn_distance_sums_create(j->g, sampled, &j->sums[t], err));
    }
    j->crew = (dn_sweep_crew){.comm = j->comm,
                              .o = o,
                              .what = "closeness",
                              .threads = j->threads,
                              .n = j->g->n,
                              .units = j->batches,
                              .lanes = j->lanes,
                              .total = j->sources.count,
                              .job = j,
                              .work = search,
                              .meet = meet_distances};
    DN_TRY(dn_sweep_crew_open(&j->crew, err));
    name_distances(&j->sums[0], &arrays);
    if (from_of(o) != NULL)
        DN_TRY(take_arrays(j->comm, from_of(o), &arrays, j->g->n, err));
out:
    return st;
}

static void release_distances(distance_job *j)
{
    for (int t = 0; t < j->threads; t++) {
        if (j->bfs != NULL)
            dn_bfs_destroy(&j->bfs[t]);
        if (j->sums != NULL)
            dn_distance_sums_destroy(&j->sums[t]);
    }
    dn_sweep_crew_close(&j->crew);
    dn_free(j->bfs);
    dn_free(j->sums);
    dn_free(j->batch);
    dn_origins_destroy(&j->sources);
}

/* n < 2^31, so the counts fit. */
static void add_ranks(const distance_job *j)
{
    dn_distance_sums *s = &j->sums[0];
    int n = (int)s->n;

    MPI_Allreduce(MPI_IN_PLACE, s->distance, n, MPI_INT64_T, MPI_SUM, j->comm->mpi);
    MPI_Allreduce(MPI_IN_PLACE, s->inverse, n, MPI_INT64_T, MPI_SUM, j->comm->mpi);
    MPI_Allreduce(MPI_IN_PLACE, s->farthest, n, MPI_INT64_T, MPI_MAX, j->comm->mpi);
    if (s->inverse2 != NULL) {
        MPI_Allreduce(MPI_IN_PLACE, s->inverse2, n, MPI_INT64_T, MPI_SUM, j->comm->mpi);
        MPI_Allreduce(MPI_IN_PLACE, s->distance2, n, MPI_DOUBLE, MPI_SUM, j->comm->mpi);
    }
}

dn_status dn_sweep_closeness(const dn_comm *comm, const dn_graph *g, const dn_sweep_options *opt_o,
                             const dn_distances *out, int64_t *out_sources, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_options o = dn_sweep_defaults(opt_o);
    distance_job j = {.comm = comm, .g = g, .threads = omp_get_max_threads()};
    int64_t workers = j.threads;

    MPI_Allreduce(MPI_IN_PLACE, &workers, 1, MPI_INT64_T, MPI_SUM, comm->mpi);
    DN_PASS(prepare_distances(&j, &o, workers, err));
    DN_AGREE(comm);
    DN_TRY(dn_sweep_crew_run(&j.crew, err));
    add_threads(&j);
    add_ranks(&j);
    dn_distances_finish(&j.sources, g, &j.sums[0], out);
    *out_sources = j.sources.count;
out:
    release_distances(&j);
    return st;
}

/* ---- clustering ---- */

static int64_t units_of(int64_t n)
{
    return (n + NODES_A_UNIT - 1) / NODES_A_UNIT;
}

static int64_t unit_end(int64_t unit, int64_t n)
{
    return (unit + 1) * NODES_A_UNIT < n ? (unit + 1) * NODES_A_UNIT : n;
}

typedef struct triangle_job {
    const dn_comm *comm;
    dn_halves halves;
    int threads;
    uint8_t *mark;     /* [threads, n] */
    int64_t *triangle; /* [threads, n] */
    dn_sweep_crew crew;
} triangle_job;

static void count_triangles(void *job, int thread, int64_t unit)
{
    triangle_job *j = job;
    int64_t n = j->halves.n;

    dn_triangles_add(&j->halves, unit * NODES_A_UNIT, unit_end(unit, n), j->mark + thread * n,
                     j->triangle + thread * n);
}

static void add_triangles(triangle_job *j)
{
    int64_t n = j->halves.n;

    for (int64_t t = 1; t < j->threads; t++)
        for (int64_t v = 0; v < n; v++) {
            j->triangle[v] += j->triangle[t * n + v];
            j->triangle[t * n + v] = 0;
        }
}

static void meet_triangles(void *job, dn_sweep_state *out)
{
    triangle_job *j = job;

    add_triangles(j);
    to_first(j->comm, j->triangle, j->halves.n, MPI_INT64_T, MPI_SUM);
    if (j->comm->rank != 0)
        memset(j->triangle, 0, (size_t)j->halves.n * sizeof *j->triangle);
    out->count[out->counts++] = j->triangle;
}

static dn_status prepare_triangles(triangle_job *j, const dn_graph *g, const dn_sweep_options *o,
                                   dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_halves_create(g, &j->halves, err));
    DN_NEW(j->mark, (size_t)j->threads * (size_t)g->n);
    DN_NEW(j->triangle, (size_t)j->threads * (size_t)g->n);
    j->crew = (dn_sweep_crew){.comm = j->comm,
                              .o = o,
                              .what = "clustering",
                              .threads = j->threads,
                              .n = g->n,
                              .units = units_of(g->n),
                              .total = units_of(g->n),
                              .job = j,
                              .work = count_triangles,
                              .meet = meet_triangles};
    DN_TRY(dn_sweep_crew_open(&j->crew, err));
    if (from_of(o) != NULL)
        DN_TRY(take_arrays(j->comm, from_of(o), &(dn_sweep_state){.counts = 1, .count = {j->triangle}}, g->n,
                           err));
out:
    return st;
}

dn_status dn_sweep_clustering(const dn_comm *comm, const dn_graph *g, const dn_sweep_options *opt_o,
                              double *out_clustering, int64_t *out_triangles, double *out_transitivity,
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_options o = dn_sweep_defaults(opt_o);
    triangle_job j = {.comm = comm, .threads = omp_get_max_threads()};

    DN_PASS(prepare_triangles(&j, g, &o, err));
    DN_AGREE(comm);
    DN_TRY(dn_sweep_crew_run(&j.crew, err));
    add_triangles(&j);
    MPI_Allreduce(MPI_IN_PLACE, j.triangle, (int)g->n, MPI_INT64_T, MPI_SUM, comm->mpi);
    dn_clustering_local(g, j.triangle, out_clustering);
    *out_transitivity = dn_transitivity(g, j.triangle);
    memcpy(out_triangles, j.triangle, (size_t)g->n * sizeof *out_triangles);
out:
    dn_sweep_crew_close(&j.crew);
    dn_halves_destroy(&j.halves);
    dn_free(j.mark);
    dn_free(j.triangle);
    return st;
}

static dn_status check_bipartite(const dn_graph *g, dn_error *err)
{
    dn_status st = DN_OK;
    int8_t *colour = NULL;
    int bipartite = 0;

    DN_NEW(colour, (size_t)g->n);
    DN_TRY(dn_two_colours(g, colour, &bipartite, err));
    if (!bipartite)
        DN_FAIL(DN_EDATA, "bipartite clustering: the graph is not bipartite: it has a cycle of odd length");
out:
    dn_free(colour);
    return st;
}

typedef struct overlap_job {
    const dn_comm *comm;
    const dn_graph *g;
    int threads;
    int32_t *shared, *near; /* [threads, n] */
    double *out;            /* [n]  one rank has the value of a node, the others 0 */
    dn_sweep_crew crew;
} overlap_job;

static void overlap(void *job, int thread, int64_t unit)
{
    overlap_job *j = job;
    int64_t n = j->g->n;

    dn_clustering_bipartite(j->g, unit * NODES_A_UNIT, unit_end(unit, n), j->shared + thread * n,
                            j->near + thread * n, j->out);
}

static void meet_overlaps(void *job, dn_sweep_state *out)
{
    overlap_job *j = job;

    to_first(j->comm, j->out, j->g->n, MPI_DOUBLE, MPI_SUM);
    if (j->comm->rank != 0)
        memset(j->out, 0, (size_t)j->g->n * sizeof *j->out);
    out->number[out->numbers++] = j->out;
}

static dn_status prepare_overlaps(overlap_job *j, const dn_graph *g, const dn_sweep_options *o, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(check_bipartite(g, err));
    DN_NEW(j->shared, (size_t)j->threads * (size_t)g->n);
    DN_NEW(j->near, (size_t)j->threads * (size_t)g->n);
    memset(j->out, 0, (size_t)g->n * sizeof *j->out);
    j->crew = (dn_sweep_crew){.comm = j->comm,
                              .o = o,
                              .what = "bipartite-clustering",
                              .threads = j->threads,
                              .n = g->n,
                              .units = units_of(g->n),
                              .total = units_of(g->n),
                              .job = j,
                              .work = overlap,
                              .meet = meet_overlaps};
    DN_TRY(dn_sweep_crew_open(&j->crew, err));
    if (from_of(o) != NULL)
        DN_TRY(
            take_arrays(j->comm, from_of(o), &(dn_sweep_state){.numbers = 1, .number = {j->out}}, g->n, err));
out:
    return st;
}

dn_status dn_sweep_clustering_bipartite(const dn_comm *comm, const dn_graph *g, const dn_sweep_options *opt_o,
                                        double *out_clustering, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_options o = dn_sweep_defaults(opt_o);
    overlap_job j = {.comm = comm, .g = g, .threads = omp_get_max_threads(), .out = out_clustering};

    DN_PASS(prepare_overlaps(&j, g, &o, err));
    DN_AGREE(comm);
    DN_TRY(dn_sweep_crew_run(&j.crew, err));
    /* sums of one value and zeros: exact */
    MPI_Allreduce(MPI_IN_PLACE, out_clustering, (int)g->n, MPI_DOUBLE, MPI_SUM, comm->mpi);
out:
    dn_sweep_crew_close(&j.crew);
    dn_free(j.shared);
    dn_free(j.near);
    return st;
}
