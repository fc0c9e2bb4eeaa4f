/* biogrid.h - interactions of BioGRID: TAB 2.0 and TAB 3.0
 *
 * Source: wiki.thebiogrid.org, "BioGRID TAB 2.0 format" and "BioGRID TAB 3.0 format". Tabs divide the columns
 * and quotes are plain characters. The first line is the header, with or without its '#'; columns are found
 * by its names, where only letters and digits count, so their order and what else there is do not matter. "-"
 * means nothing. Later lines that begin with '#' are passed over (files that were joined).
 *
 * Namings of an interactor, in the order of dn_evidence_row.name: systematic name, official symbol, Entrez
 * gene id, synonyms ('|' between them). All functions are local.
 */
#ifndef DN_FORMATS_BIOGRID_H
#define DN_FORMATS_BIOGRID_H

#include "solvers/formats/evidence.h"

enum { DN_BIOGRID_SYSTEMATIC, DN_BIOGRID_SYMBOL, DN_BIOGRID_ENTREZ, DN_BIOGRID_SYNONYMS };

/* Holds no pointers, so that it travels between ranks as bytes. -1: there is no such column. */
typedef struct dn_biogrid {
    int version;   /* 2 or 3: by the name of the organism's columns */
    int64_t width; /* columns of a row */
    int64_t name[DN_NAMINGS][2];
    int64_t organism[2];
    int64_t type, system, score;
} dn_biogrid;

/* What a naming is called in a report. */
const char *dn_biogrid_naming(int naming);

/* Whether a line is the header of such a file. */
bool dn_biogrid_is_header(const char *line, size_t len);

/* Its columns; name and number of the line are for messages. Fails: DN_EDATA a naming has a column for one
 * interactor only, no naming has any, more than 256 columns, a column that the filter needs is not there */
DN_MUST_CHECK dn_status dn_biogrid_head(const char *name, int64_t number, const char *line, size_t len,
                                        const dn_evidence_filter *f, dn_biogrid *out, dn_error *err);

/* The next row of a table whose header has been passed; *out_more false at the end. The row is valid until
 * the next call. Fails: DN_EDATA a row of another width (file and line named), and as dn_delim_next_line() */
DN_MUST_CHECK dn_status dn_biogrid_next(const char *name, dn_delim *d, const dn_biogrid *b,
                                        const dn_evidence_filter *f, dn_evidence_row *out, bool *out_more,
                                        dn_error *err);

#endif
