/* ingest_pairs.h - the parts of the import of pair sets; only for mpi/io/ingest*.c. What is not marked local
 * is collective. */
#ifndef DN_IO_INGEST_PAIRS_H
#define DN_IO_INGEST_PAIRS_H

#include "mpi/io/ingest_private.h"
#include "solvers/formats/pair_layout.h"

/* A pair set while it is read: what kind its file is, the same on every rank. */
typedef struct dn_pair_file {
    const char *name, *path;
    dn_pair_layout layout;
    dn_strings factor;                /* of a matrix */
    const dn_evidence_filter *filter; /* of BioGRID and PSI-MITAB */
} dn_pair_file;

/* Rank 0 looks, all know. layout and factor of f are written; format: DN_PAIRS_AUTO, or what it must be. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_pair_file_look(const dn_comm *comm, dn_pair_format format,
                                                        dn_pair_file *f, dn_error *err);

/* Take a row in: rows of the gene id table (negative: unknown) and a label. Local; p->rows is not touched. */
DN_MUST_CHECK dn_status dn_pair_take(const dn_gene_table *t, int64_t row_a, int64_t row_b, int64_t label,
                                     int64_t row, dn_pair_part *p, dn_error *err);

/* The row of the gene id table; a name that has none is among the unknown ids. Local. */
int64_t dn_pair_find(const dn_gene_table *t, const dn_field *name, dn_pair_part *p);

/* The rows of this rank opened, past the header; *out NULL: it has none. Local. */
DN_MUST_CHECK dn_status dn_pair_rows_open(const dn_comm *comm, const dn_pair_file *f, dn_delim **out,
                                          dn_error *err);

/* Read this rank's lines. out: format, naming, found and dream5_like are set on every rank. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_pair_part_read(const dn_comm *comm, const dn_pair_file *f,
                                                        const dn_gene_table *t, dn_pair_part *out,
                                                        dn_pairs_report *report, dn_error *err);

/* BioGRID and PSI-MITAB: its two kinds of interactors to genes. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_evidence_part_read(const dn_comm *comm, const dn_pair_file *f,
                                                            const dn_gene_table *t, dn_pair_part *out,
                                                            dn_pairs_report *report, dn_error *err);

/* DREAM5, YEASTRACT and matrices: a regulates b. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_regulation_part_read(const dn_comm *comm, const dn_pair_file *f,
                                                              const dn_gene_table *t, dn_pair_part *out,
                                                              dn_error *err);

/* A row at the owner of its lower gene; the pair is (high, low) when flipped. */
typedef struct dn_pair_entry {
    int64_t low, high, row, label;
    int64_t at; /* place among the rows received */
    bool flipped;
} dn_pair_entry;

/* What becomes of all the rows of two genes, n >= 1 in the order of the file: verdict[e[i].at]. Local. */
typedef void dn_pair_judge(const dn_pair_entry *e, int64_t n, uint8_t *verdict);

/* As dn_pairs_settle(), by another rule. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_pairs_settle_by(const dn_comm *comm, int64_t n,
                                                         const dn_pair_part *p, dn_pair_judge *judge,
                                                         uint8_t *verdict, dn_error *err);

/* Pairs as they stand in the file, of this rank. */
typedef struct dn_pair_columns {
    int64_t n;
    int64_t *a, *b; /* [n] */
    uint8_t *label; /* [n] */
} dn_pair_columns;
DN_MUST_CHECK dn_status dn_pair_columns_create(int64_t n, dn_pair_columns *out, dn_error *err); /* local */
void dn_pair_columns_destroy(dn_pair_columns *c);                                               /* local */

/* The columns of all ranks, one behind the other, as /pairs/NAME with the counts of the report. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_pair_columns_write(const dn_comm *comm, const char *name,
                                                            const dn_pair_columns *c,
                                                            const dn_pairs_report *r, dn_h5 *h,
                                                            dn_error *err);

/* From the rows to what is kept of them, counted. undirected: as import.h says. connections: NULL, or their
 * pairs of this rank. Fails: DN_EDATA no pair is left; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_regulations_settle(const dn_comm *comm, const dn_gene_table *t,
                                                            const dn_pair_part *p, bool undirected,
                                                            const dn_pair_columns *connections,
                                                            dn_pair_columns *out, dn_pairs_report *report,
                                                            dn_error *err);

#endif
