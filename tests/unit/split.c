/* split.c - tests of the pure part of mpi/data/split.h */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/data/split.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { GENES = 130, USED = 120, PAIRS = 4001, POSITIVES = 1500 };

static int32_t gene_a[PAIRS], gene_b[PAIRS];
static uint8_t label[PAIRS];
static const dn_pairs pairs = {.n = PAIRS, .gene_a = gene_a, .gene_b = gene_b, .label = label};
static uint8_t part[PAIRS], again[PAIRS], gene_part[GENES];

/* Different pairs of the first USED genes, the last ten genes in none; POSITIVES of them positive. */
static void make_pairs(void)
{
    dn_permutation order = dn_permutation_make(7, 0, USED * (USED - 1) / 2);

    for (int64_t i = 0; i < PAIRS; i++) {
        int64_t k = (int64_t)dn_permute(&order, (uint64_t)i), high = 1;

        while (high * (high + 1) / 2 <= k)
            high++;
        gene_a[i] = (int32_t)high;
        gene_b[i] = (int32_t)(k - high * (high - 1) / 2);
        label[i] = i * POSITIVES / PAIRS != (i + 1) * POSITIVES / PAIRS;
    }
}

static dn_split_plan plan_of(dn_split_kind kind, bool by_genes, double train, double validation, double test,
                             int64_t folds, uint64_t seed)
{
    dn_split_options o = {.kind = kind,
                          .by_genes = by_genes,
                          .fraction = {train, validation, test},
                          .folds = folds,
                          .seed = seed};
    dn_split_plan p = {0};
    dn_error err = DN_ERROR_INIT;

    make_pairs();
    CU_ASSERT_EQUAL(dn_split_plan_make(&o, &pairs, GENES, &p, &err), DN_OK);
    CU_ASSERT_EQUAL(err.code, DN_OK);
    return p;
}

static void count(int64_t out[4][2])
{
    memset(out, 0, 8 * sizeof(int64_t));
    for (int64_t i = 0; i < PAIRS; i++) {
        CU_ASSERT(part[i] <= DN_LEFT_OUT);
        out[part[i]][label[i]]++;
    }
}

/* FNV-1a of the parts: the definition of a split is part of the format. */
static uint64_t checksum(uint64_t h)
{
    for (int64_t i = 0; i < PAIRS; i++)
        h = (h ^ part[i]) * 0x100000001b3u;
    return h;
}

static bool near(double a, double b)
{
    return a - b <= 1 && b - a <= 1;
}

static void fractions_hold_in_each_class(void)
{
    static const double f[][3] = {{0.8, 0.1, 0.1}, {1, 0, 0},       {0, 0, 1},
                                  {0.9, 0.1, 0},   {0.85, 0, 0.15}, {0, 1, 0}};
    const double of[2] = {PAIRS - POSITIVES, POSITIVES};

    for (size_t k = 0; k < sizeof f / sizeof f[0]; k++) {
        dn_split_plan p = plan_of(DN_SPLIT_RANDOM, false, f[k][0], f[k][1], f[k][2], 0, 1);
        int64_t n[4][2];

        dn_split_part(&p, &pairs, 0, part);
        count(n);
        for (int c = 0; c < 2; c++) {
            for (int i = 0; i < 3; i++)
                CU_ASSERT(f[k][i] > 0 ? near((double)n[i][c], f[k][i] * of[c]) : n[i][c] == 0);
            CU_ASSERT_EQUAL(n[DN_LEFT_OUT][c], 0);
        }
        dn_split_plan_destroy(&p);
    }
}

static void the_seed_decides(void)
{
    dn_split_plan p = plan_of(DN_SPLIT_RANDOM, false, 0.5, 0.25, 0.25, 0, 1);
    dn_split_plan same = plan_of(DN_SPLIT_RANDOM, false, 0.5, 0.25, 0.25, 0, 1);
    dn_split_plan other = plan_of(DN_SPLIT_RANDOM, false, 0.5, 0.25, 0.25, 0, 2);

    dn_split_part(&p, &pairs, 0, part);
    dn_split_part(&same, &pairs, 0, again);
    CU_ASSERT_EQUAL(memcmp(part, again, PAIRS), 0);
    dn_split_part(&other, &pairs, 0, again);
    CU_ASSERT_NOT_EQUAL(memcmp(part, again, PAIRS), 0);
    dn_split_plan_destroy(&p);
    dn_split_plan_destroy(&same);
    dn_split_plan_destroy(&other);
}

