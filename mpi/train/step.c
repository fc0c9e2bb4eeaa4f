/* step.c - one batch: shards, reduction, update; see step.h
 *
 * The vector of a shard, as the reduction adds it up:
 *
 *     [ gradients n_weights | per norm: mean [C], variance [C], mean^2 [C] | loss | right | failed ]
 *       sliced                tail
 *
 * Threads compute as many shards at a time as there are threads ("wave"); the main thread then pushes them in
 * order.
 */
#include "mpi/train/step.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

struct dn_step {
    const dn_comm *comm;
    const dn_model *m;
    const dn_plan *plan;
    int64_t batch;      /* G */
    int64_t shard_rows; /* G / V */
    uint64_t seed;
    int threads;
    dn_work **work;     /* [threads] */
    float **vec;        /* [threads][n_weights + tail] */
    int64_t **rows;     /* [threads][shard_rows] */
    dn_status *verdict; /* [threads] */
    dn_error *error;    /* [threads] */
    int64_t tail;
    float *slice_sum, *tail_sum;
    dn_reduce *reduce;
    dn_optim optim;
    int64_t shards_done;
};

/* ---- what one shard leaves in its tail ---- */

static int64_t statistics_length(const dn_model *m)
{
    return m->n_moments / 2 * 3;
}

static void write_tail(const dn_model *m, dn_work *work, float *tail)
{
    const float *moments = m->ops->moments(work);
    double loss;
    int64_t right;

    for (int k = 0; k < m->n_norms; k++) {
        int64_t c = m->norm[k].channels;
        const float *mean = moments + m->norm[k].offset, *variance = mean + c;
        for (int64_t i = 0; i < c; i++) {
            tail[i] = mean[i];
            tail[c + i] = variance[i];
            tail[2 * c + i] = mean[i] * mean[i];
        }
        tail += 3 * c;
    }
    m->ops->loss(work, &loss, &right);
    tail[0] = (float)loss;
    tail[1] = (float)right;
    tail[2] = 0;
}

/* Running statistics from the sums over V shards: the batch variance is the mean of the shards' variances
 * plus the variance of their means. */
static void update_running(const dn_model *m, const float *tail, int shards, float *running)
{
    double keep = (double)m->norm_momentum, v = shards;

    for (int k = 0; k < m->n_norms; k++) {
        int64_t c = m->norm[k].channels;
        float *mean = running + m->norm[k].offset, *variance = mean + c;
        for (int64_t i = 0; i < c; i++) {
            double batch_mean = (double)tail[i] / v;
            double spread = (double)tail[2 * c + i] / v - batch_mean * batch_mean;
            double batch_variance = (double)tail[c + i] / v + (spread > 0 ? spread : 0);
            mean[i] = (float)(keep * (double)mean[i] + (1 - keep) * batch_mean);
            variance[i] = (float)(keep * (double)variance[i] + (1 - keep) * batch_variance);
        }
        tail += 3 * c;
    }
}

/* ---- shards ---- */

static dn_status compute_shard(dn_step *s, int thread, const dn_permutation *order, const int64_t *rows,
                               int64_t epoch, int64_t first, const float *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_model_ops *ops = s->m->ops;
    dn_work *work = s->work[thread];
    float *vec = s->vec[thread];
    dn_pass pass = {.train = true, .seed = s->seed, .epoch = epoch, .first = first};

    for (int64_t i = 0; i < s->shard_rows; i++)
        s->rows[thread][i] = rows[dn_permute(order, (uint64_t)(first + i))];
    DN_TRY(ops->load(work, s->rows[thread], s->shard_rows, &pass, err));
    for (int phase = 0; phase < s->m->n_phases; phase++)
        DN_TRY(ops->forward(work, w, phase, err));
    for (int phase = s->m->n_phases - 1; phase >= 0; phase--)
        DN_TRY(ops->backward(work, w, phase, vec, err));
    write_tail(s->m, work, vec + s->m->n_weights);
out:
    return st;
}

