/* cmd_screen.c - dragnet screen: the best of all pairs by a trained network, of drugs and targets or of genes
 */
#include "jobs/cli/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "jobs/cli/run/directory.h"
#include "jobs/cli/job/estimate_job.h"
#include "jobs/cli/run/progress.h"
#include "jobs/cli/run/requests.h"
#include "jobs/cli/run/run_control.h"
#include "jobs/cli/run/run_start.h"
#include "jobs/cli/screen/screen_genes.h"
#include "jobs/cli/screen/screen_output.h"
#include "jobs/cli/run/surroundings.h"
#include "jobs/cli/text_file.h"
#include "jobs/cli/version.h"
#include "mpi/core/agree.h"
#include "mpi/estimate/estimate_screen.h"
#include "mpi/io/checkpoint_file.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

static const dn_opt options[] = {
    {"model", 'm', DN_OPT_TEXT, NULL, "FILE",
     "model.h5 of a training run, of drug-target pairs or of pairs of genes (required)", "what is screened"},
    {"encoder", 0, DN_OPT_TEXT, NULL, "FILE",
     "the states that the model was trained on, when they no longer stand where they did",
     "what is screened"},
    {"drugs", 0, DN_OPT_TEXT, NULL, "FILE",
     "drugs by id, one a line; all of the dataset unless this or --molecules is given", "what is screened"},
    {"targets", 0, DN_OPT_TEXT, NULL, "FILE",
     "targets by id, one a line; all unless this or --sequences is given", "what is screened"},
    {"molecules", 0, DN_OPT_TEXT, NULL, "FILE",
     "SMILES file (SMILES and id in a line): screen these drugs, which the dataset need not have, and no "
     "others "
     "but those of --drugs",
     "what is screened"},
    {"sequences", 0, DN_OPT_TEXT, NULL, "FILE",
     "FASTA file: screen these targets, which the dataset need not have, and no others but those of "
     "--targets",
     "what is screened"},
    {"skip-unreadable", 0, DN_OPT_FLAG, NULL, NULL,
     "set molecules and sequences that cannot be read aside in rejected.tsv, with reasons; the first of them "
     "ends the screen otherwise",
     "what is screened"},
    {"genes", 0, DN_OPT_TEXT, NULL, "FILE",
     "genes by id, one a line, among themselves; all unless this is given", "what is screened"},
    {"gene", 0, DN_OPT_TEXT, NULL, "NAME", "this gene with all of the others, or with all of --genes",
     "what is screened"},
    {"all-genes", 0, DN_OPT_FLAG, NULL, NULL,
     "also decoys and genes without expression values, which are left out and counted otherwise",
     "what is screened"},
    {"include-known", 0, DN_OPT_FLAG, NULL, NULL,
     "also pairs that have a label in the dataset, which are left out and counted otherwise",
     "what is screened"},
    {"sign", 0, DN_OPT_TEXT, "activation", "activation|inhibition|both",
     "highest scores, lowest scores, or the best of each; with both, pairs of 0.5 and more compete for "
     "activation, the others for inhibition",
     "what is kept"},
    {"top", 'k', DN_OPT_INT, "1000", "1..50000000", "the best K of all pairs, for each sign", "what is kept"},
    {"per-drug", 0, DN_OPT_INT, NULL, "1..50000000", "the best K of each drug in place of --top",
     "what is kept"},
    {"per-target", 0, DN_OPT_INT, NULL, "1..50000000", "the best K of each target in place of --top",
     "what is kept"},
    {"threshold", 0, DN_OPT_NUMBER, NULL, "0..1",
     "pairs of genes: those of this score and more, all of them unless --top is given, too", "what is kept"},
    {"precision", 0, DN_OPT_TEXT, "f32", "f32|bf16",
     "pairs of genes: bf16 finds candidates, four for each that is kept, which are scored again in f32; the "
     "list is that of f32",
     "how"},
    {"prevalence", 0, DN_OPT_NUMBER, NULL, "1e-9..0.999999999",
     "share of activations (interactions) among the pairs screened: calibrated probabilities are shifted to "
     "it, too",
     "what is kept"},
    {"output", 'o', DN_OPT_TEXT, NULL, "DIR", "directory for the results (required)", "output"},
    {"json", 0, DN_OPT_FLAG, NULL, NULL, "summary.json on stdout in place of the digest", "output"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL, "replace what the directory holds", "output"},
    {0}};