/* The part of a pair as the header words it, from the parts of its genes; -1: training or held out of it. */
static int expected(uint8_t a, uint8_t b)
{
    if (a == DN_TRAIN && b == DN_TRAIN)
        return -1;
    if ((a == DN_TEST && b == DN_VALIDATION) || (a == DN_VALIDATION && b == DN_TEST))
        return DN_LEFT_OUT;
    return a == DN_TEST || b == DN_TEST ? DN_TEST : DN_VALIDATION;
}

static void genes_are_disjoint(void)
{
    dn_split_plan p = plan_of(DN_SPLIT_GENE_DISJOINT, false, 0.6, 0.15, 0.25, 0, 1);
    int64_t inner[4][2] = {{0}}, total[2] = {0}, genes[4] = {0};

    dn_split_part(&p, &pairs, 0, part);
    dn_split_gene_part(&p, 0, gene_part);
    for (int g = 0; g < GENES; g++)
        genes[gene_part[g]]++;
    CU_ASSERT(genes[DN_TRAIN] == 72 && genes[DN_VALIDATION] == 18 && genes[DN_TEST] == 30);
    CU_ASSERT_EQUAL(genes[DN_LEFT_OUT], GENES - USED);
    for (int64_t i = 0; i < PAIRS; i++) {
        int want = expected(gene_part[gene_a[i]], gene_part[gene_b[i]]);

        CU_ASSERT(want == -1 || part[i] == want);
        if (want == -1) {
            inner[part[i]][label[i]]++;
            total[label[i]]++;
        }
    }
    for (int c = 0; c < 2; c++) {
        CU_ASSERT(near((double)inner[DN_VALIDATION][c], 0.15 * (double)total[c]));
        CU_ASSERT(near((double)inner[DN_TEST][c], 0.25 * (double)total[c]));
        CU_ASSERT_EQUAL(inner[DN_LEFT_OUT][c], 0);
    }
    dn_split_plan_destroy(&p);
}

static void folds_cover_every_pair_once(void)
{
    for (int64_t folds = 3; folds <= 100; folds += folds < 5 ? 1 : 95) {
        dn_split_plan p = plan_of(DN_SPLIT_KFOLD, false, 0, 0, 0, folds, 1);
        int tested[PAIRS] = {0}, validated[PAIRS] = {0};

        CU_ASSERT_EQUAL(p.folds, folds);
        for (int64_t f = 0; f < folds; f++) {
            int64_t n[4][2];

            dn_split_part(&p, &pairs, f, part);
            count(n);
            CU_ASSERT(near((double)n[DN_TEST][1], (double)POSITIVES / (double)folds));
            CU_ASSERT(near((double)n[DN_VALIDATION][1], (double)POSITIVES / (double)folds));
            CU_ASSERT(near((double)(n[DN_TEST][0] + n[DN_TEST][1]), (double)PAIRS / (double)folds));
            CU_ASSERT_EQUAL(n[DN_LEFT_OUT][0] + n[DN_LEFT_OUT][1], 0);
            for (int64_t i = 0; i < PAIRS; i++) {
                tested[i] += part[i] == DN_TEST;
                validated[i] += part[i] == DN_VALIDATION;
            }
        }
        for (int64_t i = 0; i < PAIRS; i++)
            CU_ASSERT(tested[i] == 1 && validated[i] == 1);
        dn_split_plan_destroy(&p);
    }
}

/* Each gene is test once. A pair of training genes is held out for test in one fold at most, for validation
 * in another; every class gets its share in every fold. */
static void folds_of_genes(int64_t folds)
{
    dn_split_plan p = plan_of(DN_SPLIT_KFOLD, true, 0, 0, 0, folds, 1);
    int tested[GENES] = {0}, held[PAIRS][2] = {{0}};
    double share = 1.0 / (double)(folds > 10 ? folds : 10);

    CU_ASSERT_EQUAL(dn_split_held_out(&p.options), folds > 10 ? folds : 10);
    for (int64_t f = 0; f < folds; f++) {
        int64_t genes[4] = {0}, inner[4][2] = {{0}};

        dn_split_part(&p, &pairs, f, part);
        dn_split_gene_part(&p, f, gene_part);
        for (int g = 0; g < GENES; g++) {
            tested[g] += gene_part[g] == DN_TEST;
            genes[gene_part[g]]++;
        }
        CU_ASSERT(genes[DN_TEST] == USED / folds && genes[DN_VALIDATION] == USED / folds);
        for (int64_t i = 0; i < PAIRS; i++) {
            int want = expected(gene_part[gene_a[i]], gene_part[gene_b[i]]);

            CU_ASSERT(want == -1 ? part[i] != DN_LEFT_OUT : part[i] == want);
            if (want == -1) {
                inner[part[i]][label[i]]++;
                held[i][0] += part[i] == DN_TEST;
                held[i][1] += part[i] == DN_VALIDATION;
            }
        }
        for (int c = 0; c < 2; c++) { /* within four standard deviations of a draw of so many */
            double all = (double)(inner[DN_TRAIN][c] + inner[DN_VALIDATION][c] + inner[DN_TEST][c]);
            double off = 4 * sqrt(all * share);

            CU_ASSERT(fabs((double)inner[DN_TEST][c] - share * all) < off);
            CU_ASSERT(fabs((double)inner[DN_VALIDATION][c] - share * all) < off);
        }
    }
    for (int g = 0; g < GENES; g++)
        CU_ASSERT_EQUAL(tested[g], g < USED);
    for (int64_t i = 0; i < PAIRS; i++)
        CU_ASSERT(held[i][0] <= 1 && held[i][1] <= 1);
    dn_split_plan_destroy(&p);
}

