/* adjacency.h - the adjacency matrix of a graph as PETSc sees it
 *
 *     M = shift I + scale L A R,   A adjacency (weights, or 1), L and R diagonal
 *
 * One row for each connected node (graph.h), inside numbering; the local rows are team->begin .. end. It is a
 * shell over the rows of the graph: a pattern needs no values at all, x is gathered once per node through
 * team->post and collect, and nothing is copied.
 */
#ifndef DN_NETWORK_ADJACENCY_H
#define DN_NETWORK_ADJACENCY_H

#include <petscmat.h>
#include "solvers/network/petsc.h"
#include "solvers/network/team.h"

typedef struct dn_adjacency {
    double shift, scale;
    const double *left;  /* [connected]  diagonal of L, or NULL: 1; borrowed as long as a shell lives */
    const double *right; /* [connected]  likewise */
} dn_adjacency;

#define DN_ADJACENCY_PLAIN     \
    {                          \
        .shift = 0, .scale = 1 \
    }

/* The matrix, on PETSC_COMM_WORLD (on PETSC_COMM_SELF for a team of one while more ranks run). Symmetric when
 * left and right are equal; then it is marked so. PetscInt counts as many rows as a graph has nodes.
 * Collective on the team. Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_adjacency_create(const dn_graph *g, const dn_team *team,
                                                          const dn_adjacency *a, Mat *out, dn_error *err);

/* y[i - begin] = sum of w x[j] over the neighbours j of node i, for rows begin .. end. x [connected]. Local.
 */
void dn_adjacency_sum(const dn_graph *g, const double *x, int64_t begin, int64_t end, double *y);

/* A vector over the connected nodes, distributed as the matrix, to all: out [n], isolated nodes get
 * `isolated`. Collective on the team. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_adjacency_gather(const dn_graph *g, const dn_team *team, Vec x,
                                                          double isolated, double *out, dn_error *err);

#endif
