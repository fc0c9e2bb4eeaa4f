/* estimate.h - memory and time of a stage on any number of ranks, from a model of its work
 *
 * A probe (estimate_train.h, estimate_screen.h, estimate_embed.h) measures a little of the work on one rank
 * and says what the whole consists of: terms of time and of memory. This file adds them up for R ranks with T
 * threads:
 *
 *     time(R)      start(R)  +  sum of seconds x share(R) x busy(R) / busy(1)  +  rounds x exchange(R)
 *     share(R)     ceil(ceil(P / R) / T) / ceil(P / T) of a term that ranks and threads divide in P
 *                  equal pieces; 1 of what every rank does
 *     exchange(R)  messages x latency + bytes / bandwidth; between ranks of one node bytes take the
 *                  time of a copy, a node's card is shared by its ranks
 *     busy(R)      (others + threads) / cores of a node, 1 at least: other work takes its part of the cores,
 *                  and the probe has met busy(1) of it. In an exchange, too, ranks wait for each other to get
 *                  a core: the longest of R - 1 such waits is taken to be 1 + 1/2 + ... + 1/(R - 1) of one
 *     rank(R)      sum of bytes x ceil(P / R) / P, and buffers of the reduction; what was most while
 *                  data was loaded, if that is more
 *     node(R)      the ranks of a node together, what they share counted once
 *
 * A simple form of the model of tests/bench/scaling.py; what other work takes is measured (estimate_load.h).
 * Left out: memory and caches that more ranks of a node compete for, file systems that are slow or busy, what
 * the launcher takes before there are ranks. All functions are local.
 */
#ifndef DN_ESTIMATE_ESTIMATE_H
#define DN_ESTIMATE_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/base/error.h"

enum { DN_ESTIMATE_TERMS = 24 };

typedef struct dn_estimate_term {
    char name[40];
    double amount;  /* seconds, or bytes, of one rank alone */
    int64_t pieces; /* that ranks share; 1: every rank bears all of it */
    bool repeated;  /* time: of the repeated part (epochs), otherwise once a run */
    bool shared;    /* bytes: stand once on a node, though every rank maps them */
} dn_estimate_term;

typedef struct dn_estimate {
    char stage[32];  /* "train gener" */
    char work[240];  /* in words: "68 steps an epoch, 40 epochs at most" */
    char probe[240]; /* what was measured */
    char output[1024];
    int threads;        /* T of a rank, in the probe as in the estimate */
    int64_t most_ranks; /* more are refused by the stage; 0: any number */
    int n_time, n_memory;
    dn_estimate_term time[DN_ESTIMATE_TERMS], memory[DN_ESTIMATE_TERMS];
    double load_peak; /* bytes: the most that was taken until the data was there */
    double repeats;   /* epochs, at most; 1 of a stage that is done once */
    /* the ordered reduction of training (mpi/core/reduce.h); rounds 0: none */
    double rounds;   /* in all repeats */
    double meetings; /* short messages to everyone, a round, beside the reduction */
    int shards;
    int64_t sliced, tail;
    double waits;   /* in the whole run: how often all ranks wait for each other beside the reduction */
    int64_t disk;   /* bytes of outputs, checkpoints and parts among them; 0: unknown */
    double base;    /* bytes of the process before the stage began; set by who starts the probe */
    double began;   /* seconds of some clock (dn_clock_now() * 1e-9) when it began; likewise */
    double seconds; /* that the probe may take, about; likewise */
} dn_estimate;

/* The assumptions. */
typedef struct dn_estimate_machine {
    int ranks_of_node;
    double latency; /* s of a message */
    double card;    /* bytes/s of a node's network, each way */
    double copy;    /* bytes/s between two ranks of a node */
    double start;   /* s that each rank of a node adds to the start of MPI */
    int cores;      /* of a node that is measured; of one with more threads as many as these */
    double others;  /* threads of other work on it that want a core */
    double wait;    /* s until a rank that waits for another has its answer, beside that work; 0: latency */
    double buffers; /* bytes that MPI takes of a rank that is not alone: shared segments, collective writes */
} dn_estimate_machine;

/* 2 us, 12.5 GB/s (100 Gbit/s), 3 GB/s, 14 MB: the most that training on 2 and 3 ranks with Open MPI 4.1.4
 * took beyond its other terms (0 to 14 MB: 3 MB of shared segments, the rest the rank that gathers what is
 * written), 0.01 s a
 * rank (of 1 to 4 ranks each starts in the 0.12 s of one alone; hundreds have connections to make); no other
 * work. */
dn_estimate_machine dn_estimate_machine_default(int ranks_of_node);

typedef struct dn_estimate_row {
    int64_t ranks, nodes, ranks_of_node;
    double seconds;      /* at most: with all repeats */
    double once, repeat; /* s: seconds = once + repeats x repeat */
    double exchange;     /* s of these that are communication */
    double own_seconds;  /* the same as seconds on cores that no other work wants */
    double rank_bytes;   /* as the system counts a rank: shared pages in each */
    double node_bytes;   /* shared pages once */
    double efficiency;   /* time of one rank / (ranks x time) */
} dn_estimate_row;

/* Add a term; pieces < 1 count as 1. More than DN_ESTIMATE_TERMS are added to the last. */
void dn_estimate_add_time(dn_estimate *e, const char *name, double seconds, int64_t pieces, bool repeated);
void dn_estimate_add_memory(dn_estimate *e, const char *name, double bytes, int64_t pieces, bool shared);

/* What timed steps say of thousands more. The mean, not the median: where other work wants the core, most
 * steps are not touched and a few lose a turn of the scheduler, many times their own length, so that the
 * median says nothing of what all of them take together. */
typedef struct dn_estimate_pace {
    double mean; /* s of a step: n steps take n times that */
    double own;  /* share of it that the core was this process's, 0 < own <= 1: mean x own is what a step
                    takes on a core of its own */
} dn_estimate_pace;

/* seconds of n > 0 steps in all on the clock on the wall, and in processor time of the thread that does
 * them. */
dn_estimate_pace dn_estimate_pace_of(int64_t n, double seconds, double cpu);

/* " (other work took 40 % of the core: ...)" of a core that is shared to a tenth or more, or "". buf [160] */
const char *dn_estimate_pace_remark(const dn_estimate_pace *pace, char *buf);

/* 1 <= ranks. Fails: DN_ECONFIG more ranks than e->most_ranks; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_estimate_at(const dn_estimate *e, const dn_estimate_machine *m, int64_t ranks,
                                       dn_estimate_row *out, dn_error *err);

/* ---- what to ask a scheduler for ---- */

typedef struct dn_allocation {
    int64_t nodes, ranks, ranks_of_node, threads;
    int64_t minutes; /* seconds x time_margin, whole ones, + 5: the signal comes before the limit */
    int64_t node_mb; /* MiB of a node: bytes x memory_margin + 64 MiB a rank, in steps of 64 */
} dn_allocation;

dn_allocation dn_estimate_allocation(const dn_estimate *e, const dn_estimate_row *row, double time_margin,
                                     double memory_margin);

/* "1-02:03:00" of minutes, as Slurm reads it; buf [24] */
const char *dn_slurm_time(int64_t minutes, char *buf);

#endif
