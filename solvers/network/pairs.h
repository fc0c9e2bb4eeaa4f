/* pairs.h - what eigenpairs and singular pairs have in common: a fixed sign, a report */
#ifndef DN_NETWORK_PAIRS_H
#define DN_NETWORK_PAIRS_H

#include "solvers/network/graph.h"
#include "solvers/network/solve_report.h"

/* 1 or -1: what v [n] has to be multiplied by so that its largest entry by size is positive. Entries whose
 * sizes differ by less than 1e-6 of the largest are ties; of them the lowest outside number counts. Only
 * nodes of this side count; side < 0: all. Local. */
double dn_pairs_sign(const dn_graph *g, const double *v, int side);

/* What a search for the leading pairs came to; borrowed. */
typedef struct dn_pairs_found {
    const double *value; /* [have]  falling */
    int64_t k, have;     /* pairs asked for and found */
    double next;         /* the value after the last, or NaN */
    double largest;      /* of the values, by size; values nearer than 1e-8 of it are a block */
} dn_pairs_found;

/* Put residual, error and warning into *r, whose other fields are filled. The error is the residual, in units
 * of `unit`, over the smallest distance of two values that are no block, next included. The warning says
 * which pairs are missing or else which pairs are blocks: "pairs 2-4, 7-8 share a value: ...". residual
 * [have]. Local. */
void dn_pairs_judge(const dn_pairs_found *f, const double *residual, double unit, dn_solve_report *r);

#endif
