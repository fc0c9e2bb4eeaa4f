/* kernel_pca.h - principal components of things that are known by their likeness
 *
 * Schoelkopf, Smola & Mueller, Neural Comput. 10, 1299 (1998). K [m, m] is the likeness of the m things that
 * are fitted, a kernel; K' the same centred; q_1, q_2, ... span its leading eigenvectors. Coordinate c of any
 * thing x, fitted or not, is
 *
 *     sum over fitted i of q_c(i) (k(x, i) - mean over fitted j of k(i, j)) / sqrt(q_c' K' q_c) / s,
 *
 * s such that the mean square over the fitted things and all components is 1. The span is found by orthogonal
 * iteration from a fixed start, 40 times: near the end of the spectrum, where eigenvalues lie close, a
 * component may be a mixture of neighbours, which is as good an input of a network. Components beyond the
 * rank of K' are 0. All functions are local.
 */
#ifndef DN_STATS_KERNEL_PCA_H
#define DN_STATS_KERNEL_PCA_H

#include <stdint.h>
#include "solvers/base/error.h"

/* Coordinates of all n things, out [n, components].
 *   like    [n, n]  symmetric
 *   fitted  [m]     which of the n, each once; m == 0: all 0
 * The same bits on the same CPU. Time O(40 m^2 components + n m components). Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_kernel_pca(const float *like, int64_t n, const int64_t *fitted, int64_t m,
                                      int64_t components, float *out, dn_error *err);

#endif
