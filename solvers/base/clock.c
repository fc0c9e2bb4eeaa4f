/* clock.c - where the time of one thread goes; see clock.h */
#include "solvers/base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

/* Ticks from the start of the system to that of the process: field 22, 20 behind the name, which may hold
 * anything. */
static int64_t start_ticks(void)
{
    enum { BEHIND = 20 };
    char text[1024];
    size_t n = 0;
    int64_t ticks = -1;
    const char *at;
    FILE *f = fopen("/proc/self/stat", "r");

    if (f != NULL) {
        n = fread(text, 1, sizeof text - 1, f);
        fclose(f);
    }
    text[n] = '\0';
    at = strrchr(text, ')');
    for (int i = 0; i < BEHIND && at != NULL; i++)
        at = strchr(at + 1, ' ');
    if (at == NULL || sscanf(at, " %" SCNd64, &ticks) != 1)
        return -1;
    return ticks;
}

int64_t dn_clock_process_start(void)
{
    int64_t now = dn_clock_now(), ticks = start_ticks(), hertz = sysconf(_SC_CLK_TCK), age = 0;

    if (ticks >= 0 && hertz > 0)
        age = read_clock(CLOCK_BOOTTIME) - ticks * (1000000000 / hertz);
    return age > 0 ? now - age : now;
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
