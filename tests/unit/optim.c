/* optim.c - tests of solvers/optim/optim.h against PyTorch (tests/golden/make_optim.py) */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/optim/optim.h"

enum { N = 7, STEPS = 5, RATES = 20 };

/* The numbers under "name count" in optim.txt. */
static void golden(const char *name, double *out, int n)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/optim.txt", "r");
    char line[200], head[40];
    int read = 0;

    snprintf(head, sizeof head, "%s %d\n", name, n);
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strcmp(line, head) == 0) {
            while (read < n && fscanf(f, "%lf", out + read) == 1)
                read++;
            break;
        }
    CU_ASSERT_EQUAL(read, n);
    if (f != NULL)
        fclose(f);
}

static void golden_float(const char *name, float *out, int n)
{
    double v[N * STEPS] = {0};

    golden(name, v, n);
    for (int i = 0; i < n; i++)
        out[i] = (float)v[i];
}

/* Five steps as PyTorch does them in double; single precision keeps 6 to 7 digits of numbers up to 3. */
static void steps(const char *name, dn_optim_kind kind, double decay, double rate)
{
    float w[N], g[N * STEPS];
    double want[N] = {0};
    dn_optim o;

    golden_float("w0", w, N);
    golden_float("g", g, N * STEPS);
    golden(name, want, N);
    CU_ASSERT_EQUAL(dn_optim_create(kind, decay, N, &o, NULL), DN_OK);
    for (int t = 0; t < STEPS; t++)
        dn_optim_step(&o, rate, g + t * N, w);
    CU_ASSERT_EQUAL(o.steps, STEPS);
    for (int i = 0; i < N; i++)
        CU_ASSERT_DOUBLE_EQUAL(w[i], want[i], 2e-6);
    dn_optim_destroy(&o);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void sgd(void)
{
    steps("sgd", DN_SGD, 0.0, 0.05);
}

static void adam(void)
{
    steps("adam", DN_ADAMW, 0.0, 0.01);
}

static void adamw(void)
{
    steps("adamw", DN_ADAMW, 0.1, 0.01);
}

/* Ranks own slices: any cut gives the same bits. */
static void slices_have_the_same_bits(void)
{
    float whole[N], cut[N], g[N * STEPS];
    dn_optim all = {0}, left = {0}, right = {0};

    golden_float("w0", whole, N);
    golden_float("g", g, N * STEPS);
    for (int at = 1; at < N; at++) {
        golden_float("w0", whole, N);
        memcpy(cut, whole, sizeof cut);
        CU_ASSERT_EQUAL(dn_optim_create(DN_ADAMW, 0.1, N, &all, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_optim_create(DN_ADAMW, 0.1, at, &left, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_optim_create(DN_ADAMW, 0.1, N - at, &right, NULL), DN_OK);
        for (int t = 0; t < STEPS; t++) {
            dn_optim_step(&all, 0.01, g + t * N, whole);
            dn_optim_step(&left, 0.01, g + t * N, cut);
            dn_optim_step(&right, 0.01, g + t * N + at, cut + at);
        }
        CU_ASSERT_EQUAL(memcmp(whole, cut, sizeof cut), 0);
        dn_optim_destroy(&all);
        dn_optim_destroy(&left);
        dn_optim_destroy(&right);
    }
}

static void schedules(void)
{
    static const int64_t at[] = {0, 1, 1000, 2500, 40000};
    dn_schedule cosine = {.kind = DN_COSINE, .rate = 0.3, .every = RATES};
    dn_schedule warm = {.kind = DN_COSINE, .rate = 0.3, .every = RATES + 4, .warmup = 4};
    dn_schedule stepwise = {.kind = DN_STEPWISE, .rate = 0.01, .factor = 0.8, .every = 2500};
    dn_schedule constant = {.kind = DN_CONSTANT, .rate = 0.3};
    double want[RATES] = {0};

    golden("cosine", want, RATES);
    for (int s = 0; s < RATES; s++) {
        CU_ASSERT_DOUBLE_EQUAL(dn_schedule_rate(&cosine, s), want[s], 1e-9);
        CU_ASSERT_DOUBLE_EQUAL(dn_schedule_rate(&warm, s + 4), want[s], 1e-9);
        CU_ASSERT_EQUAL(dn_schedule_rate(&constant, s), 0.3);
    }
    CU_ASSERT_EQUAL(dn_schedule_rate(&cosine, RATES), 0.0);
    for (int s = 0; s < 4; s++)
        CU_ASSERT_DOUBLE_EQUAL(dn_schedule_rate(&warm, s), 0.3 * (s + 1) / 4, 1e-12);
    golden("stepwise", want, 5);
    for (int s = 0; s < 5; s++)
        CU_ASSERT_DOUBLE_EQUAL(dn_schedule_rate(&stepwise, at[s]), want[s], 1e-10);
}

static void memory_may_be_refused(void)
{
    for (long k = 0; k < 2; k++) {
        dn_optim o;

        dn_alloc_fail_after(k);
        CU_ASSERT_EQUAL(dn_optim_create(DN_ADAMW, 0.0, N, &o, NULL), DN_ENOMEM);
        dn_alloc_fail_after(-1);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
}

static const dn_test tests[] = {{"SGD", sgd},
                                {"Adam", adam},
                                {"AdamW", adamw},
                                {"slices have the same bits", slices_have_the_same_bits},
                                {"schedules", schedules},
                                {"memory may be refused", memory_may_be_refused},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "optim", tests);
}
