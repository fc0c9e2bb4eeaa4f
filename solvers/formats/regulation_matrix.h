/* regulation_matrix.h - a table of 0 and 1 that says which transcription factor regulates which gene
 *
 * Columns are transcription factors, rows are genes: the header names the factors, with or without a name (or
 * nothing) above the genes, and a row is a gene and one 0 or 1 for each. Tabs, ',' or ';' divide the fields,
 * which may not be quoted. Whether columns are the factors cannot be seen from a file, but there are always
 * fewer factors than genes: the caller refuses a matrix with more columns than rows. Local.
 */
#ifndef DN_FORMATS_REGULATION_MATRIX_H
#define DN_FORMATS_REGULATION_MATRIX_H

#include "solvers/base/text.h"
#include "solvers/formats/fields.h"

/* Holds no pointers, so that it travels between ranks as bytes. */
typedef struct dn_regulation_matrix {
    char separator;
    bool corner; /* the header has a field above the genes */
    int64_t factors;
} dn_regulation_matrix;

/* Whether the first two lines are of such a table of at least 3 factors, most of whose first row is 0 and 1.
 */
bool dn_regulation_matrix_is(const char *first, size_t first_len, const char *second, size_t second_len);

/* The header: how it is divided, whether it has a corner (row_fields: those of the first row), and the names
 * of the factors appended to out_factor. Fails: DN_EDATA no factor, one without a name or named twice (file
 * and line named); DN_ENOMEM */
DN_MUST_CHECK dn_status dn_regulation_matrix_head(const char *name, int64_t number, const char *line,
                                                  size_t len, const char *row, size_t row_len,
                                                  dn_regulation_matrix *out, dn_strings *out_factor,
                                                  dn_error *err);

/* The next row behind the header: its gene, and in one [factors] the numbers of the factors with a 1, rising,
 * *out_ones of them. factor: their names, for messages. Fails: DN_EDATA another number of fields, a gene
 * without a name, a field that is neither 0 nor 1 (file, line and factor named); and as dn_delim_next_line()
 */
DN_MUST_CHECK dn_status dn_regulation_matrix_next(const char *name, dn_delim *d,
                                                  const dn_regulation_matrix *m, const dn_strings *factor,
                                                  dn_field *out_gene, int64_t *one, int64_t *out_ones,
                                                  bool *out_more, dn_error *err);

#endif
