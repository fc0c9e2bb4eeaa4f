/* golden.h - graphs and the numbers that belong to them, from a file of tests/golden
 *
 *     graph NAME nodes edges sides weighted
 *     side s0 s1 ...                           one for each node
 *     a b weight                               one line for each edge
 *     WORD count v0 v1 ...                     any number of such lines; nodes in outside order
 *     end
 * Lines before the first graph are comments.
 */
#ifndef DN_TEST_SUPPORT_GOLDEN_H
#define DN_TEST_SUPPORT_GOLDEN_H

#include <stdio.h>
#include "solvers/network/graph.h"

enum { GOLDEN_VALUES = 40 };

typedef struct golden {
    char name[64];
    dn_graph g;
    int weighted;
    int n_values;
    struct {
        char word[32];
        int64_t count;
        double *v; /* [count] */
    } value[GOLDEN_VALUES];
} golden;

/* The next graph of f, or false. Local; aborts the test program when the file is not as above. */
int golden_next(FILE *f, golden *out);
void golden_free(golden *x);

/* The values of a word, or NULL. */
const double *golden_find(const golden *x, const char *word);

/* How many values a word has; 0 where it does not stand. */
int64_t golden_count(const golden *x, const char *word);

/* The largest deviation of v [n] in inside order from the values of a word, which must be there. */
double golden_deviation(const golden *x, const char *word, const double *v);

/* The same, each deviation divided by 1 + |the value that is wanted|. */
double golden_distance(const golden *x, const char *word, const double *v);

#endif
