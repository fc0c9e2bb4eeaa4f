/* ranks.c - the ranks of a run as lines; see ranks.h */
#include "jobs/watch/ranks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"

enum { EVEN_BELOW = 5, BAR_FROM = 112, MOST_BAR = 80, MEMORY_WIDTH = 24 }; /* per cent; columns */

/* ---- figures over all ranks ---- */

typedef struct spread {
    double least, most, sum;
    int64_t n; /* ranks that tell */
} spread;

typedef double (*figure)(const dn_watch_rank *r);

static double compute_of(const dn_watch_rank *r)
{
    return r->compute_ms;
}

static double wait_of(const dn_watch_rank *r)
{
    return r->wait_ms;
}

static double memory_of(const dn_watch_rank *r)
{
    return r->memory_mb;
}

/* Computing, exchanging and waiting, as far as they are known. */
static double step_of(const dn_watch_rank *r)
{
    return fmax(r->compute_ms, 0) + fmax(r->exchange_ms, 0) + fmax(r->wait_ms, 0); /* fmax drops NAN */
}

static spread spread_of(const dn_watch_state *s, figure of)
{
    spread x = {.least = INFINITY, .most = -INFINITY};

    for (int64_t i = 0; i < s->n_ranks; i++) {
        double v = of(&s->rank[i]);

        if (!isfinite(v))
            continue;
        x.least = fmin(x.least, v);
        x.most = fmax(x.most, v);
        x.sum += v;
        x.n++;
    }
    return x;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const dn_watch_rank *const *)a)->host, (*(const dn_watch_rank *const *)b)->host);
}

/* Different hosts; list [n_ranks] is put into their order. */
static int64_t count_hosts(const dn_watch_rank **list, int64_t n)
{
    int64_t hosts = 0;

    qsort(list, (size_t)n, sizeof *list, by_name);
    for (int64_t i = 0; i < n; i++)
        hosts += list[i]->host[0] != '\0' && (i == 0 || strcmp(list[i]->host, list[i - 1]->host) != 0);
    return hosts;
}

/* The heaviest first; the number decides between equals. */
static int by_load(const void *a, const void *b)
{
    const dn_watch_rank *x = *(const dn_watch_rank *const *)a, *y = *(const dn_watch_rank *const *)b;
    double p = isnan(x->compute_ms) ? -x->wait_ms : x->compute_ms;
    double q = isnan(y->compute_ms) ? -y->wait_ms : y->compute_ms;

    p = isnan(p) ? -INFINITY : p;
    q = isnan(q) ? -INFINITY : q;
    return p > q ? -1 : p < q ? 1 : (x->rank > y->rank) - (x->rank < y->rank);
}

/* The value in the middle of those below the first one, in the order of by_load(). */
static double median_of_others(const dn_watch_rank *const *order, int64_t n)
{
    int64_t known = 0;

    while (known < n && isfinite(order[known]->compute_ms))
        known++;
    if (known < 2)
        return NAN;
    return (known - 1) % 2 == 1
               ? order[known / 2]->compute_ms
               : (order[(known - 1) / 2]->compute_ms + order[(known + 1) / 2]->compute_ms) / 2;
}

static double lag_of(const dn_watch_rank *const *order, int64_t n)
{
    double median = median_of_others(order, n);

    return median > 0 ? order[0]->compute_ms / median - 1 : (double)NAN;
}

/* For dn_free(), in the order of by_load(). */
static dn_status order_ranks(const dn_watch_state *s, const dn_watch_rank ***out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)s->n_ranks);
    for (int64_t i = 0; i < s->n_ranks; i++)
        (*out)[i] = &s->rank[i];
    qsort(*out, (size_t)s->n_ranks, sizeof **out, by_load);
out:
    return st;
}

/* Whether the others have much less to do, as part of a whole step: a large share of next to nothing is none.
 */
static bool is_uneven(const dn_watch_state *s, const dn_watch_rank *const *order)
{
    double median = median_of_others(order, s->n_ranks), step = spread_of(s, step_of).sum;

    return isfinite(median) && step > 0 &&
           (order[0]->compute_ms - median) * (double)s->n_ranks * 100 >= EVEN_BELOW * step;
}

double dn_ranks_lag(const dn_watch_state *s)
{
    const dn_watch_rank **order = NULL;
    double lag = NAN;

    if (order_ranks(s, &order, NULL) == DN_OK)
        lag = lag_of(order, s->n_ranks);
    dn_free(order);
    return lag;
}

/* ---- the summary ---- */

/* "812 MB", "51.2 GB" */
static void write_memory(dn_pen *p, double mb)
{
    if (mb < 10000)
        (void)dn_pen_print(p, DN_PLAIN, "%.0f MB", mb);
    else
        (void)dn_pen_print(p, DN_PLAIN, "%.1f GB", mb / 1000);
}

