/* split.c - plan and count a split; no MPI here; see split.h */
#include "mpi/data/split.h"
#include "mpi/data/split_cut.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

/* Values of `a` of the stream DN_RNG_SPLIT: part of the definition, never renumber. */
enum {
    DRAW_PAIRS = 1,
    DRAW_GENES = 2,
    DRAW_HELD_OUT = 3,
    DRAW_FOLD_PAIRS = 4,
    DRAW_FOLD_GENES = 5,
    DRAW_DRUGS = 6,
    DRAW_TARGETS = 7,
    DRAW_BLOCK_DRUGS = 8,
    DRAW_BLOCK_TARGETS = 9,
    DRAW_FOLD_DRUGS = 10,
    DRAW_FOLD_TARGETS = 11,
    DRAW_FOLD_HELD_OUT = 16
};

const char *dn_split_kind_name(const dn_split_options *options)
{
    static const char *const name[] = {"random",       "gene-disjoint", "kfold",
                                       "cold-drug",    "cold-target",   "cold-both",
                                       "kfold-blocks", "kfold-drugs",   "kfold-targets"};

    return options->kind == DN_SPLIT_RANDOM && options->drugs > 0 ? "warm" : name[options->kind];
}

/* Are drugs (side 0), targets (side 1) divided? */
static bool divides(dn_split_kind kind, int side)
{
    bool drugs_only = kind == DN_SPLIT_COLD_DRUG || kind == DN_SPLIT_KFOLD_DRUGS;
    bool targets_only = kind == DN_SPLIT_COLD_TARGET || kind == DN_SPLIT_KFOLD_TARGETS;

    return kind >= DN_SPLIT_COLD_DRUG && !(side == 0 ? targets_only : drugs_only);
}

const char *dn_split_by_name(const dn_split_options *options)
{
    if (!dn_split_by_genes(options))
        return "pairs";
    if (options->kind < DN_SPLIT_COLD_DRUG)
        return "genes";
    return !divides(options->kind, 1)   ? "drugs"
           : !divides(options->kind, 0) ? "targets"
                                        : "drugs and targets";
}

bool dn_split_by_folds(const dn_split_options *options)
{
    return options->kind == DN_SPLIT_KFOLD || options->kind >= DN_SPLIT_KFOLD_DRUGS;
}

bool dn_split_by_genes(const dn_split_options *options)
{
    return options->kind == DN_SPLIT_GENE_DISJOINT || options->kind >= DN_SPLIT_COLD_DRUG ||
           (options->kind == DN_SPLIT_KFOLD && options->by_genes);
}

int64_t dn_split_held_out(const dn_split_options *options)
{
    if (options->kind != DN_SPLIT_KFOLD || !options->by_genes)
        return 0;
    return options->folds > DN_HELD_OUT_BLOCKS ? options->folds : DN_HELD_OUT_BLOCKS;
}

dn_status dn_split_pairs_of(const dn_interactions *p, dn_pairs *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pairs pairs = {.n = p->n, .classes = 2, .two_labels = p->contradictory};

    if (p->drugs > INT32_MAX || p->targets > INT32_MAX - p->drugs)
        DN_FAIL(DN_EDATA, "%lld drugs and %lld targets: more than 2^31 together", (long long)p->drugs,
                (long long)p->targets);
    DN_NEW(pairs.gene_a, (size_t)p->n);
    DN_NEW(pairs.gene_b, (size_t)p->n);
    DN_NEW(pairs.label, (size_t)p->n);
    for (int64_t i = 0; i < p->n; i++) {
        pairs.gene_a[i] = (int32_t)p->drug[i];
        pairs.gene_b[i] = (int32_t)(p->drugs + p->target[i]);
        pairs.label[i] = p->label[i];
    }
    *out = pairs;
    pairs = (dn_pairs){0};
out:
    dn_pairs_destroy(&pairs);
    return st;
}

/* ---- ranking ---- */

/* Which items are ranked: those with chosen[i] == wanted. list [n] receives them in order; returns how many.
 */
