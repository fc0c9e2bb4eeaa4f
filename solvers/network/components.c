/* components.c - connected components; see components.h */
#include "solvers/network/components.h"

#include "solvers/base/alloc.h"

/* Labels in the order of discovery; searches start in outside order, so labels rise with the smallest outside
 * number. size [n] gets the nodes of each label. */
static int64_t label_nodes(const dn_graph *g, const int32_t *inside, int32_t *queue, int64_t *label,
                           int64_t *size)
{
    int64_t labels = 0;

    for (int64_t i = 0; i < g->n; i++)
        label[i] = -1;
    for (int64_t i = 0; i < g->n; i++) {
        int64_t head = 0, tail = 0;

        if (label[inside[i]] >= 0)
            continue;
        queue[tail++] = inside[i];
        label[inside[i]] = labels;
        while (head < tail) {
            int32_t v = queue[head++];
            for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
                if (label[g->col[e]] < 0) {
                    label[g->col[e]] = labels;
                    queue[tail++] = g->col[e];
                }
        }
        size[labels++] = tail;
    }
    return labels;
}

/* Counting sort of the labels by falling size; it is stable, so ties stay in order. place [n + 2] is scratch.
 * size is replaced by the new number of each label. */
static void number_by_size(int64_t n, int64_t labels, int64_t *size, int64_t *place)
{
    for (int64_t k = 0; k < labels; k++)
        place[n - size[k] + 1]++;
    for (int64_t s = 0; s <= n; s++)
        place[s + 1] += place[s];
    for (int64_t k = 0; k < labels; k++)
        size[k] = place[n - size[k]]++;
}

dn_status dn_components(const dn_graph *g, int64_t *out_component, int64_t *out_count, dn_error *err)
{
    dn_status st = DN_OK;
    int32_t *inside = NULL, *queue = NULL; /* [n] */
    int64_t *size = NULL, *place = NULL;   /* [n], [n + 2] */
    int64_t labels;

    DN_NEW(inside, (size_t)g->n);
    DN_NEW(queue, (size_t)g->n);
    DN_NEW(size, (size_t)g->n);
    DN_NEW(place, (size_t)g->n + 2);
    dn_graph_inside(g, inside);
    labels = label_nodes(g, inside, queue, out_component, size);
    number_by_size(g->n, labels, size, place);
    for (int64_t i = 0; i < g->n; i++)
        out_component[i] = size[out_component[i]];
    *out_count = labels;
out:
    dn_free(inside);
    dn_free(queue);
    dn_free(size);
    dn_free(place);
    return st;
}

/* Colour what can be reached from start; 0 when an edge joins two of one colour. */
static int colour_from(const dn_graph *g, int32_t start, int32_t *queue, int8_t *colour)
{
    int64_t head = 0, tail = 0;

    queue[tail++] = start;
    colour[start] = 0;
    while (head < tail) {
        int32_t v = queue[head++];
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
            int32_t u = g->col[e];
            if (colour[u] == colour[v])
                return 0;
            if (colour[u] < 0) {
                colour[u] = (int8_t)(1 - colour[v]);
                queue[tail++] = u;
            }
        }
    }
    return 1;
}

dn_status dn_two_colours(const dn_graph *g, int8_t *out_colour, int *out_bipartite, dn_error *err)
{
    dn_status st = DN_OK;
    int32_t *inside = NULL, *queue = NULL; /* [n] */
    int bipartite = 1;

    DN_NEW(inside, (size_t)g->n);
    DN_NEW(queue, (size_t)g->n);
    dn_graph_inside(g, inside);
    for (int64_t i = 0; i < g->n; i++)
        out_colour[i] = -1;
    for (int64_t i = 0; i < g->n && bipartite; i++)
        if (out_colour[inside[i]] < 0)
            bipartite = colour_from(g, inside[i], queue, out_colour);
    *out_bipartite = bipartite;
out:
    dn_free(inside);
    dn_free(queue);
    return st;
}
