/* cmd_network.c - dragnet network: description, centralities and spectra of the layers of a dataset
 *
 * The output directory holds one TSV a measure, network.graphml, summary.json and network.h5. When all is
 * computed config.json comes first and says whose directory it is; network.h5 comes last and makes it
 * complete.
 */
#include "jobs/cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "jobs/cli/directory.h"
#include "jobs/cli/network_output.h"
#include "jobs/cli/progress.h"
#include "jobs/cli/text_file.h"
#include "jobs/cli/version.h"
#include "mpi/core/agree.h"
#include "mpi/graph/analyse.h"
#include "mpi/graph/store.h"
#include "mpi/io/dataset.h"
#include "mpi/io/output.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"
#include "solvers/network/petsc.h"

enum { PATH_CAP = 1024, WORDS = 64, WORD_CAP = 2048 };

static const dn_opt options[] = {
    {"output", 'o', DN_OPT_TEXT, NULL, "DIR", "directory for the results (required)", "output"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL, "replace what the directory holds", "output"},
    {"json", 0, DN_OPT_FLAG, NULL, NULL, "summary.json on stdout in place of the digest", "output"},
    {"graphml-edges", 0, DN_OPT_INT, "2000000", "0..9223372036854775807",
     "write network.graphml up to so many edges", "output"},
    {"layer", 'l', DN_OPT_LIST, NULL, "LAYER", "layers to join; all unless given", "graph"},
    {"weights", 0, DN_OPT_FLAG, NULL, NULL, "use the weights of the edges; otherwise each edge counts 1",
     "graph"},
    {"measures", 'm', DN_OPT_LIST, NULL, "LIST", "measures, divided by commas, or all", "measures"},
    {"per-component", 0, DN_OPT_FLAG, NULL, NULL, "eigenvector: also that of each component", "measures"},
    {"damping", 0, DN_OPT_NUMBER, "0.85", "0..0.999999", "pagerank", "measures"},
    {"seeds", 0, DN_OPT_LIST, NULL, "ID", "personalised pagerank: restart at these nodes", "measures"},
    {"alpha", 0, DN_OPT_NUMBER, "0", "0..1e300", "katz; 0: 0.85 / largest eigenvalue", "measures"},
    {"communicability", 0, DN_OPT_LIST, NULL, "ID", "communicability from these nodes to all", "measures"},
    {"sources", 0, DN_OPT_TEXT, "auto", "K",
     "closeness, harmonic, betweenness: from all nodes or a sample; auto: all while nodes x edges < 5e10, "
     "then 4096",
     "measures"},
    {"exact-nodes", 0, DN_OPT_INT, "10000", "0..9223372036854775807",
     "subgraph, current-flow: exact up to so many connected nodes, above by probing", "measures"},
    {"probes", 0, DN_OPT_INT, "256", "2..1000000", "random vectors of a probing", "measures"},
    {"spectra", 0, DN_OPT_LIST, NULL, "LIST", "adjacency, laplacian, svd, pca, divided by commas", "spectra"},
    {"pairs", 'k', DN_OPT_INT, "8", "1..10000", "leading pairs of each spectrum", "spectra"},
    {"standardise", 0, DN_OPT_FLAG, NULL, NULL, "pca: columns to unit variance", "spectra"},
    {"tolerance", 't', DN_OPT_NUMBER, "1e-10", "1e-15..0.1", "of eigenpairs and linear systems", "solvers"},
    {"petsc", 0, DN_OPT_TEXT, NULL, "OPTIONS",
     "options for PETSc and SLEPc, such as \"-eigenvector_eps_ncv 40\"", "solvers"},
    {"strict", 0, DN_OPT_FLAG, NULL, NULL, "fail when a solver does not converge", "solvers"},
    {"seed", 0, DN_OPT_INT, "1", "0..9223372036854775807", "of sampled sources and probes", "solvers"},
    {0}};

