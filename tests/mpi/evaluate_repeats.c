/* evaluate_repeats.c - tests of mpi/evaluate/evaluate_repeats.h against scikit-learn, and that repeats do not
 * narrow an interval
 *
 * Golden numbers: tests/golden/repeats.txt, made by make_repeats.py (versions in its first line).
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/evaluate/evaluate_repeats.h"
#include "solvers/base/alloc.h"
#include "tests/support/golden_line.h"

enum { MODELS = 12, ROWS = 200, SCORERS = 3, REPLICATES = 150 };
static const uint64_t seed = 0x76543210FEDC;

static const dn_eval_kind kind = {.scorers = SCORERS,
                                  .scorer = {"model", "one", "two"},
                                  .views = 1,
                                  .view = {{"all", false, 0}},
                                  .sides = 2,
                                  .entity = {"drugs", "targets"}};

/* A case of the file; the arrays are static, so nothing is destroyed. */
typedef struct golden {
    char name[32];
    int models, replicates;
    struct {
        char split[32];
        int fold, n_validation, n;
        int64_t a[ROWS], b[ROWS];
        uint8_t label[ROWS];
        double score[SCORERS][ROWS];
    } model[MODELS];
} golden;

static golden g;
static dn_eval_rows table[2 * MODELS];
static const dn_eval_rows *rows[2 * MODELS];

static bool next_case(FILE *f)
{
    double v[3 + SCORERS];

    if (fscanf(f, " case %31s %d %d", g.name, &g.models, &g.replicates) != 3)
        return false;
    for (int m = 0; m < g.models; m++) {
        int evaluated;

        if (fscanf(f, " model %31s %d %d %d", g.model[m].split, &g.model[m].fold, &g.model[m].n_validation,
                   &evaluated) != 4)
            return false;
        g.model[m].n = g.model[m].n_validation + evaluated;
        for (int i = 0; i < g.model[m].n; i++) {
            if (!golden_line(f, "row", 3 + SCORERS, v))
                return false;
            g.model[m].a[i] = (int64_t)v[0];
            g.model[m].b[i] = (int64_t)v[1];
            g.model[m].label[i] = (uint8_t)v[2];
            for (int k = 0; k < SCORERS; k++)
                g.model[m].score[k][i] = v[3 + k];
        }
    }
    return true;
}

/* The models of the case, `times` over, each time under other names of splits. */
static dn_repeats make(int times, bool model)
{
    dn_repeats r = {.n = 0};

    CU_ASSERT_EQUAL(dn_repeats_create((int64_t)times * g.models, &r, NULL), DN_OK);
    for (int i = 0; i < r.n && r.each != NULL; i++) {
        int m = i % g.models;

        snprintf(r.each[i].split, sizeof r.each[i].split, "%s.%d", g.model[m].split, i / g.models);
        r.each[i].fold = g.model[m].fold;
        table[i] = (dn_eval_rows){.kind = &kind,
                                  .model = model,
                                  .entities = {20, 120},
                                  .n = g.model[m].n,
                                  .n_validation = g.model[m].n_validation,
                                  .a = g.model[m].a,
                                  .b = g.model[m].b,
                                  .label = g.model[m].label};
        for (int k = model ? 0 : 1; k < SCORERS; k++)
            table[i].score[k] = g.model[m].score[k];
        rows[i] = &table[i];
    }
    return r;
}

static void check_mean(FILE *f, const char *word, const dn_mean_report *s)
{
    double v[10], above = 0;

    CU_ASSERT(golden_line(f, word, 10, v));
    CU_ASSERT(golden_near(s->auroc, v[0]) && golden_near(s->ap, v[1]) && golden_near(s->auroc_sd, v[2]) &&
              golden_near(s->ap_sd, v[3]));
    CU_ASSERT(golden_near_interval(&s->auroc_ci, v + 4));
    CU_ASSERT(golden_near_interval(&s->ap_ci, v + 7));
    if (strcmp(word, "difference") == 0) {
        CU_ASSERT(fscanf(f, "%lf", &above) == 1 && (double)s->above == above);
        CU_ASSERT_EQUAL(s->beaten, v[4] > 0 ? DN_BEATEN : v[5] < 0 ? DN_NOT_BEATEN : DN_UNDECIDED);
    }
}

static void check_case(FILE *f, const dn_repeats *r)
{
    double v[3 * SCORERS], validation[SCORERS] = {0};
    int best = -1;

    for (int m = 0; m < g.models; m++) {
        CU_ASSERT(golden_line(f, "each", 3 * SCORERS, v));
        CU_ASSERT_EQUAL(r->each[m].counted, !isnan(v[0]));
        for (int k = 0; k < SCORERS; k++) {
            CU_ASSERT(golden_near(r->each[m].auroc[k], v[2 * k]) &&
                      golden_near(r->each[m].ap[k], v[2 * k + 1]));
            CU_ASSERT(golden_near(r->each[m].validation_auroc[k], v[2 * SCORERS + k]));
            validation[k] += r->each[m].counted ? v[2 * SCORERS + k] / (double)r->counted : 0;
        }
    }
    CU_ASSERT(golden_line(f, "counted", 3, v));
    CU_ASSERT(r->counted == (int64_t)v[0] && r->drawn[0] == (int64_t)v[1] && r->drawn[1] == (int64_t)v[2]);
    for (int k = 0; k < SCORERS; k++) {
        check_mean(f, "scorer", &r->scorer[k]);
        CU_ASSERT(golden_near(r->scorer[k].validation_auroc, validation[k]));
        if (k > 0 && !isnan(validation[k]) && (best < 0 || validation[k] > validation[1 + best]))
            best = k - 1;
    }
    CU_ASSERT_EQUAL(r->best_baseline, best);
    for (int k = 1; k < SCORERS; k++)
        check_mean(f, "difference", &r->difference[k - 1]);
}

