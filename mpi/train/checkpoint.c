/* checkpoint.c - checkpoints come, are found and go; see checkpoint.h. Their content is in checkpoint_state.c
 *
 * Rank 0 reads and handles names; the other ranks get what it has read.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/io/seal.h"
#include "mpi/train/checkpoint_private.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

enum { PATH_CAP = 1100 };

/* ---- writing ---- */

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

/* Of a disk or quota that is full, the message says what a checkpoint takes in all; the last one is still
 * there. */
static void say_what_is_needed(const dn_checkpoint *c, dn_error *err)
{
    size_t used;

    if (err == NULL || strstr(err->text, "no room for ") == NULL)
        return;
    used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, "; a checkpoint takes %.1f MB beside those kept",
             (double)dn_checkpoint_bytes(c) / 1e6 + 0.3);
}

dn_status dn_checkpoint_save(const dn_comm *comm, const dn_checkpointing *where, const dn_checkpoint *c,
                             dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(
        dn_h5_create(comm, where->path, DN_CHECKPOINT_SCHEMA, where->command, where->config, true, &h, err));
    dn_h5_seal(h);
    DN_PASS(dn_h5_reserve(h, dn_checkpoint_bytes(c), err)); /* all of it, or nothing is begun */
    DN_AGREE(comm);
    DN_TRY(dn_checkpoint_put(h, where, c, err));
    if (comm->rank == 0)
        DN_PASS(keep_old(where->path, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_commit(&h, err));
    if (comm->rank == 0)
        st = name_previous(where->path, err);
    DN_AGREE(comm);
out:
    if (st != DN_OK)
        say_what_is_needed(c, err);
    dn_h5_close(&h);
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
 * is not damaged: it stays. Fails: as dn_checkpoint_find() */
static dn_status examine(const char *path, const char *config, bool *out_sound, dn_error *out_why,
                         dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint c = {0};
    char *have = NULL, *build = NULL, text[160];

    *out_sound = false;
    st = dn_seal_check(path, out_why);
    if (st == DN_EDATA) {
        st = DN_OK;
        goto out;
    }
    if (st != DN_OK)
        DN_FAIL(st, "%s", out_why->text);
    DN_TRY(dn_checkpoint_read(path, &c, &have, &build, err));
    *out_sound = true;
    DN_TRY(dn_json_difference(config, have, text, sizeof text, err));
    if (text[0] != '\0')
        DN_FAIL(DN_ECANTCREAT, "%s: is of another run (%s%s); --force starts anew", path,
                of_other_data(text) ? "other data: " : "", text);
out:
    dn_checkpoint_release(&c);
    dn_free(have);
    dn_free(build);
    return st;
}

static dn_status find_local(const char *path, const char *config, bool *out_found, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error why = DN_ERROR_INIT, why_previous = DN_ERROR_INIT;
    char previous[PATH_CAP];
    bool there, before;

    *out_found = false;
    DN_TRY(look_for(path, &there, err));
    DN_TRY(look_for(beside(path, ".previous", previous), &before, err));
    if (there)
        DN_TRY(examine(path, config, out_found, &why, err));
    if (*out_found || (!there && !before))
        goto out;
    if (before)
        DN_TRY(examine(previous, config, out_found, &why_previous, err));
    if (!*out_found)
        DN_FAIL(DN_ECANTCREAT, "%s, and there is no sound checkpoint before it; --force starts anew",
                there ? why.text : why_previous.text);
    if (rename(previous, path) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be renamed from %s: %s", path, previous, strerror(errno));
    if (there)
        dn_log(DN_WARN, "train", "the checkpoint is damaged, the one before it is used", "reason=\"%s\"",
               why.text);
out:
    return st;
}

dn_status dn_checkpoint_find(const dn_comm *comm, const char *path, const char *config, bool *out_found,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int found = 0;

    if (comm->rank == 0) {
        st = find_local(path, config, out_found, err);
        found = *out_found;
    }
    DN_AGREE(comm);
    MPI_Bcast(&found, 1, MPI_INT, 0, comm->mpi);
    *out_found = found != 0;
out:
    return st;
}

/* ---- loading ---- */

static dn_status check_sizes(const char *path, const dn_checkpoint *have, const dn_checkpoint *c,
                             dn_error *err)
{
    dn_status st = DN_OK;

    if (have->n_weights != c->n_weights || have->n_moments != c->n_moments)
        DN_FAIL(DN_EDATA, "%s: is of a network of %lld weights and %lld moments, wanted %lld and %lld", path,
                (long long)have->n_weights, (long long)have->n_moments, (long long)c->n_weights,
                (long long)c->n_moments);
    if ((have->first != NULL) != (c->first != NULL) || (have->second != NULL) != (c->second != NULL))
        DN_FAIL(DN_EDATA, "%s: is of another optimiser", path);
    if (have->best_epoch > 0 && (have->best_w == NULL || have->best_running == NULL))
        DN_FAIL(DN_EDATA, "%s: holds no weights of the best epoch", path);
out:
    return st;
}

/* Numbers, vectors and reports of `have` into the caller's. */
static dn_status take_over(const dn_checkpoint *have, dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint from = *have;
    int64_t position[DN_POSITION];
    double sums[DN_SUMS];
    dn_vector v[DN_VECTORS], f[DN_VECTORS];

    DN_TRY(dn_grow((void **)&c->report, &c->report_cap, (size_t)have->epoch, sizeof *c->report, err));
    dn_checkpoint_pack(have, position, sums);
    dn_checkpoint_unpack(position, sums, c);
    dn_checkpoint_vectors(c, v);
    dn_checkpoint_vectors(&from, f);
    for (int i = 0; i < DN_VECTORS; i++)
        if (v[i].wanted)
            memcpy(*v[i].at, *f[i].at, (size_t)*v[i].n * sizeof(float));
    if (have->epoch > 0)
        memcpy(c->report, have->report, (size_t)have->epoch * sizeof *c->report);
out:
    return st;
}

static dn_status load_local(const dn_checkpointing *where, dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint have = {0};
    char *config = NULL, *build = NULL;

    DN_TRY(dn_checkpoint_read(where->path, &have, &config, &build, err));
    DN_TRY(check_sizes(where->path, &have, c, err));
    DN_TRY(take_over(&have, c, err));
    if (strcmp(build, where->build) != 0)
        dn_log(DN_WARN, "train", "the checkpoint is of another build or CPU: last bits may differ",
               "checkpoint=\"%s\" here=\"%s\"", build, where->build);
out:
    dn_checkpoint_release(&have);
    dn_free(config);
    dn_free(build);
    return st;
}

/* What rank 0 has loaded to all; c->report has room. */
static void spread(const dn_comm *comm, dn_checkpoint *c)
{
    dn_vector v[DN_VECTORS];

    dn_checkpoint_vectors(c, v);
    for (int i = 0; i < DN_VECTORS; i++)
        if (v[i].wanted)
            MPI_Bcast(*v[i].at, (int)*v[i].n, MPI_FLOAT, 0, comm->mpi); /* the reduction has checked 2^31 */
    MPI_Bcast(c->report, (int)((size_t)c->epoch * sizeof *c->report), MPI_BYTE, 0, comm->mpi);
}

dn_status dn_checkpoint_load(const dn_comm *comm, const dn_checkpointing *where, dn_checkpoint *c,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int64_t position[DN_POSITION];
    double sums[DN_SUMS];

    if (comm->rank == 0)
        st = load_local(where, c, err);
    DN_AGREE(comm);
    dn_checkpoint_pack(c, position, sums);
    MPI_Bcast(position, DN_POSITION, MPI_INT64_T, 0, comm->mpi);
    MPI_Bcast(sums, DN_SUMS, MPI_DOUBLE, 0, comm->mpi);
    dn_checkpoint_unpack(position, sums, c);
    DN_PASS(dn_grow((void **)&c->report, &c->report_cap, (size_t)c->epoch, sizeof *c->report, err));
    DN_AGREE(comm);
    spread(comm, c);
out:
    return st;
}

dn_status dn_checkpoint_remove(const dn_comm *comm, const char *path, dn_error *err)
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