/* All that a run holds; released in one place. */
typedef struct job {
    const dn_call *call;
    const char *dataset, *dir;
    char config_path[PATH_CAP], store_path[PATH_CAP];
    bool force;
    dn_network_options load;
    dn_analyse_options what;
    char words[WORD_CAP]; /* measures and spectra, cut at the commas */
    size_t words_used;
    const char *measure[WORDS], *spectrum[WORDS];
    const char **list; /* layers, seeds, nodes of communicability */
    char *config;
    dn_h5 *data;
    dn_network *network;
    dn_analysis analysis;
    bool petsc;
    double started;
} job;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- options ---- */

/* Cut the words of a list option at their commas. */
static dn_status cut_words(job *j, const char *option, const char **out, int *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;

    for (int i = 0; i < dn_options_count(o, option); i++) {
        const char *at = dn_options_item(o, option, i);

        while (*at != '\0') {
            size_t len = strcspn(at, ",");
            if (*out_n == WORDS || j->words_used + len + 1 > sizeof j->words)
                DN_FAIL(DN_EUSAGE, "--%s: more words than there are measures", option);
            memcpy(j->words + j->words_used, at, len);
            j->words[j->words_used + len] = '\0';
            if (len > 0)
                out[(*out_n)++] = j->words + j->words_used;
            j->words_used += len + 1;
            at += len + (at[len] == ',');
        }
    }
out:
    return st;
}

static dn_status refuse_twice(const char *option, const char *const *word, int n, dn_error *err)
{
    dn_status st = DN_OK;

    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(word[i], word[k]) == 0)
                DN_FAIL(DN_EUSAGE, "--%s: '%s' is given twice", option, word[i]);
out:
    return st;
}

static dn_status read_measures(job *j, dn_error *err)
{
    static const char *const usual[] = {"degree", "eigenvector", "pagerank", "core"};
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    const char *names[DN_MEASURES_MAX], *definitions[DN_MEASURES_MAX];
    int n = dn_analyse_measures(names, definitions), given = 0;

    DN_TRY(cut_words(j, "measures", j->measure, &given, err));
    if (given == 1 && strcmp(j->measure[0], "all") == 0) {
        j->what.skip_unfit = true;
        for (given = 0; given < n; given++)
            j->measure[given] = names[given];
    }
    if (!dn_options_given(o, "measures") && !dn_options_given(o, "spectra"))
        for (; given < (int)(sizeof usual / sizeof usual[0]); given++)
            j->measure[given] = usual[given];
    DN_TRY(refuse_twice("measures", j->measure, given, err));
    j->what.n_measures = given;
    j->what.measure = j->measure;
    DN_TRY(cut_words(j, "spectra", j->spectrum, &j->what.n_spectra, err));
    DN_TRY(refuse_twice("spectra", j->spectrum, j->what.n_spectra, err));
    j->what.spectrum = j->spectrum;
out:
    return st;
}

static dn_status read_lists(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    const char *const names[] = {"layer", "seeds", "communicability"};
    const char *const **const lists[] = {&j->load.layer, &j->what.seed_id, &j->what.from_id};
    int *const counts[] = {&j->load.n_layers, &j->what.n_seeds, &j->what.n_from};
    size_t at = 0, all = 0;

    for (int l = 0; l < 3; l++)
        all += (size_t)dn_options_count(o, names[l]);
    DN_NEW(j->list, all);
    for (int l = 0; l < 3; l++) {
        *counts[l] = dn_options_count(o, names[l]);
        *lists[l] = j->list + at;
        for (int i = 0; i < *counts[l]; i++)
            j->list[at++] = dn_options_item(o, names[l], i);
    }
out:
    return st;
}

