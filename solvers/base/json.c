/* json.c - the door to jansson; see json.h */
#include "solvers/base/json.h"

#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"

/* Whether an allocation was refused since dn_json_create(). */
static _Thread_local bool refused;

static void put(dn_json *obj, const char *key, json_t *value)
{
    int bad;

    if (obj == NULL || value == NULL) {
        refused = true;
        json_decref(value);
        return;
    }
    bad = key != NULL ? json_object_set_new(obj, key, value) : json_array_append_new(obj, value);
    if (bad)
        refused = true;
}

static void *take(size_t bytes)
{
    void *p = dn_calloc(bytes, 1);

    if (p == NULL)
        refused = true;
    return p;
}

static void set_allocator(void)
{
    json_set_alloc_funcs(take, dn_free);
}

/* What jansson allocates by is of the whole process, and several threads build and read: it is set once,
 * before the first of them goes on. */
static void begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, set_allocator);
    refused = false;
}

dn_json *dn_json_create(void)
{
    begin();
    return json_object();
}

void dn_json_destroy(dn_json **root)
{
    json_decref(*root);
    *root = NULL;
}

dn_json *dn_json_object(dn_json *obj, const char *key)
{
    json_t *child = json_object();

    put(obj, key, child);
    return refused ? NULL : child;
}

dn_json *dn_json_array(dn_json *obj, const char *key)
{
    json_t *child = json_array();

    put(obj, key, child);
    return refused ? NULL : child;
}

void dn_json_number(dn_json *obj, const char *key, double value)
{
    put(obj, key, isfinite(value) ? json_real(value) : json_null());
}

void dn_json_int(dn_json *obj, const char *key, int64_t value)
{
    put(obj, key, json_integer(value));
}

void dn_json_bool(dn_json *obj, const char *key, bool value)
{
    put(obj, key, json_boolean(value));
}

void dn_json_string(dn_json *obj, const char *key, const char *value)
{
    json_t *text = json_string(value);

    put(obj, key, text != NULL ? text : json_string("(not UTF-8)"));
}

void dn_json_value(dn_json *obj, const char *key, const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

    if (value != NULL)
        put(obj, key, value);
    else
        dn_json_string(obj, key, text);
}

dn_status dn_json_text(const dn_json *root, int indent, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;

    if (root != NULL && !refused)
        text = json_dumps(root, JSON_REAL_PRECISION(17) | JSON_PRESERVE_ORDER | JSON_INDENT((size_t)indent));
    if (text == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory while writing JSON");
    *out = text;
out:
    return st;
}

dn_status dn_json_end(dn_json **root, int indent, char **out, dn_error *err)
{
    dn_status st = dn_json_text(*root, indent, out, err);

    dn_json_destroy(root);
    return st;
}

/* ---- comparing ---- */

/* The text of a value in buf; an absent one is "absent". */
static const char *brief(const json_t *value, char *buf, size_t cap)
{
    size_t len = value == NULL ? 0
                               : json_dumpb(value, buf, cap - 1,
                                            JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(12));

    if (len == 0)
        snprintf(buf, cap, "absent");
    else
        buf[len < cap ? len : cap - 1] = '\0';
    return buf;
}

static void note_difference(const char *key, const json_t *now, const json_t *before, int count, char *buf,
                            size_t cap)
{
    char a[80], b[80];

    if (count == 0)
        snprintf(buf, cap, "%s is %s, was %s", key, brief(now, a, sizeof a), brief(before, b, sizeof b));
}

dn_status dn_json_difference(const char *now, const char *before, char *buf, size_t cap, dn_error *err)
{
    dn_status st = DN_OK;
    json_t *a = NULL, *b = NULL, *value;
    const char *key;
    int count = 0;
    size_t len;

    begin();
    buf[0] = '\0';
    a = json_loads(now, 0, NULL);
    b = json_loads(before, 0, NULL);
    if (refused)
        DN_FAIL(DN_ENOMEM, "out of memory while reading JSON");
    if (!json_is_object(a) || !json_is_object(b))
        DN_FAIL(DN_EDATA, "not a JSON object: %.60s", json_is_object(a) ? before : now);
    json_object_foreach(a, key, value) if (!json_equal(value, json_object_get(b, key)))
        note_difference(key, value, json_object_get(b, key), count++, buf, cap);
    json_object_foreach(b, key, value) if (json_object_get(a, key) == NULL)
        note_difference(key, NULL, value, count++, buf, cap);
    len = strlen(buf);
    if (count > 1)
        snprintf(buf + len, cap - len, ", and %d more", count - 1);
out:
    json_decref(a);
    json_decref(b);
    return st;
}

/* ---- reading ---- */

dn_status dn_json_read(const char *name, const char *text, size_t len, dn_json **out, dn_error *err)
{
    dn_status st = DN_OK;
    json_error_t why;
    json_t *root = NULL;

    begin();
    root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (refused)
        DN_FAIL(DN_ENOMEM, "%s: out of memory while reading JSON", name);
    if (root == NULL)
        DN_FAIL(DN_EDATA, "%s: is no JSON object: line %d, column %d: %.120s", name, why.line, why.column,
                why.text);
    if (!json_is_object(root))
        DN_FAIL(DN_EDATA, "%s: is no JSON object but an array", name);
    *out = root;
    root = NULL;
out:
    json_decref(root);
    return st;
}

dn_json_kind dn_json_kind_of(const dn_json *v)
{
    if (v == NULL)
        return DN_JSON_ABSENT;
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return DN_JSON_OBJECT;
    case JSON_ARRAY:
        return DN_JSON_ARRAY;
    case JSON_STRING:
        return DN_JSON_STRING;
    case JSON_INTEGER:
        return DN_JSON_INT;
    case JSON_REAL:
        return DN_JSON_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return DN_JSON_BOOL;
    default:
        return DN_JSON_NULL;
    }
}

int64_t dn_json_count(const dn_json *v)
{
    return (int64_t)(json_is_array(v) ? json_array_size(v) : json_object_size(v));
}

const dn_json *dn_json_get(const dn_json *obj, const char *key)
{
    return json_object_get(obj, key);
}

const dn_json *dn_json_element(const dn_json *array, int64_t i)
{
    return i < 0 ? NULL : json_array_get(array, (size_t)i);
}

bool dn_json_next(const dn_json *obj, void **it, const char **out_key, const dn_json **out_value)
{
    json_t *o = (json_t *)(uintptr_t)obj; /* jansson's iterators are not const */

    *it = *it == NULL ? json_object_iter(o) : json_object_iter_next(o, *it);
    if (*it == NULL)
        return false;
    *out_key = json_object_iter_key(*it);
    *out_value = json_object_iter_value(*it);
    return true;
}

int64_t dn_json_to_int(const dn_json *v)
{
    return json_integer_value(v);
}

double dn_json_to_number(const dn_json *v)
{
    return json_number_value(v);
}

bool dn_json_to_bool(const dn_json *v)
{
    return json_is_true(v);
}

const char *dn_json_to_string(const dn_json *v)
{
    return json_string_value(v);
}
