/* metrics.c - tests of solvers/stats/{metrics,calibrate,bootstrap}.h against scikit-learn and by hand
 *
 * Golden numbers: tests/golden/metrics.txt, made by make_metrics.py (versions in its first line).
 */
#include "tests/support/golden_numbers.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/stats/bootstrap.h"
#include "solvers/stats/calibrate.h"
#include "solvers/stats/metrics.h"

enum { ROWS = 200, REPLICATES = 200 };
static const uint64_t seed = 0x123456789AB;

typedef struct golden {
    char name[32];
    int n, replicates;
    double score[ROWS], weight[ROWS], p[ROWS];
    uint8_t label[ROWS];
    int64_t gene_a[ROWS], gene_b[ROWS];
} golden;

static bool near(double a, double b, double tolerance)
{
    bool ok = fabs(a - b) <= tolerance;

    if (!ok)
        fprintf(stderr, "# %.17g is not %.17g\n", a, b);
    return ok;
}

static bool next_case(FILE *f, golden *g)
{
    double v[5];

    if (fscanf(f, " case %31s %d %d", g->name, &g->n, &g->replicates) != 3)
        return false;
    for (int i = 0; i < g->n; i++) {
        if (!golden_row(f, "row", 5, v))
            return false;
        g->score[i] = v[0];
        g->label[i] = (uint8_t)v[1];
        g->weight[i] = v[2];
        g->gene_a[i] = (int64_t)v[3];
        g->gene_b[i] = (int64_t)v[4];
        g->p[i] = 1 / (1 + exp(-v[0]));
    }
    return true;
}

static void check_scores(const dn_class_scores *c, const double *want)
{
    CU_ASSERT(near(c->precision, want[0], 1e-9));
    CU_ASSERT(near(c->recall, want[1], 1e-9));
    CU_ASSERT(near(c->f1, want[2], 1e-9));
}

static void check_ranking(FILE *f, const golden *g, const dn_order *order)
{
    double want[2], auroc, ap;

    CU_ASSERT(golden_row(f, "rank", 2, want));
    dn_order_rank(order, NULL, &auroc, &ap);
    CU_ASSERT(near(auroc, want[0], 1e-9));
    CU_ASSERT(near(ap, want[1], 1e-9));
    CU_ASSERT(golden_row(f, "weighted", 2, want));
    dn_order_rank(order, g->weight, &auroc, &ap);
    CU_ASSERT(near(auroc, want[0], 1e-9));
    CU_ASSERT(near(ap, want[1], 1e-9));
}

static void check_decisions(FILE *f, const golden *g, const dn_order *order)
{
    double want[4];
    dn_decisions d;
    dn_platt platt = {.slope = 0};

    CU_ASSERT(golden_row(f, "threshold", 1, want));
    CU_ASSERT(near(dn_best_threshold(order), want[0], 0));
    dn_decide(g->score, g->label, g->n, want[0], &d);
    CU_ASSERT(golden_row(f, "accuracy", 2, want));
    CU_ASSERT(near(d.accuracy, want[0], 1e-9));
    CU_ASSERT(near(d.mcc, want[1], 1e-9));
    for (int c = 0; c < 2; c++) {
        CU_ASSERT(golden_row(f, "class", 4, want));
        check_scores(&d.of[c], want);
        CU_ASSERT_EQUAL(d.of[c].support, (int64_t)want[3]);
    }
    CU_ASSERT(golden_row(f, "mean", 3, want));
    check_scores(&d.macro, want);
    CU_ASSERT(golden_row(f, "mean", 3, want));
    check_scores(&d.weighted, want);
    CU_ASSERT(golden_row(f, "probability", 2, want));
    CU_ASSERT(near(dn_brier(g->p, g->label, g->n), want[0], 1e-9));
    CU_ASSERT(near(dn_calibration_error(g->p, g->label, g->n), want[1], 1e-9));
    CU_ASSERT(golden_row(f, "platt", 2, want));
    CU_ASSERT_EQUAL(dn_platt_fit(g->score, g->label, g->n, &platt, NULL), DN_OK);
    CU_ASSERT(platt.converged);
    CU_ASSERT(near(platt.slope, want[0], 1e-6 * (1 + fabs(want[0]))));
    CU_ASSERT(near(platt.offset, want[1], 1e-6 * (1 + fabs(want[1]))));
}