static dn_status read_sources(const char *text, int64_t *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (strcmp(text, "auto") == 0)
        *out = DN_SOURCES_AUTO;
    else if (strcmp(text, "all") == 0)
        *out = DN_SOURCES_ALL;
    else if (!dn_parse_int(text, strlen(text), out) || *out < 1)
        DN_FAIL(DN_EUSAGE, "--sources %s: wanted auto, all or a number from 1", text);
out:
    return st;
}

static dn_status read_options(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;

    j->dataset = dn_options_positional(o, 0);
    if (j->dataset == NULL || dn_options_positionals(o) != 1)
        DN_FAIL(DN_EUSAGE, "wanted one dataset, not %d", dn_options_positionals(o));
    j->dir = dn_options_text(o, "output");
    if (j->dir == NULL)
        DN_FAIL(DN_EUSAGE, "--output is required");
    if (strlen(j->dir) > PATH_CAP - 128)
        DN_FAIL(DN_EUSAGE, "%.60s...: the path is too long", j->dir);
    snprintf(j->config_path, sizeof j->config_path, "%s/config.json", j->dir);
    snprintf(j->store_path, sizeof j->store_path, "%s/network.h5", j->dir);
    j->force = dn_options_flag(o, "force");
    j->load.weights = dn_options_flag(o, "weights");
    j->what.describe = true;
    j->what.pairs = dn_options_int(o, "pairs");
    j->what.standardise = dn_options_flag(o, "standardise");
    j->what.per_component = dn_options_flag(o, "per-component");
    j->what.tolerance = dn_options_number(o, "tolerance");
    j->what.damping = dn_options_number(o, "damping");
    j->what.katz_alpha = dn_options_number(o, "alpha");
    j->what.exact_nodes = dn_options_int(o, "exact-nodes");
    j->what.probes = dn_options_int(o, "probes");
    j->what.seed = (uint64_t)dn_options_int(o, "seed");
    DN_TRY(read_sources(dn_options_text(o, "sources"), &j->what.sources, err));
    DN_TRY(read_measures(j, err));
    DN_TRY(read_lists(j, err));
out:
    return st;
}

/* ---- the directory ---- */

static void add_words(dn_json *root, const char *key, int n, const char *const *words)
{
    dn_json *list = dn_json_array(root, key);

    for (int i = 0; i < n; i++)
        dn_json_string(list, NULL, words[i]);
}

/* All that determines the results, as one line of JSON; the dataset by its own config. */
static dn_status write_config(job *j, const char *data_config, dn_error *err)
{
    const dn_analyse_options *w = &j->what;
    const char *petsc = dn_options_text(j->call->options, "petsc");
    dn_json *c = dn_json_create();
    dn_status st;

    dn_json_string(c, "command", "network");
    dn_json_string(c, "dataset", data_config);
    add_words(c, "layers", j->load.n_layers, j->load.layer);
    dn_json_bool(c, "weights", j->load.weights);
    add_words(c, "measures", w->n_measures, w->measure);
    add_words(c, "spectra", w->n_spectra, w->spectrum);
    dn_json_int(c, "pairs", w->pairs);
    dn_json_bool(c, "standardise", w->standardise);
    dn_json_bool(c, "per_component", w->per_component);
    dn_json_number(c, "tolerance", w->tolerance);
    dn_json_number(c, "damping", w->damping);
    dn_json_number(c, "alpha", w->katz_alpha);
    add_words(c, "seeds", w->n_seeds, w->seed_id);
    add_words(c, "communicability", w->n_from, w->from_id);
    dn_json_int(c, "sources", w->sources);
    dn_json_int(c, "exact_nodes", w->exact_nodes);
    dn_json_int(c, "probes", w->probes);
    dn_json_int(c, "seed", (int64_t)w->seed);
    dn_json_string(c, "petsc", petsc != NULL ? petsc : "");
    st = dn_json_text(c, 0, &j->config, err);
    dn_json_destroy(&c);
    return st;
}

