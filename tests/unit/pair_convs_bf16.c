/* pair_convs_bf16.c - tests of solvers/nn/pair_convs_bf16.h: every pass, on tiles and without, against plain
 * loops in double that round where the header says so */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/nn/dropout.h"
#include "solvers/nn/pair_convs_bf16.h"

enum { X = DN_PAIR_X, F = DN_PAIR_F, G = DN_PAIR_G, O = DN_PAIR_O, ROWS = 67, LENGTH = 161, PITCH = 192 };

static struct {
    float a[ROWS * (PITCH + DN_PAIR_ROOM)], b[ROWS * (PITCH + DN_PAIR_ROOM)];
    uint32_t mask1[ROWS * (F * PITCH / 32) + 8], mask2[ROWS * (G * PITCH / 32) + 8];
    float u[F * X], w2[G * F], bias2[G], slope[G], shift[G], mean[G], w3[G * LENGTH * O], dy[ROWS * O];
    float p[G], q[G], r[G];
    float y[ROWS * O], dw3[G * LENGTH * O], dw2[G * F], dbias2[G];
    double cross[F][X];
    double z2[ROWS * G * LENGTH], d2[ROWS * G * LENGTH]; /* wanted */
} m;

static float draw(uint64_t what, int64_t i)
{
    dn_rng s = dn_rng_stream(3, DN_RNG_SPLIT, what, 0);

    return (float)((double)dn_rng_u64(s, (uint64_t)i) * 0x1p-63 - 1);
}

static void fill(uint64_t what, float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = draw(what, i);
}

static dn_pair_convs make(int64_t rows, int64_t length, bool dropout)
{
    int64_t row = dn_pair_pitch(length) + DN_PAIR_ROOM;
    dn_pair_convs c = {.rows = rows, .length = length, .a = m.a, .b = m.b, .scale = 1};

    memset(&m, 0, sizeof m);
    for (int64_t r = 0; r < rows; r++) {
        fill(1 + (uint64_t)r, m.a + r * row, length + 1);
        fill(101 + (uint64_t)r, m.b + r * row, length + 1);
    }
    fill(201, m.u, F * X);
    fill(202, m.w2, G * F);
    fill(203, m.bias2, G);
    fill(204, m.slope, G);
    fill(205, m.shift, G);
    fill(206, m.mean, G);
    fill(207, m.w3, G * length * O);
    fill(208, m.dy, rows * O);
    fill(209, m.p, G);
    fill(210, m.q, G);
    fill(211, m.r, G);
    if (dropout) {
        c.mask1 = m.mask1;
        c.mask2 = m.mask2;
        c.words1 = dn_dropout_words(F * length);
        c.words2 = dn_dropout_words(G * length);
        c.scale = 2;
        for (int64_t r = 0; r < rows; r++) {
            dn_rng one = dn_rng_stream(7, DN_RNG_DROPOUT, 0, 1), two = dn_rng_stream(7, DN_RNG_DROPOUT, 0, 2);
            dn_dropout_mask(one, (uint64_t)r, 0.5f, F * length, m.mask1 + r * c.words1);
            dn_dropout_mask(two, (uint64_t)r, 0.5f, G * length, m.mask2 + r * c.words2);
        }
    }
    return c;
}

/* ---- plain loops ---- */

static double rounded(double x)
{
    return (double)dn_bf16_float(dn_bf16_round((float)x));
}

static double window(const dn_pair_convs *c, int64_t r, int64_t s, int j)
{
    int64_t at = r * (dn_pair_pitch(c->length) + DN_PAIR_ROOM) + s;

    return j == 4 ? 1 : (double)(j < 2 ? c->a[at + j] : c->b[at + j - 2]);
}

static bool kept(const uint32_t *mask, int64_t words, int64_t r, int64_t unit)
{
    return mask == NULL || (mask[r * words + unit / 32] >> (unit % 32) & 1u) != 0;
}

