/* split.h - which pairs train, which validate, which test: a pure function of the seed
 *
 * Contents: the plan and its parts (pure), counts (pure; split_count.c), storing (collective; split_store.c)
 *
 * Ranking: pairs (or genes) are ranked by 64 random bits of the stream (seed, DN_RNG_SPLIT, draw),
 * item = index of the pair in its set (of the gene in its table), ties by index. Draws: 1 pairs of a
 * random split, 2 genes, 3 pairs of two training genes that are held out, 4 pairs of k folds, 5 genes of
 * k folds, 16 pairs held out of k folds by genes. A ranked list of n is cut at round(n train) and round(n
 * (train + validation)); a fraction of 0 gets nothing.
 *
 * random: the pairs of each class (2 or 4, dn_pairs.classes) are ranked and cut at the fractions.
 *
 * gene-disjoint: the genes that stand in a pair are ranked and cut at the fractions. Then
 *   - train x train: training; of these, class by class, the fractions of validation and test are held
 *     out, so that C1 can be measured too
 *   - train x validation, validation x validation: validation
 *   - train x test, test x test: test
 *   - validation x test: left out
 *
 * k folds by pairs: the ranked pairs of each class are dealt into K blocks (each class goes on where
 * the one before ended). Fold f tests block f, validates on block (f + 1) mod K, trains on the rest.
 *
 * k folds by genes: the ranked genes are dealt into K blocks. Fold f has the test genes of block f and the
 * validation genes of block (f + 1) mod K; pairs follow the rules above. So that C1 can be measured too, the
 * ranked pairs of each class are dealt into H = max(K, 10) blocks of their own (the second class goes on
 * where the first ended): of the pairs between training genes, fold f tests those of block f and validates on
 * those of block (f + 1) mod H, about 1 / H of them each. A pair is thus tested as C1 in one fold at most,
 * and never in one that trains or validates on it. Attribute c1_share of the stored split is 1 / H.
 *
 * k folds by drugs (targets): as by genes, of drugs (targets) only. Every pair is tested once, validation is
 * cold in the same way as test, nothing is left out.
 *
 * Drug-target sets are pairs of entities, of which the first `drugs` are drugs, the others targets
 * (dn_split_pairs_of()). warm is random by another name. Draws: 6 drugs, 7 targets, 8 drugs of blocks, 9
 * targets of blocks, 10 drugs, 11 targets of k folds; only drugs and targets that stand in a pair are ranked.
 *
 * cold-drug, cold-target: the drugs (targets) are ranked and cut at the fractions; a pair goes where its drug
 * (target) goes, so validation is cold in the same way as test and nothing is left out.
 *
 * Where drugs or targets stand in clusters (alike.h), clusters are ranked, by their lowest number. A cluster
 * goes, whole, where its middle falls in the list of all members; of folds and blocks, to the one that has
 * the fewest members so far. Alone in its cluster, an entity goes where it goes without clusters.
 *
 * cold-both: both sides are cut at the fractions. A pair goes where both go: train x train, validation x
 * validation, test x test; what falls between is left out.
 *
 * kfold-blocks: drugs and targets are dealt into K blocks each. Of the K * K folds, fold f = K s + i tests
 * the drugs of block i with the targets of block j = (i + s) mod K, validates on the drugs of block (i + 1)
 * mod K with the targets of block (j + 1) mod K, and trains on pairs of which neither side is in one of these
 * blocks; what falls between is left out. Folds 0 to K - 1 are the diagonal, for a quick run; every pair is
 * tested in one of the K * K.
 *
 * Classes of an evaluated pair, from the training pairs: C1 both genes stand in a training pair, C2 one,
 * C3 none (Park and Marcotte, Nature Methods 9, 2012, doi:10.1038/nmeth.2259).
 */
#ifndef DN_DATA_SPLIT_H
#define DN_DATA_SPLIT_H

#include <stdbool.h>
#include "mpi/io/dataset.h"
#include "mpi/io/drug_target.h"

enum { DN_FOLDS_MIN = 3, DN_FOLDS_MAX = 100, DN_BLOCKS_MAX = 10, DN_HELD_OUT_BLOCKS = 10, DN_TEST_MIN = 200 };

typedef enum dn_split_kind {
    DN_SPLIT_RANDOM, /* "random", of drug-target sets "warm" */
    DN_SPLIT_GENE_DISJOINT,
    DN_SPLIT_KFOLD,
    DN_SPLIT_COLD_DRUG, /* from here on of drug-target sets only */
    DN_SPLIT_COLD_TARGET,
    DN_SPLIT_COLD_BOTH,
    DN_SPLIT_BLOCKS,       /* "kfold-blocks" */
    DN_SPLIT_KFOLD_DRUGS,  /* "kfold-drugs": cold-drug in turn */
    DN_SPLIT_KFOLD_TARGETS /* "kfold-targets" */
} dn_split_kind;

typedef struct dn_split_options {
    dn_split_kind kind;
    bool by_genes;      /* k-fold: blocks of genes, not of pairs */
    double fraction[3]; /* train, validation, test; each 0..1, together 1 within 1e-9; not used by k-fold */
    int64_t folds;      /* k-fold: DN_FOLDS_MIN..DN_FOLDS_MAX, blocks: ..DN_BLOCKS_MAX; not used otherwise */
    int64_t drugs;      /* of a drug-target set: entities below are drugs; 0 for genes */
    uint64_t seed;
    const int64_t *drug_cluster;   /* [drugs]  as alike.h gives them; NULL: each drug by itself */
    const int64_t *target_cluster; /* [targets]  likewise; both are copied while planning */
} dn_split_options;

