/* cuts.h - what falls apart when a node is taken away, and the betweenness that follows from it alone
 *
 * The sides of a node v are the components into which the rest of its component falls without v. All shortest
 * paths between two sides run through v. So with r nodes in the component and a_i on side i, the dependency
 * of a source on side i on v (betweenness.h) is
 *
 *     (r - 1 - a_i)  +  remainder,
 *
 * where the remainder comes from targets on the side of the source itself, and the first part, summed over
 * all sources, is sum over i of a_i (r - 1 - a_i). Only the remainder needs a search. It is 0 from every
 * source when any two neighbours of v on the same side are neighbours of each other: then no shortest path
 * uses v within a side. Trees have no remainder anywhere.
 *
 * Source: Hopcroft & Tarjan, CACM 1973, doi:10.1145/362248.362272 (one depth-first search with low points);
 * Puzis et al., AI Communications 2015, doi:10.3233/AIC-140616 (betweenness from cut nodes). Reference for
 * the sides: networkx.biconnected_components, networkx.articulation_points.
 */
#ifndef DN_NETWORK_CUTS_H
#define DN_NETWORK_CUTS_H

#include "solvers/network/graph.h"

/* Places of the depth-first search that make up a side. */
typedef struct dn_side {
    int32_t begin, end;
} dn_side;

typedef struct dn_cuts {
    int64_t n;
    int32_t *place; /* [n]  of a node in the order of the search */
    int64_t *first; /* [n + 1]  where the sides of a node start */
    dn_side *side; /* [first[n]]  rising; of a cut node the sides that the search entered from it; a last one,
                    * what the search came from, is left out. Nothing for other nodes. */
    int32_t *left; /* [n]  nodes on that last side of a cut node; may be 0, as for other nodes */
    int32_t *size; /* [n]  nodes of the component of a cut node; 0 for other nodes */
    int64_t *open; /* [n]  pairs of neighbours on the same side that are no neighbours of each other; 0: the
                    * remainder is 0 from every source */
    int32_t *edge; /* [nnz]  in the rows of cut nodes the side of the neighbour, from 0; 0 in others */
} dn_cuts;

/* Local. Time O(n + nnz log nnz) and a search for triangles (clustering.h); memory 36 bytes a node and 4 an
 * entry of the matrix, as much again as scratch. A deep graph does not deepen the stack. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_cuts_create(const dn_graph *g, dn_cuts *out, dn_error *err);
void dn_cuts_destroy(dn_cuts *c);

/* The side of v on which `other` is, another node of its component, from 0 in the order of the places; the
 * number of listed sides stands for the one that is left out. Local; time logarithmic in that number. */
int64_t dn_cuts_side(const dn_cuts *c, int64_t v, int64_t other);

/* sum over i of a_i (r - 1 - a_i); 0 where v is no cut node. Exact below 2^53. Local. */
double dn_cuts_known(const dn_cuts *c, int64_t v);

#endif
