/* train_run.c - what `dragnet train` does whatever the network; see train_run.h */
#include "jobs/cli/train/train_run.h"

#include <string.h>
#include "jobs/cli/run/directory.h"
#include "jobs/cli/job/estimate_job.h"
#include "jobs/cli/run/progress.h"
#include "jobs/cli/run/requests.h"
#include "jobs/cli/run/run_start.h"
#include "jobs/cli/run/surroundings.h"
#include "jobs/cli/train/train_profile.h"
#include "jobs/cli/version.h"
#include "mpi/core/agree.h"
#include "mpi/core/memory.h"
#include "mpi/estimate/estimate_train.h"
#include "mpi/io/digest.h"
#include "mpi/train/balance.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

enum { SLICE = 1024 };

void dn_train_run_close(dn_train_run *r)
{
    dn_train_metrics_end(&r->metrics);
    dn_run_lock_release(&r->lock);
    dn_split_destroy(&r->split);
    dn_free(r->part);
    dn_rows_destroy(&r->rows.train);
    dn_rows_destroy(&r->rows.validation);
    dn_free(r->w);
    dn_free(r->running);
    dn_profile_end(&r->profile);
    dn_free(r->config);
    *r = (dn_train_run){0};
}

/* ---- rows, weights, config ---- */

dn_status dn_train_run_split(dn_train_run *r, const dn_h5 *h, bool interactions, dn_error *err)
{
    dn_status st = DN_OK;
    const char *name = dn_options_text(r->call->options, "split");

    DN_TRY(dn_split_load(h, name, r->fold, &r->split, err));
    if (r->split.interactions != interactions)
        DN_FAIL(DN_EDATA, "%s: split '%s' divides %s; train %s wants %s", r->dataset, name,
                interactions ? "pairs of genes" : "drug-target pairs", r->base->network,
                interactions ? "drug-target pairs" : "pairs of genes");
    snprintf(r->record.split, sizeof r->record.split, "%s", name);
    snprintf(r->record.pairs, sizeof r->record.pairs, "%s", r->split.pairs);
    r->record.fold = r->split.folds > 1 ? r->fold : -1;
out:
    return st;
}

/* The parts without the rows that balance drops. The split keeps its own: the model's training hash is of all
 * its training rows. Local; the same on every rank. */
static dn_status balance(dn_train_run *r, const uint8_t *label, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t before[2], after[2];

    if (!r->balance)
        goto out;
    DN_NEW(r->part, (size_t)r->split.n);
    memcpy(r->part, r->split.part, (size_t)r->split.n);
    for (uint8_t p = DN_TRAIN; p <= DN_VALIDATION; p++)
        DN_TRY(dn_balance_part(r->recipe.seed, label, r->split.n, p, DN_LEFT_OUT, r->part, &before[p],
                               &after[p], err));
    if (r->call->comm->rank == 0)
        dn_log(DN_INFO, "train", "classes of equal size",
               "training_rows=%lld of=%lld validation_rows=%lld of=%lld", (long long)after[DN_TRAIN],
               (long long)before[DN_TRAIN], (long long)after[DN_VALIDATION],
               (long long)before[DN_VALIDATION]);
out:
    return st;
}

dn_status dn_train_run_rows(dn_train_run *r, int64_t n, const uint8_t *label, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t steps;
    const uint8_t *part;

    if (r->split.n != n)
        DN_FAIL(DN_EDATA, "%s: split '%s' was made for another pair set '%s'", r->dataset, r->record.split,
                r->split.pairs);
    r->rows = (dn_train_rows){.label = label};
    DN_TRY(balance(r, label, err));
    part = r->balance ? r->part : r->split.part;
    DN_TRY(dn_rows_of_part(part, n, DN_TRAIN, &r->rows.train, err));
    DN_TRY(dn_rows_of_part(part, n, DN_VALIDATION, &r->rows.validation, err));
    steps = r->rows.train.n / r->recipe.batch;
    if (r->recipe.schedule.kind == DN_COSINE) {
        r->recipe.schedule.every = steps * r->recipe.epochs > 0 ? steps * r->recipe.epochs : 1;
        r->recipe.schedule.warmup = steps;
    }
out:
    return st;
}

