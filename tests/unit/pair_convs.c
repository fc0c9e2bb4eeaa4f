/* pair_convs.c - tests of solvers/nn/pair_convs.h: every pass against plain loops in double */
#include "tests/support/pair_inputs.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/nn/dropout.h"
#include "solvers/nn/pair_passes.h"

enum { ROWS = 11, LENGTH = PAIR_LENGTH, PITCH = PAIR_PITCH };

/* One problem: what goes in, and what the passes make of it. */
static pair_inputs in;
static struct {
    float c2[(ROWS + 1) * G * PITCH], y[ROWS * O], dw3[G * LENGTH * O];
    float d2[(ROWS + 1) * G * PITCH], dw2[G * F], dbias2[G];
    double cross[F][X];
} m;

static dn_pair_convs make(int64_t rows, int64_t length, bool dropout)
{
    memset(&m, 0, sizeof m);
    return pair_inputs_make(&in, rows, length, dropout);
}

/* ---- plain loops ---- */

static double keep(const dn_pair_convs *c, const uint32_t *mask, int64_t words, int64_t r, int64_t unit)
{
    return pair_kept(mask, words, r, unit) ? (double)c->scale : 0;
}

static double z1(const dn_pair_convs *c, int64_t r, int f, int64_t s)
{
    double v = 0;

    for (int j = 0; j < X; j++)
        v += (double)in.u[f * X + j] * pair_window(c, r, s, j);
    return keep(c, c->mask1, c->words1, r, f * c->length + s) * v;
}

static double c2(const dn_pair_convs *c, int64_t r, int g, int64_t s)
{
    double v = (double)in.bias2[g];

    for (int f = 0; f < F; f++)
        v += (double)in.w2[g * F + f] * z1(c, r, f, s);
    return v;
}

/* c2 as the pass left it, so that errors do not add up */
static double had(const dn_pair_convs *c, const float *x, int64_t r, int g, int64_t s)
{
    return (double)x[(g * dn_pair_pitch(c->length) + s) / 32 * (32 * c->rows + 16) + r * 32 + s % 32];
}

static double z2(const dn_pair_convs *c, int64_t r, int g, int64_t s)
{
    return keep(c, c->mask2, c->words2, r, g * c->length + s) *
           ((double)in.slope[g] * had(c, m.c2, r, g, s) + (double)in.shift[g]);
}

/* ---- the passes ---- */

static void check_windows(const dn_pair_convs *c)
{
    double have[X][X];

    dn_pair_windows(c, have);
    for (int i = 0; i < X; i++)
        for (int j = 0; j < X; j++) {
            double want = 0;
            for (int64_t r = 0; r < c->rows; r++)
                for (int64_t s = 0; s < c->length; s++)
                    want += pair_window(c, r, s, i) * pair_window(c, r, s, j);
            pair_compare(have[i][j], want);
        }
    pair_close_to(1e-5);
}

static void check_forward(const dn_pair_passes *use, const dn_pair_convs *c)
{
    int64_t pitch = dn_pair_pitch(c->length);
    double sum[G], square[G];

    use->mix(c, in.u, in.w2, in.bias2, m.c2, sum, square);
    for (int g = 0; g < G; g++) {
        double one = 0, two = 0;
        for (int64_t r = 0; r < c->rows; r++) {
            for (int64_t s = 0; s < c->length; s++) {
                double v = c2(c, r, g, s), d = v - (double)in.bias2[g];
                pair_compare(had(c, m.c2, r, g, s), v);
                one += d;
                two += d * d;
            }
            for (int64_t s = c->length; s < pitch; s++)
                CU_ASSERT_EQUAL(had(c, m.c2, r, g, s), 0);
        }
        pair_compare(sum[g] / (double)(c->rows * c->length), one / (double)(c->rows * c->length));
        pair_compare(square[g], two);
    }
    pair_close_to(4e-6);
    use->narrow(c, m.c2, in.slope, in.shift, in.w3, m.y);
    for (int64_t r = 0; r < c->rows; r++)
        for (int o = 0; o < O; o++) {
            double want = 0;
            for (int g = 0; g < G; g++)
                for (int64_t s = 0; s < c->length; s++)
                    want += z2(c, r, g, s) * (double)in.w3[(g * c->length + s) * O + o];
            pair_compare((double)m.y[r * O + o], want);
        }
    pair_close_to(1e-4);
}

