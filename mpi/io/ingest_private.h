/* ingest_private.h - the parts of import; only for mpi/io/ingest*.c. What is not marked local is collective.
 */
#ifndef DN_IO_INGEST_PRIVATE_H
#define DN_IO_INGEST_PRIVATE_H

#include "mpi/io/gene_table.h"
#include "mpi/io/h5.h"
#include "mpi/io/ingest.h"
#include "solvers/formats/delim.h"

/* ---- ingest_hash.c: SHA-256 of a file ---- */

typedef struct dn_sha256 {
    char hex[2 * 32 + 1];
    int64_t bytes;
    void *state; /* until dn_sha256_end() */
} dn_sha256;

/* Local. begin, take as a dn_tap does, end, destroy; or the whole file at path; read: what the hash has not
 * had of the file before byte `end`, as far as there is so much. state NULL is destroyed. Fails: DN_ENOINPUT,
 * DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_sha256_begin(dn_sha256 *h, dn_error *err);
DN_MUST_CHECK dn_status dn_sha256_take(void *h, const void *bytes, size_t len, dn_error *err);
DN_MUST_CHECK dn_status dn_sha256_end(dn_sha256 *h, dn_error *err);
DN_MUST_CHECK dn_status dn_sha256_file(const char *path, dn_sha256 *out, dn_error *err);
DN_MUST_CHECK dn_status dn_sha256_read(const char *path, int64_t end, dn_sha256 *h, dn_error *err);
void dn_sha256_destroy(dn_sha256 *h);

/* ---- expression: ingest_layout.c says what a file is, ingest_matrix.c reads it, ingest_expression.c brings
 * it to the owners of genes, ingest_repeats.c makes one profile of several ---- */

/* What kind of table a file is; travels as bytes. */
typedef struct dn_table_layout {
    int64_t bytes; /* of the file */
    int64_t data;  /* first byte behind the header */
    int64_t width; /* numbers of a line */
    int columns;   /* 1: genes in columns */
    int id_column; /* 1: lines begin with a name */
    int gzip;
    int hasher; /* the rank that hashes the file */
    int later;  /* 1: while the numbers are read */
    int along;  /* 1: numbers are read along with the names, as far as they are plain and fit in memory */
    char separator;
} dn_table_layout;

/* Layout, and names of the columns, from the first lines of a file; table: NULL when the genes are not known
 * yet. Local. Fails: DN_EDATA, DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_table_peek(const char *path, dn_axis genes_in, const dn_gene_table *table,
                                      dn_table_layout *out, dn_strings *out_names, dn_error *err);

/* The name at the front of a line, how many fields it has, and whether it holds quotes: only these need the
 * line cut for that. Local. Fails: as dn_delim_split() */
DN_MUST_CHECK dn_status dn_table_front(dn_delim *d, char separator, char *line, size_t len,
                                       dn_field *out_name, int64_t *out_fields, bool *out_quotes,
                                       dn_error *err);

enum { DN_TABLE_PANELS = 8 };

/* One expression file before its numbers are read. Rank r owns lines as it owns their bytes. */
typedef struct dn_table_part {
    dn_table_layout layout;
    dn_sha256 hash;    /* of the file; still under way after dn_table_part_read(), see there */
    bool quotes;       /* lines of this rank hold quotes */
    int64_t rows;      /* lines of this rank */
    int64_t first;     /* lines of the ranks before */
    dn_strings gene;   /* ids on the gene axis, whole file, on every rank */
    dn_strings sample; /* names on the sample axis, whole file, on every rank */
    /* The numbers of all lines, NaN missing, in panels of some columns each, so that memory comes free step
     * by step while they are turned. */
    int panels;                /* 0: the numbers are still to be read */
    int64_t room, panel;       /* lines; columns of a panel, of the last one what is left */
    float *x[DN_TABLE_PANELS]; /* [room, columns of the panel] */
} dn_table_part;

/* Read the file through for its layout, its names and its hash, which `hasher` makes, a rank; with `later`
 * the hash may be left to those who read the numbers, for whom it costs less: dn_table_hash_end() has it
 * then. along: a single rank may read the numbers in the same pass, of up to 256 MB; what is wrong with them
 * is still for dn_table_rows_next() to say. table: NULL when the genes are not known yet. Fails: DN_EDATA,
 * DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_table_part_read(const dn_comm *comm, const char *path,
                                                         dn_axis genes_in, const dn_gene_table *table,
                                                         int hasher, bool later, bool along,
                                                         dn_table_part *out, dn_error *err);

/* What the hasher does in one of `turns` of the blocks, where others read the lines. Local.
 * Fails: DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_table_hash_turn(const dn_comm *comm, const char *path, int64_t turn, int64_t turns,
                                           dn_table_part *p, dn_error *err);

/* Hash what is left of the file, if anything; the hash is on every rank then. Fails: DN_ENOINPUT, DN_EIO,
 * DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_table_hash_end(const dn_comm *comm, const char *path,
                                                        dn_table_part *p, dn_error *err);
void dn_table_part_destroy(dn_table_part *p); /* local */

