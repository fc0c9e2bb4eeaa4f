/* gcn.h - a step along the bonds: what a graph convolution does beside its dense layer
 *
 *     y = W x,   W = D^-1/2 (A + I) D^-1/2,   D = diag of the row sums of A + I
 *
 * Source: Kipf & Welling, ICLR 2017, arXiv:1609.02907, eq. 2; a layer is ReLU(W x Theta + b). W is symmetric,
 * so the backward pass is the same function on gradients. The matrix of many molecules is block-diagonal: one
 * call a molecule. An atom without bonds keeps its value. Local.
 */
#ifndef DN_NN_GCN_H
#define DN_NN_GCN_H

#include <stdint.h>

/* A molecule that somebody else owns. */
typedef struct dn_molecule {
    int64_t atoms;
    const int64_t *bond_at; /* [atoms + 1]  bonds of atom i are bond_at[i] .. bond_at[i + 1) of bond_to */
    const int64_t *bond_to; /* 0 <= bond_to[e] < atoms; both directions, no self loops */
    const float *inv_sqrt;  /* [atoms]  1 / sqrt(bonds + 1) */
} dn_molecule;

/* x, y [atoms, width], y not x. Neighbours are added in the order of bond_to. */
void dn_gcn_step(const dn_molecule *m, int64_t width, const float *x, float *y);

#endif
