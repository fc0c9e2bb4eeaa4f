/* rng.h - random numbers that are a function of names, not of history
 *
 * Philox4x32-10 (Salmon et al., SC 2011, doi:10.1145/2063384.2063405) from Random123. A stream is named by
 * (seed, stage, a, b): what the numbers are for, and two indices such as layer and epoch. Within a stream a
 * block of 128 bits is addressed by (item, block). Nothing depends on rank, thread or time. All functions are
 * local.
 *
 *   key of a stream  = first 64 bits of Philox(key = seed, counter = (a low, a high, b, stage))
 *   block            = Philox(key of the stream, counter = (block, item low, item high, 0))
 */
#ifndef DN_BASE_RNG_H
#define DN_BASE_RNG_H

#include <stdint.h>

/* What random numbers are for. Values are part of the format: never renumber. */
typedef enum dn_rng_stage {
    DN_RNG_INIT = 1,      /* a: tensor                 item: element / 4 */
    DN_RNG_ORDER = 2,     /* a: epoch                  keys of the permutation */
    DN_RNG_DROPOUT = 3,   /* a: epoch, b: layer        item: position of the sample in the epoch */
    DN_RNG_SWAP = 4,      /* a: epoch                  item: position of the sample in the epoch */
    DN_RNG_SPLIT = 5,     /* a: which draw             item: pair or gene */
    DN_RNG_BOOTSTRAP = 6, /* a: replicate, b: side     item: gene, drug or target */
    DN_RNG_SYNTH = 7,     /* a: which draw             item: gene, sample or pair */
    DN_RNG_GRAPH = 8,     /* a: which draw             item: edge of a synthetic graph */
    DN_RNG_SOURCES = 9,   /*                           item 0: seed of the permutation that samples sources */
    DN_RNG_PROBE = 10,    /* a: probe                  item: node, or both nodes of an edge */
    DN_RNG_BASIS = 11,    /*                           item: element of the start of an iteration */
    DN_RNG_BALANCE = 12,  /* a: which rows             item: pair */
    DN_RNG_SCREEN = 13    /*                           item: gene of a pair that both precisions score */
} dn_rng_stage;

typedef struct dn_rng {
    uint32_t key[2];
} dn_rng;

dn_rng dn_rng_stream(uint64_t seed, dn_rng_stage stage, uint64_t a, uint32_t b);

/* 128 random bits. */
void dn_rng_block(dn_rng s, uint64_t item, uint32_t block, uint32_t out[4]);

/* n blocks from `first` on, out [n, 4]: what n calls of dn_rng_block() give, several times faster. */
void dn_rng_blocks(dn_rng s, uint64_t item, uint32_t first, int64_t n, uint32_t *out);

/* Blocks 0 .. n - 1 of each of the items from `item` on, out [items, n, 4]; n >= 1. */
void dn_rng_items(dn_rng s, uint64_t item, int64_t items, int64_t n, uint32_t *out);

/* 64 random bits, the first of block 0 of the item. */
uint64_t dn_rng_u64(dn_rng s, uint64_t item);

/* Uniform in (0, 1): (u + 1/2) 2^-53 with the upper 53 of 64 bits. */
double dn_rng_uniform(dn_rng s, uint64_t item);

/* Standard normal (Box and Muller, cosine branch) from block 0 of the item. */
double dn_rng_normal(dn_rng s, uint64_t item);

/* Uniform integer in [0, n), n >= 1; bias below n / 2^64. */
uint64_t dn_rng_below(dn_rng s, uint64_t item, uint64_t n);

/* A keyed permutation of [0, n): a balanced Feistel network of 8 rounds with cycle walking (Black and
 * Rogaway, CT-RSA 2002). O(1) memory; the image of a position is computed where it is needed. */
typedef struct dn_permutation {
    uint64_t n;    /* n >= 1 */
    unsigned half; /* bits of one half */
    uint32_t key[8];
} dn_permutation;

dn_permutation dn_permutation_make(uint64_t seed, uint64_t epoch, uint64_t n);

/* Image of pos, 0 <= pos < n. */
uint64_t dn_permute(const dn_permutation *p, uint64_t pos);

/* out [count] = images of pos, pos + 1, .. ; pos + count <= n. Several times faster than one by one. */
void dn_permute_range(const dn_permutation *p, uint64_t pos, int64_t count, uint64_t *out);

#endif
