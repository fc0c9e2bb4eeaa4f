/* analyse_restore.c - a checkpoint of an analysis is read; see analyse_keep.h
 *
 * Every rank reads by itself what all must have; arrays of a sweep are for rank 0, the vectors of betweenness
 * for the ranks that they are dealt to.
 */
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/analyse_private.h"
#include "mpi/io/checkpoint_file.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

enum { PATH_CAP = 200, FIELDS = 3, MOST = 1 << 20 };

/* A dataset [rows] or [rows, columns] of exactly this shape, for dn_free(). */
static dn_status get(const dn_h5 *h, const char *path, dn_type type, size_t size, int64_t rows,
                     int64_t columns, void *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t dims[2] = {0, columns};
    void *data = NULL;

    DN_TRY(dn_checkpoint_file_get(h, path, type, size, columns > 0 ? 2 : 1, dims, &data, err));
    if (dims[0] != rows)
        DN_FAIL(DN_EDATA, "%s: %s has %lld rows, not %lld", dn_h5_path(h), path, (long long)dims[0],
                (long long)rows);
    *(void **)out = data;
    data = NULL;
out:
    dn_free(data);
    return st;
}

static dn_status get_bool(const dn_h5 *h, const char *object, const char *key, bool *out, dn_error *err)
{
    int64_t v = 0;
    dn_status st = dn_h5_get_int(h, object, key, &v, err);

    *out = v != 0;
    return st;
}

/* A number of things between 0 and most. */
static dn_status get_count(const dn_h5 *h, const char *object, const char *key, int most, int *out,
                           dn_error *err)
{
    dn_status st = DN_OK;
    int64_t v = 0;

    DN_TRY(dn_h5_get_int(h, object, key, &v, err));
    if (v < 0 || v > most)
        DN_FAIL(DN_EDATA, "%s: %s of %s is %lld", dn_h5_path(h), key, object, (long long)v);
    *out = (int)v;
out:
    return st;
}

static dn_status get_report(const dn_h5 *h, const char *group, dn_solve_report *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(get_bool(h, group, "solver_converged", &r->converged, err));
    DN_TRY(dn_h5_get_int(h, group, "solver_iterations", &r->iterations, err));
    DN_TRY(dn_h5_get_number(h, group, "solver_residual", &r->residual, err));
    DN_TRY(dn_h5_get_number(h, group, "solver_tolerance", &r->tolerance, err));
    DN_TRY(dn_h5_get_number(h, group, "solver_error", &r->error, err));
    DN_TRY(dn_h5_get_text(h, group, "solver_method", r->method, sizeof r->method, err));
    DN_TRY(dn_h5_get_text(h, group, "solver_warning", r->warning, sizeof r->warning, err));
out:
    return st;
}

/* ---- measures ---- */

/* The next name of a list that is cut at its commas on the way, or NULL. */
static const char *next_name(char **at)
{
    char *name = *at, *comma;

    if (*name == '\0')
        return NULL;
    comma = strchr(name, ',');
    *at = comma != NULL ? comma + 1 : name + strlen(name);
    if (comma != NULL)
        *comma = '\0';
    return name;
}

/* Both lists into m->own_names; out: where they begin. */
static dn_status get_names(const dn_h5 *h, const char *group, dn_measure *m, char *out[2], dn_error *err)
{
    static const char *const key[2] = {"columns", "figures"};
    dn_status st = DN_OK;
    char *text[2] = {NULL, NULL};

    for (int k = 0; k < 2; k++)
        DN_TRY(dn_h5_read_text(h, group, key[k], &text[k], err));
    DN_NEW(m->own_names, strlen(text[0]) + strlen(text[1]) + 2);
    out[0] = m->own_names;
    out[1] = m->own_names + strlen(text[0]) + 1;
    memcpy(out[0], text[0], strlen(text[0]) + 1);
    memcpy(out[1], text[1], strlen(text[1]) + 1);
out:
    dn_free(text[0]);
    dn_free(text[1]);
    return st;
}

