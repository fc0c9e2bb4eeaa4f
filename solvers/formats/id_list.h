/* id_list.h - a file of ids, one a line
 *
 * The id is what stands before the first tab, blanks around it dropped; empty lines and lines that begin with
 * '#' are not looked at. Plain or .gz. Local.
 */
#ifndef DN_FORMATS_ID_LIST_H
#define DN_FORMATS_ID_LIST_H

#include "solvers/base/text.h"

typedef struct dn_id_list {
    dn_strings id; /* [n]  in the order of the file, also when it stands there twice */
    int64_t *line; /* [n]  where each stands, from 1 */
} dn_id_list;

/* *out must be empty. Fails: DN_EDATA no id, damaged gzip; DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_id_list_read(const char *path, dn_id_list *out, dn_error *err);
void dn_id_list_destroy(dn_id_list *l);

#endif