static void check_intervals(FILE *f, const golden *g, const dn_order *order, dn_resample *r, const char *word)
{
    double value[2][REPLICATES], weight[ROWS], want[3];

    for (int b = 0; b < g->replicates; b++) {
        dn_resample_draw(r, seed, (uint64_t)b, weight);
        dn_order_rank(order, weight, &value[0][b], &value[1][b]);
    }
    for (int k = 0; k < 2; k++) {
        dn_interval i = dn_percentile_interval(value[k], g->replicates);
        CU_ASSERT(golden_row(f, word, 3, want));
        CU_ASSERT(near(i.lo, want[0], 1e-9));
        CU_ASSERT(near(i.hi, want[1], 1e-9));
        CU_ASSERT_EQUAL(i.used, (int64_t)want[2]);
        CU_ASSERT_EQUAL(i.used + i.skipped, g->replicates);
    }
    dn_resample_destroy(r);
}

/* Both ends from one pool, then from one each: their numbers are the same, what they count is not. */
static void check_resampling(FILE *f, const golden *g, const dn_order *order)
{
    dn_resample r = {.n = 0};
    int64_t one;

    CU_ASSERT_EQUAL(dn_resample_create(g->gene_a, g->gene_b, g->n, 1000, &r, NULL), DN_OK);
    CU_ASSERT(r.sides == 1 && r.drawn[1] == 0);
    one = r.drawn[0];
    check_intervals(f, g, order, &r, "interval");
    CU_ASSERT_EQUAL(dn_resample_create_sides(g->gene_a, g->gene_b, g->n, 1000, 900, &r, NULL), DN_OK);
    CU_ASSERT(r.sides == 2 && r.drawn[0] > 0 && r.drawn[1] > 0 && r.drawn[0] + r.drawn[1] == one);
    check_intervals(f, g, order, &r, "sides");
}

static void agrees_with_scikit_learn(void)
{
    static golden g;
    int cases = 0;
    FILE *f = golden_open("metrics.txt");

    if (f == NULL)
        return;
    while (next_case(f, &g)) {
        dn_order order = {.n = 0};
        CU_ASSERT_EQUAL(dn_order_create(g.score, g.label, g.n, &order, NULL), DN_OK);
        check_ranking(f, &g, &order);
        check_decisions(f, &g, &order);
        check_resampling(f, &g, &order);
        dn_order_destroy(&order);
        cases++;
    }
    CU_ASSERT_EQUAL(cases, 4);
    fclose(f);
}

static void rank_of(const double *s, const uint8_t *y, int64_t n, double *auroc, double *ap,
                    double *threshold)
{
    dn_order order = {.n = 0};

    CU_ASSERT_EQUAL(dn_order_create(s, y, n, &order, NULL), DN_OK);
    dn_order_rank(&order, NULL, auroc, ap);
    *threshold = dn_best_threshold(&order);
    dn_order_destroy(&order);
}

