/* evaluate_dti.c - tests of mpi/evaluate/evaluate_dti.h on tables in memory: views, what validation chooses,
 * what is refused, pooled folds, and the bits of one rank. Baselines are in evaluate_dti_baselines.c
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "jobs/cli/evaluate/evaluate_report.h"
#include "solvers/base/alloc.h"
#include "tests/support/dti_table.h"

static void bits_of_one_rank(void)
{
    dn_dti_table t = test_dti_table();
    dn_comm alone = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};

    for (int with = 0; with < 2; with++) {
        dn_dti_evaluation one, all;
        const double *p = with ? table_probability : NULL;
        char *text_one = test_dti_report(&alone, &t, DN_TEST, p, &one);
        char *text_all = test_dti_report(&test_comm, &t, DN_TEST, p, &all);

        CU_ASSERT(text_one != NULL && text_all != NULL && strcmp(text_one, text_all) == 0);
        CU_ASSERT(one.n == all.n && one.n > 0);
        for (int k = with ? 0 : 1; k < DN_DTI_SCORERS; k++)
            CU_ASSERT(memcmp(one.score[k], all.score[k], (size_t)one.n * sizeof(double)) == 0);
        if (text_all != NULL) {
            CU_ASSERT(strncmp(text_all,
                              with ? "{\n  \"model\": {\n" : "{\n  \"baselines\": {\n    \"history\"",
                              with ? 15 : 30) == 0);
            CU_ASSERT((strstr(text_all, "\"difference\"") != NULL) == with);
        }
        dn_free(text_one);
        dn_free(text_all);
        dn_dti_evaluation_destroy(&one);
        dn_dti_evaluation_destroy(&all);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
}

/* Rows of every view, counted anew, and the AUROC of the model and a baseline from the definition. */
static void views_hold_their_rows(void)
{
    dn_dti_table t = test_dti_table();
    dn_dti_evaluation e;
    int64_t training = 0, left_out = 0;

    dn_free(test_dti_report(&test_comm, &t, DN_TEST, table_probability, &e));
    for (int64_t i = 0; i < TABLE_ROWS; i++) {
        training += table_part[i] == DN_TRAIN;
        left_out += table_part[i] == DN_LEFT_OUT;
    }
    CU_ASSERT(e.between_parts == left_out && left_out > 0 && e.training_rows == training);
    for (int v = 0; v < DN_DTI_VIEWS; v++) {
        const dn_view_report *r = &e.view[v];
        double above[2] = {0, 0}, pairs = 0, drugs = 0, targets = 0;
        uint8_t in_drug[TABLE_DRUGS] = {0}, in_target[TABLE_TARGETS] = {0};
        int64_t n = 0;

        CU_ASSERT_STRING_EQUAL(r->name, dn_dti_kind.view[v].name);
        for (int64_t i = 0; i < e.n; i++) {
            if (v > 0 && e.klass[i] != v)
                continue;
            n++;
            in_drug[table_drug[e.row[i]]] = in_target[table_target[e.row[i]]] = 1;
            for (int64_t j = 0; table_label[e.row[i]] == 1 && j < e.n; j++) {
                const double *s = e.score[1 + DN_DTI_NEAREST_PAIR], *m = e.score[DN_MODEL];
                if ((v > 0 && e.klass[j] != v) || table_label[e.row[j]] == 1)
                    continue;
                pairs++;
                above[0] += (m[i] > m[j]) + 0.5 * (m[i] == m[j]);
                above[1] += (s[i] > s[j]) + 0.5 * (s[i] == s[j]);
            }
        }
        for (int d = 0; d < TABLE_DRUGS; d++)
            drugs += in_drug[d];
        for (int g = 0; g < TABLE_TARGETS; g++)
            targets += in_target[g];
        CU_ASSERT(r->measured && r->rows == n && r->training_rows == training);
        CU_ASSERT(r->drawn[0] == (int64_t)drugs && r->drawn[1] == (int64_t)targets);
        CU_ASSERT(fabs(r->scorer[DN_MODEL].auroc - above[0] / pairs) < 1e-12);
        CU_ASSERT(fabs(r->scorer[1 + DN_DTI_NEAREST_PAIR].auroc - above[1] / pairs) < 1e-12);
        CU_ASSERT(fabs(r->difference[DN_DTI_NEAREST_PAIR].auroc - (above[0] - above[1]) / pairs) < 1e-12);
        CU_ASSERT_EQUAL(r->scorer[DN_MODEL].auroc_ci.used + r->scorer[DN_MODEL].auroc_ci.skipped,
                        TABLE_REPLICATES);
    }
    CU_ASSERT_EQUAL(e.view[4].difference[DN_DTI_HISTORY].beaten, DN_BEATEN); /* history guesses there */
    CU_ASSERT(e.view[4].scorer[1 + DN_DTI_HISTORY].auroc == 0.5);
    dn_dti_evaluation_destroy(&e);
}

