/* sweep.c - measures whose sums are integers, over ranks and threads; see sweep.h
 *
 * Work is dealt out in small units: unit i belongs to rank i % size, its threads take the next one as they
 * become free. Which thread adds what does not change a sum of integers.
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

dn_sweep_options dn_sweep_defaults(const dn_sweep_options *o)
{
    return o != NULL ? *o : (dn_sweep_options){0};
}

dn_sweep_meter dn_sweep_meter_start(const dn_comm *comm, const dn_sweep_options *o, int64_t mine,
                                    int64_t total)
{
    return (dn_sweep_meter){.report = o != NULL && comm->rank == 0 ? o->progress : NULL,
                            .ctx = o != NULL ? o->ctx : NULL,
                            .mine = mine,
                            .total = total};
}

void dn_sweep_meter_tick(dn_sweep_meter *m)
{
    int64_t done;

#pragma omp atomic capture
    done = ++m->done;
    if (m->report != NULL && omp_get_thread_num() == 0)
        m->report(m->ctx, (int64_t)((double)done / (double)m->mine * (double)m->total), m->total);
}

/* Units i, i + size, ... of `units` that a rank has. */
static int64_t share(const dn_comm *comm, int64_t units)
{
    return (units - comm->rank + comm->size - 1) / comm->size;
}

/* ---- closeness ---- */

typedef struct distance_job {
    const dn_comm *comm;
    const dn_graph *g;
    dn_origins sources;
    dn_batch *batch; /* [batches] */
    int64_t batches;
    int threads;
    dn_bfs **bfs;           /* [threads] */
    dn_distance_sums *sums; /* [threads]  the first also of all */
} distance_job;

/* Fewer lanes where otherwise some threads of some rank would have nothing to do. */
static int lanes_for(int64_t sources, int64_t workers)
{
    int lanes = DN_BFS_LANES;

    while (lanes > 64 && sources < lanes * workers)
        lanes /= 2;
    return lanes;
}

static dn_status prepare_distances(distance_job *j, const dn_sweep_options *o, int64_t workers, dn_error *err)
{
    dn_status st = DN_OK;
    int sampled;

    DN_TRY(dn_origins_create(j->g, o->sources, o->seed, &j->sources, err));
    sampled = j->sources.count < j->g->connected;
    DN_TRY(
        dn_origins_batches(&j->sources, lanes_for(j->sources.count, workers), &j->batch, &j->batches, err));
    DN_NEW(j->bfs, (size_t)j->threads);
    DN_NEW(j->sums, (size_t)j->threads);
    for (int t = 0; t < j->threads; t++) {
        DN_TRY(dn_bfs_create(j->g, &j->bfs[t], err));
        DN_TRY(dn_distance_sums_create(j->g, sampled, &j->sums[t], err));
    }
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
    dn_free(j->bfs);
    dn_free(j->sums);
    dn_free(j->batch);
    dn_origins_destroy(&j->sources);
}

static void search(distance_job *j, const dn_sweep_options *o)
{
    int64_t mine = share(j->comm, j->batches);
    dn_sweep_meter meter = dn_sweep_meter_start(j->comm, o, mine, j->sources.count);

#pragma omp parallel for schedule(dynamic, 1) num_threads(j->threads)
    for (int64_t i = 0; i < mine; i++) {
        int t = omp_get_thread_num();
        const dn_batch *batch = &j->batch[j->comm->rank + i * j->comm->size];
        dn_bfs_run(j->bfs[t], &j->sources, batch, &j->sums[t]);
        dn_sweep_meter_tick(&meter);
    }
    for (int t = 1; t < j->threads; t++)
        dn_distance_sums_add(&j->sums[0], &j->sums[t]);
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
    search(&j, &o);
    add_ranks(&j);
    dn_distances_finish(&j.sources, g, &j.sums[0], out);
    *out_sources = j.sources.count;
out:
    release_distances(&j);
    return st;
}

/* ---- clustering ---- */

typedef struct triangle_job {
    dn_halves halves;
    int threads;
    uint8_t *mark;     /* [threads, n] */
    int64_t *triangle; /* [threads, n] */
} triangle_job;

