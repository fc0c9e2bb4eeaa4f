/* chem.c - see chem.h */
#include "tests/support/chem.h"

#include <string.h>
#include "tests/support/test.h"

dn_chem *test_chem_open(void)
{
    dn_error err = DN_ERROR_INIT;
    dn_chem *chem = NULL;
    dn_status st = dn_chem_open(&chem, &err);

    if (st == DN_EUNAVAILABLE)
        test_skip("this build has no Indigo");
    else
        CU_ASSERT_EQUAL(st, DN_OK);
    return chem;
}

dn_status test_chem_read(dn_chem *chem, const char *smiles, unsigned wants, dn_molecule *m, dn_error *err)
{
    return dn_molecule_read(chem, smiles, strlen(smiles), wants, m, err);
}
