/* train.h - the training loop, data-parallel over ranks and threads, with the bits of one rank
 *
 * Rank 0 is the master: it plans which rank computes which shards of every batch, broadcasts and logs the
 * plan, and all follow it. An epoch visits the training rows in the order of a keyed permutation, in batches
 * of `batch`; what is left over at its end (fewer than `batch` rows, others every epoch) is not visited. A
 * batch is cut into `shards` shards of equal size, and of equal cost where rows cost differently (deal.h).
 * Gradients, loss and statistics meet in the ordered reduction
 * (mpi/core/reduce.h), the owner of a slice updates it, and the new weights are gathered.
 *
 * Norms take the statistics of their shard, or of the whole batch (DN_NORMS_GLOBAL): then the result depends
 * on `shards` by rounding only. With the former a thread holds one shard at a time; with the latter a rank
 * holds all of its shards from the first phase to the last, which takes (work + gradient) x shards / ranks,
 * where the works of a rank together hold batch / ranks samples and a gradient is n_weights floats: 11 MB of
 * gradients for GENER with 8 shards on one rank.
 *
 * After every epoch the validation rows are scored; the weights with the lowest validation loss are kept. The
 * loss is the one that is trained: the mean of -log of the label's probability, times the model's
 * positive_weight where the label is 1. AUROC and average precision of validation are, with more than two
 * classes, the means over the classes that occur there, each against the rest (validate.h).
 *
 * Memory of a rank that grows with the data: 1/16 byte a row for the row numbers of both parts, and 5 bytes a
 * validation row for its score and label (17 with four classes, which have as many scores), with 50 more
 * while the scores are ranked at the end of an epoch. Nothing is allocated between the steps. Validation rows
 * are scored in slices of 2^14 a rank, of 2^18 at most.
 *
 * With checkpoints, the state is written after every epoch, before the hook hears of it, and within an epoch
 * as often as asked for, by steps or by rank 0's clock; a run that goes on from one ends with the bits of one
 * that was never stopped, on any number of ranks. A wish to stop, of any rank, is agreed on by the sums of
 * the step under way and leads to a checkpoint behind that step, or between two slices of validation, which
 * is then done again; every start does one step at least, or the validation that one before left undone.
 * No checkpoint is written from a step that failed.
 */
#ifndef DN_TRAIN_TRAIN_H
#define DN_TRAIN_TRAIN_H

#include "mpi/core/reduce.h"
#include "mpi/core/request.h"
#include "mpi/train/checkpoint.h"
#include "mpi/train/hooks.h"
#include "mpi/train/profile.h"
#include "mpi/train/rows.h"
#include "solvers/models/model.h"
#include "solvers/optim/optim.h"

typedef enum dn_norm_scope { DN_NORMS_SHARD, DN_NORMS_GLOBAL } dn_norm_scope;

typedef struct dn_train_options {
    int64_t epochs;   /* at most, >= 1 */
    int64_t patience; /* stop after so many epochs without a lower validation loss */
    int64_t batch;    /* G, a multiple of shards */
    int shards;       /* V, a power of two; part of the recipe */
    uint64_t seed;
    dn_optim_kind optimiser;
    double decay;
    dn_schedule schedule;
    double least_rate; /* stop after an epoch when the next update's rate would be below; 0: never */
    dn_reduce_kind reduce;
    dn_norm_scope norms;                     /* whose statistics norms take; part of the recipe */
    const char *opt_plan;                    /* "5,3,8"; only rank 0's counts. NULL: even */
    const dn_checkpointing *opt_checkpoints; /* NULL: none are written */
    dn_requests *requests;   /* NULL on all ranks or on none; counts with opt_checkpoints only */
    dn_profile *opt_profile; /* begun by the run, ended by the caller; NULL on all ranks or on none */
} dn_train_options;

/* Row indices into the data the model is bound to; the same on every rank. */
typedef struct dn_train_rows {
    dn_rows train;        /* n >= batch */
    dn_rows validation;   /* n >= 1, two classes at least */
    const uint8_t *label; /* [all rows of the data] */
} dn_train_rows;

typedef struct dn_train_result {
    float *w;           /* [n_weights]  of the best epoch; caller's buffer */
    float *running;     /* [n_moments]  of the best epoch; caller's buffer */
    int64_t epochs;     /* done */
    int64_t best_epoch; /* from 1 */
    double best_loss;   /* validation */
    double best_auroc;
    int64_t shards_done; /* by this rank */
} dn_train_result;

/* What a run refuses before it begins, whatever the ranks are. Local. Fails: DN_EUSAGE a batch cannot be cut
 * into the shards; DN_EDATA fewer training rows than a batch, rows of one class only, or of one that m does
 * not know */
DN_MUST_CHECK dn_status dn_train_check(const dn_model *m, const dn_train_rows *rows,
                                       const dn_train_options *options, dn_error *err);

/* The same weights, bit for bit, on any number of ranks and threads and for any plan. Collective on comm.
 * Fails: DN_ECONFIG more ranks than shards; DN_EUSAGE a plan that does not fit; DN_EDATA fewer training rows
 * than a batch, validation rows of one class only, a loss that is not finite (names epoch and step);
 * DN_ENOMEM; DN_ESAVED a wish to stop was fulfilled; as dn_checkpoint_load(), dn_checkpoint_save(); whatever
 * a hook fails with. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_train(const dn_comm *comm, const dn_model *m,
                                               const dn_train_rows *rows, const dn_train_options *options,
                                               const dn_train_hooks *opt_hooks, dn_train_result *out,
                                               dn_error *err);

/* What the loop of a rank holds beside data, step and the caller's result, in bytes, about: weights and, of
 * an optimiser that has them, two moments of all slices for checkpoints; of n validation rows scores, labels,
 * places and what ranks them. Local. */
int64_t dn_train_bytes(const dn_model *m, int64_t validation, bool moments);

#endif
