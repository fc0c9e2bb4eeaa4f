/* train.c - the training loop; see train.h */
#include "mpi/train/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/train/score.h"
#include "mpi/train/step.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/stats/metrics.h"

/* One run; the same on every rank but for the step's own slice. */
typedef struct run {
    const dn_comm *comm;
    const dn_model *m;
    const dn_train_rows *rows;
    const dn_train_options *o;
    const dn_train_hooks *hooks; /* NULL but on rank 0 */
    dn_train_result *result;
    dn_plan plan;
    dn_step *step;
    float *w, *running; /* of the moment */
    float *score;       /* [n_validation] */
    uint8_t *label;     /* [n_validation] */
    int64_t steps;      /* of an epoch */
    int64_t updates;
    int64_t best_epoch; /* 0: none yet */
    double start;
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

static dn_status validate(run *r, dn_epoch_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_order order = {0};
    double sum = 0;
    int64_t n = r->rows->n_validation;

    DN_TRY(dn_score(r->comm, r->m, r->w, r->running, r->rows->validation, n, r->score, err));
    for (int64_t i = 0; i < n; i++) {
        double p = r->label[i] ? (double)r->score[i] : 1 - (double)r->score[i];
        sum -= log(p > 1e-12 ? p : 1e-12) * (r->label[i] ? r->m->positive_weight : 1);
    }
    report->validation_loss = sum / (double)n;
    DN_PASS(dn_order_create_f32(r->score, r->label, n, &order, err));
    DN_AGREE(r->comm);
    dn_order_rank(&order, NULL, &report->validation_auroc, &report->validation_ap);
out:
    dn_order_destroy(&order);
    return st;
}

static void keep_best(run *r, dn_epoch_report *report)
{
    report->best = r->best_epoch == 0 || report->validation_loss < r->result->best_loss;
    if (!report->best)
        return;
    r->best_epoch = report->epoch;
    r->result->best_epoch = report->epoch;
    r->result->best_loss = report->validation_loss;
    r->result->best_auroc = report->validation_auroc;
    memcpy(r->result->w, r->w, (size_t)r->m->n_weights * sizeof *r->w);
    memcpy(r->result->running, r->running, (size_t)r->m->n_moments * sizeof *r->running);
}

static void report_step(const run *r, int64_t epoch, int64_t step, double loss)
{
    dn_step_report report = {.epoch = epoch + 1,
                             .epochs = r->o->epochs,
                             .step = step + 1,
                             .steps = r->steps,
                             .loss = loss,
                             .seconds = MPI_Wtime() - r->start};

    if (r->hooks != NULL && r->hooks->step != NULL)
        r->hooks->step(r->hooks->ctx, &report);
}

static dn_status run_epoch(run *r, int64_t epoch, dn_epoch_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_permutation order = dn_permutation_make(r->o->seed, (uint64_t)epoch, (uint64_t)r->rows->n_train);
    double start = MPI_Wtime(), loss_sum = 0, right_sum = 0, trained;

    *report = (dn_epoch_report){.epoch = epoch + 1, .epochs = r->o->epochs};
    for (int64_t step = 0; step < r->steps; step++) {
        double loss = 0, right = 0;
        report->rate = dn_schedule_rate(&r->o->schedule, r->updates++);
        DN_TRY(dn_step_run(r->step, &order, r->rows->train, epoch, step, report->rate, r->w, r->running,
                           &loss, &right, err));
        loss_sum += loss;
        right_sum += right;
        report_step(r, epoch, step, loss);
    }
    trained = MPI_Wtime() - start;
    report->train_loss = loss_sum / (double)r->steps;
    report->train_accuracy = right_sum / (double)(r->steps * r->o->batch);
    report->pairs_per_second = (double)(r->steps * r->o->batch) / trained;
    DN_TRY(validate(r, report, err));
    keep_best(r, report);
    report->seconds = MPI_Wtime() - start;
    if (r->hooks != NULL && r->hooks->epoch != NULL)
        st = r->hooks->epoch(r->hooks->ctx, report, err);
    DN_AGREE(r->comm); /* the hook may have failed on rank 0 */
out:
    return st;
}

/* ---- the run ---- */

static bool one_more(const run *r, int64_t epoch)
{
    double rate = dn_schedule_rate(&r->o->schedule, r->updates);

    if (epoch >= r->o->epochs || epoch - r->best_epoch >= r->o->patience)
        return false;
    if (rate < r->o->least_rate && r->comm->rank == 0)
        dn_log(DN_INFO, "train", "the learning rate is too small to go on",
               "epochs=%lld rate=%.3g least=%.3g", (long long)epoch, rate, r->o->least_rate);
    return rate >= r->o->least_rate;
}

static dn_status check(const run *r, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t of[2] = {0, 0};

    if (r->o->batch % r->o->shards != 0)
        DN_FAIL(DN_EUSAGE, "a batch of %lld cannot be cut into %d shards of equal size",
                (long long)r->o->batch, r->o->shards);
    for (int64_t i = 0; i < r->rows->n_train; i++)
        of[r->rows->label[r->rows->train[i]]]++;
    if (of[0] == 0 || of[1] == 0)
        DN_FAIL(DN_EDATA, "the training part has labels of one class only (%lld negative, %lld positive)",
                (long long)of[0], (long long)of[1]);
    of[0] = of[1] = 0;
    for (int64_t i = 0; i < r->rows->n_validation; i++)
        of[r->rows->label[r->rows->validation[i]]]++;
    if (of[0] == 0 || of[1] == 0)
        DN_FAIL(DN_EDATA, "the validation part needs both classes (it has %lld negative, %lld positive)",
                (long long)of[0], (long long)of[1]);
    if (r->steps < 1)
        DN_FAIL(DN_EDATA, "%lld training pairs, but a batch takes %lld: lower --batch",
                (long long)r->rows->n_train, (long long)r->o->batch);
out:
    return st;
}

static dn_status prepare(run *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(check(r, err));
    DN_NEW(r->w, (size_t)r->m->n_weights);
    DN_NEW(r->running, (size_t)r->m->n_moments);
    DN_NEW(r->score, (size_t)r->rows->n_validation);
    DN_NEW(r->label, (size_t)r->rows->n_validation);
    for (int64_t i = 0; i < r->rows->n_validation; i++)
        r->label[i] = r->rows->label[r->rows->validation[i]];
    r->m->ops->init(r->m, r->o->seed, r->w, r->running);
out:
    return st;
}

dn_status dn_train(const dn_comm *comm, const dn_model *m, const dn_train_rows *rows,
                   const dn_train_options *options, const dn_train_hooks *opt_hooks, dn_train_result *out,
                   dn_error *err)
{
    dn_status st = DN_OK;
    run r = {.comm = comm, .m = m, .rows = rows, .o = options, .result = out, .start = MPI_Wtime()};

    r.hooks = comm->rank == 0 ? opt_hooks : NULL;
    r.steps = rows->n_train / options->batch;
    DN_TRY(spread_plan(&r, err));
    DN_PASS(prepare(&r, err));
    DN_AGREE(comm);
    DN_TRY(dn_step_create(comm, m, options, &r.plan, &r.step, err));
    for (int64_t epoch = 0; one_more(&r, epoch); epoch++) {
        dn_epoch_report report;
        DN_TRY(run_epoch(&r, epoch, &report, err));
        out->epochs = epoch + 1;
    }
    out->shards_done = dn_step_shards_done(r.step);
out:
    dn_step_destroy(&r.step);
    dn_plan_destroy(&r.plan);
    dn_free(r.w);
    dn_free(r.running);
    dn_free(r.score);
    dn_free(r.label);
    return st;
}