static double c2(const dn_pair_convs *c, int64_t r, int g, int64_t s)
{
    double v = 0;

    for (int f = 0; f < F; f++)
        if (kept(c->mask1, c->words1, r, f * c->length + s))
            for (int j = 0; j < X; j++)
                v += (double)c->scale * (double)m.w2[g * F + f] * (double)m.u[f * X + j] * window(c, r, s, j);
    return v;
}

static double worst; /* of differences, relative to 1 + size */

static void compare(double have, double want)
{
    double d = fabs(have - want) / (1 + fabs(want));

    if (!(d <= worst)) /* a NaN, too */
        worst = d;
}

static void close_to(double tolerance)
{
    CU_ASSERT(worst <= tolerance);
    if (!(worst <= tolerance))
        fprintf(stderr, "# worst %g, wanted %g\n", worst, tolerance);
    worst = 0;
}

static int64_t unit(const dn_pair_convs *c, int64_t r, int g, int64_t s)
{
    return (r * G + g) * c->length + s;
}

/* ---- the passes ---- */

/* c2' may fall to the other side of a tie: half a unit of bf16 is 2^-9. */
static void check_mix(dn_pair_bf16 *p, const dn_pair_convs *c)
{
    double sum[G], square[G];

    dn_pair_bf16_mix(p, c, m.u, m.w2, m.bias2, sum, square);
    for (int g = 0; g < G; g++) {
        double one = 0, two = 0;

        for (int64_t r = 0; r < c->rows; r++)
            for (int64_t s = 0; s < c->length; s++) {
                double v = c2(c, r, g, s);

                compare((double)dn_pair_bf16_c2(p, r, g, s), v + (double)m.bias2[g]);
                one += v;
                two += v * v;
            }
        CU_ASSERT_DOUBLE_EQUAL(sum[g], one, 1e-5 * (1 + two));
        CU_ASSERT_DOUBLE_EQUAL(square[g], two, 1e-5 * (1 + two));
    }
    close_to(0x1p-8);
}

/* From here on c2' is what mix left, and z2 is rounded from the same numbers: what is left is sums of floats.
 */
static void check_narrow(dn_pair_bf16 *p, const dn_pair_convs *c)
{
    dn_pair_bf16_narrow(p, c, m.slope, m.shift, 0, m.w3, m.y);
    for (int64_t r = 0; r < c->rows; r++) {
        double want[O] = {0};

        for (int g = 0; g < G; g++)
            for (int64_t s = 0; s < c->length; s++) {
                double z =
                    (double)fmaf(c->scale * m.slope[g], dn_pair_bf16_c2(p, r, g, s), c->scale * m.shift[g]);

                z = kept(c->mask2, c->words2, r, g * c->length + s) ? z : 0;
                m.z2[unit(c, r, g, s)] = z;
                for (int o = 0; o < O; o++)
                    want[o] += rounded(z) * rounded((double)m.w3[(g * c->length + s) * O + o]);
            }
        for (int o = 0; o < O; o++)
            compare((double)m.y[r * O + o], want[o]);
    }
    close_to(2e-4);
}

static void check_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c)
{
    double sum[G], sum_c[G];

    dn_pair_bf16_narrow_back(p, c, m.mean, m.dy, m.dw3, sum, sum_c);
    for (int g = 0; g < G; g++) {
        double one = 0, two = 0;

        for (int64_t s = 0; s < c->length; s++) {
            double want[O] = {0};

            for (int64_t r = 0; r < c->rows; r++) {
                double d = 0;

                for (int o = 0; o < O; o++) {
                    double dy = rounded((double)m.dy[r * O + o]);

                    want[o] += m.z2[unit(c, r, g, s)] * dy;
                    d += dy * rounded((double)m.w3[(g * c->length + s) * O + o]);
                }
                d = kept(c->mask2, c->words2, r, g * c->length + s) ? (double)c->scale * d : 0;
                m.d2[unit(c, r, g, s)] = d;
                one += d;
                two += d * ((double)dn_pair_bf16_c2(p, r, g, s) - (double)m.mean[g]);
            }
            for (int o = 0; o < O; o++)
                compare((double)m.dw3[(g * c->length + s) * O + o], want[o]);
        }
        compare(sum[g], one);
        compare(sum_c[g], two);
    }
    close_to(2e-4);
}

