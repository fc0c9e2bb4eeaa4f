/* render.c - a run as lines of text; see render.h */
#include "jobs/watch/render.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jobs/watch/fate.h"
#include "jobs/watch/pen.h"
#include "solvers/base/alloc.h"

enum { MOST_COLUMNS = 1000, LABEL = 12, LEAST_LOGS = 3 };

/* ---- pieces ---- */

static void length_of(double seconds, char *out, size_t cap)
{
    long s = !(seconds < 3.0e9) ? 3000000000L : seconds < 0 ? 0 : (long)(seconds + 0.5);

    if (s >= 86400)
        snprintf(out, cap, "%ldd %ld:%02ld:%02ld", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
    else if (s >= 3600)
        snprintf(out, cap, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, cap, "%ld:%02ld", s / 60, s % 60);
}

int dn_sparkline(const double *v, int64_t n, int columns, bool utf8, char *out)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const signs[] = {"_", ".", "-", "~", "=", "+", "*", "#"};
    double least = INFINITY, most = -INFINITY;
    int width = n < columns ? (int)n : columns;

    out[0] = '\0';
    for (int64_t i = 0; i < n; i++)
        if (isfinite(v[i])) {
            least = fmin(least, v[i]);
            most = fmax(most, v[i]);
        }
    for (int c = 0; c < width; c++) {
        double sum = 0;
        int64_t count = 0;
        int level = 0;

        for (int64_t i = n * c / width; i < n * (c + 1) / width; i++)
            if (isfinite(v[i])) {
                sum += v[i] / (double)(n * (c + 1) / width - n * c / width);
                count += 1;
            }
        if (count > 0) {
            double mean = sum * (double)(n * (c + 1) / width - n * c / width) / (double)count;
            double height = (mean / 2 - least / 2) / (most / 2 - least / 2); /* halves: no overflow */

            level = most > least ? (int)fmax(0, fmin(7, height * 8)) : 3;
        }
        out += sprintf(out, "%s", count == 0 ? " " : utf8 ? blocks[level] : signs[level]);
    }
    return width;
}

static void write_bar(dn_pen *p, double share, int width, dn_ink ink)
{
    int filled = isnan(share) ? 0 : (int)(share * width + 1e-9);
    char full[MOST_COLUMNS * 4 + 1] = "", empty[MOST_COLUMNS * 4 + 1] = "";

    for (int i = 0; i < width; i++)
        strcat(i < filled ? full : empty, !p->utf8 ? (i < filled ? "#" : ".") : (i < filled ? "█" : "░"));
    (void)dn_pen_write(p, ink, full);
    (void)dn_pen_write(p, DN_FAINT, empty);
}

static dn_ink ink_of(dn_fate fate)
{
    return fate == DN_FATE_FINISHED || fate == DN_FATE_RUNNING  ? DN_GOOD
           : fate == DN_FATE_FAILED || fate == DN_FATE_DEAD     ? DN_BAD
           : fate == DN_FATE_ABSENT || fate == DN_FATE_STARTING ? DN_PLAIN
                                                                : DN_WARNING;
}

/* "label      " */
static void begin(dn_pen *p, const char *label)
{
    (void)dn_pen_write(p, DN_FAINT, label);
    dn_pen_tab(p, LABEL);
}

/* ---- lines from above ---- */

/* In two lines where one is too short. */
static void write_fate(dn_pen *p, const dn_watch_state *s)
{
    const char *second = strstr(s->fate_text, "; ");
    char first[DN_WATCH_LINE];

    if (second == NULL || p->at + dn_pen_width(s->fate_text, p->utf8) <= p->columns) {
        (void)dn_pen_write(p, ink_of(s->fate), s->fate_text);
    } else {
        snprintf(first, sizeof first, "%.*s", (int)(second - s->fate_text), s->fate_text);
        (void)dn_pen_write(p, ink_of(s->fate), first);
        dn_pen_end(p);
        dn_pen_tab(p, LABEL);
        (void)dn_pen_write(p, ink_of(s->fate), second + 2);
    }
    dn_pen_end(p);
}

