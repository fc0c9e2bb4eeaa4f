/* newcomers.h - drugs and targets that a dataset need not have, out of SMILES and FASTA files
 *
 *     const dn_newcomers_wish w = {.molecules = "library.smi"};
 *     DN_TRY(dn_newcomers_read(comm, &w, &drugs, &targets, &new, err));
 *     DN_TRY(dn_newcomers_append(&new, &drugs, &targets, err));
 *     ... new.side[0].entity[i] is the drug that entry i of library.smi asks for
 *     dn_newcomers_destroy(&new);
 *
 * The files are those of formats/id_file.h. A molecule that is a drug of the dataset is that drug, under the
 * id that it has there; of entries that are one molecule the first gives the id. The others are new and are
 * numbered behind those of the dataset, in the order of the file. The same for sequences and targets.
 */
#ifndef DN_IO_NEWCOMERS_H
#define DN_IO_NEWCOMERS_H

#include "mpi/io/drug_target.h"

typedef struct dn_newcomers_wish {
    const char *molecules; /* SMILES by id, or NULL */
    const char *sequences; /* FASTA, or NULL */
    bool skip_unreadable;  /* set entries aside that cannot be read; otherwise the first is an error */
} dn_newcomers_wish;

/* The entries of one file; n is 0 without a file. */
typedef struct dn_newcomers_side {
    int64_t n;
    dn_strings id;      /* [n]  distinct */
    int64_t *line;      /* [n]  of the file, from 1 */
    int64_t *entity;    /* [n]  below `known` of the dataset; -1: set aside */
    dn_strings reason;  /* [n]  why it was set aside; "" otherwise */
    int64_t known;      /* entities of the dataset */
    int64_t unreadable; /* entries set aside */
} dn_newcomers_side;

typedef struct dn_newcomers {
    dn_newcomers_side side[2]; /* drugs, targets */
    dn_drugs drugs;            /* the new ones */
    dn_targets targets;
} dn_newcomers;

/* The same on every rank; each rank reads a share of the molecules. Collective.
 * Fails: DN_EDATA an entry cannot be read (file, line, id, reason, and how many more), an id of the dataset
 * with another molecule or sequence, no entry is left, as dn_id_file_read(); DN_EUNAVAILABLE no Indigo;
 * DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_newcomers_read(const dn_comm *comm, const dn_newcomers_wish *wish,
                                                        const dn_drugs *drugs, const dn_targets *targets,
                                                        dn_newcomers *out, dn_error *err);
void dn_newcomers_destroy(dn_newcomers *n);

/* The new ones behind those of the dataset. Local. Fails: DN_ENOMEM, and both may then be longer in part */
DN_MUST_CHECK dn_status dn_newcomers_append(const dn_newcomers *n, dn_drugs *drugs, dn_targets *targets,
                                            dn_error *err);

#endif