/* Configs of the layers that are joined: what the network was made of. For dn_free(). */
static dn_status data_config(job *j, char **out, dn_error *err)
{
    enum { CAP = 1 << 16 };
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;
    dn_strings layers = {0};
    char *text = NULL, group[96], name[80];
    size_t at = 0;

    if ((text = dn_calloc(CAP, 1)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %d bytes", CAP);
    DN_AGREE(comm);
    DN_TRY(dn_h5_get_text(j->data, "/", "config", text, CAP, err));
    at = strlen(text);
    DN_TRY(dn_h5_list(j->data, "/edges", &layers, err));
    for (int64_t i = 0; i < layers.n; i++) {
        dn_error none = DN_ERROR_INIT; /* a layer that synth made has no config of its own */

        snprintf(group, sizeof group, "/edges/%s", dn_strings_copy(&layers, i, name, sizeof name));
        if (dn_h5_get_text(j->data, group, "config", text + at, CAP - at, &none) == DN_OK)
            at += strlen(text + at);
        else
            text[at] = '\0';
    }
    *out = text;
    text = NULL;
out:
    dn_strings_destroy(&layers);
    dn_free(text);
    return st;
}

/* Rank 0: the directory is ours to write into; otherwise we say so before hours of work. */
static dn_status claim_directory(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    bool empty;

    DN_TRY(dn_directory_make(j->dir, err));
    DN_TRY(dn_directory_empty(j->dir, &empty, err));
    if (!empty && !j->force) {
        if (!dn_file_equals(j->config_path, j->config))
            DN_FAIL(DN_ECANTCREAT, "%s: holds other files, or a run with other options; --force goes ahead",
                    j->dir);
        dn_log(DN_INFO, "network", "an unfinished run is computed anew", "output=%s", j->dir);
    }
out:
    return st;
}

/* Rank 0: the first file of the results. What another run has finished here ends with it. */
static dn_status save_config(const job *j, dn_error *err)
{
    dn_status st = DN_OK;

    if (unlink(j->store_path) != 0 && errno != ENOENT)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be removed: %s", j->store_path, strerror(errno));
    DN_TRY(dn_text_file_write(j->config_path, j->config, err));
out:
    return st;
}

static dn_status look_for_finished(job *j, bool *out_done, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;
    char *data = NULL;

    *out_done = false;
    DN_TRY(data_config(j, &data, err));
    DN_PASS(write_config(j, data, err));
    DN_AGREE(comm);
    if (!j->force)
        DN_TRY(dn_output_finished(comm, j->store_path, DN_NETWORK_SCHEMA, "/", j->config, out_done, err));
    if (*out_done)
        goto out;
    if (comm->rank == 0)
        DN_PASS(claim_directory(j, err));
    DN_AGREE(comm);
out:
    dn_free(data);
    return st;
}

/* ---- the command ---- */

static void on_progress(void *ctx, const char *what, int64_t done, int64_t total, double seconds)
{
    (void)ctx;
    dn_progress_work(what, done, total, seconds);
}

static bool failed(const job *j, const char *what, const dn_solve_report *r)
{
    if (r->converged)
        return false;
    if (j->call->comm->rank == 0)
        dn_log(DN_WARN, "network", "did not converge", "what=%s iterations=%lld residual=%.2g tolerance=%.2g",
               what, (long long)r->iterations, r->residual, r->tolerance);
    return true;
}

/* Whether every solver converged; says so for each that did not. */
static dn_status check_converged(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analysis *a = &j->analysis;
    int bad = 0;

    for (int i = 0; i < a->n_measures; i++)
        bad += failed(j, a->measure[i].name, &a->measure[i].report);
    for (int i = 0; i < a->n_spectra; i++)
        bad += failed(j, a->spectrum[i].name, &a->spectrum[i].report);
    if (bad > 0 && dn_options_flag(j->call->options, "strict"))
        DN_FAIL(DN_EDATA, "%d solvers did not converge and --strict was given: no results are written", bad);
out:
    return st;
}

static dn_status compute(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;
    char unused[256];

    DN_TRY(dn_petsc_open(comm->mpi, dn_options_text(j->call->options, "petsc"), err));
    j->petsc = true;
    DN_TRY(dn_network_load(j->data, &j->load, &j->network, err));
    dn_h5_close(&j->data);
    if (comm->rank == 0) {
        const dn_graph *g = &j->network->graph;
        dn_log(DN_INFO, "network", "opened", "nodes=%lld edges=%lld secs=%.2f", (long long)g->n,
               (long long)(g->nnz / 2), j->network->seconds_to_open);
        j->what.progress = on_progress;
    }
    st = dn_analyse(comm, j->network, &j->what, &j->analysis, err);
    dn_progress_end();
    if (st != DN_OK)
        goto out;
    if (comm->rank == 0 && dn_petsc_unused(unused, sizeof unused))
        dn_log(DN_WARN, "network", "--petsc: no solver asked for these options", "options=\"%s\"", unused);
    DN_TRY(check_converged(j, err));
out:
    return st;
}

/* Rank 0: the files for people; then the digest, or the summary. */
static dn_status write_texts(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    dn_network_report report = {0};
    char *json = NULL;
    dn_network_run about = {.dataset = j->dataset,
                            .command = j->call->command_line,
                            .config = j->config,
                            .version = dn_version_text(),
                            .directory = j->dir,
                            .seed = j->what.seed,
                            .ranks = j->call->comm->size,
                            .seconds = now() - j->started,
                            .graphml_edges = dn_options_int(o, "graphml-edges")};

    DN_TRY(dn_network_report_create(j->network, &j->analysis, &about, &report, err));
    DN_TRY(save_config(j, err));
    DN_TRY(dn_network_save(&report, err));
    if (dn_options_flag(o, "json")) {
        DN_TRY(dn_network_json(&report, &json, err));
        fputs(json, stdout);
    } else {
        dn_network_print(&report, stdout);
    }
out:
    dn_network_report_destroy(&report);
    dn_free(json);
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = call->comm;
    bool done = false;
    job j = {.call = call, .started = now()};

    DN_PASS(read_options(&j, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_open(comm, j.dataset, DN_DATASET_SCHEMA, &j.data, err));
    DN_TRY(look_for_finished(&j, &done, err));
    if (done) {
        if (comm->rank == 0)
            dn_log(DN_INFO, "network", "already complete, nothing to do", "output=%s", j.dir);
        goto out;
    }
    DN_TRY(compute(&j, err));
    if (comm->rank == 0)
        DN_PASS(write_texts(&j, err));
    DN_AGREE(comm);
    DN_TRY(dn_network_store(comm, j.store_path, call->command_line, j.config, j.network, &j.analysis, err));
out:
    dn_analysis_destroy(&j.analysis);
    dn_network_close(&j.network);
    if (j.petsc)
        dn_petsc_close();
    dn_h5_close(&j.data);
    dn_free(j.list);
    dn_free(j.config);
    return st;
}

const dn_command dn_cmd_network = {
    .name = "network",
    .summary = "description, centralities and spectra of a drug-gene network",
    .usage = "DATASET -o DIR [--layer LAYER...] [--measures LIST] [--spectra LIST] [options]",
    .details =
        "Measures: degree strength eigenvector pagerank katz hits subgraph current-flow\n"
        "closeness harmonic betweenness core clustering bipartite-clustering, or all: those that make sense "
        "on\n"
        "the network. Definitions are those of networkx; the digest and the summary name each.\n"
        "Writes into DIR one TSV a measure (by falling value, ties by id), network.graphml for Cytoscape "
        "and\n"
        "Gephi, summary.json and network.h5; a digest goes to the terminal. What is counted is the same on "
        "any\n"
        "number of ranks, what is solved for within its stated tolerance.",
    .options = options,
    .run = run};
