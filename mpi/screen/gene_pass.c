/* gene_pass.c - all pairs of a screen in one precision; see gene_pass.h */
#include "mpi/screen/gene_pass.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/share.h"
#include "mpi/screen/gene_worker.h"
#include "mpi/train/score_pairs.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

enum { PART = DN_GENE_TILE * DN_GENE_TILE };

/* ---- what does not depend on the pair ---- */

static bool given(const dn_pairs *p, int64_t i)
{
    return p->origin == NULL || p->origin[i] == DN_GIVEN;
}

static int64_t lower(const dn_pairs *p, int64_t i)
{
    return p->gene_a[i] < p->gene_b[i] ? p->gene_a[i] : p->gene_b[i];
}

static int64_t upper(const dn_pairs *p, int64_t i)
{
    return p->gene_a[i] < p->gene_b[i] ? p->gene_b[i] : p->gene_a[i];
}

static dn_status find_known(dn_gene_pass *p, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_pairs *k = p->in->known;
    int64_t genes = p->in->id->n;
    int64_t *at = NULL; /* [genes] */

    DN_NEW(p->known_at, (size_t)genes + 1);
    DN_NEW(p->known, (size_t)k->n + 1);
    DN_NEW(at, (size_t)genes + 1);
    for (int64_t i = 0; i < k->n; i++)
        p->known_at[lower(k, i) + 1] += given(k, i);
    for (int64_t g = 0; g < genes; g++)
        p->known_at[g + 1] += p->known_at[g];
    memcpy(at, p->known_at, (size_t)genes * sizeof *at);
    for (int64_t i = 0; i < k->n; i++)
        if (given(k, i))
            p->known[at[lower(k, i)]++] = i;
out:
    dn_free(at);
    return st;
}

int64_t dn_gene_pass_known(const dn_gene_pass *p, int64_t a, int64_t b)
{
    for (int64_t k = p->known_at[a]; k < p->known_at[a + 1]; k++)
        if (upper(p->in->known, p->known[k]) == b)
            return p->known[k];
    return -1;
}

void dn_gene_pass_mark(const dn_gene_pass *p, int64_t a, uint8_t mark, uint8_t *out)
{
    for (int64_t k = p->known_at[a]; k < p->known_at[a + 1]; k++)
        out[upper(p->in->known, p->known[k])] = mark;
}

static dn_status open_local(dn_gene_pass *p, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = p->o;
    int64_t self = 0;

    for (int64_t i = 0; i < o->n_genes; i++)
        self += o->gene[i] == o->one;
    p->pairs = o->one >= 0 ? o->n_genes - self : o->n_genes * (o->n_genes - 1) / 2;
    if (p->pairs < 1 || o->keep < 0 || (o->keep == 0 && !(o->threshold == o->threshold)))
        DN_FAIL(DN_EUSAGE, "nothing to screen: %lld pairs, %lld to keep", (long long)p->pairs,
                (long long)o->keep);
    DN_TRY(find_known(p, err));
    p->wide = (o->n_genes + DN_GENE_TILE - 1) / DN_GENE_TILE;
    p->tiles = o->one >= 0 ? p->wide : p->wide * (p->wide + 1) / 2;
out:
    return st;
}

/* Tiles of a round: of all threads, of the rank that has most; all of them where nobody can ask. Collective.
 */
static int64_t round_of(const dn_comm *comm, const dn_gene_screen_options *o)
{
    int64_t threads = omp_get_max_threads();

    if (o->opt_saving == NULL || o->opt_saving->requests == NULL)
        return INT64_MAX / 2;
    MPI_Allreduce(MPI_IN_PLACE, &threads, 1, MPI_INT64_T, MPI_MAX, comm->mpi);
    return threads * comm->size * (o->round > 0 ? o->round : DN_GENE_SCREEN_ROUND);
}

dn_status dn_gene_pass_open(const dn_comm *comm, const dn_gene_screen_input *in,
                            const dn_gene_screen_options *o, dn_gene_pass *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_gene_pass){.in = in, .o = o, .outputs = in->gener->model.outputs, .state = {.margin = NAN}};
    DN_PASS(open_local(out, err));
    DN_AGREE(comm);
    out->round = round_of(comm, o);
    if (o->opt_saving != NULL && o->opt_saving->resume) {
        DN_TRY(dn_screen_state_load(comm, o->opt_saving, &out->state, err));
        out->resumed = true;
    }
    DN_TRY(dn_fold_genes(comm, in->gener, in->w, in->running, in->id->n, &out->fold, err));
out:
    return st;
}

void dn_gene_pass_close(dn_gene_pass *p)
{
    dn_gener_fold_destroy(&p->fold);
    dn_free(p->known_at);
    dn_free(p->known);
    dn_screen_keep_destroy(&p->keep);
    dn_screen_state_destroy(&p->state);
    *p = (dn_gene_pass){.in = NULL};
}

