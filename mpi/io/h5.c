/* h5.c - files that are complete or not there: open, publish, attributes; see h5.h. Datasets are in h5_data.c
 */
#define _GNU_SOURCE /* fallocate: posix_fallocate() writes where it cannot reserve */
#include "mpi/io/h5_private.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/io/schema.h"
#include "mpi/io/seal.h"
#include "solvers/base/alloc.h"

#ifndef DN_VERSION
#define DN_VERSION "unknown"
#endif
#ifndef DN_GIT
#define DN_GIT "unknown"
#endif

const char *dn_h5_path(const dn_h5 *h)
{
    return h->path;
}

const dn_comm *dn_h5_comm(const dn_h5 *h)
{
    return h->comm;
}

const char *dn_h5_library(char *buf, size_t cap)
{
    unsigned major = 0, minor = 0, patch = 0;

    H5get_libversion(&major, &minor, &patch);
    snprintf(buf, cap, "%u.%u.%u", major, minor, patch);
    return buf;
}

/* ---- paths on disk: rank 0 alone, then everyone agrees ---- */

static dn_status make_handle(const dn_comm *comm, const char *path, bool writable, dn_h5 **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_NEW(h, 1);
    h->comm = comm;
    h->file = -1;
    h->writable = writable;
    if (snprintf(h->path, sizeof h->path, "%s", path) >= (int)sizeof h->path - 8)
        DN_FAIL(DN_EUSAGE, "%.60s...: the path is too long", path);
    snprintf(h->disk_path, sizeof h->disk_path, "%s%s", path, writable ? ".part" : "");
    *out = h;
    h = NULL;
out:
    dn_free(h);
    return st;
}

static dn_status check_free(const char *path, bool force, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;

    if (stat(path, &info) == 0 && !force)
        DN_FAIL(DN_ECANTCREAT, "%s: exists; choose another name, or --force to replace it", path);
out:
    return st;
}

