/* network_team.c - the ranks as one team, for measures that know nothing of MPI; see team.h
 *
 * A vector stands once on every host. The ranks of the host write their parts; behind a barrier the leaders
 * of the hosts exchange what their hosts have written; behind another everybody reads. There are three
 * vectors in turn: a rank that posts for the second time has collected in between, so nobody else still reads
 * the vector of three posts ago, without a barrier of its own.
 */
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/network_private.h"
#include "solvers/base/alloc.h"

enum { TURNS = 3, ROW_COST = 4 /* of a row, in entries */ };

typedef struct team {
    const dn_comm *all;
    const dn_host *host;
    dn_shared *memory;
    double *whole[TURNS]; /* [connected] */
    int turn;

    /* of a leader, when there are several hosts; [hosts] */
    int *sends, *receives, *zero; /* own elements; 1 or 0 pieces; displacements */
    MPI_Datatype *plain, *theirs; /* doubles; elements of the vector that a host has written */
    int parts, *at, *length;      /* [parts]  what this host has written */
    double *own;                  /* a copy of it, one behind the other: MPI wants two buffers */
} team;

static double *post(void *ctx)
{
    team *t = ctx;

    t->turn = (t->turn + 1) % TURNS;
    return t->whole[t->turn];
}

/* Between the leaders of the hosts. */
static void exchange(team *t, double *v)
{
    double *to = t->own;

    for (int k = 0; k < t->parts; to += t->length[k], k++)
        memcpy(to, v + t->at[k], (size_t)t->length[k] * sizeof *to);
    MPI_Alltoallw(t->own, t->sends, t->zero, t->plain, v, t->receives, t->zero, t->theirs,
                  t->host->leaders.mpi);
}

static const double *collect(void *ctx)
{
    team *t = ctx;
    double *v = t->whole[t->turn];

    dn_shared_barrier(t->memory);
    if (t->host->hosts > 1) {
        if (t->host->leaders.size > 0)
            exchange(t, v);
        dn_shared_barrier(t->memory);
    }
    return v;
}

static dn_status agree(void *ctx, dn_status local, dn_error *err)
{
    const team *t = ctx;

    return dn_agree(t->all, local, err);
}

/* ---- who owns what ---- */

/* The first row of a rank: rows before it cost its share of all entries and rows. */
static int64_t first_row(const dn_graph *g, int rank, int size)
{
    return dn_balanced(g->row, g->connected, ROW_COST, rank, size);
}

/* The parts of a vector that the ranks of a host write. host_of [size] of all ranks. */
static dn_status part_of(const dn_graph *g, int size, const int *host_of, int host, int *length, int *at,
                         int *out_parts, MPI_Datatype *out, dn_error *err)
{
    dn_status st = DN_OK;
    int parts = 0;

    for (int r = 0; r < size; r++) {
        int64_t begin = first_row(g, r, size), end = first_row(g, r + 1, size);
        if (host_of[r] != host)
            continue;
        length[parts] = (int)(end - begin); /* a graph has fewer than 2^31 nodes */
        at[parts++] = (int)begin;
    }
    *out_parts = parts;
    if (MPI_Type_indexed(parts, length, at, MPI_DOUBLE, out) != MPI_SUCCESS ||
        MPI_Type_commit(out) != MPI_SUCCESS)
        DN_FAIL(DN_ESOFTWARE, "MPI refused a type of %d parts", parts);
out:
    return st;
}

/* What a leader sends and gets; host_of [size] of all ranks. */
static dn_status plan_exchange(team *t, const dn_graph *g, const int *host_of, dn_error *err)
{
    dn_status st = DN_OK;
    int hosts = t->host->hosts, me = t->host->number, size = t->all->size;
    int own = 0;

    DN_NEW(t->length, (size_t)size);
    DN_NEW(t->at, (size_t)size);
    DN_NEW(t->sends, (size_t)hosts);
    DN_NEW(t->receives, (size_t)hosts);
    DN_NEW(t->zero, (size_t)hosts);
    DN_NEW(t->plain, (size_t)hosts);
    DN_NEW(t->theirs, (size_t)hosts);
    for (int k = 0; k < hosts; k++)
        t->theirs[k] = MPI_DATATYPE_NULL;
    for (int k = 0; k < hosts; k++) /* our own last: its parts stay */
        if (k != me)
            DN_TRY(part_of(g, size, host_of, k, t->length, t->at, &t->parts, &t->theirs[k], err));
    DN_TRY(part_of(g, size, host_of, me, t->length, t->at, &t->parts, &t->theirs[me], err));
    for (int k = 0; k < t->parts; k++)
        own += t->length[k];
    DN_NEW(t->own, (size_t)own);
    for (int k = 0; k < hosts; k++) {
        t->plain[k] = MPI_DOUBLE;
        t->sends[k] = k != me ? own : 0;
        t->receives[k] = k != me;
    }
out:
    return st;
}

static void destroy(team *t)
{
    if (t == NULL)
        return;
    for (int k = 0; t->theirs != NULL && k < t->host->hosts; k++)
        if (t->theirs[k] != MPI_DATATYPE_NULL)
            MPI_Type_free(&t->theirs[k]);
    dn_shared_destroy(&t->memory);
    dn_free(t->sends);
    dn_free(t->receives);
    dn_free(t->zero);
    dn_free(t->plain);
    dn_free(t->at);
    dn_free(t->length);
    dn_free(t->own);
    dn_free(t->theirs);
    dn_free(t);
}

static dn_status new_team(const dn_comm *comm, const dn_host *host, team **out, int **out_host_of,
                          dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, 1);
    (*out)->all = comm;
    (*out)->host = host;
    DN_NEW(*out_host_of, (size_t)comm->size);
out:
    return st;
}

dn_status dn_network_team(const dn_comm *comm, const dn_host *host, dn_network *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = &w->graph;
    team *t = NULL;
    int *host_of = NULL;
    size_t stride = ((size_t)g->connected + 7) / 8 * 8;

    DN_PASS(new_team(comm, host, &t, &host_of, err));
    DN_AGREE(comm);
    MPI_Allgather(&host->number, 1, MPI_INT, host_of, 1, MPI_INT, comm->mpi);
    DN_TRY(dn_shared_create(host, TURNS * stride * sizeof(double), &t->memory, err));
    for (int k = 0; k < TURNS; k++)
        t->whole[k] = (double *)dn_shared_base(t->memory) + (size_t)k * stride;
    if (host->leaders.size > 1)
        DN_PASS(plan_exchange(t, g, host_of, err));
    DN_AGREE(comm);
    w->team = (dn_team){.rank = comm->rank,
                        .size = comm->size,
                        .begin = first_row(g, comm->rank, comm->size),
                        .end = first_row(g, comm->rank + 1, comm->size),
                        .ctx = t,
                        .post = post,
                        .collect = collect,
                        .agree = agree};
    t = NULL;
out:
    dn_free(host_of);
    destroy(t);
    return st;
}

void dn_network_team_destroy(dn_team *t)
{
    destroy(t->ctx);
    *t = (dn_team){0};
}
