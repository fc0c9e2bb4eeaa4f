/* requests.c - signals and clocks become wishes; see requests.h */
#include "jobs/cli/requests.h"

#include <signal.h>
#include <time.h>

const dn_opt dn_requests_options[] = {
    {"checkpoint-every", 0, DN_OPT_TIME, "10m", "TIME",
     "time between two checkpoints: 90s, 10m, 1h30m, or as Slurm has it: minutes, [hours:]minutes:seconds, "
     "days-hours[:minutes[:seconds]]; 0: none by the clock",
     "stop"},
    {"max-time", 0, DN_OPT_TIME, "0", "TIME",
     "write a checkpoint and stop with exit code 75 before the run has taken so long, as at SIGUSR1, SIGTERM "
     "and SIGINT; 0: no limit",
     "stop"},
    {0}};

enum { SAME_MS = 50 };

static dn_requests *noted_in;                /* set before the handlers are */
static volatile sig_atomic_t interrupted_at; /* ms of the monotonic clock, modulo 2^30 */

static int milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int)(((unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000) &
                 0x3fffffff);
}

/* Everything called here is async-signal-safe. */
static void on_interrupt(int number)
{
    int now = milliseconds();

    if (!noted_in->interrupt) {
        interrupted_at = now;
        dn_request_note(noted_in, DN_WISH_STOP_INT);
    } else if (((now - interrupted_at) & 0x3fffffff) >= SAME_MS) {
        signal(number, SIG_DFL);
        raise(number); /* comes through as soon as this handler is left */
    }
}

static void on_signal(int number)
{
    dn_request_note(noted_in, number == SIGUSR1 ? DN_WISH_STOP_USR1 : DN_WISH_STOP_TERM);
}

void dn_requests_listen(dn_requests *r)
{
    struct sigaction action = {.sa_flags = SA_RESTART};

    noted_in = r;
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, NULL);
}

void dn_requests_clocks(dn_requests *r, const dn_options *o)
{
    double limit = dn_options_number(o, "max-time");

    r->every = dn_options_number(o, "checkpoint-every");
    r->stop_at = limit > 0 ? r->last + limit : 0;
}
