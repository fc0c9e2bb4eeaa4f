/* loss.c - cross-entropy; see loss.h */
#include "solvers/nn/loss.h"

#include <math.h>
#include <stdbool.h>

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

/* exp(logit - the largest) of one row into e [classes]; returns their sum, which is at least 1. */
static double exponentials(const float *logits, int64_t classes, double *e, double *out_largest)
{
    double largest = (double)logits[0], sum = 0;

    for (int64_t c = 1; c < classes; c++)
        if ((double)logits[c] > largest)
            largest = (double)logits[c];
    for (int64_t c = 0; c < classes; c++)
        sum += e[c] = exp((double)logits[c] - largest);
    *out_largest = largest;
    return sum;
}

void dn_softmax_loss_classes(const float *logits, const uint8_t *label, int64_t rows, int64_t classes,
                             float *dlogits, double *out_sum, int64_t *out_right)
{
    *out_sum = 0;
    *out_right = 0;
    for (int64_t r = 0; r < rows; r++) {
        const float *z = logits + r * classes;
        double e[DN_LOSS_CLASSES_MAX], largest, sum = exponentials(z, classes, e, &largest);
        bool right = true;

        for (int64_t c = 0; c < classes; c++) {
            dlogits[r * classes + c] = (float)(e[c] / sum - (c == label[r]));
            right &= c == label[r] || z[c] < z[label[r]];
        }
        *out_sum += log(sum) + (largest - (double)z[label[r]]);
        *out_right += right;
    }
}

void dn_softmax_probabilities(const float *logits, int64_t rows, int64_t classes, float *p)
{
    for (int64_t r = 0; r < rows; r++) {
        double e[DN_LOSS_CLASSES_MAX], largest,
            sum = exponentials(logits + r * classes, classes, e, &largest);

        for (int64_t c = 0; c < classes; c++)
            p[r * classes + c] = (float)(e[c] / sum);
    }
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
