/* pair_convs_bf16.c - tests of solvers/nn/pair_convs_bf16.h: every pass, on tiles and without, against plain
 * loops in double that round where the header says so */
#include "tests/support/pair_inputs.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/nn/pair_convs_bf16.h"

enum { ROWS = PAIR_ROWS, LENGTH = PAIR_LENGTH, PITCH = PAIR_PITCH };

static pair_inputs in;
static struct {
    float y[ROWS * O], dw3[G * LENGTH * O], dw2[G * F], dbias2[G];
    double cross[F][X];
    double z2[ROWS * G * LENGTH], d2[ROWS * G * LENGTH]; /* wanted */
} m;

static dn_pair_convs make(int64_t rows, int64_t length, bool dropout)
{
    memset(&m, 0, sizeof m);
    return pair_inputs_make(&in, rows, length, dropout);
}

/* ---- plain loops ---- */

static double rounded(double x)
{
    return (double)dn_bf16_float(dn_bf16_round((float)x));
}

static double c2(const dn_pair_convs *c, int64_t r, int g, int64_t s)
{
    double v = 0;

    for (int f = 0; f < F; f++)
        if (pair_kept(c->mask1, c->words1, r, f * c->length + s))
            for (int j = 0; j < X; j++)
                v += (double)c->scale * (double)in.w2[g * F + f] * (double)in.u[f * X + j] *
                     pair_window(c, r, s, j);
    return v;
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

    dn_pair_bf16_mix(p, c, in.u, in.w2, in.bias2, sum, square);
    for (int g = 0; g < G; g++) {
        double one = 0, two = 0;

        for (int64_t r = 0; r < c->rows; r++)
            for (int64_t s = 0; s < c->length; s++) {
                double v = c2(c, r, g, s);

                pair_compare((double)dn_pair_bf16_c2(p, r, g, s), v + (double)in.bias2[g]);
                one += v;
                two += v * v;
            }
        CU_ASSERT_DOUBLE_EQUAL(sum[g], one, 1e-5 * (1 + two));
        CU_ASSERT_DOUBLE_EQUAL(square[g], two, 1e-5 * (1 + two));
    }
    pair_close_to(0x1p-8);
}

/* From here on c2' is what mix left, and z2 is rounded from the same numbers: what is left is sums of floats.
 */
static void check_narrow(dn_pair_bf16 *p, const dn_pair_convs *c)
{
    dn_pair_bf16_narrow(p, c, in.slope, in.shift, 0, in.w3, m.y);
    for (int64_t r = 0; r < c->rows; r++) {
        double want[O] = {0};

        for (int g = 0; g < G; g++)
            for (int64_t s = 0; s < c->length; s++) {
                double z =
                    (double)fmaf(c->scale * in.slope[g], dn_pair_bf16_c2(p, r, g, s), c->scale * in.shift[g]);

                z = pair_kept(c->mask2, c->words2, r, g * c->length + s) ? z : 0;
                m.z2[unit(c, r, g, s)] = z;
                for (int o = 0; o < O; o++)
                    want[o] += rounded(z) * rounded((double)in.w3[(g * c->length + s) * O + o]);
            }
        for (int o = 0; o < O; o++)
            pair_compare((double)m.y[r * O + o], want[o]);
    }
    pair_close_to(2e-4);
}

static void check_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c)
{
    double sum[G], sum_c[G];

    dn_pair_bf16_narrow_back(p, c, in.mean, in.dy, m.dw3, sum, sum_c);
    for (int g = 0; g < G; g++) {
        double one = 0, two = 0;

        for (int64_t s = 0; s < c->length; s++) {
            double want[O] = {0};

            for (int64_t r = 0; r < c->rows; r++) {
                double d = 0;

                for (int o = 0; o < O; o++) {
                    double dy = rounded((double)in.dy[r * O + o]);

                    want[o] += m.z2[unit(c, r, g, s)] * dy;
                    d += dy * rounded((double)in.w3[(g * c->length + s) * O + o]);
                }
                d = pair_kept(c->mask2, c->words2, r, g * c->length + s) ? (double)c->scale * d : 0;
                m.d2[unit(c, r, g, s)] = d;
                one += d;
                two += d * ((double)dn_pair_bf16_c2(p, r, g, s) - (double)in.mean[g]);
            }
            for (int o = 0; o < O; o++)
                pair_compare((double)m.dw3[(g * c->length + s) * O + o], want[o]);
        }
        pair_compare(sum[g], one);
        pair_compare(sum_c[g], two);
    }
    pair_close_to(2e-4);
}

