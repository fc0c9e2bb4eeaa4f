/* step_norm.c - statistics of the norms of one batch; see step_norm.h */
#include "mpi/train/step_norm.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

struct dn_norms {
    const dn_model *m;
    int shards;    /* of this rank */
    int64_t width; /* of a message: per norm of the largest phase its count and 2 C numbers, and a flag */
    float **vec;   /* [shards][width] */
    float *sum;
    float *moments;             /* [n_moments]  of the last batch */
    double count[DN_MAX_NORMS]; /* values per channel of the last batch */
    dn_reduce *reduce;
};

/* ---- running statistics ---- */

/* The running variance of one value per channel is 0 either way. */
static double correction(const dn_model *m, double count)
{
    return m->unbiased_running && count > 1 ? count / (count - 1) : 1;
}

static float step_towards(const dn_model *m, float running, double batch)
{
    double keep = (double)m->norm_momentum;

    return (float)(keep * (double)running + (1 - keep) * batch);
}

int64_t dn_norm_tail_length(const dn_model *m)
{
    return m->n_norms + m->n_moments;
}

void dn_norm_tail_write(const dn_model *m, dn_work *work, const float *running, float *tail)
{
    const float *moments = m->ops->moments(work);
    const double *counts = m->ops->moment_counts(work);

    for (int k = 0; k < m->n_norms; k++) {
        int64_t c = m->norm[k].channels, at = m->norm[k].offset;
        tail[0] = (float)counts[k];
        for (int64_t i = 0; i < c; i++) {
            double d = (double)moments[at + i] - (double)running[at + i];
            tail[1 + i] = (float)(counts[k] * d);
            tail[1 + c + i] = (float)(counts[k] * ((double)moments[at + c + i] + d * d));
        }
        tail += 1 + 2 * c;
    }
}

void dn_norm_tail_running(const dn_model *m, const float *sum, float *running)
{
    for (int k = 0; k < m->n_norms; k++) {
        int64_t c = m->norm[k].channels;
        float *mean = running + m->norm[k].offset, *variance = mean + c;
        double n = (double)sum[0], factor = correction(m, n);
        for (int64_t i = 0; i < c; i++) {
            double d = (double)sum[1 + i] / n, v = (double)sum[1 + c + i] / n - d * d;
            mean[i] = step_towards(m, mean[i], (double)mean[i] + d);
            variance[i] = step_towards(m, variance[i], factor * (v > 0 ? v : 0));
        }
        sum += 1 + 2 * c;
    }
}

void dn_norms_running(const dn_norms *x, float *running)
{
    for (int k = 0; k < x->m->n_norms; k++) {
        int64_t c = x->m->norm[k].channels, at = x->m->norm[k].offset;
        double factor = correction(x->m, x->count[k]);
        for (int64_t i = at; i < at + 2 * c; i++)
            running[i] = step_towards(x->m, running[i], (i < at + c ? 1 : factor) * (double)x->moments[i]);
    }
}

/* ---- one message ---- */

/* What of a shard goes into a message, per norm of the phase; returns how many numbers. */
typedef int64_t fill(const dn_norms *x, int norm, dn_work *work, float *out);

static int64_t fill_means(const dn_norms *x, int k, dn_work *work, float *out)
{
    int64_t c = x->m->norm[k].channels;
    const float *mean = x->m->ops->moments(work) + x->m->norm[k].offset;
    double n = x->m->ops->moment_counts(work)[k];

    out[0] = (float)n;
    for (int64_t i = 0; i < c; i++)
        out[1 + i] = (float)(n * (double)mean[i]);
    return 1 + c;
}

/* x->moments holds the mean of the batch already. */
static int64_t fill_variances(const dn_norms *x, int k, dn_work *work, float *out)
{
    int64_t c = x->m->norm[k].channels, at = x->m->norm[k].offset;
    const float *mean = x->m->ops->moments(work) + at, *variance = mean + c;
    double n = x->m->ops->moment_counts(work)[k];

    for (int64_t i = 0; i < c; i++) {
        double d = (double)mean[i] - (double)x->moments[at + i];
        out[i] = (float)(n * ((double)variance[i] + d * d));
    }
    return c;
}

static int64_t fill_gradients(const dn_norms *x, int k, dn_work *work, float *out)
{
    int64_t c = x->m->norm[k].channels;

    memcpy(out, x->m->ops->moment_gradients(work) + x->m->norm[k].offset, (size_t)(2 * c) * sizeof *out);
    return 2 * c;
}

/* Sum over all shards into x->sum, norms of the phase one after the other. The last number counts shards of
 * ranks that failed. */
static bool add_up(dn_norms *x, int phase, dn_work *const *work, fill *fill_norm, bool ok)
{
    float none = 0;

    for (int s = 0; s < x->shards; s++) {
        int64_t at = 0;
        memset(x->vec[s], 0, (size_t)x->width * sizeof *x->vec[s]);
        for (int k = 0; ok && k < x->m->n_norms; k++)
            if (x->m->norm[k].phase == phase)
                at += fill_norm(x, k, work[s], x->vec[s] + at);
        x->vec[s][x->width - 1] = ok ? 0 : 1;
    }
    dn_reduce_lend(x->reduce, (const float *const *)x->vec);
    dn_reduce_finish(x->reduce, &none, x->sum);
    return !(x->sum[x->width - 1] > 0);
}

