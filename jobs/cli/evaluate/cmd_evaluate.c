/* cmd_evaluate.c - dragnet evaluate: metrics beside baselines */
#include "jobs/cli/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "jobs/cli/evaluate/evaluate_report.h"
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

static const dn_opt options[] = {
    {"model", 'm', DN_OPT_TEXT, NULL, "FILE", "model.h5 of a training run", "what to evaluate"},
    {"baselines", 0, DN_OPT_FLAG, NULL, NULL, "no model, baselines alone; needs --split", "what to evaluate"},
    {"models", 0, DN_OPT_LIST, NULL, "FILE",
     "models of several folds, or of several splits, in place of --model: the mean over them, and where all "
     "are of one split also their pooled rows",
     "what to evaluate"},
    {"pool", 0, DN_OPT_INT, NULL, "1..10000",
     "with --baselines: folds 0 to N - 1 together (of K x K blocks the first K are the diagonal)",
     "what to evaluate"},
    {"encoder", 0, DN_OPT_TEXT, NULL, "FILE",
     "the states that the model was trained on, when they no longer stand where they did",
     "what to evaluate"},
    {"split", 0, DN_OPT_TEXT, NULL, "NAME", "must be the split the model was trained on (the default)",
     "what to evaluate"},
    {"part", 0, DN_OPT_TEXT, "test", "test|validation|train", "rows of the split", "what to evaluate"},
    {"fold", 0, DN_OPT_INT, NULL, "0..1000000", "must be the fold the model was trained on (the default)",
     "what to evaluate"},
    {"pairs", 0, DN_OPT_TEXT, NULL, "NAME", "a pair set in place of a part, without pairs trained on",
     "what to evaluate"},
    {"interactions", 0, DN_OPT_TEXT, NULL, "NAME",
     "a set of drug-target pairs in place of a part, without pairs trained on", "what to evaluate"},
    {"contender", 0, DN_OPT_LIST, NULL, "NAME=FILE",
     "scores of somebody else's model of drug-target pairs, beside the baselines: a table with columns drug, "
     "target, score, of several folds fold, of several splits split; every evaluated row must be there",
     "what to evaluate"},
    {"export-rows", 0, DN_OPT_TEXT, NULL, "FILE",
     "evaluate nothing: write the drug-target pairs of --split as TSV, with ids, SMILES, sequence, label and "
     "part (in every fold, or in --fold)",
     "output"},
    {"replicates", 0, DN_OPT_INT, "1000", "0..1000000",
     "bootstrap replicates over genes, or over drugs and targets", "intervals"},
    {"seed", 0, DN_OPT_INT, "1", "0..9223372036854775807", "seed of the bootstrap", "intervals"},
    {"json", 0, DN_OPT_FLAG, NULL, NULL, "one JSON object in place of the table", "output"},
    {"scores", 0, DN_OPT_TEXT, NULL, "FILE", "also write every pair with all its scores as TSV", "output"},
    {"force", 0, DN_OPT_FLAG, NULL, NULL, "replace FILE of --scores, --export-rows", "output"},
    {NULL, 0, DN_OPT_FLAG, NULL, NULL, NULL, NULL},
};

/* What is evaluated, and what came out: one of the two. */
typedef struct job {
    const dn_call *call;
    dn_evaluate_options o;
    const char **models; /* [o.n_models]  or NULL */
    dn_contenders contenders;
    const char *scores, *rows;
    bool interactions; /* drug-target pairs, not pairs of genes */
    dn_evaluation genes;
    dn_gene_folds folds; /* of several folds in place of the one above */
    dn_gene_kinds kinds; /* the same against other negatives */
    dn_dti_table table;
    dn_dti_evaluation dti;
} job;

static dn_part part_of(const char *word)
{
    return strcmp(word, "train") == 0 ? DN_TRAIN : strcmp(word, "validation") == 0 ? DN_VALIDATION : DN_TEST;
}

