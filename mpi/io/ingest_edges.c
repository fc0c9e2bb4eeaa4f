/* ingest_edges.c - one layer without repeats; see ingest_network.h
 *
 * A rank owns a range of nodes and the edges whose first node lies in it, so that the ranges one behind the
 * other are the edges in rising order. The ranges are cut where they hold about equally many edges. Merging
 * does not depend on the order of the rows: largest weight, union of the effects.
 */
#include "mpi/io/ingest_network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/interaction.h"

enum { BINS = 1 << 16, PATH = 160 };

/* ---- to the owners ---- */

/* cut [size + 1]: rank r owns the nodes [cut[r], cut[r + 1]). Collective. */
static dn_status cut_nodes(const dn_comm *comm, const dn_edge_part *p, int64_t *cut, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t bins = p->nodes < BINS ? p->nodes : BINS, *count = NULL, total = 0, before = 0;
    int r = 1;

    DN_PASS_NEW(count, (size_t)bins);
    DN_AGREE(comm);
    for (int64_t i = 0; i < p->n; i++)
        count[dn_block_of(p->nodes, p->edge[i].a, bins)]++;
    MPI_Allreduce(MPI_IN_PLACE, count, (int)bins, MPI_INT64_T, MPI_SUM, comm->mpi);
    for (int64_t b = 0; b < bins; b++)
        total += count[b];
    cut[0] = 0;
    for (int64_t b = 0; b < bins; b++) {
        while (r < comm->size && before * comm->size >= total * r)
            cut[r++] = dn_block(p->nodes, b, bins).begin;
        before += count[b];
    }
    while (r <= comm->size)
        cut[r++] = p->nodes;
out:
    dn_free(count);
    return st;
}

