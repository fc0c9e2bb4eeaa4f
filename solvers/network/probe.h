/* probe.h - exact up to a size, above it random probes with a standard error
 *
 * What a function of a matrix has on its diagonal costs one Krylov space for each node; estimated from random
 * vectors of +-1 it costs one for each probe, whatever the size. The signs come from the seed, the number of
 * the probe and the outside numbers of the nodes: the same on any ranks.
 */
#ifndef DN_NETWORK_PROBE_H
#define DN_NETWORK_PROBE_H

#include "solvers/base/rng.h"
#include "solvers/network/team.h"

typedef struct dn_probe_options {
    int64_t exact_up_to; /* nodes; which are counted says the header of the measure */
    int64_t probes;      /* >= 2; above exact_up_to */
    uint64_t seed;       /* of the probes */
    double tolerance;    /* > 0: of a solve; what it is of says the header of the measure */
    int64_t units; /* to find out what they take: only so many nodes (subgraph: batches of DN_LANES nodes)
                      of the exact way, spread over all; the values are of no use then. 0: all */
} dn_probe_options;

#define DN_PROBE_DEFAULTS                                                  \
    {                                                                      \
        .exact_up_to = 10000, .probes = 128, .seed = 1, .tolerance = 1e-10 \
    }

/* How many of `all` units of the exact way are done. Local. */
static inline int64_t dn_probe_units(const dn_probe_options *o, int64_t all)
{
    return o->units > 0 && o->units < all ? o->units : all;
}

/* Local. Fails: DN_EUSAGE tolerance or probes out of range */
DN_MUST_CHECK dn_status dn_probe_check(const dn_probe_options *o, const char *measure, dn_error *err);

/* Values that this rank has found, of `count` connected nodes (inside numbers) that no other rank has, to
 * all: out [n]; connected nodes that no rank has get 0, isolated ones `isolated`. Collective on the team.
 * Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_probe_share(const dn_graph *g, const dn_team *team, int64_t count,
                                                     const int32_t *node, const double *value,
                                                     double isolated, double *out, dn_error *err);

/* The same where every rank has the values of its rows: own [end - begin]. Collective; cannot fail. */
DN_COLLECTIVE void dn_probe_gather(const dn_graph *g, const dn_team *team, const double *own, double isolated,
                                   double *out);

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
