/* render.c - a run as lines of text; see render.h */
#include "jobs/watch/render.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jobs/watch/fate.h"
#include "jobs/watch/pen.h"
#include "jobs/watch/ranks.h"
#include "solvers/base/alloc.h"

enum {
    MOST_COLUMNS = 1000,
    LABEL = 12,
    MOST_BAR = 60,
    LEAST_CURVE = 10,
    LEAST_LOGS = 3,
    LAST_LOGS = 5,
    SMALL = 12
};

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

/* "17,698,275" */
static void thousands(int64_t n, char *out, size_t cap)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n);
    size_t at = 0;

    for (int i = 0; i < len && at + 2 < cap; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
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

/* small: who it is, is left out. */
static void write_head(dn_pen *p, const dn_watch_state *s, bool small)
{
    bool watched = s->fate == DN_FATE_RUNNING || s->fate == DN_FATE_SILENT || s->fate == DN_FATE_STARTING;

    (void)dn_pen_write(p, DN_BOLD, s->run);
    (void)dn_pen_write(p, DN_PLAIN, "  ");
    write_fate(p, s);
    if (small || (s->host[0] == '\0' && s->size == 0))
        return;
    begin(p, "job");
    if (s->job[0] != '\0')
        (void)dn_pen_print(p, DN_PLAIN, "%s, ", s->job);
    (void)dn_pen_print(p, DN_PLAIN, "process %lld on %s", (long long)s->pid, s->host);
    if (s->size > 0)
        (void)dn_pen_print(p, DN_PLAIN, ", %lld rank%s", (long long)s->size, s->size == 1 ? "" : "s");
    if (s->restarts > 0)
        (void)dn_pen_print(p, DN_WARNING, ", restart %lld", (long long)s->restarts);
    if (watched && s->link[0] != '\0')
        (void)dn_pen_print(p, DN_FAINT, ", watched %s", s->link);
    if (s->refused > 0)
        (void)dn_pen_print(p, DN_WARNING, ", refused: %lld", (long long)s->refused);
    dn_pen_end(p);
    if (!watched || s->no_link[0] == '\0' || strcmp(s->link, "live") == 0)
        return;
    dn_pen_tab(p, LABEL);
    (void)dn_pen_write(p, DN_FAINT, "not live: ");
    (void)dn_pen_write(p, DN_FAINT, s->no_link);
    dn_pen_end(p);
}

/* Beside the bar: how far, how long. What matters less goes where there is no room: drop 1 the step, 2 the
 * time that is gone, 3 how much is done, 4 what is left. of_part: of the part at hand of the stage that runs;
 * otherwise of the stage. */
enum { DROPS = 4 };

static size_t how_far(const dn_watch_state *s, bool of_part, char *out, size_t cap)
{
    char done[32], total[32];

    out[0] = '\0';
    if (of_part || s->epochs <= 0 || s->epoch < 0) {
        if (s->total <= 0 || s->done < 0)
            return 0;
        thousands(s->done, done, sizeof done);
        thousands(s->total, total, sizeof total);
        return (size_t)snprintf(out, cap, "  %s of %s %.20s", done, total, s->unit);
    }
    if (s->fate == DN_FATE_FINISHED && s->epoch < s->epochs && s->part[0] == '\0')
        return (size_t)snprintf(out, cap, "  ended with epoch %lld of %lld", (long long)s->epoch,
                                (long long)s->epochs);
    return (size_t)snprintf(out, cap, "  %s %lld/%lld", s->part[0] != '\0' ? "part" : "epoch",
                            (long long)s->epoch, (long long)s->epochs);
}

static void where_it_is(const dn_watch_state *s, bool of_part, int drop, char *out, size_t cap)
{
    bool running = s->fate == DN_FATE_RUNNING, parts = s->part[0] != '\0';
    char t[32];
    size_t at = drop < 3 ? how_far(s, of_part, out, cap) : 0;

    out[at] = '\0';
    if (drop < 1 && s->step >= 0 && s->steps > 0 && s->fate != DN_FATE_FINISHED && !parts)
        at +=
            (size_t)snprintf(out + at, cap - at, "  step %lld/%lld", (long long)s->step, (long long)s->steps);
    if (drop < 4 && isfinite(s->eta_s) && running && of_part == parts) {
        length_of(s->eta_s, t, sizeof t);
        at += (size_t)snprintf(out + at, cap - at, "  %s left", t);
    }
    if (drop < 2 && isfinite(s->elapsed_s) && !of_part) {
        length_of(s->elapsed_s, t, sizeof t);
        snprintf(out + at, cap - at, "  %s elapsed", t);
    }
}

static void write_progress(dn_pen *p, const dn_watch_state *s, const char *label, double share, bool over,
                           bool of_part)
{
    char where[200] = "";
    int room = 0, least = p->columns < 60 ? 10 : 20;

    begin(p, label);
    if (dn_pen_width(label, p->utf8) >= LABEL)
        (void)dn_pen_write(p, DN_PLAIN, " ");
    for (int drop = 0; drop <= DROPS && room < least; drop++) {
        if (!over)
            where_it_is(s, of_part, drop, where, sizeof where);
        room = p->columns - p->at - 5 - dn_pen_width(where, p->utf8);
    }
    write_bar(p, share, room > MOST_BAR ? MOST_BAR : room > 0 ? room : 0, over ? DN_GOOD : DN_BAR);
    if (isnan(share))
        (void)dn_pen_write(p, DN_PLAIN, "   ? ");
    else
        (void)dn_pen_print(p, DN_PLAIN, " %3.0f%%", floor(100 * share));
    (void)dn_pen_write(p, DN_PLAIN, where);
    dn_pen_end(p);
}

static void write_stage(dn_pen *p, const dn_watch_state *s, const dn_watch_stage *g)
{
    bool all = g->over || s->fate == DN_FATE_FINISHED;

    write_progress(p, s, g->name, all ? 1 : g->share, g->over, false);
    if (!all && s->part[0] != '\0')
        write_progress(p, s, s->part, dn_watch_part_share(s), false, true);
}

/* "loss   0.4123  ▇▅▃▂▁  0.4123 to 0.6931, 5 epochs", or which one was the best, the lowest */
static void write_curve(dn_pen *p, const char *label, const double *v, int64_t n, const char *of,
                        int64_t opt_best)
{
    char curve[MOST_COLUMNS * 4 + 1], range[120];
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
    if (opt_best > 0)
        snprintf(range, sizeof range, "  best %.4g, epoch %lld", least, (long long)opt_best);
    else
        snprintf(range, sizeof range, "  %.4g to %.4g, %lld %s", least, most, (long long)n, of);
    room = p->columns - p->at - (int)strlen(range);
    if (room < LEAST_CURVE)
        room = p->columns - p->at;
    if (room > 0) {
        (void)dn_sparkline(v, n, room > 100 ? 100 : room, p->utf8, curve);
        (void)dn_pen_write(p, DN_BAR, curve);
    }
    if (dn_pen_width(range, p->utf8) <= p->columns - p->at)
        (void)dn_pen_write(p, DN_FAINT, range);
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
                         double (*of)(const dn_watch_epoch *), bool name_lowest)
{
    double v[MOST_COLUMNS], least = INFINITY;
    int64_t n = s->n_epochs < MOST_COLUMNS ? s->n_epochs : MOST_COLUMNS, best = 0;

    for (int64_t i = 0; i < n; i++) {
        const dn_watch_epoch *e = &s->epochs_done[s->n_epochs - n + i];

        v[i] = of(e);
        if (v[i] < least) {
            least = v[i];
            best = e->epoch;
        }
    }
    write_curve(p, label, v, n, n == 1 ? "epoch" : "epochs", name_lowest ? best : 0);
}

/* What a stage without epochs tells of itself. */
static void write_metrics(dn_pen *p, const dn_watch_state *s)
{
    if (s->n_metrics == 0 || s->n_epochs > 0)
        return;
    begin(p, "so far");
    for (int i = 0; i < s->n_metrics; i++)
        (void)dn_pen_print(p, DN_PLAIN, "%s%s %.6g", i > 0 ? ", " : "", s->metric[i].name,
                           s->metric[i].value);
    dn_pen_end(p);
}

static void write_speed(dn_pen *p, const dn_watch_state *s)
{
    char figure[40];

    if (!isfinite(s->per_second) || s->per_second <= 0 || s->fate != DN_FATE_RUNNING)
        return;
    if (s->per_second < 10)
        snprintf(figure, sizeof figure, "%.2f", s->per_second);
    else
        thousands((int64_t)fmin(s->per_second + 0.5, 9e18), figure, sizeof figure);
    begin(p, "speed");
    (void)dn_pen_print(p, DN_PLAIN, "%s %s/s", figure, s->unit[0] != '\0' ? s->unit : "units");
    dn_pen_end(p);
}

static void write_curves(dn_pen *p, const dn_watch_state *s)
{
    if (s->n_losses > 0 && s->n_epochs < 2)
        write_curve(p, "loss", s->losses, s->n_losses, s->n_losses == 1 ? "reading" : "readings", 0);
    else
        write_epochs(p, s, "loss", train_loss, false);
    write_epochs(p, s, "val. loss", validation_loss, true);
    write_epochs(p, s, "val. AUROC", validation_auroc, false);
    write_metrics(p, s);
}

/* "epoch" -> "after an epoch"; a reason that is not known stands for itself. */
static const char *reason_in_words(const dn_watch_state *s)
{
    static const char *const words[][2] = {
        {"interval", "by the clock"}, {"a command", "asked for"}, {"stop", "before it stopped"}};
    const char *reason = s->checkpoint_reason;

    if (strcmp(reason, "epoch") == 0) /* or what a stage calls so */
        return s->epochs > 0 && s->part[0] == '\0' ? "after an epoch" : "after a part";

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(reason, words[i][0]) == 0)
            return words[i][1];
    return reason;
}

