/* betweenness.c - betweenness from many sources at once; see betweenness.h
 *
 * Outwards, level by level: sigma of a node is the sum of the sigma of its neighbours in the level before.
 * Inwards, from the last level: with g(w) = (1 + delta(w)) / sigma(w), a node has
 *     acc(v) = sum of g(w) over its neighbours in the next level,  delta(v) = sigma(v) acc(v),
 *     g(v) = 1 / sigma(v) + acc(v).
 * With weights, g(w) = (weight(w) + delta(w)) / sigma(w), and delta counts as often as its source does.
 * With cuts, targets count 1 / d(s, t), which is 1 / level, and what they add up to at v counts 2 d(s, v).
 * In both directions `wave` holds what the nodes of one level pass on, 0 in lanes where they are not in it,
 * and `heap` gathers it at the nodes of the next level to be worked on, along the rows of either level,
 * whichever have fewer edges. What heap gathers in lanes where a node is not in that level is masked away.
 */
#include "solvers/network/betweenness.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"
#include "solvers/network/pooled.h"

enum { LANES = DN_PATH_LANES };
typedef uint8_t lanes; /* a bit for each source */
_Static_assert(8 * sizeof(lanes) == LANES, "one bit for each lane");

/* A node and the sources for which it is in a level. */
typedef struct entry {
    int32_t node;
    lanes in;
} entry;

struct dn_brandes {
    const dn_graph *g;
    const double *weight;        /* [n] or NULL */
    const dn_cuts *cuts;         /* or NULL */
    double lane_weight[LANES];   /* of the sources of the batch */
    int32_t lane_source[LANES];  /* the sources themselves */
    double *sigma, *wave, *heap; /* [connected, LANES]  wave and heap are zero between searches */
    lanes *seen;                 /* [connected]  reached so far */
    lanes *front;                /* [connected]  in the level that wave belongs to; zero between searches */
    lanes *fresh;                /* [connected]  in the level that heap belongs to; zero between levels */
    entry *list;                 /* [connected * LANES + 1]  levels one behind the other */
    int64_t *level;              /* [connected + 2]  where each level starts in list */
    int32_t *open;               /* [connected]  nodes that some source of the batch has not reached */
    int64_t opens, open_edges;
    lanes all; /* the sources of the batch */
};

dn_status dn_brandes_create(const dn_graph *g, const double *opt_weight, const dn_cuts *opt_cuts,
                            dn_brandes **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_brandes *b = NULL;

    DN_NEW(b, 1);
    b->g = g;
    b->weight = opt_weight;
    b->cuts = opt_cuts;
    DN_NEW(b->sigma, (size_t)g->connected * LANES);
    DN_NEW(b->wave, (size_t)g->connected * LANES);
    DN_NEW(b->heap, (size_t)g->connected * LANES);
    DN_NEW(b->seen, (size_t)g->connected);
    DN_NEW(b->front, (size_t)g->connected);
    DN_NEW(b->fresh, (size_t)g->connected);
    DN_NEW(b->list, (size_t)g->connected * LANES + 1);
    DN_NEW(b->level, (size_t)g->connected + 2);
    DN_NEW(b->open, (size_t)g->connected);
    *out = b;
    b = NULL;
out:
    dn_brandes_destroy(&b);
    return st;
}

void dn_brandes_destroy(dn_brandes **handle)
{
    dn_brandes *b = *handle;

    if (b == NULL)
        return;
    dn_free(b->sigma);
    dn_free(b->wave);
    dn_free(b->heap);
    dn_free(b->seen);
    dn_free(b->front);
    dn_free(b->fresh);
    dn_free(b->list);
    dn_free(b->level);
    dn_free(b->open);
    dn_free(b);
    *handle = NULL;
}

static double *at(double *values, int32_t v)
{
    return values + (int64_t)v * LANES;
}

