/* ingest_edges_read.c - the edges of a file among the ranks, names to nodes; see ingest_network.h
 *
 * Every rank reads its bytes and notes names that no layer before has in the order it meets them; these lists
 * one behind the other, repeats dropped, are the order of the file, whatever the number of ranks.
 */
#include "mpi/io/ingest_network.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/edge_rows.h"
#include "solvers/formats/graphml.h"

enum { LARGE = 1 << 24 };   /* bytes; smaller files are often written without a last line end */
enum { DECLARED = 1 << 8 }; /* in effects: no edge, but a node that the file declares */

/* While a file is read. Until they have numbers, the k-th new name of this rank is -1 - k. */
typedef struct reader {
    const char *path;
    const dn_edge_layout *l;
    int side[2];
    dn_node_table *t;
    dn_edge_part *part;
    dn_names *local;  /* key of a new node to k */
    dn_strings fresh; /* [k]  its side and its id */
    char *text;       /* scratch */
    size_t text_cap;
    int64_t own_loops; /* rows with the same id at both ends */
    uint8_t *mapped;   /* [names of the map]  bit: side of the layer that has it */
    dn_edge_rows *rows;
} reader;

static void close_reader(reader *r)
{
    dn_names_destroy(&r->local);
    dn_strings_destroy(&r->fresh);
    dn_free(r->text);
    dn_free(r->mapped);
    dn_edge_rows_close(&r->rows);
}

void dn_edge_part_destroy(dn_edge_part *p)
{
    dn_free(p->edge);
    dn_free(p->in_layer);
    *p = (dn_edge_part){0};
}

static dn_status open_reader(reader *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_names_create(&r->local, err));
    if (r->t->map != NULL)
        DN_NEW(r->mapped, (size_t)r->t->map->name.n);
out:
    return st;
}

/* ---- names and edges of this rank ---- */

static dn_status refer(reader *r, int side, const char *id, size_t len, int32_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_node_table *t = r->t;
    int64_t node, k = r->fresh.n;
    size_t key;

    if ((node = dn_node_table_mapped(t, side, id, len)) >= 0)
        r->mapped[node] |= side == r->side[0] ? 1 : 2;
    DN_TRY(dn_node_table_key(t, side, id, len, &key, err));
    node = dn_names_find(t->number, t->key, key);
    if (node < 0) {
        if (k >= INT32_MAX)
            DN_FAIL(DN_EDATA, "%s: more than 2^31 - 1 nodes", r->path);
        DN_TRY(dn_names_add(r->local, t->key, key, k, &node, err));
        if (node == k) {
            DN_TRY(dn_grow((void **)&r->text, &r->text_cap, len + 1, 1, err));
            r->text[0] = (char)side;
            memcpy(r->text + 1, id, len);
            DN_TRY(dn_strings_add(&r->fresh, r->text, len + 1, err));
        }
        node = -1 - node;
    }
    *out = (int32_t)node;
out:
    return st;
}

static dn_status push(dn_edge_part *p, dn_half_edge e, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_grow((void **)&p->edge, &p->cap, (size_t)p->n + 1, sizeof e, err));
    p->edge[p->n++] = e;
out:
    return st;
}

/* A node that stands in the file without an edge. */
static dn_status declare(reader *r, int side, const char *id, size_t len, int32_t *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(refer(r, side, id, len, out, err));
    if (*out >= 0) /* new ones are in the layer anyway */
        DN_TRY(push(r->part, (dn_half_edge){*out, *out, 0, DECLARED}, err));
out:
    return st;
}

/* ---- tables and matrices ---- */

static dn_status declare_matrix(reader *r, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n[2] = {r->l->rows, r->side[0] == r->side[1] ? 0 : r->l->cols};
    char id[24];
    int32_t node;

    for (int s = 0; s < 2; s++)
        for (int64_t i = 1; i <= n[s]; i++) {
            int len = snprintf(id, sizeof id, "%lld", (long long)i);
            DN_TRY(declare(r, r->side[s], id, (size_t)len, &node, err));
        }
out:
    return st;
}

