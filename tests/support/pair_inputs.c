/* pair_inputs.c - see pair_inputs.h */
#include "tests/support/pair_inputs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/rng.h"
#include "solvers/nn/dropout.h"
#include "tests/support/test.h"

void pair_fill(uint64_t what, float *x, int64_t n)
{
    dn_rng s = dn_rng_stream(3, DN_RNG_SPLIT, what, 0);

    for (int64_t i = 0; i < n; i++)
        x[i] = (float)((double)dn_rng_u64(s, (uint64_t)i) * 0x1p-63 - 1);
}

static void make_masks(pair_inputs *in, dn_pair_convs *c)
{
    dn_rng one = dn_rng_stream(7, DN_RNG_DROPOUT, 0, 1), two = dn_rng_stream(7, DN_RNG_DROPOUT, 0, 2);

    c->mask1 = in->mask1;
    c->mask2 = in->mask2;
    c->words1 = dn_dropout_words(F * c->length);
    c->words2 = dn_dropout_words(G * c->length);
    c->scale = 2;
    for (int64_t r = 0; r < c->rows; r++) {
        dn_dropout_mask(one, (uint64_t)r, 0.5f, F * c->length, in->mask1 + r * c->words1);
        dn_dropout_mask(two, (uint64_t)r, 0.5f, G * c->length, in->mask2 + r * c->words2);
    }
}

dn_pair_convs pair_inputs_make(pair_inputs *in, int64_t rows, int64_t length, bool dropout)
{
    int64_t row = dn_pair_pitch(length) + DN_PAIR_ROOM;
    dn_pair_convs c = {.rows = rows, .length = length, .a = in->a, .b = in->b, .scale = 1};

    memset(in, 0, sizeof *in);
    for (int64_t r = 0; r < rows; r++) {
        pair_fill(1 + (uint64_t)r, in->a + r * row, length + 1);
        pair_fill(101 + (uint64_t)r, in->b + r * row, length + 1);
    }
    pair_fill(201, in->u, F * X);
    pair_fill(202, in->w2, G * F);
    pair_fill(203, in->bias2, G);
    pair_fill(204, in->slope, G);
    pair_fill(205, in->shift, G);
    pair_fill(206, in->mean, G);
    pair_fill(207, in->w3, G * length * O);
    pair_fill(208, in->dy, rows * O);
    pair_fill(209, in->p, G);
    pair_fill(210, in->q, G);
    pair_fill(211, in->r, G);
    if (dropout)
        make_masks(in, &c);
    return c;
}

double pair_window(const dn_pair_convs *c, int64_t r, int64_t s, int j)
{
    int64_t at = r * (dn_pair_pitch(c->length) + DN_PAIR_ROOM) + s;

    return j == 4 ? 1 : (double)(j < 2 ? c->a[at + j] : c->b[at + j - 2]);
}

bool pair_kept(const uint32_t *mask, int64_t words, int64_t r, int64_t unit)
{
    return mask == NULL || (mask[r * words + unit / 32] >> (unit % 32) & 1u) != 0;
}

static double worst;

void pair_compare(double have, double want)
{
    double d = fabs(have - want) / (1 + fabs(want));

    if (!(d <= worst)) /* a NaN, too */
        worst = d;
}

void pair_close_to(double tolerance)
{
    CU_ASSERT(worst <= tolerance);
    if (!(worst <= tolerance))
        fprintf(stderr, "# worst %g, wanted %g\n", worst, tolerance);
    worst = 0;
}
