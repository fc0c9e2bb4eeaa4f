/* requests.c - signals and clocks become wishes; see requests.h */
#include "jobs/cli/run/requests.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "solvers/base/log.h"

const dn_opt dn_requests_options[] = {
    {"checkpoint-every", 0, DN_OPT_TIME, "10m", "TIME",
     "time between two checkpoints: 90s, 10m, 1h30m, or as Slurm has it: minutes, [hours:]minutes:seconds, "
     "days-hours[:minutes[:seconds]]; 0: none by the clock (train still writes one after an epoch, embed its "
     "parts)",
     "stop"},
    {"max-time", 0, DN_OPT_TIME, "0", "TIME",
     "write a checkpoint and stop with exit code 75 before the run has taken so long, as at SIGUSR1, SIGTERM "
     "and SIGINT; 0: no limit",
     "stop"},
    {0}};

enum { SAME_MS = 50 };

static dn_requests *noted_in;     /* set before the handlers are */
static atomic_int interrupted_at; /* ms of the monotonic clock, modulo 2^30 */

static int milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int)(((unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000) &
                 0x3fffffff);
}

/* Everything called here is async-signal-safe. Whether it asks for something that was not asked for before.
 */
static bool hear(int number)
{
    int now = milliseconds();
    bool first = number == SIGUSR1   ? !noted_in->usr1
                 : number == SIGTERM ? !noted_in->term
                                     : !noted_in->interrupt;

    if (number == SIGINT && !first && ((now - interrupted_at) & 0x3fffffff) >= SAME_MS) {
        sigset_t open;
        signal(SIGINT, SIG_DFL);
        sigemptyset(&open);
        sigaddset(&open, SIGINT);
        pthread_sigmask(SIG_UNBLOCK, &open, NULL);
        raise(SIGINT);
    }
    if (number == SIGINT && first)
        interrupted_at = now;
    dn_request_note(noted_in, number == SIGUSR1   ? DN_WISH_STOP_USR1
                              : number == SIGTERM ? DN_WISH_STOP_TERM
                                                  : DN_WISH_STOP_INT);
    return first;
}

static void on_signal(int number)
{
    (void)hear(number);
}

static void *wait_for_signals(void *set)
{
    int number;

    for (;;)
        if (sigwait(set, &number) == 0 && hear(number))
            dn_log(DN_INFO, "signal", "noted", "signal=%s",
                   number == SIGUSR1   ? "SIGUSR1"
                   : number == SIGTERM ? "SIGTERM"
                                       : "SIGINT");
    return NULL;
}

/* The frame of a handler goes where the stack pointer is. The matrix products that oneDNN generates have it
 * in a buffer of 16 KB on the heap, and with the tiles of AMX a frame takes 11 KB: what lies before that
 * buffer is overwritten. So no thread that computes may run a handler. */
void dn_requests_listen(dn_requests *r)
{
    static sigset_t set;
    static const int number[] = {SIGUSR1, SIGTERM, SIGINT};
    struct sigaction action = {.sa_flags = SA_RESTART, .sa_handler = on_signal};
    pthread_attr_t small;
    pthread_t thread;
    sigset_t before;
    bool listening;

    noted_in = r;
    sigemptyset(&set);
    for (int i = 0; i < 3; i++)
        sigaddset(&set, number[i]);
    pthread_sigmask(SIG_BLOCK, &set, &before); /* and in all threads that this one starts */
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 1 << 18);
    listening = pthread_create(&thread, &small, wait_for_signals, &set) == 0;
    pthread_attr_destroy(&small);
    if (!listening) { /* signals end the program, as they always do */
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return;
    }
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < 3; i++)
        sigaction(number[i], &action, NULL); /* for threads that libraries started before main() */
}

void dn_requests_clocks(dn_requests *r, const dn_options *o)
{
    double limit = dn_options_number(o, "max-time");

    r->every = dn_options_number(o, "checkpoint-every");
    r->stop_at = limit > 0 ? r->last + limit : 0;
}

void dn_requests_saved_by_force(dn_status st, bool force, dn_error *err)
{
    size_t used;

    if (st != DN_ESAVED || !force || err == NULL)
        return;
    used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, " without --force, which would start anew");
}
