/* cases.h - graphs with golden numbers, as tests/golden/make_spectra.py writes them */
#ifndef DN_TEST_SUPPORT_CASES_H
#define DN_TEST_SUPPORT_CASES_H

#include <stdbool.h>
#include <stdio.h>
#include "solvers/network/graph.h"

enum { TEST_NUMBERS = 64 };

/* `name count values...`; of vectors the name is "svd_vector 0". Values of nodes stand in outside order. */
typedef struct test_numbers {
    char name[40];
    int64_t count;
    double *v; /* [count] */
} test_numbers;

typedef struct test_case {
    char name[40];
    dn_graph graph;
    int n_numbers;
    test_numbers numbers[TEST_NUMBERS];
} test_case;

/* The next case of the file; false at its end. Every failure aborts the run. Local. */
bool test_case_next(FILE *f, test_case *out);
void test_case_close(test_case *c);

/* Numbers by name, or NULL. */
const test_numbers *test_case_find(const test_case *c, const char *name);

/* The largest |value - want| / (1 + |want|) over the nodes; value in inside order. */
double test_case_distance(const test_case *c, const test_numbers *want, const double *value);

#endif
