/* describe.h - a network in numbers: sizes, degrees, classes, components, the tail of the degree law
 *
 * Quartiles as numpy.percentile (linear interpolation), sd with n - 1 as pandas.describe(); classes: three
 * bins of equal width from the smallest to the largest degree as pandas.cut(bins=3), right ends included;
 * where all degrees are equal they stand in the middle class, as there. The degree counts edges, the
 * strength adds up their weights (equal to the degree where edges have none; may be negative).
 *
 * Awkward graphs: a side without nodes has count 0 and NaN elsewhere, of one node sd is NaN; a graph without
 * edges has density 0 and no assortativity (NaN), as has one whose nodes with edges all have one degree; the
 * power law is fitted to the degrees of all nodes that have an edge.
 */
#ifndef DN_NETWORK_DESCRIBE_H
#define DN_NETWORK_DESCRIBE_H

#include <stdbool.h>
#include "solvers/network/graph.h"
#include "solvers/stats/power_law.h"

enum { DN_SIDES = 32 /* of a network: as many as a dataset can be imported with */, DN_BINS = 32 };

/* Of one quantity over the nodes of a side. NaN where it is not defined (sd of one node). */
typedef struct dn_summary {
    int64_t count;
    double mean, sd, min, quartile[3], max; /* quartile[1] is the median */
} dn_summary;

typedef struct dn_side_description {
    dn_summary degree; /* over the nodes of the side, isolated ones included */
    dn_summary strength;
    int64_t low, medium, high;  /* nodes in each class */
    double edge[4];             /* bounds of the classes; edge[0] is below the minimum as in pandas */
    int64_t histogram[DN_BINS]; /* nodes with degree in [2^i, 2^(i+1)); bin 0 is degree 1 */
    int64_t isolated;
} dn_side_description;

typedef struct dn_description {
    int64_t nodes, edges, isolated, components, largest_component; /* components count isolated nodes, too */
    double density;       /* edges / (n (n - 1) / 2); of a bipartite graph edges / (n_0 n_1) as
                             networkx.bipartite.density */
    bool bipartite;       /* no edge within a side, two sides */
    double assortativity; /* Newman 2002, as networkx.degree_assortativity_coefficient; NaN when undefined */
    dn_power_law power_law; /* power_law.h */
    dn_side_description side[DN_SIDES];
} dn_description;

/* All of it. component [n]: number of the component of a node (components.h), below components: how many.
 * Local; same on every rank. Time O(nnz + n log n). Fails: DN_EDATA more than DN_SIDES sides; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_describe(const dn_graph *g, const int64_t *component, int64_t components,
                                    dn_description *out, dn_error *err);

#endif
