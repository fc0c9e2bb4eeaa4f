/* schema.h - every path that may stand in a dragnet file, with type, dims, unit and meaning
 *
 * Readers take the same major version with any minor. An addition raises minor, a change of meaning raises
 * major.
 */
#ifndef DN_IO_SCHEMA_H
#define DN_IO_SCHEMA_H

#include "mpi/io/h5.h"

enum { DN_SCHEMA_MAJOR = 1, DN_SCHEMA_MINOR = 6 };

typedef struct dn_schema_row {
    const char *path;  /* '*' stands for one name */
    bool text;         /* a table of strings: PATH/bytes and PATH/offsets */
    dn_type type;      /* otherwise */
    const char *dims;  /* "gene,sample" */
    const char *units; /* "1" where there is none */
    const char *long_name;
} dn_schema_row;

/* The row of a path, or NULL. Local. */
const dn_schema_row *dn_schema_find(const char *path);

#endif
