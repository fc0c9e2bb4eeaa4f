/* derive.h - what follows from a Kekule form: valence, radicals, conjugation, hybridization
 *
 * The rules of RDKit 2022.09 (MolOps::assignRadicals, ConjugHybrid.cpp, Atom::calcExplicitValence), so that
 * features agree with models trained on it. Local; needs no Indigo.
 */
#ifndef DN_CHEM_DERIVE_H
#define DN_CHEM_DERIVE_H

#include "solvers/chem/molecule.h"

/* In:  atom[].number, hydrogens, charge, degree; bond[].a, b, order.   Out: atom[].valence. */
void dn_derive_valence(dn_molecule *m);

/* In: as above.   The first atom with more bonds than its element can have at its charge, or -1. */
int64_t dn_derive_overfull(const dn_molecule *m);

/* In: as above, atom[].valence, aromatic, bond[].type; bracket [n_atoms], whether an atom's hydrogens were
 * stated. Out: atom[].radicals (0 where hydrogens were not stated), hybridization, bond[].conjugated. Fails:
 * DN_ENOMEM */
DN_MUST_CHECK dn_status dn_derive_electrons(dn_molecule *m, const bool *bracket, dn_error *err);

#endif
