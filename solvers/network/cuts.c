/* cuts.c - the sides of cut nodes; see cuts.h
 *
 * The subtree that the search enters from v through its child c has the places place[c] .. last[c]. Taking v
 * away cuts it off when nothing in it leads above v: low[c] >= place[v], low being the smallest place that is
 * a neighbour of the subtree. What is left over is one more side, unless the search began at v.
 */
#include "solvers/network/cuts.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/clustering.h"

typedef struct walk {
    const dn_graph *g;
    int32_t *order;  /* [n]  the node at a place */
    int32_t *parent; /* [n]  -1 where a search began */
    int32_t *low;    /* [n] */
    int32_t *end;    /* [n]  behind the last place of the subtree of a node */
    int64_t *next;   /* [n]  edge to look at; later triangles */
    int64_t *count;  /* [n]  later neighbours on each side */
} walk;

static dn_status make_room(dn_cuts *c, walk *w, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)c->n;

    DN_NEW(c->place, n);
    DN_NEW(c->first, n + 1);
    DN_NEW(c->size, n);
    DN_NEW(c->left, n);
    DN_NEW(c->open, n);
    DN_NEW(c->edge, (size_t)w->g->nnz);
    DN_NEW(w->order, n);
    DN_NEW(w->parent, n);
    DN_NEW(w->low, n);
    DN_NEW(w->end, n);
    DN_NEW(w->next, n);
    DN_NEW(w->count, n);
out:
    return st;
}

static void drop(walk *w)
{
    dn_free(w->order);
    dn_free(w->parent);
    dn_free(w->low);
    dn_free(w->end);
    dn_free(w->next);
    dn_free(w->count);
}

static void enter(dn_cuts *c, walk *w, int32_t v, int32_t parent, int32_t at)
{
    c->place[v] = w->low[v] = at;
    w->order[at] = v;
    w->parent[v] = parent;
    w->next[v] = w->g->row[v];
}

/* Search one component from v; `end` is 0 where the search has not been. Returns the next place. */
static int32_t search(dn_cuts *c, walk *w, int32_t v, int32_t at)
{
    enter(c, w, v, -1, at++);
    w->end[v] = -1;
    while (v >= 0) {
        int32_t above = w->parent[v];

        if (w->next[v] < w->g->row[v + 1]) {
            int32_t u = w->g->col[w->next[v]++];
            if (w->end[u] == 0) {
                enter(c, w, u, v, at++);
                w->end[u] = -1;
                v = u;
            } else if (u != above && c->place[u] < w->low[v])
                w->low[v] = c->place[u];
            continue;
        }
        w->end[v] = at;
        if (above >= 0 && w->low[v] < w->low[above])
            w->low[above] = w->low[v];
        v = above;
    }
    return at;
}

/* Whether a node other than the start is cut off from its parent. */
static int is_side(const dn_cuts *c, const walk *w, int32_t v)
{
    return w->parent[v] >= 0 && w->low[v] >= c->place[w->parent[v]];
}

/* Sides of every node, in the order of their places; `next` says where to put them. */
static dn_status list_sides(dn_cuts *c, walk *w, dn_error *err)
{
    dn_status st = DN_OK;

    memset(w->count, 0, (size_t)c->n * sizeof *w->count);
    for (int32_t v = 0; v < (int32_t)c->n; v++)
        if (is_side(c, w, v))
            w->count[w->parent[v]]++;
    for (int64_t v = 0; v < c->n; v++) {
        int64_t sides = w->parent[v] < 0 && w->count[v] < 2 ? 0 : w->count[v];
        w->next[v] = c->first[v];
        c->first[v + 1] = c->first[v] + sides;
    }
    DN_NEW(c->side, (size_t)c->first[c->n]);
    for (int64_t at = 0; at < c->n; at++) {
        int32_t v = w->order[at], above = w->parent[v];
        if (is_side(c, w, v) && c->first[above + 1] > c->first[above])
            c->side[w->next[above]++] = (dn_side){(int32_t)at, w->end[v]};
    }
out:
    return st;
}

