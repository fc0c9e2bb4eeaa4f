/* real.h - three real graphs and the numbers of igraph 0.10.2 that lie beside them in ../shared/data/network
 *
 * The files are not part of dragnet: a test without them is skipped. They were written with 12 significant
 * digits.
 */
#ifndef DN_TEST_SUPPORT_REAL_H
#define DN_TEST_SUPPORT_REAL_H

#include <stdbool.h>
#include "solvers/network/graph.h"

enum { REAL_GRAPHS = 3 };

/* The columns of a table. */
enum {
    REAL_NODE,
    REAL_DEGREE,
    REAL_CORE,
    REAL_PAGERANK,
    REAL_COMPONENT,
    REAL_EIGENVECTOR, /* the largest value is 1 */
    REAL_HARMONIC,
    REAL_CLUSTERING,
    REAL_BETWEENNESS,
    REAL_WORDS
};

extern const char *const real_names[REAL_GRAPHS];

/* The graph of that name and its table [n * REAL_WORDS] in outside order; marks the test as skipped and
 * returns false when the files are not there. Local; the caller releases both. */
bool real_open(const char *name, dn_graph *out, double **out_table);
void real_close(dn_graph *g, double **table);

/* The largest |v - value of the column| / (1 + |value|); v [n] in inside order. */
double real_distance(const dn_graph *g, const double *table, int column, const double *v);

#endif
