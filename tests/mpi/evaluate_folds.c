/* evaluate_folds.c - tests of mpi/evaluate/evaluate_folds.h and of the means on every view: against
 * scikit-learn, on files, the bits of one rank
 *
 * Golden numbers: tests/golden/gene_folds.txt, made by make_gene_folds.py (versions in its first line).
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "jobs/cli/evaluate/evaluate_report.h"
#include "mpi/data/split.h"
#include "mpi/data/synth.h"
#include "mpi/evaluate/evaluate_folds.h"
#include "mpi/evaluate/evaluate_rows.h"
#include "solvers/base/alloc.h"
#include "tests/support/golden_line.h"

enum { FOLDS = 3, ROWS = 450, SCORERS = 3, VIEWS = 6, COLUMNS = 6 + SCORERS };
static const uint64_t seed = 0x13579BDF02468;

/* ---- golden numbers ---- */

static const dn_eval_kind kind = {.scorers = SCORERS,
                                  .scorer = {"model", "one", "two"},
                                  .views = VIEWS,
                                  .view = {{"all", false, 0},
                                           {"clean", true, 0},
                                           {"c1", false, 1},
                                           {"c2", false, 2},
                                           {"c3", false, 3},
                                           {"clean_c2", true, 2}},
                                  .sides = 1,
                                  .entity = {"genes"}};

/* The folds of the file; the arrays are static, so nothing is destroyed. */
static struct {
    int64_t a[ROWS], b[ROWS];
    uint8_t label[ROWS], klass[ROWS], clean[ROWS];
    double score[SCORERS][ROWS], clean_one[ROWS];
} column[FOLDS];
static dn_eval_rows table[FOLDS];
static const dn_eval_rows *rows[FOLDS];
static int replicates;

static bool load_fold(FILE *f, int m, int64_t genes)
{
    double v[COLUMNS];

    if (!golden_line(f, "fold", 2, v))
        return false;
    table[m] = (dn_eval_rows){.kind = &kind,
                              .model = true,
                              .entities = {genes},
                              .n = (int64_t)(v[0] + v[1]),
                              .n_validation = (int64_t)v[0],
                              .n_training = {100, 90},
                              .a = column[m].a,
                              .b = column[m].b,
                              .label = column[m].label,
                              .klass = column[m].klass,
                              .clean = column[m].clean,
                              .clean_score = {NULL, column[m].clean_one}};
    for (int k = 0; k < SCORERS; k++)
        table[m].score[k] = column[m].score[k];
    rows[m] = &table[m];
    for (int64_t i = 0; i < table[m].n && i < ROWS; i++) {
        if (!golden_line(f, "row", COLUMNS, v))
            return false;
        column[m].a[i] = (int64_t)v[0];
        column[m].b[i] = (int64_t)v[1];
        column[m].label[i] = (uint8_t)v[2];
        column[m].klass[i] = (uint8_t)v[3];
        column[m].clean[i] = (uint8_t)v[4];
        for (int k = 0; k < SCORERS; k++)
            column[m].score[k][i] = v[5 + k];
        column[m].clean_one[i] = v[5 + SCORERS];
    }
    return table[m].n <= ROWS;
}

/* The file, read up to its figures. */
static FILE *load(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/gene_folds.txt", "r");
    double v[4] = {0};

    CU_ASSERT_PTR_NOT_NULL(f);
    if (f == NULL)
        return NULL;
    CU_ASSERT(fscanf(f, "#%*[^\n]") == 0);
    CU_ASSERT(golden_line(f, "folds", 4, v) && v[0] == FOLDS && v[3] == VIEWS);
    replicates = (int)v[1];
    for (int m = 0; m < FOLDS; m++)
        CU_ASSERT(load_fold(f, m, (int64_t)v[2]));
    return f;
}

