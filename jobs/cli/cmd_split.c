/* cmd_split.c - dragnet split: deal the pairs of a dataset to training, validation and test */
#include "jobs/cli/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/data/split.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

enum { SMALLEST_TEST = 200 };

static const dn_opt options[] = {
    {"pairs", 'p', DN_OPT_TEXT, NULL, "NAME", "pair set to split (required)", "split"},
    {"name", 'n', DN_OPT_TEXT, NULL, "NAME", "name of the split (required)", "split"},
    {"kind", 'k', DN_OPT_TEXT, "random", "random|gene-disjoint|kfold", "how pairs are dealt", "split"},
    {"fractions", 0, DN_OPT_TEXT, "0.8,0.1,0.1", "T,V,E",
     "shares of training, validation and test; of the genes where these are dealt", "split"},
    {"folds", 0, DN_OPT_INT, "5", "3..100", "k-fold: number of folds", "split"},
    {"by", 0, DN_OPT_TEXT, "pairs", "pairs|genes", "k-fold: what is dealt to the folds", "split"},
    {"seed", 0, DN_OPT_INT, "1", "0..9223372036854775807", "of the deal", "split"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL, "replace a split of this name; accept a small test part", "split"},
    {0}};

typedef struct job {
    const dn_call *call;
    const char *dataset, *pairs_name, *name;
    dn_split_options o;
    int64_t genes;
    dn_pairs pairs;
    uint8_t *part;      /* [folds, pairs] */
    uint8_t *gene_part; /* [folds, genes] */
    char *config;
    bool done;          /* the same split is there already */
} job;

static bool by_genes(const job *j)
{
    return j->o.kind == DN_SPLIT_GENE_DISJOINT || j->o.kind == DN_SPLIT_KFOLD_GENES;
}

/* ---- options ---- */

static dn_status read_fractions(const char *text, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    char rest = 0;

    if (sscanf(text, "%lf,%lf,%lf%c", &out[0], &out[1], &out[2], &rest) != 3)
        DN_FAIL(DN_EUSAGE, "--fractions %s: wanted three numbers divided by commas", text);
    for (int i = 0; i < 3; i++)
        if (!(out[i] >= 0 && out[i] <= 1))
            DN_FAIL(DN_EUSAGE, "--fractions %s: each must be between 0 and 1", text);
    if (fabs(out[0] + out[1] + out[2] - 1) > 1e-9)
        DN_FAIL(DN_EUSAGE, "--fractions %s: add up to %g, not 1", text, out[0] + out[1] + out[2]);
out:
    return st;
}

static dn_status read_options(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    const char *kind = dn_options_text(o, "kind");
    bool genes = strcmp(dn_options_text(o, "by"), "genes") == 0;

    j->dataset = dn_options_positional(o, 0);
    j->pairs_name = dn_options_text(o, "pairs");
    j->name = dn_options_text(o, "name");
    if (j->dataset == NULL || dn_options_positionals(o) != 1)
        DN_FAIL(DN_EUSAGE, "wanted one dataset");
    if (j->pairs_name == NULL || j->name == NULL)
        DN_FAIL(DN_EUSAGE, "--pairs and --name are required");
    if (j->name[0] == '\0' || strlen(j->name) > 100 || strchr(j->name, '/') != NULL)
        DN_FAIL(DN_EUSAGE, "--name '%.100s': wanted 1 to 100 characters without '/'", j->name);
    j->o = (dn_split_options){.folds = 1, .seed = (uint64_t)dn_options_int(o, "seed")};
    if (strcmp(kind, "random") == 0)
        j->o.kind = DN_SPLIT_RANDOM;
    else if (strcmp(kind, "gene-disjoint") == 0)
        j->o.kind = DN_SPLIT_GENE_DISJOINT;
    else
        j->o.kind = genes ? DN_SPLIT_KFOLD_GENES : DN_SPLIT_KFOLD_PAIRS;
    if (strcmp(kind, "kfold") == 0) {
        j->o.folds = dn_options_int(o, "folds");
        if (dn_options_given(o, "fractions"))
            DN_FAIL(DN_EUSAGE, "--fractions has no meaning for kfold");
    } else if (dn_options_given(o, "folds") || dn_options_given(o, "by")) {
        DN_FAIL(DN_EUSAGE, "--folds and --by belong to --kind kfold");
    }
    DN_TRY(read_fractions(dn_options_text(o, "fractions"), j->o.fraction, err));
out:
    return st;
}

static dn_status write_config(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    dn_json *c = dn_json_create();

    dn_json_string(c, "command", "split");
    dn_json_string(c, "pairs", j->pairs_name);
    dn_json_string(c, "kind", dn_options_text(o, "kind"));
    if (j->o.folds > 1) {
        dn_json_int(c, "folds", j->o.folds);
        dn_json_string(c, "by", dn_options_text(o, "by"));
    } else {
        dn_json_string(c, "fractions", dn_options_text(o, "fractions"));
    }
    dn_json_int(c, "seed", (int64_t)j->o.seed);
    st = dn_json_text(c, 0, &j->config, err);
    dn_json_destroy(&c);
    return st;
}

/* ---- work ---- */

/* Is the name free, taken by this very split, or in the way? */
static dn_status look_for_finished(job *j, const dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    char group[256], config[1024];

    snprintf(group, sizeof group, "/splits/%s", j->name);
    if (!dn_h5_has(h, group) || dn_options_flag(j->call->options, "force"))
        goto out;
    DN_TRY(dn_h5_get_text(h, group, "config", config, sizeof config, err));
    if (strcmp(config, j->config) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: holds another split '%s'; choose another name, or --force to replace it", j->dataset,
                j->name);
    j->done = true;
out:
    return st;
}

