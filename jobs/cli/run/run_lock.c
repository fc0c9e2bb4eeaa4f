/* run_lock.c - one live run in a directory; see run_lock.h */
#include "jobs/cli/run/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "solvers/base/log.h"

enum { STEP_MS = 100, MOST_REPLACED = 50, HOLDER = 200 };

/* What came of one attempt. */
typedef enum outcome { TAKEN, BUSY, REPLACED, NO_FILE, NO_LOCKS } outcome;

/* Whether the open file is still the one under this path: the holder before removes it when it ends. */
static bool in_place(int fd, const char *path)
{
    struct stat open_one, named;

    return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 && open_one.st_dev == named.st_dev &&
           open_one.st_ino == named.st_ino;
}

static outcome attempt(dn_run_lock *l)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    outcome what = TAKEN;
    int refused;

    l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (l->fd < 0)
        return NO_FILE;
    do /* a signal on the way to a server says nothing about locks */
        refused = fcntl(l->fd, F_SETLK, &whole);
    while (refused != 0 && errno == EINTR);
    if (refused != 0)
        what = errno == EAGAIN || errno == EACCES ? BUSY : NO_LOCKS;
    else if (!in_place(l->fd, l->path))
        what = REPLACED;
    if (what != TAKEN)
        close(l->fd);
    l->held = what == TAKEN;
    return what;
}

/* "HOST PID TIME"; a failure costs others the name in the message, nothing else. */
static void sign(const dn_run_lock *l)
{
    char host[100] = "", text[HOLDER];
    time_t now = time(NULL);
    struct tm utc;
    int len;

    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        snprintf(host, sizeof host, "unknown");
    if (gmtime_r(&now, &utc) == NULL)
        utc = (struct tm){0};
    len = snprintf(text, sizeof text, "%s %ld %04d-%02d-%02dT%02d:%02d:%02dZ\n", host, (long)getpid(),
                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    if (ftruncate(l->fd, 0) != 0 || pwrite(l->fd, text, (size_t)len, 0) != len)
        dn_log(DN_DEBUG, "lock", "cannot be signed", "file=\"%s\" why=\"%s\"", l->path, strerror(errno));
}

/* Who holds it, in words. */
static void read_holder(const char *path, char *out, size_t cap)
{
    char host[100], since[40];
    long pid;
    FILE *f = fopen(path, "r");

    snprintf(out, cap, "another process");
    if (f != NULL && fscanf(f, "%99s %ld %39s", host, &pid, since) == 3)
        snprintf(out, cap, "process %ld on host %s, since %s", pid, host, since);
    if (f != NULL)
        fclose(f);
}

static void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
}

dn_status dn_run_lock_take(const char *dir, int wait_ms, dn_run_lock *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_run_lock l = {.held = false};
    char holder[HOLDER] = "";
    outcome what;
    int replaced = 0;

    *out = l;
    if (snprintf(l.path, sizeof l.path, "%s/lock", dir) >= (int)sizeof l.path)
        DN_FAIL(DN_ECANTCREAT, "%.60s...: the path is too long", dir);
    while ((what = attempt(&l)) == BUSY || what == REPLACED) {
        bool over = what == BUSY ? wait_ms <= 0 : ++replaced > MOST_REPLACED;

        if (over) {
            read_holder(l.path, holder, sizeof holder);
            DN_FAIL(DN_ECANTCREAT, "%.80s: a run goes on there: %s; wait for it or stop it", dir, holder);
        }
        sleep_ms(STEP_MS);
        wait_ms -= what == BUSY ? STEP_MS : 0;
    }
    if (what == TAKEN)
        sign(&l);
    if (what == NO_LOCKS)
        dn_log(DN_WARN, "lock", "no locks there: nothing keeps a second run out", "directory=\"%s\"", dir);
    *out = l;
out:
    return st;
}

void dn_run_lock_release(dn_run_lock *l)
{
    if (!l->held)
        return;
    unlink(l->path); /* before others can have the lock: they look whether it is in place */
    close(l->fd);
    l->held = false;
}
