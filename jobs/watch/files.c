/* files.c - a run seen through its directory; see files.h */
#include "jobs/watch/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "jobs/control/control_files.h"
#include "jobs/control/protocol.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/base/text.h"

enum { MOST_BYTES = 1 << 22 };

static void path_of(const dn_watch_files *f, const char *name, char *out)
{
    snprintf(out, DN_WATCH_PATH + 64, "%s/%s", f->dir, name);
}

static bool is_there(const dn_watch_files *f, const char *name, struct stat *info)
{
    char path[DN_WATCH_PATH + 64];

    path_of(f, name, path);
    return stat(path, info) == 0 && info->st_size > 0;
}

dn_status dn_watch_files_open(const char *run, dn_watch_files *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_watch_files){.server = 0};
    DN_TRY(dn_control_find_run(run, out->dir, err));
out:
    return st;
}

/* Up to MOST_BYTES of a plain file from `from` on, for dn_free(); *out is NULL when it cannot be read. */
static dn_status read_from(const char *path, int64_t from, char **out, size_t *out_len, struct stat *info,
                           dn_error *err)
{
    dn_status st = DN_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = NULL;
    size_t len = 0;
    ssize_t got = 1;

    *out = NULL;
    if (fd < 0 || fstat(fd, info) != 0 || !S_ISREG(info->st_mode))
        goto out;
    len = info->st_size > from ? (size_t)(info->st_size - from) : 0;
    len = len > MOST_BYTES ? MOST_BYTES : len;
    DN_NEW(text, len + 1);
    *out_len = 0;
    while (*out_len < len && got > 0) {
        got = pread(fd, text + *out_len, len - *out_len, (off_t)(from + (int64_t)*out_len));
        *out_len += got > 0 ? (size_t)got : 0;
    }
    *out = text;
    text = NULL;
out:
    if (fd >= 0)
        close(fd);
    dn_free(text);
    return st;
}

/* A file that is one object; NULL when it is not there, or is no JSON: whoever writes it may be at fault, we
 * go on without. */
static dn_status read_object(const dn_watch_files *f, const char *name, dn_json **out, uint64_t *out_hash,
                             struct stat *info, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_WATCH_PATH + 64], *text = NULL;
    dn_error ignored = DN_ERROR_INIT;
    size_t len = 0;

    *out = NULL;
    *out_hash = 0;
    path_of(f, name, path);
    DN_TRY(read_from(path, 0, &text, &len, info, err));
    if (text != NULL && len > 0) {
        *out_hash = dn_hash(text, len);
        st = dn_json_read(path, text, len, out, &ignored);
        if (st == DN_ENOMEM)
            DN_FAIL(st, "%s", ignored.text);
        st = DN_OK;
    }
out:
    dn_free(text);
    return st;
}

/* Whether a was written after b; both on one file system, so by one clock. */
static bool is_younger(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec > b->st_mtim.tv_sec ||
           (a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec >= b->st_mtim.tv_nsec);
}

/* ---- metrics ---- */

static dn_status give_line(const char *line, size_t len, const dn_watch_sink *sink, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error ignored = DN_ERROR_INIT;
    dn_json *e = NULL;

    if (dn_json_read("line", line, len, &e, &ignored) == DN_OK)
        DN_TRY(sink->event(sink->ctx, DN_TOPIC_EPOCH, e, err));
out:
    dn_json_destroy(&e);
    return st;
}

/* Complete lines that are new; from the beginning when it is another file, or shorter than it was. A run that
 * goes on writes those of its epochs anew when it begins, so older ones than the lock are of a run before.
 * lock: of who holds it, if anybody does. */