static void edges(void)
{
    const double same[4] = {2, 2, 2, 2}, rise[2] = {0.1, 0.9};
    const uint8_t mixed[4] = {1, 0, 0, 0}, ones[4] = {1, 1, 1, 1}, two[2] = {0, 1};
    double auroc, ap, t;

    rank_of(same, mixed, 4, &auroc, &ap, &t); /* all ties: chance */
    CU_ASSERT_EQUAL(auroc, 0.5);
    CU_ASSERT_EQUAL(ap, 0.25);
    CU_ASSERT_EQUAL(t, 2);
    rank_of(same, ones, 4, &auroc, &ap, &t); /* one class */
    CU_ASSERT(isnan(auroc) && isnan(ap));
    rank_of(same, ones, 1, &auroc, &ap, &t); /* one row */
    CU_ASSERT(isnan(auroc) && isnan(ap) && t == 2);
    rank_of(same, ones, 0, &auroc, &ap, &t); /* no row */
    CU_ASSERT(isnan(auroc) && isnan(ap) && isnan(t));
    rank_of(rise, two, 2, &auroc, &ap, &t);
    CU_ASSERT(auroc == 1 && ap == 1 && t == 0.9);
    CU_ASSERT(isnan(dn_brier(rise, two, 0)) && isnan(dn_calibration_error(rise, two, 0)));
    CU_ASSERT(near(dn_brier(rise, two, 2), 0.01, 1e-15));
    CU_ASSERT(near(dn_calibration_error(rise, two, 2), 0.1, 1e-15));
}

/* The first and the third score decide equally well: (2/3 + 4/5) / 2. The higher one is taken. */
static void tied_thresholds(void)
{
    const double s[4] = {4, 3, 2, 1};
    const uint8_t y[4] = {1, 0, 1, 0};
    double auroc, ap, t;

    rank_of(s, y, 4, &auroc, &ap, &t);
    CU_ASSERT_EQUAL(t, 4);
}

/* Single precision is ordered as double precision is. */
static void single_precision(void)
{
    const float s[4] = {0.25f, 0.5f, 0.5f, 0.75f};
    const uint8_t y[4] = {0, 0, 1, 1};
    dn_order order = {.n = 0};
    double auroc, ap;

    CU_ASSERT_EQUAL(dn_order_create_f32(s, y, 4, &order, NULL), DN_OK);
    dn_order_rank(&order, NULL, &auroc, &ap);
    CU_ASSERT_EQUAL(auroc, 0.875);
    CU_ASSERT(near(ap, 0.5 + 0.5 * 2 / 3, 1e-15));
    dn_order_destroy(&order);
}

static void decisions_of_one_class(void)
{
    const double s[3] = {0.9, 0.8, 0.7};
    const uint8_t y[3] = {1, 1, 1};
    dn_decisions d;

    dn_decide(s, y, 3, 0.75, &d);
    CU_ASSERT_EQUAL(d.right, 2);
    CU_ASSERT_EQUAL(d.mcc, 0);
    CU_ASSERT_EQUAL(d.of[0].f1, 0);
    CU_ASSERT_EQUAL(d.of[0].support, 0);
    CU_ASSERT(near(d.of[1].f1, 0.8, 1e-15));
    CU_ASSERT(near(d.macro.f1, 0.4, 1e-15));
    CU_ASSERT(near(d.weighted.f1, 0.8, 1e-15));
    dn_decide(s, y, 0, 0.75, &d);
    CU_ASSERT(isnan(d.accuracy));
}

static void bad_rows_are_named(void)
{
    const double s[3] = {0, 1, (double)NAN};
    const uint8_t y[3] = {0, 1, 1}, z[3] = {0, 2, 1};
    dn_order order = {.n = 0};
    dn_platt platt;
    dn_error err = DN_ERROR_INIT, other = DN_ERROR_INIT, third = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_order_create(s, y, 3, &order, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "row 2"));
    CU_ASSERT_EQUAL(dn_order_create(s, z, 2, &order, &other), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(other.text, "row 1 is 2"));
    CU_ASSERT_EQUAL(dn_platt_fit(s, y, 3, &platt, &third), DN_EDATA);
    CU_ASSERT_EQUAL(dn_platt_fit(s, y, 0, &platt, NULL), DN_EDATA);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Separable classes, one class and equal scores all have finite answers; scale and place of the scores do not
 * matter. */