enum { PATH_ROOM = 1024 };

typedef struct job {
    const dn_call *call;
    dn_screen_wish wish;
    const char *dir;
    bool force, made_dir;
    char config_path[PATH_ROOM], store_path[PATH_ROOM], summary_path[PATH_ROOM], checkpoint_path[PATH_ROOM];
    char *config;        /* all that determines the results */
    char *saving_config; /* and how they are computed: a checkpoint goes on in the same way */
    char build[300];
    dn_screen_saving saving;
    dn_run_lock lock; /* rank 0 */
    dn_screen_run run;
    bool of_genes; /* then these two in place of wish and run */
    dn_gene_wish genes;
    dn_gene_run gene_run;
    dn_run_control control;
} job;

static const char *const per_name[] = {"screen", "drug", "target"};

/* Which of --top, --per-drug, --per-target. */
static dn_status read_keep(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    bool drug = dn_options_given(o, "per-drug"), target = dn_options_given(o, "per-target");

    if (drug + target + dn_options_given(o, "top") > 1)
        DN_FAIL(DN_EUSAGE, "--top, --per-drug and --per-target exclude each other");
    j->wish.per = drug ? DN_PER_DRUG : target ? DN_PER_TARGET : DN_PER_SCREEN;
    j->wish.keep = dn_options_int(o, drug ? "per-drug" : target ? "per-target" : "top");
out:
    return st;
}

/* Of either kind of pairs. The same on every rank. */
static dn_status read_options(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;

    if (dn_options_positionals(o) != 1)
        DN_FAIL(DN_EUSAGE, "screen takes one dataset, not %d", dn_options_positionals(o));
    if (!dn_options_given(o, "model"))
        DN_FAIL(DN_EUSAGE, "--model is missing: which model.h5 is to score");
    if (!dn_options_given(o, "output"))
        DN_FAIL(DN_EUSAGE, "-o is missing: the directory for the results");
    j->dir = dn_options_text(o, "output");
    if (strlen(j->dir) + sizeof "/checkpoint.h5.previous" > PATH_ROOM)
        DN_FAIL(DN_EUSAGE, "-o: a name of %zu bytes is too long", strlen(j->dir));
    snprintf(j->config_path, PATH_ROOM, "%s/config.json", j->dir);
    snprintf(j->store_path, PATH_ROOM, "%s/screen.h5", j->dir);
    snprintf(j->summary_path, PATH_ROOM, "%s/summary.json", j->dir);
    snprintf(j->checkpoint_path, PATH_ROOM, "%s/checkpoint.h5", j->dir);
    j->force = dn_options_flag(o, "force");
    j->wish.dataset = j->genes.dataset = dn_options_positional(o, 0);
    j->wish.model = j->genes.model = dn_options_text(o, "model");
out:
    return st;
}

static dn_status read_drug_options(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    static const char *const others[] = {"genes", "gene", "all-genes", "threshold", "precision"};
    const char *sign = dn_options_text(o, "sign");

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (dn_options_given(o, others[i]))
            DN_FAIL(DN_EUSAGE, "--%s is for models of pairs of genes; this one is of drug-target pairs",
                    others[i]);
    DN_TRY(read_keep(j, err));
    j->wish.opt_states = dn_options_text(o, "encoder");
    j->wish.drugs = dn_options_text(o, "drugs");
    j->wish.targets = dn_options_text(o, "targets");
    j->wish.new = (dn_newcomers_wish){.molecules = dn_options_text(o, "molecules"),
                                      .sequences = dn_options_text(o, "sequences"),
                                      .skip_unreadable = dn_options_flag(o, "skip-unreadable")};
    if (j->wish.new.skip_unreadable && j->wish.new.molecules == NULL && j->wish.new.sequences == NULL)
        DN_FAIL(DN_EUSAGE, "--skip-unreadable goes with --molecules or --sequences");
    j->wish.end[0] = strcmp(sign, "activation") != 0;
    j->wish.end[1] = strcmp(sign, "inhibition") != 0;
    j->wish.include_known = dn_options_flag(o, "include-known");
    j->wish.prevalence = dn_options_given(o, "prevalence") ? dn_options_number(o, "prevalence") : NAN;
out:
    return st;
}

