/* graphml.h - nodes and edges of a GraphML file
 *
 * Source: Brandes, Eiglsperger, Herman, Himsolt and Marshall, GraphML Progress Report, GD 2001, LNCS 2265,
 * and graphml.graphdrawing.org. Read: node, edge, key and data. Nested graphs are one graph; ports are
 * passed over; a hyperedge is an error. The id shown for a node is its data named "name", when every node
 * has one and no two are alike; otherwise its data named "id" likewise; otherwise the id of the element.
 * Weights are the data named "weight" of the edges; where an edge has none, the default of the key, or 1.
 * The door to expat. Local.
 */
#ifndef DN_FORMATS_GRAPHML_H
#define DN_FORMATS_GRAPHML_H

#include <stdbool.h>
#include "solvers/base/error.h"
#include "solvers/base/text.h"

typedef struct dn_graphml_edge {
    int32_t source, target; /* nodes, in the order of the file */
    float weight;           /* finite; 1 when the file has none */
} dn_graphml_edge;

typedef struct dn_graphml {
    dn_strings id; /* [n]  all different, none empty, in the order of the file */
    int64_t edges;
    dn_graphml_edge *edge; /* [edges] */
    size_t edge_cap;
    bool weighted;
    bool directed; /* an edge has a direction */
} dn_graphml;

/* Plain or gzip. Fails: DN_EDATA not well-formed, not closed (file and line), no graphml, an edge of a node
 * that is not declared, two nodes of one id, a weight that is not a finite number, more than 2^31 - 1 nodes;
 * DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_graphml_read(const char *path, dn_graphml *out, dn_error *err);
DN_MUST_CHECK dn_status dn_graphml_memory(const char *name, const void *bytes, size_t len, dn_graphml *out,
                                          dn_error *err);
void dn_graphml_destroy(dn_graphml *g);

#endif
