/* pair_convs.c - the convolutions of GENER over two profiles; see pair_convs.h
 *
 * Vectors run along the positions. The helpers are macros or take pointers, because how a vector is passed by
 * value depends on the instruction set a clone is compiled for.
 */
#include "solvers/nn/pair_convs.h"

#include <string.h>
#include "solvers/nn/kernels.h"
#include "solvers/nn/lanes.h"

enum {
    X = DN_PAIR_X,
    F = DN_PAIR_F,
    G = DN_PAIR_G,
    O = DN_PAIR_O,
    LANES = 16,
    BLOCK = DN_PAIR_BLOCK,
    TILE = 8,          /* rows whose sums stand in registers */
    GROUP = 64,        /* rows of an outer product */
    CHUNK = 4 * BLOCK, /* positions of mix_back's small products: those of 4 rows */
};

typedef float lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t bits __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline))
#define AT(p) (*(const lanes *)(p))
#define PUT(p) (*(lanes *)(p))
#define SPLAT(v) ((v) - (lanes){0})
/* v where a bit of `kept` is set, else 0 */
#define KEEP(kept, v) ((lanes)((bits)(v) & (((int32_t)(kept)&lane_bit) != 0)))

static const bits lane_bit = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};

int64_t dn_pair_pitch(int64_t length)
{
    return (length + BLOCK - 1) / BLOCK * BLOCK;
}

/* The lanes of the vector at s that are positions. */
INLINE uint32_t positions(int64_t s, int64_t length)
{
    int64_t n = length - s;

    return n >= LANES ? 0xffffu : n <= 0 ? 0 : (1u << n) - 1;
}

/* Bits [at, at + 16) of a mask. */
INLINE uint32_t mask_bits(const uint32_t *mask, int64_t at)
{
    uint32_t word;

    memcpy(&word, (const char *)mask + at / 8, sizeof word);
    return word >> (at % 8) & 0xffffu;
}

INLINE uint32_t kept(const uint32_t *mask, int64_t channel, int64_t s, int64_t length)
{
    uint32_t there = positions(s, length);

    return mask != NULL ? mask_bits(mask, channel * length + s) & there : there;
}

INLINE const uint32_t *row_mask(const uint32_t *mask, int64_t words, int64_t row)
{
    return mask != NULL ? mask + row * words : NULL;
}

/* ---- windows ---- */

enum { SUM_A, SUM_B, A_A, B_B, A_NEXT_A, B_NEXT_B, A_B, A_NEXT_B, B_NEXT_A, WINDOW_SUMS };

/* Sums over all S values (the first four and a b), or over the L neighbours. */
INLINE void window_sums(const float *a, const float *b, int64_t pitch, float *out)
{
    lanes sum[WINDOW_SUMS] = {{0}};

    for (int64_t s = 0; s < pitch + LANES; s += LANES) { /* S may be one more than the pitch */
        lanes x = AT(a + s), y = AT(b + s);
        lanes x1 = {0}, y1 = {0};

        if (s < pitch) {
            x1 = AT(a + s + 1);
            y1 = AT(b + s + 1);
        }
        sum[SUM_A] += x;
        sum[SUM_B] += y;
        sum[A_A] += x * x;
        sum[B_B] += y * y;
        sum[A_B] += x * y;
        sum[A_NEXT_A] += x * x1;
        sum[B_NEXT_B] += y * y1;
        sum[A_NEXT_B] += x * y1;
        sum[B_NEXT_A] += y * x1;
    }
    for (int k = 0; k < WINDOW_SUMS; k++) {
        dn_lanes total;
        memcpy(&total, &sum[k], sizeof total);
        out[k] = dn_lanes_total(&total);
    }
}

DN_CLONES
static void row_windows(const float *a, const float *b, int64_t pitch, float *out)
{
    window_sums(a, b, pitch, out);
}

