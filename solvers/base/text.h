/* text.h - tables of strings, names to indices, numbers from text
 *
 * Contents: dn_strings (bytes + offsets), dn_names (hash from name to index), parsing, text of others,
 * suggestions
 * All functions are local.
 */
#ifndef DN_BASE_TEXT_H
#define DN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

/* ---- a growing table of strings; the form in which strings stand in HDF5 ---- */
typedef struct dn_strings {
    int64_t n;
    int64_t *offset;   /* [n + 1]  offset[0] == 0; string i is bytes[offset[i] .. offset[i + 1]) */
    char *bytes;       /* [offset[n]]  no terminators */
    size_t offset_cap; /* allocated elements of offset */
    size_t bytes_cap;
} dn_strings;

DN_MUST_CHECK dn_status dn_strings_add(dn_strings *s, const char *text, size_t len, dn_error *err);
/* String i of `from`, another table; all of it. */
DN_MUST_CHECK dn_status dn_strings_add_string(dn_strings *s, const dn_strings *from, int64_t i,
                                              dn_error *err);
DN_MUST_CHECK dn_status dn_strings_append(dn_strings *s, const dn_strings *from, dn_error *err);
/* word1, word2, ..., as many as n; word: at most 15 bytes. */
DN_MUST_CHECK dn_status dn_strings_add_numbered(dn_strings *s, const char *word, int64_t n, dn_error *err);
/* An integer in decimal. */
DN_MUST_CHECK dn_status dn_strings_add_number(dn_strings *s, int64_t v, dn_error *err);
/* The words of "a,b,c"; an empty text is one empty word. */
DN_MUST_CHECK dn_status dn_strings_split(dn_strings *s, const char *text, dn_error *err);
void dn_strings_destroy(dn_strings *s); /* back to the empty table */

/* A view of string i, not terminated; *out_len its length. */
const char *dn_strings_at(const dn_strings *s, int64_t i, size_t *out_len);

/* String i as a C string in buf (cut to fit); returns buf. For messages. */
const char *dn_strings_copy(const dn_strings *s, int64_t i, char *buf, size_t cap);

/* ---- names to indices ---- */

/* FNV-1a, 64 bits (Fowler, Noll and Vo; draft-eastlake-fnv), its upper bits folded into the lower. */
uint64_t dn_hash(const char *text, size_t len);

typedef struct dn_names dn_names;

DN_MUST_CHECK dn_status dn_names_create(dn_names **out, dn_error *err);
/* The strings of a table with their numbers, the first of equal ones. */
DN_MUST_CHECK dn_status dn_names_of(const dn_strings *s, dn_names **out, dn_error *err);
void dn_names_destroy(dn_names **names);

/* Map name to value, value >= 0. When the name is there already, nothing changes and *out_value is the value
 * it has; otherwise *out_value = value. Name is copied. */
DN_MUST_CHECK dn_status dn_names_add(dn_names *names, const char *name, size_t len, int64_t value,
                                     int64_t *out_value, dn_error *err);

/* The value of a name, or -1. */
int64_t dn_names_find(const dn_names *names, const char *name, size_t len);

/* ---- numbers; the whole field must be the number, blanks around it are not part of it ---- */
/* Decimal, of any length, correctly rounded (1e400 is inf); also nan, inf; '.' is the decimal point. */
bool dn_parse_double(const char *text, size_t len, double *out);
bool dn_parse_int(const char *text, size_t len, int64_t *out); /* decimal, optional sign, no overflow */

/* ---- text of others, on its way to a terminal or into a table ---- */

/* The character at text [at least one byte, ended by a NUL], and its bytes; 0 and one byte for what is not
 * UTF-8. */
uint32_t dn_utf8_next(const char *text, int *out_bytes);

/* A copy in out [cap >= 1], cut to fit between characters, and never longer than text: control characters
 * (also tab, line feed, and C1), what is not UTF-8, and marks that nobody sees or that turn the direction of
 * writing become '?'. Whether nothing was replaced or cut. */
bool dn_text_printable(const char *text, char *out, size_t cap);

/* The candidate nearest to word by edit distance, or NULL when none is closer than half of the word. */
const char *dn_nearest(const char *word, const char *const *candidates, int n);

/* The same of a table: which string, or -1. Those of more than 63 letters are not looked at. */
int64_t dn_strings_nearest(const dn_strings *s, const char *word);

#endif
