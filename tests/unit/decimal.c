/* decimal.c - tests of solvers/base/decimal.h: the bits of strtod, whatever is written */
#include "tests/support/test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/bytes.h"
#include "solvers/base/cells.h"
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

/* Whether the whole text is the number that strtod makes of it; it may be long. */
static bool whole(const char *text)
{
    size_t len = strlen(text);
    char *alone = malloc(len), *stop; /* no NUL behind it: the sanitizer sees a byte too far */
    double want = strtod(text, &stop), mine = -1;
    bool same;

    memcpy(alone, text, len);
    same = dn_parse_double(alone, len, &mine) && *stop == '\0' && bits(mine) == bits(want);
    if (!same)
        fprintf(stderr, "%zu bytes, '%.100s': %a, strtod %a\n", len, text, mine, want);
    free(alone);
    return same;
}

/* Up to 3000 digits in front of the point and behind it, in runs of zeros and of any; an exponent. */
static void long_number(char *out)
{
    int64_t digits = 50 + (int64_t)(draw() % 3000), point = (int64_t)(draw() % 3100), run = 0;
    bool zeros = draw() % 2;

    if (draw() % 2)
        *out++ = "-+"[draw() % 2];
    for (int64_t i = 0; i < digits; i++) {
        if (i == point)
            *out++ = '.';
        if (run-- == 0) {
            run = (int64_t)(draw() % 1000);
            zeros = !zeros;
        }
        *out++ = (char)('0' + (zeros ? 0 : draw() % 10));
    }
    *out = '\0';
    if (draw() % 2)
        sprintf(out, "%c%d", "eE"[draw() % 2], (int)(draw() % 6000) - 3000);
}

static void long_numbers(void)
{
    static const char *const bad[] = {"", ".", "-", "e5", "x", "1e", "1e+", "1.5x", "1..5", "1.2.3", "1 "};
    char text[8192];
    long wrong = 0;
    double v = 42;

    CU_ASSERT(
        dn_parse_double("0.1234567890123456789012345678901234567890123456789012345678901234567890", 72, &v) &&
        v == 0.12345678901234568);
    for (int i = 0; i < 20000 && wrong < 5; i++) {
        long_number(text);
        wrong += !whole(text);
    }
    for (int i = 0; i < 20000 && wrong < 5; i++) { /* around the length that is copied as it stands */
        sprintf(text, "%.*f", 50 + (int)(draw() % 30), ldexp((double)(draw() >> 11), -60));
        wrong += !whole(text);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(text, '0', 100);
        strcpy(text + 100, bad[i]);
        v = 42;
        CU_ASSERT_EQUAL(dn_parse_double(text, strlen(text), &v),
                        bad[i][0] == '\0' || strcmp(bad[i], ".") == 0 || strcmp(bad[i], "e5") == 0);
        CU_ASSERT(v == 42 || v == 0);
        memset(text, ' ', 100);
        CU_ASSERT(!dn_parse_double(text, strlen(text), &v));
    }
    memset(text, 'n', 100);
    CU_ASSERT(!dn_parse_double(text, 100, &v));
}

/* The middle between the two doubles that need most digits, alone, with zeros and with a 1 far behind them.
 */
