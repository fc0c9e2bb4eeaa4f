/* contenders.c - tests of mpi/evaluate/contenders.h: which line speaks of which pair, and what is refused */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mpi/evaluate/contenders.h"
#include "solvers/base/alloc.h"

enum { DRUGS = 3, TARGETS = 2, PAIRS = 4 };

static char drug_bytes[] = "D1D10\xc3\xa9", target_bytes[] = "T1D1"; /* ids of which one begins another */
static int64_t drug_offset[] = {0, 2, 5, 7}, target_offset[] = {0, 2, 4};
static int64_t drug[PAIRS] = {2, 0, 1, 0}, target[PAIRS] = {0, 1, 0, 0};
static uint8_t label[PAIRS] = {1, 0, 0, 1};
static const dn_drugs drugs = {.n = DRUGS, .id = {.n = DRUGS, .offset = drug_offset, .bytes = drug_bytes}};
static const dn_targets targets = {.n = TARGETS,
                                   .id = {.n = TARGETS, .offset = target_offset, .bytes = target_bytes}};
static const dn_interactions pairs = {
    .n = PAIRS, .drugs = DRUGS, .targets = TARGETS, .drug = drug, .target = target, .label = label};
static const dn_eval_kind kind = {.scorers = 2, .scorer = {"model", "one"}};
static char path[64];

/* The scores of one contender out of a file of this text, on every rank. */
static dn_status score(const char *text, const char *split, int64_t fold, bool folds, bool splits,
                       double *out, dn_error *err)
{
    dn_contender_rows rows = {.drugs = &drugs,
                              .targets = &targets,
                              .pairs = &pairs,
                              .split = split,
                              .fold = fold,
                              .several_folds = folds,
                              .several_splits = splits};
    char spec[80];
    const char *list[] = {spec};
    dn_contenders k;
    dn_status st;

    snprintf(path, sizeof path, "/tmp/dragnet-contenders-%ld.tsv", (long)getpid());
    snprintf(spec, sizeof spec, "other=%s", path);
    if (test_comm.rank == 0) {
        FILE *f = fopen(path, "w");
        CU_ASSERT(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
    }
    CU_ASSERT_EQUAL(dn_contenders_parse(&kind, list, 1, &k, NULL), DN_OK);
    CU_ASSERT(k.kind.scorers == 3 && strcmp(k.kind.scorer[2], "other") == 0);
    st = dn_contenders_score(&test_comm, &k, 0, &rows, out, err);
    if (test_comm.rank == 0)
        remove(path);
    return st;
}

static bool is(const double *have, double a, double b, double c, double d)
{
    double want[PAIRS] = {a, b, c, d};

    for (int i = 0; i < PAIRS; i++)
        if (!(have[i] == want[i] || (isnan(have[i]) && isnan(want[i]))))
            return false;
    return true;
}

static void lines_find_their_pairs(void)
{
    static const char text[] = "fold\tscore\tmore\tdrug\ttarget\tsplit\r\n"
                               "0\t1.5\tx\t\xc3\xa9\tT1\ta\r\n"
                               "1\t-2e3\tx\tD1\tD1\ta\r\n"
                               "0\t7\tx\tD1\tT1\tb\r\n"
                               "1\t8\tx\tD1\tT1\tb\r\n"
                               "0\t9\tx\tD10\tD1\ta\r\n" /* a pair that is not in the set */
                               "0\t9\tx\tD9\tT1\ta\r\n"  /* an unknown drug */
                               "\t0.25\tx\tD10\tT1\ta";
    double v[PAIRS];

    CU_ASSERT(score(text, "a", 0, true, true, v, NULL) == DN_OK && is(v, 1.5, NAN, NAN, NAN));
    CU_ASSERT(score(text, "a", 1, true, true, v, NULL) == DN_OK && is(v, NAN, -2000, NAN, NAN));
    CU_ASSERT(score(text, "b", 1, false, true, v, NULL) == DN_OK && is(v, NAN, NAN, NAN, 8));
    /* of a split without folds: the fold is 0 or empty */
    CU_ASSERT(score(text, "a", -1, false, false, v, NULL) == DN_OK && is(v, 1.5, NAN, 0.25, NAN));
    CU_ASSERT(score("drug,target,score\nD1,T1,0\nD10,T1,1\n", "any", 4, false, false, v, NULL) == DN_OK &&
              is(v, NAN, NAN, 1, 0));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void refused(void)
{
    static const struct {
        const char *text, *words;
        bool folds;
    } bad[] = {
        {"drug\ttarget\nD1\tT1\n", "has no column 'score'", false},
        {"drug\ttarget\tscore\nD1\tT1\t1\n", "has no column 'fold', but the scores are of several", true},
        {"drug\ttarget\tscore\nD1\tT1\tinf\n", ":2: score 'inf' is not a finite number", false},
        {"drug\ttarget\tscore\nD1\tT1\t\n", ":2: score '' is not a finite number", false},
        {"drug\ttarget\tscore\n\nD1\tT1\n", ":3: 2 columns", false},
        {"drug\ttarget\tscore\nD1\tT1\t1\nD1\tD1\t1\nD1\tT1\t1\n",
         ":4: a second score for drug 'D1' and target 'T1'", false}};
    static const char *const specs[] = {
        "x", "=f", "x=", "a b=f", "one=f", "a_name_that_is_far_too_long_for_it=f"};
    double v[PAIRS];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        dn_error err = DN_ERROR_INIT;

        CU_ASSERT_EQUAL(score(bad[i].text, "a", 0, bad[i].folds, false, v, &err), DN_EDATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, bad[i].words));
        if (strstr(err.text, bad[i].words) == NULL)
            fprintf(stderr, "# %s\n", err.text);
    }
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        dn_contenders k;

        CU_ASSERT_EQUAL(dn_contenders_parse(&kind, &specs[i], 1, &k, NULL), DN_EUSAGE);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void rank_0_may_run_out_of_memory(void)
{
    dn_status st = DN_ENOMEM;
    double v[PAIRS];

    for (long k = 0; st != DN_OK && k < 100; k = test_next_refused(k)) {
        dn_error err = DN_ERROR_INIT;

        dn_alloc_fail_after(test_comm.rank == 0 ? k : -1);
        st = score("drug\ttarget\tscore\nD1\tT1\t1\n", "a", 0, false, false, v, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(test_same((int)st));
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == 0));
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"lines find their pairs", lines_find_their_pairs},
                                {"what is refused", refused},
                                {"rank 0 may run out of memory", rank_0_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "contenders", tests);
}
