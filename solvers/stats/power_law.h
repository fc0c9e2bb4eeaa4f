/* power_law.h - the tail of a distribution of counts as a power law; the door to GSL's Hurwitz zeta
 *
 *     P(k) = k^-alpha / zeta(alpha, k_min)   for k >= k_min
 *
 * Source: Clauset, Shalizi and Newman, SIAM Rev. 51 (2009), doi:10.1137/070710111: alpha by maximum
 * likelihood, k_min with the smallest Kolmogorov-Smirnov distance. The distance is the largest difference of
 * P(K < k) between law and data over the values k of the data, as plfit and igraph.power_law_fit take it;
 * unlike igraph, few values (below 50) get no finite-size correction.
 */
#ifndef DN_STATS_POWER_LAW_H
#define DN_STATS_POWER_LAW_H

#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_power_law {
    int64_t k_min; /* 0: no fit: every tail has fewer than 10 values or fewer than 3 different ones */
    double alpha, ks;
    int64_t tail; /* values >= k_min */
    double log_likelihood;
} dn_power_law;

/* Fit.
 *
 *   n      different values
 *   value  [n]  strictly rising, value[0] >= 1
 *   count  [n]  how often each occurs, >= 1
 *
 * alpha is searched in (1, 64); an estimate at the upper end says that nothing lies above k_min but a few
 * values close to it. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_power_law_fit(int64_t n, const int64_t *value, const int64_t *count,
                                         dn_power_law *out, dn_error *err);

#endif
