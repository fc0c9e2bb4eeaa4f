/* decimal.c - tests of solvers/base/decimal.h: the bits of strtod, whatever is written */
#include "tests/support/test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/bytes.h"
#include "solvers/base/decimal.h"
#include "solvers/base/text.h"

static uint64_t state = 88172645463325252u;

static uint64_t draw(void) /* xorshift64 (Marsaglia 2003) */
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t bits(double v)
{
    uint64_t b;

    memcpy(&b, &v, sizeof b);
    return b;
}

/* What is read must be what strtod reads, to the bit and to the byte. *taken counts what was not refused. */
static bool agrees(const char *text, size_t len, long *taken)
{
    char c[80], *stop;
    double mine = -1, want;
    const char *end = dn_scan_decimal(text, text + len, &mine);

    memcpy(c, text, len);
    c[len] = '\0';
    want = strtod(c, &stop);
    if (end == NULL)
        return true;
    ++*taken;
    if (end - text == stop - c && bits(mine) == bits(want))
        return true;
    fprintf(stderr, "'%s': %a and %td bytes, strtod %a and %td\n", c, mine, end - text, want, stop - c);
    return false;
}

/* Random digits with a point at any place and, half the time, an exponent; followed by what may follow. */
static size_t number(char *out)
{
    static const char behind[] = "\t, x.e-";
    size_t n = 0;
    int digits = 1 + (int)(draw() % 21), point = (int)(draw() % 24);

    if (draw() % 3 == 0)
        out[n++] = "-+"[draw() % 2];
    for (int i = 0; i < digits; i++) {
        if (i == point)
            out[n++] = '.';
        out[n++] = (char)('0' + (draw() % 4 == 0 ? 0 : draw() % 10));
    }
    if (draw() % 2)
        n += (size_t)sprintf(out + n, "%c%d", "eE"[draw() % 2], (int)(draw() % 60) - 30);
    if (draw() % 2)
        out[n++] = behind[draw() % (sizeof behind - 1)];
    return n;
}

static void random_digits(void)
{
    char text[80];
    long taken = 0, wrong = 0;
    enum { N = 1000000 };

    for (long i = 0; i < N && wrong < 5; i++)
        wrong += !agrees(text, number(text), &taken);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(taken > N / 2); /* it must not pass by refusing */
}