void dn_pair_windows(const dn_pair_convs *c, double gram[X][X])
{
    int64_t pitch = dn_pair_pitch(c->length), last = c->length;

    memset(gram, 0, X * sizeof gram[0]);
    for (int64_t r = 0; r < c->rows; r++) {
        const float *a = c->a + r * (pitch + DN_PAIR_ROOM), *b = c->b + r * (pitch + DN_PAIR_ROOM);
        double a0 = (double)a[0], b0 = (double)b[0], a1 = (double)a[last], b1 = (double)b[last];
        float s[WINDOW_SUMS];

        row_windows(a, b, pitch, s);
        gram[0][0] += (double)s[A_A] - a1 * a1;
        gram[1][1] += (double)s[A_A] - a0 * a0;
        gram[2][2] += (double)s[B_B] - b1 * b1;
        gram[3][3] += (double)s[B_B] - b0 * b0;
        gram[0][1] += (double)s[A_NEXT_A];
        gram[2][3] += (double)s[B_NEXT_B];
        gram[0][2] += (double)s[A_B] - a1 * b1;
        gram[1][3] += (double)s[A_B] - a0 * b0;
        gram[0][3] += (double)s[A_NEXT_B];
        gram[1][2] += (double)s[B_NEXT_A];
        gram[0][4] += (double)s[SUM_A] - a1;
        gram[1][4] += (double)s[SUM_A] - a0;
        gram[2][4] += (double)s[SUM_B] - b1;
        gram[3][4] += (double)s[SUM_B] - b0;
    }
    gram[4][4] = (double)(c->rows * c->length);
    for (int i = 0; i < X; i++)
        for (int j = 0; j < i; j++)
            gram[i][j] = gram[j][i];
}

/* ---- sums that rows add to ---- */

INLINE double total(const lanes *v)
{
    dn_lanes t;

    memcpy(&t, v, sizeof t);
    return (double)dn_lanes_total(&t);
}

/* ---- forward ---- */

/* n1(c1) of filter f at windows x0 .. x3 */
#define NORMED(u, f) \
    ((u)[(f)*X + 4] + (u)[(f)*X] * x0 + (u)[(f)*X + 1] * x1 + (u)[(f)*X + 2] * x2 + (u)[(f)*X + 3] * x3)

/* w2 [F, G], times the dropout's scale */
INLINE void turn_w2(const float *w2, float scale, float *out)
{
    for (int f = 0; f < F; f++)
        for (int g = 0; g < G; g++)
            out[f * G + g] = scale * w2[g * F + f];
}

/* Floats from a block to the next: no power of two, which would be the same set of the cache each time. */
INLINE int64_t block_stride(int64_t rows)
{
    return rows * BLOCK + LANES;
}

int64_t dn_pair_room(int64_t rows, int64_t length)
{
    return G * dn_pair_pitch(length) / BLOCK * block_stride(rows);
}

/* Where the block of positions at s of channel g begins, of all rows. */
INLINE int64_t block_at(const dn_pair_convs *c, int64_t pitch, int g, int64_t s)
{
    return (g * pitch + s) / BLOCK * block_stride(c->rows);
}

/* The vector at s of row r, and what it adds to the sums of c2 - bias2. */
INLINE void mix_vector(const dn_pair_convs *c, int64_t pitch, int64_t r, int64_t s, const float *u,
                       const float *w2, const float *bias2, float *c2, lanes *one, lanes *two)
{
    const float *a = c->a + r * (pitch + DN_PAIR_ROOM) + s, *b = c->b + r * (pitch + DN_PAIR_ROOM) + s;
    const uint32_t *mask = row_mask(c->mask1, c->words1, r);
    lanes x0 = AT(a), x1 = AT(a + 1), x2 = AT(b), x3 = AT(b + 1), sum[G];
    uint32_t there = positions(s, c->length);
    float *out = c2 + block_at(c, pitch, 0, s / BLOCK * BLOCK) + r * BLOCK + s % BLOCK;

#pragma GCC unroll 8
    for (int g = 0; g < G; g++)
        sum[g] = (lanes){0};
    for (int f = 0; f < F; f++) {
        lanes z = NORMED(u, f);
        z = KEEP(kept(mask, f, s, c->length), z);
#pragma GCC unroll 8
        for (int g = 0; g < G; g++)
            sum[g] += w2[f * G + g] * z;
    }
#pragma GCC unroll 8
    for (int g = 0; g < G; g++) {
        one[g] += sum[g];
        two[g] += sum[g] * sum[g];
        sum[g] += bias2[g];
        PUT(out + block_at(c, pitch, g, 0)) = KEEP(there, sum[g]);
    }
}

