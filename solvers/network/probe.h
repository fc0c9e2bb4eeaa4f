/* probe.h - exact up to a size, above it random probes with a standard error
 *
 * What a function of a matrix has on its diagonal costs one Krylov space for each node; estimated from random
 * vectors of +-1 it costs one for each probe, whatever the size. The signs come from the seed, the number of
 * the probe and the outside numbers of the nodes: the same on any ranks.
 */
#ifndef DN_NETWORK_PROBE_H
#define DN_NETWORK_PROBE_H

#include "solvers/base/rng.h"

typedef struct dn_probe_options {
    int64_t exact_up_to; /* nodes; which are counted says the header of the measure */
    int64_t probes;      /* >= 2; above exact_up_to */
    uint64_t seed;       /* of the probes */
    double tolerance;    /* > 0: of a solve; what it is of says the header of the measure */
} dn_probe_options;

#define DN_PROBE_DEFAULTS                                                  \
    {                                                                      \
        .exact_up_to = 20000, .probes = 256, .seed = 1, .tolerance = 1e-10 \
    }

/* 1 or -1. */
static inline double dn_probe_sign(dn_rng s, uint64_t item)
{
    return (dn_rng_u64(s, item) & 1u) != 0 ? 1 : -1;
}

/* Running mean and sum of squared deviations (Welford); count is the number of this sample, from 1. */
static inline void dn_probe_add(double x, double count, double *mean, double *squares)
{
    double d = x - *mean;

    *mean += d / count;
    *squares += d * (x - *mean);
}

#endif