static void check_narrow_back(const dn_pair_passes *use, const dn_pair_convs *c)
{
    int64_t pitch = dn_pair_pitch(c->length);
    double sum[G], sum_c[G];

    pair_fill(300, m.dw3, G * c->length * O);
    use->narrow_back(c, m.c2, in.slope, in.shift, in.mean, in.w3, in.dy, m.dw3, m.d2, sum, sum_c);
    for (int g = 0; g < G; g++) {
        double one = 0, two = 0;
        for (int64_t s = 0; s < c->length; s++) {
            for (int o = 0; o < O; o++) {
                double want = 0;
                for (int64_t r = 0; r < c->rows; r++)
                    want += z2(c, r, g, s) * (double)in.dy[r * O + o];
                pair_compare((double)m.dw3[(g * c->length + s) * O + o], want);
            }
            for (int64_t r = 0; r < c->rows; r++) {
                double want = 0;
                for (int o = 0; o < O; o++)
                    want += (double)in.dy[r * O + o] * (double)in.w3[(g * c->length + s) * O + o];
                pair_compare(had(c, m.d2, r, g, s),
                             want * keep(c, c->mask2, c->words2, r, g * c->length + s));
                one += had(c, m.d2, r, g, s);
                two += had(c, m.d2, r, g, s) * (had(c, m.c2, r, g, s) - (double)in.mean[g]);
            }
        }
        pair_compare(sum[g], one);
        pair_compare(sum_c[g], two);
        for (int64_t r = 0; r < c->rows; r++)
            for (int64_t s = c->length; s < pitch; s++)
                CU_ASSERT_EQUAL(had(c, m.d2, r, g, s), 0);
    }
    pair_close_to(1e-4);
}

static double dc2(const dn_pair_convs *c, int64_t r, int g, int64_t s)
{
    return (double)in.p[g] * had(c, m.d2, r, g, s) + (double)in.q[g] * had(c, m.c2, r, g, s) +
           (double)in.r[g];
}

static void check_mix_back(const dn_pair_passes *use, const dn_pair_convs *c)
{
    use->mix_back(c, in.u, in.w2, m.c2, m.d2, in.p, in.q, in.r, m.dw2, m.dbias2, m.cross);
    for (int g = 0; g < G; g++) {
        double bias = 0, want[F] = {0};
        for (int64_t r = 0; r < c->rows; r++)
            for (int64_t s = 0; s < c->length; s++) {
                bias += dc2(c, r, g, s);
                for (int f = 0; f < F; f++)
                    want[f] += dc2(c, r, g, s) * z1(c, r, f, s);
            }
        pair_compare((double)m.dbias2[g], bias);
        for (int f = 0; f < F; f++)
            pair_compare((double)m.dw2[g * F + f], want[f]);
    }
    for (int f = 0; f < F; f++) {
        double want[X] = {0};
        for (int64_t r = 0; r < c->rows; r++)
            for (int64_t s = 0; s < c->length; s++) {
                double d = 0;
                for (int g = 0; g < G; g++)
                    d += (double)in.w2[g * F + f] * dc2(c, r, g, s);
                d *= keep(c, c->mask1, c->words1, r, f * c->length + s);
                for (int j = 0; j < X; j++)
                    want[j] += d * pair_window(c, r, s, j);
            }
        for (int j = 0; j < X; j++)
            pair_compare(m.cross[f][j], want[j]);
    }
    pair_close_to(1e-4);
}

/* With every instruction set that this CPU has. */
static void check(int64_t rows, int64_t length, bool dropout)
{
    dn_pair_convs c = make(rows, length, dropout);
    const dn_pair_passes *use;

    check_windows(&c);
    for (int i = 0; (use = dn_pair_passes_at(i)) != NULL; i++) {
        check_forward(use, &c);
        check_narrow_back(use, &c);
        check_mix_back(use, &c);
    }
}

static void plain_loops(void)
{
    static const int64_t length[] = {1, 3, 4, 5, 8, 15, 16, 17, 31, 32, 33, 64, 127, 128, 129, 160, LENGTH};

    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        check(1 + (int64_t)(i % 4), length[i], true);
        check(i % 3 == 0 ? ROWS : 8, length[i], i % 2 == 0);
    }
    check(1, LENGTH, true);
    check(ROWS, LENGTH, true);
}

