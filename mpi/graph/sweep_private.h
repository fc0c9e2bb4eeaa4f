/* sweep_private.h - what the sweeps share */
#ifndef DN_GRAPH_SWEEP_PRIVATE_H
#define DN_GRAPH_SWEEP_PRIVATE_H

#include "mpi/core/watch.h"
#include "mpi/graph/sweep.h"

/* How far this rank is; rank 0 speaks for all, whose shares are alike. */
typedef struct dn_sweep_meter {
    void (*report)(void *ctx, int64_t done, int64_t total); /* NULL except on rank 0 */
    void *ctx;
    int64_t done, mine;    /* units of this rank, in this go */
    int64_t before, total; /* units of all ranks: that were done before it, and all */
} dn_sweep_meter;

dn_sweep_meter dn_sweep_meter_start(const dn_comm *comm, const dn_sweep_options *o, int64_t mine,
                                    int64_t before, int64_t total);

/* A unit is done. Any thread; the main thread reports. */
void dn_sweep_meter_tick(dn_sweep_meter *m);

/* The options, where none are given. */
dn_sweep_options dn_sweep_defaults(const dn_sweep_options *o);

/* ---- sweep_crew.c: threads of all ranks that do units of work in any order ---- */

/* A go of one rank's threads: from a start to the end of the work, or to a wish. */
typedef struct dn_sweep_go {
    dn_watch watch;
    dn_sweep_meter meter;
    int left; /* threads that have no more to do */
    int halt; /* the watch is over */
} dn_sweep_go;

void dn_sweep_go_start(dn_sweep_go *g, const dn_comm *comm, const dn_sweep_options *o, dn_sweep_meter meter);

/* A unit is done: whether this thread may begin another. */
bool dn_sweep_go_on(dn_sweep_go *g);

/* Whether a unit may be begun. */
bool dn_sweep_go_may(const dn_sweep_go *g);

/* Nobody begins another unit: a thread has failed. */
void dn_sweep_go_halt(dn_sweep_go *g);

/* The thread has no more to do; the main thread stays for the others, so that wishes are heard. */
void dn_sweep_go_leave(dn_sweep_go *g);

/* Save what has been done, and start the clock of checkpoints anew. DN_ESAVED when asked to stop; `done` of
 * `units` are for the message, the same on all ranks. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_sweep_save(const dn_sweep_keep *keep, const dn_sweep_state *s,
                                                    int wishes, int64_t done, int64_t units, dn_error *err);

/* Units that any thread of any rank may do: unit i of those not done belongs to rank i % size, its threads
 * take the next one as they become free. */
typedef struct dn_sweep_crew {
    const dn_comm *comm;
    const dn_sweep_options *o;
    const char *what;
    int threads;
    int64_t n, units;
    int64_t lanes; /* for the state */
    int64_t total; /* what progress counts to */
    void *job;
    void (*work)(void *job, int thread, int64_t unit); /* any thread; cannot fail */
    /* The arrays of out: those of all threads and ranks come to rank 0, those of the others are as if they
     * had done nothing. Collective. */
    void (*meet)(void *job, dn_sweep_state *out);
    uint8_t *done; /* [units] */
    int64_t *todo; /* [units]  of this rank */
} dn_sweep_crew;

/* All but done and todo are set. Local. Fails: DN_ENOMEM; DN_ECANTCREAT the state to go on from is of
 * another sweep */
DN_MUST_CHECK dn_status dn_sweep_crew_open(dn_sweep_crew *c, dn_error *err);

/* Do what is not done yet. Collective. Fails: as dn_sweep_save() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_sweep_crew_run(dn_sweep_crew *c, dn_error *err);
void dn_sweep_crew_close(dn_sweep_crew *c);

#endif
