/* pair_passes_body.h - the passes of pair_convs.h over c2, in vectors of LANES floats; see pair_passes.h
 *
 * The file that includes this one says LANES; TILE, the rows of a small product that stand in registers;
 * ABREAST, how many vectors of a row `mix` takes at a time; and may bring a KEEP of its own. Vectors run
 * along the positions. Here are vectors, masks and places; the passes themselves are in pair_passes_mix.h
 * and pair_passes_narrow.h.
 */
#include <stdbool.h>
#include <string.h>

enum {
    X = DN_PAIR_X,
    F = DN_PAIR_F,
    G = DN_PAIR_G,
    O = DN_PAIR_O,
    BLOCK = DN_PAIR_BLOCK,
    LINE = 16,            /* floats of a line of the cache */
    VECS = BLOCK / LANES, /* vectors of a block of positions; as many hold the 32 units */
    RUN = 16,             /* rows whose blocks mix writes one after another */
    AHEAD = 4,            /* rows before mix writes a row, its lines are asked for */
    FAR = 1024,           /* floats between what narrow works on and what it asks for */
    FEW = 4,              /* rows that are worth a turn of the weights */
    GROUP = 64,           /* rows of an outer product */
    STRETCH = 16,         /* rows side by side in mix_back */
    FLUSH = 1024,         /* vectors that may be added up in floats */
};

typedef float vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t ints __attribute__((vector_size(4 * LANES)));

#define INLINE static inline __attribute__((always_inline))
#define AT(p) (*(const vec *)(p))
#define PUT(p) (*(vec *)(p))
#define SPLAT(v) ((v) - (vec){0})
#define UNROLL _Pragma("GCC unroll 32")

/* v where a bit of `kept` is set, else 0 */
#ifndef KEEP
#define KEEP(kept, v) ((vec)((ints)(v) & (((int32_t)(kept)&lane_bits()) != 0)))
INLINE ints lane_bits(void)
{
    ints b;

    UNROLL
    for (int j = 0; j < LANES; j++)
        b[j] = 1 << j;
    return b;
}
#endif

/* ---- masks ---- */

/* Where the bits of a block of positions stand in every row's mask, and which positions there are. */
typedef struct place {
    int64_t byte;
    int shift;
    uint32_t there;
} place;

INLINE place place_of(int64_t channel, int64_t s, int64_t length)
{
    int64_t at = channel * length + s, n = length - s;

    return (place){at / 8, (int)(at % 8), n >= BLOCK ? 0xffffffffu : (1u << n) - 1};
}

/* The block's bits; row_mask may be NULL. */
INLINE uint32_t bits_at(const uint32_t *row_mask, const place *p)
{
    uint64_t word;

    if (row_mask == NULL)
        return p->there;
    memcpy(&word, (const char *)row_mask + p->byte, sizeof word);
    return (uint32_t)(word >> p->shift) & p->there;
}

INLINE const uint32_t *row_mask(const uint32_t *mask, int64_t words, int64_t row)
{
    return mask != NULL ? mask + row * words : NULL;
}

/* ---- places in memory ---- */

/* Floats from a block to the next. */
INLINE int64_t block_stride(int64_t rows)
{
    return rows * BLOCK + DN_PAIR_ROOM;
}

/* Where the block of positions at s of channel g begins, of all rows. */
INLINE int64_t block_at(const dn_pair_convs *c, int64_t pitch, int g, int64_t s)
{
    return (g * pitch + s) / BLOCK * block_stride(c->rows);
}

INLINE int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The lanes added up as a fixed tree. */
INLINE double total(const vec *v)
{
    float t[LANES];

    memcpy(t, v, sizeof t);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            t[k] += t[k + half];
    return (double)t[0];
}

/* Ask for the lines of a row's block. */
INLINE void ask(const float *at, int to_write)
{
    UNROLL
    for (int k = 0; k < BLOCK; k += LINE)
        if (to_write)
            __builtin_prefetch(at + k, 1);
        else
            __builtin_prefetch(at + k);
}

#include "solvers/nn/pair_passes_mix.h"
#include "solvers/nn/pair_passes_narrow.h"

static const dn_pair_passes passes = {
    .isa = ISA, .mix = mix, .narrow = narrow, .narrow_back = narrow_back, .mix_back = mix_back};
