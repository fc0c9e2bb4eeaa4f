/* cmd_network.c - dragnet network: description, centralities and spectra of the layers of a dataset; see
 * network_job.h
 */
#include "jobs/cli/network/network_job.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include "jobs/cli/run/directory.h"
#include "jobs/cli/job/estimate_job.h"
#include "jobs/cli/run/progress.h"
#include "jobs/cli/run/requests.h"
#include "jobs/cli/run/surroundings.h"
#include "jobs/cli/version.h"
#include "mpi/core/agree.h"
#include "mpi/estimate/estimate_network.h"
#include "mpi/graph/store.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/network/petsc.h"

static const dn_opt options[] = {
    {"output", 'o', DN_OPT_TEXT, NULL, "DIR", "directory for the results (required)", "output"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL, "replace what the directory holds", "output"},
    {"json", 0, DN_OPT_FLAG, NULL, NULL, "summary.json on stdout in place of the digest", "output"},
    {"graphml-edges", 0, DN_OPT_INT, "2000000", "0..9223372036854775807",
     "write network.graphml up to so many edges", "output"},
    {"layer", 'l', DN_OPT_LIST, NULL, "LAYER", "layers to join; all unless given", "graph"},
    {"weights", 0, DN_OPT_FLAG, NULL, NULL,
     "use the weights of the edges (of a pair in several layers the largest); otherwise each edge counts 1. "
     "Path measures, core and clustering never use them",
     "graph"},
    {"measures", 'm', DN_OPT_LIST, NULL, "LIST",
     "measures, divided by commas, or all; otherwise degree,eigenvector,pagerank,core", "measures"},
    {"per-component", 0, DN_OPT_FLAG, NULL, NULL, "eigenvector: also that of each component", "measures"},
    {"damping", 0, DN_OPT_NUMBER, "0.85", "0..0.999999", "pagerank", "measures"},
    {"seeds", 0, DN_OPT_LIST, NULL, "ID",
     "personalised pagerank: restart at these nodes (ID ID ..., or SIDE:ID)", "measures"},
    {"alpha", 0, DN_OPT_NUMBER, "0", "0..1e300", "katz; 0: 0.85 / largest eigenvalue", "measures"},
    {"communicability", 0, DN_OPT_LIST, NULL, "ID",
     "communicability from each of these nodes to all (ID ID ...)", "measures"},
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
     "options for PETSc and SLEPc, each with the prefix of its measure: eigenvector_eps_ pagerank_ksp_ "
     "katz_ksp_ katz_eps_ hits_eps_ subgraph_mfn_ communicability_mfn_ current_flow_ksp_ current_flow_pc_ "
     "adjacency_eps_ laplacian_eps_ svd_svd_ pca_svd_",
     "solvers"},
    {"strict", 0, DN_OPT_FLAG, NULL, NULL, "fail (65) and write nothing when a solver does not converge",
     "solvers"},
    {"seed", 0, DN_OPT_INT, "1", "0..9223372036854775807", "of sampled sources and probes", "solvers"},
    {0}};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- options ---- */

/* Cut the words of a list option at their commas. */
static dn_status cut_words(dn_network_job *j, const char *option, const char **out, int *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;

    for (int i = 0; i < dn_options_count(o, option); i++) {
        const char *at = dn_options_item(o, option, i);

        while (*at != '\0') {
            size_t len = strcspn(at, ",");
            if (*out_n == DN_JOB_WORDS || j->words_used + len + 1 > sizeof j->words)
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

static dn_status read_measures(dn_network_job *j, dn_error *err)
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
    if (dn_options_given(o, "measures") && given == 0)
        DN_FAIL(DN_EUSAGE, "--measures: names none");
    DN_TRY(refuse_twice("measures", j->measure, given, err));
    j->what.n_measures = given;
    j->what.measure = j->measure;
    DN_TRY(cut_words(j, "spectra", j->spectrum, &j->what.n_spectra, err));
    DN_TRY(refuse_twice("spectra", j->spectrum, j->what.n_spectra, err));
    j->what.spectrum = j->spectrum;
out:
    return st;
}

static dn_status read_lists(dn_network_job *j, dn_error *err)
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
        DN_TRY(refuse_twice(names[l], *lists[l], *counts[l], err));
    }
out:
    return st;
}

