/* gene_table.h - which names mean which gene
 *
 * A table has rows (genes) and namings (columns). The value of any naming finds its row; a name that means
 * two rows is ambiguous and finds none. After dn_gene_table_select() the rows that are kept are the genes, in
 * row order.
 */
#ifndef DN_IO_GENE_TABLE_H
#define DN_IO_GENE_TABLE_H

#include "mpi/core/world.h"
#include "mpi/io/h5.h"
#include "mpi/io/ingest.h"
#include "solvers/base/text.h"

typedef struct dn_gene_table {
    int64_t rows;
    int columns;        /* namings */
    dn_strings column;  /* [columns]  their names */
    dn_strings *naming; /* [columns][rows]  may hold empty strings */
    int primary;        /* the naming that gives /genes/id */
    dn_names *key;      /* every name to a number in [0, n_keys) */
    int64_t *key_row;   /* [n_keys]  its row, or DN_AMBIGUOUS */
    int64_t n_keys;
    size_t key_cap;
    int64_t ambiguous;    /* names that mean two rows */
    int64_t genes;        /* rows that are kept */
    int64_t *gene_of_row; /* [rows]  gene, or -1: dropped */
    int64_t *row_of_gene; /* [genes] */
    uint8_t *decoy;       /* [genes] */
    int64_t decoys;
} dn_gene_table;

#define DN_AMBIGUOUS (-2)

/* From a TSV or CSV file with a header: rank 0 reads, all get it. A column of running integers (from 0 or 1)
 * is an index and not a naming. Collective. Fails: DN_EDATA empty, ragged, no naming; DN_ENOINPUT, DN_EIO,
 * DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_table_read(const dn_comm *comm, const char *path,
                                                         dn_gene_table *out, dn_error *err);

/* From a list of ids; a repeated id is one row. Local. Fails: DN_ENOMEM; DN_EDATA an empty id */
DN_MUST_CHECK dn_status dn_gene_table_of_ids(const dn_strings *ids, dn_gene_table *out, dn_error *err);

/* From a dataset: rows is the number of rows the table once had; those that are not in the dataset are
 * dropped. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_table_load(const dn_comm *comm, const dn_h5 *h,
                                                         dn_gene_table *out, dn_error *err);

/* The row of a name; -1 unknown, DN_AMBIGUOUS. Local. */
int64_t dn_gene_table_find(const dn_gene_table *t, const char *name, size_t len);

/* Let the naming that has most of the ids be the primary one; ties go to the first. Local. Fails: DN_ENOMEM
 */
DN_MUST_CHECK dn_status dn_gene_table_choose(dn_gene_table *t, const dn_strings *ids, dn_error *err);

/* Drop and mark genes by patterns (fnmatch, on any naming). Local. Fails: DN_EDATA no gene is left; DN_ENOMEM
 */
DN_MUST_CHECK dn_status dn_gene_table_select(dn_gene_table *t, const dn_import_options *o, dn_error *err);

/* The id of a row: the primary naming, or the first one that is not empty. Local. */
const char *dn_gene_table_id(const dn_gene_table *t, int64_t row, size_t *out_len);

/* /genes/id, /genes/naming, table_row, decoy. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_table_write(const dn_comm *comm, const dn_gene_table *t,
                                                          dn_h5 *h, dn_error *err);

void dn_gene_table_destroy(dn_gene_table *t);

/* ---- examples for messages, each once; local ---- */
void dn_example_add(dn_examples *e, const char *name, size_t len);

/* "'a', 'b', 'c'" in buf; returns buf. */
const char *dn_examples_text(const dn_examples *e, char *buf, size_t cap);

/* The first names of the table, as examples. */
void dn_gene_table_examples(const dn_gene_table *t, dn_examples *out);

#endif
