/* cmd_split.c - dragnet split: which pairs train, validate and test, stored in the dataset under a name
 *
 * stdout: one TSV line for each fold and part: fold, part, rows, positives, negatives; of four classes also
 * the rows of each.
 */
#include "jobs/cli/command.h"

#include <stdio.h>
#include <string.h>
#include "jobs/cli/data/split_negatives.h"
#include "mpi/core/agree.h"
#include "mpi/data/alike.h"
#include "mpi/data/split.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"
#include "solvers/base/text.h"

enum { CONFIG_CAP = 4096, NAME_CAP = 100 };

static const dn_opt options[] = {
    {"pairs", 'p', DN_OPT_TEXT, NULL, "NAME", "pair set to divide (this or --interactions)", "split"},
    {"interactions", 'i', DN_OPT_TEXT, NULL, "NAME", "drug-target pairs to divide", "split"},
    {"name", 'n', DN_OPT_TEXT, NULL, "NAME", "name of the split (required)", "split"},
    {"kind", 'k', DN_OPT_TEXT, NULL,
     "random|gene-disjoint|kfold|warm|cold-drug|cold-target|cold-both|kfold-blocks",
     "--pairs: pairs at random, genes that training never sees, or K parts in turn; --interactions: pairs at "
     "random (warm), drugs, targets or both that training never sees, kfold, or K x K blocks of drugs x "
     "targets in turn (default: random, warm)",
     "split"},
    {"fractions", 0, DN_OPT_TEXT, "0.8,0.1,0.1", "A,B,C",
     "shares of train, validation and test: of pairs, of genes, drugs, targets where those are divided",
     "split"},
    {"folds", 0, DN_OPT_INT, "5", "3..100",
     "parts of kfold, blocks of each side of kfold-blocks (at most 10)", "split"},
    {"drug-clusters", 0, DN_OPT_NUMBER, NULL, "0.01..1",
     "keep drugs together whose fingerprints are this alike (Tanimoto), where drugs are divided", "split"},
    {"target-clusters", 0, DN_OPT_NUMBER, NULL, "0.01..1",
     "keep targets together whose 3-mers are this alike (cosine), where targets are divided", "split"},
    {"by", 0, DN_OPT_TEXT, "pairs", "pairs|genes|drugs|targets",
     "what kfold divides: --pairs: pairs or genes; --interactions: pairs, drugs or targets", "split"},
    {"negatives", 0, DN_OPT_TEXT, "given", "KIND[,KIND...]",
     "given, uniform, degree: negatives as they stand in the pair set, drawn from all its genes, drawn so "
     "that every gene stands in as many as in positives. Training uses the first; the others are drawn for "
     "validation and test, and evaluate reports on all",
     "split"},
    {"negative-ratio", 0, DN_OPT_NUMBER, "1", "0.01..100", "drawn negatives for each positive", "split"},
    {"seed", 0, DN_OPT_INT, "1", "0..9223372036854775807", "of the draw", "split"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL,
     "replace a split of that name; keep a test part that is too small", "split"},
    {"allow-small", 0, DN_OPT_FLAG, NULL, NULL, "keep a test part with fewer than 200 pairs of a class",
     "split"},
    {0}};

typedef struct job {
    const dn_call *call;
    const char *dataset, *pairs_name, *name; /* pairs_name: of the pair set or the interactions */
    bool interactions;
    char group[NAME_CAP + 16];
    dn_split_options split;
    bool force, allow_small;
    dn_split_negatives negatives;
    dn_genes genes; /* their ids; of interactions those of drugs, then targets */
    dn_pairs pairs;
    dn_split_plan plan;
    dn_split_count (*counts)[DN_COUNTS]; /* [folds] */
    char *config;
    double alike[2];     /* thresholds of drugs, targets; 0: no clusters */
    int64_t *cluster[2]; /* [drugs], [targets]; NULL: no clusters */
} job;

/* ---- options ---- */

static dn_status parse_fractions(const char *text, double out[3], dn_error *err)
{
    dn_status st = DN_OK;
    const char *at = text;

    for (int i = 0; i < 3; i++) {
        size_t len = strcspn(at, ",");
        if (!dn_parse_double(at, len, &out[i]) || (at[len] == ',') != (i < 2))
            DN_FAIL(DN_EUSAGE, "--fractions %s: wanted three numbers such as 0.8,0.1,0.1", text);
        at += len + 1;
    }
    if (!(out[0] >= 0 && out[1] >= 0 && out[2] >= 0))
        DN_FAIL(DN_EUSAGE, "--fractions %s: a fraction is below 0", text);
    if (!(out[0] + out[1] + out[2] >= 1 - 1e-9 && out[0] + out[1] + out[2] <= 1 + 1e-9))
        DN_FAIL(DN_EUSAGE, "--fractions %s: they add up to %g, not to 1", text, out[0] + out[1] + out[2]);
out:
    return st;
}

