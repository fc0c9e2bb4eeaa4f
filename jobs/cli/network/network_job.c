/* network_job.c - the directory of a run of `dragnet network`; see network_job.h */
#include "jobs/cli/network/network_job.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "jobs/cli/run/directory.h"
#include "jobs/cli/run/run_start.h"
#include "jobs/cli/text_file.h"
#include "mpi/core/agree.h"
#include "mpi/graph/store.h"
#include "mpi/io/checkpoint_file.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

/* ---- what determines the results ---- */

static void add_words(dn_json *root, const char *key, int n, const char *const *words)
{
    dn_json *list = dn_json_array(root, key);

    for (int i = 0; i < n; i++)
        dn_json_string(list, NULL, words[i]);
}

/* The config of a layer; one that synth made has that of the dataset. Collective. */
static dn_status add_layer(const dn_network_job *j, const char *name, dn_json *list, dn_error *err)
{
    dn_status st = DN_OK;
    char group[96], *text = NULL;

    snprintf(group, sizeof group, "/edges/%s", name);
    DN_TRY(dn_h5_read_text(j->data, dn_h5_has_attribute(j->data, group, "config") ? group : "/", "config",
                           &text, err));
    dn_json_value(list, NULL, text);
out:
    dn_free(text);
    return st;
}

/* Configs of the layers that are joined: what the network was made of. Collective. */
static dn_status add_layers(const dn_network_job *j, dn_json *list, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings all = {0};
    char name[80];

    for (int i = 0; i < j->load.n_layers; i++)
        DN_TRY(add_layer(j, j->load.layer[i], list, err));
    if (j->load.n_layers == 0)
        DN_TRY(dn_h5_list(j->data, "/edges", &all, err));
    for (int64_t i = 0; i < all.n; i++)
        DN_TRY(add_layer(j, dn_strings_copy(&all, i, name, sizeof name), list, err));
out:
    dn_strings_destroy(&all);
    return st;
}

/* All that determines the results, as one line of JSON. Collective. */
static dn_status write_config(dn_network_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analyse_options *w = &j->what;
    const char *petsc = dn_options_text(j->call->options, "petsc");
    dn_json *c = dn_json_create();

    dn_json_string(c, "command", "network");
    DN_TRY(add_layers(j, dn_json_array(c, "dataset"), err));
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
    dn_json_int(c, "graphml_edges", dn_options_int(j->call->options, "graphml-edges"));
    dn_json_string(c, "petsc", petsc != NULL ? petsc : "");
    st = dn_json_text(c, 0, &j->config, err);
    DN_AGREE(j->call->comm);
out:
    dn_json_destroy(&c);
    return st;
}

/* ---- a run that is complete ---- */

/* How many solvers of a group of the store did not converge. Collective. */
static dn_status count_failed(const dn_h5 *h, const char *group, int64_t *count, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings members = {0};
    char name[128], path[160];

    if (!dn_h5_has(h, group))
        goto out;
    DN_TRY(dn_h5_list(h, group, &members, err));
    for (int64_t i = 0; i < members.n; i++) {
        dn_error none = DN_ERROR_INIT; /* measures that are counted have no solver */
        int64_t converged = 1;

        snprintf(path, sizeof path, "%s/%s", group, dn_strings_copy(&members, i, name, sizeof name));
        if (dn_h5_get_int(h, path, "solver_converged", &converged, &none) == DN_OK)
            *count += converged == 0;
    }
out:
    dn_strings_destroy(&members);
    return st;
}

static dn_status check_finished(const dn_network_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t bad = 0;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(j->call->comm, j->store_path, DN_NETWORK_SCHEMA, &h, err));
    DN_TRY(count_failed(h, "/measures", &bad, err));
    DN_TRY(count_failed(h, "/spectra", &bad, err));
    if (bad > 0)
        DN_FAIL(DN_EDATA, "%s: complete, but %lld of its solvers did not converge and --strict was given",
                j->dir, (long long)bad);
out:
    dn_h5_close(&h);
    return st;
}

/* ---- the directory ---- */

static dn_run_files files_of(const dn_network_job *j)
{
    return (dn_run_files){.complete = j->store_path,
                          .schema = DN_NETWORK_SCHEMA,
                          .config = j->config,
                          .checkpoint = j->checkpoint_path,
                          .saving = j->config,
                          .find = dn_analyse_find};
}

/* Collective. */
static dn_status look_at_finished(const dn_network_job *j, const dn_run_files *files, dn_error *err)
{
    dn_status st = DN_OK;

    if (dn_options_flag(j->call->options, "strict"))
        DN_TRY(check_finished(j, err));
    DN_TRY(dn_run_sweep(j->call->comm, files, err));
out:
    return st;
}

dn_status dn_network_job_finished(dn_network_job *j, bool *out_done, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;
    dn_run_files files;
    dn_run_fate fate;
    bool ignored;

    *out_done = false;
    DN_PASS(write_config(j, err));
    DN_AGREE(comm);
    if (comm->rank == 0)
        DN_PASS(dn_run_take(j->dir, &j->made_dir, &j->lock, err));
    DN_AGREE(comm);
    files = files_of(j);
    DN_TRY(dn_run_look(comm, &files, j->force, &fate, err));
    *out_done = fate == DN_RUN_IS_DONE;
    j->keep.resume = fate == DN_RUN_GOES_ON;
    if (*out_done)
        DN_TRY(look_at_finished(j, &files, err));
    else if (fate == DN_RUN_BEGINS && comm->rank == 0)
        DN_PASS(dn_directory_claim(j->dir, j->config_path, j->config, j->force, "network", &ignored, err));
    DN_AGREE(comm);
out:
    return st;
}

/* Names that a run gives to its files, and no others: the directory may hold what is not ours. */
static bool is_result(const char *name)
{
    static const char *const others[] = {"config.json",     "summary.json",  "network.graphml", "network.h5",
                                         "description.tsv", "histogram.tsv", "personalised.tsv"};
    static const char *const spectra[] = {"adjacency", "laplacian", "svd", "pca"};
    const char *measures[DN_MEASURES_MAX], *definitions[DN_MEASURES_MAX];
    int n = dn_analyse_measures(measures, definitions);
    char file[80];

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(name, others[i]) == 0)
            return true;
    for (int i = 0; i < n; i++) {
        snprintf(file, sizeof file, "%s.tsv", measures[i]);
        if (strcmp(name, file) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof spectra / sizeof spectra[0]; i++) {
        snprintf(file, sizeof file, "%s.tsv", spectra[i]);
        if (strcmp(name, file) == 0)
            return true;
        snprintf(file, sizeof file, "%s_embedding.tsv", spectra[i]);
        if (strcmp(name, file) == 0)
            return true;
    }
    return strncmp(name, "communicability-", 16) == 0 && strstr(name, ".tsv") != NULL;
}

dn_status dn_network_job_begin(const dn_network_job *j, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_directory_clear(j->dir, is_result, err));
    DN_TRY(dn_text_file_write(j->config_path, j->config, err));
out:
    return st;
}

dn_status dn_network_job_forget(const dn_network_job *j, dn_error *err)
{
    return dn_checkpoint_file_remove(j->call->comm, j->checkpoint_path, err);
}

void dn_network_job_leave(dn_network_job *j, bool failed)
{
    bool nothing =
        failed && j->made_dir && access(j->config_path, F_OK) != 0 && access(j->checkpoint_path, F_OK) != 0;

    dn_run_leave(j->dir, nothing, &j->lock);
}
