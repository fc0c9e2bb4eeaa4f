/* checkpoint.c - checkpoint.h5; see checkpoint.h
 *
 * A checkpoint is a few MB: rank 0 writes and reads it whole, so that the checksum is of the very bytes that
 * are written, and other ranks get theirs from rank 0.
 */
#include "mpi/train/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/io/digest.h"
#include "mpi/io/h5.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

enum { POSITION = 4, SUMS = 6, REPORT = 11, PATH_CAP = 1100, VECTORS = 6 };

/* ---- structs as rows of numbers ---- */

static void pack_numbers(const dn_checkpoint *c, int64_t *position, double *sums)
{
    const int64_t p[POSITION] = {c->epoch, c->step, c->updates, c->best_epoch};
    const double s[SUMS] = {c->loss_sum, c->right_sum, c->seconds, c->trained, c->best_loss, c->best_auroc};

    memcpy(position, p, sizeof p);
    memcpy(sums, s, sizeof s);
}

static void unpack_numbers(const int64_t *p, const double *s, dn_checkpoint *c)
{
    c->epoch = p[0];
    c->step = p[1];
    c->updates = p[2];
    c->best_epoch = p[3];
    c->loss_sum = s[0];
    c->right_sum = s[1];
    c->seconds = s[2];
    c->trained = s[3];
    c->best_loss = s[4];
    c->best_auroc = s[5];
}

_Static_assert(sizeof(dn_epoch_report) == REPORT * sizeof(double), "a field of a report would be lost");

static void pack_report(const dn_epoch_report *e, double *row)
{
    const double r[REPORT] = {(double)e->epoch,    (double)e->epochs,  e->rate,
                              e->train_loss,       e->train_accuracy,  e->validation_loss,
                              e->validation_auroc, e->validation_ap,   (double)e->best,
                              e->seconds,          e->pairs_per_second};

    memcpy(row, r, sizeof r);
}

static dn_epoch_report unpack_report(const double *r)
{
    return (dn_epoch_report){.epoch = (int64_t)r[0],
                             .epochs = (int64_t)r[1],
                             .rate = r[2],
                             .train_loss = r[3],
                             .train_accuracy = r[4],
                             .validation_loss = r[5],
                             .validation_auroc = r[6],
                             .validation_ap = r[7],
                             .best = r[8] != 0,
                             .seconds = r[9],
                             .pairs_per_second = r[10]};
}

/* A float vector of a checkpoint. */
typedef struct vector {
    const char *name;
    int64_t *n;
    float **at;
    bool wanted; /* it is part of a checkpoint in this state */
} vector;

static void list_vectors(dn_checkpoint *c, vector *out)
{
    const vector all[VECTORS] = {
        {"/checkpoint/weights", &c->n_weights, &c->w, true},
        {"/checkpoint/running", &c->n_moments, &c->running, true},
        {"/checkpoint/first_moment", &c->n_weights, &c->first, c->first != NULL},
        {"/checkpoint/second_moment", &c->n_weights, &c->second, c->second != NULL},
        {"/checkpoint/best_weights", &c->n_weights, &c->best_w, c->best_epoch > 0},
        {"/checkpoint/best_running", &c->n_moments, &c->best_running, c->best_epoch > 0}};

    memcpy(out, all, sizeof all);
}

/* ---- writing ---- */