static void check_mean_of(FILE *f, const char *word, const dn_mean_report *s)
{
    double v[11];

    CU_ASSERT(golden_line(f, word, 11, v));
    CU_ASSERT(golden_near(s->auroc, v[0]) && golden_near(s->ap, v[1]) && golden_near(s->auroc_sd, v[2]) &&
              golden_near(s->ap_sd, v[3]));
    CU_ASSERT(golden_near_interval(&s->auroc_ci, v + 4) && golden_near_interval(&s->ap_ci, v + 7));
    if (strcmp(word, "difference") == 0)
        CU_ASSERT_EQUAL((double)s->above, v[10])
    else
        CU_ASSERT(golden_near(s->validation_auroc, v[10]));
}

static void check_means(FILE *f, const dn_repeats *r)
{
    double v[3];

    CU_ASSERT(golden_line(f, "mean", 3, v));
    CU_ASSERT(r->counted == (int64_t)v[0] && r->drawn[0] == (int64_t)v[1] && r->drawn[1] == 0);
    CU_ASSERT_EQUAL(r->source, v[2] != 0 ? DN_FROM_ALL : DN_FROM_VIEW);
    for (int k = 0; k < SCORERS; k++)
        check_mean_of(f, "scorer", &r->scorer[k]);
    for (int k = 1; k < SCORERS; k++)
        check_mean_of(f, "difference", &r->difference[k - 1]);
    CU_ASSERT_EQUAL(r->best_baseline, r->scorer[2].validation_auroc > r->scorer[1].validation_auroc);
}

static void check_pooled(FILE *f, const dn_view_report *r)
{
    double v[8];

    CU_ASSERT(golden_line(f, "pooled", 3, v));
    CU_ASSERT(r->rows == (int64_t)v[0] && r->positives == (int64_t)v[1] && r->drawn[0] == (int64_t)v[2]);
    for (int k = 0; k < SCORERS; k++) {
        const dn_scorer_report *s = &r->scorer[k];

        CU_ASSERT(golden_line(f, "scorer", 8, v));
        CU_ASSERT(golden_near(s->auroc, v[0]) && golden_near(s->ap, v[1]));
        CU_ASSERT(golden_near_interval(&s->auroc_ci, v + 2) && golden_near_interval(&s->ap_ci, v + 5));
    }
    for (int k = 1; k < SCORERS; k++) {
        CU_ASSERT(golden_line(f, "difference", 6, v));
        CU_ASSERT(golden_near_interval(&r->difference[k - 1].auroc_ci, v) &&
                  golden_near_interval(&r->difference[k - 1].ap_ci, v + 3));
    }
}

