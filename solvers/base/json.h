/* json.h - the door to jansson
 *
 * Contents: building, comparing, reading
 *
 * Objects are built from the root down; a child belongs to its parent as soon as it is made. A value that is
 * not finite becomes null. Building never fails half way: the first refused allocation is remembered and
 * dn_json_text() reports it. All functions are local.
 */
#ifndef DN_BASE_JSON_H
#define DN_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

typedef struct json_t dn_json; /* an object or an array */

dn_json *dn_json_create(void); /* an empty root object, or NULL */
void dn_json_destroy(dn_json **root);

/* Set key of obj; key NULL appends to an array. A NULL obj, the mark of a refused allocation, is
 * accepted. */
dn_json *dn_json_object(dn_json *obj, const char *key); /* a new child object, NULL when out of memory */
dn_json *dn_json_array(dn_json *obj, const char *key);
void dn_json_number(dn_json *obj, const char *key, double value);
void dn_json_int(dn_json *obj, const char *key, int64_t value);
void dn_json_bool(dn_json *obj, const char *key, bool value);
void dn_json_string(dn_json *obj, const char *key, const char *value);

/* Set key to what a JSON text says; a text that is no JSON is set as a string. */
void dn_json_value(dn_json *obj, const char *key, const char *text);

/* The text of root in a block for dn_free(), keys in the order they were set. indent 0: one line.
 * Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_json_text(const dn_json *root, int indent, char **out, dn_error *err);

/* The same, and the end of *root, whatever comes. */
DN_MUST_CHECK dn_status dn_json_end(dn_json **root, int indent, char **out, dn_error *err);

/* How two objects differ, in buf [cap], as words about the first key that does: "seed is 2, was 1", and how
 * many more do. Equal ones leave an empty text. Fails: DN_EDATA one of them is no JSON object; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_json_difference(const char *now, const char *before, char *buf, size_t cap,
                                           dn_error *err);

/* ---- reading ---- */

/* The object that a text [len] is, for dn_json_destroy(); name is for messages. A key that stands twice in an
 * object, anything behind the object, a NUL, and bytes that are not UTF-8 are errors.
 * Fails: DN_EDATA "name: is no JSON object: line, column, reason"; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_json_read(const char *name, const char *text, size_t len, dn_json **out,
                                     dn_error *err);

typedef enum dn_json_kind {
    DN_JSON_ABSENT, /* there is no such value */
    DN_JSON_NULL,
    DN_JSON_BOOL,
    DN_JSON_INT, /* without point and exponent, within int64_t */
    DN_JSON_NUMBER,
    DN_JSON_STRING,
    DN_JSON_ARRAY,
    DN_JSON_OBJECT
} dn_json_kind;

dn_json_kind dn_json_kind_of(const dn_json *v); /* v may be NULL */

/* Members of an object or elements of an array; 0 of anything else. */
int64_t dn_json_count(const dn_json *v);
/* The value of a key, element i of an array; NULL when there is none. */
const dn_json *dn_json_get(const dn_json *obj, const char *key);
const dn_json *dn_json_element(const dn_json *array, int64_t i);

/* Member after member in the order of the text, beginning with *it = NULL: false behind the last. */
bool dn_json_next(const dn_json *obj, void **it, const char **out_key, const dn_json **out_value);

int64_t dn_json_to_int(const dn_json *v);        /* of a DN_JSON_INT, otherwise 0 */
double dn_json_to_number(const dn_json *v);      /* of a DN_JSON_INT or DN_JSON_NUMBER, otherwise 0 */
bool dn_json_to_bool(const dn_json *v);          /* of a DN_JSON_BOOL, otherwise false */
const char *dn_json_to_string(const dn_json *v); /* of a DN_JSON_STRING, otherwise NULL */

#endif
