/* ingest_network.c - the layers of an import, one after the other; see ingest_private.h
 *
 * First what every file is and which sides it joins, so that the numbering of the sides is known; then the
 * nodes that are there; then each layer, whose new nodes go behind them; last the nodes, and which of them a
 * layer has.
 */
#include "mpi/io/ingest_network.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/ingest_private.h"
#include "solvers/base/alloc.h"

enum { NAME = 72, PATH = 160 };

typedef struct network {
    const dn_comm *comm;
    const dn_import_options *o;
    dn_h5 *h;
    dn_id_map map;
    dn_node_table nodes;
    dn_edge_layout *layout; /* [n_layers] */
    dn_edge_part *part;     /* [n_layers] */
    int (*side)[2];         /* [n_layers]  first as named, then in order */
    dn_side_order sides;
    int old_sides;           /* sides of the dataset; they are named first */
    uint8_t place[DN_SIDES]; /* of the sides as named */
    dn_strings old_layer;    /* layers of the dataset */
    int64_t old_nodes;
} network;

static void destroy(network *w)
{
    for (int i = 0; w->part != NULL && i < w->o->n_layers; i++)
        dn_edge_part_destroy(&w->part[i]);
    dn_node_table_destroy(&w->nodes);
    dn_id_map_destroy(&w->map);
    dn_strings_destroy(&w->sides.name);
    dn_strings_destroy(&w->old_layer);
    dn_free(w->layout);
    dn_free(w->part);
    dn_free(w->side);
}

static dn_status room(network *w, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)w->o->n_layers;

    DN_NEW(w->layout, n);
    DN_NEW(w->part, n);
    DN_NEW(w->side, n);
out:
    return st;
}

/* ---- sides ---- */

/* Those of the dataset, "a,b,c"; they keep their order. */
static dn_status old_sides(network *w, const char *text, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings name = {0};
    int at;

    DN_TRY(dn_strings_split(&name, text, err));
    for (int64_t i = 0; i < name.n; i++) {
        size_t len;
        const char *word = dn_strings_at(&name, i, &len);
        DN_TRY(dn_side_add(&w->sides, word, len, &at, err));
        if (at > 0)
            DN_TRY(dn_side_before(&w->sides, at - 1, at, "", err));
    }
    w->old_sides = (int)w->sides.name.n;
out:
    dn_strings_destroy(&name);
    return st;
}

static dn_status side_of(network *w, const char *given, const char *otherwise, int *out, dn_error *err)
{
    const char *name = given != NULL ? given : otherwise;

    return dn_side_add(&w->sides, name, strlen(name), out, err);
}

static dn_status new_sides(network *w, dn_error *err)
{
    dn_status st = DN_OK;

    for (int i = 0; i < w->o->n_layers; i++) {
        const dn_layer_option *y = &w->o->layer[i];
        DN_TRY(side_of(w, y->source_side, w->layout[i].drug_gene ? "drug" : "gene", &w->side[i][0], err));
        DN_TRY(side_of(w, y->target_side, "gene", &w->side[i][1], err));
        if (w->side[i][0] != w->side[i][1])
            DN_TRY(dn_side_before(&w->sides, w->side[i][0], w->side[i][1], y->name, err));
    }
out:
    return st;
}

static dn_status sort_sides(network *w, dn_error *err)
{
    dn_status st = DN_OK;
    dn_node_table *t = &w->nodes;
    size_t len;

    DN_TRY(dn_side_sort(&w->sides, &t->side_name, w->place, err));
    for (int i = 0; i < w->o->n_layers; i++)
        for (int k = 0; k < 2; k++)
            w->side[i][k] = w->place[w->side[i][k]];
    t->drug_side = -1;
    for (int64_t i = 0; i < t->side_name.n; i++) {
        const char *name = dn_strings_at(&t->side_name, i, &len);
        if (len == 4 && memcmp(name, "drug", 4) == 0)
            t->drug_side = (int)i;
    }
out:
    return st;
}

/* Collective. */
static dn_status find_sides(network *w, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;

    if (dn_h5_has_attribute(w->h, "/nodes", "sides"))
        DN_TRY(dn_h5_read_text(w->h, "/nodes", "sides", &text, err));
    if (dn_h5_has(w->h, "/nodes"))
        DN_PASS(old_sides(w, text != NULL ? text : "node", err));
    DN_PASS(new_sides(w, err));
    DN_PASS(sort_sides(w, err));
    DN_AGREE(w->comm);
out:
    dn_free(text);
    return st;
}

