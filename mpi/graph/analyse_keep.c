/* analyse_keep.c - when an analysis is saved, and what it goes on from; see analyse_keep.h */
#include "mpi/graph/analyse_keep.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/graph/analyse_private.h"
#include "mpi/io/checkpoint_file.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

/* ---- finding ---- */

/* The seal has been looked at; the checksums of the datasets are when they are read. */
static dn_status read_config(const char *path, char **out_config, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    char *build = NULL;
    dn_h5 *h = NULL;

    DN_TRY(dn_checkpoint_file_open(&self, path, DN_ANALYSE_KEEP_SCHEMA, &h, out_config, &build, err));
out:
    dn_h5_close(&h);
    dn_free(build);
    return st;
}

dn_status dn_analyse_find(const dn_comm *comm, const char *path, const char *config, bool *out_found,
                          dn_error *err)
{
    return dn_checkpoint_file_find(comm, path, "network", read_config, config, out_found, err);
}

/* ---- the graph ---- */

enum { PIECES = 64 }; /* of the rows; ranks share them */

static void hash_rows(const dn_graph *g, dn_range r, char *out)
{
    int64_t first = g->row[r.begin], entries = g->row[r.end] - first;
    size_t n = (size_t)(r.end - r.begin);
    dn_digester d;

    dn_digest_begin(&d);
    dn_digest_add(&d, g->row + r.begin, n * sizeof *g->row);
    dn_digest_add(&d, g->col + first, (size_t)entries * sizeof *g->col);
    if (g->weight != NULL)
        dn_digest_add(&d, g->weight + first, (size_t)entries * sizeof *g->weight);
    dn_digest_add(&d, g->outside + r.begin, n * sizeof *g->outside);
    dn_digest_add(&d, g->side + r.begin, n * sizeof *g->side);
    dn_digest_end(&d, out);
}

void dn_graph_hash(const dn_comm *comm, const dn_graph *g, char *out)
{
    char piece[PIECES][DN_DIGEST] = {{0}};
    const int64_t size[] = {g->n, g->connected, g->nnz, g->sides, g->weight != NULL};
    dn_digester d;

    for (int p = comm->rank; p < PIECES; p += comm->size)
        hash_rows(g, dn_block(g->n, p, PIECES), piece[p]);
    MPI_Allreduce(MPI_IN_PLACE, piece, (int)sizeof piece, MPI_UINT8_T, MPI_MAX, comm->mpi);
    dn_digest_begin(&d);
    dn_digest_add(&d, size, sizeof size);
    dn_digest_add(&d, piece, sizeof piece);
    dn_digest_end(&d, out);
}

/* ---- the course of an analysis ---- */

static void say_resuming(const dn_analyse_job *j)
{
    const dn_restored *r = &j->restored;
    int measures = 0;

    for (int i = 0; i < r->n_measures; i++)
        measures += !r->pending[i];
    if (j->comm->rank == 0)
        dn_log(DN_INFO, "network", "resuming", "measures=%d spectra=%d under_way=%s", measures, r->n_spectra,
               r->half ? r->what : "none");
}

/* What was computed along with another measure. */
static void take_pending(dn_analyse_job *j)
{
    dn_measure closeness = {.name = "closeness"}, harmonic = {.name = "harmonic"};
    dn_measure *const m[] = {&closeness, &harmonic};
    dn_restored *r = &j->restored;

    for (int i = 0; i < r->n_measures; i++)
        for (int k = 0; k < 2 && r->pending[i]; k++) {
            if (r->measure[i].name == NULL || strcmp(r->measure[i].name, m[k]->name) != 0 ||
                !dn_restored_measure(j, m[k]))
                continue;
            *(k == 0 ? &j->closeness.value : &j->harmonic.value) = m[k]->column[0].v;
            *(k == 0 ? &j->closeness.error : &j->harmonic.error) =
                m[k]->n_columns > 1 ? m[k]->column[1].v : NULL;
            *(k == 0 ? &j->closeness.sources : &j->harmonic.sources) = (int64_t)m[k]->figure[0].value;
            m[k]->n_columns = 0;
        }
    dn_measure_destroy(&closeness);
    dn_measure_destroy(&harmonic);
}

dn_status dn_keep_begin(dn_analyse_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analyse_keep *keep = j->o->keep;

    if (keep == NULL)
        goto out;
    j->kept_at = MPI_Wtime();
    dn_graph_hash(j->comm, j->g, j->hash);
    if (!keep->resume)
        goto out;
    DN_TRY(dn_analyse_restore(j, err));
    say_resuming(j);
    take_pending(j);
out:
    return st;
}

bool dn_keep_due(const dn_requests *r, double seconds)
{
    return seconds >= DN_KEEP_SECONDS && (r == NULL || r->every > 0);
}

/* Until the sweep of a checkpoint has been gone on with, that checkpoint stays: a new one would lack it. */
dn_status dn_keep_look(dn_analyse_job *j, const char *after, bool restored, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analyse_keep *keep = j->o->keep;
    const char *reason;
    double began = MPI_Wtime();
    int wishes;

    if (keep == NULL)
        goto out;
    j->fresh = j->fresh || !restored;
    if (j->sweep_keep.from != NULL)
        dn_restored_sweep_end(&j->restored);
    j->sweep_keep.from = NULL;
    wishes = j->number < dn_analyse_parts(j->o) ? dn_request_look_epoch(j->comm, keep->requests)
                                                : dn_request_look(j->comm, keep->requests);
    if (j->comm->rank == 0 && dn_keep_due(keep->requests, MPI_Wtime() - j->kept_at))
        wishes |= DN_WISH_CHECKPOINT;
    MPI_Allreduce(MPI_IN_PLACE, &wishes, 1, MPI_INT, MPI_BOR, j->comm->mpi);
    if (wishes == 0)
        goto out;
    reason = dn_hooks_reason(keep->requests, wishes);
    if (j->fresh && !j->restored.half) {
        DN_TRY(dn_analyse_save(j, NULL, err));
        dn_request_pace(keep->requests, began);
    }
    dn_request_saved(keep->requests);
    dn_hooks_saved(j->comm, j->o->opt_hooks, keep->path, reason, began);
    if ((wishes & DN_WISH_STOP) != 0)
        DN_TRY(dn_request_stopped(wishes, after, err));
out:
    return st;
}

static dn_status save_sweep(void *ctx, const dn_sweep_state *s, dn_error *err)
{
    dn_status st = DN_OK;
    dn_analyse_job *j = ctx;
    const dn_analyse_keep *keep = j->o->keep;
    const char *reason = dn_hooks_reason(keep->requests, s->wishes);
    double began = MPI_Wtime();

    DN_TRY(dn_analyse_save(j, s, err));
    dn_hooks_saved(j->comm, j->o->opt_hooks, keep->path, reason, began);
out:
    return st;
}

const dn_sweep_keep *dn_keep_sweep(dn_analyse_job *j, const char *what)
{
    dn_restored *r = &j->restored;

    if (j->o->keep == NULL)
        return NULL;
    j->sweep_keep = (dn_sweep_keep){
        .requests = j->o->keep->requests, .ctx = j, .save = save_sweep, .fetch = dn_restored_fetch};
    if (r->half && strcmp(r->what, what) == 0) {
        j->sweep_keep.from = &r->sweep;
        j->started -= r->seconds;
    }
    return &j->sweep_keep;
}

void dn_keep_end(dn_analyse_job *j)
{
    dn_restored_end(&j->restored);
}
