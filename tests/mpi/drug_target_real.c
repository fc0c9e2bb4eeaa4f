/* drug_target_real.c - the activation-inhibition table of ../shared/data: counts after cleaning, and what
 * label history alone reaches on each kind of split
 *
 * The figures wanted are those of the same baselines in NumPy and scikit-learn on splits of their own: means
 * over 8 splits, whose spread is 0.01 (warm) to 0.02 (cold).
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "mpi/data/alike.h"
#include "mpi/data/split.h"
#include "mpi/io/drug_target.h"
#include "mpi/io/ingest.h"
#include "solvers/base/alloc.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/label_history.h"
#include "solvers/stats/metrics.h"

/* DN_SHARED_DATA says where the data are when not beside the project. */
static const char *table(void)
{
    static char path[600];
    const char *folder = getenv("DN_SHARED_DATA");

    snprintf(path, sizeof path, "%s/drugtarget/activation_inhibition_raw.csv.gz",
             folder != NULL ? folder : DN_TEST_SHARED_DATA);
    return path;
}

enum { SEEDS = 8 };

static bool there(void)
{
    dn_chem *chem = NULL;
    dn_status st = dn_chem_open(&chem, NULL);

    dn_chem_close(&chem);
    if (st == DN_EUNAVAILABLE)
        test_skip("this build cannot read SMILES");
    else if (access(table(), R_OK) != 0)
        test_skip("real drug-target table absent: " DN_TEST_SHARED_DATA "/drugtarget");
    return st == DN_OK && access(table(), R_OK) == 0;
}

static const char *output(void)
{
    static char path[600];

    snprintf(path, sizeof path, "%s/real.h5", test_dir());
    return path;
}

