/* closeness.c - hop distances from many sources at once; see closeness.h
 *
 * A row of DN_BFS_WORDS words for each node says which sources have reached it (seen), reached it at the
 * level before (now) or reach it at this level (next). now and next are zero between searches.
 */
#include "solvers/network/closeness.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"

enum { WORDS = DN_BFS_WORDS, LCM_22 = 232792560 };

struct dn_bfs {
    const dn_graph *g;
    uint64_t *seen, *now, *next; /* [connected, WORDS] */
    int32_t *frontier;           /* [connected]  nodes with a bit in now */
    int32_t *fresh;              /* [connected]  nodes with a bit in next */
    int32_t *open;               /* [connected]  nodes that some source of the batch has not reached */
    uint8_t *touched;            /* [connected]  stands in fresh; zero between levels */
    int64_t frontiers, fresh_count, opens;
    int64_t frontier_edges, open_edges; /* entries of the rows of these nodes */
    uint64_t all[WORDS];                /* a bit for each source of the batch */
};

dn_status dn_distance_sums_create(const dn_graph *g, int squares, dn_distance_sums *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_distance_sums s = {.n = g->n};
    int64_t most = g->connected > 1 ? g->connected : 1;

    for (s.scale = LCM_22; s.scale <= INT64_MAX / 2 / most;)
        s.scale *= 2;
    DN_NEW(s.distance, (size_t)g->n);
    DN_NEW(s.inverse, (size_t)g->n);
    DN_NEW(s.farthest, (size_t)g->n);
    if (squares) {
        DN_NEW(s.distance2, (size_t)g->n);
        DN_NEW(s.inverse2, (size_t)g->n);
    }
    *out = s;
    s = (dn_distance_sums){0};
out:
    dn_distance_sums_destroy(&s);
    return st;
}

void dn_distance_sums_destroy(dn_distance_sums *s)
{
    dn_free(s->distance);
    dn_free(s->inverse);
    dn_free(s->farthest);
    dn_free(s->distance2);
    dn_free(s->inverse2);
    *s = (dn_distance_sums){0};
}

void dn_distance_sums_add(dn_distance_sums *into, const dn_distance_sums *from)
{
    for (int64_t v = 0; v < into->n; v++) {
        into->distance[v] += from->distance[v];
        into->inverse[v] += from->inverse[v];
        into->farthest[v] = from->farthest[v] > into->farthest[v] ? from->farthest[v] : into->farthest[v];
    }
    for (int64_t v = 0; into->distance2 != NULL && v < into->n; v++) {
        into->distance2[v] += from->distance2[v];
        into->inverse2[v] += from->inverse2[v];
    }
}

dn_status dn_bfs_create(const dn_graph *g, dn_bfs **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_bfs *b = NULL;

    DN_NEW(b, 1);
    b->g = g;
    DN_NEW(b->seen, (size_t)g->connected * WORDS);
    DN_NEW(b->now, (size_t)g->connected * WORDS);
    DN_NEW(b->next, (size_t)g->connected * WORDS);
    DN_NEW(b->frontier, (size_t)g->connected + 1); /* changes places with fresh */
    DN_NEW(b->fresh, (size_t)g->connected + 1);    /* push() writes before it knows whether to count */
    DN_NEW(b->open, (size_t)g->connected);
    DN_NEW(b->touched, (size_t)g->connected);
    *out = b;
    b = NULL;
out:
    dn_bfs_destroy(&b);
    return st;
}

void dn_bfs_destroy(dn_bfs **handle)
{
    dn_bfs *b = *handle;

    if (b == NULL)
        return;
    dn_free(b->seen);
    dn_free(b->now);
    dn_free(b->next);
    dn_free(b->frontier);
    dn_free(b->fresh);
    dn_free(b->open);
    dn_free(b->touched);
    dn_free(b);
    *handle = NULL;
}

static void start(dn_bfs *b, const dn_origins *s, const dn_batch *batch)
{
    b->opens = batch->node_end - batch->node_begin;
    b->open_edges = b->frontier_edges = b->frontiers = 0;
    memcpy(b->open, s->node + batch->node_begin, (size_t)b->opens * sizeof *b->open);
    for (int64_t i = 0; i < b->opens; i++) {
        memset(b->seen + (int64_t)b->open[i] * WORDS, 0, WORDS * sizeof *b->seen);
        b->open_edges += dn_graph_degree(b->g, b->open[i]);
    }
    memset(b->all, 0, sizeof b->all);
    for (int64_t i = batch->begin; i < batch->end; i++) {
        int32_t v = s->source[i];
        int64_t lane = i - batch->begin;
        uint64_t bit = (uint64_t)1 << (lane % 64);
        b->seen[(int64_t)v * WORDS + lane / 64] |= bit;
        b->now[(int64_t)v * WORDS + lane / 64] |= bit;
        b->all[lane / 64] |= bit;
        b->frontier[b->frontiers++] = v;
        b->frontier_edges += dn_graph_degree(b->g, v);
    }
}

