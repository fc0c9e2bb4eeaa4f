/* evaluate_negatives.h - the same positives against every kind of negatives of a split
 *
 * A split may have negatives of several kinds (mpi/io/origin.h). Training, and so dn_evaluate(), uses the
 * first. Here the same model, with the baselines fitted on the same training rows, is measured on the others:
 * validation and test have the same positives and the negatives of one kind at a time; threshold, calibration
 * and best baseline come from validation rows of that kind.
 */
#ifndef DN_EVALUATE_EVALUATE_NEGATIVES_H
#define DN_EVALUATE_EVALUATE_NEGATIVES_H

#include "mpi/io/origin.h"
#include "mpi/evaluate/evaluate_folds.h"

/* Of each kind one of the two: `of`, or of several folds `folds`. Number 0 is the kind that training uses and
 * is not filled: that is what dn_evaluate(), dn_evaluate_folds() say. */
typedef struct dn_gene_kinds {
    dn_origins origins; /* n 0: there is one kind only, or it does not matter */
    dn_evaluation of[DN_ORIGINS];
    dn_gene_folds folds[DN_ORIGINS];
} dn_gene_kinds;

/* Evaluate the kinds after the first of `split`, the split of the options or of their models. None with
 * options->pairs, and none of the training part, which has negatives of one kind. Scores everything anew: as
 * long again for each kind. Collective on comm.
 * Fails: as dn_evaluate(), dn_evaluate_folds() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_evaluate_kinds(const dn_comm *comm,
                                                        const dn_evaluate_options *options, const char *split,
                                                        dn_gene_kinds *out, dn_error *err);
void dn_gene_kinds_destroy(dn_gene_kinds *k);

#endif
