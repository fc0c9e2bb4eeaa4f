/* estimate.c - memory and time of a stage on any number of ranks; see estimate.h */
#include "mpi/estimate/estimate.h"

#include <math.h>
#include <stdio.h>
#include "mpi/core/reduce.h"

dn_estimate_machine dn_estimate_machine_default(int ranks_of_node)
{
    return (dn_estimate_machine){.ranks_of_node = ranks_of_node < 1 ? 1 : ranks_of_node,
                                 .latency = 2e-6,
                                 .card = 12.5e9,
                                 .copy = 3e9,
                                 .start = 0.01,
                                 .buffers = 14e6};
}

static void add(dn_estimate_term *terms, int *n, const char *name, dn_estimate_term t)
{
    if (*n == DN_ESTIMATE_TERMS) {
        terms[*n - 1].amount += t.amount;
        return;
    }
    snprintf(t.name, sizeof t.name, "%s", name);
    t.pieces = t.pieces < 1 ? 1 : t.pieces;
    terms[(*n)++] = t;
}

void dn_estimate_add_time(dn_estimate *e, const char *name, double seconds, int64_t pieces, bool repeated)
{
    add(e->time, &e->n_time, name,
        (dn_estimate_term){.amount = fmax(seconds, 0), .pieces = pieces, .repeated = repeated});
}

void dn_estimate_add_memory(dn_estimate *e, const char *name, double bytes, int64_t pieces, bool shared)
{
    add(e->memory, &e->n_memory, name,
        (dn_estimate_term){.amount = fmax(bytes, 0), .pieces = pieces, .shared = shared});
}

dn_estimate_pace dn_estimate_pace_of(int64_t n, double seconds, double cpu)
{
    const double least = 1e-3; /* of a clock that hardly ran */
    dn_estimate_pace r = {.mean = seconds / (double)n, .own = seconds > 0 ? cpu / seconds : 1};

    r.own = fmin(fmax(r.own, least), 1);
    return r;
}