static dn_status prepare_triangles(triangle_job *j, const dn_graph *g, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_halves_create(g, &j->halves, err));
    DN_NEW(j->mark, (size_t)j->threads * (size_t)g->n);
    DN_NEW(j->triangle, (size_t)j->threads * (size_t)g->n);
out:
    return st;
}

static void count_triangles(const dn_comm *comm, triangle_job *j, const dn_sweep_options *o)
{
    int64_t n = j->halves.n, units = (n + NODES_A_UNIT - 1) / NODES_A_UNIT, mine = share(comm, units);
    dn_sweep_meter meter = dn_sweep_meter_start(comm, o, mine, units);

#pragma omp parallel for schedule(dynamic, 1) num_threads(j->threads)
    for (int64_t i = 0; i < mine; i++) {
        int64_t begin = (comm->rank + i * comm->size) * NODES_A_UNIT, t = omp_get_thread_num();
        int64_t end = begin + NODES_A_UNIT < n ? begin + NODES_A_UNIT : n;
        dn_triangles_add(&j->halves, begin, end, j->mark + t * n, j->triangle + t * n);
        dn_sweep_meter_tick(&meter);
    }
    for (int64_t t = 1; t < j->threads; t++)
        for (int64_t v = 0; v < n; v++)
            j->triangle[v] += j->triangle[t * n + v];
}

dn_status dn_sweep_clustering(const dn_comm *comm, const dn_graph *g, const dn_sweep_options *opt_o,
                              double *out_clustering, int64_t *out_triangles, double *out_transitivity,
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_options o = dn_sweep_defaults(opt_o);
    triangle_job j = {.threads = omp_get_max_threads()};

    DN_PASS(prepare_triangles(&j, g, err));
    DN_AGREE(comm);
    count_triangles(comm, &j, &o);
    MPI_Allreduce(MPI_IN_PLACE, j.triangle, (int)g->n, MPI_INT64_T, MPI_SUM, comm->mpi);
    dn_clustering_local(g, j.triangle, out_clustering);
    *out_transitivity = dn_transitivity(g, j.triangle);
    memcpy(out_triangles, j.triangle, (size_t)g->n * sizeof *out_triangles);
out:
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
    int threads;
    int32_t *shared, *near; /* [threads, n] */
} overlap_job;

static dn_status prepare_overlaps(overlap_job *j, const dn_graph *g, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(check_bipartite(g, err));
    DN_NEW(j->shared, (size_t)j->threads * (size_t)g->n);
    DN_NEW(j->near, (size_t)j->threads * (size_t)g->n);
out:
    return st;
}

static void overlaps(const dn_comm *comm, const dn_graph *g, const overlap_job *j, const dn_sweep_options *o,
                     double *out)
{
    int64_t n = g->n, units = (n + NODES_A_UNIT - 1) / NODES_A_UNIT, mine = share(comm, units);
    dn_sweep_meter meter = dn_sweep_meter_start(comm, o, mine, units);

#pragma omp parallel for schedule(dynamic, 1) num_threads(j->threads)
    for (int64_t i = 0; i < mine; i++) {
        int64_t begin = (comm->rank + i * comm->size) * NODES_A_UNIT, t = omp_get_thread_num();
        int64_t end = begin + NODES_A_UNIT < n ? begin + NODES_A_UNIT : n;
        dn_clustering_bipartite(g, begin, end, j->shared + t * n, j->near + t * n, out);
        dn_sweep_meter_tick(&meter);
    }
}

dn_status dn_sweep_clustering_bipartite(const dn_comm *comm, const dn_graph *g, const dn_sweep_options *opt_o,
                                        double *out_clustering, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_options o = dn_sweep_defaults(opt_o);
    overlap_job j = {.threads = omp_get_max_threads()};

    DN_PASS(prepare_overlaps(&j, g, err));
    DN_AGREE(comm);
    memset(out_clustering, 0, (size_t)g->n * sizeof *out_clustering);
    overlaps(comm, g, &j, &o, out_clustering);
    /* one rank has the value of a node, the others 0: exact */
    MPI_Allreduce(MPI_IN_PLACE, out_clustering, (int)g->n, MPI_DOUBLE, MPI_SUM, comm->mpi);
out:
    dn_free(j.shared);
    dn_free(j.near);
    return st;
}
