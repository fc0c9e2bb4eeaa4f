/* step.c - one batch: shards, reduction, update; see step.h
 *
 * The vector of a shard, as the reduction adds it up:
 *
 *     [ gradients n_weights | statistics of the norms | wishes | times | loss | right | failed ]
 *       sliced                tail: the statistics are those of step_norm.h, with norms over shards only; the
 *                             wishes those of mpi/core/request.h, of the rank that has the shard; times: rank
 *                             0 wants to hear what the ranks do with theirs (rank_times.h)
 *
 * A shard goes through 2 P passes: forward 0 .. P - 1, backward P - 1 .. 0. With norms over shards a thread
 * takes one through all of them before the next; the main thread pushes the vectors in order, a wave of as
 * many shards as there are threads at a time. With global norms all shards of the rank take a pass before any
 * takes the next, and the norms meet in between; the vectors are all there then, see shard_sums.h. A slot
 * holds what a shard needs while it is under way. No vector is copied: the update takes the sum of the slice
 * piece by piece, as the reduction makes it.
 */
#include "mpi/train/step.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/train/deal.h"
#include "mpi/train/shard_sums.h"
#include "mpi/train/step_norm.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"

enum { END = DN_WISH_SLOTS + 4 }; /* of the tail: all but the statistics */

struct dn_step {
    const dn_comm *comm;
    const dn_model *m;
    const dn_plan *plan;
    int64_t batch;      /* G */
    int64_t shard_rows; /* G / V */
    uint64_t seed;
    int threads;
    int slots;           /* shards under way at a time: threads, or all of this rank */
    dn_work **work;      /* [slots] */
    float **vec;         /* [slots][n_weights + tail] */
    int64_t **rows;      /* [slots][shard_rows] */
    dn_status *verdict;  /* [slots] */
    dn_error *error;     /* [slots] */
    dn_norms *norms;     /* NULL: shard scope */
    dn_shard_sums *sums; /* with global norms */
    dn_deal *deal;
    const int64_t *dealt; /* [batch]  rows of the batch at hand, shard by shard */
    int64_t tail;
    float *tail_sum;
    dn_reduce *reduce;
    dn_optim optim;
    dn_requests *requests; /* NULL: nobody asks for anything */
    int wishes;            /* of all ranks, at the last step */
    dn_rank_times *times;
    double tell_every; /* rank 0: seconds between two reports of them; 0: none */
    bool ask, due;     /* rank 0: with the step at hand; all: the last one */
    int64_t shards_done;
    uint64_t steps;      /* begun; names the weights for the model */
    dn_profile *profile; /* NULL: nobody measures */
    dn_clock *clock;     /* of the step, or NULL */
};

/* The batch at hand. */
typedef struct batch {
    int64_t epoch, number;
    const float *w, *running;
} batch;

/* ---- shards ---- */

static dn_status load(dn_step *s, const batch *b, int slot, int shard, dn_clock *clock, dn_error *err)
{
    int64_t first = b->number * s->batch + shard * s->shard_rows;
    dn_pass pass = {.train = true,
                    .seed = s->seed,
                    .epoch = b->epoch,
                    .weights = s->steps,
                    .first = first,
                    .opt_clock = clock};

    for (int64_t i = 0; i < s->shard_rows; i++)
        s->rows[slot][i] = s->dealt[shard * s->shard_rows + i];
    return s->m->ops->load(s->work[slot], s->rows[slot], s->shard_rows, &pass, err);
}

static void write_tail(const dn_step *s, const batch *b, int slot)
{
    float *tail = s->vec[slot] + s->m->n_weights, *end = tail + s->tail - 3;
    double loss;
    int64_t right;

    if (s->norms == NULL)
        dn_norm_tail_write(s->m, s->work[slot], b->running, tail);
    s->m->ops->loss(s->work[slot], &loss, &right);
    end[0] = (float)loss;
    end[1] = (float)right;
}

/* Passes from .. to - 1 of one shard. */
static dn_status pass_shard(dn_step *s, const batch *b, int slot, int shard, int from, int to,
                            dn_clock *clock, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_model_ops *ops = s->m->ops;
    int phases = s->m->n_phases;

    if (from == 0)
        DN_TRY(load(s, b, slot, shard, clock, err));
    for (int i = from; i < to; i++) {
        dn_clock_stage(clock, DN_PROFILE_PASS + i);
        if (i < phases)
            DN_TRY(ops->forward(s->work[slot], b->w, i, err));
        else
            DN_TRY(ops->backward(s->work[slot], b->w, 2 * phases - 1 - i, s->vec[slot], err));
    }
    dn_clock_stage(clock, DN_PROFILE_LOAD);
    if (to == 2 * phases)
        write_tail(s, b, slot);
out:
    return st;
}