static int64_t rank_items(uint64_t seed, uint64_t draw, const uint8_t *chosen, uint8_t wanted, int64_t n,
                          dn_ranked *list)
{
    dn_rng stream = dn_rng_stream(seed, DN_RNG_SPLIT, draw, 0);
    int64_t count = 0;

    for (int64_t i = 0; i < n; i++)
        if (chosen[i] == wanted)
            list[count++] = (dn_ranked){.key = dn_rng_u64(stream, (uint64_t)i), .index = i};
    qsort(list, (size_t)count, sizeof *list, dn_ranked_order);
    return count;
}

static void cut_list(const double *fraction, const dn_ranked *list, int64_t n, uint8_t *part)
{
    int64_t cut[2];

    dn_split_cut_points(fraction, n, cut);
    for (int64_t r = 0; r < n; r++)
        part[list[r].index] = r < cut[0] ? DN_TRAIN : r < cut[1] ? DN_VALIDATION : DN_TEST;
}

static void deal_list(const dn_ranked *list, int64_t n, int64_t first, int64_t folds, uint8_t *block)
{
    for (int64_t r = 0; r < n; r++)
        block[list[r].index] = (uint8_t)((first + r) % folds);
}

/* ---- the plan ---- */

static dn_status check_options(const dn_split_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    const double *f = o->fraction;

    if (dn_split_by_folds(o) || o->kind == DN_SPLIT_BLOCKS) {
        int most = o->kind != DN_SPLIT_BLOCKS ? DN_FOLDS_MAX : DN_BLOCKS_MAX;
        if (o->folds < DN_FOLDS_MIN || o->folds > most)
            DN_FAIL(DN_EUSAGE, "%lld folds: wanted %d to %d", (long long)o->folds, DN_FOLDS_MIN, most);
        goto out;
    }
    for (int i = 0; i < 3; i++)
        if (!(f[i] >= 0 && f[i] <= 1))
            DN_FAIL(DN_EUSAGE, "fraction %g: wanted 0 to 1", f[i]);
    if (!(fabs(f[0] + f[1] + f[2] - 1) <= 1e-9))
        DN_FAIL(DN_EUSAGE, "fractions %g, %g, %g add up to %.10g, not to 1", f[0], f[1], f[2],
                f[0] + f[1] + f[2]);
out:
    return st;
}

enum { NO_CLASS = 255 };

static int classes_of(const dn_pairs *pairs)
{
    return pairs->classes > 2 ? pairs->classes : 2;
}

static dn_status plan_pairs(dn_split_plan *p, const dn_pairs *pairs, dn_ranked *list, dn_error *err)
{
    dn_status st = DN_OK;
    bool kfold = p->options.kind == DN_SPLIT_KFOLD;
    int64_t before = 0;

    if (p->pairs < p->folds)
        DN_FAIL(DN_EDATA, "%lld pairs cannot be dealt into %lld folds", (long long)p->pairs,
                (long long)p->folds);
    DN_NEW(p->pair_block, (size_t)p->pairs);
    for (uint8_t label = 0; label < classes_of(pairs); label++) {
        int64_t n;

        if (!kfold) {
            DN_TRY(dn_split_cut(p->options.fraction, p->options.seed, DRAW_PAIRS, pairs->label, label,
                                p->pairs, p->pair_block, err));
            continue;
        }
        n = rank_items(p->options.seed, DRAW_FOLD_PAIRS, pairs->label, label, p->pairs, list);
        deal_list(list, n, before, p->folds, p->pair_block);
        before += n;
    }
out:
    return st;
}

static dn_status plan_genes(dn_split_plan *p, const dn_pairs *pairs, dn_ranked *list, dn_error *err)
{
    dn_status st = DN_OK;
    bool kfold = p->options.kind == DN_SPLIT_KFOLD;
    int64_t n;

    DN_NEW(p->gene_block, (size_t)p->genes);
    memset(p->gene_block, DN_GENE_ABSENT, (size_t)p->genes);
    for (int64_t i = 0; i < p->pairs; i++)
        p->gene_block[pairs->gene_a[i]] = p->gene_block[pairs->gene_b[i]] = 0;
    n = rank_items(p->options.seed, kfold ? DRAW_FOLD_GENES : DRAW_GENES, p->gene_block, 0, p->genes, list);
    if (n < p->folds)
        DN_FAIL(DN_EDATA, "%lld genes cannot be dealt into %lld folds", (long long)n, (long long)p->folds);
    if (kfold)
        deal_list(list, n, 0, p->folds, p->gene_block);
    else
        cut_list(p->options.fraction, list, n, p->gene_block);
out:
    return st;
}

