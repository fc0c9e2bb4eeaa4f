/* features.h - molecules as numbers for a graph network
 *
 * DN_ATOMS_PUBLISHED, 4 columns, as the published GCN has them:
 *     0 atomic number   1 degree   2 aromatic (0 or 1)   3 hybridization (dn_hybridization, RDKit's numbers)
 *
 * DN_ATOMS_RICH, 64 columns, all 0 or 1 except where a range is given:
 *      0-16  element: B C N O F Na Mg Si P S Cl K Ca Se Br I, other
 *     17-23  degree 0..5, 6 or more
 *     24-28  hydrogens 0..3, 4 or more
 *     29-33  charge -2 or less, -1, 0, 1, 2 or more
 *     34-39  hybridization S, SP, SP2, SP3, SP3D or SP2D or SP3D2, other
 *     40-45  valence 0..4, 5 or more
 *     46     aromatic          47 in a ring          48 stereocentre        49 isotope stated
 *     50     radical           51 metal (neither a main-group nonmetal, metalloid nor noble gas)
 *     52     lone hydrogen atom (number 1)
 *     53-56  bonds of each type / 4: single, double, triple, aromatic      (0..1 and above for degree > 4)
 *     57     bonds that are conjugated / 4
 *     58     bonds in a ring / 4
 *     59     neighbours that are neither C nor H / 4
 *     60     charge / 4
 *     61     atomic number / 100
 *     62     Pauling electronegativity / 4, 0 where there is none
 *     63     1 (a constant, so that an all-zero row means padding)
 *
 * Edges: each bond in both directions, no self loops; row i lists its neighbours in ascending order.
 * Molecules are joined block-diagonally by giving each the number of nodes and edges that stand before it.
 *
 * All functions are local, allocate nothing and cannot fail.
 */
#ifndef DN_CHEM_FEATURES_H
#define DN_CHEM_FEATURES_H

#include "solvers/chem/molecule.h"

typedef enum dn_atom_encoding {
    DN_ATOMS_PUBLISHED,
    DN_ATOMS_RICH,
} dn_atom_encoding;

enum { DN_ATOMS_PUBLISHED_WIDTH = 4, DN_ATOMS_RICH_WIDTH = 64 };

/* Columns of an encoding. */
int64_t dn_atoms_width(dn_atom_encoding encoding);

/* out [n_atoms, width], row-major. */
void dn_atoms_encode(const dn_molecule *m, dn_atom_encoding encoding, float *out);

/* Rows of a CSR matrix for the molecule as nodes [first_node, first_node + n_atoms) and edges
 * [first_edge, first_edge + 2 n_bonds) of a larger one:
 *
 *   row   [n_atoms + 1]  row[0] == first_edge, row[n_atoms] == first_edge + 2 n_bonds
 *   col   [2 n_bonds]    neighbours, first_node added
 *   bond  [2 n_bonds]    which bond of the molecule the edge is; may be NULL
 */
void dn_molecule_edges(const dn_molecule *m, int64_t first_node, int64_t first_edge, int64_t *row,
                       int64_t *col, int64_t *bond);

#endif
