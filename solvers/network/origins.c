/* origins.c - the nodes from which path measures start; see origins.h */
#include "solvers/network/origins.h"

#include <math.h>
#include <stdlib.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/network/components.h"

/* Fills node and node_first; isolated nodes are components of one, behind the others. */
static dn_status group_nodes(const dn_graph *g, dn_origins *s, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *at = NULL; /* [components + 1] */
    int64_t all = 0;

    DN_NEW(s->component, (size_t)g->n);
    DN_TRY(dn_components(g, s->component, &all, err));
    s->components = all - (g->n - g->connected);
    DN_NEW(s->node, (size_t)g->connected);
    DN_NEW(s->node_first, (size_t)s->components + 1);
    DN_NEW(at, (size_t)s->components + 1);
    for (int64_t v = 0; v < g->connected; v++)
        s->node_first[s->component[v] + 1]++;
    for (int64_t c = 0; c < s->components; c++) {
        s->node_first[c + 1] += s->node_first[c];
        at[c + 1] = s->node_first[c + 1];
    }
    for (int64_t v = 0; v < g->connected; v++)
        s->node[at[s->component[v]]++] = (int32_t)v;
out:
    dn_free(at);
    return st;
}

/* How many sources a component of r of all `connected` nodes gets. */
static int64_t quota(int64_t r, int64_t connected, int64_t wanted)
{
    int64_t k = (int64_t)ceil((double)wanted * ((double)r / (double)connected));

    k = k > DN_ORIGINS_LEAST ? k : DN_ORIGINS_LEAST;
    return k < r ? k : r;
}

static void choose(const dn_graph *g, int64_t wanted, uint64_t seed, dn_origins *s)
{
    dn_permutation p = {0};
    int64_t left = 0;
    int64_t *need = s->source_first + 1; /* in place, becomes the sum of what was taken */

    for (int64_t c = 0; c < s->components; c++) {
        need[c] = quota(s->node_first[c + 1] - s->node_first[c], g->connected, wanted);
        left += need[c];
    }
    s->count = left;
    if (left > 0)
        p = dn_permutation_make(dn_rng_u64(dn_rng_stream(seed, DN_RNG_SOURCES, 0, 0), 0), 0,
                                (uint64_t)g->connected);
    for (int64_t i = 0; left > 0; i++) {
        int64_t v = (int64_t)dn_permute(&p, (uint64_t)i);
        if (need[s->component[v]] == 0)
            continue;
        need[s->component[v]]--;
        s->is_source[v] = 1;
        left--;
    }
}

/* For sorting: component, smallest inside number among the neighbours, the node itself. */
typedef struct place {
    int64_t component;
    int32_t hub, node;
} place;

static int compare_places(const void *x, const void *y)
{
    const place *a = x, *b = y;

    if (a->component != b->component)
        return a->component < b->component ? -1 : 1;
    if (a->hub != b->hub)
        return a->hub < b->hub ? -1 : 1;
    return a->node < b->node ? -1 : a->node > b->node;
}

static int32_t first_hub(const dn_graph *g, int64_t v)
{
    int32_t hub = g->col[g->row[v]];

    for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
        hub = g->col[e] < hub ? g->col[e] : hub;
    return hub;
}

static dn_status sort_sources(const dn_graph *g, dn_origins *s, dn_error *err)
{
    dn_status st = DN_OK;
    place *list = NULL;
    int64_t k = 0;

    DN_NEW(s->source, (size_t)s->count);
    DN_NEW(list, (size_t)s->count);
    for (int64_t v = 0; v < g->connected; v++)
        if (s->is_source[v])
            list[k++] = (place){s->component[v], first_hub(g, v), (int32_t)v};
    qsort(list, (size_t)k, sizeof *list, compare_places);
    for (int64_t i = 0; i < k; i++) {
        s->source[i] = list[i].node;
        s->source_first[list[i].component + 1]++;
    }
    for (int64_t c = 0; c < s->components; c++)
        s->source_first[c + 1] += s->source_first[c];
out:
    dn_free(list);
    return st;
}

dn_status dn_origins_create(const dn_graph *g, int64_t wanted, uint64_t seed, dn_origins *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_origins s = {.n = g->n};

    if (wanted < 0)
        DN_FAIL(DN_EDATA, "%lld sources asked for; 0 means all", (long long)wanted);
    if (wanted == 0 || wanted > g->connected)
        wanted = g->connected;
    DN_TRY(group_nodes(g, &s, err));
    DN_NEW(s.source_first, (size_t)s.components + 1);
    DN_NEW(s.is_source, (size_t)g->n);
    choose(g, wanted, seed, &s);
    DN_TRY(sort_sources(g, &s, err));
    *out = s;
    s = (dn_origins){0};
out:
    dn_origins_destroy(&s);
    return st;
}

void dn_origins_destroy(dn_origins *s)
{
    dn_free(s->component);
    dn_free(s->node);
    dn_free(s->node_first);
    dn_free(s->source);
    dn_free(s->source_first);
    dn_free(s->is_source);
    *s = (dn_origins){0};
}

/* Counts the batches when out is NULL. */
static int64_t cut(const dn_origins *s, int64_t width, dn_batch *out)
{
    int64_t batches = 0;

    for (int64_t c = 0; c < s->components;) {
        int64_t begin = s->source_first[c], last = c + 1, parts;
        while (last < s->components && s->source_first[last + 1] - begin <= width)
            last++;
        parts = (s->source_first[last] - begin + width - 1) / width;
        for (int64_t k = 0; k < parts; k++, batches++) {
            int64_t length = s->source_first[last] - begin;
            if (out != NULL)
                out[batches] = (dn_batch){begin + length * k / parts, begin + length * (k + 1) / parts,
                                          s->node_first[c], s->node_first[last], last == c + 1};
        }
        c = last;
    }
    return batches;
}

dn_status dn_origins_batches(const dn_origins *s, int width, dn_batch **out, int64_t *out_count,
                             dn_error *err)
{
    dn_status st = DN_OK;
    dn_batch *list = NULL;
    int64_t count = cut(s, width, NULL);

    DN_NEW(list, (size_t)count);
    cut(s, width, list);
    *out = list;
    *out_count = count;
out:
    return st;
}

void dn_origins_of(const dn_origins *s, int64_t v, int64_t *out_sampled, int64_t *out_others)
{
    int64_t c = s->component[v];

    *out_sampled = *out_others = 0;
    if (c >= s->components)
        return;
    *out_sampled = s->source_first[c + 1] - s->source_first[c] - s->is_source[v];
    *out_others = s->node_first[c + 1] - s->node_first[c] - 1;
}

double dn_origins_spread(int64_t sampled, double sum, double squares)
{
    double k = (double)sampled;
    double spread = sampled < 2 ? NAN : (squares - sum * sum / k) / (k - 1);

    return spread < 0 ? 0 : spread;
}

double dn_origins_error(int64_t sampled, int64_t others, double spread)
{
    double k = (double)sampled, n = (double)others;

    if (sampled == others)
        return 0;
    return n * sqrt(spread / k * (1 - k / n));
}
