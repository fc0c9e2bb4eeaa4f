/* profile.h - where the time of a training step goes: of every rank by what it does, and by layers
 *
 * Milliseconds a step, means over the steps of this process. The columns of a rank add up to the step:
 *
 *     deal      which rows stand in the own shards
 *     compute   shards of this rank through all passes, until its last thread is done
 *     norms     statistics of norms that meet between the passes (global scope), without waiting
 *     add       sums of own shards; later, of the own slice over all ranks
 *     pack      copies into messages
 *     wait      for the last rank to come, before each exchange
 *     exchange  sums on their way to the owners of the slices
 *     update    of the own slice, and of the running statistics
 *     gather    new weights on their way to everyone
 *     other     what is left
 *
 * A rank that waits in an exchange cannot be told from one that moves bytes in it: a profile has a barrier
 * before each of the two exchanges (and those of the norms), whose time is `wait`. These barriers are there
 * only while a profile is taken. With them waiting includes the latency of a barrier.
 *
 * Layers are the parts that a network tells apart (model.h), each in load, forward and backward: time of all
 * threads of the rank divided by their number. They add up to `compute` with two rows more: `other`, of the
 * passes outside of any part, and `idle`, of threads without a shard while others have one.
 *
 * Beside the means stands the least that a step took of each column: on a machine that does other work, too,
 * it is nearer to what the work costs.
 *
 * Beside the clock on the wall stands the processor time of the shards: where it is less than `compute`, the
 * rank shared its core with other work.
 */
#ifndef DN_TRAIN_PROFILE_H
#define DN_TRAIN_PROFILE_H

#include "mpi/core/reduce.h"
#include "solvers/base/json.h"
#include "solvers/models/model.h"

/* Stages and parts of the clock of a step. */
enum { DN_PROFILE_STEP, DN_PROFILE_NORMS };
enum { DN_PROFILE_OTHER, DN_PROFILE_DEAL = DN_REDUCE_PARTS, DN_PROFILE_COMPUTE, DN_PROFILE_UPDATE };

/* Stages of the clock of a thread: load, then pass i, forward and backward. */
enum { DN_PROFILE_LOAD, DN_PROFILE_PASS };

typedef enum dn_profile_column {
    DN_COLUMN_DEAL,
    DN_COLUMN_COMPUTE,
    DN_COLUMN_NORMS,
    DN_COLUMN_ADD,
    DN_COLUMN_PACK,
    DN_COLUMN_WAIT,
    DN_COLUMN_EXCHANGE,
    DN_COLUMN_UPDATE,
    DN_COLUMN_GATHER,
    DN_COLUMN_OTHER,
    DN_COLUMNS
} dn_profile_column;

/* Of one rank; begins as {0}. */
typedef struct dn_profile {
    const dn_model *m;
    int threads;
    dn_clock step;
    dn_clock *thread;             /* [threads] */
    int64_t *cpu;                 /* [threads]  ns of processor time in shards */
    int64_t *cpu_since;           /* [threads] */
    int64_t steps, shards, since; /* steps done, their shards here; the step at hand began then, ns */
    int64_t ns;                   /* of all steps, from beginning to end */
    int64_t before[DN_COLUMNS];   /* ns of the columns before the step at hand */
    int64_t least_step;
    int64_t least[DN_COLUMNS]; /* ns of a step */
} dn_profile;

/* ---- while a step runs; NULL where nobody measures; local ---- */

/* Begin anew, for steps with so many threads. Fails: DN_ENOMEM; DN_ESOFTWARE the network has more passes or
 * parts than a clock */
DN_MUST_CHECK dn_status dn_profile_begin(dn_profile *p, const dn_model *m, int threads, dn_error *err);
void dn_profile_end(dn_profile *p);

void dn_profile_step_start(dn_profile *p);
void dn_profile_step_stop(dn_profile *p,
                          int shards); /* a step that fails is not stopped and does not count */

/* The clock of a thread, in stage DN_PROFILE_LOAD; NULL without a profile. */
dn_clock *dn_profile_thread_start(dn_profile *p, int thread);
void dn_profile_thread_stop(dn_profile *p, int thread);

/* ---- afterwards ---- */

enum { DN_LAYERS = DN_CLOCK_PARTS + 1 };

/* Of one rank, ms a step. */
typedef struct dn_profile_rank {
    double shards; /* a step */
    double threads;
    double step; /* from its beginning to its end */
    double cpu;  /* of the shards, all threads */
    double column[DN_COLUMNS];
    double least[DN_COLUMNS], least_step;
    double layer[DN_LAYERS][3];   /* load, forward, backward */
    double pass[DN_CLOCK_STAGES]; /* load, then pass after pass */
} dn_profile_rank;

typedef struct dn_profile_table {
    const dn_model *m;
    int64_t steps;
    int ranks;
    dn_profile_rank *rank; /* [ranks] */
    int layers;
} dn_profile_table;

/* "compute" */
const char *dn_profile_column_name(dn_profile_column c);

/* Name of a row of layer [layers]: the parts in their order, then "other" and "idle". */
const char *dn_profile_layer_name(const dn_profile_table *t, int layer);

/* What all ranks have measured, the same on every rank. Without a step there are no ranks in it. Collective
 * on comm. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_profile_collect(const dn_comm *comm, const dn_profile *p,
                                                         dn_profile_table *out, dn_error *err);
void dn_profile_table_destroy(dn_profile_table *t);

/* The table as JSON (schema dragnet.profile): steps, unit, size of the network, and per rank its
 * columns, passes and layers. NULL: no memory. Local. */
dn_json *dn_profile_json(const dn_profile_table *t);

#endif
