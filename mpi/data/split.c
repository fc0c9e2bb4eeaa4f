/* split.c - which pairs are for training, validation and test; see split.h */
#include "mpi/data/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/partition.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

/* what is dealt; names the random stream */
enum { DEAL_PAIRS = 0, DEAL_GENES = 1, DEAL_HELD_OUT = 2 };

typedef struct card {
    uint64_t key;
    int64_t item;
} card;

static int by_key(const void *a, const void *b)
{
    const card *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

/* The chosen items in an order that is random, but a function of seed and item. */
static void shuffle(card *cards, int64_t n, uint64_t seed, int deal)
{
    dn_rng s = dn_rng_stream(seed, DN_RNG_SPLIT, (uint64_t)deal, 0);

    for (int64_t i = 0; i < n; i++)
        cards[i].key = dn_rng_u64(s, (uint64_t)cards[i].item);
    qsort(cards, (size_t)n, sizeof *cards, by_key);
}

/* Cut a shuffled deck: test first, then validation, the rest training; counts rounded to the nearest. */
static void cut(const card *cards, int64_t n, const double *fraction, uint8_t *part)
{
    int64_t test = llround(fraction[DN_TEST] * (double)n);
    int64_t validation = llround((fraction[DN_TEST] + fraction[DN_VALIDATION]) * (double)n);

    for (int64_t i = 0; i < n; i++)
        part[cards[i].item] = i < test ? DN_TEST : i < validation ? DN_VALIDATION : DN_TRAIN;
}

/* Cut into blocks: block `fold` is test, the next one validation. */
static void cut_fold(const card *cards, int64_t n, int64_t folds, int64_t fold, uint8_t *part)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t block = dn_block_of(n, i, folds);
        part[cards[i].item] = block == fold ? DN_TEST : block == (fold + 1) % folds ? DN_VALIDATION : DN_TRAIN;
    }
}

/* Deal the pairs that stand in training now, label by label. */
static void deal_pairs(const dn_pairs *pairs, const dn_split_options *o, int64_t fold, int deal, card *cards,
                       uint8_t *part)
{
    for (int label = 0; label < 2; label++) {
        int64_t n = 0;
        for (int64_t p = 0; p < pairs->n; p++)
            if (pairs->label[p] == label && part[p] == DN_TRAIN)
                cards[n++].item = p;
        shuffle(cards, n, o->seed, deal);
        if (o->kind == DN_SPLIT_KFOLD_PAIRS)
            cut_fold(cards, n, o->folds, fold, part);
        else
            cut(cards, n, o->fraction, part);
    }
}

static void deal_genes(const dn_pairs *pairs, int64_t genes, const dn_split_options *o, int64_t fold, card *cards,
                       uint8_t *gene_part)
{
    int64_t n = 0;

    memset(gene_part, DN_LEFT_OUT, (size_t)genes);
    for (int64_t p = 0; p < pairs->n; p++)
        gene_part[pairs->gene_a[p]] = gene_part[pairs->gene_b[p]] = DN_TRAIN;
    for (int64_t g = 0; g < genes; g++)
        if (gene_part[g] == DN_TRAIN)
            cards[n++].item = g;
    shuffle(cards, n, o->seed, DEAL_GENES);
    if (o->kind == DN_SPLIT_KFOLD_GENES)
        cut_fold(cards, n, o->folds, fold, gene_part);
    else
        cut(cards, n, o->fraction, gene_part);
}

static dn_part part_of_pair(uint8_t a, uint8_t b)
{
    if (a == b || b == DN_TRAIN)
        return (dn_part)a;
    return a == DN_TRAIN ? (dn_part)b : DN_LEFT_OUT;
}

dn_status dn_split_make(const dn_pairs *pairs, int64_t genes, const dn_split_options *o, int64_t fold, uint8_t *part,
                        uint8_t *gene_part, dn_error *err)
{
    dn_status st = DN_OK;
    card *cards = NULL;

    DN_NEW(cards, (size_t)(pairs->n > genes ? pairs->n : genes));
    memset(part, DN_TRAIN, (size_t)pairs->n);
    if (o->kind == DN_SPLIT_RANDOM || o->kind == DN_SPLIT_KFOLD_PAIRS) {
        deal_pairs(pairs, o, fold, DEAL_PAIRS, cards, part);
        goto out;
    }
    deal_genes(pairs, genes, o, fold, cards, gene_part);
    for (int64_t p = 0; p < pairs->n; p++)
        part[p] = (uint8_t)part_of_pair(gene_part[pairs->gene_a[p]], gene_part[pairs->gene_b[p]]);
    if (o->kind == DN_SPLIT_GENE_DISJOINT)
        deal_pairs(pairs, o, fold, DEAL_HELD_OUT, cards, part);
out:
    dn_free(cards);
    return st;
}

dn_status dn_split_count(const dn_pairs *pairs, int64_t genes, const uint8_t *part, dn_split_counts *out, dn_error *err)
{
    dn_status st = DN_OK;
    uint8_t *seen = NULL;

    *out = (dn_split_counts){0};
    DN_NEW(seen, (size_t)genes);
    for (int64_t p = 0; p < pairs->n; p++)
        if (part[p] == DN_TRAIN)
            seen[pairs->gene_a[p]] = seen[pairs->gene_b[p]] = 1;
    for (int64_t p = 0; p < pairs->n; p++) {
        int unseen = 2 - seen[pairs->gene_a[p]] - seen[pairs->gene_b[p]];
        out->part[part[p]][pairs->label[p]]++;
        out->class_[part[p]][unseen][pairs->label[p]]++;
    }
out:
    dn_free(seen);
    return st;
}
