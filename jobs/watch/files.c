/* files.c - a run seen through its directory; see files.h */
#include "jobs/watch/files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/base/text.h"

enum { MOST_BYTES = 1 << 22 };

static void path_of(const dn_watch_files *f, const char *name, char *out)
{
    snprintf(out, DN_WATCH_PATH + 64, "%s/%s", f->dir, name);
}

static bool is_there(const dn_watch_files *f, const char *name)
{
    char path[DN_WATCH_PATH + 64];
    struct stat info;

    path_of(f, name, path);
    return stat(path, &info) == 0 && info.st_size > 0;
}

dn_status dn_watch_files_open(const char *run, dn_watch_files *out, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;
    char parts[DN_WATCH_PATH + 8];

    *out = (dn_watch_files){.server = 0};
    if (snprintf(out->dir, sizeof out->dir, "%s", run) >= (int)sizeof out->dir - 8)
        DN_FAIL(DN_EUSAGE, "%.60s...: the path is too long", run);
    snprintf(parts, sizeof parts, "%s.parts", run);
    if ((stat(run, &info) != 0 || !S_ISDIR(info.st_mode)) && stat(parts, &info) == 0 && S_ISDIR(info.st_mode))
        snprintf(out->dir, sizeof out->dir, "%.*s", DN_WATCH_PATH - 1, parts);
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

/* A file that is one object, when it is another than before; *out is NULL otherwise. */
static dn_status read_object(const dn_watch_files *f, const char *name, uint64_t *before, dn_json **out,
                             bool *out_there, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_WATCH_PATH + 64], *text = NULL;
    dn_error ignored = DN_ERROR_INIT;
    struct stat info;
    size_t len = 0;
    uint64_t hash;

    *out = NULL;
    path_of(f, name, path);
    DN_TRY(read_from(path, 0, &text, &len, &info, err));
    *out_there = text != NULL && len > 0;
    hash = *out_there ? dn_hash(text, len) : 0;
    if (*out_there && hash != *before) {
        st = dn_json_read(path, text, len, out, &ignored);
        if (st == DN_ENOMEM)
            DN_FAIL(st, "%s", ignored.text);
        st = DN_OK; /* no JSON: whoever writes it may be at fault, we go on without */
        *before = hash;
    }
out:
    dn_free(text);
    return st;
}

/* ---- metrics ---- */

static dn_status give_line(const char *line, size_t len, const dn_watch_sink *sink, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error ignored = DN_ERROR_INIT;
    dn_json *e = NULL;

    if (dn_json_read("line", line, len, &e, &ignored) == DN_OK)
        DN_TRY(sink->event(sink->ctx, "d1.epoch", e, err));
out:
    dn_json_destroy(&e);
    return st;
}

/* Complete lines that are new; from the beginning when it is another file, or shorter than it was. */
static dn_status read_metrics(dn_watch_files *f, const dn_watch_sink *sink, bool *out_there, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_WATCH_PATH + 64], *text = NULL, *at, *end;
    struct stat info;
    size_t len = 0;
    int64_t from;

    path_of(f, "metrics.jsonl", path);
    *out_there = stat(path, &info) == 0 && info.st_size > 0;
    if (!*out_there)
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

/* Whether somebody holds the lock of jobs/cli/run_lock.h, and its process id as it has signed. */
static void look_at_lock(const dn_watch_files *f, dn_watch_facts *out)
{
    char path[DN_WATCH_PATH + 64], text[256] = "";
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    long long pid = 0;
    int fd;

    path_of(f, "lock", path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    out->holder = 0;
    if (fd < 0) {
        out->locked = errno == ENOENT ? DN_NO : DN_UNKNOWN;
        return;
    }
    if (fcntl(fd, F_GETLK, &lock) != 0)
        out->locked = DN_UNKNOWN;
    else
        out->locked = lock.l_type == F_UNLCK ? DN_NO : DN_YES;
    if (read(fd, text, sizeof text - 1) > 0 && sscanf(text, "%*s %lld", &pid) == 1)
        out->holder = pid;
    close(fd);
}

static dn_known look_at_process(const dn_watch_state *s)
{
    char host[DN_WATCH_NAME] = "";

    if (s->pid <= 1 || s->pid > INT32_MAX || gethostname(host, sizeof host - 1) != 0 ||
        strcmp(host, s->host) != 0)
        return DN_UNKNOWN;
    return kill((pid_t)s->pid, 0) == 0 || errno == EPERM ? DN_YES : DN_NO;
}

static void look_around(const dn_watch_files *f, const dn_watch_state *s, dn_watch_facts *out)
{
    struct stat info;

    out->directory = stat(f->dir, &info) == 0 && S_ISDIR(info.st_mode);
    out->model = is_there(f, "model.h5") || is_there(f, "network.h5") || is_there(f, "screen.h5");
    out->checkpoint = is_there(f, "checkpoint.h5") || is_there(f, "checkpoint.h5.previous");
    look_at_lock(f, out);
    out->process = look_at_process(s);
}

/* Clocks of nodes differ, so a change that we have seen counts more than what the file says of the time. */
static double quiet_for(const dn_watch_files *f, const dn_watch_state *s, int64_t now)
{
    double here = 1e-9 * (double)dn_clock_now();
    int64_t said = dn_watch_time(s->t);

    if (f->changed > 0)
        return here - f->changed;
    return said > 0 && now > said ? (double)(now - said) : 0;
}

static dn_status look_at_heartbeat(dn_watch_files *f, const dn_watch_state *s, const dn_watch_sink *sink,
                                   bool *out_there, dn_error *err)
{
    dn_status st = DN_OK;
    uint64_t before = f->heartbeat;
    dn_json *e = NULL;
    const char *t;

    DN_TRY(read_object(f, "control/heartbeat.json", &f->heartbeat, &e, out_there, err));
    if (e == NULL)
        goto out;
    t = dn_json_to_string(dn_json_get(e, "started_utc"));
    if (t != NULL && s->started[0] != '\0' && strcmp(t, s->started) != 0) /* of the start before this one */
        goto out;
    if (before != 0)
        f->changed = 1e-9 * (double)dn_clock_now();
    if (s->seq >= 0 && dn_json_to_int(dn_json_get(e, "seq")) <= s->seq) /* it came by the connection */
        goto out;
    DN_TRY(sink->event(sink->ctx, "d1.status", e, err));
out:
    dn_json_destroy(&e);
    return st;
}

dn_status dn_watch_files_look(dn_watch_files *f, const dn_watch_state *s, bool live, int64_t now,
                              const dn_watch_sink *sink, dn_watch_facts *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *server = NULL;
    uint64_t before = f->server;
    bool first = f->heartbeat == 0;

    DN_TRY(read_object(f, "control/server.json", &f->server, &server, &out->server, err));
    if (server != NULL)
        DN_TRY(sink->event(sink->ctx, "server", server, err));
    if (server != NULL)
        f->metrics_at = 0; /* a run that is gone on with writes them anew */
    if (f->server != before && before != 0)
        f->changed = 1e-9 * (double)dn_clock_now(); /* a start is a sign of life */
    if (!live || first)
        DN_TRY(look_at_heartbeat(f, s, sink, &out->heartbeat, err));
    DN_TRY(read_metrics(f, sink, &out->metrics, err));
    look_around(f, s, out);
    out->quiet_s = live || !out->heartbeat ? 0 : quiet_for(f, s, now);
out:
    dn_json_destroy(&server);
    return st;
}
