/* train.c - the training loop; see train.h */
#include "mpi/train/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/train/checkpoint.h"
#include "mpi/train/score.h"
#include "mpi/train/step.h"
#include "mpi/train/validate.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

static const double ranks_every = 2; /* seconds between two reports of what the ranks do with their time */

/* Multiples of the blocks of score.c, so that slices have the bits of the whole. */
enum { SLICE = 1 << 18, SLICE_OF_RANK = 1 << 14 };

/* One run; the same on every rank but for the step's own slice. */
typedef struct run {
    const dn_comm *comm;
    const dn_model *m;
    const dn_train_rows *rows;
    const dn_train_options *o;
    const dn_train_hooks *hooks; /* NULL but on rank 0 */
    dn_plan plan;
    dn_step *step;
    dn_checkpoint at;   /* all that goes from step to step; its best weights are in the caller's buffers */
    float *score;       /* [validation rows, outputs] */
    uint8_t *label;     /* [validation rows] */
    int64_t *slice;     /* [SLICE]  validation rows being scored */
    int64_t steps;      /* of an epoch */
    double epoch_start; /* this epoch began then, had it not been interrupted */
    double start;
    dn_requests *requests;    /* NULL: nobody asks for anything, or there is nowhere to save */
    double step_took, saving; /* the longest so far, seconds */
    bool moved;               /* this start has done a step */
} run;

/* ---- the plan: made by the master, followed by all ---- */

static dn_status make_plan(const dn_train_options *o, int size, dn_plan *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (o->opt_plan != NULL)
        DN_TRY(dn_plan_parse(o->opt_plan, o->shards, size, out, err));
    else
        DN_TRY(dn_plan_even(o->shards, size, out, err));
out:
    return st;
}

static void log_plan(const dn_plan *plan)
{
    char text[256];
    size_t at = 0;

    text[0] = '\0';
    for (int r = 0; r < plan->size && at < sizeof text; r++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%d", r > 0 ? "," : "",
                               plan->first[r + 1] - plan->first[r]);
    dn_log(DN_INFO, "train", "plan", "ranks=%d shards=%d shards_of_ranks=%s", plan->size, plan->shards, text);
}

static dn_status spread_plan(run *r, dn_error *err)
{
    dn_status st = DN_OK;

    if (r->comm->rank == 0)
        st = make_plan(r->o, r->comm->size, &r->plan, err);
    DN_AGREE(r->comm);
    if (r->comm->rank != 0)
        st = dn_plan_even(r->o->shards, r->comm->size, &r->plan, err); /* room; the content is the master's */
    DN_AGREE(r->comm);
    MPI_Bcast(r->plan.first, r->comm->size + 1, MPI_INT, 0, r->comm->mpi);
    if (r->comm->rank == 0)
        log_plan(&r->plan);
out:
    return st;
}

/* ---- one epoch ---- */

/* Validation rows that are scored at a time: some tenths of a second of work for each rank. */
static int64_t slice_rows(const dn_comm *comm)
{
    return comm->size < SLICE / SLICE_OF_RANK ? (int64_t)comm->size * SLICE_OF_RANK : SLICE;
}

/* Write a checkpoint: at any moment between two steps. Collective. */
static dn_status save(run *r, const char *reason, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_hooks hooks = {.ctx = r->hooks != NULL ? r->hooks->ctx : NULL,
                            .saved = r->hooks != NULL ? r->hooks->saved : NULL};
    double begin = MPI_Wtime();

    r->at.seconds = begin - r->epoch_start;
    dn_step_state_gather(r->step, r->at.first, r->at.second);
    DN_TRY(dn_checkpoint_save(r->comm, r->o->opt_checkpoints, &r->at, err));
    dn_request_saved(r->requests);
    r->saving = fmax(r->saving, MPI_Wtime() - begin);
    dn_hooks_saved(r->comm, &hooks, r->o->opt_checkpoints->path, reason, begin);
    if (r->comm->rank == 0)
        dn_log(DN_DEBUG, "train", "checkpoint written", "secs=%.3f", MPI_Wtime() - begin);
out:
    return st;
}

/* The wishes of all ranks ask for an end: the way out, with a checkpoint of what is done. Collective. */
static dn_status stop(run *r, int wishes, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_checkpoint *at = &r->at;
    char where[96];

    if (r->comm->rank == 0)
        dn_log(DN_INFO, "train", "asked to stop, writing a checkpoint",
               "reason=%s epoch=%lld step=%lld of=%lld", dn_request_reason(wishes), (long long)at->epoch + 1,
               (long long)at->step, (long long)r->steps);
    DN_TRY(save(r, "stop", err));
    snprintf(where, sizeof where, "step %lld of %lld of epoch %lld", (long long)at->step, (long long)r->steps,
             (long long)at->epoch + 1);
    DN_TRY(dn_request_stopped(wishes, where, err));
out:
    return st;
}

