/* estimate_network.c - what the measures of a network take; see estimate_network.h */
#include "mpi/estimate/estimate_network.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/memory.h"
#include "mpi/graph/sweep.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/network/adjacency.h"
#include "solvers/network/current_flow.h"
#include "solvers/network/quadrature.h"
#include "solvers/network/subgraph.h"

enum { VECTORS = 16, TYPICAL = 300, PER_PAIR = 50, SYSTEM = 100, UNIT = 300 };

/* Seconds that a value takes until it stands, sorted, in a table and in network.h5. */
static const double VALUE = 2e-6;

typedef struct probe {
    const dn_comm *comm;
    const dn_graph *g;
    const dn_team *team;
    const dn_analyse_options *o;
    dn_estimate *e;
    dn_requests requests;
    double stop_at; /* MPI_Wtime() when the sweep at hand is to stop */
    dn_sweep_keep keep;
    double began, first, last; /* of the sweep at hand */
    int64_t done, total;       /* sources, or blocks of nodes */
    int64_t unit;              /* of these in a unit of work: done when the first one was */
    double *v[3];              /* [n] */
    int64_t *triangles;        /* [n] */
    double scratch;            /* bytes, of the measure that needs most */
    double tables;             /* bytes of columns, all measures */
    double values;             /* that are written */
    double products;
    bool all_bounds;
    double product, own_product; /* s of one, and of a core for one; 0: not measured yet */
    int64_t all;                 /* units of the measure at hand */
    bool together;               /* all ranks do one together, otherwise each has its own */
} probe;

static double now(void)
{
    return dn_clock_s();
}

static bool is(const char *name, const char *word)
{
    return strcmp(name, word) == 0;
}

double dn_estimate_products(const dn_analyse_options *o, const char *name, bool *out_bound)
{
    *out_bound = is(name, "pagerank") || is(name, "personalised");
    if (*out_bound)
        return o->damping > 0 ? ceil(log(o->tolerance) / log(o->damping)) : 1;
    if (is(name, "eigenvector") || is(name, "hits"))
        return TYPICAL;
    if (is(name, "katz"))
        return (o->katz_alpha > 0 ? 0 : TYPICAL) + SYSTEM;
    for (int i = 0; i < o->n_spectra; i++)
        if (is(name, o->spectrum[i]))
            return TYPICAL + PER_PAIR * (double)o->pairs;
    return 0;
}

double dn_estimate_sweep(double first, double last, double end, int64_t done, int64_t total)
{
    if (done >= total || done < 1)
        return end;
    if (done == 1) /* no way to tell the beginning from a unit */
        return end * (double)total;
    return end + (last - first) / (double)(done - 1) * (double)(total - done);
}

static void say_tried(probe *p, const char *name, double share, double seconds)
{
    size_t at = strlen(p->e->probe);

    snprintf(p->e->probe + at, sizeof p->e->probe - at, "%s %.3g %% in %.2f s; ", name, 100 * share, seconds);
}

/* ---- sweeps ---- */

static void on_progress(void *ctx, int64_t done, int64_t total)
{
    probe *p = ctx;

    p->last = now() - p->began;
    if (p->done == 0) {
        p->first = p->last;
        p->unit = done;
        p->requests.stop_at = fmax(MPI_Wtime(), p->stop_at); /* never before a unit is done */
    }
    p->done = done;
    p->total = total;
}

static dn_status save_nothing(void *ctx, const dn_sweep_state *s, dn_error *err)
{
    (void)ctx;
    (void)s;
    (void)err;
    return DN_OK;
}

typedef enum sweep { CLOSENESS, BETWEENNESS, CLUSTERING, BIPARTITE } sweep;

static dn_status run_sweep(probe *p, sweep what, const dn_sweep_options *o, dn_error *err)
{
    double transitivity;
    int64_t sources;

    switch (what) {
    case CLOSENESS:
        return dn_sweep_closeness(p->comm, p->g, o,
                                  &(dn_distances){.closeness = p->v[0], .harmonic = p->v[1]}, &sources, err);
    case BETWEENNESS:
        return dn_sweep_betweenness(p->comm, p->g, o, p->v[0], p->v[1], p->v[2], &sources, err);
    case CLUSTERING:
        return dn_sweep_clustering(p->comm, p->g, o, p->v[0], p->triangles, &transitivity, err);
    default:
        return dn_sweep_clustering_bipartite(p->comm, p->g, o, p->v[0], err);
    }
}