static void platt_edges(void)
{
    const double s[4] = {-2, -1, 1, 2}, far[4] = {1e6 - 2, 1e6 - 1, 1e6 + 1, 1e6 + 2}, same[4] = {3, 3, 3, 3};
    const uint8_t y[4] = {0, 0, 1, 1}, ones[4] = {1, 1, 1, 1}, one[4] = {0, 1, 0, 0};
    dn_platt a, b;

    CU_ASSERT_EQUAL(dn_platt_fit(s, y, 4, &a, NULL), DN_OK);
    CU_ASSERT(a.converged && a.slope > 0 && isfinite(a.slope) && near(a.offset, 0, 1e-9));
    CU_ASSERT_EQUAL(dn_platt_fit(far, y, 4, &b, NULL), DN_OK);
    CU_ASSERT(b.converged && near(dn_platt_apply(&b, far[3]), dn_platt_apply(&a, s[3]), 1e-8));
    CU_ASSERT_EQUAL(dn_platt_fit(s, ones, 4, &a, NULL), DN_OK);
    CU_ASSERT(a.converged && near(dn_platt_apply(&a, 0), 5.0 / 6, 1e-7));
    CU_ASSERT_EQUAL(dn_platt_fit(same, one, 4, &a, NULL), DN_OK);
    CU_ASSERT(a.converged && a.slope == 0);
    CU_ASSERT(near(dn_platt_apply(&a, 3), (2.0 / 3 + 3 * 0.2) / 4, 1e-7));
    CU_ASSERT(near(dn_logit(0.5), 0, 1e-15) && isfinite(dn_logit(0)) &&
              near(dn_logit(1), -dn_logit(0), 1e-6));
}

static void interval_edges(void)
{
    double v[5] = {4, (double)NAN, 1, (double)NAN, 2}, one[1] = {7}, none[1] = {(double)NAN};
    dn_interval i = dn_percentile_interval(v, 5);

    CU_ASSERT(i.used == 3 && i.skipped == 2);
    CU_ASSERT(near(i.lo, 1.05, 1e-15) && near(i.hi, 3.9, 1e-15));
    i = dn_percentile_interval(one, 1);
    CU_ASSERT(i.lo == 7 && i.hi == 7);
    i = dn_percentile_interval(none, 1);
    CU_ASSERT(isnan(i.lo) && i.used == 0 && i.skipped == 1);
}

static void out_of_memory(void)
{
    const double s[2] = {1, 2};
    const uint8_t y[2] = {0, 1};
    const int64_t a[2] = {0, 1}, b[2] = {2, 3};

    for (long k = 0; k < 8; k++) {
        dn_order order = {.n = 0};
        dn_resample r = {.n = 0};

        dn_alloc_fail_after(k);
        CU_ASSERT_EQUAL(dn_order_create(s, y, 2, &order, NULL), k < 5 ? DN_ENOMEM : DN_OK);
        dn_alloc_fail_after(k);
        CU_ASSERT_EQUAL(dn_resample_create(a, b, 2, 4, &r, NULL), k < 4 ? DN_ENOMEM : DN_OK);
        dn_alloc_fail_after(-1);
        dn_resample_destroy(&r);
        dn_alloc_fail_after(k);
        CU_ASSERT_EQUAL(dn_resample_create_sides(a, b, 2, 4, 4, &r, NULL), k < 4 ? DN_ENOMEM : DN_OK);
        dn_alloc_fail_after(-1);
        dn_order_destroy(&order);
        dn_resample_destroy(&r);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
}

static const dn_test tests[] = {{"agrees with scikit-learn", agrees_with_scikit_learn},
                                {"edges", edges},
                                {"tied thresholds", tied_thresholds},
                                {"single precision", single_precision},
                                {"decisions of one class", decisions_of_one_class},
                                {"bad rows are named", bad_rows_are_named},
                                {"platt edges", platt_edges},
                                {"interval edges", interval_edges},
                                {"out of memory", out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "metrics", tests);
}
