/* class_metrics.c - tests of solvers/stats/{class_metrics,class_baselines}.h and
 * mpi/train/{balance,validate}.h
 *
 * Golden numbers: tests/golden/class_metrics.txt, made by make_class_metrics.py (versions in its first line).
 */
#include "tests/support/golden_numbers.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/train/balance.h"
#include "mpi/train/validate.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/stats/class_baselines.h"
#include "solvers/stats/class_metrics.h"

enum { C = 4, ROWS = 200, T = C + 2 };

static double score[ROWS * C], weight[ROWS];
static int32_t gene_a[ROWS], gene_b[ROWS];
static int64_t rows[ROWS];
static uint8_t label[ROWS];

/* Numbers of the next line, which must begin with name. */
static bool expect(FILE *f, const char *name, int n, double *v)
{
    char word[64];
    int count;

    if (fscanf(f, "%63s %d", word, &count) != 2 || strcmp(word, name) != 0 || count != n)
        return false;
    for (int i = 0; i < n; i++)
        if (fscanf(f, "%lf", &v[i]) != 1)
            return false;
    return true;
}

static bool near(double a, double b)
{
    bool ok = (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9;

    if (!ok)
        fprintf(stderr, "# %.17g is not %.17g\n", a, b);
    return ok;
}

static void same(const double *got, FILE *f, const char *name, int n)
{
    double want[C * C];

    CU_ASSERT(expect(f, name, n, want));
    for (int i = 0; i < n; i++)
        CU_ASSERT(near(got[i], want[i]));
}

static bool next_case(FILE *f, char *name, int *n)
{
    if (fscanf(f, " case %31s %d", name, n) != 2)
        return false;
    for (int i = 0; i < *n; i++) {
        int y;
        double *p = score + i * C;
        if (fscanf(f, " row %d %lf %lf %lf %lf %lf", &y, &weight[i], &p[0], &p[1], &p[2], &p[3]) != 6)
            return false;
        label[i] = (uint8_t)y;
    }
    return true;
}

static void check_confusion(FILE *f, int n)
{
    dn_confusion t;
    double table[C * C], of[3][C], summary[2];

    dn_confusion_make(score, label, n, C, &t);
    for (int k = 0; k < C * C; k++)
        table[k] = (double)t.table[k / C][k % C];
    for (int c = 0; c < C; c++) {
        of[0][c] = t.of[c].precision;
        of[1][c] = t.of[c].recall;
        of[2][c] = t.of[c].f1;
    }
    summary[0] = t.accuracy;
    summary[1] = t.macro_f1;
    same(table, f, "confusion", C * C);
    same(of[0], f, "precision", C);
    same(of[1], f, "recall", C);
    same(of[2], f, "f1", C);
    same(summary, f, "summary", 2);
}

static void like_scikit_learn(void)
{
    FILE *f = golden_open("class_metrics.txt");
    char name[32] = "";
    int n, cases = 0;

    while (f != NULL && cases < 3 && next_case(f, name, &n)) {
        dn_class_order o = {.n = 0};
        double auroc[DN_METRIC_TARGETS_MAX], ap[DN_METRIC_TARGETS_MAX];

        CU_ASSERT_EQUAL(dn_class_order_create(score, label, n, C, &o, NULL), DN_OK);
        dn_class_order_rank(&o, NULL, auroc, ap);
        same(auroc, f, "plain_auroc", T);
        same(ap, f, "plain_ap", T);
        dn_class_order_rank(&o, weight, auroc, ap);
        same(auroc, f, "weighted_auroc", T);
        same(ap, f, "weighted_ap", T);
        memset(weight, 0, sizeof weight); /* a class without weight: no macro mean */
        for (int i = 0; i < n; i++)
            weight[i] = label[i] != 2;
        dn_class_order_rank(&o, weight, auroc, ap);
        CU_ASSERT(isnan(auroc[2]) && isnan(auroc[C + 1]) && !isnan(auroc[C]));
        check_confusion(f, n);
        dn_class_order_destroy(&o);
        cases++;
    }
    CU_ASSERT_EQUAL(cases, 3);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    if (f != NULL)
        fclose(f);
}

static void odd_rows(void)
{
    dn_class_order o = {.n = 0};
    dn_confusion t;
    dn_error err = DN_ERROR_INIT;
    double auroc[DN_METRIC_TARGETS_MAX], ap[DN_METRIC_TARGETS_MAX];

    CU_ASSERT_EQUAL(dn_class_order_create(score, label, 0, C, &o, &err), DN_OK);
    dn_class_order_rank(&o, NULL, auroc, ap);
    CU_ASSERT(isnan(auroc[0]) && isnan(auroc[C]) && isnan(auroc[C + 1]));
    dn_class_order_destroy(&o);
    dn_confusion_make(score, label, 0, C, &t);
    CU_ASSERT(isnan(t.accuracy) && isnan(t.macro_f1));
    label[0] = 4;
    CU_ASSERT_EQUAL(dn_class_order_create(score, label, 1, C, &o, &err), DN_EDATA);
    CU_ASSERT(strstr(err.text, "label 4 of row 0") != NULL);
    label[0] = 1;
    score[2] = (double)NAN;
    CU_ASSERT_EQUAL(dn_class_order_create(score, label, 1, C, &o, NULL), DN_EDATA);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    score[0] = score[1] = score[2] = score[3] = 0.25; /* a tie goes to the lowest class */
    dn_confusion_make(score, label, 1, C, &t);
    CU_ASSERT_EQUAL(t.table[1][0], 1);
}

static void baselines(void)
{
    FILE *f = golden_open("class_metrics.txt");
    char line[400];
    int genes = 0, n = 0;
    double share[C], odds[2 * C * 8], got[C];

    while (f != NULL && fgets(line, sizeof line, f) != NULL &&
           sscanf(line, "baselines %d %d", &genes, &n) != 2)
        ;
    CU_ASSERT(genes == 8 && n <= ROWS);
    for (int i = 0; f != NULL && i < n; i++) {
        int a, b, y;
        CU_ASSERT_EQUAL(fscanf(f, " row %d %d %d", &a, &b, &y), 3);
        gene_a[i] = a;
        gene_b[i] = b;
        label[i] = (uint8_t)y;
        rows[i] = n - 1 - i;
    }
    dn_class_shares(label, rows, n, share);
    same(share, f, "share", C);
    for (int both = 0; both <= 1; both++) {
        static const int pair[4][2] = {{0, 1}, {1, 0}, {3, 7}, {7, 7}};
        dn_class_popularity_fit(gene_a, gene_b, label, rows, n, genes, share, both, odds);
        for (int k = 0; k < 4; k++) {
            char name[40];
            snprintf(name, sizeof name, "popularity_%d_%d_%d", both, pair[k][0], pair[k][1]);
            dn_class_popularity(odds, share, both, pair[k][0], pair[k][1], got);
            same(got, f, name, C);
        }
    }
    for (int k = 0; k < 3; k++) {
        static const char *const name[] = {"spread_0.0", "spread_0.3", "spread_1.0"};
        static const double likely[] = {0, 0.3, 1};
        dn_class_spread(likely[k], share, got);
        same(got, f, name[k], C);
    }
    if (f != NULL)
        fclose(f);
}

/* ---- class balance ---- */

enum { IN = 7, OUT = 9 }; /* a part, and what leaves it */

static void count_labels(const uint8_t *part, int64_t out[C])
{
    memset(out, 0, C * sizeof *out);
    for (int64_t i = 0; i < ROWS; i++)
        if (part[i] == IN)
            out[label[i]]++;
}

static void make_part(uint64_t seed, uint8_t *part)
{
    int64_t before, after;

    for (int64_t i = 0; i < ROWS; i++) {
        label[i] = (uint8_t)(i % 10 < 5 ? 0 : i % 10 < 8 ? 3 : 1); /* 100, 40, 0, 60 */
        part[i] = i % 2 == 0 || label[i] != 0 ? IN : 0;            /* of class 0 two in five stay out: 60 */
    }
    CU_ASSERT_EQUAL(dn_balance_part(seed, label, ROWS, IN, OUT, part, &before, &after, NULL), DN_OK);
    CU_ASSERT(before == 160 && after == 120);
}

/* The rule of the header once more, in the plainest way: a row stays if fewer than `least` of its class have
 * a smaller key. */
static bool should_stay(uint64_t seed, int64_t row, int64_t least)
{
    dn_rng s = dn_rng_stream(seed, DN_RNG_BALANCE, IN, 0);
    int64_t smaller = 0;

    for (int64_t i = 0; i < ROWS; i++)
        smaller += label[i] == label[row] && (label[i] != 0 || i % 2 == 0) &&
                   dn_rng_u64(s, (uint64_t)i) < dn_rng_u64(s, (uint64_t)row);
    return smaller < least;
}

static void balance(void)
{
    uint8_t part[ROWS], kept[ROWS];
    int64_t of[C], before, after;

    make_part(1, part);
    count_labels(part, of);
    CU_ASSERT(of[0] == 40 && of[1] == 40 && of[2] == 0 && of[3] == 40);
    for (int64_t i = 0; i < ROWS; i++)
        CU_ASSERT_EQUAL(part[i], label[i] == 0 && i % 2 == 1 ? 0 : should_stay(1, i, 40) ? IN : OUT);
    memcpy(kept, part, sizeof kept);
    CU_ASSERT_EQUAL(dn_balance_part(2, label, ROWS, IN, OUT, part, &before, &after, NULL), DN_OK);
    CU_ASSERT(before == 120 && after == 120); /* equal by now */
    CU_ASSERT_EQUAL(memcmp(kept, part, sizeof kept), 0);
    make_part(2, part);
    CU_ASSERT_NOT_EQUAL(memcmp(kept, part, sizeof kept), 0); /* the draw is the seed's */
    memcpy(kept, part, sizeof kept);
    CU_ASSERT_EQUAL(dn_balance_part(1, label, ROWS, 5, OUT, part, &before, &after, NULL), DN_OK);
    CU_ASSERT(before == 0 && after == 0 && memcmp(kept, part, sizeof kept) == 0); /* a part without rows */
    CU_ASSERT_EQUAL(dn_balance_part(1, label, 0, IN, OUT, part, &before, &after, NULL), DN_OK);
}

/* Over many seeds every row of the larger class stays equally often, half the time here. */
static void the_draw_is_even(void)
{
    int64_t stays[30] = {0}, before, after;
    uint8_t part[30];

    for (uint64_t seed = 0; seed < 400; seed++) {
        for (int i = 0; i < 30; i++) {
            part[i] = IN;
            label[i] = i % 3 == 0;
        }
        CU_ASSERT_EQUAL(dn_balance_part(seed, label, 30, IN, OUT, part, &before, &after, NULL), DN_OK);
        for (int i = 0; i < 30; i++)
            stays[i] += part[i] == IN;
    }
    for (int i = 0; i < 30; i++) /* 200 +- 10 where drawn: five deviations */
        CU_ASSERT(i % 3 == 0 ? stays[i] == 400 : stays[i] > 150 && stays[i] < 250);
}

/* ---- validation ---- */

static void validation(void)
{
    static const float p[5 * C] = {0.7f, 0.1f, 0.1f, 0.1f, 0.2f, 0.3f, 0.3f, 0.2f, 0.1f, 0.2f,
                                   0.6f, 0.1f, 0.4f, 0.3f, 0.2f, 0.1f, 0,    0.5f, 0.5f, 0};
    static const uint8_t y[5] = {0, 2, 2, 0, 0}; /* classes 1 and 3 do not occur */
    dn_model m = {.outputs = C, .positive_weight = 1};
    dn_epoch_report r = {0};

    CU_ASSERT_EQUAL(dn_validate(&m, p, y, 5, &r, NULL), DN_OK);
    CU_ASSERT_DOUBLE_EQUAL(
        r.validation_loss,
        -(log((double)0.7f) + log((double)0.3f) + log((double)0.6f) + log((double)0.4f) + log(1e-12)) / 5,
        1e-12);
    /* class 0: .7 .4 0 against .2 .1: 4 of 6; class 2: .3 .6 against .1 .2 .5: 5 of 6 */
    CU_ASSERT_DOUBLE_EQUAL(r.validation_auroc, (4.0 / 6 + 5.0 / 6) / 2, 1e-12);
    /* class 0: ranks 1 2 5 of 5: (1 + 1 + 3/5) / 3; class 2: .6 first, .3 third: (1 + 2/3) / 2 */
    CU_ASSERT_DOUBLE_EQUAL(r.validation_ap, (2.6 / 3 + 5.0 / 6) / 2, 1e-12);
    m.outputs = 1;
    CU_ASSERT_EQUAL(dn_validate(&m, p, (const uint8_t[]){1, 0, 0}, 3, &r, NULL), DN_OK);
    CU_ASSERT_DOUBLE_EQUAL(r.validation_loss, -(log((double)0.7f) + 2 * log(1 - (double)0.1f)) / 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(r.validation_auroc, 1, 0);
}

/* ---- memory ---- */

static dn_status everything(dn_error *err)
{
    dn_status st = DN_OK;
    dn_class_order o = {.n = 0};
    int64_t before, after;
    uint8_t part[30] = {0};
    float p[30 * C] = {0};
    dn_model m = {.outputs = C};
    dn_epoch_report r;

    DN_TRY(dn_class_order_create(score, label, 30, C, &o, err));
    DN_TRY(dn_balance_part(1, label, 30, 0, OUT, part, &before, &after, err));
    DN_TRY(dn_validate(&m, p, label, 30, &r, err));
out:
    dn_class_order_destroy(&o);
    return st;
}

static void refused_memory(void)
{
    dn_status st = DN_ENOMEM;
    dn_error err = DN_ERROR_INIT;

    memset(score, 0, sizeof score);
    for (int64_t i = 0; i < 30; i++) {
        rows[i] = i;
        label[i] = (uint8_t)(i % 7 % C);
    }
    for (long k = 0; st != DN_OK && k < 100; k++) {
        dn_alloc_fail_after(k);
        st = everything(&err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"like scikit-learn", like_scikit_learn},
                                {"odd rows", odd_rows},
                                {"baselines", baselines},
                                {"balance", balance},
                                {"the draw is even", the_draw_is_even},
                                {"validation", validation},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "class_metrics", tests);
}
