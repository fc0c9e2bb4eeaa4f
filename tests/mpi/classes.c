/* classes.c - tests of four classes over ranks: planted truth, split, training, evaluation of a file,
 * refusals */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jobs/cli/evaluate/evaluate_report.h"
#include "mpi/data/split.h"
#include "mpi/data/synth.h"
#include "mpi/evaluate/evaluate.h"
#include "mpi/train/train.h"
#include "solvers/base/alloc.h"
#include "solvers/stats/normalise.h"
#include "tests/support/gene_files.h"

enum { GENES = 60, SAMPLES = 10, PAIRS = 1500, C = 4, MAX_WEIGHTS = 100000, MAX_MOMENTS = 2000 };

static const dn_synth_options four = {.genes = GENES,
                                      .samples = SAMPLES,
                                      .pairs = PAIRS,
                                      .modules = 3,
                                      .noise = 0.3,
                                      .missing = 0.05,
                                      .hubs = 0.1,
                                      .seed = 6,
                                      .classes = C};
static char dataset[512], model[512];

/* ---- planted truth ---- */

/* As synth.h has it: the other order has the other direction; shares follow the softmax of the drives. */
static void directions(void)
{
    static const uint8_t turned[] = {0, 1, 3, 2};
    double want[C] = {0}, wide = 0;
    int64_t got[C] = {0}, n = 0;

    for (int64_t a = 0; a < 200; a++)
        for (int64_t b = 0; b < a; b++, n++) {
            uint8_t c = dn_synth_class(&four, a, b);
            double d = 2 * (dn_synth_drive(&four, a) - dn_synth_drive(&four, b));
            double all = exp(1) + exp(d) + exp(-d);
            if (c < 1 || c > 3 || dn_synth_class(&four, b, a) != turned[c]) {
                CU_FAIL("the class of a pair does not turn with it");
                return;
            }
            got[c]++;
            want[1] += exp(1) / all;
            want[2] += exp(d) / all;
            want[3] += exp(-d) / all;
            wide += fabs(d) > 1;
        }
    for (int c = 1; c < C; c++) /* five standard deviations of the draw at most */
        CU_ASSERT(fabs((double)got[c] - want[c]) < 5 * sqrt((double)n) / 2);
    CU_ASSERT(wide > 0.3 * (double)n && wide < 0.9 * (double)n);
}

typedef struct content {
    dn_genes genes;
    dn_pairs pairs;
    dn_split split;
    float *x;
} content;

static void release(content *c)
{
    dn_genes_destroy(&c->genes);
    dn_pairs_destroy(&c->pairs);
    dn_split_destroy(&c->split);
    dn_free(c->x);
}

static dn_status load(const char *path, content *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    int64_t genes, samples, flat;

    *c = (content){.genes = {0}};
    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_genes_load(h, &c->genes, err));
    DN_TRY(dn_pairs_load(h, "known", &c->pairs, err));
    DN_TRY(dn_expression_load(h, &c->x, &genes, &samples, err));
    if (dn_h5_has(h, "/splits/warm"))
        DN_TRY(dn_split_load(h, "warm", -1, &c->split, err));
    dn_zscore_genes(c->x, genes, samples, &flat);
out:
    dn_h5_close(&h);
    return st;
}

