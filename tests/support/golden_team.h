/* golden_team.h - every graph of a file of golden numbers, with a team over the ranks of the test */
#ifndef DN_TEST_SUPPORT_GOLDEN_TEAM_H
#define DN_TEST_SUPPORT_GOLDEN_TEAM_H

#include "tests/support/golden.h"
#include "tests/support/team.h"

/* Call check for each graph of tests/golden/FILE; asserts that there are so many, and that nothing is left.
 * Collective over all ranks. */
void golden_each(const char *file, int graphs, void (*check)(const golden *x, const dn_team *t));

#endif
