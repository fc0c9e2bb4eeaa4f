/* cmd_train.c - dragnet train: learn gene pairs from a dataset
 *
 * The run directory holds model.h5 (the best weights and all that scoring needs) and metrics.jsonl (one line
 * an epoch).
 */
#include "jobs/cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "jobs/cli/directory.h"
#include "jobs/cli/progress.h"
#include "mpi/core/agree.h"
#include "mpi/io/dataset.h"
#include "mpi/io/model_file.h"
#include "mpi/io/output.h"
#include "mpi/train/train.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"
#include "solvers/stats/normalise.h"

enum { PATH_CAP = 1024 };

static const dn_opt options[] = {
    {"split", 's', DN_OPT_TEXT, NULL, "NAME", "split to train on (required)", "data"},
    {"fold", 0, DN_OPT_INT, "-1", "-1..1000", "fold of a k-fold split", "data"},
    {"output", 'o', DN_OPT_TEXT, NULL, "DIR", "run directory: model.h5, metrics.jsonl (required)", "data"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL, "replace what the run directory holds", "data"},
    {"epochs", 'e', DN_OPT_INT, "40", "1..100000", "passes over the training pairs, at most", "recipe"},
    {"patience", 0, DN_OPT_INT, "8", "1..100000", "stop after so many epochs without a lower validation loss",
     "recipe"},
    {"batch", 'b', DN_OPT_INT, "1024", "2..1048576", "pairs in a batch", "recipe"},
    {"shards", 0, DN_OPT_INT, "0", "0..65536",
     "parts of a batch, a power of two; 0: the largest up to min(16, batch/64)", "recipe"},
    {"optimiser", 0, DN_OPT_TEXT, "adam", "adam|sgd", "update rule", "recipe"},
    {"rate", 'r', DN_OPT_NUMBER, "0.001", "1e-9..10", "learning rate", "recipe"},
    {"schedule", 0, DN_OPT_TEXT, "cosine", "constant|cosine", "learning rate over the epochs", "recipe"},
    {"decay", 0, DN_OPT_NUMBER, "0.01", "0..1", "decoupled weight decay (adam)", "recipe"},
    {"dropout", 0, DN_OPT_NUMBER, "0.5", "0..0.95", "rate of every dropout layer", "recipe"},
    {"fixed-order", 0, DN_OPT_FLAG, NULL, NULL, "show pairs as (a, b) only, not in both orders", "recipe"},
    {"seed", 0, DN_OPT_INT, "1", "0..9223372036854775807", "of weights, order and dropout", "recipe"},
    {"reduce", 0, DN_OPT_TEXT, "ordered", "ordered|fast",
     "sum of gradients: same bits on any number of ranks, or MPI's own (for comparison)", "ranks"},
    {"plan", 0, DN_OPT_TEXT, NULL, "N,N,...",
     "shards of each rank, where ranks differ in speed; default: even", "ranks"},
    {0}};

/* All that a run holds; released in one place. */
typedef struct job {
    const dn_call *call;
    char model_path[PATH_CAP], metrics_path[PATH_CAP];
    const char *dataset, *dir;
    dn_genes genes;
    dn_pairs pairs;
    dn_split split;
    float *x;
    int64_t *train, *validation;
    float *w, *running;
    dn_gener gener;
    dn_train_rows rows;
    dn_train_options recipe;
    dn_model_record record;
    char *config;
    FILE *metrics;
} job;

/* ---- options ---- */

static int default_shards(int64_t batch)
{
    int shards = 1;

    while (shards < 16 && shards * 2 <= batch / 64)
        shards *= 2;
    return shards;
}

