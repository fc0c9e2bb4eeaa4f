/* matching.h - pairs of neighbours: a largest matching of a graph
 *
 * Edmonds' algorithm with blossoms (Canad. J. Math. 17, 449 (1965)). Local.
 */
#ifndef DN_CHEM_MATCHING_H
#define DN_CHEM_MATCHING_H

#include <stdint.h>
#include "solvers/base/error.h"

/* n nodes, m edges end [2 m] in [0, n), no self loops.
 *
 *   out_mate   [n]  the node it is paired with, -1 where it stays alone
 *
 * Which of several largest matchings is found depends on the order of the edges only.
 * Time O(n) for a graph that pairs up greedily, O(n m) for each node that does not. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_matching_find(int64_t n, int64_t m, const int32_t *end, int32_t *out_mate,
                                         dn_error *err);

#endif
