/* edge_rows.h - the edges of a table or of a Matrix Market file, one by one
 *
 * The layout comes from edge_layout.h. All functions are local. Texts of errors start with "file:line: ".
 */
#ifndef DN_FORMATS_EDGE_ROWS_H
#define DN_FORMATS_EDGE_ROWS_H

#include "solvers/formats/edge_layout.h"

/* Valid until the next call for the same file. */
typedef struct dn_edge_row {
    dn_field source, target; /* not empty */
    float weight;            /* finite, never -0; 1 when the layout has no weight */
    unsigned effects;        /* of interaction.h; 0 when the layout has no type */
} dn_edge_row;

/* Lines passed so far. */
typedef struct dn_edge_counts {
    int64_t rows;     /* edges, also the ones left out */
    int64_t comments; /* behind those of the layout */
    int64_t headers;  /* the header, once more */
    int64_t unnamed;  /* DGIdb: claims without a drug or a gene, left out */
    int64_t unscored; /* DGIdb: edges without a score; their weight is 0 */
    int64_t cut;   /* 1: the last line had no end and was left out, as the layout says; not among the rows */
    bool open_end; /* the last line had no end */
} dn_edge_counts;

typedef struct dn_edge_rows dn_edge_rows;

/* The rows that bytes [begin, end) own; of a gzip file all rows, whatever begin and end are. For all of a
 * plain file begin = l->data and end = INT64_MAX. Fails: DN_ENOINPUT, DN_EIO, DN_ENOMEM, DN_EDATA gzip */
DN_MUST_CHECK dn_status dn_edge_rows_open(const char *path, const dn_edge_layout *l, int64_t begin,
                                          int64_t end, dn_edge_rows **out, dn_error *err);

/* All rows of borrowed bytes. */
DN_MUST_CHECK dn_status dn_edge_rows_memory(const char *name, const void *bytes, size_t len,
                                            const dn_edge_layout *l, dn_edge_rows **out, dn_error *err);

/* The next edge; *out_more false at the end. Fails: DN_EDATA a row of another number of fields (as where a
 * file was cut off; the text then says so), an empty id, a weight that is not a finite number or too large
 * for f32, an index outside the matrix; those of dn_delim_next_line() */
DN_MUST_CHECK dn_status dn_edge_rows_next(dn_edge_rows *e, dn_edge_row *out, bool *out_more, dn_error *err);

const dn_edge_counts *dn_edge_rows_counts(const dn_edge_rows *e);
int64_t dn_edge_rows_line(const dn_edge_rows *e); /* of the last row, in the whole file */

void dn_edge_rows_close(dn_edge_rows **e);

#endif