float dn_gene_pass_score(const dn_gene_pass *p, const float *out)
{
    return p->outputs == 1 ? out[0] : out[1] + out[2] + out[3];
}

/* ---- threads ---- */

/* What the threads of a rank share. */
typedef struct team {
    dn_gene_pass *p;
    const dn_comm *comm;
    bool narrow;
    double least;
    dn_screen_plan plan;
    int threads;
    dn_gene_worker **worker; /* [threads]  made by their threads */
    int64_t end;             /* tiles of this round: those of this rank up to here */
    int64_t next;            /* of these, by place in this rank's list */
    dn_status bad;
} team;

static int64_t take(int64_t *counter)
{
    int64_t v;

#pragma omp atomic capture
    v = (*counter)++;
    return v;
}

static bool failed(team *t)
{
    int v;

#pragma omp atomic read
    v = t->bad;
    return v != DN_OK;
}

/* The first failure stays. By one thread at a time. */
static void note_failure(team *t, dn_status st, const dn_error *mine, dn_error *err)
{
    if (st == DN_OK || t->bad != DN_OK)
        return;
#pragma omp atomic write
    t->bad = st;
    if (err != NULL)
        *err = *mine;
}

/* A thread's part of the round from tile p->state.done on. */
static dn_status work(team *t, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = t->p->o;
    int me = omp_get_thread_num();
    int64_t i, tile, first = t->p->state.done + t->comm->rank;

    omp_set_num_threads(1); /* the kernels of this thread stay on it */
    if (t->worker[me] == NULL)
        DN_TRY(dn_gene_worker_create(t->p, t->narrow, &t->plan, t->least, &t->worker[me], err));
    while ((i = take(&t->next)), (tile = first + i * t->comm->size) < t->end && !failed(t)) {
        DN_TRY(dn_gene_worker_tile(t->worker[me], tile, err));
        if (me == 0)
            dn_hooks_progress(t->comm, o->opt_hooks,
                              &(dn_progress_report){.done = tile + 1, .total = t->p->tiles, .unit = "tiles"});
    }
out:
    return st;
}

static dn_status round_local(team *t, dn_error *err)
{
    t->next = 0;
#pragma omp parallel num_threads(t->threads)
    {
        dn_error mine = DN_ERROR_INIT;
        dn_status one = work(t, &mine);
#pragma omp critical
        note_failure(t, one, &mine, err);
    }
    return t->bad;
}

/* What a thread has found so far joins what the rank keeps. */
static dn_status settle_worker(dn_gene_pass *p, dn_gene_worker *w, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_gene_worker_flush(w, err));
    DN_TRY(dn_screen_keep_merge(p->keep, w->keep, err));
    dn_screen_keep_clear(w->keep);
    p->n_known += w->n_known;
    p->scored += w->scored;
    w->n_known = w->scored = 0;
out:
    return st;
}

/* Pairs that wait are scored on one thread: fewer than a block of each. */
static dn_status settle_local(team *t, dn_error *err)
{
    dn_status st = DN_OK;
    int threads = omp_get_max_threads();

    omp_set_num_threads(1);
    for (int i = 0; i < t->threads; i++)
        if (t->worker[i] != NULL)
            DN_TRY(settle_worker(t->p, t->worker[i], err));
out:
    omp_set_num_threads(threads);
    return st;
}

/* ---- rounds ---- */

/* What the pass knows so far, on all ranks; rank 0 keeps all of it. Collective. */
static dn_status settle(const dn_comm *comm, team *t, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_pass *p = t->p;
    double floor;

    DN_PASS(settle_local(t, err));
    DN_AGREE(comm);
    DN_TRY(dn_screen_keep_gather(comm, p->keep, err));
    p->state.known = dn_sum(comm, p->n_known);
    p->state.scored = dn_sum(comm, p->scored);
    floor = dn_screen_keep_floor(p->keep); /* no lower score is kept from here on */
    MPI_Bcast(&floor, 1, MPI_DOUBLE, 0, comm->mpi);
    t->least = fmax(t->least, floor);
    for (int i = 0; i < t->threads; i++)
        if (t->worker[i] != NULL)
            t->worker[i]->least = t->least;
out:
    return st;
}

/* Rank 0 has settled. Collective. */
static dn_status save(const dn_comm *comm, dn_gene_pass *p, int wishes, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_saving *saving = p->o->opt_saving;
    const char *reason = dn_hooks_reason(saving->requests, wishes);
    double began = MPI_Wtime();
    char where[80];

    DN_TRY(dn_screen_state_save(comm, saving, &p->state, p->keep, err));
    dn_hooks_saved(comm, p->o->opt_hooks, saving->path, reason, began);
    snprintf(where, sizeof where, "%lld of %lld tiles of the screen", (long long)p->state.done,
             (long long)p->tiles);
    if (wishes & DN_WISH_STOP)
        DN_TRY(dn_request_stopped(wishes, where, err));
out:
    return st;
}

