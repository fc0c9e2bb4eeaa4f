/* analyse.c - compute what was asked of a network; see analyse.h */
#include "mpi/graph/analyse.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/analyse_private.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/base/text.h"
#include "solvers/network/components.h"

typedef struct row {
    const char *name, *definition;
    dn_measure_run *run;
    unsigned needs;
} row;

/* The table of measures, in the order of --measures all. */
static const row table[] = {
    {"degree", "neighbours / (n - 1); networkx.degree_centrality", dn_run_degree, 0},
    {"strength", "sum of the weights of the edges; networkx Graph.degree(weight)", dn_run_strength, 0},
    {"eigenvector", "leading eigenvector of the adjacency matrix; networkx.eigenvector_centrality_numpy",
     dn_run_eigenvector, DN_NEEDS_POSITIVE},
    {"pagerank", "random walk with restarts anywhere; networkx.pagerank", dn_run_pagerank, DN_NEEDS_POSITIVE},
    {"katz", "damped number of walks, length 1; networkx.katz_centrality_numpy", dn_run_katz,
     DN_NEEDS_POSITIVE},
    {"hits", "the larger of hub and authority score, edges from the lower side to the higher; networkx.hits",
     dn_run_hits, DN_NEEDS_POSITIVE},
    {"subgraph", "closed walks, diagonal of exp(A); networkx.subgraph_centrality", dn_run_subgraph, 0},
    {"current-flow",
     "1 / sum of resistances, times the squared share of nodes in reach; raw as "
     "networkx.current_flow_closeness_centrality of the component",
     dn_run_current_flow, DN_NEEDS_POSITIVE},
    {"closeness",
     "inverse mean distance in hops times the share of nodes in reach; networkx.closeness_centrality",
     dn_run_closeness, 0},
    {"harmonic", "sum of inverse distances in hops; networkx.harmonic_centrality", dn_run_harmonic, 0},
    {"betweenness", "share of shortest paths, in hops, that pass; networkx.betweenness_centrality",
     dn_run_betweenness, 0},
    {"core", "largest k whose k-core holds the node; networkx.core_number", dn_run_core, 0},
    {"clustering", "share of pairs of neighbours that are joined; networkx.clustering", dn_run_clustering, 0},
    {"bipartite-clustering", "mean overlap of neighbourhoods; networkx.bipartite.clustering (dot)",
     dn_run_bipartite_clustering, DN_NEEDS_TWO_COLOURS}};
enum { MEASURES = sizeof table / sizeof table[0] };

static const row personalised = {
    "personalised", "random walk with restarts at the seeds; networkx.pagerank (personalization)",
    dn_run_personalised, DN_NEEDS_POSITIVE};

int dn_analyse_measures(const char *out_names[DN_MEASURES_MAX], const char *out_definitions[DN_MEASURES_MAX])
{
    _Static_assert((int)MEASURES <= (int)DN_MEASURES_MAX, "DN_MEASURES_MAX");
    for (int i = 0; i < MEASURES; i++) {
        out_names[i] = table[i].name;
        out_definitions[i] = table[i].definition;
    }
    return MEASURES;
}

/* ---- what measures share ---- */

dn_status dn_analyse_vector(const dn_analyse_job *j, int64_t n, double **out, dn_error *err)
{
    dn_status st = DN_OK;
    double *v = dn_calloc(n > 0 ? (size_t)n : 1, sizeof *v);

    if (v == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld numbers for %s",
                          (long long)n, j->doing);
    DN_AGREE(j->comm);
    *out = v;
    v = NULL;
out:
    dn_free(v);
    return st;
}

dn_status dn_analyse_column(const dn_analyse_job *j, dn_measure *m, const char *name, double **out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    double *v = NULL;

    DN_TRY(dn_analyse_vector(j, j->g->n, &v, err));
    *out = v;
    dn_analyse_adopt(m, name, &v);
out:
    return st;
}

void dn_analyse_adopt(dn_measure *m, const char *name, double **v)
{
    m->column[m->n_columns++] = (dn_column){.name = name, .v = *v};
    *v = NULL;
}

