/* network_private.h - what the files behind network.h share; included by nobody else
 *
 * The way of a layer: network_select finds the layers and which nodes of the dataset are nodes of the graph;
 * network_read checks the edges and keeps 4 bytes of each; network_build orders the nodes and puts the edges
 * in the rows; network_merge does so where rows have to be sorted; network_team is the team of the ranks.
 */
#ifndef DN_GRAPH_NETWORK_PRIVATE_H
#define DN_GRAPH_NETWORK_PRIVATE_H

#include "mpi/core/partition.h"
#include "mpi/core/shared.h"
#include "mpi/graph/network.h"

/* Ranks of a host that build; more would only fight for its memory. Every builder costs 20 bytes a node while
 * the graph is built. */
enum { DN_BUILDERS_MAX = 16 };

/* Edges of one source, one behind the other in a block of a layer. */
typedef struct dn_run {
    int32_t source; /* number outside */
    int32_t length;
} dn_run;

/* What this rank holds of a layer: a block of its edges, in the order of the file, in outside numbers. */
typedef struct dn_piece {
    dn_range block;  /* edges of the layer */
    int32_t *target; /* [block] */
    dn_run *run;     /* [runs] */
    int64_t runs;
    float *weight; /* [block], or NULL: 1 */
} dn_piece;

/* The graph in memory that the ranks of a host share. */
typedef struct dn_sorted_rows {
    dn_shared *memory;
    int64_t *row;
    int32_t *col;
    float *weight; /* NULL: none */
    int32_t *outside;
    uint8_t *side;
} dn_sorted_rows;

typedef struct dn_loading {
    const dn_h5 *h;
    const dn_comm *comm;
    dn_host *host;
    dn_network *w;
    int builders; /* of this host */
    int64_t most; /* edges of the greatest block of any rank, of the layer that is read */
    bool weights; /* the graph has weights */

    /* network_select */
    int64_t all;      /* nodes of the dataset */
    int64_t n;        /* nodes of the graph */
    dn_shared *nodes; /* holds the next two */
    uint8_t *side;    /* [all]  NULL: there is one side */
    int32_t *number; /* [all]  number outside, -1: no node of the graph; NULL: all are, under their numbers */

    /* network_read */
    dn_piece *piece;  /* [n_layers] */
    dn_shared *count; /* holds the next three */
    uint32_t *degree; /* [builders][n]  by outside number: ends of edges a builder holds; later, those that
                         the builders before it hold */
    uint32_t *total;  /* [n]  ends of edges, of all builders */
    int32_t *inside;  /* [n]  by outside number */
    bool backward;    /* an edge from a higher to a lower number */
    bool within;      /* an edge within a side */
} dn_loading;

/* All of these are collective on l->comm unless marked local. */

/* Names and sizes of the layers, nodes and sides. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_select(dn_loading *l, const dn_network_options *o,
                                                        dn_error *err);

/* The block of [0, total) that this rank reads; sets l->most. */
DN_COLLECTIVE dn_range dn_network_share(dn_loading *l, int64_t total);

/* The edges of every layer: pieces, degrees, what the summary says of the layers. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_read(dn_loading *l, dn_error *err);

/* The graph from one layer whose file order is the order of the rows. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_build(dn_loading *l, dn_sorted_rows *out, dn_error *err);

/* The graph from several layers, or from one that needs its rows sorted. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_merge(dn_loading *l, dn_sorted_rows *out, dn_error *err);

/* Memory of a graph. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_room(const dn_loading *l, int64_t nnz, dn_sorted_rows *out,
                                                      dn_error *err);

/* Inside numbers by falling l->total: fills l->inside, m->outside, m->row and m->side of a host. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_order(dn_loading *l, dn_sorted_rows *m, dn_error *err);

/* Where this rank puts the next edge of a node, and what the others call it. */
typedef struct dn_cursor {
    int64_t at;
    int32_t name;
} dn_cursor;

/* Both directions of every edge this rank holds to col (and weight) at the cursors [n]. Local. */
void dn_network_scatter(const dn_loading *l, dn_cursor *cursor, int32_t *col, float *weight);

/* The team over w->graph. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_team(const dn_comm *comm, const dn_host *host, dn_network *w,
                                                      dn_error *err);
DN_COLLECTIVE void dn_network_team_destroy(dn_team *t);

#endif