DN_CLONES
void dn_pair_mix(const dn_pair_convs *c, const float *u, const float *w2, const float *bias2, float *c2,
                 double *sum, double *square)
{
    int64_t pitch = dn_pair_pitch(c->length);
    float turned[F * G];

    turn_w2(w2, c->scale, turned);
    memset(sum, 0, G * sizeof *sum);
    memset(square, 0, G * sizeof *square);
    for (int64_t r = 0; r < c->rows; r += TILE) { /* a few rows at a time: their blocks are written in runs */
        int64_t end = r + TILE < c->rows ? r + TILE : c->rows;
        lanes one[G] = {{0}}, two[G] = {{0}};

        for (int64_t s = 0; s < c->length; s += BLOCK)
            for (int64_t i = r; i < end; i++)
                for (int h = 0; h < 2; h++)
                    mix_vector(c, pitch, i, s + h * LANES, u, turned, bias2, c2, one, two);
        for (int g = 0; g < G; g++) {
            sum[g] += total(&one[g]);
            square[g] += total(&two[g]);
        }
    }
}

/* One block of positions of one channel, of `n` rows from row r on. */
typedef struct block {
    const dn_pair_convs *c;
    int g;
    int64_t s, r;
    int n;
} block;

/* Bits of the vector h of the block in row k. */
INLINE uint32_t kept2(const block *b, int k, int h)
{
    return kept(row_mask(b->c->mask2, b->c->words2, b->r + k), b->g, b->s + h * LANES, b->c->length);
}

/* z2, times the dropout's scale as slope and shift are; c2 points at the block's first row. */
INLINE void second_inputs(const block *b, const float *c2, const float *slope, const float *shift, float *z)
{
    for (int k = 0; k < b->n; k++)
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            lanes v = AT(c2 + k * BLOCK + h * LANES) * slope[b->g] + shift[b->g];
            PUT(z + k * BLOCK + h * LANES) = KEEP(kept2(b, k, h), v);
        }
}

