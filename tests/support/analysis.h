/* analysis.h - a made-up analysis of a small network, with all that a writer can meet
 *
 * Nothing in it is computed but the description: the values show whether they come out where they belong.
 */
#ifndef DN_TEST_SUPPORT_ANALYSIS_H
#define DN_TEST_SUPPORT_ANALYSIS_H

#include "mpi/graph/analysis.h"

typedef struct test_analysis {
    dn_network network; /* ids on rank 0 only */
    dn_analysis analysis;
} test_analysis;

typedef enum test_analysis_kind {
    TEST_ODD,      /* 5 drugs and 5 genes with weights and ids of every kind; 3 measures, 2 spectra */
    TEST_NUMBERED, /* a path of 7 nodes under their numbers; one side, no weights, one measure */
    TEST_EMPTY,    /* no node, a measure without values */
    TEST_BARE      /* two isolated nodes; nothing was computed */
} test_analysis_kind;

/* The ids of TEST_ODD and how long they are: a tab, line ends, Latin-1, quotes and mark-up, none, a zero
 * byte, two that look alike, a long one. */
enum { TEST_ODD_NODES = 10 };
const char *test_odd_id(int outside, size_t *out_len);

/* Every rank gets the same, except for ids. Fails: DN_ENOMEM. Local. */
dn_status test_analysis_make(test_analysis_kind kind, int rank, test_analysis *out, dn_error *err);
void test_analysis_free(test_analysis *t);

#endif
