/* profiles.h - the expression of a dataset, once on every host
 *
 * A matrix of 4 bytes a value in memory that the ranks of a host share (mpi/core/shared.h); each of them
 * reads and normalises a part. Beside it a rank takes nothing but, with quantile, scratch of 8 bytes a gene
 * and on every host 17 times 8 bytes a gene. The same bits on any number of ranks, hosts and ranks of a host.
 */
#ifndef DN_INPUTS_PROFILES_H
#define DN_INPUTS_PROFILES_H

#include "mpi/core/shared.h"
#include "mpi/io/digest.h"
#include "mpi/io/h5.h"
#include "solvers/stats/normalise.h"

typedef struct dn_profiles {
    int64_t genes, samples;
    float *x;             /* [genes, samples]  aligned to 64 bytes; NaN missing, until they are normalised */
    char hash[DN_DIGEST]; /* of the values as imported */
    dn_shared *memory;    /* holds x */
} dn_profiles;

/* As imported. Collective on the communicator of h. Fails: DN_EDATA the dataset holds no expression, or what
 * is no matrix; DN_ENOMEM also when shared memory is too small (how much is needed and free, and where) */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_profiles_load(const dn_h5 *h, dn_profiles *out, dn_error *err);

/* In place. out_flat: genes that have values but no variance, before. Collective on the communicator of the
 * load. Fails: DN_ENOMEM (the values are untouched) */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_profiles_normalise(dn_profiles *p, dn_normalisation kind,
                                                            int64_t *out_flat, dn_error *err);

/* Collective; what is empty or half-built is fine. */
DN_COLLECTIVE void dn_profiles_destroy(dn_profiles *p);

#endif