/* The same of n shards in a row, taken in turns by the threads; the verdicts stand beside the slots. */
static void pass_wave(dn_step *s, const batch *b, int slot, int shard, int n, int from, int to)
{
#pragma omp parallel num_threads(s->threads)
    {
        omp_set_num_threads(1); /* the kernels of this thread stay on it */
        int t = omp_get_thread_num();
        dn_clock *clock = t < n ? dn_profile_thread_start(s->profile, t) : NULL;
        for (int i = t; i < n; i += s->threads)
            s->verdict[slot + i] =
                pass_shard(s, b, slot + i, shard + i, from, to, clock, &s->error[slot + i]);
        if (t < n)
            dn_profile_thread_stop(s->profile, t);
    }
}

/* The first failure of slots 0 .. n - 1. */
static dn_status verdict_of(const dn_step *s, int n, dn_error *err)
{
    for (int i = 0; i < n; i++)
        if (s->verdict[i] != DN_OK) {
            if (err != NULL)
                *err = s->error[i];
            return s->verdict[i];
        }
    return DN_OK;
}

/* A failure is marked in the tail of its shard, so that everybody hears of it, what this rank is asked for,
 * and whether times are wanted. */
static void mark(dn_step *s, int n)
{
    int wishes = dn_request_look(s->comm, s->requests);

    for (int i = 0; i < n; i++) {
        float *end = s->vec[i] + s->m->n_weights + s->tail - END;
        dn_request_pack(wishes, end);
        end[DN_WISH_SLOTS] = s->ask;
        end[END - 1] = s->verdict[i] != DN_OK;
    }
    s->shards_done += n;
}

static dn_status run_apart(dn_step *s, const batch *b, dn_error *err)
{
    dn_status st = DN_OK;
    int first = s->plan->first[s->comm->rank], end = s->plan->first[s->comm->rank + 1];

    for (int wave = first; wave < end; wave += s->threads) {
        int n = end - wave < s->threads ? end - wave : s->threads;
        dn_clock_part(s->clock, DN_PROFILE_COMPUTE);
        pass_wave(s, b, 0, wave, n, 0, 2 * s->m->n_phases);
        dn_clock_part(s->clock, DN_PROFILE_OTHER);
        DN_PASS(verdict_of(s, n, err));
        mark(s, n);
        for (int i = 0; i < n; i++)
            dn_reduce_push(s->reduce, &s->vec[i]);
    }
    return st;
}

/* After pass i: forward(i) or backward(2 P - 1 - i). */
static bool meet(dn_step *s, int i, bool ok)
{
    int phases = s->m->n_phases;

    return i < phases ? dn_norms_moments(s->norms, i, s->work, ok)
                      : dn_norms_gradients(s->norms, 2 * phases - 2 - i, s->work, ok);
}

/* A rank that fails says so when the norms meet next, at the latest with its vectors; nobody leaves before.
 */
static dn_status run_together(dn_step *s, const batch *b, dn_error *err)
{
    dn_status st = DN_OK;
    int first = s->plan->first[s->comm->rank], n = s->slots;
    bool all_well = true;

    for (int i = 0; i < 2 * s->m->n_phases && all_well; i++) {
        dn_clock_part(s->clock, DN_PROFILE_COMPUTE);
        if (st == DN_OK)
            pass_wave(s, b, 0, first, n, i, i + 1);
        DN_PASS(verdict_of(s, n, err));
        dn_clock_stage(s->clock, DN_PROFILE_NORMS);
        all_well = meet(s, i, st == DN_OK);
        dn_clock_stage(s->clock, DN_PROFILE_STEP);
    }
    mark(s, n);
    dn_reduce_lend_sums(s->reduce, dn_shard_sums_add, s->sums);
    return st;
}

/* ---- the update ---- */

typedef struct update {
    dn_step *step;
    double rate;
    float *w; /* slice of this rank */
} update;

DN_CLONES
static void multiply(const float *restrict sum, int64_t n, float by, float *restrict out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = sum[i] * by;
}

static void divide(const float *restrict sum, int64_t n, float by, float *restrict out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = sum[i] / by;
}

