/* pair_layout.h - what kind of gene-gene table a file is, found from its first lines
 *
 * Told apart by content; plain or gzip:
 *   npy        NumPy array of (i, j, label)
 *   biogrid    a header with the columns of BioGRID TAB 2.0 or 3.0 (biogrid.h)
 *   mitab      15, 36, 42 or 46 columns with two identifiers, or a header behind '#' that names interactors
 *   yeastract  two columns, or a header that names a transcription factor and a target (yeastract.h)
 *   matrix     four columns or more, and 0 and 1 in the second line (regulation_matrix.h)
 *   dream5     three columns and no header, where the file's name says that it is a gold standard: such a
 *              table looks like any other of id, id, label (dream5.h)
 *   table      any other of three columns: id, id, label, undirected
 * A format can also be asked for by its name. All functions are local.
 */
#ifndef DN_FORMATS_PAIR_LAYOUT_H
#define DN_FORMATS_PAIR_LAYOUT_H

#include "solvers/formats/biogrid.h"
#include "solvers/formats/npy.h"
#include "solvers/formats/regulation_matrix.h"
#include "solvers/formats/yeastract.h"

typedef enum dn_pair_format {
    DN_PAIRS_AUTO,
    DN_PAIRS_NPY,
    DN_PAIRS_TABLE,
    DN_PAIRS_BIOGRID,
    DN_PAIRS_MITAB,
    DN_PAIRS_DREAM5,
    DN_PAIRS_YEASTRACT,
    DN_PAIRS_MATRIX,
    DN_PAIR_FORMATS
} dn_pair_format;

/* "biogrid" and so on; DN_PAIRS_AUTO is "auto". */
const char *dn_pair_format_name(dn_pair_format format);

/* The format of that name; false: there is none. */
bool dn_pair_format_find(const char *name, size_t len, dn_pair_format *out);

/* Whether its rows say who regulates whom. */
bool dn_pair_format_directed(dn_pair_format format);

/* Whether its rows have organisms, experiments and scores. */
bool dn_pair_format_evidence(dn_pair_format format);

/* Holds no pointers, so that it travels between ranks as bytes. */
typedef struct dn_pair_layout {
    dn_pair_format format;
    bool gzip;
    bool header; /* table: it has one. dream5_like: the table would also be a gold standard */
    bool dream5_like;
    char separator; /* of the table */
    int64_t bytes;  /* size of the file as it lies there */
    int64_t data;   /* first byte, inflated, of the rows; 0 when there is no header */
    int64_t width;  /* mitab: columns of a row */
    dn_npy npy;
    dn_biogrid biogrid;
    dn_yeastract yeastract;
    dn_regulation_matrix matrix;
} dn_pair_layout;

/* format: DN_PAIRS_AUTO, or the one that it must be. f: what the file must have columns for; it is not looked
 * at when the format has no evidence. out_factor: empty; the transcription factors of a matrix.
 * Fails: DN_EDATA it is none of these, or not the one that was asked for; DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_pair_layout_read(const char *path, dn_pair_format format,
                                            const dn_evidence_filter *f, dn_pair_layout *out,
                                            dn_strings *out_factor, dn_error *err);

/* The same of borrowed bytes, which are not .npy; name takes the place of the path. */
DN_MUST_CHECK dn_status dn_pair_layout_memory(const char *name, const void *bytes, size_t len,
                                              dn_pair_format format, const dn_evidence_filter *f,
                                              dn_pair_layout *out, dn_strings *out_factor, dn_error *err);

#endif
