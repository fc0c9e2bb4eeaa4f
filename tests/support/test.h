/* test.h - CUnit on every rank: any rank may fail, nobody hangs
 *
 *     static void adds_up(void) { CU_ASSERT_EQUAL(1 + 1, 2); }
 *     static const dn_test tests[] = {{"adds up", adds_up}, {NULL, NULL}};
 *     int main(int argc, char **argv) { return test_main(argc, argv, "sums", tests); }
 *
 * test_main() joins MPI, runs every test on all ranks, prints TAP on rank 0 and failures of any rank on
 * stderr, shares the verdict and kills a test that hangs after 240 s (DN_TEST_SECONDS changes it). No
 * CU_..._FATAL: a rank that leaves a test early strands the others.
 */
#ifndef DN_TEST_SUPPORT_H
#define DN_TEST_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <CUnit/CUnit.h>
#include "mpi/core/world.h"

typedef struct dn_test {
    const char *name;
    void (*run)(void);
} dn_test;

extern dn_comm test_comm;

int test_main(int argc, char **argv, const char *suite, const dn_test *tests);

/* Whether v is the same on every rank. Collective. */
bool test_same(int v);

/* The first n ranks by themselves, for what is begun on so many and ended on others; rank is -1 on the rest.
 * test_leave() waits for all. Collective over all ranks. */
dn_comm test_first_ranks(int n);
void test_leave(dn_comm *comm);

/* For tests that refuse allocation k on one rank and want to stay short:
 *     for (int r = 0; r < test_comm.size; r = test_next_victim(r))
 *         for (long k = 0; st != DN_OK && k < limit; k = test_next_refused(k))
 * Victims are rank 0 and one other: the last of two and of four, the middle one of three. One rank alone is
 * refused every k; several ranks the first ones and then every eighth part of k. Local. */
int test_next_victim(int rank);
long test_next_refused(long k);

/* FNV-1a, 64 bits, of more bytes; h of the bytes before, at first TEST_FNV. Local. */
#define TEST_FNV 0xcbf29ce484222325u
uint64_t test_fnv(uint64_t h, const void *bytes, size_t n);

/* Whether the text of err holds these words; where it does not, it is printed. Local. */
bool test_says(const dn_error *err, const char *words);

/* Mark the running test as skipped, with the reason (printed and counted). */
void test_skip(const char *reason);

/* A directory for the files of this program, the same on every rank, removed at the end. */
const char *test_dir(void);

/* "<test_dir>/name" in a static buffer (four in rotation). */
const char *test_path(const char *name);

/* Write bytes to test_path(name) on rank 0, then a barrier. Collective. Returns the path. */
const char *test_file(const char *name, const void *bytes, size_t len);

#endif