/* Which kind of pairs the model is of, and the options that it takes. Collective. */
static dn_status look(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_model_record record;

    DN_TRY(dn_model_read_record(j->call->comm, j->wish.model, &record, err));
    j->of_genes = strcmp(record.architecture, "gener") == 0;
    DN_TRY(j->of_genes ? dn_genes_screen_read(j->call->options, &j->genes, err) /* the same on every rank */
                       : read_drug_options(j, err));
    j->wish.opt_hooks = j->genes.opt_hooks = &j->control.hooks;
    DN_TRY(j->of_genes ? dn_gene_run_open(j->call->comm, &j->genes, &j->gene_run, err)
                       : dn_screen_open(j->call->comm, &j->wish, &j->run, err));
out:
    return st;
}

static void drug_config(const job *j, dn_json *c)
{
    const dn_screen_wish *w = &j->wish;

    dn_json_string(c, "interactions", j->run.table.split.pairs);
    dn_json_string(c, "split", j->run.table.name);
    dn_json_int(c, "fold", j->run.table.fold);
    dn_json_string(c, "inputs", j->run.digest);
    dn_json_int(c, "drugs", j->run.n_drugs);
    dn_json_int(c, "targets", j->run.n_targets);
    dn_json_int(c, "keep", w->keep);
    dn_json_string(c, "per", per_name[w->per]);
    dn_json_bool(c, "activation", w->end[1]);
    dn_json_bool(c, "inhibition", w->end[0]);
    dn_json_bool(c, "include_known", w->include_known);
    dn_json_number(c, "prevalence", w->prevalence);
}

/* The configs, each as one line of JSON. */
static dn_status write_config(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *c = dn_json_create();

    dn_json_string(c, "command", "screen");
    if (j->of_genes)
        dn_genes_screen_config(&j->gene_run, &j->genes, c);
    else
        drug_config(j, c);
    DN_TRY(dn_json_text(c, 0, &j->config, err));
    if (j->of_genes)
        dn_json_string(c, "precision", j->genes.narrow ? "bf16" : "f32");
    DN_TRY(dn_json_text(c, 0, &j->saving_config, err));
    dn_version_build(j->genes.narrow ? DN_PRECISION_BF16 : DN_PRECISION_F32, j->build, sizeof j->build);
    j->saving = (dn_screen_saving){.path = j->checkpoint_path,
                                   .command = j->call->command_line,
                                   .config = j->saving_config,
                                   .build = j->build,
                                   .requests = j->call->requests};
    j->wish.opt_saving = j->genes.opt_saving = &j->saving;
out:
    dn_json_destroy(&c);
    return st;
}

/* ---- the directory ---- */

/* Unless there is a checkpoint of this screen, the directory is free, or holds this screen without one. Older
 * results that --force replaces keep their config until the new ones are there. */
static dn_status claim(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    bool made;

    if (!j->saving.resume)
        DN_TRY(dn_directory_claim(j->dir, j->config_path, j->config, j->force, "screen", &made, err));
    if (access(j->store_path, F_OK) != 0)
        DN_TRY(dn_text_file_write(j->config_path, j->config, err));
out:
    return st;
}

/* Whether the directory holds this very screen; otherwise it is claimed, and j->saving says whether there is
 * a checkpoint to go on from. Collective. */
