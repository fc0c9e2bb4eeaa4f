/* synth_interactions.h - drugs, targets and their labelled pairs with a planted rule
 *
 * As in synth.h every number is a function of the options and of its own index (streams DN_RNG_SYNTH), so
 * that any number of ranks writes the same bytes. U(.) is uniform in (0, 1), N(.) standard normal, L(.)
 * standard logistic, each draw of a stream of its own:
 *
 *   - families f[d] of drugs and g[t] of targets: one of 0 .. families-1, uniform
 *   - a drug is the ring system of its family with a small group on one atom and an amide on another. Group,
 *     amine and the amino acids between spell its number, permuted: no two drugs are the same molecule
 *   - a target is the sequence of its family, of 60 to 399 residues rich in three amino acids that vary with
 *     the family, of which up to a tenth is missing in front and 15 % of the rest are drawn anew; the last
 *     six residues spell its number: no two are the same
 *   - popularity hub[d], hub[t] = 4 / U for a share `hubs` of either side (Pareto law of index 1), else 1.
 *     The pairs are the `pairs` cells of drugs x targets of the highest log(U) / (hub[d] hub[t]): a sample
 *     without replacement by these weights (Efraimidis and Spirakis, Inf. Process. Lett. 97, 2006), in the
 *     order of drug and target
 *   - leaning a[d] = N(d), b[t] = N(t): towards activation, whatever the partner
 *   - score = 3 C[f,g] + a[d] + b[t] + noise L; of the families of targets half, rounded down, have C = +1
 *     with a family of drugs, the others -1
 *   - label: the pairs / 2 pairs of the highest score are activation
 *
 * So likeness of molecules and of sequences carries what C says, also of drugs and targets never seen; the
 * labels of a drug or target tell its leaning. With one family C is -1 and says nothing.
 */
#ifndef DN_DATA_SYNTH_INTERACTIONS_H
#define DN_DATA_SYNTH_INTERACTIONS_H

#include <stdbool.h>
#include "mpi/io/h5.h"

enum {
    DN_SYNTH_FAMILIES_MAX = 16,
    DN_SYNTH_SMILES_CAP = 256,  /* bytes of a SMILES, terminated */
    DN_SYNTH_SEQUENCE_MAX = 405 /* residues */
};

typedef struct dn_synth_dti_options {
    int64_t drugs;    /* 2 .. 10,000,000 */
    int64_t targets;  /* 2 .. 10,000,000; drugs x targets up to 2^32 */
    int64_t pairs;    /* 2 .. drugs x targets */
    int64_t families; /* 1 .. DN_SYNTH_FAMILIES_MAX, of drugs and of targets */
    double noise;     /* >= 0 */
    double hubs;      /* share of drugs and of targets, 0 .. 1 */
    uint64_t seed;
} dn_synth_dti_options;

/* The truth about a drug or a target. */
typedef struct dn_synth_side {
    int64_t family;
    double leaning;
    double hub;
} dn_synth_side;

/* Fails: DN_EUSAGE an option is out of range, or more pairs than there are. Local, as all up to the last. */
DN_MUST_CHECK dn_status dn_synth_dti_check(const dn_synth_dti_options *o, dn_error *err);

dn_synth_side dn_synth_drug_of(const dn_synth_dti_options *o, int64_t drug);
dn_synth_side dn_synth_target_of(const dn_synth_dti_options *o, int64_t target);

/* C[f,g]: +1 or -1. */
int dn_synth_dti_compatible(const dn_synth_dti_options *o, int64_t drug_family, int64_t target_family);

/* SMILES of a drug, terminated; returns its length. */
size_t dn_synth_smiles(const dn_synth_dti_options *o, int64_t drug, char out[DN_SYNTH_SMILES_CAP]);

/* Residues of a target, not terminated; returns how many. */
size_t dn_synth_sequence(const dn_synth_dti_options *o, int64_t target, char out[DN_SYNTH_SEQUENCE_MAX]);

/* log(U) / (hub[d] hub[t]) of a pair; d and t the sides that belong to it. */
double dn_synth_dti_draw(const dn_synth_dti_options *o, int64_t drug, int64_t target, const dn_synth_side *d,
                         const dn_synth_side *t);

/* Score of a pair, with noise. */
double dn_synth_dti_score(const dn_synth_dti_options *o, int64_t drug, int64_t target, const dn_synth_side *d,
                          const dn_synth_side *t);

/* Write the data set: the layout of import with the set of interactions "known", and /truth. Every rank reads
 * its share of the molecules and draws its share of the cells. Collective on comm. Fails: DN_EUSAGE as above;
 * DN_EUNAVAILABLE this build reads no molecules; as dn_h5_create and dn_h5_commit; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_synth_dti_write(const dn_comm *comm, const char *path,
                                                         const char *command, const char *config, bool force,
                                                         const dn_synth_dti_options *o, dn_error *err);

#endif
