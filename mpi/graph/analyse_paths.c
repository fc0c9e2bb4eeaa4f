/* analyse_paths.c - measures that are counted: degrees, distances, shortest paths, cores, triangles; see
 * analyse_private.h
 */
#include "mpi/core/agree.h"
#include "mpi/graph/analyse_private.h"
#include "mpi/graph/sweep.h"
#include "solvers/base/alloc.h"
#include "solvers/network/core.h"

/* --sources auto: from all nodes as long as that looks at no more entries of the matrix than this, about two
 * minutes of betweenness on two cores; otherwise from so many. */
static const double auto_entries = 1e11;
enum { AUTO_SOURCES = 4096 };

int64_t dn_analyse_sources(const dn_analyse_options *o, const dn_graph *g)
{
    if (o->sources != DN_SOURCES_AUTO)
        return o->sources;
    return (double)g->connected * (double)g->nnz <= auto_entries ? DN_SOURCES_ALL : AUTO_SOURCES;
}

static dn_sweep_options sweep_options(dn_analyse_job *j, const char *what)
{
    return (dn_sweep_options){.sources = dn_analyse_sources(j->o, j->g),
                              .seed = j->o->seed,
                              .progress = dn_analyse_progress,
                              .ctx = j,
                              .keep = dn_keep_sweep(j, what)};
}

dn_status dn_run_degree(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = j->g;
    double *value, *count;

    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_analyse_column(j, m, "count", &count, err));
    m->column[1].integer = true;
    for (int64_t i = 0; i < g->n; i++) {
        count[i] = (double)(g->row[i + 1] - g->row[i]);
        value[i] = g->n > 1 ? count[i] / (double)(g->n - 1) : 1;
    }
out:
    return st;
}

dn_status dn_run_strength(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = j->g;
    double *value;

    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    for (int64_t i = 0; i < g->n; i++)
        for (int64_t e = g->row[i]; e < g->row[i + 1]; e++)
            value[i] += g->weight != NULL ? (double)g->weight[e] : 1;
out:
    return st;
}

/* ---- distances ---- */

/* One search from each source gives closeness and harmonic centrality; both are kept until asked for. */
static dn_status search(dn_analyse_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_options o = sweep_options(j, "closeness");
    bool sampled = o.sources > 0 && o.sources < j->g->connected;
    int64_t sources;

    DN_TRY(dn_analyse_vector(j, j->g->n, &j->closeness.value, err));
    DN_TRY(dn_analyse_vector(j, j->g->n, &j->harmonic.value, err));
    if (sampled) {
        DN_TRY(dn_analyse_vector(j, j->g->n, &j->closeness.error, err));
        DN_TRY(dn_analyse_vector(j, j->g->n, &j->harmonic.error, err));
    }
    DN_TRY(dn_sweep_closeness(j->comm, j->g, &o,
                              &(dn_distances){.closeness = j->closeness.value,
                                              .closeness_error = j->closeness.error,
                                              .harmonic = j->harmonic.value,
                                              .harmonic_error = j->harmonic.error},
                              &sources, err));
    j->closeness.sources = j->harmonic.sources = sources;
out:
    return st;
}

static void hand_over(dn_measure *m, double **value, double **error, int64_t sources)
{
    dn_analyse_adopt(m, "value", value);
    if (*error != NULL)
        dn_analyse_adopt(m, "standard_error", error);
    dn_analyse_figure(m, "sources", (double)sources);
}

dn_status dn_run_closeness(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;

    if (j->closeness.value == NULL)
        DN_TRY(search(j, err));
    hand_over(m, &j->closeness.value, &j->closeness.error, j->closeness.sources);
out:
    return st;
}

dn_status dn_run_harmonic(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;

    if (j->harmonic.value == NULL)
        DN_TRY(search(j, err));
    hand_over(m, &j->harmonic.value, &j->harmonic.error, j->harmonic.sources);
out:
    return st;
}

/* ---- shortest paths ---- */

dn_status dn_run_betweenness(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_options o = sweep_options(j, "betweenness");
    bool sampled = o.sources > 0 && o.sources < j->g->connected;
    double *value, *raw, *raw_error = NULL;
    int64_t sources;

    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_analyse_column(j, m, "raw", &raw, err));
    if (sampled)
        DN_TRY(dn_analyse_column(j, m, "raw_standard_error", &raw_error, err));
    DN_TRY(dn_sweep_betweenness(j->comm, j->g, &o, value, raw, raw_error, &sources, err));
    dn_analyse_figure(m, "sources", (double)sources);
out:
    return st;
}

/* ---- cores and triangles ---- */

dn_status dn_run_core(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *core = NULL, largest = 0; /* [n] */
    double *value;

    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    m->column[0].integer = true;
    if ((core = dn_calloc((size_t)j->g->n, sizeof *core)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: core numbers");
    DN_PASS(dn_core_numbers(j->g, core, err));
    DN_AGREE(j->comm);
    for (int64_t i = 0; i < j->g->n; i++) {
        value[i] = (double)core[i];
        largest = core[i] > largest ? core[i] : largest;
    }
    dn_analyse_figure(m, "largest", (double)largest);
out:
    dn_free(core);
    return st;
}

static double mean_of(const double *v, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += v[i];
    return n > 0 ? sum / (double)n : 0;
}

dn_status dn_run_clustering(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_options o = sweep_options(j, "clustering");
    int64_t *count = NULL; /* [n] */
    double *value, *triangles, transitivity;

    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_analyse_column(j, m, "triangles", &triangles, err));
    m->column[1].integer = true;
    if ((count = dn_calloc((size_t)j->g->n, sizeof *count)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: triangles");
    DN_AGREE(j->comm);
    DN_TRY(dn_sweep_clustering(j->comm, j->g, &o, value, count, &transitivity, err));
    for (int64_t i = 0; i < j->g->n; i++)
        triangles[i] = (double)count[i];
    dn_analyse_figure(m, "mean", mean_of(value, j->g->n));
    dn_analyse_figure(m, "transitivity", transitivity);
out:
    dn_free(count);
    return st;
}

dn_status dn_run_bipartite_clustering(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_options o = sweep_options(j, "bipartite-clustering");
    double *value;

    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_sweep_clustering_bipartite(j->comm, j->g, &o, value, err));
    dn_analyse_figure(m, "mean", mean_of(value, j->g->n));
out:
    return st;
}