/* The numbers of the lines of this rank, a block at a time: some lines, or a panel. All of it is local. */
typedef struct dn_table_rows {
    const char *path;
    dn_table_part *part;     /* borrowed; its panels are taken one by one */
    dn_delim *d;             /* NULL: this rank has no lines, or panels */
    int64_t blocks, most;    /* how many there are; lines of one: about 4 MB, or all */
    int taken;               /* panels */
    int64_t first, rows;     /* the block: its first line in the whole file, its lines */
    int64_t column, columns; /* ... its first column, its columns */
    float *x;                /* [rows, columns]  NaN missing */
} dn_table_rows;

/* Takes the panels of the part, if it has any: once only. */
DN_MUST_CHECK dn_status dn_table_rows_open(const dn_comm *comm, const char *path, dn_table_part *part,
                                           dn_table_rows *out, dn_error *err);
/* The next block, no rows at the end. Fails: DN_EDATA a cell; DN_EIO, the file is not what it was, too */
DN_MUST_CHECK dn_status dn_table_rows_next(dn_table_rows *r, dn_error *err);
void dn_table_rows_close(dn_table_rows *r);

/* Where the ids of a file belong; the same on every rank, but for slot. */
typedef struct dn_gene_ids {
    int64_t *gene;  /* [ids]  gene, or -1: of no use */
    int64_t *times; /* [genes]  ids of the gene that are of use */
    int64_t *slot; /* [ids]  of a gene of this rank that has several: where its profile waits; otherwise -1 */
    int64_t slots; /* of this rank; those of a gene stand together, in the order of the file */
} dn_gene_ids;

/* Local. Fails: DN_EDATA too few ids are known, a repeated gene with DN_REPEATED_REFUSE (names it); DN_ENOMEM
 */
DN_MUST_CHECK dn_status dn_gene_ids_create(const dn_comm *comm, const char *path, const dn_import_options *o,
                                           const dn_gene_table *t, const dn_strings *ids, dn_gene_ids *out,
                                           dn_expression_report *report, dn_error *err);
void dn_gene_ids_destroy(dn_gene_ids *m); /* local */

/* One profile out [samples] of n [n, samples] in the order of the file. Local. */
void dn_repeated_settle(dn_repeated rule, const float *x, int64_t n, int64_t samples, float *out);

/* Expression of the genes of this rank. */
typedef struct dn_expression {
    int64_t samples; /* of all files */
    int64_t have;    /* of the files so far */
    float *x;        /* [genes of dn_block(), samples]  NaN missing */
    dn_strings sample;
    int64_t *file; /* [samples]  number of the file of a sample */
} dn_expression;

/* Room for n files, and the names of their samples. Local. Fails: DN_EDATA names; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_expression_create(const dn_comm *comm, int64_t genes, int n,
                                             const char *const *path, const dn_table_part *part,
                                             dn_expression *out, dn_error *err);

/* The numbers of the next file, and its hash. Fails: as dn_gene_ids_create(), dn_table_rows_next(),
 * dn_table_hash_end() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_expression_append(const dn_comm *comm, const char *path,
                                                           const dn_import_options *o, const dn_gene_table *t,
                                                           dn_table_part *part, dn_expression *e,
                                                           dn_expression_report *out, dn_error *err);

/* /expression, /genes/values, and what the report says of them. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_expression_write(const dn_comm *comm, const dn_gene_table *t,
                                                          const dn_expression *e, dn_h5 *h,
                                                          dn_import_report *report, dn_error *err);
void dn_expression_destroy(dn_expression *e); /* local */

/* ---- ingest_sources.c: what went in ---- */

typedef struct dn_sources {
    dn_strings path, sha256;
    int64_t *bytes;    /* [path.n] */
    dn_sha256 *digest; /* [inputs]  of those that dn_sources_read() has hashed */
    int64_t *stamp;    /* rank 0: what dn_sources_stamp() saw */
} dn_sources;

/* Size and time of every input, before any is read: names, numbers and hashes are read one after the other,
 * and shall be those of one file. An input that is not there is left to who reads it. check: whether all are
 * as they were. Local, on rank 0. Fails: DN_ENOMEM; check: DN_EIO one has changed */
DN_MUST_CHECK dn_status dn_sources_stamp(const dn_import_options *o, dn_sources *s, dn_error *err);
DN_MUST_CHECK dn_status dn_sources_check(const dn_import_options *o, const dn_sources *s, dn_error *err);

