/* delim.h - records of a table in text: TSV or CSV
 *
 * A record is one line; fields are divided by a tab or a comma. Accepted: LF and CRLF, no line end at the end
 * of the file, a UTF-8 byte order mark, empty lines (skipped), gzip. A field that begins with " is quoted as
 * in RFC 4180
 * ("" is one "), with either separator, but may not hold a line end, so that any byte range of a plain file
 * can be cut into records without reading what stands before it. Blanks around a field that is not quoted are
 * dropped.
 *
 * A byte range [begin, end) owns the lines whose first byte lies in it: ranges that cover a file cover each
 * line once. All functions are local. Texts of errors start with "file:line: ".
 */
#ifndef DN_FORMATS_DELIM_H
#define DN_FORMATS_DELIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_delim dn_delim;

typedef struct dn_field {
    const char *text; /* [len]  not terminated */
    size_t len;
} dn_field;

/* Valid until the next call for the same table. */
typedef struct dn_record {
    int64_t n; /* fields, n >= 1 */
    const dn_field *field;
} dn_record;

/* The whole file, plain or gzip. separator 0: chosen when the first line is seen: a tab when the name ends in
 * .tsv, .tab or .txt and the line has one, a comma when it ends in .csv and the line has one (.gz is not
 * looked at), otherwise the more frequent of both. Fails: DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_delim_open(const char *path, char separator, dn_delim **out, dn_error *err);

/* The same, for somebody who wants the bytes of the file, too (borrowed): all of them, once there are no more
 * records. */
struct dn_tap;
DN_MUST_CHECK dn_status dn_delim_open_tapped(const char *path, char separator, const struct dn_tap *tap,
                                             dn_delim **out, dn_error *err);

/* The lines that bytes [begin, end) of a plain file own. separator is given. Fails: as above */
DN_MUST_CHECK dn_status dn_delim_open_range(const char *path, char separator, int64_t begin, int64_t end,
                                            dn_delim **out, dn_error *err);

/* Borrowed bytes; name takes the place of the path. */
DN_MUST_CHECK dn_status dn_delim_open_memory(const char *name, const void *bytes, size_t len, char separator,
                                             dn_delim **out, dn_error *err);

/* The next record; *out_more false at the end. Fails: DN_EDATA a quote that does not end or is followed by
 * text, a NUL byte (not a text file), damaged gzip; DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_delim_next(dn_delim *d, dn_record *out, bool *out_more, dn_error *err);

/* ---- the two halves of dn_delim_next(), for tables whose lines are not all records ---- */

/* The next line that is not empty, [len] without its end, valid until the next call; it may be written to.
 * Fails: DN_EDATA a NUL byte, damaged gzip; DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_delim_next_line(dn_delim *d, char **out_line, size_t *out_len, bool *out_more,
                                           dn_error *err);

/* The lines were read before: they are not searched for NUL bytes again. */
void dn_delim_trust(dn_delim *d);

/* That line cut at a separator, quotes as above (taken off in place).
 * Fails: DN_EDATA quotes; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_delim_split(dn_delim *d, char separator, char *line, size_t len, dn_record *out,
                                       dn_error *err);

/* That line cut at every run of blanks and tabs, without quotes; no words: out->n == 0. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_delim_words(dn_delim *d, const char *line, size_t len, dn_record *out,
                                       dn_error *err);

/* Line of the last record, from 1, in the whole file: counts the line ends before the range when called, so
 * this is for messages. When the file can no longer be read the count starts at the range. */
int64_t dn_delim_line(const dn_delim *d);

char dn_delim_separator(const dn_delim *d); /* 0 while it is not known */
bool dn_delim_open_end(const dn_delim *d);  /* the last line has no end: the file stops there */
int64_t dn_delim_offset(const dn_delim *d); /* first byte behind the last record, in inflated bytes */

void dn_delim_close(dn_delim **d);

#endif