/* All shards of this rank. A failure is marked in the tail of its shard, so that everybody hears of it. */
static dn_status compute_shards(dn_step *s, const dn_permutation *order, const int64_t *rows, int64_t epoch,
                                int64_t batch, const float *w, dn_error *err)
{
    dn_status st = DN_OK;
    int first = s->plan->first[s->comm->rank], end = s->plan->first[s->comm->rank + 1];

    for (int wave = first; wave < end; wave += s->threads) {
        int n = end - wave < s->threads ? end - wave : s->threads;
#pragma omp parallel num_threads(s->threads)
        {
            int t = omp_get_thread_num();
            omp_set_num_threads(1); /* the kernels of this thread stay on it */
            if (t < n)
                s->verdict[t] = compute_shard(s, t, order, rows, epoch,
                                              batch * s->batch + (wave + t) * s->shard_rows, w, &s->error[t]);
        }
        for (int t = 0; t < n; t++) {
            if (s->verdict[t] != DN_OK) {
                s->vec[t][s->m->n_weights + s->tail - 1] = 1;
                if (st == DN_OK && err != NULL)
                    *err = s->error[t];
                st = s->verdict[t];
            }
            dn_reduce_push(s->reduce, s->vec[t]);
        }
        s->shards_done += n;
    }
    return st;
}

dn_status dn_step_run(dn_step *s, const dn_permutation *order, const int64_t *rows, int64_t epoch,
                      int64_t batch, double rate, float *w, float *running, double *out_loss,
                      double *out_right, dn_error *err)
{
    dn_range mine = dn_reduce_slice(s->reduce);
    const float *end;
    dn_status st = compute_shards(s, order, rows, epoch, batch, w, err);

    dn_reduce_finish(s->reduce, s->slice_sum, s->tail_sum);
    end = s->tail_sum + s->tail - 3;
    if (end[2] > 0) {
        DN_AGREE(s->comm); /* somebody failed: nobody updates */
        goto out;
    }
    for (int64_t i = 0; i < mine.end - mine.begin; i++)
        s->slice_sum[i] /= (float)s->batch;
    dn_optim_step(&s->optim, rate, s->slice_sum, w + mine.begin);
    dn_reduce_gather(s->reduce, w);
    update_running(s->m, s->tail_sum, s->plan->shards, running);
    *out_loss = (double)end[0] / (double)s->batch;
    *out_right = (double)end[1];
    if (!isfinite(*out_loss)) /* the same number on every rank */
        DN_FAIL(DN_EDATA, "the loss is not finite at epoch %lld, step %lld: lower --rate",
                (long long)epoch + 1, (long long)batch + 1);
out:
    return st;
}

/* ---- create and destroy ---- */

static dn_status create_local(const dn_comm *comm, const dn_model *m, const dn_train_options *o,
                              const dn_plan *plan, dn_step **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_step *s = NULL;

    DN_NEW(s, 1);
    *out = s;
    s->comm = comm;
    s->m = m;
    s->plan = plan;
    s->batch = o->batch;
    s->shard_rows = o->batch / o->shards;
    s->seed = o->seed;
    s->threads = omp_get_max_threads();
    s->tail = statistics_length(m) + 3;
    DN_NEW(s->work, (size_t)s->threads);
    DN_NEW(s->vec, (size_t)s->threads);
    DN_NEW(s->rows, (size_t)s->threads);
    DN_NEW(s->verdict, (size_t)s->threads);
    DN_NEW(s->error, (size_t)s->threads);
    for (int t = 0; t < s->threads; t++) {
        s->error[t].rank = -1;
        DN_NEW(s->vec[t], (size_t)(m->n_weights + s->tail));
        DN_NEW(s->rows[t], (size_t)s->shard_rows);
        DN_TRY(m->ops->work_create(m, s->shard_rows, &s->work[t], err));
    }
    DN_NEW(s->tail_sum, (size_t)s->tail);
out:
    return st;
}

dn_status dn_step_create(const dn_comm *comm, const dn_model *m, const dn_train_options *o,
                         const dn_plan *plan, dn_step **out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t slice = 0;

    *out = NULL;
    DN_PASS(create_local(comm, m, o, plan, out, err));
    DN_AGREE(comm);
    DN_TRY(dn_reduce_create(comm, plan, o->reduce, m->n_weights, (*out)->tail, &(*out)->reduce, err));
    slice = dn_reduce_slice((*out)->reduce).end - dn_reduce_slice((*out)->reduce).begin;
    (*out)->slice_sum = dn_calloc((size_t)slice, sizeof(float));
    if ((*out)->slice_sum == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for a slice of %lld weights",
                          (long long)slice);
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
    for (int t = 0; t < s->threads; t++) {
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
    dn_free(s->verdict);
    dn_free(s->error);
    dn_free(s->slice_sum);
    dn_free(s->tail_sum);
    dn_reduce_destroy(&s->reduce);
    dn_optim_destroy(&s->optim);
    dn_free(s);
    *handle = NULL;
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
