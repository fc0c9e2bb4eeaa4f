/* quadrature.h - exp(s A)_vv of single nodes, enclosed from both sides
 *
 * m steps of the Lanczos process from the unit vector of v give the Gauss rule with m nodes for the measure
 * whose integral of f is f(A)_vv. All derivatives of exp are positive, so that rule lies below, and the
 * Gauss-Radau rule with one more node at an upper bound of the spectrum above. Source: Golub and Meurant,
 * Matrices, Moments and Quadrature with Applications, 2010, ch. 6; Golub and Welsch, Math. Comp. 23, 1969.
 *
 * DN_LANES nodes are worked on together, a lane of doubles each, so the graph is read once for all of them.
 */
#ifndef DN_NETWORK_QUADRATURE_H
#define DN_NETWORK_QUADRATURE_H

#include <stdbool.h>
#include "solvers/network/team.h"

enum { DN_LANES = 8, DN_LANCZOS_STEPS = 400 };

/* An upper bound of the size of every eigenvalue: Collatz and Wielandt's max (A x)_v / x_v over positive x,
 * from some steps of the power method with |A| and a shift. The same on any ranks; 0 without edges.
 * Collective on the team; cannot fail. x [connected] is scratch. */
DN_COLLECTIVE double dn_spectral_bound(const dn_graph *g, const dn_team *team, double *x);

typedef struct dn_enclosure {
    double log_value; /* natural logarithm of the middle of both bounds */
    double half;      /* half the distance of the bounds and what rounding may add, relative to the value */
    int steps;
    bool converged;
} dn_enclosure;

/* Scratch of one thread: 16 DN_LANES bytes a connected node and a little more. */
typedef struct dn_lanczos dn_lanczos;
DN_MUST_CHECK dn_status dn_lanczos_create(const dn_graph *g, dn_lanczos **out, dn_error *err);
void dn_lanczos_destroy(dn_lanczos **l);

/* exp(s A)_vv of `count` <= DN_LANES connected nodes, until half the distance of the bounds is within
 * tolerance of the value or DN_LANCZOS_STEPS are done. bound: dn_spectral_bound(). Local; cannot fail. */
void dn_lanczos_run(dn_lanczos *l, int count, const int32_t *node, double s, double bound, double tolerance,
                    dn_enclosure *out);

#endif