static void write_head(dn_pen *p, const dn_watch_state *s)
{
    (void)dn_pen_write(p, DN_BOLD, s->run);
    (void)dn_pen_write(p, DN_PLAIN, "  ");
    write_fate(p, s);
    if (s->host[0] == '\0' && s->size == 0)
        return;
    begin(p, "job");
    if (s->job[0] != '\0')
        (void)dn_pen_print(p, DN_PLAIN, "%s, ", s->job);
    (void)dn_pen_print(p, DN_PLAIN, "process %lld on %s", (long long)s->pid, s->host);
    if (s->size > 0)
        (void)dn_pen_print(p, DN_PLAIN, ", %lld rank%s", (long long)s->size, s->size == 1 ? "" : "s");
    if (s->restarts > 0)
        (void)dn_pen_print(p, DN_WARNING, ", restart %lld", (long long)s->restarts);
    if (s->link[0] != '\0')
        (void)dn_pen_print(p, DN_FAINT, ", watched %s", s->link);
    if (s->refused > 0)
        (void)dn_pen_print(p, DN_WARNING, ", refused: %lld", (long long)s->refused);
    dn_pen_end(p);
}

/* Beside the bar of the stage that runs: how far, how long. */
static void where_it_is(const dn_watch_state *s, char *out, size_t cap)
{
    char t[32];
    size_t at = 0;

    out[0] = '\0';
    if (s->epoch >= 0 && s->epochs > 0)
        at += (size_t)snprintf(out + at, cap - at, "  epoch %lld/%lld", (long long)s->epoch,
                               (long long)s->epochs);
    else if (s->total > 0 && s->done >= 0)
        at += (size_t)snprintf(out + at, cap - at, "  %lld/%lld %.20s", (long long)s->done,
                               (long long)s->total, s->unit);
    if (isfinite(s->eta_s) && s->fate == DN_FATE_RUNNING) {
        length_of(s->eta_s, t, sizeof t);
        at += (size_t)snprintf(out + at, cap - at, "  %s left", t);
    }
    if (isfinite(s->elapsed_s)) {
        length_of(s->elapsed_s, t, sizeof t);
        snprintf(out + at, cap - at, "  %s gone", t);
    }
}

static void write_stage(dn_pen *p, const dn_watch_state *s, const dn_watch_stage *g)
{
    char where[200] = "";
    double share = g->over || s->fate == DN_FATE_FINISHED ? 1 : g->share;
    int room;

    if (!g->over)
        where_it_is(s, where, sizeof where);
    begin(p, g->name);
    if (dn_pen_width(g->name, p->utf8) >= LABEL)
        (void)dn_pen_write(p, DN_PLAIN, " ");
    room = p->columns - p->at - 5 - dn_pen_width(where, p->utf8);
    if (room < 8 && p->columns > 40) /* a bar that can be seen is worth more than the time that is gone */
        room = p->columns - p->at - 5 - 20;
    write_bar(p, share, room > 60 ? 60 : room > 0 ? room : 0, g->over ? DN_GOOD : DN_BAR);
    if (isnan(share))
        (void)dn_pen_write(p, DN_PLAIN, "   ? ");
    else
        (void)dn_pen_print(p, DN_PLAIN, " %3.0f%%", floor(100 * share));
    (void)dn_pen_write(p, DN_PLAIN, where);
    dn_pen_end(p);
}

/* "loss   0.4123  ▇▅▃▂▁  0.6931 .. 0.4123" */
static void write_curve(dn_pen *p, const char *label, const double *v, int64_t n, const char *of)
{
    char curve[MOST_COLUMNS * 4 + 1];
    double least = INFINITY, most = -INFINITY, last = NAN;
    int room;

    for (int64_t i = 0; i < n; i++)
        if (isfinite(v[i])) {
            least = fmin(least, v[i]);
            most = fmax(most, v[i]);
            last = v[i];
        }
    if (isnan(last))
        return;
    begin(p, label);
    (void)dn_pen_print(p, DN_BOLD, "%-8.4g ", last);
    room = p->columns - p->at - 32;
    if (room > 4) {
        (void)dn_sparkline(v, n, room > 100 ? 100 : room, p->utf8, curve);
        (void)dn_pen_write(p, DN_BAR, curve);
        (void)dn_pen_print(p, DN_FAINT, "  %.4g to %.4g, %lld %s", least, most, (long long)n, of);
    }
    dn_pen_end(p);
}

static double train_loss(const dn_watch_epoch *e)
{
    return e->train_loss;
}

static double validation_loss(const dn_watch_epoch *e)
{
    return e->validation_loss;
}

static double validation_auroc(const dn_watch_epoch *e)
{
    return e->validation_auroc;
}

