/* spectra.h - leading eigenpairs of a network
 *
 * Adjacency: A v = value v, the largest values first (as real numbers, not by size), any weights.
 * Laplacian: normalised, N = I - D^-1/2 A D^-1/2 with D the strengths, as
 * networkx.normalized_laplacian_matrix, the smallest values first; computed as the largest of I - N. Rows are
 * the nodes with a neighbour: an isolated node, which networkx gives a row of zeros and so a value of 0 more,
 * has no row, and 0 in every vector. Source: Chung, Spectral Graph Theory, 1997, ch. 1.
 *
 * Each component of the Laplacian has the value 0 with the vector D^1/2 on its nodes; these come first, by
 * falling size of the component, and are written down, not searched for. The coordinates of a spectral
 * embedding are these vectors.
 *
 * Vectors have length 1; their largest entry by size is positive (pairs.h). Values that agree within 1e-8 of
 * the largest share a space of vectors, of which any basis is right: the warning of the report names them. A
 * Krylov space shows one vector of such a block; a search beside the pairs that are found, repeated until it
 * finds nothing larger, brings up the others.
 *
 * A bipartite graph has -value for every value of A and 2 - value for every one of N.
 */
#ifndef DN_NETWORK_SPECTRA_H
#define DN_NETWORK_SPECTRA_H

#include "solvers/network/solve_report.h"
#include "solvers/network/team.h"

typedef enum dn_spectrum_kind { DN_SPECTRUM_ADJACENCY, DN_SPECTRUM_LAPLACIAN } dn_spectrum_kind;

/* k pairs by SLEPc's EPS (options -adjacency_eps_..., -laplacian_eps_...).
 *
 *   tolerance     of a residual
 *   out_value     [k]  NaN where a pair did not converge
 *   out_residual  [k]  ||M v - value v|| / largest value by size (adjacency), ||N v - value v|| (Laplacian)
 *   out_vector    [k, n]
 *
 * The report holds the worst residual; error is the bound of an entry of a vector, residual over gap. k == 0
 * is fine. Up to 48 rows the pairs come from a dense matrix, the same on every rank. Collective on the team.
 * Fails: DN_EDATA more pairs than rows (says how many there are), Laplacian: a weight that is not positive;
 * the basis has more numbers than PetscInt can count; DN_ENOMEM, DN_ESOFTWARE
 */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_spectra(const dn_graph *g, const dn_team *team,
                                                 dn_spectrum_kind kind, int64_t k, double tolerance,
                                                 double *out_value, double *out_residual, double *out_vector,
                                                 dn_solve_report *out_report, dn_error *err);

#endif
