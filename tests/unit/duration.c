/* duration.c - tests of solvers/base/duration.h: what is a length of time, and what is not */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/duration.h"

typedef struct known {
    const char *text;
    double seconds;
} known;

/* The forms of sbatch(1), --time, and those with units. */
static void forms_have_their_meaning(void)
{
    static const known list[] = {{"90s", 90},      {"10m", 600},        {"1h30m", 5400},
                                 {"2d", 172800},   {"1d2h3m4s", 93784}, {"1h5s", 3605},
                                 {"1.5h", 5400},   {"0.25s", 0.25},     {"0", 0},
                                 {"0s", 0},        {"90", 5400},        {"10:30", 630},
                                 {"90:05", 5405},  {"1:30:00", 5400},   {"100:00:00", 360000},
                                 {"1-12", 129600}, {"1-12:30", 131400}, {"1-12:30:15", 131415},
                                 {"0-00:00:01", 1}};

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        double v = -1;
        CU_ASSERT(dn_parse_duration(list[i].text, &v));
        CU_ASSERT_DOUBLE_EQUAL(v, list[i].seconds, 1e-9);
        if (fabs(v - list[i].seconds) > 1e-9)
            fprintf(stderr, "'%s': %g, wanted %g\n", list[i].text, v, list[i].seconds);
    }
}

static void other_texts_are_refused(void)
{
    static const char *const list[] = {"",
                                       " ",
                                       "m",
                                       "10 m",
                                       "-5",
                                       "-5m",
                                       "+5m",
                                       "10M",
                                       "1e3s",
                                       "nan",
                                       "infs",
                                       "5m1h",
                                       "5m5m",
                                       "10mm",
                                       "1h30",
                                       "1:60",
                                       "1:30:60",
                                       "1:2:3:4",
                                       "1-",
                                       "-1",
                                       "1-2-3",
                                       "1:",
                                       ":30",
                                       "1..5h",
                                       ".h",
                                       "4steps",
                                       "1-12h",
                                       "1-12:60",
                                       "36525d1s",
                                       "9999999999999",
                                       "99999999999:00:00",
                                       "0x10m",
                                       "10m\n"};

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        double v = -7;
        bool is = dn_parse_duration(list[i], &v);
        CU_ASSERT(!is && v == -7);
        if (is)
            fprintf(stderr, "'%s' was taken for %g s\n", list[i], v);
    }
}

static const dn_test tests[] = {{"forms have their meaning", forms_have_their_meaning},
                                {"other texts are refused", other_texts_are_refused},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "duration", tests);
}