static dn_status check_name(const char *name, dn_error *err)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.";
    dn_status st = DN_OK;

    if (name[0] == '\0' || name[0] == '.' || name[strspn(name, good)] != '\0' || strlen(name) >= NAME_CAP)
        DN_FAIL(DN_EUSAGE, "--name '%s': wanted letters, digits and _ - + . (not first), fewer than %d", name,
                NAME_CAP);
out:
    return st;
}

/* --kind, which must go with the kind of set. */
static dn_status read_kind(job *j, dn_error *err)
{
    static const struct {
        const char *name;
        dn_split_kind kind;
        bool pairs, interactions;
    } kinds[] = {{"random", DN_SPLIT_RANDOM, true, false},
                 {"gene-disjoint", DN_SPLIT_GENE_DISJOINT, true, false},
                 {"kfold", DN_SPLIT_KFOLD, true, true},
                 {"warm", DN_SPLIT_RANDOM, false, true},
                 {"cold-drug", DN_SPLIT_COLD_DRUG, false, true},
                 {"cold-target", DN_SPLIT_COLD_TARGET, false, true},
                 {"cold-both", DN_SPLIT_COLD_BOTH, false, true},
                 {"kfold-blocks", DN_SPLIT_BLOCKS, false, true}};
    dn_status st = DN_OK;
    const char *kind = dn_options_text(j->call->options, "kind");
    size_t i = 0;

    if (kind == NULL)
        kind = j->interactions ? "warm" : "random";
    while (strcmp(kinds[i].name, kind) != 0)
        i++;
    if (!(j->interactions ? kinds[i].interactions : kinds[i].pairs))
        DN_FAIL(DN_EUSAGE, "--kind %s is for --%s", kind, j->interactions ? "pairs" : "interactions");
    j->split.kind = kinds[i].kind;
out:
    return st;
}

/* Fractions or folds, as the kind has it. */
static dn_status read_shares(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    bool kfold = j->split.kind == DN_SPLIT_KFOLD, blocks = j->split.kind == DN_SPLIT_BLOCKS;
    const char *by = dn_options_text(o, "by");

    if (dn_options_given(o, "by") && !kfold)
        DN_FAIL(DN_EUSAGE, "--by is for --kind kfold only");
    if (strcmp(by, "pairs") != 0 && (strcmp(by, "genes") == 0) == j->interactions)
        DN_FAIL(DN_EUSAGE, "--by %s is for --%s", by, j->interactions ? "pairs" : "interactions");
    if (kfold && j->interactions && strcmp(by, "pairs") != 0)
        j->split.kind = strcmp(by, "drugs") == 0 ? DN_SPLIT_KFOLD_DRUGS : DN_SPLIT_KFOLD_TARGETS;
    if (kfold || blocks) {
        if (dn_options_given(o, "fractions"))
            DN_FAIL(DN_EUSAGE, "--fractions is not for --kind %s, whose parts follow from --folds",
                    dn_split_kind_name(&j->split));
        j->split.folds = dn_options_int(o, "folds");
        j->split.by_genes = strcmp(by, "genes") == 0;
    } else {
        if (dn_options_given(o, "folds"))
            DN_FAIL(DN_EUSAGE, "--folds is for --kind kfold%s only",
                    j->interactions ? " and kfold-blocks" : "");
        DN_TRY(parse_fractions(dn_options_text(o, "fractions"), j->split.fraction, err));
    }
out:
    return st;
}

/* Thresholds, which must go with what is divided. */
static dn_status read_clusters(job *j, dn_error *err)
{
    static const char *const option[2] = {"drug-clusters", "target-clusters"};
    dn_status st = DN_OK;
    const char *by = dn_split_by_name(&j->split);

    for (int side = 0; side < 2; side++) {
        if (!dn_options_given(j->call->options, option[side]))
            continue;
        if (strstr(by, side == 0 ? "drugs" : "targets") == NULL)
            DN_FAIL(DN_EUSAGE, "--%s goes with --kind cold-%s, cold-both, kfold-blocks and kfold --by %ss",
                    option[side], side == 0 ? "drug" : "target", side == 0 ? "drug" : "target");
        j->alike[side] = dn_options_number(j->call->options, option[side]);
    }
out:
    return st;
}

