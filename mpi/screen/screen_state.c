/* screen_state.c - checkpoint.h5 of a screen; see screen_state.h */
#include "mpi/screen/screen_state.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/checkpoint_file.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

#define SCHEMA "dragnet.checkpoint"

enum { COUNTS = 9, NUMBERS = 2 };

static void pack(const dn_screen_state *s, int64_t *count, double *number)
{
    const int64_t c[COUNTS] = {s->done,   s->drugs,  s->block,      s->known, s->scored,
                               s->passes, s->single, s->candidates, s->missed};
    const double n[NUMBERS] = {s->difference, s->margin};

    memcpy(count, c, sizeof c);
    memcpy(number, n, sizeof n);
}

static void unpack(const int64_t *c, const double *n, dn_screen_state *s)
{
    s->done = c[0];
    s->drugs = c[1];
    s->block = c[2];
    s->known = c[3];
    s->scored = c[4];
    s->passes = c[5];
    s->single = c[6];
    s->candidates = c[7];
    s->missed = c[8];
    s->difference = n[0];
    s->margin = n[1];
}

void dn_screen_state_destroy(dn_screen_state *s)
{
    dn_screen_columns_destroy(&s->hit);
    *s = (dn_screen_state){.done = 0};
}

void dn_screen_state_pace(const dn_screen_saving *where, double began)
{
    if (where != NULL)
        dn_request_pace(where->requests, began);
}

/* ---- writing ---- */

/* Collective; the columns are rank 0's. */
static dn_status put_hits(const dn_comm *comm, dn_h5 *h, const dn_screen_columns *c, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n[2] = {c->n, c->heap != NULL};

    MPI_Bcast(n, 2, MPI_INT64_T, 0, comm->mpi);
    DN_TRY(dn_checkpoint_file_put(h, "/checkpoint/hit_score", 1, n, sizeof *c->key, c->key, err));
    DN_TRY(dn_checkpoint_file_put(h, "/checkpoint/hit_pair", 1, n, sizeof *c->pair, c->pair, err));
    if (n[1])
        DN_TRY(dn_checkpoint_file_put(h, "/checkpoint/hit_heap", 1, n, sizeof *c->heap, c->heap, err));
out:
    return st;
}

dn_status dn_screen_state_save(const dn_comm *comm, const dn_screen_saving *where, const dn_screen_state *s,
                               const dn_screen_keep *keep, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t count[COUNTS], counts = COUNTS, numbers = NUMBERS, bytes = 0;
    double number[NUMBERS], start = MPI_Wtime();
    dn_screen_columns c = {.n = 0};
    dn_h5 *h = NULL;

    if (comm->rank == 0)
        DN_PASS(dn_screen_keep_columns(keep, &c, err));
    DN_AGREE(comm);
    bytes = c.n * (c.heap != NULL ? 20 : 12);
    pack(s, count, number);
    DN_TRY(dn_checkpoint_file_create(comm, where->path, SCHEMA, where->command, where->config, where->build,
                                     &h, err));
    DN_PASS(dn_h5_reserve(h, bytes, err)); /* all of it, or nothing is begun */
    DN_AGREE(comm);
    DN_TRY(dn_checkpoint_file_put(h, "/checkpoint/counts", 1, &counts, sizeof *count, count, err));
    DN_TRY(dn_checkpoint_file_put(h, "/checkpoint/numbers", 1, &numbers, sizeof *number, number, err));
    DN_TRY(put_hits(comm, h, &c, err));
    DN_TRY(dn_checkpoint_file_commit(&h, err));
    dn_request_saved(where->requests);
    dn_screen_state_pace(where, start);
    if (comm->rank == 0)
        dn_log(DN_INFO, "screen", "checkpoint", "kept=%lld scored=%lld secs=%.3f", (long long)c.n,
               (long long)s->scored, MPI_Wtime() - start);
out:
    if (st != DN_OK)
        dn_checkpoint_file_need(bytes, err);
    dn_h5_close(&h);
    dn_screen_columns_destroy(&c);
    return st;
}

/* ---- reading: rank 0, by itself ---- */

