/* chem.h - a reader of molecules, where this build has one. Local. */
#ifndef DN_TEST_SUPPORT_CHEM_H
#define DN_TEST_SUPPORT_CHEM_H

#include "solvers/chem/molecule.h"

/* NULL when this build has none: then the test is marked as skipped. */
dn_chem *test_chem_open(void);

/* dn_molecule_read() of a text with its end. */
DN_MUST_CHECK dn_status test_chem_read(dn_chem *chem, const char *smiles, unsigned wants, dn_molecule *m,
                                       dn_error *err);

#endif
