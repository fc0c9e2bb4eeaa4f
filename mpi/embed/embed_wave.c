/* embed_wave.c - proteins that the ranks take together; see embed_private.h */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include <math.h>
#include <omp.h>
#include <time.h>
#include "mpi/core/agree.h"
#include "mpi/embed/embed_private.h"
#include "solvers/base/alloc.h"

int64_t dn_wave_length(const dn_embed *e, const dn_states_about *about, const int64_t *protein, int64_t n)
{
    int64_t bytes = 0, k = 0, most = e->options.wave * e->comm->size;

    while (k < n) {
        bytes += dn_states_positions(about, dn_embed_residues(e, protein[k])) * about->width *
                 (int64_t)sizeof(float);
        if (bytes > most && k >= e->comm->size) /* one for every rank at least */
            break;
        k++;
    }
    return k;
}

/* The proteins of a rank. */
static dn_range range_of(const dn_wave *w, int rank, int size)
{
    return (dn_range){.begin = dn_balanced(w->cost, w->n, 1, rank, size),
                      .end = dn_balanced(w->cost, w->n, 1, rank + 1, size)};
}

dn_status dn_wave_plan(const dn_embed *e, dn_wave *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t positions = 0;

    w->own = 0;
    w->wishes = 0;
    w->kept_n = 0;
    DN_NEW(w->cost, (size_t)w->n + 1);
    DN_NEW(w->at, (size_t)w->n + 1);
    DN_NEW(w->kept, (size_t)w->n);
    for (int64_t i = 0; i < w->n; i++)
        w->cost[i + 1] =
            w->cost[i] +
            (int64_t)(dn_embed_cost(&e->config, &e->options, dn_embed_residues(e, w->protein[i])) / 1000) + 1;
    w->mine = range_of(w, e->comm->rank, e->comm->size);
    for (int64_t i = w->mine.begin; i < w->mine.end; i++) {
        w->at[i] = positions;
        positions += dn_states_positions(&w->about, dn_embed_residues(e, w->protein[i]));
    }
    DN_NEW(w->state, (size_t)(positions * w->about.width) + 1);
out:
    return st;
}

void dn_wave_destroy(dn_wave *w)
{
    dn_free(w->cost);
    dn_free(w->at);
    dn_free(w->state);
    dn_free(w->kept);
    w->cost = w->at = w->kept = NULL;
    w->state = NULL;
}

/* ---- looking at the requests ---- */

/* Ranks are between proteins at different times, so nobody waits for an answer: each asks what all wish, and
 * asks anew when all have answered. A rank that has nothing left goes on answering until nobody works, or all
 * have heard of a wish: at the same answer on all ranks. */
typedef struct watch {
    const dn_comm *comm;
    dn_requests *requests; /* NULL: nothing is asked */
    int mine, all;         /* wishes, and: */
    bool asked, over;
    double last;    /* when this rank looked */
    double longest; /* seconds between two looks */
    MPI_Request request;
} watch;

enum {
    WORKING = 1 << 20, /* a rank has proteins left */
    FAILED = 1 << 21   /* a rank could not go on */
};

/* By the main thread alone. */
static void look(watch *t, bool working, bool failed)
{
    double now = omp_get_wtime();
    int there = 1;

    t->longest = now - t->last > t->longest ? now - t->last : t->longest;
    t->last = now;
    if (t->requests == NULL || t->over)
        return;
    if (t->requests->ahead < t->longest) /* a first wave does not know what its part will take */
        t->requests->ahead = t->longest;
    if (t->asked) {
        MPI_Test(&t->request, &there, MPI_STATUS_IGNORE);
        if (!there)
            return;
        t->asked = false;
        t->over = (t->all & WORKING) == 0 || (t->all & (DN_WISH_STOP | DN_WISH_CHECKPOINT | FAILED)) != 0;
        if (t->over)
            return;
    }
    t->mine = dn_request_look(t->comm, t->requests) | (working ? WORKING : 0) | (failed ? FAILED : 0);
    MPI_Iallreduce(&t->mine, &t->all, 1, MPI_INT, MPI_BOR, t->comm->mpi, &t->request);
    t->asked = true;
}

/* ---- the work of one rank ---- */

/* What its threads share. */
typedef struct team {
    const dn_embed *e;
    dn_wave *w;
    watch watch;
    int64_t next; /* protein that nobody has taken */
    int busy;     /* threads at work */
    int stop;     /* no protein is taken any more */
    int failed;
} team;

static int peek(const int *p)
{
    int v;

#pragma omp atomic read
    v = *p;
    return v;
}

static void raise_flag(int *p)
{
#pragma omp atomic write
    *p = 1;
}