/* to = from in the lanes of `in`, 0 in the others. */
static inline void keep(double *to, const double *from, lanes in)
{
    for (int k = 0; k < LANES; k++)
        to[k] = in >> k & 1 ? from[k] : 0;
}

static void start(dn_brandes *b, const dn_origins *s, const dn_batch *batch)
{
    b->opens = batch->node_end - batch->node_begin;
    b->open_edges = 0;
    memcpy(b->open, s->node + batch->node_begin, (size_t)b->opens * sizeof *b->open);
    for (int64_t i = 0; i < b->opens; i++) {
        b->seen[b->open[i]] = 0;
        b->open_edges += dn_graph_degree(b->g, b->open[i]);
        memset(at(b->sigma, b->open[i]), 0, LANES * sizeof *b->sigma);
    }
    b->all = 0;
    b->level[0] = 0;
    for (int64_t i = batch->begin; i < batch->end; i++) {
        int lane = (int)(i - batch->begin);
        lanes bit = (lanes)(1u << lane);
        int32_t v = s->source[i];
        b->lane_weight[lane] = b->weight != NULL ? b->weight[v] : 1;
        b->lane_source[lane] = v;
        b->seen[v] = b->front[v] = bit;
        b->all |= bit;
        b->list[lane] = (entry){v, bit};
        at(b->sigma, v)[lane] = at(b->wave, v)[lane] = 1;
    }
    b->level[1] = batch->end - batch->begin;
}

static int64_t edges_of(const dn_brandes *b, int64_t level)
{
    int64_t edges = 0;

    for (int64_t i = b->level[level]; i < b->level[level + 1]; i++)
        edges += dn_graph_degree(b->g, b->list[i].node);
    return edges;
}

/* Forget the wave of a level. */
static void calm(dn_brandes *b, int64_t level)
{
    for (int64_t i = b->level[level]; i < b->level[level + 1]; i++) {
        memset(at(b->wave, b->list[i].node), 0, LANES * sizeof *b->wave);
        b->front[b->list[i].node] = 0;
    }
}

/* The nodes reached from a level, along its rows: list, fresh and heap. Returns the end of the list. */
DN_CLONES static int64_t push_out(dn_brandes *b, int64_t level)
{
    const dn_graph *g = b->g;
    int64_t count = b->level[level + 1];

    for (int64_t i = b->level[level]; i < b->level[level + 1]; i++) {
        entry x = b->list[i];
        const double *from = at(b->wave, x.node);
        for (int64_t e = g->row[x.node]; e < g->row[x.node + 1]; e++) {
            int32_t u = g->col[e];
            lanes in = x.in & (lanes)~b->seen[u];
            double *to = at(b->heap, u);
            if (in == 0)
                continue;
            if (b->fresh[u] == 0)
                b->list[count++].node = u;
            b->fresh[u] |= in;
            for (int k = 0; k < LANES; k++)
                to[k] += from[k];
        }
    }
    return count;
}

/* The same along the rows of the nodes that some source has not reached. */
DN_CLONES static int64_t pull_out(dn_brandes *b, int64_t level)
{
    const dn_graph *g = b->g;
    int64_t count = b->level[level + 1], still = 0;

    for (int64_t i = 0; i < b->opens; i++) {
        int32_t v = b->open[i];
        lanes missing = b->all & (lanes)~b->seen[v], got = 0;
        double acc[LANES] = {0};
        if (missing == 0)
            continue;
        b->open[still++] = v;
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
            int32_t u = g->col[e];
            lanes in = b->front[u] & missing;
            const double *from = at(b->wave, u);
            if (in == 0)
                continue;
            got |= in;
            for (int k = 0; k < LANES; k++)
                acc[k] += from[k];
        }
        if (got == 0)
            continue;
        memcpy(at(b->heap, v), acc, sizeof acc);
        b->fresh[v] = got;
        b->list[count++].node = v;
    }
    b->opens = still;
    return count;
}