/* Hash the inputs, each on one rank, but those of expression. Fails: DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_sources_read(const dn_comm *comm, const dn_import_options *o,
                                                      dn_sources *out, dn_error *err);

/* Paths, sizes and hashes of all inputs, once those of part [o->n_expression] are known. Local.
 * Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_sources_name(const dn_import_options *o, const dn_table_part *part,
                                        dn_sources *out, dn_error *err);

/* /sources; those of the file stay in front when it has some. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_sources_write(const dn_comm *comm, const dn_sources *s, dn_h5 *h,
                                                       dn_error *err);
void dn_sources_destroy(dn_sources *s); /* local */

/* Options and hashes as canonical JSON, for dn_free(). only >= 0: what determines that set alone, pair sets,
 * layers and interactions numbered through. Local. */
DN_MUST_CHECK dn_status dn_import_config(const dn_import_options *o, const dn_sources *s, int only,
                                         char **out, dn_error *err);

/* ---- pairs: the parts are in ingest_pairs.h ---- */

typedef struct dn_pair {
    int64_t a, b;  /* genes, as they stand in the file */
    int64_t label; /* 0 or 1 */
    int64_t row;   /* in the whole file */
} dn_pair;

/* The usable pairs among the lines of this rank, in the order of the file. */
typedef struct dn_pair_part {
    int64_t n;
    dn_pair *pair; /* [n] */
    size_t cap;
    int64_t rows, unknown, self_pairs, dropped; /* of this rank */
    int64_t failed[DN_EVIDENCE_VERDICTS];       /* of this rank: rows that were not wanted, by their reason */
    int64_t zeros;                              /* of this rank: a gene and a factor of a matrix with 0 */
    dn_examples unknown_ids;                    /* of this rank */
} dn_pair_part;

/* What becomes of a row. The rows of a pair stand in the order of the file. */
typedef enum dn_row_verdict {
    DN_ROW_KEEP,        /* the first, when all agree on the label */
    DN_ROW_TWO_LABELS,  /* the first, when they do not */
    DN_ROW_OTHER_LABEL, /* the first that contradicts it */
    DN_ROW_REPEAT,      /* any other: pair and label stood there before */
    DN_ROW_MUTUAL,      /* each of the two regulates the other */
    DN_ROW_REGULATED    /* a connection that is a regulation, too */
} dn_row_verdict;

/* verdict [p->n] of the pairs of p, in their order; (a, b) and (b, a) are the same pair. The lower of the two
 * is below n. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_pairs_settle(const dn_comm *comm, int64_t n, const dn_pair_part *p,
                                                      uint8_t *verdict, dn_error *err);

/* Read, check and write the pair sets of o as /pairs/NAME, each with its config. Sets of these names are not
 * there any more. Fails: DN_EDATA a file is wrong, no pair is left, one class of labels in a table of pairs;
 * DN_EUSAGE options that fit no set; DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_ingest_pair_sets(const dn_comm *comm, const dn_import_options *o,
                                                          const dn_sources *s, const dn_gene_table *t,
                                                          dn_h5 *h, dn_import_report *out, dn_error *err);

/* Whether a pair set of the dataset holds the pairs of one that o brings anew (--connections), and is not
 * brought anew with it. Collective on the communicator of h. Fails: DN_ECANTCREAT both named */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_connections_check(const dn_import_options *o, const dn_h5 *h,
                                                           dn_error *err);

/* The first examples of all ranks, on every rank. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_examples_share(const dn_comm *comm, dn_examples *e, dn_error *err);

/* ---- networks: ingest_network.c; the parts are in ingest_network.h ---- */

/* Read, merge and write the layers of o, and the nodes, into a file that may have some. Layers of these
 * names are not there any more. Fails: DN_EDATA a file is wrong; DN_EUSAGE sides that contradict each other,
 * columns; DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_ingest_network(const dn_comm *comm, const dn_import_options *o,
                                                        const dn_sources *s, dn_h5 *h, dn_import_report *out,
                                                        dn_error *err);

/* ---- drugs and targets: ingest_interactions.c; the parts are in ingest_interactions.h ---- */

/* Read, clean and write the sets of interactions of o, their drugs and targets, into a file that may have
 * some. Sets of these names are not there any more. What was set aside stands in OUTPUT.rejected.tsv.part,
 * for dn_rejected_publish() after the commit. Fails: DN_EDATA a file is wrong, no pair is left, one class of
 * labels; DN_EUSAGE, DN_EUNAVAILABLE, DN_ENOINPUT, DN_ECANTCREAT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_ingest_interactions(const dn_comm *comm, const dn_import_options *o,
                                                             const dn_sources *s, dn_h5 *h,
                                                             dn_import_report *out, dn_error *err);

#endif
