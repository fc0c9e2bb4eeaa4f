/* dti.c - tests of solvers/models/dti.h: numbers of PyTorch, finite differences, company, awkward input */
#include "tests/support/test.h"
#include "tests/support/dti_golden.h"
#include "tests/support/model_pass.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/models/dti.h"
#include "solvers/nn/loss.h"
#include "solvers/optim/optim.h"

enum {
    DRUGS = GOLDEN_DRUGS,
    TARGETS = GOLDEN_TARGETS,
    PAIRS = GOLDEN_PAIRS,
    ATOM_WIDTH = GOLDEN_ATOM_WIDTH,
    STATE_WIDTH = GOLDEN_STATE_WIDTH,
    SEED = GOLDEN_SEED,
    MAX_WEIGHTS = 500,
    MAX_MOMENTS = 30
};

static dti_golden gold;
static float drug_extra[DRUGS * 2], target_extra[TARGETS * 3], pair_extra[PAIRS * 2];
static float w[MAX_WEIGHTS], dw[MAX_WEIGHTS], running[MAX_MOMENTS];
static dn_dti *dti;
static const dn_model *m;

static dn_dti_options small_options(int64_t joint, float dropout)
{
    dn_dti_options o = dti_golden_options(joint);

    o.dropout = dropout;
    return o;
}

/* Two numbers more of a drug, three of a target, two of a pair. */
static void add_extra(dn_dti_data *d)
{
    for (int i = 0; i < DRUGS; i++)
        for (int c = 0; c < 2; c++)
            drug_extra[2 * i + c] = (float)sin(1 + 0.7 * i + 1.9 * c);
    for (int i = 0; i < TARGETS; i++)
        for (int c = 0; c < 3; c++)
            target_extra[3 * i + c] = (float)sin(2 + 0.7 * i + 1.9 * c);
    for (int i = 0; i < PAIRS; i++)
        for (int c = 0; c < 2; c++)
            pair_extra[2 * i + c] = (float)sin(3 + 0.7 * i + 1.9 * c);
    d->drug_extra_width = 2;
    d->target_extra_width = 3;
    d->pair_extra_width = 2;
    d->drug_extra = drug_extra;
    d->target_extra = target_extra;
    d->pair_extra = pair_extra;
}

typedef struct shape {
    int64_t joint, heads;
    bool extra;         /* see add_extra() */
    const float *start; /* data.pair_start */
} shape;

static void make_with(const shape *s, float dropout)
{
    dn_dti_data data = dti_golden_data(&gold);
    dn_dti_options options = small_options(s->joint, dropout);

    options.heads = s->heads;
    if (s->extra)
        add_extra(&data);
    data.pair_start = s->start;
    CU_ASSERT_EQUAL(dn_dti_create(&data, &options, &dti, NULL), DN_OK);
    m = &dti->model;
    CU_ASSERT(m->n_weights <= MAX_WEIGHTS && m->n_moments <= MAX_MOMENTS);
    m->ops->init(m, SEED, w, running);
    dti_golden_turn(m, w);
}

static void make(int64_t joint, float dropout)
{
    make_with(&(shape){.joint = joint, .heads = 1}, dropout);
}