dn_status dn_train_run_model(dn_train_run *r, const dn_model *model, dn_error *err)
{
    dn_status st = DN_OK;

    r->model = model;
    DN_NEW(r->w, (size_t)model->n_weights);
    DN_NEW(r->running, (size_t)model->n_moments);
out:
    return st;
}

/* What the split makes of the data: which rows, with which labels. Validation decides on the best epoch. */
static void hash_rows(const dn_train_run *r, char *out)
{
    const dn_rows *const list[] = {&r->rows.train, &r->rows.validation};
    int64_t row[SLICE];
    dn_digester d;

    dn_digest_begin(&d);
    dn_digest_add(&d, &r->rows.train.n, sizeof r->rows.train.n);
    for (int k = 0; k < 2; k++)
        for (int64_t first = 0; first < list[k]->n; first += SLICE) {
            int64_t n = list[k]->n - first < SLICE ? list[k]->n - first : SLICE;

            dn_rows_read(list[k], first, n, row);
            dn_digest_add(&d, row, (size_t)n * sizeof *row);
        }
    dn_digest_add(&d, r->rows.label, (size_t)r->split.n);
    dn_digest_end(&d, out);
}

dn_json *dn_train_run_begin_config(const dn_train_run *r)
{
    const dn_options *o = r->call->options;
    dn_json *c = dn_json_create();
    char command[32], rows[DN_DIGEST];

    hash_rows(r, rows);
    snprintf(command, sizeof command, "train %s", r->base->network);
    dn_json_string(c, "command", command);
    dn_json_string(c, "training_hash", r->record.training_hash);
    dn_json_string(c, "rows_hash", rows);
    dn_json_string(c, "split", r->record.split);
    dn_json_int(c, "fold", r->record.fold);
    dn_json_int(c, "epochs", r->recipe.epochs);
    dn_json_int(c, "patience", r->recipe.patience);
    dn_json_int(c, "batch", r->recipe.batch);
    dn_json_int(c, "shards", r->recipe.shards);
    dn_json_string(c, "batch_norm", r->batch_norm);
    dn_json_string(c, "optimiser", r->optimiser);
    dn_json_number(c, "rate", r->recipe.schedule.rate);
    dn_json_string(c, "schedule", r->schedule);
    dn_json_number(c, "decay", r->recipe.decay);
    dn_json_number(c, "dropout", r->dropout);
    if (r->balance) /* absent otherwise, as in files of before there was a choice */
        dn_json_bool(c, "balance", true);
    dn_json_int(c, "seed", (int64_t)r->recipe.seed);
    dn_json_string(c, "reduce", dn_options_text(o, "reduce"));
    return c;
}

/* ---- the run directory ---- */

/* Rank 0: no metrics stand there that a new run would overwrite. */
static dn_status check_metrics(const dn_train_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    bool any;

    DN_TRY(dn_train_metrics_any(&r->metrics, &any, err));
    if (any)
        DN_FAIL(DN_ECANTCREAT, "%s: holds a run that left no checkpoint; --force starts anew", r->dir);
out:
    return st;
}

/* Made unless --resume expects it; then it is this run's alone. */
static dn_status lock_directory(dn_train_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = r->call->comm;

    if (comm->rank == 0 && !dn_options_flag(r->call->options, "resume"))
        st = dn_directory_make(r->dir, err);
    if (comm->rank == 0)
        DN_PASS(dn_run_lock_take(r->dir, DN_RUN_LOCK_WAIT_MS, &r->lock, err));
    DN_AGREE(comm);
out:
    return st;
}

static dn_run_files files_of(const dn_train_run *r)
{
    return (dn_run_files){.complete = r->model_path,
                          .schema = DN_MODEL_SCHEMA,
                          .config = r->config,
                          .checkpoint = r->checkpoint_path,
                          .saving = r->config,
                          .find = dn_checkpoint_find};
}

