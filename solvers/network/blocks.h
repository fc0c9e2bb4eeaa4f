/* blocks.h - the leading eigenvector of a matrix that falls apart into blocks
 *
 * A symmetric matrix without negative entries falls apart into blocks, such as the components of a graph.
 * Within a block the largest eigenvalue is simple (Perron and Frobenius); only blocks can share it. One
 * Krylov space holds one vector of the leading space, in whichever mixture rounding left it, so it does not
 * show who shares; what is known is that its part in a block is a multiple of the vector of the block. Blocks
 * of which the vector found has no part, but whose eigenvalue might be as large, are searched again.
 */
#ifndef DN_NETWORK_BLOCKS_H
#define DN_NETWORK_BLOCKS_H

#include "solvers/network/leading.h"
#include "solvers/network/team.h"

typedef struct dn_blocks {
    const int64_t *block; /* [connected]  0 .. count - 1; NULL: not known, and none is looked for */
    int64_t count;
    const double *start; /* [connected]  >= 0, not 0 throughout a block of edges; on every rank */
    /* What no eigenvalue of the block of row i exceeds, as far as row i knows: the largest over the rows of a
     * block counts. Local. */
    double (*bound)(const void *ctx, int64_t i);
    const void *ctx;
} dn_blocks;

/* The leading pair of a (adjacency.h tells its rows), as leading.h has it.
 *
 *   out [n]   on every rank: the part of `start` in the space of leading vectors, which are those of every
 *             leading block; 0 elsewhere, norm 1
 *   leading   blocks that share the eigenvalue within its error; 0: not looked for, since the blocks are not
 *             known or nothing converged
 *   pair      of out; second and next as the first search saw them
 *   report    residual: relative; iterations: of all searches
 *
 * Collective on the team. Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_blocks_leading(const dn_graph *g, const dn_team *team, Mat a,
                                                        const char *prefix, double tolerance,
                                                        const dn_blocks *b, double *out, dn_leading *pair,
                                                        int64_t *leading, dn_solve_report *report,
                                                        dn_error *err);

#endif
