/* analyse_save.c - a checkpoint of an analysis is written; see analyse_keep.h */
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/analyse_private.h"
#include "mpi/io/checkpoint_file.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

enum { PATH_CAP = 200, NAMES_CAP = 1024, FIELDS = 3 };

/* ---- measures ---- */

/* Names divided by commas. They are words of ours, of at most 30 bytes. */
static void add_name(char *list, const char *name)
{
    size_t at = strlen(list);

    snprintf(list + at, NAMES_CAP - at, "%s%s", at > 0 ? "," : "", name);
}

static dn_status put_measure(dn_h5 *h, int number, const dn_measure *m, int64_t n, bool pending,
                             dn_error *err)
{
    dn_status st = DN_OK;
    char group[PATH_CAP], path[PATH_CAP + 40], columns[NAMES_CAP] = "", figures[NAMES_CAP] = "";

    snprintf(group, sizeof group, "/measures/%d", number);
    for (int c = 0; c < m->n_columns; c++) {
        add_name(columns, m->column[c].name);
        snprintf(path, sizeof path, "%s/%s", group, m->column[c].name);
        DN_TRY(dn_checkpoint_file_put(h, path, 1, &n, sizeof *m->column[c].v, m->column[c].v, err));
        DN_TRY(dn_h5_set_int(h, path, "integer", m->column[c].integer, err));
    }
    for (int i = 0; i < m->n_figures; i++) {
        add_name(figures, m->figure[i].name);
        DN_TRY(dn_h5_set_number(h, group, m->figure[i].name, m->figure[i].value, err));
    }
    DN_TRY(dn_h5_set_text(h, group, "name", m->name, err));
    DN_TRY(dn_h5_set_text(h, group, "columns", columns, err));
    DN_TRY(dn_h5_set_text(h, group, "figures", figures, err));
    DN_TRY(dn_h5_set_int(h, group, "iterative", m->iterative, err));
    DN_TRY(dn_h5_set_int(h, group, "own_errors", m->own_errors, err));
    DN_TRY(dn_h5_set_int(h, group, "pending", pending, err));
    DN_TRY(dn_h5_set_number(h, group, "seconds", m->seconds, err));
    DN_TRY(dn_report_put(h, group, &m->report, err));
out:
    return st;
}

/* What was computed along with another measure and is not asked for yet, as a measure. */
static dn_status put_pending(dn_h5 *h, int *count, const char *name, double *value, double *error,
                             int64_t sources, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    dn_measure m = {.name = name,
                    .n_columns = error != NULL ? 2 : 1,
                    .column = {{.name = "value", .v = value}, {.name = "standard_error", .v = error}},
                    .n_figures = 1,
                    .figure = {{"sources", (double)sources}}};

    if (value == NULL || sources == 0)
        goto out;
    DN_TRY(put_measure(h, *count, &m, n, true, err));
    (*count)++;
out:
    return st;
}

static dn_status put_measures(dn_h5 *h, const dn_analyse_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    int count = 0;
    int64_t n = j->g->n;

    for (; count < j->measures_done; count++)
        DN_TRY(put_measure(h, count, &j->a->measure[count], n, false, err));
    DN_TRY(put_pending(h, &count, "closeness", j->closeness.value, j->closeness.error, j->closeness.sources,
                       n, err));
    DN_TRY(put_pending(h, &count, "harmonic", j->harmonic.value, j->harmonic.error, j->harmonic.sources, n,
                       err));
    DN_TRY(dn_h5_set_int(h, "/measures", "count", count, err));
out:
    return st;
}

/* ---- spectra ---- */

static dn_status put_spectrum(dn_h5 *h, int number, const dn_spectrum *s, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    const struct {
        const char *name;
        const double *v;
        int ndims;
    } part[] = {{"value", s->value, 1},
                {"residual", s->residual, 1},
                {"share", s->share, 1},
                {"vector", s->vector, 2}};
    const int64_t dims[2] = {s->k, n};
    char group[PATH_CAP], path[PATH_CAP + 40];

    snprintf(group, sizeof group, "/spectra/%d", number);
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", group, part[i].name);
        if (part[i].v != NULL)
            DN_TRY(dn_checkpoint_file_put(h, path, part[i].ndims, dims, sizeof *part[i].v, part[i].v, err));
    }
    DN_TRY(dn_h5_set_text(h, group, "name", s->name, err));
    DN_TRY(dn_h5_set_int(h, group, "pairs", s->k, err));
    DN_TRY(dn_h5_set_number(h, group, "seconds", s->seconds, err));
    DN_TRY(dn_report_put(h, group, &s->report, err));