static dn_status read_options(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    const char *what = dn_options_positional(o, 0);
    bool cosine = strcmp(dn_options_text(o, "schedule"), "cosine") == 0;

    if (what == NULL || strcmp(what, "gener") != 0)
        DN_FAIL(DN_EUSAGE, "say what to train: 'dragnet train gener DATASET ...'%s%s",
                what != NULL ? ", not " : "", what != NULL ? what : "");
    j->dataset = dn_options_positional(o, 1);
    if (j->dataset == NULL || dn_options_positionals(o) != 2)
        DN_FAIL(DN_EUSAGE, "wanted one dataset after 'gener'");
    if (dn_options_text(o, "split") == NULL)
        DN_FAIL(DN_EUSAGE, "--split is required");
    j->dir = dn_options_text(o, "output");
    if (j->dir == NULL)
        DN_FAIL(DN_EUSAGE, "--output is required");
    if (strlen(j->dir) > PATH_CAP - 32)
        DN_FAIL(DN_EUSAGE, "%.60s...: the path is too long", j->dir);
    snprintf(j->model_path, sizeof j->model_path, "%s/model.h5", j->dir);
    snprintf(j->metrics_path, sizeof j->metrics_path, "%s/metrics.jsonl", j->dir);
    j->recipe = (dn_train_options){
        .epochs = dn_options_int(o, "epochs"),
        .patience = dn_options_int(o, "patience"),
        .batch = dn_options_int(o, "batch"),
        .shards = (int)dn_options_int(o, "shards"),
        .seed = (uint64_t)dn_options_int(o, "seed"),
        .optimiser = strcmp(dn_options_text(o, "optimiser"), "sgd") == 0 ? DN_SGD : DN_ADAMW,
        .decay = dn_options_number(o, "decay"),
        .schedule = {.kind = cosine ? DN_COSINE : DN_CONSTANT,
                     .rate = dn_options_number(o, "rate"),
                     .factor = 1},
        .reduce = strcmp(dn_options_text(o, "reduce"), "fast") == 0 ? DN_REDUCE_FAST : DN_REDUCE_ORDERED,
        .opt_plan = dn_options_text(o, "plan")};
    if (j->recipe.shards == 0)
        j->recipe.shards = default_shards(j->recipe.batch);
out:
    return st;
}

/* What determines the model, as text: two runs with the same config give the same weights. */
static dn_status write_config(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    dn_json *c = dn_json_create();

    dn_json_string(c, "command", "train gener");
    dn_json_string(c, "training_hash", j->record.training_hash);
    dn_json_string(c, "split", j->record.split);
    dn_json_int(c, "fold", j->record.fold);
    dn_json_int(c, "epochs", j->recipe.epochs);
    dn_json_int(c, "patience", j->recipe.patience);
    dn_json_int(c, "batch", j->recipe.batch);
    dn_json_int(c, "shards", j->recipe.shards);
    dn_json_string(c, "optimiser", dn_options_text(o, "optimiser"));
    dn_json_number(c, "rate", j->recipe.schedule.rate);
    dn_json_string(c, "schedule", dn_options_text(o, "schedule"));
    dn_json_number(c, "decay", j->recipe.decay);
    dn_json_number(c, "dropout", dn_options_number(o, "dropout"));
    dn_json_bool(c, "fixed_order", dn_options_flag(o, "fixed-order"));
    dn_json_int(c, "seed", (int64_t)j->recipe.seed);
    dn_json_string(c, "reduce", dn_options_text(o, "reduce"));
    dn_json_string(c, "normalisation", j->record.normalisation);
    st = dn_json_text(c, 0, &j->config, err);
    dn_json_destroy(&c);
    return st;
}

/* ---- data ---- */