/* Turn fresh and heap into the next level. */
DN_CLONES static void settle_out(dn_brandes *b, int64_t level)
{
    calm(b, level - 1);
    for (int64_t i = b->level[level]; i < b->level[level + 1]; i++) {
        int32_t v = b->list[i].node;
        lanes in = b->fresh[v];
        double *wave = at(b->wave, v), *sigma = at(b->sigma, v), *heap = at(b->heap, v);
        b->list[i].in = b->front[v] = in;
        b->fresh[v] = 0;
        b->seen[v] |= in;
        if (b->seen[v] == b->all)
            b->open_edges -= dn_graph_degree(b->g, v);
        keep(wave, heap, in);
        for (int k = 0; k < LANES; k++)
            sigma[k] += wave[k]; /* one of the two is 0 */
        memset(heap, 0, LANES * sizeof *heap);
    }
}

/* Levels and sigma; returns the last level. */
static int64_t outwards(dn_brandes *b)
{
    for (int64_t level = 0;; level++) {
        int64_t end = edges_of(b, level) > b->open_edges ? pull_out(b, level) : push_out(b, level);

        if (end == b->level[level + 1])
            return level;
        b->level[level + 2] = end;
        settle_out(b, level + 1);
    }
}

/* heap of the level below, along the rows of a level. */
DN_CLONES static void push_in(dn_brandes *b, int64_t level)
{
    const dn_graph *g = b->g;

    for (int64_t i = b->level[level]; i < b->level[level + 1]; i++) {
        entry x = b->list[i];
        const double *from = at(b->wave, x.node);
        for (int64_t e = g->row[x.node]; e < g->row[x.node + 1]; e++) {
            double *to = at(b->heap, g->col[e]);
            if ((b->fresh[g->col[e]] & x.in) == 0)
                continue;
            for (int k = 0; k < LANES; k++)
                to[k] += from[k];
        }
    }
}

/* The same along the rows of the level below. */
DN_CLONES static void pull_in(dn_brandes *b, int64_t level)
{
    const dn_graph *g = b->g;

    for (int64_t i = b->level[level - 1]; i < b->level[level]; i++) {
        entry x = b->list[i];
        double acc[LANES] = {0};
        for (int64_t e = g->row[x.node]; e < g->row[x.node + 1]; e++) {
            const double *from = at(b->wave, g->col[e]);
            if ((b->front[g->col[e]] & x.in) == 0)
                continue;
            for (int k = 0; k < LANES; k++)
                acc[k] += from[k];
        }
        memcpy(at(b->heap, x.node), acc, sizeof acc);
    }
}

static inline double lanes_sum(double *x)
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            x[k] += x[k + half];
    return x[0];
}

/* Add what the nodes of one level got from the sources, times `scale`. */
static inline void add_delta(dn_brandes *b, int32_t v, double *delta, double scale, double *sum,
                             double *squares)
{
    const double *sigma = at(b->sigma, v);
    double square[LANES];

    for (int k = 0; k < LANES; k++) {
        delta[k] *= sigma[k] * (b->lane_weight[k] * scale);
        square[k] = delta[k] * delta[k];
    }
    sum[v] += lanes_sum(delta);
    if (squares != NULL)
        squares[v] += lanes_sum(square);
}

/* Remainders of the cut nodes of the level below: what comes from neighbours on the side of the source. */
DN_CLONES static void add_beside(dn_brandes *b, int64_t level, double *sum, double *squares)
{
    const dn_graph *g = b->g;
    const dn_cuts *cuts = b->cuts;

    for (int64_t i = b->level[level - 1]; i < b->level[level]; i++) {
        entry x = b->list[i];
        int32_t side[LANES];
        double acc[LANES] = {0};
        if (cuts->size[x.node] == 0 || cuts->open[x.node] == 0)
            continue;
        for (int k = 0; k < LANES; k++)
            side[k] = x.in >> k & 1 ? (int32_t)dn_cuts_side(cuts, x.node, b->lane_source[k]) : -1;
        for (int64_t e = g->row[x.node]; e < g->row[x.node + 1]; e++) {
            const double *from = at(b->wave, g->col[e]);
            if ((b->front[g->col[e]] & x.in) == 0)
                continue;
            for (int k = 0; k < LANES; k++)
                acc[k] += side[k] == cuts->edge[e] ? from[k] : 0;
        }
        add_delta(b, x.node, acc, 2 * (double)(level - 1), sum, squares);
    }
}

