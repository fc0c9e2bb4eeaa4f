/* loss.c - cross-entropy over two classes; see loss.h */
#include "solvers/nn/loss.h"

#include <math.h>

/* Probability of class 1 from the difference of the logits, without overflow. */
static double sigmoid(double d)
{
    double e = exp(-fabs(d));

    return d >= 0 ? 1 / (1 + e) : e / (1 + e);
}

void dn_softmax_loss(const float *logits, const uint8_t *label, int64_t rows, float *dlogits, double *out_sum,
                     int64_t *out_right)
{
    *out_sum = 0;
    *out_right = 0;
    for (int64_t r = 0; r < rows; r++) {
        double d = (double)logits[2 * r + 1] - (double)logits[2 * r];
        double margin = label[r] ? d : -d; /* of the right class */
        double p = sigmoid(d);
        *out_sum += (margin > 0 ? 0 : -margin) + log1p(exp(-fabs(margin)));
        *out_right += margin > 0;
        dlogits[2 * r + 1] = (float)(p - label[r]);
        dlogits[2 * r] = -dlogits[2 * r + 1];
    }
}

void dn_softmax_probability(const float *logits, int64_t rows, float *p)
{
    for (int64_t r = 0; r < rows; r++)
        p[r] = (float)sigmoid((double)logits[2 * r + 1] - (double)logits[2 * r]);
}

void dn_logit_loss(const float *logit, const uint8_t *label, int64_t rows, float positive_weight,
                   float *dlogit, double *out_sum, int64_t *out_right)
{
    *out_sum = 0;
    *out_right = 0;
    for (int64_t r = 0; r < rows; r++) {
        double d = (double)logit[r], margin = label[r] ? d : -d, p = sigmoid(d);
        double weight = label[r] ? (double)positive_weight : 1;
        *out_sum += weight * ((margin > 0 ? 0 : -margin) + log1p(exp(-fabs(margin))));
        *out_right += margin > 0;
        dlogit[r] = (float)(weight * (p - label[r]));
    }
}

void dn_logit_probability(const float *logit, int64_t rows, float *p)
{
    for (int64_t r = 0; r < rows; r++)
        p[r] = (float)sigmoid((double)logit[r]);
}
