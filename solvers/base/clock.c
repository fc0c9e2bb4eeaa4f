/* clock.c - where the time of one thread goes; see clock.h */
#include "solvers/base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t which)
{
    struct timespec t = {0};

    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t dn_clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t dn_clock_thread_cpu(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void dn_clock_start(dn_clock *c)
{
    c->stage = c->part = 0;
    c->runs = true;
    c->since = dn_clock_now();
}

void dn_clock_turn(dn_clock *c, int stage, int part)
{
    int64_t now;

    if (!c->runs)
        return;
    now = dn_clock_now();
    c->ns[c->stage][c->part] += now - c->since;
    c->since = now;
    c->stage = stage;
    c->part = part;
}

void dn_clock_stop(dn_clock *c)
{
    dn_clock_turn(c, 0, 0);
    c->runs = false;
}