/* What stands in the way of a new run is refused. Collective. */
static dn_status look_at_directory(const dn_train_run *r, dn_run_fate *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = r->call->comm;
    const dn_run_files files = files_of(r);
    bool force = dn_options_flag(r->call->options, "force");

    DN_TRY(dn_run_look(comm, &files, force, out, err));
    if (force || *out != DN_RUN_BEGINS)
        goto out;
    if (comm->rank == 0)
        st = check_metrics(r, err);
    DN_AGREE(comm);
    if (dn_options_flag(r->call->options, "resume"))
        DN_FAIL(DN_ENOINPUT, "%s: holds no checkpoint, so there is nothing to resume", r->dir);
out:
    return st;
}

/* ---- what the loop tells ---- */

static void on_step(void *ctx, const dn_step_report *report)
{
    dn_train_run *r = ctx;

    dn_progress_step(report);
    dn_run_control_step(&r->control, report, r->recipe.batch);
}

static void on_saved(void *ctx, const dn_saved_report *report)
{
    dn_train_run *r = ctx;

    dn_run_control_saved(&r->control, report);
}

static void on_ranks(void *ctx, const dn_rank_row *row, int n)
{
    dn_train_run *r = ctx;

    dn_run_control_ranks(&r->control, row, n);
}

static dn_status on_epoch(void *ctx, const dn_epoch_report *e, dn_error *err)
{
    dn_status st = DN_OK;
    dn_train_run *r = ctx;
    char *text = NULL;

    dn_log(DN_INFO, "train", "epoch done",
           "epoch=%lld loss=%.4f validation_loss=%.4f validation_auroc=%.4f validation_ap=%.4f best=%d "
           "pairs_per_second=%.0f secs=%.1f",
           (long long)e->epoch, e->train_loss, e->validation_loss, e->validation_auroc, e->validation_ap,
           e->best, e->pairs_per_second, e->seconds);
    if (e->epoch == 1) /* what --force replaces goes now, not before: a run that cannot begin loses nothing */
        DN_TRY(dn_train_metrics_empty(&r->metrics, err));
    DN_TRY(dn_train_metrics_add(&r->metrics, e, err));
    if (r->control.c != NULL && dn_train_metrics_text(e, &text, NULL) == DN_OK)
        dn_run_control_epoch(&r->control, e, text);
out:
    dn_free(text);
    return st;
}

/* ---- training ---- */

/* The lines of the epochs done are written again: a line of an epoch that the checkpoint does not know goes,
 * one that never reached the disk comes back. */
static dn_status on_resumed(void *ctx, const dn_epoch_report *done, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    dn_train_run *r = ctx;

    r->epochs_before = n;
    DN_TRY(dn_train_metrics_open(&r->metrics, "w", err));
    for (int64_t i = 0; i < n; i++)
        DN_TRY(dn_train_metrics_add(&r->metrics, &done[i], err));
out:
    return st;
}

static dn_status save_model(dn_train_run *r, const dn_train_result *result, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = r->call->comm;
    double peak = (double)dn_memory_peak_of_all(comm) / 1e6;

    r->record.best_epoch = result->best_epoch;
    r->record.validation_loss = result->best_loss;
    r->record.validation_auroc = result->best_auroc;
    /* The metrics are safe on disk before the model, which ends the run: until then the checkpoint brings
     * them back. An existing model is replaced only if --force has begun this run, see look_at_directory() */
    if (comm->rank == 0)
        st = dn_train_metrics_close(&r->metrics, err);
    DN_AGREE(comm);
    DN_TRY(dn_model_save(comm, r->model_path, r->call->command_line, r->config, true, r->model, &r->record,
                         r->w, r->running, err));
    DN_TRY(dn_checkpoint_remove(comm, r->checkpoint_path, err));
    if (comm->rank == 0)
        dn_log(
            DN_INFO, "train", "done",
            "epochs=%lld best_epoch=%lld validation_loss=%.4f validation_auroc=%.4f peak_mb_of_a_rank=%.0f "
            "model=%s",
            (long long)result->epochs, (long long)result->best_epoch, result->best_loss, result->best_auroc,
            peak, r->model_path);
    dn_estimate_recall(r->call, "train", r->dir, (double)(result->epochs - r->epochs_before));
out:
    return st;
}