static dn_status load_data(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;
    const char *split = dn_options_text(j->call->options, "split");
    int64_t genes = 0, samples = 0, flat = 0, fold = dn_options_int(j->call->options, "fold");
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(comm, j->dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_split_load(h, split, fold, &j->split, err));
    DN_TRY(dn_genes_load(h, &j->genes, err));
    DN_TRY(dn_pairs_load(h, j->split.pairs, &j->pairs, err));
    if (j->split.n != j->pairs.n)
        DN_FAIL(DN_EDATA, "%s: split '%s' was made for another pair set '%s'", j->dataset, split,
                j->split.pairs);
    DN_TRY(dn_expression_load(h, &j->x, &genes, &samples, err));
    if (samples < 2)
        DN_FAIL(DN_EDATA, "%s: %lld sample: the network needs at least 2", j->dataset, (long long)samples);
    dn_zscore_genes(j->x, genes, samples, &flat);
    if (flat > 0 && comm->rank == 0)
        dn_log(DN_WARN, "train", "genes without variance are taken as missing", "genes=%lld",
               (long long)flat);
    snprintf(j->record.architecture, sizeof j->record.architecture, "gener");
    snprintf(j->record.normalisation, sizeof j->record.normalisation, "zscore-gene");
    snprintf(j->record.split, sizeof j->record.split, "%s", split);
    snprintf(j->record.pairs, sizeof j->record.pairs, "%s", j->split.pairs);
    j->record.fold = j->split.folds > 1 ? fold : -1;
    j->record.samples = samples;
    dn_training_hash(&j->genes, &j->pairs, &j->split, j->record.training_hash);
out:
    dn_h5_close(&h);
    return st;
}

static dn_status make_rows(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t steps;

    DN_NEW(j->train, (size_t)j->pairs.n);
    DN_NEW(j->validation, (size_t)j->pairs.n);
    j->rows = (dn_train_rows){.train = j->train, .validation = j->validation, .label = j->pairs.label};
    for (int64_t i = 0; i < j->pairs.n; i++) {
        if (j->split.part[i] == DN_TRAIN)
            j->train[j->rows.n_train++] = i;
        else if (j->split.part[i] == DN_VALIDATION)
            j->validation[j->rows.n_validation++] = i;
    }
    steps = j->rows.n_train / j->recipe.batch;
    j->recipe.schedule.every = steps * j->recipe.epochs > 0 ? steps * j->recipe.epochs : 1;
    j->recipe.schedule.warmup = steps;
out:
    return st;
}

static dn_status make_model(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gener_data data = {.x = j->x,
                          .samples = j->record.samples,
                          .gene_a = j->pairs.gene_a,
                          .gene_b = j->pairs.gene_b,
                          .label = j->pairs.label};

    j->record.options = (dn_gener_options){.dropout = (float)dn_options_number(j->call->options, "dropout"),
                                           .swap = !dn_options_flag(j->call->options, "fixed-order")};
    dn_gener_init(&j->gener, &data, &j->record.options);
    DN_NEW(j->w, (size_t)j->gener.model.n_weights);
    DN_NEW(j->running, (size_t)j->gener.model.n_moments);
out:
    return st;
}

/* ---- the run directory ---- */

/* Rank 0: the directory can be used, and nothing unfinished stands in it. */
static dn_status make_directory(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;

    DN_TRY(dn_directory_make(j->dir, err));
    if (stat(j->model_path, &info) != 0 && stat(j->metrics_path, &info) == 0 &&
        !dn_options_flag(j->call->options, "force"))
        DN_FAIL(DN_ECANTCREAT, "%s: holds a run that did not finish; --force starts anew", j->dir);
out:
    return st;
}

static dn_status look_for_finished(const job *j, bool *out_done, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;

    *out_done = false;
    if (comm->rank == 0)
        st = make_directory(j, err);
    DN_AGREE(comm);
    if (!dn_options_flag(j->call->options, "force"))
        DN_TRY(dn_output_finished(comm, j->model_path, DN_MODEL_SCHEMA, "/", j->config, out_done, err));
out:
    return st;
}

/* ---- what the loop tells ---- */

static void on_step(void *ctx, const dn_step_report *report)
{
    (void)ctx;
    dn_progress_step(report);
}

static dn_status write_metrics(FILE *to, const dn_epoch_report *e, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;
    dn_json *line = dn_json_create();

    dn_json_int(line, "epoch", e->epoch);
    dn_json_number(line, "rate", e->rate);
    dn_json_number(line, "train_loss", e->train_loss);
    dn_json_number(line, "train_accuracy", e->train_accuracy);
    dn_json_number(line, "validation_loss", e->validation_loss);
    dn_json_number(line, "validation_auroc", e->validation_auroc);
    dn_json_number(line, "validation_ap", e->validation_ap);
    dn_json_bool(line, "best", e->best != 0);
    dn_json_number(line, "seconds", e->seconds);
    dn_json_number(line, "pairs_per_second", e->pairs_per_second);
    DN_TRY(dn_json_text(line, 0, &text, err));
    if (fprintf(to, "%s\n", text) < 0 || fflush(to) != 0)
        DN_FAIL(DN_EIO, "metrics.jsonl: writing failed: %s", strerror(errno));
out:
    dn_json_destroy(&line);
    dn_free(text);
    return st;
}