/* Shortest to longest ways to write random doubles, also those just between two. */
static void doubles(void)
{
    char text[80];
    long taken = 0, wrong = 0;

    for (long i = 0; i < 300000 && wrong < 5; i++) {
        double v = ldexp((double)(draw() >> 11), (int)(draw() % 100) - 90);
        int len = snprintf(text, sizeof text, "%.*g", 1 + (int)(draw() % 19), v);
        wrong += !agrees(text, (size_t)len, &taken);
        len = snprintf(text, sizeof text, "%.7f", fmod(v, 1e6));
        wrong += !agrees(text, (size_t)len, &taken);
    }
    for (uint64_t i = 0; i < 300000 && wrong < 5; i++) { /* 2^53 + odd: ties of whole numbers */
        int len =
            snprintf(text, sizeof text, "%llu", (unsigned long long)((UINT64_C(1) << 53) + draw() % 4096));
        wrong += !agrees(text, (size_t)len, &taken);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(taken > 600000);
}

static void odd_ones(void)
{
    static const char *const taken_ones[] = {"0",
                                             "-0",
                                             "0.0",
                                             ".5",
                                             "5.",
                                             "0000000000000000012",
                                             "0.000000000000000001",
                                             "9999999999999999999",
                                             "9007199254740993",
                                             "9007199254740993e-22",
                                             "1e-27",
                                             "1234567890123456789e-27",
                                             "1e22",
                                             "1e27",
                                             "9007199254740993e22",
                                             "12345678.12345678",
                                             "+7",
                                             "0e5",
                                             "-0.000"};
    static const char *const left[] = {"",
                                       "-",
                                       ".",
                                       "e5",
                                       "+.",
                                       "nan",
                                       "inf",
                                       "1e",
                                       "1e+",
                                       "1e28",
                                       "1e-28",
                                       "1e99999",
                                       "12345678901234567890",
                                       "00000000000000000012",
                                       "0.0000000000000000001",
                                       "0.12345678901234567891",
                                       " 1",
                                       "x",
                                       "--1"};
    long taken = 0;
    double v = 42;

    for (size_t i = 0; i < sizeof taken_ones / sizeof *taken_ones; i++) {
        CU_ASSERT(agrees(taken_ones[i], strlen(taken_ones[i]), &taken));
        CU_ASSERT_EQUAL(taken, (long)i + 1);
    }
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        CU_ASSERT_PTR_NULL(dn_scan_decimal(left[i], left[i] + strlen(left[i]), &v));
    CU_ASSERT_EQUAL(v, 42);
}

/* Nothing behind the end is read or counts: the number ends where it is said to end. */
static void ends_where_it_ends(void)
{
    static const char text[] = "1234567890.5e12";
    double v;

    for (size_t len = 1; len < sizeof text; len++) {
        long taken = 0;
        char *alone = malloc(len); /* a byte too far is seen by the sanitizer */
        memcpy(alone, text, len);
        CU_ASSERT(agrees(alone, len, &taken));
        free(alone);
    }
    CU_ASSERT(dn_parse_double("1e400", 5, &v) && isinf(v)); /* strtod decides where the quick way does not */
    CU_ASSERT(dn_parse_double("0.1234567890123456789012", 24, &v) && v == 0.1234567890123456789012);
    CU_ASSERT(!dn_parse_double("1.5x", 4, &v) && !dn_parse_double("1e", 2, &v) &&
              !dn_parse_double("0x10", 4, &v));
}

/* A line of cells beside strtod, cell by cell. Odd cells must stop it where they stand. */
static void cells(void)
{
    enum { CELLS = 40 };
    static const char *const odd[] = {"",  " 1.5", "NA",        "1.5 ",      "1..5", "1.2.3", "-",
                                      ".", "1e39", "12a4.5678", "1.23x5678", "/1.0", "1:.0"};
    long wrong = 0, stops = 0;

    for (int turn = 0; turn < 40000 && wrong < 5; turn++) {
        char line[CELLS * 32], sep = "\t,;"[draw() % 3];
        float x[CELLS], want[CELLS];
        const char *at = line, *from[CELLS + 1];
        size_t len = 0;
        int64_t n, stop = CELLS;

        for (int64_t i = 0; i < CELLS; i++) {
            size_t k;
            from[i] = line + len;
            if (draw() % 200 == 0) {
                k = (size_t)sprintf(line + len, "%s", odd[draw() % (sizeof odd / sizeof *odd)]);
                stop = stop == CELLS ? i : stop;
            } else {
                k = (size_t)sprintf(line + len, "%.*f", (int)(draw() % 10),
                                    ldexp((double)(int64_t)draw(), -35 - (int)(draw() % 25)));
            }
            want[i] = (float)strtod(line + len, NULL);
            len += k;
            line[len++] = sep;
        }
        len--; /* no separator behind the last */
        from[CELLS] = line + len + 1;
        n = dn_scan_floats(&at, line + len, sep, CELLS, x);
        stops += stop < CELLS;
        if (n != stop || at != from[n]) {
            fprintf(stderr, "%.*s: %lld cells, wanted %lld\n", (int)len, line, (long long)n, (long long)stop);
            wrong++;
        }
        for (int64_t i = 0; i < n; i++)
            wrong += memcmp(&x[i], &want[i], sizeof x[i]) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(stops > 1000);
}

static void counts_bytes(void)
{
    static char text[70000];
    int64_t want = 0;

    memset(text, '\t', 20000); /* more than a byte can count */
    for (size_t i = 20000; i < sizeof text; i++)
        text[i] = (char)draw();
    for (size_t len = 0; len <= sizeof text; len++) {
        if (len < 300 || len % 997 == 0)
            CU_ASSERT_EQUAL(dn_bytes_count(text, len, '\t'), want);
        want += len < sizeof text && text[len] == '\t';
    }
}

static const dn_test tests[] = {{"random digits as strtod reads them", random_digits},
                                {"doubles written in many ways", doubles},
                                {"odd ones are taken or left", odd_ones},
                                {"a number ends where it ends", ends_where_it_ends},
                                {"a line of cells", cells},
                                {"bytes are counted", counts_bytes},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "decimal", tests);
}
