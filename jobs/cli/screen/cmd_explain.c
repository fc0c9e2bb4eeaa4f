/* cmd_explain.c - dragnet explain: what atoms, residues and labels brought to scores of drug-target pairs */
#include "jobs/cli/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "jobs/cli/run/directory.h"
#include "jobs/cli/screen/explain_output.h"
#include "jobs/cli/text_file.h"
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

static const dn_opt options[] = {
    {"model", 'm', DN_OPT_TEXT, NULL, "FILE", "model.h5 of a training run of drug-target pairs (required)",
     "what is explained"},
    {"drug", 0, DN_OPT_TEXT, NULL, "ID", "the drug of a pair", "what is explained"},
    {"target", 0, DN_OPT_TEXT, NULL, "ID", "the target of a pair", "what is explained"},
    {"pairs", 0, DN_OPT_TEXT, NULL, "FILE",
     "pairs in place of one: drug id, tab, target id in a line (screen.tsv is such a file)",
     "what is explained"},
    {"molecules", 0, DN_OPT_TEXT, NULL, "FILE",
     "SMILES file (SMILES and id in a line): drugs that the dataset need not have, asked for by these ids",
     "what is explained"},
    {"sequences", 0, DN_OPT_TEXT, NULL, "FILE",
     "FASTA file: targets that the dataset need not have, asked for by these ids", "what is explained"},
    {"encoder", 0, DN_OPT_TEXT, NULL, "FILE",
     "the states that the model was trained on, when they no longer stand where they did",
     "what is explained"},
    {"baseline", 0, DN_OPT_TEXT, "zero", "zero|mean",
     "what a contribution is measured from: atoms and residues of zeros, or their mean over the drugs and "
     "targets with training rows; label features start from their mean over the training rows",
     "integration"},
    {"tolerance", 0, DN_OPT_NUMBER, "0.001", "0..1000",
     "of the sum of all contributions against the difference of the scores, in units of the logit",
     "integration"},
    {"steps", 0, DN_OPT_INT, "64", "1..1048576", "to begin with; doubled until the sum is within --tolerance",
     "integration"},
    {"max-steps", 0, DN_OPT_INT, "8192", "1..1048576", "no more than so many", "integration"},
    {"strict", 0, DN_OPT_FLAG, NULL, NULL,
     "fail (65) and write nothing when the contributions of a pair do not add up within --tolerance",
     "integration"},
    {"json", 0, DN_OPT_FLAG, NULL, NULL, "one JSON object in place of the lines on the terminal", "output"},
    {"output", 'o', DN_OPT_TEXT, NULL, "DIR", "directory for the results (required)", "output"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL, "replace what the directory holds", "output"},
    {0}};

enum { PATH_ROOM = 1024 };

typedef struct job {
    const dn_call *call;
    dn_explain_wish wish;
    dn_dti_explain_options integration;
    const char *dir;
    bool force, strict, json, made_dir;
    char config_path[PATH_ROOM], pairs_path[PATH_ROOM], summary_path[PATH_ROOM];
    char *config;
    dn_explain_run run;
    dn_explain_sums *sums; /* [run.n] */
} job;

/* The same on every rank. */
static dn_status read_options(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    bool pair = dn_options_given(o, "drug") || dn_options_given(o, "target");

    if (dn_options_positionals(o) != 1)
        DN_FAIL(DN_EUSAGE, "explain takes one dataset, not %d", dn_options_positionals(o));
    if (!dn_options_given(o, "model"))
        DN_FAIL(DN_EUSAGE, "--model is missing: whose scores are to be explained");
    if (!dn_options_given(o, "output"))
        DN_FAIL(DN_EUSAGE, "-o is missing: the directory for the results");
    if (dn_options_given(o, "drug") != dn_options_given(o, "target"))
        DN_FAIL(DN_EUSAGE, "--drug and --target go together: they name one pair");
    if (pair == dn_options_given(o, "pairs"))
        DN_FAIL(DN_EUSAGE, pair ? "--pairs takes the place of --drug and --target"
                                : "which pair: --drug ID --target ID, or --pairs FILE");
    j->integration = (dn_dti_explain_options){.steps = dn_options_int(o, "steps"),
                                              .most = dn_options_int(o, "max-steps"),
                                              .tolerance = dn_options_number(o, "tolerance")};
    if (j->integration.steps > j->integration.most)
        DN_FAIL(DN_EUSAGE, "--steps %lld is more than --max-steps %lld", (long long)j->integration.steps,
                (long long)j->integration.most);
    j->dir = dn_options_text(o, "output");
    if (strlen(j->dir) + sizeof "/summary.json.part" > PATH_ROOM)
        DN_FAIL(DN_EUSAGE, "-o: a name of %zu bytes is too long", strlen(j->dir));
    snprintf(j->config_path, PATH_ROOM, "%s/config.json", j->dir);
    snprintf(j->pairs_path, PATH_ROOM, "%s/pairs.tsv", j->dir);
    snprintf(j->summary_path, PATH_ROOM, "%s/summary.json", j->dir);
    j->force = dn_options_flag(o, "force");
    j->strict = dn_options_flag(o, "strict");
    j->json = dn_options_flag(o, "json");
    j->wish = (dn_explain_wish){
        .dataset = dn_options_positional(o, 0),
        .model = dn_options_text(o, "model"),
        .opt_states = dn_options_text(o, "encoder"),
        .drug = dn_options_text(o, "drug"),
        .target = dn_options_text(o, "target"),
        .pairs = dn_options_text(o, "pairs"),
        .new = {.molecules = dn_options_text(o, "molecules"), .sequences = dn_options_text(o, "sequences")},
        .mean = strcmp(dn_options_text(o, "baseline"), "mean") == 0};
out:
    return st;
}

