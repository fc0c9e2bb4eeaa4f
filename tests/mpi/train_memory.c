/* train_memory.c - a million pairs: what a rank takes to train on them, and that it does not grow from step
 * to step
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/memory.h"
#include "mpi/data/split.h"
#include "mpi/data/synth.h"
#include "mpi/train/train.h"
#include "solvers/base/alloc.h"
#include "solvers/models/gener.h"
#include "solvers/stats/normalise.h"

enum { GENES = 2000, SAMPLES = 8, PAIRS = 1000000, EPOCHS = 7, EARLY = 3 };

/* The bound of a rank at a million pairs, beside the expression matrix (64 KB here); and what the resident
 * pages may differ by between two steps: pages of libraries that are touched late. */
static const int64_t bound = 300000000, slack = 600000;

typedef struct data {
    dn_genes genes;
    dn_pairs pairs;
    dn_split split;
    float *x;
    dn_rows train, validation;
} data;

static dn_status store_split(const char *path, const dn_pairs *pairs, dn_error *err)
{
    dn_status st = DN_OK;
    dn_split_options o = {.kind = DN_SPLIT_RANDOM, .fraction = {0.012, 0.01, 0.978}, .seed = 1};
    dn_split_plan plan = {0};
    dn_split_count counts[1][DN_COUNTS] = {{{0}}};
    dn_h5 *h = NULL;

    DN_TRY(dn_split_plan_make(&o, pairs, GENES, &plan, err)); /* the same on every rank */
    DN_TRY(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(
        dn_split_store(h, "s", "known", "{}", &plan, pairs, (const dn_split_count(*)[DN_COUNTS])counts, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    dn_split_plan_destroy(&plan);
    return st;
}

static dn_status load(const char *path, data *d, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    int64_t genes, samples, flat;

    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_genes_load(h, &d->genes, err));
    DN_TRY(dn_pairs_load(h, "known", &d->pairs, err));
    DN_TRY(dn_expression_load(h, &d->x, &genes, &samples, err));
    dn_zscore_genes(d->x, genes, samples, &flat);
    dn_h5_close(&h);
    DN_TRY(store_split(path, &d->pairs, err));
    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_split_load(h, "s", -1, &d->split, err));
    DN_TRY(dn_rows_of_part(d->split.part, PAIRS, DN_TRAIN, &d->train, err));
    DN_TRY(dn_rows_of_part(d->split.part, PAIRS, DN_VALIDATION, &d->validation, err));
out:
    dn_h5_close(&h);
    return st;
}

static void release(data *d)
{
    dn_rows_destroy(&d->train);
    dn_rows_destroy(&d->validation);
    dn_genes_destroy(&d->genes);
    dn_pairs_destroy(&d->pairs);
    dn_split_destroy(&d->split);
    dn_free(d->x);
}

/* What rank 0 took early in each epoch, and the most behind that. */
typedef struct seen {
    int64_t early[EPOCHS], late[EPOCHS], steps;
} seen;

static void on_step(void *ctx, const dn_step_report *report)
{
    seen *s = ctx;
    int64_t now = dn_memory_now(), epoch = report->epoch - 1;

    s->steps++;
    if (report->step <= EARLY)
        s->early[epoch] = now;
    else if (now > s->late[epoch])
        s->late[epoch] = now;
}

static dn_status train(const data *d, const dn_train_hooks *hooks, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gener_data what = {.x = d->x,
                          .samples = SAMPLES,
                          .gene_a = d->pairs.gene_a,
                          .gene_b = d->pairs.gene_b,
                          .label = d->pairs.label};
    dn_gener_options options = DN_GENER_DEFAULTS;
    dn_gener gener;
    dn_train_rows rows = {.train = d->train, .validation = d->validation, .label = d->pairs.label};
    dn_train_options o = {.epochs = EPOCHS,
                          .patience = EPOCHS,
                          .batch = 1024,
                          .shards = 16,
                          .seed = 1,
                          .optimiser = DN_ADAMW,
                          .schedule = {.kind = DN_CONSTANT, .rate = 1e-3, .factor = 1}};
    dn_train_result result = {0};

    dn_gener_init(&gener, &what, &options);
    DN_NEW(result.w, (size_t)gener.model.n_weights);
    DN_NEW(result.running, (size_t)gener.model.n_moments);
    DN_TRY(dn_train(&test_comm, &gener.model, &rows, &o, hooks, &result, err));
out:
    dn_free(result.w);
    dn_free(result.running);
    return st;
}

static void a_million_pairs(void)
{
    const char *path = test_path("million.h5");
    dn_synth_options o = {
        .genes = GENES, .samples = SAMPLES, .pairs = PAIRS, .modules = 4, .noise = 0.5, .seed = 1};
    dn_error err = DN_ERROR_INIT;
    seen s = {.steps = 0};
    dn_train_hooks hooks = {.ctx = &s, .step = on_step};
    data d = {.x = NULL};
    char hash[17];

#ifdef __SANITIZE_ADDRESS__
    test_skip("the sanitizer takes memory of its own");
    return;
#endif
    CU_ASSERT_EQUAL(dn_synth_write(&test_comm, path, "dragnet test", "{}", false, &o, &err), DN_OK);
    CU_ASSERT_EQUAL(load(path, &d, &err), DN_OK);
    if (err.code == DN_OK) {
        dn_training_hash(&d.genes, &d.pairs, &d.split,
                         hash); /* every shared page has been touched, as in a run */
        CU_ASSERT_EQUAL(train(&d, &hooks, &err), DN_OK);
    }
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT(dn_memory_peak() > 0 && dn_memory_peak() <= bound);
    CU_ASSERT(dn_memory_peak_of_all(&test_comm) >= dn_memory_peak());
    if (test_comm.rank == 0) {
        CU_ASSERT(s.steps > EPOCHS * 3 * EARLY);
        for (int e = 0; e < EPOCHS; e++) {
            fprintf(stderr, "# epoch %d: %.1f MB early, %.1f MB at most later\n", e + 1,
                    (double)s.early[e] / 1e6, (double)s.late[e] / 1e6);
            CU_ASSERT(s.early[e] > 0 && s.late[e] <= s.early[e] + slack);
        }
        CU_ASSERT(s.late[6] <= s.late[4] + slack); /* the heap settles after a few rounds of scoring */
        fprintf(stderr, "# peak of rank 0: %.1f MB\n", (double)dn_memory_peak() / 1e6);
    }
    release(&d);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"a million pairs", a_million_pairs}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "train_memory", tests);
}
