/* h5_text.c - attributes and texts of a file; see h5.h */
#include "mpi/io/h5_private.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

/* ---- attributes ---- */

/* The object, made as a group when it is absent and the file is writable. Negative on failure. */
static hid_t open_object(const dn_h5 *h, const char *name)
{
    hid_t object = -1, links;

    if (strcmp(name, "/") == 0 || dn_h5_has(h, name))
        return H5Oopen(h->file, name, H5P_DEFAULT);
    if (!h->writable)
        return -1;
    links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    object = H5Gcreate2(h->file, name, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Pclose(links);
    return object;
}

bool dn_h5_put_attribute(hid_t object, const char *key, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR), attribute = -1;
    bool good;

    if (H5Aexists(object, key) > 0)
        H5Adelete(object, key);
    attribute = H5Acreate2(object, key, type, space, H5P_DEFAULT, H5P_DEFAULT);
    good = attribute >= 0 && H5Awrite(attribute, type, value) >= 0;
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
    return good;
}

bool dn_h5_put_text(hid_t object, const char *key, const char *value)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    bool good;

    H5Tset_size(type, strlen(value) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    good = dn_h5_put_attribute(object, key, type, value);
    H5Tclose(type);
    return good;
}

static dn_status set_attribute(dn_h5 *h, const char *name, const char *key, hid_t type, const void *value,
                               const char *text, dn_error *err)
{
    dn_status st = DN_OK;
    hid_t object = open_object(h, name);
    bool good = object >= 0 && (text != NULL ? dn_h5_put_text(object, key, text)
                                             : dn_h5_put_attribute(object, key, type, value));

    if (!good)
        st = dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s: cannot write attribute %s of %s",
                          h->disk_path, key, name);
    if (object >= 0)
        H5Oclose(object);
    DN_AGREE(h->comm);
out:
    return st;
}

/* ---- texts: an attribute, or where that ends (64 KB) a dataset of bytes in the object ---- */

enum { LONG_TEXT = 1 << 15 };

/* Where a long text stands: /KEY.text, OBJECT/KEY.text; in buf [DN_PATH_MAX]. */
static const char *text_path(const char *object, const char *key, char *buf)
{
    snprintf(buf, DN_PATH_MAX, "%s/%s.text", strcmp(object, "/") == 0 ? "" : object, key);
    return buf;
}

dn_status dn_h5_look_for_attribute(const dn_h5 *h, const char *object, const char *key, bool *out_there,
                                   dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_PATH_MAX];
    htri_t there;

    DN_TRY(dn_h5_look(h, object, out_there, err));
    if (!*out_there)
        goto out;
    there = H5Aexists_by_name(h->file, object, key, H5P_DEFAULT);
    *out_there = there > 0;
    if (there < 0)
        DN_TRY(dn_h5_readable(h, err));
    if (there <= 0)
        DN_TRY(dn_h5_look(h, text_path(object, key, path), out_there, err));
out:
    return st;
}

bool dn_h5_has_attribute(const dn_h5 *h, const char *object, const char *key)
{
    dn_error err = DN_ERROR_INIT;
    bool there;

    if (dn_h5_look_for_attribute(h, object, key, &there, &err) != DN_OK)
        dn_world_abort(h->comm, DN_EIO, err.text); /* as dn_h5_has() */
    return there;
}

dn_status dn_h5_set_text(dn_h5 *h, const char *object, const char *key, const char *value, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_PATH_MAX];
    int64_t len = (int64_t)strlen(value);

    if (dn_h5_has(h, text_path(object, key, path)))
        DN_TRY(dn_h5_remove(h, path, err));
    if (len < LONG_TEXT) {
        DN_TRY(set_attribute(h, object, key, -1, NULL, value, err));
        goto out;
    }
    if (dn_h5_has_attribute(h, object, key) &&
        H5Adelete_by_name(h->file, object, key, H5P_DEFAULT) < 0) /* the same on every rank */
        DN_FAIL(DN_EIO, "%s: cannot replace attribute %s of %s", h->disk_path, key, object);
    DN_TRY(dn_h5_write_all(h, path, 1, &len, value, err));
out:
    return st;
}

dn_status dn_h5_set_int(dn_h5 *h, const char *object, const char *key, int64_t value, dn_error *err)
{
    return set_attribute(h, object, key, H5T_NATIVE_INT64, &value, NULL, err);
}

dn_status dn_h5_set_number(dn_h5 *h, const char *object, const char *key, double value, dn_error *err)
{
    return set_attribute(h, object, key, H5T_NATIVE_DOUBLE, &value, NULL, err);
}

/* A string of variable length, as h5py writes them, into buf [cap]. */
static dn_status get_variable(const dn_h5 *h, const char *name, const char *key, hid_t attribute,
                              hid_t stored, char *buf, size_t cap, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;

    if (H5Aread(attribute, stored, &text) < 0) {
        DN_TRY(dn_h5_readable(h, err));
        DN_FAIL(DN_EIO, "%s: cannot read attribute %s of %s", h->path, key, name);
    }
    if (text != NULL && strlen(text) >= cap)
        DN_FAIL(DN_EDATA, "%s: attribute %s of %s is longer than %zu bytes", h->path, key, name, cap);
    snprintf(buf, cap, "%s", text != NULL ? text : "");
out:
    if (text != NULL)
        H5free_memory(text);
    return st;
}

