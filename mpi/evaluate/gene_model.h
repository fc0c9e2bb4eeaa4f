/* gene_model.h - a trained network on pairs of genes beside the dataset that it is to read: do they belong
 * together, and both in memory
 */
#ifndef DN_EVALUATE_GENE_MODEL_H
#define DN_EVALUATE_GENE_MODEL_H

#include "mpi/inputs/profiles.h"
#include "mpi/io/dataset.h"
#include "mpi/io/model_file.h"

/* Names of files, for messages. */
typedef struct dn_gene_files {
    const char *dataset, *model;
} dn_gene_files;

/* What was loaded of a dataset; borrowed. profiles as imported or normalised. */
typedef struct dn_gene_set {
    const dn_genes *genes;
    const dn_pairs *pairs;
    const dn_split *split; /* as it was loaded */
    const dn_profiles *profiles;
} dn_gene_set;

/* Is it a model of this kind, of a normalisation that is known here? Local. Fails: DN_EDATA */
DN_MUST_CHECK dn_status dn_gene_record_check(const char *path, const dn_model_record *m, dn_error *err);

/* Do the parts of the dataset belong together? Local. Fails: DN_EDATA */
DN_MUST_CHECK dn_status dn_gene_set_check(const char *dataset, const char *split, const dn_gene_set *set,
                                          dn_error *err);

/* Was the model trained on this split of this dataset? Local. Fails: DN_EDATA (says what differs) */
DN_MUST_CHECK dn_status dn_gene_model_check(const dn_gene_files *files, const dn_model_record *m,
                                            const dn_gene_set *set, dn_error *err);

/* Both in memory, for scoring any pairs. */
typedef struct dn_gene_model {
    dn_model_record record;
    dn_genes genes;
    dn_pairs pairs; /* that the split divides */
    dn_split split;
    dn_profiles profiles; /* normalised as in training */
    int64_t flat;         /* genes whose values do not vary */
    dn_gener gener;       /* reads the profiles; has no pairs of its own */
    float *w, *running;   /* [n_weights], [n_moments] */
} dn_gene_model;

/* Collective. Fails: as the checks above, dn_h5_open(), dn_model_load(); DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_model_load(const dn_comm *comm, const dn_gene_files *files,
                                                         dn_gene_model *out, dn_error *err);
DN_COLLECTIVE void dn_gene_model_destroy(dn_gene_model *m);

#endif
