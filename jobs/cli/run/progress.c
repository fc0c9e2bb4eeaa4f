/* progress.c - a bar with the time that is left; see progress.h */
#include "jobs/cli/run/progress.h"

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

static double before = -1; /* share of the training that was done when this start began */
static double last_drawn = -1;
static atomic_bool on_screen; /* whoever logs wipes it, and holds stderr while it does and writes */

/* The terminal that stderr ends at, or -1. mpirun hands its children a pipe and copies it to its own stderr,
 * so the launcher's stderr is asked, too. Opened once, kept to ask for the width. */
static int terminal(void)
{
    static int fd = -2;
    char path[64];

    if (fd != -2)
        return fd;
    fd = isatty(STDERR_FILENO) ? STDERR_FILENO : -1;
    if (fd < 0 && getenv("OMPI_COMM_WORLD_SIZE") != NULL) {
        snprintf(path, sizeof path, "/proc/%ld/fd/2", (long)getppid());
        fd = open(path, O_WRONLY | O_NOCTTY);
        if (fd >= 0 && !isatty(fd)) {
            close(fd);
            fd = -1;
        }
    }
    return fd;
}

static int terminal_width(void)
{
    struct winsize size;

    if (ioctl(terminal(), TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
        return size.ws_col;
    return 80;
}

static bool colour(void)
{
    const char *no = getenv("NO_COLOR");

    return no == NULL || no[0] == '\0';
}

static void remaining(double seconds, char *out, size_t cap)
{
    long s = (long)(seconds + 0.5);

    if (s >= 3600)
        snprintf(out, cap, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, cap, "%ld:%02ld", s / 60, s % 60);
}

static bool time_to_draw(double seconds)
{
    if (terminal() < 0 || (last_drawn >= 0 && seconds >= last_drawn && seconds - last_drawn < 0.1))
        return false;
    last_drawn = seconds;
    return true;
}

static void draw(double done, const char *text)
{
    char bar[64];
    int room = terminal_width() - (int)strlen(text) - 3, filled;

    room = room < 0 ? 0 : room > 60 ? 60 : room;
    filled = (int)(done * room);
    memset(bar, '#', (size_t)filled);
    memset(bar + filled, '.', (size_t)(room - filled));
    bar[room] = '\0';
    if (ftrylockfile(stderr) != 0) /* another thread writes a line: the bar comes at its next turn */
        return;
    fprintf(stderr, "\r\033[K%s[%s]%s%s", colour() ? "\033[36m" : "", bar, colour() ? "\033[0m" : "", text);
    fflush(stderr);
    atomic_store_explicit(&on_screen, true, memory_order_relaxed); /* stderr is held: that is the order */
    funlockfile(stderr);
}

void dn_progress_step(const dn_step_report *r)
{
    double steps = (double)r->epochs * (double)r->steps;
    double done = ((double)(r->epoch - 1) * (double)r->steps + (double)r->step) / steps;
    char text[128], eta[32];

    if (before < 0 || done <= before) /* what earlier starts did took none of these seconds */
        before = done - 1 / steps;
    if (!time_to_draw(r->seconds))
        return;
    remaining(r->seconds / (done - before) * (1 - done), eta, sizeof eta);
    snprintf(text, sizeof text, " %3.0f%% epoch %lld/%lld loss %.4f at most %s left", 100 * done,
             (long long)r->epoch, (long long)r->epochs, r->loss, eta);
    draw(done, text);
}

void dn_progress_work(const char *what, int64_t done, int64_t total, double seconds, double left)
{
    double share = total > 0 ? (double)done / (double)total : 1;
    bool known = isfinite(left);
    char text[128], eta[32];

    if (!time_to_draw(seconds))
        return;
    remaining(known ? left : 0, eta, sizeof eta);
    snprintf(text, sizeof text, " %3.0f%% %s%s%s%s", 100 * share, what, known ? " " : "", known ? eta : "",
             known ? " left" : "");
    draw(share, text);
}

void dn_progress_clear(void)
{
    if (atomic_exchange_explicit(&on_screen, false, memory_order_relaxed)) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}

void dn_progress_end(void)
{
    dn_progress_clear();
    last_drawn = -1;
}