static dn_status read_options(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;

    j->dataset = dn_options_positional(o, 0);
    j->interactions = dn_options_text(o, "interactions") != NULL;
    j->pairs_name = dn_options_text(o, j->interactions ? "interactions" : "pairs");
    j->name = dn_options_text(o, "name");
    if (j->dataset == NULL)
        DN_FAIL(DN_EUSAGE, "the dataset is missing");
    if (dn_options_positionals(o) > 1)
        DN_FAIL(DN_EUSAGE, "unexpected argument '%s'", dn_options_positional(o, 1));
    if (j->interactions && dn_options_text(o, "pairs") != NULL)
        DN_FAIL(DN_EUSAGE, "--pairs and --interactions stand together: one set is divided at a time");
    if (j->pairs_name == NULL || j->name == NULL)
        DN_FAIL(DN_EUSAGE, "--%s is required", j->pairs_name == NULL ? "pairs or --interactions" : "name");
    DN_TRY(check_name(j->name, err));
    snprintf(j->group, sizeof j->group, "/splits/%s", j->name);
    j->split = (dn_split_options){.seed = (uint64_t)dn_options_int(o, "seed"), .folds = 1};
    DN_TRY(read_kind(j, err));
    DN_TRY(read_shares(j, err));
    DN_TRY(read_clusters(j, err));
    DN_TRY(dn_split_negatives_read(o, j->interactions, j->pairs_name, &j->negatives, err));
    j->force = dn_options_flag(o, "force");
    j->allow_small = j->force || dn_options_flag(o, "allow-small");
out:
    return st;
}

/* ---- what determines the split, as one line of JSON ---- */

static dn_status write_config(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *c = NULL, *fractions;
    char hash[17];

    dn_training_hash(&j->genes, &j->pairs, NULL, hash);
    c = dn_json_create();
    dn_json_string(c, "command", "split");
    dn_json_string(c, j->interactions ? "interactions" : "pairs", j->pairs_name);
    dn_json_string(c, "pairs_hash", hash);
    dn_json_string(c, "kind", dn_split_kind_name(&j->split));
    dn_json_string(c, "by", dn_split_by_name(&j->split));
    if (!dn_split_by_folds(&j->split) && j->split.kind != DN_SPLIT_BLOCKS) {
        fractions = dn_json_array(c, "fractions");
        for (int i = 0; i < 3; i++)
            dn_json_number(fractions, NULL, j->split.fraction[i]);
    }
    dn_json_int(c, "folds", j->split.folds);
    if (dn_split_held_out(&j->split) > 0)
        dn_json_int(c, "held_out_blocks", dn_split_held_out(&j->split));
    dn_json_int(c, "seed", (int64_t)j->split.seed);
    if (j->alike[0] > 0)
        dn_json_number(c, "drug_clusters", j->alike[0]);
    if (j->alike[1] > 0)
        dn_json_number(c, "target_clusters", j->alike[1]);
    dn_split_negatives_config(&j->negatives, c);
    DN_TRY(dn_json_text(c, 0, &j->config, err));
out:
    dn_json_destroy(&c);
    return st;
}

/* ---- steps ---- */

/* Drugs, targets and their pairs as entities. Collective. */
static dn_status load_interactions(job *j, const dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_interactions p = {0};

    DN_TRY(dn_drug_target_ids(h, &j->genes.id, err));
    DN_TRY(dn_interactions_load(h, j->pairs_name, &p, err));
    DN_PASS(dn_split_pairs_of(&p, &j->pairs, err));
    DN_AGREE(j->call->comm);
    j->genes.n = j->genes.id.n;
    j->split.drugs = p.drugs;
out:
    dn_interactions_destroy(&p);
    return st;
}

static dn_status check_negatives(const job *j, dn_error *err)
{
    dn_error why = DN_ERROR_INIT;
    dn_status st = dn_negatives_check(&j->negatives.origins, &j->pairs, &why);

    if (st != DN_OK)
        DN_FAIL(st, "%s: pair set '%s' %s", j->dataset, j->pairs_name, why.text);
out:
    return st;
}

