/* evaluate_view.c - tests of mpi/evaluate/evaluate_view.h: views, sources, verdicts, and the bits of one rank
 */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "mpi/evaluate/evaluate.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { GENES = 40, VALIDATION = 300, ROWS = 700, REPLICATES = 37 };

static int64_t gene_a[ROWS], gene_b[ROWS];
static uint8_t label[ROWS], klass[ROWS], clean[ROWS];
static double score[DN_SCORERS][ROWS], clean_popularity[ROWS];

/* Genes 0 .. 19 were trained on, 0 .. 3 are not clean. The model sees the label through noise, popularity
 * says nothing, correlation says a little in validation and the opposite in the evaluated rows. */
static dn_eval_rows make_rows(void)
{
    dn_eval_rows r = {.kind = &dn_gene_kind,
                      .model = true,
                      .entities = {GENES},
                      .n = ROWS,
                      .n_validation = VALIDATION,
                      .n_training = {500, 400}};
    dn_rng s = dn_rng_stream(5, DN_RNG_SYNTH, 0, 0);

    for (int64_t i = 0; i < ROWS; i++) {
        uint64_t at = (uint64_t)i * 8;
        bool evaluated = i >= VALIDATION;
        gene_a[i] = (int64_t)dn_rng_below(s, at, GENES);
        gene_b[i] = (gene_a[i] + 1 + (int64_t)dn_rng_below(s, at + 1, GENES - 1)) % GENES;
        label[i] = dn_rng_uniform(s, at + 2) < 0.4;
        klass[i] = (uint8_t)(1 + (gene_a[i] >= 20) + (gene_b[i] >= 20));
        clean[i] = gene_a[i] > 3 && gene_b[i] > 3;
        score[DN_MODEL][i] =
            0.25 + 0.25 * label[i] + 0.5 * dn_rng_uniform(s, at + 3) * dn_rng_uniform(s, at + 4);
        score[1 + DN_POPULARITY][i] = dn_rng_uniform(s, at + 5);
        clean_popularity[i] = -score[1 + DN_POPULARITY][i];
        score[1 + DN_CORRELATION][i] = (evaluated ? -0.5 : 0.5) * label[i] + dn_rng_uniform(s, at + 6);
        score[1 + DN_MISSING][i] = evaluated ? 0.5 * label[i] + dn_rng_uniform(s, at + 7) : 0;
    }
    r.a = gene_a;
    r.b = gene_b;
    r.label = label;
    r.klass = klass;
    r.clean = clean;
    r.clean_score[1 + DN_POPULARITY] = clean_popularity;
    for (int k = 0; k < DN_SCORERS; k++)
        r.score[k] = score[k];
    return r;
}

