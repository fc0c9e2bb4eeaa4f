/* npy.h - NumPy arrays of triples of numbers
 *
 * Reads format versions 1 and 2 (and 3, the same with UTF-8) of numpy.lib.format: C order, shape (n, 3),
 * '<f8', '<i8' or '<i4'. All functions are local. Texts of errors start with the name of the file; rows count
 * from 0 as in NumPy.
 */
#ifndef DN_FORMATS_NPY_H
#define DN_FORMATS_NPY_H

#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

typedef enum dn_npy_type { DN_NPY_F64, DN_NPY_I64, DN_NPY_I32 } dn_npy_type;

typedef struct dn_npy {
    int64_t rows; /* n >= 0 */
    int64_t data; /* offset of the first row in the file, bytes */
    dn_npy_type type;
    size_t item; /* bytes of a number */
} dn_npy;

/* The header in the first `len` bytes of a file of file_bytes bytes; name is for messages.
 * Fails: DN_EDATA not .npy, another version, type, order or shape, or the data are cut off (each with the
 * reason) */
DN_MUST_CHECK dn_status dn_npy_parse(const char *name, const void *head, size_t len, int64_t file_bytes,
                                     dn_npy *out, dn_error *err);

/* The header of a file. Fails: as above; DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_npy_open(const char *path, dn_npy *out, dn_error *err);

/* Rows [first, first + count) as integers: out [count, 3].
 * Fails: DN_EDATA a number is NaN, infinite or not whole (the text names row and column); DN_ENOINPUT,
 * DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_npy_read(const char *path, const dn_npy *a, int64_t first, int64_t count,
                                    int64_t *out, dn_error *err);

#endif