/* All that determines the results, as one line of JSON. */
static dn_status write_config(job *j, dn_error *err)
{
    dn_json *c = dn_json_create();

    dn_json_string(c, "command", "explain");
    dn_json_string(c, "interactions", j->run.table.split.pairs);
    dn_json_string(c, "split", j->run.table.name);
    dn_json_int(c, "fold", j->run.table.fold);
    dn_json_string(c, "inputs", j->run.digest);
    dn_json_int(c, "pairs", j->run.n);
    dn_json_string(c, "baseline", dn_options_text(j->call->options, "baseline"));
    dn_json_int(c, "steps", j->integration.steps);
    dn_json_int(c, "max_steps", j->integration.most);
    dn_json_number(c, "tolerance", j->integration.tolerance);
    return dn_json_end(&c, 0, &j->config, err);
}

/* Rank 0: pairs.tsv is written last, so a directory that has it beside this config is whole. */
static dn_status prepare_directory(job *j, bool *out_done, dn_error *err)
{
    dn_status st = DN_OK;

    *out_done = !j->force && dn_file_equals(j->config_path, j->config) && access(j->pairs_path, F_OK) == 0;
    if (*out_done)
        goto out;
    DN_TRY(dn_directory_claim(j->dir, j->config_path, j->config, j->force, "explain", &j->made_dir, err));
    DN_TRY(dn_directory_clear(j->dir, dn_explain_is_output, err));
    DN_TRY(dn_text_file_write(j->config_path, j->config, err));
out:
    return st;
}

static void warn_remainder(const job *j, int64_t i, const dn_dti_explanation *e)
{
    char drug[100], target[100];

    dn_log(DN_WARN, "explain", "contributions do not add up to the score within the tolerance",
           "drug=\"%s\" target=\"%s\" remainder=%.3g tolerance=%.3g steps=%lld",
           dn_strings_copy(&j->run.model.in.drugs.id, j->run.drug[i], drug, sizeof drug),
           dn_strings_copy(&j->run.model.in.targets.id, j->run.target[i], target, sizeof target),
           e->remainder, j->integration.tolerance, (long long)e->steps);
}

/* This rank's pairs. */
static dn_status explain_local(job *j, dn_range mine, dn_chem *chem, dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_explanation e = {.atoms = 0};

    for (int64_t i = mine.begin; i < mine.end; i++) {
        DN_TRY(dn_explain_pair(&j->run, i, &j->integration, &e, err));
        DN_TRY(dn_explain_write_pair(&j->run, i, &e, chem, j->dir, err));
        j->sums[i] = dn_explain_sum(&e);
        if (!e.complete)
            warn_remainder(j, i, &e);
        dn_dti_explanation_destroy(&e);
    }
out:
    dn_dti_explanation_destroy(&e);
    return st;
}

/* NULL in a build that reads no molecules: then there are no pictures. */
static dn_status open_chem(const dn_comm *comm, dn_chem **out, dn_error *err)
{
    dn_error why = DN_ERROR_INIT;
    dn_status st = dn_chem_open(out, &why);

    if (st == DN_EUNAVAILABLE) {
        if (comm->rank == 0)
            dn_log(DN_WARN, "explain", "no pictures of molecules", "reason=\"%s\"", why.text);
        return DN_OK;
    }
    if (st != DN_OK && err != NULL)
        *err = why;
    return st;
}

/* Rank 0. */
static dn_status check_strict(const job *j, int64_t incomplete, dn_error *err)
{
    dn_status st = DN_OK;

    if (j->strict && incomplete > 0) {
        DN_TRY(dn_directory_clear(j->dir, dn_explain_is_output, err));
        DN_FAIL(
            DN_EDATA,
            "contributions of %lld of %lld pairs do not add up within --tolerance and --strict was given: no "
            "results are written; more --max-steps may help",
            (long long)incomplete, (long long)j->run.n);
    }
out:
    return st;
}

