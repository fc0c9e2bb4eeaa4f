/* pairs.h - what eigenpairs and singular pairs have in common: a fixed sign, blocks of equal values */
#ifndef DN_NETWORK_PAIRS_H
#define DN_NETWORK_PAIRS_H

#include <stddef.h>
#include "solvers/network/graph.h"

/* 1 or -1: what v [n] has to be multiplied by so that its largest entry by size is positive. Entries whose
 * sizes differ by less than 1e-6 of the largest are ties; of them the lowest outside number counts. Only
 * nodes of this side count; side < 0: all. Local. */
double dn_pairs_sign(const dn_graph *g, const double *v, int side);

/* Name the blocks of values that lie within tol of their neighbour: "values 2-4 and 7-8 are ...". next: the
 * value after the last, or NaN. buf becomes "" when there is none. Returns how many blocks. Local. */
int dn_pairs_blocks(const double *value, int64_t k, double next, double tol, char *buf, size_t cap);

/* The smallest distance of two neighbours that are not within tol of each other, next included; INFINITY when
 * there is none. Local. */
double dn_pairs_gap(const double *value, int64_t k, double next, double tol);

#endif
