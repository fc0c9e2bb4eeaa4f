/* resume.c - tests of checkpoints in mpi/train/train.h: a run that is stopped anywhere and goes on, on any
 * number of ranks, ends with the bits and the reports of one that was never stopped; what is asked for is
 * done */
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mpi/train/train.h"
#include "solvers/base/alloc.h"
#include "tests/support/gener_data.h"
#include "tests/support/test.h"

enum {
    PAIRS = 700,
    TRAIN = 530,
    EPOCHS = 4,
    BATCH = TEST_GENER_BATCH,
    STEPS = TRAIN / BATCH, /* 8 */
    EVERY = 3              /* checkpoints after updates 3, 6, [8], 9, 12, 15, [16], 18 ... */
};

static test_gener_data made;

/* ---- stopping ---- */

static int64_t stop_epoch, stop_step; /* both from 0; the step that fails. Epoch -1: none */
static const dn_model_ops *real_ops;

/* Or the step, or validation, in which ask_rank is asked for a wish. Epoch -1: nobody is */
static int64_t ask_epoch = -1, ask_step;
static int ask_rank, ask_wish;
static dn_requests requests;

static void ask(const dn_pass *pass)
{
    bool now = ask_step < 0 ? !pass->train : pass->train && pass->first / BATCH == ask_step;

    if (now && pass->epoch == ask_epoch && test_comm.rank == ask_rank)
        dn_request_note(&requests, ask_wish);
}

static dn_status stopping_load(dn_work *work, const int64_t *r, int64_t n, const dn_pass *pass, dn_error *err)
{
    ask(pass);
    if (pass->train && pass->epoch == stop_epoch && pass->first / BATCH == stop_step)
        return dn_error_set(err, DN_EIO, __FILE__, __LINE__, "stopped");
    return real_ops->load(work, r, n, pass, err);
}

/* ---- a run, and what is known of it ---- */

typedef struct outcome {
    float w[TEST_GENER_WEIGHTS], running[TEST_GENER_MOMENTS];
    dn_train_result result;
    dn_epoch_report report[EPOCHS]; /* rank 0 of the run: as the hooks heard */
    int64_t reports, resumed;
    int64_t first_epoch, first_step; /* the first step done, from 0; -1: none */
} outcome;

static void on_step(void *ctx, const dn_step_report *e)
{
    outcome *o = ctx;

    if (o->first_epoch >= 0)
        return;
    o->first_epoch = e->epoch - 1;
    o->first_step = e->step - 1;
}

static dn_status on_epoch(void *ctx, const dn_epoch_report *e, dn_error *err)
{
    outcome *o = ctx;

    (void)err;
    CU_ASSERT(o->reports < EPOCHS && e->epoch == o->reports + 1);
    if (o->reports < EPOCHS)
        o->report[o->reports++] = *e;
    return DN_OK;
}