static void folds_of_genes_few_and_many(void)
{
    folds_of_genes(3);
    folds_of_genes(4);
    folds_of_genes(10);
    folds_of_genes(12);
}

/* In every fold there are unseen pairs of all three classes, and what is tested was trained on nowhere. */
static void folds_of_genes_measure_all_classes(void)
{
    dn_split_plan p = plan_of(DN_SPLIT_KFOLD, true, 0, 0, 0, 5, 3);
    dn_split_count n[DN_COUNTS];

    for (int64_t f = 0; f < 5; f++) {
        dn_split_part(&p, &pairs, f, part);
        CU_ASSERT_EQUAL(dn_split_counts(&pairs, GENES, part, n, NULL), DN_OK);
        for (int c = 0; c < 3; c++) {
            CU_ASSERT(n[DN_COUNT_TEST_C1 + c].positives > 20 &&
                      n[DN_COUNT_TEST_C1 + c].rows - n[DN_COUNT_TEST_C1 + c].positives > 20);
            CU_ASSERT(n[DN_COUNT_VALIDATION_C1 + c].positives > 20);
        }
    }
    dn_split_plan_destroy(&p);
}

static void counts_by_class(void)
{
    int32_t a[] = {0, 0, 0, 3, 3, 1, 4}, b[] = {1, 2, 3, 4, 5, 2, 0};
    uint8_t y[] = {1, 0, 1, 0, 1, 1, 1};
    const uint8_t parts[] = {DN_TRAIN, DN_TRAIN, DN_TEST, DN_TEST, DN_VALIDATION, DN_TEST, DN_LEFT_OUT};
    dn_pairs few = {.n = 7, .gene_a = a, .gene_b = b, .label = y};
    dn_split_count n[DN_COUNTS];
    const int64_t rows[DN_COUNTS] = {2, 1, 3, 1, 0, 0, 1, 1, 1, 1},
                  positives[DN_COUNTS] = {1, 1, 2, 1, 0, 0, 1, 1, 1, 0};

    CU_ASSERT_EQUAL(dn_split_counts(&few, 6, parts, n, NULL), DN_OK);
    for (int c = 0; c < DN_COUNTS; c++)
        CU_ASSERT(n[c].rows == rows[c] && n[c].positives == positives[c]);
}

static void small_tests_are_refused(void)
{
    dn_split_plan random = {.options = {.kind = DN_SPLIT_RANDOM, .fraction = {0.8, 0.1, 0.1}}};
    dn_split_plan genes = {.options = {.kind = DN_SPLIT_GENE_DISJOINT, .fraction = {0.8, 0.1, 0.1}}};
    dn_split_plan none = {.options = {.kind = DN_SPLIT_RANDOM, .fraction = {0.9, 0.1, 0}}};
    dn_split_count n[DN_COUNTS] = {[DN_TEST] = {.rows = 400, .positives = 200},
                                   [DN_COUNT_TEST_C1 + 2] = {.rows = 399, .positives = 200}};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_split_check_test(&random, 0, n, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_split_check_test(&genes, 0, n, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "test_c3"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "200 positive and 199 negative"));
    n[DN_COUNT_TEST_C1 + 2].rows = 400;
    CU_ASSERT_EQUAL(dn_split_check_test(&genes, 0, n, NULL), DN_OK);
    n[DN_TEST].positives = 199;
    CU_ASSERT_EQUAL(dn_split_check_test(&random, 0, n, NULL), DN_EDATA);
    n[DN_TEST] = (dn_split_count){0};
    CU_ASSERT_EQUAL(dn_split_check_test(&random, 0, n, NULL), DN_EDATA);
    CU_ASSERT_EQUAL(dn_split_check_test(&none, 0, n, NULL), DN_OK);
}