static dn_status on_epoch(void *ctx, const dn_epoch_report *e, dn_error *err)
{
    job *j = ctx;

    dn_log(DN_INFO, "train", "epoch done",
           "epoch=%lld loss=%.4f validation_loss=%.4f validation_auroc=%.4f validation_ap=%.4f best=%d "
           "pairs_per_second=%.0f secs=%.1f",
           (long long)e->epoch, e->train_loss, e->validation_loss, e->validation_auroc, e->validation_ap,
           e->best, e->pairs_per_second, e->seconds);
    return write_metrics(j->metrics, e, err);
}

/* ---- the command ---- */

static dn_status open_metrics(job *j, dn_error *err)
{
    dn_status st = DN_OK;

    j->metrics = fopen(j->metrics_path, "w");
    if (j->metrics == NULL)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", j->metrics_path, strerror(errno));
out:
    return st;
}

static dn_status train_and_save(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;
    dn_train_hooks hooks = {.ctx = j, .step = on_step, .epoch = on_epoch};
    dn_train_result result = {.w = j->w, .running = j->running};

    if (comm->rank == 0)
        st = open_metrics(j, err);
    DN_AGREE(comm);
    st = dn_train(comm, &j->gener.model, &j->rows, &j->recipe, &hooks, &result, err);
    dn_progress_end();
    if (st != DN_OK) {
        if (j->metrics != NULL && ftell(j->metrics) == 0)
            unlink(j->metrics_path); /* no epoch was done: nothing to keep */
        goto out;
    }
    j->record.best_epoch = result.best_epoch;
    j->record.validation_loss = result.best_loss;
    j->record.validation_auroc = result.best_auroc;
    /* an existing model is replaced only with --force, which look_for_finished() has checked */
    DN_TRY(dn_model_save(comm, j->model_path, j->call->command_line, j->config, true, &j->gener.model,
                         &j->record, j->w, j->running, err));
    if (comm->rank == 0)
        dn_log(DN_INFO, "train", "done",
               "epochs=%lld best_epoch=%lld validation_loss=%.4f validation_auroc=%.4f model=%s",
               (long long)result.epochs, (long long)result.best_epoch, result.best_loss, result.best_auroc,
               j->model_path);
out:
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    bool done = false;
    job j = {.call = call};

    DN_TRY(read_options(&j, err));
    DN_TRY(load_data(&j, err));
    DN_PASS(make_rows(&j, err));
    DN_PASS(make_model(&j, err));
    DN_PASS(write_config(&j, err));
    DN_AGREE(call->comm);
    DN_TRY(look_for_finished(&j, &done, err));
    if (done) {
        if (call->comm->rank == 0)
            dn_log(DN_INFO, "train", "already complete, nothing to do", "model=%s", j.model_path);
        goto out;
    }
    DN_TRY(train_and_save(&j, err));
out:
    if (j.metrics != NULL)
        fclose(j.metrics);
    dn_genes_destroy(&j.genes);
    dn_pairs_destroy(&j.pairs);
    dn_split_destroy(&j.split);
    dn_free(j.x);
    dn_free(j.train);
    dn_free(j.validation);
    dn_free(j.w);
    dn_free(j.running);
    dn_free(j.config);
    return st;
}

const dn_command dn_cmd_train = {
    .name = "train",
    .summary = "learn gene-gene interactions, data-parallel over the ranks",
    .usage = "gener DATASET --split NAME -o DIR [options]",
    .details =
        "Trains the GENER network on the training part of a split and keeps the weights of the epoch with "
        "the\n"
        "lowest validation loss. The weights are the same, bit for bit, on any number of ranks and threads.",
    .options = options,
    .run = run};
