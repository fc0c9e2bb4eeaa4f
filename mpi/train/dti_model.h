/* dti_model.h - a trained drug-target network beside the dataset that it is to read */
#ifndef DN_TRAIN_DTI_MODEL_H
#define DN_TRAIN_DTI_MODEL_H

#include "mpi/io/model_file.h"
#include "mpi/inputs/dti_inputs.h"

typedef struct dn_dti_model {
    dn_model_record record;
    dn_dti_inputs in;
    dn_dti *dti;
    float *w, *running; /* [n_weights], [n_moments] */
} dn_dti_model;

/* model.h5 at path, and the drugs and targets of the open dataset encoded as the model wants them, beside
 * opt_pairs (NULL: the interactions that it was trained on). Drugs and targets may have been imported since:
 * they change no bit of the scores of others. With opt_pairs, a file of
 * states need have, of those, the targets of opt_pairs alone. opt_states: the file of states, when the model
 * was trained on one; NULL: where it stood then. opt_new: drugs and targets to stand behind those of the
 * dataset, or NULL. split: that of the dataset that the model was trained on, of which a network with history
 * looks at the training labels. Collective on comm, which is that of the dataset. Fails: DN_EDATA path holds
 * another network, or an encoding that this build does not know; the states are of another encoder, or other
 * ones of the same proteins; DN_EUSAGE opt_states for a model without; DN_ENOINPUT the states are no longer
 * where they were (asks for --encoder FILE); as dn_dti_inputs_load(), dn_model_load() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_model_load(const dn_comm *comm, const dn_h5 *dataset,
                                                        const char *path, const dn_interactions *opt_pairs,
                                                        const char *opt_states, const dn_newcomers *opt_new,
                                                        const dn_split *split, dn_dti_model *out,
                                                        dn_error *err);
DN_COLLECTIVE void dn_dti_model_destroy(dn_dti_model *m);

/* Probabilities of activation of rows [n] of the interactions, on every rank; the same bits on any number of
 * ranks. Collective. Fails: as dn_score() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_model_score(const dn_comm *comm, const dn_dti_model *m,
                                                         const int64_t *rows, int64_t n, double *out,
                                                         dn_error *err);

#endif
