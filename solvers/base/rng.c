/* rng.c - random numbers that are a function of names, not of history; see rng.h */
#include "solvers/base/rng.h"

#include <math.h>
#include <string.h>
#include <Random123/philox.h>
#include "solvers/base/clones.h"

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

/* Eight numbers of 32 bits, each in 64, so that their products fit. */
typedef uint64_t lanes __attribute__((vector_size(64)));
enum { LANES = 8, VECTORS = 2, AT_ONCE = LANES * VECTORS };

/* Philox4x32-10 on sixteen counters at once; Random123 is the twin in the tests. */
DN_CLONES
void dn_rng_blocks(dn_rng s, uint64_t item, uint32_t first, int64_t n, uint32_t *restrict out)
{
    const lanes zero = {0}, low = zero + 0xffffffffu;
    uint64_t word[4][AT_ONCE];

    for (int64_t at = 0; at < n; at += AT_ONCE) {
        lanes c0[VECTORS], c1[VECTORS], c2[VECTORS], c3[VECTORS];
        uint32_t k0 = s.key[0], k1 = s.key[1];
        for (uint32_t i = 0; i < AT_ONCE; i++)
            word[0][i] = (uint32_t)(first + (uint32_t)at + i);
        memcpy(c0, word[0], sizeof c0);
        for (int v = 0; v < VECTORS; v++) {
            c1[v] = zero + (uint32_t)item;
            c2[v] = zero + (item >> 32);
            c3[v] = zero;
        }
        for (int round = 0; round < 10; round++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u)
            for (int v = 0; v < VECTORS; v++) {
                lanes p0 = c0[v] * 0xd2511f53u, p1 = c2[v] * 0xcd9e8d57u;
                c0[v] = (p1 >> 32) ^ c1[v] ^ k0;
                c2[v] = (p0 >> 32) ^ c3[v] ^ k1;
                c1[v] = p1 & low;
                c3[v] = p0 & low;
            }
        memcpy(word[0], c0, sizeof c0);
        memcpy(word[1], c1, sizeof c1);
        memcpy(word[2], c2, sizeof c2);
        memcpy(word[3], c3, sizeof c3);
        for (int64_t i = 0; i < AT_ONCE && at + i < n; i++)
            for (int j = 0; j < 4; j++)
                out[4 * (at + i) + j] = (uint32_t)word[j][i];
    }
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
