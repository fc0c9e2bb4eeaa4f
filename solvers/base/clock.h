/* clock.h - where the time of one thread goes
 *
 * A clock is a table of entries, one for every part of every stage. Between start and stop exactly one of
 * them runs: a nanosecond goes to one entry and is never counted twice, so the entries add up to the whole.
 * Who starts a computation sets the stage, the computation sets its parts; part 0 of a stage takes what
 * nobody told apart. Whoever enters a part for a while enters the one before again behind it:
 *
 *     int before = dn_clock_part(clock, PART_DENSE);
 *     ...
 *     dn_clock_part(clock, before);
 *
 * Where nobody measures the clock is NULL, and a call costs a comparison; with a clock it costs a reading of
 * the system's monotonic one, about 25 ns. A clock belongs to one thread. All functions are local and cannot
 * fail.
 */
#ifndef DN_BASE_CLOCK_H
#define DN_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DN_CLOCK_STAGES = 24, DN_CLOCK_PARTS = 24 };

typedef struct dn_clock {
    int stage, part; /* the entry that runs */
    int64_t since;   /* ns; it runs since then */
    bool runs;       /* between start and stop; otherwise nothing is charged */
    int64_t ns[DN_CLOCK_STAGES][DN_CLOCK_PARTS];
} dn_clock;

/* Nanoseconds since some moment in the past; never goes back. */
int64_t dn_clock_now(void);

/* When this process was started, on that clock, to a hundredth of a second; now, where the system does not
 * tell (Linux does, in /proc/self/stat). */
int64_t dn_clock_process_start(void);

/* The same in seconds. */
double dn_clock_s(void);

enum { DN_CLOCK_UTC = 32 };

/* The time of day in out [DN_CLOCK_UTC]: "2026-02-03T10:11:12.345Z". */
void dn_clock_utc(char *out);

/* Processor time of the calling thread, ns. */
int64_t dn_clock_thread_cpu(void);

/* Begin with part 0 of stage 0; entries keep what they hold. */
void dn_clock_start(dn_clock *c);

/* Charge the entry that runs; from now on `part` of `stage` does. For dn_clock_stage() and dn_clock_part().
 */
void dn_clock_turn(dn_clock *c, int stage, int part);

/* Charge the entry that runs, and end. */
void dn_clock_stop(dn_clock *c);

/* Enter part 0 of a stage. */
static inline void dn_clock_stage(dn_clock *c, int stage)
{
    if (c != NULL)
        dn_clock_turn(c, stage, 0);
}

/* Enter a part of the stage; returns the part before. */
static inline int dn_clock_part(dn_clock *c, int part)
{
    int before = 0;

    if (c != NULL) {
        before = c->part;
        dn_clock_turn(c, c->stage, part);
    }
    return before;
}

#endif
