/* evaluate.c - tests of mpi/evaluate/evaluate.h on files: what is evaluated, what is refused, and the bits of
 * one rank
 *
 * The network has its initial weights: what counts here is what is done with its probabilities.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "jobs/cli/evaluate/evaluate_report.h"
#include "mpi/evaluate/evaluate.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "tests/support/gene_files.h"

enum {
    GENES = 24,
    SAMPLES = 6,
    PAIRS = GENES * (GENES - 1) / 2,
    OTHER = 60,
    DECOY = 20,
    SILENT = 21,
    COLD = 22
};

static int32_t gene_a[PAIRS], gene_b[PAIRS];
static int64_t wide_a[PAIRS], wide_b[PAIRS]; /* the same as a file has them */
static uint8_t label[PAIRS], part[PAIRS];
static float x[GENES * SAMPLES];
static int64_t other_a[OTHER], other_b[OTHER], n_other, other_trained;
static uint8_t other_label[OTHER];

/* All pairs of the genes; genes from COLD on are in no training pair. */
static void make_pairs(void)
{
    dn_rng s = dn_rng_stream(9, DN_RNG_SYNTH, 0, 0);
    int64_t n = 0;

    for (int64_t a = 0; a < GENES; a++)
        for (int64_t b = a + 1; b < GENES; b++, n++) {
            double u = dn_rng_uniform(s, 2 * (uint64_t)n);
            wide_a[n] = a;
            wide_b[n] = b;
            gene_a[n] = (int32_t)a;
            gene_b[n] = (int32_t)b;
            label[n] = dn_rng_u64(s, 2 * (uint64_t)n + 1) & 1;
            part[n] = u < 0.4 && b < COLD ? DN_TRAIN
                      : u < 0.65          ? DN_VALIDATION
                      : u < 0.95          ? DN_TEST
                                          : DN_LEFT_OUT;
        }
    for (int64_t g = 0; g < GENES * SAMPLES; g++)
        x[g] = g / SAMPLES == SILENT ? NAN : (float)dn_rng_normal(s, 5000 + (uint64_t)g);
    x[3] = NAN;
    n_other = other_trained = 0;
    for (int64_t i = 0; i < PAIRS && n_other < OTHER; i += 3, n_other++) { /* reversed */
        other_a[n_other] = gene_b[i];
        other_b[n_other] = gene_a[i];
        other_label[n_other] = label[i];
        other_trained += part[i] == DN_TRAIN;
    }
}

static dn_status write_genes(dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings id = {0};
    int64_t row[GENES], values[GENES], n = GENES, dims[2] = {GENES, SAMPLES};
    uint8_t decoy[GENES] = {0};

    decoy[DECOY] = 1;
    for (int g = 0; g < GENES; g++) {
        char name[16];
        row[g] = g;
        values[g] = g == SILENT ? 0 : g == 0 ? SAMPLES - 1 : SAMPLES;
        snprintf(name, sizeof name, "gene%d", g);
        DN_TRY(dn_strings_add(&id, name, strlen(name), err));
    }
    DN_TRY(dn_h5_write_strings(h, "/genes/id", &id, err));
    DN_TRY(dn_h5_write_all(h, "/genes/table_row", 1, &n, row, err));
    DN_TRY(dn_h5_write_all(h, "/genes/values", 1, &n, values, err));
    DN_TRY(dn_h5_write_all(h, "/genes/decoy", 1, &n, decoy, err));
    DN_TRY(dn_h5_write_all(h, "/expression/values", 2, dims, x, err));
out:
    dn_strings_destroy(&id);
    return st;
}