static dn_status get_columns(const dn_h5 *h, const char *group, char *list, int64_t n, dn_measure *m,
                             dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH_CAP + 120];

    for (const char *name = next_name(&list); name != NULL; name = next_name(&list)) {
        dn_column *c = &m->column[m->n_columns];

        if (m->n_columns == DN_COLUMNS)
            DN_FAIL(DN_EDATA, "%s: %s has more than %d columns", dn_h5_path(h), group, DN_COLUMNS);
        snprintf(path, sizeof path, "%s/%.100s", group, name);
        DN_TRY(get(h, path, DN_F64, sizeof *c->v, n, 0, &c->v, err));
        c->name = name;
        m->n_columns++;
        DN_TRY(get_bool(h, path, "integer", &c->integer, err));
    }
out:
    return st;
}

static dn_status get_figures(const dn_h5 *h, const char *group, char *list, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;

    for (const char *name = next_name(&list); name != NULL; name = next_name(&list)) {
        dn_figure *f = &m->figure[m->n_figures];

        if (m->n_figures == DN_FIGURES)
            DN_FAIL(DN_EDATA, "%s: %s has more than %d figures", dn_h5_path(h), group, DN_FIGURES);
        f->name = name;
        DN_TRY(dn_h5_get_number(h, group, name, &f->value, err));
        m->n_figures++;
    }
out:
    return st;
}

static dn_status get_measure(const dn_h5 *h, int number, int64_t n, dn_measure *m, bool *out_pending,
                             dn_error *err)
{
    dn_status st = DN_OK;
    char group[PATH_CAP], *list[2] = {NULL, NULL};

    snprintf(group, sizeof group, "/measures/%d", number);
    DN_TRY(dn_h5_read_text(h, group, "name", &m->own_text, err));
    m->name = m->own_text;
    DN_TRY(get_names(h, group, m, list, err));
    DN_TRY(get_columns(h, group, list[0], n, m, err));
    DN_TRY(get_figures(h, group, list[1], m, err));
    DN_TRY(get_bool(h, group, "iterative", &m->iterative, err));
    DN_TRY(get_bool(h, group, "own_errors", &m->own_errors, err));
    DN_TRY(get_bool(h, group, "pending", out_pending, err));
    DN_TRY(dn_h5_get_number(h, group, "seconds", &m->seconds, err));
    DN_TRY(get_report(h, group, &m->report, err));
    if (*out_pending && (m->n_columns < 1 || m->n_figures < 1))
        DN_FAIL(DN_EDATA, "%s: %s lacks columns", dn_h5_path(h), group);
out:
    return st;
}

static dn_status get_measures(dn_restored *r, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    int count = 0;

    DN_TRY(get_count(r->file, "/measures", "count", MOST, &count, err));
    DN_NEW(r->measure, (size_t)count);
    DN_NEW(r->pending, (size_t)count);
    while (r->n_measures < count) {
        int i = r->n_measures++;
        DN_TRY(get_measure(r->file, i, n, &r->measure[i], &r->pending[i], err));
    }
out:
    return st;
}

bool dn_restored_measure(dn_analyse_job *j, dn_measure *m)
{
    dn_restored *r = &j->restored;

    for (int i = 0; i < r->n_measures; i++) {
        dn_measure *have = &r->measure[i];
        dn_measure taken = *have;

        if (have->name == NULL || strcmp(have->name, m->name) != 0)
            continue;
        taken.name = m->name;
        taken.definition = m->definition;
        taken.own_text = m->own_text;
        *m = taken;
        dn_free(have->own_text);
        *have = (dn_measure){0};
        return true;
    }
    return false;
}

/* ---- spectra ---- */

static dn_status get_spectrum(const dn_h5 *h, int number, const dn_analyse_options *o, int64_t n,
                              dn_spectrum *s, dn_error *err)
{
    dn_status st = DN_OK;
    char group[PATH_CAP], path[PATH_CAP + 20], name[40];

    *s = dn_name_spectrum(o, o->spectrum[number]);
    snprintf(group, sizeof group, "/spectra/%d", number);
    DN_TRY(dn_h5_get_text(h, group, "name", name, sizeof name, err));
    if (strcmp(name, s->name) != 0)
        DN_FAIL(DN_EDATA, "%s: %s is %s, not %s", dn_h5_path(h), group, name, s->name);
    snprintf(path, sizeof path, "%s/value", group);
    DN_TRY(get(h, path, DN_F64, sizeof(double), s->k, 0, &s->value, err));
    snprintf(path, sizeof path, "%s/residual", group);
    DN_TRY(get(h, path, DN_F64, sizeof(double), s->k, 0, &s->residual, err));
    snprintf(path, sizeof path, "%s/share", group);
    if (dn_h5_has(h, path))
        DN_TRY(get(h, path, DN_F64, sizeof(double), s->k, 0, &s->share, err));
    snprintf(path, sizeof path, "%s/vector", group);
    DN_TRY(get(h, path, DN_F64, sizeof(double), s->k, n, &s->vector, err));
    DN_TRY(dn_h5_get_number(h, group, "seconds", &s->seconds, err));
    DN_TRY(get_report(h, group, &s->report, err));
out:
    return st;
}

