/* dti_components.c - see dti_components.h */
#include "mpi/inputs/dti_components.h"

#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/kernel_pca.h"
#include "solvers/stats/kmers.h"

/* Components of those n things that `of` [pairs] names in training rows; like [n, n]. */
static dn_status fit(const dn_dti_past *past, const float *like, int64_t n, const int64_t *of,
                     int64_t components, dn_kernel_pca *out, dn_error *err)
{
    dn_status st = DN_OK;
    uint8_t *seen = NULL;   /* [n] */
    int64_t *fitted = NULL; /* [m] */
    int64_t m = 0;

    DN_NEW(seen, (size_t)n + 1);
    DN_NEW(fitted, (size_t)n + 1);
    for (int64_t i = 0; i < past->pairs->n; i++)
        if (past->part[i] == DN_TRAIN)
            seen[of[i]] = 1;
    for (int64_t i = 0; i < n; i++)
        if (seen[i])
            fitted[m++] = i;
    DN_TRY(dn_kernel_pca_fit(like, n, fitted, m, components, out, err));
out:
    dn_free(seen);
    dn_free(fitted);
    return st;
}

static dn_status print_drug(const dn_drugs *drugs, int64_t i, dn_fingerprint out[2], dn_error *err)
{
    dn_status st = DN_OK;
    dn_molecule m = dn_drugs_molecule(drugs, i);

    DN_TRY(dn_fingerprint_morgan(&m, &out[0], err));
    DN_TRY(dn_fingerprint_atom_pairs(&m, &out[1], err));
out:
    return st;
}

/* Places of the drugs behind those that the pairs count. */
static dn_status place_new_drugs(const dn_dti_past *past, const dn_kernel_pca *pca, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t known = past->pairs->drugs;
    dn_fingerprint *print = NULL, other[2]; /* [known, 2] */
    float *like = NULL;                     /* [known] */

    if (past->drugs->n == known)
        goto out;
    DN_NEW(print, 2 * (size_t)known + 1);
    DN_NEW(like, (size_t)known + 1);
    for (int64_t i = 0; i < known; i++)
        DN_TRY(print_drug(past->drugs, i, print + 2 * i, err));
    for (int64_t i = known; i < past->drugs->n; i++) {
        DN_TRY(print_drug(past->drugs, i, other, err));
        for (int64_t j = 0; j < known; j++)
            like[j] = dn_dti_kron_like_drugs(other, print + 2 * j);
        dn_kernel_pca_place(pca, like, out + i * pca->components);
    }
out:
    dn_free(print);
    dn_free(like);
    return st;
}

static dn_status place_new_targets(const dn_dti_past *past, const dn_kernel_pca *pca, float *out,
                                   dn_error *err)
{
    dn_status st = DN_OK;
    int64_t known = past->pairs->targets, n = past->targets->n;
    dn_kmers kmers = {0};
    int32_t *scratch = NULL;
    double *row = NULL; /* [n] */
    float *like = NULL; /* [known] */

    if (n == known)
        goto out;
    DN_NEW(scratch, DN_KMERS);
    DN_NEW(row, (size_t)n);
    DN_NEW(like, (size_t)known + 1);
    DN_TRY(dn_kmers_create(past->targets->sequence.bytes, past->targets->sequence.offset, n, &kmers, err));
    for (int64_t i = known; i < n; i++) {
        dn_kmers_like(&kmers, i, scratch, row);
        for (int64_t j = 0; j < known; j++)
            like[j] = (float)row[j];
        dn_kernel_pca_place(pca, like, out + i * pca->components);
    }
out:
    dn_kmers_destroy(&kmers);
    dn_free(scratch);
    dn_free(row);
    dn_free(like);
    return st;
}

static dn_status place_drugs(const dn_dti_past *past, const dn_dti_kron *kron, int64_t components, float *out,
                             dn_error *err)
{
    dn_status st = DN_OK;
    dn_kernel_pca pca = {0};

    DN_TRY(
        fit(past, dn_dti_kron_drug(kron, 0), past->pairs->drugs, past->pairs->drug, components, &pca, err));
    for (int64_t i = 0; i < past->pairs->drugs; i++)
        dn_kernel_pca_place(&pca, dn_dti_kron_drug(kron, i), out + i * components);
    DN_TRY(place_new_drugs(past, &pca, out, err));
out:
    dn_kernel_pca_destroy(&pca);
    return st;
}

static dn_status place_targets(const dn_dti_past *past, const dn_dti_kron *kron, int64_t components,
                               float *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_kernel_pca pca = {0};

    DN_TRY(fit(past, dn_dti_kron_like_target(kron, 0), past->pairs->targets, past->pairs->target, components,
               &pca, err));
    for (int64_t i = 0; i < past->pairs->targets; i++)
        dn_kernel_pca_place(&pca, dn_dti_kron_like_target(kron, i), out + i * components);
    DN_TRY(place_new_targets(past, &pca, out, err));
out:
    dn_kernel_pca_destroy(&pca);
    return st;
}

dn_status dn_dti_components(const dn_comm *comm, const dn_dti_past *past, const dn_dti_kron *kron,
                            int64_t components, float *out_drug, float *out_target, dn_error *err)
{
    dn_status st = DN_OK;
    int other = comm->size > 1 ? 1 : 0; /* who does the targets */

    if (comm->rank == 0)
        DN_PASS(place_drugs(past, kron, components, out_drug, err));
    if (comm->rank == other)
        DN_PASS(place_targets(past, kron, components, out_target, err));
    DN_AGREE(comm);
    for (int64_t i = 0; i < past->drugs->n; i++)
        MPI_Bcast(out_drug + i * components, (int)components, MPI_FLOAT, 0, comm->mpi);
    for (int64_t i = 0; i < past->targets->n; i++)
        MPI_Bcast(out_target + i * components, (int)components, MPI_FLOAT, other, comm->mpi);
out:
    return st;
}