static void numbers_of_an_oracle(void)
{
    FILE *f = load();
    dn_eval_rows pooled = {.n = 0};
    dn_view_report report[VIEWS];
    char name[32];

    if (f == NULL)
        return;
    CU_ASSERT_EQUAL(dn_eval_rows_pool(rows, FOLDS, &pooled, NULL), DN_OK);
    CU_ASSERT(pooled.n_training[0] == 300 && pooled.n_training[1] == 270);
    for (int v = 0; v < VIEWS; v++) {
        dn_repeats r = {.n = 0};

        CU_ASSERT(fscanf(f, " view %31s", name) == 1 && strcmp(name, kind.view[v].name) == 0);
        CU_ASSERT_EQUAL(dn_repeats_create(FOLDS, &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_repeats_measure_view(&test_comm, &r, rows, v, replicates, seed, NULL), DN_OK);
        check_means(f, &r);
        CU_ASSERT_EQUAL(dn_view_measure(&test_comm, &pooled, v, replicates, seed, report, NULL), DN_OK);
        check_pooled(f, &report[v]);
        dn_repeats_destroy(&r);
    }
    fclose(f);
    dn_eval_rows_destroy(&pooled);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Validation rows of all folds stand before the evaluated ones of all; a row keeps all it carries. */
static void rows_behind_one_another(void)
{
    FILE *f = load();
    dn_eval_rows pooled = {.n = 0};
    int64_t at[2] = {0, 0};

    if (f == NULL)
        return;
    fclose(f);
    CU_ASSERT_EQUAL(dn_eval_rows_pool(rows, FOLDS, &pooled, NULL), DN_OK);
    for (int m = 0; m < FOLDS; m++)
        at[1] += table[m].n_validation;
    CU_ASSERT_EQUAL(pooled.n_validation, at[1]);
    for (int m = 0; m < FOLDS; m++)
        for (int64_t i = 0; i < table[m].n; i++) {
            int64_t to = at[i >= table[m].n_validation]++;

            CU_ASSERT(pooled.a[to] == table[m].a[i] && pooled.b[to] == table[m].b[i] &&
                      pooled.label[to] == table[m].label[i] && pooled.klass[to] == table[m].klass[i] &&
                      pooled.clean[to] == table[m].clean[i]);
            CU_ASSERT(pooled.score[2][to] == table[m].score[2][i] &&
                      pooled.clean_score[1][to] == table[m].clean_score[1][i]);
        }
    CU_ASSERT(at[1] == pooled.n && pooled.clean_score[2] == NULL);
    dn_eval_rows_destroy(&pooled);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- files ---- */

static char dataset[512];

static dn_status store_split(const dn_pairs *pairs, int64_t genes, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_split_options o = {.kind = DN_SPLIT_KFOLD, .by_genes = true, .folds = FOLDS, .seed = 5};
    dn_split_plan plan = {0};
    dn_split_count counts[FOLDS][DN_COUNTS] = {{{.rows = 0}}};

    DN_TRY(dn_split_plan_make(&o, pairs, genes, &plan, err));
    DN_TRY(dn_split_store(h, "cv", "known", "{}", &plan, pairs, (const dn_split_count(*)[DN_COUNTS])counts,
                          err));
out:
    dn_split_plan_destroy(&plan);
    return st;
}

/* Generated genes and pairs with folds of genes. */
static dn_status write_dataset(dn_error *err)
{
    dn_status st = DN_OK;
    dn_synth_options o = {.genes = 40,
                          .samples = 5,
                          .pairs = 700,
                          .modules = 4,
                          .noise = 0.5,
                          .missing = 0.2,
                          .hubs = 0.1,
                          .seed = 2};
    dn_pairs pairs = {.n = 0};
    dn_h5 *h = NULL;

    snprintf(dataset, sizeof dataset, "%s", test_path("folds.h5"));
    DN_TRY(dn_synth_write(&test_comm, dataset, "dragnet test", "{}", true, &o, err));
    DN_TRY(dn_h5_edit(&test_comm, dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_pairs_load(h, "known", &pairs, err));
    DN_TRY(store_split(&pairs, o.genes, h, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    dn_pairs_destroy(&pairs);
    return st;
}

static dn_evaluate_options make_files(void)
{
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(write_dataset(&err), DN_OK);
    if (err.code != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    return (dn_evaluate_options){.dataset = dataset,
                                 .split = "cv",
                                 .fold = -1,
                                 .pool = FOLDS,
                                 .part = DN_TEST,
                                 .replicates = 20,
                                 .seed = 4};
}

/* What the report of several folds says is what those of single folds say. */
static void sums_over_the_folds(void)
{
    dn_evaluate_options o = make_files(), one = o;
    dn_gene_folds g = {.folds = 0};
    int64_t n = 0, left_out = 0, training = 0;

    CU_ASSERT_EQUAL(dn_evaluate_folds(&test_comm, &o, &g, NULL), DN_OK);
    CU_ASSERT(g.folds == FOLDS && g.splits == 1 && g.pooled.model.fold == -1);
    one.pool = 0;
    for (int f = 0; f < FOLDS; f++) {
        dn_evaluation e = {.n = 0};

        one.fold = f;
        CU_ASSERT_EQUAL(dn_evaluate(&test_comm, &one, &e, NULL), DN_OK);
        for (int64_t i = 0; i < e.n && n + i < g.pooled.n; i++) {
            CU_ASSERT(g.pooled.gene_a[n + i] == e.gene_a[i] && g.pooled.klass[n + i] == e.klass[i]);
            CU_ASSERT_EQUAL(g.pooled.score[1 + DN_POPULARITY][n + i], e.score[1 + DN_POPULARITY][i]);
        }
        for (int v = 0; v < DN_VIEWS; v++) {
            CU_ASSERT_EQUAL(g.mean[v].each[f].rows, e.view[v].rows);
            CU_ASSERT(!e.view[v].measured || g.mean[v].each[f].auroc[1] == e.view[v].scorer[1].auroc);
        }
        n += e.n;
        left_out += e.left_out.between_parts;
        training += e.view[0].training_rows;
        dn_evaluation_destroy(&e);
    }
    CU_ASSERT(g.pooled.n == n && g.pooled.view[0].rows == n && g.pooled.left_out.between_parts == left_out);
    CU_ASSERT(g.pooled.view[0].training_rows == training && left_out > 0);
    CU_ASSERT(g.mean[2].counted == 0 || g.mean[2].each[0].rows > 0);
    dn_gene_folds_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The JSON holds every number of the report. */
static void bits_of_one_rank(void)
{
    dn_evaluate_options o = make_files();
    dn_comm alone = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_gene_folds one = {.folds = 0}, all = {.folds = 0};
    char *text_one = NULL, *text_all = NULL;

    CU_ASSERT_EQUAL(dn_evaluate_folds(&alone, &o, &one, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_evaluate_folds(&test_comm, &o, &all, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_gene_folds_json(&one, &o, NULL, &text_one, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_gene_folds_json(&all, &o, NULL, &text_all, NULL), DN_OK);
    CU_ASSERT(text_one != NULL && text_all != NULL && strcmp(text_one, text_all) == 0);
    CU_ASSERT(text_one != NULL && strstr(text_one, "\"clean_c3\"") != NULL);
    dn_free(text_one);
    dn_free(text_all);
    dn_gene_folds_destroy(&one);
    dn_gene_folds_destroy(&all);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void what_is_refused(void)
{
    dn_evaluate_options o = make_files();
    dn_gene_folds g = {.folds = 0};
    dn_error err = DN_ERROR_INIT;

    o.pairs = "known";
    CU_ASSERT_EQUAL(dn_evaluate_folds(&test_comm, &o, &g, &err), DN_EUSAGE);
    o.pairs = NULL;
    o.pool = FOLDS + 1; /* there is no such fold */
    CU_ASSERT_NOT_EQUAL(dn_evaluate_folds(&test_comm, &o, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(g.folds, 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void any_rank_may_run_out_of_memory(void)
{
    dn_evaluate_options o = make_files();

    o.replicates = 2;
    for (int rank = 0; rank<test_comm.size; rank += test_comm.size> 1 ? test_comm.size - 1 : 1) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 5000; k += 1 + k / 3) {
            dn_gene_folds g = {.folds = 0};
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_evaluate_folds(&test_comm, &o, &g, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            dn_gene_folds_destroy(&g);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

/* Rows that cannot be pooled leave nothing behind. */
static void no_memory_no_pool(void)
{
    FILE *f = load();
    dn_status st = DN_ENOMEM;
    long k = 0;

    if (f == NULL)
        return;
    fclose(f);
    for (; st == DN_ENOMEM && k < 40; k++) {
        dn_eval_rows pooled = {.n = 0};

        dn_alloc_fail_after(k);
        st = dn_eval_rows_pool(rows, FOLDS, &pooled, NULL);
        dn_alloc_fail_after(-1);
        dn_eval_rows_destroy(&pooled);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT(st == DN_OK && k == 5 + SCORERS + 1 + 1);
}

static const dn_test tests[] = {{"numbers of an oracle", numbers_of_an_oracle},
                                {"rows behind one another", rows_behind_one_another},
                                {"sums over the folds", sums_over_the_folds},
                                {"bits of one rank", bits_of_one_rank},
                                {"what is refused", what_is_refused},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {"no memory, no pool", no_memory_no_pool},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "evaluate_folds", tests);
}