/* y [n, O] += z [n, m] w [m, O]; n is known where this is inlined. */
INLINE void add_product(const float *z, int n, const float *w, int64_t m, float *y)
{
    lanes sum[TILE][2];

#pragma GCC unroll 8
    for (int i = 0; i < n; i++) {
        sum[i][0] = AT(y + i * O);
        sum[i][1] = AT(y + i * O + LANES);
    }
    for (int64_t k = 0; k < m; k++, w += O) {
        lanes w0 = AT(w), w1 = AT(w + LANES);
#pragma GCC unroll 8
        for (int i = 0; i < n; i++) {
            sum[i][0] += z[i * BLOCK + k] * w0;
            sum[i][1] += z[i * BLOCK + k] * w1;
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < n; i++) {
        PUT(y + i * O) = sum[i][0];
        PUT(y + i * O + LANES) = sum[i][1];
    }
}

INLINE void scaled(const float *x, float by, float *out)
{
    for (int g = 0; g < G; g++)
        out[g] = by * x[g];
}

/* How many rows the next tile takes: TILE, or one where fewer are left. */
INLINE int tile(int64_t r, int64_t rows)
{
    return r + TILE <= rows ? TILE : 1;
}

DN_CLONES
void dn_pair_narrow(const dn_pair_convs *c, const float *c2, const float *slope, const float *shift,
                    const float *w3, float *y)
{
    int64_t pitch = dn_pair_pitch(c->length);
    float up[G], off[G], z[TILE * BLOCK] __attribute__((aligned(64)));

    scaled(slope, c->scale, up);
    scaled(shift, c->scale, off);
    memset(y, 0, (size_t)(c->rows * O) * sizeof *y);
    for (int g = 0; g < G; g++)
        for (int64_t s = 0; s < c->length; s += BLOCK) {
            int64_t m = c->length - s < BLOCK ? c->length - s : BLOCK;
            const float *in = c2 + block_at(c, pitch, g, s), *w = w3 + (g * c->length + s) * O;

            for (int64_t r = 0; r < c->rows; r += tile(r, c->rows)) {
                block b = {c, g, s, r, tile(r, c->rows)};
                second_inputs(&b, in + r * BLOCK, up, off, z);
                if (b.n == TILE)
                    add_product(z, TILE, w, m, y + r * O);
                else
                    add_product(z, 1, w, m, y + r * O);
            }
        }
}

/* ---- backward ---- */

/* w [m, O] with its axes exchanged: out [O, BLOCK], 0 from m on */
INLINE void turn(const float *w, int64_t m, float *out)
{
    for (int k = 0; k < BLOCK; k++)
        for (int o = 0; o < O; o++)
            out[o * BLOCK + k] = k < m ? w[k * O + o] : 0;
}

/* d2 [n, BLOCK] = dropped dy [n, O] turned [O, BLOCK]; its sums are added to. */
INLINE void second_gradients(const block *b, int n, const float *turned, const float *dy, const float *c2,
                             float mean, float *d2, lanes *one, lanes *two)
{
    lanes sum[TILE][2] = {{{0}}};

    for (int o = 0; o < O; o++) {
        lanes w0 = AT(turned + o * BLOCK), w1 = AT(turned + o * BLOCK + LANES);
#pragma GCC unroll 8
        for (int i = 0; i < n; i++) {
            sum[i][0] += dy[i * O + o] * w0;
            sum[i][1] += dy[i * O + o] * w1;
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < n; i++)
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            lanes v = sum[i][h] * b->c->scale;
            v = KEEP(kept2(b, i, h), v);
            PUT(d2 + i * BLOCK + h * LANES) = v;
            *one += v;
            *two += v * (AT(c2 + i * BLOCK + h * LANES) - mean);
        }
}

/* dw [m, O] += z^T [m, n] dy [n, O], eight positions at a time */
INLINE void add_outer(const float *z, const float *dy, int64_t n, int64_t m, float *dw)
{
    for (int64_t k = 0; k < m; k += 8) {
        int64_t most = m - k < 8 ? m - k : 8;
        lanes sum[8][2] = {{{0}}};

        for (int64_t i = 0; i < n; i++) {
            lanes d0 = AT(dy + i * O), d1 = AT(dy + i * O + LANES);
#pragma GCC unroll 8
            for (int j = 0; j < 8; j++) {
                sum[j][0] += z[i * BLOCK + k + j] * d0;
                sum[j][1] += z[i * BLOCK + k + j] * d1;
            }
        }
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++)
            if (j < most) {
                PUT(dw + (k + j) * O) += sum[j][0];
                PUT(dw + (k + j) * O + LANES) += sum[j][1];
            }
    }
}

