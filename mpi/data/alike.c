/* alike.c - clusters of drugs and of targets; see alike.h
 *
 * Every rank links what its rows say in a forest of its own; then all forests are joined on every rank.
 */
#include "mpi/data/alike.h"

#include <limits.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/kmers.h"

/* ---- a forest of sets; a root is the lowest number of its set ---- */

static int64_t root(int64_t *parent, int64_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

static void join(int64_t *parent, int64_t a, int64_t b)
{
    a = root(parent, a);
    b = root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

static dn_status new_forests(const dn_comm *comm, int64_t n, double threshold, int64_t **out_all,
                             dn_error *err)
{
    dn_status st = DN_OK;

    if (!(threshold > 0 && threshold <= 1))
        DN_FAIL(DN_EUSAGE, "threshold %g: wanted above 0, at most 1", threshold);
    if (n > INT_MAX / comm->size)
        DN_FAIL(DN_EDATA, "%lld entities are too many to compare all with all", (long long)n);
    DN_NEW(*out_all, (size_t)n * (size_t)comm->size);
out:
    return st;
}

/* mine [n]: the forest of this rank; all [size, n]: scratch. Collective; cannot fail. */
static void join_ranks(const dn_comm *comm, int64_t n, int64_t *mine, int64_t *all)
{
    MPI_Allgather(mine, (int)n, MPI_INT64_T, all, (int)n, MPI_INT64_T, comm->mpi);
    for (int64_t i = 0; i < n; i++)
        mine[i] = i;
    for (int64_t i = 0; i < n * comm->size; i++)
        join(mine, i % n, all[i]);
    for (int64_t i = 0; i < n; i++)
        mine[i] = root(mine, i);
}

/* ---- drugs ---- */

static dn_status fingerprints(const dn_drugs *d, dn_fingerprint **out, double **out_like, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)d->n);
    DN_NEW(*out_like, (size_t)d->n);
    for (int64_t i = 0; i < d->n; i++) {
        dn_molecule m = dn_drugs_molecule(d, i);
        DN_TRY(dn_fingerprint_morgan(&m, &(*out)[i], err));
    }
out:
    return st;
}

/* Rows rank, rank + size, ...: rows are shorter the later they come. like [n]: scratch. */
static void link_drugs(const dn_comm *comm, int64_t n, const dn_fingerprint *fp, double threshold,
                       double *like, int64_t *cluster)
{
    for (int64_t i = comm->rank; i < n; i += comm->size) {
        dn_fingerprint_like(fp + i, n - i, 0, like);
        for (int64_t j = i + 1; j < n; j++)
            if (like[j - i] >= threshold)
                join(cluster, i, j);
    }
}

dn_status dn_alike_drugs(const dn_comm *comm, const dn_drugs *d, double threshold, int64_t *out_cluster,
                         dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *all = NULL;
    dn_fingerprint *fp = NULL; /* [n] */
    double *like = NULL;       /* [n] */

    DN_PASS(new_forests(comm, d->n, threshold, &all, err));
    DN_PASS(fingerprints(d, &fp, &like, err));
    DN_AGREE(comm);
    for (int64_t i = 0; i < d->n; i++)
        out_cluster[i] = i;
    link_drugs(comm, d->n, fp, threshold, like, out_cluster);
    join_ranks(comm, d->n, out_cluster, all);
out:
    dn_free(all);
    dn_free(fp);
    dn_free(like);
    return st;
}

/* ---- targets ---- */

dn_status dn_alike_targets(const dn_comm *comm, const dn_targets *t, double threshold, int64_t *out_cluster,
                           dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *all = NULL;
    dn_kmers k = {.n = 0};
    double *like = NULL;     /* [n] */
    int32_t *scratch = NULL; /* [DN_KMERS] */

    DN_PASS(new_forests(comm, t->n, threshold, &all, err));
    DN_PASS_NEW(like, (size_t)t->n);
    DN_PASS_NEW(scratch, DN_KMERS);
    DN_PASS(dn_kmers_create(t->sequence.bytes, t->sequence.offset, t->n, &k, err));
    DN_AGREE(comm);
    for (int64_t i = 0; i < t->n; i++)
        out_cluster[i] = i;
    for (int64_t i = comm->rank; i < t->n; i += comm->size) {
        dn_kmers_like(&k, i, scratch, like);
        for (int64_t j = 0; j < t->n; j++)
            if (like[j] >= threshold)
                join(out_cluster, i, j);
    }
    join_ranks(comm, t->n, out_cluster, all);
out:
    dn_free(all);
    dn_free(like);
    dn_free(scratch);
    dn_kmers_destroy(&k);
    return st;
}
