/* yeastract.h - lists of regulations as YEASTRACT exports them
 *
 * Each line is a transcription factor and a target, divided by ';', ',' or tabs, with or without quotes
 * (RFC 4180). Without a header (RegulationTwoColumnTable) there are just these two columns; with one they are
 * found by their names (TF, transcription factor, regulator; target, target gene, gene, ORF), where
 * only letters and digits count, and others are passed over, but for a column label (class, y) of 0 and 1.
 * Local.
 *
 * A factor may be named as a protein: Abf1p is the product of the gene ABF1. dn_yeastract_gene() gives what
 * else a name may stand for.
 */
#ifndef DN_FORMATS_YEASTRACT_H
#define DN_FORMATS_YEASTRACT_H

#include "solvers/formats/dream5.h"

/* Holds no pointers, so that it travels between ranks as bytes. */
typedef struct dn_yeastract {
    char separator;
    bool header;
    int64_t width; /* columns of a row */
    int64_t factor, target;
    int64_t label; /* -1: none, every row is a regulation */
} dn_yeastract;

/* What the first line says; *out_is whether this is such a list. `line` is not written to. Fails: DN_ENOMEM
 */
DN_MUST_CHECK dn_status dn_yeastract_head(const char *line, size_t len, dn_yeastract *out, bool *out_is,
                                          dn_error *err);

/* The next row behind the header. Fails: DN_EDATA a row of another width, an empty id, a label, quotes (file
 * and line named); and as dn_delim_next_line() */
DN_MUST_CHECK dn_status dn_yeastract_next(const char *name, dn_delim *d, const dn_yeastract *y,
                                          dn_regulation *out, bool *out_more, dn_error *err);

/* Other spelling `which` of a name (0: capital letters, 1: the same without the 'p' of a protein), in buf
 * [cap]; its length, 0: there is none. */
size_t dn_yeastract_gene(const dn_field *name, int which, char *buf, size_t cap);

#endif
