/* estimate_train.c - what training takes; see estimate_train.h */
#include "mpi/estimate/estimate_train.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include "mpi/core/agree.h"
#include "mpi/core/memory.h"
#include "mpi/train/score.h"
#include "mpi/train/step.h"
#include "mpi/train/step_norm.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"

enum {
    LEAST_STEPS = 3, /* behind the first, which also touches all memory */
    MOST_STEPS = 4096,
    BLOCK = 256,    /* rows that are scored together (score.c) */
    TAIL_SLOTS = 10 /* loss, right, failed, wishes, times (step.c) */
};

/* A checkpoint: its small parts, and bytes to a disk that flushes so fast. */
static const double CHECKPOINT_SECONDS = 0.03, DISK = 500e6;

/* What is measured, and where. */
typedef struct probe {
    const dn_comm *comm;
    const dn_model *m;
    const dn_train_rows *rows;
    dn_train_options o;
    double checkpoints; /* of an epoch */
    dn_plan plan;
    dn_profile profile;
    dn_profile_table table;
    dn_step *step;
    float *w, *running, *score;
    int64_t *row;
    int64_t steps;         /* of an epoch */
    int64_t n, scored;     /* steps and validation rows measured */
    dn_estimate_pace pace; /* of a step */
    double a_row;
    double stepped; /* bytes taken behind the steps, before anything is scored */
    double loaded;  /* bytes taken before */
} probe;

int64_t dn_estimate_epochs(const dn_train_options *o, int64_t steps)
{
    for (int64_t e = 1; e < o->epochs; e++)
        if (dn_schedule_rate(&o->schedule, e * steps) < o->least_rate)
            return e;
    return o->epochs;
}

/* step_norm.c: means, then variances, on the way forward; gradients on the way back. */
int64_t dn_estimate_meetings(const dn_model *m)
{
    int64_t n = 0;

    for (int phase = 0; phase < m->n_phases; phase++)
        for (int k = 0; k < m->n_norms; k++)
            if (m->norm[k].phase == phase) {
                n += 3;
                break;
            }
    return n;
}

static double now(void)
{
    return dn_clock_s();
}

static dn_status run_steps(probe *p, double until, dn_error *err)
{
    dn_status st = DN_OK;
    double loss, right, begin = 0;
    int64_t cpu = 0;

    for (int64_t i = 0; i <= LEAST_STEPS || (now() < until && i < MOST_STEPS); i++) {
        int64_t epoch = i / p->steps, number = i % p->steps;
        dn_permutation order = dn_permutation_make(p->o.seed, (uint64_t)epoch, (uint64_t)p->rows->train.n);

        if (i == 1) {
            begin = now();
            cpu = dn_clock_thread_cpu();
        }
        DN_TRY(dn_step_run(p->step, &order, &p->rows->train, epoch, number,
                           dn_schedule_rate(&p->o.schedule, i), p->w, p->running, &loss, &right, err));
        p->n = i;
    }
    p->pace = dn_estimate_pace_of(p->n, now() - begin, 1e-9 * (double)(dn_clock_thread_cpu() - cpu));
out:
    return st;
}

/* Validation rows, ever more of them, the first time to touch the memory. */
static dn_status run_scores(probe *p, double until, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t all = p->rows->validation.n, n = BLOCK * (int64_t)omp_get_max_threads();

    for (int turn = 0; turn < 2 || (now() < until && p->scored < all); turn++) {
        double start;

        n = turn > 1 ? 2 * n : n;
        n = n < all ? n : all;
        n = n < MOST_STEPS * BLOCK ? n : MOST_STEPS * BLOCK;
        dn_rows_read(&p->rows->validation, 0, n, p->row);
        start = now();
        DN_TRY(dn_score(p->comm, p->m, p->w, p->running, p->row, n, p->score, err));
        p->a_row = (now() - start) / (double)n;
        p->scored = n;
        if (n == MOST_STEPS * BLOCK)
            break;
    }
out:
    return st;
}

/* ---- terms ---- */

static void describe(const probe *p, dn_estimate *e)
{
    const dn_train_options *o = &p->o;
    char remark[160];

    snprintf(e->work, sizeof e->work,
             "%lld training pairs: %lld steps of %lld an epoch, in %d shards; %.0f epochs at most%s; %lld "
             "validation "
             "pairs; %lld weights",
             (long long)p->rows->train.n, (long long)p->steps, (long long)o->batch, o->shards, e->repeats,
             o->patience < (int64_t)e->repeats ? ", fewer when validation ends them" : "",
             (long long)p->rows->validation.n, (long long)p->m->n_weights);
    snprintf(e->probe, sizeof e->probe, "%lld steps of %.2f ms, %lld validation pairs of %.1f us%s",
             (long long)p->n, 1e3 * p->pace.mean, (long long)p->scored, 1e6 * p->a_row,
             dn_estimate_pace_remark(&p->pace, remark));
}

static double checkpoint_bytes(const probe *p)
{
    return 4.0 * (double)p->m->n_weights * (2 + 2 * dn_step_has_state(p->step));
}

/* The one at its end and those within, by steps. Those by the clock are too few to count. */
static double checkpoints_of_epoch(const dn_train_options *o, int64_t steps)
{
    int64_t every = o->opt_checkpoints != NULL ? o->opt_checkpoints->every : 0;

    return 1 + (every > 0 && steps > 0 ? (double)((steps - 1) / every) : 0);
}

