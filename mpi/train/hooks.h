/* hooks.h - what a training run tells the outside
 *
 * Called on rank 0 only, from the main thread, between steps; must return quickly and must not call MPI.
 */
#ifndef DN_TRAIN_HOOKS_H
#define DN_TRAIN_HOOKS_H

#include <stdint.h>
#include "mpi/core/hooks.h"
#include "mpi/train/rank_times.h"

typedef struct dn_step_report {
    int64_t epoch, epochs; /* 1 .. epochs */
    int64_t step, steps;   /* 1 .. steps of this epoch */
    double loss;           /* mean over the batch */
    double seconds;        /* since training began */
} dn_step_report;

typedef struct dn_epoch_report {
    int64_t epoch, epochs;
    double rate;       /* learning rate at the end of the epoch */
    double train_loss; /* mean over the epoch's batches, dropout on */
    double train_accuracy;
    double validation_loss;
    double validation_auroc;
    double validation_ap;
    int best;                /* 1: lowest validation loss so far */
    double seconds;          /* of this epoch, validation included */
    double pairs_per_second; /* training alone */
} dn_epoch_report;

typedef struct dn_train_hooks {
    void *ctx;
    void (*step)(void *ctx, const dn_step_report *report);
    void (*saved)(void *ctx, const dn_saved_report *report); /* a checkpoint is complete (core/hooks.h) */
    /* Every few seconds: what the ranks [n] did with the time of their steps since the report before. NULL:
     * nobody asks, and nothing is sent. */
    void (*ranks)(void *ctx, const dn_rank_row *row, int n);
    dn_status (*epoch)(void *ctx, const dn_epoch_report *report, dn_error *err); /* may fail: a full disk */
    /* Before the first step of a run that goes on from a checkpoint: the n epochs that are done. */
    dn_status (*resumed)(void *ctx, const dn_epoch_report *done, int64_t n, dn_error *err);
} dn_train_hooks;

#endif
