/* dti_history.h - what the training labels say of drug-target pairs, for baselines and as input of the
 * network
 *
 * The scores of solvers/stats/similar_history.h and behind them that of kernel ridge regression (dti_kron.h),
 * with the Tanimoto coefficient of Morgan fingerprints
 * (chem/fingerprint.h) as likeness of drugs and the cosine of 3-mer counts (stats/kmers.h) as likeness of
 * targets.
 */
#ifndef DN_TRAIN_DTI_HISTORY_H
#define DN_TRAIN_DTI_HISTORY_H

#include "mpi/core/world.h"
#include "mpi/io/drug_target.h"
#include "solvers/stats/similar_history.h"

/* Columns of a row's scores. */
enum { DN_PAST_KRON = DN_SIMILARS, DN_PAST_SCORES };

typedef struct dn_dti_past {
    const dn_drugs *drugs;
    const dn_targets *targets;
    const dn_interactions *pairs;
    const uint8_t *part; /* [pairs->n]  dn_part: labels of DN_TRAIN are looked at, no others */
    dn_hidden hidden;    /* what a training row does not see of its likes */
    bool no_training;    /* no training row will be asked for: spares the fits that are for them */
} dn_dti_past;

/* Scores of rows [n] of the pairs into out [n, DN_PAST_SCORES], on every rank. Similarities are spread over
 * the ranks; the same bits on any number of them. Collective. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_history(const dn_comm *comm, const dn_dti_past *past,
                                                     const int64_t *rows, int64_t n, double *out,
                                                     dn_error *err);

/* How training rows are to be scored under a split of this kind (dn_split.kind). Local. */
dn_hidden dn_dti_hidden(const char *kind);

#endif
