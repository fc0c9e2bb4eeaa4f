/* terminal.c - the terminal that a run is watched in; see terminal.h */
#include "jobs/watch/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"

enum { GAP_S = 3 }; /* longer than any sleep and look of ours */

/* Signal handlers have no other way to be told; one terminal a process. Any thread may be the one that a
 * signal interrupts, such as those that OpenBLAS starts. */
static atomic_int leaving, pausing;
static struct termios before;
static bool is_open;
static double seen_at; /* s; when we last slept, or woke up */

static void say(const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(STDOUT_FILENO, bytes, n);

        if (done < 0 && errno != EINTR)
            return; /* the terminal is gone; the next look for a key says so */
        bytes += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
}

/* other page, no cursor, lines that are too long are cut */
static const char enter[] = "\033[?1049h\033[?25l\033[?7l\033[2J";
static const char leave[] = "\033[?7h\033[?25h\033[?1049l";

static void on_signal(int number)
{
    if (number == SIGTSTP)
        pausing = 1;
    else if (number != SIGWINCH) /* that one only wakes up */
        leaving = 1;
}

static void on(int number, void (*handler)(int))
{
    struct sigaction a = {.sa_handler = handler};

    sigemptyset(&a.sa_mask);
    sigaction(number, &a, NULL);
}

void dn_terminal_listen(void)
{
    on(SIGINT, on_signal);
    on(SIGTERM, on_signal);
    on(SIGHUP, on_signal);
}

bool dn_terminal_leaving(void)
{
    return leaving != 0;
}

static void start(void)
{
    struct termios t = before;

    t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &t);
    say(enter, sizeof enter - 1);
}

static void stop(void)
{
    say(leave, sizeof leave - 1);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

dn_status dn_terminal_open(dn_error *err)
{
    dn_status st = DN_OK;
    const char *term = getenv("TERM");

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
        DN_FAIL(DN_EUNAVAILABLE, "no terminal");
    if (term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0)
        DN_FAIL(DN_EUNAVAILABLE, "this terminal can only print lines (TERM)");
    on(SIGWINCH, on_signal);
    on(SIGTSTP, on_signal);
    start();
    if (!is_open)
        atexit(dn_terminal_close);
    is_open = true;
out:
    return st;
}

void dn_terminal_close(void)
{
    if (is_open)
        stop();
    is_open = false;
}

void dn_terminal_ignore(void)
{
    static const int heard[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};

    for (size_t i = 0; i < sizeof heard / sizeof heard[0]; i++)
        on(heard[i], SIG_IGN);
}

void dn_terminal_size(int *columns, int *rows)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;

    *columns = known && size.ws_col > 0 ? size.ws_col : 80;
    *rows = known && size.ws_row > 0 ? size.ws_row : 24;
}

/* In one write, so that no half of it is seen. A line is erased before its text: behind one that fills the
 * window the cursor still stands on its last character. Without memory the window stays as it is until the
 * next picture. */
void dn_terminal_show(const char *lines)
{
    static const char home[] = "\033[H\033[2K", next[] = "\r\n\033[2K", below[] = "\r\n\033[J";
    int columns, rows, n_lines = 1;
    size_t n = 0;
    char *all, *at;

    for (const char *c = lines; *c != '\0'; c++, n++)
        n_lines += *c == '\n';
    all = dn_calloc(n + (size_t)n_lines * sizeof next + sizeof home + sizeof below, 1);
    if (all == NULL)
        return;
    dn_terminal_size(&columns, &rows);
    at = stpcpy(all, home);
    for (; *lines != '\0'; lines++)
        if (*lines == '\n')
            at = stpcpy(at, next);
        else
            *at++ = *lines;
    if (n_lines < rows)
        at = stpcpy(at, below);
    say(all, (size_t)(at - all));
    dn_free(all);
}

static void pause_here(void)
{
    pausing = 0;
    if (is_open)
        stop();
    raise(SIGSTOP);
    if (is_open)
        start();
}

/* Who was stopped by SIGSTOP, which nobody is told of, finds the terminal as the shell has left it. */
static void look_for_a_gap(void)
{
    double now = dn_clock_s();

    if (is_open && seen_at > 0 && now - seen_at > GAP_S)
        start();
    seen_at = now;
}

int dn_terminal_wait(int ms)
{
    struct pollfd list[1] = {{.fd = is_open ? STDIN_FILENO : -1, .events = POLLIN}};
    unsigned char key;
    int ready;

    look_for_a_gap();
    if (pausing)
        pause_here();
    if (leaving)
        return -1;
    ready = poll(list, 1, ms);
    look_for_a_gap();
    if (ready <= 0 || !is_open)
        return -1;
    if (list[0].revents == 0)
        return -1;
    if (read(STDIN_FILENO, &key, 1) == 1)
        return key;
    leaving = 1; /* the terminal is gone */
    return -1;
}
