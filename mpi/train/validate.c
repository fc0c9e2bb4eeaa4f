/* validate.c - what an epoch's scores of the validation rows are worth; see validate.h */
#include "mpi/train/validate.h"

#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/stats/metrics.h"

static double surprise(double p)
{
    return -log(p > 1e-12 ? p : 1e-12);
}

static dn_status two_classes(const dn_model *m, const float *score, const uint8_t *label, int64_t n,
                             dn_epoch_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_order order = {0};
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += surprise(label[i] ? (double)score[i] : 1 - (double)score[i]) *
               (label[i] ? m->positive_weight : 1);
    out->validation_loss = sum / (double)n;
    DN_TRY(dn_order_create_f32(score, label, n, &order, err));
    dn_order_rank(&order, NULL, &out->validation_auroc, &out->validation_ap);
out:
    dn_order_destroy(&order);
    return st;
}

/* Class c against the rest; column [n] and is [n] are scratch. */
static dn_status one_class(const float *score, const uint8_t *label, int64_t n, int64_t classes, int64_t c,
                           float *column, uint8_t *is, double *out_auroc, double *out_ap, dn_error *err)
{
    dn_status st = DN_OK;
    dn_order order = {0};

    for (int64_t i = 0; i < n; i++) {
        column[i] = score[i * classes + c];
        is[i] = label[i] == c;
    }
    DN_TRY(dn_order_create_f32(column, is, n, &order, err));
    dn_order_rank(&order, NULL, out_auroc, out_ap);
out:
    dn_order_destroy(&order);
    return st;
}

static dn_status many_classes(const float *score, const uint8_t *label, int64_t n, int64_t classes,
                              dn_epoch_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    float *column = NULL; /* [n] */
    uint8_t *is = NULL;   /* [n] */
    double sum = 0, auroc = 0, ap = 0;
    int64_t measured = 0;

    DN_NEW(column, (size_t)n);
    DN_NEW(is, (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        if (label[i] >= classes)
            DN_FAIL(DN_EDATA, "label %d of row %lld: there are %lld classes", label[i], (long long)i,
                    (long long)classes);
        sum += surprise((double)score[i * classes + label[i]]);
    }
    for (int64_t c = 0; c < classes; c++) {
        double of[2];

        DN_TRY(one_class(score, label, n, classes, c, column, is, &of[0], &of[1], err));
        if (isnan(of[0]))
            continue;
        auroc += of[0];
        ap += of[1];
        measured++;
    }
    out->validation_loss = sum / (double)n;
    out->validation_auroc = auroc / (double)measured;
    out->validation_ap = ap / (double)measured;
out:
    dn_free(column);
    dn_free(is);
    return st;
}

dn_status dn_validate(const dn_model *m, const float *score, const uint8_t *label, int64_t n,
                      dn_epoch_report *out, dn_error *err)
{
    return m->outputs > 1 ? many_classes(score, label, n, m->outputs, out, err)
                          : two_classes(m, score, label, n, out, err);
}
