/* model_file.h - model.h5: all that scoring needs
 *
 * Datasets: /weights/<tensor>, /running/<norm>; attributes say architecture, samples, normalisation, which
 * split and pair set it was trained on, the hash of that training part, the recipe, and what validation said.
 */
#ifndef DN_IO_MODEL_FILE_H
#define DN_IO_MODEL_FILE_H

#include "mpi/io/digest.h"
#include "mpi/io/h5.h"
#include "solvers/models/dti.h"
#include "solvers/models/gener.h"

#define DN_MODEL_SCHEMA "dragnet.model"

typedef struct dn_model_record {
    char architecture[32];
    char split[128];
    char pairs[128];          /* of genes, or the set of interactions */
    int64_t fold;             /* -1: not a k-fold split */
    char training_hash[17];   /* dn_training_hash() */
    char validation_hash[17]; /* dn_validation_hash(); "" in files of before it was stored */
    int64_t best_epoch;
    double validation_loss;
    double validation_auroc;
    /* architecture "gener" */
    char normalisation[32];          /* as dn_normalisation_find() */
    char expression_hash[DN_DIGEST]; /* of the expression as imported; "" in files of before it was stored */
    int64_t samples;                 /* S */
    dn_gener_options options;        /* classes: absent in files of before there were four, 2;
                                      * precision: absent where it is f32 */
    /* architecture "dti" */
    int64_t drugs, targets; /* that the dataset had; 0: not recorded. More may have been imported since */
    char atoms[32];         /* dn_atoms_encoding_name() */
    char encoder[64];       /* dn_protein_encoding_name(), or that of a file of states (mpi/io/states.h) */
    char states_hash[17];   /* with a file: of the states of all targets, in their order; otherwise "" */
    char targets_hash[17];  /* with a file: of their sequences */
    char states_path[1024]; /* with a file: where it stood */
    bool history;           /* labels of training rows are among the inputs (mpi/inputs/dti_history.h) */
    dn_dti_options dti;
} dn_model_record;

/* Collective on comm. w [n_weights] and running [n_moments] on every rank. Fails: as dn_h5_create,
 * dn_h5_commit. */
DN_MUST_CHECK dn_status dn_model_save(const dn_comm *comm, const char *path, const char *command,
                                      const char *config, bool force, const dn_model *m,
                                      const dn_model_record *record, const float *w, const float *running,
                                      dn_error *err);

/* Read the record; a drug-target model that does not say `heads` has one, one that does not say
 * `drugs` and `targets` has 0. Collective on comm. */
DN_MUST_CHECK dn_status dn_model_read_record(const dn_comm *comm, const char *path, dn_model_record *out,
                                             dn_error *err);

/* Read weights [n_weights] and running [n_moments] of a model laid out like m. Collective on comm.
 * Fails: DN_EDATA another architecture or shape (named). */
DN_MUST_CHECK dn_status dn_model_load(const dn_comm *comm, const char *path, const dn_model *m, float *w,
                                      float *running, dn_error *err);

#endif
