/* ingest_network.h - the parts of importing a network; only for mpi/io/ingest_*.c and its parts. What is not
 * marked local is collective on comm.
 */
#ifndef DN_IO_INGEST_NETWORK_H
#define DN_IO_INGEST_NETWORK_H

#include "mpi/io/h5.h"
#include "mpi/io/ingest.h"
#include "solvers/formats/edge_layout.h"
#include "solvers/network/describe.h"

/* ---- id_map.c: which names mean the same node ---- */

typedef struct dn_id_map {
    dn_strings name;  /* [n]  every name once, in the order of the file */
    int64_t *meaning; /* [n]  what it means */
    int64_t *first;   /* [meanings]  the first name of each */
    dn_names *number; /* name to its number */
    int64_t rows, meanings, ambiguous;
} dn_id_map;

/* Rank 0 reads, all get it. columns: "A,B", or NULL for the known namings. Fails: DN_EDATA no header, ragged,
 * fewer than two columns of names; DN_EUSAGE columns; DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_id_map_read(const dn_comm *comm, const char *path,
                                                     const char *columns, dn_id_map *out, dn_error *err);
void dn_id_map_destroy(dn_id_map *m); /* local */

/* ---- node_table.c: every node of the dataset, held whole by every rank ---- */

typedef struct dn_node_table {
    dn_strings id; /* [n]  as first seen */
    uint8_t *side; /* [n] */
    size_t side_cap;
    dn_strings side_name;
    dn_names *number;     /* key (a side and the first of the names that mean the node) to the node */
    const dn_id_map *map; /* NULL: none */
    int drug_side;        /* the side that the map does not speak of, or -1 */
    char *key;            /* scratch */
    size_t key_cap;
    int64_t apart; /* see dn_import_report */
} dn_node_table;

/* From /nodes of a dataset, or empty when it has none; side_name, map and drug_side are set, map is borrowed.
 * old_side [old_sides], the sides of the file, says where they are now. Without /nodes/id the ids are the
 * numbers. Fails: DN_EDATA, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_node_table_load(const dn_comm *comm, const dn_h5 *h,
                                                         const uint8_t *old_side, int old_sides,
                                                         dn_node_table *t, dn_error *err);

/* Number of an id in the map when it speaks of this side and knows it, or -1. Local. */
int64_t dn_node_table_mapped(const dn_node_table *t, int side, const char *id, size_t len);

/* The key under which an id is known: in t->key, *out_len bytes. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_node_table_key(dn_node_table *t, int side, const char *id, size_t len,
                                          size_t *out_len, dn_error *err);

/* The node of an id; made when it is new. Local. Fails: DN_EDATA more than 2^31 - 1 nodes; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_node_table_add(dn_node_table *t, int side, const char *id, size_t len,
                                          int64_t *out_node, dn_error *err);

/* /nodes, in the place of the one that is there. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_node_table_write(const dn_comm *comm, const dn_node_table *t,
                                                          dn_h5 *h, dn_error *err);
void dn_node_table_destroy(dn_node_table *t); /* local */

/* ---- ingest_edges_read.c: the edges of a file among the ranks ---- */

typedef struct dn_half_edge {
    int32_t a, b; /* nodes; a of the lower side, or the lower number */
    float weight;
    uint32_t effects; /* of interaction.h */
} dn_half_edge;

/* Edges of this rank, no self loops, in the order of the file. */
typedef struct dn_edge_part {
    int64_t n;
    dn_half_edge *edge; /* [n] */
    size_t cap;
    uint64_t *in_layer; /* [words of nodes]  bit: the node is in the layer; the same on every rank */
    int64_t nodes;      /* in the table when in_layer was made */
} dn_edge_part;

/* side: indices into t->side_name. New nodes enter t, the same on every rank. Fills the counts of out that a
 * file gives, and mapped, joined, shared. Fails: as the readers; DN_EDATA too many nodes */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_edge_part_read(const dn_comm *comm, const char *path,
                                                        const dn_edge_layout *l, const int side[2],
                                                        dn_node_table *t, dn_edge_part *part,
                                                        dn_layer_report *out, dn_error *err);
void dn_edge_part_destroy(dn_edge_part *p); /* local */

/* ---- ingest_edges.c: one layer without repeats ---- */

/* Bring the edges to the owners of their first nodes, merge repeats and write source, target, weight, sign.
 * The edges of part are used up. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_edges_write(const dn_comm *comm, const char *name,
                                                     dn_edge_part *part, dn_h5 *h, dn_layer_report *out,
                                                     dn_error *err);

/* /edges/NAME/node from bits [nodes] (NULL: all are set), unless all of the dataset's nodes are there. Nodes
 * from `nodes` on are not. The same on every rank. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_layer_nodes_write(const dn_comm *comm, const char *name,
                                                           const uint64_t *in_layer, int64_t nodes,
                                                           int64_t all_nodes, dn_h5 *h, dn_error *err);

/* ---- ingest_sides.c: the order of the sides ---- */

/* before[] below has a bit for each side */
_Static_assert(DN_SIDES <= 32, "sides do not fit in 32 bits");

/* Sides in the order in which they were named, and which of them must stand before which. */
typedef struct dn_side_order {
    dn_strings name;
    uint32_t before[DN_SIDES]; /* bit i of [k]: side i stands before side k */
} dn_side_order;

/* The number of a side, as named; made when it is new. Local. Fails: DN_EUSAGE a name that cannot be, too
 * many; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_side_add(dn_side_order *o, const char *name, size_t len, int *out, dn_error *err);

/* Let side a stand before side b; layer is for the message. Local. Fails: DN_EUSAGE b stands before a */
DN_MUST_CHECK dn_status dn_side_before(dn_side_order *o, int a, int b, const char *layer, dn_error *err);

/* The sides in an order that satisfies all, those named first as far in front as they can be: names, and
 * out_place [name.n] the place of each. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_side_sort(const dn_side_order *o, dn_strings *out_name, uint8_t *out_place,
                                     dn_error *err);

#endif