static dn_status get_spectra(dn_restored *r, const dn_analyse_options *o, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    int count = 0;

    DN_TRY(get_count(r->file, "/spectra", "count", o->n_spectra, &count, err));
    DN_NEW(r->spectrum, (size_t)count);
    while (r->n_spectra < count) {
        int i = r->n_spectra++;
        DN_TRY(get_spectrum(r->file, i, o, n, &r->spectrum[i], err));
    }
out:
    return st;
}

bool dn_restored_spectrum(dn_analyse_job *j, int number, dn_spectrum *s)
{
    dn_restored *r = &j->restored;

    if (number >= r->n_spectra)
        return false;
    *s = r->spectrum[number];
    r->spectrum[number] = (dn_spectrum){0};
    return true;
}

/* ---- a sweep ---- */

/* For rank 0. */
static dn_status get_arrays(const dn_h5 *h, dn_sweep_state *s, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH_CAP];

    for (int i = 0; i < s->counts; i++) {
        snprintf(path, sizeof path, "/sweep/count_%d", i);
        DN_TRY(get(h, path, DN_I64, sizeof(int64_t), s->n, 0, &s->count[i], err));
    }
    for (int i = 0; i < s->numbers; i++) {
        snprintf(path, sizeof path, "/sweep/number_%d", i);
        DN_TRY(get(h, path, DN_F64, sizeof(double), s->n, 0, &s->number[i], err));
    }
out:
    return st;
}

static dn_status get_parts(dn_restored *r, int64_t parts, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *table = NULL;

    if (parts == 0)
        goto out;
    DN_TRY(get(r->file, "/sweep/part", DN_I64, sizeof *table, parts, FIELDS, &table, err));
    DN_TRY(get(r->file, "/sweep/vector_blake2b", DN_U8, 1, parts, DN_DIGEST, &r->digest, err));
    DN_NEW(r->sweep.part, (size_t)parts);
    for (int64_t i = 0; i < parts; i++)
        r->sweep.part[i] = (dn_sweep_part){
            .first = table[i * FIELDS], .count = table[i * FIELDS + 1], .batches = table[i * FIELDS + 2]};
    r->sweep.parts = parts;
out:
    dn_free(table);
    return st;
}

static dn_status get_sweep(dn_restored *r, int rank, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sweep_state *s = &r->sweep;
    int64_t parts = 0;
    const dn_h5 *h = r->file;

    if (!dn_h5_has(h, "/sweep"))
        goto out;
    r->half = true;
    s->what = r->what;
    DN_TRY(dn_h5_get_text(h, "/sweep", "what", r->what, sizeof r->what, err));
    DN_TRY(dn_h5_get_int(h, "/sweep", "nodes", &s->n, err));
    DN_TRY(dn_h5_get_int(h, "/sweep", "units", &s->units, err));
    DN_TRY(dn_h5_get_int(h, "/sweep", "lanes", &s->lanes, err));
    DN_TRY(dn_h5_get_int(h, "/sweep", "width", &s->width, err));
    DN_TRY(get_count(h, "/sweep", "counts", DN_SWEEP_ARRAYS, &s->counts, err));
    DN_TRY(get_count(h, "/sweep", "numbers", DN_SWEEP_ARRAYS, &s->numbers, err));
    DN_TRY(dn_h5_get_int(h, "/sweep", "parts", &parts, err));
    DN_TRY(dn_h5_get_number(h, "/sweep", "seconds", &r->seconds, err));
    if (dn_h5_has(h, "/sweep/done"))
        DN_TRY(get(h, "/sweep/done", DN_U8, 1, s->units, 0, &s->done, err));
    if (rank == 0)
        DN_TRY(get_arrays(h, s, err));
    DN_TRY(get_parts(r, parts, err));
out:
    return st;
}

