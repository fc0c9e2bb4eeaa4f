/* pooled.h - standard errors of sampled totals that do not trust one node's sample alone
 *
 * The few sources near a node may add more to its betweenness than all others together. A sample that missed
 * them has a small spread: the error of origins.h, taken from it, is then far too small, and nothing in the
 * sample of that node tells. Nodes alike have missed different sources. So the nodes of a component are put
 * into groups of about DN_POOL_NODES by a key that does not depend on the sample, the mean of the spread
 * (variance of the quantity over sources) in a group is taken, which is right on average, and the stated
 * variance is
 *
 *     spread_v                                  where spread_v >= mean,
 *     spread_v^(1/4) mean^(3/4)                 otherwise:
 *
 * the logarithm moves three quarters of the way to that of the group, as variances of many small samples are
 * moderated (Smyth, SAGMB 2004, doi:10.2202/1544-6115.1027), but only upwards. spread_v is at least 1 / S:
 * one source that was not seen and adds 1, one target in the case of betweenness.
 *
 * Measured for betweenness, with the key of cuts.h, over the nodes whose error is not 0: share that lies
 * within 2 errors of the exact value and share that lies beyond 5, worst of the seeds tried.
 *
 *     graph         sources  seeds  within 2  beyond 5      spread of the node alone, one sample
 *     ChG-Miner         300      5    96.1 %    0.54 %            63 %    20 %
 *     ChG-Miner        1000      5    96.3 %    0.60 %            77 %    13 %
 *     PP-Pathways      1000      5    96.5 %    0.56 %
 *     Krogan2006        300      4    95.0 %    0.66 %
 *     Krogan2006       1000      4    96.3 %    0.46 %
 *     ca-GrQc           300      4    94.9 %    0.74 %
 *     ca-GrQc          1000      4    94.0 %    0.99 %
 *
 * The price: against the standard error that knows the spread over all nodes, the stated one is 2.5 times as
 * large at the median over the nodes of ChG-Miner and 30 times or more for a tenth of them, those of small
 * betweenness in a group with larger ones. For the largest hundred it is about right.
 */
#ifndef DN_NETWORK_POOLED_H
#define DN_NETWORK_POOLED_H

#include "solvers/network/origins.h"

enum { DN_POOL_NODES = 100 };

/* Standard errors of the totals whose sums and sums of squares over the sources are given.
 *
 *   key        [n]  alike nodes have alike keys; 0: the total is known, its error is 0
 *   sum, squares   [n]
 *   out_error  [n]  0 where all nodes are sources, NaN where there are fewer than two
 *
 * Local. Time O(n log n), scratch 32 bytes a node. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_pooled_errors(const dn_origins *s, const int64_t *key, const double *sum,
                                         const double *squares, double *out_error, dn_error *err);

#endif
