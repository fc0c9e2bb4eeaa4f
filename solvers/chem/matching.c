/* matching.c - Edmonds' algorithm; see matching.h
 *
 * A search grows a tree of alternating paths from a lone node. Two nodes of even depth that meet close an odd
 * ring, a blossom, which is shrunk by giving all its nodes one base.
 */
#include "solvers/chem/matching.h"

#include <stdbool.h>
#include "solvers/base/alloc.h"

typedef struct search {
    int32_t n;
    int32_t *first; /* [n + 1]  neighbours of v: near[first[v]] .. near[first[v + 1] - 1] */
    int32_t *near;  /* [2 m] */
    int32_t *mate;  /* [n] */
    int32_t *from;  /* [n]  the node before it on its path, -1: none */
    int32_t *base;  /* [n]  of the blossom it was shrunk into */
    int32_t *queue; /* [n]  nodes of even depth */
    bool *even;     /* [n] */
    bool *inside;   /* [n]  marks of common() and shrink() */
    int32_t tail;
} search;

static void list_neighbours(int64_t m, const int32_t *end, search *s)
{
    for (int64_t k = 0; k < 2 * m; k++)
        s->first[end[k] + 1]++;
    for (int32_t v = 0; v < s->n; v++)
        s->first[v + 1] += s->first[v];
    for (int64_t k = 2 * m - 1; k >= 0; k--)
        s->near[--s->first[end[k] + 1]] = end[k ^ 1];
    for (int32_t v = 0; v < s->n; v++)
        s->first[v] = s->first[v + 1];
    s->first[s->n] = (int32_t)(2 * m);
}

/* The base where the paths of a and b to the root meet. */
static int32_t common(search *s, int32_t a, int32_t b)
{
    for (int32_t v = 0; v < s->n; v++)
        s->inside[v] = false;
    for (;;) {
        a = s->base[a];
        s->inside[a] = true;
        if (s->mate[a] < 0)
            break;
        a = s->from[s->mate[a]];
    }
    for (;;) {
        b = s->base[b];
        if (s->inside[b])
            return b;
        b = s->from[s->mate[b]];
    }
}

static void mark_path(search *s, int32_t v, int32_t base, int32_t child)
{
    while (s->base[v] != base) {
        s->inside[s->base[v]] = s->inside[s->base[s->mate[v]]] = true;
        s->from[v] = child;
        child = s->mate[v];
        v = s->from[s->mate[v]];
    }
}

static void shrink(search *s, int32_t a, int32_t b)
{
    int32_t base = common(s, a, b);

    for (int32_t v = 0; v < s->n; v++)
        s->inside[v] = false;
    mark_path(s, a, base, b);
    mark_path(s, b, base, a);
    for (int32_t v = 0; v < s->n; v++)
        if (s->inside[s->base[v]]) {
            s->base[v] = base;
            if (!s->even[v]) {
                s->even[v] = true;
                s->queue[s->tail++] = v;
            }
        }
}

/* A lone node that an alternating path leads to from root, or -1. */
static int32_t find_path(search *s, int32_t root)
{
    for (int32_t v = 0; v < s->n; v++) {
        s->from[v] = -1;
        s->base[v] = v;
        s->even[v] = false;
    }
    s->even[root] = true;
    s->queue[0] = root;
    s->tail = 1;
    for (int32_t head = 0; head < s->tail; head++) {
        int32_t v = s->queue[head];

        for (int32_t k = s->first[v]; k < s->first[v + 1]; k++) {
            int32_t u = s->near[k];

            if (s->base[v] == s->base[u] || s->mate[v] == u)
                continue;
            if (u == root || (s->mate[u] >= 0 && s->from[s->mate[u]] >= 0)) {
                shrink(s, v, u);
            } else if (s->from[u] < 0) {
                s->from[u] = v;
                if (s->mate[u] < 0)
                    return u;
                s->even[s->mate[u]] = true;
                s->queue[s->tail++] = s->mate[u];
            }
        }
    }
    return -1;
}

static void swap_along(search *s, int32_t v)
{
    while (v >= 0) {
        int32_t before = s->from[v], next = s->mate[before];

        s->mate[v] = before;
        s->mate[before] = v;
        v = next;
    }
}

dn_status dn_matching_find(int64_t n, int64_t m, const int32_t *end, int32_t *out_mate, dn_error *err)
{
    dn_status st = DN_OK;
    search s = {.n = (int32_t)n, .mate = out_mate};

    DN_NEW(s.first, (size_t)n + 1);
    DN_NEW(s.near, 2 * (size_t)m);
    DN_NEW(s.from, (size_t)n);
    DN_NEW(s.base, (size_t)n);
    DN_NEW(s.queue, (size_t)n);
    DN_NEW(s.even, (size_t)n);
    DN_NEW(s.inside, (size_t)n);
    list_neighbours(m, end, &s);
    for (int32_t v = 0; v < s.n; v++)
        s.mate[v] = -1;
    for (int64_t e = 0; e < m; e++)
        if (s.mate[end[2 * e]] < 0 && s.mate[end[2 * e + 1]] < 0) {
            s.mate[end[2 * e]] = end[2 * e + 1];
            s.mate[end[2 * e + 1]] = end[2 * e];
        }
    for (int32_t v = 0; v < s.n; v++)
        if (s.mate[v] < 0)
            swap_along(&s, find_path(&s, v));
out:
    dn_free(s.first);
    dn_free(s.near);
    dn_free(s.from);
    dn_free(s.base);
    dn_free(s.queue);
    dn_free(s.even);
    dn_free(s.inside);
    return st;
}
