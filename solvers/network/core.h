/* core.h - core numbers
 *
 * The k-core is the largest subgraph in which every node has at least k neighbours; the core number of a node
 * is the largest k for which it is in the k-core. Isolated nodes have 0. Weights play no part.
 *
 * Source: Batagelj & Zaversnik, arXiv:cs/0310049. Reference: networkx.core_number.
 */
#ifndef DN_NETWORK_CORE_H
#define DN_NETWORK_CORE_H

#include "solvers/network/graph.h"

/* out_core [n]. Local. Time O(n + nnz), scratch 24 bytes a node. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_core_numbers(const dn_graph *g, int64_t *out_core, dn_error *err);

#endif