/* Read genes and pairs; is the split there already, and made in the same way? Collective. */
static dn_status look(job *j, bool *out_done, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error reason = DN_ERROR_INIT;
    dn_h5 *h = NULL;
    char have[CONFIG_CAP] = "";

    *out_done = false;
    DN_TRY(dn_h5_open(j->call->comm, j->dataset, DN_DATASET_SCHEMA, &h, err));
    if (j->interactions) {
        DN_TRY(load_interactions(j, h, err));
    } else {
        DN_TRY(dn_genes_load(h, &j->genes, err));
        DN_TRY(dn_pairs_load(h, j->pairs_name, &j->pairs, err));
    }
    if (!j->interactions)
        DN_PASS(check_negatives(j, err));
    DN_PASS(write_config(j, err));
    DN_AGREE(j->call->comm);
    if (!dn_h5_has(h, j->group) || j->force)
        goto out;
    *out_done = dn_h5_get_text(h, j->group, "config", have, sizeof have, &reason) == DN_OK &&
                strcmp(have, j->config) == 0;
    if (!*out_done)
        DN_FAIL(DN_ECANTCREAT, "%s: holds another split '%s'; choose another name, or --force to replace it",
                j->dataset, j->name);
out:
    dn_h5_close(&h);
    return st;
}

static dn_status new_clusters(int64_t n, int64_t **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)n);
out:
    return st;
}