/* Bytes of a rank beside its columns, as sweep.h states them. */
static double scratch_of(const probe *p, sweep what)
{
    double n = (double)p->g->n, connected = (double)p->g->connected, t = p->e->threads;

    if (what == CLOSENESS)
        return 250 * connected * t;
    if (what == BETWEENNESS)
        return 270 * connected * t + 16 * n * (t + 14);
    return 2 * (double)p->g->nnz + 9 * n * t;
}

static dn_status try_sweep(probe *p, sweep what, const char *name, double seconds, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error stopped = DN_ERROR_INIT;
    dn_sweep_options o = {.sources = dn_analyse_sources(p->o, p->g),
                          .seed = p->o->seed,
                          .progress = on_progress,
                          .ctx = p,
                          .keep = &p->keep};

    p->requests = (dn_requests){.checkpoint = 0};
    dn_request_start(&p->requests);
    p->stop_at = MPI_Wtime() + seconds;
    p->began = now();
    p->done = p->total = p->unit = 0;
    p->first = p->last = 0;
    st = run_sweep(p, what, &o, &stopped);
    if (st != DN_OK && st != DN_ESAVED)
        DN_FAIL(st, "%s", stopped.text);
    if (p->total == 0) /* the other threads were done with all of it before this one had a unit */
        p->total = p->done = p->unit = 1;
    if (st == DN_OK)
        p->done = p->total;
    st = DN_OK;
    dn_estimate_add_time(p->e, name,
                         dn_estimate_sweep(p->first, p->last, now() - p->began, p->done, p->total),
                         (p->total + p->unit - 1) / p->unit, false);
    p->scratch = fmax(p->scratch, scratch_of(p, what));
    say_tried(p, name, (double)p->done / (double)p->total, now() - p->began);
out:
    return st;
}

/* ---- products of solvers ---- */

/* A product with a pass over vectors, as an iteration has it; [v0, v1] of it. Processor time says when there
 * are enough: beside other work the first of them may wait for its core longer than all of them take. */
static void time_product(probe *p)
{
    double start = now(), took = 0;
    int64_t n = p->g->connected, cpu = dn_clock_thread_cpu();
    int times = 0;

    if (p->product > 0)
        return;
    for (int64_t i = 0; i < p->g->n; i++)
        p->v[0][i] = 1;
    do {
        dn_adjacency_sum(p->g, p->v[0], 0, n, p->v[1]);
        for (int k = 0; k < VECTORS; k++)
            for (int64_t i = 0; i < n; i++)
                p->v[2][i] = 0.5 * p->v[2][i] + p->v[1][i];
        took = 1e-9 * (double)(dn_clock_thread_cpu() - cpu);
        times++;
    } while (took < 0.05 * p->e->seconds);
    p->product = (now() - start) / times;
    p->own_product = took / times;
}

/* In each the ranks wait for each other. */
static void add_products(probe *p, double vectors)
{
    size_t at;

    if (p->products <= 0)
        return;
    time_product(p);
    dn_estimate_add_time(p->e, "products of solvers", p->products * p->product, p->g->connected, false);
    dn_estimate_add_memory(p->e, "vectors of solvers", 8 * vectors * (double)p->g->connected, p->g->connected,
                           false);
    p->e->waits += p->products;
    at = strlen(p->e->probe);
    snprintf(p->e->probe + at, sizeof p->e->probe - at, "a product %.2f ms", 1e3 * p->product);
}

/* ---- measures of which a part can be done ---- */

double dn_estimate_units(const int64_t n[2], const double t[2], int64_t all, double *out_before)
{
    const double least = 0.2;
    double each = t[1] / (double)n[1], unit = each;

    if (n[1] > n[0])
        unit = fmax((t[1] - t[0]) / (double)(n[1] - n[0]), least * each);
    *out_before = fmax(0, t[1] - unit * (double)n[1]);
    return unit * (double)all;
}