static void write_memory_of_all(dn_pen *p, const dn_watch_state *s)
{
    spread m = spread_of(s, memory_of);

    if (m.n == 1 && s->size > 1)
        (void)dn_pen_print(p, DN_PLAIN, "rank %lld takes ", (long long)s->rank[0].rank);
    write_memory(p, m.sum);
    if (m.n > 1) {
        (void)dn_pen_write(p, DN_PLAIN, " in all, at most ");
        write_memory(p, m.most);
        (void)dn_pen_write(p, DN_PLAIN, " a rank");
    }
}

/* Of many ranks the slowest alone tell. */
static bool is_part(const dn_watch_state *s)
{
    return s->n_ranks > 1 && s->n_ranks < s->size;
}

static void write_slowest(dn_pen *p, const dn_watch_state *s, const dn_watch_rank *const *order)
{
    const dn_watch_rank *slow = dn_watch_slowest(s);
    double lag = lag_of(order, s->n_ranks);

    if (s->n_ranks < 2)
        return;
    if (isfinite(lag) && !is_uneven(s, order) && !is_part(s)) {
        (void)dn_pen_write(p, DN_PLAIN, ", evenly loaded");
        return;
    }
    if (slow == NULL)
        return;
    (void)dn_pen_print(p, DN_WARNING, ", the slowest is rank %lld", (long long)slow->rank);
    if (slow->host[0] != '\0')
        (void)dn_pen_print(p, DN_WARNING, " on %s", slow->host);
    if (isfinite(lag) && !is_part(s))
        (void)dn_pen_print(p, DN_WARNING, " by %.0f%%", 100 * lag);
}

static void write_range(dn_pen *p, const char *what, const spread *x, const char *before)
{
    if (x->n == 0)
        return;
    if (x->n == 1 || x->most - x->least < 0.05)
        (void)dn_pen_print(p, DN_PLAIN, "%s%s %.1f ms", before, what, x->most);
    else
        (void)dn_pen_print(p, DN_PLAIN, "%s%s %.1f to %.1f ms", before, what, x->least, x->most);
}

static bool tells_times(const dn_watch_state *s)
{
    return spread_of(s, compute_of).n > 0 || spread_of(s, wait_of).n > 0;
}

/* "computes 40.0 to 49.0 ms, waits 0.0 to 9.0 ms (11% of the time)" */
static void write_times(dn_pen *p, const dn_watch_state *s, int label)
{
    spread compute = spread_of(s, compute_of), wait = spread_of(s, wait_of), step = spread_of(s, step_of);

    (void)dn_pen_write(p, DN_FAINT, "a step");
    dn_pen_tab(p, label);
    write_range(p, "computes", &compute, "");
    if (s->n_ranks > 1 || compute.n == 0) {
        write_range(p, "waits", &wait, compute.n > 0 ? ", " : "");
        if (wait.n > 0 && compute.n > 0 && step.sum > 0)
            (void)dn_pen_print(p, 4 * wait.sum > step.sum ? DN_WARNING : DN_PLAIN, " (%.0f%% of the time)",
                               100 * wait.sum / step.sum);
    }
    dn_pen_end(p);
}

/* Behind the count: one line, or three. */
static void write_summary(dn_pen *p, const dn_watch_state *s, int label, int room)
{
    bool memory = spread_of(s, memory_of).n > 0, times = tells_times(s) && room > 2;

    if (memory && !times && p->columns - p->at >= MEMORY_WIDTH) {
        (void)dn_pen_write(p, DN_PLAIN, ", ");
        write_memory_of_all(p, s);
    }
    dn_pen_end(p);
    if (!times)
        return;
    write_times(p, s, label);
    if (!memory)
        return;
    (void)dn_pen_write(p, DN_FAINT, "memory");
    dn_pen_tab(p, label);
    write_memory_of_all(p, s);
    dn_pen_end(p);
}

static void write_single(dn_pen *p, const dn_watch_state *s, int label)
{
    if (!isfinite(s->rank[0].memory_mb))
        return;
    (void)dn_pen_write(p, DN_FAINT, "memory");
    dn_pen_tab(p, label);
    write_memory(p, s->rank[0].memory_mb);
    (void)dn_pen_print(p, DN_PLAIN, " on rank %lld", (long long)s->rank[0].rank);
    dn_pen_end(p);
}

/* ---- the table ---- */

enum { HOST = 12, COMPUTES = 26, WAITS = 38, EXCHANGES = 50, MEMORY = 62, BAR = 76 };

static void write_cell(dn_pen *p, int column, double v, const char *unit)
{
    if (!isfinite(v))
        return;
    dn_pen_tab(p, column);
    (void)dn_pen_print(p, DN_PLAIN, "%9.*f", v < 1000 && unit[1] == 's' ? 1 : 0, v);
    (void)dn_pen_print(p, DN_FAINT, " %s", unit);
}