/* Between two slices a wish to stop is heard, unless all this start has done is to validate: it would do that
 * again and again where the time is short. One for a checkpoint waits: there is nothing new to save. */
static dn_status validate(run *r, dn_epoch_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = r->rows->validation.n, most = slice_rows(r->comm);

    for (int64_t first = 0; first < n; first += most) {
        int64_t count = n - first < most ? n - first : most;
        int wishes = first > 0 && r->moved ? dn_request_agree(r->comm, r->requests) : 0;

        if (wishes & DN_WISH_STOP)
            DN_TRY(stop(r, wishes, err));
        dn_rows_read(&r->rows->validation, first, count, r->slice);
        DN_TRY(dn_score(r->comm, r->m, r->at.w, r->at.running, r->slice, count,
                        r->score + first * r->m->outputs, err));
    }
    DN_PASS(dn_validate(r->m, r->score, r->label, n, report, err));
    DN_AGREE(r->comm);
out:
    return st;
}

static void keep_best(run *r, dn_epoch_report *report)
{
    dn_checkpoint *at = &r->at;

    report->best = at->best_epoch == 0 || report->validation_loss < at->best_loss;
    if (!report->best)
        return;
    at->best_epoch = report->epoch;
    at->best_loss = report->validation_loss;
    at->best_auroc = report->validation_auroc;
    memcpy(at->best_w, at->w, (size_t)at->n_weights * sizeof *at->w);
    memcpy(at->best_running, at->running, (size_t)at->n_moments * sizeof *at->running);
}

static void report_step(const run *r, double loss)
{
    dn_step_report report = {.epoch = r->at.epoch + 1,
                             .epochs = r->o->epochs,
                             .step = r->at.step,
                             .steps = r->steps,
                             .loss = loss,
                             .seconds = MPI_Wtime() - r->start};

    if (r->hooks != NULL && r->hooks->step != NULL)
        r->hooks->step(r->hooks->ctx, &report);
}

/* Collective. */
static void report_ranks(const run *r)
{
    const dn_rank_row *row = dn_step_ranks(r->step);

    if (row != NULL && r->hooks != NULL && r->hooks->ranks != NULL)
        r->hooks->ranks(r->hooks->ctx, row, r->comm->size);
}

/* Whether one is due within the epoch; after its last step the one at its end is near. The same on every
 * rank. */
static bool is_due(const run *r, int wishes)
{
    const dn_checkpointing *c = r->o->opt_checkpoints;

    return c != NULL && r->at.step < r->steps &&
           ((wishes & DN_WISH_CHECKPOINT) != 0 || (c->every > 0 && r->at.updates % c->every == 0));
}

/* The clock of --max-time looks ahead: what the next step and a checkpoint may take. */
static void look_ahead(run *r, double step_took)
{
    r->step_took = fmax(r->step_took, step_took);
    if (r->requests != NULL)
        r->requests->ahead = r->step_took + r->saving;
}

static dn_status run_step(run *r, const dn_permutation *order, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint *at = &r->at;
    double loss = 0, right = 0, begin = MPI_Wtime(), took;
    int wishes;

    DN_TRY(dn_step_run(r->step, order, &r->rows->train, at->epoch, at->step,
                       dn_schedule_rate(&r->o->schedule, at->updates), at->w, at->running, &loss, &right,
                       err));
    took = MPI_Wtime() - begin;
    wishes = r->requests != NULL ? dn_step_wishes(r->step) : 0;
    at->trained += took;
    at->loss_sum += loss;
    at->right_sum += right;
    at->step++;
    at->updates++;
    r->moved = true;
    report_step(r, loss);
    report_ranks(r);
    look_ahead(r, took);
    if (wishes & DN_WISH_STOP)
        DN_TRY(stop(r, wishes, err));
    if (is_due(r, wishes))
        DN_TRY(save(r, dn_hooks_reason(r->requests, wishes), err));
out:
    return st;
}

/* The epoch is done: it is reported, and the next one begins. The checkpoint comes before the hook, so that
 * whatever the hook wrote down can be written again. */
