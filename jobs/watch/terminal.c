/* terminal.c - the terminal that a run is watched in; see terminal.h */
#include "jobs/watch/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Signal handlers have no other way to be told; one terminal a process. */
static volatile sig_atomic_t leaving, pausing;
static struct termios before;
static bool is_open;

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

static void listen_to(int number)
{
    struct sigaction a = {.sa_handler = on_signal};

    sigemptyset(&a.sa_mask);
    sigaction(number, &a, NULL);
}

void dn_terminal_listen(void)
{
    listen_to(SIGINT);
    listen_to(SIGTERM);
    listen_to(SIGHUP);
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
    listen_to(SIGWINCH);
    listen_to(SIGTSTP);
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

void dn_terminal_size(int *columns, int *rows)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;

    *columns = known && size.ws_col > 0 ? size.ws_col : 80;
    *rows = known && size.ws_row > 0 ? size.ws_row : 24;
}

void dn_terminal_show(const char *lines)
{
    int columns, rows, n_lines = 1;

    dn_terminal_size(&columns, &rows);
    say("\033[H", 3);
    while (*lines != '\0') {
        size_t n = strcspn(lines, "\n");

        say("\033[2K", 4);
        say(lines, n);
        lines += n;
        if (*lines == '\n') {
            say("\r\n", 2);
            lines++;
            n_lines++;
        }
    }
    if (n_lines < rows)
        say("\r\n\033[J", 5);
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

int dn_terminal_wait(int ms)
{
    struct pollfd list[1] = {{.fd = is_open ? STDIN_FILENO : -1, .events = POLLIN}};
    unsigned char key;

    if (pausing)
        pause_here();
    if (leaving || poll(list, 1, ms) <= 0 || !is_open)
        return -1;
    if (list[0].revents == 0)
        return -1;
    if (read(STDIN_FILENO, &key, 1) == 1)
        return key;
    leaving = 1; /* the terminal is gone */
    return -1;
}