DN_CLONES
void dn_pair_narrow_back(const dn_pair_convs *c, const float *c2, const float *slope, const float *shift,
                         const float *mean, const float *w3, const float *dy, float *dw3, float *d2,
                         double *sum, double *sum_c)
{
    int64_t pitch = dn_pair_pitch(c->length);
    float up[G], off[G], turned[O * BLOCK] __attribute__((aligned(64)));
    float z[GROUP * BLOCK] __attribute__((aligned(64)));

    scaled(slope, c->scale, up);
    scaled(shift, c->scale, off);
    for (int g = 0; g < G; g++) {
        sum[g] = sum_c[g] = 0;
        for (int64_t s = 0; s < c->length; s += BLOCK) {
            int64_t m = c->length - s < BLOCK ? c->length - s : BLOCK, first = block_at(c, pitch, g, s);
            const float *in = c2 + first;
            lanes one = {0}, two = {0};

            turn(w3 + (g * c->length + s) * O, m, turned);
            for (int64_t r = 0; r < c->rows; r += tile(r, c->rows)) {
                block b = {c, g, s, r, tile(r, c->rows)};
                if (b.n == TILE)
                    second_gradients(&b, TILE, turned, dy + r * O, in + r * BLOCK, mean[g],
                                     d2 + first + r * BLOCK, &one, &two);
                else
                    second_gradients(&b, 1, turned, dy + r * O, in + r * BLOCK, mean[g],
                                     d2 + first + r * BLOCK, &one, &two);
            }
            for (int64_t r = 0; r < c->rows; r += GROUP) {
                block b = {c, g, s, r, (int)(c->rows - r < GROUP ? c->rows - r : GROUP)};
                second_inputs(&b, in + r * BLOCK, up, off, z);
                add_outer(z, dy + r * O, b.n, m, dw3 + (g * c->length + s) * O);
            }
            sum[g] += total(&one);
            sum_c[g] += total(&two);
        }
    }
}

/* What rows and positions add to, in lanes. */
typedef struct gradient_sums {
    lanes w2[G][F], bias2[G], cross[F][X];
} gradient_sums;

/* One block of positions of a few rows, side by side. */
typedef struct stretch {
    float x[X - 1][CHUNK], dc2[G][CHUNK], z1[F][CHUNK], dz1[F][CHUNK];
} stretch;

/* What norm n2's backward pass is per channel. */
typedef struct slopes {
    const float *p, *q, *r;
} slopes;

/* The vector at s of row r becomes the one at `at` of the stretch; z1 is without its scale. in2: of the
 * block's first row and channel 0 */
INLINE void fill_stretch(const dn_pair_convs *c, int64_t pitch, int64_t r, int64_t s, int64_t at,
                         const float *u, const float *w2, const float *c2, const float *d2, const slopes *n2,
                         stretch *t)
{
    const float *a = c->a + r * (pitch + DN_PAIR_ROOM) + s, *b = c->b + r * (pitch + DN_PAIR_ROOM) + s;
    const uint32_t *mask = row_mask(c->mask1, c->words1, r);
    lanes x0 = AT(a), x1 = AT(a + 1), x2 = AT(b), x3 = AT(b + 1), dc2[G];
    uint32_t there = positions(s, c->length);

    PUT(&t->x[0][at]) = x0;
    PUT(&t->x[1][at]) = x1;
    PUT(&t->x[2][at]) = x2;
    PUT(&t->x[3][at]) = x3;
#pragma GCC unroll 8
    for (int g = 0; g < G; g++) {
        int64_t from = block_at(c, pitch, g, 0);
        dc2[g] = n2->p[g] * AT(d2 + from) + n2->q[g] * AT(c2 + from) + n2->r[g];
        dc2[g] = KEEP(there, dc2[g]);
        PUT(&t->dc2[g][at]) = dc2[g];
    }
    for (int f = 0; f < F; f++) {
        uint32_t k = kept(mask, f, s, c->length);
        lanes z = NORMED(u, f), d = w2[f * G] * dc2[0];

#pragma GCC unroll 8
        for (int g = 1; g < G; g++)
            d += w2[f * G + g] * dc2[g];
        PUT(&t->z1[f][at]) = KEEP(k, z);
        PUT(&t->dz1[f][at]) = KEEP(k, d);
    }
}

/* w2[g][f] += dc2[g] . z1[f], four by four */
INLINE void add_w2(const stretch *t, int64_t n, gradient_sums *to)
{
    for (int g = 0; g < G; g += 4)
        for (int f = 0; f < F; f += 4) {
            lanes sum[4][4];

#pragma GCC unroll 4
            for (int i = 0; i < 4; i++)
#pragma GCC unroll 4
                for (int j = 0; j < 4; j++)
                    sum[i][j] = to->w2[g + i][f + j];
            for (int64_t k = 0; k < n; k += LANES) {
                lanes z0 = AT(&t->z1[f][k]), z1 = AT(&t->z1[f + 1][k]), z2 = AT(&t->z1[f + 2][k]),
                      z3 = AT(&t->z1[f + 3][k]);
#pragma GCC unroll 4
                for (int i = 0; i < 4; i++) {
                    lanes d = AT(&t->dc2[g + i][k]);
                    sum[i][0] += d * z0;
                    sum[i][1] += d * z1;
                    sum[i][2] += d * z2;
                    sum[i][3] += d * z3;
                }
            }
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++)
#pragma GCC unroll 4
                for (int j = 0; j < 4; j++)
                    to->w2[g + i][f + j] = sum[i][j];
        }
}

