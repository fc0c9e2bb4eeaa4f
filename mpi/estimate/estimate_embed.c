/* estimate_embed.c - what embedding proteins takes; see estimate_embed.h */
#include "mpi/estimate/estimate_embed.h"

#include <omp.h>
#include <stdio.h>
#include "mpi/core/memory.h"
#include "mpi/embed/embed_probe.h"
#include "solvers/base/clock.h"

/* Bytes a second that states take to become parts, and parts the file. */
static const double DISK = 500e6;

dn_status dn_estimate_embed(const dn_embed *embed, dn_estimate *e, dn_error *err)
{
    dn_status st = DN_OK;
    dn_embed_probe p = {.proteins = 0};
    double load = dn_clock_s() - e->began, loaded = (double)dn_memory_now();
    int64_t n = dn_embed_proteins(embed);

    e->load_peak = (double)dn_memory_peak();
    DN_TRY(dn_embed_try(embed, e->seconds, &p, err));
    e->threads = omp_get_max_threads();
    e->disk = 2 * p.state_bytes; /* the parts, while the file is made of them */
    snprintf(e->work, sizeof e->work, "%lld distinct proteins, %.4g TFLOP, %.1f MB of states", (long long)n,
             1e-12 * p.total, 1e-6 * (double)p.state_bytes);
    snprintf(e->probe, sizeof e->probe, "%lld proteins in %.2f s, %.1f GFLOP/s", (long long)p.proteins,
             p.seconds, 1e-9 * p.operations / p.seconds);
    dn_estimate_add_time(e, "start and weights", load, 1, false);
    dn_estimate_add_time(e, "proteins", p.total / p.operations * p.seconds, n, false);
    dn_estimate_add_time(e, "parts and the file", 2 * (double)p.state_bytes / DISK, 1, false);
    dn_estimate_add_memory(e, "process", e->base, 1, false);
    dn_estimate_add_memory(e, "sequences", loaded - e->base - (double)p.shared_bytes, 1, false);
    dn_estimate_add_memory(e, "weights that a node shares", (double)p.shared_bytes, 1, true);
    dn_estimate_add_memory(e, "works of threads", (double)p.thread_bytes, 1, false);
    dn_estimate_add_memory(e, "a wave of states", (double)p.wave_bytes, 1, false);
out:
    return st;
}