static void set_sizes(dn_cuts *c, const walk *w)
{
    int32_t size = 0;

    for (int64_t at = 0; at < c->n; at++) {
        int32_t v = w->order[at];
        if (w->parent[v] < 0)
            size = w->end[v] - (int32_t)at;
        if (c->first[v + 1] == c->first[v])
            continue;
        c->size[v] = size;
        c->left[v] = size - 1;
        for (int64_t i = c->first[v]; i < c->first[v + 1]; i++)
            c->left[v] -= c->side[i].end - c->side[i].begin;
    }
}

int64_t dn_cuts_side(const dn_cuts *c, int64_t v, int64_t other)
{
    int64_t first = c->first[v], sides = c->first[v + 1] - first, low = 0, high = sides;
    int32_t place = c->place[other];

    if (sides == 0 || place < c->side[first].begin || place >= c->side[first + sides - 1].end)
        return sides;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (c->side[first + middle].begin <= place)
            low = middle;
        else
            high = middle;
    }
    return place < c->side[first + low].end ? low : sides;
}

/* Pairs of neighbours of v on the same side; count [sides + 1] is zero before and after. */
static int64_t pairs_beside(dn_cuts *c, const dn_graph *g, int64_t v, int64_t *count)
{
    int64_t pairs = 0, sides = c->first[v + 1] - c->first[v];

    for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
        c->edge[e] = (int32_t)dn_cuts_side(c, v, g->col[e]);
        pairs += count[c->edge[e]]++;
    }
    memset(count, 0, (size_t)(sides + 1) * sizeof *count);
    return pairs;
}

/* Every triangle through a node is one such pair that is not open. A node has fewer than n sides. */
static dn_status find_open(dn_cuts *c, walk *w, dn_error *err)
{
    dn_status st = DN_OK;
    dn_halves h = {0};
    uint8_t *mark = NULL; /* [n] */

    DN_TRY(dn_halves_create(w->g, &h, err));
    DN_NEW(mark, (size_t)c->n);
    memset(w->next, 0, (size_t)c->n * sizeof *w->next);
    memset(w->count, 0, (size_t)c->n * sizeof *w->count);
    dn_triangles_add(&h, 0, c->n, mark, w->next);
    for (int64_t v = 0; v < c->n; v++)
        c->open[v] = pairs_beside(c, w->g, v, w->count) - w->next[v];
out:
    dn_free(mark);
    dn_halves_destroy(&h);
    return st;
}

dn_status dn_cuts_create(const dn_graph *g, dn_cuts *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_cuts c = {.n = g->n};
    walk w = {.g = g};
    int32_t at = 0;

    DN_TRY(make_room(&c, &w, err));
    for (int32_t v = 0; v < (int32_t)g->n; v++)
        if (w.end[v] == 0)
            at = search(&c, &w, v, at);
    DN_TRY(list_sides(&c, &w, err));
    set_sizes(&c, &w);
    DN_TRY(find_open(&c, &w, err));
    *out = c;
    c = (dn_cuts){0};
out:
    drop(&w);
    dn_cuts_destroy(&c);
    return st;
}

void dn_cuts_destroy(dn_cuts *c)
{
    dn_free(c->place);
    dn_free(c->first);
    dn_free(c->side);
    dn_free(c->size);
    dn_free(c->left);
    dn_free(c->open);
    dn_free(c->edge);
    *c = (dn_cuts){0};
}

double dn_cuts_known(const dn_cuts *c, int64_t v)
{
    int64_t others = c->size[v] - 1, sum = c->left[v] * (others - c->left[v]);

    for (int64_t i = c->first[v]; i < c->first[v + 1]; i++) {
        int64_t a = c->side[i].end - c->side[i].begin;
        sum += a * (others - a);
    }
    return (double)sum;
}