/* Nodes, batches of them or probes. work() says in p->all and p->together what there is of them. */
typedef struct part {
    const char *name;
    dn_status (*work)(probe *p, int64_t units, int64_t *out_iterations, dn_error *err);
    int64_t least, about; /* units of the shortest try; of all, as far as is known before */
} part;

static dn_probe_options probing(const probe *p, int64_t units)
{
    return (dn_probe_options){.exact_up_to = p->o->exact_nodes,
                              .probes = units < 2 ? 2 : units, /* where it probes, units are these */
                              .seed = p->o->seed,
                              .tolerance = p->o->tolerance,
                              .units = units};
}

static dn_status some_subgraph(probe *p, int64_t units, int64_t *out_iterations, dn_error *err)
{
    dn_probe_options o = probing(p, units);
    dn_subgraph_figures f = {0};
    dn_solve_report report = {0};
    dn_status st = dn_subgraph_centrality(p->g, p->team, &o, p->v[0], p->v[1], &f, &report, err);

    *out_iterations = report.iterations;
    p->together = f.probes > 0;
    p->all = p->together ? p->o->probes : (p->g->connected + DN_LANES - 1) / DN_LANES;
    return st;
}

static dn_status some_current_flow(probe *p, int64_t units, int64_t *out_iterations, dn_error *err)
{
    dn_probe_options o = probing(p, units);
    dn_current_flow_figures f = {0};
    dn_solve_report report = {0};
    dn_status st = dn_current_flow_closeness(p->g, p->team, &o, p->v[0], p->v[1], p->v[2], &f, &report, err);

    *out_iterations = report.iterations;
    p->together = f.probes > 0;
    p->all = p->together ? p->o->probes : f.core;
    return st;
}

static dn_status some_communicability(probe *p, int64_t units, int64_t *out_iterations, dn_error *err)
{
    dn_status st = DN_OK;
    dn_solve_report report;
    dn_subgraph_figures f;

    *out_iterations = 0;
    p->together = true;
    p->all = p->o->n_from;
    for (int64_t k = 0; k < units; k++) {
        int32_t node = (int32_t)(p->g->connected * k / units);

        DN_TRY(dn_communicability(p->g, p->team, 1, &node, p->o->tolerance, p->v[0], &f, &report, err));
        *out_iterations += report.iterations;
    }
out:
    return st;
}

/* Processor seconds of so many units; *total: on the wall and on the processor, of all tries. */
static dn_status time_units(probe *p, const part *w, int64_t units, double *out_seconds,
                            int64_t *out_iterations, double total[2], dn_error *err)
{
    dn_status st = DN_OK;
    double begin = now();
    int64_t cpu = dn_clock_thread_cpu();

    DN_TRY(w->work(p, units, out_iterations, err));
    *out_seconds = 1e-9 * (double)(dn_clock_thread_cpu() - cpu);
    total[0] += now() - begin;
    total[1] += *out_seconds;
out:
    return st;
}

/* Ever more units, until there are no more or the time is over. One try says nothing of what comes before the
 * units (a matrix, its factors), and as long as that is most of it, little of the units: there may be more
 * time.
 */
static dn_status grow(probe *p, const part *w, double seconds, int64_t n[2], double t[2],
                      int64_t *out_iterations, double total[2], dn_error *err)
{
    dn_status st = DN_OK;
    double takes;

    n[0] = n[1] = w->least;
    DN_TRY(time_units(p, w, n[0], &t[0], out_iterations, total, err));
    if (total[0] < 0.25 * seconds) /* again, now that memory has been touched */
        DN_TRY(time_units(p, w, n[0], &t[0], out_iterations, total, err));
    t[1] = t[0];
    while (n[1] < p->all) {
        double before = t[1], units = n[1] > n[0] ? dn_estimate_units(n, t, n[1], &before) : 0;
        double slower = total[1] > 0 ? total[0] / total[1] : 1, most = before > units ? 4 * seconds : seconds;
        int64_t next = (n[1] > n[0] && before > units ? 8 : 4) * n[1];

        next = next < p->all ? next : p->all;
        takes = before + (n[1] > n[0] ? units / (double)n[1] * (double)next : before);
        if (total[0] + takes * slower > (n[1] > n[0] ? most : most + 2))
            break;
        n[1] = next;
        DN_TRY(time_units(p, w, n[1], &t[1], out_iterations, total, err));
    }
out:
    return st;
}

