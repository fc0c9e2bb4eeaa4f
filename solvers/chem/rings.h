/* rings.h - which bonds of a graph lie in a ring, and how many rings hang together
 *
 * A bond lies in a ring when it is no bridge (Tarjan, Inf. Process. Lett. 2, 160 (1974)). Parallel bonds are
 * a ring. Iterative: the depth of a molecule cannot exhaust the stack.
 */
#ifndef DN_CHEM_RINGS_H
#define DN_CHEM_RINGS_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/base/error.h"

/* n atoms, bonds end [2 m] (bond e joins end[2 e] and end[2 e + 1], which differ), all in [0, n).
 *
 *   out_ring   [m]  whether bond e lies in a ring
 *   out_fused       independent rings of the largest set of rings that hang together by bonds or atoms
 *
 * Local. Time O(n + m). Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_rings_mark(int64_t n, int64_t m, const int32_t *end, bool *out_ring,
                                      int64_t *out_fused, dn_error *err);

#endif
