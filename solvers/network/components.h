/* components.h - connected components, and whether a graph has two colours
 *
 * Reference: networkx.connected_components, networkx.is_bipartite. Weights play no part.
 */
#ifndef DN_NETWORK_COMPONENTS_H
#define DN_NETWORK_COMPONENTS_H

#include "solvers/network/graph.h"

/* The component of every node.
 *
 *   out_component  [n]  0 .. *out_count - 1, numbered by falling size, ties by the smallest outside number in
 *                  them; an isolated node is a component of one
 *   out_count      components; 0 for the empty graph
 *
 * Local. Time O(n + nnz), scratch 24 bytes a node. Fails: DN_ENOMEM
 */
DN_MUST_CHECK dn_status dn_components(const dn_graph *g, int64_t *out_component, int64_t *out_count,
                                      dn_error *err);

/* Give every node one of two colours so that no edge joins two of the same: the node with the smallest
 * outside number of each component gets 0.
 *
 *   out_colour     [n]  0 or 1
 *   out_bipartite  whether that is possible; otherwise the colours mean nothing
 *
 * The graph may be bipartite whatever its sides are. Local. Time O(n + nnz), scratch 8 bytes a node.
 * Fails: DN_ENOMEM
 */
DN_MUST_CHECK dn_status dn_two_colours(const dn_graph *g, int8_t *out_colour, int *out_bipartite,
                                       dn_error *err);

#endif
