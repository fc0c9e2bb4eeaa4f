/* clock.c - where the time of one thread goes; see clock.h */
#include "solvers/base/clock.h"

#include <stdio.h>
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

double dn_clock_s(void)
{
    return 1e-9 * (double)dn_clock_now();
}

void dn_clock_utc(char *out)
{
    struct timespec now = {0};
    struct tm parts = {0};
    char seconds[24];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out, DN_CLOCK_UTC, "%.23s.%03dZ", seconds, (int)(now.tv_nsec / 1000000) % 1000);
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
