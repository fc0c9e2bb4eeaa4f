/* pair_passes_narrow.h - the part of pair_passes_body.h between c2 and the 32 units, forward and back
 *
 * Included by pair_passes_body.h alone, once for each instruction set. All dense products are of 32 x 32
 * blocks.
 */
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
    for (int i = 0; i < n; i++) {
        ask(c2 + (r + i) * BLOCK + FAR, 0);
        second_inputs(b, block_bits(b, r + i), c2 + (r + i) * BLOCK, z + i * BLOCK);
    }
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

/* w [m, 32] with rows of zeros up to BLOCK; copied to `room` where it has fewer. */
INLINE const float *whole_block(const float *w, int64_t m, float room[BLOCK * O])
{
    if (m == BLOCK)
        return w;
    memcpy(room, w, (size_t)(m * O) * sizeof *w);
    memset(room + m * O, 0, (size_t)((BLOCK - m) * O) * sizeof *w);
    return room;
}

/* w [BLOCK, 32] as [32, BLOCK] */
INLINE void turn(const float *w, float *out)
{
    for (int k = 0; k < BLOCK; k += LANES)
        for (int o = 0; o < O; o += LANES)
            turn_square(w + k * O + o, out + o * BLOCK + k);
}

/* sum [BLOCK] = w [BLOCK, 32] dy, for few rows, which are not worth a turn: the lanes of LANES products are
 * added up while they change places. */
INLINE void dots(const float *w, const float *dy, vec sum[VECS])
{
    UNROLL
    for (int v = 0; v < VECS; v++) {
        vec t[LANES];

        UNROLL
        for (int k = 0; k < LANES; k++) {
            t[k] = AT(w + (v * LANES + k) * O) * AT(dy);
            UNROLL
            for (int o = LANES; o < O; o += LANES)
                t[k] += AT(w + (v * LANES + k) * O + o) * AT(dy + o);
        }
        UNROLL
        for (int h = 1; h < LANES; h *= 2) {
            ints even = exchange(h, 0), odd = exchange(h, 1);

            UNROLL
            for (int k = 0; k < LANES; k += 2 * h)
                t[k] = SHUFFLE(t[k], t[k + h], even) + SHUFFLE(t[k], t[k + h], odd);
        }
        sum[v] = t[0];
    }
}

/* From sum = dy w3^T of n rows: d2, whose sums are added to; and z2. c2, d2 are those of row r on, z of its
 * group. */
INLINE void second_gradients(const block *b, int64_t r, int n, vec sum[TILE][VECS], const float *c2,
                             float *d2, float *z, vec *one, vec *two)
{
    UNROLL
    for (int i = 0; i < n; i++) {
        uint32_t kept = block_bits(b, r + i);

        ask(c2 + i * BLOCK + FAR, 0);
        ask(d2 + i * BLOCK + FAR, 1);
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

/* The same for rows r .. end - 1, few or many, with w the block's weights as they are or turned. */
INLINE void group_gradients(const block *b, int64_t r, int64_t end, bool few, const float *w, const float *dy,
                            const float *c2, float *d2, float *z, vec *one, vec *two)
{
    vec sum[TILE][VECS];

    for (int64_t k = r, n; k < end; k += n) {
        n = few ? 1 : tile(k, end);
        if (few)
            dots(w, dy + k * O, sum[0]);
        else if (n == TILE)
            product(dy + k * O, O, 1, TILE, w, O, sum);
        else
            product(dy + k * O, O, 1, 1, w, O, sum);
        if (n == TILE)
            second_gradients(b, k, TILE, sum, c2 + k * BLOCK, d2 + k * BLOCK, z + (k - r) * BLOCK, one, two);
        else
            second_gradients(b, k, 1, sum, c2 + k * BLOCK, d2 + k * BLOCK, z + (k - r) * BLOCK, one, two);
    }
}

/* dw [n, 32] = (add: dw +) z^T [n, rows] dy [rows, 32] */
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
    float room[BLOCK * O];
    bool few = c->rows < FEW;

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

            const float *weights = whole_block(w3 + w, b.m, room);

            if (!few) {
                turn(weights, turned);
                weights = turned;
            }
            for (int64_t k = 0; k < c->rows; k += GROUP) {
                int64_t end = least(k + GROUP, c->rows);

                group_gradients(&b, k, end, few, weights, dy, c2 + first, d2 + first, z, &one, &two);
                add_outer(z, end - k, b.m, dy + k * O, k > 0, dw3 + w);
            }
            sum[g] += total(&one);
            sum_c[g] += total(&two);
        }
    }
}
