/* svd_private.h - the matrix of a decomposition, shared by svd_matrix.c and svd.c */
#ifndef DN_NETWORK_SVD_PRIVATE_H
#define DN_NETWORK_SVD_PRIVATE_H

#include <petscmat.h>
#include "solvers/network/svd.h"

/* X = (B - 1 m') diag(c), and what it takes to multiply with it. */
typedef struct dn_svd_matrix {
    const dn_graph *g;
    const dn_team *team;
    dn_svd_scaling scaling;
    int64_t all_rows, all_cols; /* of B */
    int64_t isolated;           /* nodes of side 0 without a neighbour */
    double *mean, *scale;       /* [n]  of a column, by inside number; 0 and 1 for DN_SVD_PLAIN */
    double variance;            /* of all columns, with n */
    int32_t *row, *col;         /* [rows], [cols]  inside numbers of what this rank has */
    int64_t rows, cols, folded; /* folded 1: this rank has the row of the isolated nodes, its last */
    Vec shift;                  /* over columns: mean * scale */
    Vec count;                  /* over rows: 1, sqrt(q) for the row of the isolated nodes */
    Mat m;
    bool dense; /* m is whole on every rank */
} dn_svd_matrix;

/* Sizes, means, scales; everything but m. w has g, team and scaling. Local.
 * Fails: DN_EDATA as dn_svd(), k pairs; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_svd_matrix_prepare(dn_svd_matrix *w, int64_t k, dn_error *err);

/* m. Its context is w, which has to stay where it is. Collective on the team. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_svd_matrix_create(dn_svd_matrix *w, dn_error *err);
void dn_svd_matrix_release(dn_svd_matrix *w);

/* u and v, left and right vector of the singular value s, over all nodes: out [n]. The isolated nodes share
 * what their one row has. Collective on the team. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_svd_matrix_gather(const dn_svd_matrix *w, double s, Vec u, Vec v,
                                                           double *out, dn_error *err);

#endif