static dn_status finished(job *j, bool *out_done, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;
    const dn_run_files files = {.complete = j->store_path,
                                .schema = DN_SCREEN_SCHEMA,
                                .config = j->config,
                                .checkpoint = j->checkpoint_path,
                                .saving = j->saving_config,
                                .find = dn_screen_state_find};
    dn_run_fate fate;

    if (comm->rank == 0)
        DN_PASS(dn_run_take(j->dir, &j->made_dir, &j->lock, err));
    DN_AGREE(comm);
    DN_TRY(dn_run_look(comm, &files, j->force, &fate, err));
    *out_done = fate == DN_RUN_IS_DONE;
    j->saving.resume = fate == DN_RUN_GOES_ON;
    if (*out_done)
        DN_TRY(dn_run_sweep(comm, &files, err));
    else if (comm->rank == 0)
        DN_PASS(claim(j, err));
    DN_AGREE(comm);
out:
    return st;
}

/* A screen that failed before its first checkpoint leaves nothing in a directory that it has made. */
static void leave(job *j, dn_status st)
{
    bool nothing = st != DN_OK && j->made_dir && access(j->checkpoint_path, F_OK) != 0;

    if (nothing)
        unlink(j->config_path);
    dn_run_leave(j->dir, nothing, &j->lock);
}

static bool is_result(const char *name)
{
    static const char *const ours[] = {"config.json",  "screen.tsv",   "edges.tsv", "aliases.tsv",
                                       "rejected.tsv", "summary.json", "screen.h5"};

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strcmp(name, ours[i]) == 0)
            return true;
    return false;
}

/* screen.h5 comes last and makes the directory complete. */
static dn_status write_texts(const job *j, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_directory_clear(j->dir, is_result, err));
    DN_TRY(dn_text_file_write(j->config_path, j->config, err));
    if (j->of_genes) {
        DN_TRY(dn_genes_screen_tsv(&j->gene_run, &j->genes, j->dir, err));
        DN_TRY(dn_genes_screen_edges(&j->gene_run, &j->genes, j->dir, err));
        DN_TRY(dn_genes_screen_summary(&j->gene_run, &j->genes, j->dir, err));
        goto out;
    }
    DN_TRY(dn_screen_write_tsv(&j->run, &j->wish, j->dir, err));
    DN_TRY(dn_screen_write_edges(&j->run, &j->wish, j->dir, err));
    DN_TRY(dn_screen_write_aliases(&j->run, j->dir, err));
    DN_TRY(dn_screen_write_rejected(&j->run, j->dir, err));
    DN_TRY(dn_screen_write_summary(&j->run, &j->wish, j->dir, err));
out:
    return st;
}

/* Collective. */
static dn_status compute_and_save(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;

    dn_run_control_open(j->call, j->dir, "screen", &j->control);
    dn_surroundings_report(comm, "screen", j->dir, 0, 0);
    if (!j->saving.resume) /* one of another screen that --force does away with */
        DN_TRY(dn_checkpoint_file_remove(comm, j->checkpoint_path, err));
    DN_TRY(j->of_genes ? dn_gene_run_compute(comm, &j->genes, &j->gene_run, err)
                       : dn_screen_compute(comm, &j->wish, &j->run, err));
    dn_progress_end();
    if (comm->rank == 0)
        DN_PASS(write_texts(j, err));
    DN_AGREE(comm);
    DN_TRY(j->of_genes ? dn_gene_run_store(comm, j->store_path, j->call->command_line, j->config, &j->genes,
                                           &j->gene_run, err)
                       : dn_screen_store(comm, j->store_path, j->call->command_line, j->config, &j->wish,
                                         &j->run, err));
    DN_TRY(dn_checkpoint_file_remove(comm, j->checkpoint_path, err));
    if (!j->saving.resume) /* all of it was done now */
        dn_estimate_recall(j->call, "screen", j->dir, -1);
out:
    return st;
}

static dn_status show(const job *j, bool done, dn_error *err)
{
    dn_status st = DN_OK;

    if (dn_options_flag(j->call->options, "json"))
        DN_TRY(dn_file_print(j->summary_path, stdout, err));
    else if (!done && j->of_genes)
        dn_genes_screen_print(&j->gene_run, &j->genes, stdout);
    else if (!done)
        dn_screen_print(&j->run, &j->wish, stdout);
    DN_TRY(dn_stdout_end(j->dir, err));
out:
    return st;
}

