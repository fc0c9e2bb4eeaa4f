/* smiles.c - libFuzzer target: any bytes are a molecule or a reason; a molecule is sound, and its key, where
 * it can be read, one of as many atoms */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/chem/features.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/chem/molecule.h"

enum { WIDTH = DN_ATOMS_RICH_WIDTH };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const dn_molecule *m)
{
    static float x[DN_MOLECULE_ATOMS * WIDTH];
    dn_fingerprint print;

    if (m->n_atoms < 1 || m->n_atoms > DN_MOLECULE_ATOMS || m->key == NULL)
        abort();
    for (int64_t e = 0; e < m->n_bonds; e++) {
        const dn_bond *b = &m->bond[e];

        if (b->a < 0 || b->a >= b->b || b->b >= m->n_atoms || b->type < 1 || b->type > 4 || b->order < 1 ||
            b->order > 3)
            abort();
    }
    for (int64_t i = 0; i < m->n_atoms; i++)
        if (m->atom[i].number < 1 || m->atom[i].number > 118 || m->atom[i].hybridization > 7)
            abort();
    dn_atoms_encode(m, DN_ATOMS_RICH, x);
    if (dn_fingerprint_morgan(m, &print, NULL) != DN_OK || dn_fingerprint_count(&print) < 1)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static dn_chem *chem;
    dn_error err = DN_ERROR_INIT;
    dn_molecule m, again;
    dn_status st;

    if (chem == NULL && dn_chem_open(&chem, &err) != DN_OK)
        return 0; /* this build has no Indigo */
    if (dn_molecule_read(chem, (const char *)data, size, DN_CHEM_KEY, &m, &err) == DN_OK) {
        check(&m);
        st = dn_molecule_read(chem, m.key, strlen(m.key), 0, &again, &err);
        /* Indigo sees rings of metals as aromatic, for which there may be no lower case to read again */
        if (st == DN_OK ? again.n_atoms != m.n_atoms : st != DN_EDATA)
            abort();
        dn_molecule_destroy(&again);
    } else if (err.code != DN_EDATA || strncmp(err.text, "SMILES: ", 8) != 0 || m.atom != NULL) {
        abort();
    }
    dn_molecule_destroy(&m);
    return 0;
}
