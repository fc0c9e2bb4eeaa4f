/* network_merge.c - layers that are joined: rows sorted, pairs that stand in several layers once; see
 * network_private.h
 *
 * Rows are first built with every edge of every layer, in outside numbers and order. Each rank of the host
 * sorts a share of them; only then are the degrees known, and with them the order of the nodes.
 */
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/network_private.h"
#include "solvers/base/alloc.h"

/* Rows before the merge. */
typedef struct draft {
    dn_shared *memory;
    int64_t *start; /* [n + 1] */
    int32_t *col;   /* [start[n]] */
    float *weight;  /* NULL: none */
} draft;

/* ---- sorting a row ---- */

/* An entry as a number: by neighbour, then by falling weight. */
static uint64_t key_of(int32_t col, float weight)
{
    uint32_t bits;

    memcpy(&bits, &weight, sizeof bits);
    bits = bits >> 31 ? bits : ~bits & 0x7fffffffu;
    return (uint64_t)(uint32_t)col << 32 | bits;
}

static float weight_of(uint64_t key)
{
    uint32_t bits = (uint32_t)key;
    float weight;

    bits = bits >> 31 ? bits : ~bits & 0x7fffffffu;
    memcpy(&weight, &bits, sizeof weight);
    return weight;
}

static int64_t run_end(const uint64_t *a, int64_t from, int64_t n)
{
    int64_t i = from < n ? from + 1 : n;

    while (i < n && a[i - 1] <= a[i])
        i++;
    return i;
}

static void merge(const uint64_t *a, int64_t na, const uint64_t *b, int64_t nb, uint64_t *out)
{
    while (na > 0 && nb > 0) {
        if (*b < *a) {
            *out++ = *b++;
            nb--;
        } else {
            *out++ = *a++;
            na--;
        }
    }
    memcpy(out, a, (size_t)na * sizeof *out);
    memcpy(out + na, b, (size_t)nb * sizeof *out);
}

/* Natural merge sort: a row is a few rising runs, one or two for each layer and builder. Returns where the
 * sorted keys are, a or spare. */
static uint64_t *sort_keys(uint64_t *a, uint64_t *spare, int64_t n)
{
    while (run_end(a, 0, n) < n) {
        uint64_t *from = a;

        for (int64_t i = 0, middle, end; i < n; i = end) {
            middle = run_end(from, i, n);
            end = run_end(from, middle, n);
            merge(from + i, middle - i, from + middle, end - middle, spare + i);
        }
        a = spare;
        spare = from;
    }
    return a;
}

/* Sort the row of v and leave each neighbour once, with the largest weight; how often one was there more than
 * once is added to *repeats. Returns the neighbours left. keys [2][length of the row]. */
static int64_t merge_row(const draft *d, int64_t v, uint64_t *keys, int64_t *repeats)
{
    int64_t from = d->start[v], n = d->start[v + 1] - from, kept = 0;
    uint64_t *a;

    for (int64_t i = 0; i < n; i++)
        keys[i] = key_of(d->col[from + i], d->weight != NULL ? d->weight[from + i] : 0);
    a = sort_keys(keys, keys + n, n);
    for (int64_t i = 0, next; i < n; i = next, kept++) {
        for (next = i + 1; next < n && a[next] >> 32 == a[i] >> 32; next++)
            ;
        *repeats += next > i + 1;
        d->col[from + kept] = (int32_t)(a[i] >> 32);
        if (d->weight != NULL)
            d->weight[from + kept] = weight_of(a[i]);
    }
    return kept;
}

/* ---- all rows ---- */

/* Parts hold about as many entries and rows. */
static dn_range rows_of(const int64_t *start, int64_t n, int part, int parts)
{
    return (dn_range){dn_balanced(start, n, 1, part, parts), dn_balanced(start, n, 1, part + 1, parts)};
}

