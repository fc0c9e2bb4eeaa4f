/* pair_passes_mix.h - the part of pair_passes_body.h between the profiles and c2, forward and back
 *
 * Included by pair_passes_body.h alone, once for each instruction set.
 */
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

/* Ask for the lines of all channels that mix writes AHEAD rows later: row i of a run of n, or of the next
 * block. They come from beyond the second cache, and in runs too short for the processor to see one. */
INLINE void mix_ahead(const dn_pair_convs *c, int64_t i, int64_t n, int64_t stride, const float *run)
{
    const float *at = run + (i + AHEAD < n ? i + AHEAD : i + AHEAD - n) * BLOCK;

    if (i + AHEAD >= n)
        at += block_stride(c->rows);
    UNROLL
    for (int g = 0; g < G; g++)
        UNROLL
    for (int k = 0; k < BLOCK; k += LINE)
        __builtin_prefetch(at + g * stride + k, 1);
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
                if (end - r >= AHEAD)
                    mix_ahead(c, i - r, end - r, stride, out + r * BLOCK);
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

/* ---- mix, backward ---- */

/* What rows and positions add to, in lanes. */
typedef struct gradient_sums {
    vec filter[F][G + X] __attribute__((aligned(64))); /* dw2 [G], then cross [X] */
    vec bias2[G];
} gradient_sums;

/* One block of positions of a few rows, side by side. */
typedef struct stretch {
    float x[X - 1][STRETCH * BLOCK] __attribute__((aligned(64)));
    float dc2[G][STRETCH * BLOCK] __attribute__((aligned(64)));
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

/* sums[g] += dc2[g] . z1[f] and sums[G + j] += dz1[f] . x_j, where z1 is without its scale. What stands at
 * `next` is asked for meanwhile: a channel of the next stretch. */
INLINE void add_filter(const stretch *t, int64_t rows, int f, const float *u, const float *w2,
                       const float *next, vec *sums)
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
            if (at % LINE == 0)
                __builtin_prefetch(next + at);
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
                add_filter(&t, n, f, u + f * X, turned + f * G,
                           (f < G ? c2 : d2) + first + f % G * stride + (i + n) * BLOCK, sums.filter[f]);
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