static void bad_options_are_refused(void)
{
    static const struct {
        dn_split_options o;
        dn_status st;
    } bad[] = {{{.kind = DN_SPLIT_RANDOM, .fraction = {0.8, 0.1, 0.2}}, DN_EUSAGE},
               {{.kind = DN_SPLIT_RANDOM, .fraction = {1.1, -0.1, 0}}, DN_EUSAGE},
               {{.kind = DN_SPLIT_KFOLD, .folds = 2}, DN_EUSAGE},
               {{.kind = DN_SPLIT_KFOLD, .folds = 101}, DN_EUSAGE},
               {{.kind = DN_SPLIT_KFOLD, .folds = 5, .by_genes = true}, DN_EDATA},
               {{.kind = DN_SPLIT_KFOLD, .folds = 5}, DN_EDATA}};
    int32_t a[] = {0, 1, 2}, b[] = {1, 2, 3};
    uint8_t y[] = {0, 1, 0};
    dn_pairs three = {.n = 3, .gene_a = a, .gene_b = b, .label = y}, empty = {.n = 0};
    dn_split_options good = {.kind = DN_SPLIT_RANDOM, .fraction = {1, 0, 0}};
    dn_split_plan p = {0};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_EQUAL(dn_split_plan_make(&bad[i].o, &three, 4, &p, NULL), bad[i].st);
    CU_ASSERT_EQUAL(dn_split_plan_make(&good, &empty, 4, &p, NULL), DN_EDATA);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void no_memory_no_plan(const dn_split_options *o)
{
    dn_split_plan p = {0};
    dn_status st = DN_ENOMEM;
    long k = 0;

    make_pairs();
    for (; st == DN_ENOMEM && k < 20; k++) {
        dn_alloc_fail_after(k);
        st = dn_split_plan_make(o, &pairs, GENES, &p, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || dn_alloc_live() == 0);
    }
    CU_ASSERT(st == DN_OK && k > 2);
    dn_split_plan_destroy(&p);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void no_memory_no_plan_of_any_kind(void)
{
    no_memory_no_plan(&(dn_split_options){.kind = DN_SPLIT_GENE_DISJOINT, .fraction = {0.6, 0.2, 0.2}});
    no_memory_no_plan(&(dn_split_options){.kind = DN_SPLIT_KFOLD, .by_genes = true, .folds = 4});
}

/* A change of these sums is a change of what stored splits and published figures mean. */
static void the_definition_stays(void)
{
    static const struct {
        dn_split_kind kind;
        bool by_genes;
        uint64_t sum;
    } pinned[] = {{DN_SPLIT_RANDOM, false, 0x6528d08b9ded3131u},
                  {DN_SPLIT_GENE_DISJOINT, false, 0xe67e0fdaa8564360u},
                  {DN_SPLIT_KFOLD, false, 0x0f779e997b3c8eeeu},
                  {DN_SPLIT_KFOLD, true, 0x96612af6396a8b9cu}};

    for (size_t i = 0; i < sizeof pinned / sizeof pinned[0]; i++) {
        dn_split_plan p = plan_of(pinned[i].kind, pinned[i].by_genes, 0.7, 0.1, 0.2, 5, 42);
        uint64_t h = 0xcbf29ce484222325u;

        for (int64_t f = 0; f < p.folds; f++) {
            dn_split_part(&p, &pairs, f, part);
            h = checksum(h);
        }
        if (h != pinned[i].sum)
            fprintf(stderr, "# split definition %zu: 0x%016llx\n", i, (unsigned long long)h);
        CU_ASSERT_EQUAL(h, pinned[i].sum);
        dn_split_plan_destroy(&p);
    }
}

static const dn_test tests[] = {{"fractions hold in each class", fractions_hold_in_each_class},
                                {"the seed decides", the_seed_decides},
                                {"genes are disjoint", genes_are_disjoint},
                                {"folds cover every pair once", folds_cover_every_pair_once},
                                {"folds of genes, few and many", folds_of_genes_few_and_many},
                                {"folds of genes measure all classes", folds_of_genes_measure_all_classes},
                                {"counts by class", counts_by_class},
                                {"small tests are refused", small_tests_are_refused},
                                {"bad options are refused", bad_options_are_refused},
                                {"no memory, no plan", no_memory_no_plan_of_any_kind},
                                {"the definition stays", the_definition_stays},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "split", tests);
}