void dn_analyse_figure(dn_measure *m, const char *name, double value)
{
    if (m->n_figures < DN_FIGURES)
        m->figure[m->n_figures++] = (dn_figure){name, value};
}

int64_t dn_analyse_parts(const dn_analyse_options *o)
{
    return 1 + o->n_measures + (o->n_seeds > 0) + o->n_from + o->n_spectra;
}

/* Of its progress: nodes that paths are counted from, or bundles of work (sweep.h). */
static const char *unit_of(const char *measure)
{
    return strcmp(measure, "closeness") == 0 || strcmp(measure, "harmonic") == 0 ||
                   strcmp(measure, "betweenness") == 0
               ? "sources"
               : "batches";
}

void dn_analyse_progress(void *job, int64_t done, int64_t total)
{
    const dn_analyse_job *j = job;

    dn_hooks_progress(j->comm, j->o->opt_hooks,
                      &(dn_progress_report){.part = j->doing,
                                            .number = j->number,
                                            .parts = dn_analyse_parts(j->o),
                                            .done = done,
                                            .total = total > 0 ? total : 1,
                                            .unit = unit_of(j->doing)});
}

static void begin(dn_analyse_job *j, const char *what)
{
    j->doing = what;
    j->number++;
    j->started = MPI_Wtime();
    dn_analyse_progress(j, 0, 1);
}

/* ---- the parts ---- */