static dn_status end_epoch(run *r, const dn_epoch_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint *at = &r->at;

    DN_PASS(dn_grow((void **)&at->report, &at->report_cap, (size_t)at->epoch + 1, sizeof *at->report, err));
    DN_AGREE(r->comm);
    at->report[at->epoch++] = *report;
    at->step = 0;
    at->loss_sum = at->right_sum = at->trained = 0;
    r->epoch_start = MPI_Wtime();
    if (r->o->opt_checkpoints != NULL)
        DN_TRY(save(r, "epoch", err));
    if (r->hooks != NULL && r->hooks->epoch != NULL)
        st = r->hooks->epoch(r->hooks->ctx, report, err);
    DN_AGREE(r->comm); /* the hook may have failed on rank 0 */
    r->epoch_start = MPI_Wtime();
out:
    return st;
}

/* Between two epochs, where the checkpoint of the one before is written already. */
static dn_status stop_between(run *r, dn_error *err)
{
    dn_status st = DN_OK;
    char where[64];
    int wishes = dn_request_end_epoch(r->comm, r->requests);

    snprintf(where, sizeof where, "epoch %lld of %lld", (long long)r->at.epoch, (long long)r->o->epochs);
    if (wishes & DN_WISH_STOP)
        DN_TRY(dn_request_stopped(wishes, where, err));
out:
    return st;
}

/* What is left of the epoch. */
static dn_status run_epoch(run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_checkpoint *at = &r->at;
    dn_permutation order = dn_permutation_make(r->o->seed, (uint64_t)at->epoch, (uint64_t)r->rows->train.n);
    dn_epoch_report report = {.epoch = at->epoch + 1, .epochs = r->o->epochs};

    while (at->step < r->steps)
        DN_TRY(run_step(r, &order, err));
    report.rate = dn_schedule_rate(&r->o->schedule, at->updates - 1);
    report.train_loss = at->loss_sum / (double)r->steps;
    report.train_accuracy = at->right_sum / (double)(r->steps * r->o->batch);
    report.pairs_per_second = (double)(r->steps * r->o->batch) / at->trained;
    DN_TRY(validate(r, &report, err));
    keep_best(r, &report);
    report.seconds = MPI_Wtime() - r->epoch_start;
    DN_TRY(end_epoch(r, &report, err));
out:
    return st;
}

/* ---- the run ---- */

/* Do the rows carry two labels at least, and none that the network does not know? */
static dn_status check_classes(const dn_model *m, const dn_train_rows *all, const dn_rows *rows,
                               bool training, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t of[UINT8_MAX + 1], most = 0, n = rows->n;

    dn_rows_count(rows, all->label, UINT8_MAX + 1, of);
    for (int c = 0; c <= UINT8_MAX; c++) {
        if (of[c] > 0 && c >= (m->outputs > 1 ? m->outputs : 2))
            DN_FAIL(DN_EDATA, "%lld rows have label %d, which the network does not know", (long long)of[c],
                    c);
        most = of[c] > most ? of[c] : most;
    }
    if (most < n)
        goto out;
    if (training)
        DN_FAIL(DN_EDATA, "the training part has labels of one class only (%lld negative, %lld positive)",
                (long long)of[0], (long long)(n - of[0]));
    DN_FAIL(DN_EDATA, "the validation part needs %s (it has %lld negative, %lld positive)",
            m->outputs > 1 ? "two classes at least" : "both classes", (long long)of[0],
            (long long)(n - of[0]));
out:
    return st;
}

dn_status dn_train_check(const dn_model *m, const dn_train_rows *rows, const dn_train_options *o,
                         dn_error *err)
{
    dn_status st = DN_OK;

    if (o->batch % o->shards != 0)
        DN_FAIL(DN_EUSAGE, "a batch of %lld cannot be cut into %d shards of equal size", (long long)o->batch,
                o->shards);
    DN_TRY(check_classes(m, rows, &rows->train, true, err));
    DN_TRY(check_classes(m, rows, &rows->validation, false, err));
    if (rows->train.n < o->batch)
        DN_FAIL(DN_EDATA, "%lld training pairs, but a batch takes %lld: lower --batch",
                (long long)rows->train.n, (long long)o->batch);
out:
    return st;
}

static dn_status prepare(run *r, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = r->rows->validation.n;

    DN_TRY(dn_train_check(r->m, r->rows, r->o, err));
    DN_NEW(r->at.w, (size_t)r->m->n_weights);
    DN_NEW(r->at.running, (size_t)r->m->n_moments);
    DN_NEW(r->score, (size_t)(n * r->m->outputs));
    DN_NEW(r->label, (size_t)n);
    DN_NEW(r->slice, (size_t)(n < slice_rows(r->comm) ? n : slice_rows(r->comm)));
    for (int64_t i = 0; i < n; i++)
        r->label[i] = r->rows->label[dn_rows_at(&r->rows->validation, i)];
    r->m->ops->init(r->m, r->o->seed, r->at.w, r->at.running);
out:
    return st;
}

