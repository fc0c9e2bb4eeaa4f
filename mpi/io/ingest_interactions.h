/* ingest_interactions.h - the parts of importing drug-target tables; only for mpi/io/ingest_*.c. What is not
 * marked local is collective on comm.
 */
#ifndef DN_IO_INGEST_INTERACTIONS_H
#define DN_IO_INGEST_INTERACTIONS_H

#include "mpi/io/h5.h"
#include "mpi/io/ingest.h"
#include "solvers/formats/id_file.h"
#include "solvers/formats/interaction_table.h"

/* ---- ingest_interactions_read.c: tables to rows of numbers ---- */

/* Distinct texts, each with its number. */
typedef struct dn_texts {
    dn_strings text;
    dn_names *names; /* NULL while empty */
} dn_texts;

/* The number of a text, new or not. Fails: DN_ENOMEM. Local. */
DN_MUST_CHECK dn_status dn_texts_add(dn_texts *t, const char *text, size_t len, int64_t *out, dn_error *err);
void dn_texts_destroy(dn_texts *t); /* local */

enum { DN_TEXTS = 4 }; /* texts of dn_role: drug id, SMILES, target id, sequence */

typedef struct dn_interaction_row {
    int64_t text[DN_TEXTS]; /* numbers; -1: none */
    int64_t row;            /* in the whole file, from 0 */
    int label;              /* 0, 1, DN_LABEL_BOTH or, when they are skipped, DN_LABEL_UNKNOWN */
} dn_interaction_row;

/* The rows of this rank, in the order of the file. */
typedef struct dn_interaction_part {
    int64_t n;
    dn_interaction_row *row; /* [n] */
    size_t cap;
    bool has_ids[2]; /* the table has ids of drugs, of targets */
} dn_interaction_part;

/* Texts by id from other files; empty when there are none. The same on every rank. */
typedef struct dn_joined {
    dn_id_file file[2]; /* molecules, sequences */
    dn_names *by_id[2]; /* NULL: no such file */
} dn_joined;

DN_MUST_CHECK DN_COLLECTIVE dn_status dn_joined_read(const dn_comm *comm, const dn_import_options *o,
                                                     dn_joined *out, dn_error *err);
void dn_joined_destroy(dn_joined *j); /* local */

/* Read a table, with the columns and the labels that o asks for. all [DN_TEXTS], the same on every rank,
 * grows by its texts in the order of the file. Fails: DN_EDATA, DN_EUSAGE, DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_interaction_part_read(const dn_comm *comm, const char *path,
                                                               const dn_import_options *o,
                                                               const dn_joined *joined, dn_texts *all,
                                                               dn_interaction_part *out, dn_error *err);
void dn_interaction_part_destroy(dn_interaction_part *p); /* local */

/* ---- ingest_entities.c: texts to drugs and targets ---- */

typedef struct dn_entities {
    int64_t old; /* entities of the dataset before; they come first */
    int64_t n;
    dn_strings id, text, key; /* [n]  of targets text and key are the sequence; key of targets stays empty */
    dn_names *by_key;
    int64_t *of_text;  /* [texts]  entity of every text; -1: it cannot be read */
    dn_strings reason; /* [texts]  why, "" where it can */
    /* drugs: the graphs that this rank stores, in order; on rank 0 the old ones in front */
    int64_t mine;
    int64_t *count; /* [mine, 2]  atoms, bonds */
    int64_t atoms, bonds;
    int8_t *atom;       /* [atoms, DN_ATOM_FIELDS] */
    int64_t *isotope;   /* [atoms] */
    int8_t *bond;       /* [bonds, DN_BOND_FIELDS] */
    int64_t *bond_atom; /* [bonds, 2] */
    size_t cap[5];
} dn_entities;

/* Fields as schema.c lists them. */
enum { DN_ATOM_FIELDS = 10, DN_BOND_FIELDS = 4 };

/* What a dataset has; nothing when h has none. Fails: DN_EDATA, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_entities_load(const dn_comm *comm, const dn_h5 *h, bool drugs,
                                                       dn_entities *out, dn_error *err);

/* Number the texts: SMILES are read by all ranks, each its share. Ids of new entities are left out.
 * Fails: DN_EUNAVAILABLE no Indigo; DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_entities_of_smiles(const dn_comm *comm, const dn_strings *texts,
                                                            dn_entities *e, dn_error *err);
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_entities_of_sequences(const dn_comm *comm, const dn_strings *texts,
                                                               dn_entities *e, dn_error *err);

/* Write /drugs or /targets, in the place of the old ones. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_entities_write(const dn_comm *comm, bool drugs, dn_entities *e,
                                                        dn_h5 *h, dn_error *err);
void dn_entities_destroy(dn_entities *e); /* local */

/* ---- ingest_rejected.c: what was set aside ---- */

/* In front of every line: number of the set and of the row as digits, so that order does not depend on ranks;
 * behind it a line end. */
enum { DN_REJECTED_PLACE = 8 + 20 };

/* OUTPUT.rejected.tsv as OUTPUT.rejected.tsv.part: a header, the lines of sets in an old file that are not in
 * `replaced` (n of them; NULL: no old line is kept), and the lines of all ranks by set and row. Fails:
 * DN_ECANTCREAT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_rejected_write(const dn_comm *comm, const char *output,
                                                        const char *const *replaced, int n,
                                                        const dn_strings *lines, dn_error *err);

/* Give it its name, or remove the old one when there is nothing in it. Fails: DN_EIO */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_rejected_publish(const dn_comm *comm, const char *output,
                                                          dn_error *err);
DN_COLLECTIVE void dn_rejected_drop(const dn_comm *comm, const char *output); /* the .part; cannot fail */

#endif