static const row *find_row(const char *word, dn_error *err)
{
    const char *names[MEASURES], *near;

    for (int i = 0; i < MEASURES; i++) {
        if (strcmp(table[i].name, word) == 0)
            return &table[i];
        names[i] = table[i].name;
    }
    near = dn_nearest(word, names, MEASURES);
    (void)dn_error_set(
        err, DN_EUSAGE, __FILE__, __LINE__, "--measures: no measure '%.60s'%s%s%s; --help lists all", word,
        near != NULL ? ", did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
    return NULL;
}

static dn_status describe(dn_analyse_job *j, dn_analysis *a, dn_error *err)
{
    dn_status st = DN_OK;

    if ((j->component = dn_calloc((size_t)j->g->n + 1, sizeof *j->component)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: components");
    DN_PASS(dn_components(j->g, j->component, &j->components, err));
    if (j->o->describe)
        DN_PASS(dn_describe(j->g, j->component, j->components, &a->description, err));
    DN_AGREE(j->comm);
    a->described = j->o->describe;
out:
    return st;
}

/* One measure at the end of a->measure. One that makes no sense on this graph is left out where all were
 * asked for. */
static dn_status add_measure(dn_analyse_job *j, const row *r, dn_analysis *a, dn_error *err)
{
    dn_status st = DN_OK;
    dn_measure *m = &a->measure[a->n_measures];
    dn_error unfit = DN_ERROR_INIT;
    bool restored;

    begin(j, r->name);
    *m = (dn_measure){.name = r->name, .definition = r->definition, .report = {.converged = true}};
    a->n_measures++;
    restored = dn_restored_measure(j, m);
    if (restored)
        goto complete;
    st = dn_fit_measure(j, r->name, r->needs, &unfit);
    if (st == DN_OK)
        st = r->run(j, m, &unfit);
    m->seconds = MPI_Wtime() - j->started;
    if (st == DN_EDATA && j->o->skip_unfit) {
        if (j->comm->rank == 0)
            dn_log(DN_WARN, "network", "left out", "measure=%s why=\"%s\"", r->name, unfit.text);
        dn_measure_destroy(m);
        a->n_measures--;
        st = DN_OK;
    } else if (st != DN_OK && err != NULL) {
        *err = unfit;
    }
    if (st != DN_OK)
        goto out;
complete:
    j->measures_done = a->n_measures;
    DN_TRY(dn_keep_look(j, r->name, restored, err));
out:
    return st;
}

static dn_status add_communicability(dn_analyse_job *j, dn_analysis *a, dn_error *err)
{
    dn_status st = DN_OK;

    for (int i = 0; i < j->o->n_from; i++) {
        dn_measure *m = &a->measure[a->n_measures];
        bool restored;

        begin(j, "communicability");
        *m = (dn_measure){.report = {.converged = true}};
        a->n_measures++;
        DN_TRY(dn_name_communicability(j, i, m, err));
        restored = dn_restored_measure(j, m);
        if (!restored) {
            DN_TRY(dn_run_communicability(j, i, m, err));
            m->seconds = MPI_Wtime() - j->started;
        }
        j->measures_done = a->n_measures;
        DN_TRY(dn_keep_look(j, m->name, restored, err));
    }
out:
    return st;
}

static dn_status add_spectra(dn_analyse_job *j, dn_analysis *a, dn_error *err)
{
    dn_status st = DN_OK;

    for (int i = 0; i < j->o->n_spectra; i++) {
        dn_spectrum *s = &a->spectrum[i];
        bool restored;

        begin(j, j->o->spectrum[i]);
        a->n_spectra++;
        *s = dn_name_spectrum(j->o, j->o->spectrum[i]);
        restored = dn_restored_spectrum(j, i, s);
        if (!restored) {
            DN_TRY(dn_run_spectrum(j, j->o->spectrum[i], s, err));
            s->seconds = MPI_Wtime() - j->started;
        }
        j->spectra_done = a->n_spectra;
        DN_TRY(dn_keep_look(j, s->name, restored, err));
    }
out:
    return st;
}

static dn_status make_room(dn_analyse_job *j, dn_analysis *a, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analyse_options *o = j->o;

    DN_NEW(a->measure, (size_t)(o->n_measures + 1 + o->n_from));
    DN_NEW(a->spectrum, (size_t)o->n_spectra + 1);
    DN_NEW(j->seed, (size_t)o->n_seeds + 1);
    DN_NEW(j->from, (size_t)o->n_from + 1);
out:
    return st;
}

/* What the user named is looked up before anything is computed. */
static dn_status check_words(dn_analyse_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analyse_options *o = j->o;

    for (int i = 0; i < o->n_measures; i++)
        if (find_row(o->measure[i], err) == NULL)
            return DN_EUSAGE;
    for (int i = 0; i < o->n_spectra; i++)
        DN_TRY(dn_check_spectrum(o->spectrum[i], err));
    DN_TRY(dn_analyse_nodes(j, "seeds", o->n_seeds, o->seed_id, j->seed, err));
    DN_TRY(dn_analyse_nodes(j, "communicability", o->n_from, o->from_id, j->from, err));
    for (int i = 0; i < o->n_measures && !o->skip_unfit; i++)
        DN_TRY(dn_fit_measure(j, o->measure[i], find_row(o->measure[i], err)->needs, err));
    if (o->n_seeds > 0)
        DN_TRY(dn_fit_measure(j, personalised.name, personalised.needs, err));
    for (int i = 0; i < o->n_spectra; i++)
        DN_TRY(dn_fit_spectrum(j, o->spectrum[i], err));
out:
    return st;
}

dn_status dn_analyse(const dn_comm *comm, const dn_network *w, const dn_analyse_options *o, dn_analysis *out,
                     dn_error *err)
{
    dn_status st = DN_OK;
    dn_analysis a = {0};
    dn_analyse_job j = {.comm = comm, .w = w, .g = &w->graph, .team = &w->team, .o = o, .a = &a};

    DN_PASS(make_room(&j, &a, err));
    DN_AGREE(comm);
    DN_TRY(check_words(&j, err));
    DN_TRY(dn_keep_begin(&j, err));
    begin(&j, "description");
    DN_TRY(describe(&j, &a, err));
    for (int i = 0; i < o->n_measures; i++)
        DN_TRY(add_measure(&j, find_row(o->measure[i], err), &a, err));
    if (o->n_seeds > 0)
        DN_TRY(add_measure(&j, &personalised, &a, err));
    DN_TRY(add_communicability(&j, &a, err));
    DN_TRY(add_spectra(&j, &a, err));
    *out = a;
    a = (dn_analysis){0};
out:
    dn_keep_end(&j);
    dn_analysis_destroy(&a);
    dn_free(j.component);
    dn_free(j.seed);
    dn_free(j.from);
    dn_free(j.closeness.value);
    dn_free(j.closeness.error);
    dn_free(j.harmonic.value);
    dn_free(j.harmonic.error);
    return st;
}
