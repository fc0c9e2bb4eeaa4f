/* kron_rls.c - tests of solvers/stats/kron_rls.h against NumPy's dense solve (tests/golden/make_kron_rls.py),
 * against the definition, and at the edges */
#include "tests/support/golden_numbers.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/stats/kron_rls.h"

enum { SIDE = 40, ROWS = 64 };

/* of weights and scores: see make_kron_rls.py */
#define TOLERANCE 4e-4

/* One case of the golden file. */
typedef struct golden {
    char name[32];
    int64_t drugs, targets, n, drug[ROWS], target[ROWS], training[ROWS], n_training;
    uint8_t label[ROWS];
    float like_drug[SIDE * SIDE], like_target[SIDE * SIDE];
    double mean, weight[ROWS], score[ROWS];
} golden;

static bool likeness(FILE *f, const char *word, int64_t n, float *out)
{
    static double wide[SIDE * SIDE];
    bool fine = golden_row(f, word, n * n, wide);

    for (int64_t i = 0; i < n * n; i++)
        out[i] = (float)wide[i];
    return fine;
}

static bool golden_read(FILE *f, golden *g)
{
    double head[3] = {0}, row[6];
    bool fine = fscanf(f, " case %31s", g->name) == 1;

    for (int i = 0; fine && i < 3; i++)
        fine = fscanf(f, "%lf", &head[i]) == 1;
    if (!fine || head[0] > SIDE || head[1] > SIDE || head[2] > ROWS)
        return false;
    g->drugs = (int64_t)head[0];
    g->targets = (int64_t)head[1];
    g->n = (int64_t)head[2];
    g->n_training = 0;
    fine = likeness(f, "drug", g->drugs, g->like_drug) && likeness(f, "target", g->targets, g->like_target) &&
           golden_row(f, "mean", 1, &g->mean);
    for (int64_t i = 0; fine && i < g->n; i++) {
        fine = golden_row(f, "row", 6, row);
        g->drug[i] = (int64_t)row[0];
        g->target[i] = (int64_t)row[1];
        g->label[i] = (uint8_t)row[2];
        if (row[3] > 0)
            g->training[g->n_training++] = i;
        g->weight[i] = row[4];
        g->score[i] = row[5];
    }
    return fine;
}

static dn_past past_of(const golden *g)
{
    return (dn_past){
        .drug = g->drug, .target = g->target, .label = g->label, .rows = g->training, .n = g->n_training};
}

static dn_kron_likes likes_of(const golden *g)
{
    return (dn_kron_likes){
        .drugs = g->drugs, .targets = g->targets, .drug = g->like_drug, .target = g->like_target};
}

/* |K a + r a - (y - m)| / |y - m| with K written out: the residual that was reached. */
static double residual_of(const golden *g, const dn_kron_fit *fit)
{
    double sum = 0, right = 0;

    for (int64_t i = 0; i < g->n_training; i++) {
        int64_t a = g->training[i];
        double want = g->label[a] - fit->mean, off = 0.2 * fit->weight[i] - want;

        for (int64_t j = 0; j < g->n_training; j++) {
            int64_t b = g->training[j];
            double d = (double)g->like_drug[g->drug[a] * g->drugs + g->drug[b]];
            double t = (double)g->like_target[g->target[a] * g->targets + g->target[b]];
            off += (d * t + 0.1 * d + 0.1 * t) * fit->weight[j];
        }
        sum += off * off;
        right += want * want;
    }
    return right > 0 ? sqrt(sum / right) : sqrt(sum);
}

static void check_scores(const golden *g, const dn_kron_fit *fit)
{
    dn_past past = past_of(g);
    double of_target[SIDE + 1];

    for (int64_t i = 0; i < g->n; i++) {
        double got;
        dn_kron_rls_target(&past, fit, g->like_target + g->target[i] * g->targets, g->drugs, of_target);
        got = dn_kron_rls_score(of_target, g->like_drug + g->drug[i] * g->drugs, g->drugs);
        if (fabs(got - g->score[i]) > TOLERANCE)
            fprintf(stderr, "%s: row %d: %.9g, NumPy %.9g\n", g->name, (int)i, got, g->score[i]);
        CU_ASSERT(fabs(got - g->score[i]) <= TOLERANCE);
    }
}

