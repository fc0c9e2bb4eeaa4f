/* smiles.h - a SMILES text before chemistry: which atoms and bonds are written where
 *
 * The grammar of OpenSMILES (opensmiles.org, 1.0) as far as it says where atoms and bonds stand. Needed
 * beside a toolkit to refuse in time what a toolkit would work on for hours, to name the column of a mistake,
 * and to write aromatic rings in a Kekule form: Indigo's own adds hydrogens where it finds none, and to
 * molecules that have one. Not a judge of chemistry beyond that.
 *
 * All functions are local.
 */
#ifndef DN_CHEM_SMILES_H
#define DN_CHEM_SMILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

enum {
    DN_SMILES_ATOMS = 4096, /* more atoms, hydrogens counted, are refused */
    DN_SMILES_FUSED = 40, /* more rings that hang together are refused: time grows exponentially with them */
    DN_SMILES_BONDS = 16, /* more bonds of one atom are refused */
};

enum { DN_WRITTEN_AROMATIC = 1, DN_WRITTEN_BRACKET = 2 };

typedef struct dn_smiles {
    int64_t n_atoms;
    int64_t n_bonds;
    uint8_t *written; /* [n_atoms]     DN_WRITTEN_... */
    bool *in_ring;    /* [n_atoms] */
    int32_t *at;      /* [n_atoms]     the byte where the atom begins, from 0 */
    int32_t *end;     /* [2 n_bonds]   the atoms of bond e are end[2 e], end[2 e + 1] */
    bool *ring;       /* [n_bonds]     in a ring */
    char *symbol;     /* [n_bonds]     - = # : / \\, or 0 where none is written */
    int32_t *before;  /* [n_bonds]     the byte in front of which a symbol may be written */
} dn_smiles;

/* Scan text [length], which has no blanks at its ends. On failure *out is empty.
 * Fails: DN_EDATA with the column, from 1; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_smiles_scan(const char *text, size_t length, dn_smiles *out, dn_error *err);

/* The same molecule in a Kekule form, terminated, for dn_free(): atoms in upper case, a perfect matching of
 * those that lack a bond written as =. s is the scan of text.
 * Fails: DN_EDATA an aromatic atom (in lower case, or beside ':') that lies in no ring or is of an element
 * that cannot be aromatic, no perfect matching ("no Kekule form"), each with the column; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_smiles_kekule(const char *text, size_t length, const dn_smiles *s, char **out,
                                         dn_error *err);

void dn_smiles_destroy(dn_smiles *s);

#endif
