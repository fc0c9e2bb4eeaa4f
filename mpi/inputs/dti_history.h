/* dti_history.h - what the training labels say of drug-target pairs, for baselines and as input of the
 * network
 *
 * The scores of solvers/stats/similar_history.h, with the Tanimoto coefficient of Morgan fingerprints
 * (chem/fingerprint.h) as likeness of drugs and the cosine of 3-mer counts (stats/kmers.h) as likeness of
 * targets, and behind them that of kernel ridge regression (dti_kron.h).
 */
#ifndef DN_INPUTS_DTI_HISTORY_H
#define DN_INPUTS_DTI_HISTORY_H

#include "mpi/core/world.h"
#include "mpi/io/dataset.h"
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
    const int64_t *drug_cluster,
        *target_cluster; /* [drugs], [targets]  hidden together: the lowest number of
                          * the cluster, as data/alike.h has it; NULL: each by itself */
    int64_t dealt[2]; /* training rows are dealt to folds over the first so many drugs and targets, those that
                       * the dataset had when the model was trained, and others change no bit; 0: over all */
    bool unseen_only; /* no training row will be scored: dn_dti_kron_create() need not fit the folds */
    int grouping;     /* which ranks share memory, see dn_host_open(); 0 outside tests */
} dn_dti_past;

struct dn_dti_kron; /* dti_kron.h */

/* Scores of rows [n] of the pairs into out [n, DN_PAST_SCORES], on every rank. Similarities are spread over
 * the ranks; the same bits on any number of them. opt_kron: made of the same past; NULL: is made for this
 * call. Collective. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_history(const dn_comm *comm, const dn_dti_past *past,
                                                     const struct dn_dti_kron *opt_kron, const int64_t *rows,
                                                     int64_t n, double *out, dn_error *err);

/* The past of a split that divides the pairs: hidden as it divides, clusters as it keeps them whole. All are
 * borrowed. opt_known [2]: the drugs and targets of the dataset when a model was trained (`dealt`); NULL:
 * all. Local. */
dn_dti_past dn_dti_past_of(const dn_drugs *drugs, const dn_targets *targets, const dn_interactions *pairs,
                           const dn_split *split, const int64_t *opt_known);

/* How training rows are to be scored under a split of this kind (dn_split.kind). Local. */
dn_hidden dn_dti_hidden(const char *kind);

#endif