/* The last rank whose range does not begin behind the node; ranges may be empty. */
static int owner(const int64_t *cut, int size, int32_t node)
{
    int low = 0, high = size - 1;

    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (cut[middle] <= node)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Edges grouped by owner; send_count [size]. */
static dn_status group(const dn_comm *comm, const dn_edge_part *p, const int64_t *cut, int64_t *send_count,
                       dn_half_edge **out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *next = NULL; /* [size] */
    dn_half_edge *sorted = NULL;

    DN_NEW(next, (size_t)comm->size);
    DN_NEW(sorted, (size_t)p->n);
    for (int64_t i = 0; i < p->n; i++)
        send_count[owner(cut, comm->size, p->edge[i].a)]++;
    for (int r = 1; r < comm->size; r++)
        next[r] = next[r - 1] + send_count[r - 1];
    for (int64_t i = 0; i < p->n; i++)
        sorted[next[owner(cut, comm->size, p->edge[i].a)]++] = p->edge[i];
    *out = sorted;
    sorted = NULL;
out:
    dn_free(next);
    dn_free(sorted);
    return st;
}

/* Edges of the nodes of this rank, *out_n of them; p->edge is freed. Collective. */
static dn_status to_owners(const dn_comm *comm, dn_edge_part *p, const int64_t *cut, dn_half_edge **out,
                           int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *counts = NULL; /* [2, size]  sent, received */
    dn_half_edge *sorted = NULL;
    void *received = NULL;
    size_t ranks = (size_t)comm->size;

    DN_PASS_NEW(counts, 2 * ranks);
    DN_PASS(group(comm, p, cut, counts, &sorted, err));
    DN_AGREE(comm);
    dn_free(p->edge);
    p->edge = NULL;
    p->n = 0;
    p->cap = 0;
    DN_TRY(dn_exchange(comm, sizeof *sorted, counts, sorted, &received, counts + ranks, err));
    *out_n = 0;
    for (size_t r = 0; r < ranks; r++)
        *out_n += counts[ranks + r];
    *out = received;
out:
    dn_free(counts);
    dn_free(sorted);
    return st;
}

/* ---- at the owner ---- */

static int compare(const void *left, const void *right)
{
    const dn_half_edge *a = left, *b = right;

    return (a->b > b->b) - (a->b < b->b);
}

/* Sort by both nodes: count the rows of [first, end), then sort each. Frees *edge. */
static dn_status sort(dn_half_edge **edge, int64_t n, int64_t first, int64_t end, dn_error *err)
{
    dn_status st = DN_OK;
    dn_half_edge *sorted = NULL;
    int64_t *row = NULL; /* [end - first + 1]  where a row begins; while it is filled, where it goes on */

    DN_NEW(sorted, (size_t)n);
    DN_NEW(row, (size_t)(end - first) + 1);
    for (int64_t i = 0; i < n; i++)
        row[(*edge)[i].a - first + 1]++;
    for (int64_t v = first; v < end; v++)
        row[v - first + 1] += row[v - first];
    for (int64_t i = 0; i < n; i++)
        sorted[row[(*edge)[i].a - first]++] = (*edge)[i];
    for (int64_t v = first, at = 0; v < end; v++) {
        int64_t length = row[v - first] - at;
        if (length > 1)
            qsort(sorted + at, (size_t)length, sizeof *sorted, compare);
        at += length;
    }
    dn_free(*edge);
    *edge = sorted;
    sorted = NULL;
out:
    dn_free(sorted);
    dn_free(row);
    return st;
}

/* One edge of every run of the same two nodes; returns how many. */
static int64_t merge(dn_half_edge *edge, int64_t n)
{
    int64_t kept = 0;

    for (int64_t i = 0; i < n; i++) {
        dn_half_edge *last = kept > 0 ? &edge[kept - 1] : NULL;

        if (last == NULL || last->a != edge[i].a || last->b != edge[i].b) {
            edge[kept++] = edge[i];
            continue;
        }
        last->effects |= edge[i].effects;
        if (edge[i].weight > last->weight)
            last->weight = edge[i].weight;
    }
    return kept;
}

static void count(const dn_comm *comm, const dn_half_edge *edge, int64_t n, int64_t repeats,
                  dn_layer_report *out)
{
    int64_t sums[7] = {n, repeats};

    for (int64_t i = 0; i < n; i++) {
        int sign = dn_interaction_sign(edge[i].effects);
        sums[2] += edge[i].effects == (DN_ACTIVATES | DN_INHIBITS);
        sums[3] += edge[i].weight < 0;
        sums[4] += edge[i].weight == 0;
        sums[5] += sign > 0;
        sums[6] += sign < 0;
    }
    MPI_Allreduce(MPI_IN_PLACE, sums, 7, MPI_INT64_T, MPI_SUM, comm->mpi);
    out->edges = sums[0];
    out->repeats = sums[1];
    out->contradictory = sums[2];
    out->negative = sums[3];
    out->zero = sums[4];
    out->activating = sums[5];
    out->inhibiting = sums[6];
}

/* ---- into the file ---- */

typedef struct columns {
    int64_t *node; /* [n]  one of the two */
    float *weight; /* [n] */
    int8_t *sign;  /* [n] */
} columns;

static dn_status write_columns(const dn_comm *comm, const char *name, const dn_half_edge *edge, int64_t n,
                               columns *c, dn_h5 *h, const dn_layer_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH];
    int64_t start = dn_before(comm, n), all = r->edges;

    for (int64_t i = 0; i < n; i++)
        c->node[i] = edge[i].a;
    snprintf(path, sizeof path, "/edges/%s/source", name);
    DN_TRY(dn_h5_write(h, path, 1, &all, start, n, c->node, err));
    for (int64_t i = 0; i < n; i++) {
        c->node[i] = edge[i].b;
        c->weight[i] = edge[i].weight;
        c->sign[i] = (int8_t)dn_interaction_sign(edge[i].effects);
    }
    snprintf(path, sizeof path, "/edges/%s/target", name);
    DN_TRY(dn_h5_write(h, path, 1, &all, start, n, c->node, err));
    snprintf(path, sizeof path, "/edges/%s/weight", name);
    if (r->weighted)
        DN_TRY(dn_h5_write(h, path, 1, &all, start, n, c->weight, err));
    snprintf(path, sizeof path, "/edges/%s/sign", name);
    if (r->typed)
        DN_TRY(dn_h5_write(h, path, 1, &all, start, n, c->sign, err));
out:
    return st;
}