/* text != NULL: a string of at most cap bytes; otherwise a number of the given memory type and class. */
static dn_status get_attribute(const dn_h5 *h, const char *name, const char *key, hid_t memory,
                               H5T_class_t class, void *out, size_t cap, dn_error *err)
{
    dn_status st = DN_OK;
    hid_t attribute = -1, stored = -1, space = -1;
    htri_t there = H5Aexists_by_name(h->file, name, key, H5P_DEFAULT);

    if (there < 0)
        DN_TRY(dn_h5_readable(h, err));
    if (there <= 0)
        DN_FAIL(DN_EDATA, "%s: %s has no attribute %s", h->path, name, key);
    attribute = H5Aopen_by_name(h->file, name, key, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0)
        DN_TRY(dn_h5_readable(h, err));
    stored = H5Aget_type(attribute);
    space = H5Aget_space(attribute);
    if (H5Tget_class(stored) != class || H5Sget_simple_extent_npoints(space) != 1)
        DN_FAIL(DN_EDATA, "%s: attribute %s of %s has another type", h->path, key, name);
    if (class == H5T_STRING && H5Tis_variable_str(stored) > 0) {
        DN_TRY(get_variable(h, name, key, attribute, stored, out, cap, err));
        goto out;
    }
    if (class == H5T_STRING && H5Tget_size(stored) > cap)
        DN_FAIL(DN_EDATA, "%s: attribute %s of %s is longer than %zu bytes", h->path, key, name, cap);
    if (H5Aread(attribute, class == H5T_STRING ? stored : memory, out) < 0) {
        DN_TRY(dn_h5_readable(h, err));
        DN_FAIL(DN_EIO, "%s: cannot read attribute %s of %s", h->path, key, name);
    }
    if (class == H5T_STRING)
        ((char *)out)[H5Tget_size(stored) - 1] = '\0';
out:
    if (space >= 0)
        H5Sclose(space);
    if (stored >= 0)
        H5Tclose(stored);
    if (attribute >= 0)
        H5Aclose(attribute);
    return st;
}

static dn_status get_agreed(const dn_h5 *h, const char *name, const char *key, hid_t memory,
                            H5T_class_t class, void *out, size_t cap, dn_error *err)
{
    dn_status st = get_attribute(h, name, key, memory, class, out, cap, err);

    DN_AGREE(h->comm);
out:
    return st;
}

/* Whether a text is in a dataset. Collective. */
static dn_status is_long(const dn_h5 *h, const char *path, bool *out, dn_error *err)
{
    dn_status st = dn_h5_look(h, path, out, err);

    DN_AGREE(h->comm);
out:
    return st;
}

static dn_status attribute_size(const dn_h5 *h, const char *object, const char *key, size_t *out,
                                dn_error *err)
{
    dn_status st = DN_OK;
    H5A_info_t info;
    bool there;

    DN_TRY(dn_h5_look_for_attribute(h, object, key, &there, err));
    if (there && H5Aget_info_by_name(h->file, object, key, &info, H5P_DEFAULT) < 0) {
        DN_TRY(dn_h5_readable(h, err));
        there = false;
    }
    if (!there)
        DN_FAIL(DN_EDATA, "%s: %s has no attribute %s", h->path, object, key);
    *out = (size_t)info.data_size + 1;
out:
    return st;
}

/* The bytes of a text with its end, however it is stored. The same on every rank. */
static dn_status text_bytes(const dn_h5 *h, const char *object, const char *key, size_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_PATH_MAX];
    int ndims;
    int64_t dims[4];
    bool dataset;

    DN_TRY(is_long(h, text_path(object, key, path), &dataset, err));
    if (dataset) {
        DN_TRY(dn_h5_shape(h, path, &ndims, dims, err));
        if (ndims != 1)
            DN_FAIL(DN_EDATA, "%s: %s has %d dimensions, not 1", h->path, path, ndims);
        *out = (size_t)dims[0] + 1;
        goto out;
    }
    DN_PASS(attribute_size(h, object, key, out, err));
    DN_AGREE(h->comm);
out:
    return st;
}

dn_status dn_h5_get_text(const dn_h5 *h, const char *object, const char *key, char *buf, size_t cap,
                         dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_PATH_MAX];
    size_t bytes;
    bool dataset;

    DN_TRY(is_long(h, text_path(object, key, path), &dataset, err));
    if (!dataset)
        return get_agreed(h, object, key, -1, H5T_STRING, buf, cap, err);
    DN_TRY(text_bytes(h, object, key, &bytes, err));
    if (bytes > cap)
        DN_FAIL(DN_EDATA, "%s: attribute %s of %s is longer than %zu bytes", h->path, key, object, cap);
    DN_TRY(dn_h5_read(h, path, DN_U8, 0, (int64_t)bytes - 1, buf, err));
    buf[bytes - 1] = '\0';
out:
    return st;
}

dn_status dn_h5_read_text(const dn_h5 *h, const char *object, const char *key, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;
    size_t bytes = 0;

    DN_TRY(text_bytes(h, object, key, &bytes, err));
    text = dn_calloc(bytes, 1);
    if (text == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %zu bytes", bytes);
    DN_AGREE(h->comm);
    DN_TRY(dn_h5_get_text(h, object, key, text, bytes, err));
    *out = text;
    text = NULL;
out:
    dn_free(text);
    return st;
}

dn_status dn_h5_get_int(const dn_h5 *h, const char *object, const char *key, int64_t *out, dn_error *err)
{
    return get_agreed(h, object, key, H5T_NATIVE_INT64, H5T_INTEGER, out, 0, err);
}

dn_status dn_h5_get_number(const dn_h5 *h, const char *object, const char *key, double *out, dn_error *err)
{
    return get_agreed(h, object, key, H5T_NATIVE_DOUBLE, H5T_FLOAT, out, 0, err);
}
