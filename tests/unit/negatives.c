/* negatives.c - tests of mpi/data/negatives.h and pair_set.h, with hubs that popularity finds */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/data/negatives.h"
#include "mpi/data/pair_set.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/stats/baselines.h"

enum { GENES = 1030, USED = 1000, POSITIVES = 3000, GIVEN = 1000, PAIRS = POSITIVES + GIVEN, DECOYS = 5 };

static int32_t gene_a[PAIRS], gene_b[PAIRS];
static uint8_t label[PAIRS], decoy[GENES], part[PAIRS];
static uint8_t known[GENES][GENES]; /* 1: positive, 2: given negative; both orders */
static const dn_pairs all = {.n = PAIRS, .gene_a = gene_a, .gene_b = gene_b, .label = label, .classes = 4};
static const dn_pairs positive = {
    .n = POSITIVES, .gene_a = gene_a, .gene_b = gene_b, .label = label, .classes = 4};

static void put(int64_t i, int64_t a, int64_t b, uint8_t l)
{
    gene_a[i] = (int32_t)a;
    gene_b[i] = (int32_t)b;
    label[i] = l;
    known[a][b] = known[b][a] = l > 0 ? 1 : 2;
}

/* Positives fall on hubs: the gene is USED u^2, of all labels above 0. Given negatives are uniform. */
static void make_pairs(void)
{
    dn_rng s = dn_rng_stream(5, DN_RNG_SYNTH, 99, 0);
    uint64_t at = 0;

    memset(known, 0, sizeof known);
    memset(decoy, 0, sizeof decoy);
    for (int64_t i = 0; i < PAIRS;) {
        double u = dn_rng_uniform(s, at), v = dn_rng_uniform(s, at + 1);
        int64_t a = (int64_t)(USED * (i < POSITIVES ? u * u : u));
        int64_t b = (int64_t)(USED * (i < POSITIVES ? v * v : v));

        at += 2;
        if (a == b || known[a][b])
            continue;
        put(i, a, b, (uint8_t)(i < POSITIVES ? 1 + i % 3 : 0));
        i++;
    }
    for (int g = 0; g < DECOYS; g++) /* in positives, too */
        decoy[7 * g + 3] = 1;
}

static dn_split_plan plan_of(const dn_pairs *p, dn_split_kind kind, bool by_genes, int64_t folds)
{
    dn_split_options o = {
        .kind = kind, .by_genes = by_genes, .fraction = {0.6, 0.15, 0.25}, .folds = folds, .seed = 1};
    dn_split_plan plan = {0};

    CU_ASSERT_EQUAL(dn_split_plan_make(&o, p, GENES, &plan, NULL), DN_OK);
    return plan;
}

