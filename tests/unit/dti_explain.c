/* dti_explain.c - tests of solvers/models/dti_explain.h: gradients of inputs and integrated gradients against
 * PyTorch, finite differences, a naive twin, completeness, awkward input */
#include "tests/support/model_pass.h"
#include "tests/support/test.h"
#include "tests/support/dti_golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/models/dti_explain.h"
#include "solvers/nn/conv3.h"

enum { DRUG = 3, TARGET = 6, ATOMS = 9, LENGTH = 33, MAX_WEIGHTS = 500, MAX_MOMENTS = 30, MAX_INPUTS = 250 };

static dti_golden gold;
static float drug_extra[GOLDEN_DRUGS * 2], target_extra[GOLDEN_TARGETS * 3], pair_extra[GOLDEN_PAIRS * 2];
static float w[MAX_WEIGHTS], running[MAX_MOMENTS];
static const float zeros[8] = {0};
static const dn_dti_origin nothing = {zeros, zeros, zeros, zeros, zeros};
static dn_dti *dti;

/* Row 0 is the pair of the golden numbers. */
static void make(int64_t joint, int64_t heads, bool extra)
{
    dn_dti_data d = dti_golden_data(&gold);
    dn_dti_options o = dti_golden_options(joint);
    static const float direct[2] = {0.7f, -0.3f};

    gold.drug[0] = DRUG;
    gold.target[0] = TARGET;
    for (int i = 0; i < GOLDEN_PAIRS * 2; i++) {
        if (i < GOLDEN_DRUGS * 2)
            drug_extra[i] = (float)sin(1 + 0.7 * (i / 2) + 1.9 * (i % 2));
        if (i < GOLDEN_TARGETS * 3)
            target_extra[i] = (float)sin(2 + 0.7 * (i / 3) + 1.9 * (i % 3));
        pair_extra[i] = (float)sin(3 + 0.7 * (i / 2) + 1.9 * (i % 2));
    }
    d.drug_extra_width = extra ? 2 : 0;
    d.target_extra_width = extra ? 3 : 0;
    d.pair_extra_width = extra ? 2 : 0;
    d.drug_extra = extra ? drug_extra : NULL;
    d.target_extra = extra ? target_extra : NULL;
    d.pair_extra = extra ? pair_extra : NULL;
    o.heads = heads;
    o.dropout = 0.3f; /* must not be heard of */
    CU_ASSERT_EQUAL(dn_dti_create(&d, &o, &dti, NULL), DN_OK);
    CU_ASSERT(dti->model.n_weights <= MAX_WEIGHTS && dti->model.n_moments <= MAX_MOMENTS);
    dti->model.ops->init(&dti->model, GOLDEN_SEED, w, running);
    dti_golden_turn(&dti->model, w);
    if (joint > 0 && extra)
        memcpy(w + dti->model.n_weights - 2, direct, sizeof direct);
    for (int n = 0; n < 2; n++)
        for (int64_t c = 0; c < dti->model.norm[n].channels; c++) {
            float *at = running + dti->model.norm[n].offset + c;
            at[0] = (float)(0.1 * sin(1 + (double)c));
            at[dti->model.norm[n].channels] = (float)(1 + 0.5 * cos((double)c));
        }
}

static int64_t inputs(void)
{
    return ATOMS * GOLDEN_ATOM_WIDTH + LENGTH * GOLDEN_STATE_WIDTH +
           (dti->data.pair_extra_width > 0 ? 2 + 3 + 2 : 0);
}

/* Input i of row 0, where the data have it. */
static float *input(int64_t i)
{
    int64_t atoms = ATOMS * GOLDEN_ATOM_WIDTH, states = atoms + LENGTH * GOLDEN_STATE_WIDTH;

    if (i < atoms)
        return &gold.atom[gold.atom_at[DRUG] * GOLDEN_ATOM_WIDTH + i];
    if (i < states)
        return &gold.state[gold.state_at[TARGET] * GOLDEN_STATE_WIDTH + i - atoms];
    if (i < states + 2)
        return &drug_extra[DRUG * 2 + i - states];
    return i < states + 5 ? &target_extra[TARGET * 3 + i - states - 2] : &pair_extra[i - states - 5];
}