/* next |= now of a neighbour in the frontier; fresh gets every node touched. */
DN_CLONES static void push(dn_bfs *b)
{
    const dn_graph *g = b->g;
    int64_t count = 0;

    for (int64_t i = 0; i < b->frontiers; i++) {
        int32_t v = b->frontier[i];
        const uint64_t *from = b->now + (int64_t)v * WORDS;
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
            int32_t u = g->col[e];
            uint64_t *to = b->next + (int64_t)u * WORDS;
            for (int k = 0; k < WORDS; k++)
                to[k] |= from[k];
            b->fresh[count] = u;
            count += !b->touched[u];
            b->touched[u] = 1;
        }
    }
    for (int64_t i = 0; i < count; i++)
        b->touched[b->fresh[i]] = 0;
    b->fresh_count = count;
}

/* Whether every source has reached it. */
static inline int complete(const uint64_t *seen, const uint64_t *more, const uint64_t *all)
{
    uint64_t missing = 0;

    for (int k = 0; k < WORDS; k++)
        missing |= all[k] & ~(seen[k] | more[k]);
    return missing == 0;
}

/* next = now of all neighbours, for the nodes that are still open; stops early at a node that has all. */
DN_CLONES static void pull(dn_bfs *b)
{
    const dn_graph *g = b->g;
    int64_t count = 0, still = 0;

    for (int64_t i = 0; i < b->opens; i++) {
        int32_t v = b->open[i];
        const uint64_t *seen = b->seen + (int64_t)v * WORDS;
        uint64_t got[WORDS] = {0}, any = 0;
        if (complete(seen, got, b->all))
            continue;
        b->open[still++] = v;
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
            const uint64_t *from = b->now + (int64_t)g->col[e] * WORDS;
            for (int k = 0; k < WORDS; k++)
                got[k] |= from[k];
            if ((e & 7) == 7 && complete(seen, got, b->all))
                break;
        }
        for (int k = 0; k < WORDS; k++)
            any |= got[k];
        if (any == 0)
            continue;
        memcpy(b->next + (int64_t)v * WORDS, got, sizeof got);
        b->fresh[count++] = v;
    }
    b->opens = still;
    b->fresh_count = count;
}

/* What one level adds to the sums for each source. */
typedef struct step {
    int64_t level, inverse, inverse2;
    double level2;
} step;

static void add_up(dn_distance_sums *sums, int32_t v, int64_t sources, const step *s)
{
    sums->distance[v] += sources * s->level;
    sums->inverse[v] += sources * s->inverse;
    sums->farthest[v] = s->level > sums->farthest[v] ? s->level : sums->farthest[v];
    if (sums->distance2 != NULL) {
        sums->distance2[v] += (double)sources * s->level2;
        sums->inverse2[v] += sources * s->inverse2;
    }
}

/* Keep what is new of next, add it up, and make it the frontier. */
DN_CLONES static void settle(dn_bfs *b, const step *s, dn_distance_sums *sums)
{
    int64_t kept = 0;
    uint64_t *swap = b->now;
    int32_t *list = b->frontier;

    for (int64_t i = 0; i < b->frontiers; i++)
        memset(b->now + (int64_t)b->frontier[i] * WORDS, 0, WORDS * sizeof *b->now);
    b->frontier_edges = 0;
    for (int64_t i = 0; i < b->fresh_count; i++) {
        int32_t v = b->fresh[i];
        uint64_t *next = b->next + (int64_t)v * WORDS, *seen = b->seen + (int64_t)v * WORDS;
        int64_t sources = 0;
        for (int k = 0; k < WORDS; k++)
            next[k] &= ~seen[k];
        for (int k = 0; k < WORDS; k++)
            sources += __builtin_popcountll(next[k]);
        if (sources == 0)
            continue;
        for (int k = 0; k < WORDS; k++)
            seen[k] |= next[k];
        add_up(sums, v, sources, s);
        b->fresh[kept++] = v;
        b->frontier_edges += dn_graph_degree(b->g, v);
        if (complete(seen, next, b->all))
            b->open_edges -= dn_graph_degree(b->g, v);
    }
    b->now = b->next;
    b->next = swap;
    b->frontier = b->fresh;
    b->fresh = list;
    b->frontiers = kept;
}