static dn_status read_rows(const dn_comm *comm, reader *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_edge_layout *l = r->l;
    dn_range mine = dn_block(l->bytes - l->data, comm->rank, comm->size);
    dn_edge_row row;
    bool more;

    if (l->format == DN_EDGES_MTX && comm->rank == 0)
        DN_TRY(declare_matrix(r, err));
    if (l->gzip && comm->rank != 0)
        goto out;
    DN_TRY(dn_edge_rows_open(r->path, l, l->data + mine.begin, l->data + mine.end, &r->rows, err));
    for (;;) {
        dn_half_edge e;
        DN_TRY(dn_edge_rows_next(r->rows, &row, &more, err));
        if (!more)
            break;
        e.weight = row.weight;
        e.effects = row.effects;
        r->own_loops += r->side[0] == r->side[1] && row.source.len == row.target.len &&
                        memcmp(row.source.text, row.target.text, row.source.len) == 0;
        DN_TRY(refer(r, r->side[0], row.source.text, row.source.len, &e.a, err));
        DN_TRY(refer(r, r->side[1], row.target.text, row.target.len, &e.b, err));
        DN_TRY(push(r->part, e, err));
    }
out:
    return st;
}

/* The last line of the ranks that read the file. Collective. */
static long long last_line(const dn_comm *comm, const reader *r)
{
    int64_t line = r->rows != NULL ? dn_edge_rows_line(r->rows) : 0;

    MPI_Allreduce(MPI_IN_PLACE, &line, 1, MPI_INT64_T, MPI_MAX, comm->mpi);
    return (long long)line;
}

/* Whether the file is whole, as far as it says: a matrix gives the number of its entries, a comment may
 * announce that of the rows, and the lines of a large file end. Collective; out is the same on every rank. */
static dn_status check_whole(const dn_comm *comm, const reader *r, const dn_layer_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_edge_layout *l = r->l;
    const char *path = r->path;
    long long rows = (long long)out->rows;

    if (l->format == DN_EDGES_MTX && rows != l->entries)
        DN_FAIL(DN_EDATA, "%s:%lld: ends after %lld entries, its head says %lld%s", path, last_line(comm, r),
                rows, (long long)l->entries, rows < l->entries ? ": was the file cut off?" : "");
    if (l->format != DN_EDGES_TABLE || l->drop_cut)
        goto out;
    if (rows < l->announced)
        DN_FAIL(DN_EDATA,
                "%s:%lld: ends after %lld rows, a comment announces %lld edges: was the file cut off? "
                "--drop-cut-line takes what is there",
                path, last_line(comm, r), rows, (long long)l->announced);
    if (out->open_end && !l->gzip && l->bytes >= LARGE)
        DN_FAIL(DN_EDATA,
                "%s:%lld: the last line has no end: was the file cut off? If it is whole add a line end, "
                "otherwise "
                "--drop-cut-line leaves that line out",
                path, last_line(comm, r));
out:
    return st;
}

/* ---- GraphML ---- */

static dn_status take_graphml(reader *r, const dn_graphml *g, dn_error *err)
{
    dn_status st = DN_OK;
    int32_t *node = NULL; /* [g->id.n] */

    DN_NEW(node, (size_t)g->id.n);
    for (int64_t i = 0; i < g->id.n; i++) {
        size_t len;
        const char *id = dn_strings_at(&g->id, i, &len);
        DN_TRY(declare(r, r->side[0], id, len, &node[i], err));
    }
    for (int64_t i = 0; i < g->edges; i++) {
        const dn_graphml_edge *e = &g->edge[i];
        r->own_loops += e->source == e->target;
        DN_TRY(push(r->part, (dn_half_edge){node[e->source], node[e->target], e->weight, 0}, err));
    }
out:
    dn_free(node);
    return st;
}

static dn_status read_graphml(reader *r, dn_layer_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_graphml g = {0};

    if (r->side[0] != r->side[1])
        DN_FAIL(DN_EUSAGE, "%s: the nodes of a GraphML file are of one side, not two", r->path);
    DN_TRY(dn_graphml_read(r->path, &g, err));
    if (g.id.n == 0)
        DN_FAIL(DN_EDATA, "%s: holds no nodes", r->path);
    out->rows = g.edges;
    out->weighted = g.weighted;
    out->directed = g.directed;
    DN_TRY(take_graphml(r, &g, err));
out:
    dn_graphml_destroy(&g);
    return st;
}

/* ---- numbers for the names ---- */

static dn_status take_names(reader *r, const dn_strings *all, int64_t before, int32_t *number, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < all->n; i++) {
        size_t len;
        const char *text = dn_strings_at(all, i, &len);
        int64_t node;
        DN_TRY(dn_node_table_add(r->t, (unsigned char)text[0], text + 1, len - 1, &node, err));
        if (i >= before && i < before + r->fresh.n)
            number[i - before] = (int32_t)node;
    }
out:
    return st;
}