/* Turn heap into the wave of a level and add its dependencies up, those of cut nodes excepted; the last level
 * has an empty heap. */
DN_CLONES static void settle_in(dn_brandes *b, int64_t level, double *sum, double *squares)
{
    double target = b->cuts != NULL ? 1 / (double)level : 1, scale = b->cuts != NULL ? 2 * (double)level : 1;

    for (int64_t i = b->level[level]; i < b->level[level + 1]; i++) {
        int32_t v = b->list[i].node;
        lanes in = b->list[i].in;
        double *wave = at(b->wave, v), *heap = at(b->heap, v), *sigma = at(b->sigma, v);
        double delta[LANES], targets = b->weight != NULL ? b->weight[v] : target;
        keep(delta, heap, in);
        for (int k = 0; k < LANES; k++)
            wave[k] = in >> k & 1 ? targets / sigma[k] + delta[k] : 0;
        if (b->cuts == NULL || b->cuts->size[v] == 0)
            add_delta(b, v, delta, scale, sum, squares);
        memset(heap, 0, LANES * sizeof *heap);
        b->front[v] = in;
        b->fresh[v] = 0;
    }
}

void dn_brandes_run(dn_brandes *b, const dn_origins *s, const dn_batch *batch, double *sum, double *squares)
{
    int64_t last;

    start(b, s, batch);
    last = outwards(b);
    calm(b, last);
    settle_in(b, last, sum, squares);
    for (int64_t level = last; level > 1; level--) {
        for (int64_t i = b->level[level - 1]; i < b->level[level]; i++)
            b->fresh[b->list[i].node] = b->list[i].in;
        if (edges_of(b, level - 1) <= edges_of(b, level))
            pull_in(b, level);
        else
            push_in(b, level);
        if (b->cuts != NULL)
            add_beside(b, level, sum, squares);
        calm(b, level);
        settle_in(b, level - 1, sum, squares);
    }
    calm(b, 1);
}

dn_status dn_betweenness_finish(const dn_origins *s, const dn_cuts *opt_cuts, const double *sum,
                                const double *squares, double *out_raw, double *out_raw_error,
                                double *out_normalised, dn_error *err)
{
    dn_status st = DN_OK;
    double pairs = (double)(s->n - 1) * (double)(s->n - 2) / 2;

    for (int64_t v = 0; v < s->n; v++) {
        int64_t sampled, others;
        double raw = sum[v] / 2;
        dn_origins_of(s, v, &sampled, &others);
        if (!isfinite(raw))
            DN_FAIL(DN_EDATA, "betweenness: more shortest paths between two nodes than a double can count");
        if (sampled < others)
            raw *= (double)others / (double)sampled;
        if (opt_cuts != NULL)
            raw += dn_cuts_known(opt_cuts, v) / 2;
        if (out_raw != NULL)
            out_raw[v] = raw;
        if (out_normalised != NULL)
            out_normalised[v] = pairs > 0 ? raw / pairs : 0;
        if (out_raw_error != NULL)
            out_raw_error[v] = 0;
    }
    if (out_raw_error != NULL && opt_cuts != NULL) {
        DN_TRY(dn_pooled_errors(s, opt_cuts->open, sum, squares, out_raw_error, err));
        for (int64_t v = 0; v < s->n; v++)
            out_raw_error[v] /= 2;
    }
out:
    return st;
}
