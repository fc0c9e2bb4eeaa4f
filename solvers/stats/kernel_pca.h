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
 * component may be a mixture of neighbours, which is as good an input of a network. The sign is such that the
 * first of the largest entries of q_c is positive.
 *
 * Components beyond the rank of K' are 0, which is m - 1 at most: those of a single thing and of things that
 * are all alike are 0: what is below 1e-7 of the trace of K is rounding. So are directions in which a
 * likeness that is no kernel is negative. Things with the
 * same likenesses, fitted or not, get the same bits. Reference: KernelPCA(kernel="precomputed") of
 * scikit-learn, divided by s, with another rule of signs. All functions are local.
 */
#ifndef DN_STATS_KERNEL_PCA_H
#define DN_STATS_KERNEL_PCA_H

#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_kernel_pca {
    int64_t fitted, components; /* m, and how many were asked for */
    int64_t *which;             /* [m]  of the n things */
    double *mean;               /* [m]  of the likenesses of a fitted thing */
    double *weight;             /* [m, components]  q_c(i) / sqrt(q_c' K' q_c) / s */
} dn_kernel_pca;

/*   like    [n, n]  symmetric
 *   fitted  [m]     which of the n, each once; m >= 0
 * The same bits on the same CPU. Time O(40 m^2 components), components >= 1. Memory: 8 m (components + 2)
 * bytes in out, while fitting 16 m components more. Fails: DN_ENOMEM; out then owns nothing */
DN_MUST_CHECK dn_status dn_kernel_pca_fit(const float *like, int64_t n, const int64_t *fitted, int64_t m,
                                          int64_t components, dn_kernel_pca *out, dn_error *err);
void dn_kernel_pca_destroy(dn_kernel_pca *pca);

/* Coordinates of a thing, out [components]; all 0 when nothing was fitted.
 *   like [n]  its likeness to each of the n, of which those of the fitted are read
 * Time O(m components). */
void dn_kernel_pca_place(const dn_kernel_pca *pca, const float *like, float *out);

#endif