static dn_status try_part(probe *p, const part *w, double seconds, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n[2], iterations = 0;
    double t[2] = {0, 0}, total[2] = {0, 0}, before, units, slower;

    if (w->about < 1)
        goto out;
    time_product(p);
    if (UNIT * p->own_product > 5 * seconds + 1) { /* nobody would wait for it */
        p->products += (double)w->about * UNIT;
        p->all_bounds = false;
        goto out;
    }
    DN_TRY(grow(p, w, seconds, n, t, &iterations, total, err));
    n[1] = n[1] < p->all ? n[1] : p->all;
    if (n[1] < 1) /* a tree has no current to be solved for */
        goto out;
    units = dn_estimate_units(n, t, p->all, &before);
    slower = total[1] > 0 ? total[0] / total[1] : 1;
    dn_estimate_add_time(p->e, w->name, units * slower, p->together ? p->g->connected : p->all, false);
    dn_estimate_add_time(p->e, "beginnings of these", before * slower, 1, false);
    if (p->together)
        p->e->waits += (double)iterations / (double)n[1] * (double)p->all;
    say_tried(p, w->name, (double)n[1] / (double)p->all, total[0]);
out:
    return st;
}

static dn_status try_solver(probe *p, const char *name, double seconds, dn_error *err)
{
    bool flow = is(name, "current-flow");
    int64_t nodes = flow ? p->g->connected : (p->g->connected + DN_LANES - 1) / DN_LANES;
    const part w = {.name = name,
                    .work = flow ? some_current_flow : some_subgraph,
                    .least = 2,
                    .about = p->g->connected > p->o->exact_nodes ? p->o->probes : nodes};

    return try_part(p, &w, seconds, err);
}

/* ---- all that is asked for ---- */

static void count_solver(probe *p, const char *name)
{
    bool bound;
    double n = dn_estimate_products(p->o, name, &bound);

    p->products += n;
    p->all_bounds = p->all_bounds && (n == 0 || bound);
}

/* One that makes no sense on the graph is left out of a run of all measures, and so it is here. */
static dn_status try_measures(probe *p, double seconds, dn_error *err)
{
    static const char *const sweeps[] = {"closeness", "betweenness", "clustering", "bipartite-clustering"};
    dn_status st = DN_OK;
    bool searched = false;

    for (int i = 0; i < p->o->n_measures; i++) {
        const char *name = p->o->measure[i];

        p->values += (double)p->g->n;
        p->tables += 16 * (double)p->g->n;
        count_solver(p, name);
        if (is(name, "subgraph") || is(name, "current-flow")) {
            st = try_solver(p, name, seconds, err);
            if (st == DN_EDATA && p->o->skip_unfit)
                st = DN_OK;
            if (st != DN_OK)
                goto out;
        }
        if (is(name, "harmonic") || is(name, "closeness")) {
            if (!searched)
                DN_TRY(try_sweep(p, CLOSENESS, sweeps[CLOSENESS], seconds, err));
            searched = true;
        }
        for (int k = BETWEENNESS; k <= BIPARTITE; k++) {
            if (!is(name, sweeps[k]))
                continue;
            st = try_sweep(p, (sweep)k, sweeps[k], seconds, err);
            if (st == DN_EDATA && p->o->skip_unfit)
                st = DN_OK;
            if (st != DN_OK)
                goto out;
        }
    }
    for (int i = 0; i < p->o->n_spectra; i++) {
        count_solver(p, p->o->spectrum[i]);
        p->values += (double)p->g->n * (double)p->o->pairs;
        p->tables += 8 * (double)p->g->n * (double)p->o->pairs;
    }
    if (p->o->n_seeds > 0)
        count_solver(p, "personalised");
    if (p->o->n_from > 0) {
        const part w = {
            .name = "communicability", .work = some_communicability, .least = 1, .about = p->o->n_from};

        DN_TRY(try_part(p, &w, seconds, err));
    }
out:
    return st;
}