/* MPI-IO reports little about a file it cannot make; the system says why. */
static dn_status try_create(const char *disk_path, dn_error *err)
{
    dn_status st = DN_OK;
    int fd = open(disk_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    if (fd < 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", disk_path, strerror(errno));
    close(fd);
out:
    return st;
}

static dn_status check_signature(const char *path, dn_error *err)
{
    static const char signature[] = "\211HDF\r\n\032\n";
    dn_status st = DN_OK;
    char head[8] = {0};
    FILE *f = fopen(path, "rb");
    size_t got = 0;

    if (f == NULL)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", path, strerror(errno));
    got = fread(head, 1, sizeof head, f);
    if (got != sizeof head || memcmp(head, signature, sizeof head) != 0)
        DN_FAIL(DN_EDATA, "%s: is not an HDF5 file", path);
out:
    if (f != NULL)
        fclose(f);
    return st;
}

static dn_status copy_file(const char *from, const char *to, dn_error *err)
{
    dn_status st = DN_OK;
    enum { CHUNK = 1 << 20 };
    FILE *in = NULL, *target = NULL;
    char *buf = NULL;
    size_t got;

    DN_NEW(buf, CHUNK);
    in = fopen(from, "rb");
    if (in == NULL)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", from, strerror(errno));
    target = fopen(to, "wb");
    if (target == NULL)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", to, strerror(errno));
    while ((got = fread(buf, 1, CHUNK, in)) > 0)
        if (fwrite(buf, 1, got, target) != got)
            DN_FAIL(DN_EIO, "%s: writing failed: %s", to, strerror(errno));
    if (ferror(in))
        DN_FAIL(DN_EIO, "%s: reading failed: %s", from, strerror(errno));
out:
    if (in != NULL)
        fclose(in);
    if (target != NULL && fclose(target) != 0 && st == DN_OK)
        st = dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s: writing failed: %s", to, strerror(errno));
    if (target != NULL && st != DN_OK)
        unlink(to);
    dn_free(buf);
    return st;
}

static dn_status sync_path(const char *path, int flags, dn_error *err)
{
    dn_status st = DN_OK;
    int fd = open(path, flags);

    if (fd < 0 || fsync(fd) != 0)
        DN_FAIL(DN_EIO, "%s: cannot be flushed to disk: %s", path, strerror(errno));
out:
    if (fd >= 0)
        close(fd);
    return st;
}

dn_status dn_h5_reserve(dn_h5 *h, int64_t end, dn_error *err)
{
    enum { TABLES = 1 << 18 }; /* more than the library's tables and our attributes take */
    dn_status st = DN_OK;
    int fd = -1;

    if (end > h->end)
        h->end = end;
    if (h->comm->rank != 0)
        goto out;
    fd = open(h->disk_path, O_WRONLY);
    if (fd >= 0 && fallocate(fd, 0, 0, (off_t)(h->end + TABLES)) != 0 &&
        (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
        DN_FAIL(DN_EIO, "%s: no room for %lld bytes: %s", h->disk_path, (long long)h->end + TABLES,
                strerror(errno));
out:
    if (fd >= 0)
        close(fd);
    return st;
}

static dn_status publish(const dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    char copy[DN_PATH_MAX + 8];

    if (h->sealed)
        DN_TRY(dn_seal(h->disk_path, err));
    DN_TRY(sync_path(h->disk_path, O_RDWR, err));
    if (rename(h->disk_path, h->path) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be renamed from %s: %s", h->path, h->disk_path, strerror(errno));
    snprintf(copy, sizeof copy, "%s", h->path);
    DN_TRY(sync_path(dirname(copy), O_RDONLY, err));
out:
    return st;
}

/* ---- HDF5 files ---- */

static hid_t access_list(const dn_comm *comm)
{
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* we report, not the library */
    H5Pset_fapl_mpio(list, comm->mpi, MPI_INFO_NULL);
    return list;
}

static herr_t innermost(unsigned n, const H5E_error2_t *e, void *text)
{
    (void)n;
    snprintf(text, 160, "%s", e->desc != NULL ? e->desc : "no reason given");
    return 0;
}

const char *dn_h5_reason(char *buf)
{
    snprintf(buf, 160, "no reason given");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, buf);
    return buf;
}

static dn_status open_file(dn_h5 *h, unsigned flags, dn_error *err)
{
    dn_status st = DN_OK;
    char reason[160];
    hid_t list = access_list(h->comm);

    h->file = H5Fopen(h->disk_path, flags, list);
    H5Pclose(list);
    if (h->file < 0)
        DN_FAIL(DN_EDATA, "%s: is truncated or damaged: %s", h->disk_path, dn_h5_reason(reason));
out:
    return st;
}

static dn_status check_content(const dn_h5 *h, const char *schema, dn_error *err)
{
    dn_status st = DN_OK;
    char have[64] = "", version[32] = "", program[64] = "";
    int64_t complete = 0;

    if (H5Aexists_by_name(h->file, "/", "schema", H5P_DEFAULT) <= 0)
        DN_FAIL(DN_EDATA, "%s: was not written by dragnet (no schema)", h->path);
    DN_TRY(dn_h5_get_text(h, "/", "schema", have, sizeof have, err));
    if (strcmp(have, schema) != 0)
        DN_FAIL(DN_EDATA, "%s: is a %s, wanted a %s", h->path, have, schema);
    DN_TRY(dn_h5_get_text(h, "/", "schema_version", version, sizeof version, err));
    DN_TRY(dn_h5_get_text(h, "/", "program", program, sizeof program, err));
    if (atoi(version) > DN_SCHEMA_MAJOR)
        DN_FAIL(DN_EDATA, "%s: written by %s (schema %s), this is dragnet %s (schema %d.%d)", h->path,
                program, version, DN_VERSION, DN_SCHEMA_MAJOR, DN_SCHEMA_MINOR);
    if (H5Aexists_by_name(h->file, "/", "complete", H5P_DEFAULT) <= 0)
        DN_FAIL(DN_EDATA, "%s: is not complete: the run that wrote it was interrupted", h->path);
    DN_TRY(dn_h5_get_int(h, "/", "complete", &complete, err));
    if (complete != 1)
        DN_FAIL(DN_EDATA, "%s: is not complete: the run that wrote it was interrupted", h->path);
out:
    return st;
}

static dn_status write_origin(dn_h5 *h, const char *schema, const char *command, const char *config,
                              dn_error *err)
{
    dn_status st = DN_OK;
    char version[32], utc[32] = "";

    if (h->comm->rank == 0) {
        time_t now = time(NULL);
        struct tm parts;
        gmtime_r(&now, &parts);
        strftime(utc, sizeof utc, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    MPI_Bcast(utc, (int)sizeof utc, MPI_BYTE, 0, h->comm->mpi);
    snprintf(version, sizeof version, "%d.%d", DN_SCHEMA_MAJOR, DN_SCHEMA_MINOR);
    DN_TRY(dn_h5_set_text(h, "/", "schema", schema, err));
    DN_TRY(dn_h5_set_text(h, "/", "schema_version", version, err));
    DN_TRY(dn_h5_set_text(h, "/", "created_utc", utc, err));
    DN_TRY(dn_h5_set_text(h, "/", "program", "dragnet " DN_VERSION, err));
    DN_TRY(dn_h5_set_text(h, "/", "git", DN_GIT, err));
    DN_TRY(dn_h5_set_text(h, "/", "command", command, err));
    DN_TRY(dn_h5_set_text(h, "/", "config", config, err));
out:
    return st;
}

dn_status dn_h5_create(const dn_comm *comm, const char *path, const char *schema, const char *command,
                       const char *config, bool force, dn_h5 **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    hid_t list;

    DN_PASS(make_handle(comm, path, true, &h, err));
    if (comm->rank == 0) {
        DN_PASS(check_free(path, force, err));
        DN_PASS(try_create(h->disk_path, err));
    }
    DN_AGREE(comm);
    list = access_list(comm);
    h->file = H5Fcreate(h->disk_path, H5F_ACC_TRUNC, H5P_DEFAULT, list);
    H5Pclose(list);
    if (h->file < 0) {
        char reason[160];
        st = dn_error_set(err, DN_ECANTCREAT, __FILE__, __LINE__, "%s: cannot be created: %s", h->disk_path,
                          dn_h5_reason(reason));
    }
    DN_AGREE(comm);
    DN_TRY(write_origin(h, schema, command, config, err));
    *out = h;
    h = NULL;
out:
    dn_h5_close(&h);
    return st;
}

dn_status dn_h5_open(const dn_comm *comm, const char *path, const char *schema, dn_h5 **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_PASS(make_handle(comm, path, false, &h, err));
    if (comm->rank == 0)
        DN_PASS(check_signature(path, err));
    DN_AGREE(comm);
    DN_PASS(open_file(h, H5F_ACC_RDONLY, err));
    DN_AGREE(comm);
    DN_PASS(check_content(h, schema, err));
    DN_AGREE(comm);
    *out = h;
    h = NULL;
out:
    dn_h5_close(&h);
    return st;
}

dn_status dn_h5_edit(const dn_comm *comm, const char *path, const char *schema, dn_h5 **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(comm, path, schema, &h, err)); /* refuse what is not sound before copying it */
    dn_h5_close(&h);
    DN_PASS(make_handle(comm, path, true, &h, err));
    if (comm->rank == 0)
        DN_PASS(copy_file(path, h->disk_path, err));
    DN_AGREE(comm);
    DN_PASS(open_file(h, H5F_ACC_RDWR, err));
    DN_AGREE(comm);
    *out = h;
    h = NULL;
out:
    dn_h5_close(&h);
    return st;
}

/* The library could not write although there was room. With several ranks that is the end: others may wait
 * inside the library for what this rank did not do. */
static dn_status broken(const dn_h5 *h, dn_error *err)
{
    char reason[160], why[DN_PATH_MAX + 200];

    snprintf(why, sizeof why, "%s: writing failed: %s", h->disk_path, dn_h5_reason(reason));
    if (h->comm->size > 1) {
        unlink(h->disk_path);
        dn_world_abort(h->comm, DN_EIO, why);
    }
    return dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s", why);
}

void dn_h5_seal(dn_h5 *h)
{
    h->sealed = true;
}

dn_status dn_h5_commit(dn_h5 **handle, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = *handle;
    const dn_comm *comm = h->comm;

    DN_TRY(dn_h5_set_int(h, "/", "complete", 1, err));
    DN_PASS(dn_h5_reserve(h, 0, err));
    DN_AGREE(comm);
    if (H5Fflush(h->file, H5F_SCOPE_GLOBAL) < 0)
        st = broken(h, err);
    DN_AGREE(comm); /* what is not whole is still open, see empty() */
    if (H5Fclose(h->file) < 0)
        st = broken(h, err);
    h->file = -1;
    DN_AGREE(comm);
    if (comm->rank == 0)
        DN_PASS(publish(h, err));
    DN_AGREE(comm);
    h->published = true;
out:
    dn_h5_close(handle);
    return st;
}

/* Removes the member and stops, for the group is no longer the one that is iterated over. */
static herr_t forget(hid_t group, const char *name, const H5L_info_t *info, void *ctx)
{
    (void)info;
    (void)ctx;
    return H5Ldelete(group, name, H5P_DEFAULT) < 0 ? -1 : 1;
}

/* A file that cannot be closed, for the disk is full, makes the library crash when the run ends. So what
 * nobody will read is thrown away before: then there is room, and little left to write. */
static void empty(const dn_h5 *h)
{
    while (H5Literate(h->file, H5_INDEX_NAME, H5_ITER_DEC, NULL, forget, NULL) > 0)
        ;
    if (h->comm->rank == 0 && truncate(h->disk_path, 0) != 0)
        return; /* it stays as large as it is */
}

void dn_h5_close(dn_h5 **handle)
{
    dn_h5 *h = *handle;

    if (h == NULL)
        return;
    if (h->file >= 0 && h->writable && !h->published)
        empty(h);
    if (h->file >= 0)
        H5Fclose(h->file);
    if (h->writable && !h->published && h->comm->rank == 0)
        unlink(h->disk_path);
    dn_free(h);
    *handle = NULL;
}

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

bool dn_h5_has_attribute(const dn_h5 *h, const char *object, const char *key)
{
    char path[DN_PATH_MAX];

    return dn_h5_has(h, object) && (H5Aexists_by_name(h->file, object, key, H5P_DEFAULT) > 0 ||
                                    dn_h5_has(h, text_path(object, key, path)));
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

/* text != NULL: a string of at most cap bytes; otherwise a number of the given memory type and class. */
static dn_status get_attribute(const dn_h5 *h, const char *name, const char *key, hid_t memory,
                               H5T_class_t class, void *out, size_t cap, dn_error *err)
{
    dn_status st = DN_OK;
    hid_t attribute = -1, stored = -1, space = -1;

    if (H5Aexists_by_name(h->file, name, key, H5P_DEFAULT) <= 0)
        DN_FAIL(DN_EDATA, "%s: %s has no attribute %s", h->path, name, key);
    attribute = H5Aopen_by_name(h->file, name, key, H5P_DEFAULT, H5P_DEFAULT);
    stored = H5Aget_type(attribute);
    space = H5Aget_space(attribute);
    if (H5Tget_class(stored) != class || H5Sget_simple_extent_npoints(space) != 1)
        DN_FAIL(DN_EDATA, "%s: attribute %s of %s has another type", h->path, key, name);
    if (class == H5T_STRING && (H5Tis_variable_str(stored) > 0 || H5Tget_size(stored) > cap))
        DN_FAIL(DN_EDATA, "%s: attribute %s of %s is longer than %zu bytes", h->path, key, name, cap);
    if (H5Aread(attribute, class == H5T_STRING ? stored : memory, out) < 0)
        DN_FAIL(DN_EIO, "%s: cannot read attribute %s of %s", h->path, key, name);
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

/* The bytes of a text with its end, however it is stored. The same on every rank. */
static dn_status text_bytes(const dn_h5 *h, const char *object, const char *key, size_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_PATH_MAX];
    int ndims;
    int64_t dims[4];
    H5A_info_t info;

    if (dn_h5_has(h, text_path(object, key, path))) {
        DN_TRY(dn_h5_shape(h, path, &ndims, dims, err));
        if (ndims != 1)
            DN_FAIL(DN_EDATA, "%s: %s has %d dimensions, not 1", h->path, path, ndims);
        *out = (size_t)dims[0] + 1;
        goto out;
    }
    if (!dn_h5_has_attribute(h, object, key) ||
        H5Aget_info_by_name(h->file, object, key, &info, H5P_DEFAULT) < 0)
        DN_FAIL(DN_EDATA, "%s: %s has no attribute %s", h->path, object, key);
    *out = (size_t)info.data_size + 1;
out:
    return st;
}

dn_status dn_h5_get_text(const dn_h5 *h, const char *object, const char *key, char *buf, size_t cap,
                         dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_PATH_MAX];
    size_t bytes;

    if (!dn_h5_has(h, text_path(object, key, path)))
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