/* Clusters with a member in a pair, ranked: list receives them, size [n] their members in pairs; returns how
 * many clusters. block [n] is DN_GENE_ABSENT for an entity in no pair. */
static int64_t rank_clusters(uint64_t seed, uint64_t draw, const uint8_t *block, const int64_t *cluster,
                             int64_t n, uint8_t *chosen, int64_t *size, dn_ranked *list)
{
    memset(size, 0, (size_t)n * sizeof *size);
    for (int64_t i = 0; i < n; i++)
        if (block[i] != DN_GENE_ABSENT)
            size[cluster != NULL ? cluster[i] : i]++;
    for (int64_t i = 0; i < n; i++)
        chosen[i] = size[i] > 0;
    return rank_items(seed, draw, chosen, 1, n, list);
}

/* The part of every ranked cluster: where its middle falls in the list of their members. */
static void cut_clusters(const double *fraction, const dn_ranked *list, int64_t clusters, int64_t members,
                         const int64_t *size, uint8_t *part)
{
    int64_t cut[2], at = 0;

    dn_split_cut_points(fraction, members, cut);
    for (int64_t r = 0; r < clusters; r++) {
        int64_t i = list[r].index, middle = at + size[i] / 2;
        part[i] = middle < cut[0] ? DN_TRAIN : middle < cut[1] ? DN_VALIDATION : DN_TEST;
        at += size[i];
    }
}

/* Every ranked cluster to the block that has the fewest members so far, the first of those. */
static void deal_clusters(const dn_ranked *list, int64_t clusters, int64_t folds, const int64_t *size,
                          uint8_t *block)
{
    int64_t have[DN_FOLDS_MAX] = {0};

    for (int64_t r = 0; r < clusters; r++) {
        int64_t least = 0;
        for (int64_t f = 1; f < folds; f++)
            if (have[f] < have[least])
                least = f;
        block[list[r].index] = (uint8_t)least;
        have[least] += size[list[r].index];
    }
}

/* Cut or deal the entities [begin, end) that stand in a pair, clusters whole; the others are DN_GENE_ABSENT
 * already. */
static dn_status plan_side(dn_split_plan *p, uint64_t draw, int64_t begin, int64_t end,
                           const int64_t *cluster, const char *what, dn_ranked *list, dn_error *err)
{
    dn_status st = DN_OK;
    bool dealt = p->options.kind >= DN_SPLIT_BLOCKS;
    uint8_t *block = p->gene_block + begin, *of_cluster = NULL;   /* [n] */
    int64_t n = end - begin, clusters, members = 0, *size = NULL; /* [n] */

    DN_NEW(of_cluster, (size_t)n);
    DN_NEW(size, (size_t)n);
    clusters = rank_clusters(p->options.seed, draw, block, cluster, n, of_cluster, size, list);
    if (dealt && clusters < p->options.folds)
        DN_FAIL(DN_EDATA, "%lld %s%s cannot be dealt into %lld %s", (long long)clusters,
                cluster != NULL ? "clusters of " : "", what, (long long)p->options.folds,
                p->options.kind == DN_SPLIT_BLOCKS ? "blocks" : "folds");
    for (int64_t i = 0; i < n; i++)
        members += size[i];
    if (dealt)
        deal_clusters(list, clusters, p->options.folds, size, of_cluster);
    else
        cut_clusters(p->options.fraction, list, clusters, members, size, of_cluster);
    for (int64_t i = 0; i < n; i++)
        if (block[i] != DN_GENE_ABSENT)
            block[i] = of_cluster[cluster != NULL ? cluster[i] : i];
out:
    dn_free(of_cluster);
    dn_free(size);
    return st;
}

/* The caller's clusters of a divided side become the plan's. */
static dn_status keep_clusters(const int64_t *cluster, int64_t n, int64_t **out, dn_error *err)
{
    dn_status st = DN_OK;

    if (cluster == NULL)
        goto out;
    DN_NEW(*out, (size_t)n);
    memcpy(*out, cluster, (size_t)n * sizeof *cluster);
out:
    return st;
}