/* How many clusters, and the size of the largest, to the log. Local. */
static dn_status log_clusters(const char *what, const int64_t *cluster, int64_t n, double alike,
                              dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *size = NULL, count = 0, most = 0;

    DN_NEW(size, (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        count += size[cluster[i]]++ == 0;
        most = size[cluster[i]] > most ? size[cluster[i]] : most;
    }
    dn_log(DN_INFO, "split", "clusters", "of=%s alike=%g clusters=%lld largest=%lld", what, alike,
           (long long)count, (long long)most);
out:
    dn_free(size);
    return st;
}

/* Clusters of the sides that have a threshold. Collective. */
static dn_status find_clusters(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;
    dn_h5 *h = NULL;
    dn_drugs drugs = {0};
    dn_targets targets = {0};

    if (!(j->alike[0] > 0 || j->alike[1] > 0))
        goto out;
    DN_TRY(dn_h5_open(comm, j->dataset, DN_DATASET_SCHEMA, &h, err));
    for (int side = 0; side < 2; side++) {
        int64_t n;

        if (!(j->alike[side] > 0))
            continue;
        DN_TRY(side == 0 ? dn_drugs_load(h, &drugs, err) : dn_targets_load(h, &targets, err));
        n = side == 0 ? drugs.n : targets.n;
        DN_PASS(new_clusters(n, &j->cluster[side], err));
        DN_AGREE(comm);
        DN_TRY(side == 0 ? dn_alike_drugs(comm, &drugs, j->alike[0], j->cluster[0], err)
                         : dn_alike_targets(comm, &targets, j->alike[1], j->cluster[1], err));
        if (comm->rank == 0)
            DN_PASS(log_clusters(side == 0 ? "drugs" : "targets", j->cluster[side], n, j->alike[side], err));
        DN_AGREE(comm);
    }
    j->split.drug_cluster = j->cluster[0];
    j->split.target_cluster = j->cluster[1];
out:
    dn_drugs_destroy(&drugs);
    dn_targets_destroy(&targets);
    dn_h5_close(&h);
    return st;
}

/* Blocks are judged by their pooled scores: those of a quick run. */
static dn_status check_diagonal(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_split_count pooled[DN_COUNTS] = {{.rows = 0}};

    for (int64_t f = 0; f < j->split.folds; f++) {
        pooled[DN_TEST].rows += j->counts[f][DN_TEST].rows;
        pooled[DN_TEST].positives += j->counts[f][DN_TEST].positives;
    }
    DN_TRY(dn_split_check_test(&j->plan, -1, pooled, err));
out:
    return st;
}

/* Plan and count. Local: the same on every rank. */
static dn_status plan_local(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    uint8_t *part = NULL;

    DN_TRY(dn_split_plan_make(&j->split, &j->pairs, j->genes.n, &j->plan, err));
    DN_NEW(j->counts, (size_t)j->plan.folds);
    DN_NEW(part, (size_t)j->pairs.n); /* behind what stays, so that its memory comes back when it is freed */
    if (j->negatives.drawn)
        goto out; /* counted when they are drawn */
    for (int64_t f = 0; f < j->plan.folds; f++) {
        dn_split_part(&j->plan, &j->pairs, f, part);
        DN_TRY(dn_split_counts(&j->pairs, j->genes.n, part, j->counts[f], err));
        if (!j->allow_small && j->split.kind != DN_SPLIT_BLOCKS)
            DN_TRY(dn_split_check_test(&j->plan, f, j->counts[f], err));
    }
    if (!j->allow_small && j->split.kind == DN_SPLIT_BLOCKS)
        DN_TRY(check_diagonal(j, err));
out:
    dn_free(part);
    return st;
}

static dn_status store(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_edit(j->call->comm, j->dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_split_remove(h, j->name, err));
    if (j->negatives.drawn)
        DN_TRY(dn_negatives_store(h, j->name, j->pairs_name, j->config, &j->plan, &j->pairs,
                                  &j->negatives.rows, (const dn_split_count(*)[DN_COUNTS])j->counts, err));
    else
        DN_TRY(dn_split_store(h, j->name, j->pairs_name, j->config, &j->plan, &j->pairs,
                              (const dn_split_count(*)[DN_COUNTS])j->counts, err));
    DN_TRY(dn_h5_set_text(h, j->group, "command", j->call->command_line, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

static void print_counts(const job *j)
{
    int classes = j->pairs.classes;

    printf("fold\tpart\trows\tpositives\tnegatives");
    for (int label = 0; classes > 2 && label < classes; label++)
        printf("\t%s", dn_class_name(classes, label));
    putchar('\n');
    for (int64_t f = 0; f < j->plan.folds; f++)
        for (int c = 0; c < DN_COUNTS; c++)
            dn_split_line_print(f, dn_count_names[c], NULL, &j->counts[f][c], classes);
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    job j = {.call = call};
    bool done = false;

    DN_PASS(read_options(&j, err));
    DN_AGREE(call->comm);
    DN_TRY(look(&j, &done, err));
    if (!done)
        DN_TRY(find_clusters(&j, err));
    DN_PASS(done ? DN_OK : plan_local(&j, err));
    DN_AGREE(call->comm);
    if (!done && j.negatives.drawn)
        DN_TRY(dn_split_negatives_draw(call->comm, &j.plan, &j.pairs, &j.genes, j.allow_small, &j.negatives,
                                       j.counts, err));
    if (!done)
        DN_TRY(store(&j, err));
    if (call->comm->rank == 0) {
        dn_log(DN_INFO, "split", done ? "already complete, nothing to do" : "done",
               "dataset=%s name=%s %s=%s kind=%s rows=%lld folds=%lld", j.dataset, j.name,
               j.interactions ? "interactions" : "pairs", j.pairs_name, dn_split_kind_name(&j.split),
               (long long)j.pairs.n, (long long)(done ? j.split.folds : j.plan.folds));
        if (!done)
            print_counts(&j);
        if (!done && j.negatives.drawn)
            dn_split_negatives_print(&j.negatives, &j.plan, j.pairs.classes);
    }
out:
    dn_genes_destroy(&j.genes);
    dn_pairs_destroy(&j.pairs);
    dn_split_plan_destroy(&j.plan);
    dn_split_negatives_destroy(&j.negatives);
    dn_free(j.counts);
    dn_free(j.config);
    dn_free(j.cluster[0]);
    dn_free(j.cluster[1]);
    return st;
}

const dn_command dn_cmd_split = {
    .name = "split",
    .summary = "divide a pair set into training, validation and test",
    .usage = "DATASET --pairs NAME --name NAME [--kind random|gene-disjoint|kfold] [options]\n"
             "DATASET --interactions NAME --name NAME "
             "[--kind warm|cold-drug|cold-target|cold-both|kfold|kfold-blocks] [--by pairs|drugs|targets]",
    .details =
        "The split is a function of the pair set and the seed, stored in the dataset under its name.\n"
        "gene-disjoint: genes are divided; a pair with a test gene is tested, one with a validation "
        "gene validates,\n"
        "one with both is left out; of the pairs between training genes the same shares are held out. "
        "kfold --by\n"
        "genes does so in turn, with about a tenth of the pairs between training genes for C1. "
        "stdout says how\n"
        "many pairs each part has: C1 both genes stand in a training pair, C2 one of them, C3 none.\n"
        "cold-drug, cold-target: a pair goes where its drug or target goes. cold-both, kfold-blocks: it "
        "goes where both\n"
        "go, and what falls between is left out. kfold-blocks: fold s K + i tests drugs of block i with "
        "targets of block\n"
        "(i + s) mod K; folds 0 to K - 1 are the diagonal. kfold --by drugs, --by targets: cold-drug, "
        "cold-target in turn,\n"
        "every pair tested once; validation is the next fold, cold in the same way.\n"
        "--negatives: drawn ones are as many as positives (times --negative-ratio) in every part and, where "
        "genes are divided,\n"
        "of the same sides; never a positive of the set, a row twice, or a decoy. Such a split owns its "
        "rows, pair set NAME:rows,\n"
        "which go with it; stdout also has lines such as test/degree.",
    .options = options,
    .run = run};
