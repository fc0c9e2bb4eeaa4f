/* evaluate_folds.h - several folds together: which they are, and the evaluation of pairs of genes
 *
 * Two estimators stand beside each other, for pairs of genes on every view (evaluate.h):
 *
 *     the mean     each model is measured on the rows of its own fold; AUROC, average precision and
 *                  differences to baselines are averaged over the models (evaluate_repeats.h). Within a fold
 *                  one model is compared with itself alone. This is the figure to quote.
 *     pooled rows  folds of one split only: the rows of all folds behind one another, each with the raw score
 *                  of the model (the baseline) that did not see it, and AUROC and all else anew, as if one
 *                  model had scored them. Such an AUROC also compares rows of different folds, whose models
 *                  have scales of their own: probabilities are taken at their word, nothing is ranked or
 *                  shifted within a fold. A model whose level varies over the folds loses by it, so it says
 *                  what one threshold for all folds is worth, and it measures views that are too small in a
 *                  single fold.
 *
 * In folds by genes (mpi/data/split.h) a pair of genes of two blocks is tested in both folds, by either
 * model, and stands twice among the pooled rows. Intervals of both draw genes, once for all folds, so that it
 * is no new evidence. Threshold, calibration and the best baseline of pooled rows come from the validation
 * rows of all folds; where these are evaluated in another fold, their labels are not new to the threshold,
 * though they are to every score.
 */
#ifndef DN_EVALUATE_EVALUATE_FOLDS_H
#define DN_EVALUATE_EVALUATE_FOLDS_H

#include "mpi/evaluate/evaluate.h"
#include "mpi/evaluate/evaluate_repeats.h"

/* How many folds the options ask for: models, or folds of baselines; 0: one, which is no matter of this file.
 * Local. */
int64_t dn_folds_asked(const dn_evaluate_options *options);

/* Room for the folds that are asked for, split and fold of each filled in, from the records of the models;
 * r->splits is set. Collective on comm. Fails: DN_EUSAGE models twice of one fold of one split; as
 * dn_model_read_record(); DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_folds_name(const dn_comm *comm, const dn_evaluate_options *options,
                                                    dn_repeats *out, dn_error *err);

/* Pairs of genes. */
typedef struct dn_gene_folds {
    int64_t folds;             /* 0: nothing was evaluated */
    int64_t splits;            /* different ones */
    dn_repeats mean[DN_VIEWS]; /* of each view */
    dn_evaluation pooled; /* rows of all folds; model.fold is -1, counts are sums over the folds. Of several
                             splits nothing is pooled: no view is measured, pooled.n is 0 */
} dn_gene_folds;

/* Evaluate the models of several folds, or of several splits, or the baselines of folds 0 .. pool - 1.
 * Collective on comm; every rank gets the whole report, with the same bits on any number of ranks.
 * Splits that own their rows (mpi/io/origin.h) may go together when these were made of one imported set.
 * Fails: DN_EUSAGE with options->pairs; models twice of one fold, of several imported sets, of several kinds
 * of negatives in training; as dn_evaluate(), dn_folds_name() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_evaluate_folds(const dn_comm *comm,
                                                        const dn_evaluate_options *options,
                                                        dn_gene_folds *out, dn_error *err);
void dn_gene_folds_destroy(dn_gene_folds *g);

#endif
