/* loss.h - cross-entropy: softmax of two or of more logits, or one logit with weighted positives */
#ifndef DN_NN_LOSS_H
#define DN_NN_LOSS_H

#include <stdint.h>

/*   logits   [rows, 2]
 *   label    [rows]  0 or 1
 *   dlogits  [rows, 2]  gradient of the sum of the losses: softmax - onehot
 *   out_sum  sum of -log softmax[label];  out_right  rows whose larger logit is the label's (a tie is wrong)
 * Local. */
void dn_softmax_loss(const float *logits, const uint8_t *label, int64_t rows, float *dlogits, double *out_sum,
                     int64_t *out_right);

/* p [rows]: probability of class 1. Local. */
void dn_softmax_probability(const float *logits, int64_t rows, float *p);

enum { DN_LOSS_CLASSES_MAX = 16 };

/* Any number of classes, 2 <= classes <= DN_LOSS_CLASSES_MAX; two of them to within rounding what
 * dn_softmax_loss() gives.
 *
 *   logits   [rows, classes]
 *   label    [rows]  0 <= label < classes
 *   dlogits  [rows, classes]  gradient of the sum of the losses: softmax - onehot
 *   out_sum  sum of -log softmax[label];  out_right  rows whose label has the largest logit (a tie is wrong)
 * Local. */
void dn_softmax_loss_classes(const float *logits, const uint8_t *label, int64_t rows, int64_t classes,
                             float *dlogits, double *out_sum, int64_t *out_right);

/* p [rows, classes]: probability of every class; p may be logits. Local. */
void dn_softmax_probabilities(const float *logits, int64_t rows, int64_t classes, float *p);

/* One logit a sample: weight (softplus(-d)) for positives, softplus(d) for negatives (PyTorch's
 * BCEWithLogitsLoss with pos_weight, summed).
 *
 *   logit    [rows]
 *   label    [rows]  0 or 1
 *   dlogit   [rows]  gradient of the sum
 *   out_right  rows whose logit has the label's sign (0 is wrong)
 * Local. */
void dn_logit_loss(const float *logit, const uint8_t *label, int64_t rows, float positive_weight,
                   float *dlogit, double *out_sum, int64_t *out_right);

/* p [rows]: probability of class 1; p may be logit. Local. */
void dn_logit_probability(const float *logit, int64_t rows, float *p);

#endif
