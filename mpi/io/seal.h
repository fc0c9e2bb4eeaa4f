/* seal.h - a checksum at the end of a file, so that a damaged one is found before a library reads it
 *
 * HDF5 reads beyond its memory when the tables of a file are damaged; bytes behind the end that these tables
 * state do not disturb it. Local; by one rank.
 */
#ifndef DN_IO_SEAL_H
#define DN_IO_SEAL_H

#include "solvers/base/error.h"

/* Append the checksum of all bytes of a file. Fails: DN_EIO */
DN_MUST_CHECK dn_status dn_seal(const char *path, dn_error *err);

/* Whether the file ends with the checksum of what stands before. Fails: DN_ENOINPUT; DN_EDATA it does not, or
 * is cut; DN_EIO it cannot be read now */
DN_MUST_CHECK dn_status dn_seal_check(const char *path, dn_error *err);

#endif
