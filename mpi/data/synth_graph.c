/* synth_graph.c - the edges of synthetic networks, one by one; see synth_graph.h. Writing is in
 * synth_graph_write.c */
#include "mpi/data/synth_graph.h"

#include <math.h>

/* Values of `a` of the stream DN_RNG_GRAPH: part of the definition, never renumber. */
enum { DRAW_EDGE = 1, DRAW_LABELS, DRAW_GENE_LABELS };

static dn_status check_rmat(const dn_synth_graph_options *o, dn_error *err)
{
    dn_status st = DN_OK;

    if (o->scale < 1 || o->scale > 30)
        DN_FAIL(DN_EUSAGE, "scale %lld: wanted 1 to 30", (long long)o->scale);
    if (o->edge_factor < 1 || o->edge_factor > 1000)
        DN_FAIL(DN_EUSAGE, "edge factor %lld: wanted 1 to 1000", (long long)o->edge_factor);
    if (!(o->a >= 0 && o->b >= 0 && o->c >= 0 && o->a + o->b + o->c <= 1))
        DN_FAIL(DN_EUSAGE, "quadrants of %g, %g and %g: wanted none below 0, and no sum above 1", o->a, o->b,
                o->c);
out:
    return st;
}

static dn_status check_bipartite(const dn_synth_graph_options *o, dn_error *err)
{
    dn_status st = DN_OK;

    if (o->drugs < 1 || o->genes < 1 || o->drugs > INT32_MAX || o->genes > INT32_MAX - o->drugs)
        DN_FAIL(DN_EUSAGE, "%lld drugs and %lld genes: wanted 1 or more of each, together below 2^31",
                (long long)o->drugs, (long long)o->genes);
    if (o->edges < 1 || o->edges > (int64_t)1 << 40)
        DN_FAIL(DN_EUSAGE, "%lld edges: wanted 1 to 2^40", (long long)o->edges);
    if (!(o->exponent > 2 && o->exponent <= 100))
        DN_FAIL(DN_EUSAGE, "exponent %g: wanted more than 2, at most 100", o->exponent);
out:
    return st;
}

static dn_permutation labels(const dn_synth_graph_options *o, uint64_t draw, int64_t n)
{
    return dn_permutation_make(dn_rng_u64(dn_rng_stream(o->seed, DN_RNG_GRAPH, draw, 0), 0), 0, (uint64_t)n);
}

dn_status dn_synth_graph_make(const dn_synth_graph_options *o, dn_synth_graph *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_synth_graph g = {.o = *o, .stream = dn_rng_stream(o->seed, DN_RNG_GRAPH, DRAW_EDGE, 0)};

    if (o->kind == DN_SYNTH_RMAT) {
        DN_TRY(check_rmat(o, err));
        g.nodes = (int64_t)1 << o->scale;
        g.draws = o->edge_factor * g.nodes;
        g.threshold[0] = (uint64_t)llround(o->a * 0x1p32);
        g.threshold[1] = (uint64_t)llround((o->a + o->b) * 0x1p32);
        g.threshold[2] = (uint64_t)llround((o->a + o->b + o->c) * 0x1p32);
        g.labels[0] = labels(o, DRAW_LABELS, g.nodes);
    } else {
        DN_TRY(check_bipartite(o, err));
        g.nodes = o->drugs + o->genes;
        g.draws = o->edges;
        g.power = (o->exponent - 1) / (o->exponent - 2);
        g.labels[0] = labels(o, DRAW_LABELS, o->drugs);
        g.labels[1] = labels(o, DRAW_GENE_LABELS, o->genes);
    }
    *out = g;
out:
    return st;
}

static void draw_rmat(const dn_synth_graph *g, int64_t e, int64_t *out_a, int64_t *out_b)
{
    const uint64_t a = g->threshold[0], ab = g->threshold[1], abc = g->threshold[2];
    int64_t row = 0, column = 0;
    uint32_t u[4];

    for (int64_t level = 0; level < g->o.scale; level++) {
        if (level % 4 == 0)
            dn_rng_block(g->stream, (uint64_t)e, (uint32_t)(level / 4), u);
        uint64_t v = u[level % 4];

        row = row << 1 | (v >= ab);
        column = column << 1 | ((v >= a) & ((v < ab) | (v >= abc)));
    }
    *out_a = row;
    *out_b = column;
}

static int64_t draw_end(uint32_t low, uint32_t high, int64_t n, double power)
{
    double u = ((double)(((uint64_t)high << 32 | low) >> 11) + 0.5) * 0x1p-53;
    int64_t i = (int64_t)((double)n * pow(u, power));

    return i < n ? i : n - 1;
}

void dn_synth_graph_draw(const dn_synth_graph *g, int64_t e, int64_t *out_a, int64_t *out_b)
{
    uint32_t u[4];

    if (g->o.kind == DN_SYNTH_RMAT) {
        draw_rmat(g, e, out_a, out_b);
        return;
    }
    dn_rng_block(g->stream, (uint64_t)e, 0, u);
    *out_a = draw_end(u[0], u[1], g->o.drugs, g->power);
    *out_b = draw_end(u[2], u[3], g->o.genes, g->power);
}

int64_t dn_synth_graph_label(const dn_synth_graph *g, int side, int64_t i)
{
    return (side == 1 ? g->o.drugs : 0) + (int64_t)dn_permute(&g->labels[side], (uint64_t)i);
}