/* Degrees, strengths, cores, the description: as they are. */
static dn_status count_as_is(const probe *p, const dn_network *w, dn_error *err)
{
    dn_status st = DN_OK;
    const char *name[3];
    dn_analyse_options o = *p->o;
    dn_analysis a = {.n_measures = 0};
    double start = now();

    o.n_measures = o.n_spectra = o.n_seeds = o.n_from = 0;
    o.opt_hooks = NULL;
    o.keep = NULL;
    o.measure = name;
    for (int i = 0; i < p->o->n_measures; i++)
        if ((is(p->o->measure[i], "degree") || is(p->o->measure[i], "strength") ||
             is(p->o->measure[i], "core")) &&
            o.n_measures < 3)
            name[o.n_measures++] = p->o->measure[i];
    DN_TRY(dn_analyse(p->comm, w, &o, &a, err));
    dn_estimate_add_time(p->e, "description, degrees, cores", now() - start, 1, false);
out:
    dn_analysis_destroy(&a);
    return st;
}

/* Measures that are tried: they share the time. */
static int tries_of(const dn_analyse_options *o)
{
    int n = o->n_from > 0;

    for (int i = 0; i < o->n_measures; i++)
        n += is(o->measure[i], "closeness") || is(o->measure[i], "harmonic") ||
             is(o->measure[i], "betweenness") || is(o->measure[i], "clustering") ||
             is(o->measure[i], "bipartite-clustering") || is(o->measure[i], "subgraph") ||
             is(o->measure[i], "current-flow");
    return n > 0 ? n : 1;
}

static void describe(const probe *p, dn_estimate *e)
{
    char iterations[80] = "";

    if (p->products > 0)
        snprintf(iterations, sizeof iterations, "; %.0f products of solvers, %s", p->products,
                 p->all_bounds ? "an upper bound" : "a typical number: they may need more");
    snprintf(e->work, sizeof e->work, "%lld nodes, %lld edges%s", (long long)p->g->n,
             (long long)(p->g->nnz / 2), iterations);
}

static void add_memory(const probe *p, double loaded, dn_estimate *e)
{
    double n = (double)p->g->n,
           shared = (p->g->weight != NULL ? 8.0 : 4.0) * (double)p->g->nnz + (13 + 24) * n; /* network.h */

    shared = fmin(shared, fmax(0, loaded - e->base));
    dn_estimate_add_memory(e, "process", e->base, 1, false);
    dn_estimate_add_memory(e, "PETSc and names", loaded - e->base - shared, 1, false);
    dn_estimate_add_memory(e, "graph that a node shares", shared, 1, true);
    dn_estimate_add_memory(e, "columns", p->tables, 1, false);
    dn_estimate_add_memory(e, "work of a sweep", p->scratch, 1, false);
}

dn_status dn_estimate_network(const dn_comm *comm, const dn_network *w, const dn_analyse_options *o,
                              dn_estimate *e, dn_error *err)
{
    dn_status st = DN_OK;
    double load = now() - e->began, loaded = (double)dn_memory_now();
    probe p = {.comm = comm, .g = &w->graph, .team = &w->team, .o = o, .e = e, .all_bounds = true};

    p.keep = (dn_sweep_keep){.requests = &p.requests, .save = save_nothing};
    e->threads = omp_get_max_threads();
    e->load_peak = (double)dn_memory_peak();
    for (int i = 0; i < 3; i++)
        DN_NEW(p.v[i], (size_t)w->graph.n);
    DN_NEW(p.triangles, (size_t)w->graph.n);
    dn_estimate_add_time(e, "start and graph", load, 1, false);
    DN_TRY(count_as_is(&p, w, err));
    DN_TRY(try_measures(&p, 0.9 * e->seconds / tries_of(o), err));
    p.scratch = fmax(p.scratch, (double)dn_memory_peak() - loaded - p.tables);
    add_memory(&p, loaded, e);
    add_products(&p, VECTORS + 2 * (o->n_spectra > 0 ? (double)o->pairs : 0));
    dn_estimate_add_time(e, "results", VALUE * p.values, 1, false);
    describe(&p, e);
out:
    for (int i = 0; i < 3; i++)
        dn_free(p.v[i]);
    dn_free(p.triangles);
    return st;
}
