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

/* Upper bounds of the size of every eigenvalue of each component: Collatz and Wielandt's max (A x)_v / x_v
 * over positive x, from some steps of the power method with |A| and a shift. */
typedef struct dn_bounds {
    int64_t *component; /* [n]  components.h */
    int64_t count;      /* components, isolated nodes too */
    double *value;      /* [count]  0 for an isolated node */
    double largest;
    double *x, *top; /* scratch: [connected], [count] */
} dn_bounds;

/* Room and components. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_bounds_create(const dn_graph *g, dn_bounds *out, dn_error *err);
void dn_bounds_destroy(dn_bounds *b);

/* The bounds, the same on any ranks. Collective on the team; cannot fail. */
DN_COLLECTIVE void dn_bounds_find(const dn_graph *g, const dn_team *team, dn_bounds *b);

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
 * tolerance of the value or DN_LANCZOS_STEPS are done. Local; cannot fail. */
void dn_lanczos_run(dn_lanczos *l, int count, const int32_t *node, double s, const dn_bounds *bounds,
                    double tolerance, dn_enclosure *out);

#endif