/* The best baseline is that of validation; another threshold of the model changes nothing it is compared by.
 */
static void validation_chooses(void)
{
    dn_dti_table t = test_dti_table();
    dn_dti_evaluation e, other;
    const dn_view_report *all = &e.view[0], *changed = &other.view[0];
    int best = 0;

    dn_free(test_dti_report(&test_comm, &t, DN_TEST, table_probability, &e));
    for (int b = 1; b < DN_DTI_BASELINES; b++)
        if (all->scorer[1 + b].validation_auroc > all->scorer[1 + best].validation_auroc)
            best = b;
    CU_ASSERT(all->best_baseline == best && all->source == DN_FROM_VIEW);
    for (int64_t i = 0; i < TABLE_ROWS;
         i++) /* of the rows that are evaluated, nothing but the figures may follow */
        if (table_part[i] == DN_TEST)
            table_label[i] = !table_label[i];
    dn_free(test_dti_report(&test_comm, &t, DN_TEST, table_probability, &other));
    CU_ASSERT_EQUAL(changed->best_baseline, best);
    for (int k = 0; k < DN_DTI_SCORERS; k++) {
        CU_ASSERT_EQUAL(changed->scorer[k].decisions.threshold, all->scorer[k].decisions.threshold);
        CU_ASSERT_EQUAL(changed->scorer[k].platt.slope, all->scorer[k].platt.slope);
        CU_ASSERT(memcmp(e.score[k], other.score[k], (size_t)e.n * sizeof(double)) == 0);
        CU_ASSERT(fabs(changed->scorer[k].auroc + all->scorer[k].auroc - 1) < 1e-12);
    }
    dn_dti_evaluation_destroy(&e);
    dn_dti_evaluation_destroy(&other);
}