/* A row has the same bits alone, in a group of eight, and behind one. */
static void company_of(const dn_pair_passes *use)
{
    static float y[ROWS * O];
    double sum[G], square[G];
    dn_pair_convs c = make(ROWS, LENGTH, true);

    use->mix(&c, in.u, in.w2, in.bias2, m.c2, sum, square);
    use->narrow(&c, m.c2, in.slope, in.shift, in.w3, m.y);
    memcpy(y, m.y, sizeof y);
    for (int64_t r = 0; r < ROWS; r++) {
        dn_pair_convs one = c;
        one.rows = 1;
        one.a += r * (PITCH + DN_PAIR_ROOM);
        one.b += r * (PITCH + DN_PAIR_ROOM);
        one.mask1 += r * c.words1;
        one.mask2 += r * c.words2;
        use->mix(&one, in.u, in.w2, in.bias2, m.c2, sum, square);
        use->narrow(&one, m.c2, in.slope, in.shift, in.w3, m.y);
        CU_ASSERT_EQUAL(memcmp(m.y, y + r * O, O * sizeof(float)), 0);
    }
}

static void company(void)
{
    const dn_pair_passes *use;

    for (int i = 0; (use = dn_pair_passes_at(i)) != NULL; i++)
        company_of(use);
}

static const char *const sets[] = {"AVX-512", "AVX2", "any"};

/* What the public names run is the first of the list; every set of it is named once, the portable one last.
 */
static void choice(void)
{
    int n = 0;
    const dn_pair_passes *use, *last = NULL;
    double sum[G], square[G];
    dn_pair_convs c = make(ROWS, LENGTH, true);
    static float c2_first[(ROWS + 1) * G * PITCH];

    for (; (use = dn_pair_passes_at(n)) != NULL; n++) {
        bool named = false;
        for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
            named = named || strcmp(sets[i], use->isa) == 0;
        CU_ASSERT(named && use != last);
        last = use;
    }
    CU_ASSERT(n >= 1 && last == dn_pair_passes_any());
    dn_pair_passes_at(0)->mix(&c, in.u, in.w2, in.bias2, c2_first, sum, square);
    dn_pair_mix(&c, in.u, in.w2, in.bias2, m.c2, sum, square);
    CU_ASSERT_EQUAL(memcmp(c2_first, m.c2, sizeof m.c2), 0);
    printf("    instruction sets: %d, the first is %s\n", n, dn_pair_passes_at(0)->isa);
}

/* A NaN in a profile reaches y of its row and no other; where the dropout takes it away it does not. */
static void not_a_number(void)
{
    const dn_pair_passes *use;

    for (int i = 0; (use = dn_pair_passes_at(i)) != NULL; i++) {
        double sum[G], square[G], sum_c[G];
        dn_pair_convs c = make(9, 40, false);

        in.a[3 * (64 + DN_PAIR_ROOM) + 20] = NAN;
        use->mix(&c, in.u, in.w2, in.bias2, m.c2, sum, square);
        CU_ASSERT(isnan(sum[0]) && isnan(square[G - 1]));
        use->narrow(&c, m.c2, in.slope, in.shift, in.w3, m.y);
        for (int64_t r = 0; r < 9; r++)
            for (int o = 0; o < O; o++)
                CU_ASSERT_EQUAL(isnan(m.y[r * O + o]) != 0, r == 3);
        use->narrow_back(&c, m.c2, in.slope, in.shift, in.mean, in.w3, in.dy, m.dw3, m.d2, sum, sum_c);
        CU_ASSERT(isnan(m.dw3[20 * O]) && !isnan(m.dw3[22 * O]) && isnan(sum_c[0]));
        use->mix_back(&c, in.u, in.w2, m.c2, m.d2, in.p, in.q, in.r, m.dw2, m.dbias2, m.cross);
        CU_ASSERT(isnan(m.dw2[0]) && isnan(m.cross[0][0]));
        c.mask1 = in.mask1; /* nothing is kept */
        c.words1 = dn_dropout_words(F * 40);
        use->mix(&c, in.u, in.w2, in.bias2, m.c2, sum, square);
        use->narrow(&c, m.c2, in.slope, in.shift, in.w3, m.y);
        CU_ASSERT(sum[0] == 0 && !isnan(m.y[3 * O]));
    }
}

static const dn_test tests[] = {{"every pass is that of plain loops", plain_loops},
                                {"company", company},
                                {"choice", choice},
                                {"NaN", not_a_number},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "pair_convs", tests);
}