/* A data set with a split, written by all ranks. */
static dn_status make_dataset(const dn_synth_options *o, const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    content c = {.genes = {0}};
    dn_split_options so = {.kind = DN_SPLIT_RANDOM, .fraction = {0.5, 0.25, 0.25}, .seed = 1};
    dn_split_plan plan = {.folds = 0};
    static dn_split_count counts[1][DN_COUNTS];
    static uint8_t part[PAIRS];

    DN_TRY(dn_synth_write(&test_comm, path, "dragnet test", "{}", true, o, err));
    DN_TRY(load(path, &c, err));
    DN_TRY(dn_split_plan_make(&so, &c.pairs, GENES, &plan, err));
    dn_split_part(&plan, &c.pairs, 0, part);
    DN_TRY(dn_split_counts(&c.pairs, GENES, part, counts[0], err));
    DN_TRY(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_split_store(h, "warm", "known", "{}", &plan, &c.pairs,
                          (const dn_split_count(*)[DN_COUNTS])counts, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    dn_split_plan_destroy(&plan);
    release(&c);
    return st;
}

/* Every class is cut at the fractions; what is positive is what two classes call positive. */
static void planted_and_split(void)
{
    dn_synth_options two = four;
    content a, b;
    dn_error err = DN_ERROR_INIT;
    int64_t in[C][3] = {{0}};
    dn_h5 *h = NULL;
    int64_t rows = 0;

    two.classes = 2;
    snprintf(dataset, sizeof dataset, "%s", test_path("classes.h5"));
    CU_ASSERT_EQUAL(make_dataset(&four, dataset, &err), DN_OK);
    CU_ASSERT_EQUAL(make_dataset(&two, test_path("two.h5"), &err), DN_OK);
    CU_ASSERT_EQUAL(load(dataset, &a, &err), DN_OK);
    CU_ASSERT_EQUAL(load(test_path("two.h5"), &b, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT(a.pairs.classes == C && b.pairs.classes == 2 && a.pairs.n == PAIRS && b.pairs.n == PAIRS);
    for (int64_t i = 0; err.code == DN_OK && i < PAIRS; i++) {
        uint8_t label = a.pairs.label[i];
        CU_ASSERT(a.pairs.gene_a[i] == b.pairs.gene_a[i] && (label > 0) == (b.pairs.label[i] == 1));
        CU_ASSERT(label == 0 || label == dn_synth_class(&four, a.pairs.gene_a[i], a.pairs.gene_b[i]));
        if (label < C && a.split.part[i] < 3)
            in[label][a.split.part[i]]++;
    }
    for (int c = 0; c < C; c++) {
        int64_t all = in[c][0] + in[c][1] + in[c][2];
        CU_ASSERT(all > 50);
        CU_ASSERT_EQUAL(in[c][0], llround(0.5 * (double)all));
        CU_ASSERT(llabs(in[c][1] - in[c][2]) <= 1);
    }
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, dataset, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_get_int(h, "/splits/warm", "test_a_regulates_b", &rows, &err), DN_OK);
    CU_ASSERT_EQUAL(rows, in[2][2]);
    dn_h5_close(&h);
    CU_ASSERT_STRING_EQUAL(dn_class_name(2, 1), "interaction");
    CU_ASSERT_STRING_EQUAL(dn_class_name(4, 1), "connection");
    release(&a);
    release(&b);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A test part must have enough of each class that there is. */
static void too_few_of_a_class(void)
{
    dn_split_plan plan = {.options = {.kind = DN_SPLIT_RANDOM, .fraction = {0.5, 0, 0.5}}};
    dn_split_count counts[DN_COUNTS] = {{0}};
    dn_error err = DN_ERROR_INIT;

    counts[DN_TRAIN] = (dn_split_count){900, 500, {400, 0, 300, 200}};
    counts[DN_TEST] = (dn_split_count){650, 400, {250, 0, 200, 200}};
    CU_ASSERT_EQUAL(dn_split_check_test(&plan, 0, counts, &err), DN_OK); /* no connections anywhere */
    counts[DN_TRAIN].of[1] = 1;
    CU_ASSERT_EQUAL(dn_split_check_test(&plan, 0, counts, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "has 0 pairs of class connection"));
    counts[DN_TRAIN].of[1] = 0;
    counts[DN_TEST].of[3] = 199;
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(dn_split_check_test(&plan, 0, counts, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "199 pairs of class b_regulates_a"));
}

/* ---- training ---- */

typedef struct outcome {
    float w[MAX_WEIGHTS], running[MAX_MOMENTS];
    double loss, auroc;
} outcome;

static outcome alone, together;
static dn_gener gener;
static content data;
static int32_t gene_a[PAIRS], gene_b[PAIRS];
static int64_t train_rows[PAIRS], validation_rows[PAIRS], n_train, n_validation;

static void bind(void)
{
    dn_gener_options options = DN_GENER_DEFAULTS;
    dn_gener_data d = {
        .x = data.x, .samples = SAMPLES, .gene_a = gene_a, .gene_b = gene_b, .label = data.pairs.label};

    n_train = n_validation = 0;
    for (int64_t i = 0; i < PAIRS; i++) {
        gene_a[i] = data.pairs.gene_a[i];
        gene_b[i] = data.pairs.gene_b[i];
        if (data.split.part[i] == DN_TRAIN)
            train_rows[n_train++] = i;
        else if (data.split.part[i] == DN_VALIDATION)
            validation_rows[n_validation++] = i;
    }
    options.classes = C;
    options.dropout = 0.2f;
    dn_gener_init(&gener, &d, &options);
    CU_ASSERT(gener.model.n_weights <= MAX_WEIGHTS && gener.model.n_moments <= MAX_MOMENTS);
}

static dn_status train(const dn_comm *comm, dn_norm_scope norms, int64_t epochs, outcome *out, dn_error *err)
{
    dn_train_rows r = {.train = dn_rows_listed(train_rows, n_train),
                       .validation = dn_rows_listed(validation_rows, n_validation),
                       .label = data.pairs.label};
    dn_train_options o = {.epochs = epochs,
                          .patience = epochs,
                          .batch = 64,
                          .shards = 8,
                          .seed = 5,
                          .optimiser = DN_ADAMW,
                          .decay = 0.01,
                          .norms = norms,
                          .schedule = {.kind = DN_CONSTANT, .rate = 1e-3, .factor = 1, .every = 1}};
    dn_train_result result = {.w = out->w, .running = out->running};
    dn_status st = dn_train(comm, &gener.model, &r, &o, NULL, &result, err);

    out->loss = result.best_loss;
    out->auroc = result.best_auroc;
    return st;
}

/* Every rank also trains by itself; all end with the same bits, and with something learnt: a guess by the
 * shares of the classes loses about 1.25 and ranks at 0.5. */
static void the_bits_of_one_rank(void)
{
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(load(dataset, &data, &err), DN_OK);
    bind();
    for (int norms = 0; norms <= 1; norms++) {
        CU_ASSERT_EQUAL(train(&self, (dn_norm_scope)norms, 1, &alone, &err), DN_OK);
        CU_ASSERT_EQUAL(train(&test_comm, (dn_norm_scope)norms, 1, &together, &err), DN_OK);
        CU_ASSERT_STRING_EQUAL(err.text, "");
        CU_ASSERT_EQUAL(memcmp(alone.w, together.w, (size_t)gener.model.n_weights * sizeof *alone.w), 0);
        CU_ASSERT_EQUAL(memcmp(&alone.loss, &together.loss, sizeof alone.loss), 0);
        CU_ASSERT_EQUAL(memcmp(&alone.auroc, &together.auroc, sizeof alone.auroc), 0);
    }
    CU_ASSERT_EQUAL(train(&test_comm, DN_NORMS_SHARD, 4, &together, &err), DN_OK);
    if (test_comm.rank == 0)
        fprintf(stderr, "# loss %.3f AUROC %.3f\n", together.loss, together.auroc);
    CU_ASSERT(together.loss < 1.1 && together.auroc > 0.7);
}

/* A label that the network has no output for is refused, not read past the end. */
static void labels_the_network_does_not_know(void)
{
    dn_error err = DN_ERROR_INIT;
    dn_gener_options options = DN_GENER_DEFAULTS;
    dn_gener_data d = gener.data;

    dn_gener_init(&gener, &d, &options);
    CU_ASSERT_EQUAL(train(&test_comm, DN_NORMS_SHARD, 1, &alone, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "which the network does not know"));
    bind();
}

/* ---- evaluation ---- */

static dn_status save(const char *path, dn_error *err)
{
    dn_model_record r = test_gener_record(SAMPLES, &gener.options);

    dn_training_hash(&data.genes, &data.pairs, &data.split, r.training_hash);
    return dn_model_save(&test_comm, path, "dragnet test", "{}", true, &gener.model, &r, together.w,
                         together.running, err);
}

static dn_evaluate_options wish(void)
{
    return (dn_evaluate_options){
        .dataset = dataset, .model = model, .fold = -1, .part = DN_TEST, .replicates = 30, .seed = 4};
}

static void check_view(const dn_evaluation *e)
{
    const dn_class_view *v = &e->classes.view[0];
    int64_t of[C] = {0};

    for (int64_t i = 0; i < e->n; i++) {
        const double *p = e->classes.score[DN_MODEL] + i * C, *role = e->classes.score[2] + i * C;
        of[e->label[i]]++;
        CU_ASSERT_DOUBLE_EQUAL(p[0] + p[1] + p[2] + p[3], 1, 1e-6);
        CU_ASSERT_DOUBLE_EQUAL(role[0] + role[1] + role[2] + role[3], 1, 1e-12);
    }
    CU_ASSERT_EQUAL(memcmp(of, v->of, sizeof of), 0);
    CU_ASSERT(v->measured && v->rows == e->n && v->confusion.right > e->n / 2);
    for (int t = 0; t < DN_TARGETS; t++) {
        const dn_class_figure *f = &v->scorer[DN_MODEL][t];
        CU_ASSERT(f->auroc > 0.6 && f->auroc_ci.lo < f->auroc && f->auroc < f->auroc_ci.hi);
        for (int k = 1; k < DN_CLASS_SCORERS; k++)
            CU_ASSERT_DOUBLE_EQUAL(v->difference[k - 1][t].auroc, f->auroc - v->scorer[k][t].auroc, 1e-12);
    }
    CU_ASSERT(v->best_baseline >= 0 && v->best_baseline < DN_CLASS_SCORERS - 1);
}

static void evaluation_of_a_file(void)
{
    dn_evaluate_options o = wish();
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_evaluation one = {.n = 0}, all = {.n = 0};
    char *text_one = NULL, *text_all = NULL;
    dn_error err = DN_ERROR_INIT;

    snprintf(model, sizeof model, "%s", test_path("model.h5"));
    CU_ASSERT_EQUAL(save(model, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_evaluate(&self, &o, &one, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_evaluate(&test_comm, &o, &all, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    check_view(&all);
    CU_ASSERT_EQUAL(dn_evaluation_json(&one, &o, NULL, &text_one, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_evaluation_json(&all, &o, NULL, &text_all, &err), DN_OK);
    CU_ASSERT(text_one != NULL && text_all != NULL && strcmp(text_one, text_all) == 0);
    CU_ASSERT(text_one != NULL && strstr(text_one, "\"b_regulates_a\"") != NULL);
    dn_free(text_one);
    dn_free(text_all);
    dn_evaluation_destroy(&one);
    dn_evaluation_destroy(&all);
    o.model = NULL; /* baselines alone have the same figures */
    o.split = "warm";
    CU_ASSERT_EQUAL(dn_evaluate(&test_comm, &o, &all, &err), DN_OK);
    CU_ASSERT(all.classes.views == DN_VIEWS && all.classes.score[DN_MODEL] == NULL);
    CU_ASSERT(all.classes.view[0].scorer[1][DN_MICRO].auroc > 0.5);
    dn_evaluation_destroy(&all);
}

static void refused(const char *word)
{
    dn_evaluate_options o = wish();
    dn_evaluation e = {.n = 0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_evaluate(&test_comm, &o, &e, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, word));
    if (strstr(err.text, word) == NULL)
        fprintf(stderr, "# got: %s\n", err.text);
    dn_evaluation_destroy(&e);
}

static dn_status set_classes(const char *path, const char *schema, const char *group, int64_t classes,
                             dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_edit(&test_comm, path, schema, &h, err));
    DN_TRY(dn_h5_set_int(h, group, "classes", classes, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

static void what_does_not_fit(void)
{
    CU_ASSERT_EQUAL(set_classes(dataset, DN_DATASET_SCHEMA, "/pairs/known", 3, NULL), DN_OK);
    refused("has 3 classes, not 2 or 4");
    CU_ASSERT_EQUAL(set_classes(dataset, DN_DATASET_SCHEMA, "/pairs/known", 2, NULL), DN_OK);
    refused("label out of range");
    CU_ASSERT_EQUAL(set_classes(dataset, DN_DATASET_SCHEMA, "/pairs/known", 4, NULL), DN_OK);
    CU_ASSERT_EQUAL(set_classes(model, DN_MODEL_SCHEMA, "/", 2, NULL), DN_OK);
    refused("a model of 2 classes, but pair set 'known'");
    CU_ASSERT_EQUAL(set_classes(model, DN_MODEL_SCHEMA, "/", 4, NULL), DN_OK);
}

/* Refuse allocation k on rank r: never a hang, a leak or a split verdict. */
static void any_rank_may_run_out_of_memory(void)
{
    dn_evaluate_options o = wish();

    o.replicates = 2;
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 3000; k += 1 + k) {
            dn_evaluation e = {.n = 0};
            dn_error err = DN_ERROR_INIT;
            long live = (long)dn_alloc_live();

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_evaluate(&test_comm, &o, &e, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            dn_evaluation_destroy(&e);
            CU_ASSERT_EQUAL((long)dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    release(&data);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"directions", directions},
                                {"planted and split", planted_and_split},
                                {"too few of a class", too_few_of_a_class},
                                {"the bits of one rank", the_bits_of_one_rank},
                                {"labels the network does not know", labels_the_network_does_not_know},
                                {"evaluation of a file", evaluation_of_a_file},
                                {"what does not fit", what_does_not_fit},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "classes", tests);
}