static dn_negatives draw(const dn_split_plan *plan, const dn_pairs *p, const char *kinds, double ratio,
                         const uint8_t *decoys, uint64_t seed)
{
    dn_negatives_options o = {.ratio = ratio, .seed = seed, .decoy = decoys};
    dn_negatives d = {.n = 0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_origins_parse(kinds, &o.origins, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_negatives_draw(plan, p, &o, &d, &err), DN_OK);
    if (err.code != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    return d;
}

/* No self pair, no known positive, no pair twice in either order whatever its origin, no decoy. */
static void check_rows(const dn_negatives *d, bool given, bool decoys)
{
    static uint8_t seen[GENES][GENES];
    int64_t bad = 0;

    memset(seen, 0, sizeof seen);
    for (int64_t i = 0; i < d->n; i++) {
        int64_t a = d->gene_a[i], b = d->gene_b[i];

        bad += a < 0 || a >= USED || b < 0 || b >= USED || a == b || seen[a][b];
        seen[a][b] = seen[b][a] = 1;
        if (d->label[i] > 0 || d->origin[i] == DN_GIVEN) {
            bad += d->label[i] != label[d->like[i]] || a != gene_a[d->like[i]] || b != gene_b[d->like[i]];
            continue;
        }
        bad += known[a][b] == 1 || (given && known[a][b] == 2) || label[d->like[i]] == 0;
        bad += decoys && (decoy[a] || decoy[b]);
    }
    CU_ASSERT_EQUAL(bad, 0);
}

static void rows_may_stand_there(void)
{
    static const struct {
        dn_split_kind kind;
        bool by_genes;
    } kind[] = {{DN_SPLIT_RANDOM, false},
                {DN_SPLIT_GENE_DISJOINT, false},
                {DN_SPLIT_KFOLD, false},
                {DN_SPLIT_KFOLD, true}};

    make_pairs();
    for (size_t k = 0; k < sizeof kind / sizeof *kind; k++) {
        dn_split_plan plan = plan_of(&all, kind[k].kind, kind[k].by_genes, 4);
        dn_negatives d = draw(&plan, &all, "degree,given,uniform", 1, decoy, 1);

        check_rows(&d, true, true);
        CU_ASSERT_EQUAL(dn_negatives_pairs(&d).classes, 4);
        CU_ASSERT_EQUAL(d.of[DN_GIVEN].drawn, GIVEN);
        CU_ASSERT(d.of[DN_DEGREE].wanted > 0 && d.of[DN_UNIFORM].wanted > 0);
        CU_ASSERT_EQUAL(d.n, POSITIVES + GIVEN + d.of[DN_DEGREE].drawn + d.of[DN_UNIFORM].drawn);
        CU_ASSERT_EQUAL(d.of[DN_UNIFORM].drawn, d.of[DN_UNIFORM].wanted);
        CU_ASSERT(d.of[DN_DEGREE].drawn >= d.of[DN_DEGREE].wanted * 98 / 100);
        dn_negatives_destroy(&d);
        dn_split_plan_destroy(&plan);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* As many of each kind as positives, in every part of every fold, seen from that kind, on the same sides. */
static void as_many_as_positives(void)
{
    static const struct {
        dn_split_kind kind;
        bool by_genes;
    } kind[] = {{DN_SPLIT_RANDOM, false}, {DN_SPLIT_GENE_DISJOINT, false}, {DN_SPLIT_KFOLD, true}};
    static const dn_origin drawn[2] = {DN_UNIFORM, DN_DEGREE};
    uint8_t gene_part[GENES];

    make_pairs();
    for (size_t k = 0; k < sizeof kind / sizeof *kind; k++) {
        dn_split_plan plan = plan_of(&positive, kind[k].kind, kind[k].by_genes, 4);
        dn_negatives d = draw(&plan, &positive, "uniform,degree", 1, NULL, 1);
        uint8_t *row_part = malloc((size_t)d.n);

        check_rows(&d, false, false);
        for (int64_t f = 0; f < plan.folds; f++)
            for (int v = 0; v < 2; v++) {
                int64_t n[4][9][2] = {{{0}}}; /* part, sides, label */

                memset(gene_part, 0, sizeof gene_part);
                if (plan.gene_block != NULL)
                    dn_split_gene_part(&plan, f, gene_part);
                dn_split_part(&plan, &positive, f, part);
                dn_negatives_part(&d, part, drawn[v], row_part);
                for (int64_t i = 0; i < d.n; i++) {
                    int sides = 3 * gene_part[d.gene_a[i]] + gene_part[d.gene_b[i]];
                    bool mine = d.label[i] > 0 || d.origin[i] == (uint8_t)drawn[v];

                    if (row_part[i] <= DN_LEFT_OUT)
                        n[row_part[i]][sides][d.label[i] > 0]++;
                    CU_ASSERT(!mine || row_part[i] <= DN_LEFT_OUT || part[d.like[i]] == DN_TRAIN);
                    CU_ASSERT(mine || row_part[i] >= DN_LEFT_OUT || part[d.like[i]] == DN_TRAIN);
                }
                for (int p = 0; p < DN_LEFT_OUT; p++)
                    for (int s = 0; s < 9; s++) {
                        CU_ASSERT(n[p][s][0] <= n[p][s][1]);
                        CU_ASSERT(n[p][s][0] >= n[p][s][1] * 9 / 10);
                    }
                CU_ASSERT(n[DN_TRAIN][0][0] > 300);
            }
        free(row_part);
        dn_negatives_destroy(&d);
        dn_split_plan_destroy(&plan);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Every gene as often, in its column, in negatives as in positives, when all could be placed. */
static void degrees_match(void)
{
    int64_t column[2][GENES], off = 0;
    dn_split_plan plan;
    dn_negatives d;

    make_pairs();
    plan = plan_of(&positive, DN_SPLIT_KFOLD, false, 3);
    d = draw(&plan, &positive, "degree,uniform", 1, NULL, 1);
    memset(column, 0, sizeof column);
    for (int64_t i = 0; i < d.n; i++)
        if (d.origin[i] != DN_UNIFORM) {
            column[0][d.gene_a[i]] += d.label[i] > 0 ? 1 : -1;
            column[1][d.gene_b[i]] += d.label[i] > 0 ? 1 : -1;
        }
    for (int g = 0; g < GENES; g++)
        off += llabs(column[0][g]) + llabs(column[1][g]);
    CU_ASSERT_EQUAL(d.of[DN_DEGREE].drawn, POSITIVES);
    CU_ASSERT_EQUAL(off, 0);
    CU_ASSERT_EQUAL(d.of[DN_DEGREE].distance, 0);
    CU_ASSERT(d.of[DN_UNIFORM].distance > 0.2);
    dn_negatives_destroy(&d);
    dn_split_plan_destroy(&plan);
}

/* AUROC of popularity, fitted on the training rows, of the test rows of a view. */
static double popularity(const dn_negatives *d, const uint8_t *stored, dn_origin view)
{
    static double odds[GENES];
    static int64_t scratch[2 * GENES], rows[4 * PAIRS];
    static uint8_t one[4 * PAIRS];
    int64_t n = 0;
    double won = 0, pairs = 0;

    for (int64_t i = 0; i < d->n; i++) {
        one[i] = d->label[i] > 0;
        if (stored[i] == DN_TRAIN)
            rows[n++] = i;
    }
    dn_popularity_fit(d->gene_a, d->gene_b, one, rows, n, GENES, odds, scratch);
    for (int64_t i = 0; i < d->n; i++)
        for (int64_t j = 0; j < d->n; j++) {
            double x, y;

            if (one[i] == 0 || one[j] != 0 ||
                dn_part_in_view(stored[i], one[i], d->origin[i], DN_UNIFORM, view) != DN_TEST ||
                dn_part_in_view(stored[j], 0, d->origin[j], DN_UNIFORM, view) != DN_TEST)
                continue;
            x = odds[d->gene_a[i]] + odds[d->gene_b[i]];
            y = odds[d->gene_a[j]] + odds[d->gene_b[j]];
            won += x > y ? 1 : x == y ? 0.5 : 0;
            pairs++;
        }
    return won / pairs;
}

static void popularity_is_worth_nothing(void)
{
    dn_split_plan plan;
    dn_negatives d;
    static uint8_t stored[4 * PAIRS];
    double uniform, degree;

    make_pairs();
    plan = plan_of(&positive, DN_SPLIT_RANDOM, false, 0);
    d = draw(&plan, &positive, "uniform,degree", 1, NULL, 1);
    dn_split_part(&plan, &positive, 0, part);
    dn_negatives_part(&d, part, DN_UNIFORM, stored);
    uniform = popularity(&d, stored, DN_UNIFORM);
    degree = popularity(&d, stored, DN_DEGREE);
    if (!(uniform > 0.65 && fabs(degree - 0.5) < 0.03))
        fprintf(stderr, "# popularity: uniform %.4f, degree %.4f\n", uniform, degree);
    CU_ASSERT(uniform > 0.65);
    CU_ASSERT(fabs(degree - 0.5) < 0.03); /* 750 against 750 rows: standard error below 0.015 */
    dn_negatives_destroy(&d);
    dn_split_plan_destroy(&plan);
}

/* What falls between validation and test counts in the view of its kind only, and every view leads to every
 * other. */
static void left_out_rows_have_a_kind(void)
{
    uint8_t given = dn_part_in_view(DN_LEFT_OUT, 0, DN_GIVEN, DN_UNIFORM, DN_UNIFORM);

    CU_ASSERT(given > DN_LEFT_OUT);
    CU_ASSERT_EQUAL(dn_part_in_view(given, 0, DN_GIVEN, DN_UNIFORM, DN_GIVEN), DN_LEFT_OUT);
    CU_ASSERT_EQUAL(dn_part_in_view(DN_LEFT_OUT, 0, DN_UNIFORM, DN_UNIFORM, DN_UNIFORM), DN_LEFT_OUT);
    CU_ASSERT_EQUAL(dn_part_in_view(DN_LEFT_OUT, 1, DN_GIVEN, DN_UNIFORM, DN_DEGREE), DN_LEFT_OUT);
}

static bool same(const dn_negatives *x, const dn_negatives *y)
{
    return x->n == y->n && memcmp(x->gene_a, y->gene_a, (size_t)x->n * sizeof *x->gene_a) == 0 &&
           memcmp(x->gene_b, y->gene_b, (size_t)x->n * sizeof *x->gene_b) == 0 &&
           memcmp(x->like, y->like, (size_t)x->n * sizeof *x->like) == 0;
}

static void the_seed_decides(void)
{
    dn_split_plan plan;
    dn_negatives d[3];
    uint64_t h = TEST_FNV;

    make_pairs();
    plan = plan_of(&all, DN_SPLIT_GENE_DISJOINT, false, 0);
    for (int k = 0; k < 3; k++)
        d[k] = draw(&plan, &all, "degree,uniform", 1, decoy, k < 2 ? 1 : 2);
    CU_ASSERT(same(&d[0], &d[1]));
    CU_ASSERT(!same(&d[0], &d[2]));
    h = test_fnv(h, d[0].gene_a, (size_t)d[0].n * sizeof *d[0].gene_a);
    h = test_fnv(h, d[0].gene_b, (size_t)d[0].n * sizeof *d[0].gene_b);
    if (h != 0x321ccddc798007bfu) /* what is drawn is part of the format */
        fprintf(stderr, "# negatives: 0x%016llx\n", (unsigned long long)h);
    CU_ASSERT_EQUAL(h, 0x321ccddc798007bfu);
    for (int k = 0; k < 3; k++)
        dn_negatives_destroy(&d[k]);
    dn_split_plan_destroy(&plan);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void ratios(void)
{
    static const double ratio[] = {0.5, 2, 2.5};

    make_pairs();
    for (size_t k = 0; k < sizeof ratio / sizeof *ratio; k++) {
        dn_split_plan plan = plan_of(&positive, DN_SPLIT_KFOLD, false, 3);
        dn_negatives d = draw(&plan, &positive, "uniform,degree", ratio[k], NULL, 1);

        check_rows(&d, false, false);
        CU_ASSERT(fabs((double)d.of[DN_UNIFORM].wanted - ratio[k] * POSITIVES) <= 3); /* blocks */
        CU_ASSERT_EQUAL(d.of[DN_UNIFORM].drawn, d.of[DN_UNIFORM].wanted);
        CU_ASSERT(d.of[DN_DEGREE].drawn > d.of[DN_DEGREE].wanted * 9 / 10);
        CU_ASSERT(d.of[DN_DEGREE].distance < 0.05 + 0.5 * (ratio[k] < 1));
        dn_negatives_destroy(&d);
        dn_split_plan_destroy(&plan);
    }
}

/* Groups of one or two positives: each alone would round to nothing, or up. */
static void ratios_of_small_groups(void)
{
    static const double ratio[] = {0.1, 0.3, 0.5, 1.5};
    dn_split_plan plan = plan_of(&positive, DN_SPLIT_KFOLD, true, 10);

    for (size_t k = 0; k < sizeof ratio / sizeof *ratio; k++) {
        dn_negatives d = draw(&plan, &positive, "uniform", ratio[k], NULL, 1);

        CU_ASSERT_EQUAL(d.of[DN_UNIFORM].wanted, llround(ratio[k] * POSITIVES));
        CU_ASSERT_EQUAL(d.of[DN_UNIFORM].drawn, d.of[DN_UNIFORM].wanted);
        dn_negatives_destroy(&d);
    }
    dn_split_plan_destroy(&plan);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Where there is no room: a star has no degree-matched negative at all, a full graph none of any kind. */
static void no_room(void)
{
    dn_split_plan plan;
    dn_negatives d;
    dn_pairs few = {.n = 0, .gene_a = gene_a, .gene_b = gene_b, .label = label, .classes = 2};

    for (few.n = 0; few.n < 30; few.n++)
        put(few.n, few.n % 2 == 0 ? 0 : few.n + 1, few.n % 2 == 0 ? few.n + 1 : 0, 1);
    plan = plan_of(&few, DN_SPLIT_KFOLD, false, 3);
    d = draw(&plan, &few, "degree,uniform", 1, NULL, 1);
    for (int64_t i = few.n; i < d.n; i++) /* the pairs of its leaves */
        CU_ASSERT(d.gene_a[i] != 0 && d.gene_b[i] != 0 && d.gene_a[i] != d.gene_b[i]);
    CU_ASSERT(d.of[DN_DEGREE].drawn < 30);
    CU_ASSERT_EQUAL(d.of[DN_UNIFORM].drawn, 30);
    dn_negatives_destroy(&d);
    dn_split_plan_destroy(&plan);

    few.n = 0;
    for (int a = 0; a < 8; a++)
        for (int b = 0; b < a; b++)
            put(few.n++, a, b, 1);
    plan = plan_of(&few, DN_SPLIT_KFOLD, false, 3);
    d = draw(&plan, &few, "uniform,degree", 1, NULL, 1);
    CU_ASSERT_EQUAL(d.n, few.n);
    CU_ASSERT_EQUAL(d.of[DN_UNIFORM].wanted, few.n);
    CU_ASSERT_EQUAL(d.of[DN_UNIFORM].drawn + d.of[DN_DEGREE].drawn, 0);
    CU_ASSERT(d.of[DN_UNIFORM].distance > 0.999 && d.of[DN_DEGREE].distance > 0.999); /* not matched */
    dn_negatives_destroy(&d);
    d = draw(&plan, &few, "uniform,degree", 1, (const uint8_t[GENES]){1, 1, 1, 1, 1, 1, 1, 1}, 1);
    CU_ASSERT_EQUAL(d.n, few.n); /* decoys, all of them */
    dn_negatives_destroy(&d);
    dn_split_plan_destroy(&plan);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void refusals(void)
{
    dn_split_plan plan;
    dn_negatives d = {.n = 0};
    dn_negatives_options o = {.ratio = 1, .seed = 1};
    dn_origins origins;
    dn_error err = DN_ERROR_INIT;
    dn_pairs none = {.n = GIVEN,
                     .gene_a = gene_a + POSITIVES,
                     .gene_b = gene_b + POSITIVES,
                     .label = label + POSITIVES,
                     .classes = 2};

    make_pairs();
    plan = plan_of(&positive, DN_SPLIT_RANDOM, false, 0);
    CU_ASSERT_EQUAL(dn_origins_parse("uniform,given", &o.origins, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_negatives_draw(&plan, &positive, &o, &d, &err), DN_EDATA);
    CU_ASSERT(strstr(err.text, "--negatives degree,uniform") != NULL);
    dn_split_plan_destroy(&plan);
    o.ratio = 0;
    plan = plan_of(&all, DN_SPLIT_RANDOM, false, 0);
    CU_ASSERT_EQUAL(dn_negatives_draw(&plan, &all, &o, &d, NULL), DN_EUSAGE);
    o.ratio = (double)NAN;
    CU_ASSERT_EQUAL(dn_negatives_draw(&plan, &all, &o, &d, NULL), DN_EUSAGE);
    dn_split_plan_destroy(&plan);
    o.ratio = 1;
    plan = plan_of(&none, DN_SPLIT_RANDOM, false, 0);
    CU_ASSERT_EQUAL(dn_negatives_draw(&plan, &none, &o, &d, NULL), DN_EDATA);
    dn_split_plan_destroy(&plan);
    CU_ASSERT_EQUAL(dn_origins_parse("", &origins, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_origins_parse("given,", &origins, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_origins_parse("given,given", &origins, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_origins_parse("degrees", &origins, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void no_memory(void)
{
    dn_split_plan plan;
    dn_status st = DN_ENOMEM;
    long k = 0;

    make_pairs();
    plan = plan_of(&all, DN_SPLIT_KFOLD, true, 3);
    for (; st != DN_OK && k < 10000; k++) {
        dn_negatives_options o = {.ratio = 3, .seed = 1, .decoy = decoy}; /* 3: the set must grow */
        dn_negatives d = {.n = 0};
        int64_t before = dn_alloc_live();

        CU_ASSERT_EQUAL(dn_origins_parse("degree,given,uniform", &o.origins, NULL), DN_OK);
        dn_alloc_fail_after(k);
        st = dn_negatives_draw(&plan, &all, &o, &d, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && dn_alloc_live() == before));
        dn_negatives_destroy(&d);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    CU_ASSERT(k > 15);
    dn_split_plan_destroy(&plan);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void sets_of_pairs(void)
{
    static uint8_t in[60][60];
    dn_rng s = dn_rng_stream(1, DN_RNG_SYNTH, 98, 0);
    dn_pair_set set = {.cap = 0};
    int64_t wrong = 0;

    memset(in, 0, sizeof in);
    CU_ASSERT_EQUAL(dn_pair_set_create(0, &set, NULL), DN_OK);
    for (uint64_t i = 0; i < 30000; i++) {
        int64_t a = (int64_t)dn_rng_below(s, 3 * i, 60), b = (int64_t)dn_rng_below(s, 3 * i + 1, 60);

        wrong += dn_pair_set_has(&set, a, b) != (in[a][b] != 0);
        in[a][b] = in[b][a] = dn_rng_below(s, 3 * i + 2, 3) > 0;
        if (in[a][b]) {
            CU_ASSERT_EQUAL(dn_pair_set_add(&set, b, a, NULL), DN_OK);
        } else {
            dn_pair_set_remove(&set, a, b);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(!dn_pair_set_has(&set, INT32_MAX, 0));
    CU_ASSERT_EQUAL(dn_pair_set_add(&set, INT32_MAX, 0, NULL), DN_OK);
    CU_ASSERT(dn_pair_set_has(&set, 0, INT32_MAX) && !dn_pair_set_has(&set, 0, INT32_MAX - 1));
    dn_pair_set_destroy(&set);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"rows may stand there", rows_may_stand_there},
                                {"as many as positives", as_many_as_positives},
                                {"degrees match", degrees_match},
                                {"popularity is worth nothing", popularity_is_worth_nothing},
                                {"left out rows have a kind", left_out_rows_have_a_kind},
                                {"the seed decides", the_seed_decides},
                                {"ratios", ratios},
                                {"ratios_of_small_groups", ratios_of_small_groups},
                                {"no room", no_room},
                                {"refusals", refusals},
                                {"no memory", no_memory},
                                {"sets of pairs", sets_of_pairs},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "negatives", tests);
}
