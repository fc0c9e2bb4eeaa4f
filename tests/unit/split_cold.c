/* split_cold.c - tests of the splits of drug-target sets in mpi/data/split.h */
#include "tests/support/test.h"

#include <string.h>
#include "mpi/data/split.h"
#include "mpi/inputs/dti_history.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { DRUGS = 90, TARGETS = 70, LAST = 60, PAIRS = 2500, ALL = DRUGS + TARGETS };

static int64_t drug[PAIRS], target[PAIRS];
static uint8_t label[PAIRS];
static const dn_interactions set = {
    .n = PAIRS, .drugs = DRUGS, .targets = TARGETS, .drug = drug, .target = target, .label = label};
static uint8_t part[PAIRS], again[PAIRS], side[ALL];

/* Different pairs; the targets from LAST on are in none. */
static void make_pairs(void)
{
    dn_permutation order = dn_permutation_make(3, 0, DRUGS * LAST);

    for (int64_t i = 0; i < PAIRS; i++) {
        int64_t k = (int64_t)dn_permute(&order, (uint64_t)i);
        drug[i] = k / LAST;
        target[i] = k % LAST;
        label[i] = i % 3 == 0;
    }
}

static dn_split_plan plan_of(dn_split_kind kind, const double *f, int64_t folds, uint64_t seed,
                             dn_pairs *out_pairs)
{
    dn_split_options o = {.kind = kind, .folds = folds, .drugs = DRUGS, .seed = seed};
    dn_split_plan p = {0};

    if (f != NULL)
        memcpy(o.fraction, f, sizeof o.fraction);
    make_pairs();
    CU_ASSERT_EQUAL(dn_split_pairs_of(&set, out_pairs, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_split_plan_make(&o, out_pairs, ALL, &p, NULL), DN_OK);
    return p;
}

/* Parts of the entities [begin, end): how many of each. */
static void count_side(int64_t begin, int64_t end, int64_t out[4])
{
    memset(out, 0, 4 * sizeof *out);
    for (int64_t e = begin; e < end; e++)
        out[side[e]]++;
}

static void one_side_is_cold(void)
{
    static const double f[3] = {0.6, 0.1, 0.3};

    for (int of_targets = 0; of_targets <= 1; of_targets++) {
        dn_pairs pairs = {0};
        dn_split_plan p = plan_of(of_targets ? DN_SPLIT_COLD_TARGET : DN_SPLIT_COLD_DRUG, f, 1, 1, &pairs);
        int64_t n[4], n_all = of_targets ? LAST : DRUGS;

        dn_split_part(&p, &pairs, 0, part);
        dn_split_gene_part(&p, 0, side);
        count_side(of_targets ? DRUGS : 0, of_targets ? ALL : DRUGS, n);
        CU_ASSERT(n[DN_TRAIN] == n_all * 6 / 10 && n[DN_VALIDATION] == n_all / 10 &&
                  n[DN_TEST] == n_all * 3 / 10 && n[DN_LEFT_OUT] == (of_targets ? TARGETS - LAST : 0));
        count_side(of_targets ? 0 : DRUGS, of_targets ? DRUGS : DRUGS + LAST, n);
        CU_ASSERT_EQUAL(n[DN_TRAIN], of_targets ? DRUGS : LAST);
        for (int64_t i = 0; i < PAIRS; i++)
            CU_ASSERT_EQUAL(part[i], side[of_targets ? DRUGS + target[i] : drug[i]]);
        dn_split_plan_destroy(&p);
        dn_pairs_destroy(&pairs);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void both_sides_are_cold(void)
{
    static const double f[3] = {0.5, 0.2, 0.3};
    dn_pairs pairs = {0};
    dn_split_plan p = plan_of(DN_SPLIT_COLD_BOTH, f, 1, 1, &pairs);
    int64_t n[4], pairs_of[4] = {0};

    dn_split_part(&p, &pairs, 0, part);
    dn_split_gene_part(&p, 0, side);
    count_side(0, DRUGS, n);
    CU_ASSERT(n[DN_TRAIN] == 45 && n[DN_VALIDATION] == 18 && n[DN_TEST] == 27);
    count_side(DRUGS, ALL, n);
    CU_ASSERT(n[DN_TRAIN] == 30 && n[DN_VALIDATION] == 12 && n[DN_TEST] == 18 && n[DN_LEFT_OUT] == 10);
    for (int64_t i = 0; i < PAIRS; i++) {
        uint8_t a = side[drug[i]], b = side[DRUGS + target[i]];
        CU_ASSERT_EQUAL(part[i], a == b ? a : DN_LEFT_OUT);
        pairs_of[part[i]]++;
    }
    for (int q = 0; q < 4; q++)
        CU_ASSERT(pairs_of[q] > 20);
    dn_split_plan_destroy(&p);
    dn_pairs_destroy(&pairs);
}

/* Every pair is tested in one of the K * K folds and in at most one of the diagonal ones; nothing of a test
 * pair is ever seen in training or validation. */
static void blocks(void)
{
    enum { K = 4 };
    dn_pairs pairs = {0};
    dn_split_plan p = plan_of(DN_SPLIT_BLOCKS, NULL, K, 1, &pairs);
    int tested[PAIRS] = {0}, validated[PAIRS] = {0}, diagonal[PAIRS] = {0};
    int64_t drug_tested[DRUGS] = {0};

    CU_ASSERT_EQUAL(p.folds, K * K);
    for (int64_t f = 0; f < K * K; f++) {
        uint8_t used[3][ALL] = {{0}};

        dn_split_part(&p, &pairs, f, part);
        dn_split_gene_part(&p, f, side);
        for (int64_t i = 0; i < PAIRS; i++) {
            tested[i] += part[i] == DN_TEST;
            validated[i] += part[i] == DN_VALIDATION;
            diagonal[i] += f < K && part[i] == DN_TEST;
            if (part[i] != DN_LEFT_OUT)
                used[part[i]][drug[i]] = used[part[i]][DRUGS + target[i]] = 1;
        }
        for (int64_t e = 0; e < ALL; e++)
            CU_ASSERT(used[0][e] + used[1][e] + used[2][e] <= 1);
        for (int64_t e = 0; f < K && e < DRUGS; e++)
            drug_tested[e] += side[e] == DN_TEST;
    }
    for (int64_t i = 0; i < PAIRS; i++)
        CU_ASSERT(tested[i] == 1 && validated[i] == 1 && diagonal[i] <= 1);
    for (int64_t e = 0; e < DRUGS; e++)
        CU_ASSERT_EQUAL(drug_tested[e], 1);
    dn_split_plan_destroy(&p);
    dn_pairs_destroy(&pairs);
}

/* k folds by drugs or targets: every pair is tested once and validates once, by its drug (target) alone;
 * folds have equally many, and no drug of test or validation is in training. */
static void folds_of_one_side(void)
{
    enum { K = 5 };
    for (int of_targets = 0; of_targets <= 1; of_targets++) {
        dn_pairs pairs = {0};
        dn_split_plan p =
            plan_of(of_targets ? DN_SPLIT_KFOLD_TARGETS : DN_SPLIT_KFOLD_DRUGS, NULL, K, 1, &pairs);
        int tested[PAIRS] = {0}, validated[PAIRS] = {0};
        int64_t n[4], n_all = of_targets ? LAST : DRUGS;

        CU_ASSERT(p.folds == K && dn_split_by_folds(&p.options));
        CU_ASSERT_STRING_EQUAL(dn_split_kind_name(&p.options), of_targets ? "kfold-targets" : "kfold-drugs");
        CU_ASSERT_STRING_EQUAL(dn_split_by_name(&p.options), of_targets ? "targets" : "drugs");
        for (int64_t f = 0; f < K; f++) {
            dn_split_part(&p, &pairs, f, part);
            dn_split_gene_part(&p, f, side);
            count_side(of_targets ? DRUGS : 0, of_targets ? ALL : DRUGS, n);
            CU_ASSERT(n[DN_TEST] == n_all / K && n[DN_VALIDATION] == n_all / K);
            count_side(of_targets ? 0 : DRUGS, of_targets ? DRUGS : DRUGS + LAST, n);
            CU_ASSERT_EQUAL(n[DN_TRAIN], of_targets ? DRUGS : LAST);
            for (int64_t i = 0; i < PAIRS; i++) {
                CU_ASSERT_EQUAL(part[i], side[of_targets ? DRUGS + target[i] : drug[i]]);
                tested[i] += part[i] == DN_TEST;
                validated[i] += part[i] == DN_VALIDATION;
            }
        }
        for (int64_t i = 0; i < PAIRS; i++)
            CU_ASSERT(tested[i] == 1 && validated[i] == 1);
        dn_split_plan_destroy(&p);
        dn_pairs_destroy(&pairs);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Clusters of 1 to 9 drugs, some of drugs in no pair: whole in every kind of split, shares nearly as wanted;
 * and entities that are alone go where they go without clusters. */
static void clusters_stay_whole(void)
{
    static const double f[3] = {0.5, 0.2, 0.3};
    static const dn_split_kind kinds[] = {DN_SPLIT_COLD_DRUG, DN_SPLIT_COLD_TARGET, DN_SPLIT_COLD_BOTH,
                                          DN_SPLIT_BLOCKS,    DN_SPLIT_KFOLD_DRUGS, DN_SPLIT_KFOLD_TARGETS};
    static int64_t of_drug[DRUGS], of_target[TARGETS], alone[DRUGS > TARGETS ? DRUGS : TARGETS];
    uint8_t without[ALL];

    for (int64_t i = 0; i < DRUGS; i++)
        of_drug[i] =
            i % 10 < 3 ? i : i - i % 10 + 3 - (i % 10 > 6 ? 3 : 0); /* {0, 7, 8, 9} 1 2 {3, 4, 5, 6} */
    for (int64_t i = 0; i < TARGETS; i++)
        of_target[i] = i - i % 5;
    for (int64_t i = 0; i < DRUGS || i < TARGETS; i++)
        alone[i] = i;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (int with = 0; with <= 2; with++) {
            dn_split_options o = {.kind = kinds[k], .folds = 3, .drugs = DRUGS, .seed = 4};
            dn_pairs pairs = {0};
            dn_split_plan p = {0};
            int64_t n[4];

            memcpy(o.fraction, f, sizeof f);
            o.drug_cluster = with == 0 ? NULL : with == 1 ? alone : of_drug;
            o.target_cluster = with == 0 ? NULL : with == 1 ? alone : of_target;
            make_pairs();
            CU_ASSERT_EQUAL(dn_split_pairs_of(&set, &pairs, NULL), DN_OK);
            CU_ASSERT_EQUAL(dn_split_plan_make(&o, &pairs, ALL, &p, NULL), DN_OK);
            dn_split_gene_part(&p, 0, side);
            CU_ASSERT((p.drug_cluster != NULL) ==
                      (with > 0 && kinds[k] != DN_SPLIT_KFOLD_TARGETS && kinds[k] != DN_SPLIT_COLD_TARGET));
            CU_ASSERT((p.target_cluster != NULL) ==
                      (with > 0 && kinds[k] != DN_SPLIT_KFOLD_DRUGS && kinds[k] != DN_SPLIT_COLD_DRUG));
            if (p.drug_cluster != NULL)
                CU_ASSERT(memcmp(p.drug_cluster, o.drug_cluster, DRUGS * sizeof(int64_t)) == 0);
            if (p.target_cluster != NULL)
                CU_ASSERT(memcmp(p.target_cluster, o.target_cluster, (ALL - DRUGS) * sizeof(int64_t)) == 0);
            if (with == 0)
                memcpy(without, side, ALL);
            if (with == 1)
                CU_ASSERT_EQUAL(memcmp(without, side, ALL), 0);
            for (int64_t i = 0; with == 2 && kinds[k] != DN_SPLIT_KFOLD_TARGETS && i < DRUGS; i++)
                CU_ASSERT_EQUAL(side[i], side[of_drug[i]]);
            for (int64_t i = 0; with == 2 && i < LAST; i++)
                CU_ASSERT_EQUAL(side[DRUGS + i], side[DRUGS + of_target[i]]);
            count_side(0, DRUGS, n);
            if (kinds[k] == DN_SPLIT_COLD_DRUG)
                CU_ASSERT(n[DN_TRAIN] >= 43 && n[DN_TRAIN] <= 47 && n[DN_TEST] >= 25 && n[DN_TEST] <= 29);
            if (kinds[k] == DN_SPLIT_BLOCKS || kinds[k] == DN_SPLIT_KFOLD_DRUGS)
                CU_ASSERT(n[DN_TEST] >= 27 && n[DN_TEST] <= 33);
            dn_split_plan_destroy(&p);
            dn_pairs_destroy(&pairs);
        }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The history that training shows hides what the kind of split makes new. */
static void history_hides_what_is_divided(void)
{
    for (int kind = DN_SPLIT_RANDOM; kind <= DN_SPLIT_KFOLD_TARGETS; kind++) {
        dn_split_options o = {.kind = (dn_split_kind)kind, .folds = 3, .drugs = DRUGS};
        const char *by = dn_split_by_name(&o);
        dn_hidden want = strcmp(by, "drugs") == 0               ? DN_HIDE_DRUG
                         : strcmp(by, "targets") == 0           ? DN_HIDE_TARGET
                         : strcmp(by, "drugs and targets") == 0 ? DN_HIDE_BOTH
                                                                : DN_HIDE_ROW;

        CU_ASSERT_EQUAL(dn_dti_hidden(dn_split_kind_name(&o)), want);
    }
}

static void warm_is_stratified(void)
{
    static const double f[3] = {0.8, 0, 0.2};
    dn_pairs pairs = {0};
    dn_split_plan p = plan_of(DN_SPLIT_RANDOM, f, 1, 1, &pairs);
    int64_t n[4][2] = {{0}};

    dn_split_part(&p, &pairs, 0, part);
    for (int64_t i = 0; i < PAIRS; i++)
        n[part[i]][label[i]]++;
    CU_ASSERT(n[DN_TEST][1] == 167 && n[DN_TEST][0] == 333 && n[DN_VALIDATION][0] + n[DN_LEFT_OUT][0] == 0);
    CU_ASSERT_STRING_EQUAL(dn_split_kind_name(&p.options), "warm");
    dn_split_plan_destroy(&p);
    dn_pairs_destroy(&pairs);
}

static void the_seed_decides(void)
{
    static const double f[3] = {0.6, 0.2, 0.2};
    static const dn_split_kind kinds[] = {DN_SPLIT_COLD_DRUG, DN_SPLIT_COLD_TARGET, DN_SPLIT_COLD_BOTH,
                                          DN_SPLIT_BLOCKS,    DN_SPLIT_KFOLD_DRUGS, DN_SPLIT_KFOLD_TARGETS};

    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (uint64_t seed = 1; seed <= 2; seed++) {
            dn_pairs one = {0}, two = {0};
            dn_split_plan p = plan_of(kinds[k], f, 3, 1, &one), q = plan_of(kinds[k], f, 3, seed, &two);

            dn_split_part(&p, &one, 0, part);
            dn_split_part(&q, &two, 0, again);
            CU_ASSERT_EQUAL(memcmp(part, again, PAIRS) == 0, seed == 1);
            dn_split_plan_destroy(&p);
            dn_split_plan_destroy(&q);
            dn_pairs_destroy(&one);
            dn_pairs_destroy(&two);
        }
}

static void refused(void)
{
    static const int64_t folds[] = {2, 11};
    dn_pairs pairs = {0};
    dn_split_plan p = {0};
    dn_split_count counts[DN_COUNTS] = {{.rows = 0}};
    dn_error err = DN_ERROR_INIT;

    make_pairs();
    CU_ASSERT_EQUAL(dn_split_pairs_of(&set, &pairs, NULL), DN_OK);
    for (int i = 0; i < 2; i++) {
        dn_split_options o = {.kind = DN_SPLIT_BLOCKS, .folds = folds[i], .drugs = DRUGS};
        CU_ASSERT_EQUAL(dn_split_plan_make(&o, &pairs, ALL, &p, NULL), DN_EUSAGE);
    }
    pairs.n = 5; /* of five pairs there are too few drugs */
    p.options = (dn_split_options){.kind = DN_SPLIT_BLOCKS, .folds = 10, .drugs = DRUGS};
    CU_ASSERT_EQUAL(dn_split_plan_make(&p.options, &pairs, ALL, &p, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cannot be dealt into 10 blocks"));
    pairs.n = PAIRS;
    counts[DN_TEST] = (dn_split_count){.rows = 400, .positives = 199};
    p.options.kind = DN_SPLIT_COLD_BOTH;
    p.options.fraction[2] = 0.2;
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(dn_split_check_test(&p, 0, counts, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "199 positive and 201 negative"));
    counts[DN_TEST].positives = 200;
    counts[DN_COUNT_TEST_C1] =
        (dn_split_count){.rows = 5, .positives = 1}; /* of no interest: cold means what it means */
    CU_ASSERT_EQUAL(dn_split_check_test(&p, 0, counts, NULL), DN_OK);
    dn_pairs_destroy(&pairs);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void memory_may_run_out(void)
{
    static int64_t alone[DRUGS > TARGETS ? DRUGS : TARGETS];
    dn_status st = DN_ENOMEM;

    for (int64_t i = 0; i < DRUGS || i < TARGETS; i++)
        alone[i] = i;
    make_pairs();
    for (long k = 0; st != DN_OK && k < 30; k++) {
        dn_split_options o = {.kind = DN_SPLIT_BLOCKS,
                              .folds = 5,
                              .drugs = DRUGS,
                              .drug_cluster = alone,
                              .target_cluster = alone};
        dn_pairs pairs = {0};
        dn_split_plan p = {0};

        dn_alloc_fail_after(k);
        st = dn_split_pairs_of(&set, &pairs, NULL);
        if (st == DN_OK)
            st = dn_split_plan_make(&o, &pairs, ALL, &p, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        dn_split_plan_destroy(&p);
        dn_pairs_destroy(&pairs);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"one side is cold", one_side_is_cold},
                                {"both sides are cold", both_sides_are_cold},
                                {"blocks", blocks},
                                {"folds of one side", folds_of_one_side},
                                {"clusters stay whole", clusters_stay_whole},
                                {"history hides what is divided", history_hides_what_is_divided},
                                {"warm is stratified", warm_is_stratified},
                                {"the seed decides", the_seed_decides},
                                {"what is refused", refused},
                                {"memory may run out", memory_may_run_out},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "split_cold", tests);
}
