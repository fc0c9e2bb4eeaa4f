/* layers.h - random layers of a network: as a dataset, as the serial builder makes a graph of them, and
 * loaded
 *
 * Everything is the same on every rank.
 */
#ifndef DN_TEST_SUPPORT_LAYERS_H
#define DN_TEST_SUPPORT_LAYERS_H

#include <stdbool.h>
#include "mpi/graph/network.h"

enum { TEST_NODES = 300, TEST_EDGES = 4000, TEST_LAYERS = 3 };

/* A layer as it is written. */
typedef struct test_layer {
    const char *name;
    int64_t edges, listed;
    int64_t source[TEST_EDGES], target[TEST_EDGES], node[TEST_NODES];
    float weight[TEST_EDGES];
    int8_t sign[TEST_EDGES];
    bool weighted, is_signed, lists; /* otherwise weight, sign, node are not written */
} test_layer;

typedef struct test_layers {
    int64_t nodes;
    const char *sides; /* the attribute, or NULL: none; one or two sides */
    uint8_t side[TEST_NODES];
    bool sided, ids; /* otherwise side and ids are not written; id i is "N" and i i */
    int layers;
    test_layer layer[TEST_LAYERS];
} test_layers;

/* `layers` layers "first", "second", "third" over `nodes` nodes of one side, of about `tries` edges; hubs
 * have low numbers. Local. */
void test_layers_random(test_layers *s, int64_t nodes, int layers, int64_t tries);

/* The edges of a layer, over the sides that s->side says. Local. */
void test_layers_fill(test_layers *s, int i, uint64_t seed, int64_t tries);

/* The ends of the edges of a layer, and every `step`-th node besides, as its node list. Local. */
void test_layers_list(test_layers *s, int i, int64_t step);

/* As a dataset; an existing file is replaced. Collective on test_comm. */
dn_status test_layers_write(const test_layers *s, const char *path, dn_error *err);

/* The graph that dn_network_load() must make of them, for dn_graph_destroy(). Local. */
dn_status test_layers_build(const test_layers *s, const dn_network_options *o, dn_graph *out, dn_error *err);

/* Open and load. Collective on test_comm. */
dn_status test_network_load(const char *path, const dn_network_options *o, dn_network **out, dn_error *err);

/* Whether two graphs agree in every bit. Local. */
bool test_same_graph(const dn_graph *a, const dn_graph *b);

#endif
