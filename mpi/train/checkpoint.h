/* checkpoint.h - checkpoint.h5: all that a training run needs to go on as if it had never stopped
 *
 * One checkpoint is the state between two steps. Nothing in it depends on the number of ranks: the order of
 * an epoch and the dropout masks are functions of the seed and the position, and the optimiser's state is
 * stored whole. Datasets (schema dragnet.checkpoint), each with its checksum in attribute `blake2b`:
 *
 *     /checkpoint/position        epochs done, steps done of the next, updates, best epoch
 *     /checkpoint/sums            of the epoch under way, and of the best one; see checkpoint.c
 *     /checkpoint/weights, running, first_moment, second_moment, best_weights, best_running
 *     /checkpoint/epochs          the reports of the epochs done
 *
 * and the attributes config (what determines the model) with config_blake2b, and build (program and CPU).
 * A checksum over the whole file stands at its end (mpi/io/seal.h). A checkpoint is written as PATH.part,
 * flushed and renamed; the one before it is kept as PATH.previous (and is PATH.kept for the moment in which
 * the names change).
 */
#ifndef DN_TRAIN_CHECKPOINT_H
#define DN_TRAIN_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include "mpi/core/world.h"
#include "mpi/train/hooks.h"

#define DN_CHECKPOINT_SCHEMA "dragnet.checkpoint"

/* Where checkpoints of a run go, and what they must fit. */
typedef struct dn_checkpointing {
    const char *path;    /* of checkpoint.h5 */
    const char *command; /* for the record */
    const char *config;  /* JSON object: what determines the model */
    const char *build;   /* program and CPU: resuming on others warns */
    int64_t every;       /* steps between two within an epoch; 0: after every epoch only */
    bool resume;         /* go on from path, where dn_checkpoint_find() has found one; else start anew */
} dn_checkpointing;

typedef struct dn_checkpoint {
    int64_t n_weights, n_moments;
    int64_t epoch;           /* epochs done */
    int64_t step;            /* steps done of the next */
    int64_t updates;         /* since the start */
    int64_t best_epoch;      /* from 1; 0: none yet */
    double loss_sum;         /* over the steps of this epoch */
    double right_sum;        /* the same of samples decided as labelled */
    double seconds, trained; /* spent in this epoch; of these, in steps */
    double best_loss, best_auroc;
    float *w, *best_w;             /* [n_weights] */
    float *running, *best_running; /* [n_moments] */
    float *first, *second;         /* [n_weights]  of the optimiser; NULL: it has none */
    dn_epoch_report *report;       /* [epoch] */
    size_t report_cap;
} dn_checkpoint;

/* Write one and keep the one before. What rank 0 holds is written. Collective on comm. Fails: as
 * dn_h5_create(), dn_h5_commit(), and then the checkpoint before is as it was. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_checkpoint_save(const dn_comm *comm, const dn_checkpointing *where,
                                                         const dn_checkpoint *c, dn_error *err);

/* Whether there is a checkpoint for config at path. One that is damaged is replaced by PATH.previous, with a
 * warning. Rank 0 reads; collective on comm.
 * Fails: DN_ECANTCREAT it is of another config (names what differs), or it is damaged and there is no sound
 * previous one; DN_EIO, DN_ENOINPUT it cannot be looked for or read, which is no damage: both stay;
 * DN_EDATA it is sound, but of a newer version; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_checkpoint_find(const dn_comm *comm, const char *path,
                                                         const char *config, bool *out_found, dn_error *err);

/* Read the checkpoint at path, as dn_checkpoint_find() has found it, into *c: its sizes and buffers are the
 * caller's, c->report is made to fit (dn_free). Rank 0 reads, every rank gets the same. Collective on comm.
 * Fails: DN_EDATA damaged, or of other sizes; DN_EIO; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_checkpoint_load(const dn_comm *comm, const dn_checkpointing *where,
                                                         dn_checkpoint *c, dn_error *err);

/* Remove the checkpoint, the one before it and what a killed run left of one. Absent ones are fine.
 * Collective on comm. Fails: DN_ECANTCREAT */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_checkpoint_remove(const dn_comm *comm, const char *path,
                                                           dn_error *err);

#endif