/* Rank 0 says how far all are, taking the others to be as far as itself. */
static void tell(const dn_embed *e, dn_wave *w)
{
    double mine = (double)(w->cost[w->mine.end] - w->cost[w->mine.begin]), all = (double)w->cost[w->n], own,
           done;

#pragma omp atomic read
    own = w->own;
    done = w->before + 1000 * all * (mine > 0 ? own / mine : 1);
    dn_hooks_progress(e->comm, w->hooks,
                      &(dn_progress_report){.done = (int64_t)ceil(done / 1e6),
                                            .total = (int64_t)ceil(w->total / 1e6),
                                            .unit = "Moperations"});
}

/* Between two proteins, by the main thread. */
static void pause_main(team *t, bool working)
{
    if (omp_get_thread_num() != 0)
        return;
    look(&t->watch, working, peek(&t->failed));
    if (t->watch.over)
        raise_flag(&t->stop);
}

static dn_status one_protein(const dn_embed *e, dn_wave *w, dn_embedder *worker, int64_t i, dn_error *err)
{
    size_t len;
    const char *text = dn_strings_at(&e->sequence, w->protein[i], &len);

    return dn_embed_protein(worker, text, (int64_t)len, w->state + w->at[i] * w->about.width, err);
}

/* The part of one thread. A protein that is taken is computed: those taken are the first ones. */
static dn_status take_proteins(team *t, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_embed *e = t->e;
    dn_wave *w = t->w;
    dn_embedder worker;
    int64_t i;

    DN_TRY(dn_embedder_create(e->model, &e->options, dn_embed_residues(e, 0), &worker, err));
    for (;;) {
        pause_main(t, true);
        if (peek(&t->stop))
            break;
#pragma omp atomic capture
        i = t->next++;
        if (i >= w->mine.end)
            break;
        DN_TRY(one_protein(e, w, &worker, i, err));
#pragma omp atomic
        w->own += (double)(w->cost[i + 1] - w->cost[i]);
        if (omp_get_thread_num() == 0)
            tell(e, w);
    }
out:
    dn_embedder_destroy(&worker);
    if (st != DN_OK) {
        raise_flag(&t->failed);
        raise_flag(&t->stop);
    }
#pragma omp atomic
    t->busy--;
    return st;
}

/* Its own proteins are done: the main thread answers until those of all are. */
static void wait_for_others(team *t)
{
    const struct timespec moment = {.tv_nsec = 500000};

    while (t->watch.requests != NULL && !t->watch.over) {
        pause_main(t, peek(&t->busy) > 0);
        nanosleep(&moment, NULL);
    }
}

/* All proteins of this rank, each by one thread. */
static dn_status compute(team *t, dn_error *err)
{
    dn_status st = DN_OK;

#pragma omp parallel num_threads(t->e->threads)
    {
        dn_error why = DN_ERROR_INIT;
        dn_status mine;

#pragma omp single
        t->busy = omp_get_num_threads();
        omp_set_num_threads(1); /* the kernels of this thread stay on it */
        mine = take_proteins(t, &why);
        if (omp_get_thread_num() == 0)
            wait_for_others(t);
        if (mine != DN_OK) {
#pragma omp critical
            {
                st = mine;
                if (err != NULL)
                    *err = why;
            }
        }
    }
    return st;
}

/* ---- what was done of the wave ---- */

/* Of every rank the first `done` of its proteins. Collective. */
static void keep_done(const dn_comm *comm, dn_wave *w, int64_t done, int64_t *of_rank)
{
    MPI_Allgather(&done, 1, MPI_INT64_T, of_rank, 1, MPI_INT64_T, comm->mpi);
    for (int r = 0; r < comm->size; r++) {
        dn_range range = range_of(w, r, comm->size);

        if (r == comm->rank)
            w->kept_mine = (dn_range){w->kept_n, w->kept_n + done};
        for (int64_t i = 0; i < of_rank[r]; i++)
            w->kept[w->kept_n++] = w->protein[range.begin + i];
    }
}

dn_status dn_wave_compute(const dn_embed *e, dn_wave *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = e->comm;
    team t = {.e = e, .w = w, .next = w->mine.begin};
    int64_t *of_rank = dn_calloc((size_t)comm->size, sizeof *of_rank), done;

    t.watch = (watch){.comm = comm, .requests = e->options.requests, .last = omp_get_wtime()};
    if (of_rank == NULL)
        st =
            dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: a wave of %d ranks", comm->size);
    DN_AGREE(comm);
    DN_PASS(compute(&t, err));
    DN_AGREE(comm);
    done = (t.next < w->mine.end ? t.next : w->mine.end) - w->mine.begin;
    keep_done(comm, w, done, of_rank);
    w->wishes = t.watch.all & (DN_WISH_STOP | DN_WISH_CHECKPOINT);
    w->longest = t.watch.longest > w->longest ? t.watch.longest : w->longest;
out:
    dn_free(of_rank);
    return st;
}