/* Options that mean nothing without a measure or spectrum that is not asked for. */
static dn_status refuse_idle(const dn_network_job *j, dn_error *err)
{
    static const struct {
        const char *option, *word, *other;
    } pairs[] = {{"per-component", "eigenvector", NULL},
                 {"damping", "pagerank", NULL},
                 {"alpha", "katz", NULL},
                 {"exact-nodes", "subgraph", "current-flow"},
                 {"probes", "subgraph", "current-flow"},
                 {"standardise", "pca", NULL},
                 {"pairs", NULL, NULL}};
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        bool used = pairs[i].word == NULL && j->what.n_spectra > 0;

        for (int k = 0; k < j->what.n_measures + j->what.n_spectra && pairs[i].word != NULL; k++) {
            const char *word = k < j->what.n_measures ? j->measure[k] : j->spectrum[k - j->what.n_measures];
            used = used || strcmp(word, pairs[i].word) == 0 ||
                   (pairs[i].other != NULL && strcmp(word, pairs[i].other) == 0);
        }
        used = used || (strcmp(pairs[i].option, "damping") == 0 && dn_options_given(o, "seeds"));
        if (dn_options_given(o, pairs[i].option) && !used)
            DN_FAIL(DN_EUSAGE, "--%s goes with %s%s%s, which is not asked for", pairs[i].option,
                    pairs[i].word != NULL ? pairs[i].word : "--spectra", pairs[i].other != NULL ? " or " : "",
                    pairs[i].other != NULL ? pairs[i].other : "");
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

static dn_status read_options(dn_network_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;

    j->dataset = dn_options_positional(o, 0);
    if (j->dataset == NULL || dn_options_positionals(o) != 1)
        DN_FAIL(DN_EUSAGE, "wanted one dataset, not %d", dn_options_positionals(o));
    j->dir = dn_options_text(o, "output");
    if (j->dir == NULL)
        DN_FAIL(DN_EUSAGE, "--output is required");
    if (strlen(j->dir) > DN_JOB_PATH - 128)
        DN_FAIL(DN_EUSAGE, "%.60s...: the path is too long", j->dir);
    snprintf(j->config_path, sizeof j->config_path, "%s/config.json", j->dir);
    snprintf(j->store_path, sizeof j->store_path, "%s/network.h5", j->dir);
    snprintf(j->summary_path, sizeof j->summary_path, "%s/summary.json", j->dir);
    snprintf(j->checkpoint_path, sizeof j->checkpoint_path, "%s/checkpoint.h5", j->dir);
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
    DN_TRY(refuse_idle(j, err));
    DN_TRY(read_lists(j, err));
out:
    return st;
}

/* ---- the command ---- */

static bool failed(const dn_network_job *j, const char *what, const dn_solve_report *r)
{
    if (r->converged)
        return false;
    if (j->call->comm->rank == 0)
        dn_log(DN_WARN, "network", "did not converge", "what=%s iterations=%lld residual=%.2g tolerance=%.2g",
               what, (long long)r->iterations, r->residual, r->tolerance);
    return true;
}

/* Whether every solver converged; says so for each that did not. */
static dn_status check_converged(const dn_network_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analysis *a = &j->analysis;
    int bad = 0;

    for (int i = 0; i < a->n_measures; i++)
        bad += failed(j, a->measure[i].name, &a->measure[i].report);
    for (int i = 0; i < a->n_spectra; i++)
        bad += failed(j, a->spectrum[i].name, &a->spectrum[i].report);
    if (bad > 0 && dn_options_flag(j->call->options, "strict"))
        DN_FAIL(DN_EDATA, "%d solver%s did not converge and --strict was given: no results are written", bad,
                bad > 1 ? "s" : "");
out:
    return st;
}

static dn_status compute(dn_network_job *j, dn_error *err)
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
        if (j->load.weights && g->weight == NULL)
            dn_log(DN_WARN, "network", "--weights: no layer has weights, every edge counts 1", "output=%s",
                   j->dir);
    }
    if (!j->keep.resume) /* one of another run that --force does away with */
        DN_TRY(dn_network_job_forget(j, err));
    dn_version_build(DN_PRECISION_F32, j->build, sizeof j->build);
    j->keep = (dn_analyse_keep){.path = j->checkpoint_path,
                                .command = j->call->command_line,
                                .config = j->config,
                                .build = j->build,
                                .resume = j->keep.resume,
                                .requests = j->call->requests};
    j->what.keep = &j->keep;
    j->what.opt_hooks = &j->control.hooks;
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