static dn_status on_resumed(void *ctx, const dn_epoch_report *done, int64_t n, dn_error *err)
{
    outcome *o = ctx;

    o->resumed++;
    for (int64_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL(on_epoch(ctx, &done[i], err), DN_OK);
    return DN_OK;
}

typedef struct way {
    dn_optim_kind optimiser;
    const char *plan;
    bool resume;
} way;

static dn_status train(const dn_comm *comm, const char *path, const way *how, outcome *out, dn_error *err)
{
    dn_model_ops ops = *made.gener.model.ops;
    dn_gener copy = made.gener;
    dn_checkpointing keep = {.path = path,
                             .command = "test",
                             .config = "{\"seed\": 5}",
                             .build = "this",
                             .every = EVERY,
                             .resume = how->resume};
    dn_train_rows r = test_gener_rows(&made, TRAIN);
    dn_train_options o = test_gener_recipe(EPOCHS);
    dn_train_hooks hooks = {.ctx = out, .step = on_step, .epoch = on_epoch, .resumed = on_resumed};
    dn_status st;

    o.optimiser = how->optimiser;
    o.decay = 0.01;
    o.schedule = (dn_schedule){.kind = DN_STEPWISE, .rate = 0.002, .factor = 6, .every = STEPS};
    o.opt_plan = how->plan;
    o.requests = &requests;
    o.opt_checkpoints = path != NULL ? &keep : NULL;
    real_ops = made.gener.model.ops;
    ops.load = stopping_load;
    copy.model.ops = &ops;
    out->reports = out->resumed = 0;
    out->first_epoch = -1;
    out->result = (dn_train_result){.w = out->w, .running = out->running};
    memset(out->w, 0, sizeof out->w);
    st = dn_train(comm, &copy.model, &r, &o, &hooks, &out->result, err);
    return st;
}

static outcome whole, cut;

static void same_bits(const dn_comm *comm)
{
    CU_ASSERT_EQUAL(memcmp(whole.w, cut.w, (size_t)made.gener.model.n_weights * sizeof(float)), 0);
    CU_ASSERT_EQUAL(memcmp(whole.running, cut.running, (size_t)made.gener.model.n_moments * sizeof(float)),
                    0);
    CU_ASSERT_EQUAL(whole.result.best_loss, cut.result.best_loss);
    CU_ASSERT_EQUAL(whole.result.best_auroc, cut.result.best_auroc);
    CU_ASSERT_EQUAL(whole.result.best_epoch, cut.result.best_epoch);
    CU_ASSERT_EQUAL(whole.result.epochs, cut.result.epochs);
    if (comm->rank != 0)
        return;
    CU_ASSERT_EQUAL(cut.reports, whole.reports);
    for (int64_t i = 0; i < cut.reports && i < whole.reports; i++) {
        const dn_epoch_report *a = &whole.report[i], *b = &cut.report[i];
        CU_ASSERT(a->rate == b->rate && a->train_loss == b->train_loss &&
                  a->train_accuracy == b->train_accuracy && a->validation_loss == b->validation_loss &&
                  a->validation_auroc == b->validation_auroc && a->validation_ap == b->validation_ap &&
                  a->best == b->best && b->seconds > 0 && b->pairs_per_second > 0);
    }
}

/* Every rank alone, undisturbed and without checkpoints: what all others must end with. */
static void run_whole(dn_optim_kind optimiser)
{
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    way how = {.optimiser = optimiser};

    stop_epoch = -1;
    CU_ASSERT_EQUAL(train(&self, NULL, &how, &whole, NULL), DN_OK);
}

/* On n ranks until the stop. */
static void stopped_on(int n, const char *path, way how, int64_t epoch, int64_t step)
{
    dn_comm comm = test_first_ranks(n);

    stop_epoch = epoch;
    stop_step = step;
    if (comm.rank >= 0)
        CU_ASSERT_EQUAL(train(&comm, path, &how, &cut, NULL), DN_EIO);
    stop_epoch = -1;
    test_leave(&comm);
}

/* On n ranks until one of them is asked to stop. */
static void asked_on(int n, const char *path, way how, int64_t epoch, int64_t step, int who, int wish)
{
    dn_comm comm = test_first_ranks(n);
    dn_error err = DN_ERROR_INIT;

    ask_epoch = epoch;
    ask_step = step;
    ask_rank = who;
    ask_wish = wish;
    if (comm.rank >= 0) {
        CU_ASSERT_EQUAL(train(&comm, path, &how, &cut, &err), DN_ESAVED);
        CU_ASSERT(strstr(err.text, dn_request_reason(wish)) != NULL);
    }
    ask_epoch = -1;
    requests = (dn_requests){0};
    test_leave(&comm);
}

/* The first step of the last run, on rank 0. */
static void began_with(int64_t epoch, int64_t step)
{
    if (test_comm.rank == 0)
        CU_ASSERT(cut.first_epoch == epoch && cut.first_step == step);
    if (test_comm.rank == 0 && (cut.first_epoch != epoch || cut.first_step != step))
        fprintf(stderr, "# began with step %lld of epoch %lld, wanted %lld of %lld\n",
                (long long)cut.first_step, (long long)cut.first_epoch, (long long)step, (long long)epoch);
}

/* On n ranks to the end. */
static void finished_on(int n, const char *path, way how)
{
    dn_comm comm = test_first_ranks(n);
    dn_error err = DN_ERROR_INIT;
    bool found = false;

    how.resume = true;
    if (comm.rank >= 0) {
        CU_ASSERT_EQUAL(dn_checkpoint_find(&comm, path, "{\"seed\": 5}", &found, NULL), DN_OK);
        CU_ASSERT(found);
        CU_ASSERT_EQUAL(train(&comm, path, &how, &cut, &err), DN_OK);
        if (err.code != DN_OK)
            fprintf(stderr, "# rank %d: %s\n", test_comm.rank, err.text);
        CU_ASSERT_EQUAL(cut.resumed, comm.rank == 0);
        same_bits(&comm);
    }
    test_leave(&comm);
}

/* ---- tests ---- */

static void stopped_anywhere_on_other_ranks(void)
{
    static const int64_t stop[][2] = {{0, 3}, {0, 7}, {1, 0}, {1, 5}, {2, 0}, {3, 7}};
    const char *path = test_path("checkpoint.h5");
    int n = test_comm.size;

    omp_set_num_threads(1);
    made = test_gener_make(
        &(test_gener_shape){.genes = 30, .samples = 6, .pairs = PAIRS, .labels = TEST_AGREEING_MOSTLY});
    run_whole(DN_ADAMW);
    CU_ASSERT(whole.result.best_epoch < EPOCHS); /* the rate grows: so the best weights matter, too */
    for (size_t k = 0; k < sizeof stop / sizeof stop[0]; k++) {
        way how = {.optimiser = DN_ADAMW};
        int before = 1 + (int)(k % (size_t)n), after = 1 + (int)((k + 1) % (size_t)n);
        stopped_on(before, path, how, stop[k][0], stop[k][1]);
        finished_on(after, path, how);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Any rank, in the first, a middle and the last step of an epoch: the step under way is the last one done. */
static void asked_to_stop(void)
{
    static const int64_t at[][2] = {{0, 0}, {1, 4}, {2, STEPS - 1}, {3, STEPS - 1}};
    static const int wish[] = {DN_WISH_STOP_USR1, DN_WISH_STOP_TERM, DN_WISH_STOP_INT, DN_WISH_STOP_CONTROL};
    const char *path = test_path("asked.h5");
    int n = test_comm.size;

    run_whole(DN_ADAMW);
    for (int k = 0; k < 4; k++) {
        way how = {.optimiser = DN_ADAMW};
        int before = 1 + (k + 1) % n;
        asked_on(before, path, how, at[k][0], at[k][1], k % before, wish[k]);
        finished_on(1 + k % n, path, how);
        if (at[k][1] < STEPS - 1)
            began_with(at[k][0], at[k][1] + 1);
        else if (at[k][0] + 1 < EPOCHS)
            began_with(at[k][0] + 1, 0); /* with validation done before */
    }
}

/* A wish that comes in validation of one slice is fulfilled behind it, where the checkpoint lies already. */
static void asked_in_validation(void)
{
    const char *path = test_path("validation.h5");
    way how = {.optimiser = DN_SGD};
    int n = test_comm.size;

    run_whole(DN_SGD);
    asked_on(n, path, how, 0, -1, 0, DN_WISH_STOP_TERM); /* rank 0 has a block of it in any case */
    finished_on(n > 1 ? 2 : 1, path, how);
    began_with(1, 0);
}

/* A clock that has run out lets every start do one step, or what stands between two epochs, and a run go on
 * to its end. */
static void out_of_time(void)
{
    const char *path = test_path("time.h5");
    way how = {.optimiser = DN_ADAMW};
    dn_error err = DN_ERROR_INIT;

    run_whole(DN_ADAMW);
    for (int64_t k = 0; k < STEPS + 3; k++) {
        int64_t done = k < STEPS ? k : k - 1;

        requests.stop_at = 1e-9;
        how.resume = k > 0;
        CU_ASSERT_EQUAL(train(&test_comm, path, &how, &cut, &err), DN_ESAVED);
        if (k != STEPS) /* validation of the first epoch: no step */
            began_with(done / STEPS, done % STEPS);
        else
            CU_ASSERT(test_comm.rank != 0 || cut.first_epoch == -1);
        CU_ASSERT(strstr(err.text, "--max-time") != NULL);
    }
    requests = (dn_requests){0};
    finished_on(test_comm.size, path, how);
    began_with(1, 2);
}

/* Checkpoints by the clock and on request: what was done since is all that a failure costs. */
static void asked_for_a_checkpoint(void)
{
    const char *path = test_path("wished.h5");
    way how = {.optimiser = DN_ADAMW};
    int last = test_comm.size - 1;

    run_whole(DN_ADAMW);
    requests.every = 1e-9; /* every step */
    stopped_on(test_comm.size, path, how, 1, 5);
    requests = (dn_requests){0};
    finished_on(1, path, how);
    began_with(1, 5);

    ask_epoch = 1; /* EVERY steps there is one anyway: at update 12, which is step 3 of this epoch */
    ask_step = 4;
    ask_rank = last;
    ask_wish = DN_WISH_CHECKPOINT;
    stopped_on(test_comm.size, path, how, 1, 6);
    CU_ASSERT_EQUAL(requests.checkpoint, 0);
    CU_ASSERT_EQUAL(requests.last > 0, test_comm.rank >= 0);
    ask_epoch = -1;
    finished_on(test_comm.size, path, how);
    began_with(1, 5);
}

/* A step that fails is not saved, whatever is asked for. */
static void asked_in_a_step_that_fails(void)
{
    const char *path = test_path("fails.h5");
    way how = {.optimiser = DN_ADAMW};

    run_whole(DN_ADAMW);
    ask_epoch = 1;
    ask_step = 6;
    ask_rank = 0;
    ask_wish = DN_WISH_STOP_TERM | DN_WISH_CHECKPOINT;
    stopped_on(test_comm.size, path, how, 1, 6); /* fails with DN_EIO, not DN_ESAVED */
    ask_epoch = -1;
    requests = (dn_requests){0};
    finished_on(1, path, how);
    began_with(1, 4); /* from the checkpoint after update 12 */
}

/* Three stops, each time other ranks and another plan; SGD has no moments to keep. */
static void stopped_again_and_again(void)
{
    const char *path = test_path("again.h5");
    way how = {.optimiser = DN_SGD}, uneven = how;
    int n = test_comm.size;

    run_whole(DN_SGD);
    stopped_on(n, path, how, 0, 7);
    how.resume = true;
    stopped_on(1, path, how, 2, 2);
    uneven.resume = true;
    uneven.plan = n == 1 ? "8" : n == 2 ? "7,1" : n == 3 ? "1,5,2" : "3,1,1,3";
    if (n <= 4)
        stopped_on(n, path, uneven, 2, 7);
    finished_on(n, path, how);
}

/* A run that was killed after its last epoch has only to hand out what it has. */
static void stopped_after_the_end(void)
{
    const char *path = test_path("end.h5");
    way how = {.optimiser = DN_ADAMW};

    run_whole(DN_ADAMW);
    CU_ASSERT_EQUAL(train(&test_comm, path, &how, &cut, NULL), DN_OK);
    same_bits(&test_comm);
    finished_on(test_comm.size, path, how);
}

/* The last checkpoint is damaged: a few steps more are done again, the end is the same. */
static void damaged(void)
{
    const char *path = test_path("damaged.h5");
    way how = {.optimiser = DN_ADAMW};

    run_whole(DN_ADAMW);
    stopped_on(test_comm.size, path, how, 1, 5);
    if (test_comm.rank == 0)
        CU_ASSERT_EQUAL(truncate(path, 5000), 0);
    MPI_Barrier(test_comm.mpi);
    finished_on(1, path, how);
}

/* A new run does not leave the checkpoints of an older one lying about. */
static void a_new_run_clears_the_way(void)
{
    const char *path = test_path("new.h5");
    way how = {.optimiser = DN_ADAMW};
    bool found = true;

    stopped_on(test_comm.size, path, how, 2, 0);
    stopped_on(test_comm.size, path, how, 0, 2); /* before its first checkpoint */
    CU_ASSERT_EQUAL(dn_checkpoint_find(&test_comm, path, "{\"seed\": 5}", &found, NULL), DN_OK);
    CU_ASSERT_FALSE(found);
}

static void any_rank_may_run_out_of_memory(void)
{
    const char *path = test_path("memory.h5");
    way how = {.optimiser = DN_ADAMW};

    stopped_on(test_comm.size, path, how, 3, 6);
    how.resume = true;
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 600; k += 1 + k / 4) {
            dn_error err = DN_ERROR_INIT;
            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = train(&test_comm, path, &how, &cut, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    same_bits(&test_comm);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"stopped anywhere, on other ranks", stopped_anywhere_on_other_ranks},
                                    {"asked to stop, any rank", asked_to_stop},
                                    {"asked in validation", asked_in_validation},
                                    {"out of time", out_of_time},
                                    {"asked for a checkpoint", asked_for_a_checkpoint},
                                    {"asked in a step that fails", asked_in_a_step_that_fails},
                                    {"stopped again and again", stopped_again_and_again},
                                    {"stopped after the end", stopped_after_the_end},
                                    {"damaged", damaged},
                                    {"a new run clears the way", a_new_run_clears_the_way},
                                    {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                    {NULL, NULL}};
    return test_main(argc, argv, "resume", tests);
}
