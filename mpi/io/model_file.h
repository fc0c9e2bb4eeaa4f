/* model_file.h - model.h5: all that scoring needs
 *
 * Datasets: /weights/<tensor>, /running/<norm>; attributes say architecture, samples, normalisation, which
 * split and pair set it was trained on, the hash of that training part, the recipe, and what validation said.
 */
#ifndef DN_IO_MODEL_FILE_H
#define DN_IO_MODEL_FILE_H

#include "mpi/io/h5.h"
#include "solvers/models/gener.h"

#define DN_MODEL_SCHEMA "dragnet.model"

typedef struct dn_model_record {
    char architecture[32];
    char normalisation[32]; /* "zscore-gene" */
    char split[128];
    char pairs[128];
    int64_t fold;           /* -1: not a k-fold split */
    char training_hash[17]; /* dn_training_hash() */
    int64_t samples;        /* S */
    int64_t best_epoch;
    double validation_loss;
    double validation_auroc;
    dn_gener_options options;
} dn_model_record;

/* Collective on comm. w [n_weights] and running [n_moments] on every rank. Fails: as dn_h5_create,
 * dn_h5_commit. */
DN_MUST_CHECK dn_status dn_model_save(const dn_comm *comm, const char *path, const char *command,
                                      const char *config, bool force, const dn_model *m,
                                      const dn_model_record *record, const float *w, const float *running,
                                      dn_error *err);

/* Read the record. Collective on comm. */
DN_MUST_CHECK dn_status dn_model_read_record(const dn_comm *comm, const char *path, dn_model_record *out,
                                             dn_error *err);

/* Read weights [n_weights] and running [n_moments] of a model laid out like m. Collective on comm.
 * Fails: DN_EDATA another architecture or shape (named). */
DN_MUST_CHECK dn_status dn_model_load(const dn_comm *comm, const char *path, const dn_model *m, float *w,
                                      float *running, dn_error *err);

#endif
