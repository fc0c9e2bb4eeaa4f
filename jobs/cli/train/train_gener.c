/* train_gener.c - dragnet train gener: pairs of genes; see train_run.h */
#include "jobs/cli/train/train_run.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/digest.h"
#include "mpi/inputs/profiles.h"
#include "solvers/base/log.h"

/* published: 8 shards of one pair, so up to 8 ranks share a batch; pairs are shown in the order given. */
static const dn_recipe recipes[] = {
    {"gener", "default", 40, 8, 1024, 0, "shard", "adam", 0.001, "cosine", 0.01, 0.5},
    {"gener", "published", 300, 100, 8, 8, "global", "sgd", 0.01, "stepwise", 0, 0.5}};

typedef struct job {
    dn_train_run run;
    dn_genes genes;
    dn_pairs pairs;
    dn_profiles profiles;
    dn_gener gener;
    dn_precision asked;
} job;

static dn_status load_data(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_train_run *r = &j->run;
    const dn_comm *comm = r->call->comm;
    const char *kind = dn_options_text(r->call->options, "normalise");
    const char *precision = dn_options_text(r->call->options, "precision");
    dn_normalisation normalisation;
    int64_t flat = 0;
    dn_h5 *h = NULL;

    if (!dn_normalisation_find(kind, &normalisation)) /* the same on every rank */
        DN_FAIL(DN_EUSAGE, "--normalise %s: none, zscore-sample, zscore-gene or quantile", kind);
    if (!dn_precision_find(precision, &j->asked))
        DN_FAIL(DN_EUSAGE, "--precision %s: f32 or bf16", precision);
    DN_TRY(dn_h5_open(comm, r->dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_train_run_split(r, h, false, err));
    DN_TRY(dn_genes_load(h, &j->genes, err));
    DN_TRY(dn_pairs_load(h, r->split.pairs, &j->pairs, err));
    DN_TRY(dn_profiles_load(h, &j->profiles, err));
    r->record.samples = j->profiles.samples;
    r->shared = j->profiles.genes * j->profiles.samples * (int64_t)sizeof(float);
    if (r->record.samples < 2)
        DN_FAIL(DN_EDATA, "%s: %lld sample: the network needs at least 2", r->dataset,
                (long long)r->record.samples);
    snprintf(r->record.normalisation, sizeof r->record.normalisation, "%s", kind);
    snprintf(r->record.expression_hash, sizeof r->record.expression_hash, "%s", j->profiles.hash);
    DN_TRY(dn_profiles_normalise(&j->profiles, normalisation, &flat, err));
    if (flat > 0 && normalisation == DN_ZSCORE_GENE && comm->rank == 0)
        dn_log(DN_WARN, "train", "genes without variance are taken as missing", "genes=%lld",
               (long long)flat);
out:
    dn_h5_close(&h);
    return st;
}

static bool fixed_order(const dn_train_run *r)
{
    return dn_recipe_published(r->base) || dn_options_flag(r->call->options, "fixed-order");
}

/* What products of training take: of what was asked for, what the network does in shards of this size. */
static dn_precision precision_of(const job *j)
{
    const dn_train_run *r = &j->run;
    int64_t pairs = r->recipe.batch / r->recipe.shards;
    bool small = pairs < DN_GENER_BF16_ROWS;

    if (j->asked == DN_PRECISION_F32)
        return DN_PRECISION_F32;
    if (r->call->comm->rank == 0 && small)
        dn_log(DN_WARN, "train", "shards are too small for bf16, products of training take f32",
               "pairs_of_a_shard=%lld least=%d", (long long)pairs, DN_GENER_BF16_ROWS);
    else if (r->call->comm->rank == 0)
        dn_log(DN_INFO, "train", "products of training take bf16", "isa=\"%s\"", dn_bf16_isa());
    return small ? DN_PRECISION_F32 : DN_PRECISION_BF16;
}

static dn_status make_model(job *j, dn_error *err)
{
    dn_train_run *r = &j->run;
    dn_gener_data data = {.x = j->profiles.x,
                          .samples = r->record.samples,
                          .gene_a = j->pairs.gene_a,
                          .gene_b = j->pairs.gene_b,
                          .label = j->pairs.label};

    r->record.options = (dn_gener_options){.dropout = (float)r->dropout,
                                           .swap = !fixed_order(r),
                                           .classes = j->pairs.classes,
                                           .precision = precision_of(j)};
    dn_gener_init(&j->gener, &data, &r->record.options);
    return dn_train_run_model(r, &j->gener.model, err);
}

static dn_status write_config(job *j, dn_error *err)
{
    dn_train_run *r = &j->run;
    dn_json *c;
    const void *x = j->profiles.x;
    size_t bytes = (size_t)(j->genes.n * r->record.samples) * sizeof *j->profiles.x;
    char hash[DN_DIGEST];

    dn_digest(1, &x, &bytes, hash);
    dn_training_hash(&j->genes, &j->pairs, &r->split, r->record.training_hash);
    dn_validation_hash(&j->pairs, &r->split, r->record.validation_hash);
    c = dn_train_run_begin_config(r);
    dn_json_bool(c, "fixed_order", fixed_order(r));
    dn_json_string(c, "normalisation",
                   r->record.normalisation); /* before what follows from it: it is named */
    dn_json_string(c, "expression_hash", hash);
    if (r->record.options.precision != DN_PRECISION_F32)
        dn_json_string(c, "precision", dn_precision_name(r->record.options.precision));
    if (j->pairs.classes > 2)
        dn_json_int(c, "classes", j->pairs.classes);
    return dn_json_end(&c, 0, &r->config, err);
}

dn_status dn_train_gener(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    job j = {0};

    DN_TRY(dn_train_run_open(call, recipes, sizeof recipes / sizeof recipes[0], &j.run, err));
    DN_TRY(load_data(&j, err));
    DN_PASS(dn_train_run_rows(&j.run, j.pairs.n, j.pairs.label, err));
    DN_PASS(make_model(&j, err));
    DN_PASS(write_config(&j, err));
    DN_AGREE(call->comm);
    DN_TRY(dn_train_run_finish(&j.run, err));
out:
    dn_train_run_close(&j.run);
    dn_genes_destroy(&j.genes);
    dn_pairs_destroy(&j.pairs);
    dn_profiles_destroy(&j.profiles);
    return st;
}
