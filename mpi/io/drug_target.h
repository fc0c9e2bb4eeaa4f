/* drug_target.h - drugs, targets and their labelled pairs, as every rank holds them in memory
 *
 * A drug is a molecule, a target is a sequence: two ids of one molecule are one drug, so that a split by
 * drugs never has it on both sides. The id is the one under which it was first seen. Loading is collective on
 * the communicator of the file; every rank gets the whole. The other functions are local.
 */
#ifndef DN_IO_DRUG_TARGET_H
#define DN_IO_DRUG_TARGET_H

#include "mpi/io/dataset.h"
#include "solvers/chem/molecule.h"

/* Molecules, in the order of first mention. */
typedef struct dn_drugs {
    int64_t n;
    dn_strings id;       /* [n]  as first seen */
    dn_strings smiles;   /* [n]  as first seen */
    dn_strings key;      /* [n]  canonical SMILES, no two the same */
    int64_t *first_atom; /* [n + 1]  atoms of drug i: atom[first_atom[i]] up to first_atom[i + 1] */
    int64_t *first_bond; /* [n + 1] */
    dn_atom *atom;       /* [first_atom[n]] */
    dn_bond *bond;       /* [first_bond[n]]  a and b count the atoms of the molecule from 0 */
} dn_drugs;

/* Fails: DN_EDATA the dataset holds no drugs, or damaged ones; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_drugs_load(const dn_h5 *h, dn_drugs *out, dn_error *err);
void dn_drugs_destroy(dn_drugs *d);

/* A view of the graph of a drug, valid as long as d; its key is NULL. Not to be destroyed. */
dn_molecule dn_drugs_molecule(const dn_drugs *d, int64_t drug);

/* Proteins, in the order of first mention. */
typedef struct dn_targets {
    int64_t n;
    dn_strings id;       /* [n]  as first seen */
    dn_strings sequence; /* [n]  capital letters, 1 to 40,000 residues, no two the same */
} dn_targets;

/* Fails: DN_EDATA the dataset holds no targets; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_targets_load(const dn_h5 *h, dn_targets *out, dn_error *err);
void dn_targets_destroy(dn_targets *t);

/* A named set of labelled pairs, in the order of the file: no pair twice, one label each. */
typedef struct dn_interactions {
    int64_t n;
    int64_t drugs, targets; /* of the dataset */
    int64_t *drug;          /* [n]  0 <= drug < drugs */
    int64_t *target;        /* [n]  0 <= target < targets */
    uint8_t *label;         /* [n]  1 activation, 0 inhibition */
    int64_t contradictory;  /* pairs that import left out because they stood there with both labels */
} dn_interactions;

/* Fails: DN_EDATA no such set (the text lists those there are); DN_ENOMEM */
DN_MUST_CHECK dn_status dn_interactions_load(const dn_h5 *h, const char *name, dn_interactions *out,
                                             dn_error *err);
void dn_interactions_destroy(dn_interactions *p);

/* Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_interactions_copy(const dn_interactions *p, dn_interactions *out, dn_error *err);

/* Drugs and targets that were made, not imported, into a file that has none: the molecules of smiles, each
 * rank reading its share, and sequences, with ids as long; the same on every rank. Collective. Fails:
 * DN_EUNAVAILABLE this build reads no molecules; DN_EDATA a text cannot be read, or two texts are one
 * molecule or sequence (both named); DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_drug_target_write(dn_h5 *h, const dn_strings *drug_id,
                                                           const dn_strings *smiles,
                                                           const dn_strings *target_id,
                                                           const dn_strings *sequence, dn_error *err);

/* The ids of the drugs, then those of the targets: the entities that mpi/data/split.h divides. Reads less
 * than the two above. Fails: DN_EDATA, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_drug_target_ids(const dn_h5 *h, dn_strings *out, dn_error *err);

/* dn_training_hash() for drug-target sets: over the canonical keys, the sequences and the training rows, as
 * 16 hexadecimal digits in out [17]. part [p->n] of dn_part; NULL: every row. */
void dn_interactions_hash(const dn_drugs *d, const dn_targets *t, const dn_interactions *p,
                          const uint8_t *part, char *out);

/* dn_validation_hash() for drug-target sets. */
void dn_interactions_validation_hash(const dn_interactions *p, const uint8_t *part, char *out);

#endif
