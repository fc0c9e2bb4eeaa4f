/* clustering.c - triangles and clustering; see clustering.h */
#include "solvers/network/clustering.h"

#include "solvers/base/alloc.h"

dn_status dn_halves_create(const dn_graph *g, dn_halves *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_halves h = {.n = g->n};
    int64_t *at = NULL; /* [n] */

    DN_NEW(h.row, (size_t)g->n + 1);
    DN_NEW(h.col, (size_t)(g->nnz / 2));
    DN_NEW(at, (size_t)g->n);
    for (int64_t v = 0; v < g->n; v++) {
        h.row[v + 1] = at[v] = h.row[v];
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
            h.row[v + 1] += g->col[e] < v;
    }
    /* by rising u, so every row comes out rising */
    for (int64_t u = 0; u < g->n; u++)
        for (int64_t e = g->row[u]; e < g->row[u + 1]; e++)
            if (g->col[e] > u)
                h.col[at[g->col[e]]++] = (int32_t)u;
    *out = h;
    h = (dn_halves){0};
out:
    dn_free(at);
    dn_halves_destroy(&h);
    return st;
}

void dn_halves_destroy(dn_halves *h)
{
    dn_free(h->row);
    dn_free(h->col);
    *h = (dn_halves){0};
}

void dn_triangles_add(const dn_halves *h, int64_t begin, int64_t end, uint8_t *mark, int64_t *triangles)
{
    for (int64_t v = begin; v < end; v++) {
        int64_t at_v = 0;

        if (h->row[v + 1] - h->row[v] < 2)
            continue;
        for (int64_t e = h->row[v]; e < h->row[v + 1]; e++)
            mark[h->col[e]] = 1;
        for (int64_t e = h->row[v]; e < h->row[v + 1]; e++) {
            int32_t u = h->col[e];
            int64_t at_u = 0;
            for (int64_t f = h->row[u]; f < h->row[u + 1]; f++) {
                triangles[h->col[f]] += mark[h->col[f]];
                at_u += mark[h->col[f]];
            }
            triangles[u] += at_u;
            at_v += at_u;
        }
        triangles[v] += at_v;
        for (int64_t e = h->row[v]; e < h->row[v + 1]; e++)
            mark[h->col[e]] = 0;
    }
}

void dn_clustering_local(const dn_graph *g, const int64_t *triangles, double *out)
{
    for (int64_t v = 0; v < g->n; v++) {
        double d = (double)dn_graph_degree(g, v);

        out[v] = d < 2 ? 0 : 2 * (double)triangles[v] / (d * (d - 1));
    }
}

double dn_transitivity(const dn_graph *g, const int64_t *triangles)
{
    int64_t corners = 0;
    double paths = 0; /* exact below 2^53 */

    for (int64_t v = 0; v < g->n; v++) {
        double d = (double)dn_graph_degree(g, v);

        corners += triangles[v];
        paths += d * (d - 1) / 2;
    }
    return paths > 0 ? (double)corners / paths : 0;
}

void dn_clustering_bipartite(const dn_graph *g, int64_t begin, int64_t end, int32_t *shared, int32_t *near,
                             double *out)
{
    for (int64_t v = begin; v < end; v++) {
        int64_t count = 0;
        double sum = 0;

        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
            int32_t w = g->col[e];
            for (int64_t f = g->row[w]; f < g->row[w + 1]; f++)
                if (shared[g->col[f]]++ == 0)
                    near[count++] = g->col[f];
        }
        for (int64_t k = 0; k < count; k++) {
            int32_t u = near[k];
            if (u != v)
                sum +=
                    (double)shared[u] / (double)(dn_graph_degree(g, u) + dn_graph_degree(g, v) - shared[u]);
            shared[u] = 0;
        }
        out[v] = count > 1 ? sum / (double)(count - 1) : 0;
    }
}