/* ---- files ---- */

static dn_status read_layouts(network *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_import_options *o = w->o;

    for (int i = 0; i < o->n_layers && w->comm->rank == 0; i++)
        DN_PASS(dn_edge_layout_read(o->layer[i].file, o->columns, &w->layout[i], err));
    DN_AGREE(w->comm);
    for (int i = 0; i < o->n_layers; i++)
        MPI_Bcast(&w->layout[i], (int)sizeof w->layout[i], MPI_BYTE, 0, w->comm->mpi);
    for (int i = 0; i < o->n_layers; i++)
        w->layout[i].drop_cut = o->drop_cut_line;
out:
    return st;
}

static dn_status import_layer(network *w, const dn_sources *s, int i, dn_layer_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_layer_option *y = &w->o->layer[i];
    char group[PATH], *config = NULL;

    dn_strings_copy(&w->nodes.side_name, w->side[i][0], out->source_side, sizeof out->source_side);
    dn_strings_copy(&w->nodes.side_name, w->side[i][1], out->target_side, sizeof out->target_side);
    DN_TRY(dn_edge_part_read(w->comm, y->file, &w->layout[i], w->side[i], &w->nodes, &w->part[i], out, err));
    DN_TRY(dn_edges_write(w->comm, y->name, &w->part[i], w->h, out, err));
    DN_PASS(dn_import_config(w->o, s, w->o->n_pairs + i, &config, err));
    DN_AGREE(w->comm);
    snprintf(group, sizeof group, "/edges/%s", y->name);
    DN_TRY(dn_h5_set_text(w->h, group, "config", config, err));
out:
    dn_free(config);
    return st;
}

/* ---- nodes ---- */

/* Layers that were there and have all nodes by not listing any must list them when there are more now. */
static dn_status write_members(network *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = w->nodes.id.n;
    char path[PATH], name[NAME];

    for (int i = 0; i < w->o->n_layers; i++) {
        const dn_edge_part *p = &w->part[i];
        DN_TRY(dn_layer_nodes_write(w->comm, w->o->layer[i].name, p->in_layer, p->nodes, n, w->h, err));
    }
    for (int64_t i = 0; i < w->old_layer.n; i++) {
        dn_strings_copy(&w->old_layer, i, name, sizeof name);
        snprintf(path, sizeof path, "/edges/%s/node", name);
        if (!dn_h5_has(w->h, path))
            DN_TRY(dn_layer_nodes_write(w->comm, name, NULL, w->old_nodes, n, w->h, err));
    }
out:
    return st;
}

dn_status dn_ingest_network(const dn_comm *comm, const dn_import_options *o, const dn_sources *s, dn_h5 *h,
                            dn_import_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    network w = {.comm = comm, .o = o, .h = h};

    DN_PASS(room(&w, err));
    DN_AGREE(comm);
    DN_TRY(read_layouts(&w, err));
    DN_TRY(find_sides(&w, err));
    if (o->id_map != NULL)
        DN_TRY(dn_id_map_read(comm, o->id_map, o->id_columns, &w.map, err));
    w.nodes.map = o->id_map != NULL ? &w.map : NULL;
    DN_TRY(dn_node_table_load(comm, h, w.place, w.old_sides, &w.nodes, err));
    w.old_nodes = w.nodes.id.n;
    DN_TRY(dn_h5_list(h, "/edges", &w.old_layer, err));
    for (int i = 0; i < o->n_layers; i++)
        DN_TRY(import_layer(&w, s, i, &out->layers[i], err));
    DN_TRY(write_members(&w, err));
    if (w.nodes.id.n > w.old_nodes || (int)w.nodes.side_name.n > w.old_sides)
        DN_TRY(dn_node_table_write(comm, &w.nodes, h, err));
    out->nodes = w.nodes.id.n;
    out->old_nodes = w.old_nodes;
    out->map_rows = w.map.rows;
    out->map_names = w.map.name.n;
    out->map_ambiguous = w.map.ambiguous;
    out->map_apart = w.nodes.apart;
out:
    destroy(&w);
    return st;
}