/* What the screen would take, in place of it. */
static dn_status estimate(job *j, dn_error *err)
{
    dn_estimate *e = j->call->opt_estimate;

    snprintf(e->stage, sizeof e->stage, "screen");
    snprintf(e->output, sizeof e->output, "%s", j->dir);
    return j->of_genes ? dn_estimate_gene_screen(j->call->comm, &j->genes, &j->gene_run, e, err)
                       : dn_estimate_screen(j->call->comm, &j->wish, &j->run, e, err);
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = call->comm;
    bool done = false;
    job j = {.call = call};

    DN_PASS(read_options(&j, err));
    DN_AGREE(comm);
    DN_TRY(look(&j, err));
    DN_PASS(write_config(&j, err));
    DN_AGREE(comm);
    if (call->opt_estimate != NULL) {
        DN_TRY(estimate(&j, err));
        goto out;
    }
    DN_TRY(finished(&j, &done, err));
    if (!done)
        DN_TRY(compute_and_save(&j, err));
    else if (comm->rank == 0)
        dn_log(DN_INFO, "screen", "already complete, nothing to do", "output=%s", j.dir);
    if (comm->rank == 0)
        DN_PASS(show(&j, done, err));
    DN_AGREE(comm);
out:
    dn_requests_saved_by_force(st, j.force, err);
    dn_run_control_close(&j.control, st, err);
    if (comm->rank == 0)
        leave(&j, st);
    dn_progress_end();
    dn_screen_run_destroy(&j.run);
    dn_gene_run_destroy(&j.gene_run);
    dn_free(j.config);
    dn_free(j.saving_config);
    return st;
}

const dn_command dn_cmd_screen = {
    .name = "screen",
    .summary = "score all drug-target pairs, or all pairs of genes, with a trained network, keep the best",
    .usage = "DATASET --model FILE -o DIR [--top K|--per-drug K|--per-target K] [--sign both] [options]\n"
             "DATASET --model FILE -o DIR [--genes FILE] [--gene NAME] [--top K] [--threshold T] "
             "[--precision bf16] "
             "[options]",
    .details =
        "Scores drugs x targets of the dataset that the model was trained on and keeps the best K; ties by "
        "ids. Pairs\n"
        "with a label in the set are left out and counted. Writes into DIR screen.tsv (drug_id, target_id, "
        "score, calibrated\n"
        "probability, the same at --prevalence, sign, known label, training rows of drug and target, "
        "likeness "
        "of the drug and\n"
        "of the target to the nearest that has such rows: Tanimoto of Morgan fingerprints, cosine of "
        "3-mers), "
        "edges.tsv\n"
        "(signed edges for `import --edges`), summary.json and screen.h5; a digest goes to the terminal.\n"
        "With --molecules only the drugs of that file are screened, against all targets or those of "
        "--sequences and\n"
        "--targets; likewise with --sequences. A molecule that is a drug of the dataset is that drug, "
        "whatever its id in the\n"
        "file, and the first of equal ones stands for all: aliases.tsv says for whom.\n"
        "Probabilities are of activation against inhibition, fitted on the validation part of the model's "
        "split: of pairs\n"
        "that do not interact at all the table has no example, so a high one says which sign, not that they "
        "interact.\n"
        "A model of pairs of genes screens all genes of the dataset, those of --genes among themselves, or "
        "--gene "
        "with each of\n"
        "them. screen.tsv then has gene_a, gene_b, score, both probabilities, known, training rows of either "
        "gene and, with four\n"
        "classes, the probabilities of all (the score is that of any of connection and regulation) and the "
        "best "
        "of these three;\n"
        "edges.tsv is for `import --edges NAME:gene-gene=`.\n"
        "Precision is measured on the test part of that split, beside the best baseline. The results are "
        "the same bits on\n"
        "any number of ranks; memory grows with K, drugs and targets, not with their product.\n"
        "DIR/checkpoint.h5 holds what is done and kept so far; the same command goes on from there, on any "
        "number of ranks,\n"
        "and ends with the same results.",
    .options = options,
    .estimated = true,
    .stoppable = true,
    .run = run};