static void middles(void)
{
    enum { PLACES = 1075, BEHIND = 5000 };
    static char text[PLACES + BEHIND + 16];
    const double step = ldexp(1, -1074), at[2] = {0x1p-1022 - 2 * step, 0x1p-1022 - step};
    int carry = 0, len = sprintf(text, "%.*f", PLACES, at[0] + at[1]); /* exact, and half of it is not */
    double v = 0;

    for (int i = 0; i < len; i++) /* the sum in halves */
        if (text[i] != '.') {
            int digit = 10 * carry + text[i] - '0';
            text[i] = (char)('0' + digit / 2);
            carry = digit % 2;
        }
    CU_ASSERT_EQUAL(carry, 0);
    CU_ASSERT(dn_parse_double(text, (size_t)len, &v) && v == at[0]); /* to even */
    CU_ASSERT(whole(text));
    memset(text + len, '0', BEHIND);
    CU_ASSERT(dn_parse_double(text, (size_t)len + BEHIND, &v) && v == at[0]);
    text[len + BEHIND] = '1';
    CU_ASSERT(dn_parse_double(text, (size_t)len + BEHIND + 1, &v) && v == at[1]);
    CU_ASSERT(whole(text));
    text[len - 1]--;
    CU_ASSERT(dn_parse_double(text, (size_t)len + BEHIND + 1, &v) && v == at[0]);
    memset(text, '9', BEHIND);
    CU_ASSERT(dn_parse_double(text, BEHIND, &v) && isinf(v));
    strcpy(text + BEHIND, "e-5000");
    CU_ASSERT(dn_parse_double(text, BEHIND + 6, &v) && v == 1);
    memset(text, '0', BEHIND);
    text[1] = '.';
    strcpy(text + BEHIND, "1e4999"); /* far behind the point, and back */
    CU_ASSERT(dn_parse_double(text, BEHIND + 6, &v) && v == 1);
    strcpy(text + BEHIND, "1e-99999999999999999999999999");
    CU_ASSERT(dn_parse_double(text, strlen(text), &v) && v == 0 && !signbit(v));
    text[0] = '-';
    CU_ASSERT(dn_parse_double(text, strlen(text), &v) && v == 0 && signbit(v));
    strcpy(text + BEHIND, "1e+99999999999999999999999999");
    CU_ASSERT(dn_parse_double(text, strlen(text), &v) && isinf(v) && v < 0);
}

/* A line of cells, and what they are one by one. */
typedef struct row {
    char text[8192];
    size_t len;
    char separator;
    int64_t cells, stop; /* stop: the first cell that is odd, or cells */
    const char *from[257];
    float want[256];
} row;

/* [-]digits[.digits] of up to 19 digits; tables have few digits, so half of the lines do. */
static size_t plain_number(char *out, bool table)
{
    char *at = out;

    if (draw() % 3 == 0)
        *at++ = '-';
    if (table)
        return (size_t)(at - out +
                        sprintf(at, "%.*f", (int)(draw() % 3) * 3 + 1, (double)(draw() % 20000000) / 1e6));
    for (int i = (int)(draw() % 10); i >= 0; i--)
        *at++ = (char)('0' + (draw() % 4 == 0 ? 0 : draw() % 10));
    if (draw() % 8 != 0)
        *at++ = '.';
    for (int i = (int)(draw() % 10) * (at[-1] == '.'); i > 0; i--)
        *at++ = (char)('0' + (draw() % 4 == 0 ? 0 : draw() % 10));
    return (size_t)(at - out);
}

static void new_row(row *r)
{
    static const char *const odd[] = {"",     " 1.5", "NA",  "1.5 ", "1..5", "1.2.3",     "-",
                                      "--1",  "1-2",  "+-1", ".",    "1e39", "12a4.5678", "1.23x5678",
                                      "/1.0", "1:.0", "-.",  "-NA",  "1.-5", "0x1p3"};
    static const char *const rare[] = {"+1.5", ".5",  "-.5",    "5.",           "-0",
                                       "-0.0", "1e5", "2.5E-3", "00000000001.5"};
    bool table = draw() % 2;
    uint64_t often = draw() % 4 == 0 ? 10 : 400;

    *r = (row){.separator = "\t,; "[draw() % 3], .cells = 1 + (int64_t)(draw() % 256)};
    r->stop = r->cells;
    for (int64_t i = 0; i < r->cells; i++) {
        char *at = r->text + r->len;
        size_t n = 0;

        r->from[i] = at;
        if (draw() % often == 0) {
            n = (size_t)sprintf(at, "%s", odd[draw() % (sizeof odd / sizeof *odd)]);
            r->stop = r->stop == r->cells ? i : r->stop;
        } else if (draw() % often == 0) {
            n = (size_t)sprintf(at, "%s", rare[draw() % (sizeof rare / sizeof *rare)]);
        } else {
            n = plain_number(at, table);
        }
        r->want[i] = (float)strtod(at, NULL);
        r->len += n;
        r->text[r->len++] = r->separator;
        r->text[r->len] = '\0';
    }
    r->len--; /* no separator behind the last */
    r->from[r->cells] = r->text + r->len + 1;
}