const char *dn_estimate_pace_remark(const dn_estimate_pace *pace, char *buf)
{
    const double shared = 0.9;

    buf[0] = '\0';
    if (pace->own < shared)
        snprintf(
            buf, 160,
            "; other work took %.0f %% of the core: %.2f ms on one of its own, and ranks that share cores "
            "wait for each other far longer",
            100 * (1 - pace->own), 1e3 * pace->mean * pace->own);
    return buf;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Of the time of a term, what R ranks need: the rank that has most pieces, its threads in turns. */
static double share_of_time(const dn_estimate *e, int64_t pieces, int64_t ranks)
{
    int64_t threads = e->threads < 1 ? 1 : e->threads;

    if (pieces <= 1)
        return 1;
    return (double)ceil_div(ceil_div(pieces, ranks), threads) / (double)ceil_div(pieces, threads);
}

static double share_of_memory(int64_t pieces, int64_t ranks)
{
    return (double)ceil_div(pieces, ranks) / (double)pieces;
}

/* What one wait for all other ranks takes, in waits for one: the mean of the longest of so many, were they of
 * the exponential kind. */
static double longest_wait(int64_t ranks)
{
    double sum = 0;

    for (int64_t r = 1; r < ranks; r++)
        sum += 1 / (double)r;
    return sum;
}

/* A round of the reduction for the rank that has most: seconds beside waiting, and bytes of its buffers. */
static dn_status reduction(const dn_estimate *e, const dn_estimate_machine *m, const dn_estimate_row *row,
                           double *out_seconds, double *out_held, dn_error *err)
{
    dn_status st = DN_OK;
    dn_plan plan = {.first = NULL};
    double others = (double)(row->ranks - 1), outside = 0, moved = 0;

    *out_seconds = *out_held = 0;
    if (e->shards == 0)
        goto out;
    DN_TRY(dn_plan_even(e->shards, (int)row->ranks, &plan, err));
    for (int r = 0; r < plan.size; r++) {
        dn_reduce_cost c = dn_reduce_cost_of(&plan, r, e->sliced, e->tail);
        double bytes = (double)(c.sent + c.gathered);

        moved = fmax(moved, bytes);
        *out_held = fmax(*out_held, (double)c.held);
    }
    if (others > 0)
        outside = fmax(0, (double)(row->ranks - row->ranks_of_node)) / others;
    *out_seconds = (2 + e->meetings) * others * m->latency + moved * (1 - outside) / m->copy +
                   moved * outside * (double)row->ranks_of_node / m->card;
out:
    dn_plan_destroy(&plan);
    return st;
}

/* How many times longer threads take on a node with its other work. */
static double busy(const dn_estimate *e, const dn_estimate_machine *m, int64_t ranks_of_node)
{
    double threads = (double)ranks_of_node * (e->threads < 1 ? 1 : e->threads);
    double cores = fmax(m->cores, threads);

    return fmax(1, (m->others + threads) / cores);
}

static void add_times(const dn_estimate *e, const dn_estimate_machine *m, double round, dn_estimate_row *row)
{
    double one = 0, alone = busy(e, m, 1), slower = busy(e, m, row->ranks_of_node) / alone, once = 0,
           repeat = 0;
    double meetings = e->waits + (e->shards > 0 ? e->rounds * (2 + e->meetings) : 0);
    double start = row->ranks > 1 ? m->start * (double)row->ranks_of_node : 0;

    for (int i = 0; i < e->n_time; i++) {
        const dn_estimate_term *t = &e->time[i];
        double seconds = t->amount * share_of_time(e, t->pieces, row->ranks);

        *(t->repeated ? &repeat : &once) += seconds;
        one += t->amount;
    }
    row->exchange = e->rounds * round + e->waits * (double)(row->ranks - 1) * m->latency;
    row->own_seconds = start + (once + repeat) / alone + row->exchange;
    row->exchange += meetings * m->wait * longest_wait(row->ranks);
    row->once = (start + once) * slower;
    row->repeat = (repeat * slower + row->exchange) / e->repeats;
    row->seconds = row->once + e->repeats * row->repeat;
    row->efficiency = row->seconds > 0 ? one / ((double)row->ranks * row->seconds) : 1;
}

static void add_bytes(const dn_estimate *e, const dn_estimate_machine *m, double held, dn_estimate_row *row)
{
    double own = held + (row->ranks > 1 ? m->buffers : 0), shared = 0;

    for (int i = 0; i < e->n_memory; i++) {
        double bytes = e->memory[i].amount * share_of_memory(e->memory[i].pieces, row->ranks);

        *(e->memory[i].shared ? &shared : &own) += bytes;
    }
    if (own + shared < e->load_peak)
        own = e->load_peak - shared;
    row->rank_bytes = own + shared;
    row->node_bytes = (double)row->ranks_of_node * own + shared;
}

dn_status dn_estimate_at(const dn_estimate *e, const dn_estimate_machine *m, int64_t ranks,
                         dn_estimate_row *out, dn_error *err)
{
    dn_status st = DN_OK;
    double round = 0, held = 0;
    dn_estimate_row row = {.ranks = ranks};

    if (e->most_ranks > 0 && ranks > e->most_ranks)
        DN_FAIL(DN_ECONFIG, "%s takes %lld ranks at most here, not %lld", e->stage, (long long)e->most_ranks,
                (long long)ranks);
    row.ranks_of_node = ranks < m->ranks_of_node ? ranks : m->ranks_of_node;
    row.nodes = ceil_div(ranks, row.ranks_of_node);
    DN_TRY(reduction(e, m, &row, &round, &held, err));
    add_times(e, m, round, &row);
    add_bytes(e, m, held, &row);
    *out = row;
out:
    return st;
}

/* ---- what to ask a scheduler for ---- */

/* The job scripts have Slurm send its signal 3 minutes before the limit; it may come one earlier. */
enum { LEAD_MINUTES = 5 };

dn_allocation dn_estimate_allocation(const dn_estimate *e, const dn_estimate_row *row, double time_margin,
                                     double memory_margin)
{
    const double mib = 1024 * 1024;
    dn_allocation r = {
        .nodes = row->nodes, .ranks = row->ranks, .ranks_of_node = row->ranks_of_node, .threads = e->threads};

    r.minutes = (int64_t)ceil(row->seconds * time_margin / 60) + LEAD_MINUTES;
    r.node_mb =
        (int64_t)ceil((row->node_bytes * memory_margin / mib + 64 * (double)row->ranks_of_node) / 64) * 64;
    return r;
}

const char *dn_slurm_time(int64_t minutes, char *buf)
{
    long long days = minutes / 1440, hours = minutes / 60 % 24, rest = minutes % 60;

    if (days > 0)
        snprintf(buf, 24, "%lld-%02lld:%02lld:00", days < 1000000 ? days : 1000000, hours, rest);
    else
        snprintf(buf, 24, "%02lld:%02lld:00", hours, rest);
    return buf;
}