static dn_status fetch_local(const dn_restored *r, int64_t n, const int64_t *part, double *const *out,
                             dn_error *err)
{
    dn_status st = DN_OK;
    size_t len = (size_t)r->sweep.width * sizeof(double);
    char sum[DN_DIGEST];

    for (int64_t i = 0; i < n; i++) {
        const void *data = out[i];

        DN_TRY(dn_h5_read(r->file, "/sweep/vector", DN_F64, part[i], 1, out[i], err));
        dn_digest(1, &data, &len, sum);
        if (memcmp(sum, r->digest + part[i] * DN_DIGEST, DN_DIGEST) != 0)
            DN_FAIL(DN_EDATA,
                    "%s: row %lld of /sweep/vector does not have the checksum that it was written with",
                    dn_h5_path(r->file), (long long)part[i]);
    }
out:
    return st;
}

/* Who reads alone is rank 0 of itself. */
static dn_status name_rank(const dn_analyse_job *j, dn_status st, dn_error *err)
{
    if (st != DN_OK && err != NULL)
        err->rank = j->comm->rank;
    return st;
}

dn_status dn_restored_fetch(void *ctx, int64_t n, const int64_t *part, double *const *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analyse_job *j = ctx;

    DN_PASS(name_rank(j, fetch_local(&j->restored, n, part, out, err), err));
    DN_AGREE(j->comm);
out:
    return st;
}

/* ---- all of it ---- */

static dn_status check_origin(const dn_analyse_job *j, const dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    char hash[DN_DIGEST], *build = NULL;

    DN_TRY(dn_h5_get_text(h, "/", "network_hash", hash, sizeof hash, err));
    if (strcmp(hash, j->hash) != 0)
        DN_FAIL(DN_ECANTCREAT,
                "%s: is of another run (other data: network_hash is %s, was %s); --force starts anew",
                dn_h5_path(h), j->hash, hash);
    DN_TRY(dn_h5_read_text(h, "/", "build", &build, err));
    if (j->comm->rank == 0 && strcmp(build, j->o->keep->build) != 0)
        dn_log(DN_WARN, "network", "the checkpoint is of another build or CPU: last bits may differ",
               "checkpoint=\"%s\" here=\"%s\"", build, j->o->keep->build);
out:
    dn_free(build);
    return st;
}

static dn_status restore_local(dn_analyse_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_restored *r = &j->restored;

    DN_TRY(dn_h5_open(&r->self, j->o->keep->path, DN_ANALYSE_KEEP_SCHEMA, &r->file, err));
    DN_TRY(check_origin(j, r->file, err));
    DN_TRY(get_measures(r, j->g->n, err));
    DN_TRY(get_spectra(r, j->o, j->g->n, err));
    DN_TRY(get_sweep(r, j->comm->rank, err));
out:
    return st;
}

dn_status dn_analyse_restore(dn_analyse_job *j, dn_error *err)
{
    dn_status st = DN_OK;

    j->restored = (dn_restored){.self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1}};
    DN_PASS(name_rank(j, restore_local(j, err), err));
    DN_AGREE(j->comm);
out:
    return st;
}

void dn_restored_sweep_end(dn_restored *r)
{
    for (int i = 0; i < DN_SWEEP_ARRAYS; i++) {
        dn_free(r->sweep.count[i]);
        dn_free(r->sweep.number[i]);
    }
    dn_free(r->sweep.done);
    dn_free(r->sweep.part);
    dn_free(r->digest);
    dn_h5_close(&r->file);
    r->sweep = (dn_sweep_state){0};
    r->digest = NULL;
    r->half = false;
}

void dn_restored_end(dn_restored *r)
{
    dn_restored_sweep_end(r);
    for (int i = 0; i < r->n_measures; i++)
        dn_measure_destroy(&r->measure[i]);
    for (int i = 0; i < r->n_spectra; i++)
        dn_spectrum_destroy(&r->spectrum[i]);
    dn_free(r->measure);
    dn_free(r->pending);
    dn_free(r->spectrum);
    *r = (dn_restored){0};
}
