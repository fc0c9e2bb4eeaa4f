/* sweep_private.h - what the sweeps share */
#ifndef DN_GRAPH_SWEEP_PRIVATE_H
#define DN_GRAPH_SWEEP_PRIVATE_H

#include "mpi/graph/sweep.h"

/* How far this rank is; rank 0 speaks for all, whose shares are alike. */
typedef struct dn_sweep_meter {
    void (*report)(void *ctx, int64_t done, int64_t total); /* NULL except on rank 0 */
    void *ctx;
    int64_t done, mine; /* units of this rank */
    int64_t total;      /* units of all ranks */
} dn_sweep_meter;

dn_sweep_meter dn_sweep_meter_start(const dn_comm *comm, const dn_sweep_options *o, int64_t mine,
                                    int64_t total);

/* A unit is done. Any thread; the main thread reports. */
void dn_sweep_meter_tick(dn_sweep_meter *m);

/* The options, where none are given. */
dn_sweep_options dn_sweep_defaults(const dn_sweep_options *o);

#endif
