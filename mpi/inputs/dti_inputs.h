/* dti_inputs.h - drugs, targets and pairs of a dataset as the drug-target network reads them
 *
 * Molecules become atom features and neighbour lists, sequences become states. The states, the largest part,
 * stand once per host in memory that its ranks share; all else stands on every rank.
 */
#ifndef DN_INPUTS_DTI_INPUTS_H
#define DN_INPUTS_DTI_INPUTS_H

#include "mpi/core/shared.h"
#include "mpi/io/newcomers.h"
#include "mpi/io/states.h"
#include "solvers/chem/features.h"
#include "solvers/formats/protein.h"
#include "solvers/models/dti.h"

typedef struct dn_dti_encoding {
    dn_atom_encoding atoms;
    dn_protein_encoding residues;     /* read when there is no file of states */
    const char *opt_states;           /* path of a file of states (mpi/io/states.h), or NULL */
    const dn_newcomers *opt_new;      /* drugs and targets to stand behind those of the dataset, or NULL */
    const dn_interactions *opt_pairs; /* rows in place of those of the set, or NULL; of targets that came
                                         after the model, only these rows' need be in the file of states */
    int64_t drugs, targets; /* of the dataset when the model was trained, which more may follow; 0: all */
} dn_dti_encoding;

/* "published", "rich"; -1 for another word. Local. */
int dn_atoms_encoding_find(const char *name);
const char *dn_atoms_encoding_name(dn_atom_encoding encoding);

/* Principal components of drugs and of targets that the network is shown beside history. */
enum { DN_DTI_COMPONENTS = 48 };

typedef struct dn_dti_inputs {
    dn_drugs drugs;
    dn_targets targets;
    dn_interactions pairs;
    int64_t known[2]; /* drugs, targets that a model was trained beside; the others came later */
    dn_dti_data data; /* views of what stands here; for dn_dti_create() */
    float *atom;
    int64_t *bond_at, *bond_to, *state_at;
    float *history;                   /* [pairs.n, DN_PAST_SCORES], or NULL */
    float *drug_place, *target_place; /* [drugs.n, DN_DTI_COMPONENTS], [targets.n, same]; NULL as history */
    dn_host host;
    dn_shared *states;
    char encoder[64]; /* name of the encoding, or of the encoder of the file */
    /* with a file of states, otherwise "" */
    char states_hash[DN_HASH_TEXT];  /* of the states of the known targets, in their order */
    char targets_hash[DN_HASH_TEXT]; /* of their sequences */
    char new_hash[DN_HASH_TEXT];     /* of the states of the others; "" without */
    int64_t ends;                    /* positions of a protein that stand for no residue (states.h) */
    char states_path[1024];          /* where the file stands, from the root */
} dn_dti_inputs;

/* All drugs and targets of the dataset and those that are new (pairs.drugs and pairs.targets count those of
 * the dataset alone), and one set of interactions. Collective on comm, which is that of h. Fails: as the
 * loaders of drug_target.h; as dn_states_open(), dn_states_find(), dn_states_read(); DN_ENOMEM, also when
 * shared memory is too small */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_inputs_load(const dn_comm *comm, const dn_h5 *h, const char *set,
                                                         const dn_dti_encoding *encoding, dn_dti_inputs *out,
                                                         dn_error *err);
/* Give the network what the labels of the training rows say of every pair (dti_history.h), a training row
 * held out in the way of the split, and where drugs and targets lie among those of the training rows
 * (dti_components.h). It starts as kernel ridge regression. Collective. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_inputs_add_history(const dn_comm *comm, dn_dti_inputs *in,
                                                                const dn_split *split, dn_error *err);
DN_COLLECTIVE void dn_dti_inputs_destroy(dn_dti_inputs *in);

#endif
