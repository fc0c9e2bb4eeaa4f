/* gene_pass.c - all pairs of a screen in one precision; see gene_pass.h */
#include "mpi/screen/gene_pass.h"

#include <omp.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/share.h"
#include "mpi/train/score_pairs.h"
#include "solvers/base/alloc.h"

enum { TILE = 128, CLASSES = 4 };

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

/* Tiles of this rank: every `size`-th of those that hold pairs. */
static dn_status deal_tiles(const dn_comm *comm, dn_gene_pass *p, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = p->o;
    int64_t wide = (o->n_genes + TILE - 1) / TILE, high = o->one >= 0 ? 1 : wide, n = 0;

    DN_NEW(p->tile, (size_t)(high * wide / comm->size + 1));
    for (int64_t i = 0; i < high; i++)
        for (int64_t j = o->one >= 0 ? 0 : i; j < wide; j++)
            if (n++ % comm->size == comm->rank) {
                p->tile[p->tiles][0] = (int32_t)i;
                p->tile[p->tiles++][1] = (int32_t)j;
            }
out:
    return st;
}

static dn_status open_local(const dn_comm *comm, dn_gene_pass *p, dn_error *err)
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
    DN_TRY(deal_tiles(comm, p, err));
out:
    return st;
}

dn_status dn_gene_pass_open(const dn_comm *comm, const dn_gene_screen_input *in,
                            const dn_gene_screen_options *o, dn_gene_pass *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_gene_pass){.in = in, .o = o, .outputs = in->gener->model.outputs};
    DN_PASS(open_local(comm, out, err));
    DN_AGREE(comm);
    DN_TRY(dn_fold_genes(comm, in->gener, in->w, in->running, in->id->n, &out->fold, err));
out:
    return st;
}

void dn_gene_pass_close(dn_gene_pass *p)
{
    dn_gener_fold_destroy(&p->fold);
    dn_free(p->known_at);
    dn_free(p->known);
    dn_free(p->tile);
    *p = (dn_gene_pass){.in = NULL};
}

float dn_gene_pass_score(const dn_gene_pass *p, const float *out)
{
    return p->outputs == 1 ? out[0] : out[1] + out[2] + out[3];
}

/* ---- all pairs, on one thread ---- */

typedef struct worker {
    dn_gene_pass *p;
    double least;
    dn_gener_scorer *scorer;
    dn_screen_keep *keep;
    uint8_t *known; /* [genes]  1: pair with the gene at hand is known */
    int64_t n_known, scored, waiting;
    int32_t a[DN_GENER_BLOCK], b[DN_GENER_BLOCK];
    float out[DN_GENER_BLOCK * CLASSES];
} worker;

static dn_status flush(worker *w, dn_error *err)
{
    dn_status st = DN_OK;

    if (w->waiting == 0)
        goto out;
    DN_TRY(dn_gener_scorer_pairs(w->scorer, w->a, w->b, w->waiting, w->out, err));
    for (int64_t i = 0; i < w->waiting; i++) {
        float score = dn_gene_pass_score(w->p, w->out + i * w->p->outputs);

        if ((double)score >= w->least)
            DN_TRY(dn_screen_keep_offer(w->keep, 0, w->a[i], w->b[i], score, err));
    }
    w->scored += w->waiting;
    w->waiting = 0;
out:
    return st;
}

static dn_status enqueue(worker *w, int64_t a, int64_t b, dn_error *err)
{
    dn_status st = DN_OK;

    w->a[w->waiting] = (int32_t)(a < b ? a : b);
    w->b[w->waiting] = (int32_t)(a < b ? b : a);
    if (++w->waiting == DN_GENER_BLOCK)
        DN_TRY(flush(w, err));
out:
    return st;
}

/* Gene a with genes [begin, end) of the list. */
static dn_status score_row(worker *w, int64_t a, int64_t begin, int64_t end, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = w->p->o;

    for (int64_t j = begin; j < end; j++) {
        int64_t b = o->gene[j];

        if (b == a)
            continue;
        if (b > a ? w->known[b] != 0 : dn_gene_pass_known(w->p, b, a) >= 0) {
            w->n_known++;
            if (!o->include_known)
                continue;
        }
        DN_TRY(enqueue(w, a, b, err));
    }
out:
    return st;
}

static void mark_known(worker *w, int64_t a, uint8_t mark)
{
    const dn_gene_pass *p = w->p;

    for (int64_t k = p->known_at[a]; k < p->known_at[a + 1]; k++)
        w->known[upper(p->in->known, p->known[k])] = mark;
}

