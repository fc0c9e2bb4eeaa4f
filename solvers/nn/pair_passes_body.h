/* pair_passes_body.h - the passes of pair_convs.h over c2, in vectors of LANES floats; see pair_passes.h
 *
 * The file that includes this one says LANES; TILE, the rows of a small product that stand in registers;
 * ABREAST, how many vectors of a row `mix` takes at a time; and may bring a KEEP of its own. Vectors run
 * along the positions. All dense products are of 32 x 32 blocks.
 */
#include <stdbool.h>
#include <string.h>

enum {
    X = DN_PAIR_X,
    F = DN_PAIR_F,
    G = DN_PAIR_G,
    O = DN_PAIR_O,
    BLOCK = DN_PAIR_BLOCK,
    VECS = BLOCK / LANES, /* vectors of a block of positions; as many hold the 32 units */
    RUN = 8,              /* rows whose blocks mix writes one after another */
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

/* ---- mix ---- */

/* w2 [G, F] as [F, G], times the dropout's scale */
INLINE void turn_w2(const float *w2, float scale, float *out)
{
    for (int f = 0; f < F; f++)
        for (int g = 0; g < G; g++)
            out[f * G + g] = scale * w2[g * F + f];
}

/* n1(c1) of a filter at the windows x */
INLINE vec normed(const float *u, const vec x[X - 1])
{
    return SPLAT(u[4]) + u[0] * x[0] + u[1] * x[1] + u[2] * x[2] + u[3] * x[3];
}

INLINE void windows_at(const float *a, const float *b, vec x[X - 1])
{
    x[0] = AT(a);
    x[1] = AT(a + 1);
    x[2] = AT(b);
    x[3] = AT(b + 1);
}

/* c2 of a row's block, and what it adds to the sums of c2 - bias2; `stride` from a channel to the next. */
INLINE void mix_block(const float *a, const float *b, const uint32_t kept[F], uint32_t there, const float *u,
                      const float *w2, const float *bias2, int64_t stride, float *c2, vec *one, vec *two)
{
    for (int v = 0; v < VECS; v += ABREAST) {
        vec x[ABREAST][X - 1], sum[ABREAST][G];

        UNROLL
        for (int p = 0; p < ABREAST; p++) {
            windows_at(a + (v + p) * LANES, b + (v + p) * LANES, x[p]);
            UNROLL
            for (int g = 0; g < G; g++)
                sum[p][g] = (vec){0};
        }
        for (int f = 0; f < F; f++) {
            UNROLL
            for (int p = 0; p < ABREAST; p++) {
                vec z = normed(u + f * X, x[p]);
                z = KEEP(kept[f] >> ((v + p) * LANES), z);
                UNROLL
                for (int g = 0; g < G; g++)
                    sum[p][g] += w2[f * G + g] * z;
            }
        }
        UNROLL
        for (int g = 0; g < G; g++)
            UNROLL
        for (int p = 0; p < ABREAST; p++) {
            vec with_bias = sum[p][g] + bias2[g];
            one[g] += sum[p][g];
            two[g] += sum[p][g] * sum[p][g];
            PUT(c2 + g * stride + (v + p) * LANES) = KEEP(there >> ((v + p) * LANES), with_bias);
        }
    }
}

static void mix(const dn_pair_convs *c, const float *u, const float *w2, const float *bias2, float *c2,
                double *sum, double *square)
{
    int64_t pitch = dn_pair_pitch(c->length), row = pitch + DN_PAIR_ROOM, stride = block_at(c, pitch, 1, 0);
    float turned[F * G];

    turn_w2(w2, c->scale, turned);
    memset(sum, 0, G * sizeof *sum);
    memset(square, 0, G * sizeof *square);
    for (int64_t r = 0; r < c->rows; r += RUN) { /* a few rows at a time: their blocks are written in runs */
        int64_t end = least(r + RUN, c->rows);
        vec one[G] = {{0}}, two[G] = {{0}};

        for (int64_t s = 0; s < c->length; s += BLOCK) {
            float *out = c2 + block_at(c, pitch, 0, s);
            place at[F];

            for (int f = 0; f < F; f++)
                at[f] = place_of(f, s, c->length);
            for (int64_t i = r; i < end; i++) {
                const uint32_t *mask = row_mask(c->mask1, c->words1, i);
                uint32_t kept[F];

                for (int f = 0; f < F; f++)
                    kept[f] = bits_at(mask, &at[f]);
                mix_block(c->a + i * row + s, c->b + i * row + s, kept, at[0].there, u, turned, bias2, stride,
                          out + i * BLOCK, one, two);
            }
        }
        for (int g = 0; g < G; g++) {
            sum[g] += total(&one[g]);
            square[g] += total(&two[g]);
        }
    }
}

/* ---- products of blocks ---- */

/* The rows of a tile that the next product takes. */
INLINE int tile(int64_t r, int64_t rows)
{
    return r + TILE <= rows ? TILE : 1;
}

/* sum [n, 32] = A [n, m] B [m, 32], where A's element (i, k) stands at a[i * row + k * column]; n is known
 * where this is inlined. */
INLINE void product(const float *a, int64_t row, int64_t column, int n, const float *b, int64_t m,
                    vec sum[TILE][VECS])
{
    UNROLL
    for (int i = 0; i < n; i++)
        UNROLL
    for (int v = 0; v < VECS; v++)
        sum[i][v] = (vec){0};
    for (int64_t k = 0; k < m; k++) {
        UNROLL
        for (int i = 0; i < n; i++)
            UNROLL
        for (int v = 0; v < VECS; v++)
            sum[i][v] += a[i * row + k * column] * AT(b + k * BLOCK + v * LANES);
    }
}

/* ---- narrow ---- */

/* One channel's block of positions. */
typedef struct block {
    const dn_pair_convs *c;
    place at;
    int64_t m;          /* positions in it */
    float slope, shift; /* of n2, times the dropout's scale */
    float mean;
} block;

INLINE uint32_t block_bits(const block *b, int64_t r)
{
    return bits_at(row_mask(b->c->mask2, b->c->words2, r), &b->at);
}

/* z2 of a row's block */
INLINE void second_inputs(const block *b, uint32_t kept, const float *c2, float *z)
{
    UNROLL
    for (int v = 0; v < VECS; v++) {
        vec x = AT(c2 + v * LANES) * b->slope + b->shift;
        PUT(z + v * LANES) = KEEP(kept >> (v * LANES), x);
    }
}

/* A row's sum of a block is added to y as a whole: the sums of blocks do not wait for each other. */
INLINE void narrow_rows(const block *b, int64_t r, int n, const float *c2, const float *w3, float *y)
{
    float z[TILE * BLOCK] __attribute__((aligned(64)));
    vec sum[TILE][VECS];

    UNROLL
    for (int i = 0; i < n; i++)
        second_inputs(b, block_bits(b, r + i), c2 + (r + i) * BLOCK, z + i * BLOCK);
    product(z, BLOCK, 1, n, w3, b->m, sum);
    UNROLL
    for (int i = 0; i < n; i++)
        UNROLL
    for (int v = 0; v < VECS; v++)
        PUT(y + (r + i) * O + v * LANES) = AT(y + (r + i) * O + v * LANES) + sum[i][v];
}

static void narrow(const dn_pair_convs *c, const float *c2, const float *slope, const float *shift,
                   const float *w3, float *y)
{
    int64_t pitch = dn_pair_pitch(c->length);

    memset(y, 0, (size_t)(c->rows * O) * sizeof *y);
    for (int g = 0; g < G; g++)
        for (int64_t s = 0; s < c->length; s += BLOCK) {
            block b = {.c = c,
                       .at = place_of(g, s, c->length),
                       .m = least(c->length - s, BLOCK),
                       .slope = c->scale * slope[g],
                       .shift = c->scale * shift[g]};
            const float *in = c2 + block_at(c, pitch, g, s), *w = w3 + (g * c->length + s) * O;

            for (int64_t r = 0; r < c->rows; r += tile(r, c->rows))
                if (tile(r, c->rows) == TILE)
                    narrow_rows(&b, r, TILE, in, w, y);
                else
                    narrow_rows(&b, r, 1, in, w, y);
        }
}

/* ---- narrow, backward ---- */

/* Lanes of two vectors as a stage of a transpose takes them: in groups of h, the even ones or the odd ones */
INLINE ints exchange(int h, int odd)
{
    ints e;

    UNROLL
    for (int j = 0; j < LANES; j++)
        e[j] = odd ? ((j & h) ? LANES + j : j + h) : ((j & h) ? LANES + j - h : j);
    return e;
}

#if defined(__clang__)
#define SHUFFLE(x, y, by) shuffle(x, y, by)
INLINE vec shuffle(vec x, vec y, ints by)
{
    vec out;

    UNROLL
    for (int j = 0; j < LANES; j++)
        out[j] = by[j] < LANES ? x[by[j]] : y[by[j] - LANES];
    return out;
}
#else
#define SHUFFLE(x, y, by) __builtin_shuffle(x, y, by)
#endif

/* LANES x LANES with its axes exchanged, both with 32 floats to a row */
INLINE void turn_square(const float *w, float *out)
{
    vec t[LANES];

    UNROLL
    for (int k = 0; k < LANES; k++)
        t[k] = AT(w + k * BLOCK);
    UNROLL
    for (int h = 1; h < LANES; h *= 2) {
        ints even = exchange(h, 0), odd = exchange(h, 1);

        UNROLL
        for (int k = 0; k < LANES; k++)
            if ((k & h) == 0) {
                vec x = t[k], y = t[k + h];
                t[k] = SHUFFLE(x, y, even);
                t[k + h] = SHUFFLE(x, y, odd);
            }
    }
    UNROLL
    for (int k = 0; k < LANES; k++)
        PUT(out + k * BLOCK) = t[k];
}

/* w [m, 32] as [32, BLOCK], 0 from m on */
INLINE void turn(const float *w, int64_t m, float *out)
{
    float whole[BLOCK * O];

    if (m < BLOCK) {
        memset(whole, 0, sizeof whole);
        memcpy(whole, w, (size_t)(m * O) * sizeof *w);
        w = whole;
    }
    for (int k = 0; k < BLOCK; k += LANES)
        for (int o = 0; o < O; o += LANES)
            turn_square(w + k * O + o, out + o * BLOCK + k);
}

/* d2 = dropped dy turned, whose sums are added to; and z2. c2, d2 are those of row r on, z of its group. */
INLINE void second_gradients(const block *b, int64_t r, int n, const float *turned, const float *dy,
                             const float *c2, float *d2, float *z, vec *one, vec *two)
{
    vec sum[TILE][VECS];

    product(dy, O, 1, n, turned, O, sum);
    UNROLL
    for (int i = 0; i < n; i++) {
        uint32_t kept = block_bits(b, r + i);

        second_inputs(b, kept, c2 + i * BLOCK, z + i * BLOCK);
        UNROLL
        for (int v = 0; v < VECS; v++) {
            vec d = sum[i][v] * b->c->scale;
            d = KEEP(kept >> (v * LANES), d);
            PUT(d2 + i * BLOCK + v * LANES) = d;
            *one += d;
            *two += d * (AT(c2 + i * BLOCK + v * LANES) - b->mean);
        }
    }
}

/* dw [n, 32] from k0 on = (add: + ) z^T [n, rows] dy [rows, 32] */
INLINE void outer_rows(const float *z, int64_t rows, int n, const float *dy, bool add, float *dw)
{
    vec sum[TILE][VECS];

    product(z, 1, BLOCK, n, dy, rows, sum);
    UNROLL
    for (int i = 0; i < n; i++)
        UNROLL
    for (int v = 0; v < VECS; v++) {
        if (add)
            sum[i][v] += AT(dw + i * O + v * LANES);
        PUT(dw + i * O + v * LANES) = sum[i][v];
    }
}

INLINE void add_outer(const float *z, int64_t rows, int64_t m, const float *dy, bool add, float *dw)
{
    for (int64_t k = 0; k < m; k += tile(k, m))
        if (tile(k, m) == TILE)
            outer_rows(z + k, rows, TILE, dy, add, dw + k * O);
        else
            outer_rows(z + k, rows, 1, dy, add, dw + k * O);
}

static void narrow_back(const dn_pair_convs *c, const float *c2, const float *slope, const float *shift,
                        const float *mean, const float *w3, const float *dy, float *dw3, float *d2,
                        double *sum, double *sum_c)
{
    int64_t pitch = dn_pair_pitch(c->length);
    float z[GROUP * BLOCK] __attribute__((aligned(64))), turned[O * BLOCK] __attribute__((aligned(64)));

    for (int g = 0; g < G; g++) {
        sum[g] = sum_c[g] = 0;
        for (int64_t s = 0; s < c->length; s += BLOCK) {
            block b = {.c = c,
                       .at = place_of(g, s, c->length),
                       .m = least(c->length - s, BLOCK),
                       .slope = c->scale * slope[g],
                       .shift = c->scale * shift[g],
                       .mean = mean[g]};
            int64_t first = block_at(c, pitch, g, s), w = (g * c->length + s) * O;
            vec one = {0}, two = {0};

            turn(w3 + w, b.m, turned);
            for (int64_t k = 0; k < c->rows; k += GROUP) {
                int64_t end = least(k + GROUP, c->rows);

                for (int64_t r = k; r < end; r += tile(r, end)) {
                    const float *in = c2 + first + r * BLOCK;
                    float *out = d2 + first + r * BLOCK;
                    if (tile(r, end) == TILE)
                        second_gradients(&b, r, TILE, turned, dy + r * O, in, out, z + (r - k) * BLOCK, &one,
                                         &two);
                    else
                        second_gradients(&b, r, 1, turned, dy + r * O, in, out, z + (r - k) * BLOCK, &one,
                                         &two);
                }
                add_outer(z, end - k, b.m, dy + k * O, k > 0, dw3 + w);
            }
            sum[g] += total(&one);
            sum_c[g] += total(&two);
        }
    }
}

/* ---- mix, backward ---- */

/* What rows and positions add to, in lanes. */
typedef struct gradient_sums {
    vec filter[F][G + X]; /* dw2 [G], then cross [X] */
    vec bias2[G];
} gradient_sums;

/* One block of positions of a few rows, side by side. */
typedef struct stretch {
    float x[X - 1][STRETCH * BLOCK], dc2[G][STRETCH * BLOCK];
    uint32_t kept[F][STRETCH];
} stretch;

/* What norm n2's backward pass is per channel. */
typedef struct slopes {
    const float *p, *q, *r;
} slopes;

/* A row's block becomes number k of the stretch; `stride` from a channel to the next. */
INLINE void fill_stretch(const float *a, const float *b, uint32_t there, const float *c2, const float *d2,
                         int64_t stride, const slopes *n2, int64_t k, stretch *t, vec *bias2)
{
    UNROLL
    for (int v = 0; v < VECS; v++) {
        int64_t at = k * BLOCK + v * LANES;
        vec x[X - 1];

        windows_at(a + v * LANES, b + v * LANES, x);
        UNROLL
        for (int j = 0; j < X - 1; j++)
            PUT(&t->x[j][at]) = x[j];
        UNROLL
        for (int g = 0; g < G; g++) {
            int64_t from = g * stride + v * LANES;
            vec d = n2->p[g] * AT(d2 + from) + n2->q[g] * AT(c2 + from) + n2->r[g];
            d = KEEP(there >> (v * LANES), d);
            bias2[g] += d;
            PUT(&t->dc2[g][at]) = d;
        }
    }
}

/* sums[g] += dc2[g] . z1[f] and sums[G + j] += dz1[f] . x_j, where z1 is without its scale */
INLINE void add_filter(const stretch *t, int64_t rows, int f, const float *u, const float *w2, vec *sums)
{
    vec dw[G], cross[X], wf[G], uf[X];

    UNROLL
    for (int g = 0; g < G; g++) {
        dw[g] = sums[g];
        wf[g] = SPLAT(w2[g]);
    }
    UNROLL
    for (int j = 0; j < X; j++) {
        cross[j] = sums[G + j];
        uf[j] = SPLAT(u[j]);
    }
    for (int64_t k = 0; k < rows; k++) {
        uint32_t kept = t->kept[f][k];

        UNROLL
        for (int v = 0; v < VECS; v++) {
            int64_t at = k * BLOCK + v * LANES;
            vec z = uf[4], d = wf[0] * AT(&t->dc2[0][at]), e = wf[1] * AT(&t->dc2[1][at]);

            UNROLL
            for (int j = 0; j < X - 1; j++)
                z += uf[j] * AT(&t->x[j][at]);
            UNROLL
            for (int g = 2; g < G; g += 2) {
                d += wf[g] * AT(&t->dc2[g][at]);
                e += wf[g + 1] * AT(&t->dc2[g + 1][at]);
            }
            z = KEEP(kept >> (v * LANES), z);
            d += e;
            d = KEEP(kept >> (v * LANES), d);
            UNROLL
            for (int g = 0; g < G; g++)
                dw[g] += z * AT(&t->dc2[g][at]);
            UNROLL
            for (int j = 0; j < X - 1; j++)
                cross[j] += d * AT(&t->x[j][at]);
            cross[X - 1] += d;
        }
    }
    UNROLL
    for (int g = 0; g < G; g++)
        sums[g] = dw[g];
    UNROLL
    for (int j = 0; j < X; j++)
        sums[G + j] = cross[j];
}

INLINE void flush_sums(gradient_sums *from, double dw2[G][F], double *dbias2, double cross[F][X])
{
    for (int f = 0; f < F; f++) {
        for (int g = 0; g < G; g++)
            dw2[g][f] += total(&from->filter[f][g]);
        for (int j = 0; j < X; j++)
            cross[f][j] += total(&from->filter[f][G + j]);
    }
    for (int g = 0; g < G; g++)
        dbias2[g] += total(&from->bias2[g]);
    memset(from, 0, sizeof *from);
}

static void mix_back(const dn_pair_convs *c, const float *u, const float *w2, const float *c2,
                     const float *d2, const float *p, const float *q, const float *r, float *dw2,
                     float *dbias2, double cross[F][X])
{
    int64_t pitch = dn_pair_pitch(c->length), row = pitch + DN_PAIR_ROOM, stride = block_at(c, pitch, 1, 0);
    int64_t pending = 0;
    slopes n2 = {p, q, r};
    float turned[F * G];
    double sum_w2[G][F] = {{0}}, sum_bias2[G] = {0};
    gradient_sums sums;
    stretch t;

    turn_w2(w2, c->scale, turned);
    memset(cross, 0, F * sizeof cross[0]);
    memset(&sums, 0, sizeof sums);
    for (int64_t s = 0; s < c->length; s += BLOCK) {
        int64_t first = block_at(c, pitch, 0, s);
        place at[F];

        for (int f = 0; f < F; f++)
            at[f] = place_of(f, s, c->length);
        for (int64_t i = 0; i < c->rows; i += STRETCH) {
            int64_t n = least(c->rows - i, STRETCH);

            for (int64_t k = 0; k < n; k++) {
                const uint32_t *mask = row_mask(c->mask1, c->words1, i + k);
                int64_t from = first + (i + k) * BLOCK;

                fill_stretch(c->a + (i + k) * row + s, c->b + (i + k) * row + s, at[0].there, c2 + from,
                             d2 + from, stride, &n2, k, &t, sums.bias2);
                for (int f = 0; f < F; f++)
                    t.kept[f][k] = bits_at(mask, &at[f]);
            }
            for (int f = 0; f < F; f++)
                add_filter(&t, n, f, u + f * X, turned + f * G, sums.filter[f]);
            pending += n * VECS;
            if (pending >= FLUSH) {
                flush_sums(&sums, sum_w2, sum_bias2, cross);
                pending = 0;
            }
        }
    }
    flush_sums(&sums, sum_w2, sum_bias2, cross);
    for (int g = 0; g < G; g++) {
        for (int f = 0; f < F; f++)
            dw2[g * F + f] = (float)((double)c->scale * sum_w2[g][f]);
        dbias2[g] = (float)sum_bias2[g];
    }
}

static const dn_pair_passes passes = {
    .isa = ISA, .mix = mix, .narrow = narrow, .narrow_back = narrow_back, .mix_back = mix_back};
