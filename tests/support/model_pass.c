/* model_pass.c - see model_pass.h */
#include "tests/support/model_pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/support/test.h"

void golden_numbers(const char *file, const char *name, double *out, int n)
{
    char path[512];
    static char line[16384];
    bool found = false;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", DN_TEST_GOLDEN, file);
    f = fopen(path, "r");
    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        char *at = line + strlen(name);
        if (strncmp(line, name, strlen(name)) != 0 || *at != ' ' || strtol(at, &at, 10) != n)
            continue;
        for (int i = 0; i < n; i++)
            out[i] = strtod(at, &at);
        found = true;
    }
    CU_ASSERT(found);
    if (f != NULL)
        fclose(f);
}

double model_pass(const dn_model *m, dn_work *work, const float *w, float *dw, const int64_t *rows, int64_t n,
                  uint64_t seed, int64_t epoch)
{
    const dn_model_ops *ops = m->ops;
    dn_pass p = {.train = true, .seed = seed, .epoch = epoch, .first = 0};
    double loss = 0;
    int64_t right = 0;

    CU_ASSERT_EQUAL(ops->load(work, rows, n, &p, NULL), DN_OK);
    for (int phase = 0; phase < m->n_phases; phase++)
        CU_ASSERT_EQUAL(ops->forward(work, w, phase, NULL), DN_OK);
    for (int phase = m->n_phases - 1; phase >= 0; phase--)
        CU_ASSERT_EQUAL(ops->backward(work, w, phase, dw, NULL), DN_OK);
    ops->loss(work, &loss, &right);
    CU_ASSERT(right >= 0 && right <= n);
    return loss;
}
