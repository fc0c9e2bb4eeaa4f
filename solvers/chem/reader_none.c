/* reader_none.c - molecule.h in a build without Indigo: says so */
#include "solvers/chem/molecule.h"

#include <stddef.h>

static dn_status absent(dn_error *err)
{
    dn_status st = DN_OK;

    DN_FAIL(DN_EUNAVAILABLE,
            "this build has no Indigo and cannot read SMILES; install libindigo-dev and build again");
out:
    return st;
}

dn_status dn_chem_open(dn_chem **out, dn_error *err)
{
    *out = NULL;
    return absent(err);
}

void dn_chem_close(dn_chem **chem)
{
    (void)chem;
}

dn_status dn_molecule_read(dn_chem *chem, const char *smiles, size_t length, unsigned wants, dn_molecule *out,
                           dn_error *err)
{
    (void)chem;
    (void)smiles;
    (void)length;
    (void)wants;
    *out = (dn_molecule){0};
    return absent(err);
}