static dn_status read_metrics(dn_watch_files *f, const dn_watch_sink *sink, const struct stat *lock,
                              dn_watch_facts *out, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_WATCH_PATH + 64], *text = NULL, *at, *end;
    struct stat info;
    size_t len = 0;
    int64_t from;

    path_of(f, "metrics.jsonl", path);
    out->metrics = stat(path, &info) == 0 && info.st_size > 0;
    out->reports = out->metrics && out->holder > 0 && is_younger(&info, lock);
    if (!out->metrics || (out->holder > 0 && !out->reports))
        goto out;
    if (info.st_ino != f->metrics || info.st_size < f->metrics_at)
        f->metrics_at = 0;
    f->metrics = info.st_ino;
    from = f->metrics_at > 0 ? f->metrics_at - 1 : 0;
    DN_TRY(read_from(path, from, &text, &len, &info, err));
    at = text;
    if (at != NULL && len > 0 && f->metrics_at > 0) {
        if (*at != '\n') { /* written anew meanwhile */
            f->metrics_at = 0;
            goto out;
        }
        at++;
        len--;
    }
    for (; at != NULL && (end = memchr(at, '\n', len)) != NULL; at = end + 1) {
        size_t line = (size_t)(end - at);

        f->metrics_at += (int64_t)line + 1;
        len -= line + 1;
        if (line > 0)
            DN_TRY(give_line(at, line, sink, err));
    }
out:
    dn_free(text);
    return st;
}

/* ---- signs of life ---- */

/* Whether somebody holds the lock of jobs/cli/run/run_lock.h, host and process id as it has signed, and when.
 */