/* The model is complete by now, whatever becomes of the report. */
static dn_status report_profile(const dn_train_run *r, dn_error *err)
{
    char path[DN_RUN_PATH];

    snprintf(path, sizeof path, "%.*s/profile.json", DN_RUN_PATH - 32, r->dir);
    return dn_train_profile_report(r->call->comm, &r->profile, path, err);
}

/* The model, and a checkpoint while its predecessor is still there: weights, those of the best epoch, two
 * moments of the optimiser. */
static int64_t disk_need(const dn_train_run *r)
{
    return (int64_t)sizeof(float) * r->model->n_weights * (1 + 2 * 4);
}

static dn_status train_and_save(dn_train_run *r, bool resume, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = r->call->comm;
    char build[320];
    dn_checkpointing checkpoints = {.path = r->checkpoint_path,
                                    .command = r->call->command_line,
                                    .config = r->config,
                                    .build = build,
                                    .every = dn_options_int(r->call->options, "checkpoint-steps"),
                                    .resume = resume};
    dn_train_hooks hooks = {.ctx = r,
                            .step = on_step,
                            .saved = on_saved,
                            .ranks = r->control.c != NULL ? on_ranks : NULL,
                            .epoch = on_epoch,
                            .resumed = on_resumed};
    dn_train_result result = {.w = r->w, .running = r->running};

    dn_surroundings_report(comm, "train", r->dir, disk_need(r), 0);
    dn_version_build(r->record.options.precision, build, sizeof build); /* f32 but of gener */
    r->recipe.opt_checkpoints = &checkpoints;
    r->recipe.requests = r->call->requests;
    r->recipe.opt_profile = dn_options_flag(r->call->options, "profile") ? &r->profile : NULL;
    if (comm->rank == 0 && !resume)
        st = dn_train_metrics_open(&r->metrics, "a", err);
    DN_AGREE(comm);
    st = dn_train(comm, r->model, &r->rows, &r->recipe, &hooks, &result, err);
    dn_progress_end();
    if (st != DN_OK)
        goto out;
    DN_TRY(save_model(r, &result, err));
    if (r->recipe.opt_profile != NULL)
        DN_TRY(report_profile(r, err));
out:
    return st;
}

/* Collective. */
static dn_status say_finished(const dn_train_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = r->call->comm;
    const dn_run_files files = files_of(r);

    DN_TRY(dn_run_sweep(comm, &files, err));
    if (comm->rank == 0)
        dn_log(DN_INFO, "train", "already complete, nothing to do", "model=%s", r->model_path);
out:
    return st;
}

/* What the run would take, in place of it. */
static dn_status estimate(dn_train_run *r, dn_error *err)
{
    dn_estimate *e = r->call->opt_estimate;
    const dn_checkpointing checkpoints = {.every = dn_options_int(r->call->options, "checkpoint-steps")};
    dn_train_options recipe = r->recipe;

    recipe.opt_checkpoints = &checkpoints;
    snprintf(e->stage, sizeof e->stage, "train %s", r->base->network);
    snprintf(e->output, sizeof e->output, "%s", r->dir);
    e->disk = disk_need(r);
    return dn_estimate_train(r->call->comm, r->model, &r->rows, &recipe, r->shared, e, err);
}

dn_status dn_train_run_finish(dn_train_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_run_fate what = DN_RUN_BEGINS;

    if (r->call->opt_estimate != NULL) {
        DN_TRY(estimate(r, err));
        goto out;
    }
    DN_TRY(lock_directory(r, err));
    DN_TRY(look_at_directory(r, &what, err));
    if (what == DN_RUN_IS_DONE)
        DN_TRY(say_finished(r, err));
    else {
        snprintf(r->stage, sizeof r->stage, "train %s", r->base->network);
        dn_run_control_open(r->call, r->dir, r->stage, &r->control);
        st = train_and_save(r, what == DN_RUN_GOES_ON, err);
    }
out:
    dn_requests_saved_by_force(st, dn_options_flag(r->call->options, "force"), err);
    dn_run_control_close(&r->control, st, err); /* after the last word on err: it is published */
    return st;
}
