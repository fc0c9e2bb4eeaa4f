/* network.h - layers of a dataset as one graph in memory, once per node
 *
 * Every node of the machine holds the graph in MPI-3 shared memory; the ranks of the node build it together.
 * Layers that are joined become one simple graph: a pair that stands in several layers is one edge with the
 * largest weight.
 *
 * Memory of a machine for m edges and n nodes: 8 m + 13 n bytes (16 m + 13 n with weights), and 24 n for the
 * vectors of the team (8 n more on all of several machines together). While one layer is loaded, 4 m more (8
 * m with weights), 36 n, and 20 n for every rank of the machine but one; while several are joined, another 8
 * m (16 m).
 */
#ifndef DN_GRAPH_NETWORK_H
#define DN_GRAPH_NETWORK_H

#include <stdbool.h>
#include "mpi/core/world.h"
#include "mpi/io/h5.h"
#include "solvers/base/text.h"
#include "solvers/network/team.h"

/* One layer, as the summary reports it. */
typedef struct dn_layer {
    char name[68];
    int64_t edges;
    bool weighted;
    int64_t negative, zero;         /* weights below 0, equal to 0 */
    int64_t activating, inhibiting; /* edges with sign +1, -1 */
} dn_layer;

typedef struct dn_network dn_network;

struct dn_network {
    dn_graph graph;
    dn_team team;
    dn_strings id;        /* [n]  outside order, on rank 0 only; empty when ids are the numbers themselves */
    dn_strings side_name; /* [graph.sides] */
    int n_layers;
    dn_layer *layer;        /* [n_layers] */
    int64_t in_several;     /* pairs that stand in more than one layer */
    double seconds_to_open; /* from the first read to the finished graph */
    struct dn_network_private *own;
};

typedef struct dn_network_options {
    int n_layers;
    const char *const *layer; /* [n_layers]; none: all layers of the dataset */
    bool weights;             /* load weights; otherwise every edge counts 1 */
    int grouping;             /* which ranks share memory, see dn_host_open(); 0 outside tests */
} dn_network_options;

/* Load. Only nodes that stand in one of the layers are nodes of the graph, plus those that the dataset lists
 * for these layers as isolated. Collective on the communicator of h. Fails: DN_EDATA no such layer (lists
 * those there are), an index out of range, more nodes than 2^31; DN_ENOMEM also when shared memory is too
 * small (says how much is needed and free); DN_EIO */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_load(const dn_h5 *h, const dn_network_options *o,
                                                      dn_network **out, dn_error *err);

/* Collective. NULL is fine. */
DN_COLLECTIVE void dn_network_close(dn_network **w);

/* The id of a node by its outside number, in buf; rank 0 only. Local. */
const char *dn_network_id(const dn_network *w, int64_t outside, char *buf, size_t cap);

#endif