static dn_status write_counts(const char *name, const dn_layer_report *r, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH];
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {{"rows", r->rows},
                  {"self_loops", r->self_loops},
                  {"repeats", r->repeats},
                  {"cut", r->cut},
                  {"unnamed", r->unnamed},
                  {"unscored", r->unscored},
                  {"contradictory", r->contradictory},
                  {"negative", r->negative},
                  {"zero", r->zero},
                  {"directed", r->directed}};

    snprintf(path, sizeof path, "/edges/%s", name);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        DN_TRY(dn_h5_set_int(h, path, counts[i].key, counts[i].value, err));
    DN_TRY(dn_h5_set_text(h, path, "source_side", r->source_side, err));
    DN_TRY(dn_h5_set_text(h, path, "target_side", r->target_side, err));
out:
    return st;
}

dn_status dn_edges_write(const dn_comm *comm, const char *name, dn_edge_part *part, dn_h5 *h,
                         dn_layer_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *cut = NULL, n = 0, kept = 0; /* [size + 1] */
    dn_half_edge *edge = NULL;            /* [n] */
    columns c = {0};

    DN_PASS_NEW(cut, (size_t)comm->size + 1);
    DN_AGREE(comm);
    DN_TRY(cut_nodes(comm, part, cut, err));
    DN_TRY(to_owners(comm, part, cut, &edge, &n, err));
    DN_PASS(sort(&edge, n, cut[comm->rank], cut[comm->rank + 1], err));
    if (st == DN_OK)
        kept = merge(edge, n);
    DN_PASS_NEW(c.node, (size_t)kept);
    DN_PASS_NEW(c.weight, (size_t)kept);
    DN_PASS_NEW(c.sign, (size_t)kept);
    DN_AGREE(comm);
    count(comm, edge, kept, n - kept, out);
    DN_TRY(write_columns(comm, name, edge, kept, &c, h, out, err));
    DN_TRY(write_counts(name, out, h, err));
out:
    dn_free(cut);
    dn_free(edge);
    dn_free(c.node);
    dn_free(c.weight);
    dn_free(c.sign);
    return st;
}

/* ---- the nodes of a layer ---- */

static bool bit(const uint64_t *bits, int64_t i)
{
    return bits == NULL || (bits[i / 64] >> (i % 64) & 1) != 0;
}

dn_status dn_layer_nodes_write(const dn_comm *comm, const char *name, const uint64_t *in_layer, int64_t nodes,
                               int64_t all_nodes, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *node = NULL, n = 0, at = 0; /* [those of this rank] */
    dn_range mine = dn_block(nodes, comm->rank, comm->size);
    int64_t before = 0, here = 0;
    char path[PATH];

    for (int64_t i = 0; i < nodes; i++) {
        n += bit(in_layer, i);
        before += i < mine.begin && bit(in_layer, i);
        here += i >= mine.begin && i < mine.end && bit(in_layer, i);
    }
    if (n == all_nodes)
        goto out;
    DN_PASS_NEW(node, (size_t)here);
    DN_AGREE(comm);
    for (int64_t i = mine.begin; i < mine.end; i++)
        if (bit(in_layer, i))
            node[at++] = i;
    snprintf(path, sizeof path, "/edges/%s/node", name);
    DN_TRY(dn_h5_write(h, path, 1, &n, before, here, node, err));
out:
    dn_free(node);
    return st;
}