/* Drugs, targets or both; a side that is not divided is all training. */
static dn_status plan_sides(dn_split_plan *p, const dn_pairs *pairs, dn_ranked *list, dn_error *err)
{
    dn_status st = DN_OK;
    dn_split_kind kind = p->options.kind;
    bool blocks = kind == DN_SPLIT_BLOCKS, folds = dn_split_by_folds(&p->options);
    int64_t drugs = p->options.drugs;

    DN_NEW(p->gene_block, (size_t)p->genes);
    memset(p->gene_block, DN_GENE_ABSENT, (size_t)p->genes);
    for (int64_t i = 0; i < p->pairs; i++)
        p->gene_block[pairs->gene_a[i]] = p->gene_block[pairs->gene_b[i]] = DN_TRAIN;
    if (divides(kind, 0))
        DN_TRY(plan_side(p,
                         blocks  ? DRAW_BLOCK_DRUGS
                         : folds ? DRAW_FOLD_DRUGS
                                 : DRAW_DRUGS,
                         0, drugs, p->options.drug_cluster, "drugs", list, err));
    if (divides(kind, 0))
        DN_TRY(keep_clusters(p->options.drug_cluster, drugs, &p->drug_cluster, err));
    if (divides(kind, 1))
        DN_TRY(keep_clusters(p->options.target_cluster, p->genes - drugs, &p->target_cluster, err));
    if (divides(kind, 1))
        DN_TRY(plan_side(p,
                         blocks  ? DRAW_BLOCK_TARGETS
                         : folds ? DRAW_FOLD_TARGETS
                                 : DRAW_TARGETS,
                         drugs, p->genes, p->options.target_cluster, "targets", list, err));
    p->options.drug_cluster = p->options.target_cluster = NULL; /* they were borrowed */
out:
    return st;
}

/* Of the pairs of two training genes, hold out the fractions of validation and test, class by class. */
static dn_status hold_out(dn_split_plan *p, const dn_pairs *pairs, dn_error *err)
{
    dn_status st = DN_OK;
    uint8_t *class = NULL; /* [pairs]  label of a pair of training genes, NO_CLASS otherwise */

    DN_NEW(p->pair_block, (size_t)p->pairs); /* before class: what is freed behind it can be taken again */
    DN_NEW(class, (size_t)p->pairs);
    for (int64_t i = 0; i < p->pairs; i++)
        class[i] = p->gene_block[pairs->gene_a[i]] == DN_TRAIN && p->gene_block[pairs->gene_b[i]] == DN_TRAIN
                       ? pairs->label[i]
                       : NO_CLASS;
    for (uint8_t label = 0; label < classes_of(pairs); label++)
        DN_TRY(dn_split_cut(p->options.fraction, p->options.seed, DRAW_HELD_OUT, class, label, p->pairs,
                            p->pair_block, err));
out:
    dn_free(class);
    return st;
}

/* k folds by genes: all pairs into blocks; which of a block are of training genes depends on the fold. */
static dn_status deal_held_out(dn_split_plan *p, const dn_pairs *pairs, dn_ranked *list, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t blocks = dn_split_held_out(&p->options), dealt = 0;

    DN_NEW(p->pair_block, (size_t)p->pairs);
    for (int label = 0; dealt < p->pairs; label++) {
        int64_t n =
            rank_items(p->options.seed, DRAW_FOLD_HELD_OUT, pairs->label, (uint8_t)label, p->pairs, list);
        deal_list(list, n, dealt, blocks, p->pair_block);
        dealt += n;
    }
out:
    return st;
}

