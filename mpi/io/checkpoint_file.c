/* checkpoint_file.c - checkpoints come, are found and go; see checkpoint_file.h
 *
 * Rank 0 reads and handles names; the other ranks get what it has read.
 */
#include "mpi/io/checkpoint_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/io/digest.h"
#include "mpi/io/seal.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

enum { PATH_CAP = 1100, OWN_PATH = 1024 }; /* the latter: the most that h5.h takes */

/* ---- names ---- */

/* PATH with a suffix, in out [PATH_CAP]. */
static const char *beside(const char *path, const char *suffix, char *out)
{
    snprintf(out, PATH_CAP, "%s%s", path, suffix);
    return out;
}

/* Only what is known not to be there is absent: a run must not begin anew because a file system was away. */
static dn_status look_for(const char *path, bool *out_there, dn_error *err)
{
    dn_status st = DN_OK;

    *out_there = access(path, F_OK) == 0;
    if (!*out_there && errno != ENOENT)
        DN_FAIL(DN_EIO, "%s: cannot be looked for: %s", path, strerror(errno));
out:
    return st;
}

/* Before the new checkpoint takes the place of the one at path, that one gets a second name, so that two are
 * there at every moment; on a file system without links it is renamed, and for a moment only the previous
 * one is there. */
static dn_status keep_old(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    char kept[PATH_CAP], previous[PATH_CAP];
    bool there;

    DN_TRY(look_for(path, &there, err));
    if (!there)
        goto out;
    if (unlink(beside(path, ".kept", kept)) != 0 && errno != ENOENT)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be removed: %s", kept, strerror(errno));
    if (link(path, kept) != 0 && rename(path, beside(path, ".previous", previous)) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be made from %s: %s", previous, path, strerror(errno));
out:
    return st;
}

/* Then the second name becomes the previous one; a kill in between leaves an older previous one. */
static dn_status name_previous(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    char kept[PATH_CAP], previous[PATH_CAP];

    if (rename(beside(path, ".kept", kept), beside(path, ".previous", previous)) != 0 && errno != ENOENT)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be made from %s: %s", previous, kept, strerror(errno));
out:
    return st;
}

/* ---- writing ---- */

dn_status dn_checkpoint_file_create(const dn_comm *comm, const char *path, const char *schema,
                                    const char *command, const char *config, const char *build, dn_h5 **out,
                                    dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    const void *data = config;
    size_t len = strlen(config);
    char digest[DN_DIGEST];

    *out = NULL;
    DN_TRY(dn_h5_create(comm, path, schema, command, config, true, &h, err));
    dn_h5_seal(h);
    dn_digest(1, &data, &len, digest);
    DN_TRY(dn_h5_set_text(h, "/", "config_blake2b", digest, err));
    DN_TRY(dn_h5_set_text(h, "/", "build", build, err));
    *out = h;
    h = NULL;
out:
    dn_h5_close(&h);
    return st;
}

dn_status dn_checkpoint_file_put(dn_h5 *h, const char *name, int ndims, const int64_t *dims, size_t size,
                                 const void *data, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = dn_h5_comm(h);
    size_t len = (size_t)dims[0] * (size_t)(ndims > 1 ? dims[1] : 1) * size;
    char sum[DN_DIGEST] = "";

    if (comm->rank == 0)
        dn_digest(1, &data, &len, sum);
    MPI_Bcast(sum, (int)sizeof sum, MPI_BYTE, 0, comm->mpi);
    DN_TRY(dn_h5_write(h, name, ndims, dims, 0, comm->rank == 0 ? dims[0] : 0, data, err));
    DN_TRY(dn_h5_set_text(h, name, "blake2b", sum, err));
out:
    return st;
}

dn_status dn_checkpoint_file_commit(dn_h5 **h, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = dn_h5_comm(*h);
    char path[OWN_PATH];

    snprintf(path, sizeof path, "%s", dn_h5_path(*h));
    if (comm->rank == 0)
        DN_PASS(keep_old(path, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_commit(h, err));
    if (comm->rank == 0)
        st = name_previous(path, err);
    DN_AGREE(comm);
out:
    dn_h5_close(h);
    return st;
}

/* Of a disk or quota that is full; the last checkpoint is still there. */
void dn_checkpoint_file_need(int64_t bytes, dn_error *err)
{
    size_t used;

    if (err == NULL || strstr(err->text, "no room for ") == NULL)
        return;
    used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, "; a checkpoint takes %.1f MB beside those kept",
             (double)bytes / 1e6 + 0.3);
}

dn_status dn_checkpoint_file_remove(const dn_comm *comm, const char *path, dn_error *err)
{
    static const char *const suffix[] = {"", ".previous", ".kept", ".part"};
    dn_status st = DN_OK;
    char file[PATH_CAP];

    for (size_t i = 0; comm->rank == 0 && i < sizeof suffix / sizeof suffix[0]; i++) {
        if (unlink(beside(path, suffix[i], file)) != 0 && errno != ENOENT && st == DN_OK)
            st = dn_error_set(err, DN_ECANTCREAT, __FILE__, __LINE__, "%s: cannot be removed: %s", file,
                              strerror(errno));
    }
    DN_AGREE(comm);
out:
    return st;
}

/* ---- finding ---- */

/* Whether two runs differ in what they read, not in how they train: the config has checksums of that. */
static bool of_other_data(const char *difference)
{
    const char *key_end = strstr(difference, " is ");

    return key_end != NULL && key_end - difference > 5 && strncmp(key_end - 5, "_hash", 5) == 0;
}

/* Whether the file at path is sound and of this config; out_why says what is damaged. What cannot be read now
 * is not damaged: it stays. Fails: as dn_checkpoint_file_find() */
static dn_status examine(const char *path, dn_checkpoint_reader read, const char *config, bool *out_sound,
                         dn_error *out_why, dn_error *err)
{
    dn_status st = DN_OK;
    char *have = NULL, text[160];

    *out_sound = false;
    st = dn_seal_check(path, out_why);
    if (st == DN_EDATA) {
        st = DN_OK;
        goto out;
    }
    if (st != DN_OK)
        DN_FAIL(st, "%s", out_why->text);
    DN_TRY(read(path, &have, err));
    *out_sound = true;
    DN_TRY(dn_json_difference(config, have, text, sizeof text, err));
    if (text[0] != '\0')
        DN_FAIL(DN_ECANTCREAT, "%s: is of another run (%s%s); --force starts anew", path,
                of_other_data(text) ? "other data: " : "", text);
out:
    dn_free(have);
    return st;
}

/* The newest first. A kill between two names leaves the one before the last as .kept, where .previous may be
 * older or, behind the second checkpoint of a run, not there at all. */
static dn_status find_local(const char *path, const char *stage, dn_checkpoint_reader read,
                            const char *config, bool *out_found, dn_error *err)
{
    static const char *const suffix[] = {"", ".kept", ".previous"};
    enum { NAMES = sizeof suffix / sizeof suffix[0] };
    dn_status st = DN_OK;
    dn_error first = DN_ERROR_INIT; /* what is wrong with the newest */
    char file[NAMES][PATH_CAP];
    bool there[NAMES], any = false;
    int used = -1;

    *out_found = false;
    for (int i = 0; i < NAMES; i++)
        DN_TRY(look_for(beside(path, suffix[i], file[i]), &there[i], err));
    for (int i = 0; i < NAMES && !*out_found; i++) {
        dn_error why = DN_ERROR_INIT;

        if (!there[i])
            continue;
        DN_TRY(examine(file[i], read, config, out_found, &why, err));
        if (!any)
            first = why;
        any = true;
        used = i;
    }
    if (!any || (*out_found && used == 0))
        goto out;
    if (!*out_found)
        DN_FAIL(DN_ECANTCREAT, "%s, and there is no sound checkpoint before it; --force starts anew",
                first.text);
    if (rename(file[used], path) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be renamed from %s: %s", path, file[used], strerror(errno));
    if (there[0])
        dn_log(DN_WARN, stage, "the checkpoint is damaged, the one before it is used", "reason=\"%s\"",
               first.text);
out:
    return st;
}

dn_status dn_checkpoint_file_find(const dn_comm *comm, const char *path, const char *stage,
                                  dn_checkpoint_reader read, const char *config, bool *out_found,
                                  dn_error *err)
{
    dn_status st = DN_OK;
    int found = 0;

    if (comm->rank == 0) {
        st = find_local(path, stage, read, config, out_found, err);
        found = *out_found;
    }
    DN_AGREE(comm);
    MPI_Bcast(&found, 1, MPI_INT, 0, comm->mpi);
    *out_found = found != 0;
out:
    return st;
}

/* ---- reading ---- */

dn_status dn_checkpoint_file_get(const dn_h5 *h, const char *name, dn_type type, size_t size, int ndims,
                                 int64_t *dims, void **out, dn_error *err)
{
    dn_status st = DN_OK;
    char wanted[DN_DIGEST], sum[DN_DIGEST];
    int have;
    int64_t have_dims[4];
    const void *data;
    char *bytes = NULL;
    size_t len;

    DN_TRY(dn_h5_shape(h, name, &have, have_dims, err));
    if (have != ndims || (ndims > 1 && have_dims[1] != dims[1]))
        DN_FAIL(DN_EDATA, "%s: %s has another shape", dn_h5_path(h), name);
    dims[0] = have_dims[0];
    len = (size_t)dims[0] * (size_t)(ndims > 1 ? dims[1] : 1) * size;
    DN_NEW(bytes, len);
    DN_TRY(dn_h5_read(h, name, type, 0, dims[0], bytes, err));
    DN_TRY(dn_h5_get_text(h, name, "blake2b", wanted, sizeof wanted, err));
    data = bytes;
    dn_digest(1, &data, &len, sum);
    if (strcmp(sum, wanted) != 0)
        DN_FAIL(DN_EDATA, "%s: %s does not have the checksum that it was written with", dn_h5_path(h), name);
    *out = bytes;
    bytes = NULL;
out:
    dn_free(bytes);
    return st;
}

static dn_status get_config(const dn_h5 *h, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    char *config = NULL, wanted[DN_DIGEST], sum[DN_DIGEST];
    const void *data;
    size_t len;

    DN_TRY(dn_h5_read_text(h, "/", "config", &config, err));
    DN_TRY(dn_h5_get_text(h, "/", "config_blake2b", wanted, sizeof wanted, err));
    data = config;
    len = strlen(config);
    dn_digest(1, &data, &len, sum);
    if (strcmp(sum, wanted) != 0)
        DN_FAIL(DN_EDATA, "%s: its config does not have the checksum that it was written with",
                dn_h5_path(h));
    *out = config;
    config = NULL;
out:
    dn_free(config);
    return st;
}

dn_status dn_checkpoint_file_open(const dn_comm *self, const char *path, const char *schema, dn_h5 **out,
                                  char **out_config, char **out_build, dn_error *err)
{
    dn_status st = DN_OK;
    char *config = NULL, *build = NULL;
    dn_h5 *h = NULL;

    *out = NULL;
    DN_TRY(dn_seal_check(path, err));
    DN_TRY(dn_h5_open(self, path, schema, &h, err));
    DN_TRY(get_config(h, &config, err));
    DN_TRY(dn_h5_read_text(h, "/", "build", &build, err));
    *out = h;
    *out_config = config;
    *out_build = build;
    h = NULL;
    config = build = NULL;
out:
    dn_h5_close(&h);
    dn_free(config);
    dn_free(build);
    return st;
}
