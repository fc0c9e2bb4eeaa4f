/* rng.c - random numbers that are a function of names, not of history; see rng.h */
#include "solvers/base/rng.h"

#include <math.h>
#include <Random123/philox.h>
#include "solvers/base/clones.h"
#include "solvers/base/rng_lanes.h"

static void philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    philox4x32_ctr_t c = {{counter[0], counter[1], counter[2], counter[3]}};
    philox4x32_key_t k = {{key[0], key[1]}};
    philox4x32_ctr_t r = philox4x32(c, k);

    for (int i = 0; i < 4; i++)
        out[i] = r.v[i];
}

dn_rng dn_rng_stream(uint64_t seed, dn_rng_stage stage, uint64_t a, uint32_t b)
{
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t counter[4] = {(uint32_t)a, (uint32_t)(a >> 32), b, (uint32_t)stage};
    uint32_t out[4];

    philox(key, counter, out);
    return (dn_rng){.key = {out[0], out[1]}};
}

void dn_rng_block(dn_rng s, uint64_t item, uint32_t block, uint32_t out[4])
{
    uint32_t counter[4] = {block, (uint32_t)item, (uint32_t)(item >> 32), 0};

    philox(s.key, counter, out);
}

static const dn_rng_lanes *fastest(void)
{
    const dn_rng_lanes *wide = dn_rng_lanes_avx512(), *half = dn_rng_lanes_avx2();

    return wide != NULL ? wide : half != NULL ? half : dn_rng_lanes_any();
}

void dn_rng_blocks(dn_rng s, uint64_t item, uint32_t first, int64_t n, uint32_t *out)
{
    fastest()->run(s.key, item, first, n, n, out);
}

void dn_rng_items(dn_rng s, uint64_t item, int64_t items, int64_t n, uint32_t *out)
{
    fastest()->run(s.key, item, 0, n, items * n, out);
}

static uint64_t word64(const uint32_t w[2])
{
    return (uint64_t)w[1] << 32 | w[0];
}

uint64_t dn_rng_u64(dn_rng s, uint64_t item)
{
    uint32_t w[4];

    dn_rng_block(s, item, 0, w);
    return word64(w);
}

static double unit_interval(uint64_t bits)
{
    return ((double)(bits >> 11) + 0.5) * 0x1p-53;
}

double dn_rng_uniform(dn_rng s, uint64_t item)
{
    return unit_interval(dn_rng_u64(s, item));
}

double dn_rng_normal(dn_rng s, uint64_t item)
{
    const double two_pi = 6.283185307179586476925;
    uint32_t w[4];

    dn_rng_block(s, item, 0, w);
    return sqrt(-2.0 * log(unit_interval(word64(w)))) * cos(two_pi * unit_interval(word64(w + 2)));
}

uint64_t dn_rng_below(dn_rng s, uint64_t item, uint64_t n)
{
    __extension__ typedef unsigned __int128 u128;

    return (uint64_t)((u128)dn_rng_u64(s, item) * n >> 64);
}

dn_permutation dn_permutation_make(uint64_t seed, uint64_t epoch, uint64_t n)
{
    dn_permutation p = {.n = n, .half = 1};
    dn_rng s = dn_rng_stream(seed, DN_RNG_ORDER, epoch, 0);

    while (p.half < 32 && (n - 1) >> (2 * p.half) != 0)
        p.half++;
    dn_rng_block(s, 0, 0, p.key);
    dn_rng_block(s, 0, 1, p.key + 4);
    return p;
}

/* Finalizer of MurmurHash3 (A. Appleby, public domain): every input bit reaches every output bit. */
static uint32_t mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    x ^= x >> 16;
    return x;
}

uint64_t dn_permute(const dn_permutation *p, uint64_t pos)
{
    uint64_t mask = p->half == 32 ? 0xffffffffu : (1u << p->half) - 1u;

    do { /* the domain is at most 4 n wide: fewer than 4 walks on average */
        uint64_t left = pos >> p->half, right = pos & mask;
        for (int round = 0; round < 8; round++) {
            uint64_t next = left ^ (mix((uint32_t)right ^ p->key[round]) & mask);
            left = right;
            right = next;
        }
        pos = left << p->half | right;
    } while (pos >= p->n);
    return pos;
}

enum { ABREAST = 128 };

/* One walk of positions whose halves have at most 16 bits. */
DN_CLONES
static void walk(const dn_permutation *p, uint32_t *restrict pos, int64_t n)
{
    uint32_t mask = (1u << p->half) - 1u, half = p->half;

    for (int64_t i = 0; i < n; i++) {
        uint32_t left = pos[i] >> half, right = pos[i] & mask;
        for (int round = 0; round < 8; round++) {
            uint32_t next = left ^ (mix(right ^ p->key[round]) & mask);
            left = right;
            right = next;
        }
        pos[i] = left << half | right;
    }
}

/* Those that have not come home walk on, side by side again. */
static void permute_some(const dn_permutation *p, uint64_t pos, int64_t count, uint64_t *out)
{
    uint32_t at[ABREAST];
    int64_t which[ABREAST], left = count;

    for (int64_t i = 0; i < count; i++) {
        at[i] = (uint32_t)(pos + (uint64_t)i);
        which[i] = i;
    }
    while (left > 0) {
        int64_t still = 0;

        walk(p, at, left);
        for (int64_t i = 0; i < left; i++)
            if (at[i] < p->n) {
                out[which[i]] = at[i];
            } else {
                at[still] = at[i];
                which[still++] = which[i];
            }
        left = still;
    }
}

void dn_permute_range(const dn_permutation *p, uint64_t pos, int64_t count, uint64_t *out)
{
    for (int64_t i = 0; i < count; i += ABREAST)
        if (p->half <= 16)
            permute_some(p, pos + (uint64_t)i, count - i < ABREAST ? count - i : ABREAST, out + i);
        else
            for (int64_t j = i; j < count && j < i + ABREAST; j++)
                out[j] = dn_permute(p, pos + (uint64_t)j);
}
