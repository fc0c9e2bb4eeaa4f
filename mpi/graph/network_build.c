/* network_build.c - nodes in order, edges in their rows; see network_private.h
 *
 * The file is sorted, so no edge is: a rank puts its block of edges in the rows at cursors of its own, which
 * start behind what the ranks before it put there. A row comes out in the order of the file, whoever built
 * it.
 */
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/network_private.h"
#include "solvers/base/alloc.h"

/* Edges ahead: of a cursor that is fetched, and of the place in a row that it then names. */
enum { AHEAD_CURSOR = 32, AHEAD_PLACE = 12 };

static size_t round_up(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

dn_status dn_network_room(const dn_loading *l, int64_t nnz, dn_sorted_rows *out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)l->n, rows = round_up((n + 1) * sizeof *out->row);
    size_t cols = round_up((size_t)nnz * sizeof *out->col), names = round_up(n * sizeof *out->outside);
    char *base;

    DN_TRY(dn_shared_create(l->host, rows + (l->weights ? 2 : 1) * cols + names + n, &out->memory, err));
    base = dn_shared_base(out->memory);
    out->row = (int64_t *)base;
    out->col = (int32_t *)(base + rows);
    out->weight = l->weights ? (float *)(base + rows + cols) : NULL;
    base += rows + (l->weights ? 2 : 1) * cols;
    out->outside = (int32_t *)base;
    out->side = (uint8_t *)(base + names);
out:
    return st;
}

/* ---- the order of the nodes ---- */

/* Counting sort, the greatest degree first. By rank 0 of the host; first [most + 2] is zero. */
static void sort_nodes(const dn_loading *l, uint32_t most, int64_t *first, const dn_sorted_rows *m)
{
    int64_t at = 0;

    for (int64_t v = 0; v < l->n; v++)
        first[most - l->total[v] + 1]++;
    m->row[0] = 0;
    for (uint32_t d = 0; d <= most; d++) {
        for (int64_t k = 0; k < first[d + 1]; k++, at++)
            m->row[at + 1] = m->row[at] + (most - d);
        first[d + 1] += first[d];
    }
    for (int64_t v = 0; v < l->n; v++) {
        int64_t place = first[most - l->total[v]]++;

        l->inside[v] = (int32_t)place;
        m->outside[place] = (int32_t)v;
    }
}

static uint32_t greatest(const uint32_t *v, int64_t n)
{
    uint32_t most = 0;

    for (int64_t i = 0; i < n; i++)
        most = v[i] > most ? v[i] : most;
    return most;
}

/* Sides in inside order; this rank's part of the nodes of the dataset. */
static void place_sides(const dn_loading *l, const dn_sorted_rows *m)
{
    dn_range mine = dn_block(l->all, l->host->comm.rank, l->host->comm.size);

    for (int64_t i = mine.begin; i < mine.end; i++) {
        int64_t v = l->number != NULL ? l->number[i] : i;
        if (v >= 0)
            m->side[l->inside[v]] = l->side != NULL ? l->side[i] : 0;
    }
}

dn_status dn_network_order(dn_loading *l, dn_sorted_rows *m, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *first = NULL; /* [most + 2]  first place of nodes of degree most - d */
    uint32_t most = 0;

    if (l->host->comm.rank == 0) {
        most = greatest(l->total, l->n);
        first = dn_calloc((size_t)most + 2, sizeof *first);
        if (first == NULL)
            st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %u degrees", most);
    }
    DN_AGREE(l->comm);
    if (l->host->comm.rank == 0)
        sort_nodes(l, most, first, m);
    dn_shared_barrier(l->count);
    place_sides(l, m);
    dn_shared_barrier(m->memory);
out:
    dn_free(first);
    return st;
}

/* ---- edges ---- */

static inline void fetch(const dn_cursor *cursor, const int32_t *col, const int32_t *target)
{
    __builtin_prefetch(&cursor[target[AHEAD_CURSOR]], 1);
    __builtin_prefetch(&col[cursor[target[AHEAD_PLACE]].at], 1);
}

static void scatter(const dn_piece *p, dn_cursor *cursor, int32_t *col)
{
    int64_t edges = p->block.end - p->block.begin, e = 0;

    for (int64_t r = 0; r < p->runs; r++) {
        dn_cursor *from = &cursor[p->run[r].source];
        int64_t at = from->at, end = e + p->run[r].length;
        int32_t name = from->name;

        for (; e < end; e++) {
            dn_cursor *to = &cursor[p->target[e]];

            if (e + AHEAD_CURSOR < edges)
                fetch(cursor, col, p->target + e);
            col[at++] = to->name;
            col[to->at++] = name;
        }
        from->at = at;
    }
}

static void scatter_weighted(const dn_piece *p, dn_cursor *cursor, int32_t *col, float *weight)
{
    int64_t edges = p->block.end - p->block.begin, e = 0;

    for (int64_t r = 0; r < p->runs; r++) {
        dn_cursor *from = &cursor[p->run[r].source];

        for (int64_t end = e + p->run[r].length; e < end; e++) {
            dn_cursor *to = &cursor[p->target[e]];
            float v = p->weight != NULL ? p->weight[e] : 1;

            if (e + AHEAD_CURSOR < edges)
                fetch(cursor, col, p->target + e);
            weight[from->at] = v;
            col[from->at++] = to->name;
            weight[to->at] = v;
            col[to->at++] = from->name;
        }
    }
}

void dn_network_scatter(const dn_loading *l, dn_cursor *cursor, int32_t *col, float *weight)
{
    for (int i = 0; i < l->w->n_layers; i++) {
        if (weight != NULL)
            scatter_weighted(&l->piece[i], cursor, col, weight);
        else
            scatter(&l->piece[i], cursor, col);
    }
}

static void set_cursors(const dn_loading *l, const dn_sorted_rows *m, dn_cursor *out)
{
    const uint32_t *before = l->degree + (size_t)l->host->comm.rank * (size_t)l->n;

    for (int64_t v = 0; v < l->n; v++)
        out[v] = (dn_cursor){m->row[l->inside[v]] + before[v], l->inside[v]};
}

dn_status dn_network_build(dn_loading *l, dn_sorted_rows *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_cursor *cursor = NULL; /* [n]  by outside number */
    bool builds = l->host->comm.rank < l->builders;

    DN_TRY(dn_network_room(l, 2 * l->w->layer[0].edges, out, err));
    DN_TRY(dn_network_order(l, out, err));
    if (builds) {
        cursor = dn_calloc((size_t)l->n, sizeof *cursor);
        if (cursor == NULL)
            st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: cursors of %lld nodes",
                              (long long)l->n);
    }
    DN_AGREE(l->comm);
    if (builds) {
        set_cursors(l, out, cursor);
        dn_network_scatter(l, cursor, out->col, out->weight);
    }
    dn_shared_barrier(out->memory);
out:
    dn_free(cursor);
    return st;
}