static dn_status load(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    int ndims;
    int64_t dims[4];

    DN_TRY(dn_h5_open(j->call->comm, j->dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(look_for_finished(j, h, err));
    DN_TRY(dn_pairs_load(h, j->pairs_name, &j->pairs, err));
    DN_TRY(dn_h5_shape(h, "/genes/table_row", &ndims, dims, err));
    j->genes = dims[0];
out:
    dn_h5_close(&h);
    return st;
}

static void print_counts(const char *what, int64_t negative, int64_t positive)
{
    if (negative + positive > 0)
        fprintf(stderr, "  %-16s %10lld pairs, %10lld positive\n", what, (long long)(negative + positive),
                (long long)positive);
}

static void print_split(const job *j, int64_t fold, const dn_split_counts *c)
{
    static const char *const parts[] = {"training", "validation", "test", "left out"};

    if (j->o.folds > 1)
        fprintf(stderr, "fold %lld\n", (long long)fold);
    for (int p = 0; p < 4; p++) {
        print_counts(parts[p], c->part[p][0], c->part[p][1]);
        for (int k = 0; k < 3 && (p == DN_VALIDATION || p == DN_TEST); k++) {
            char name[32];
            snprintf(name, sizeof name, "  of these C%d", k + 1);
            print_counts(name, c->class_[p][k][0], c->class_[p][k][1]);
        }
    }
}

/* A test part that is there must be large enough to say something, and so must each of its classes where genes were
 * dealt. */
static dn_status check_size(const job *j, const dn_split_counts *c, dn_error *err)
{
    dn_status st = DN_OK;

    if (c->part[DN_TEST][0] + c->part[DN_TEST][1] == 0 || dn_options_flag(j->call->options, "force"))
        goto out;
    for (int label = 0; label < 2; label++)
        if (c->part[DN_TEST][label] < SMALLEST_TEST)
            DN_FAIL(DN_EDATA, "the test part has only %lld pairs of label %d, fewer than %d; --force accepts it",
                    (long long)c->part[DN_TEST][label], label, SMALLEST_TEST);
    for (int k = 0; k < 3 && by_genes(j); k++)
        for (int label = 0; label < 2; label++) {
            const int64_t *n = c->class_[DN_TEST][k];
            if (n[0] + n[1] > 0 && n[label] < SMALLEST_TEST)
                DN_FAIL(DN_EDATA,
                        "the C%d part of the test has only %lld pairs of label %d, fewer than %d: raise the test "
                        "fraction; --force accepts it",
                        k + 1, (long long)n[label], label, SMALLEST_TEST);
        }
out:
    return st;
}

static dn_status make(job *j, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(j->part, (size_t)(j->o.folds * j->pairs.n));
    DN_NEW(j->gene_part, (size_t)(j->o.folds * j->genes));
    for (int64_t f = 0; f < j->o.folds; f++) {
        dn_split_counts counts;
        uint8_t *part = j->part + f * j->pairs.n;
        DN_TRY(dn_split_make(&j->pairs, j->genes, &j->o, f, part, j->gene_part + f * j->genes, err));
        DN_TRY(dn_split_count(&j->pairs, j->genes, part, &counts, err));
        if (j->call->comm->rank == 0)
            print_split(j, f, &counts);
        DN_TRY(check_size(j, &counts, err));
    }
out:
    return st;
}

static dn_status store(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    char group[256], path[280];
    int64_t dims[2] = {j->o.folds, j->pairs.n};

    snprintf(group, sizeof group, "/splits/%s", j->name);
    DN_TRY(dn_h5_edit(j->call->comm, j->dataset, DN_DATASET_SCHEMA, &h, err));
    if (dn_h5_has(h, group))
        DN_TRY(dn_h5_remove(h, group, err));
    snprintf(path, sizeof path, "%s/part", group);
    DN_TRY(dn_h5_write_all(h, path, 2, dims, j->part, err));
    if (by_genes(j)) {
        dims[1] = j->genes;
        snprintf(path, sizeof path, "%s/gene_part", group);
        DN_TRY(dn_h5_write_all(h, path, 2, dims, j->gene_part, err));
    }
    DN_TRY(dn_h5_set_text(h, group, "pairs", j->pairs_name, err));
    DN_TRY(dn_h5_set_text(h, group, "kind", dn_options_text(j->call->options, "kind"), err));
    DN_TRY(dn_h5_set_int(h, group, "seed", (int64_t)j->o.seed, err));
    DN_TRY(dn_h5_set_text(h, group, "config", j->config, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    job j = {.call = call};

    DN_TRY(read_options(&j, err));
    DN_PASS(write_config(&j, err));
    DN_AGREE(call->comm);
    DN_TRY(load(&j, err));
    if (j.done) {
        if (call->comm->rank == 0)
            dn_log(DN_INFO, "split", "already complete, nothing to do", "split=%s", j.name);
        goto out;
    }
    DN_PASS(make(&j, err));
    DN_AGREE(call->comm);
    DN_TRY(store(&j, err));
    if (call->comm->rank == 0)
        dn_log(DN_INFO, "split", "done", "split=%s dataset=%s", j.name, j.dataset);
out:
    dn_pairs_destroy(&j.pairs);
    dn_free(j.part);
    dn_free(j.gene_part);
    dn_free(j.config);
    return st;
}

const dn_command dn_cmd_split = {
    .name = "split",
    .summary = "deal pairs to training, validation and test, by pairs or by genes",
    .usage = "DATASET --pairs NAME --name NAME [options]",
    .details = "A pure function of the seed, stored in the dataset under a name. gene-disjoint keeps the genes of test\n"
               "pairs out of training: C1, C2, C3 are pairs with both, one and none of their genes seen in training.",
    .options = options,
    .run = run};