/* A split before it is written out: one byte a pair or a gene, whatever the number of folds. */
typedef struct dn_split_plan {
    dn_split_options options;
    int64_t folds, pairs, genes;
    uint8_t *pair_block; /* [pairs]  by pairs: part (random) or block (k-fold); gene-disjoint: part of a
                          * held-out pair of training genes, DN_TRAIN otherwise; k folds by genes: block, of
                          * dn_split_held_out(); NULL for drugs and targets */
    uint8_t *gene_block; /* [genes]  part or block of a gene, drug or target, DN_GENE_ABSENT: in no pair; NULL
                            when split by pairs */
    int64_t *drug_cluster, *target_cluster; /* [drugs], [targets]  clusters that stay whole; NULL: none, or
                                             * the side is not divided */
} dn_split_plan;

enum { DN_GENE_ABSENT = 255 };

/* A drug-target set as pairs of entities: target t is drugs + t. A copy, for dn_pairs_destroy(). Local.
 * Fails: DN_EDATA more than 2^31 entities; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_split_pairs_of(const dn_interactions *p, dn_pairs *out, dn_error *err);

/* k-fold of any sort, blocks not among them. Local. */
bool dn_split_by_folds(const dn_split_options *options);

/* Whether genes, drugs or targets, not pairs, are divided. Local. */
bool dn_split_by_genes(const dn_split_options *options);

/* H: into how many blocks k folds by genes deal the pairs, to hold out some of training genes; 0: other
 * kinds. Local. */
int64_t dn_split_held_out(const dn_split_options *options);

/* Plan a split of a pair set over `genes` genes. Local, no MPI. The plan takes 1 byte a pair. Beside it,
 * random (warm) splits take 1 MB and n / 4096 bytes, gene-disjoint ones 1 byte a pair more while planning, k
 * folds 16 to 32 bytes a pair; the others, 32 bytes for each gene, drug or target. Time O(n), of k
 * folds O(n log n). Counting and storing what is planned, a rank holds 2 to 3 bytes a pair in all. Fails:
 * DN_EUSAGE fractions or folds out of range; DN_EDATA no pairs, fewer genes or pairs than folds; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_split_plan_make(const dn_split_options *options, const dn_pairs *pairs,
                                           int64_t genes, dn_split_plan *out, dn_error *err);
void dn_split_plan_destroy(dn_split_plan *plan);

/* dn_part of every pair in a fold, 0 <= fold < plan->folds, into out_part [pairs]. Local. */
void dn_split_part(const dn_split_plan *plan, const dn_pairs *pairs, int64_t fold, uint8_t *out_part);

/* dn_part of every gene, DN_LEFT_OUT for a gene in no pair, into out_part [genes]; plans by genes only.
 * Local. */
void dn_split_gene_part(const dn_split_plan *plan, int64_t fold, uint8_t *out_part);

/* ---- counts ---- */
typedef struct dn_split_count {
    int64_t rows, positives;    /* positive: any label above 0 */
    int64_t of[DN_CLASSES_MAX]; /* rows of each label */
} dn_split_count;

/* Indices of counts: the four parts (dn_part), then C1, C2, C3 of validation, then of test. */
enum { DN_COUNT_VALIDATION_C1 = 4, DN_COUNT_TEST_C1 = 7, DN_COUNTS = 10 };
extern const char *const dn_count_names[DN_COUNTS]; /* "train", ..., "test_c3" */

/* Count one fold. part [pairs->n]. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_split_counts(const dn_pairs *pairs, int64_t genes, const uint8_t *part,
                                        dn_split_count out[DN_COUNTS], dn_error *err);

/* Is the test part of a fold large enough to say something: DN_TEST_MIN of either class, for plans by genes
 * also in each of C1, C2, C3 that is not empty? Of four classes those count that occur in any part (two at
 * least): each of them needs DN_TEST_MIN, not only the positives together. A test fraction of 0 is fine. Of
 * kfold-blocks, whose scores are pooled, the counts are to be sums over the diagonal folds. Local. Fails:
 * DN_EDATA (with the counts) */
DN_MUST_CHECK dn_status dn_split_check_test(const dn_split_plan *plan, int64_t fold,
                                            const dn_split_count counts[DN_COUNTS], dn_error *err);

/* ---- storing ---- */

/* Write a plan as /splits/<name> of an edited dataset: part [folds, pairs], by genes also gene_part [folds,
 * genes], of drug-target sets drug_part and target_part and the clusters that stay whole; attributes pairs
 * (or interactions), kind, by, seed, fractions, folds, c1_share, config and "<count>_rows",
 * "<count>_positives", of four classes also "<count>_<class>" (sums over the folds). pairs NULL: the caller
 * has written part. counts is [folds][DN_COUNTS]. Every rank passes the same; each writes its folds.
 * Collective on the file's communicator. Fails: as the functions of h5.h; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_split_store(dn_h5 *h, const char *name, const char *pairs_name,
                                                     const char *config, const dn_split_plan *plan,
                                                     const dn_pairs *pairs,
                                                     const dn_split_count (*counts)[DN_COUNTS],
                                                     dn_error *err);

/* "random" ("warm" with drugs > 0), "gene-disjoint", "kfold", "cold-drug", ... Local. */
const char *dn_split_kind_name(const dn_split_options *options);

/* What is divided: "pairs", "genes", "drugs", "targets", "drugs and targets". Local. */
const char *dn_split_by_name(const dn_split_options *options);

#endif