/* Whether a way reads the line as it is, in a block of its own: the sanitizer sees a byte too far. */
static bool reads(int way, const row *r)
{
    char *alone = malloc(r->len + (r->len == 0));
    const char *at = alone;
    float x[256];
    int64_t n;
    bool good;

    memcpy(alone, r->text, r->len);
    n = dn_cells_read_by(way, &at, alone + r->len, r->separator, r->cells, x);
    good = n == r->stop && at - alone == r->from[n] - r->text;
    for (int64_t i = 0; i < n && good; i++)
        good = memcmp(&x[i], &r->want[i], sizeof x[i]) == 0;
    if (!good)
        fprintf(stderr, "way %d: %lld cells, wanted %lld of %.*s\n", way, (long long)n, (long long)r->stop,
                (int)r->len, r->text);
    free(alone);
    return good;
}

/* Lines of cells beside strtod, by every way that this CPU has. Odd cells must stop it where they stand. */
static void cells(void)
{
    static row r;
    long wrong = 0, stops = 0;

    for (int turn = 0; turn < 8000 && wrong < 5; turn++) {
        new_row(&r);
        for (int way = 0; way < dn_cells_ways(); way++)
            wrong += !reads(way, &r);
        stops += r.stop < r.cells;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(stops > 1000);
    CU_ASSERT(dn_cells_ways() >= 1);
}

/* With at most 8 digits behind the point, it is the float that strtof gives. */
static void floats(void)
{
    char text[32];
    long wrong = 0;

    for (int i = 0; i < 500000 && wrong < 5; i++) {
        size_t len = (size_t)sprintf(text, "%s%llu.%0*llu", draw() % 2 ? "-" : "",
                                     (unsigned long long)(draw() % (draw() % 2 ? 100 : 100000000)),
                                     (int)(1 + i % 8), (unsigned long long)(draw() % 10));
        const char *at = text;
        float x = 0, want = strtof(text, NULL);

        if (draw() % 4 != 0) /* halfway between two floats, or next to it */
            len = (size_t)sprintf(text, "%.8f",
                                  ldexp((double)(2 * (draw() % 8388608) + 16777217), -(int)(draw() % 9)) +
                                      (double)((int)(draw() % 3) - 1) * 1e-8),
            want = strtof(text, NULL);
        wrong += dn_cells_read(&at, text + len, '\t', 1, &x) != 1 || memcmp(&x, &want, sizeof x) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void surveys_bytes(void)
{
    static char text[70000];
    int64_t want = 0;
    bool quotes;

    memset(text, '\t', 20000); /* more than a byte can count */
    for (size_t i = 20000; i < sizeof text; i++)
        text[i] = (char)draw();
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = text[i] == '"' ? 'q' : text[i];
    for (size_t len = 0; len <= sizeof text; len++) {
        if (len < 300 || len % 997 == 0) {
            CU_ASSERT_EQUAL(dn_bytes_survey(text, len, '\t', '"', &quotes), want);
            CU_ASSERT(!quotes);
        }
        want += len < sizeof text && text[len] == '\t';
    }
    for (size_t first = 0; first < 300; first++) { /* one, anywhere in what is looked at or just behind */
        char kept = text[first];
        text[first] = '"';
        for (size_t len = first; len < first + 2; len++) {
            (void)dn_bytes_survey(text, len, '\t', '"', &quotes);
            CU_ASSERT_EQUAL(quotes, len > first);
        }
        (void)dn_bytes_survey(text, 300, '\t', '"', &quotes);
        CU_ASSERT(quotes);
        text[first] = kept;
    }
}

static const dn_test tests[] = {{"random digits as strtod reads them", random_digits},
                                {"doubles written in many ways", doubles},
                                {"odd ones are taken or left", odd_ones},
                                {"a number ends where it ends", ends_where_it_ends},
                                {"long numbers, to the bit", long_numbers},
                                {"middles between two doubles", middles},
                                {"a line of cells", cells},
                                {"floats as strtof reads them", floats},
                                {"bytes are counted and found", surveys_bytes},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "decimal", tests);
}
