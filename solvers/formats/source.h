/* source.h - where the bytes of an input come from
 *
 * A range of a plain file, an inflated gzip file (RFC 1952, several members allowed), or a block of memory.
 * All functions are local. Texts of errors start with the name of the file.
 */
#ifndef DN_FORMATS_SOURCE_H
#define DN_FORMATS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_source dn_source;

/* What stands at path: its size and whether it starts as gzip does (1f 8b).
 * Fails: DN_ENOINPUT cannot be opened, or is not a regular file; DN_EIO */
DN_MUST_CHECK dn_status dn_source_probe(const char *path, int64_t *out_bytes, bool *out_gzip, dn_error *err);

/* Bytes [begin, end) of a plain file; ends early where the file ends. 0 <= begin <= end.
 * Fails: DN_ENOINPUT, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_source_open_range(const char *path, int64_t begin, int64_t end, dn_source **out,
                                             dn_error *err);

/* The inflated content of a gzip file. Fails: DN_ENOINPUT, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_source_open_gzip(const char *path, dn_source **out, dn_error *err);

/* Borrowed bytes [len]; name is for messages. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_source_open_memory(const char *name, const void *bytes, size_t len,
                                              dn_source **out, dn_error *err);

/* Who else wants the bytes of a file as they stand there, each once and in order, as far as they are read. */
typedef struct dn_tap {
    dn_status (*take)(void *self, const void *bytes, size_t len, dn_error *err);
    void *self;
} dn_tap;

/* From now on; not for memory. What take() returns, dn_source_read() returns. */
void dn_source_tap(dn_source *s, dn_tap tap);

/* Up to cap >= 1 bytes into buf; *out_len == 0 only at the end.
 * Fails: DN_EIO; DN_EDATA gzip data are damaged or cut off */
DN_MUST_CHECK dn_status dn_source_read(dn_source *s, void *buf, size_t cap, size_t *out_len, dn_error *err);

void dn_source_close(dn_source **s);

#endif
