/* loss.h - cross-entropy over two classes: softmax of two logits, or one logit with weighted positives */
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