/* cross[f][j] += dz1[f] . x_j, four filters at a time; bias2[g] += dc2[g] */
INLINE void add_cross(const stretch *t, int64_t n, gradient_sums *to)
{
    for (int f = 0; f < F; f += 4) {
        lanes sum[4][X];

#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
#pragma GCC unroll 5
            for (int j = 0; j < X; j++)
                sum[i][j] = to->cross[f + i][j];
        for (int64_t k = 0; k < n; k += LANES) {
            lanes x0 = AT(&t->x[0][k]), x1 = AT(&t->x[1][k]), x2 = AT(&t->x[2][k]), x3 = AT(&t->x[3][k]);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                lanes d = AT(&t->dz1[f + i][k]);
                sum[i][0] += d * x0;
                sum[i][1] += d * x1;
                sum[i][2] += d * x2;
                sum[i][3] += d * x3;
                sum[i][4] += d;
            }
        }
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
#pragma GCC unroll 5
            for (int j = 0; j < X; j++)
                to->cross[f + i][j] = sum[i][j];
    }
    for (int g = 0; g < G; g++)
        for (int64_t k = 0; k < n; k += LANES)
            to->bias2[g] += AT(&t->dc2[g][k]);
}

INLINE void flush_sums(gradient_sums *from, float scale, double *dw2, double *dbias2, double cross[F][X])
{
    for (int g = 0; g < G; g++) {
        for (int f = 0; f < F; f++)
            dw2[g * F + f] += (double)scale * total(&from->w2[g][f]);
        dbias2[g] += total(&from->bias2[g]);
    }
    for (int f = 0; f < F; f++)
        for (int j = 0; j < X; j++)
            cross[f][j] += total(&from->cross[f][j]);
    memset(from, 0, sizeof *from);
}

DN_CLONES
void dn_pair_mix_back(const dn_pair_convs *c, const float *u, const float *w2, const float *c2,
                      const float *d2, const float *p, const float *q, const float *r, float *dw2,
                      float *dbias2, double cross[F][X])
{
    int64_t pitch = dn_pair_pitch(c->length);
    slopes n2 = {p, q, r};
    float turned[F * G];
    double sum_w2[G * F] = {0}, sum_bias2[G] = {0};
    gradient_sums sums;
    stretch t;

    turn_w2(w2, c->scale, turned);
    memset(cross, 0, F * sizeof cross[0]);
    memset(&sums, 0, sizeof sums);
    for (int64_t s = 0; s < c->length; s += BLOCK) {
        for (int64_t i = 0; i < c->rows; i += CHUNK / BLOCK) {
            int64_t n = c->rows - i < CHUNK / BLOCK ? c->rows - i : CHUNK / BLOCK;
            for (int64_t k = 0; k < n * BLOCK; k += LANES) {
                int64_t from = block_at(c, pitch, 0, s) + i * BLOCK + k;
                fill_stretch(c, pitch, i + k / BLOCK, s + k % BLOCK, k, u, turned, c2 + from, d2 + from, &n2,
                             &t);
            }
            add_w2(&t, n * BLOCK, &sums);
            add_cross(&t, n * BLOCK, &sums);
        }
        flush_sums(&sums, c->scale, sum_w2, sum_bias2, cross);
    }
    for (int k = 0; k < G * F; k++)
        dw2[k] = (float)sum_w2[k];
    for (int g = 0; g < G; g++)
        dbias2[g] = (float)sum_bias2[g];
}
