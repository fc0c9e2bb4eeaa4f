/* rank_times.c - what every rank does with the time of its steps; see rank_times.h */
#include "mpi/train/rank_times.h"

#include <stdio.h>
#include "mpi/core/agree.h"
#include "mpi/core/memory.h"
#include "solvers/base/alloc.h"

enum { SUMS = 4 }; /* of a rank, for its row */

struct dn_rank_times {
    const dn_comm *comm;
    double since; /* MPI_Wtime() of the last report, or of the beginning */
    bool reported;
    int steps;          /* of the lists */
    double seconds;     /* of these steps */
    double *exchanging; /* [DN_RANK_TIMES_STEPS]  of each */
    double *least;      /* [DN_RANK_TIMES_STEPS]  of all ranks */
    double *sum;        /* rank 0: [size, SUMS] */
    dn_rank_row *row;   /* rank 0: [size] */
};

static dn_status create_local(const dn_comm *comm, dn_rank_times **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_rank_times *t = NULL;

    DN_NEW(t, 1);
    *out = t;
    t->comm = comm;
    t->since = MPI_Wtime();
    DN_NEW(t->exchanging, DN_RANK_TIMES_STEPS);
    DN_NEW(t->least, DN_RANK_TIMES_STEPS);
    if (comm->rank == 0) {
        DN_NEW(t->sum, (size_t)comm->size * SUMS);
        DN_NEW(t->row, (size_t)comm->size);
    }
out:
    return st;
}

/* Names of the hosts, which stay as they are. */
static void name_hosts(dn_rank_times *t)
{
    char name[MPI_MAX_PROCESSOR_NAME] = "", mine[DN_RANK_HOST];
    MPI_Datatype row = MPI_DATATYPE_NULL, host = MPI_DATATYPE_NULL;
    int len = 0;

    MPI_Get_processor_name(name, &len);
    snprintf(mine, sizeof mine, "%.*s", DN_RANK_HOST - 1, name);
    MPI_Type_contiguous(DN_RANK_HOST, MPI_CHAR, &host);
    MPI_Type_create_resized(host, 0, (MPI_Aint)sizeof(dn_rank_row), &row);
    MPI_Type_commit(&row);
    MPI_Gather(mine, DN_RANK_HOST, MPI_CHAR, t->row != NULL ? t->row[0].host : NULL, 1, row, 0, t->comm->mpi);
    MPI_Type_free(&row);
    MPI_Type_free(&host);
    for (int r = 0; t->row != NULL && r < t->comm->size; r++)
        t->row[r].rank = r;
}

dn_status dn_rank_times_create(const dn_comm *comm, dn_rank_times **out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = NULL;
    st = create_local(comm, out, err);
    DN_AGREE(comm);
    name_hosts(*out);
out:
    if (st != DN_OK)
        dn_rank_times_destroy(out);
    return st;
}

void dn_rank_times_destroy(dn_rank_times **handle)
{
    dn_rank_times *t = *handle;

    if (t == NULL)
        return;
    dn_free(t->exchanging);
    dn_free(t->least);
    dn_free(t->sum);
    dn_free(t->row);
    dn_free(t);
    *handle = NULL;
}

void dn_rank_times_step(dn_rank_times *t, double seconds, double exchanging)
{
    if (t->steps == DN_RANK_TIMES_STEPS)
        return;
    t->exchanging[t->steps++] = exchanging;
    t->seconds += seconds;
}

bool dn_rank_times_due(const dn_rank_times *t, double every)
{
    return t->steps > 0 && MPI_Wtime() - t->since >= (t->reported ? every : every / 4);
}

const dn_rank_row *dn_rank_times_report(dn_rank_times *t)
{
    double exchanging = 0, least = 0, per_step = t->steps > 0 ? 1e3 / t->steps : 0, mine[SUMS];

    MPI_Allreduce(t->exchanging, t->least, t->steps, MPI_DOUBLE, MPI_MIN, t->comm->mpi);
    for (int i = 0; i < t->steps; i++) {
        exchanging += t->exchanging[i];
        least += t->least[i];
    }
    mine[0] = (t->seconds - exchanging) * per_step;
    mine[1] = least * per_step;
    mine[2] = (exchanging - least) * per_step;
    mine[3] = (double)dn_memory_now() / 1e6;
    MPI_Gather(mine, SUMS, MPI_DOUBLE, t->sum, SUMS, MPI_DOUBLE, 0, t->comm->mpi);
    for (int r = 0; t->row != NULL && r < t->comm->size; r++) {
        const double *s = t->sum + r * SUMS;

        t->row[r].compute_ms = s[0];
        t->row[r].exchange_ms = s[1];
        t->row[r].wait_ms = s[2];
        t->row[r].memory_mb = s[3];
    }
    t->steps = 0;
    t->seconds = 0;
    t->since = MPI_Wtime();
    t->reported = true;
    return t->row;
}