/* Do the options go together? */
static dn_status check_options(const dn_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    int asked =
        dn_options_flag(o, "baselines") + dn_options_given(o, "model") + dn_options_given(o, "models");
    bool rows = dn_options_given(o, "export-rows");

    if (dn_options_positionals(o) != 1)
        DN_FAIL(DN_EUSAGE, "evaluate takes one dataset, not %d", dn_options_positionals(o));
    if (asked > 1)
        DN_FAIL(DN_EUSAGE,
                "--baselines, --model and --models exclude each other: baselines always stand beside "
                "a model");
    if (rows && (asked > 0 || dn_options_given(o, "scores") || dn_options_given(o, "pairs") ||
                 dn_options_given(o, "interactions") || dn_options_given(o, "part") ||
                 dn_options_given(o, "contender")))
        DN_FAIL(DN_EUSAGE, "--export-rows evaluates nothing: it takes --split and --fold alone");
    if (rows && !dn_options_given(o, "split"))
        DN_FAIL(DN_EUSAGE, "--split is missing: --export-rows needs one");
    if (asked == 0 && !rows)
        DN_FAIL(DN_EUSAGE, "--model is missing: which model.h5 is to be evaluated");
    if (dn_options_flag(o, "baselines") && !dn_options_given(o, "split"))
        DN_FAIL(DN_EUSAGE, "--split is missing: --baselines needs one");
    if (dn_options_given(o, "pool") && !dn_options_flag(o, "baselines"))
        DN_FAIL(DN_EUSAGE, "--pool goes with --baselines; several models are pooled by --models");
    if (dn_options_given(o, "fold") && (dn_options_given(o, "pool") || dn_options_given(o, "models")))
        DN_FAIL(DN_EUSAGE, "--fold is one fold, --pool and --models are several");
    if (dn_options_given(o, "pairs") && (dn_options_given(o, "pool") || dn_options_given(o, "models")))
        DN_FAIL(DN_EUSAGE, "--pairs goes with one --model: a pair set is scored by one model at a time");
    if (dn_options_given(o, "pairs") && dn_options_given(o, "part"))
        DN_FAIL(DN_EUSAGE,
                "--pairs and --part exclude each other: a pair set is evaluated in place of a part");
    if (dn_options_given(o, "interactions") && (dn_options_given(o, "part") || dn_options_given(o, "pairs")))
        DN_FAIL(DN_EUSAGE, "--interactions excludes --part and --pairs: it is evaluated in place of a part");
    if (dn_options_given(o, "interactions") && (dn_options_given(o, "models") || dn_options_given(o, "pool")))
        DN_FAIL(DN_EUSAGE, "--interactions takes one --model, or --baselines of one fold");
out:
    return st;
}

/* The same on every rank. */
static dn_status read_options(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    int n = dn_options_count(o, "models");
    const char *contender[DN_CONTENDER_FILES_MAX];
    int files = dn_options_count(o, "contender");

    DN_TRY(check_options(o, err));
    if (n > 0)
        DN_NEW(j->models, (size_t)n);
    for (int i = 0; i < n; i++)
        j->models[i] = dn_options_item(o, "models", i);
    if (files > DN_CONTENDER_FILES_MAX)
        DN_FAIL(DN_EUSAGE, "--contender: %d files, at most %d", files, DN_CONTENDER_FILES_MAX);
    for (int i = 0; i < files; i++)
        contender[i] = dn_options_item(o, "contender", i);
    DN_TRY(dn_contenders_parse(&dn_dti_kind, contender, files, &j->contenders, err));
    j->o = (dn_evaluate_options){
        .dataset = dn_options_positional(o, 0),
        .model = dn_options_text(o, "model"),
        .models = j->models,
        .n_models = n,
        .pool = dn_options_given(o, "pool") ? dn_options_int(o, "pool") : 0,
        .opt_states = dn_options_text(o, "encoder"),
        .split = dn_options_text(o, "split"),
        .fold = dn_options_given(o, "fold") ? dn_options_int(o, "fold") : -1,
        .part = part_of(dn_options_text(o, "part")),
        .contenders = files > 0 ? &j->contenders : NULL,
        .pairs = dn_options_text(o, "pairs"),
        .interactions = dn_options_text(o, "interactions"),
        .replicates = dn_options_int(o, "replicates"),
        .seed = (uint64_t)dn_options_int(o, "seed"),
    };
    j->scores = dn_options_text(o, "scores");
    j->rows = dn_options_text(o, "export-rows");
out:
    return st;
}