dn_status dn_split_plan_make(const dn_split_options *options, const dn_pairs *pairs, int64_t genes,
                             dn_split_plan *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_split_plan p = {.options = *options, .folds = 1, .pairs = pairs->n, .genes = genes};
    dn_ranked *list = NULL;

    DN_TRY(check_options(options, err));
    if (pairs->n == 0)
        DN_FAIL(DN_EDATA, "the pair set is empty");
    if (dn_split_by_folds(options))
        p.folds = options->folds;
    if (options->kind == DN_SPLIT_BLOCKS)
        p.folds = options->folds * options->folds;
    DN_NEW(list, (size_t)(options->kind == DN_SPLIT_KFOLD && pairs->n > genes ? pairs->n : genes));
    if (options->kind >= DN_SPLIT_COLD_DRUG) {
        DN_TRY(plan_sides(&p, pairs, list, err));
    } else if (dn_split_by_genes(options)) {
        DN_TRY(plan_genes(&p, pairs, list, err));
        DN_TRY(options->kind == DN_SPLIT_GENE_DISJOINT ? hold_out(&p, pairs, err)
                                                       : deal_held_out(&p, pairs, list, err));
    } else {
        DN_TRY(plan_pairs(&p, pairs, list, err));
    }
    *out = p;
    p = (dn_split_plan){0};
out:
    dn_free(list);
    dn_split_plan_destroy(&p);
    return st;
}

void dn_split_plan_destroy(dn_split_plan *plan)
{
    dn_free(plan->pair_block);
    dn_free(plan->gene_block);
    dn_free(plan->drug_cluster);
    dn_free(plan->target_cluster);
    *plan = (dn_split_plan){0};
}

/* ---- parts ---- */

static uint8_t part_in(uint8_t block, int64_t tested, int64_t folds)
{
    return (uint8_t)(block == tested ? DN_TEST : block == (tested + 1) % folds ? DN_VALIDATION : DN_TRAIN);
}

/* What a block is in a fold; a split of one fold has parts in place of blocks. */
static uint8_t part_of_block(const dn_split_plan *plan, uint8_t block, int64_t fold)
{
    return dn_split_by_folds(&plan->options) ? part_in(block, fold, plan->folds) : block;
}

/* The same of a gene, a drug or a target. */
static uint8_t part_of_entity(const dn_split_plan *plan, int64_t entity, int64_t fold)
{
    int64_t k = plan->options.folds;
    uint8_t block = plan->gene_block[entity];

    if (plan->options.kind >= DN_SPLIT_KFOLD_DRUGS &&
        !divides(plan->options.kind, entity < plan->options.drugs ? 0 : 1))
        return DN_TRAIN;
    if (plan->options.kind != DN_SPLIT_BLOCKS)
        return part_of_block(plan, block, fold);
    return part_in(block, entity < plan->options.drugs ? fold % k : (fold % k + fold / k) % k, k);
}

static uint8_t part_of_pair(dn_split_kind kind, uint8_t a, uint8_t b)
{
    bool test = a == DN_TEST || b == DN_TEST, validation = a == DN_VALIDATION || b == DN_VALIDATION;

    if (kind == DN_SPLIT_COLD_BOTH || kind == DN_SPLIT_BLOCKS)
        return a == b ? a : DN_LEFT_OUT;
    return test && validation ? DN_LEFT_OUT : test ? DN_TEST : validation ? DN_VALIDATION : DN_TRAIN;
}

/* What a pair of training genes is. */
static uint8_t part_of_inner(const dn_split_plan *plan, int64_t pair, int64_t fold)
{
    int64_t blocks = dn_split_held_out(&plan->options);

    if (plan->pair_block == NULL)
        return DN_TRAIN;
    return blocks > 0 ? part_in(plan->pair_block[pair], fold, blocks) : plan->pair_block[pair];
}

void dn_split_part(const dn_split_plan *plan, const dn_pairs *pairs, int64_t fold, uint8_t *out_part)
{
    for (int64_t i = 0; i < plan->pairs; i++) {
        if (plan->gene_block == NULL) {
            out_part[i] = part_of_block(plan, plan->pair_block[i], fold);
            continue;
        }
        out_part[i] = part_of_pair(plan->options.kind, part_of_entity(plan, pairs->gene_a[i], fold),
                                   part_of_entity(plan, pairs->gene_b[i], fold));
        if (out_part[i] == DN_TRAIN)
            out_part[i] = part_of_inner(plan, i, fold);
    }
}

void dn_split_gene_part(const dn_split_plan *plan, int64_t fold, uint8_t *out_part)
{
    for (int64_t g = 0; g < plan->genes; g++)
        out_part[g] = plan->gene_block[g] == DN_GENE_ABSENT ? DN_LEFT_OUT : part_of_entity(plan, g, fold);
}
