/* request.h - what the outside asks of a long stage while it runs: write a checkpoint, stop
 *
 * Signals, a time limit and the control plane note their wish on their own rank, at any moment
 * (dn_request_note() may be called by a signal handler and by any thread). The stage looks between two units
 * of work: the wishes of all ranks are joined, by dn_request_agree() or as an extra slot of a reduction, so
 * that all ranks do the same at the same unit of work. To stop is to write a checkpoint, to leave on all
 * ranks with DN_ESAVED through dn_request_stopped(), and to end with exit code 75 after MPI_Finalize.
 */
#ifndef DN_CORE_REQUEST_H
#define DN_CORE_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "mpi/core/world.h"

/* Wishes, to be joined by |. */
enum {
    DN_WISH_CHECKPOINT = 1,
    DN_WISH_STOP_USR1 = 2, /* these five stop; they tell why */
    DN_WISH_STOP_TERM = 4,
    DN_WISH_STOP_INT = 8,
    DN_WISH_STOP_TIME = 16,
    DN_WISH_STOP_CONTROL = 32,
    DN_WISH_STOP = 62, /* any of them */
    DN_WISH_SLOTS = 6  /* how many there are */
};

/* One for the whole run, made by whoever starts stages (jobs/); stages get it by pointer, NULL: nobody can
 * ask for anything. The clocks of rank 0 count. */
typedef struct dn_requests {
    /* not 0: asked. Noted by one thread (or a handler in it) and read by another: atomic, and free of locks,
     * or a handler might wait for the thread that it interrupts. */
    atomic_int usr1, term, interrupt, control;
    atomic_int checkpoint; /* how many are asked for and not written */
    int seen;              /* of these, when the stage last looked: what is noted later is not in the
                              checkpoint that it then writes */
    atomic_int at_epoch;   /* not 0: asked to stop when the epoch is done, or what else a stage calls so */
    double stop_at;        /* MPI_Wtime() when the run stops by itself; 0: never */
    _Atomic double every;  /* seconds between checkpoints; 0: by request only. May change on the way */
    double last;           /* MPI_Wtime() of the last checkpoint, or of the start of the stage */
    double ahead; /* seconds that the stage needs from one look to the next and for a checkpoint: it stops so
                     long before stop_at. 0 as long as it does not know */
} dn_requests;

/* The run begins, or another stage of it: the clock of checkpoints counts from now, and nothing is known of
 * what the stage takes. Wishes that were noted stay. After MPI_Init. Local. */
void dn_request_start(dn_requests *r);

/* Note a wish. Local; async-signal-safe. To note a stop twice is to note it once. */
void dn_request_note(dn_requests *r, int wish);

/* Note that the stage should stop when its epoch is done, or what else it calls so: dn_request_look_epoch()
 * makes a wish of it. Local; any thread. */
void dn_request_note_at_epoch(dn_requests *r);

/* The stage is over, whatever its end: what was asked of it alone (a checkpoint that it has not written; to
 * stop at an epoch; the interval, which is `every` again) is not asked of the next one, and how long its
 * steps took is not held against that. Nobody notes anything meanwhile but handlers of signals. Local. */
void dn_request_end_stage(dn_requests *r, double every);

/* What this rank knows of: noted wishes and, on rank 0, clocks that have run out. A checkpoint that is asked
 * for is asked for until dn_request_saved(). r may be NULL: 0. Local; by the stage's main thread. */
int dn_request_look(const dn_comm *comm, dn_requests *r);

/* The same where an epoch is done: with DN_WISH_STOP_CONTROL when somebody asks to stop there. Local. */
int dn_request_look_epoch(const dn_comm *comm, dn_requests *r);

/* The wishes of all ranks, the same on all. Between two units of work that take at least some milliseconds.
 * Collective on comm; r is NULL on all ranks or on none, then nothing is sent. */
DN_COLLECTIVE int dn_request_agree(const dn_comm *comm, dn_requests *r);

/* The same where an epoch is done. */
DN_COLLECTIVE int dn_request_end_epoch(const dn_comm *comm, dn_requests *r);

/* The same without a message of its own, in a sum over all ranks: wishes of a rank in slots [DN_WISH_SLOTS]
 * as 0 or 1, and back from the sums over ranks (and shards). Local. */
void dn_request_pack(int wishes, float *slots);
int dn_request_unpack(const float *slots);

/* What is done between two looks, or a checkpoint, began at MPI_Wtime() `began` and is over: --max-time then
 * stops at least twice as long before its end, which is more than one of both. r may be NULL. Local. */
void dn_request_pace(dn_requests *r, double began);

/* A checkpoint has been written: the clock starts anew, and wishes that this rank had seen when it last
 * looked are fulfilled; those noted since then are not. Local. */
void dn_request_saved(dn_requests *r);

/* "SIGTERM", "--max-time": why wishes stop the run. Local. */
const char *dn_request_reason(int wishes);

/* DN_ESAVED, and why and where in err: "stopped by SIGTERM after <where>; the same command goes on from
 * there". Local; the same wishes on all ranks give the same text. */
DN_MUST_CHECK dn_status dn_request_stopped(int wishes, const char *where, dn_error *err);

#endif
