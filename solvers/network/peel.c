/* peel.c - a graph without the trees that hang on it; see peel.h */
#include "solvers/network/peel.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/components.h"

static dn_status make_room(const dn_graph *g, dn_peel *p, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)g->n;

    DN_NEW(p->component, n);
    DN_TRY(dn_components(g, p->component, &p->components, err));
    p->components -= g->n - g->connected;
    DN_NEW(p->node, n);
    DN_NEW(p->place, n);
    DN_NEW(p->order, n);
    DN_NEW(p->parent, n);
    DN_NEW(p->resistance, n);
    DN_NEW(p->behind, n);
    DN_NEW(p->size, (size_t)p->components);
    DN_NEW(p->hang, (size_t)p->components);
    DN_NEW(p->first, (size_t)p->components);
out:
    return st;
}

/* Take order[k] away; left [n]: neighbours left. place is 0 while a node is there, -1 after. */
static void take(const dn_graph *g, dn_peel *p, int64_t k, int64_t *left)
{
    int32_t v = p->order[k];

    for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
        int32_t u = g->col[e];

        if (p->place[u] < 0)
            continue;
        p->parent[k] = u;
        p->resistance[k] = 1 / dn_graph_weight(g, e);
        p->behind[u] += p->behind[v];
        p->hang[p->component[v]] += (double)p->behind[v] * p->resistance[k];
        if (--left[u] == 1)
            p->order[p->taken++] = u;
    }
    p->place[v] = -1;
}

/* order is a queue of nodes with one neighbour left; of the last edge of a tree both ends are in it, and the
 * later one stays. */
static void peel(const dn_graph *g, dn_peel *p, int64_t *left)
{
    int64_t done = 0;

    for (int64_t i = 0; i < g->n; i++) {
        left[i] = dn_graph_degree(g, i);
        p->behind[i] = 1;
        if (left[i] == 1)
            p->order[p->taken++] = (int32_t)i;
    }
    for (int64_t k = 0; k < p->taken; k++) {
        int32_t v = p->order[k];

        if (left[v] == 0)
            continue;
        p->order[done] = v;
        left[v] = 0;
        take(g, p, done++, left);
    }
    p->taken = done;
}

static void number_core(const dn_graph *g, dn_peel *p, const int64_t *left)
{
    memset(p->first, -1, (size_t)p->components * sizeof *p->first);
    for (int64_t i = 0; i < g->n; i++) {
        p->place[i] = -1;
        if (i < g->connected)
            p->size[p->component[i]]++;
        if (left[i] < 2)
            continue;
        if (p->first[p->component[i]] < 0)
            p->first[p->component[i]] = (int32_t)p->core;
        p->place[i] = (int32_t)p->core;
        p->node[p->core++] = (int32_t)i;
    }
}

dn_status dn_peel_create(const dn_graph *g, dn_peel *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_peel p = {0};
    int64_t *left = NULL; /* [n] */

    DN_TRY(make_room(g, &p, err));
    DN_NEW(left, (size_t)g->n);
    peel(g, &p, left);
    number_core(g, &p, left);
    *out = p;
    p = (dn_peel){0};
out:
    dn_free(left);
    dn_peel_destroy(&p);
    return st;
}

void dn_peel_destroy(dn_peel *p)
{
    dn_free(p->node);
    dn_free(p->place);
    dn_free(p->order);
    dn_free(p->parent);
    dn_free(p->resistance);
    dn_free(p->behind);
    dn_free(p->component);
    dn_free(p->size);
    dn_free(p->hang);
    dn_free(p->first);
    *p = (dn_peel){0};
}

void dn_peel_spread(const dn_graph *g, const dn_peel *p, double *f, double *error)
{
    for (int64_t i = 0; i < g->n; i++)
        if (p->place[i] < 0) { /* what remains of a tree keeps this, the others get theirs below */
            f[i] = i < g->connected ? p->hang[p->component[i]] : 0;
            error[i] = 0;
        }
    for (int64_t k = p->taken - 1; k >= 0; k--) {
        int32_t v = p->order[k], u = p->parent[k];

        f[v] = f[u] + (double)(p->size[p->component[v]] - 2 * p->behind[v]) * p->resistance[k];
        error[v] = error[u];
    }
}