static dn_status check_scores_local(const char *path, bool force, dn_error *err)
{
    dn_status st = DN_OK;

    if (path != NULL && !force && access(path, F_OK) == 0)
        DN_FAIL(DN_ECANTCREAT, "%s: exists; --force replaces it", path);
out:
    return st;
}

static dn_status output_local(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;
    bool several = j->folds.folds > 0; /* folds of pairs of genes */

    if (j->scores != NULL)
        DN_TRY(j->interactions
                   ? dn_dti_evaluation_save_scores(&j->dti, &j->table, j->scores, err)
                   : dn_evaluation_save_scores(several ? &j->folds.pooled : &j->genes, j->scores, err));
    if (dn_options_flag(j->call->options, "json")) {
        DN_TRY(j->interactions ? dn_dti_evaluation_json(&j->dti, &j->table, &j->o, &text, err)
               : several       ? dn_gene_folds_json(&j->folds, &j->o, &j->kinds, &text, err)
                               : dn_evaluation_json(&j->genes, &j->o, &j->kinds, &text, err));
        puts(text);
    } else if (j->interactions) {
        dn_dti_evaluation_print(&j->dti, &j->table, &j->o, stdout);
    } else if (several) {
        dn_gene_folds_print(&j->folds, &j->o, stdout);
        dn_gene_kinds_print(&j->kinds, j->folds.pooled.view, &j->o, stdout);
    } else {
        dn_evaluation_print(&j->genes, &j->o, stdout);
        dn_gene_kinds_print(&j->kinds, j->genes.view, &j->o, stdout);
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        DN_FAIL(DN_EIO, "standard output cannot be written: %s", strerror(errno));
out:
    dn_free(text);
    return st;
}

/* Scores are those of one split. Before the work, not after it. Collective. */
static dn_status check_one_split(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_model_record first, other;

    for (int i = 0; j->scores != NULL && i < j->o.n_models; i++) {
        DN_TRY(dn_model_read_record(j->call->comm, j->models[i], i == 0 ? &first : &other, err));
        if (i > 0 && strcmp(first.split, other.split) != 0)
            DN_FAIL(DN_EUSAGE,
                    "--scores: the models are of several splits ('%s', '%s'); take those of one at a time",
                    first.split, other.split);
    }
out:
    return st;
}

/* What the model scores; without one, what the split divides. Collective. */
static dn_status look(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_split split = {.n = 0};
    dn_model_record record;
    const char *model = j->models != NULL ? j->models[0] : j->o.model;

    if (model != NULL) {
        DN_TRY(dn_model_read_record(j->call->comm, model, &record, err));
        j->interactions = strcmp(record.architecture, "dti") == 0;
    } else {
        DN_TRY(dn_h5_open(j->call->comm, j->o.dataset, DN_DATASET_SCHEMA, &h, err));
        DN_TRY(dn_split_load(h, j->o.split, j->o.pool > 0 ? 0 : j->o.fold, &split, err));
        j->interactions = split.interactions;
    }
    if (j->o.opt_states != NULL && (!j->interactions || model == NULL))
        DN_FAIL(DN_EUSAGE, "--encoder is for models of drug-target pairs");
    if (!j->interactions && j->o.contenders != NULL)
        DN_FAIL(DN_EUSAGE, "--contender is for drug-target pairs");
    if (!j->interactions && j->o.interactions != NULL)
        DN_FAIL(DN_EUSAGE, "--interactions is for drug-target pairs, but %s is of gene pairs: --pairs NAME",
                model != NULL ? model : j->o.split);
    DN_TRY(check_one_split(j, err));
out:
    dn_split_destroy(&split);
    dn_h5_close(&h);
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    job j = {.call = call};

    DN_PASS(read_options(&j, err));
    DN_AGREE(call->comm);
    if (call->comm->rank == 0)
        DN_PASS(check_scores_local(j.rows != NULL ? j.rows : j.scores,
                                   dn_options_flag(call->options, "force"), err));
    DN_AGREE(call->comm);
    if (j.rows != NULL) {
        DN_TRY(dn_dti_export_rows(call->comm, j.o.dataset, j.o.split, j.o.fold, j.rows, err));
        goto out;
    }
    DN_TRY(look(&j, err));
    DN_TRY(j.interactions             ? dn_evaluate_dti_file(call->comm, &j.o, &j.table, &j.dti, err)
           : dn_folds_asked(&j.o) > 0 ? dn_evaluate_folds(call->comm, &j.o, &j.folds, err)
                                      : dn_evaluate(call->comm, &j.o, &j.genes, err));
    if (!j.interactions && j.folds.splits <= 1) /* of several splits there is nothing to set side by side */
        DN_TRY(dn_evaluate_kinds(call->comm, &j.o,
                                 j.folds.folds > 0 ? j.folds.pooled.model.split : j.genes.model.split,
                                 &j.kinds, err));
    if (call->comm->rank == 0)
        DN_PASS(output_local(&j, err));
    DN_AGREE(call->comm);
out:
    dn_free(j.models);
    dn_evaluation_destroy(&j.genes);
    dn_gene_folds_destroy(&j.folds);
    dn_gene_kinds_destroy(&j.kinds);
    dn_dti_evaluation_destroy(&j.dti);
    dn_dti_table_destroy(&j.table);
    return st;
}

const dn_command dn_cmd_evaluate = {
    .name = "evaluate",
    .summary = "metrics of a model beside baselines, on rows it has not seen",
    .usage = "DATASET --model FILE [--part test|validation|train] [--json] [--scores FILE]\n"
             "DATASET --model FILE --pairs NAME\n"
             "DATASET --model FILE|--baselines --split NAME --interactions NAME [--json] [--scores FILE]\n"
             "DATASET --models FILE... [--part test|validation|train] [--json] [--scores FILE]\n"
             "DATASET --baselines --split NAME [--fold K|--pool N] [--part test|validation|train] [--json] "
             "[--scores FILE]\n"
             "DATASET --split NAME [--fold K] --export-rows FILE",
    .details =
        "Scores the pairs of a split part, or of a pair set, with the model and with three baselines: "
        "popularity (how\n"
        "often the two genes interact in training pairs), correlation of the profiles, and share of "
        "missing values.\n"
        "Intervals resample genes. Threshold, calibration and the best baseline come from the "
        "validation part. Views:\n"
        "clean leaves out decoys and genes without values; c1, c2, c3 are pairs with both, one, none "
        "of their genes in\n"
        "training pairs. With --json: model, baselines, difference, best_baseline, views (each of the "
        "same shape), rows,\n"
        "positives, left_out, threshold, dataset, model_file, split, part, seed, replicates.\n"
        "A model of four classes (none, connection, A regulates B, B regulates A): every class one against "
        "the rest, all\n"
        "decisions pooled (micro) and the mean over the classes (macro), beside popularity by place and by "
        "role in a\n"
        "regulation, correlation and missing; the confusion of the most probable class. JSON: classes, "
        "micro, macro (each\n"
        "with model, baselines, difference), confusion, best_baseline, views.\n"
        "Drug-target pairs stand beside the label histories of drug, target and both, and beside the "
        "labels of\n"
        "near drugs (fingerprints), near targets (3-mers of the sequence) and near pairs. Views: warm, "
        "cold_drug,\n"
        "cold_target, cold_both, by what occurs in training; intervals resample drugs and targets. With "
        "--baselines\n"
        "the JSON has no model, difference and threshold.\n"
        "--interactions: rows of another set, which may have been imported after the training (import --add)."
        " Pairs trained\n"
        "on are left out and counted, in whatever label, and so are those that import found with both labels;"
        " histories\n"
        "and baselines come from the training rows, threshold and calibration from the validation rows of the"
        " split.\n"
        "Several models: 'mean' holds AUROC and AP of each on its own rows, averaged over the models; the "
        "interval draws drugs\n"
        "and targets, or genes, once for all models, so that repeats under other seeds do not narrow it like "
        "new data would; of\n"
        "pairs of genes it has 'views' too. Models of one split are also pooled: one AUROC over the rows of "
        "all folds, each with\n"
        "the score of its own model, taken at its word.\n"
        "Of a split with several kinds of negatives (split --negatives), 'negatives' has the whole report "
        "against each kind: the\n"
        "same positives, training as it was; the rest of the output, and --scores, go by the kind that "
        "training used.",
    .options = options,
    .run = run,
};