out:
    return st;
}

static dn_status put_spectra(dn_h5 *h, const dn_analyse_job *j, dn_error *err)
{
    dn_status st = DN_OK;

    for (int i = 0; i < j->spectra_done; i++)
        DN_TRY(put_spectrum(h, i, &j->a->spectrum[i], j->g->n, err));
    DN_TRY(dn_h5_set_int(h, "/spectra", "count", j->spectra_done, err));
out:
    return st;
}

/* ---- a sweep ---- */

static dn_status put_arrays(dn_h5 *h, const dn_sweep_state *s, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH_CAP];

    if (s->done != NULL)
        DN_TRY(dn_checkpoint_file_put(h, "/sweep/done", 1, &s->units, 1, s->done, err));
    for (int i = 0; i < s->counts; i++) {
        snprintf(path, sizeof path, "/sweep/count_%d", i);
        DN_TRY(dn_checkpoint_file_put(h, path, 1, &s->n, sizeof *s->count[i], s->count[i], err));
    }
    for (int i = 0; i < s->numbers; i++) {
        snprintf(path, sizeof path, "/sweep/number_%d", i);
        DN_TRY(dn_checkpoint_file_put(h, path, 1, &s->n, sizeof *s->number[i], s->number[i], err));
    }
out:
    return st;
}

/* Each rank writes the vectors that it has, one at a time. */
static dn_status put_vectors(dn_h5 *h, const dn_sweep_state *s, int64_t first, int64_t most, int64_t all,
                             dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_h5_declare(h, "/sweep/vector", 2, (int64_t[]){all, s->width}, err));
    for (int64_t i = 0; i < most; i++) {
        bool mine = i < s->parts;

        DN_TRY(dn_h5_fill(h, "/sweep/vector", mine ? first + i : 0, mine, mine ? s->part[i].sum : NULL, err));
    }
out:
    return st;
}

/* The parts of all ranks, those of a rank behind those of the ranks before it. */
static dn_status put_parts(dn_h5 *h, const dn_comm *comm, const dn_sweep_state *s, int64_t *out_all,
                           dn_error *err)
{
    dn_status st = DN_OK;
    int64_t first = 0, most = s->parts, all = s->parts;
    int64_t *table = NULL; /* [all, FIELDS] */
    char *digest = NULL;   /* [all, DN_DIGEST] */

    MPI_Exscan(&s->parts, &first, 1, MPI_INT64_T, MPI_SUM, comm->mpi);
    MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT64_T, MPI_SUM, comm->mpi);
    MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_INT64_T, MPI_MAX, comm->mpi);
    first = comm->rank == 0 ? 0 : first;
    *out_all = all;
    if (all == 0)
        goto out;
    table = dn_calloc((size_t)all, FIELDS * sizeof *table);
    digest = dn_calloc((size_t)all, DN_DIGEST);
    if (table == NULL || digest == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for %lld parts of %s",
                          (long long)all, s->what);
    DN_AGREE(comm);
    for (int64_t i = 0; i < s->parts; i++) {
        const dn_sweep_part *p = &s->part[i];
        const int64_t row[FIELDS] = {p->first, p->count, p->batches};
        const void *sum = p->sum;
        size_t len = (size_t)s->width * sizeof *p->sum;

        memcpy(table + (first + i) * FIELDS, row, sizeof row);
        dn_digest(1, &sum, &len, digest + (first + i) * DN_DIGEST);
    }
    MPI_Allreduce(MPI_IN_PLACE, table, (int)(all * FIELDS), MPI_INT64_T, MPI_SUM, comm->mpi);
    MPI_Allreduce(MPI_IN_PLACE, digest, (int)(all * DN_DIGEST), MPI_UINT8_T, MPI_MAX, comm->mpi);
    DN_TRY(dn_checkpoint_file_put(h, "/sweep/part", 2, (int64_t[]){all, FIELDS}, sizeof *table, table, err));
    DN_TRY(
        dn_checkpoint_file_put(h, "/sweep/vector_blake2b", 2, (int64_t[]){all, DN_DIGEST}, 1, digest, err));
    DN_TRY(put_vectors(h, s, first, most, all, err));