static dn_status make_room(run *r, dn_error *err)
{
    dn_status st = DN_OK;

    if (dn_step_has_state(r->step)) {
        DN_NEW(r->at.first, (size_t)r->m->n_weights);
        DN_NEW(r->at.second, (size_t)r->m->n_weights);
    }
out:
    return st;
}

/* Go on from the checkpoint, or clear the way for new ones. Collective. */
static dn_status begin(run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_checkpointing *c = r->o->opt_checkpoints;
    dn_checkpoint *at = &r->at;

    DN_PASS(make_room(r, err));
    DN_AGREE(r->comm);
    if (!c->resume) {
        DN_TRY(dn_checkpoint_remove(r->comm, c->path, err));
        goto out;
    }
    DN_TRY(dn_checkpoint_load(r->comm, c, at, err));
    dn_step_state_set(r->step, at->first, at->second, at->updates);
    r->epoch_start = MPI_Wtime() - at->seconds;
    if (r->comm->rank == 0)
        dn_log(DN_INFO, "train", "resuming", "checkpoint=%s epochs_done=%lld steps_done=%lld of=%lld",
               c->path, (long long)at->epoch, (long long)at->step, (long long)r->steps);
    if (r->hooks != NULL && r->hooks->resumed != NULL)
        st = r->hooks->resumed(r->hooks->ctx, at->report, at->epoch, err);
    DN_AGREE(r->comm);
out:
    return st;
}

static bool goes_on(const run *r)
{
    double rate = dn_schedule_rate(&r->o->schedule, r->at.updates);

    if (r->at.epoch >= r->o->epochs || r->at.epoch - r->at.best_epoch >= r->o->patience)
        return false;
    if (r->at.step > 0 || rate >= r->o->least_rate)
        return true;
    if (r->comm->rank == 0)
        dn_log(DN_INFO, "train", "the learning rate is too small to go on",
               "epochs=%lld rate=%.3g least=%.3g", (long long)r->at.epoch, rate, r->o->least_rate);
    return false;
}

int64_t dn_train_bytes(const dn_model *m, int64_t validation, bool moments)
{
    enum { RANKED = 50 }; /* bytes a row (validate.c) */
    int64_t slice = validation < SLICE ? validation : SLICE;

    return (int64_t)sizeof(float) * m->n_weights * (moments ? 3 : 1) +
           validation * (m->outputs * (int64_t)sizeof(float) + 1 + RANKED) + slice * (int64_t)sizeof(int64_t);
}

dn_status dn_train(const dn_comm *comm, const dn_model *m, const dn_train_rows *rows,
                   const dn_train_options *options, const dn_train_hooks *opt_hooks, dn_train_result *out,
                   dn_error *err)
{
    dn_status st = DN_OK;
    run r = {.comm = comm, .m = m, .rows = rows, .o = options, .start = MPI_Wtime()};

    r.hooks = comm->rank == 0 ? opt_hooks : NULL;
    r.requests = options->opt_checkpoints != NULL ? options->requests : NULL;
    if (r.requests != NULL) {
        dn_request_start(r.requests);
    }
    r.steps = rows->train.n / options->batch;
    r.at = (dn_checkpoint){
        .n_weights = m->n_weights, .n_moments = m->n_moments, .best_w = out->w, .best_running = out->running};
    DN_TRY(spread_plan(&r, err));
    DN_PASS(prepare(&r, err));
    DN_AGREE(comm);
    DN_TRY(dn_step_create(comm, m, options, &r.plan, &r.step, err));
    if (r.hooks != NULL && r.hooks->ranks != NULL)
        dn_step_tell_ranks(r.step, ranks_every);
    r.epoch_start = MPI_Wtime();
    if (options->opt_checkpoints != NULL)
        DN_TRY(begin(&r, err));
    for (int64_t epochs = 0; goes_on(&r); epochs++) {
        if (epochs > 0)
            DN_TRY(stop_between(&r, err));
        DN_TRY(run_epoch(&r, err));
    }
    out->epochs = r.at.epoch;
    out->best_epoch = r.at.best_epoch;
    out->best_loss = r.at.best_loss;
    out->best_auroc = r.at.best_auroc;
    out->shards_done = dn_step_shards_done(r.step);
out:
    dn_step_destroy(&r.step);
    dn_plan_destroy(&r.plan);
    dn_free(r.at.w);
    dn_free(r.at.running);
    dn_free(r.at.first);
    dn_free(r.at.second);
    dn_free(r.at.report);
    dn_free(r.score);
    dn_free(r.label);
    dn_free(r.slice);
    return st;
}