static void awkward(void)
{
    dn_dti_table t = test_dti_table();
    dn_dti_evaluation e;

    for (int64_t i = 0; i < TABLE_ROWS; i++) /* one class in validation */
        if (table_part[i] == DN_VALIDATION)
            table_label[i] = 0;
    dn_free(test_dti_report(&test_comm, &t, DN_TEST, table_probability, &e));
    CU_ASSERT(e.view[0].source == DN_FROM_NOWHERE && e.view[0].best_baseline == -1);
    CU_ASSERT(e.view[0].scorer[DN_MODEL].decisions.threshold == 0.5 && !e.view[0].scorer[1].decided);
    dn_dti_evaluation_destroy(&e);

    for (int64_t i = 0; i < TABLE_ROWS; i++) /* no validation, nothing cold, one class in the test rows */
        table_part[i] = table_part[i] == DN_VALIDATION || table_drug[i] >= TABLE_COLD_DRUG ||
                                table_target[i] >= TABLE_COLD_TARGET
                            ? DN_LEFT_OUT
                            : table_part[i];
    for (int64_t i = 0; i < TABLE_ROWS; i++)
        if (table_part[i] == DN_TEST)
            table_label[i] = 1;
    dn_free(test_dti_report(&test_comm, &t, DN_TEST, NULL, &e));
    CU_ASSERT(e.view[0].measured && isnan(e.view[0].scorer[1].auroc) && e.view[1].rows == e.n);
    CU_ASSERT_EQUAL(e.view[0].scorer[1].auroc_ci.skipped, TABLE_REPLICATES);
    for (int v = 1; v < DN_DTI_VIEWS; v++)
        CU_ASSERT(!e.view[v].measured && (v == 1 || e.view[v].rows == 0));
    dn_dti_evaluation_destroy(&e);

    for (int64_t i = 0; i < TABLE_ROWS; i++) /* nothing to learn from */
        table_part[i] = i % 2 == 0 ? DN_TEST : DN_VALIDATION;
    t = test_dti_table();
    for (int64_t i = 0; i < TABLE_ROWS; i++)
        table_part[i] = i % 2 == 0 ? DN_TEST : DN_VALIDATION;
    dn_free(test_dti_report(&test_comm, &t, DN_TEST, NULL, &e));
    CU_ASSERT(e.training_rows == 0 && e.view[4].rows == e.n && e.view[4].scorer[1].auroc == 0.5);
    dn_dti_evaluation_destroy(&e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Validation rows may be evaluated themselves; training rows too, of which history knows the label. */
static void other_parts(void)
{
    dn_dti_table t = test_dti_table();
    dn_dti_evaluation e;

    dn_free(test_dti_report(&test_comm, &t, DN_VALIDATION, table_probability, &e));
    CU_ASSERT_EQUAL(e.view[0].rows, e.view[0].validation_rows);
    CU_ASSERT_EQUAL(e.view[0].scorer[1].auroc, e.view[0].scorer[1].validation_auroc);
    dn_dti_evaluation_destroy(&e);
    dn_free(test_dti_report(&test_comm, &t, DN_TRAIN, table_probability, &e));
    CU_ASSERT(e.view[1].rows == e.n && e.n == e.training_rows);
    dn_dti_evaluation_destroy(&e);
}

static void refused(void)
{
    dn_dti_table t = test_dti_table();
    dn_dti_evaluation e;
    dn_error err = DN_ERROR_INIT;
    static double p[TABLE_ROWS];
    int64_t bad = 0;

    memcpy(p, table_probability, sizeof p);
    while (table_part[bad] != DN_TEST)
        bad++;
    p[bad] = NAN;
    CU_ASSERT_EQUAL(dn_evaluate_dti(&test_comm, &t, DN_TEST, p, 0, 1, &e, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is no probability"));
    for (int64_t i = 0; i < TABLE_ROWS; i++) /* not read elsewhere */
        if (!dn_dti_scored(&t, DN_TEST, i))
            p[i] = NAN;
    p[bad] = 1;
    CU_ASSERT_EQUAL(dn_evaluate_dti(&test_comm, &t, DN_TEST, p, 0, 1, &e, NULL), DN_OK);
    CU_ASSERT(isnan(e.view[0].scorer[0].auroc_ci.lo) && e.view[0].difference[0].beaten == DN_UNDECIDED);
    dn_dti_evaluation_destroy(&e);
    for (int64_t i = 0; i < TABLE_ROWS; i++)
        table_part[i] = DN_TRAIN;
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(dn_evaluate_dti(&test_comm, &t, DN_TEST, NULL, 0, 1, &e, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "no test rows"));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The table for people names every baseline; the TSV says again what is in the report. */
static void other_forms(void)
{
    dn_dti_table t = test_dti_table();
    dn_dti_evaluation e;
    char line[1024], want[64];
    int64_t lines = 0;
    FILE *f;

    for (int with = 0; with < 2; with++) {
        dn_free(test_dti_report(&test_comm, &t, DN_TEST, with ? table_probability : NULL, &e));
        if (test_comm.rank == 0) {
            CU_ASSERT_EQUAL(dn_dti_evaluation_save_scores(&e, &t, test_path("scores.tsv"), NULL), DN_OK);
            CU_ASSERT_EQUAL(dn_dti_evaluation_save_scores(&e, &t, "/nowhere/x.tsv", NULL), DN_ECANTCREAT);
            f = fopen(test_path("scores.tsv"), "r");
            CU_ASSERT(f != NULL && fgets(line, sizeof line, f) != NULL &&
                      strncmp(line,
                              with ? "drug\ttarget\tlabel\tprobability" : "drug\ttarget\tlabel\thistory",
                              25) == 0);
            for (lines = 0; f != NULL && fgets(line, sizeof line, f) != NULL; lines++) {
                snprintf(want, sizeof want, "d%03d\tt%03d\t%d\t", (int)table_drug[e.row[lines]],
                         (int)table_target[e.row[lines]] + TABLE_DRUGS, table_label[e.row[lines]]);
                CU_ASSERT(strncmp(line, want, strlen(want)) == 0);
            }
            CU_ASSERT_EQUAL(lines, e.n);
            if (f != NULL)
                fclose(f);
            f = fopen(test_path("table.txt"), "w+");
            dn_dti_evaluation_print(&e, &t, &test_dti_options, f);
            rewind(f);
            lines = 0;
            while (fgets(line, sizeof line, f) != NULL)
                lines += strncmp(line, "  nearest_pair ", 15) == 0;
            CU_ASSERT_EQUAL(lines, with ? 3 : 2);
            fclose(f);
        }
        dn_dti_evaluation_destroy(&e);
    }
}

static void any_rank_may_run_out_of_memory(void)
{
    dn_dti_table t = test_dti_table();

    for (int rank = 0; rank<test_comm.size; rank += test_comm.size> 1 ? test_comm.size - 1 : 1) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 2000; k += k < 45 ? 1 : 31) { /* then evaluate_view's own */
            dn_dti_evaluation e;
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_evaluate_dti(&test_comm, &t, DN_TEST, table_probability, 2, 1, &e, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            dn_dti_evaluation_destroy(&e);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

/* The part of a row in another fold of the same pairs. */
static dn_dti_table second_fold(void)
{
    dn_dti_table t = test_dti_table();
    static uint8_t other[TABLE_ROWS];

    for (int64_t i = 0; i < TABLE_ROWS; i++)
        other[i] = table_part[i] == DN_TRAIN  ? (i % 5 == 0 ? DN_TEST : DN_TRAIN)
                   : table_part[i] == DN_TEST ? DN_LEFT_OUT
                                              : table_part[i];
    t.split.part = other;
    return t;
}

static void folds_are_pooled(void)
{
    dn_dti_table t = test_dti_table(), u = second_fold();
    dn_comm alone = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_dti_evaluation fold[2], one, all, same;
    char *text[2] = {NULL, NULL},
         *single = test_dti_report(&test_comm, &t, DN_TEST, table_probability, &fold[0]);
    double above = 0, pairs = 0;

    dn_free(test_dti_report(&test_comm, &u, DN_TEST, table_probability, &fold[1]));
    CU_ASSERT_EQUAL(dn_dti_pool(&test_comm, fold, 1, TABLE_REPLICATES, 3, &same, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_evaluation_json(&same, &t, &test_dti_options, &text[0], NULL), DN_OK);
    CU_ASSERT(text[0] != NULL && single != NULL && strcmp(text[0], single) == 0); /* one fold is itself */
    dn_free(text[0]);
    text[0] = NULL;
    CU_ASSERT_EQUAL(dn_dti_pool(&alone, fold, 2, TABLE_REPLICATES, 3, &one, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_pool(&test_comm, fold, 2, TABLE_REPLICATES, 3, &all, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_evaluation_json(&one, &t, &test_dti_options, &text[0], NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_evaluation_json(&all, &t, &test_dti_options, &text[1], NULL), DN_OK);
    CU_ASSERT(text[0] != NULL && text[1] != NULL && strcmp(text[0], text[1]) == 0);
    CU_ASSERT(all.folds == 2 && all.n == fold[0].n + fold[1].n);
    CU_ASSERT_EQUAL(all.training_rows, fold[0].training_rows + fold[1].training_rows);
    CU_ASSERT_EQUAL(all.between_parts, fold[0].between_parts + fold[1].between_parts);
    for (int v = 0; v < DN_DTI_VIEWS; v++) {
        CU_ASSERT_EQUAL(all.view[v].rows, fold[0].view[v].rows + fold[1].view[v].rows);
        CU_ASSERT_EQUAL(all.view[v].validation_rows,
                        fold[0].view[v].validation_rows + fold[1].view[v].validation_rows);
    }
    for (int64_t i = 0; i < all.n; i++) {
        const dn_dti_evaluation *f = &fold[i >= fold[0].n];
        int64_t at = i >= fold[0].n ? i - fold[0].n : i;
        CU_ASSERT(all.row[i] == f->row[at] && all.klass[i] == f->klass[at]);
        for (int k = 0; k < DN_DTI_SCORERS; k++)
            CU_ASSERT_EQUAL(all.score[k][i], f->score[k][at]);
        for (int64_t j = 0; table_label[all.row[i]] == 1 && j < all.n; j++)
            if (table_label[all.row[j]] == 0) {
                const double *h = all.score[1 + DN_DTI_HISTORY];
                pairs++;
                above += (h[i] > h[j]) + 0.5 * (h[i] == h[j]);
            }
    }
    CU_ASSERT(fabs(all.view[0].scorer[1 + DN_DTI_HISTORY].auroc - above / pairs) < 1e-12);
    dn_free(single);
    dn_free(text[0]);
    dn_free(text[1]);
    dn_dti_evaluation_destroy(&one);
    dn_dti_evaluation_destroy(&all);
    dn_dti_evaluation_destroy(&same);
    for (int f = 0; f < 2; f++)
        dn_dti_evaluation_destroy(&fold[f]);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void pooling_may_run_out_of_memory(void)
{
    dn_dti_table t = test_dti_table();
    dn_dti_evaluation fold;
    int64_t live;

    dn_free(test_dti_report(&test_comm, &t, DN_TEST, NULL, &fold));
    live = (int64_t)dn_alloc_live();
    for (int rank = 0; rank<test_comm.size; rank += test_comm.size> 1 ? test_comm.size - 1 : 1) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 2000; k += k < 15 ? 1 : 29) { /* then evaluate_view's own */
            dn_dti_evaluation e;
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_dti_pool(&test_comm, &fold, 1, 2, 1, &e, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            dn_dti_evaluation_destroy(&e);
            CU_ASSERT_EQUAL((int64_t)dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    dn_dti_evaluation_destroy(&fold);
}

static const dn_test tests[] = {{"bits of one rank", bits_of_one_rank},
                                {"views hold their rows", views_hold_their_rows},
                                {"validation chooses", validation_chooses},
                                {"awkward", awkward},
                                {"other parts", other_parts},
                                {"refused", refused},
                                {"other forms", other_forms},
                                {"folds are pooled", folds_are_pooled},
                                {"pooling may run out of memory", pooling_may_run_out_of_memory},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "evaluate_dti", tests);
}
