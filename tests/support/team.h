/* team.h - a team over the ranks of a test, without shared memory: every rank holds whole vectors
 *
 * Rows are cut so that with several ranks some rank may own none, which happens on small graphs.
 */
#ifndef DN_TEST_SUPPORT_TEAM_H
#define DN_TEST_SUPPORT_TEAM_H

#include "solvers/network/team.h"

/* A team over test_comm for g; the same g on every rank. Collective. */
dn_status test_team_open(const dn_graph *g, dn_team *out, dn_error *err);
void test_team_close(dn_team *t);

/* A number in [0, 1) for place i of stream s: the same everywhere. */
double test_uniform(uint64_t s, uint64_t i);

/* Edges of a random simple graph in which about every tenth node has none; a square law of degrees. sides 2:
 * only between the first third and the rest, which side [n] says. *out_count <= 4 n. Caller frees with
 * dn_free. */
dn_edge *test_random_edges(int64_t n, int sides, uint64_t seed, uint8_t *side, int64_t *out_count);

#endif