/* One step, as long as it takes beside the longest one. */
static void write_bar(dn_pen *p, const dn_watch_rank *r, double longest)
{
    static const char *const blocks[] = {"█", "▓", "░"}, *const signs[] = {"#", "=", "."};
    const double part[] = {r->compute_ms, r->exchange_ms, r->wait_ms};
    int width = p->columns - BAR < MOST_BAR ? p->columns - BAR : MOST_BAR, at = 0;
    double sum = 0;

    if (p->columns < BAR_FROM || longest <= 0)
        return;
    dn_pen_tab(p, BAR);
    for (int k = 0; k < 3; k++) {
        sum += fmax(part[k], 0);
        for (; at < (int)(sum / longest * width + 0.5); at++)
            (void)dn_pen_write(p, k == 0 ? DN_BAR : DN_FAINT, p->utf8 ? blocks[k] : signs[k]);
    }
}

static void write_header(dn_pen *p, const dn_watch_state *s)
{
    (void)dn_pen_write(p, DN_FAINT, "      rank  host");
    if (spread_of(s, compute_of).n > 0) {
        dn_pen_tab(p, COMPUTES);
        (void)dn_pen_write(p, DN_FAINT, "    computes       waits   exchanges");
    }
    dn_pen_tab(p, MEMORY);
    (void)dn_pen_write(p, DN_FAINT, "      memory");
    if (p->columns >= BAR_FROM && spread_of(s, compute_of).n > 0) {
        dn_pen_tab(p, BAR);
        (void)dn_pen_write(p, DN_FAINT,
                           p->utf8 ? "█ computes  ▓ exchanges  ░ waits" : "# computes  = exchanges  . waits");
    }
    dn_pen_end(p);
}

static void write_rank(dn_pen *p, const dn_watch_rank *r, bool slowest, double longest)
{
    (void)dn_pen_print(p, slowest ? DN_WARNING : DN_PLAIN, "%10lld  ", (long long)r->rank);
    (void)dn_pen_print(p, DN_PLAIN, "%.14s", r->host);
    write_cell(p, COMPUTES, r->compute_ms, "ms");
    write_cell(p, WAITS, r->wait_ms, "ms");
    write_cell(p, EXCHANGES, r->exchange_ms, "ms");
    write_cell(p, MEMORY, r->memory_mb, "MB");
    write_bar(p, r, longest);
    dn_pen_end(p);
}

/* order: slow ones first; room: lines. */
static void write_table(dn_pen *p, const dn_watch_state *s, const dn_watch_rank *const *order, int room)
{
    int64_t n = s->n_ranks <= DN_RANKS_ALL ? s->n_ranks : DN_RANKS_FEW;
    double longest = spread_of(s, step_of).most;
    const dn_watch_rank *slow = is_uneven(s, order) ? dn_watch_slowest(s) : NULL;

    if (n < s->n_ranks || n + 1 > room || is_part(s))
        n = n < room - 2 ? n : room - 2; /* the header, and how many more there are */
    if (n < 1 || s->n_ranks < 2)
        return;
    write_header(p, s);
    for (int64_t i = 0; i < n; i++)
        write_rank(p, order[i], order[i] == slow, longest);
    if (n == s->n_ranks && !is_part(s))
        return;
    (void)dn_pen_print(p, DN_FAINT, "            and %lld more",
                       (long long)((s->size > s->n_ranks ? s->size : s->n_ranks) - n));
    if (n < s->n_ranks && isfinite(order[n]->compute_ms))
        (void)dn_pen_print(p, DN_FAINT, ", which compute at most %.1f ms", order[n]->compute_ms);
    dn_pen_end(p);
}

int dn_ranks_wanted(const dn_watch_state *s)
{
    if (s->n_ranks < 2)
        return s->n_ranks > 0 || s->size > 0 ? 2 : 0;
    return 4 + (s->n_ranks < 3 ? (int)s->n_ranks : 3);
}

dn_status dn_ranks_write(dn_pen *p, const dn_watch_state *s, int label, int room, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_watch_rank **order = NULL;
    int64_t hosts, size = s->size > s->n_ranks ? s->size : s->n_ranks;
    int before = p->lines;

    if (s->n_ranks < 1)
        goto out;
    DN_TRY(order_ranks(s, &order, err));
    hosts = count_hosts(order, s->n_ranks);
    qsort(order, (size_t)s->n_ranks, sizeof *order, by_load);
    if (s->size == 0 && s->n_ranks == 1) { /* server.json is gone: nobody knows how many there were */
        write_single(p, s, label);
        goto out;
    }
    (void)dn_pen_write(p, DN_FAINT, "ranks");
    dn_pen_tab(p, label);
    (void)dn_pen_print(p, DN_PLAIN, "%lld", (long long)size);
    if (is_part(s))
        (void)dn_pen_print(p, DN_PLAIN, ", of which the slowest %lld tell", (long long)s->n_ranks);
    else if (hosts > 1)
        (void)dn_pen_print(p, DN_PLAIN, " on %lld hosts", (long long)hosts);
    write_slowest(p, s, order);
    write_summary(p, s, label, room);
    write_table(p, s, order, room - (p->lines - before));
out:
    dn_free(order);
    return st;
}