/* A piece that is worth nothing when it is cut. */
static void write_whole(dn_pen *p, dn_ink ink, const char *format, ...) DN_PRINTF(3, 4);
static void write_whole(dn_pen *p, dn_ink ink, const char *format, ...)
{
    char text[DN_WATCH_LINE + 8];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (p->at + dn_pen_width(text, p->utf8) <= p->columns)
        (void)dn_pen_write(p, ink, text);
}

/* Of a finished run none is left. */
static void write_checkpoint(dn_pen *p, const dn_watch_state *s, int64_t now)
{
    int64_t t = dn_watch_time(s->checkpoint_t);
    bool any = s->checkpoint_t[0] != '\0', file = !any && s->checkpoint_file > 0;
    char time[32];

    if (s->fate == DN_FATE_FINISHED || (!any && !file && !(s->checkpoint_every_s > 0)))
        return;
    begin(p, "checkpoint");
    if (!any && !file)
        (void)dn_pen_write(p, DN_PLAIN, "none yet");
    if (file && now >= s->checkpoint_file) {
        length_of((double)(now - s->checkpoint_file), time, sizeof time);
        (void)dn_pen_print(p, DN_PLAIN, "%s ago, ", time);
    }
    if (file)
        (void)dn_pen_write(p, DN_PLAIN, "of an earlier start");
    if (any && now > 0 && t > 0 && now >= t) {
        length_of((double)(now - t), time, sizeof time);
        (void)dn_pen_print(p, DN_PLAIN, "%s ago", time);
    } else if (any)
        (void)dn_pen_write(p, DN_PLAIN, s->checkpoint_t);
    if (any && s->checkpoint_reason[0] != '\0')
        write_whole(p, DN_PLAIN, ", %s", reason_in_words(s));
    if (any && isfinite(s->checkpoint_s))
        write_whole(p, DN_PLAIN, ", took %.2g s", s->checkpoint_s);
    if (s->checkpoint_every_s > 0) {
        length_of(s->checkpoint_every_s, time, sizeof time);
        write_whole(p, DN_PLAIN, "; one every %s", time);
    }
    if (any && s->checkpoint_path[0] != '\0')
        write_whole(p, DN_FAINT, "; %s", s->checkpoint_path);
    dn_pen_end(p);
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

/* The first `rows` lines. */
static void cut(dn_pen *p, int rows)
{
    char *at = p->text;

    for (int i = 0; i < rows && at != NULL; i++) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    if (at == NULL || *at == '\0')
        return;
    *at = '\0';
    p->len = (size_t)(at - p->text);
    p->lines = rows;
}

/* How many of these lines ranks may have, so that some of the log is left. */
static int rank_share(const dn_watch_state *s, int rows)
{
    int logs = s->n_logs < LEAST_LOGS ? s->n_logs : LEAST_LOGS, wanted = dn_ranks_wanted(s);

    return rows - logs > rows / 2 || wanted > rows ? rows - logs : rows / 2;
}

dn_status dn_watch_render(const dn_watch_state *s, const dn_watch_view *view, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    int rows = view->rows > 0 ? view->rows : 1 << 20, keys = view->keys && rows > 2, left;
    bool small = rows < SMALL;
    dn_pen p = {.columns = view->columns < 1              ? 1
                           : view->columns > MOST_COLUMNS ? MOST_COLUMNS
                                                          : view->columns,
                .utf8 = view->utf8,
                .colour = view->colour};

    write_head(&p, s, small);
    for (int i = small && s->n_stages > 0 ? s->n_stages - 1 : 0; i < s->n_stages; i++)
        write_stage(&p, s, &s->stage[i]);
    write_curves(&p, s);
    if (!small)
        write_speed(&p, s);
    write_checkpoint(&p, s, view->now);
    left = rows - p.lines - keys;
    DN_TRY(dn_ranks_write(&p, s, LABEL, rank_share(s, left), err));
    left = view->rows > 0 ? rows - p.lines - keys : LAST_LOGS;
    for (int i = s->n_logs > left ? s->n_logs - left : 0; left > 0 && i < s->n_logs; i++)
        write_log(&p, &s->logs[i]);
    if (p.st == DN_OK)
        cut(&p, rows - keys);
    if (keys) {
        (void)dn_pen_write(&p, DN_FAINT, "q leaves, the job goes on");
        dn_pen_end(&p);
    }
    if (p.st != DN_OK)
        DN_FAIL(p.st, "out of memory for a picture of %d columns", p.columns);
    p.text[p.len - 1] = '\0'; /* the last line does not end, or the window would scroll */
    *out = p.text;
    p.text = NULL;
out:
    dn_free(p.text);
    return st;
}

/* "  train gener 23%  epoch 3/20  0:41 left  0:12 elapsed" */
static void write_place(dn_pen *p, const dn_watch_state *s, const char *label, double share, bool of_part)
{
    char where[200];

    where_it_is(s, of_part, 1, where, sizeof where);
    (void)dn_pen_print(p, DN_PLAIN, "  %s", label);
    if (!isnan(share))
        (void)dn_pen_print(p, DN_PLAIN, " %.0f%%", floor(100 * share));
    (void)dn_pen_write(p, DN_PLAIN, where);
}

dn_status dn_watch_line(const dn_watch_state *s, bool utf8, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pen p = {.columns = 1 << 20, .utf8 = utf8};
    const dn_watch_stage *g = s->n_stages > 0 ? &s->stage[s->n_stages - 1] : NULL;

    (void)dn_pen_print(&p, DN_PLAIN, "%s", s->fate_text);
    if (g != NULL && s->fate != DN_FATE_QUEUED) {
        write_place(&p, s, g->name, g->share, false);
        if (s->part[0] != '\0' && s->fate != DN_FATE_FINISHED)
            write_place(&p, s, s->part, dn_watch_part_share(s), true);
    }
    if (isfinite(s->loss) && s->fate != DN_FATE_QUEUED)
        (void)dn_pen_print(&p, DN_PLAIN, "  loss %.4g", s->loss);
    if (p.st != DN_OK)
        DN_FAIL(p.st, "out of memory for a line");
    *out = p.text;
    p.text = NULL;
out:
    dn_free(p.text);
    return st;
}