/* dc2 may round to the other side: half a unit of bf16 again where there is one position. */
static void check_mix_back(dn_pair_bf16 *p, const dn_pair_convs *c)
{
    static double dw2[G][F], cross[F][X];

    memset(dw2, 0, sizeof dw2);
    memset(cross, 0, sizeof cross);
    dn_pair_bf16_mix_back(p, c, m.u, m.w2, m.p, m.q, m.r, m.dw2, m.dbias2, m.cross);
    for (int g = 0; g < G; g++) {
        double bias = 0;

        for (int64_t r = 0; r < c->rows; r++)
            for (int64_t s = 0; s < c->length; s++) {
                double d = (double)m.p[g] * m.d2[unit(c, r, g, s)] +
                           (double)m.q[g] * (double)dn_pair_bf16_c2(p, r, g, s) + (double)m.r[g];

                bias += d;
                for (int j = 0; j < X; j++) {
                    double product = (double)c->scale * rounded(d) * rounded(window(c, r, s, j));

                    for (int f = 0; f < F; f++)
                        if (kept(c->mask1, c->words1, r, f * c->length + s)) {
                            dw2[g][f] += product * (double)m.u[f * X + j];
                            cross[f][j] += product * (double)m.w2[g * F + f];
                        }
                }
            }
        compare((double)m.dbias2[g], bias);
    }
    for (int f = 0; f < F; f++) {
        for (int g = 0; g < G; g++)
            compare((double)m.dw2[g * F + f], dw2[g][f]);
        for (int j = 0; j < X; j++)
            compare(m.cross[f][j], cross[f][j]);
    }
    close_to(5e-3);
}

static void all_passes(dn_pair_bf16 *p, const dn_pair_convs *c)
{
    check_mix(p, c);
    check_narrow(p, c);
    check_narrow_back(p, c);
    check_mix_back(p, c);
}

static void check(int64_t rows, int64_t length, bool dropout, bool tiles)
{
    dn_pair_convs c = make(rows, length, dropout);
    dn_pair_bf16 *p = NULL;

    CU_ASSERT_EQUAL(dn_pair_bf16_create(rows + 3, length, tiles, &p, NULL), DN_OK);
    for (int again = 0; again < (length == 33 ? 2 : 1); again++) /* nothing is left from the first time */
        all_passes(p, &c);
    dn_pair_bf16_destroy(&p);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Rows of the last time that are not in use any more do not count, not even if they are no numbers. */
static void fewer_rows(void)
{
    for (int tiles = 0; tiles <= (dn_bf16_tiles() ? 1 : 0); tiles++)
        for (int64_t rows = 5; rows < ROWS; rows += 14) {
            dn_pair_convs c = make(ROWS, 40, true);
            dn_pair_bf16 *p = NULL;
            double sum[G], square[G];

            for (int64_t i = 0; i < ROWS * (dn_pair_pitch(40) + DN_PAIR_ROOM); i++)
                m.a[i] = NAN;
            for (int64_t i = 0; i < ROWS * O; i++)
                m.dy[i] = NAN;
            CU_ASSERT_EQUAL(dn_pair_bf16_create(ROWS, 40, tiles > 0, &p, NULL), DN_OK);
            dn_pair_bf16_mix(p, &c, m.u, m.w2, m.bias2, sum, square);
            dn_pair_bf16_narrow(p, &c, m.slope, m.shift, 0, m.w3, m.y);
            dn_pair_bf16_narrow_back(p, &c, m.mean, m.dy, m.dw3, sum, square);
            dn_pair_bf16_mix_back(p, &c, m.u, m.w2, m.p, m.q, m.r, m.dw2, m.dbias2, m.cross);
            CU_ASSERT(isnan(m.dbias2[0]));
            c = make(rows, 40, true);
            all_passes(p, &c);
            dn_pair_bf16_destroy(&p);
        }
}

static void all_shapes(bool tiles)
{
    static const int64_t length[] = {1, 16, 17, 32, 33, LENGTH};

    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        check(1, length[i], true, tiles);
        check(33, length[i], i % 2 == 0, tiles);
    }
    check(ROWS, LENGTH, true, tiles);
}