/* Rank 0: the files for people. */
static dn_status write_texts(dn_network_job *j, dn_error *err)
{
    dn_status st = DN_OK;

    j->about = (dn_network_run){.dataset = j->dataset,
                                .command = j->call->command_line,
                                .config = j->config,
                                .version = dn_version_text(),
                                .directory = j->dir,
                                .seed = j->what.seed,
                                .ranks = j->call->comm->size,
                                .seconds = now() - j->started,
                                .graphml_edges = dn_options_int(j->call->options, "graphml-edges")};
    DN_TRY(dn_network_report_create(j->network, &j->analysis, &j->about, &j->report, err));
    DN_TRY(dn_network_job_begin(j, err));
    DN_TRY(dn_network_save(&j->report, err));
out:
    return st;
}

/* Rank 0: what goes to stdout when all is on disk. A run that was complete has no digest any more. */
static dn_status show(const dn_network_job *j, bool done, dn_error *err)
{
    dn_status st = DN_OK;

    if (dn_options_flag(j->call->options, "json"))
        DN_TRY(dn_file_print(j->summary_path, stdout, err));
    else if (!done)
        dn_network_print(&j->report, stdout);
    DN_TRY(dn_stdout_end(j->dir, err));
out:
    return st;
}

static dn_status compute_and_save(dn_network_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;

    dn_run_control_open(j->call, j->dir, "network", &j->control);
    dn_surroundings_report(comm, "network", j->dir, 0, dn_petsc_index_bits());
    DN_TRY(compute(j, err));
    if (comm->rank == 0)
        DN_PASS(write_texts(j, err));
    DN_AGREE(comm);
    DN_TRY(dn_network_store(comm, j->store_path, j->call->command_line, j->config, j->network, &j->analysis,
                            err));
    DN_TRY(dn_network_job_forget(j, err));
    if (!j->keep.resume) /* all of it was done now */
        dn_estimate_recall(j->call, "network", j->dir, -1);
out:
    return st;
}

/* What the run would take, in place of it. */
static dn_status estimate(dn_network_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_estimate *e = j->call->opt_estimate;

    snprintf(e->stage, sizeof e->stage, "network");
    snprintf(e->output, sizeof e->output, "%s", j->dir);
    DN_TRY(dn_petsc_open(j->call->comm->mpi, dn_options_text(j->call->options, "petsc"), err));
    j->petsc = true;
    DN_TRY(dn_network_load(j->data, &j->load, &j->network, err));
    DN_TRY(dn_estimate_network(j->call->comm, j->network, &j->what, e, err));
out:
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = call->comm;
    bool done = false;
    dn_network_job j = {.call = call, .started = now()};

    DN_PASS(read_options(&j, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_open(comm, j.dataset, DN_DATASET_SCHEMA, &j.data, err));
    if (call->opt_estimate != NULL) {
        DN_TRY(estimate(&j, err));
        goto out;
    }
    DN_TRY(dn_network_job_finished(&j, &done, err));
    if (!done)
        DN_TRY(compute_and_save(&j, err));
    else if (comm->rank == 0)
        dn_log(DN_INFO, "network", "already complete, nothing to do", "output=%s", j.dir);
    if (comm->rank == 0)
        DN_PASS(show(&j, done, err));
    DN_AGREE(comm);
out:
    dn_requests_saved_by_force(st, j.force, err);
    dn_run_control_close(&j.control, st, err);
    if (comm->rank == 0)
        dn_network_job_leave(&j, st != DN_OK);
    if (j.report.order != NULL)
        dn_network_report_destroy(&j.report);
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
        "number of ranks, what is solved for within its stated tolerance. A run that was stopped or killed "
        "goes\n"
        "on where the last checkpoint was written when the same command is given again, on any ranks.",
    .options = options,
    .stoppable = true,
    .estimated = true,
    .run = run};
