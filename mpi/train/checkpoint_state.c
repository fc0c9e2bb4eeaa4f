/* checkpoint_state.c - the content of checkpoint.h5, and its checksums; see checkpoint_private.h
 *
 * A checkpoint is a few MB: rank 0 writes it whole, so that the checksum is of the very bytes that are
 * written.
 */
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/checkpoint_file.h"
#include "mpi/train/checkpoint_private.h"
#include "solvers/base/alloc.h"

enum { REPORT = 11 };

/* ---- structs as rows of numbers ---- */

void dn_checkpoint_pack(const dn_checkpoint *c, int64_t *position, double *sums)
{
    const int64_t p[DN_POSITION] = {c->epoch, c->step, c->updates, c->best_epoch};
    const double s[DN_SUMS] = {c->loss_sum, c->right_sum, c->seconds,
                               c->trained,  c->best_loss, c->best_auroc};

    memcpy(position, p, sizeof p);
    memcpy(sums, s, sizeof s);
}

void dn_checkpoint_unpack(const int64_t *p, const double *s, dn_checkpoint *c)
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

void dn_checkpoint_vectors(dn_checkpoint *c, dn_vector *out)
{
    const dn_vector all[DN_VECTORS] = {
        {"/checkpoint/weights", &c->n_weights, &c->w, true},
        {"/checkpoint/running", &c->n_moments, &c->running, true},
        {"/checkpoint/first_moment", &c->n_weights, &c->first, c->first != NULL},
        {"/checkpoint/second_moment", &c->n_weights, &c->second, c->second != NULL},
        {"/checkpoint/best_weights", &c->n_weights, &c->best_w, c->best_epoch > 0},
        {"/checkpoint/best_running", &c->n_moments, &c->best_running, c->best_epoch > 0}};

    memcpy(out, all, sizeof all);
}

/* ---- writing ---- */

int64_t dn_checkpoint_bytes(const dn_checkpoint *c)
{
    dn_checkpoint view = *c;
    dn_vector v[DN_VECTORS];
    int64_t bytes = c->epoch * REPORT * (int64_t)sizeof(double);

    dn_checkpoint_vectors(&view, v);
    for (int i = 0; i < DN_VECTORS; i++)
        bytes += v[i].wanted ? *v[i].n * (int64_t)sizeof(float) : 0;
    return bytes;
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
    DN_TRY(dn_checkpoint_file_put(h, "/checkpoint/epochs", 2, dims, sizeof *row, row, err));
out:
    dn_free(row);
    return st;
}

dn_status dn_checkpoint_put(dn_h5 *h, const dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint view = *c;
    int64_t position[DN_POSITION], fields = DN_POSITION, sums = DN_SUMS;
    double sum[DN_SUMS];
    dn_vector v[DN_VECTORS];

    dn_checkpoint_pack(c, position, sum);
    DN_TRY(dn_checkpoint_file_put(h, "/checkpoint/position", 1, &fields, sizeof *position, position, err));
    DN_TRY(dn_checkpoint_file_put(h, "/checkpoint/sums", 1, &sums, sizeof *sum, sum, err));
    dn_checkpoint_vectors(&view, v);
    for (int i = 0; i < DN_VECTORS; i++)
        if (v[i].wanted)
            DN_TRY(dn_checkpoint_file_put(h, v[i].name, 1, v[i].n, sizeof(float), *v[i].at, err));
    DN_TRY(put_reports(h, c, err));
out:
    return st;
}

/* ---- reading: rank 0, by itself ---- */

static dn_status get_numbers(const dn_h5 *h, dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    void *position = NULL, *sums = NULL;
    int64_t n = 0, m = 0;

    DN_TRY(dn_checkpoint_file_get(h, "/checkpoint/position", DN_I64, sizeof(int64_t), 1, &n, &position, err));
    DN_TRY(dn_checkpoint_file_get(h, "/checkpoint/sums", DN_F64, sizeof(double), 1, &m, &sums, err));
    if (n != DN_POSITION || m != DN_SUMS)
        DN_FAIL(DN_EDATA, "%s: its position has another shape", dn_h5_path(h));
    dn_checkpoint_unpack(position, sums, c);
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

    DN_TRY(dn_checkpoint_file_get(h, "/checkpoint/epochs", DN_F64, sizeof(double), 2, dims, &rows, err));
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
    dn_vector v[DN_VECTORS];

    dn_checkpoint_vectors(c, v);
    for (int i = 0; i < DN_VECTORS; i++) {
        int64_t n = 0;
        void *data = NULL;
        if (!v[i].wanted && !dn_h5_has(h, v[i].name))
            continue;
        DN_TRY(dn_checkpoint_file_get(h, v[i].name, DN_F32, sizeof(float), 1, &n, &data, err));
        *v[i].at = data;
        if (*v[i].n < 0)
            *v[i].n = n;
        if (*v[i].n != n)
            DN_FAIL(DN_EDATA, "%s: %s has another length than its like", dn_h5_path(h), v[i].name);
    }
out:
    return st;
}

void dn_checkpoint_release(dn_checkpoint *c)
{
    dn_vector v[DN_VECTORS];

    dn_checkpoint_vectors(c, v);
    for (int i = 0; i < DN_VECTORS; i++)
        dn_free(*v[i].at);
    dn_free(c->report);
    *c = (dn_checkpoint){0};
}

dn_status dn_checkpoint_read(const char *path, dn_checkpoint *out, char **out_config, char **out_build,
                             dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_checkpoint c = {.n_weights = -1, .n_moments = -1};
    char *config = NULL, *build = NULL;
    dn_h5 *h = NULL;

    DN_TRY(dn_checkpoint_file_open(&self, path, DN_CHECKPOINT_SCHEMA, &h, &config, &build, err));
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
    dn_checkpoint_release(&c);
    dn_free(config);
    dn_free(build);
    return st;
}