/* A dataset as rank 0 holds it, with its checksum. Collective. */
static dn_status put(dn_h5 *h, const char *name, int ndims, const int64_t *dims, size_t size,
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

static dn_status put_reports(dn_h5 *h, const dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    const int64_t dims[2] = {c->epoch, REPORT};
    double *row = dn_calloc((size_t)c->epoch, REPORT * sizeof *row);

    if (row == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for %lld reports",
                          (long long)c->epoch);
    DN_AGREE(dn_h5_comm(h));
    for (int64_t i = 0; i < c->epoch; i++)
        pack_report(&c->report[i], row + i * REPORT);
    DN_TRY(put(h, "/checkpoint/epochs", 2, dims, sizeof *row, row, err));
out:
    dn_free(row);
    return st;
}

static dn_status put_state(dn_h5 *h, const dn_checkpointing *where, const dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint view = *c;
    int64_t position[POSITION], fields = POSITION, sums = SUMS;
    double sum[SUMS];
    vector v[VECTORS];
    const void *config = where->config;
    size_t len = strlen(where->config);
    char digest[DN_DIGEST];

    dn_digest(1, &config, &len, digest);
    DN_TRY(dn_h5_set_text(h, "/", "config_blake2b", digest, err));
    DN_TRY(dn_h5_set_text(h, "/", "build", where->build, err));
    pack_numbers(c, position, sum);
    DN_TRY(put(h, "/checkpoint/position", 1, &fields, sizeof *position, position, err));
    DN_TRY(put(h, "/checkpoint/sums", 1, &sums, sizeof *sum, sum, err));
    list_vectors(&view, v);
    for (int i = 0; i < VECTORS; i++)
        if (v[i].wanted)
            DN_TRY(put(h, v[i].name, 1, v[i].n, sizeof(float), *v[i].at, err));
    DN_TRY(put_reports(h, c, err));
out:
    return st;
}

static void previous_path(const char *path, char *out)
{
    snprintf(out, PATH_CAP, "%s.previous", path);
}

/* The checkpoint at path gets a second name before the new one takes its place, so that there is one at every
 * moment; on a file system without links it is renamed, and for a moment only the previous one is there. */
static dn_status keep_previous(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    char previous[PATH_CAP];

    if (access(path, F_OK) != 0)
        goto out;
    previous_path(path, previous);
    if (unlink(previous) != 0 && errno != ENOENT)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be removed: %s", previous, strerror(errno));
    if (link(path, previous) != 0 && rename(path, previous) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be made from %s: %s", previous, path, strerror(errno));
out:
    return st;
}

dn_status dn_checkpoint_save(const dn_comm *comm, const dn_checkpointing *where, const dn_checkpoint *c,
                             dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(
        dn_h5_create(comm, where->path, DN_CHECKPOINT_SCHEMA, where->command, where->config, true, &h, err));
    DN_TRY(put_state(h, where, c, err));
    if (comm->rank == 0)
        DN_PASS(keep_previous(where->path, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

/* ---- reading: rank 0, by itself ---- */

/* A dataset that has its checksum, in memory for dn_free(). dims [0] is found, dims [1] (or 1) is wanted. */
static dn_status get(const dn_h5 *h, const char *name, dn_type type, size_t size, int ndims, int64_t *dims,
                     void **out, dn_error *err)
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

static dn_status get_numbers(const dn_h5 *h, dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    void *position = NULL, *sums = NULL;
    int64_t n = 0, m = 0;

    DN_TRY(get(h, "/checkpoint/position", DN_I64, sizeof(int64_t), 1, &n, &position, err));
    DN_TRY(get(h, "/checkpoint/sums", DN_F64, sizeof(double), 1, &m, &sums, err));
    if (n != POSITION || m != SUMS)
        DN_FAIL(DN_EDATA, "%s: its position has another shape", dn_h5_path(h));
    unpack_numbers(position, sums, c);
out:
    dn_free(position);
    dn_free(sums);
    return st;
}

static dn_status get_reports(const dn_h5 *h, dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t dims[2] = {0, REPORT};
    void *rows = NULL;

    DN_TRY(get(h, "/checkpoint/epochs", DN_F64, sizeof(double), 2, dims, &rows, err));
    if (dims[0] != c->epoch)
        DN_FAIL(DN_EDATA, "%s: %lld epochs are done, but %lld reported", dn_h5_path(h), (long long)c->epoch,
                (long long)dims[0]);
    DN_TRY(dn_grow((void **)&c->report, &c->report_cap, (size_t)c->epoch, sizeof *c->report, err));
    for (int64_t i = 0; i < c->epoch; i++)
        c->report[i] = unpack_report((const double *)rows + i * REPORT);
out:
    dn_free(rows);
    return st;
}

/* Every vector that is there. The first of a size, which is negative before, says what it is. */
static dn_status get_vectors(const dn_h5 *h, dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    vector v[VECTORS];

    list_vectors(c, v);
    for (int i = 0; i < VECTORS; i++) {
        int64_t n = 0;
        void *data = NULL;
        if (!v[i].wanted && !dn_h5_has(h, v[i].name))
            continue;
        DN_TRY(get(h, v[i].name, DN_F32, sizeof(float), 1, &n, &data, err));
        *v[i].at = data;
        if (*v[i].n < 0)
            *v[i].n = n;
        if (*v[i].n != n)
            DN_FAIL(DN_EDATA, "%s: %s has another length than its like", dn_h5_path(h), v[i].name);
    }
out:
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

static void release(dn_checkpoint *c)
{
    vector v[VECTORS];

    list_vectors(c, v);
    for (int i = 0; i < VECTORS; i++)
        dn_free(*v[i].at);
    dn_free(c->report);
    *c = (dn_checkpoint){0};
}

/* All of a checkpoint, checked, in vectors of its own for release(); config and build for dn_free(). */
static dn_status read_all(const char *path, dn_checkpoint *out, char **out_config, char **out_build,
                          dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_checkpoint c = {.n_weights = -1, .n_moments = -1};
    char *config = NULL, *build = NULL;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(&self, path, DN_CHECKPOINT_SCHEMA, &h, err));
    DN_TRY(get_config(h, &config, err));
    DN_TRY(dn_h5_read_text(h, "/", "build", &build, err));
    DN_TRY(get_numbers(h, &c, err));
    DN_TRY(get_vectors(h, &c, err));
    DN_TRY(get_reports(h, &c, err));
    *out = c;
    *out_config = config;
    *out_build = build;
    c = (dn_checkpoint){0};
    config = build = NULL;
out:
    dn_h5_close(&h);
    release(&c);
    dn_free(config);
    dn_free(build);
    return st;
}

/* ---- finding ---- */

/* Whether the file at path is sound and of this config. Fails: as dn_checkpoint_find(), but for damage (why)
 */
static dn_status examine(const char *path, const char *config, bool *out_sound, dn_error *why, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint c = {0};
    char *have = NULL, *build = NULL, text[200];

    *out_sound = false;
    st = read_all(path, &c, &have, &build, why);
    if (st == DN_ENOMEM)
        DN_FAIL(DN_ENOMEM, "%s", why->text);
    if (st != DN_OK) {
        st = DN_OK;
        goto out;
    }
    *out_sound = true;
    DN_TRY(dn_json_difference(config, have, text, sizeof text, err));
    if (text[0] != '\0')
        DN_FAIL(DN_ECANTCREAT, "%s: is of another run (%s); --force starts anew", path, text);
out:
    release(&c);
    dn_free(have);
    dn_free(build);
    return st;
}

static dn_status find_local(const char *path, const char *config, bool *out_found, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error why = DN_ERROR_INIT, why_previous = DN_ERROR_INIT;
    char previous[PATH_CAP];
    bool there = access(path, F_OK) == 0;

    *out_found = false;
    previous_path(path, previous);
    if (there)
        DN_TRY(examine(path, config, out_found, &why, err));
    if (*out_found || (!there && access(previous, F_OK) != 0))
        goto out;
    if (access(previous, F_OK) == 0)
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
    int64_t position[POSITION];
    double sums[SUMS];
    vector v[VECTORS], f[VECTORS];

    DN_TRY(dn_grow((void **)&c->report, &c->report_cap, (size_t)have->epoch, sizeof *c->report, err));
    pack_numbers(have, position, sums);
    unpack_numbers(position, sums, c);
    list_vectors(c, v);
    list_vectors(&from, f);
    for (int i = 0; i < VECTORS; i++)
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

    DN_TRY(read_all(where->path, &have, &config, &build, err));
    DN_TRY(check_sizes(where->path, &have, c, err));
    DN_TRY(take_over(&have, c, err));
    if (strcmp(build, where->build) != 0)
        dn_log(DN_WARN, "train", "the checkpoint is of another build or CPU: last bits may differ",
               "checkpoint=\"%s\" here=\"%s\"", build, where->build);
out:
    release(&have);
    dn_free(config);
    dn_free(build);
    return st;
}

/* What rank 0 has loaded to all; c->report has room. */
static void spread(const dn_comm *comm, dn_checkpoint *c)
{
    vector v[VECTORS];

    list_vectors(c, v);
    for (int i = 0; i < VECTORS; i++)
        if (v[i].wanted)
            MPI_Bcast(*v[i].at, (int)*v[i].n, MPI_FLOAT, 0, comm->mpi); /* the reduction has checked 2^31 */
    MPI_Bcast(c->report, (int)((size_t)c->epoch * sizeof *c->report), MPI_BYTE, 0, comm->mpi);
}

dn_status dn_checkpoint_load(const dn_comm *comm, const dn_checkpointing *where, dn_checkpoint *c,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int64_t position[POSITION];
    double sums[SUMS];

    if (comm->rank == 0)
        st = load_local(where, c, err);
    DN_AGREE(comm);
    pack_numbers(c, position, sums);
    MPI_Bcast(position, POSITION, MPI_INT64_T, 0, comm->mpi);
    MPI_Bcast(sums, SUMS, MPI_DOUBLE, 0, comm->mpi);
    unpack_numbers(position, sums, c);
    DN_PASS(dn_grow((void **)&c->report, &c->report_cap, (size_t)c->epoch, sizeof *c->report, err));
    DN_AGREE(comm);
    spread(comm, c);
out:
    return st;
}

dn_status dn_checkpoint_remove(const dn_comm *comm, const char *path, dn_error *err)
{
    static const char *const suffix[] = {"", ".previous", ".part"};
    dn_status st = DN_OK;
    char file[PATH_CAP];

    for (size_t i = 0; comm->rank == 0 && i < sizeof suffix / sizeof suffix[0]; i++) {
        snprintf(file, sizeof file, "%s%s", path, suffix[i]);
        if (unlink(file) != 0 && errno != ENOENT && st == DN_OK)
            st = dn_error_set(err, DN_ECANTCREAT, __FILE__, __LINE__, "%s: cannot be removed: %s", file,
                              strerror(errno));
    }
    DN_AGREE(comm);
out:
    return st;
}
