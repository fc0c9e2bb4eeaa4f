/* dti_kron.h - kernel ridge regression over drug-target pairs, fitted on the training rows and cross-fitted
 *
 *     DN_TRY(dn_dti_kron_create(comm, &past, &kron, err));
 *     ... dn_dti_kron_target(kron, fold, target, of_target);       once for a target
 *     ... dn_kron_rls_score(of_target, dn_dti_kron_drug(kron, drug), drugs);
 *     dn_dti_kron_destroy(&kron);
 *
 * The formula stands in solvers/stats/kron_rls.h. Likeness of drugs is the mean of the Tanimoto coefficients
 * of Morgan and of atom-pair fingerprints (chem/fingerprint.h), of targets the cosine of 3-mer counts
 * (stats/kmers.h).
 *
 * A training row must not see its own label when a network learns from its score. So training rows are dealt
 * to folds in the way of the split (ten of rows, of drugs or of targets; 5 x 5 of both; clusters of drugs or
 * of targets stay whole where the split keeps them so) and a row is scored by the fit that saw no row of its
 * fold; in blocks, none of the drugs and none of the targets of its fold. Other rows are scored by the fit to
 * all training rows, which is fold 0. Folds are dealt to the ranks, on a rank to its threads, and have the
 * same bits on any number of either.
 *
 * Memory: likenesses of all drugs and of all targets in single precision, once per host; a double for each
 * training row and fold on every rank; while fitting, what kron_rls.h names on every thread.
 */
#ifndef DN_INPUTS_DTI_KRON_H
#define DN_INPUTS_DTI_KRON_H

#include "mpi/core/world.h"
#include "mpi/io/drug_target.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/kron_rls.h"

typedef struct dn_dti_kron dn_dti_kron;
struct dn_dti_past; /* dti_history.h */

/* Drugs and targets are those that past->pairs counts; past may hold more behind them, which have no labels
 * and are scored by their likenesses, see below. Collective. Borrows past and comm. Fails: DN_EDATA 2^31
 * training rows; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_kron_create(const dn_comm *comm, const struct dn_dti_past *past,
                                                         dn_dti_kron **out, dn_error *err);
DN_COLLECTIVE void dn_dti_kron_destroy(dn_dti_kron **k);

/* The fold whose fit scores row i of the pairs; 0: that of all training rows. Where past->unseen_only holds,
 * fold 0 alone was fitted, and training rows cannot be scored. Local. */
int dn_dti_kron_fold(const dn_dti_kron *k, int64_t i);
enum { DN_KRON_FOLDS = 26 }; /* at most, fold 0 among them */

/* What a fold's fit says of a target, out [drugs + 1], for dn_kron_rls_score(). Time O(training rows).
 * Local. */
void dn_dti_kron_target(const dn_dti_kron *k, int fold, int64_t target, double *out);

/* Likeness of a drug to each drug [drugs], for the same. Local. */
const float *dn_dti_kron_drug(const dn_dti_kron *k, int64_t drug);
const float *dn_dti_kron_like_target(const dn_dti_kron *k, int64_t target); /* [targets] */

/* The same for a target and a drug that the kernel does not know: like [targets] is the cosine of 3-mer
 * counts with each target, print [2] are Morgan and atom-pair fingerprints. Local. */
void dn_dti_kron_other_target(const dn_dti_kron *k, const float *like, double *out);
float dn_dti_kron_like_drugs(const dn_fingerprint *print, const dn_fingerprint *other);

#endif