static void numbers_of_an_oracle(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/repeats.txt", "r");
    int cases = 0;

    CU_ASSERT_PTR_NOT_NULL(f);
    if (f == NULL)
        return;
    CU_ASSERT(fscanf(f, "#%*[^\n]") == 0);
    for (; next_case(f); cases++) {
        dn_repeats r = make(1, true);

        CU_ASSERT_EQUAL(dn_repeats_measure(&test_comm, &r, rows, g.replicates, seed, NULL), DN_OK);
        check_case(f, &r);
        dn_repeats_destroy(&r);
    }
    CU_ASSERT_EQUAL(cases, 3);
    fclose(f);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The first case: three splits of four folds. */
static void load_first(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/repeats.txt", "r");

    CU_ASSERT(f != NULL && fscanf(f, "#%*[^\n]") == 0 && next_case(f));
    if (f != NULL)
        fclose(f);
}

/* The same models once more under other names are no new evidence: every mean and every interval stays,
 * where models that were independent would narrow it by the root of two. */
static void repeats_do_not_narrow(void)
{
    dn_repeats once, twice;

    load_first();
    once = make(1, true);
    CU_ASSERT_EQUAL(dn_repeats_measure(&test_comm, &once, rows, REPLICATES, seed, NULL), DN_OK);
    twice = make(2, true);
    CU_ASSERT_EQUAL(dn_repeats_measure(&test_comm, &twice, rows, REPLICATES, seed, NULL), DN_OK);
    CU_ASSERT(once.splits == 3 && twice.splits == 6 && twice.counted == 2 * once.counted);
    for (int k = 0; k < SCORERS - 1; k++) {
        const dn_mean_report *a = &once.difference[k], *b = &twice.difference[k];

        CU_ASSERT(golden_near(a->auroc, b->auroc) && golden_near(a->auroc_ci.lo, b->auroc_ci.lo) &&
                  golden_near(a->auroc_ci.hi, b->auroc_ci.hi) && golden_near(a->ap_ci.hi, b->ap_ci.hi));
        CU_ASSERT(a->auroc_ci.lo < a->auroc && a->auroc < a->auroc_ci.hi);
    }
    dn_repeats_destroy(&once);
    dn_repeats_destroy(&twice);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void bits_of_one_rank(void)
{
    dn_comm alone = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};

    load_first();
    for (int model = 0; model <= 1; model++) {
        dn_repeats one = make(1, model), all = make(1, model);

        CU_ASSERT_EQUAL(dn_repeats_measure(&alone, &one, rows, 37, seed, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_repeats_measure(&test_comm, &all, rows, 37, seed, NULL), DN_OK);
        CU_ASSERT_EQUAL(memcmp(one.scorer, all.scorer, sizeof one.scorer), 0);
        CU_ASSERT_EQUAL(memcmp(one.difference, all.difference, sizeof one.difference), 0);
        CU_ASSERT(one.model == model && (model || one.scorer[DN_MODEL].auroc == 0));
        dn_repeats_destroy(&one);
        dn_repeats_destroy(&all);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* No replicates, and no model that counts: numbers are NaN, nothing is decided. */
static void nothing_to_draw(void)
{
    dn_repeats r;

    load_first();
    r = make(1, true);
    CU_ASSERT_EQUAL(dn_repeats_measure(&test_comm, &r, rows, 0, seed, NULL), DN_OK);
    CU_ASSERT(isnan(r.scorer[0].auroc_ci.lo) && r.difference[0].beaten == DN_UNDECIDED &&
              r.difference[0].auroc > 0);
    for (int m = 0; m < g.models; m++)
        memset(g.model[m].label, 1, sizeof g.model[m].label);
    CU_ASSERT_EQUAL(dn_repeats_measure(&test_comm, &r, rows, 20, seed, NULL), DN_OK);
    CU_ASSERT(r.counted == 0 && isnan(r.scorer[0].auroc) && isnan(r.difference[0].auroc_ci.lo) &&
              r.best_baseline == -1);
    dn_repeats_destroy(&r);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void any_rank_may_run_out_of_memory(void)
{
    load_first();
    for (int rank = 0; rank < test_comm.size; rank = test_next_victim(rank)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 1000; k += k < 12 ? 1 : 17) {
            dn_repeats r = make(1, true);
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_repeats_measure(&test_comm, &r, rows, 3, seed, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            dn_repeats_destroy(&r);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"numbers of an oracle", numbers_of_an_oracle},
                                {"repeats do not narrow", repeats_do_not_narrow},
                                {"bits of one rank", bits_of_one_rank},
                                {"nothing to draw", nothing_to_draw},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "evaluate_repeats", tests);
}
