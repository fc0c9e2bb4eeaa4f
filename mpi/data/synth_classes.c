/* synth_classes.c - which way a planted interaction goes; see synth.h */
#include <math.h>
#include "mpi/data/synth.h"
#include "solvers/base/rng.h"

/* Values of `a` of the stream DN_RNG_SYNTH, behind those of synth.c: part of the definition, never renumber.
 */
enum { DRAW_LEVEL = 13, DRAW_CLASS = 14 };

static const double steepness = 2, connection = 1;

double dn_synth_drive(const dn_synth_options *o, int64_t gene)
{
    dn_synth_gene t = dn_synth_gene_of(o, gene);
    dn_rng level = dn_rng_stream(o->seed, DN_RNG_SYNTH, DRAW_LEVEL, 0);

    return (t.loading > 0 ? 1 : -1) * (0.5 + dn_rng_uniform(level, (uint64_t)t.module));
}

/* Noise of outcome k = 0, 1, 2 of the unordered pair. */
static double gumbel(const dn_synth_options *o, uint64_t number, uint32_t k)
{
    return -log(-log(dn_rng_uniform(dn_rng_stream(o->seed, DN_RNG_SYNTH, DRAW_CLASS, k), number)));
}

uint8_t dn_synth_class(const dn_synth_options *o, int64_t gene_a, int64_t gene_b)
{
    int64_t low = gene_a < gene_b ? gene_a : gene_b, high = gene_a < gene_b ? gene_b : gene_a;
    uint64_t number =
        (uint64_t)high * ((uint64_t)high - 1) / 2 + (uint64_t)low; /* as dn_synth_unordered() counts */
    double d = steepness * (dn_synth_drive(o, low) - dn_synth_drive(o, high));
    double of[3] = {connection + gumbel(o, number, 0), d + gumbel(o, number, 1), -d + gumbel(o, number, 2)};
    int best = of[1] > of[0] ? 1 : 0;

    best = of[2] > of[best] ? 2 : best;
    if (best == 0)
        return 1;
    return (best == 1) == (gene_a == low) ? 2 : 3;
}