static dn_status score_tile(worker *w, const int32_t tile[2], dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = w->p->o;
    int64_t n = o->n_genes, begin = (int64_t)tile[1] * TILE, end = begin + TILE < n ? begin + TILE : n;
    int64_t first = (int64_t)tile[0] * TILE, last = o->one >= 0 ? 1 : first + TILE < n ? first + TILE : n;

    for (int64_t i = first; i < last; i++) {
        int64_t a = o->one >= 0 ? o->one : o->gene[i], from = o->one < 0 && i + 1 > begin ? i + 1 : begin;

        mark_known(w, a, 1);
        st = score_row(w, a, from, end, err);
        mark_known(w, a, 0);
        DN_TRY(st);
    }
out:
    return st;
}

static dn_status worker_create(dn_gene_pass *p, bool narrow, const dn_screen_plan *plan, double least,
                               worker **out, dn_error *err)
{
    dn_status st = DN_OK;
    worker *w = NULL;

    DN_NEW(w, 1);
    *out = w;
    w->p = p;
    w->least = least;
    DN_NEW(w->known, (size_t)p->in->id->n + 1);
    DN_TRY(dn_screen_keep_create(plan, &w->keep, err));
    DN_TRY(dn_gener_scorer_create(p->fold, narrow, &w->scorer, err));
out:
    return st;
}

static void worker_destroy(worker **handle)
{
    worker *w = *handle;

    if (w == NULL)
        return;
    dn_gener_scorer_destroy(&w->scorer);
    dn_screen_keep_destroy(&w->keep);
    dn_free(w->known);
    dn_free(w);
    *handle = NULL;
}

/* ---- threads ---- */

/* What the threads of a rank share. */
typedef struct team {
    dn_gene_pass *p;
    bool narrow, report;
    double least;
    const dn_screen_plan *plan;
    dn_screen_keep *keep; /* of all of them */
    int64_t next, done;   /* tiles */
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

static dn_status work(team *t, worker **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = t->p->o;
    int64_t i, done;

    omp_set_num_threads(1); /* the kernels of this thread stay on it */
    DN_TRY(worker_create(t->p, t->narrow, t->plan, t->least, out, err));
    while ((i = take(&t->next)) < t->p->tiles && !failed(t)) {
        DN_TRY(score_tile(*out, t->p->tile[i], err));
        done = take(&t->done) + 1;
        if (t->report && o->progress != NULL && omp_get_thread_num() == 0)
            o->progress(o->ctx, done, t->p->tiles);
    }
    DN_TRY(flush(*out, err));
out:
    return st;
}

/* One thread after the other: what it kept joins the rest; the first failure stays. */
static void gather_thread(team *t, worker *w, dn_status st, dn_error *mine, dn_error *err)
{
    if (st == DN_OK)
        st = dn_screen_keep_merge(t->keep, w->keep, mine);
    if (st == DN_OK) {
        t->p->n_known += w->n_known;
        t->p->scored += w->scored;
    } else if (t->bad == DN_OK) {
#pragma omp atomic write
        t->bad = st;
        if (err != NULL)
            *err = *mine;
    }
}

static dn_status run_local(team *t, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_screen_keep_create(t->plan, &t->keep, err));
#pragma omp parallel
    {
        dn_error mine = DN_ERROR_INIT;
        worker *w = NULL;
        dn_status one = work(t, &w, &mine);
#pragma omp critical
        gather_thread(t, w, one, &mine, err);
        worker_destroy(&w);
    }
    st = t->bad;
out:
    return st;
}

dn_status dn_gene_pass_run(const dn_comm *comm, dn_gene_pass *p, bool narrow, int64_t keep, double least,
                           dn_screened **out_hit, int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_plan plan = {.id = {p->in->id, p->in->id},
                                 .groups = 1,
                                 .members = p->pairs,
                                 .keep = keep > 0 ? keep : p->pairs,
                                 .all = keep == 0,
                                 .end = {false, true}};
    team t = {.p = p, .narrow = narrow, .report = comm->rank == 0, .least = least, .plan = &plan};

    *out_hit = NULL;
    p->n_known = p->scored = 0;
    DN_PASS(run_local(&t, err));
    DN_AGREE(comm);
    DN_TRY(dn_screen_keep_join(comm, t.keep, out_hit, out_n, err));
    p->n_known = dn_sum(comm, p->n_known);
    p->scored = dn_sum(comm, p->scored);
out:
    dn_screen_keep_destroy(&t.keep);
    return st;
}