static dn_status write_dataset(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    const test_pairs known = {PAIRS, wide_a, wide_b, PAIRS, label, 7, 0};
    const test_pairs other = {n_other, other_a, other_b, n_other, other_label, 7, 0};

    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "dragnet test", "{}", true, &h, err));
    DN_TRY(write_genes(h, err));
    DN_TRY(test_pairs_write(h, "known", &known, err));
    DN_TRY(test_pairs_write(h, "other", &other, err));
    DN_TRY(test_split_write(h, "warm", "known", "random", 1, PAIRS, part, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

/* A model as training would leave it. */
static dn_status write_model(const char *dataset, const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_genes genes = {0};
    dn_pairs pairs = {0};
    dn_split split = {.n = 0};
    dn_gener gener;
    dn_gener_data data = {.x = x, .samples = SAMPLES, .gene_a = gene_a, .gene_b = gene_b, .label = label};
    const dn_gener_options options = DN_GENER_DEFAULTS;
    dn_model_record r = test_gener_record(SAMPLES, &options);
    float *w = NULL, *running = NULL;

    DN_TRY(dn_h5_open(&test_comm, dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_genes_load(h, &genes, err));
    DN_TRY(dn_pairs_load(h, "known", &pairs, err));
    DN_TRY(dn_split_load(h, "warm", -1, &split, err));
    dn_training_hash(&genes, &pairs, &split, r.training_hash);
    dn_validation_hash(&pairs, &split, r.validation_hash);
    dn_gener_init(&gener, &data, &r.options);
    DN_NEW(w, (size_t)gener.model.n_weights);
    DN_NEW(running, (size_t)gener.model.n_moments);
    gener.model.ops->init(&gener.model, 1, w, running);
    DN_TRY(dn_model_save(&test_comm, path, "dragnet test", "{}", true, &gener.model, &r, w, running, err));
out:
    dn_free(w);
    dn_free(running);
    dn_genes_destroy(&genes);
    dn_pairs_destroy(&pairs);
    dn_split_destroy(&split);
    dn_h5_close(&h);
    return st;
}

static char dataset[512], model[512];

static dn_evaluate_options make_files(void)
{
    dn_error err = DN_ERROR_INIT;

    make_pairs();
    snprintf(dataset, sizeof dataset, "%s", test_path("evaluate.h5"));
    snprintf(model, sizeof model, "%s", test_path("model.h5"));
    CU_ASSERT_EQUAL(write_dataset(dataset, &err), DN_OK);
    CU_ASSERT_EQUAL(write_model(dataset, model, &err), DN_OK);
    if (err.code != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    return (dn_evaluate_options){
        .dataset = dataset, .model = model, .fold = -1, .part = DN_TEST, .replicates = 23, .seed = 4};
}

static int64_t in_part(int wanted)
{
    int64_t n = 0;

    for (int i = 0; i < PAIRS; i++)
        n += part[i] == wanted;
    return n;
}

static void test_part(void)
{
    dn_evaluate_options o = make_files();
    dn_evaluation e = {.n = 0};
    dn_error err = DN_ERROR_INIT;
    int64_t unclean = 0, at = 0;

    CU_ASSERT_EQUAL(dn_evaluate(&test_comm, &o, &e, &err), DN_OK);
    CU_ASSERT_EQUAL(e.n, in_part(DN_TEST));
    CU_ASSERT_EQUAL(e.view[0].rows, e.n);
    CU_ASSERT_EQUAL(e.view[0].validation_rows, in_part(DN_VALIDATION));
    CU_ASSERT_EQUAL(e.view[0].training_rows, in_part(DN_TRAIN));
    CU_ASSERT(e.left_out.between_parts == in_part(DN_LEFT_OUT) && e.left_out.between_parts > 0);
    CU_ASSERT_EQUAL(e.left_out.two_labels, 7);
    CU_ASSERT_EQUAL(e.also_in_validation, 0);
    for (int i = 0; i < PAIRS && e.n == in_part(DN_TEST); i++) {
        bool touched = gene_a[i] == DECOY || gene_b[i] == DECOY || gene_a[i] == SILENT || gene_b[i] == SILENT;
        if (part[i] != DN_TEST)
            continue;
        CU_ASSERT(e.gene_a[at] == gene_a[i] && e.gene_b[at] == gene_b[i] && e.label[at] == label[i]);
        CU_ASSERT_EQUAL(e.klass[at], 1 + (gene_a[i] >= COLD) + (gene_b[i] >= COLD));
        CU_ASSERT_EQUAL(e.clean[at], !touched);
        CU_ASSERT(e.score[DN_MODEL][at] >= 0 && e.score[DN_MODEL][at] <= 1);
        if (gene_b[i] == SILENT)
            CU_ASSERT_EQUAL(e.score[1 + DN_CORRELATION][at], 0);
        unclean += touched;
        at++;
    }
    CU_ASSERT(unclean > 0 && e.view[1].rows == e.n - unclean);
    CU_ASSERT_STRING_EQUAL(e.part, "test");
    dn_evaluation_destroy(&e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void pair_set(void)
{
    dn_evaluate_options o = make_files();
    dn_evaluation e = {.n = 0};
    dn_error err = DN_ERROR_INIT;

    o.pairs = "other";
    CU_ASSERT_EQUAL(dn_evaluate(&test_comm, &o, &e, &err), DN_OK);
    CU_ASSERT(other_trained > 0 && e.left_out.trained_on == other_trained);
    CU_ASSERT_EQUAL(e.n, n_other - other_trained);
    CU_ASSERT(e.also_in_validation > 0 && e.also_in_validation < e.n);
    CU_ASSERT_EQUAL(e.view[0].validation_rows, in_part(DN_VALIDATION));
    CU_ASSERT_STRING_EQUAL(e.pairs, "other");
    dn_evaluation_destroy(&e);
}

/* The JSON holds every number of the report. */
static void bits_of_one_rank(void)
{
    dn_evaluate_options o = make_files();
    dn_comm alone = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_evaluation one = {.n = 0}, all = {.n = 0};
    char *text_one = NULL, *text_all = NULL;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_evaluate(&alone, &o, &one, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_evaluate(&test_comm, &o, &all, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_evaluation_json(&one, &o, NULL, &text_one, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_evaluation_json(&all, &o, NULL, &text_all, &err), DN_OK);
    CU_ASSERT(text_one != NULL && text_all != NULL && strcmp(text_one, text_all) == 0);
    CU_ASSERT(text_one != NULL && strncmp(text_one, "{\n  \"model\": {\n    \"auroc\": 0.", 30) == 0);
    dn_free(text_one);
    dn_free(text_all);
    dn_evaluation_destroy(&one);
    dn_evaluation_destroy(&all);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void refused(const dn_evaluate_options *o, dn_status code, const char *word)
{
    dn_evaluation e = {.n = 0};
    dn_error err = DN_ERROR_INIT;
    dn_status st = dn_evaluate(&test_comm, o, &e, &err);

    CU_ASSERT_EQUAL(st, code);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, word));
    if (strstr(err.text, word) == NULL)
        fprintf(stderr, "# got: %s\n", err.text);
    dn_evaluation_destroy(&e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void what_does_not_belong_together(void)
{
    dn_evaluate_options o = make_files(), wish = o;
    dn_error err = DN_ERROR_INIT;

    wish.split = "cold";
    refused(&wish, DN_EUSAGE, "trained on split 'warm', not 'cold'");
    wish = o;
    wish.fold = 2;
    refused(&wish, DN_EUSAGE, "not on fold 2");
    wish = o;
    wish.pairs = "nowhere";
    refused(&wish, DN_EDATA, "nowhere");
    wish.pairs = NULL;
    wish.model = dataset;
    refused(&wish, DN_EDATA, "evaluate.h5");
    for (int i = 0; i < PAIRS; i++) /* a pair that chose the epoch becomes one to judge */
        if (part[i] == DN_VALIDATION) {
            part[i] = DN_TEST;
            CU_ASSERT_EQUAL(write_dataset(dataset, &err), DN_OK);
            refused(&o, DN_EDATA, "validated on other rows");
            part[i] = DN_VALIDATION;
            break;
        }
    for (int i = 0; i < PAIRS; i++) /* one pair less to train on */
        if (part[i] == DN_TRAIN) {
            part[i] = DN_TEST;
            break;
        }
    CU_ASSERT_EQUAL(write_dataset(dataset, &err), DN_OK);
    refused(&o, DN_EDATA, "other genes or training pairs");
    for (int i = 0; i < PAIRS; i++)
        part[i] = part[i] == DN_TEST ? DN_LEFT_OUT : part[i];
    CU_ASSERT_EQUAL(write_dataset(dataset, &err), DN_OK);
    CU_ASSERT_EQUAL(write_model(dataset, model, &err), DN_OK);
    refused(&o, DN_EDATA, "split 'warm' has no test pairs");
}

/* A table for people and a TSV come out; the TSV has a line for each pair and says again what is in the
 * report. */
static void scores_by_row(void)
{
    dn_evaluate_options o = make_files();
    dn_evaluation e = {.n = 0};
    dn_error err = DN_ERROR_INIT;
    char line[512], want[64];
    const char *path = test_path("scores.tsv");
    FILE *f;
    int64_t lines = 0;

    CU_ASSERT_EQUAL(dn_evaluate(&test_comm, &o, &e, &err), DN_OK);
    if (test_comm.rank == 0) {
        CU_ASSERT_EQUAL(dn_evaluation_save_scores(&e, path, &err), DN_OK);
        CU_ASSERT_EQUAL(dn_evaluation_save_scores(&e, "/nowhere/x.tsv", NULL), DN_ECANTCREAT);
        f = fopen(path, "r");
        CU_ASSERT(f != NULL && fgets(line, sizeof line, f) != NULL &&
                  strncmp(line, "gene_a\tgene_b\tlabel\t", 20) == 0);
        for (; f != NULL && fgets(line, sizeof line, f) != NULL; lines++) {
            snprintf(want, sizeof want, "gene%d\tgene%d\t%d\t", (int)e.gene_a[lines], (int)e.gene_b[lines],
                     e.label[lines]);
            CU_ASSERT(strncmp(line, want, strlen(want)) == 0);
        }
        CU_ASSERT_EQUAL(lines, e.n);
        if (f != NULL)
            fclose(f);
        f = fopen(test_path("table.txt"), "w+");
        dn_evaluation_print(&e, &o, f);
        rewind(f);
        lines = 0;
        while (fgets(line, sizeof line, f) != NULL)
            lines += strstr(line, "best baseline on validation: ") != NULL;
        CU_ASSERT_EQUAL(lines, 1);
        fclose(f);
    }
    dn_evaluation_destroy(&e);
}

/* What a drug-target model of earlier days says of itself, and `heads` where there are some. */
static dn_status write_dti_record(const char *path, int64_t opt_heads, dn_error *err)
{
    static const char *const word[] = {"split", "pairs", "training_hash", "atoms", "encoder"};
    static const char *const number[] = {"fold",       "best_epoch", "history",   "gcn1",
                                         "gcn2",       "drug_out",   "conv1",     "conv2",
                                         "target_out", "joint",      "max_length"};
    static const char *const real[] = {"validation_loss", "validation_auroc", "dropout", "positive_weight"};
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_create(&test_comm, path, DN_MODEL_SCHEMA, "dragnet test", "{}", true, &h, err));
    DN_TRY(dn_h5_set_text(h, "/", "architecture", "dti", err));
    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
        DN_TRY(dn_h5_set_text(h, "/", word[i], word[i], err));
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++)
        DN_TRY(dn_h5_set_int(h, "/", number[i], 16 + (int64_t)i, err));
    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++)
        DN_TRY(dn_h5_set_number(h, "/", real[i], 0.5, err));
    if (opt_heads > 0)
        DN_TRY(dn_h5_set_int(h, "/", "heads", opt_heads, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

/* A model from before there were heads has one; the others say how many. */
static void models_without_heads(void)
{
    char path[512];

    snprintf(path, sizeof path, "%s", test_path("heads.h5"));
    for (int64_t heads = 0; heads < 9; heads += 4) {
        dn_model_record r;
        dn_error err = DN_ERROR_INIT;

        CU_ASSERT_EQUAL(write_dti_record(path, heads, &err), DN_OK);
        CU_ASSERT_EQUAL(dn_model_read_record(&test_comm, path, &r, &err), DN_OK);
        CU_ASSERT_STRING_EQUAL(err.text, "");
        CU_ASSERT_EQUAL(r.dti.heads, heads > 0 ? heads : 1);
        CU_ASSERT(r.dti.gcn1 == 19 && r.dti.joint == 25 && r.dti.max_length == 26);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"test part", test_part},
                                {"pair set", pair_set},
                                {"bits of one rank", bits_of_one_rank},
                                {"what does not belong together", what_does_not_belong_together},
                                {"scores by row", scores_by_row},
                                {"models without heads", models_without_heads},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "evaluate", tests);
}