/* Of one piece of the slice. The reciprocal of a power of two is exact: the bits of dividing. */
static void take_sum(void *ctx, int64_t at, int64_t n, const float *sum)
{
    const update *u = ctx;
    int64_t rows = u->step->batch;
    float mean[DN_TREE_PIECE];
    int before = dn_clock_part(u->step->clock, DN_PROFILE_UPDATE);

    if ((rows & (rows - 1)) == 0)
        multiply(sum, n, 1 / (float)rows, mean);
    else
        divide(sum, n, (float)rows, mean);
    dn_optim_part(&u->step->optim, u->rate, at, n, mean, u->w + at);
    dn_clock_part(u->step->clock, before);
}

/* Seconds in exchanges so far. */
static double exchanging_of(const dn_step *s)
{
    return dn_reduce_exchanging(s->reduce) + (s->norms != NULL ? dn_norms_exchanging(s->norms) : 0);
}

dn_status dn_step_run(dn_step *s, const dn_permutation *order, const dn_rows *rows, int64_t epoch,
                      int64_t number, double rate, float *w, float *running, double *out_loss,
                      double *out_right, dn_error *err)
{
    const float *end;
    const batch b = {.epoch = epoch, .number = number, .w = w, .running = running};
    update u = {.step = s, .rate = rate, .w = w + dn_reduce_slice(s->reduce).begin};
    double began = MPI_Wtime(), exchanging = exchanging_of(s);
    dn_status st;

    s->steps++;
    s->ask = s->tell_every > 0 && dn_rank_times_due(s->times, s->tell_every);
    dn_profile_step_start(s->profile);
    dn_clock_part(s->clock, DN_PROFILE_DEAL);
    s->dealt = dn_deal_shards(s->deal, order, rows, number * s->batch, s->plan->first[s->comm->rank],
                              s->plan->first[s->comm->rank + 1]);
    dn_clock_part(s->clock, DN_PROFILE_OTHER);
    st = s->norms != NULL ? run_together(s, &b, err) : run_apart(s, &b, err);

    dn_reduce_meet(s->reduce, s->tail_sum);
    end = s->tail_sum + s->tail - 3;
    s->wishes = dn_request_unpack(end - 1 - DN_WISH_SLOTS);
    s->due = end[-1] > 0;
    dn_reduce_take(s->reduce, end[2] > 0 ? NULL : take_sum, &u);
    if (end[2] > 0) {
        DN_AGREE(s->comm); /* somebody failed: nobody updates */
        goto out;
    }
    dn_clock_part(s->clock, DN_PROFILE_UPDATE);
    dn_optim_count(&s->optim);
    dn_reduce_gather(s->reduce, w);
    if (s->norms != NULL)
        dn_norms_running(s->norms, running);
    else
        dn_norm_tail_running(s->m, s->tail_sum, running);
    dn_rank_times_step(s->times, MPI_Wtime() - began, exchanging_of(s) - exchanging);
    dn_profile_step_stop(s->profile, s->plan->first[s->comm->rank + 1] - s->plan->first[s->comm->rank]);
    *out_loss = (double)end[0] / (double)s->batch;
    *out_right = (double)end[1];
    if (!isfinite(*out_loss)) /* the same number on every rank */
        DN_FAIL(DN_EDATA, "the loss is not finite at epoch %lld, step %lld: lower --rate",
                (long long)epoch + 1, (long long)number + 1);
out:
    return st;
}

/* ---- create and destroy ---- */

static dn_status create_local(const dn_comm *comm, const dn_model *m, const dn_train_options *o,
                              const dn_plan *plan, dn_step **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_step *s = NULL;
    bool global = o->norms == DN_NORMS_GLOBAL;

    DN_NEW(s, 1);
    *out = s;
    s->comm = comm;
    s->m = m;
    s->plan = plan;
    s->batch = o->batch;
    s->shard_rows = o->batch / o->shards;
    s->seed = o->seed;
    s->threads = omp_get_max_threads();
    s->slots = global ? plan->first[comm->rank + 1] - plan->first[comm->rank] : s->threads;
    s->requests = o->requests;
    s->tail = (global ? 0 : dn_norm_tail_length(m)) + END;
    DN_NEW(s->work, (size_t)s->slots);
    DN_NEW(s->vec, (size_t)s->slots);
    DN_NEW(s->rows, (size_t)s->slots);
    DN_NEW(s->verdict, (size_t)s->slots);
    DN_NEW(s->error, (size_t)s->slots);
    for (int t = 0; t < s->slots; t++) {
        s->error[t].rank = -1;
        DN_NEW(s->vec[t], (size_t)(m->n_weights + s->tail));
        DN_NEW(s->rows[t], (size_t)s->shard_rows);
        DN_TRY(m->ops->work_create(m, s->shard_rows, &s->work[t], err));
    }
    if (global)
        DN_TRY(dn_shard_sums_create(m, s->work, s->vec, s->slots, &s->sums, err));
    DN_NEW(s->tail_sum, (size_t)s->tail);
    DN_TRY(dn_deal_create(global ? NULL : m, o->batch, o->shards, &s->deal, err));
out:
    return st;
}