static void finish(dn_work *k)
{
    m->ops->work_destroy(&k);
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static double pass(dn_work *k, const int64_t *rows, int64_t n, int64_t first)
{
    dn_pass p = {.train = true, .seed = SEED, .epoch = 2, .first = first};

    return model_pass(m, k, w, dw, rows, n, &p);
}

static void predict(dn_work *k, const int64_t *rows, int64_t n, float *out)
{
    model_predict(m, k, w, running, rows, n, out);
}

/* ---- PyTorch ---- */

/* PyTorch's running variance is count / (count - 1) of the batch's. */
static void update_running(dn_work *k)
{
    const float *moments = m->ops->moments(k);

    for (int n = 0; n < m->n_norms; n++) {
        double count = m->ops->moment_counts(k)[n], keep = (double)m->norm_momentum;
        for (int64_t i = 0; i < 2 * m->norm[n].channels; i++) {
            int64_t at = m->norm[n].offset + i;
            double unbiased = i < m->norm[n].channels ? 1 : count / (count - 1);
            running[at] = (float)(keep * (double)running[at] + (1 - keep) * unbiased * (double)moments[at]);
        }
    }
}

/* Tolerances: single against double precision. */
static void like_pytorch(const char *tag, shape s)
{
    static double want[MAX_WEIGHTS];
    float got[PAIRS];
    dn_optim optim = {0};
    dn_work *k;
    float loss;

    make_with(&s, 0);
    k = model_work(m, PAIRS);
    CU_ASSERT_EQUAL(dn_optim_create(DN_ADAMW, 0, m->n_weights, &optim, NULL), DN_OK);
    loss = (float)pass(k, gold.all, PAIRS, 0);
    dti_golden_read(tag, "loss", want, 1);
    CU_ASSERT(dti_golden_distance(&loss, want, 1) < 1e-6);
    dti_golden_read(tag, "gradient", want, m->n_weights);
    CU_ASSERT(dti_golden_distance(dw, want, m->n_weights) < 2e-5);
    dti_golden_read(tag, "moments", want, m->n_moments);
    CU_ASSERT(dti_golden_distance(m->ops->moments(k), want, m->n_moments) < 1e-6);
    update_running(k);
    dti_golden_read(tag, "running", want, m->n_moments);
    CU_ASSERT(dti_golden_distance(running, want, m->n_moments) < 1e-6);
    predict(k, gold.all, PAIRS, got);
    dti_golden_read(tag, "before", want, PAIRS);
    CU_ASSERT(dti_golden_distance(got, want, PAIRS) < 1e-6);
    for (int64_t i = 0; i < m->n_weights; i++)
        dw[i] /= PAIRS;
    dn_optim_step(&optim, 5e-4, dw, w);
    dti_golden_read(tag, "weights", want, m->n_weights);
    CU_ASSERT(dti_golden_distance(w, want, m->n_weights) < 1e-5);
    predict(k, gold.all, PAIRS, got);
    dti_golden_read(tag, "after", want, PAIRS);
    CU_ASSERT(dti_golden_distance(got, want, PAIRS) < 1e-5);
    dn_optim_destroy(&optim);
    finish(k);
}

static void published_like_pytorch(void)
{
    like_pytorch("published", (shape){.heads = 1});
}

static void joint_like_pytorch(void)
{
    like_pytorch("joint", (shape){.joint = 3, .heads = 1});
}

static void extra_like_pytorch(void)
{
    like_pytorch("extra", (shape){.joint = 3, .heads = 1, .extra = true});
}

static void heads_like_pytorch(void)
{
    like_pytorch("heads", (shape){.joint = 6, .heads = 3, .extra = true});
}

static const float start[2] = {1.5f, -0.5f};

static void start_like_pytorch(void)
{
    like_pytorch("start", (shape){.joint = 6, .heads = 3, .extra = true, .start = start});
}

static const float *weights_of(const char *name, int64_t *out_n)
{
    for (int t = 0; t < m->n_tensors; t++)
        if (strcmp(m->tensor[t].name, name) == 0) {
            *out_n = (t + 1 < m->n_tensors ? m->tensor[t + 1].offset : m->n_weights) - m->tensor[t].offset;
            return w + m->tensor[t].offset;
        }
    *out_n = 0;
    return NULL;
}

/* With a start the network is the guess and its own bias, whatever the joint layer says. */
static void starts_as_the_guess(void)
{
    float got[PAIRS], logit[PAIRS], want[PAIRS];
    int64_t n;
    dn_work *k;

    make_with(&(shape){.joint = 6, .heads = 3, .extra = true, .start = start}, 0.3f);
    CU_ASSERT(weights_of("direct_w", &n) != NULL && n == 2);
    CU_ASSERT_EQUAL(memcmp(weights_of("direct_w", &n), start, sizeof start), 0);
    CU_ASSERT(weights_of("head_w", &n) != NULL && n == 6);
    for (int64_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL(weights_of("head_w", &n)[i], 0);
    for (int p = 0; p < PAIRS; p++)
        logit[p] =
            *weights_of("head_b", &n) + pair_extra[2 * p] * start[0] + pair_extra[2 * p + 1] * start[1];
    dn_logit_probability(logit, PAIRS, want);
    k = model_work(m, PAIRS);
    predict(k, gold.all, PAIRS, got);
    for (int p = 0; p < PAIRS; p++)
        CU_ASSERT_DOUBLE_EQUAL(got[p], want[p], 1e-6);
    finish(k);
}

/* Without a joint layer nothing goes past it: the numbers of the pair stand in the concatenation, a start is
 * not looked at, and the layout is that of a network without. */
static void no_direct_path_without_a_joint_layer(void)
{
    float with[MAX_WEIGHTS];
    int64_t n;

    make_with(&(shape){.joint = 0, .heads = 1, .extra = true, .start = start}, 0);
    CU_ASSERT_PTR_NULL(weights_of("direct_w", &n));
    memcpy(with, w, sizeof with);
    dn_dti_destroy(&dti);
    make_with(&(shape){.joint = 0, .heads = 1, .extra = true}, 0);
    CU_ASSERT_EQUAL(memcmp(with, w, (size_t)m->n_weights * sizeof *w), 0);
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- gradients with dropout, shared targets ---- */

static void finite_differences(void)
{
    static const int64_t rows[PAIRS] = {5, 4, 5, 9, 10, 11,
                                        6, 3, 2, 9, 5,  8}; /* targets of 2 and 4 samples */
    static float analytic[MAX_WEIGHTS];
    dn_work *k;

    static const shape shapes[] = {
        {.heads = 1}, {.joint = 5, .heads = 1, .extra = true}, {.joint = 6, .heads = 3, .extra = true}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        make_with(&shapes[s], 0.3f);
        k = model_work(m, PAIRS);
        (void)pass(k, rows, PAIRS, 7);
        memcpy(analytic, dw, sizeof analytic);
        for (int t = 0; t < m->n_tensors; t++) {
            int64_t end = t + 1 < m->n_tensors ? m->tensor[t + 1].offset : m->n_weights, bad = 0;
            for (int64_t at = m->tensor[t].offset; at < end; at++) {
                float keep = w[at];
                const float h = 1e-4f;
                double up, down;
                w[at] = keep + h;
                up = pass(k, rows, PAIRS, 7);
                w[at] = keep - h;
                down = pass(k, rows, PAIRS, 7);
                w[at] = keep;
                bad += fabs((up - down) / (2 * (double)h) - (double)analytic[at]) >
                       0.01 + 0.02 * fabs((double)analytic[at]);
            }
            /* a ReLU or a maximum may change sides within h: a quarter may be off */
            if (bad * 4 > end - m->tensor[t].offset)
                fprintf(stderr, "# %s: %lld of %lld gradients are off\n", m->tensor[t].name, (long long)bad,
                        (long long)(end - m->tensor[t].offset));
            CU_ASSERT(bad * 4 <= end - m->tensor[t].offset);
        }
        finish(k);
    }
}

/* ---- company ---- */

/* A pair has the same bits alone, in any order and beside any other pair, with one capacity. */
static void company_changes_no_bit(void)
{
    static const int64_t mixed[9] = {7, 11, 3, 3, 0, 9, 4, 11, 6};
    float alone[PAIRS], got[9], other[PAIRS];
    dn_work *k, *small;

    make(4, 0.3f);
    k = model_work(m, 9);
    small = model_work(m, 1);
    for (int p = 0; p < PAIRS; p++) {
        predict(k, gold.all + p, 1, alone + p);
        predict(small, gold.all + p, 1, other + p);
        CU_ASSERT_DOUBLE_EQUAL(alone[p], other[p], 1e-6); /* another capacity, another shape */
    }
    predict(k, mixed, 9, got);
    for (int i = 0; i < 9; i++)
        CU_ASSERT_EQUAL(got[i], alone[mixed[i]]);
    m->ops->work_destroy(&small);
    finish(k);
}

/* Encoding each side once and scoring every combination gives the bits of predict(). */
static void sides_apart(void)
{
    static const int64_t drugs[DRUGS] = {3, 0, 5, 1, 4, 2}, targets[TARGETS] = {6, 1, 0, 2, 5, 4, 3};
    static float of_drug[DRUGS * 6], of_target[TARGETS * 7], left[PAIRS * 6], right[PAIRS * 7];
    float want[PAIRS], got[PAIRS];
    dn_work *k;

    make_with(&(shape){.joint = 4, .heads = 2, .extra = true}, 0.3f);
    memcpy(w + m->n_weights - 2, start, sizeof start); /* else nothing goes past the joint layer */
    k = model_work(m, PAIRS);
    predict(k, gold.all, PAIRS, want);
    CU_ASSERT_EQUAL(dn_dti_encode_drugs(k, w, drugs, DRUGS, of_drug, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_encode_targets(k, w, running, targets, TARGETS, of_target, NULL), DN_OK);
    for (int p = 0; p < PAIRS; p++) {
        for (int d = 0; d < DRUGS; d++)
            if (drugs[d] == gold.drug[p])
                memcpy(left + 6 * p, of_drug + 6 * d, 6 * sizeof *left);
        for (int t = 0; t < TARGETS; t++)
            if (targets[t] == gold.target[p])
                memcpy(right + 7 * p, of_target + 7 * t, 7 * sizeof *right);
    }
    CU_ASSERT_EQUAL(dn_dti_score(k, w, left, right, pair_extra, PAIRS, got, NULL), DN_OK);
    CU_ASSERT_EQUAL(memcmp(got, want, sizeof want), 0);
    finish(k);
}

/* Positions past max_length are as good as absent. */
static void long_targets_are_cut(void)
{
    dn_dti_data data = dti_golden_data(&gold);
    dn_dti_options options = small_options(0, 0);
    float whole[PAIRS], cut[PAIRS];
    dn_work *k;

    make(0, 0);
    dn_dti_destroy(&dti);
    options.max_length = 7;
    CU_ASSERT_EQUAL(dn_dti_create(&data, &options, &dti, NULL), DN_OK);
    m = &dti->model;
    k = model_work(m, PAIRS);
    predict(k, gold.all, PAIRS, cut);
    m->ops->work_destroy(&k);
    for (int i = 7; i < 12; i++) /* target 5 has 12 positions, target 6 has 33 */
        for (int c = 0; c < STATE_WIDTH; c++)
            gold.state[(gold.state_at[5] + i) * STATE_WIDTH + c] = 1e6f;
    k = model_work(m, PAIRS);
    predict(k, gold.all, PAIRS, whole);
    CU_ASSERT_EQUAL(memcmp(cut, whole, sizeof cut), 0);
    CU_ASSERT(dn_dti_cost(dti, 0) > 0);
    finish(k);
}

/* ---- input that is refused ---- */

static void refused(const dn_dti_data *data, const dn_dti_options *options, dn_status want, const char *text)
{
    dn_error err = DN_ERROR_INIT;
    dn_dti *out = NULL;

    CU_ASSERT_EQUAL(dn_dti_create(data, options, &out, &err), want);
    CU_ASSERT_PTR_NULL(out);
    CU_ASSERT(test_says(&err, text));
    dn_dti_destroy(&out);
}

static void bad_data(void)
{
    dn_dti_options o = small_options(0, 0);
    dn_dti_data d = dti_golden_data(&gold);

    gold.atom_at[1] = 0;
    refused(&d, &o, DN_EDATA, "drug 0 has 0 atoms");
    d = dti_golden_data(&gold);
    gold.state_at[3] = gold.state_at[2];
    refused(&d, &o, DN_EDATA, "target 2 has 0 positions");
    d = dti_golden_data(&gold);
    gold.bond_to[0] = 0;
    refused(&d, &o, DN_EDATA, "drug 1: a bond of atom 0 leads to atom 0");
    gold.bond_to[0] = 2;
    refused(&d, &o, DN_EDATA, "leads to atom 2 of 2");
    d = dti_golden_data(&gold);
    gold.bond_to[gold.bond_at[gold.atom_at[2] + 1]] = gold.bond_to[gold.bond_at[gold.atom_at[2] + 1] + 1];
    refused(&d, &o, DN_EDATA, "stands twice");
    d = dti_golden_data(&gold);
    gold.bond_to[gold.bond_at[gold.atom_at[2]]] = 4; /* atom 0 of drug 2 to 4, which knows nothing of it */
    refused(&d, &o, DN_EDATA, "at one of them only");
    d = dti_golden_data(&gold);
    gold.bond_at[5] = 0;
    refused(&d, &o, DN_EDATA, "end before they begin");
    d = dti_golden_data(&gold);
    gold.drug[3] = DRUGS;
    refused(&d, &o, DN_EDATA, "pair 3: drug 6");
    d = dti_golden_data(&gold);
    gold.target[4] = -1;
    refused(&d, &o, DN_EDATA, "pair 4: target -1");
    d = dti_golden_data(&gold);
    gold.label[5] = 2;
    refused(&d, &o, DN_EDATA, "pair 5: label 2");
    d = dti_golden_data(&gold);
    d.state_width = 0;
    refused(&d, &o, DN_EDATA, "0 numbers a position");
    d = dti_golden_data(&gold);
    d.pair_extra_width = -1;
    refused(&d, &o, DN_EDATA, "-1 extra numbers");
}

static void bad_options(void)
{
    dn_dti_data d = dti_golden_data(&gold);
    dn_dti_options o = small_options(0, 1);

    refused(&d, &o, DN_EUSAGE, "dropout");
    o = small_options(1025, 0);
    refused(&d, &o, DN_EUSAGE, "joint");
    o = small_options(0, 0);
    o.conv2 = 0;
    refused(&d, &o, DN_EUSAGE, "conv2: 0 units");
    o = small_options(0, 0);
    o.positive_weight = 0;
    refused(&d, &o, DN_EUSAGE, "positive weight");
    o.positive_weight = 1;
    o.max_length = -1;
    refused(&d, &o, DN_EUSAGE, "-1 positions");
    o = small_options(8, 0);
    for (o.heads = -1; o.heads <= 9; o.heads++)
        if (o.heads != 1 && o.heads != 2 && o.heads != 4 && o.heads != 8)
            refused(&d, &o, DN_EUSAGE, "heads do not divide a joint layer of 8 units");
    o = small_options(0, 0);
    o.heads = 2;
    refused(&d, &o, DN_EUSAGE, "2 heads do not divide a joint layer of 0 units");
}

/* The published shape. */
static void number_of_weights(void)
{
    dn_dti_data d = dti_golden_data(&gold);
    dn_dti_options o = DN_DTI_DEFAULTS;

    d.atom_width = 4;
    d.state_width = 320;
    CU_ASSERT_EQUAL(dn_dti_create(&d, &o, &dti, NULL), DN_OK);
    CU_ASSERT_EQUAL(dti->model.n_weights, 203329);
    CU_ASSERT_EQUAL(dti->model.n_norms, 2);
    dn_dti_destroy(&dti);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {
    {"published like PyTorch", published_like_pytorch},
    {"joint like PyTorch", joint_like_pytorch},
    {"extra numbers like PyTorch", extra_like_pytorch},
    {"heads like PyTorch", heads_like_pytorch},
    {"start like PyTorch", start_like_pytorch},
    {"starts as the guess", starts_as_the_guess},
    {"no direct path without a joint layer", no_direct_path_without_a_joint_layer},
    {"finite differences", finite_differences},
    {"company changes no bit", company_changes_no_bit},
    {"sides apart", sides_apart},
    {"long targets are cut", long_targets_are_cut},
    {"bad data", bad_data},
    {"bad options", bad_options},
    {"number of weights", number_of_weights},
    {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "dti", tests);
}
