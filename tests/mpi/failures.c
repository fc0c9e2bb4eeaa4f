/* failures.c - tests that any rank may fail any allocation of loading, training with norms over the batch,
 * and evaluating: all ranks hear of it, nothing is left. Training otherwise is in train.c and resume.c,
 * import in ingest.c, checkpoints in checkpoint.c; reads that fail are in tests/cli/failing_reads.sh */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/data/synth.h"
#include "mpi/io/model_file.h"
#include "mpi/evaluate/evaluate.h"
#include "mpi/train/train.h"
#include "solvers/base/alloc.h"
#include "tests/support/gene_files.h"

enum { GENES = 30, SAMPLES = 6, PAIRS = 300, MAX_WEIGHTS = 100000, MAX_MOMENTS = 2000 };

static char dataset[512], model[512];

/* ---- the files ---- */

static dn_status write_split(dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    uint8_t part[PAIRS];

    for (int i = 0; i < PAIRS; i++)
        part[i] = i % 10 < 6 ? DN_TRAIN : i % 10 < 8 ? DN_VALIDATION : DN_TEST;
    DN_TRY(dn_h5_edit(&test_comm, dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(test_split_write(h, "warm", "known", "random", 1, PAIRS, part, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

/* All that training and evaluation read. */
typedef struct loaded {
    dn_h5 *h;
    dn_genes genes;
    dn_pairs pairs;
    dn_split split;
    float *x;
    int64_t n, samples;
} loaded;

static dn_status load(loaded *l, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_h5_open(&test_comm, dataset, DN_DATASET_SCHEMA, &l->h, err));
    DN_TRY(dn_split_load(l->h, "warm", -1, &l->split, err));
    DN_TRY(dn_genes_load(l->h, &l->genes, err));
    DN_TRY(dn_pairs_load(l->h, "known", &l->pairs, err));
    DN_TRY(dn_expression_load(l->h, &l->x, &l->n, &l->samples, err));
out:
    return st;
}

static void unload(loaded *l)
{
    dn_pairs_destroy(&l->pairs);
    dn_split_destroy(&l->split);
    dn_genes_destroy(&l->genes);
    dn_free(l->x);
    dn_h5_close(&l->h);
}

/* A network over what is loaded; what it reads are the numbers of x, for which none is missing. */
static void bind(loaded *l, dn_gener *out)
{
    dn_gener_options options = DN_GENER_DEFAULTS;
    dn_gener_data data = {.x = l->x,
                          .samples = l->samples,
                          .gene_a = l->pairs.gene_a,
                          .gene_b = l->pairs.gene_b,
                          .label = l->pairs.label};

    for (int64_t i = 0; i < l->n * l->samples; i++)
        l->x[i] = l->x[i] == l->x[i] ? l->x[i] : 0;
    dn_gener_init(out, &data, &options);
}

static float w[MAX_WEIGHTS], running[MAX_MOMENTS];

static dn_status write_model(dn_error *err)
{
    dn_status st = DN_OK;
    loaded l = {.h = NULL};
    dn_gener gener;
    const dn_gener_options options = DN_GENER_DEFAULTS;
    dn_model_record r = test_gener_record(SAMPLES, &options);

    DN_TRY(load(&l, err));
    dn_training_hash(&l.genes, &l.pairs, &l.split, r.training_hash);
    bind(&l, &gener);
    CU_ASSERT(gener.model.n_weights <= MAX_WEIGHTS && gener.model.n_moments <= MAX_MOMENTS);
    gener.model.ops->init(&gener.model, 1, w, running);
    DN_TRY(dn_model_save(&test_comm, model, "test", "{}", true, &gener.model, &r, w, running, err));
out:
    unload(&l);
    return st;
}

static void make_files(void)
{
    const dn_synth_options o = {.genes = GENES, .samples = SAMPLES, .pairs = PAIRS, .modules = 3, .seed = 2};
    dn_error err = DN_ERROR_INIT;

    snprintf(dataset, sizeof dataset, "%s", test_path("data.h5"));
    snprintf(model, sizeof model, "%s", test_path("model.h5"));
    CU_ASSERT_EQUAL(dn_synth_write(&test_comm, dataset, "test", "{}", true, &o, &err), DN_OK);
    CU_ASSERT_EQUAL(write_split(&err), DN_OK);
    CU_ASSERT_EQUAL(write_model(&err), DN_OK);
    if (err.code != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- what may fail ---- */

static dn_status load_all(dn_error *err)
{
    loaded l = {.h = NULL};
    dn_status st = load(&l, err);

    unload(&l);
    return st;
}

/* An epoch, with checkpoints; the data are there already. */
static loaded bound;
static dn_gener network;

static dn_status train_global(dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpointing keep = {
        .path = test_path("checkpoint.h5"), .command = "test", .config = "{}", .build = "this", .every = 3};
    dn_train_rows rows = {.label = bound.pairs.label};
    dn_train_options o = {.epochs = 1,
                          .patience = 2,
                          .batch = 32,
                          .shards = 4,
                          .seed = 5,
                          .optimiser = DN_SGD,
                          .schedule = {.kind = DN_CONSTANT, .rate = 1e-3, .factor = 1, .every = 1},
                          .norms = DN_NORMS_GLOBAL,
                          .opt_checkpoints = &keep};
    dn_train_result result = {.w = w, .running = running};

    DN_PASS(dn_rows_of_part(bound.split.part, bound.split.n, DN_TRAIN, &rows.train, err));
    DN_PASS(dn_rows_of_part(bound.split.part, bound.split.n, DN_VALIDATION, &rows.validation, err));
    st = dn_agree(&test_comm, st, err);
    if (st == DN_OK)
        st = dn_train(&test_comm, &network.model, &rows, &o, NULL, &result, err);
    dn_rows_destroy(&rows.train);
    dn_rows_destroy(&rows.validation);
    return st;
}

static dn_status evaluate(dn_error *err)
{
    dn_evaluate_options o = {
        .dataset = dataset, .model = model, .fold = -1, .part = DN_TEST, .replicates = 5, .seed = 4};
    dn_evaluation e = {.n = 0};
    dn_status st = dn_evaluate(&test_comm, &o, &e, err);

    dn_evaluation_destroy(&e);
    return st;
}

/* Refuse allocation k, the more rarely the larger k, of the first rank and of the last, until all pass. */
static void refuse(dn_status (*call)(dn_error *err), long rarely)
{
    long before = dn_alloc_live();
    int last = test_comm.size - 1;

    for (int i = 0; i < (last > 0 ? 2 : 1); i++) {
        int r = i == 0 ? 0 : last;
        dn_status st = DN_ENOMEM;
        long k = 0, refused = 0;
        for (; st != DN_OK && k < 5000; k += 1 + k / rarely) {
            dn_error err = DN_ERROR_INIT;
            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = call(&err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), before);
            refused += st != DN_OK;
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        CU_ASSERT(refused > 5);
    }
}

static void loading(void)
{
    make_files();
    refuse(load_all, 4);
}

static void training(void)
{
    CU_ASSERT_EQUAL(load(&bound, NULL), DN_OK);
    bind(&bound, &network);
    refuse(train_global, 2);
    unload(&bound);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void evaluating(void)
{
    refuse(evaluate, 3);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {
        {"loading", loading}, {"training", training}, {"evaluating", evaluating}, {NULL, NULL}};
    return test_main(argc, argv, "failures", tests);
}
