/* molecule.c - what needs no toolkit; see molecule.h */
#include "solvers/chem/molecule.h"

#include "solvers/base/alloc.h"

void dn_molecule_destroy(dn_molecule *m)
{
    if (m == NULL)
        return;
    dn_free(m->atom);
    dn_free(m->bond);
    dn_free(m->key);
    dn_free(m->xy);
    *m = (dn_molecule){0};
}