static void measure(const dn_comm *comm, const dn_eval_rows *r, dn_view_report *report)
{
    dn_error err = DN_ERROR_INIT;

    for (int v = 0; v < DN_VIEWS; v++)
        CU_ASSERT_EQUAL(dn_view_measure(comm, r, v, REPLICATES, 3, report, &err), DN_OK);
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_interval(const dn_interval *a, const dn_interval *b)
{
    return same_bits(a->lo, b->lo) && same_bits(a->hi, b->hi) && a->used == b->used &&
           a->skipped == b->skipped;
}

static void bits_of_one_rank(void)
{
    dn_eval_rows r = make_rows();
    dn_comm alone = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_view_report one[DN_VIEWS], all[DN_VIEWS];

    measure(&alone, &r, one);
    measure(&test_comm, &r, all);
    for (int v = 0; v < DN_VIEWS; v++) {
        CU_ASSERT_EQUAL(one[v].measured, all[v].measured);
        for (int k = 0; one[v].measured && k < DN_SCORERS; k++) {
            CU_ASSERT(same_bits(one[v].scorer[k].auroc, all[v].scorer[k].auroc));
            CU_ASSERT(same_interval(&one[v].scorer[k].auroc_ci, &all[v].scorer[k].auroc_ci));
            CU_ASSERT(same_interval(&one[v].scorer[k].ap_ci, &all[v].scorer[k].ap_ci));
            CU_ASSERT(all[v].scorer[k].auroc_ci.used == REPLICATES);
            CU_ASSERT(all[v].scorer[k].auroc_ci.lo < all[v].scorer[k].auroc_ci.hi);
        }
        for (int b = 0; one[v].measured && b < DN_BASELINES; b++)
            CU_ASSERT(same_interval(&one[v].difference[b].auroc_ci, &all[v].difference[b].auroc_ci));
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The rows of a view, counted anew, and its AUROC from the definition. */
static void check_view(const dn_eval_rows *r, const dn_view_report *v, bool only_clean, int only_class)
{
    double above = 0, pairs = 0, popular = 0;
    int64_t n = 0;

    for (int64_t i = VALIDATION; i < ROWS; i++) {
        if ((only_clean && clean[i] == 0) || (only_class != 0 && klass[i] != only_class))
            continue;
        n++;
        for (int64_t j = VALIDATION; label[i] == 1 && j < ROWS; j++) {
            const double *p = only_clean ? clean_popularity : score[1 + DN_POPULARITY];
            if ((only_clean && clean[j] == 0) || (only_class != 0 && klass[j] != only_class) || label[j] == 1)
                continue;
            pairs++;
            above += score[DN_MODEL][i] > score[DN_MODEL][j];
            popular += p[i] > p[j];
        }
    }
    CU_ASSERT_EQUAL(v->rows, n);
    CU_ASSERT_EQUAL(v->training_rows, r->n_training[only_clean]);
    CU_ASSERT(v->measured);
    CU_ASSERT(fabs(v->scorer[DN_MODEL].auroc - above / pairs) < 1e-12);
    CU_ASSERT(fabs(v->scorer[1 + DN_POPULARITY].auroc - popular / pairs) < 1e-12);
}

static void views_hold_their_rows(void)
{
    dn_eval_rows r = make_rows();
    dn_view_report report[DN_VIEWS];

    measure(&test_comm, &r, report);
    CU_ASSERT_STRING_EQUAL(report[0].name, "all");
    CU_ASSERT_STRING_EQUAL(report[6].name, "clean_c2");
    check_view(&r, &report[0], false, 0);
    check_view(&r, &report[1], true, 0);
    for (int c = 1; c <= 3; c++) {
        check_view(&r, &report[1 + c], false, c);
        check_view(&r, &report[4 + c], true, c);
    }
}

/* The best baseline is chosen on validation although another one is better on the evaluated rows. */
static void validation_chooses(void)
{
    dn_eval_rows r = make_rows();
    dn_view_report report[DN_VIEWS];
    const dn_view_report *all = &report[0];

    measure(&test_comm, &r, report);
    CU_ASSERT_EQUAL(all->best_baseline, DN_CORRELATION);
    CU_ASSERT(all->scorer[1 + DN_MISSING].auroc > all->scorer[1 + DN_CORRELATION].auroc);
    CU_ASSERT_EQUAL(all->difference[DN_CORRELATION].beaten, DN_BEATEN);
    CU_ASSERT_EQUAL(all->source, DN_FROM_VIEW);
    for (int64_t i = VALIDATION; i < ROWS; i++) /* now the model is noise */
        score[DN_MODEL][i] = 0.5 + 0.1 * score[1 + DN_POPULARITY][i];
    measure(&test_comm, &r, report);
    CU_ASSERT_EQUAL(all->difference[DN_MISSING].beaten, DN_NOT_BEATEN);
    CU_ASSERT_EQUAL(all->difference[DN_POPULARITY].beaten, DN_UNDECIDED); /* the same order: difference 0 */
    CU_ASSERT_EQUAL(all->difference[DN_POPULARITY].auroc, 0);
}

static void few_rows(void)
{
    dn_eval_rows r = make_rows();
    dn_view_report report[DN_VIEWS];

    for (int64_t i = 0; i < VALIDATION; i++) /* nothing cold in validation */
        klass[i] = 1;
    for (int64_t i = VALIDATION + 20; i < ROWS; i++) /* less than 20 positives of c3 evaluated */
        klass[i] = klass[i] == 3 ? 2 : klass[i];
    measure(&test_comm, &r, report);
    CU_ASSERT_EQUAL(report[2].source, DN_FROM_VIEW);
    CU_ASSERT(report[3].measured && report[3].source == DN_FROM_ALL && report[3].validation_rows == 0);
    CU_ASSERT(same_bits(report[3].scorer[DN_MODEL].decisions.threshold,
                        report[0].scorer[DN_MODEL].decisions.threshold));
    CU_ASSERT(!report[4].measured && report[4].rows > 0);
    for (int64_t i = 0; i < VALIDATION; i++)
        label[i] = 0;
    measure(&test_comm, &r, report);
    CU_ASSERT_EQUAL(report[0].source, DN_FROM_NOWHERE);
    CU_ASSERT(report[0].best_baseline == -1 && report[0].scorer[DN_MODEL].decisions.threshold == 0.5);
    CU_ASSERT(!report[0].scorer[1].decided && isnan(report[0].scorer[0].calibrated_ece));
    for (int64_t i = 0; i < ROWS; i++)
        label[i] = 1;
    measure(&test_comm, &r, report); /* one class: no AUROC, every replicate skipped */
    CU_ASSERT(report[0].measured && isnan(report[0].scorer[0].auroc));
    CU_ASSERT_EQUAL(report[0].scorer[0].auroc_ci.skipped, REPLICATES);
    CU_ASSERT_EQUAL(report[0].difference[0].beaten, DN_UNDECIDED);
}

static void any_rank_may_run_out_of_memory(void)
{
    dn_eval_rows r = make_rows();

    for (int rank = 0; rank < test_comm.size; rank = test_next_victim(rank)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 200; k = test_next_refused(k)) {
            dn_view_report report[DN_VIEWS];
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_view_measure(&test_comm, &r, 0, 2, 1, report, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"bits of one rank", bits_of_one_rank},
                                {"views hold their rows", views_hold_their_rows},
                                {"validation chooses", validation_chooses},
                                {"few rows", few_rows},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "evaluate_view", tests);
}
