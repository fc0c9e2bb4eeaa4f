/* id_file.h - texts by id: molecules of a SMILES file, sequences of a FASTA file
 *
 * SMILES: a line is the SMILES, blanks or tabs, and the id, which is the rest of the line; a first line
 * "smiles id" (or "SMILES name" and the like) is a header. FASTA: '>' and the id, which is the first word;
 * "sp|P12345|NAME" of UniProt has the id P12345. The lines below it up to the next '>' are joined, blanks in
 * them dropped. Plain or .gz. Texts are not looked at: an empty sequence is kept, for whoever uses it to
 * refuse.
 *
 * An id that stands again with the same text is counted; with another text it is an error. Local.
 */
#ifndef DN_FORMATS_ID_FILE_H
#define DN_FORMATS_ID_FILE_H

#include <stddef.h>
#include <stdint.h>
#include "solvers/base/text.h"

typedef enum dn_id_file_kind { DN_ID_FILE_SMILES, DN_ID_FILE_FASTA } dn_id_file_kind;

typedef struct dn_id_file {
    dn_strings id, text; /* [n]  id[i] means text[i]; ids are distinct, in the order of the file */
    int64_t *line;       /* [n]  where the entry begins, from 1 */
    int64_t repeats;     /* ids that stood there before */
} dn_id_file;

/* *out must be empty. Fails: DN_EDATA a line without an id, text before the first '>', an id with two texts
 * (file and line named), no entry, damaged gzip; DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_id_file_read(const char *path, dn_id_file_kind kind, dn_id_file *out,
                                        dn_error *err);

/* The same from bytes; name takes the place of the path. */
DN_MUST_CHECK dn_status dn_id_file_parse(const char *name, const void *bytes, size_t len,
                                         dn_id_file_kind kind, dn_id_file *out, dn_error *err);

void dn_id_file_destroy(dn_id_file *f);

#endif
