/* fingerprint.h - fingerprints of molecules and how alike two of them are
 *
 * Morgan (ECFP4-like): Rogers & Hahn, J. Chem. Inf. Model. 50, 742 (2010), in the form of RDKit's
 * GetMorganFingerprintAsBitVect(radius = 2, nBits = 2048): an atom starts as the hash of element, total
 * degree, hydrogens, charge, isotope and ring membership; twice it takes in the (bond type, hash) of its
 * neighbours in ascending order; an environment whose bonds another one already covers is left out; a hash
 * sets bit hash mod 2048. The bits are RDKit's for molecules that both read alike; isotopes are hashed by
 * mass number less the rounded atomic weight.
 *
 * Atom pairs: Carhart, Smith & Venkataraghavan, J. Chem. Inf. Comput. Sci. 25, 64 (1985), in the form of
 * RDKit's GetHashedAtomPairFingerprintAsBitVect(nBits = 2048): an atom is its element, its number of
 * neighbours and of pi electrons; two atoms 1 to 30 bonds apart are counted under the hash of both and the
 * distance, in 512 counters; a counter sets one bit each for reaching 1, 2, 4 and 8. Where a Morgan
 * fingerprint knows surroundings of two bonds, this one knows the whole shape.
 *
 * All functions are local and need no Indigo.
 */
#ifndef DN_CHEM_FINGERPRINT_H
#define DN_CHEM_FINGERPRINT_H

#include "solvers/chem/molecule.h"

enum { DN_FP_BITS = 2048, DN_FP_WORDS = DN_FP_BITS / 64, DN_FP_RADIUS = 2 };

typedef struct dn_fingerprint {
    uint64_t word[DN_FP_WORDS]; /* bit i of the fingerprint is bit i % 64 of word i / 64 */
} dn_fingerprint;

/* An empty molecule has no bits. Time O(radius * atoms * bonds / 64 + sort). Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_fingerprint_morgan(const dn_molecule *m, dn_fingerprint *out, dn_error *err);

/* An empty molecule and a single atom have no bits. Time O(atoms * (atoms + bonds)). Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_fingerprint_atom_pairs(const dn_molecule *m, dn_fingerprint *out, dn_error *err);

/* Bits that are set. */
int dn_fingerprint_count(const dn_fingerprint *f);

/* Bits of both / bits of either, in [0, 1]; 0 where neither has a bit (as RDKit). */
double dn_fingerprint_tanimoto(const dn_fingerprint *a, const dn_fingerprint *b);

/* The same of print i with each of n, into out [n]; 0 <= i < n. Uses the processor's instruction that counts
 * bits where it has one: several times faster than one call for each. */
void dn_fingerprint_like(const dn_fingerprint *print, int64_t n, int64_t i, double *out);

#endif
