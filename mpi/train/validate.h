/* validate.h - what an epoch's scores of the validation rows are worth */
#ifndef DN_TRAIN_VALIDATE_H
#define DN_TRAIN_VALIDATE_H

#include "mpi/train/hooks.h"
#include "solvers/models/model.h"

/* Loss, AUROC and average precision of scores into out->validation_loss, _auroc, _ap.
 *
 *   score [n, m->outputs]  probabilities
 *   label [n]
 *
 * With one output: the loss is the mean of -log of the label's probability, times m->positive_weight where
 * the label is 1; AUROC and average precision are those of the score. With C outputs: the loss is the mean of
 * -log score[i, label[i]]; AUROC and average precision are the plain means over the classes, each measured
 * one against the rest by its own column; a class that no row or every row has is left out of the mean. A
 * probability below 1e-12 counts as 1e-12.
 *
 * Local. Fails: DN_EDATA a score is not finite or a label is out of range; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_validate(const dn_model *m, const float *score, const uint8_t *label, int64_t n,
                                    dn_epoch_report *out, dn_error *err);

#endif