/* A curve of the epochs, of the last ones where there are many. */
static void write_epochs(dn_pen *p, const dn_watch_state *s, const char *label,
                         double (*of)(const dn_watch_epoch *))
{
    double v[MOST_COLUMNS];
    int64_t n = s->n_epochs < MOST_COLUMNS ? s->n_epochs : MOST_COLUMNS;

    for (int64_t i = 0; i < n; i++)
        v[i] = of(&s->epochs_done[s->n_epochs - n + i]);
    write_curve(p, label, v, n, n == 1 ? "epoch" : "epochs");
}

static void write_curves(dn_pen *p, const dn_watch_state *s)
{
    if (s->n_losses > 0 && s->n_epochs < 2)
        write_curve(p, "loss", s->losses, s->n_losses, "s");
    else
        write_epochs(p, s, "loss", train_loss);
    write_epochs(p, s, "validation", validation_loss);
    write_epochs(p, s, "AUROC", validation_auroc);
    if (isfinite(s->per_second) && s->per_second > 0 && s->fate == DN_FATE_RUNNING) {
        begin(p, "speed");
        (void)dn_pen_print(p, DN_PLAIN, "%.*f %s/s", s->per_second < 10 ? 2 : 0, s->per_second,
                           s->unit[0] != '\0' ? s->unit : "units");
        dn_pen_end(p);
    }
}

static void write_checkpoint(dn_pen *p, const dn_watch_state *s, int64_t now)
{
    int64_t t = dn_watch_time(s->checkpoint_t);
    char ago[32];

    if (s->checkpoint_t[0] == '\0')
        return;
    begin(p, "checkpoint");
    if (now > 0 && t > 0 && now >= t) {
        length_of((double)(now - t), ago, sizeof ago);
        (void)dn_pen_print(p, DN_PLAIN, "%s ago, ", ago);
    }
    (void)dn_pen_write(p, DN_PLAIN, s->checkpoint_t);
    if (isfinite(s->checkpoint_s))
        (void)dn_pen_print(p, DN_PLAIN, ", took %.2g s", s->checkpoint_s);
    if (s->checkpoint_reason[0] != '\0')
        (void)dn_pen_print(p, DN_PLAIN, ", %s", s->checkpoint_reason);
    if (s->checkpoint_path[0] != '\0')
        (void)dn_pen_print(p, DN_FAINT, ", %s", s->checkpoint_path);
    dn_pen_end(p);
}

/* ---- ranks ---- */