static void as_loops(void)
{
    all_shapes(false);
}

static void on_tiles(void)
{
    if (dn_bf16_tiles())
        all_shapes(true);
    else
        test_skip("no AMX here");
}

/* A row has the same y alone and among others. */
static void company(void)
{
    static float y[ROWS * O];

    for (int tiles = 0; tiles <= (dn_bf16_tiles() ? 1 : 0); tiles++) {
        dn_pair_convs c = make(ROWS, LENGTH, true);
        dn_pair_bf16 *p = NULL;
        double sum[G], square[G];

        CU_ASSERT_EQUAL(dn_pair_bf16_create(ROWS, LENGTH, tiles > 0, &p, NULL), DN_OK);
        dn_pair_bf16_mix(p, &c, m.u, m.w2, m.bias2, sum, square);
        dn_pair_bf16_narrow(p, &c, m.slope, m.shift, 0, m.w3, y);
        for (int64_t r = 0; r < ROWS; r += 11) {
            dn_pair_convs one = c;

            one.rows = 1;
            one.a += r * (PITCH + DN_PAIR_ROOM);
            one.b += r * (PITCH + DN_PAIR_ROOM);
            one.mask1 += r * c.words1;
            one.mask2 += r * c.words2;
            dn_pair_bf16_mix(p, &one, m.u, m.w2, m.bias2, sum, square);
            dn_pair_bf16_narrow(p, &one, m.slope, m.shift, 0, m.w3, m.y);
            CU_ASSERT_EQUAL(memcmp(m.y, y + r * O, O * sizeof(float)), 0);
        }
        dn_pair_bf16_destroy(&p);
    }
}

/* Weights with the version of the last ones are not looked at, others are. */
static void versions(void)
{
    static float y[O];

    for (int tiles = 0; tiles <= (dn_bf16_tiles() ? 1 : 0); tiles++) {
        dn_pair_convs c = make(1, 40, true);
        dn_pair_bf16 *p = NULL;
        double sum[G], square[G];

        CU_ASSERT_EQUAL(dn_pair_bf16_create(1, 40, tiles > 0, &p, NULL), DN_OK);
        dn_pair_bf16_mix(p, &c, m.u, m.w2, m.bias2, sum, square);
        dn_pair_bf16_narrow(p, &c, m.slope, m.shift, 5, m.w3, y);
        for (int64_t i = 0; i < G * 40 * O; i++)
            m.w3[i] *= 2;
        dn_pair_bf16_narrow(p, &c, m.slope, m.shift, 5, m.w3, m.y);
        CU_ASSERT_EQUAL(memcmp(m.y, y, sizeof y), 0);
        dn_pair_bf16_narrow(p, &c, m.slope, m.shift, 6, m.w3, m.y);
        for (int o = 0; o < O; o++)
            CU_ASSERT_EQUAL(m.y[o], 2 * y[o]);
        dn_pair_bf16_narrow(p, &c, m.slope, m.shift, 0, m.w3, y);
        CU_ASSERT_EQUAL(memcmp(m.y, y, sizeof y), 0);
        dn_pair_bf16_destroy(&p);
    }
}

static void refused_memory(void)
{
    for (int tiles = 0; tiles < 2; tiles++) {
        dn_status st = DN_ENOMEM;
        long k = 0;

        for (; st != DN_OK && k < 20; k++) {
            dn_pair_bf16 *p = NULL;

            dn_alloc_fail_after(k);
            st = dn_pair_bf16_create(40, 50, tiles > 0, &p, NULL);
            dn_alloc_fail_after(-1);
            CU_ASSERT((p != NULL) == (st == DN_OK));
            dn_pair_bf16_destroy(&p);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT(k > 3);
    }
}

static const dn_test tests[] = {{"loops of floats", as_loops},
                                {"tiles", on_tiles},
                                {"company", company},
                                {"fewer rows", fewer_rows},
                                {"versions", versions},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "pair_convs_bf16", tests);
}
