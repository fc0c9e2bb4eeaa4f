/* golden_numbers.h - numbers behind a word, from files of tests/golden. Local. */
#ifndef DN_TEST_SUPPORT_GOLDEN_NUMBERS_H
#define DN_TEST_SUPPORT_GOLDEN_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The line "name n v1 .. vn" of a file of tests/golden into out [n]; fails the test where it is not there. */
void golden_numbers(const char *file, const char *name, double *out, int n);

/* A file of tests/golden behind its first line, which says who made it; NULL, and a failed assertion, where
 * it is not there. */
FILE *golden_open(const char *file);

/* What comes next, "word v1 .. vn", into out [n]; a number may be "nan". False: something else comes. */
bool golden_row(FILE *f, const char *word, int64_t n, double *out);

#endif
