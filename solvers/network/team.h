/* team.h - how measures meet the other ranks, without a call to MPI
 *
 * mpi/graph/ fills a dn_team in; dn_team_solo() makes one of a single rank. Matrices have one row for each
 * connected node of the graph; a rank owns the rows [begin, end). Vectors of all nodes are put together in
 * memory that the ranks of a node share, so nothing is copied that stays on the node.
 */
#ifndef DN_NETWORK_TEAM_H
#define DN_NETWORK_TEAM_H

#include "solvers/network/graph.h"

typedef struct dn_team {
    int rank, size;
    int64_t begin, end; /* rows of this rank; the ranks' ranges cover [0, connected) in rank order */
    void *ctx;
    /* Where this rank writes elements [begin, end) of the next whole vector: the array of all elements.
     * Local. */
    double *(*post)(void *ctx);
    /* The whole vector, after every rank has written its part. It stays valid until the second post() from
     * now. Collective; cannot fail. */
    const double *(*collect)(void *ctx);
    /* dn_agree() of mpi/core/agree.h. Collective. */
    dn_status (*agree)(void *ctx, dn_status local, dn_error *err);
} dn_team;

#define DN_TEAM_AGREE(team_)                        \
    do {                                            \
        st = (team_)->agree((team_)->ctx, st, err); \
        if (st != DN_OK)                            \
            goto out;                               \
    } while (0)

/* A team of one for g. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_team_solo(const dn_graph *g, dn_team *out, dn_error *err);
void dn_team_solo_destroy(dn_team *t);

#endif