static dn_status draft_room(const dn_loading *l, draft *d, dn_error *err)
{
    dn_status st = DN_OK;
    size_t entries = 0, rows = ((size_t)l->n + 1) * sizeof *d->start;

    for (int i = 0; i < l->w->n_layers; i++)
        entries += 2 * (size_t)l->w->layer[i].edges;
    DN_TRY(dn_shared_create(l->host, rows + entries * (l->weights ? 8 : 4), &d->memory, err));
    d->start = dn_shared_base(d->memory);
    d->col = (int32_t *)(d->start + l->n + 1);
    d->weight = l->weights ? (float *)(d->col + entries) : NULL;
    if (l->host->comm.rank == 0) {
        d->start[0] = 0;
        for (int64_t v = 0; v < l->n; v++)
            d->start[v + 1] = d->start[v] + l->total[v];
    }
    dn_shared_barrier(d->memory);
out:
    return st;
}

static dn_status fill_draft(const dn_loading *l, draft *d, dn_error *err)
{
    dn_status st = DN_OK;
    dn_cursor *cursor = NULL;
    const uint32_t *before;

    if (l->host->comm.rank >= l->builders)
        goto out;
    before = l->degree + (size_t)l->host->comm.rank * (size_t)l->n;
    DN_NEW(cursor, (size_t)l->n);
    for (int64_t v = 0; v < l->n; v++)
        cursor[v] = (dn_cursor){d->start[v] + before[v], (int32_t)v};
    dn_network_scatter(l, cursor, d->col, d->weight);
out:
    dn_free(cursor);
    return st;
}

static dn_status merge_rows(const dn_loading *l, const draft *d, dn_range mine, int64_t *out_repeats,
                            dn_error *err)
{
    dn_status st = DN_OK;
    int64_t longest = 0;
    uint64_t *keys = NULL;

    for (int64_t v = mine.begin; v < mine.end; v++)
        longest = d->start[v + 1] - d->start[v] > longest ? d->start[v + 1] - d->start[v] : longest;
    DN_NEW(keys, 2 * (size_t)longest);
    for (int64_t v = mine.begin; v < mine.end; v++)
        l->total[v] = (uint32_t)merge_row(d, v, keys, out_repeats);
out:
    dn_free(keys);
    return st;
}

/* The merged rows in inside order and numbers: this rank's share. */
static void place_rows(const dn_loading *l, const draft *d, const dn_sorted_rows *m, dn_range mine)
{
    for (int64_t i = mine.begin; i < mine.end; i++) {
        int64_t from = d->start[m->outside[i]], at = m->row[i], n = m->row[i + 1] - at;

        for (int64_t k = 0; k < n; k++)
            m->col[at + k] = l->inside[d->col[from + k]];
        if (m->weight != NULL)
            memcpy(m->weight + at, d->weight + from, (size_t)n * sizeof *m->weight);
    }
}

/* Neighbours left on this host, and pairs that stood in several layers: both ends counted them. */
static int64_t count_left(dn_loading *l, dn_range mine, int64_t repeats)
{
    int64_t sums[2] = {0, repeats};

    for (int64_t v = mine.begin; v < mine.end; v++)
        sums[0] += l->total[v];
    MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_INT64_T, MPI_SUM, l->host->comm.mpi);
    l->w->in_several = sums[1] / 2;
    return sums[0];
}

dn_status dn_network_merge(dn_loading *l, dn_sorted_rows *out, dn_error *err)
{
    dn_status st = DN_OK;
    draft d = {0};
    int rank = l->host->comm.rank, size = l->host->comm.size;
    int64_t repeats = 0;
    dn_range mine;

    DN_TRY(draft_room(l, &d, err));
    DN_PASS(fill_draft(l, &d, err));
    DN_AGREE(l->comm);
    dn_shared_barrier(d.memory);
    mine = rows_of(d.start, l->n, rank, size);
    DN_PASS(merge_rows(l, &d, mine, &repeats, err));
    DN_AGREE(l->comm);
    dn_shared_barrier(l->count);
    DN_TRY(dn_network_room(l, count_left(l, mine, repeats), out, err));
    DN_TRY(dn_network_order(l, out, err));
    place_rows(l, &d, out, rows_of(out->row, l->n, rank, size));
    dn_shared_barrier(out->memory);
out:
    dn_shared_destroy(&d.memory);
    return st;
}