out:
    dn_free(table);
    dn_free(digest);
    return st;
}

static dn_status put_sweep(dn_h5 *h, const dn_analyse_job *j, const dn_sweep_state *s, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t parts = 0;
    double seconds = MPI_Wtime() - j->started;

    MPI_Bcast(&seconds, 1, MPI_DOUBLE, 0, j->comm->mpi);
    DN_TRY(put_arrays(h, s, err));
    DN_TRY(put_parts(h, j->comm, s, &parts, err));
    DN_TRY(dn_h5_set_text(h, "/sweep", "what", s->what, err));
    DN_TRY(dn_h5_set_int(h, "/sweep", "nodes", s->n, err));
    DN_TRY(dn_h5_set_int(h, "/sweep", "units", s->units, err));
    DN_TRY(dn_h5_set_int(h, "/sweep", "lanes", s->lanes, err));
    DN_TRY(dn_h5_set_int(h, "/sweep", "width", s->width, err));
    DN_TRY(dn_h5_set_int(h, "/sweep", "counts", s->counts, err));
    DN_TRY(dn_h5_set_int(h, "/sweep", "numbers", s->numbers, err));
    DN_TRY(dn_h5_set_int(h, "/sweep", "parts", parts, err));
    DN_TRY(dn_h5_set_number(h, "/sweep", "seconds", seconds, err));
out:
    return st;
}

/* Bytes of the datasets, of which tables take some more. Collective. */
static int64_t bytes_of(const dn_analyse_job *j, const dn_sweep_state *opt_sweep)
{
    int64_t n = j->g->n, columns = 0, bytes = 0, parts = opt_sweep != NULL ? opt_sweep->parts : 0;

    for (int i = 0; i < j->measures_done; i++)
        columns += j->a->measure[i].n_columns;
    columns += (j->closeness.value != NULL) + (j->closeness.error != NULL) + (j->harmonic.value != NULL) +
               (j->harmonic.error != NULL);
    for (int i = 0; i < j->spectra_done; i++)
        bytes += j->a->spectrum[i].k * (n + 3) * (int64_t)sizeof(double);
    MPI_Allreduce(MPI_IN_PLACE, &parts, 1, MPI_INT64_T, MPI_SUM, j->comm->mpi);
    if (opt_sweep != NULL) {
        columns += opt_sweep->counts + opt_sweep->numbers;
        bytes += opt_sweep->units + parts * opt_sweep->width * (int64_t)sizeof(double);
    }
    return bytes + columns * n * (int64_t)sizeof(double);
}

dn_status dn_analyse_save(dn_analyse_job *j, const dn_sweep_state *opt_sweep, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analyse_keep *keep = j->o->keep;
    double began = MPI_Wtime();
    int64_t bytes = bytes_of(j, opt_sweep);
    dn_h5 *h = NULL;

    DN_TRY(dn_checkpoint_file_create(j->comm, keep->path, DN_ANALYSE_KEEP_SCHEMA, keep->command, keep->config,
                                     keep->build, &h, err));
    DN_PASS(dn_h5_reserve(h, bytes, err)); /* all of it, or nothing is begun */
    DN_AGREE(j->comm);
    DN_TRY(dn_h5_set_text(h, "/", "network_hash", j->hash, err));
    DN_TRY(put_measures(h, j, err));
    DN_TRY(put_spectra(h, j, err));
    if (opt_sweep != NULL)
        DN_TRY(put_sweep(h, j, opt_sweep, err));
    DN_TRY(dn_checkpoint_file_commit(&h, err));
    j->kept_at = MPI_Wtime();
    j->fresh = false;
    if (j->comm->rank == 0)
        dn_log(DN_DEBUG, "network", "checkpoint", "measures=%d under_way=%s secs=%.2f", j->measures_done,
               opt_sweep != NULL ? opt_sweep->what : "none", j->kept_at - began);
out:
    if (st != DN_OK)
        dn_checkpoint_file_need(bytes, err);
    dn_h5_close(&h);
    return st;
}