static void look_at_lock(const dn_watch_files *f, dn_watch_facts *out, struct stat *info)
{
    char path[DN_WATCH_PATH + 64], text[256] = "";
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    long long pid = 0;
    int fd;

    path_of(f, "lock", path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    out->holder = 0;
    out->holder_host[0] = '\0';
    out->locked = DN_UNKNOWN;
    *info = (struct stat){.st_size = 0};
    if (fd < 0) {
        out->locked = errno == ENOENT ? DN_NO : DN_UNKNOWN;
        return;
    }
    if (fcntl(fd, F_GETLK, &lock) == 0)
        out->locked = lock.l_type == F_UNLCK ? DN_NO : DN_YES;
    if (out->locked == DN_YES && read(fd, text, sizeof text - 1) > 0 &&
        sscanf(text, "%63s %lld", out->holder_host, &pid) == 2 && pid > 0 && fstat(fd, info) == 0)
        out->holder = pid;
    close(fd);
}

static dn_known look_at_process(const dn_watch_state *s)
{
    dn_process p = dn_process_look(s->host, s->pid);

    return p == DN_PROCESS_UNKNOWN ? DN_UNKNOWN : p == DN_PROCESS_GONE ? DN_NO : DN_YES;
}

static void look_around(const dn_watch_files *f, const dn_watch_state *s, dn_watch_facts *out)
{
    struct stat info;

    out->directory = stat(f->dir, &info) == 0 && S_ISDIR(info.st_mode);
    out->closed = access(f->dir, R_OK | X_OK) != 0 && errno == EACCES;
    out->model =
        is_there(f, "model.h5", &info) || is_there(f, "network.h5", &info) || is_there(f, "screen.h5", &info);
    out->checkpoint = is_there(f, "checkpoint.h5", &info) || is_there(f, "checkpoint.h5.previous", &info);
    out->checkpoint_at = out->checkpoint ? (int64_t)info.st_mtim.tv_sec : 0;
    out->process = look_at_process(s);
}

/* Clocks of nodes differ, so a change that we have seen counts more than what the file says of the time. */
static double quiet_for(const dn_watch_files *f, const dn_watch_state *s, int64_t now)
{
    double here = dn_clock_s();
    int64_t said = dn_watch_time(s->t);

    if (f->changed > 0)
        return here - f->changed;
    return said > 0 && now > said ? (double)(now - said) : 0;
}

/* The holder of a lock that is known by its signature alone, so far. */
static dn_status give_start(dn_watch_files *f, const char *host, int64_t pid, const char *started,
                            const dn_watch_sink *sink, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *e = dn_json_create();

    if (pid > 0) {
        dn_json_string(e, "host", host);
        dn_json_int(e, "pid", pid);
    }
    if (started != NULL)
        dn_json_string(e, "started_utc", started);
    f->metrics_at = 0;
    f->changed = dn_clock_s();
    DN_TRY(sink->event(sink->ctx, "start", e, err));
out:
    dn_json_destroy(&e);
    return st;
}

/* server.json, unless somebody else holds the lock: then it is of a start before. */
static dn_status look_at_server(dn_watch_files *f, const dn_watch_state *s, const dn_watch_sink *sink,
                                dn_watch_facts *out, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;
    dn_json *e = NULL;
    uint64_t hash;
    bool others;

    DN_TRY(read_object(f, "control/server.json", &e, &hash, &info, err));
    others = e != NULL && out->holder > 0 && dn_json_to_int(dn_json_get(e, "pid")) != out->holder;
    out->server = hash != 0 && !others;
    if (out->server && e != NULL && hash != f->server) {
        f->metrics_at = 0; /* a run that is gone on with writes them anew */
        if (f->server != 0)
            f->changed = dn_clock_s(); /* a start is a sign of life */
        DN_TRY(sink->event(sink->ctx, "server", e, err));
    }
    f->server = out->server ? hash : 0;
    if (out->holder > 0 && out->holder != s->pid)
        DN_TRY(give_start(f, out->holder_host, out->holder, NULL, sink, err));
out:
    dn_json_destroy(&e);
    return st;
}

/* Of the start that is known, or a later one; not of one before. lock: of who holds it, if anybody does. */
static bool is_of_this_start(const dn_watch_state *s, const dn_watch_facts *facts, const char *started,
                             const struct stat *info, const struct stat *lock)
{
    if (facts->server && started != NULL && s->started[0] != '\0')
        return strcmp(started, s->started) == 0;
    return facts->holder > 0 ? is_younger(info, lock)
                             : started == NULL || strcmp(started, s->started) >= 0; /* texts of UTC */
}

static dn_status look_at_heartbeat(dn_watch_files *f, const dn_watch_state *s, const dn_watch_sink *sink,
                                   const struct stat *lock, dn_watch_facts *out, dn_error *err)
{
    dn_status st = DN_OK;
    uint64_t before = f->heartbeat, hash;
    struct stat info;
    dn_json *e = NULL;
    const char *started;

    DN_TRY(read_object(f, "control/heartbeat.json", &e, &hash, &info, err));
    started = dn_json_to_string(dn_json_get(e, "started_utc"));
    out->heartbeat = hash != 0 && is_of_this_start(s, out, started, &info, lock);
    if (!out->heartbeat || e == NULL || hash == before)
        goto out;
    f->heartbeat = hash;
    if (before != 0)
        f->changed = dn_clock_s();
    if (started != NULL && s->started[0] != '\0' && strcmp(started, s->started) != 0)
        DN_TRY(give_start(f, "", 0, started, sink, err)); /* it began and ended while nobody looked */
    if (s->seq < 0 || dn_json_to_int(dn_json_get(e, "seq")) > s->seq) /* not by the connection before */
        DN_TRY(sink->event(sink->ctx, DN_TOPIC_STATUS, e, err));
out:
    dn_json_destroy(&e);
    return st;
}

dn_status dn_watch_files_look(dn_watch_files *f, const dn_watch_state *s, bool live, int64_t now,
                              const dn_watch_sink *sink, dn_watch_facts *out, dn_error *err)
{
    dn_status st = DN_OK;
    bool first = f->heartbeat == 0;
    struct stat lock;

    look_at_lock(f, out, &lock);
    DN_TRY(look_at_server(f, s, sink, out, err));
    if (!live || first)
        DN_TRY(look_at_heartbeat(f, s, sink, &lock, out, err));
    DN_TRY(read_metrics(f, sink, &lock, out, err));
    look_around(f, s, out);
    out->quiet_s = live || !out->heartbeat ? 0 : quiet_for(f, s, now);
out:
    return st;
}