void dn_bfs_run(dn_bfs *b, const dn_origins *s, const dn_batch *batch, dn_distance_sums *sums)
{
    start(b, s, batch);
    for (int64_t level = 1; b->frontiers > 0; level++) {
        int64_t square = level * level; /* below 2^62 */
        step at = {.level = level, .inverse = (sums->scale + level / 2) / level};
        at.level2 = (double)square;
        at.inverse2 = (sums->scale + square / 2) / square;
        if (b->frontier_edges > b->open_edges)
            pull(b);
        else
            push(b);
        settle(b, &at, sums);
    }
}

/* The other nodes of a component that are not known beforehand, and the sums over those that are sources. */
typedef struct unknown {
    int64_t sampled, others;
    double distance, distance2, inverse, inverse2;
} unknown;

/* A total over all others and its error. */
typedef struct estimate {
    double value, error;
} estimate;

/* All but the neighbours, if that leaves a sample. */
static unknown leave_neighbours(const dn_origins *s, const dn_graph *g, const dn_distance_sums *sums,
                                int64_t v)
{
    int64_t near = dn_graph_degree(g, v), found = 0, sampled, others;

    dn_origins_of(s, v, &sampled, &others);
    for (int64_t e = g->row[v]; sampled < others && e < g->row[v + 1]; e++)
        found += s->is_source[g->col[e]];
    if (sampled == others || (sampled - found < 2 && near < others))
        near = found = 0;
    return (unknown){.sampled = sampled - found,
                     .others = others - near,
                     .distance = (double)(sums->distance[v] - found),
                     .inverse = (double)(sums->inverse[v] - found * sums->scale) / (double)sums->scale,
                     .distance2 = sums->distance2 != NULL ? sums->distance2[v] - (double)found : 0,
                     .inverse2 = sums->inverse2 != NULL
                                     ? (double)(sums->inverse2[v] - found * sums->scale) / (double)sums->scale
                                     : 0};
}

/* `known` and what is estimated from a sum over the sampled; `off`: how far one value may lie from the rest.
 */
static estimate total(const unknown *u, double known, double sum, double squares, double off)
{
    double k = (double)u->sampled;
    estimate e = {known + sum, 0};

    if (u->sampled == u->others)
        return e;
    e.value = known + sum * ((double)u->others / k);
    e.error = dn_origins_error(u->sampled, u->others,
                               fmax(dn_origins_spread(u->sampled, sum, squares), off * off / k));
    return e;
}

static void finish_node(const dn_origins *s, const dn_graph *g, const dn_distance_sums *sums, int64_t v,
                        const dn_distances *out)
{
    double harmonic = 0, closeness = 0, harmonic_error = 0, closeness_error = 0;
    unknown u = leave_neighbours(s, g, sums, v);
    int64_t sampled, others;

    dn_origins_of(s, v, &sampled, &others);
    if (others > 0) {
        double known = (double)(others - u.others), mean = u.distance / (double)u.sampled;
        double far = mean > 3 ? mean : 3;
        estimate distance = total(&u, known, u.distance, u.distance2, 1);
        estimate inverse = total(&u, known, u.inverse, u.inverse2, 1 / (far - 1) - 1 / far);
        harmonic = inverse.value;
        closeness = (double)others / distance.value * ((double)others / (double)(s->n - 1));
        if (sums->distance2 != NULL) {
            harmonic_error = inverse.error;
            closeness_error = closeness * distance.error / distance.value;
        }
    }
    if (out->harmonic != NULL)
        out->harmonic[v] = harmonic;
    if (out->harmonic_error != NULL)
        out->harmonic_error[v] = harmonic_error;
    if (out->closeness != NULL)
        out->closeness[v] = closeness;
    if (out->closeness_error != NULL)
        out->closeness_error[v] = closeness_error;
    if (out->eccentricity != NULL)
        out->eccentricity[v] = (double)sums->farthest[v];
}

void dn_distances_finish(const dn_origins *s, const dn_graph *g, const dn_distance_sums *sums,
                         const dn_distances *out)
{
    for (int64_t v = 0; v < s->n; v++)
        finish_node(s, g, sums, v, out);
}