/* The new names of all ranks into the table, and edges in its numbers. Collective. */
static dn_status number_nodes(const dn_comm *comm, reader *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings all = {0};
    int32_t *number = NULL; /* [r->fresh.n] */
    int64_t before = dn_before(comm, r->fresh.n);

    dn_names_destroy(&r->local);
    DN_TRY(dn_gather_strings(comm, &r->fresh, &all, err));
    DN_PASS_NEW(number, (size_t)r->fresh.n);
    DN_PASS(take_names(r, &all, before, number, err));
    DN_AGREE(comm);
    for (int64_t i = 0; i < r->part->n; i++) {
        dn_half_edge *e = &r->part->edge[i];
        e->a = e->a < 0 ? number[-1 - e->a] : e->a;
        e->b = e->b < 0 ? number[-1 - e->b] : e->b;
    }
out:
    dn_strings_destroy(&all);
    dn_free(number);
    return st;
}

/* ---- which nodes are in the layer ---- */

static void set_bit(uint64_t *bits, int64_t i)
{
    bits[i / 64] |= (uint64_t)1 << (i % 64);
}

static bool bit(const uint64_t *bits, int64_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

/* Nodes before `known` were there before this layer, all behind it came with it. Collective. */
static dn_status mark_nodes(const dn_comm *comm, const reader *r, int64_t known, dn_layer_report *out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    dn_edge_part *p = r->part;
    uint64_t *with_edge = NULL;
    int64_t n = r->t->id.n, words = (n + 63) / 64;

    DN_PASS_NEW(p->in_layer, (size_t)words);
    DN_PASS_NEW(with_edge, (size_t)words);
    DN_AGREE(comm);
    p->nodes = n;
    for (int64_t i = known; i < n; i++)
        set_bit(p->in_layer, i);
    for (int64_t i = 0; i < p->n; i++) {
        set_bit(p->in_layer, p->edge[i].a);
        set_bit(p->in_layer, p->edge[i].b);
        if (p->edge[i].a != p->edge[i].b) {
            set_bit(with_edge, p->edge[i].a);
            set_bit(with_edge, p->edge[i].b);
        }
    }
    MPI_Allreduce(MPI_IN_PLACE, p->in_layer, (int)words, MPI_UINT64_T, MPI_BOR, comm->mpi);
    MPI_Allreduce(MPI_IN_PLACE, with_edge, (int)words, MPI_UINT64_T, MPI_BOR, comm->mpi);
    for (int64_t i = 0; i < n; i++) {
        bool in = bit(p->in_layer, i);
        bool source = in && r->t->side[i] == r->side[0];
        out->source_nodes += source;
        out->target_nodes += in && !source;
        out->loners += in && !bit(with_edge, i);
        out->shared += in && i < known;
    }
out:
    dn_free(with_edge);
    return st;
}

/* Self loops and declarations out, the lower node in front. */
static void orient(const dn_node_table *t, dn_edge_part *p, int64_t *out_loops)
{
    int64_t n = 0;

    for (int64_t i = 0; i < p->n; i++) {
        dn_half_edge e = p->edge[i];
        if (e.a == e.b) {
            *out_loops += e.effects != DECLARED;
            continue;
        }
        if (t->side[e.a] == t->side[e.b] && e.a > e.b) {
            int32_t a = e.a;
            e.a = e.b;
            e.b = a;
        }
        p->edge[n++] = e;
    }
    p->n = n;
}

/* ---- counts ---- */

/* Names of the map on one side of the layer. */
static dn_status count_side(const reader *r, int which, dn_layer_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_strings *name = &r->t->map->name;

    for (int64_t i = 0; i < name->n; i++) {
        size_t len, key, shown;
        const char *text = dn_strings_at(name, i, &len), *id;
        if ((r->mapped[i] >> which & 1) == 0)
            continue;
        DN_TRY(dn_node_table_key(r->t, r->side[which], text, len, &key, err));
        id = dn_strings_at(&r->t->id, dn_names_find(r->t->number, r->t->key, key), &shown);
        out->mapped++;
        out->joined += shown != len || memcmp(id, text, len) != 0;
    }
out:
    return st;
}

static dn_status count_mapped(const dn_comm *comm, const reader *r, dn_layer_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_id_map *m = r->t->map;

    if (m == NULL)
        goto out;
    MPI_Allreduce(MPI_IN_PLACE, r->mapped, (int)m->name.n, MPI_UINT8_T, MPI_BOR, comm->mpi);
    for (int which = 0; which < 2; which++)
        DN_PASS(count_side(r, which, out, err));
    DN_AGREE(comm);
out:
    return st;
}

static bool is_word(const dn_strings *id, int64_t node)
{
    size_t len;
    const char *text = dn_strings_at(id, node, &len);
    double v;

    return !dn_parse_double(text, len, &v);
}

/* Whether the first row may be a header. Before repeats and directions are settled; nodes from `known` on are
 * those of this file. Collective. */
static void find_lone_first(const dn_comm *comm, const reader *r, int64_t known, dn_layer_report *out)
{
    const dn_edge_part *p = r->part;
    const dn_strings *id = &r->t->id;
    int from = p->n > 0 ? comm->rank : comm->size;
    int32_t first[2] = {0, 0};
    int64_t times = 0; /* that the two names stand in the file */

    if (r->l->format != DN_EDGES_TABLE || r->l->header_length > 0 || out->rows < 2)
        return;
    MPI_Allreduce(MPI_IN_PLACE, &from, 1, MPI_INT, MPI_MIN, comm->mpi);
    if (from == comm->size)
        return;
    if (comm->rank == from) {
        first[0] = p->edge[0].a;
        first[1] = p->edge[0].b;
    }
    MPI_Bcast(first, 2, MPI_INT32_T, from, comm->mpi);
    for (int64_t i = 0; i < p->n; i++)
        for (int k = 0; k < 2; k++)
            times += (p->edge[i].a == first[k]) + (p->edge[i].b == first[k]);
    out->lone_first = dn_sum(comm, times) == 2 && first[0] >= known && first[1] >= known &&
                      is_word(id, first[0]) && is_word(id, first[1]);
    for (int k = 0; k < 2 && out->lone_first; k++)
        dn_strings_copy(id, first[k], out->first[k], sizeof out->first[k]);
}

/* Counts of the file from those of the ranks. */
static void sum_counts(const dn_comm *comm, const reader *r, dn_layer_report *out)
{
    static const char *const names[] = {"table", "matrix", "graphml"};
    const dn_edge_layout *l = r->l;
    dn_edge_counts c = r->rows != NULL ? *dn_edge_rows_counts(r->rows) : (dn_edge_counts){0};
    int64_t sums[] = {out->rows + c.rows, c.comments,    c.headers, c.unnamed, c.unscored,
                      out->weighted,      out->directed, c.cut,     c.open_end};

    MPI_Allreduce(MPI_IN_PLACE, sums, sizeof sums / sizeof sums[0], MPI_INT64_T, MPI_SUM, comm->mpi);
    out->rows = sums[0];
    out->comments = l->comments + sums[1];
    out->headers = sums[2];
    out->unnamed = sums[3];
    out->unscored = sums[4];
    out->weighted = sums[5] > 0 || (l->format != DN_EDGES_GRAPHML && l->weight >= 0);
    out->directed = sums[6] > 0 || l->directed;
    out->cut = sums[7];
    out->open_end = sums[8] > 0;
    out->typed = l->format == DN_EDGES_TABLE && l->type >= 0;
    snprintf(out->format, sizeof out->format, "%s", names[l->format]);
}

dn_status dn_edge_part_read(const dn_comm *comm, const char *path, const dn_edge_layout *l, const int side[2],
                            dn_node_table *t, dn_edge_part *part, dn_layer_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_edge_part p = {0};
    reader r = {.path = path, .l = l, .side = {side[0], side[1]}, .t = t, .part = &p};
    int64_t known = t->id.n, loops = 0;

    DN_PASS(open_reader(&r, err));
    if (l->format != DN_EDGES_GRAPHML)
        DN_PASS(read_rows(comm, &r, err));
    else if (comm->rank == 0)
        DN_PASS(read_graphml(&r, out, err));
    DN_AGREE(comm);
    sum_counts(comm, &r, out);
    DN_TRY(check_whole(comm, &r, out, err));
    dn_edge_rows_close(&r.rows);
    DN_TRY(number_nodes(comm, &r, err));
    DN_TRY(mark_nodes(comm, &r, known, out, err));
    DN_TRY(count_mapped(comm, &r, out, err));
    find_lone_first(comm, &r, known, out);
    orient(t, &p, &loops);
    out->self_loops = dn_sum(comm, loops);
    out->mapped_loops = out->self_loops - dn_sum(comm, r.own_loops);
    if (out->source_nodes + out->target_nodes == 0)
        DN_FAIL(DN_EDATA, "%s: holds no edges and no nodes", path);
    *part = p;
    p = (dn_edge_part){0};
out:
    close_reader(&r);
    dn_edge_part_destroy(&p);
    return st;
}
