/* h5.c - files that are complete or not there: open, publish; see h5.h. Attributes and texts are in
 * h5_text.c, datasets in h5_data.c */
#define _GNU_SOURCE /* fallocate: posix_fallocate() writes where it cannot reserve */
#include "mpi/io/h5_private.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
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

enum { TABLES = 1 << 18 }; /* more than the library's tables and our attributes take */

const char *dn_h5_path(const dn_h5 *h)
{
    return h->path;
}

const dn_comm *dn_h5_comm(const dn_h5 *h)
{
    return h->comm;
}

void dn_h5_group_hosts(dn_h5 *h, int grouping)
{
    h->grouping = grouping;
}

int dn_h5_grouping(const dn_h5 *h)
{
    return h->grouping;
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
    if (got != sizeof head && ferror(f))
        DN_FAIL(DN_EIO, "%s: reading failed: %s", path, strerror(errno));
    if (got != sizeof head || memcmp(head, signature, sizeof head) != 0)
        DN_FAIL(DN_EDATA, "%s: is not an HDF5 file", path);
out:
    if (f != NULL)
        fclose(f);
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

/* ", N are free" to the file that fd is, with what it has already, in buf; nothing when nobody says. */
static const char *free_to(int fd, char *buf, size_t cap)
{
    struct statvfs disk;
    struct stat file;

    buf[0] = '\0';
    if (fstatvfs(fd, &disk) == 0 && fstat(fd, &file) == 0)
        snprintf(buf, cap, ", %llu are free",
                 (unsigned long long)disk.f_bavail * disk.f_frsize +
                     (unsigned long long)file.st_blocks * 512);
    return buf;
}

static dn_status reserve(int fd, const char *path, int64_t bytes, dn_error *err)
{
    dn_status st = DN_OK;
    char room[64];
    int why;

    if (fallocate(fd, 0, 0, (off_t)bytes) == 0)
        goto out;
    why = errno;
    if (why == ENOSPC || why == EDQUOT || why == EFBIG)
        DN_FAIL(DN_EIO, "%s: no room for %lld bytes%s: %s", path, (long long)bytes,
                why == ENOSPC ? free_to(fd, room, sizeof room) : "", strerror(why));
out:
    return st;
}

static dn_status copy_file(const char *from, const char *to, dn_error *err)
{
    dn_status st = DN_OK;
    enum { CHUNK = 1 << 20 };
    FILE *in = NULL, *target = NULL;
    char *buf = NULL;
    size_t got;
    struct stat info;

    DN_NEW(buf, CHUNK);
    in = fopen(from, "rb");
    if (in == NULL)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", from, strerror(errno));
    target = fopen(to, "wb");
    if (target == NULL)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", to, strerror(errno));
    if (fstat(fileno(in), &info) == 0)
        DN_TRY(reserve(fileno(target), to, (int64_t)info.st_size, err));
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

dn_status dn_h5_reserve(dn_h5 *h, int64_t end, dn_error *err)
{
    dn_status st = DN_OK;
    int fd = -1;

    if (end > h->end)
        h->end = end;
    if (h->comm->rank != 0)
        goto out;
    fd = open(h->disk_path, O_WRONLY);
    if (fd >= 0)
        DN_TRY(reserve(fd, h->disk_path, h->end + TABLES, err));
out:
    if (fd >= 0)
        close(fd);
    return st;
}

/* MPI-IO reports little about a file it cannot make; the system says why. A file for which there is not even
 * room for the library's tables must not be opened by the library: it could not close it again. */
static dn_status try_create(const char *disk_path, dn_error *err)
{
    dn_status st = DN_OK;
    int fd = open(disk_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    if (fd < 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", disk_path, strerror(errno));
    st = reserve(fd, disk_path, TABLES, err);
    close(fd);
    if (st != DN_OK)
        unlink(disk_path);
out:
    return st;
}

/* The copy that is edited: the library may write behind all that it has. */
static dn_status reserve_copy(dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;

    if (stat(h->disk_path, &info) != 0)
        DN_FAIL(DN_EIO, "%s: cannot be looked at: %s", h->disk_path, strerror(errno));
    st = dn_h5_reserve(h, (int64_t)info.st_size, err);
out:
    if (st != DN_OK)
        unlink(h->disk_path);
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

/* Several ranks write one file through MPI-IO. A file that is only read each rank opens by itself: a rank
 * that cannot read then says so, where the collective calls of MPI-IO would let the others wait for it for
 * ever. */
static hid_t access_list(const dn_comm *comm, bool writable)
{
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* we report, not the library */
    if (writable)
        H5Pset_fapl_mpio(list, comm->mpi, MPI_INFO_NULL);
#if H5_VERSION_GE(1, 10, 7)
    else
        H5Pset_file_locking(list, false, true); /* nor does MPI-IO lock; many cluster file systems cannot */
#endif
    return list;
}

static herr_t innermost(unsigned n, const H5E_error2_t *e, void *text)
{
    (void)n;
    snprintf(text, 160, "%s", e->desc != NULL ? e->desc : "no reason given");
    return 0;
}

/* The library could not write, or read what it has written, although there was room. With several ranks that
 * is the end: others may wait inside the library for what this rank did not do. */
static dn_status broken(const dn_h5 *h, const char *reason, dn_error *err)
{
    char why[DN_PATH_MAX + 200];

    snprintf(why, sizeof why, "%s: writing failed: %s", h->disk_path, reason);
    if (h->comm->size > 1) {
        unlink(h->disk_path);
        dn_world_abort(h->comm, DN_EIO, why);
    }
    return dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s", why);
}

typedef struct failed_read {
    bool failed;
    char why[80];
} failed_read;

/* The driver that reads says "..., errno = 5, error message = 'Input/output error', ...", that of MPI-IO has
 * a number of its own. */
static herr_t note_read(unsigned n, const H5E_error2_t *e, void *ctx)
{
    failed_read *r = ctx;
    const char *at = e->desc != NULL ? strstr(e->desc, "error message = '") : NULL;

    (void)n;
    if (r->failed)
        return 0;
    r->failed = at != NULL || e->min_num == H5E_MPI;
    if (at != NULL)
        snprintf(r->why, sizeof r->why, "%.*s", (int)strcspn(at + 17, "'"), at + 17);
    else if (r->failed)
        snprintf(r->why, sizeof r->why, "%s", e->desc != NULL ? e->desc : "MPI-IO failed");
    return 0;
}

dn_status dn_h5_readable(const dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    failed_read r = {0};

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_read, &r);
    if (r.failed && h->writable)
        DN_TRY(broken(h, r.why, err));
    if (r.failed)
        DN_FAIL(DN_EIO, "%s: reading failed: %s", h->disk_path, r.why);
out:
    return st;
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
    hid_t list = access_list(h->comm, h->writable);

    h->file = H5Fopen(h->disk_path, flags, list);
    if (h->file < 0) {
        st = dn_h5_readable(h, err);
        dn_h5_reason(reason);
    }
    H5Pclose(list);
    if (h->file < 0 && st == DN_OK)
        DN_FAIL(DN_EDATA, "%s: is truncated or damaged: %s", h->disk_path, reason);
out:
    return st;
}

static dn_status check_content(const dn_h5 *h, const char *schema, dn_error *err)
{
    dn_status st = DN_OK;
    char have[64] = "", version[32] = "", program[64] = "";
    int64_t complete = 0;

    if (!dn_h5_has_attribute(h, "/", "schema"))
        DN_FAIL(DN_EDATA, "%s: was not written by dragnet (no schema)", h->path);
    DN_TRY(dn_h5_get_text(h, "/", "schema", have, sizeof have, err));
    if (strcmp(have, schema) != 0)
        DN_FAIL(DN_EDATA, "%s: is a %s, wanted a %s", h->path, have, schema);
    DN_TRY(dn_h5_get_text(h, "/", "schema_version", version, sizeof version, err));
    DN_TRY(dn_h5_get_text(h, "/", "program", program, sizeof program, err));
    if (atoi(version) > DN_SCHEMA_MAJOR)
        DN_FAIL(DN_EDATA, "%s: written by %s (schema %s), this is dragnet %s (schema %d.%d)", h->path,
                program, version, DN_VERSION, DN_SCHEMA_MAJOR, DN_SCHEMA_MINOR);
    if (!dn_h5_has_attribute(h, "/", "complete"))
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
    if (config != NULL)
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
    list = access_list(comm, true);
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
    if (comm->rank == 0) {
        DN_PASS(copy_file(path, h->disk_path, err));
        DN_PASS(reserve_copy(h, err));
    }
    DN_AGREE(comm);
    DN_PASS(open_file(h, H5F_ACC_RDWR, err));
    DN_AGREE(comm);
    *out = h;
    h = NULL;
out:
    dn_h5_close(&h);
    return st;
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
    char reason[160];

    DN_TRY(dn_h5_set_int(h, "/", "complete", 1, err));
    DN_PASS(dn_h5_reserve(h, 0, err));
    DN_AGREE(comm);
    if (H5Fflush(h->file, H5F_SCOPE_GLOBAL) < 0)
        st = broken(h, dn_h5_reason(reason), err);
    DN_AGREE(comm); /* what is not whole is still open, see empty() */
    if (H5Fclose(h->file) < 0)
        st = broken(h, dn_h5_reason(reason), err);
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