static void watch(dn_step *s, dn_profile *profile)
{
    s->profile = profile;
    s->clock = &profile->step;
    dn_reduce_watch(s->reduce, s->clock);
    if (s->norms != NULL)
        dn_norms_watch(s->norms, s->clock);
}

dn_status dn_step_create(const dn_comm *comm, const dn_model *m, const dn_train_options *o,
                         const dn_plan *plan, dn_step **out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t slice = 0;

    *out = NULL;
    DN_PASS(create_local(comm, m, o, plan, out, err));
    if (o->opt_profile != NULL)
        DN_PASS(dn_profile_begin(o->opt_profile, m, omp_get_max_threads(), err));
    DN_AGREE(comm);
    DN_TRY(dn_reduce_create(comm, plan, o->reduce, m->n_weights, (*out)->tail, &(*out)->reduce, err));
    if (o->norms == DN_NORMS_GLOBAL)
        DN_TRY(dn_norms_create(comm, m, plan, o->reduce, &(*out)->norms, err));
    DN_TRY(dn_rank_times_create(comm, &(*out)->times, err));
    slice = dn_reduce_slice((*out)->reduce).end - dn_reduce_slice((*out)->reduce).begin;
    if (o->opt_profile != NULL)
        watch(*out, o->opt_profile);
    if (o->norms != DN_NORMS_GLOBAL)
        DN_PASS(dn_reduce_reserve((*out)->reduce, err));
    DN_PASS(dn_optim_create(o->optimiser, o->decay, slice, &(*out)->optim, err));
    DN_AGREE(comm);
out:
    if (st != DN_OK)
        dn_step_destroy(out);
    return st;
}

void dn_step_destroy(dn_step **handle)
{
    dn_step *s = *handle;

    if (s == NULL)
        return;
    for (int t = 0; t < s->slots; t++) {
        if (s->work != NULL && s->work[t] != NULL)
            s->m->ops->work_destroy(&s->work[t]);
        if (s->vec != NULL)
            dn_free(s->vec[t]);
        if (s->rows != NULL)
            dn_free(s->rows[t]);
    }
    dn_free(s->work);
    dn_free(s->vec);
    dn_free(s->rows);
    dn_deal_destroy(&s->deal);
    dn_free(s->verdict);
    dn_free(s->error);
    dn_free(s->tail_sum);
    dn_reduce_destroy(&s->reduce);
    dn_rank_times_destroy(&s->times);
    dn_norms_destroy(&s->norms);
    dn_shard_sums_destroy(&s->sums);
    dn_optim_destroy(&s->optim);
    dn_free(s);
    *handle = NULL;
}

int dn_step_wishes(const dn_step *s)
{
    return s->wishes;
}

void dn_step_tell_ranks(dn_step *s, double every)
{
    s->tell_every = s->comm->rank == 0 ? every : 0;
}

const dn_rank_row *dn_step_ranks(dn_step *s)
{
    if (!s->due)
        return NULL;
    s->due = false;
    return dn_rank_times_report(s->times);
}

int64_t dn_step_shards_done(const dn_step *s)
{
    return s->shards_done;
}

/* ---- state ---- */

bool dn_step_has_state(const dn_step *s)
{
    return s->optim.m != NULL;
}

void dn_step_state_gather(dn_step *s, float *first, float *second)
{
    dn_range mine = dn_reduce_slice(s->reduce);
    size_t bytes = (size_t)(mine.end - mine.begin) * sizeof(float);

    if (!dn_step_has_state(s))
        return;
    memcpy(first + mine.begin, s->optim.m, bytes);
    memcpy(second + mine.begin, s->optim.v, bytes);
    dn_reduce_gather(s->reduce, first);
    dn_reduce_gather(s->reduce, second);
}

void dn_step_state_set(dn_step *s, const float *first, const float *second, int64_t updates)
{
    dn_range mine = dn_reduce_slice(s->reduce);
    size_t bytes = (size_t)(mine.end - mine.begin) * sizeof(float);

    s->optim.steps = updates;
    if (!dn_step_has_state(s))
        return;
    memcpy(s->optim.m, first + mine.begin, bytes);
    memcpy(s->optim.v, second + mine.begin, bytes);
}
