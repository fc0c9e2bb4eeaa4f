/* svd.h - singular value decomposition and principal components of a bipartite network
 *
 *     B = U S V',   B [rows, columns] the weights (or 1) of the edges between side 0 and side 1
 *
 * Rows are all nodes of side 0 (drugs), columns all nodes of side 1 (genes), those without an edge between
 * the sides included; other edges and further sides play no part. Weights may have any sign.
 *
 *     DN_SVD_PLAIN         B itself
 *     DN_SVD_CENTRED       B - 1 mean': sklearn.decomposition.PCA
 *     DN_SVD_STANDARDISED  the columns of that over their standard deviation (with n, as
 *                          sklearn.preprocessing.StandardScaler); columns without variance are 0
 *
 * The matrix is never made dense: mean and scale are applied in the product with a vector. (Only where one
 * side has at most 32 nodes and the whole at most 2^20 entries it is, on every rank, so that matrices of low
 * rank, which stars and small graphs have, need no Krylov space.)
 *
 * Each pair has one vector over all nodes: U on side 0, V on side 1, 0 elsewhere; length 1 on each side. The
 * largest entry by size of U is positive, as in sklearn's svd_flip (ties: pairs.h). Values that agree within
 * 1e-8 of the largest are named in the warning of the report: their vectors are one basis of many. A Krylov
 * space shows one vector of such a block; a search beside the pairs that are found, repeated until it finds
 * nothing larger, brings up the others. The pairs of a value of 0 are not completed that way.
 */
#ifndef DN_NETWORK_SVD_H
#define DN_NETWORK_SVD_H

#include "solvers/network/solve_report.h"
#include "solvers/network/team.h"

typedef enum dn_svd_scaling { DN_SVD_PLAIN, DN_SVD_CENTRED, DN_SVD_STANDARDISED } dn_svd_scaling;

/* k leading pairs by SLEPc's SVD, further copies by its EPS (options -svd_svd_..., -svd_eps_...;
 * -pca_svd_..., -pca_eps_... unless DN_SVD_PLAIN).
 *
 *   tolerance     of a residual
 *   out_value     [k]  singular values, falling; NaN where a pair did not converge
 *   out_residual  [k]  sqrt(||B v - s u||^2 + ||B' u - s v||^2) / s; over the largest value where s is below
 *                 1e-12 of it
 *   out_vector    [k, n]
 *
 * The report holds the worst residual; error is the bound of an entry of a vector, residual over gap. k == 0
 * is fine. Collective on the team. Fails: DN_EDATA the graph has one side only, or more pairs than the
 * smaller side has nodes (says how many there are), or a basis that PetscInt cannot count; DN_ENOMEM,
 * DN_ESOFTWARE
 */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_svd(const dn_graph *g, const dn_team *team, dn_svd_scaling scaling,
                                             int64_t k, double tolerance, double *out_value,
                                             double *out_residual, double *out_vector,
                                             dn_solve_report *out_report, dn_error *err);

/* Principal components, as sklearn.decomposition.PCA; standardised or only centred.
 *
 *   out_variance  [k]  explained variance, s^2 / (rows - 1)
 *   out_share     [k]  of the variance of all columns; 0 when no column has any
 *   out_residual  [k]  as dn_svd()
 *   out_vector    [k, n]  side 0: scores U S; side 1: loadings V
 *
 * Collective. Fails as dn_svd(); DN_EDATA fewer than two rows
 */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_pca(const dn_graph *g, const dn_team *team, bool standardise,
                                             int64_t k, double tolerance, double *out_variance,
                                             double *out_share, double *out_residual, double *out_vector,
                                             dn_solve_report *out_report, dn_error *err);

#endif