static void add_times(const probe *p, double load, dn_estimate *e)
{
    const double *c = p->table.rank[0].column;
    double step = p->table.rank[0].step, all = e->repeats * (double)p->steps * p->pace.mean;
    double shards = (c[DN_COLUMN_DEAL] + c[DN_COLUMN_COMPUTE] + c[DN_COLUMN_NORMS]) / step;
    double weights = (c[DN_COLUMN_ADD] + c[DN_COLUMN_UPDATE]) / step;

    dn_estimate_add_time(e, "start and data", load, 1, false);
    dn_estimate_add_time(e, "shards", all * shards, p->o.shards, true);
    dn_estimate_add_time(e, "sums and update", all * weights, p->m->n_weights, true);
    dn_estimate_add_time(e, "rest of a step", all * (1 - shards - weights), 1, true);
    dn_estimate_add_time(e, "validation", e->repeats * (double)p->rows->validation.n * p->a_row,
                         (p->rows->validation.n + BLOCK - 1) / BLOCK, true);
    dn_estimate_add_time(e, "checkpoints",
                         e->repeats * p->checkpoints * (CHECKPOINT_SECONDS + checkpoint_bytes(p) / DISK), 1,
                         true);
}

/* Of a rank that is alone, by dn_train_bytes() and what was measured of steps and scores; what a rank holds
 * of shards, optimiser and reduction depends on the number of ranks, what scores take does not. */
static dn_status add_memory(const probe *p, int64_t shared, dn_estimate *e, dn_error *err)
{
    dn_status st = DN_OK;
    double moments = dn_step_has_state(p->step) ? 8.0 * (double)p->m->n_weights : 0, held, shards, rest;
    dn_plan one = {.first = NULL};

    DN_TRY(dn_plan_even(p->o.shards, 1, &one, err));
    held = (double)dn_reduce_cost_of(&one, 0, e->sliced, e->tail).held;
    shards = fmax(0, p->stepped - p->loaded - held - moments);
    rest = (double)dn_memory_peak() - p->loaded - held - moments - shards;
    dn_estimate_add_memory(e, "process", e->base, 1, false);
    dn_estimate_add_memory(e, "data", p->loaded - e->base - (double)shared, 1, false);
    dn_estimate_add_memory(e, "data that a node shares", (double)shared, 1, true);
    dn_estimate_add_memory(e, "shards under way", shards, p->o.norms == DN_NORMS_GLOBAL ? p->o.shards : 1,
                           false);
    dn_estimate_add_memory(e, "scoring", rest, 1, false);
    dn_estimate_add_memory(e, "moments of the optimiser", moments, p->m->n_weights, false);
    dn_estimate_add_memory(e, "state and validation",
                           (double)dn_train_bytes(p->m, p->rows->validation.n, dn_step_has_state(p->step)), 1,
                           false);
out:
    dn_plan_destroy(&one);
    return st;
}

/* ---- the probe ---- */

static dn_status open_probe(probe *p, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t rows = p->rows->validation.n < MOST_STEPS * BLOCK ? p->rows->validation.n : MOST_STEPS * BLOCK;

    DN_TRY(dn_train_check(p->m, p->rows, &p->o, err));
    DN_TRY(dn_plan_even(p->o.shards, 1, &p->plan, err));
    DN_NEW(p->w, (size_t)p->m->n_weights);
    DN_NEW(p->running, (size_t)p->m->n_moments);
    DN_NEW(p->score, (size_t)(rows * p->m->outputs));
    DN_NEW(p->row, (size_t)rows);
    p->m->ops->init(p->m, p->o.seed, p->w, p->running);
out:
    return st;
}

static void close_probe(probe *p)
{
    dn_step_destroy(&p->step);
    dn_profile_end(&p->profile);
    dn_profile_table_destroy(&p->table);
    dn_plan_destroy(&p->plan);
    dn_free(p->w);
    dn_free(p->running);
    dn_free(p->score);
    dn_free(p->row);
}

dn_status dn_estimate_train(const dn_comm *comm, const dn_model *m, const dn_train_rows *rows,
                            const dn_train_options *options, int64_t shared, dn_estimate *e, dn_error *err)
{
    dn_status st = DN_OK;
    double load = now() - e->began, begin = now();
    probe p = {.comm = comm, .m = m, .rows = rows, .o = *options, .loaded = (double)dn_memory_now()};

    p.o.opt_checkpoints = NULL;
    p.o.requests = NULL;
    p.o.opt_plan = NULL;
    p.o.opt_profile = &p.profile;
    p.steps = rows->train.n / options->batch;
    p.checkpoints = checkpoints_of_epoch(options, p.steps);
    e->load_peak = (double)dn_memory_peak();
    DN_PASS(open_probe(&p, err));
    DN_AGREE(comm);
    DN_TRY(dn_step_create(comm, m, &p.o, &p.plan, &p.step, err));
    DN_TRY(run_steps(&p, begin + 0.7 * e->seconds, err));
    p.stepped = (double)dn_memory_now();
    DN_TRY(run_scores(&p, begin + e->seconds, err));
    DN_TRY(dn_profile_collect(comm, &p.profile, &p.table, err));
    e->threads = omp_get_max_threads();
    e->most_ranks = e->shards = options->shards;
    e->repeats = (double)dn_estimate_epochs(options, p.steps);
    e->rounds = e->repeats * (double)p.steps;
    e->meetings = options->norms == DN_NORMS_GLOBAL ? (double)dn_estimate_meetings(m) : 0;
    e->sliced = m->n_weights;
    e->tail = (options->norms == DN_NORMS_GLOBAL ? 0 : dn_norm_tail_length(m)) + TAIL_SLOTS;
    describe(&p, e);
    add_times(&p, load, e);
    DN_PASS(add_memory(&p, shared, e, err));
    DN_AGREE(comm);
out:
    close_probe(&p);
    return st;
}