static dn_status get_column(const dn_h5 *h, const char *name, dn_type type, size_t size, int64_t n,
                            void **out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t have = 0;
    void *data = NULL;

    DN_TRY(dn_checkpoint_file_get(h, name, type, size, 1, &have, &data, err));
    if (have != n)
        DN_FAIL(DN_EDATA, "%s: %s has %lld rows, wanted %lld", dn_h5_path(h), name, (long long)have,
                (long long)n);
    *out = data;
    data = NULL;
out:
    dn_free(data);
    return st;
}

static dn_status get_hits(const dn_h5 *h, dn_screen_columns *c, dn_error *err)
{
    dn_status st = DN_OK;
    void *column = NULL;

    DN_TRY(
        dn_checkpoint_file_get(h, "/checkpoint/hit_score", DN_F32, sizeof *c->key, 1, &c->n, &column, err));
    c->key = column;
    DN_TRY(get_column(h, "/checkpoint/hit_pair", DN_I64, sizeof *c->pair, c->n, &column, err));
    c->pair = column;
    if (!dn_h5_has(h, "/checkpoint/hit_heap"))
        goto out;
    DN_TRY(get_column(h, "/checkpoint/hit_heap", DN_I64, sizeof *c->heap, c->n, &column, err));
    c->heap = column;
out:
    return st;
}

/* All of it where it is a screen's; of the checkpoint of another stage the config alone, which tells. */
static dn_status read_all(const char *path, dn_screen_state *out, char **out_config, char **out_build,
                          dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    char *config = NULL, *build = NULL;
    void *count = NULL, *number = NULL;
    dn_h5 *h = NULL;

    DN_TRY(dn_checkpoint_file_open(&self, path, SCHEMA, &h, &config, &build, err));
    if (dn_h5_has(h, "/checkpoint/counts")) {
        DN_TRY(get_column(h, "/checkpoint/counts", DN_I64, sizeof(int64_t), COUNTS, &count, err));
        DN_TRY(get_column(h, "/checkpoint/numbers", DN_F64, sizeof(double), NUMBERS, &number, err));
        DN_TRY(get_hits(h, &out->hit, err));
        unpack(count, number, out);
    }
    *out_config = config;
    *out_build = build;
    config = build = NULL;
out:
    dn_h5_close(&h);
    dn_free(config);
    dn_free(build);
    dn_free(count);
    dn_free(number);
    return st;
}

static dn_status read_config(const char *path, char **out_config, dn_error *err)
{
    dn_status st = DN_OK;
    dn_screen_state s = {.done = 0};
    char *build = NULL;

    DN_TRY(read_all(path, &s, out_config, &build, err));
out:
    dn_screen_state_destroy(&s);
    dn_free(build);
    return st;
}

dn_status dn_screen_state_find(const dn_comm *comm, const char *path, const char *config, bool *out_found,
                               dn_error *err)
{
    return dn_checkpoint_file_find(comm, path, "screen", read_config, config, out_found, err);
}

static dn_status load_local(const dn_screen_saving *where, dn_screen_state *out, dn_error *err)
{
    dn_status st = DN_OK;
    char *config = NULL, *build = NULL;

    DN_TRY(read_all(where->path, out, &config, &build, err));
    if (strcmp(build, where->build) != 0)
        dn_log(DN_WARN, "screen", "the checkpoint is of another build or CPU: last bits may differ",
               "checkpoint=\"%s\" here=\"%s\"", build, where->build);
out:
    dn_free(config);
    dn_free(build);
    return st;
}

dn_status dn_screen_state_load(const dn_comm *comm, const dn_screen_saving *where, dn_screen_state *out,
                               dn_error *err)
{
    dn_status st = DN_OK;
    int64_t count[COUNTS];
    double number[NUMBERS];

    *out = (dn_screen_state){.done = 0};
    if (comm->rank == 0)
        DN_PASS(load_local(where, out, err));
    DN_AGREE(comm);
    pack(out, count, number);
    MPI_Bcast(count, COUNTS, MPI_INT64_T, 0, comm->mpi);
    MPI_Bcast(number, NUMBERS, MPI_DOUBLE, 0, comm->mpi);
    unpack(count, number, out);
out:
    return st;
}
