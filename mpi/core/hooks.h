/* hooks.h - what a long stage tells the outside: how far it is, and that a checkpoint is complete
 *
 * The other half of request.h. Made by whoever starts stages (jobs/), one for each stage; stages get it by
 * pointer, NULL: nobody listens. Called on rank 0 alone, by the main thread, between two units of work; must
 * return quickly and must not call MPI.
 */
#ifndef DN_CORE_HOOKS_H
#define DN_CORE_HOOKS_H

#include "mpi/core/request.h"

/* Of the part at hand where a stage has parts (measures of a network), otherwise of the stage. */
typedef struct dn_progress_report {
    const char *part;      /* "closeness"; NULL: the stage has none */
    int64_t number, parts; /* 1 .. parts; 0: it has none */
    int64_t done, total;   /* total >= 1 */
    const char *unit;      /* of these: "pairs" */
} dn_progress_report;

typedef struct dn_saved_report {
    const char *path;
    const char *reason; /* "epoch" (or what a stage calls so), "interval", "a command", "stop" */
    double seconds;     /* that writing it took */
} dn_saved_report;

enum { DN_RANK_HOST = 64 };

/* What a rank does with its time (train/rank_times.h), ms a step, and its memory; NAN: not known. */
typedef struct dn_rank_row {
    int rank;
    char host[DN_RANK_HOST];
    double compute_ms, exchange_ms, wait_ms;
    double memory_mb; /* resident now; pages that ranks share count in each */
} dn_rank_row;

typedef struct dn_hooks {
    void *ctx;
    void (*progress)(void *ctx, const dn_progress_report *report);
    void (*saved)(void *ctx, const dn_saved_report *report); /* a checkpoint is complete */
} dn_hooks;

/* Hand a report over; opt_hooks and what is in them may be NULL. Local; does nothing but on rank 0. */
void dn_hooks_progress(const dn_comm *comm, const dn_hooks *opt_hooks, const dn_progress_report *report);

/* A checkpoint stands at path; writing began at MPI_Wtime() `began`. Local; does nothing but on rank 0. */
void dn_hooks_saved(const dn_comm *comm, const dn_hooks *opt_hooks, const char *path, const char *reason,
                    double began);

/* Why a checkpoint is written that the wishes of all ranks ask for: "stop", "a command", "interval". By what
 * opt_r held at the last look: a command that has come since is not its reason. Before dn_request_saved();
 * opt_r counts on rank 0. Local. */
const char *dn_hooks_reason(const dn_requests *opt_r, int wishes);

#endif