static int64_t numbers_of(const dn_model *m, int phase)
{
    int64_t n = 0;

    for (int k = 0; k < m->n_norms; k++)
        if (m->norm[k].phase == phase)
            n += 1 + 2 * m->norm[k].channels;
    return n;
}

/* ---- moments and their gradients ---- */

static void take_means(dn_norms *x, int phase)
{
    const float *sum = x->sum;

    for (int k = 0; k < x->m->n_norms; k++) {
        int64_t c = x->m->norm[k].channels;
        if (x->m->norm[k].phase != phase)
            continue;
        x->count[k] = (double)sum[0];
        for (int64_t i = 0; i < c; i++)
            x->moments[x->m->norm[k].offset + i] = (float)((double)sum[1 + i] / x->count[k]);
        sum += 1 + c;
    }
}

static void take_variances(dn_norms *x, int phase)
{
    const float *sum = x->sum;

    for (int k = 0; k < x->m->n_norms; k++) {
        int64_t c = x->m->norm[k].channels;
        if (x->m->norm[k].phase != phase)
            continue;
        for (int64_t i = 0; i < c; i++)
            x->moments[x->m->norm[k].offset + c + i] = (float)((double)sum[i] / x->count[k]);
        sum += c;
    }
}

bool dn_norms_moments(dn_norms *x, int phase, dn_work *const *work, bool ok)
{
    const dn_model_ops *ops = x->m->ops;

    if (numbers_of(x->m, phase) == 0)
        return true;
    if (!add_up(x, phase, work, fill_means, ok))
        return false;
    take_means(x, phase);
    (void)add_up(x, phase, work, fill_variances, true);
    take_variances(x, phase);
    for (int s = 0; s < x->shards; s++)
        for (int k = 0; k < x->m->n_norms; k++) {
            int64_t at = x->m->norm[k].offset, c = x->m->norm[k].channels;
            if (x->m->norm[k].phase != phase)
                continue;
            memcpy(ops->moments(work[s]) + at, x->moments + at, (size_t)(2 * c) * sizeof(float));
            ops->moment_counts(work[s])[k] = x->count[k];
        }
    return true;
}

bool dn_norms_gradients(dn_norms *x, int phase, dn_work *const *work, bool ok)
{
    if (numbers_of(x->m, phase) == 0)
        return true;
    if (!add_up(x, phase, work, fill_gradients, ok))
        return false;
    for (int s = 0; s < x->shards; s++) {
        const float *sum = x->sum;
        for (int k = 0; k < x->m->n_norms; k++) {
            int64_t c = x->m->norm[k].channels;
            if (x->m->norm[k].phase != phase)
                continue;
            memcpy(x->m->ops->moment_gradients(work[s]) + x->m->norm[k].offset, sum,
                   (size_t)(2 * c) * sizeof *sum);
            sum += 2 * c;
        }
    }
    return true;
}

/* ---- create and destroy ---- */

static dn_status create_local(const dn_comm *comm, const dn_model *m, const dn_plan *plan, dn_norms **out,
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_norms *x = NULL;

    DN_NEW(x, 1);
    *out = x;
    x->m = m;
    x->shards = plan->first[comm->rank + 1] - plan->first[comm->rank];
    for (int phase = 0; phase < m->n_phases; phase++)
        if (numbers_of(m, phase) > x->width)
            x->width = numbers_of(m, phase);
    x->width++;
    DN_NEW(x->vec, (size_t)x->shards);
    for (int s = 0; s < x->shards; s++)
        DN_NEW(x->vec[s], (size_t)x->width);
    DN_NEW(x->sum, (size_t)x->width);
    DN_NEW(x->moments, (size_t)m->n_moments);
out:
    return st;
}

dn_status dn_norms_create(const dn_comm *comm, const dn_model *m, const dn_plan *plan, dn_reduce_kind kind,
                          dn_norms **out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = NULL;
    DN_PASS(create_local(comm, m, plan, out, err));
    DN_AGREE(comm);
    DN_TRY(dn_reduce_create(comm, plan, kind, 0, (*out)->width, &(*out)->reduce, err));
out:
    if (st != DN_OK)
        dn_norms_destroy(out);
    return st;
}

double dn_norms_exchanging(const dn_norms *x)
{
    return dn_reduce_exchanging(x->reduce);
}

void dn_norms_watch(dn_norms *x, dn_clock *opt_clock)
{
    dn_reduce_watch(x->reduce, opt_clock);
}

void dn_norms_destroy(dn_norms **handle)
{
    dn_norms *x = *handle;

    if (x == NULL)
        return;
    for (int s = 0; x->vec != NULL && s < x->shards; s++)
        dn_free(x->vec[s]);
    dn_free(x->vec);
    dn_free(x->sum);
    dn_free(x->moments);
    dn_reduce_destroy(&x->reduce);
    dn_free(x);
    *handle = NULL;
}
