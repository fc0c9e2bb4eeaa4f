/* molecule.h - SMILES to molecular graphs
 *
 *     dn_chem *chem = NULL;
 *     dn_molecule m = {0};
 *     DN_TRY(dn_chem_open(&chem, err));                          one for each thread
 *     DN_TRY(dn_molecule_read(chem, text, length, DN_CHEM_KEY, &m, err));
 *     ... m.atom[i], m.bond[e], m.key ...
 *     dn_molecule_destroy(&m);
 *     dn_chem_close(&chem);
 *
 * The graph is that of the heavy atoms: hydrogens written as atoms ([H]) are folded into their neighbour, as
 * RDKit does, and stay atoms only where they carry something of their own (an isotope, a charge, two bonds,
 * no bond, a bond to another hydrogen). Salts, solvents and other fragments written with a dot are kept; they
 * are components of the graph. Atoms stand in the order of the text, bonds in the order of (a, b).
 *
 * Aromaticity is Indigo's model "generic", which agrees with RDKit's on drugs (known differences: rings with
 * boron; a bond shared by two rings of which only the outer one is aromatic, as in azulene). Hybridization
 * follows the rules of RDKit (ConjugHybrid.cpp, 2022.09): lone pairs from the electrons that bonds and charge
 * leave over, with an atom of four such domains and at most three neighbours beside a conjugated bond counted
 * as sp2.
 *
 * The key is one text for one molecule however it is written: stereo, charges, isotopes, radicals and
 * fragments count; the order of atoms and fragments, explicit hydrogens, the Kekule form, atom maps, and
 * configurations of atoms and bonds that have none do not. Nitro groups, azides and oxyacids of halogens have
 * their charges parted, so both spellings are one. Tautomers and protonation states are different molecules.
 * Known limit: a ring of centres that differ by one another only (inositols) may have two keys.
 *
 * All functions are local. A build without Indigo has all of them; dn_chem_open() then fails with
 * DN_EUNAVAILABLE.
 */
#ifndef DN_CHEM_MOLECULE_H
#define DN_CHEM_MOLECULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

enum {
    DN_SMILES_BYTES = 16384,  /* a longer text is refused */
    DN_MOLECULE_ATOMS = 1024, /* more atoms, hydrogens that are folded not counted, are refused */
};

/* The numbers of RDKit's HybridizationType. */
typedef enum dn_hybridization {
    DN_HYBRID_OTHER = 0, /* none of the below, as RDKit's UNSPECIFIED */
    DN_HYBRID_S = 1,
    DN_HYBRID_SP = 2,
    DN_HYBRID_SP2 = 3,
    DN_HYBRID_SP3 = 4,
    DN_HYBRID_SP2D = 5,
    DN_HYBRID_SP3D = 6,
    DN_HYBRID_SP3D2 = 7,
} dn_hybridization;

typedef enum dn_bond_type {
    DN_BOND_SINGLE = 1,
    DN_BOND_DOUBLE = 2,
    DN_BOND_TRIPLE = 3,
    DN_BOND_AROMATIC = 4,
} dn_bond_type;

typedef struct dn_atom {
    uint8_t number;        /* of the element, 1..118 */
    uint8_t degree;        /* neighbours that are atoms of the graph */
    uint8_t hydrogens;     /* hydrogens that are not atoms of the graph */
    int8_t charge;         /* formal charge, in units of e */
    uint8_t hybridization; /* dn_hybridization */
    uint8_t valence;       /* orders of all bonds in a Kekule form, hydrogens included */
    bool aromatic;
    bool ring;        /* in a ring of any size */
    bool stereo;      /* the text states a configuration, and there are neighbours enough for one */
    uint8_t radicals; /* unpaired electrons */
    uint16_t isotope; /* mass number, 0 where the text states none */
} dn_atom;

typedef struct dn_bond {
    int32_t a, b;    /* atoms, a < b */
    uint8_t type;    /* dn_bond_type */
    uint8_t order;   /* 1, 2 or 3 in one Kekule form */
    bool ring;       /* part of a ring of any size */
    bool conjugated; /* as RDKit's GetIsConjugated() */
} dn_bond;

typedef struct dn_molecule {
    int64_t n_atoms; /* >= 1 after a read */
    int64_t n_bonds;
    dn_atom *atom; /* [n_atoms] */
    dn_bond *bond; /* [n_bonds] */
    char *key;     /* canonical SMILES, or NULL when it was not asked for */
    float *xy;     /* [n_atoms, 2]  a drawing of it, or NULL when it was not asked for */
} dn_molecule;

typedef struct dn_chem dn_chem;

/* What dn_molecule_read() shall do beside the graph. */
enum {
    DN_CHEM_KEY =
        1, /* m->key: the same text for one molecule written in two ways (stereo, charges, isotopes
              and fragments count; the order of fragments, explicit [H] and the Kekule form do not) */
    DN_CHEM_LAYOUT = 2, /* m->xy: where the atoms stand on paper, y upwards, a bond about 1.6 long */
};

/* A reader. One thread at a time may use it; threads that work at once need one each.
 * Fails: DN_EUNAVAILABLE this build has no Indigo; DN_ENOMEM; DN_ESOFTWARE Indigo refused an option */
DN_MUST_CHECK dn_status dn_chem_open(dn_chem **out, dn_error *err);

/* NULL and a null *chem are fine. */
void dn_chem_close(dn_chem **chem);

/* The molecule of a SMILES text [length bytes, need not be terminated]; blanks at both ends are dropped.
 * *out is overwritten (destroy an older molecule first); on failure it is empty.
 *
 * Fails: DN_EDATA, the reason in err->text, which begins with "SMILES":
 *          empty, or longer than DN_SMILES_BYTES; a byte that no SMILES has (the column is named); a wildcard
 * or a query atom ('*', [R], [#6]); unreadable (Indigo's words); an atom with more bonds than its element can
 * have; an aromatic ring without a Kekule form (c1cccn1); more than DN_MOLECULE_ATOMS atoms; too symmetric to
 * be given a key in time DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_molecule_read(dn_chem *chem, const char *smiles, size_t length, unsigned wants,
                                         dn_molecule *out, dn_error *err);

/* NULL and an empty molecule are fine. */
void dn_molecule_destroy(dn_molecule *m);

#endif