/* There are no epochs: who asks to stop at the end of one need not wait. */
static int asked(const dn_comm *comm, const dn_gene_pass *p)
{
    return dn_request_end_epoch(comm, p->o->opt_saving != NULL ? p->o->opt_saving->requests : NULL);
}

/* Collective. */
static dn_status run_rounds(const dn_comm *comm, team *t, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_pass *p = t->p;
    int wishes;

    while (p->state.done < p->tiles) {
        double began = MPI_Wtime();

        t->end = p->state.done + p->round < p->tiles ? p->state.done + p->round : p->tiles;
        DN_PASS(round_local(t, err));
        DN_AGREE(comm);
        p->state.done = t->end;
        p->moved = true;
        dn_screen_state_pace(p->o->opt_saving, began);
        if ((wishes = asked(comm, p)) == 0)
            continue;
        DN_TRY(settle(comm, t, err));
        DN_TRY(save(comm, p, wishes, err));
    }
    DN_TRY(settle(comm, t, err));
out:
    return st;
}

/* Room for a pass, and what a pass that was saved has kept. */
static dn_status begin_local(const dn_comm *comm, team *t, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_pass *p = t->p;

    t->threads = omp_get_max_threads();
    DN_NEW(t->worker, (size_t)t->threads);
    DN_TRY(dn_screen_keep_create(&t->plan, &p->keep, err));
    if (p->resumed && comm->rank == 0) {
        DN_TRY(dn_screen_keep_take(p->keep, &p->state.hit, err));
        p->n_known = p->state.known;
        p->scored = p->state.scored;
    }
out:
    return st;
}

/* Collective. */
static dn_status begin(const dn_comm *comm, team *t, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_pass *p = t->p;

    dn_screen_keep_destroy(&p->keep);
    p->n_known = p->scored = 0;
    DN_PASS(begin_local(comm, t, err));
    DN_AGREE(comm);
    dn_screen_columns_destroy(&p->state.hit);
    if (!p->resumed)
        p->state.done = p->state.known = p->state.scored = 0;
    if (p->resumed && (p->state.done < 0 || p->state.done > p->tiles)) /* the same on every rank */
        DN_FAIL(DN_EDATA, "%s: %lld tiles are done, of %lld", p->o->opt_saving->path,
                (long long)p->state.done, (long long)p->tiles);
    if (p->resumed && comm->rank == 0)
        dn_log(DN_INFO, "screen", "goes on from the checkpoint", "tiles=%lld of=%lld scored=%lld",
               (long long)p->state.done, (long long)p->tiles, (long long)p->state.scored);
    p->resumed = false;
out:
    return st;
}

static void team_destroy(team *t)
{
    for (int i = 0; t->worker != NULL && i < t->threads; i++)
        dn_gene_worker_destroy(&t->worker[i]);
    dn_free(t->worker);
}

dn_status dn_gene_pass_run(const dn_comm *comm, dn_gene_pass *p, bool narrow, int64_t keep, double least,
                           dn_screened **out_hit, int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    team t = {.p = p,
              .comm = comm,
              .narrow = narrow,
              .least = least,
              .plan = {.id = {p->in->id, p->in->id},
                       .groups = 1,
                       .members = p->pairs,
                       .keep = keep > 0 ? keep : p->pairs,
                       .all = keep == 0,
                       .end = {false, true}}};

    *out_hit = NULL;
    DN_TRY(begin(comm, &t, err));
    DN_TRY(run_rounds(comm, &t, err));
    team_destroy(&t); /* before room is made for the result */
    t.worker = NULL;
    DN_TRY(dn_screen_keep_join(comm, p->keep, out_hit, out_n, err));
    p->n_known = p->state.known;
    p->scored = p->state.scored;
out:
    team_destroy(&t);
    return st;
}

dn_status dn_gene_pass_list(const dn_comm *comm, dn_gene_pass *p, bool narrow, const int32_t *a,
                            const int32_t *b, int64_t n, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t part = p->round > n / PART ? n : p->round * PART;

    for (int64_t i = 0; i < n; i += part) {
        int64_t m = n - i < part ? n - i : part;
        int wishes;

        DN_TRY(dn_score_pairs(comm, p->fold, narrow, a + i, b + i, m, p->outputs, out + i * p->outputs, err));
        if (i + m < n && p->moved &&
            (wishes = asked(comm, p)) != 0) /* behind the last there is nothing to be gained */
            DN_TRY(save(comm, p, wishes, err));
    }
out:
    return st;
}
