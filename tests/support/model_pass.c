/* model_pass.c - see model_pass.h */
#include "tests/support/model_pass.h"

#include "tests/support/test.h"

dn_work *model_work(const dn_model *m, int64_t capacity)
{
    dn_work *work = NULL;

    CU_ASSERT_EQUAL(m->ops->work_create(m, capacity, &work, NULL), DN_OK);
    return work;
}

double model_loss(const dn_model *m, const dn_work *work)
{
    double sum = 0;
    int64_t right;

    m->ops->loss(work, &sum, &right);
    return sum;
}

double model_pass(const dn_model *m, dn_work *work, const float *w, float *dw, const int64_t *rows, int64_t n,
                  const dn_pass *p)
{
    const dn_model_ops *ops = m->ops;
    double loss = 0;
    int64_t right = 0;

    CU_ASSERT_EQUAL(ops->load(work, rows, n, p, NULL), DN_OK);
    for (int phase = 0; phase < m->n_phases; phase++)
        CU_ASSERT_EQUAL(ops->forward(work, w, phase, NULL), DN_OK);
    for (int phase = m->n_phases - 1; phase >= 0; phase--)
        CU_ASSERT_EQUAL(ops->backward(work, w, phase, dw, NULL), DN_OK);
    ops->loss(work, &loss, &right);
    CU_ASSERT(right >= 0 && right <= n);
    return loss;
}

void model_predict(const dn_model *m, dn_work *work, const float *w, const float *running,
                   const int64_t *rows, int64_t n, float *out)
{
    dn_pass p = {.train = false};

    CU_ASSERT_EQUAL(m->ops->load(work, rows, n, &p, NULL), DN_OK);
    CU_ASSERT_EQUAL(m->ops->predict(work, w, running, out, NULL), DN_OK);
}