static void cleaned(void)
{
    static const char *const name[] = {"ai"};
    const char *file = table();
    dn_import_options o = {.output = output(),
                           .n_interactions = 1,
                           .interactions_name = name,
                           .interactions_file = &file,
                           .force = true};
    dn_import_report r = {0};

    if (!there())
        return;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    if (r.interactions != NULL) {
        const dn_interactions_report *q = &r.interactions[0];
        CU_ASSERT(q->rows == 6111 && q->rejected == 0 && q->repeats == 40 && q->distinct == 6059 &&
                  q->contradictory == 12 && q->other_label == 12);
        CU_ASSERT(q->kept == 6047 && q->positive == 1669 && q->drugs == 1386 && q->targets == 876);
        CU_ASSERT(r.drugs == 1386 && r.targets == 876 && q->drug_many == 0 && q->drug_synonyms == 0);
    }
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Rows of a part, and how many. */
static int64_t rows_of(const uint8_t *part, uint8_t wanted, int64_t n, int64_t *rows)
{
    int64_t count = 0;

    for (int64_t i = 0; i < n; i++)
        if (part[i] == wanted)
            rows[count++] = i;
    return count;
}

typedef struct work {
    uint8_t *part, *label; /* [n] */
    int64_t *rows;         /* [n] */
    double *score, *of_drug, *of_target;
    int64_t *scratch;
} work;

static void new_work(const dn_interactions *p, work *w)
{
    size_t n = (size_t)p->n, wider = (size_t)(p->drugs > p->targets ? p->drugs : p->targets);

    w->part = dn_calloc(n, 1);
    w->label = dn_calloc(n, 1);
    w->rows = dn_calloc(n, sizeof *w->rows);
    w->score = dn_calloc(n, sizeof *w->score);
    w->of_drug = dn_calloc((size_t)p->drugs, sizeof *w->of_drug);
    w->of_target = dn_calloc((size_t)p->targets, sizeof *w->of_target);
    w->scratch = dn_calloc(2 * wider, sizeof *w->scratch);
}

static void free_work(work *w)
{
    dn_free(w->part);
    dn_free(w->label);
    dn_free(w->rows);
    dn_free(w->score);
    dn_free(w->of_drug);
    dn_free(w->of_target);
    dn_free(w->scratch);
}

/* AUROC of the three histories on the test part of a fold. */
static void auroc(const dn_interactions *p, work *w, double out[DN_HISTORIES])
{
    int64_t n = rows_of(w->part, DN_TRAIN, p->n, w->rows);

    dn_history_fit(p->drug, p->target, p->label, w->rows, n, p->drugs, p->targets, w->of_drug, w->of_target,
                   w->scratch);
    n = rows_of(w->part, DN_TEST, p->n, w->rows);
    for (int h = 0; h < DN_HISTORIES; h++) {
        dn_order order = {0};
        double ap;

        for (int64_t i = 0; i < n; i++) {
            int64_t row = w->rows[i];
            w->label[i] = p->label[row];
            w->score[i] =
                dn_history_score((dn_history)h, w->of_drug[p->drug[row]], w->of_target[p->target[row]]);
        }
        CU_ASSERT_EQUAL(dn_order_create(w->score, w->label, n, &order, NULL), DN_OK);
        dn_order_rank(&order, NULL, &out[h], &ap);
        dn_order_destroy(&order);
    }
}

static void label_history(void)
{
    static const struct {
        const char *name;
        dn_split_kind kind;
        double fraction[3], want[DN_HISTORIES], tolerance;
    } rows[] = {
        {"warm", DN_SPLIT_RANDOM, {0.8, 0, 0.2}, {0.88, 0.89, 0.95}, 0.01},
        {"cold-drug", DN_SPLIT_COLD_DRUG, {0.8, 0, 0.2}, {0.88, 0.5, 0.88}, 0.02},
        {"cold-target", DN_SPLIT_COLD_TARGET, {0.8, 0, 0.2}, {0.5, 0.89, 0.89}, 0.02},
        {"cold-both", DN_SPLIT_COLD_BOTH, {0.7, 0, 0.3}, {0.5, 0.5, 0.5}, 0},
    };
    dn_h5 *h = NULL;
    dn_interactions p = {0};
    dn_pairs pairs = {0};
    work w = {0};

    if (!there())
        return;
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, output(), DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_interactions_load(h, "ai", &p, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_split_pairs_of(&p, &pairs, NULL), DN_OK);
    new_work(&p, &w);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        double mean[DN_HISTORIES] = {0};

        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            dn_split_options o = {.kind = rows[k].kind, .folds = 1, .drugs = p.drugs, .seed = seed};
            dn_split_plan plan = {0};
            double one[DN_HISTORIES];

            for (int i = 0; i < 3; i++)
                o.fraction[i] = rows[k].fraction[i];
            CU_ASSERT_EQUAL(dn_split_plan_make(&o, &pairs, p.drugs + p.targets, &plan, NULL), DN_OK);
            dn_split_part(&plan, &pairs, 0, w.part);
            auroc(&p, &w, one);
            for (int i = 0; i < DN_HISTORIES; i++)
                mean[i] += one[i] / SEEDS;
            dn_split_plan_destroy(&plan);
        }
        if (test_comm.rank == 0)
            printf("# %-11s target %.3f drug %.3f both %.3f\n", rows[k].name, mean[0], mean[1], mean[2]);
        for (int i = 0; i < DN_HISTORIES; i++)
            CU_ASSERT(fabs(mean[i] - rows[k].want[i]) <= rows[k].tolerance);
    }
    free_work(&w);
    dn_pairs_destroy(&pairs);
    dn_interactions_destroy(&p);
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Drugs of test and of training are below the threshold, each with each. */
static void no_near_twins(void)
{
    static const double alike = 0.5;
    dn_split_options o = {.kind = DN_SPLIT_COLD_DRUG, .fraction = {0.6, 0.2, 0.2}, .folds = 1, .seed = 1};
    dn_h5 *h = NULL;
    dn_drugs d = {0};
    dn_interactions p = {0};
    dn_pairs pairs = {0};
    dn_split_plan plan = {0};
    dn_fingerprint *fp = NULL;
    int64_t *cluster = NULL, wrong = 0, compared = 0;
    uint8_t *part = NULL;

    if (!there())
        return;
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, output(), DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_drugs_load(h, &d, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_interactions_load(h, "ai", &p, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_split_pairs_of(&p, &pairs, NULL), DN_OK);
    cluster = dn_calloc((size_t)d.n, sizeof *cluster);
    part = dn_calloc((size_t)(d.n + p.targets), 1);
    fp = dn_calloc((size_t)d.n, sizeof *fp);
    CU_ASSERT_EQUAL(dn_alike_drugs(&test_comm, &d, alike, cluster, NULL), DN_OK);
    o.drugs = d.n;
    o.drug_cluster = cluster;
    CU_ASSERT_EQUAL(dn_split_plan_make(&o, &pairs, d.n + p.targets, &plan, NULL), DN_OK);
    dn_split_gene_part(&plan, 0, part);
    for (int64_t i = 0; i < d.n; i++) {
        dn_molecule m = dn_drugs_molecule(&d, i);
        CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &fp[i], NULL), DN_OK);
    }
    for (int64_t i = 0; i < d.n; i++)
        for (int64_t j = 0; j < d.n; j++)
            if (part[i] == DN_TRAIN && (part[j] == DN_TEST || part[j] == DN_VALIDATION)) {
                wrong += dn_fingerprint_tanimoto(&fp[i], &fp[j]) >= alike;
                compared++;
            }
    CU_ASSERT(wrong == 0 && compared > 300000);
    dn_free(cluster);
    dn_free(part);
    dn_free(fp);
    dn_split_plan_destroy(&plan);
    dn_pairs_destroy(&pairs);
    dn_interactions_destroy(&p);
    dn_drugs_destroy(&d);
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {
    {"cleaned", cleaned}, {"label history", label_history}, {"no near twins", no_near_twins}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "drug_target_real", tests);
}
