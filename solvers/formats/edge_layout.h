/* edge_layout.h - what kind of edge list a file is, found from its first lines
 *
 * Told apart by content, never by name; plain or gzip:
 *   GraphML         begins with '<'
 *   Matrix Market   begins with %%MatrixMarket (coordinate; pattern, real, integer; general, symmetric)
 *   table           anything else: lines of two ids and perhaps a weight or an interaction type, divided by
 *                   tabs, commas, semicolons or, when there are none of these, by blanks
 *
 * Tables: lines that begin with # or % are comments, also in the middle; so is a first line that begins with
 * http:// or https://. A header is recognised by its names (drug and gene columns such as drug_name,
 * drugbank_id, gene_name, uniprot_id; pairs such as source,target, src,dst, GeneA,GeneB or
 * FromNodeId,ToNodeId), also behind a #, or by a third column that is no number while the next line has one.
 * A header may stand again anywhere. Weights are the column weight, score, combined_score, confidence or
 * interaction_group_score, or the third of three when it holds numbers; interaction types the column
 * interaction_types, interaction_type, actions or action. All functions are local. Texts of errors start with
 * "file:line: ".
 */
#ifndef DN_FORMATS_EDGE_LAYOUT_H
#define DN_FORMATS_EDGE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"
#include "solvers/formats/delim.h"

typedef enum dn_edge_format { DN_EDGES_TABLE, DN_EDGES_MTX, DN_EDGES_GRAPHML } dn_edge_format;

/* Holds no pointers, so that it travels between ranks as bytes. */
typedef struct dn_edge_layout {
    dn_edge_format format;
    bool gzip;
    bool drop_cut;  /* set by the caller: leave out a last line without an end */
    bool directed;  /* the file says that its edges have a direction (GraphML: not known here) */
    bool drug_gene; /* the columns are a drug and a gene, or the matrix is not square */
    bool claims;    /* columns of DGIdb: claims that were not matched to a drug or a gene have no id */
    int64_t bytes;  /* size of the file as it lies there */
    int64_t data;   /* first byte, inflated, behind comments and header */

    /* rows of a table or of a matrix */
    char separator;  /* ' ': any run of blanks and tabs */
    int64_t columns; /* fields of a row */
    int64_t source, target;
    int64_t weight, type;  /* -1: none */
    int64_t comments;      /* comment lines before data */
    int64_t announced;     /* rows that a comment announces ("Edges: N", as SNAP writes), -1: none */
    int64_t header_length; /* bytes of the header line, 0: none */
    uint64_t header_hash;

    /* Matrix Market */
    bool symmetric;
    int64_t rows, cols, entries;
} dn_edge_layout;

/* columns: "SOURCE,TARGET" or "SOURCE,TARGET,WEIGHT" names the columns of a table that has a header; NULL:
 * as above. Other formats ignore it. Fails: DN_EDATA it is no edge list of these kinds; DN_EUSAGE columns;
 * DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_edge_layout_read(const char *path, const char *columns, dn_edge_layout *out,
                                            dn_error *err);

/* The same of borrowed bytes; name takes the place of the path. */
DN_MUST_CHECK dn_status dn_edge_layout_memory(const char *name, const void *bytes, size_t len,
                                              const char *columns, dn_edge_layout *out, dn_error *err);

/* What a line is when it is not a row: a comment; blanks only; the header, once more. */
bool dn_edge_is_comment(const char *line, size_t len);
bool dn_edge_is_blank(const char *line, size_t len);
bool dn_edge_is_header(const dn_edge_layout *l, const char *line, size_t len);

#endif
