/* json.c - the door to jansson; see json.h */
#include "solvers/base/json.h"

#include <jansson.h>
#include <math.h>
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
    return dn_calloc(bytes, 1);
}

dn_json *dn_json_create(void)
{
    json_set_alloc_funcs(take, dn_free);
    refused = false;
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