static void check_case(const golden *g)
{
    dn_past past = past_of(g);
    dn_kron_likes likes = likes_of(g);
    dn_kron_fit fit = {0};
    double reached;

    CU_ASSERT_EQUAL(dn_kron_rls_fit(&past, &likes, &fit, NULL), DN_OK);
    CU_ASSERT(fabs(fit.mean - g->mean) <= 1e-11);
    for (int64_t i = 0; i < g->n_training; i++)
        CU_ASSERT(fabs(fit.weight[i] - g->weight[g->training[i]]) <= TOLERANCE);
    reached = residual_of(g, &fit);
    CU_ASSERT(fit.residual <= 1e-5 && reached <= 1.5e-5 && fit.products <= g->n_training);
    check_scores(g, &fit);
    dn_kron_fit_destroy(&fit);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void agrees_with_numpy(void)
{
    static const char *const name[] = {"plain", "isolated", "one_row", "one_class", "identical", "none"};
    FILE *f = golden_open("kron_rls.txt");
    static golden g;
    size_t cases = 0;

    if (f == NULL)
        return;
    for (; cases < sizeof name / sizeof name[0] && golden_read(f, &g); cases++) {
        CU_ASSERT_STRING_EQUAL(g.name, name[cases]);
        check_case(&g);
    }
    CU_ASSERT_EQUAL(cases, sizeof name / sizeof name[0]);
    fclose(f);
}

/* ---- cases made here ---- */

/* Likenesses that fade with the distance of two numbers: kernels. */
static void make(golden *g, int64_t drugs, int64_t targets, int64_t n)
{
    dn_rng s = dn_rng_stream(5, DN_RNG_SYNTH, 0, 0);

    *g = (golden){.drugs = drugs, .targets = targets, .n = n, .n_training = n};
    for (int64_t i = 0; i < drugs; i++)
        for (int64_t j = 0; j < drugs; j++)
            g->like_drug[i * drugs + j] = (float)exp(-0.3 * fabs((double)(i - j)));
    for (int64_t i = 0; i < targets; i++)
        for (int64_t j = 0; j < targets; j++)
            g->like_target[i * targets + j] = (float)exp(-0.5 * fabs((double)(i - j)));
    for (int64_t i = 0; i < n; i++) {
        g->training[i] = i;
        g->drug[i] = (int64_t)dn_rng_below(s, 3 * (uint64_t)i, (uint64_t)drugs);
        g->target[i] = (int64_t)dn_rng_below(s, 3 * (uint64_t)i + 1, (uint64_t)targets);
        g->label[i] = dn_rng_u64(s, 3 * (uint64_t)i + 2) & 1;
    }
}

/* No rows, of no drugs and no targets even: a coin. */
static void of_nothing(void)
{
    static golden g;
    double of_target[SIDE + 1] = {0};

    for (int64_t drugs = 0; drugs < 3; drugs++) {
        dn_kron_fit fit = {0};
        dn_past past = {.n = 0};
        dn_kron_likes likes;

        make(&g, drugs, drugs, 0);
        likes = likes_of(&g);
        CU_ASSERT_EQUAL(dn_kron_rls_fit(&past, &likes, &fit, NULL), DN_OK);
        CU_ASSERT(fit.mean == 0.5 && fit.products == 0 && fit.residual == 0);
        dn_kron_rls_target(&past, &fit, g.like_target, drugs, of_target);
        CU_ASSERT_EQUAL(dn_kron_rls_score(of_target, g.like_drug, drugs), 0);
        dn_kron_fit_destroy(&fit);
    }
}

/* Rows of one label: no weight, and the score of that label for everybody, likeness or not. */
static void of_one_class(void)
{
    static golden g;
    dn_kron_fit fit = {0};
    dn_past past;
    dn_kron_likes likes;
    double of_target[SIDE + 1];

    make(&g, 12, 7, 30);
    for (uint8_t label = 0; label < 2; label++) {
        memset(g.label, label, sizeof g.label);
        past = past_of(&g);
        likes = likes_of(&g);
        CU_ASSERT_EQUAL(dn_kron_rls_fit(&past, &likes, &fit, NULL), DN_OK);
        CU_ASSERT(fit.mean == label && fit.products == 0 && fit.residual == 0);
        dn_kron_rls_target(&past, &fit, g.like_target, g.drugs, of_target);
        CU_ASSERT_EQUAL(dn_kron_rls_score(of_target, g.like_drug, g.drugs), label > 0 ? 2.0 : -2.0);
        dn_kron_fit_destroy(&fit);
    }
}

/* Drugs and targets without a training row, however many, do not change a bit: their likenesses are not asked
 * for. */
static void strangers_do_not_matter(void)
{
    enum { KEPT = 9 };
    static golden all, few;
    dn_kron_fit a = {0}, b = {0};
    dn_past past_all, past_few;
    dn_kron_likes likes_all, likes_few;

    make(&few, KEPT, KEPT, 40);
    make(&all, SIDE, SIDE, 40);
    for (int64_t i = 0; i < all.n; i++) {
        all.drug[i] = 4 * few.drug[i] + 3;
        all.target[i] = 3 * few.target[i] + 1;
        all.label[i] = few.label[i];
    }
    for (int64_t i = 0; i < KEPT; i++)
        for (int64_t j = 0; j < KEPT; j++) {
            all.like_drug[(4 * i + 3) * SIDE + 4 * j + 3] = few.like_drug[i * KEPT + j];
            all.like_target[(3 * i + 1) * SIDE + 3 * j + 1] = few.like_target[i * KEPT + j];
        }
    past_all = past_of(&all);
    past_few = past_of(&few);
    likes_all = likes_of(&all);
    likes_few = likes_of(&few);
    CU_ASSERT_EQUAL(dn_kron_rls_fit(&past_all, &likes_all, &a, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_kron_rls_fit(&past_few, &likes_few, &b, NULL), DN_OK);
    CU_ASSERT(a.products > 3 && a.products == b.products);
    CU_ASSERT(memcmp(a.weight, b.weight, (size_t)all.n * sizeof(double)) == 0);
    dn_kron_fit_destroy(&a);
    dn_kron_fit_destroy(&b);
}

/* The same rows, the same bits. */
static void same_bits_again(void)
{
    static golden g;
    dn_kron_fit fit[2] = {{.mean = 0}, {.mean = 0}};
    dn_past past;
    dn_kron_likes likes;

    make(&g, SIDE, SIDE - 3, ROWS);
    past = past_of(&g);
    likes = likes_of(&g);
    for (int k = 0; k < 2; k++)
        CU_ASSERT_EQUAL(dn_kron_rls_fit(&past, &likes, &fit[k], NULL), DN_OK);
    CU_ASSERT(fit[0].products > 3 && fit[0].products == fit[1].products);
    CU_ASSERT(memcmp(fit[0].weight, fit[1].weight, (size_t)g.n * sizeof(double)) == 0);
    dn_kron_fit_destroy(&fit[0]);
    dn_kron_fit_destroy(&fit[1]);
}

static void out_of_memory(void)
{
    static golden g;
    dn_status st = DN_ENOMEM;
    long k;

    make(&g, 5, 4, 9);
    for (k = 0; st != DN_OK && k < 40; k++) {
        dn_past past = past_of(&g);
        dn_kron_likes likes = likes_of(&g);
        dn_kron_fit fit = {0};
        dn_error err = DN_ERROR_INIT;

        dn_alloc_fail_after(k);
        st = dn_kron_rls_fit(&past, &likes, &fit, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && fit.weight == NULL));
        dn_kron_fit_destroy(&fit);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT(st == DN_OK && k > 8);
}

static const dn_test tests[] = {{"agrees with NumPy", agrees_with_numpy},
                                {"of nothing", of_nothing},
                                {"of one class", of_one_class},
                                {"strangers do not matter", strangers_do_not_matter},
                                {"same bits again", same_bits_again},
                                {"out of memory", out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "kron_rls", tests);
}