static void write_ms(dn_pen *p, int column, double v, const char *unit)
{
    if (isnan(v)) /* the stage does not tell */
        return;
    dn_pen_tab(p, column);
    (void)dn_pen_print(p, DN_PLAIN, "%9.*f", v < 100 ? 1 : 0, v);
    (void)dn_pen_print(p, DN_FAINT, " %s", unit);
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

static void write_rank(dn_pen *p, const dn_watch_rank *r, bool slowest)
{
    (void)dn_pen_print(p, slowest ? DN_WARNING : DN_PLAIN, "%6lld ", (long long)r->rank);
    (void)dn_pen_print(p, DN_PLAIN, "%.16s", r->host);
    write_ms(p, 20, r->compute_ms, "ms computes");
    write_ms(p, 42, r->wait_ms, "ms waits");
    write_ms(p, 61, r->memory_mb, "MB");
    if (p->columns >= 100)
        write_ms(p, 76, r->exchange_ms, "ms exchanges");
    dn_pen_end(p);
}

/* The first line says who is slow; then up to `room` ranks, slow ones first. */
static void write_ranks(dn_pen *p, const dn_watch_state *s, const dn_watch_rank **order, int64_t room)
{
    const dn_watch_rank *slow = dn_watch_slowest(s);

    if (s->n_ranks < 1)
        return;
    begin(p, "ranks");
    if (s->n_ranks < s->size)
        (void)dn_pen_print(p, DN_PLAIN, "%lld of %lld tell", (long long)s->n_ranks, (long long)s->size);
    else
        (void)dn_pen_print(p, DN_PLAIN, "%lld", (long long)s->n_ranks);
    if (slow != NULL) {
        (void)dn_pen_print(p, DN_WARNING, ", the slowest is rank %lld", (long long)slow->rank);
        if (slow->host[0] != '\0')
            (void)dn_pen_print(p, DN_WARNING, " on %s", slow->host);
    }
    dn_pen_end(p);
    for (int64_t i = 0; i < room && i < s->n_ranks; i++)
        write_rank(p, order[i], order[i] == slow);
    if (room > 0 && room < s->n_ranks) {
        (void)dn_pen_print(p, DN_FAINT, "       and %lld more", (long long)(s->n_ranks - room));
        dn_pen_end(p);
    }
}

/* ---- log ---- */

static void write_log(dn_pen *p, const dn_watch_log *l)
{
    bool bad = strcmp(l->level, "error") == 0, warns = strcmp(l->level, "warn") == 0;

    if (strlen(l->t) >= 19)
        (void)dn_pen_print(p, DN_FAINT, "%.8s ", l->t + 11);
    if (l->level[0] != '\0' && strcmp(l->level, "info") != 0)
        (void)dn_pen_print(p, bad ? DN_BAD : warns ? DN_WARNING : DN_FAINT, "%s ", l->level);
    if (l->module[0] != '\0')
        (void)dn_pen_print(p, DN_PLAIN, "%s: ", l->module);
    (void)dn_pen_write(p, DN_PLAIN, l->text);
    dn_pen_end(p);
}

/* ---- all of it ---- */

/* Ranks in the order in which they are shown, for dn_free(). */
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

/* The first `rows` lines, and no \n at the end. */
static void cut(char *text, int rows)
{
    char *at = text;

    for (int i = 0; rows > 0 && i < rows && at != NULL; i++)
        at = strchr(at + (i > 0), '\n');
    if (rows > 0 && at != NULL)
        *at = '\0';
    else if (text[0] != '\0')
        text[strlen(text) - 1] = '\0';
}

/* How many ranks, when `rows` lines are left for them and for the log. */
static int64_t rank_share(const dn_watch_state *s, int rows)
{
    int logs = s->n_logs < LEAST_LOGS ? s->n_logs : LEAST_LOGS;
    int64_t room = rows - 1 - logs;

    return room >= s->n_ranks ? s->n_ranks : room / 2 - 1 > 0 ? room / 2 - 1 : 0;
}

dn_status dn_watch_render(const dn_watch_state *s, const dn_watch_view *view, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_watch_rank **order = NULL;
    int rows = view->rows > 0 ? view->rows : 1 << 20, left;
    dn_pen p = {.columns = view->columns < 1              ? 1
                           : view->columns > MOST_COLUMNS ? MOST_COLUMNS
                                                          : view->columns,
                .utf8 = view->utf8,
                .colour = view->colour};

    DN_TRY(order_ranks(s, &order, err));
    write_head(&p, s);
    for (int i = 0; i < s->n_stages; i++)
        write_stage(&p, s, &s->stage[i]);
    write_curves(&p, s);
    write_checkpoint(&p, s, view->now);
    write_ranks(&p, s, order, rank_share(s, rows - p.lines - (view->keys ? 1 : 0)));
    left = rows - p.lines - (view->keys ? 1 : 0);
    for (int i = s->n_logs > left ? s->n_logs - left : 0; left > 0 && i < s->n_logs; i++)
        write_log(&p, &s->logs[i]);
    if (view->keys) {
        (void)dn_pen_write(&p, DN_FAINT, "q leaves, the job goes on");
        dn_pen_end(&p);
    }
    if (p.st != DN_OK)
        DN_FAIL(p.st, "out of memory for a picture of %d columns", p.columns);
    cut(p.text, view->rows);
    *out = p.text;
    p.text = NULL;
out:
    dn_free(p.text);
    dn_free(order);
    return st;
}

dn_status dn_watch_line(const dn_watch_state *s, bool utf8, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pen p = {.columns = 1 << 20, .utf8 = utf8};
    const dn_watch_stage *g = s->n_stages > 0 ? &s->stage[s->n_stages - 1] : NULL;
    char where[200];

    (void)dn_pen_print(&p, DN_PLAIN, "%s", s->fate_text);
    if (g != NULL && s->fate != DN_FATE_QUEUED) {
        where_it_is(s, where, sizeof where);
        (void)dn_pen_print(&p, DN_PLAIN, "  %s", g->name);
        if (!isnan(g->share))
            (void)dn_pen_print(&p, DN_PLAIN, " %.0f%%", floor(100 * g->share));
        (void)dn_pen_write(&p, DN_PLAIN, where);
    }
    if (isfinite(s->loss))
        (void)dn_pen_print(&p, DN_PLAIN, "  loss %.4g", s->loss);
    if (p.st != DN_OK)
        DN_FAIL(p.st, "out of memory for a line");
    *out = p.text;
    p.text = NULL;
out:
    dn_free(p.text);
    return st;
}