static const dn_dti_asked asked = {DRUG, TARGET, pair_extra};

/* ---- PyTorch ---- */

static void read_golden(const char *tag, const char *name, double *out, int64_t n)
{
    dti_golden_read_from(DN_TEST_GOLDEN "/dti_explain.txt", tag, name, out, n);
}

/* Largest |got - want|. */
static double apart(const double *got, const double *want, int64_t n)
{
    double most = 0;

    for (int64_t i = 0; i < n; i++)
        most = fmax(most, fabs(got[i] - want[i]));
    return most;
}

/* Gradients to 1e-6: single precision of numbers below 1. Contributions to 2e-4: the same integral with 4,096
 * midpoints, of which each kink of the line moves one a step. */
static void like_pytorch(const char *tag, int64_t joint, int64_t heads, bool extra)
{
    dn_work *k;
    float slope[MAX_INPUTS];
    double got[MAX_INPUTS], want[MAX_INPUTS], score[2], logit = 0;
    dn_dti_explain_options o = {.steps = 4096, .most = 4096, .tolerance = 1e-3};
    dn_dti_explanation e;
    int64_t n = 0;

    make(joint, heads, extra);
    read_golden(tag, "score", score, 2);
    read_golden(tag, "gradient", want, inputs());
    k = model_work(&dti->model, 1);
    CU_ASSERT_EQUAL(dn_dti_input_gradient(k, w, running, 0, &logit, slope, NULL), DN_OK);
    for (int64_t i = 0; i < inputs(); i++)
        got[i] = (double)slope[i];
    CU_ASSERT_DOUBLE_EQUAL(logit, score[0], 1e-6);
    CU_ASSERT(apart(got, want, inputs()) < 1e-6);

    CU_ASSERT_EQUAL(dn_dti_explain(dti, w, running, &asked, &nothing, &o, &e, NULL), DN_OK);
    CU_ASSERT_DOUBLE_EQUAL(e.score, score[0], 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(e.baseline, score[1], 1e-6);
    CU_ASSERT(e.complete && e.steps == 4096 && e.atoms == ATOMS && e.positions == LENGTH);
    for (int64_t i = 0; i < e.atoms; i++)
        got[n++] = e.atom[i];
    for (int64_t i = 0; i < e.positions; i++)
        got[n++] = e.position[i];
    for (int64_t i = 0; i < e.drug_extras; i++)
        got[n++] = e.drug_extra[i];
    for (int64_t i = 0; i < e.target_extras; i++)
        got[n++] = e.target_extra[i];
    for (int64_t i = 0; i < e.pair_extras; i++)
        got[n++] = e.pair_extra[i];
    read_golden(tag, "explained", want, n);
    CU_ASSERT(apart(got, want, n) < 2e-4);
    dn_dti_explanation_destroy(&e);
    dti->model.ops->work_destroy(&k);
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void published_like_pytorch(void)
{
    like_pytorch("published", 0, 1, false);
}

static void extra_like_pytorch(void)
{
    like_pytorch("extra", 3, 1, true);
}

static void heads_like_pytorch(void)
{
    like_pytorch("heads", 6, 3, true);
}

/* ---- finite differences, the naive twin ---- */

static double logit_of(dn_work *k)
{
    static float slope[MAX_INPUTS];
    double logit = NAN;

    CU_ASSERT_EQUAL(dn_dti_input_gradient(k, w, running, 0, &logit, slope, NULL), DN_OK);
    return logit;
}

/* The network is linear between kinks: where both one-sided differences agree there is none nearby. */
static void gradient_is_the_difference(void)
{
    enum { AT_LEAST = 185 }; /* of 199 inputs; the others have a kink within the step */
    const float step = 1.0f / 256;
    dn_work *k;
    float slope[MAX_INPUTS];
    double here = 0, right, left;
    int64_t compared = 0;

    make(6, 3, true);
    k = model_work(&dti->model, 1);
    CU_ASSERT_EQUAL(dn_dti_input_gradient(k, w, running, 0, &here, slope, NULL), DN_OK);
    for (int64_t i = 0; i < inputs(); i++) {
        float kept = *input(i);

        *input(i) = kept + step;
        right = (logit_of(k) - here) / (double)step;
        *input(i) = kept - step;
        left = (here - logit_of(k)) / (double)step;
        *input(i) = kept;
        if (fabs(right - left) > 1e-4)
            continue;
        compared++;
        CU_ASSERT_DOUBLE_EQUAL((double)slope[i], right, 1e-4);
    }
    CU_ASSERT(compared >= AT_LEAST);
    dti->model.ops->work_destroy(&k);
    dn_dti_destroy(&dti);
}

/* dx of a convolution by the definition. */
static void input_gradient_of_a_convolution(void)
{
    enum { IN = 3, OUT = 4, MOST = 1100 };
    static const int64_t lengths[] = {1, 2, 7, 512, 513, MOST};
    static float dy[MOST * OUT], dx[MOST * IN], twin[MOST * IN], x[MOST * IN], cw[IN * 3 * OUT],
        dw[IN * 3 * OUT];
    static float scratch[(MOST + 2) * 3 * OUT];

    for (int i = 0; i < MOST * OUT; i++)
        dy[i] = (float)sin(1 + 0.37 * i);
    for (int i = 0; i < IN * 3 * OUT; i++)
        cw[i] = (float)cos(2 + 0.71 * i);
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
        int64_t n = lengths[l];

        CU_ASSERT_EQUAL(dn_conv3_input_gradient(dy, n, IN, OUT, cw, scratch, dx, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_conv3_backward(x, n, IN, OUT, cw, dy, scratch, dw, NULL, twin, NULL), DN_OK);
        CU_ASSERT_EQUAL(memcmp(dx, twin, (size_t)(n * IN) * sizeof *dx), 0);
        for (int64_t i = 0; i < n; i++)
            for (int c = 0; c < IN; c++) {
                double want = 0;
                for (int t = 0; t < 3; t++)
                    for (int o = 0; i + 1 - t >= 0 && i + 1 - t < n && o < OUT; o++)
                        want += (double)cw[(c * 3 + t) * OUT + o] * (double)dy[(i + 1 - t) * OUT + o];
                CU_ASSERT_DOUBLE_EQUAL((double)dx[i * IN + c], want, 1e-5);
            }
    }
}

/* ---- completeness ---- */

static double sum(const double *x, int64_t n)
{
    double all = 0;

    for (int64_t i = 0; i < n; i++)
        all += x[i];
    return all;
}

/* Every pair, from another baseline than zero: the contributions and the remainder are the difference. */
static void adds_up(void)
{
    static const float atom[] = {0.2f, -0.1f, 0.3f}, state[] = {0.1f, 0.2f, -0.3f, 0.05f, 0};
    static const float more[] = {0.5f, -0.5f, 0.25f};
    const dn_dti_origin from = {atom, state, more, more, more};
    const dn_dti_explain_options o = DN_DTI_EXPLAIN_DEFAULTS;
    dn_dti_explanation e;
    dn_work *k;

    make(6, 3, true);
    k = model_work(&dti->model, 1);
    for (int64_t p = 0; p < GOLDEN_PAIRS; p++) {
        const dn_dti_asked pair = {gold.drug[p], gold.target[p], pair_extra + 2 * p};
        const dn_pass pass = {.train = false};
        float probability = 0;

        CU_ASSERT_EQUAL(dn_dti_explain(dti, w, running, &pair, &from, &o, &e, NULL), DN_OK);
        CU_ASSERT(e.complete && fabs(e.remainder) <= o.tolerance);
        CU_ASSERT_DOUBLE_EQUAL(sum(e.atom, e.atoms) + sum(e.position, e.positions) + sum(e.drug_extra, 2) +
                                   sum(e.target_extra, 3) + sum(e.pair_extra, 2) + e.remainder,
                               e.score - e.baseline, 1e-12);
        CU_ASSERT_EQUAL(dti->model.ops->load(k, &p, 1, &pass, NULL), DN_OK);
        CU_ASSERT_EQUAL(dti->model.ops->predict(k, w, running, &probability, NULL), DN_OK);
        CU_ASSERT_EQUAL(e.probability, (double)probability);
        dn_dti_explanation_destroy(&e);
    }
    dti->model.ops->work_destroy(&k);
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Steps double until it adds up, and no further than they may. */
static void steps_double(void)
{
    dn_dti_explain_options o = {.steps = 1, .most = 100, .tolerance = 0};
    dn_dti_explanation e;
    double coarse;

    make(6, 3, true);
    CU_ASSERT_EQUAL(dn_dti_explain(dti, w, running, &asked, &nothing, &o, &e, NULL), DN_OK);
    CU_ASSERT(!e.complete && e.steps == 64);
    dn_dti_explanation_destroy(&e);
    o.most = 1;
    CU_ASSERT_EQUAL(dn_dti_explain(dti, w, running, &asked, &nothing, &o, &e, NULL), DN_OK);
    CU_ASSERT(!e.complete && e.steps == 1);
    coarse = fabs(e.remainder);
    dn_dti_explanation_destroy(&e);
    o.most = 1 << 14;
    o.tolerance = coarse / 10;
    CU_ASSERT_EQUAL(dn_dti_explain(dti, w, running, &asked, &nothing, &o, &e, NULL), DN_OK);
    CU_ASSERT(e.complete && e.steps > 1 && fabs(e.remainder) <= coarse / 10);
    dn_dti_explanation_destroy(&e);
    dn_dti_destroy(&dti);
}

/* A pair that is its own baseline brings nothing; residues behind max_length are not there. */
static void edges(void)
{
    dn_dti_explain_options o = DN_DTI_EXPLAIN_DEFAULTS;
    const dn_dti_asked lonely = {0, 0, NULL}; /* one atom, one position */
    const dn_dti_origin itself = {gold.atom, gold.state, NULL, NULL, NULL};
    dn_dti_explanation e;

    make(0, 1, false);
    CU_ASSERT_EQUAL(dn_dti_explain(dti, w, running, &lonely, &itself, &o, &e, NULL), DN_OK);
    CU_ASSERT(e.atoms == 1 && e.positions == 1 && e.complete);
    CU_ASSERT(e.atom[0] == 0 && e.position[0] == 0 && e.score == e.baseline && e.remainder == 0);
    dn_dti_explanation_destroy(&e);
    dti->options.max_length = 7;
    CU_ASSERT_EQUAL(dn_dti_explain(dti, w, running, &asked, &nothing, &o, &e, NULL), DN_OK);
    CU_ASSERT(e.positions == 7 && e.complete);
    dn_dti_explanation_destroy(&e);

    for (int bad = 0; bad < 4; bad++) {
        dn_dti_explain_options wrong[] = {{0, 8, 1}, {9, 8, 1}, {1, 8, -1}, {1, 8, NAN}};
        dn_error err = DN_ERROR_INIT;
        CU_ASSERT_EQUAL(dn_dti_explain(dti, w, running, &asked, &nothing, &wrong[bad], &e, &err), DN_EUSAGE);
        CU_ASSERT(strstr(err.text, "out of range") != NULL && e.atom == NULL);
    }
    dn_dti_destroy(&dti);
}

static void out_of_memory(void)
{
    dn_dti_explain_options o = {.steps = 1, .most = 1, .tolerance = 1};
    dn_status st = DN_ENOMEM;
    long k = 0;

    make(6, 3, true);
    for (; st != DN_OK && k < 200; k++) {
        dn_dti_explanation e;
        int64_t before = (int64_t)dn_alloc_live();

        dn_alloc_fail_after(k);
        st = dn_dti_explain(dti, w, running, &asked, &nothing, &o, &e, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && e.atom == NULL));
        dn_dti_explanation_destroy(&e);
        CU_ASSERT_EQUAL((int64_t)dn_alloc_live(), before);
    }
    CU_ASSERT(st == DN_OK && k > 60);
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"published like PyTorch", published_like_pytorch},
                                {"extra numbers like PyTorch", extra_like_pytorch},
                                {"heads like PyTorch", heads_like_pytorch},
                                {"gradient is the difference", gradient_is_the_difference},
                                {"input gradient of a convolution", input_gradient_of_a_convolution},
                                {"adds up", adds_up},
                                {"steps double", steps_double},
                                {"edges", edges},
                                {"out of memory", out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "dti_explain", tests);
}