/* dc2 may round to the other side: half a unit of bf16 again where there is one position. */
static void check_mix_back(dn_pair_bf16 *p, const dn_pair_convs *c)
{
    static double dw2[G][F], cross[F][X];

    memset(dw2, 0, sizeof dw2);
    memset(cross, 0, sizeof cross);
    dn_pair_bf16_mix_back(p, c, in.u, in.w2, in.p, in.q, in.r, m.dw2, m.dbias2, m.cross);
    for (int g = 0; g < G; g++) {
        double bias = 0;

        for (int64_t r = 0; r < c->rows; r++)
            for (int64_t s = 0; s < c->length; s++) {
                double d = (double)in.p[g] * m.d2[unit(c, r, g, s)] +
                           (double)in.q[g] * (double)dn_pair_bf16_c2(p, r, g, s) + (double)in.r[g];

                bias += d;
                for (int j = 0; j < X; j++) {
                    double product = (double)c->scale * rounded(d) * rounded(pair_window(c, r, s, j));

                    for (int f = 0; f < F; f++)
                        if (pair_kept(c->mask1, c->words1, r, f * c->length + s)) {
                            dw2[g][f] += product * (double)in.u[f * X + j];
                            cross[f][j] += product * (double)in.w2[g * F + f];
                        }
                }
            }
        pair_compare((double)m.dbias2[g], bias);
    }
    for (int f = 0; f < F; f++) {
        for (int g = 0; g < G; g++)
            pair_compare((double)m.dw2[g * F + f], dw2[g][f]);
        for (int j = 0; j < X; j++)
            pair_compare(m.cross[f][j], cross[f][j]);
    }
    pair_close_to(5e-3);
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
                in.a[i] = NAN;
            for (int64_t i = 0; i < ROWS * O; i++)
                in.dy[i] = NAN;
            CU_ASSERT_EQUAL(dn_pair_bf16_create(ROWS, 40, tiles > 0, &p, NULL), DN_OK);
            dn_pair_bf16_mix(p, &c, in.u, in.w2, in.bias2, sum, square);
            dn_pair_bf16_narrow(p, &c, in.slope, in.shift, 0, in.w3, m.y);
            dn_pair_bf16_narrow_back(p, &c, in.mean, in.dy, m.dw3, sum, square);
            dn_pair_bf16_mix_back(p, &c, in.u, in.w2, in.p, in.q, in.r, m.dw2, m.dbias2, m.cross);
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
        dn_pair_bf16_mix(p, &c, in.u, in.w2, in.bias2, sum, square);
        dn_pair_bf16_narrow(p, &c, in.slope, in.shift, 0, in.w3, y);
        for (int64_t r = 0; r < ROWS; r += 11) {
            dn_pair_convs one = c;

            one.rows = 1;
            one.a += r * (PITCH + DN_PAIR_ROOM);
            one.b += r * (PITCH + DN_PAIR_ROOM);
            one.mask1 += r * c.words1;
            one.mask2 += r * c.words2;
            dn_pair_bf16_mix(p, &one, in.u, in.w2, in.bias2, sum, square);
            dn_pair_bf16_narrow(p, &one, in.slope, in.shift, 0, in.w3, m.y);
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
        dn_pair_bf16_mix(p, &c, in.u, in.w2, in.bias2, sum, square);
        dn_pair_bf16_narrow(p, &c, in.slope, in.shift, 5, in.w3, y);
        for (int64_t i = 0; i < G * 40 * O; i++)
            in.w3[i] *= 2;
        dn_pair_bf16_narrow(p, &c, in.slope, in.shift, 5, in.w3, m.y);
        CU_ASSERT_EQUAL(memcmp(m.y, y, sizeof y), 0);
        dn_pair_bf16_narrow(p, &c, in.slope, in.shift, 6, in.w3, m.y);
        for (int o = 0; o < O; o++)
            CU_ASSERT_EQUAL(m.y[o], 2 * y[o]);
        dn_pair_bf16_narrow(p, &c, in.slope, in.shift, 0, in.w3, y);
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