/* Rank 0: tables of all pairs, then what a person or a program reads. */
static dn_status write_all(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t incomplete = 0;

    for (int64_t i = 0; i < j->run.n; i++)
        incomplete += !j->sums[i].complete;
    DN_TRY(check_strict(j, incomplete, err));
    DN_TRY(dn_explain_write_summary(&j->run, j->sums, j->dir, err));
    DN_TRY(dn_explain_write_pairs(&j->run, j->sums, j->dir, err));
    if (j->json)
        DN_TRY(dn_file_print(j->summary_path, stdout, err));
    else
        dn_explain_print(&j->run, j->sums, stdout);
    DN_TRY(dn_stdout_end(j->dir, err));
out:
    return st;
}

/* Rank 0: the results are there already. */
static dn_status show_done(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t incomplete = 0;

    dn_log(DN_INFO, "explain", "already complete, nothing to do", "output=%s", j->dir);
    if (j->strict) {
        DN_TRY(dn_explain_count_incomplete(j->pairs_path, &incomplete, err));
        if (incomplete > 0)
            DN_FAIL(
                DN_EDATA,
                "%s: complete, but contributions of %lld pairs do not add up within --tolerance and --strict "
                "was given",
                j->dir, (long long)incomplete);
    }
    if (j->json) {
        DN_TRY(dn_file_print(j->summary_path, stdout, err));
        DN_TRY(dn_stdout_end(j->dir, err));
    }
out:
    return st;
}

/* Collective. */
static dn_status explain_all(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;
    dn_chem *chem = NULL;

    j->sums = dn_calloc((size_t)j->run.n, sizeof *j->sums);
    if (j->sums == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld pairs",
                          (long long)j->run.n);
    DN_PASS(open_chem(comm, &chem, err));
    DN_PASS(explain_local(j, dn_block(j->run.n, comm->rank, comm->size), chem, err));
    DN_AGREE(comm);
    dn_gather_blocks(comm, j->sums, j->run.n, sizeof *j->sums);
    if (comm->rank == 0)
        DN_PASS(write_all(j, err));
    DN_AGREE(comm);
out:
    dn_chem_close(&chem);
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = call->comm;
    int done = 0;
    bool is_done = false;
    job j = {.call = call};

    DN_PASS(read_options(&j, err));
    DN_AGREE(comm);
    DN_TRY(dn_explain_open(comm, &j.wish, &j.run, err));
    DN_PASS(write_config(&j, err));
    DN_AGREE(comm);
    if (comm->rank == 0)
        DN_PASS(prepare_directory(&j, &is_done, err));
    DN_AGREE(comm);
    done = (int)dn_sum(comm, is_done);
    if (!done)
        DN_TRY(explain_all(&j, err));
    else if (comm->rank == 0)
        DN_PASS(show_done(&j, err));
    DN_AGREE(comm);
out:
    if (st != DN_OK && comm->rank == 0 && j.made_dir)
        (void)rmdir(j.dir); /* fails, as it should, when something stands in it */
    dn_explain_run_destroy(&j.run);
    dn_free(j.config);
    dn_free(j.sums);
    return st;
}

const dn_command dn_cmd_explain = {
    .name = "explain",
    .summary = "what atoms, residues and labels brought to scores of drug-target pairs",
    .usage = "DATASET --model FILE --drug ID --target ID -o DIR [options]\n"
             "DATASET --model FILE --pairs FILE -o DIR [options]",
    .details =
        "Integrated gradients (Sundararajan, Taly & Yan, ICML 2017) of the network's logit, of the mean of "
        "its\n"
        "heads, from a baseline to the pair: contributions of all inputs add up to the difference of the "
        "two\n"
        "scores, which is checked; what is missing is printed as the remainder, and steps are doubled until "
        "it "
        "is\nwithin --tolerance. Positive contributions speak for activation.\n"
        "Writes into DIR for pair N pair_N.atoms.tsv (atom number in the SMILES, element, contribution),\n"
        "pair_N.residues.tsv (residue number, letter, contribution; start and end tokens of stored states "
        "have "
        "rows\nof their own, one state of a whole protein is named all), pair_N.inputs.tsv (sums of atoms "
        "and "
        "residues,\nand every label feature by itself), pair_N.svg (the molecule coloured by contribution), "
        "and "
        "pairs.tsv and\nsummary.json with the sums of all pairs.\n"
        "What labels of like drugs and targets say, kernel ridge regression (kron_rls) before all, is "
        "computed\n"
        "from fingerprints and 3-mers, which have no gradient: it stands as the share of the labels and is "
        "not\n"
        "divided among atoms and residues. A training pair is scored as in evaluate, its own label held "
        "out.\n"
        "Molecules and proteins that the dataset need not have come from --molecules and --sequences, as in "
        "screen;\n"
        "a model on stored states needs theirs in --encoder.\n"
        "Pairs are shared over the ranks; the results are the same bits on any number of them.",
    .options = options,
    .run = run};
